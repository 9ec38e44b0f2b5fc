from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from maquette.core.errors import BadInput, CannotDo
from maquette.core.subject import Subject
from maquette.generate.inflate import inflate
from maquette.geometry.surface import signed_volume, vertex_normals
from maquette.geometry.topology import edges, euler_number, face_components, fan_count, is_watertight

COARSE = {"resolution": 64}
BALL = {"depth": 1.0, "thickest": 0.0, "surface": 0.0, **COARSE}


def subject(mask: np.ndarray, pixels: np.ndarray | None = None, **fields) -> Subject:
    if pixels is None:
        pixels = np.full((*mask.shape, 3), 150, np.uint8)
    return Subject(pixels, mask=mask.astype(np.float32), **fields)


def coverage(distance: np.ndarray) -> np.ndarray:
    """A soft mask from signed distances in pixels, positive inside."""
    return np.clip(distance + 0.5, 0, 1)


def far(size: int, x: float, y: float) -> np.ndarray:
    """Distance of each pixel's centre from a point, (size, size)."""
    rows, columns = np.mgrid[:size, :size] + 0.5
    return np.hypot(columns - x, rows - y)


def disc(radius: float = 120.0, size: int = 300, x: float = 150.0, y: float = 150.0) -> np.ndarray:
    return coverage(radius - far(size, x, y))


def assert_solid(mesh) -> None:
    assert is_watertight(mesh.faces)
    assert (fan_count(mesh.faces, len(mesh.vertices)) == 1).all()
    assert signed_volume(mesh.vertices, mesh.faces) > 0


def test_disc_becomes_a_ball():
    asset = inflate(subject(disc()), **BALL)
    radius = 120 * 100 / 300  # the picture's 300 rows count as 100 mm
    assert_solid(asset.mesh)
    assert euler_number(asset.mesh.faces) == 2
    assert signed_volume(asset.mesh.vertices, asset.mesh.faces) == pytest.approx(4 / 3 * np.pi * radius**3, rel=5e-3)
    assert np.linalg.norm(asset.mesh.vertices, axis=1) == pytest.approx(radius, rel=5e-3)
    assert asset.size == pytest.approx((2 * radius,) * 3, rel=3e-3)


def test_hard_mask_gives_nearly_the_same_ball_without_steps():
    mesh = inflate(subject(disc() >= 0.5), **BALL).mesh
    assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(4 / 3 * np.pi * 40**3, rel=1e-2)
    normal = mesh.vertices / np.linalg.norm(mesh.vertices, axis=1, keepdims=True)
    rim = np.abs(mesh.vertices[:, 1]) < 1e-12
    off = np.degrees(np.arccos(np.clip((normal * vertex_normals(mesh.vertices, mesh.faces)).sum(axis=1), -1, 1)))
    assert np.quantile(off[rim], 0.95) < 3.5  # pixel steps would tilt the rim's normals by 20 degrees and more


def test_ring_becomes_the_solid_over_the_annulus():
    inner, outer = 50.0, 120.0
    mask = coverage(np.minimum(outer - far(300, 150, 150), far(300, 150, 150) - inner))
    mesh = inflate(subject(mask), **BALL).mesh
    assert_solid(mesh)
    assert euler_number(mesh.faces) == 0
    r = np.linspace(inner, outer, 20001)
    swell = outer**2 - r**2 - (outer**2 - inner**2) * np.log(outer / r) / np.log(outer / inner)
    volume = np.trapezoid(2 * np.sqrt(np.maximum(swell, 0)) * 2 * np.pi * r, r) / 27
    assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(volume, rel=1e-2)


def test_long_bar_is_as_deep_as_the_theory_says():
    rows, columns = np.mgrid[:200, :400] + 0.5
    mask = coverage(np.minimum(25 - np.abs(rows - 100), 180 - np.abs(columns - 200)))
    mesh = inflate(subject(mask), **BALL).mesh
    middle = np.abs(mesh.vertices[:, 0]) < 20
    assert np.abs(mesh.vertices[middle, 1]).max() == pytest.approx(np.sqrt(2) * 25 / 2, rel=1e-2)


