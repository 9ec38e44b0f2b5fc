import numpy as np
import pytest

from hostile_meshes import complaints, crumple_ball, hostile, summed_angles
from shapes import box, sphere, together


def words(mesh):
    return " ".join(complaints(mesh))


def test_the_judge_passes_solids():
    assert complaints(box()) == []
    assert complaints(together(sphere(2.0, 2), sphere(1.0, 2).flipped())) == []  # a cavity


def test_the_judge_is_seen_to_fail():
    assert "3 half-edges without their like" in words(box().keep_faces(np.arange(1, 12)))
    assert "winding numbers [0. 1. 2.]" in words(together(sphere(2.0, 2), sphere(1.0, 2)))
    assert "winding numbers" in words(sphere(2.0, 2).flipped())
    assert "pairs of faces cross" in words(
        together(sphere(2.0, 2), sphere(2.0, 2).with_vertices(sphere(2.0, 2).vertices + 1))
    )
    pinched = together(box(), box().with_vertices(box().vertices + [1, 1, 1 + 1e-9]))
    assert "in a 32-bit file" not in words(crumple_ball(1e-7))  # faces go, and what is left is closed
    assert complaints(pinched) == []  # a vertex shared in the file tears no edge
    edge = together(box(), box().with_vertices(box().vertices + [1, 1 + 1e-9, 0]))
    assert "half-edges without their like in a 32-bit file" in words(edge)


def test_a_number_is_always_the_same_mesh():
    one, other = hostile(7), hostile(7)
    assert np.array_equal(one.vertices, other.vertices)
    assert np.array_equal(one.faces, other.faces)


def test_all_solid_angles_of_a_box_make_one_inside_and_none_outside():
    low, high = box().bounds
    made = summed_angles(box().triangles, np.stack([(low + high) / 2, high + 1]))
    assert made == pytest.approx([1, 0], abs=1e-12)
