"""What a slicer would fill, what lies in what, and the reasons why a surface is no solid."""

import numpy as np
import pytest

from maquette.geometry.inside.filled import closed_faces, nesting, slicer_fill
from maquette.geometry.inside.solidity import flaws
from maquette.geometry.mend.displacement import Origin
from maquette.geometry.surface import signed_volume
from shapes import box, grid, sphere, together, torus


def of(mesh):
    return mesh.vertices, mesh.faces


@pytest.mark.parametrize("mesh", [box(), sphere(50.0, 5), torus(), together(sphere(9.0, 3), sphere(5.0, 3).flipped())])
def test_layers_of_a_solid_hold_what_it_encloses(mesh):
    fill = slicer_fill(*of(mesh))
    assert fill.fault < 1e-6
    assert fill.filled == pytest.approx(signed_volume(*of(mesh)), rel=1e-3)


def test_layers_know_overlaps_once_and_bags_not_at_all():
    fill = slicer_fill(*of(together(box((2, 2, 2)), box((2, 2, 2), (1, 1, 1)))))
    assert (fill.enclosed, fill.filled) == pytest.approx((16, 15), rel=1e-6)
    assert fill.fault == pytest.approx(1 / 15, rel=1e-5)
    assert slicer_fill(*of(box().flipped())).fault == np.inf
    assert slicer_fill(*of(grid())).filled == 0


def test_layers_do_not_mind_where_and_how_large():
    for scale, shift in ((1e-6, 0), (1e6, 0), (1, 1e5)):
        mesh = sphere(1.0, 3)
        fill = slicer_fill(mesh.vertices * scale + shift, mesh.faces)
        assert fill.fault < 1e-4
        assert fill.filled == pytest.approx(signed_volume(*of(mesh)) * scale**3, rel=2e-3)


def test_nesting_counts_what_lies_around():
    found = nesting(*of(together(box((9, 9, 9)), box((7, 7, 7), (1, 1, 1)).flipped(), box((1, 1, 1), (3, 3, 3)))))
    assert found.around.tolist() == [0, 1, 0]
    assert found.cavity.tolist() == [False, True, False]
    assert found.home().tolist() == [-1, 0, 0]
    assert found.sound
    assert not nesting(*of(box().flipped())).sound
    assert nesting(*of(together(box((9, 9, 9)), box((1, 1, 1), (3, 3, 3))))).idle.tolist() == [False, True]


def test_closed_faces_are_told_part_by_part():
    made = closed_faces(together(box(), box().keep_faces(np.arange(11)), box().flipped(np.array([3]))).faces)
    assert made.tolist() == [True] * 12 + [False] * 23


@pytest.mark.parametrize(
    ("mesh", "words"),
    [
        (grid(), "16 open edges"),
        (box().flipped(np.array([3])), "3 edges whose faces disagree"),
        (box().flipped(), "an enclosed volume of -1 mm³"),
        (together(box((2, 2, 2)), box((2, 2, 2), (1.1, 1.2, 0.3))), "pairs of faces that cut through each other"),
        (together(box((9, 9, 9)), box((1, 1, 1), (3, 3, 3))), "1 faces with filled or with empty space on both sides"),
        (together(box((2, 2, 2)), box((2, 2, 2), (0, 0, 0.5))), "filled or with empty space on both sides"),
    ],
)
def test_every_reason_is_seen(mesh, words):
    assert words in "; ".join(flaws(*of(mesh)))


def test_a_solid_has_none():
    for mesh in (box(), torus(), together(sphere(9.0, 3), sphere(5.0, 3).flipped()), sphere(1e-5, 3), sphere(1e7, 3)):
        assert flaws(*of(mesh)) == []


def test_displacement_is_asked_where_the_surface_is_new():
    ball, other = sphere(10.0, 3), sphere(5.0, 3).with_vertices(sphere(5.0, 3).vertices + [40, 0, 0])
    origin = Origin(*of(ball))
    same = origin.displacement(*of(ball.flipped()))
    assert (same.mean, same.max, same.fresh) == (0, 0, 0)
    both = origin.displacement(*of(together(ball, other)))
    assert both.fresh == pytest.approx(0.2, rel=1e-6)
    assert both.max == pytest.approx(35, abs=0.5)
    assert both.mean == pytest.approx(0.2 * 30, rel=0.05)
