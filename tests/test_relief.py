from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageDraw, ImageFont

from maquette.core.errors import BadInput, CannotDo
from maquette.core.subject import Subject
from maquette.generate.relief import relief
from maquette.geometry.rays import Tracer
from maquette.geometry.surface import face_normals, signed_volume
from maquette.geometry.topology import euler_number, face_components, fan_count, is_watertight

COARSE = {"pitch_mm": 1.0}


def grey(values: np.ndarray, mask: np.ndarray | None = None) -> Subject:
    pixels = np.repeat(np.round(np.asarray(values) * 255).astype(np.uint8)[..., None], 3, axis=2)
    return Subject(pixels, mask=None if mask is None else mask.astype(np.float32))


def top_at(mesh, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height of the surface over places on the bed."""
    origins = np.stack([x, y, np.full_like(x, 1000.0)], axis=1)
    hits = Tracer(mesh.vertices, mesh.faces).first(origins, np.tile([0.0, 0, -1], (len(x), 1)))
    return 1000.0 - hits.distance


def assert_plate(mesh, euler: int = 2) -> None:
    assert is_watertight(mesh.faces)
    assert euler_number(mesh.faces) == euler
    assert (fan_count(mesh.faces, len(mesh.vertices)) == 1).all()
    assert mesh.bounds[0, 2] == 0
    down = face_normals(mesh.vertices, mesh.faces)[:, 2] < -1e-9
    assert (mesh.triangles[down][:, :, 2] == 0).all()  # what looks down is the bottom, and it is flat


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_even_picture_gives_a_box_of_known_volume(level):
    asset = relief(grey(np.full((60, 90), level)), width_mm=90, relief_mm=3, base_mm=2, **COARSE)
    height = 2 + 3 * round(level * 255) / 255
    assert_plate(asset.mesh)
    assert signed_volume(asset.mesh.vertices, asset.mesh.faces) == pytest.approx(90 * 60 * height, rel=1e-6)
    assert asset.size == pytest.approx((90, 60, height))
    assert asset.sized


def test_ramp_rises_from_base_to_full_height_and_has_half_the_relief_on_average():
    asset = relief(grey(np.linspace(0.1, 0.9, 200) * np.ones((100, 1))), width_mm=100, smooth=0.0, **COARSE)
    assert_plate(asset.mesh)
    assert asset.size[2] == pytest.approx(3.6, rel=1e-4)
    assert signed_volume(asset.mesh.vertices, asset.mesh.faces) == pytest.approx(100 * 50 * 2.4, rel=1e-2)
    assert asset.history[-1].notes[0] == "spread brightness 0.11 to 0.89 over the whole height"


def test_right_side_up_and_not_mirrored():
    picture = np.zeros((80, 120))
    picture[5:25, 10:40] = 1  # light in the top left
    mesh = relief(grey(picture), width_mm=120, **COARSE).mesh
    x, y = np.array([-35.0, 35, -35, 35]), np.array([25.0, 25, -25, -25])
    assert top_at(mesh, x, y) == pytest.approx([3.6, 1.2, 1.2, 1.2], abs=0.01)


def test_photo_lies_on_top_where_the_camera_saw_it():
    asset = relief(grey(np.random.default_rng(0).random((40, 60))), width_mm=60, **COARSE)
    place, depth = asset.camera.project(asset.mesh.vertices)
    assert asset.mesh.uv == pytest.approx(place[asset.mesh.faces], abs=1e-6)
    assert depth.min() > 0
    corner, _ = asset.camera.project(np.array([[-30.0, 20, 0], [30, -20, 0]]))
    assert corner == pytest.approx(np.array([[0.0, 0], [1, 1]]))
    assert set(asset.mesh.seen[asset.mesh.vertices[:, 2] == 0]) == {0.0}
    assert set(asset.mesh.seen[asset.mesh.vertices[:, 2] > 0]) == {1.0}


def test_darkness_and_saturation_turn_the_picture_round():
    picture = np.zeros((40, 80))
    picture[:, 40:] = 1
    mesh = relief(grey(picture), source="darkness", width_mm=80, **COARSE).mesh
    assert top_at(mesh, np.array([-20.0, 20]), np.zeros(2)) == pytest.approx([3.6, 1.2], abs=0.01)
    color = np.full((40, 80, 3), 128, np.uint8)
    color[:, 40:] = [255, 0, 0]
    mesh = relief(Subject(color), source="saturation", width_mm=80, **COARSE).mesh
    assert top_at(mesh, np.array([-20.0, 20]), np.zeros(2)) == pytest.approx([1.2, 3.6], abs=0.01)


def disc_mask(size: int = 100) -> np.ndarray:
    y, x = np.mgrid[:size, :size] + 0.5
    return np.clip(0.3 * size - np.hypot(x - size / 2, y - size / 2) + 0.5, 0, 1)


def test_black_logo_with_alpha_becomes_an_even_step():
    asset = relief(grey(np.zeros((100, 100)), disc_mask()), width_mm=100, **COARSE)
    places = np.array([0.0, 20, 45]), np.array([0.0, 0, 45])
    assert top_at(asset.mesh, *places) == pytest.approx([3.6, 3.6, 1.2], abs=0.01)
    assert_plate(asset.mesh)
    assert asset.source.mask is None  # nobody shall compare the plate's outline with the logo's
    texture = np.asarray(Image.open(io.BytesIO(asset.materials[0].base_color_texture.data)))
    assert texture[50, 50].tolist() == [0, 0, 0]
    assert texture[2, 2].tolist() == [235] * 3


def test_white_logo_lies_on_dark_ground():
    asset = relief(grey(np.ones((100, 100)), disc_mask()), width_mm=100, **COARSE)
    texture = np.asarray(Image.open(io.BytesIO(asset.materials[0].base_color_texture.data)))
    assert texture[50, 50].tolist() == [255] * 3
    assert texture[2, 2].tolist() == [40] * 3


def test_cut_out_picture_stands_out_even_where_it_is_darkest():
    picture = np.where(np.arange(100) < 50, 0.1, 0.9) * np.ones((100, 1))
    mesh = relief(grey(picture, disc_mask()), width_mm=100, smooth=0.0, **COARSE).mesh
    heights = top_at(mesh, np.array([-15.0, 15, 45]), np.array([0.0, 0, 45]))
    assert heights == pytest.approx([1.2 + 0.35 * 2.4, 3.6, 1.2], abs=0.02)


def test_outline_cuts_the_plate_to_the_subject():
    y, x = np.mgrid[:200, :200] + 0.5
    ring = np.clip(np.minimum(80 - np.hypot(x - 100, y - 100), np.hypot(x - 100, y - 100) - 30) + 0.5, 0, 1)
    asset = relief(grey(np.full((200, 200), 0.5), ring), shape="outline", width_mm=100, **COARSE)
    assert_plate(asset.mesh, euler=0)
    area = np.pi * (40**2 - 15**2)
    assert signed_volume(asset.mesh.vertices, asset.mesh.faces) == pytest.approx(area * 3.6, rel=5e-3)
    assert asset.size == pytest.approx((80, 80, 3.6), rel=5e-3)


def test_outline_is_not_mirrored():
    mask = np.zeros((100, 100))
    mask[10:90, 10:30] = 1
    mask[70:90, 10:90] = 1  # an L
    mesh = relief(grey(np.ones((100, 100)), mask), shape="outline", width_mm=100, **COARSE).mesh
    inside = np.isfinite(top_at(mesh, np.array([-30.0, 30, -30, 30]), np.array([30.0, 30, -30, -30])))
    assert inside.tolist() == [True, False, True, True]


def test_islands_of_an_outline_are_solids_each():
    mask = np.zeros((60, 120))
    mask[10:50, 10:50] = mask[10:50, 70:110] = 1
    mesh = relief(grey(np.ones((60, 120)), mask), shape="outline", width_mm=60, **COARSE).mesh
    assert face_components(mesh.faces)[0] == 2
    assert_plate(mesh, euler=4)


def test_alpha_stands_as_high_as_it_covers():
    mask = np.where(np.arange(80) < 40, 0.5, 1.0) * np.ones((40, 1))
    mask[:, :4] = 0
    mesh = relief(grey(np.zeros((40, 80)), mask), source="alpha", width_mm=80, **COARSE).mesh
    assert top_at(mesh, np.array([-38.0, -20, 20]), np.zeros(3)) == pytest.approx([1.2, 2.4, 3.6], abs=0.02)


def test_text_keeps_its_height_and_its_gaps():
    picture = Image.new("L", (600, 200), 0)
    ImageDraw.Draw(picture).text((20, 20), "Hill", font=ImageFont.load_default(150), fill=255)
    values = np.asarray(picture) / 255
    mesh = relief(grey(values), width_mm=120, smooth=1.0).mesh
    y, x = np.mgrid[:200, :600]
    clear = np.abs(values - 0.5) > 0.45
    for shift in (-4, 4):
        for axis in (0, 1):
            clear &= np.roll(values, shift, axis) == values
    places = (x[clear] + 0.5 - 300) * 0.2, (100 - y[clear] - 0.5) * 0.2
    wrong = np.abs(top_at(mesh, *places) - (1.2 + 2.4 * values[clear])) > 0.3
    assert wrong.mean() < 0.01


def test_what_is_finer_than_the_grid_is_averaged():
    stripes = (np.arange(300) % 2) * np.ones((300, 1))
    mesh = relief(grey(stripes), width_mm=100, smooth=0.0, **COARSE).mesh  # three pixels to a cell
    y, x = (grid.ravel() for grid in np.mgrid[-40:40:0.7, -40:40:0.7])
    assert top_at(mesh, x, y) == pytest.approx(np.full(len(x), 2.4), abs=0.15)  # and a layer is the bound


def test_grain_is_calmed_by_smooth():
    noise = 0.5 + 0.02 * np.random.default_rng(0).standard_normal((100, 100))
    noise[:, 50:] += 0.3
    rough, calm = (relief(grey(noise), width_mm=50, pitch_mm=0.5, smooth=amount).mesh for amount in (0.0, 1.0))
    y, x = (grid.ravel() for grid in np.mgrid[-20:20:0.5, -20:-5:0.5])
    assert top_at(calm, x, y).std() < 0.5 * top_at(rough, x, y).std()


def test_smooth_parts_cost_few_triangles_and_noise_no_more_than_detail_asks_for():
    noise = relief(grey(np.random.default_rng(0).random((300, 300)))).mesh
    assert len(noise.faces) < 0.1 * 2 * 1000 * 1000
    y, x = np.mgrid[:300, :300] / 300
    hills = relief(grey(0.5 + 0.5 * np.sin(9 * x) * np.cos(7 * y))).mesh
    assert len(hills.faces) < 0.005 * 2 * 1000 * 1000


def test_same_picture_same_bytes():
    picture = grey(np.random.default_rng(0).random((50, 50)), disc_mask(50))
    for shape in ("plate", "outline"):
        made = [relief(picture, shape=shape, width_mm=40, **COARSE).digest for _ in range(2)]
        assert made[0] == made[1]


def test_refusals_name_the_way_out():
    with pytest.raises(BadInput, match="run `matte`"):
        relief(grey(np.zeros((9, 9))), shape="outline")
    with pytest.raises(BadInput, match="run `matte`"):
        relief(grey(np.zeros((9, 9))), source="alpha")
    with pytest.raises(CannotDo, match=r"makes 100 million places, at most 64; take pitch_mm 0\.07"):
        relief(grey(np.zeros((9, 9))), pitch_mm=0.05, width_mm=500)


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 1, width=32)),
    st.sampled_from(["plate", "outline"]),
    st.sampled_from(["brightness", "darkness", "alpha", "saturation"]),
)
def test_any_small_picture_gives_a_plate_or_a_refusal(mask, shape, source):
    try:
        mesh = relief(grey(1 - mask, mask), shape=shape, source=source, width_mm=10, **COARSE).mesh
    except (BadInput, CannotDo):
        return
    assert is_watertight(mesh.faces)
    assert (fan_count(mesh.faces, len(mesh.vertices)) == 1).all()
    assert signed_volume(mesh.vertices, mesh.faces) > 0
