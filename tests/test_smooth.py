import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import BadSetting
from maquette.core.mesh import Mesh
from maquette.core.progress import watching
from maquette.geometry.remake.denoising import mix_normals, surroundings
from maquette.geometry.remake.smoothing import opposite_step, umbrella
from maquette.geometry.surface import face_normals, signed_volume
from maquette.shape.surface.smooth import smooth
from shapes import box, grid, sphere, together, torus


def roughness(mesh: Mesh, radius: float) -> float:
    return float(np.std(np.linalg.norm(mesh.vertices, axis=1) - radius))


@pytest.mark.parametrize("iterations", [1, 10, 100])
@pytest.mark.parametrize("against", ["noise", "steps"])
@pytest.mark.parametrize("mesh", [sphere(50.0, 4), torus(30.0, 10.0)], ids=["ball", "ring"])
def test_volume_stays(mesh, against, iterations):
    made = smooth(Asset(mesh), against=against, iterations=iterations).mesh
    before = signed_volume(mesh.vertices, mesh.faces)
    assert signed_volume(made.vertices, made.faces) == pytest.approx(before, rel=2e-3)


@pytest.mark.parametrize("iterations", [10, 100])
def test_a_part_that_is_all_corners_is_left(iterations):
    ball = sphere(30.0, 3)
    made = smooth(Asset(together(ball, box((9, 9, 9), (50, 0, 0)))), against="steps", iterations=iterations)
    assert np.array_equal(made.mesh.vertices[-8:], box((9, 9, 9), (50, 0, 0)).vertices)
    assert not np.array_equal(made.mesh.vertices[:-8], ball.vertices)
    assert made.history[-1].notes[0] == "left 1 parts as they were; they have too few vertices to be smoothed"


def test_parts_keep_their_volume_each():
    cavity = sphere(10.0, 3).flipped()
    made = smooth(Asset(together(sphere(30.0, 3), cavity)), iterations=30).mesh
    inner = made.keep_faces(slice(512, None))
    assert signed_volume(inner.vertices, inner.faces) == pytest.approx(
        signed_volume(cavity.vertices, cavity.faces), rel=2e-3
    )


@pytest.mark.parametrize("against", ["noise", "steps"])
def test_noise_goes(against):
    ball = sphere(50.0, 5)
    rough = ball.with_vertices(ball.vertices * (1 + np.random.default_rng(0).normal(0, 0.01, (len(ball.vertices), 1))))
    made = smooth(Asset(rough), against=against, iterations=20).mesh
    assert roughness(made, 50) < 0.33 * roughness(rough, 50)
    assert signed_volume(made.vertices, made.faces) == pytest.approx(
        signed_volume(ball.vertices, ball.faces), rel=0.005
    )


def test_stair_steps_go_and_the_slope_stays():
    slope = grid(40, 40)
    height = 0.25 * slope.vertices[:, 0]
    steps = slope.with_vertices(np.column_stack([slope.vertices[:, :2], np.floor(height + 1e-9)]))
    made = smooth(Asset(steps), against="steps", iterations=60).mesh
    inside = ((slope.vertices[:, :2] > 8) & (slope.vertices[:, :2] < 32)).all(axis=1)
    before = np.std(steps.vertices[inside, 2] - height[inside])
    assert np.std(made.vertices[inside, 2] - 0.25 * made.vertices[inside, 0]) < 0.2 * before


def test_a_plane_and_its_border_stay():
    sheet = grid(9, 7)
    made = smooth(Asset(sheet)).mesh
    assert np.allclose(made.vertices, sheet.vertices, atol=1e-12)
    bumpy = sheet.with_vertices(sheet.vertices + np.random.default_rng(1).normal(0, 0.1, sheet.vertices.shape))
    made = smooth(Asset(bumpy)).mesh
    rim = (sheet.vertices[:, 0] % 9 == 0) | (sheet.vertices[:, 1] % 7 == 0)
    assert np.array_equal(made.vertices[rim], bumpy.vertices[rim])
    assert not np.array_equal(made.vertices[~rim], bumpy.vertices[~rim])


def test_one_pair_of_steps_is_what_the_paper_says():
    mesh = sphere(1.0, 0)  # an octahedron: every vertex has the same four neighbours' mean, the origin
    mu = opposite_step(0.5, 0.1)
    assert 1 / 0.5 + 1 / mu == pytest.approx(0.1)
    pull = umbrella(mesh.faces, 6, np.zeros(6, dtype=bool))
    moved = mesh.vertices + 0.5 * (pull @ mesh.vertices)
    assert np.allclose(moved + mu * (pull @ moved), mesh.vertices * (1 - 0.5) * (1 - mu))


