import numpy as np
import pytest

from maquette.core.asset import Asset, Material
from maquette.core.errors import BadSetting
from maquette.core.mesh import Mesh
from maquette.geometry.mend.holes import LONG, EdgeSet, clashing, patches
from maquette.geometry.mend.membrane import refine
from maquette.geometry.surface import face_normals
from maquette.geometry.topology import edges, euler_number, is_watertight
from maquette.shape.mend.fill_holes import fill_holes
from shapes import box, grid, sphere, tetrahedron, together, torus, volume

NO_EDGES = EdgeSet(np.zeros((0, 2), np.int64), 1000)


def prism(sides: int, height: float = 2.0, rings: int = 5) -> Mesh:
    """An open tube of radius 1 on a regular polygon."""
    turn = np.arange(sides) * 2 * np.pi / sides
    vertices = np.concatenate(
        [np.stack([np.cos(turn), np.sin(turn), 0 * turn + height * k / rings], axis=1) for k in range(rings + 1)]
    )
    a = (np.arange(rings)[:, None] * sides + np.arange(sides)).ravel()
    b = (np.arange(rings)[:, None] * sides + (np.arange(sides) + 1) % sides).ravel()
    return Mesh(vertices, np.concatenate([np.stack([a, b, b + sides], 1), np.stack([a, b + sides, a + sides], 1)]))


def test_a_box_without_a_side_is_a_box_again():
    for side in range(6):
        keep = np.arange(12) // 2 != side
        made = fill_holes(Asset(box((1, 2, 3)).keep_faces(keep))).mesh
        assert len(made.faces) == 12
        assert is_watertight(made.faces)
        assert euler_number(made.faces) == 2
        assert volume(made) == pytest.approx(6)


@pytest.mark.parametrize("missing", range(4))
def test_a_tetrahedron_without_a_face(missing):
    made = fill_holes(Asset(tetrahedron().keep_faces(np.arange(4) != missing)))
    assert volume(made.mesh) == pytest.approx(1 / 6)
    assert made.history[-1].notes == ("filled 1 holes with 1 faces",)


def test_the_ends_of_a_tube_become_flat():
    for sides in (12, LONG, 3 * LONG):
        open_tube = prism(sides)
        made = fill_holes(Asset(open_tube)).mesh
        assert is_watertight(made.faces)
        assert euler_number(made.faces) == 2
        assert volume(made) == pytest.approx(2 * sides / 2 * np.sin(2 * np.pi / sides))
        patch = made.vertices[made.faces[len(open_tube.faces) :]]
        assert np.isin(np.round(patch[:, :, 2], 9), [0, 2]).all()


def test_patches_are_as_fine_as_their_border():
    made = fill_holes(Asset(prism(48, rings=15))).mesh
    patch = made.faces[2 * 48 * 15 :]
    found = edges(patch)
    length = np.linalg.norm(made.vertices[found.ends[:, 0]] - made.vertices[found.ends[:, 1]], axis=1)
    border = length[found.count == 1].mean()
    assert length.max() < 1.6 * border
    assert (face_normals(made.vertices, patch)[:, 2] ** 2 == pytest.approx(1)) is True


def test_a_hole_in_a_ball_is_bridged_by_a_dome():
    ball = sphere(50.0, 5)
    holed = ball.keep_faces(ball.triangles[:, :, 2].mean(axis=1) < 45)  # a cap 44 mm wide and 5 mm high
    made = fill_holes(Asset(holed)).mesh
    assert is_watertight(made.faces)
    new = made.vertices[len(holed.vertices) :]
    assert len(new) > 50
    assert np.abs(np.linalg.norm(new, axis=1) - 50).max() < 1.0
    assert volume(made) == pytest.approx(volume(ball), rel=5e-4)


def test_many_holes_at_once():
    ball = sphere(50.0, 5)
    holed = ball.keep_faces(np.random.default_rng(4).random(len(ball.faces)) > 0.02)
    made = fill_holes(Asset(holed)).mesh
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == 2
    assert volume(made) == pytest.approx(volume(ball), rel=5e-4)
    assert np.array_equal(made.vertices[: len(holed.vertices)], holed.vertices)
    assert np.array_equal(made.faces[: len(holed.faces)], holed.faces)


def test_a_torus_stays_a_torus():
    ring = torus()
    made = fill_holes(Asset(ring.keep_faces(~np.isin(np.arange(len(ring.faces)), [5, 6, 7, 900, 901])))).mesh
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == 0
    assert volume(made) == pytest.approx(volume(ring), rel=1e-2)


