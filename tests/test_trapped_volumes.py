from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.cups import cups
from maquette.checks.trapped_volumes import trapped_volumes
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.geometry.inside.columns import columns
from maquette.geometry.printing.voids import sealed_voids
from maquette.shape.build.hollow import hollow
from maquette.shape.mend.drop_inner_walls import drop_inner_walls
from maquette.shape.place.rotate import rotate
from shapes import box, grid, soup, sphere, together, torus


def finding(check, mesh: Mesh, printer: str = "resin-small", **settings):
    (found,) = check(Asset(mesh, sized=True), printer=printer, **settings)
    return found


def shell(hole: float = 0.0, side: float = 30.0, wall: float = 3.0) -> Mesh:
    """A cube with a cubic void, and a square hole through its right wall, low down."""
    from manifold3d import Manifold

    made = Manifold.cube([side] * 3) - Manifold.cube([side - 2 * wall] * 3).translate([wall] * 3)
    if hole:
        made -= Manifold.cube([2 * wall, hole, hole]).translate([side - 1.5 * wall, side / 2 - hole / 2, wall + 1])
    raw = made.to_mesh()
    return Mesh(raw.vert_properties[:, :3], raw.tri_verts)


def cup(vent: float = 0.0) -> Mesh:
    """A round cup of 30 mm, 25 high, wall and floor 2, with its mouth up."""
    from manifold3d import Manifold

    made = Manifold.cylinder(25, 15, 15, 64) - Manifold.cylinder(25, 13, 13, 64).translate([0, 0, 2])
    if vent:
        made -= Manifold.cube([20, vent, vent]).translate([0, -vent / 2, 2])
    raw = made.to_mesh()
    return Mesh(raw.vert_properties[:, :3], raw.tri_verts)


def test_a_closed_void_fails_in_resin_and_powder_and_passes_in_filament():
    for printer in ("resin-small", "sls-bureau"):
        found = finding(trapped_volumes, shell(), printer)
        assert (found.verdict, found.unit) == ("fail", "mm³")
        assert found.value == pytest.approx(24**3, rel=0.02)
        assert "1 closed void holds 13.8 cm³" in found.message
        assert set(np.flatnonzero(found.overlay)) == set(found.faces)
        inner = np.abs(shell().triangles - 15).max(axis=(1, 2)) < 14
        assert set(found.faces) >= set(np.flatnonzero(inner & (shell().triangles[:, :, 2].min(axis=1) > 26)))
        assert not set(found.faces) & set(np.flatnonzero(~inner))
    found = finding(trapped_volumes, shell(), "prusa-mk4")
    assert (found.verdict, found.value) == ("pass", pytest.approx(24**3, rel=0.02))
    assert "stay empty" in found.message


@pytest.mark.parametrize(("hole", "verdict"), [(1.0, "warn"), (2.4, "warn"), (4.0, "pass"), (8.0, "pass")])
def test_a_hole_drains_it_if_it_is_wide_enough(hole, verdict):
    found = finding(trapped_volumes, shell(hole))
    assert found.verdict == verdict
    if verdict == "warn":
        assert "1 chamber behind openings under 3.5 mm" in found.message
        assert found.value == pytest.approx(24**3, rel=0.15)
        assert found.fix == "scale-to"
        assert found.message.endswith("; open what is narrow to 3.5 mm")
        assert len(found.faces) > 0
    else:
        assert (found.value, found.faces) == (0, None)


def test_the_drain_is_the_printers_or_set():
    assert finding(trapped_volumes, shell(2.4), drain_mm=1.5).verdict == "pass"
    assert finding(trapped_volumes, shell(4.0), drain_mm=6.0).verdict == "warn"
    assert finding(trapped_volumes, shell(4.0), drain_mm=6.0).source.startswith("setting")


@pytest.mark.parametrize("turn", [0, 30])
def test_voids_that_two_parts_enclose_and_nests_are_found(turn):
    bell = together(sphere(10, 5), sphere(9, 5).flipped())
    found = finding(trapped_volumes, rotate(Asset(soup(bell)), x_deg=turn).mesh)
    assert (found.verdict, found.value) == ("fail", pytest.approx(4 / 3 * np.pi * 729, rel=0.01))
    solid = columns(bell.vertices, bell.faces, 0.1)
    assert sealed_voids(solid).volume.tolist() == [pytest.approx(4 / 3 * np.pi * 729, rel=0.005)]
    halves = together(box((20, 20, 2)), box((20, 20, 2), (0, 0, 12)), *(
        box(size, corner) for size, corner in (
            ((2, 20, 14), (0, 0, 0)), ((2, 20, 14), (18, 0, 0)), ((20, 2, 14), (0, 0, 0)), ((20, 2, 14), (0, 18, 0))
        )
    ))  # fmt: skip
    assert sealed_voids(columns(halves.vertices, halves.faces, 0.1)).volume == pytest.approx([16 * 16 * 10])


