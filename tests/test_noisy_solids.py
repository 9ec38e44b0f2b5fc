"""No body gets lost: boxes, bars and balls with the noise of any exporter, anywhere, any way round.

``bench/noisy.py`` runs thousands of the same cases.
"""

import numpy as np
import pytest

from hostile_meshes import complaints
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.geometry.inside.kept import probes
from maquette.geometry.inside.parts import containments
from maquette.geometry.topology import face_components
from maquette.shape.mend import solidify as ladder
from maquette.shape.mend.drop_inner_walls import drop_inner_walls
from maquette.shape.mend.fix_winding import fix_winding
from maquette.shape.mend.solidify import solidify
from noisy_solids import KINDS, noisy
from shapes import box, soup, sphere, together, volume

EACH = 16  # cases of each kind


def ulps(value: float, steps: int) -> float:
    """The 32-bit number so many steps from the value's."""
    made = np.float32(value)
    for _ in range(abs(steps)):
        made = np.nextafter(made, np.float32(np.inf if steps > 0 else -np.inf))
    return float(made)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_noisy_solid_gets_lost(kind):
    for number in range(KINDS.index(kind), EACH * len(KINDS), len(KINDS)):
        case = noisy(number)
        made = solidify(Asset(case.mesh)).mesh
        assert case.filled_by(made) == (0.0, 0.0), number
        assert complaints(made, 200) == [], number
        if case.touching:
            assert face_components(made.faces)[0] == 1, number


@pytest.mark.parametrize("number", [1001, 2777, 3969, 4161, 4361, 4465, 4497, 4601])
def test_turned_blocks_of_eight_are_not_made_anew(number):
    """Eight turned cubes in one: edges below rounding, along which lines of intersection do not close."""
    case = noisy(number)
    made = solidify(Asset(case.mesh)).mesh
    assert len(made.faces) < 4 * len(case.mesh.faces)
    assert face_components(made.faces)[0] == 1
    assert case.filled_by(made) == (0.0, 0.0)
    assert complaints(made, 200) == []


def test_balls_that_lie_apart_are_two_bodies():
    case = noisy(3142)  # 2.2 mm between the third and the others
    assert not case.touching
    made = solidify(Asset(case.mesh)).mesh
    assert face_components(made.faces)[0] == 2
    assert case.filled_by(made) == (0.0, 0.0)


@pytest.mark.parametrize("steps", [-3, -1, 0, 1, 3])
def test_bars_that_overlap_keep_both_ends(steps):
    """Sides in one plane but for a step: a point on the one's side lies within the other, its end does not."""
    first = box((30, 4, 20), (32, 38.3, 48.2))
    corner = [52.0, ulps(38.3, steps), ulps(48.2, -steps)]
    made = solidify(Asset(soup(together(first, box((30, 4, 20), corner))))).mesh
    assert volume(made) == pytest.approx(50 * 4 * 20, rel=1e-5)
    assert face_components(made.faces)[0] == 1


@pytest.mark.parametrize("steps", [-2, 0, 2])
def test_eight_cubes_that_touch_are_one(steps):
    at = [0.0, ulps(5.0, steps)]
    cubes = [box((5, 5, 5), (x, y, z)) for x in at for y in at for z in at]
    made = solidify(Asset(soup(together(*cubes)))).mesh
    assert volume(made) == pytest.approx(1000, rel=1e-5)
    assert face_components(made.faces)[0] == 1


@pytest.mark.parametrize("far", [0.0, 1e4, 1e6, 1e7])
def test_balls_at_map_coordinates_keep_their_union(far):
    ball = sphere(10.0, 3)
    pair = together(ball, ball.with_vertices(ball.vertices + [9, 1, 2]))
    here = volume(solidify(Asset(pair)).mesh)
    there = solidify(Asset(pair.with_vertices(pair.vertices + [far, -far, far / 3]))).mesh
    assert volume(there) == pytest.approx(here, rel=1e-4)
    assert face_components(there.faces)[0] == 1