def test_twice_is_once():
    ball = sphere(50.0, 4)
    once = fill_holes(Asset(ball.keep_faces(np.random.default_rng(4).random(len(ball.faces)) > 0.02)))
    again = fill_holes(once)
    assert again.mesh == once.mesh
    assert again.history[-1].notes == ()


def test_a_sheet_is_left_open_with_a_word():
    asset = Asset(grid(4, 4))
    made = fill_holes(asset)
    assert made.mesh == asset.mesh
    assert "1 parts alone that enclose nothing" in made.history[-1].notes[0]
    assert made.history[-1].notes[1] == "left 16 open edges"


def test_long_borders_stay_open_when_asked():
    tube = prism(20)
    made = fill_holes(Asset(tube), max_edges=19)
    assert made.mesh == tube
    assert made.history[-1].notes == ("left 40 open edges",)
    with pytest.raises(BadSetting, match="max_edges"):
        fill_holes(Asset(tube), max_edges=2)


def test_what_rides_on_the_border_runs_across():
    tube = prism(24)
    upper = tube.vertices[tube.faces][:, :, 2].mean(axis=1) > 1
    tube = tube.replace(
        uv=tube.vertices[tube.faces][:, :, :2].astype(np.float32),
        material=upper.astype(int),
        part=1 - upper.astype(int),
        color=np.where(tube.vertices[:, 2:] > 1, [200, 100, 0], [0, 50, 255]).astype(np.uint8),
        seen=np.ones(len(tube.vertices)),
    )
    asset = Asset(tube, materials=(Material(name="a"), Material(name="b")), part_names=("up", "down"))
    made = fill_holes(asset).mesh
    new = slice(len(tube.faces), None)
    top = made.vertices[made.faces][new][:, :, 2].mean(axis=1) > 1
    assert np.array_equal(made.material[new], top.astype(int))
    assert np.array_equal(made.part[new], 1 - top.astype(int))
    assert np.allclose(made.uv[new], made.vertices[made.faces][new][:, :, :2], atol=1e-6)  # harmonic: linear stays
    inner = slice(len(tube.vertices), None)
    assert np.array_equal(made.color[inner], np.where(made.vertices[inner, 2:] > 1, [200, 100, 0], [0, 50, 255]))
    assert (made.seen[inner] == 0).all()
    assert (made.seen[: len(tube.vertices)] == 1).all()


def test_a_patch_avoids_edges_that_are_taken():
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    flat = [np.zeros((4, 3))]
    for diagonal in ([0, 2], [1, 3]):
        (made,) = patches(square, [np.arange(4)], flat, EdgeSet(np.array([diagonal]), 4))
        assert sorted(made[0]) != sorted(made[1])
        assert all(set(diagonal) - set(face) for face in made.tolist())
    (made,) = patches(square, [np.arange(4)], flat, EdgeSet(np.array([[0, 2], [1, 3]]), 4))
    assert made is None


def test_two_loops_that_want_one_edge_are_noticed():
    loops = [np.array([0, 1, 2, 3]), np.array([0, 4, 2, 5])]
    across = np.array([[0, 1, 2], [0, 2, 3]])
    other = np.array([[1, 2, 3], [1, 3, 0]])
    assert clashing(loops, [across, across]).tolist() == [1]
    assert clashing(loops, [across, other]).tolist() == []


def test_two_holes_across_one_diagonal_are_both_closed():
    """A pouch of two quads over the same four corners, its rim open on both sides of two of them."""
    vertices = np.array([[0, 0, 1], [2, 0, 0], [0, 0, -1], [-2, 0, 0], [0, 1, 0], [0, -1, 0]], float)
    faces = np.array([[0, 4, 1], [1, 4, 2], [2, 4, 3], [3, 4, 0], [0, 1, 5], [1, 2, 5], [2, 3, 5], [3, 0, 5]])
    for gone in ([0, 1], [4, 5], [0, 1, 6, 7], [0, 4]):
        given = Mesh(vertices, np.delete(faces, gone, axis=0)).keep_faces(slice(None))
        made = fill_holes(Asset(given)).mesh
        assert edges(made.faces).count.tolist() == [2] * len(edges(made.faces).count)


