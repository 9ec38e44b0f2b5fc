"""What the network says leads the cut where colors do not, pointing reaches it, and without it all goes on."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.photo import salient_network, seen_by_network
from maquette.photo.pointing import Pointing
from maquette.photo.seen_by_network import Sight, see


class StandIn:
    """A network that sees a disc where it was told to, and remembers what it was given."""

    def __init__(self, column: float, sure: float = 5.0) -> None:
        self.column, self.sure, self.planes = column, sure, np.zeros(0)

    def run(self, names, feed):
        assert names == ["mask", "doubt", "trust"]
        self.planes = feed["planes"]
        side = self.planes.shape[-1]
        rows, columns = np.mgrid[:side, :side] + 0.5
        disc = np.hypot(rows - side / 2, columns - self.column * side) < side / 6
        odds = np.where(disc, self.sure, -self.sure).astype(np.float32)
        mask = np.stack([odds, odds[:, ::-1]])[:, None]
        return [mask, np.zeros_like(mask), np.full((2, 1), 2.0, np.float32)]


@pytest.fixture
def network(monkeypatch):
    def use(session):
        monkeypatch.setattr(seen_by_network, "_session", lambda: session)
        monkeypatch.setattr(salient_network, "_session", lambda: None)
        return session

    return use


def two_cups(side: int = 160) -> mq.Subject:
    """Two discs of one color on a ground of wild blue and green cells."""
    rng = np.random.default_rng(4)
    cells = rng.integers([20, 60, 60], [110, 220, 220], (20, 20, 3)).repeat(8, axis=0).repeat(8, axis=1)
    rows, columns = np.mgrid[:side, :side]
    for x in (45, 115):
        cells[np.hypot(rows - 80, columns - x) < 26] = (200, 60, 60)
    return mq.Subject(np.clip(cells + rng.normal(0, 3, cells.shape), 0, 255).astype(np.uint8))


@pytest.mark.parametrize(("share", "x"), [(45 / 160, 45), (115 / 160, 115)])
def test_the_network_says_which(network, share, x):
    network(StandIn(share))
    mask = mq.matte(two_cups(), method="network").mask
    rows, columns = np.mgrid[:160, :160]
    truth = np.hypot(rows - 80, columns - x) < 26
    assert ((mask > 0.5) & truth).sum() / ((mask > 0.5) | truth).sum() > 0.85


def test_picture_mirror_and_hint_go_in(network):
    session = network(StandIn(0.5))
    sight = see(two_cups().pixels, Pointing(((0.25, 0.5),)))
    picture, mirror = session.planes
    assert np.array_equal(picture, mirror[..., ::-1])
    side = picture.shape[-1]
    assert picture[3, side // 2, side // 4] == 1
    assert np.abs(picture[:3]).max() <= 2
    assert sight.chance.max() > 0.99
    assert sight.trust == pytest.approx(1 / (1 + np.exp(-2)))


def test_a_point_outweighs_the_network(network):
    network(StandIn(45 / 160, sure=2.0))
    mask = mq.matte(two_cups(), method="network", point="115,80 !45,80").mask
    assert mask[80, 115] > 0.9
    assert mask[80, 45] < 0.1


class Salient:
    """A published network that sees the half with more blue in it, of whatever it is shown, sure of it or not."""

    def __init__(self, chance: float = 0.99) -> None:
        self.chance, self.shown = chance, []

    def run(self, names, feed):
        assert names == ["mask"]
        picture = feed["picture"]
        self.shown.append(picture)
        chances = np.full((1, 1, 320, 320), 1 - self.chance, np.float32)
        is_left = picture[0, 2, :, :160].mean() > picture[0, 2, :, 160:].mean()
        chances[..., slice(0, 160) if is_left else slice(160, 320)] = self.chance
        return [chances]


def blue_left() -> np.ndarray:
    """A picture with blue in its left half, (160, 160, 3)."""
    pixels = np.zeros((160, 160, 3), np.uint8)
    pixels[:, :80, 2] = 200
    return pixels


def test_the_published_network_sees_the_picture_and_its_mirror_image(monkeypatch):
    session = Salient()
    monkeypatch.setattr(salient_network, "_session", lambda: session)
    odds = salient_network.salient_odds(blue_left(), None)
    assert np.array_equal(session.shown[0], session.shown[1][..., ::-1])
    assert odds[:, :160].min() == pytest.approx(np.log(99), abs=1e-3)
    assert odds[:, 160:].max() == pytest.approx(-np.log(99), abs=1e-3)


def test_a_box_is_looked_at_alone(monkeypatch):
    monkeypatch.setattr(salient_network, "_session", Salient)
    pixels = np.concatenate([np.zeros_like(blue_left()), blue_left()], axis=1)
    odds = salient_network.salient_odds(pixels, (0.5, 0.25, 1.0, 0.75))
    assert odds[160, 180] > 4  # blue, the left half of the box
    assert odds[160, 300] < -4
    assert odds[160, 100] == pytest.approx(np.log(1e-3))
    assert odds[10, 180] == pytest.approx(np.log(1e-3))


def test_ours_says_more_where_the_published_one_is_unsure(network, monkeypatch):
    network(StandIn(0.75))
    heard = []
    for chance in (0.99, 0.7):
        monkeypatch.setattr(salient_network, "_session", lambda chance=chance: Salient(chance))
        heard.append(see(blue_left()))
    assert heard[0].chance[160, 40] > 0.8
    assert heard[1].chance[160, 40] < 0.1
    assert heard[1].chance[160, 240] > 0.98


def test_sure_is_what_has_few_uncertain_pixels():
    half = np.where(np.mgrid[:64, :64][1] < 32, 1, -1).astype(np.float32)
    none = np.zeros((64, 64), np.float32)
    assert Sight(6 * half, none, 0.9).firmness == 1
    assert Sight(0.5 * half, none, 0.9).firmness == 0
    assert 0 < Sight(2.6 * half, none, 0.9).firmness < 1


def test_the_shipped_network_finds_a_thing_on_a_loud_ground():
    rng = np.random.default_rng(2)
    cells = rng.integers([60, 90, 40], [110, 160, 90], (24, 24, 3)).repeat(16, axis=0).repeat(16, axis=1)
    rows, columns = np.mgrid[:384, :384]
    truth = (np.hypot(rows - 200, columns - 180) < 90) | ((abs(rows - 200) < 30) & (abs(columns - 280) < 40))
    cells[truth] = (210, 40, 40)
    mask = mq.matte(mq.Subject(cells.astype(np.uint8))).mask > 0.5
    assert (mask & truth).sum() / (mask | truth).sum() > 0.95


def test_without_a_network_all_goes_on(network):
    network(None)
    assert see(two_cups().pixels) is None
    rows, columns = np.mgrid[:120, :120]
    inside = np.hypot(rows - 60, columns - 60) < 30
    photo = mq.Subject(np.where(inside[..., None], [180, 40, 40], [200, 205, 200]).astype(np.uint8))
    same = mq.matte(photo).mask
    assert np.array_equal(same, mq.matte(photo, method="border").mask)
    assert ((same > 0.5) == inside).mean() > 0.99


def test_the_networks_file_fits_the_wheel_and_says_what_it_learned_from():
    from importlib.resources import files

    folder = files("maquette.photo") / "data"
    file = folder / "matte.onnx"
    if not file.is_file():
        pytest.skip("no network in this checkout")
    assert len(file.read_bytes()) + len((folder / "u2netp.onnx").read_bytes()) <= 9_000_000
    assert "Apache-2.0" in (folder / "u2netp.md").read_text(encoding="utf-8")
    assert "composites" in (folder / "matte.md").read_text(encoding="utf-8")
    first, second = see(two_cups().pixels), see(two_cups().pixels)
    assert np.array_equal(first.odds, second.odds)
    assert first.odds.shape == first.doubt.shape