@pytest.mark.parametrize("turned", [False, True], ids=["as written", "other diagonals"])
def test_boxes_that_share_a_wall_are_one_body(turned):
    left, right = box((20, 20, 20)), box((20, 20, 20), (20, 0, 0))
    if turned:  # mirrored, so that the shared wall is cut along its other diagonal
        right = right.with_vertices(right.vertices * [1, -1, 1] + [0, 20, 0]).flipped()
    made = solidify(Asset(soup(together(left, right)))).mesh
    assert face_components(made.faces)[0] == 1
    assert volume(made) == pytest.approx(16_000, rel=1e-9)
    assert made.bounds.tolist() == [[0, 0, 0], [40, 20, 20]]


def test_what_sticks_out_is_not_inside():
    """Half of a bar's points lie in the other; by one point on its largest face it is a coin's toss."""
    pair = together(box((30, 4, 20)), box((30, 4, 20), (20, 0, 0)))
    assert len(containments(pair.vertices, pair.faces, np.repeat([0, 1], 12), 2)[0]) == 0
    nested = together(
        box((9, 9, 9)), box((1, 1, 1), (3, 3, 3)), sphere(0.4, 2).with_vertices(sphere(0.4, 2).vertices + 3.5)
    )
    part = face_components(nested.faces)[1]
    inner, outer = containments(nested.vertices, nested.faces, part, 3)
    assert sorted(zip(inner.tolist(), outer.tolist(), strict=True)) == [(1, 0), (2, 0), (2, 1)]


def test_a_step_that_loses_a_body_is_undone_and_said(monkeypatch):
    """A rung that drops a third of the model: the three bodies stay, and the notes say what would have gone."""
    three = together(*(box(corner=(2 * n, 0, 0)) for n in range(3)))

    def careless(asset):
        return asset.with_mesh(asset.mesh.keep_faces(np.arange(24)))

    monkeypatch.setattr(ladder, "drop_inner_walls", careless)
    made = solidify(Asset(three))
    assert made.mesh == three
    assert made.history[-1].notes == (
        "dropping inner walls would not do: 33.33% of what the given surface fills would be lost, 1 whole body",
    )


def test_a_solid_that_can_only_be_had_by_losing_half_is_refused(monkeypatch):
    crossing = together(box((2, 2, 2)), box((2, 2, 2), (1, 1, 1)))

    def careless(asset, before=None):
        return asset.with_mesh(asset.mesh.keep_faces(np.arange(12)))

    for rung in ("unite", "untangle", "resurface", "wrap"):
        monkeypatch.setattr(f"maquette.shape.mend.rungs.Rungs.{rung}", lambda self, asset: careless(asset))
    with pytest.raises(CannotDo, match="of what the given surface fills would be lost"):
        solidify(Asset(crossing))


@pytest.mark.parametrize("mesh", [box((3, 4, 5)), sphere(2.0, 4)])
def test_probes_stand_for_the_volume(mesh):
    found = probes(mesh.vertices, mesh.faces)
    assert found.volume.sum() == pytest.approx(volume(mesh), rel=0.03)
    assert not found.missed(mesh.vertices, mesh.faces).any()
    half = mesh.with_vertices(mesh.vertices * 0.5 ** (1 / 3))
    assert found.loss(found.missed(half.vertices, half.faces)).share == pytest.approx(0.5, abs=0.3)
    both = together(mesh, box((0.01, 0.01, 0.01), (9, 9, 9)))
    assert (np.bincount(probes(both.vertices, both.faces).part) >= 4).all()


def test_probes_do_not_ask_which_way_round_a_solid_is_wound():
    mesh = together(box(), box(corner=(3, 0, 0)).flipped())
    assert probes(mesh.vertices, mesh.faces).volume.sum() == pytest.approx(2)
    assert fix_winding(Asset(mesh)).mesh == together(box(), box(corner=(3, 0, 0)))


def test_a_box_flush_within_another_is_an_inner_wall():
    inner = box((0.5, 0.5, 0.5), (0.5, 0.5, 0.25))
    made = drop_inner_walls(Asset(together(box(), inner.with_vertices(inner.vertices - 1e-7)))).mesh
    assert made == box()
