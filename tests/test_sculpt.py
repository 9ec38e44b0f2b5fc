"""Sculpt: closed, true to the outline, the same every time, whatever the mask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from maquette.core.errors import BadInput, CannotDo
from maquette.core.subject import Subject, Views
from maquette.generate.guess.input import NEAREST, balloon, enlarge, network_input
from maquette.generate.guess.network import infer
from maquette.generate.guess.symmetry import Plane, complete, mirror_plane
from maquette.generate.guess.volume import Field, solid_cells, widen_strokes
from maquette.generate.sculpt.sculpt import Wishes, assemble, sculpt
from maquette.generate.sculpt.surface import smooth
from maquette.generate.sculpt.views import degrees_around, least_turn
from maquette.geometry.rays import Tracer
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges, face_components

pytest.importorskip("onnxruntime")

SIDE = 200


def disc(radius: float = 80, side: int = SIDE, at: tuple[float, float] | None = None) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side] + 0.5
    y, x = at or (side / 2, side / 2)
    return np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1).astype(np.float32)


def photo(mask: np.ndarray | None, **more: object) -> Subject:
    shape = (SIDE, SIDE) if mask is None else mask.shape
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    pixels = np.stack([rows * 255 // shape[0], columns * 255 // shape[1], 0 * rows + 120], axis=-1).astype(np.uint8)
    return Subject(pixels, mask=mask, **more)  # type: ignore[arg-type]


def is_closed(asset) -> bool:
    mesh = asset.mesh
    return bool((edges(mesh.faces).count == 2).all()) and signed_volume(mesh.vertices, mesh.faces) > 0


def said_or_closed(subject: Subject, seed: int = 0) -> str:
    """The error's text, or nothing for a closed result; an open one fails here."""
    try:
        asset = sculpt(subject, resolution=48, seed=seed)
    except (BadInput, CannotDo) as problem:
        return str(problem)
    assert is_closed(asset)
    return ""


def outline_agreement(asset, mask: np.ndarray) -> float:
    origins, ways = asset.camera.rays(mask.shape[1], mask.shape[0])
    hit = (Tracer(asset.mesh.vertices, asset.mesh.faces).first(origins, ways).face >= 0).reshape(mask.shape)
    return float((hit & (mask >= 0.5)).sum() / (hit | (mask >= 0.5)).sum())


def ring() -> np.ndarray:
    return np.clip(disc(85) - disc(45), 0, 1)


def rod() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[20:180, 97:103] = 1
    return mask


@pytest.mark.parametrize("mask", [disc(), ring(), rod(), disc(50, at=(70, 120))], ids=["disc", "ring", "rod", "aside"])
def test_closed_and_true_to_the_outline(mask):
    asset = sculpt(photo(mask), resolution=96)
    assert is_closed(asset)
    assert face_components(asset.mesh.faces)[0] == 1
    assert outline_agreement(asset, mask) > (0.93 if mask.sum() > 2000 else 0.6)


def test_a_ring_keeps_its_hole():
    mesh = sculpt(photo(ring()), resolution=96, upright="off").mesh
    euler = len(np.unique(mesh.faces)) - len(edges(mesh.faces).ends) + len(mesh.faces)
    assert euler <= 0


def test_the_same_photo_gives_the_same_bytes_and_seeds_vary_the_back():
    subject = photo(disc())
    first, again, other = (sculpt(subject, shape="body", resolution=64, seed=s) for s in (0, 0, 5))
    assert first.digest == again.digest
    assert not np.array_equal(first.mesh.vertices, other.mesh.vertices)


def test_known_scale_is_kept():
    asset = sculpt(photo(disc(80), mm_per_pixel=0.5), resolution=96, upright="off")
    assert asset.sized
    assert asset.size[2] == pytest.approx(80, rel=0.08)  # a disc 160 px high; perspective shows a ball a little larger
    assert not sculpt(photo(disc()), resolution=48).sized


def test_front_is_seen_and_back_is_not():
    mesh = sculpt(photo(disc()), resolution=64, upright="off").mesh
    assert mesh.seen is not None
    y = mesh.vertices[:, 1]
    assert mesh.seen[y < np.quantile(y, 0.1)].mean() > 0.8
    assert mesh.seen[y > np.quantile(y, 0.9)].max() == 0


