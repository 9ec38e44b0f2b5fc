from functools import cache

import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.geometry.inside.distance_field import Surface
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.printing.roofing import roof_cavity
from maquette.geometry.surface import area_vectors
from maquette.geometry.topology import euler_number, face_components, is_watertight
from maquette.shape.build.hollow import hollow
from shapes import box, grid, sphere, together, torus, volume

BLOCK = box((30, 30, 45))


@cache
def resin() -> Asset:
    return hollow(Asset(BLOCK), printer="resin-small", plugs="beside")


def test_the_wall_of_a_ball_is_even():
    ball = sphere(20.0, 4)
    made = hollow(Asset(ball), ceiling="smooth", holes=0).mesh
    inner = made.vertices[len(ball.vertices) :]
    distance, _, _ = Surface(ball.vertices, ball.faces, 0.25).nearest(inner)
    assert distance.min() > 1.97
    assert distance.max() < 2.1
    assert volume(made) == pytest.approx(volume(ball) - 4 / 3 * np.pi * 17.9**3, rel=0.05)
    assert euler_number(made.faces) == 4
    assert face_components(made.faces)[0] == 2


def test_the_outside_is_bit_for_bit_the_same():
    ball = sphere(20.0, 4)
    made = hollow(Asset(ball), holes=0).mesh
    assert np.array_equal(made.vertices[: len(ball.vertices)], ball.vertices)
    assert np.array_equal(made.faces[: len(ball.faces)], ball.faces)


def test_the_result_is_closed_and_does_not_cut_itself():
    for mesh in (hollow(Asset(torus(20.0, 7.0, 64, 32))).mesh, resin().mesh):
        assert is_watertight(mesh.faces)
        assert len(intersecting_pairs(mesh.vertices, mesh.faces, tolerance=1e-3).pairs) == 0


def test_resin_gets_two_holes_below_as_far_apart_as_there_is():
    mesh = resin().mesh.keep_faces(resin().mesh.part == 0)
    assert face_components(mesh.faces)[0] == 1
    assert euler_number(mesh.faces) == 0  # a bag with two holes
    rim = mesh.vertices[(mesh.vertices[:, 2] == 0) & (np.abs(mesh.vertices[:, :2] - 15) < 14.9).all(axis=1)]
    left, right = rim[rim[:, 0] < 15], rim[rim[:, 0] > 15]
    for hole in (left, right):
        assert np.ptp(hole[:, :2], axis=0) == pytest.approx([3.5, 3.5], abs=0.02)
    assert np.linalg.norm(left.mean(axis=0) - right.mean(axis=0)) > 25


def test_plugs_fit_and_lie_beside():
    made = resin()
    assert made.part_names == ("body", "plug 1", "plug 2")
    for number in (1, 2):
        plug = made.mesh.keep_faces(made.mesh.part == number)
        assert is_watertight(plug.faces)
        assert plug.bounds[0, 0] > 30
        assert plug.bounds[0, 2] == 0
        assert np.ptp(plug.bounds[:, 2]) == pytest.approx(2.0, abs=0.7)
        top = plug.vertices[plug.vertices[:, 2] > 0.1]
        assert np.ptp(top[:, 0]) == pytest.approx(3.5 - 0.5, abs=0.01)


def test_on_fdm_no_ceiling_overhangs():
    made = hollow(Asset(BLOCK)).mesh
    assert face_components(made.faces)[0] == 2  # no holes
    inner = made.keep_faces(np.arange(12, len(made.faces)))
    vectors = area_vectors(inner.vertices, inner.faces)
    area = np.linalg.norm(vectors, axis=1)
    down = vectors[:, 2] < -np.cos(np.radians(30)) * area  # flatter than 30 degrees and looking down: ridges, creases
    assert area[down].sum() < 0.12 * 26 * 26
    smooth = hollow(Asset(BLOCK), ceiling="smooth").mesh
    assert volume(smooth) < volume(made) < volume(BLOCK)
    inner = smooth.keep_faces(np.arange(12, len(smooth.faces)))
    vectors = area_vectors(inner.vertices, inner.faces)
    down = vectors[:, 2] < -np.cos(np.radians(30)) * np.linalg.norm(vectors, axis=1)
    assert np.linalg.norm(vectors[down], axis=1).sum() == pytest.approx(26 * 26, rel=0.1)


@pytest.mark.parametrize("shape", ["flat", "dome", "random"])
def test_every_layer_of_a_roof_rests_on_the_one_below(shape):
    cavity = np.zeros((30, 26, 24), dtype=bool)
    x, y, z = np.indices(cavity.shape)
    if shape == "flat":
        cavity[3:-3, 3:-3, 2:-3] = True
    elif shape == "dome":
        cavity = (x - 15) ** 2 + (y - 13) ** 2 + (z - 12) ** 2 < 100
    else:
        cavity[1:-1, 1:-1, 1:-1] = np.random.default_rng(3).random((28, 24, 22)) < 0.9
    made = roof_cavity(cavity)
    assert not (made & ~cavity).any()
    assert made.sum() > 0.25 * cavity.sum()
    full = ~made
    near = full.copy()
    for i, j in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        near |= np.roll(full, (i, j), axis=(0, 1))
    assert not (full[:, :, 1:] & ~near[:, :, :-1]).any()
    assert (full[:, :, 1:] & ~near[:, :, :-1]).sum() == 0
    if shape == "flat":
        assert (~cavity[:, :, 1:] & cavity[:, :, :-1]).sum() > 100  # the ceiling it started with was flat


def test_hollowing_twice_is_once():
    once = resin()
    assert hollow(once, printer="resin-small", plugs="beside").mesh is once.mesh


def test_every_cavity_gets_its_holes():
    two = together(box((20, 20, 20)), box((20, 20, 20), (30, 0, 0)))
    made = hollow(Asset(two), printer="resin-small").mesh
    assert face_components(made.faces)[0] == 2
    assert euler_number(made.faces) == 0


def test_color_goes_inside():
    made = hollow(Asset(BLOCK.replace(color=np.full((8, 3), 40))), printer="resin-small").mesh
    assert (made.color == 40).all()


def test_refusals_name_their_numbers():
    with pytest.raises(CannotDo, match=r"thickest place is about \d[.\d]* mm across"):
        hollow(Asset(box((30, 30, 4))), wall_mm=2.0)
    with pytest.raises(CannotDo, match=r"too thin for a model this large; take \d"):
        hollow(Asset(box((200, 200, 200))), wall_mm=0.3)
    with pytest.raises(CannotDo, match="no room for a hole of 40 mm"):
        hollow(Asset(box((30, 15, 15))), wall_mm=1.0, holes=1, hole_mm=40.0, ceiling="smooth")
    with pytest.raises(CannotDo, match="solidify it first"):
        hollow(Asset(grid()))
