"""A new closed surface around what a damaged model encloses."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.geometry.mend.facing import looking_inward
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import face_components, is_watertight
from maquette.shape.mend.resurface import resurface
from samples import ball, wreck
from shapes import box, grid, soup, sphere, together, volume

RNG = np.random.default_rng(0)
BALL = sphere(20, 4)
VOLUME = signed_volume(BALL.vertices, BALL.faces)


def remade(mesh, **settings):
    made = resurface(Asset(mesh), **settings)
    assert is_watertight(made.mesh.faces)
    return made


@pytest.mark.parametrize(
    "mesh",
    [
        BALL,
        BALL.flipped(),
        BALL.flipped(RNG.random(2048) < 0.2),
        soup(BALL.flipped(RNG.random(2048) < 0.5)),
        BALL.keep_faces(RNG.random(2048) > 0.02),
        together(BALL, BALL.keep_faces(np.arange(200))),
    ],
    ids=["whole", "inside out", "20 % flipped", "loose and flipped", "2 % missing", "200 doubled"],
)
def test_a_damaged_ball_gets_its_volume_back(mesh):
    made = remade(mesh, pitch_mm=0.8)
    assert volume(made) == pytest.approx(VOLUME, rel=3e-3)
    assert face_components(made.mesh.faces)[0] == 1


def test_six_loose_panels_some_inside_out_become_a_box_with_sharp_edges():
    panels = soup(box((20, 20, 20))).flipped(np.array([0, 1, 4, 5, 6]))
    assert volume(remade(panels, pitch_mm=1.0)) == pytest.approx(8000, rel=1e-9)


def test_a_cavity_stays_a_cavity():
    hollow = together(BALL, sphere(10, 4).flipped())
    inner = sphere(10, 4)
    made = remade(hollow, pitch_mm=0.8)
    assert volume(made) == pytest.approx(VOLUME - signed_volume(inner.vertices, inner.faces), rel=3e-3)
    assert face_components(made.mesh.faces)[0] == 2


def test_a_thin_cup_keeps_its_wall():
    outer, inner = box((30, 30, 30)), box((27.6, 27.6, 28.8), (1.2, 1.2, 1.2))
    cup = together(outer.keep_faces(outer.triangles[:, :, 2].min(axis=1) < 30), inner.flipped())
    cup = cup.keep_faces(cup.triangles[:, :, 2].min(axis=1) < 30)
    want = 30**3 - 27.6**2 * 28.8
    assert volume(remade(cup, pitch_mm=0.4)) == pytest.approx(want, rel=0.02)


def test_parts_stay_apart_and_none_is_lost():
    made = remade(together(BALL, box((5, 5, 5), (30, 0, 0)), box((2, 2, 2), (0, 40, 0))), pitch_mm=0.7)
    assert face_components(made.mesh.faces)[0] == 3
    assert volume(made) == pytest.approx(VOLUME + 125 + 8, rel=3e-3)


def test_texture_and_story_come_along():
    made = resurface(ball(), pitch_mm=1.5)
    assert made.mesh.uv is not None
    assert len(made.materials) >= 1
    assert made.mesh.seen is not None
    assert made.history[-1].stage == "resurface"
    notes = " ".join(made.history[-1].notes)
    assert "pitch of 1.5 mm" in notes
    assert "volume from" in notes
    assert "mm from the old one on average" in notes


def test_the_pitch_is_the_nozzle_and_wider_on_what_is_large():
    def pitch_of(mesh, printer):
        notes = resurface(Asset(mesh), printer=printer).history[-1].notes
        return float(next(n for n in notes if "pitch of" in n).split("pitch of ")[1].split(" mm")[0])

    machine = Printer.named("prusa-mk4")
    assert pitch_of(box((10, 10, 10)), machine) == pytest.approx(machine.nozzle_mm)
    assert pitch_of(box((200, 200, 200)), machine) > 1.0


def test_the_wreck_becomes_a_solid():
    assert is_watertight(resurface(wreck()).mesh.faces)


def test_refuses_a_sheet_an_empty_model_and_a_pitch_too_fine():
    with pytest.raises(CannotDo, match=r"nothing thicker than 0\.4 mm"):
        resurface(Asset(grid(4, 4)))
    with pytest.raises(CannotDo, match="0 faces"):
        resurface(Asset(BALL.keep_faces(np.arange(0))))
    with pytest.raises(CannotDo, match="take a wider pitch"):
        resurface(Asset(BALL), pitch_mm=0.005)


def test_same_bits_twice():
    mesh = soup(BALL.flipped(RNG.random(2048) < 0.5)).keep_faces(np.arange(2000))
    assert resurface(Asset(mesh), pitch_mm=1.0).digest == resurface(Asset(mesh), pitch_mm=1.0).digest


def test_a_patch_looks_where_it_sees_the_sky():
    panels = soup(box((20, 20, 20)))
    flipped = panels.flipped(np.array([2, 3, 8]))
    turn = looking_inward(flipped.vertices, flipped.faces, np.arange(12), 12)
    assert np.flatnonzero(turn).tolist() == [2, 3, 8]
    sheet = Mesh(grid(4, 4).vertices, grid(4, 4).faces)
    assert not looking_inward(sheet.vertices, sheet.faces, np.zeros(32, int), 1).any()


def test_refuses_the_scraps_of_a_plate_thinner_than_a_cell():
    plate = box((20, 20, 0.05))
    turn = np.array([[1, 0, 0], [0, 0.94, -0.34], [0, 0.34, 0.94]])
    with pytest.raises(CannotDo, match="only scraps"):
        resurface(Asset(plate.with_vertices(plate.vertices @ turn.T)), pitch_mm=0.5)
