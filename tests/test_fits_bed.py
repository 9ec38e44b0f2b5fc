from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.fits_bed import fits_bed
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.shape.place.rotate import rotate
from maquette.shape.place.scale_to import scale_to
from shapes import box, sphere

MK4 = Printer.named("prusa-mk4")  # 250 x 210 x 220


def finding(mesh: Mesh, **settings):
    (found,) = fits_bed(Asset(mesh, sized=True), **settings)
    return found


@pytest.mark.parametrize(
    ("size", "share"), [((250, 210, 220), 100), ((25, 21, 110), 50), ((1, 105, 1), 50), ((125, 1, 1), 50)]
)
def test_what_fits_passes_with_its_share_of_the_bed(size, share):
    found = finding(box(size, corner=(-900, 7, 33)))
    assert found.verdict == "pass"
    assert found.value == pytest.approx(share)
    assert found.source == MK4.source("bed_mm")


@pytest.mark.parametrize("size", [(251, 211, 10), (10, 10, 221), (400, 10, 10), (10, 400, 10)])
def test_too_large_fails_and_says_how_far_to_shrink(size):
    mesh = box(size)
    found = finding(mesh)
    assert (found.verdict, found.fix) == ("fail", "scale-to")
    room = float(found.message.partition(" at ")[2].partition("%")[0]) / 100
    assert finding(mesh.with_vertices(mesh.vertices * (room - 0.001))).verdict in ("pass", "warn")
    assert finding(mesh.with_vertices(mesh.vertices * (room + 0.02))).verdict == "fail"


def test_a_quarter_turn_that_fits_is_a_warning():
    found = finding(box((205, 240, 10)))
    assert (found.verdict, found.fix) == ("warn", "rotate")
    assert "fits turned by 90 deg" in found.message
    assert finding(rotate(Asset(box((205, 240, 10))), z_deg=90).mesh).verdict == "pass"


def test_plates_are_measured_one_by_one():
    near, far = box((200, 200, 10)), box((240, 150, 10), corner=(270, 0, 0))
    faces = np.concatenate([near.faces, far.faces + len(near.vertices)])
    part = np.repeat([0, 1], [len(near.faces), len(far.faces)])
    mesh = Mesh(np.concatenate([near.vertices, far.vertices]), faces, part=part)
    (laid,) = fits_bed(Asset(mesh, part_names=("plate 1: a", "plate 2: b"), sized=True))
    assert (laid.verdict, laid.value) == ("pass", pytest.approx(96))
    assert "2 plates" in laid.message
    (loose,) = fits_bed(Asset(mesh, part_names=("a", "b"), sized=True))
    assert loose.verdict == "fail"


def test_a_sword_fits_across():
    sword = box((300, 5, 5))
    found = finding(sword)
    assert (found.verdict, found.value) == ("warn", pytest.approx(120))
    angle = float(found.message.partition("turned by ")[2].split()[0])
    assert 0 < angle < 90
    assert finding(rotate(Asset(sword), z_deg=angle).mesh).verdict == "pass"


@pytest.mark.parametrize("lies_at", [10, 25, 65, 115, 160])
def test_a_board_that_lies_askew(lies_at):
    board = rotate(Asset(box((248, 208, 5))), z_deg=lies_at).mesh
    found = finding(board)
    assert found.verdict == "warn"
    angle = float(found.message.partition("turned by ")[2].split()[0])
    assert (angle + lies_at) % 180 == 0
    assert finding(rotate(Asset(board), z_deg=angle).mesh).verdict == "pass"


def test_a_ball_does_not_shrink_by_turning():
    assert finding(sphere(106, 4)).verdict == "fail"


def test_another_printer_is_another_answer():
    assert finding(box((200, 200, 200))).verdict == "pass"
    assert finding(box((200, 200, 200)), printer="prusa-mini").verdict == "fail"
    assert finding(box((300, 300, 300)), printer=Printer.named("prusa-xl")).verdict == "pass"


def test_flat_and_empty_models():
    line = Mesh([[0, 0, 0], [400, 0, 0], [800, 0, 0]], [[0, 1, 2]])
    assert finding(line).verdict == "fail"
    assert finding(line.with_vertices(line.vertices / 2.5)).verdict == "warn"
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "pass"


def test_scale_to_mends_it():
    assert finding(scale_to(Asset(sphere(500)), height_mm=200).mesh).verdict == "pass"
