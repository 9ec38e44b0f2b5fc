import numpy as np
import pytest

from hostile_meshes import complaints, crumple_ball, hostile
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.geometry.inside.solidity import flaws
from maquette.geometry.mend.float32_twins import (
    alike,
    collapse_twins,
    nudge_pairs,
    spread_apart,
    step,
    too_near,
    withstands,
)
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges, euler_number
from maquette.geometry.welding import twins
from maquette.shape.mend.closing import separate_float32_twins
from maquette.shape.mend.rungs import Rungs
from maquette.shape.mend.solidify import solidify
from maquette.shape.mend.unite import unite
from shapes import box, sphere, together


def as_a_file_holds_it(mesh):
    """Vertices rounded to 32 bits on a bed, equal ones made one; faces that lost a corner gone."""
    _, twin = twins((mesh.vertices - mesh.bounds[0]).astype(np.float32))
    faces = twin[mesh.faces]
    return faces[(faces != np.roll(faces, 1, axis=1)).all(axis=1)], len(faces)


def test_a_solid_with_edges_shorter_than_a_step_keeps_its_shape_in_a_file():
    mesh = crumple_ball(1e-7)
    before, count = as_a_file_holds_it(mesh)
    assert len(before) < count  # the file would lose faces
    made = solidify(Asset(mesh)).mesh
    after, count = as_a_file_holds_it(made)
    assert len(after) == count == len(mesh.faces) - 20
    assert (edges(after).count == 2).all()
    assert euler_number(made.faces) == 2
    assert abs(signed_volume(made.vertices, made.faces) / signed_volume(mesh.vertices, mesh.faces) - 1) < 1e-7
    assert solidify(Asset(made)).mesh is made


def test_a_solid_with_room_between_its_vertices_comes_back_itself():
    asset = Asset(crumple_ball(1e-3))
    assert separate_float32_twins(asset, 4.0) is asset


def test_surfaces_that_all_but_touch_in_a_vertex_come_apart():
    """Two pyramids tip to tip, nearer than a step: in a file they would share the tip."""
    tip = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0], [0, 0, 1]], float) * 40
    faces = np.array([[0, 2, 1], [0, 3, 2], [0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]])
    below = box().replace(vertices=tip, faces=faces)
    above = below.with_vertices(tip * [1, -1, -1] + [0, 0, 80 + 1e-9])
    both = together(below, above)
    assert len(too_near(both.vertices, 2 * step(both.vertices))) == 1
    made = solidify(Asset(both)).mesh
    after, count = as_a_file_holds_it(made)
    assert len(after) == count == 12
    assert len(np.unique(after)) == 10
    assert np.abs(made.vertices - both.vertices).max() < 1e-4


def test_a_handle_is_never_pinched_off():
    """A tube as thin as nothing: no edge around it may go, for that would part the surface."""
    ring = np.array([[0, 0], [1e-7, 0], [0, 1e-7]])
    rows = [np.column_stack([ring, np.full(3, z)]) for z in (0.0, 50.0, 100.0)]
    wide = np.array([[-30, -30], [60, 0], [0, 60]])
    vertices = np.concatenate(
        [np.column_stack([wide, np.full(3, -20.0)]), *rows, np.column_stack([wide, np.full(3, 120.0)])]
    )
    faces = [[2, 1, 0], [12, 13, 14]]
    for row in range(4):
        for k in range(3):
            a, b = 3 * row + k, 3 * row + (k + 1) % 3
            faces += [[a, b, b + 3], [a, b + 3, a + 3]]
    faces = np.array(faces)
    assert euler_number(faces) == 2
    twin = collapse_twins(vertices, faces, 1e-5)
    left = twin[faces] if twin is not None else faces
    left = left[(left != np.roll(left, 1, axis=1)).all(axis=1)]
    assert (edges(left).count == 2).all()
    assert euler_number(left) == 2


@pytest.mark.parametrize("attempt", [0, 1, 7])
def test_only_what_a_file_would_weld_is_nudged(attempt):
    edge = together(box(), box().with_vertices(box().vertices + [1, 1 + 1e-9, 0]))
    assert withstands(box().vertices, box().faces)
    assert not withstands(edge.vertices, edge.faces)  # boxes that share an edge in the file
    assert len(alike(edge.vertices)) == 2
    made = nudge_pairs(edge.vertices, alike(edge.vertices), attempt)
    assert withstands(made, edge.faces)
    moved = np.linalg.norm(made - edge.vertices, axis=1)
    assert 2 <= np.count_nonzero(moved) <= 4
    assert moved.max() <= 4 * step(edge.vertices)


def test_slivers_that_no_spacing_leaves_sound_need_no_vertex_moved(monkeypatch):
    """All of its spacings turn slivers over. A coarser new surface shows that as well, in a twelfth of the time."""
    monkeypatch.setattr(Rungs, "_pitch", lambda _, mesh: mesh.diagonal / 60)
    made = solidify(Asset(hostile(308))).mesh
    assert complaints(made) == []


def test_what_can_only_be_closed_by_losing_a_fifth_of_it_is_refused():
    with pytest.raises(CannotDo, match="of what the given surface fills would be lost"):
        solidify(Asset(hostile(789)))


def test_vertices_in_one_place_are_moved_a_spacing_apart():
    mesh = together(box(), box().with_vertices(box().vertices + [1, 1, 1]))
    made = spread_apart(mesh.vertices, mesh.faces, 1e-6)
    assert not len(too_near(made, 0.5e-6))
    assert 0 < np.abs(made - mesh.vertices).max() <= 1e-6


def test_faces_that_a_union_leaves_alone_keep_vertices_and_first_corner():
    mesh = together(sphere(10.0, 3), sphere(10.0, 3).with_vertices(sphere(10.0, 3).vertices + [7, 1, 2]))
    made = unite(Asset(mesh)).mesh
    assert flaws(made.vertices, made.faces) == []
    old = {tuple(corners.reshape(-1)) for corners in mesh.triangles}
    alike = {frozenset(map(tuple, corners)) for corners in mesh.triangles}
    same = sum(frozenset(map(tuple, corners)) in alike for corners in made.triangles)
    assert sum(tuple(corners.reshape(-1)) in old for corners in made.triangles) == same > 400
