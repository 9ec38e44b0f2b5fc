"""The same surface in even triangles."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.geometry.remake.deviation import deviation
from maquette.geometry.remake.remeshing import creases
from maquette.geometry.surface import face_areas, signed_volume
from maquette.geometry.topology import border_loops, edges, euler_number, fan_count, is_watertight
from maquette.shape.surface.remesh import remesh
from samples import ball, wreck
from shapes import box, grid, sphere, together, torus


def remesh_mesh(mesh, **settings):
    return remesh(Asset(mesh), **settings).mesh


def lengths(mesh):
    ends = edges(mesh.faces).ends
    return np.linalg.norm(mesh.vertices[ends[:, 0]] - mesh.vertices[ends[:, 1]], axis=1)


def least_angle(mesh):
    corners = mesh.triangles
    angles = []
    for k in range(3):
        p, q = corners[:, (k + 1) % 3] - corners[:, k], corners[:, (k + 2) % 3] - corners[:, k]
        cosine = (p * q).sum(1) / np.linalg.norm(p, axis=1) / np.linalg.norm(q, axis=1)
        angles.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return np.min(angles, axis=0)


def apart(mesh, other):
    return deviation(mesh.vertices, mesh.faces, other.vertices, other.faces, 5000)


def test_a_box_keeps_its_edges_and_volume_and_gets_even_triangles():
    made = remesh_mesh(box((20, 13, 7)), edge_mm=1.0)
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == 2
    assert signed_volume(made.vertices, made.faces) == pytest.approx(20 * 13 * 7, rel=1e-9)
    assert face_areas(made.vertices, made.faces).sum() == pytest.approx(2 * (260 + 140 + 91), rel=1e-9)
    assert lengths(made).mean() == pytest.approx(1.0, rel=0.1)
    assert lengths(made).max() < 2.0
    assert np.median(least_angle(made)) > 45
    assert least_angle(made).min() > 12


@pytest.mark.parametrize(("length", "tolerance"), [(0.8, 0.02), (1.5, 0.05), (3.0, 0.15)])
def test_a_ball_is_cut_finer_and_coarser_and_stays_on_its_surface(length, tolerance):
    source = sphere(20, 4)
    made = remesh_mesh(source, edge_mm=length)
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == 2
    assert (fan_count(made.faces, len(made.vertices)) == 1).all()
    assert lengths(made).mean() == pytest.approx(length, rel=0.1)
    assert apart(made, source).mean < tolerance
    assert np.linalg.norm(made.vertices, axis=1).min() > 19.8


def test_a_ring_stays_a_ring():
    made = remesh_mesh(torus(20, 7, 60, 30), edge_mm=1.5)
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == 0
    assert apart(made, torus(20, 7, 60, 30)).mean < 0.05


def test_a_sheet_keeps_its_border():
    made = remesh_mesh(grid(12, 9), edge_mm=0.7)
    assert face_areas(made.vertices, made.faces).sum() == pytest.approx(108, rel=1e-9)
    assert len(border_loops(made.faces)) == 1
    assert made.bounds.ravel() == pytest.approx([0, 0, 0, 12, 9, 0])


def test_small_parts_and_thin_ones_are_not_lost():
    made = remesh_mesh(together(box((20, 1, 1)), box((5, 5, 5), (0, 10, 0))), edge_mm=2.0)
    assert is_watertight(made.faces)
    assert signed_volume(made.vertices, made.faces) == pytest.approx(145, rel=1e-9)


def test_creases_are_the_edges_that_are_sharp_open_or_crowded():
    assert len(creases(box().vertices, box().faces, 40.0)) == 12
    assert len(creases(grid(4, 3).vertices, grid(4, 3).faces, 40.0)) == 14
    assert len(creases(sphere(20, 3).vertices, sphere(20, 3).faces, 40.0)) == 0
    fan = box().keep_faces(np.arange(12)).replace(faces=np.concatenate([box().faces, [[0, 7, 3]]]))
    assert len(creases(fan.vertices, fan.faces, 179.0)) >= 3


def test_texture_and_notes_come_along():
    made = remesh(ball(), edge_mm=3.0)
    assert made.mesh.uv is not None
    assert made.mesh.seen is not None
    notes = " ".join(made.history[-1].notes)
    assert "with edges of" in notes
    assert "volume from" in notes


def test_anything_may_come_and_the_same_leaves_each_time():
    assert remesh(wreck()).digest == remesh(wreck()).digest


def test_refuses_no_surface_and_edges_too_short():
    with pytest.raises(CannotDo, match="0 faces"):
        remesh(Asset(box().keep_faces(np.arange(0))))
    with pytest.raises(CannotDo, match="take longer ones"):
        remesh(Asset(box((100, 100, 100))), edge_mm=0.1)
