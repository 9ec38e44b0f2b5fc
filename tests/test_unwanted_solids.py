"""Surfaces that close, or all but close, and are not the solid that was meant: what `solidify` makes of each kind."""

import numpy as np
import pytest
from scipy.spatial import Delaunay

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.inside.solidity import flaws
from maquette.geometry.mend.cells import hanging_sheets
from maquette.geometry.mend.knots import clusters, without_spikes
from maquette.geometry.topology import face_components
from maquette.shape.mend.solidify import solidify
from shapes import box, soup, sphere, together, torus, volume


def solid_of(mesh: Mesh) -> tuple[Mesh, str]:
    """The solid and its notes as one text."""
    made = solidify(Asset(mesh))
    assert flaws(made.mesh.vertices, made.mesh.faces) == []
    return made.mesh, "\n".join(made.history[-1].notes)


def strip(steps: int, half_turns: int) -> Mesh:
    """A band closed to a ring after so many half twists."""
    angle = 2 * np.pi * np.arange(steps) / steps
    side, half = np.array([-1.0, 1.0]), half_turns * angle / 2
    radius = 10 + 3 * side * np.cos(half)[:, None]
    points = np.stack([radius * np.cos(angle)[:, None], radius * np.sin(angle)[:, None]], axis=-1)
    points = np.concatenate([points, (3 * side * np.sin(half)[:, None])[..., None]], axis=-1).reshape(-1, 3)
    here = 2 * np.arange(steps)
    after = np.roll(np.stack([here, here + 1], axis=1), -1, axis=0)
    if half_turns % 2:
        after[-1] = after[-1, ::-1]
    faces = [np.stack([here, after[:, 0], here + 1], 1), np.stack([here + 1, after[:, 0], after[:, 1]], 1)]
    return Mesh(points, np.concatenate(faces))


@pytest.mark.parametrize("steps", [20, 41, 120])
@pytest.mark.parametrize("half_turns", [1, 3])
@pytest.mark.parametrize("how", [lambda mesh: mesh, soup], ids=["welded", "soup"])
def test_a_one_sided_strip_is_refused_and_never_flakes(steps, half_turns, how):
    with pytest.raises(CannotDo, match=r"one-sided parts make up 100%.*as wrap does"):
        solidify(Asset(how(strip(steps, half_turns))))


@pytest.mark.parametrize("number", range(9))
def test_stray_triangles_through_a_ball_go(number):
    """Triangles as long as the ball's radius, through it, in it and beside it."""
    dice = np.random.default_rng(number)
    ball = sphere(10.0, 4)
    at = dice.uniform(-10, 10, (1 + 2 * number, 1, 3))
    strays = at + dice.normal(size=(len(at), 3, 3)) * (2 + number)
    made, told = solid_of(together(ball, Mesh(strays.reshape(-1, 3), np.arange(3 * len(at)).reshape(-1, 3))))
    assert volume(made) == pytest.approx(volume(ball), rel=5e-3)
    assert len(made.faces) == len(ball.faces)
    assert f"dropped {len(at)} sheets that enclose nothing" in told


def tetrahedra(points: np.ndarray) -> np.ndarray:
    """Tetrahedra with a volume that fill the hull of the points, each wound as it happens to be."""
    found = Delaunay(points).simplices
    corners = points[found]
    size = np.linalg.det(corners[:, 1:] - corners[:, :1])
    return found[np.abs(size) > 1e-9 * np.abs(size).max()]


def all_faces(cells: np.ndarray) -> np.ndarray:
    """The four faces of each tetrahedron."""
    return np.concatenate([cells[:, [1, 2, 3]], cells[:, [0, 3, 2]], cells[:, [0, 1, 3]], cells[:, [0, 2, 1]]])