def test_hairline_bridges_hold_and_diagonal_pixels_count_as_joined():
    mask = np.zeros((200, 200))
    mask[20:90, 20:90] = 1
    mask[110:180, 110:180] = 1
    mask[np.arange(90, 110), np.arange(90, 110)] = 1
    mesh = inflate(subject(mask), **COARSE).mesh
    assert_solid(mesh)
    assert face_components(mesh.faces)[0] == 1
    assert euler_number(mesh.faces) == 2


def test_islands_become_solids_and_specks_go():
    mask = disc(60, x=80, y=80) + disc(40, x=220, y=220) + disc(1.2, x=250, y=60)
    asset = inflate(subject(mask), **COARSE)
    assert_solid(asset.mesh)
    assert face_components(asset.mesh.faces)[0] == 2
    assert asset.history[-1].notes == ("dropped 1 specks",)
    kept = inflate(subject(mask), smallest_share=0.0, **COARSE)
    assert face_components(kept.mesh.faces)[0] == 3


def test_pinholes_are_filled_and_holes_are_kept():
    mask = disc() * (1 - disc(20, x=110, y=150)) * (1 - disc(1.2, x=200, y=150))
    asset = inflate(subject(mask), **COARSE)
    assert euler_number(asset.mesh.faces) == 0
    assert asset.history[-1].notes == ("filled 1 pinholes",)