def test_color_comes_from_the_photo():
    red = Subject(np.full((SIDE, SIDE, 3), (200, 30, 30), np.uint8), mask=disc())
    asset = sculpt(red, resolution=48, delight=0)
    import io

    from PIL import Image

    texture = np.asarray(Image.open(io.BytesIO(asset.materials[0].base_color_texture.data)))
    middle = texture[texture.shape[0] // 2, texture.shape[1] // 4]
    assert np.abs(middle.astype(int) - [200, 30, 30]).max() <= 2
    assert asset.mesh.uv is not None
    assert asset.mesh.uv.min() >= 0
    assert asset.mesh.uv.max() <= 1


def test_without_a_mask_it_cuts_for_itself_or_says_so():
    said = said_or_closed(photo(None))
    assert said == "" or "mask" in said


def test_several_photos_carve_each_other():
    tall = np.zeros((SIDE, SIDE), np.float32)
    tall[20:180, 80:120] = 1
    wide = np.zeros((SIDE, SIDE), np.float32)
    wide[20:180, 30:170] = 1
    narrow = sculpt(Views({"front": photo(wide), "right": photo(tall)}), resolution=64)
    alone = sculpt(photo(wide), resolution=64)
    assert is_closed(narrow)
    assert narrow.size[1] < 0.75 * narrow.size[0]
    assert narrow.size[0] == pytest.approx(alone.size[0], rel=0.2)


def test_views_must_say_where_they_stand():
    assert degrees_around("left") == 270
    assert degrees_around("-45") == 315
    with pytest.raises(BadInput, match="view 'sideways'"):
        sculpt(Views({"front": photo(disc()), "sideways": photo(disc())}))


@pytest.mark.parametrize("mask", [np.zeros((SIDE, SIDE), np.float32), np.full((SIDE, SIDE), 0.3, np.float32)])
def test_an_empty_mask_is_refused(mask):
    with pytest.raises(BadInput, match="mask is empty"):
        sculpt(photo(mask))


def hostile(number: int) -> np.ndarray:
    """Masks nobody would cut: noise, hairlines, blobs, single pixels, full frames, odd sizes."""
    rng = np.random.default_rng(number)
    height, width = rng.integers(3, 160, 2)
    mask = np.zeros((height, width), np.float32)
    kind = number % 7
    if kind == 0:
        mask[rng.random((height, width)) < rng.uniform(0, 1)] = 1
    elif kind == 1:
        mask[rng.integers(height)] = 1
        mask[:, rng.integers(width)] = 1
    elif kind == 2:
        for _ in range(int(rng.integers(1, 40))):
            y, x = rng.integers(height), rng.integers(width)
            mask[max(0, y - 3) : y + 3, max(0, x - 3) : x + 3] = rng.random()
    elif kind == 3:
        mask[rng.integers(height), rng.integers(width)] = 1
    elif kind == 4:
        mask[:] = 1
    elif kind == 5:
        np.fill_diagonal(mask, 1)
    else:
        mask[::2] = 1
        mask[:, ::3] = 0
    return mask


@pytest.mark.parametrize("number", range(42))
def test_hostile_masks_give_a_closed_result_or_a_clear_error(number):
    said = said_or_closed(photo(hostile(number)), seed=number)
    assert said == "" or said.startswith("sculpt: ")


def test_a_line_between_the_cells_is_a_rod():
    assert said_or_closed(photo(hostile(617)), seed=617) == ""


def test_thin_legs_reach_the_floor():
    """Legs of 3 in 256 pixels lie between the middles of 64 cells; hair of that width along the outline is no limb."""
    mask = np.zeros((256, 256), np.float32)
    mask[60:120, 60:196] = 1
    for column in (80, 105, 150, 180):
        mask[120:220, column : column + 3] = 1
    mesh = sculpt(photo(mask), resolution=64, upright="off").mesh
    height = np.ptp(mesh.vertices[:, 2])
    assert height > 0.93 * (220 - 60) / 256 * 100
    low = mesh.vertices[:, 2] < mesh.vertices[:, 2].min() + 0.1 * height
    assert np.ptp(mesh.vertices[low, 0]) > 0.35 * np.ptp(mesh.vertices[:, 0])
    wisps = np.zeros((256, 256), bool)
    wisps[60:200, 60:200] = True
    wisps[52:60, 70:190:12] = True
    assert (widen_strokes(wisps) == wisps).all()


def test_a_body_of_a_few_cells_is_not_smoothed_inside_out():
    corners = np.argwhere(np.ones((2, 2, 2))) * 1.0
    faces = np.array([[0, 2, 3], [0, 3, 1], [4, 5, 7], [4, 7, 6], [0, 1, 5], [0, 5, 4],
                      [2, 6, 7], [2, 7, 3], [0, 4, 6], [0, 6, 2], [1, 3, 7], [1, 7, 5]])  # fmt: skip
    faces = faces if signed_volume(corners, faces) > 0 else faces[:, ::-1]
    assert signed_volume(smooth(corners, faces), faces) >= 0.5


def test_wrong_weights_are_refused(tmp_path):
    file = tmp_path / "not.onnx"
    file.write_bytes(b"no network")
    with pytest.raises(BadInput, match="is no network"):
        sculpt(photo(disc()), weights=str(file))


def test_the_balloon_over_a_disc_is_half_a_ball():
    mask = disc(100, 256)
    height = balloon(mask)
    assert height.max() == pytest.approx(100 / 128, rel=0.03)
    planes = network_input(np.zeros((256, 256, 3), np.float32), mask)
    assert planes.shape == (6, 256, 256)
    assert planes[4].max() == pytest.approx(100 / 128, rel=0.02)
    assert np.array_equal(planes[0][mask == 0], np.full((mask == 0).sum(), 0.5, np.float32))


def test_a_ball_is_as_deep_as_wide_and_round_at_its_rim():
    """Told where a ball is, the surface is that ball: nothing is cut off behind, nothing stands out at the outline."""
    subject = photo(disc(82))
    guess = infer(subject, "test")
    r = 2 * 82 / guess.window.side
    axis = (np.arange(len(guess.front)) + 0.5) * (2 / len(guess.front)) - 1
    height = np.sqrt(np.maximum(r**2 - axis**2 - axis[:, None] ** 2, 0)).astype(np.float32)
    middle = float(height[guess.mask > 0.5].mean())
    told = replace(guess, front=middle - height, back=middle + height, residual=0 * guess.residual, eye=1e4)
    asset = assemble({"front": subject}, {"front": told}, Wishes(upright="off", detail=0.0, shape="body"))
    assert asset.size == pytest.approx(np.full(3, asset.size[0]), rel=0.03)
    low, high = asset.mesh.bounds
    away = np.linalg.norm(asset.mesh.vertices - (low + high) / 2, axis=1) / (asset.size[0] / 2)
    assert away.max() < 1.05
    assert away.min() > 0.93


def test_an_unknown_mask_says_so():
    planes = network_input(np.full((64, 64, 3), 0.7, np.float32), np.ones((64, 64), np.float32), cut=False)
    assert (planes[3] == 0.5).all()
    assert (planes[4:] == 0).all()


def test_enlarged_planes_keep_ramps():
    ramp = np.tile((np.arange(8, dtype=np.float32) + 0.5) / 8, (8, 1))
    inner = enlarge(ramp, 32)[:, 4:-4]
    assert np.allclose(inner, ((np.arange(32) + 0.5) / 32)[4:-4], atol=1e-6)


def test_specks_and_hollows_go():
    values = np.full((24, 24, 24), -3, np.float32)
    values[4:20, 4:20, 4:20] = 3
    values[10:13, 10:13, 10:13] = -3
    values[1, 1, 1] = 3
    made = solid_cells(values, 0.005) > 0
    assert made.sum() == 16**3


def test_the_smallest_turn_takes_one_way_to_the_other():
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.normal(size=(2, 3))
        turn = least_turn(a, b)
        assert np.allclose(turn @ turn.T, np.eye(3))
        assert np.allclose(turn @ a / np.linalg.norm(a), b / np.linalg.norm(b))
        half = least_turn(a, b, 0.5)
        assert np.allclose(half @ half, turn)


def tilted_box_field() -> tuple[Field, np.ndarray]:
    """A block turned 30 degrees about up, its far half missing from the guess, as one photo might leave it."""
    side = 48
    axis = (np.arange(side) + 0.5) * (2 / side) - 1
    depth = axis + 1 + NEAREST
    z, v, u = np.meshgrid(depth, axis, axis, indexing="ij")
    along, across = np.array([np.cos(0.5), np.sin(0.5)]), np.array([-np.sin(0.5), np.cos(0.5)])
    a, b = u * along[0] + z * along[1], u * across[0] + z * across[1]
    inside = np.minimum.reduce([0.6 - np.abs(a), 0.25 - np.abs(b), 0.5 - np.abs(v)])
    cell = 2 / side
    outline = inside.max(axis=0)
    solid = inside > 0
    front = np.where(solid.any(axis=0), depth[np.argmax(solid, axis=0)] - cell / 2, 0.0)
    field = Field((inside / cell).clip(-6, 6).astype(np.float32), front, outline, 1e6, cell)
    return field, np.append(across, 0)


def test_the_mirror_plane_of_a_turned_block_is_found_and_completes_it():
    field, _ = tilted_box_field()
    plane = mirror_plane(field, np.array([0.0, -1.0, 0.0]), enough=0.0)
    assert isinstance(plane, Plane)
    x, _, z = np.abs(plane.normal)
    either = [np.degrees(np.arccos(min(1.0, x * np.cos(t) + z * np.sin(t)))) for t in (0.5, np.pi / 2 - 0.5)]
    assert min(either) < 8
    before = (field.values > 0).sum()
    after = (complete(field, plane).values > 0).sum()
    assert after == pytest.approx(before, rel=0.1)
