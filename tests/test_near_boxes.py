import numpy as np

from maquette.geometry.inside.near_boxes import faces_near
from shapes import box, together


def two_apart():
    return together(box(), box().with_vertices(box().vertices + 5.0))


def test_what_moved_wakes_what_its_box_meets_and_nothing_else():
    mesh = two_apart()
    moved = np.arange(len(mesh.faces)) == 0
    assert set(faces_near(mesh.vertices, mesh.faces, moved)) <= set(range(12))
    assert 0 in faces_near(mesh.vertices, mesh.faces, moved)


def test_where_nothing_moved_nothing_is_asked():
    mesh = two_apart()
    assert len(faces_near(mesh.vertices, mesh.faces, np.zeros(len(mesh.faces), bool))) == 0