def test_least_bent_then_least_area():
    bent = np.array([[0, 0, 0], [1, 0, 0.4], [1, 1, 0], [0, 1, 0.4]], float)
    (made,) = patches(bent, [np.arange(4)], [np.zeros((4, 3))], NO_EDGES)
    vectors = np.cross(bent[made[:, 1]] - bent[made[:, 0]], bent[made[:, 2]] - bent[made[:, 0]])
    assert (vectors[:, 2] > 0).all()
    turn = np.arange(30) * 2 * np.pi / 30
    star = np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1) * np.where(np.arange(30) % 2, 1.0, 0.5)[:, None]
    (made,) = patches(star, [np.arange(30)], [np.zeros((30, 3))], NO_EDGES)
    area = np.linalg.norm(np.cross(star[made[:, 1]] - star[made[:, 0]], star[made[:, 2]] - star[made[:, 0]]), axis=1)
    outline = star[:, 0] * np.roll(star[:, 1], -1) - star[:, 1] * np.roll(star[:, 0], -1)
    assert area.sum() == pytest.approx(outline.sum())  # nothing outside the star, nothing twice


def test_of_patches_bent_alike_the_smaller_is_taken():
    skew = np.array([[0, 0, 0], [1, 0, 0.1], [1.4, 1.2, 0], [0, 0.8, 0.12]], float)

    def area(triangles):
        a, b, c = skew[np.asarray(triangles)].transpose(1, 0, 2)
        return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()

    (made,) = patches(skew, [np.arange(4)], [np.zeros((4, 3))], NO_EDGES)
    both = [area([[0, 1, 2], [0, 2, 3]]), area([[1, 2, 3], [1, 3, 0]])]
    assert abs(both[0] - both[1]) > 1e-3
    assert area(made) == pytest.approx(min(both))


@pytest.mark.parametrize("width", [0.05, 0.2, 0.5])
def test_refining_joins_no_border_points(width):
    turn = np.arange(40) * 2 * np.pi / 40
    rim = np.stack([3 * np.cos(turn), width * np.sin(turn), 0 * turn], axis=1)
    fan = np.stack([np.zeros(38, int), np.arange(1, 39), np.arange(2, 40)], axis=1)
    _, faces, _ = refine(rim, fan, 40, np.zeros(40, int), np.ones(1, bool))
    inner = edges(faces).ends[edges(faces).count == 2]
    old = {tuple(edge) for edge in edges(fan).ends.tolist()}
    assert all(tuple(edge) in old for edge in inner.tolist() if max(edge) < 40)


def test_refining_evens_triangles():
    turn = np.arange(40) * 2 * np.pi / 40
    rim = np.stack([3 * np.cos(turn), np.sin(turn), 0.3 * np.cos(3 * turn)], axis=1)
    fan = np.stack([np.zeros(38, int), np.arange(1, 39), np.arange(2, 40)], axis=1)  # slivers from one corner
    points, faces, sheet = refine(rim, fan, 40, np.zeros(40, int), np.ones(1, bool))
    assert np.array_equal(points[:40], rim)
    assert len(sheet) == len(points)
    assert euler_number(faces) == 1
    assert (edges(faces).count == 1).sum() == 40
    a, b, c = points[faces].transpose(1, 0, 2)
    size = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    longest = np.max([np.linalg.norm(p - q, axis=1) for p, q in ((a, b), (b, c), (c, a))], axis=0)
    assert np.median(size / longest**2) > 0.6  # 0.87 when equilateral
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()


def test_separate_parts_are_closed_apart():
    halves = together(box().keep_faces(np.arange(12) > 1), box(corner=(3, 0, 0)).keep_faces(np.arange(12) < 10))
    made = fill_holes(Asset(halves))
    assert volume(made.mesh) == pytest.approx(2)
    assert made.history[-1].notes == ("filled 2 holes with 4 faces",)


def test_nothing_in_nothing_out():
    assert len(fill_holes(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int)))).mesh.faces) == 0


def test_a_wide_hole_is_closed_with_a_warning():
    ball = sphere(10.0, 3)
    bowl = ball.keep_faces(ball.triangles[:, :, 2].mean(axis=1) < 5)
    pinhole = ball.keep_faces(np.arange(1, len(ball.faces)))
    told, quiet = (fill_holes(Asset(mesh)).history[-1].notes for mesh in (bowl, pinhole))
    assert told[1].startswith("warning: a hole 25.3 mm wide was closed, 74%")
    assert not any("warning" in note for note in quiet)