def test_only_positions_change():
    mesh = sphere(5.0, 2)
    mesh = mesh.replace(uv=mesh.triangles[:, :, :2].astype(np.float32), seen=np.ones(len(mesh.vertices)))
    made = smooth(Asset(mesh)).mesh
    assert made.with_vertices(mesh.vertices) == mesh


def test_no_iterations_no_change():
    assert smooth(Asset(box()), iterations=0).mesh == box()


def test_says_how_far_it_went_and_how_far_it_is():
    heard = []
    with watching(lambda fraction, text: heard.append(fraction)):
        made = smooth(Asset(torus(30.0, 10.0)), iterations=4)
    furthest = np.linalg.norm(made.mesh.vertices - torus(30.0, 10.0).vertices, axis=1).max()
    assert made.history[-1].notes == (f"moved vertices by up to {furthest:.3g} mm",)
    assert heard == [0, 0.25, 0.5, 0.75]


def ribbed_plate(noise: float) -> tuple[Mesh, np.ndarray]:
    """A plate of 30 mm with ribs 0.6 mm high, 0.75 to 3 mm wide, in cells of 0.25 mm; noisy, and as it should be."""
    sheet = grid(120, 120)
    x, y = 0.25 * sheet.vertices[:, 0], 0.25 * sheet.vertices[:, 1]
    z = np.zeros(len(x))
    for middle, width in ((5, 1.0), (10, 0.75), (15, 1.5), (22, 3.0)):
        z[(np.abs(x - middle) <= width / 2) & (y > 5) & (y < 25)] = 0.6
    true = np.column_stack([x, y, z])
    shaken = true + np.random.default_rng(0).normal(0, noise, true.shape)
    rim = (x == 0) | (y == 0) | (x == 30) | (y == 30)
    shaken[rim] = true[rim]
    return sheet.with_vertices(shaken), true


def test_small_features_keep_their_height_while_noise_goes():
    noisy, true = ribbed_plate(0.04)
    made = smooth(Asset(noisy)).mesh.vertices
    across = (true[:, 1] > 8) & (true[:, 1] < 22)
    for middle in (5, 10, 15, 22):
        top = across & (np.abs(true[:, 0] - middle) < 0.13)
        assert made[top, 2].mean() == pytest.approx(0.6, abs=0.01)
    flat = across & (true[:, 0] > 26) & (true[:, 0] < 29)
    assert made[flat, 2].std() < 0.25 * noisy.vertices[flat, 2].std()
    off = np.abs(made - true)[across, 2].mean()
    rounded = smooth(Asset(noisy), against="steps").mesh.vertices
    assert off < 0.3 * np.abs(noisy.vertices - true)[across, 2].mean()
    assert off < 0.3 * np.abs(rounded - true)[across, 2].mean()


def test_sharp_edges_stay_sharp_to_the_last_digit():
    for mesh in (box((9, 9, 9)), together(box((9, 3, 9)), box((3, 9, 2), (20, 0, 0)))):
        assert np.allclose(smooth(Asset(mesh), iterations=100).mesh.vertices, mesh.vertices, atol=1e-9)


def test_what_counts_as_an_edge_is_the_users():
    prism = sphere(10.0, 1)  # bends of some 35 degrees
    kept = smooth(Asset(prism), edge_deg=5).mesh.vertices
    evened = smooth(Asset(prism), edge_deg=60).mesh.vertices
    assert np.abs(kept - prism.vertices).max() < 1e-9
    assert np.abs(evened - prism.vertices).max() > 0.01


@pytest.mark.parametrize("against", ["noise", "steps"])
def test_no_vertex_goes_farther_than_allowed(against):
    noisy, _ = ribbed_plate(0.04)
    made = smooth(Asset(noisy), against=against, max_move_mm=0.02)
    length = np.linalg.norm(made.mesh.vertices - noisy.vertices, axis=1)
    assert length.max() == pytest.approx(0.02)
    assert made.history[-1].notes[0].startswith("held")
    assert smooth(Asset(noisy), against=against, max_move_mm=5).mesh == smooth(Asset(noisy), against=against).mesh


def test_normals_do_not_mix_across_a_wall():
    mesh = box()
    normals = face_normals(mesh.vertices, mesh.faces)
    around = surroundings(mesh.vertices, mesh.faces)
    assert np.allclose(mix_normals(normals, around, 0.35), normals)
    assert not np.allclose(mix_normals(normals, around, 2.0), normals)
    assert (np.bincount(around.face) == np.bincount(around.other)).all()


def test_loose_vertices_stay():
    mesh = Mesh(np.concatenate([box().vertices, [[9, 9, 9]]]), box().faces)
    assert np.array_equal(smooth(Asset(mesh)).mesh.vertices[-1], [9, 9, 9])


def test_refuses_a_step_past_the_neighbours():
    with pytest.raises(BadSetting, match="step"):
        smooth(Asset(box()), step=1.5)
