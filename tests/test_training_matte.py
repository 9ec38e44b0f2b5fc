"""The matte's training: views with shadows, what a store gives back, composites that tell the truth, the network."""

from __future__ import annotations

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="composites are made with opencv-python-headless")
torch = pytest.importorskip("torch", reason="the network is made with torch")

from training.matte import composites, cutouts  # noqa: E402
from training.matte.cutouts import ALBEDO, ALPHA, AMBIENT, CAST, Store  # noqa: E402
from training.matte.grounds import KINDS, Grounds  # noqa: E402
from training.matte.network import MatteNet  # noqa: E402
from training.matte.train import losses, planes_of  # noqa: E402
from training.procedural import shape  # noqa: E402


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Three views of made-up shapes, and a plain ground of each kind, half of all held out."""
    folder = tmp_path_factory.mktemp("matte")
    rng = np.random.default_rng(3)
    for number in (1, 2, 23):
        planes, has_ground = cutouts.view(shape(number), rng, own_color=False)
        cutouts.add(folder, planes, number, has_ground)
    side = 320
    np.save(folder / "grounds.npy", rng.integers(0, 256, (2 * len(KINDS), side, side, 3)).astype(np.uint8))
    lines = [f"{kind}\tx\t{held}\n" for kind in KINDS for held in (0, 1)]
    (folder / "grounds.txt").write_text("".join(lines))
    return folder


def test_a_view_has_a_thing_and_its_shadow_lies_beside_it():
    planes, has_ground = cutouts.view(shape(3), np.random.default_rng(1), own_color=False)
    inside = planes[..., ALPHA] > 127
    assert 0.02 < inside.mean() < 0.6
    assert planes[..., ALBEDO][~inside].max() == 0
    assert has_ground
    assert planes[..., CAST].max() > 60
    assert planes[..., AMBIENT].max() > 60


def test_a_store_gives_back_what_was_put_in(cache):
    store = Store(cache)
    assert [row.number for row in store.rows] == [1, 2, 23]
    for row in store.rows:
        planes = store.planes(row)
        top, bottom, left, right = row.box
        inside = planes[..., ALPHA] > 127
        assert planes.shape == (row.height, row.width, 8)
        assert inside[top:bottom, left:right].sum() == inside.sum() > 500


@pytest.mark.parametrize("held_out", [False, True])
def test_held_out_and_trained_on_share_nothing(cache, held_out):
    maker = composites.Maker(Store(cache), Grounds(cache, held_out=held_out), 96, held_out=held_out)
    assert {row.number for row in maker.rows} == ({23} if held_out else {1, 2})
    assert {int(n) % 2 for numbers in maker.grounds.numbers.values() for n in numbers} == {int(held_out)}


def test_examples_are_pictures_with_truth_and_hints_that_agree(cache):
    maker = composites.Maker(Store(cache), Grounds(cache, held_out=False), 96, held_out=False)
    rng = np.random.default_rng(9)
    hinted = 0
    for _ in range(40):
        example = maker.example(rng)
        assert example.pixels.shape == (96, 96, 3)
        assert example.pixels.dtype == np.uint8
        assert 0 <= example.alpha.min() <= example.alpha.max() <= 1
        assert set(np.unique(example.hint)) <= {-1.0, 0.0, 1.0}
        hinted += bool(example.hint.any())
        if (example.hint > 0).any():
            assert example.alpha[example.hint > 0].max() > 0.5
    assert 2 < hinted < 25
    same = [maker.example(np.random.default_rng(4)).pixels for _ in range(2)]
    assert np.array_equal(*same)


def test_the_network_takes_any_size_and_learns():
    torch.manual_seed(0)
    net = MatteNet()
    for side in (64, 96):
        said = net(torch.zeros(2, 4, side, side))
        assert said["mask"].shape == said["edge"].shape == said["doubt"].shape == (2, 1, side, side)
        assert said["trust"].shape == (2, 1)
    truth = torch.zeros(2, 1, 64, 64)
    truth[:, :, 16:48, 16:48] = 1
    pixels = (truth[0, 0].numpy()[..., None] * 150 + 50).repeat(3, axis=2).astype(np.uint8)
    planes = torch.from_numpy(planes_of(pixels, np.zeros((64, 64), np.float32))).expand(2, -1, -1, -1)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3)
    course = []
    for _ in range(12):
        total = torch.stack(list(losses(net(planes), truth).values())).sum()
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        course.append(total.item())
    assert course[-1] < 0.6 * course[0]
