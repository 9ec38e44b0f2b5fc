import numpy as np
import pytest

from maquette.core.asset import Asset, Material
from maquette.core.errors import BadSetting
from maquette.core.mesh import Mesh
from maquette.core.progress import watching
from maquette.geometry.remake.thinning import thin_out
from maquette.geometry.surface import face_areas, face_normals
from maquette.geometry.topology import border_loops, edges, euler_number, face_components, fan_count, is_watertight
from maquette.shape.surface.simplify import simplify
from shapes import box, grid, sphere, together, torus, volume


def cube_of_charts(cells: int = 12, side: float = 10.0) -> Asset:
    """A cube of squares, each side a chart of its own in a 3 x 2 atlas and every other one of another material."""
    steps = np.linspace(0, 1, cells + 1)
    u, v = (a.ravel() for a in np.meshgrid(steps, steps, indexing="ij"))
    i, j = (a.ravel() for a in np.meshgrid(np.arange(cells), np.arange(cells), indexing="ij"))
    a = i * (cells + 1) + j
    b, c, d = a + cells + 1, a + cells + 2, a + 1
    square = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    points, faces, uv, material = [], [], [], []
    for number in range(6):
        axis, far = divmod(number, 2)
        flat = [u, v] if far else [v, u]
        place = np.insert(np.stack(flat, axis=1), axis, far, axis=1)[:, np.roll(np.arange(3), 0)]
        place = np.zeros((len(u), 3))
        place[:, (axis + 1) % 3], place[:, (axis + 2) % 3], place[:, axis] = flat[0], flat[1], far
        faces.append(square + len(u) * number)
        points.append(place * side)
        uv.append((np.stack([u / 3 + number % 3 / 3, v / 2 + number // 3 / 2], axis=1))[square])
        material.append(np.full(len(square), number % 2))
    vertices = np.round(np.concatenate(points), 9)
    unique, twin = np.unique(vertices, axis=0, return_inverse=True)
    mesh = Mesh(unique, twin.ravel()[np.concatenate(faces)], uv=np.concatenate(uv), material=np.concatenate(material))
    assert is_watertight(mesh.faces)
    assert volume(mesh) == pytest.approx(side**3)
    return Asset(mesh, materials=(Material(name="a"), Material(name="b")))


def two_charts(subdivisions: int = 5) -> Mesh:
    """A ball of radius 50, each half a chart seen from its pole (Lambert's equal-area projection)."""
    ball = sphere(50.0, subdivisions)
    unit = ball.vertices / 50
    flat = unit[:, :2] / np.sqrt(1 + np.abs(unit[:, 2:])) * 0.24
    upper = ball.triangles[:, :, 2].mean(axis=1) > 0
    return ball.replace(uv=flat[ball.faces] + np.where(upper[:, None, None], [0.25, 0.25], [0.75, 0.75]))


def chart_of_cube(mesh: Mesh) -> np.ndarray:
    """The chart each corner's uv lies in: (F, 3), taken a little toward the face's middle."""
    inward = mesh.uv + 0.01 * (mesh.uv.mean(axis=1, keepdims=True) - mesh.uv)
    return np.floor(inward[..., 0] * 3).astype(int) + 3 * np.floor(inward[..., 1] * 2).astype(int)


def test_a_cube_of_six_charts_becomes_twelve_faces():
    asset = cube_of_charts()
    made = simplify(asset, max_faces=12)
    mesh = made.mesh
    assert len(mesh.faces) == 12
    assert len(mesh.vertices) == 8
    assert is_watertight(mesh.faces)
    assert volume(mesh) == pytest.approx(1000)
    chart = chart_of_cube(mesh)
    assert (chart == chart[:, :1]).all()
    assert np.array_equal(np.bincount(chart[:, 0]), [2] * 6)
    assert np.array_equal(chart[:, 0] % 3 % 2 ^ chart[:, 0] // 3, mesh.material)
    first, second = mesh.uv[:, 1] - mesh.uv[:, 0], mesh.uv[:, 2] - mesh.uv[:, 0]
    assert np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum() / 2 == pytest.approx(1)  # whole atlas
    assert made.history[-1].notes[-1] == "1728 faces became 12"


@pytest.mark.parametrize("max_faces", [1000, 300, 100])
def test_no_face_mixes_charts_on_the_way(max_faces):
    mesh = simplify(cube_of_charts(), max_faces=max_faces).mesh
    assert max_faces - 2 < len(mesh.faces) <= max_faces
    chart = chart_of_cube(mesh)
    assert (chart == chart[:, :1]).all()
    normal = face_normals(mesh.vertices, mesh.faces)
    assert (np.abs(normal).max(axis=1) == pytest.approx(1)) is True
    axis = np.abs(normal).argmax(axis=1)
    assert np.array_equal(chart[:, 0], 2 * axis + (normal[np.arange(len(axis)), axis] > 0))
    assert volume(mesh) == pytest.approx(1000)


def test_uv_that_is_linear_stays_exact():
    sheet = grid(30, 20)
    made = simplify(Asset(sheet), max_faces=10).mesh
    assert len(made.faces) <= 10
    assert np.array_equal(made.uv, (made.vertices[:, :2] / [30, 20])[made.faces].astype(np.float32))
    assert face_areas(made.vertices, made.faces).sum() == pytest.approx(600)
    assert len(border_loops(made.faces)) == 1


def test_seams_stay_on_their_curve_and_uv_near_what_it_was():
    ball = two_charts()
    made = simplify(Asset(ball), max_faces=1000).mesh
    assert len(made.faces) == 1000
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == 2
    assert volume(made) == pytest.approx(volume(ball), rel=0.015)
    upper = made.uv[..., 0] < 0.5
    assert (upper == upper[:, :1]).all()
    upper = upper[:, 0]
    seam = edges(made.faces)
    on_both = np.bincount(seam.of_half, weights=np.repeat(upper, 3)) == 1
    assert np.abs(made.vertices[seam.ends[on_both], 2]).max() < 1e-9  # the equator
    assert (made.triangles[upper, :, 2] > -1e-9).all()
    unit = made.vertices / 50
    flat = unit[:, :2] / np.sqrt(1 + np.abs(unit[:, 2:])) * 0.24
    ideal = flat[made.faces] + np.where(upper[:, None, None], [0.25, 0.25], [0.75, 0.75])
    assert np.allclose(made.uv, ideal, atol=1e-6)  # every vertex left is an old one
    first, second = made.uv[:, 1] - made.uv[:, 0], made.uv[:, 2] - made.uv[:, 0]
    flat_area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    assert (flat_area[upper] > 0).all()  # no fold in the texture
    assert (flat_area[~upper] < 0).all()


def test_the_texture_slides_less_than_the_shape_alone_would_let_it():
    """A flat sheet whose uv bends: geometry alone would keep any four corners."""
    sheet = grid(40, 40)
    x, y = sheet.vertices[:, 0] / 40, sheet.vertices[:, 1] / 40
    bent = np.stack([x + 0.1 * np.sin(2 * np.pi * y), y], axis=1)
    made = simplify(Asset(sheet.replace(uv=bent[sheet.faces])), max_faces=400).mesh
    middle = made.triangles.mean(axis=1) / 40
    slide = made.uv.mean(axis=1)[:, 0] - (middle[:, 0] + 0.1 * np.sin(2 * np.pi * middle[:, 1]))
    assert np.sqrt((slide**2).mean()) < 0.004
    lively = np.abs(np.sin(2 * np.pi * middle[:, 1])) > 0.7
    assert lively.sum() > 0.55 * len(middle)  # more faces where uv bends more


@pytest.mark.parametrize("mesh", [torus(), sphere(1.0, 4), together(torus(), sphere(0.4, 4))])
@pytest.mark.parametrize("with_uv", [False, True])
def test_closed_stays_closed_and_keeps_its_holes(mesh, with_uv):
    given = mesh.replace(uv=np.zeros((len(mesh.faces), 3, 2))) if with_uv else mesh
    made = simplify(Asset(given), max_faces=len(mesh.faces) // 8).mesh
    assert len(made.faces) <= len(mesh.faces) // 8
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == euler_number(mesh.faces)
    assert face_components(made.faces)[0] == face_components(mesh.faces)[0]
    assert volume(made) == pytest.approx(volume(mesh), rel=0.08)


@pytest.mark.parametrize(
    "mesh",
    [sphere(1.0, 1), sphere(1.0, 3), torus(1.0, 0.4, 7, 5), torus(1.0, 0.3, 12, 4), torus(1.0, 0.4, 24, 16)]
    + [together(sphere(1.0, 2), torus(5.0, 1.0, 9, 6)), two_charts(2), two_charts(3)],
)
def test_to_the_last_face_a_solid_stays_a_solid(mesh):
    made = simplify(Asset(mesh), max_faces=4, error_mm=1e9).mesh
    assert len(made.faces) < 0.5 * len(mesh.faces)
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == euler_number(mesh.faces)
    assert face_components(made.faces)[0] == face_components(mesh.faces)[0]
    assert fan_count(made.faces, len(made.vertices)).max() == 1
    assert len(np.unique(np.sort(made.faces, axis=1), axis=0)) == len(made.faces)
    assert volume(made) > 0


def test_borders_do_not_run_into_each_other():
    frame = grid(15, 15)
    middle = frame.triangles.mean(axis=1)
    frame = frame.keep_faces((np.abs(middle[:, :2] - 7.5) > 5.5).any(axis=1))  # a band two cells wide
    made = simplify(Asset(frame), max_faces=4).mesh
    assert len(border_loops(made.faces)) == 2
    assert euler_number(made.faces) == 0
    assert fan_count(made.faces, len(made.vertices)).max() == 1


def test_charts_are_the_floor():
    made = simplify(cube_of_charts(5), max_faces=4)
    assert len(made.mesh.faces) == 12
    chart = chart_of_cube(made.mesh)
    assert (chart == chart[:, :1]).all()
    assert (
        made.history[-1].notes[0]
        == "stopped above 4 faces: seams hold the rest, or it would stray by more than 0.866 mm"
    )


def test_a_texture_that_swirls_never_folds():
    sheet = grid(40, 40)
    x, y = (sheet.vertices[:, :2] - 20).T
    swirl = 3 * np.exp(-(x * x + y * y) / 80)
    turned = np.stack([x * np.cos(swirl) - y * np.sin(swirl), x * np.sin(swirl) + y * np.cos(swirl)], axis=1)
    given = sheet.replace(uv=(turned / 80 + 0.5)[sheet.faces])
    for max_faces in (600, 200, 60):
        uv = simplify(Asset(given), max_faces=max_faces).mesh.uv.astype(float)
        first, second = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
        assert (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] > 0).all()


def test_a_palette_does_not_outweigh_the_shape():
    """Two balls: one coloured from a single point of the picture, one from a small swatch."""
    ball = sphere(50.0, 4)
    far = ball.with_vertices(ball.vertices + [200, 0, 0])
    swatch = 0.5 + 0.01 * (ball.triangles[:, :, :2] / 50)
    both = together(ball, far).replace(uv=np.concatenate([np.zeros_like(swatch), swatch]))
    made = simplify(Asset(both), max_faces=600).mesh
    plain = (made.triangles[:, :, 0].mean(axis=1) < 100).sum()
    assert 250 < plain < 350


def test_without_seams_positions_are_free_and_closer():
    ball = sphere(50.0, 5)
    free = simplify(Asset(ball), max_faces=800).mesh
    held = simplify(Asset(two_charts()), max_faces=800).mesh
    assert volume(free) == pytest.approx(volume(ball), rel=0.007)
    assert volume(held) < 0.99 * volume(ball)


def test_materials_alone_are_seams_too():
    ring = torus()
    half = (ring.triangles[:, :, 0].mean(axis=1) > 0).astype(int)
    area = face_areas(ring.vertices, ring.faces)
    asset = Asset(ring.replace(material=half, part=1 - half), materials=(Material(), Material()), part_names=("a", "b"))
    made = simplify(asset, max_faces=500).mesh
    assert len(made.faces) <= 500
    assert np.array_equal(made.part, 1 - made.material)
    after = face_areas(made.vertices, made.faces)
    assert after[made.material == 1].sum() == pytest.approx(area[half == 1].sum(), rel=0.03)
    assert is_watertight(made.faces)


def test_one_material_is_kept_without_seams():
    ball = sphere(1.0, 4)
    asset = Asset(
        ball.replace(
            material=np.ones(len(ball.faces)), seen=(ball.vertices[:, 1] < 0), color=np.full((len(ball.vertices), 3), 9)
        ),
        materials=(Material(), Material()),
    )
    made = simplify(asset, max_faces=300).mesh
    assert (made.material == 1).all()
    clear = np.abs(made.vertices[:, 1]) > 0.2
    assert np.array_equal(made.seen[clear], (made.vertices[clear, 1] < 0).astype(np.float32))
    assert (made.color == 9).all()


def test_error_limit_stops_it():
    ball = sphere(50.0, 5)
    made = simplify(Asset(ball), max_faces=4, error_mm=0.5)
    assert 100 < len(made.mesh.faces) < 4000
    middle = np.linalg.norm(made.mesh.triangles.mean(axis=1), axis=1)
    assert 50 - middle.min() < 1.5  # the error is a mean over the faces removed; the largest is a few times that
    finer = simplify(Asset(ball), max_faces=4, error_mm=0.05)
    assert len(finer.mesh.faces) > 3 * len(made.mesh.faces)
    assert made.history[-1].notes[0].endswith("it would stray by more than 0.5 mm")


def test_a_flat_side_costs_nothing():
    fine = cube_of_charts().mesh
    made = simplify(Asset(Mesh(fine.vertices, fine.faces)), max_faces=4, error_mm=1e-6).mesh
    assert len(made.faces) == 12
    assert volume(made) == pytest.approx(1000)


def test_far_from_the_origin_is_no_different():
    ball = two_charts(4)
    near = simplify(Asset(ball), max_faces=300).mesh
    far = simplify(Asset(ball.with_vertices(ball.vertices + 2.0**20)), max_faces=300).mesh
    assert volume(far) == pytest.approx(volume(near), rel=0.01)
    assert is_watertight(far.faces)


@pytest.mark.parametrize("mesh", [two_charts(4), grid(9, 9), Mesh(torus().vertices, torus().faces)])
def test_twice_is_once(mesh):
    once = simplify(Asset(mesh), max_faces=100)
    again = simplify(once, max_faces=100)
    assert again.mesh == once.mesh
    assert again.history[-1].notes == ()


def test_few_enough_is_left_alone():
    asset = Asset(box())
    assert simplify(asset, max_faces=12).mesh == asset.mesh


def test_where_seams_meet_nothing_moves_and_a_note_says_so():
    sheet = grid(10, 10)
    scattered = sheet.replace(uv=np.random.default_rng(0).random((len(sheet.faces), 3, 2)))  # every face its own chart
    made = simplify(Asset(scattered), max_faces=50)
    assert np.array_equal(made.mesh.faces, scattered.faces)
    assert made.history[-1].notes == (
        "stopped above 50 faces: seams hold the rest, or it would stray by more than 0.707 mm",
    )


def test_crowded_edges_stay():
    wall = together(box(), box(corner=(1, 1, 0)))
    keep, twin = np.unique(wall.vertices, axis=0, return_inverse=True)
    pair = Mesh(keep, twin.ravel()[wall.faces])
    made = simplify(Asset(pair), max_faces=10, error_mm=100).mesh
    assert edges(made.faces).count.max() == 4
    assert volume(made) > 0


def test_says_how_far_it_is():
    heard = []
    with watching(lambda fraction, text: heard.append((fraction, text))):
        simplify(Asset(two_charts(4)), max_faces=200)
    fractions = [fraction for fraction, _ in heard]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert heard[-1][1] == "200 faces"


@pytest.mark.parametrize("setting", [{"max_faces": 3}, {"max_faces": "few"}, {"error_mm": -1}])
def test_refuses_what_makes_no_sense(setting):
    with pytest.raises(BadSetting):
        simplify(Asset(box()), **setting)


def test_nothing_in_nothing_out():
    assert len(simplify(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int)))).mesh.faces) == 0


def test_flat_ground_far_away_is_thinned_out():
    sheet = grid(60, 60)
    vertices, faces = thin_out(sheet.vertices + [1e6, 0, 0], sheet.faces, 200)
    assert 2 <= len(faces) <= 200
    assert vertices.min(axis=0) == pytest.approx([1e6, 0, 0], abs=0.5)
    assert vertices.max(axis=0) == pytest.approx([1e6 + 60, 60, 0], abs=0.5)
    assert thin_out(sheet.vertices, sheet.faces, 7200)[1] is sheet.faces
