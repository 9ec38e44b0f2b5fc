"""G-code read back: filament by part, and the lines of the first layer."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.formats.slicers.gcode import first_layer, kind_of, share_of, strokes, tool_changes

PRUSA = """M82
G92 E0
G1 X0 Y0 Z5
G1 X200 E10 ; the printer's own start
G92 E0
;LAYER_CHANGE
;Z:0.2
G1 Z0.2 F720
;TYPE:Skirt/Brim
G1 X10 Y10 F9000
G1 X20 Y10 E1
;TYPE:External perimeter
G1 X20 Y20 E2.5
G1 E1.5 F2100
G1 X50 Y50
G1 E2.5
G1 X60 Y50 E3
;LAYER_CHANGE
;Z:0.4
G1 Z.4
;TYPE:Support material
G1 X60 Y60 E4
"""


def test_moves_that_extrude_and_nothing_else():
    found = list(strokes(PRUSA))
    assert [s.filament for s in found] == pytest.approx([10, 1, 1.5, 0.5, 1])
    assert [s.kind for s in found] == ["other", "skirt", "outer wall", "outer wall", "support"]
    assert sum(s.z for s in found) == pytest.approx(5 + 3 * 0.2 + 0.4)


def test_the_first_layer_is_the_lowest_without_the_printers_start():
    lines, kinds = first_layer(PRUSA)
    assert kinds == ["skirt", "outer wall", "outer wall"]
    assert np.array_equal(lines[1], [[20, 10], [20, 20]])
    assert lines.shape == (3, 2, 2)


def test_relative_extrusion_means_the_same():
    relative = "M83\n;TYPE:WALL-OUTER\nG1 X1 Y0 Z.2 E1\nG1 X2 E1\nG1 E-5\nG1 X9\nG1 E5\nG1 X10 E.5\n"
    assert [s.filament for s in strokes(relative)] == [1, 1, 0.5]


def test_shares_of_supports_and_of_the_purge_tower():
    assert share_of("support", PRUSA) == pytest.approx(1 / 14)
    assert share_of("support", PRUSA.replace("Support material", "Perimeter")) == 0
    assert share_of("tower", PRUSA) == 0
    for name in ("Wipe tower", "Prime tower", "PRIME-TOWER"):
        assert share_of("tower", PRUSA.replace("Support material", name)) == pytest.approx(1 / 14)


@pytest.mark.parametrize(
    ("text", "changes"), [("", 0), ("T0\nG1 X1 E1\n", 0), ("T0\nT0 ; again\nT1\nT12\nT1\n", 3), ("M109 T1\nG1 T2", 0)]
)
def test_tool_changes(text, changes):
    assert tool_changes(text) == changes
    assert first_layer("")[0].shape == (0, 2, 2)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("External perimeter", "outer wall"),
        ("Perimeter", "inner wall"),
        ("Overhang perimeter", "outer wall"),
        ("Top solid infill", "solid"),
        ("Internal infill", "infill"),
        ("Support material interface", "support"),
        ("WALL-INNER", "inner wall"),
        ("SKIN", "solid"),
        ("FILL", "infill"),
        ("SUPPORT-INTERFACE", "support"),
        ("Sparse infill", "infill"),
        ("Internal solid infill", "solid"),
        ("Bottom surface", "solid"),
        ("Outer wall", "outer wall"),
        ("Prime tower", "tower"),
    ],
)
def test_names_of_all_three_slicers(name, kind):
    assert kind_of(name) == kind
