"""Every file that reports brought gives its right value; variants of its kind stand in the file named beside it."""

from __future__ import annotations

import numpy as np
import pytest

import wild_files
from maquette.checks.inner_shells import inner_shells
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.flow import disk
from maquette.geometry.topology import is_watertight
from maquette.shape.mend.solidify import solidify
from wild_files import case, volume

ELSEWHERE = {  # file or folder: the tests that hold it to its right value
    "01-typeerror-collapsed-painted.3mf": "test_unlucky_3mf",
    "03-quadratic-colorgroups.3mf": "test_unlucky_3mf",
    "c02_no_vc_two_materials.glb": "test_color_products",
    "c04_red_vc_white_tex.glb": "test_color_products",
    "c06_mixed_parts.glb": "test_color_products",
    "d13c_far6.obj": "test_counts_and_lines",
    "g04_draco_not_required.glb": "test_dialects",
    "g10_img_bmp.glb": "test_appearance_faults",
    "g15_instancing_used.glb": "test_dialects",
    "m01_prusa_NegativeVolume.3mf": "test_slicer_volumes",
    "m02_bambu_modifier_part.3mf": "test_slicer_volumes",
    "m04_printable0.3mf": "test_slicer_volumes",
    "m21_multiplate.3mf": "test_slicer_volumes",
    "m33_no_displaycolor.3mf": "test_appearance_faults",
    "map_bump": "test_dialects",
    "mtl_kd": "test_dialects",
    "mtl_tr": "test_dialects",
    "o31b_nan_uv.obj": "test_appearance_faults",
    "p01b_lf_then_crlf.ply": "test_counts_and_lines",
    "p20_extra_columns.ply": "test_counts_and_lines",
    "subfolder_gltf": "test_side_files",
    "subfolder_obj": "test_side_files",
    "w10_zero.stl": "test_counts_and_lines",
}
UNITED = {  # variants: test_noisy_solids
    "10-2-bars-overlap-1ulp.stl": 4000.0,
    "10-2x2x2-cubes-touch-2ulp.stl": 1000.0,
    "w13.stl": 16000.0,
}
HERE = {*UNITED, "12-moebius.obj", "t01_leaky_shell.stl"}  # variants of the last: test_inner_shells


def twisted_band(half_twists: int, steps: int = 90) -> Mesh:
    """A band of 8 mm around a ring of 40 mm that closes after so many half twists."""
    turn = np.arange(steps) * 2 * np.pi / steps
    tilt = turn * half_twists / 2
    out = np.stack([np.cos(turn), np.sin(turn), np.zeros(steps)], axis=1)
    up = np.cos(tilt)[:, None] * [0.0, 0.0, 1.0] + np.sin(tilt)[:, None] * out
    points = np.concatenate([20 * out + 4 * up, 20 * out - 4 * up])
    top, bottom = np.arange(steps), np.arange(steps) + steps
    after, below = np.roll(top, -1), np.roll(bottom, -1)
    if half_twists % 2:
        after[-1], below[-1] = bottom[0], top[0]
    return Mesh(points, np.concatenate([np.stack([top, bottom, below], 1), np.stack([top, below, after], 1)]))


@pytest.mark.skipif(wild_files.CASES is None, reason="shared/cases is not here")
def test_every_reported_file_is_held_to_its_right_value():
    files = {path.name for path in wild_files.CASES.iterdir()} - {"README.md"}
    assert files == ELSEWHERE.keys() | HERE


@pytest.mark.parametrize(("name", "tests"), ELSEWHERE.items())
def test_the_tests_named_here_look_at_the_file(name, tests):
    source = (wild_files.Path(__file__).parent / f"{tests}.py").read_text(encoding="utf-8")
    assert name in source


@pytest.mark.parametrize(("name", "cubic_mm"), UNITED.items())
def test_bodies_that_touch_or_overlap_are_one_and_nothing_is_lost(name, cubic_mm):
    solid = solidify(disk.read(case(name)))
    assert volume(solid.mesh) == pytest.approx(cubic_mm, rel=1e-5)
    assert is_watertight(solid.mesh.faces)


def test_a_strip_with_one_side_is_refused():
    with pytest.raises(CannotDo, match="one-sided"):
        solidify(disk.read(case("12-moebius.obj")))


@pytest.mark.parametrize("half_twists", [1, 3, 5])
def test_strips_of_other_twists_too(half_twists):
    with pytest.raises(CannotDo, match="one-sided"):
        solidify(Asset(twisted_band(half_twists)))


def test_a_leaky_shell_is_said_to_be_hollow():
    findings = [one for one in inner_shells(disk.read(case("t01_leaky_shell.stl"))) if one.verdict != "pass"]
    assert len(findings) == 1
    assert "86% hollow" in findings[0].message
    assert findings[0].fix == "wrap"
