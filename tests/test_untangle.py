import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.inside.filled import Fill, slicer_fill
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.inside.solidity import flaws
from maquette.geometry.mend.arrangement import Tangled, outer_hull
from maquette.geometry.mend.planar_cells import triangulated_cells
from maquette.geometry.topology import euler_number, is_watertight
from maquette.shape.mend.untangle import untangle
from shapes import box, grid, sphere, together, torus, volume


def dented_ball() -> Mesh:
    """A ball whose north pole was pushed out through its south pole: it crosses itself in a ring."""
    ball = sphere(50.0, 4)
    vertices = ball.vertices.copy()
    cap = np.argsort(-vertices[:, 2])[:30]
    vertices[cap, 2] -= 110
    return ball.with_vertices(vertices)


@pytest.mark.parametrize(
    ("mesh", "expected"),
    [
        (together(box((2, 2, 2)), box((2, 2, 2), (1.1, 1.2, 0.3))), 16 - 0.9 * 0.8 * 1.7),
        (together(box((2, 2, 2)), box((2, 2, 2), (1, 1, 1))), 15.0),
        (together(box((2, 2, 2)), box((0.5, 0.5, 5), (0.7, 0.7, -1))), 8.75),
        (together(box(), box((1, 1, 1), (1, 0.5, 0.5))), 2.0),
        (together(box((2, 2, 2)), box((2, 2, 2), (0, 0, 0.5))), 10.0),
    ],
    ids=["askew", "corner", "through", "against", "coplanar"],
)
def test_the_hull_has_the_volume_of_the_union(mesh, expected):
    made = untangle(Asset(mesh)).mesh
    assert volume(made) == pytest.approx(expected, rel=2e-5)
    assert flaws(made.vertices, made.faces) == []


def test_a_ball_that_turns_into_itself_is_cut_along_the_ring():
    given = dented_ball()
    assert len(intersecting_pairs(given.vertices, given.faces).pairs) > 20
    made = untangle(Asset(given)).mesh
    assert flaws(made.vertices, made.faces) == []
    assert volume(made) == pytest.approx(slicer_fill(given.vertices, given.faces).filled, rel=1e-3)
    untouched = (made.triangles[:, None, 0] == given.triangles[None, :, 0]).all(axis=2).any(axis=1)
    assert untouched.mean() > 0.85
    assert untangle(Asset(made)).mesh == made


def test_a_clean_surface_comes_back():
    for mesh in (sphere(5.0, 3), torus(), together(box(), box(corner=(3, 0, 0))), grid()):
        assert untangle(Asset(mesh)).mesh == mesh


def test_everything_rides_along():
    pair = together(box((2, 2, 2)), box((2, 2, 2), (1.1, 1.2, 0.3)))
    rich = pair.replace(uv=pair.triangles[:, :, :2], part=np.arange(24) // 12, seen=pair.vertices[:, 2] / 3)
    made = untangle(Asset(rich, part_names=("a", "b"))).mesh
    assert np.allclose(made.uv, made.triangles[:, :, :2], atol=1e-5)
    assert np.allclose(made.seen, made.vertices[:, 2] / 3, atol=1e-5)
    assert np.bincount(made.part).min() >= 12


def test_refuses_more_crossings_than_asked_for():
    with pytest.raises(CannotDo, match="more than 3 pairs"):
        untangle(Asset(dented_ball()), max_pairs=3)


def test_refuses_to_change_the_filled_volume(monkeypatch):
    from maquette.shape.mend import untangle as module

    told = iter([Fill(15.0, 15.0, 0.0), Fill(14.0, 14.0, 0.0)])
    monkeypatch.setattr(module, "slicer_fill", lambda vertices, faces: next(told))
    with pytest.raises(CannotDo, match="filled volume would change"):
        module.untangle(Asset(together(box((2, 2, 2)), box((2, 2, 2), (1, 1, 1)))), max_change=0.0001)


def test_an_open_part_stays_beside_it():
    pair = together(box((2, 2, 2)), box((2, 2, 2), (1.1, 1.2, 0.3)))
    sheet = grid().with_vertices(grid().vertices + [0, 0, 9])
    made = untangle(Asset(together(pair, sheet))).mesh
    assert np.array_equal(made.triangles[-32:], sheet.triangles)


def test_a_hull_tells_where_each_face_came_from():
    pair = together(box((2, 2, 2)), box((2, 2, 2), (1.1, 1.2, 0.3)))
    hull = outer_hull(pair.vertices, pair.faces, tolerance=1e-7, most=100)
    assert is_watertight(hull.faces)
    assert euler_number(hull.faces) == 2
    old, new = pair.triangles[hull.origin], hull.vertices[hull.faces]
    normal = np.cross(old[:, 1] - old[:, 0], old[:, 2] - old[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    assert np.abs(((new - old[:, :1]) * normal[:, None]).sum(axis=2)).max() < 1e-5
    with pytest.raises(Tangled):
        outer_hull(pair.vertices, pair.faces, tolerance=1e-7, most=2)


def test_cells_fill_a_square_with_a_line_and_a_loop():
    points = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [2, 0], [2, 4], [0.5, 1], [1, 2], [1.5, 1]], float)
    made = triangulated_cells(points, [0, 4, 1, 2, 5, 3], [[4, 5], [6, 7, 8, 6]])
    a, b, c = (points[made[:, k]] for k in range(3))
    area = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert area.min() > 0
    assert area.sum() == pytest.approx(16)
    ends = {tuple(sorted(pair)) for face in made.tolist() for pair in zip(face, face[1:] + face[:1], strict=True)}
    assert {(4, 5), (6, 7), (7, 8), (6, 8)} <= ends
    assert triangulated_cells(points, [0, 4, 1, 2, 5, 3], [[4, 6]]) is None
    assert triangulated_cells(points * [1, 0], [0, 4, 1, 2, 5, 3], [[4, 5]]) is None  # a face on edge