def test_open_shapes_trap_nothing():
    for mesh in (box((20, 20, 20)), sphere(15, 4), torus(20, 6), cup()):
        found = finding(trapped_volumes, mesh)
        assert (found.verdict, found.value) == ("pass", 0)


def test_filling_is_the_fix():
    (found,) = trapped_volumes(Asset(shell()), printer="sls-bureau")
    assert found.fix == "drop-inner-walls"
    assert "fill what is closed (drop-inner-walls, cavities fill), then let hollow drill drain holes" in found.message
    (mended,) = trapped_volumes(drop_inner_walls(Asset(shell()), cavities="fill"), printer="sls-bureau")
    assert (mended.verdict, mended.value) == ("pass", 0)


def test_small_bubbles_do_not_count():
    hole = box((0.8, 0.8, 0.8), (5, 5, 5)).flipped()
    assert finding(trapped_volumes, together(box((10, 10, 10)), hole)).verdict == "pass"
    assert finding(trapped_volumes, together(box((10, 10, 10)), hole), min_mm3=0.1).verdict == "fail"


@pytest.mark.parametrize(("x_deg", "verdict"), [(0, "warn"), (180, "warn"), (90, "pass")])
def test_a_cup_is_one_either_way_up_and_none_on_its_side(x_deg, verdict):
    found = finding(cups, rotate(Asset(cup()), x_deg=x_deg).mesh)
    assert (found.verdict, found.fix, found.unit) == (verdict, "orient", "mm²")
    if verdict == "warn":
        assert found.value == pytest.approx(np.pi * 13**2, rel=0.1)
        assert "1 cup holds" in found.message
        volume = float(found.message.split("holds ")[1].split()[0])
        assert volume == pytest.approx(np.pi * 13**2 * 23 / 1000, rel=0.12)
        assert len(found.faces) > 0


def test_a_vent_low_down_opens_a_cup():
    assert finding(cups, cup(5.0)).verdict == "pass"
    assert finding(cups, cup(2.0)).verdict == "warn"
    assert finding(cups, cup(2.0), vent_mm=1.5).verdict == "pass"


def test_small_cups_flat_and_full_solids_have_no_suction():
    mesh = cup()
    assert finding(cups, mesh.with_vertices(mesh.vertices * 0.3)).verdict == "pass"
    for mesh in (box((20, 20, 20)), sphere(15, 4)):
        assert (finding(cups, mesh).verdict, finding(cups, mesh).value) == ("pass", 0)
    assert finding(cups, cup(), min_mm2=600).verdict == "pass"


def test_other_technologies_have_no_film():
    for printer in ("prusa-mk4", "sls-bureau"):
        found = finding(cups, cup(), printer)
        assert found.verdict == "pass"
        assert "film" in found.message


def test_without_an_inside_there_is_no_answer():
    for check in (cups, trapped_volumes):
        assert finding(check, grid()).verdict == "unknown"
        assert finding(check, Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "unknown"
    huge = cup().with_vertices(cup().vertices * 40)
    assert finding(cups, huge).verdict == "unknown"
    assert "too large to tell" in finding(trapped_volumes, huge).message


def test_the_way_out_that_is_named_leads_out():
    """A closed void in resin fails; filled and hollowed again for that printer, it has drain holes and passes."""
    (found,) = trapped_volumes(Asset(shell()), printer="formlabs-form-3")
    assert found.verdict == "fail"
    solid = drop_inner_walls(Asset(shell()), cavities="fill")
    drained = hollow(solid, wall_mm=3.0, printer="formlabs-form-3")
    assert "drilled 2 holes" in " ".join(drained.history[-1].notes)
    (mended,) = trapped_volumes(drained, printer="formlabs-form-3")
    assert mended.verdict == "pass"
    assert mended.message == "nothing is trapped"
