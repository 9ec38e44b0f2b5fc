"""Test prints: their steps are the sizes they say; `trial_piece` cuts out the place that was measured."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Plastic, Printer, printer_for
from maquette.geometry.cut.solids import surface_of
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges
from shapes import box, together


@pytest.mark.parametrize("kind", ["holes", "walls", "overhangs", "layers"])
def test_every_coupon_is_closed_and_lies_on_the_bed(kind):
    asset = mq.coupon(kind=kind)
    assert (edges(asset.mesh.faces).count == 2).all()
    assert signed_volume(asset.mesh.vertices, asset.mesh.faces) > 0
    assert asset.mesh.bounds[0, 2] == 0
    assert max(asset.size[:2]) < 180  # the smallest bed


def test_layers_rise_by_a_layer():
    asset = mq.coupon(kind="layers")
    layer = Printer.default().layer_mm
    corners = asset.mesh.vertices[asset.mesh.faces]
    level = corners[np.isclose(np.ptp(corners[..., 2], axis=1), 0)][:, 0, 2]
    assert np.unique(np.round(level, 6)).tolist() == pytest.approx([0, *(layer * step for step in range(1, 11))])
    area = 9.0 * 9.0
    volume = signed_volume(asset.mesh.vertices, asset.mesh.faces)
    assert volume == pytest.approx(area * layer * sum(range(1, 11)))


def test_walls_are_as_thick_as_their_labels():
    mesh = mq.coupon(kind="walls").mesh
    at_top = np.isclose(mesh.vertices[:, 2], mesh.bounds[1, 2]) & (mesh.vertices[:, 1] > 5)
    x = np.unique(np.round(mesh.vertices[at_top, 0], 6))
    assert np.diff(x)[::2].tolist() == pytest.approx([0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.2, 1.6])


def test_the_bar_follows_the_plastic():
    pla, tpu = (mq.coupon(kind="holes", material=name).mesh for name in ("pla", "tpu"))
    assert not np.array_equal(pla.vertices, tpu.vertices)  # clearance 0.3 and 0.5


# --- plastics


def test_plastics_change_limits_and_say_why():
    printer = Printer.default()
    assert printer_for(printer, Plastic.named("pla")) is printer
    petg = printer_for(printer, Plastic.named("petg"))
    assert petg.bridge_mm == pytest.approx(0.7 * printer.bridge_mm)
    assert petg.overhang_deg == printer.overhang_deg - 5
    assert petg.clearance_mm == pytest.approx(printer.clearance_mm + 0.1)
    assert "PETG" in petg.label
    assert "guess" in petg.source("bridge_mm")
    assert petg.source("layer_mm") == printer.source("layer_mm")
    with pytest.raises(BadSetting, match="does not print Resin; choose pla"):
        printer_for(printer, Plastic.named("resin"))


# --- test pieces


def fin_on_a_block() -> Asset:
    """A block of 30 mm with a fin of 1 mm at one end of its roof."""
    manifold = pytest.importorskip("manifold3d").Manifold
    body = manifold.cube([60, 30, 30]) + manifold.cube([1, 20, 20]).translate([50, 5, 29])
    return Asset(Mesh(*surface_of(body)), sized=True, title="fin")


def test_the_thinnest_place_is_cut_out():
    piece = mq.test_piece(fin_on_a_block(), size_mm=16)
    assert (edges(piece.mesh.faces).count == 2).all()
    assert piece.mesh.bounds[0, 2] == pytest.approx(0)
    assert piece.size[0] <= 16
    assert "thinnest wall measures 1 mm" in " ".join(piece.history[-1].notes)
    assert signed_volume(piece.mesh.vertices, piece.mesh.faces) <= 16**3


def test_where_it_hangs_is_cut_out():
    table = Asset(together(box((4, 4, 20), (0, 0, 10))), sized=True)
    with pytest.raises(CannotDo, match="try risk thinnest"):
        mq.test_piece(table, risk="overhang")
    manifold = pytest.importorskip("manifold3d").Manifold
    body = manifold.cube([6, 6, 20]) + manifold.cube([40, 6, 2]).translate([0, 0, 20])
    piece = mq.test_piece(Asset(Mesh(*surface_of(body)), sized=True), risk="overhang", size_mm=10)
    assert piece.size[2] <= 10
    assert "mm² lean out" in " ".join(piece.history[-1].notes)


def test_what_is_no_solid_is_refused():
    open_box = box((10, 10, 10)).keep_faces(np.arange(11))
    with pytest.raises(CannotDo, match="no solid"):
        mq.test_piece(Asset(open_box))