def lattice(steps: int) -> np.ndarray:
    """Points of a cube of side 10, the inner ones shaken."""
    points = np.stack(np.meshgrid(*[np.linspace(0, 10, steps + 1)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    inner = ((points > 0) & (points < 10)).all(axis=1)
    points[inner] += np.random.default_rng(0).uniform(-2, 2, (inner.sum(), 3)) / steps
    return points


CLOUDS = {
    "a cube": lattice(1),
    "a cube of 27": lattice(3),
    "a ball": np.concatenate([sphere(5.0, 2).vertices, np.random.default_rng(1).uniform(-2, 2, (30, 3))]),
    "any points": np.random.default_rng(2).uniform(0, 10, (60, 3)),
}


@pytest.mark.parametrize("once", [False, True], ids=["each cell's own", "each once"])
@pytest.mark.parametrize("name", CLOUDS)
def test_all_faces_of_tetrahedra_are_their_outer_solid(name, once):
    points = CLOUDS[name]
    cells = tetrahedra(points)
    faces = all_faces(cells)
    if once:
        faces = faces[np.unique(np.sort(faces, axis=1), axis=0, return_index=True)[1]]
    made, _ = solid_of(soup(Mesh(points, faces)))
    whole = np.abs(np.linalg.det(points[cells][:, 1:] - points[cells][:, :1])).sum() / 6
    assert volume(made) == pytest.approx(whole, rel=1e-6)
    outer = np.unique(np.sort(all_faces(cells), axis=1), axis=0, return_counts=True)[1] == 1
    assert len(made.faces) == outer.sum()


def balls_and_sheet(axis: int, turned: bool, through: bool) -> Mesh:
    """Two balls whose facing sides, or their same sides, a sheet joins vertex by vertex."""
    ball = sphere(10.0, 3)
    count = len(ball.vertices)
    mirrored = Mesh(ball.vertices * [-1, 1, 1] + [40, 0, 0], ball.faces).flipped()
    other = ball.with_vertices(ball.vertices + [30, 0, 0]) if through else mirrored
    rim = np.flatnonzero((np.abs(ball.vertices[:, axis]) < 1e-9) & (ball.vertices[:, 0] > 5))
    rim = rim[np.argsort(ball.vertices[rim, 3 - axis])]
    one, two = rim[:-1], rim[1:]
    sheet = np.concatenate([np.stack([one, two, two + count], 1), np.stack([one, two + count, one + count], 1)])
    sheet = np.concatenate([sheet[:5], sheet[5:, ::-1]]) if turned else sheet
    both = together(ball, other)
    return Mesh(both.vertices, np.concatenate([both.faces, sheet]))


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("through", [False, True], ids=["between", "through"])
def test_balls_that_a_sheet_joins_stay_and_the_sheet_is_said(axis, turned, through):
    mesh = balls_and_sheet(axis, turned, through)
    assert hanging_sheets(mesh.vertices, mesh.faces).nonzero()[0].tolist() == list(range(1024, len(mesh.faces)))
    made, told = solid_of(soup(mesh))
    assert face_components(made.faces)[0] == 2
    assert len(made.faces) == 1024
    assert volume(made) == pytest.approx(2 * volume(sphere(10.0, 3)), rel=1e-12)
    assert f"dropped {len(mesh.faces) - 1024} faces of " in told
    assert "hang as sheets on solids" in told


def test_what_is_mostly_sheet_is_not_taken_off():
    """A small box on a large sheet: the sheet is what somebody meant."""
    cube = box()
    sheet = Mesh([[0, 0, 0], [1, 0, 0], [50, -50, 0], [-50, -50, 0]], [[0, 3, 1], [1, 3, 2]])
    merged = together(cube, sheet).vertices
    faces = np.concatenate([cube.faces, np.array([0, 1, 10, 11])[sheet.faces]])
    assert not hanging_sheets(merged, faces).any()


@pytest.mark.parametrize(("ring", "tube", "around", "across"), [(1, 1.6, 48, 48), (1, 1.1, 24, 24), (0.3, 1, 20, 17)])
def test_a_spindle_torus_keeps_its_faces(ring, tube, around, across):
    """A ring through its own axis: dozens of faces through one point, and an empty spindle within."""
    mesh = torus(20.0 * ring, 20.0 * tube, around, across)
    made, _ = solid_of(mesh)
    assert len(made.faces) <= 1.02 * len(mesh.faces)
    crossing = np.arccos(-ring / tube)
    profile = np.linspace(0, crossing, 4000)
    radius, rise = ring + tube * np.cos(profile), tube * np.cos(profile)
    apple = 2 * np.pi * np.trapezoid(radius**2 * rise, profile)
    rest = np.linspace(crossing, np.pi, 4000)
    spindle = 2 * np.pi * np.trapezoid((ring + tube * np.cos(rest)) ** 2 * -tube * np.cos(rest), rest)
    assert volume(made) == pytest.approx(20.0**3 * (apple - spindle), rel=0.05)


def test_nodes_of_a_knot_become_one_and_old_vertices_stay():
    points = np.array([[0, 0, 0], [5, 0, 0], [0.1, 0, 0], [0.25, 0, 0], [4, 0, 0], [4.1, 0, 0]])
    assert clusters(points, 2, 0.1).tolist() == [0, 1, 0, 0, 4, 4]


def test_a_way_there_and_back_is_no_line():
    assert without_spikes([0, 1, 2, 3], [[0, 4, 2], [4, 5, 6]]) == [[0, 4], [2, 4]]


@pytest.mark.parametrize("turn", [0.0, 0.3])
@pytest.mark.parametrize("overlap", [0.0, 1e-6, -1e-6])
def test_boxes_that_share_a_wall_become_one_body(turn, overlap):
    pair = together(box((20, 20, 20)), box((20, 10, 15), (20 - overlap, 0, 0)))
    spin = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    made, _ = solid_of(soup(pair.with_vertices(pair.vertices @ spin.T)))
    assert face_components(made.faces)[0] == 1
    assert volume(made) == pytest.approx(8000 + 3000, rel=1e-5)