def test_outline_covers_the_mask_and_nothing_else():
    mask = np.maximum(disc(50, x=100, y=120), coverage(18 - np.abs(far(300, 190, 170) - 70)))
    asset = inflate(subject(mask), **COARSE)
    front = asset.mesh.faces[: len(asset.mesh.faces) // 2]
    flat = asset.mesh.vertices[:, [0, 2]] * 3
    a, b, c = (flat[front[:, corner]] for corner in range(3))
    area = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert area.min() >= 0  # no triangle of the front looks away
    assert area.sum() == pytest.approx(mask.sum(), rel=2e-3)


def test_thickest_bounds_the_thickness_and_depth_scales_it():
    thick = np.ptp(
        inflate(subject(np.ones((80, 80))), depth=1.0, thickest=0.25, surface=0.0, **COARSE).mesh.vertices[:, 1]
    )
    assert 0.2 * 100 < thick < 0.25 * 100
    flat = inflate(subject(disc()), depth=0.5, thickest=0.0, surface=0.0, **COARSE)
    assert flat.size[1] == pytest.approx(40, rel=5e-3)


def test_frame_filled_to_the_edge_ends_at_the_edge():
    asset = inflate(subject(np.ones((60, 120)), mm_per_pixel=0.5), **COARSE)
    assert asset.sized
    assert asset.size[0] == pytest.approx(60, rel=5e-3)
    assert asset.size[2] == pytest.approx(30, rel=5e-3)


def test_photo_lies_where_the_camera_saw_it():
    asset = inflate(subject(disc(60, 300, x=90, y=200)), **COARSE)
    place, _ = asset.camera.project(asset.mesh.vertices)
    assert asset.mesh.uv == pytest.approx(place[asset.mesh.faces], abs=1e-6)
    assert place.mean(axis=0) == pytest.approx([0.3, 2 / 3], abs=0.01)
    assert not asset.sized
    assert asset.source is not None


def test_front_is_seen_and_the_back_is_not():
    mesh = inflate(subject(disc()), surface=0.0, **COARSE).mesh
    y = mesh.vertices[:, 1]
    assert mesh.seen[y.argmin()] == 1
    assert mesh.seen[y >= 0].max() < 0.1
    assert 0.2 < mesh.seen[(y < -8) & (y > -12)].mean() < 0.9


def test_relief_stands_on_the_front_alone():
    spot = 90 + 120 * coverage(12 - far(300, 150, 150))
    photo = subject(disc(), np.repeat(spot[..., None], 3, axis=2).astype(np.uint8))
    plain, carved = (inflate(photo, surface=amount, **COARSE).mesh for amount in (0.0, 1.0))
    assert np.array_equal(plain.faces, carved.faces)
    moved = plain.vertices[:, 1] - carved.vertices[:, 1]  # toward the viewer
    assert np.array_equal(plain.vertices[:, [0, 2]], carved.vertices[:, [0, 2]])
    assert (moved[plain.vertices[:, 1] >= 0] == 0).all()
    center = np.hypot(plain.vertices[:, 0], plain.vertices[:, 2]) < 2
    assert moved[center & (plain.vertices[:, 1] < 0)].min() > 0.3
    assert_solid(carved)


def test_texture_shows_no_background():
    mask = disc(100)
    pixels = np.where(mask[..., None] > 0.5, [200, 30, 30], [0, 255, 0]).astype(np.uint8)
    texture = inflate(subject(mask, pixels), **COARSE).materials[0].base_color_texture
    assert texture.media_type == "image/png"
    assert (np.asarray(Image.open(io.BytesIO(texture.data))) == [200, 30, 30]).all()


def test_finer_resolution_gives_more_triangles_and_no_slivers():
    counts = {}
    for resolution in (36, 72):
        mesh = inflate(subject(disc()), resolution=resolution, surface=0.0).mesh
        counts[resolution] = len(mesh.faces)
        ends = edges(mesh.faces).ends
        length = np.linalg.norm(mesh.vertices[ends[:, 0]] - mesh.vertices[ends[:, 1]], axis=1)
        assert length.min() > 0.1 * length.mean()
    assert 3 < counts[72] / counts[36] < 5


def test_same_subject_same_bytes():
    photo = subject(disc(70, 160, 80, 80))
    assert inflate(photo, **COARSE).digest == inflate(photo, **COARSE).digest


def test_subject_without_a_mask_is_sent_to_matte():
    with pytest.raises(BadInput, match="run `matte`"):
        inflate(Subject(np.zeros((9, 9, 3), np.uint8)))
    with pytest.raises(BadInput, match=r"highest value is 0\.40"):
        inflate(subject(np.full((9, 9), 0.4)))


def test_noise_is_refused_with_its_number():
    noise = np.random.default_rng(0).random((700, 700))
    with pytest.raises(CannotDo, match=r"outline has \d+ crossings"):
        inflate(subject(noise))


def test_outline_that_smoothing_would_cross_is_taken_as_it_is():
    noise = np.random.default_rng(0).random((24, 28))
    assert_solid(inflate(subject(noise), resolution=48, smallest_share=0.0).mesh)


def hostile(rng: np.random.Generator, kind: int) -> np.ndarray:
    rows, columns = (int(n) for n in rng.integers(1, 40, 2))
    i, j = np.mgrid[:rows, :columns]
    period = int(rng.integers(1, 6))
    random = rng.random((rows, columns))
    pixel = np.zeros((rows, columns))
    pixel[rng.integers(rows), rng.integers(columns)] = 1
    return (
        random,
        random < rng.random(),
        pixel,
        np.ones((rows, columns)),
        (i // period + j // period) % 2,
        (i % (period + 1) == 0) | (j == columns // 2),
        np.hypot(i - rows / 2, j - columns / 2) % 4 < 2,
        1 - (i % 2) * (j % 2),
        np.abs(i - j * rng.random() * 2) < 0.7,
        np.full((rows, columns), 0.5),
    )[kind].astype(float)


@pytest.mark.parametrize("kind", range(10))
def test_hostile_masks_give_a_solid_or_a_refusal(kind):
    rng = np.random.default_rng(kind)
    solids = 0
    for _ in range(20):
        try:
            mesh = inflate(subject(hostile(rng, kind)), resolution=16, smallest_share=float(rng.choice([0, 0.01]))).mesh
        except (BadInput, CannotDo):
            continue
        assert_solid(mesh)
        assert len(np.unique(mesh.vertices.astype(np.float32), axis=0)) == len(mesh.vertices)
        solids += 1
    assert solids >= 5


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.floats(0, 1, width=32)))
def test_any_mask_gives_a_solid_or_a_refusal(mask):
    try:
        mesh = inflate(subject(mask), resolution=16, smallest_share=0.0).mesh
    except (BadInput, CannotDo):
        return
    assert_solid(mesh)
