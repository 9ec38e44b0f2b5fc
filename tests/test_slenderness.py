from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.pins import pins
from maquette.checks.small_holes import small_holes
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.shape.place.rotate import rotate
from shapes import box, grid, soup, sphere, together, torus


def finding(check, mesh: Mesh, **settings):
    (found,) = check(Asset(mesh, sized=True), **{"samples": 10_000, **settings})
    return found


def rod(diameter: float, height: float, foot=(0.0, 0.0, 0.0), sides: int = 48, top: float = 1.0) -> Mesh:
    """An upright cylinder, or with another ``top`` a cone cut off, through whose sides the diameter is measured."""
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1) * diameter / 2 / np.cos(np.pi / sides)
    vertices = np.concatenate([ring, ring * [top, top, 1] + [0, 0, height], [[0, 0, 0], [0, 0, height]]])
    i, j = np.arange(sides), (np.arange(sides) + 1) % sides
    side = np.concatenate([np.stack([i, j, j + sides], 1), np.stack([i, j + sides, i + sides], 1)])
    caps = np.concatenate(
        [np.stack([0 * i + 2 * sides, j, i], 1), np.stack([0 * i + 2 * sides + 1, i + sides, j + sides], 1)]
    )
    return Mesh(vertices + np.asarray(foot), np.concatenate([side, caps]))


def plate_with_hole(diameter: float, thickness: float = 3.0) -> Mesh:
    """A plate of 20 mm with a round hole through its middle."""
    sides = 48
    angle = np.arange(sides) * 2 * np.pi / sides
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    inner = unit * diameter / 2 / np.cos(np.pi / sides)
    outer = unit / np.abs(unit).max(axis=1, keepdims=True) * 10
    flat = np.concatenate([inner, outer])
    vertices = np.concatenate([np.c_[flat, np.zeros(2 * sides)], np.c_[flat, np.full(2 * sides, thickness)]])
    i, j, high = np.arange(sides), (np.arange(sides) + 1) % sides, 2 * sides
    quads = [(i, j, j + sides, i + sides), (i + high + sides, j + high + sides, j + high, i + high),
             (i + sides, j + sides, j + sides + high, i + sides + high), (i + high, j + high, j, i)]  # fmt: skip
    faces = np.concatenate([np.stack(t, 1) for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    return Mesh(vertices, faces)


def base_with(*parts: Mesh) -> Mesh:
    """A plate with things on it, in one piece."""
    from manifold3d import Manifold
    from manifold3d import Mesh as Raw

    whole = Manifold()
    for part in (box((30, 30, 6), (-15, -15, -6)), *parts):
        whole += Manifold(Raw(part.vertices.astype(np.float32), part.faces.astype(np.uint32)))
    made = whole.to_mesh()
    return Mesh(made.vert_properties[:, :3], made.tri_verts)


@pytest.mark.parametrize(("diameter", "verdict"), [(1.5, "warn"), (2.9, "warn"), (3.0, "pass"), (4.0, "pass")])
@pytest.mark.parametrize("turn", [0, 40])
def test_a_pin_reads_its_diameter(diameter, verdict, turn):
    mesh = rotate(Asset(base_with(rod(diameter, 12, (0, 0, 0)))), x_deg=turn, y_deg=turn / 3).mesh
    found = finding(pins, mesh)
    assert found.verdict == verdict
    assert found.value == pytest.approx(diameter, rel=0.02)
    assert (found.limit, found.unit, found.fix) == ("at least 3", "mm", "scale-to")
    assert found.overlay.min() == pytest.approx(diameter, rel=0.03)
    assert (len(found.faces) > 0) == (verdict == "warn")
    upright = base_with(rod(diameter, 12)).triangles[:, :, 2]
    assert (upright[found.faces].max(axis=1) > 0).all()


def test_each_pin_counts_once():
    three = base_with(*(rod(2, 10, (x, 0, 0)) for x in (-8, 0, 8)))
    found = finding(pins, three)
    assert found.message.startswith("3 columns are under 3 mm")
    assert finding(pins, soup(three)).value == found.value


def test_a_wall_is_no_pin_and_a_bar_goes_by_its_wider_side():
    assert finding(pins, base_with(box((1, 20, 10), (0, -10, 0)))).verdict == "pass"
    assert finding(pins, base_with(box((1, 2.5, 10), (0, 0, 0)))).value == pytest.approx(2.5, rel=0.02)
    assert finding(pins, base_with(box((1, 4, 10), (0, 0, 0)))).verdict == "pass"
    assert finding(pins, box((40, 40, 1))).verdict == "pass"


def test_a_stud_is_no_pin_and_neither_is_a_ball_or_a_spike():
    assert finding(pins, base_with(rod(2, 1.2, (0, 0, 0)))).verdict == "pass"
    assert finding(pins, sphere(1.2, 4)).verdict == "pass"
    assert finding(pins, base_with(rod(4, 12, (0, 0, 0), top=0.02))).verdict == "pass"


def test_a_ring_of_wire_is_a_pin_all_around():
    wire = torus(10, 1, 96, 24)
    found = finding(pins, wire)
    assert found.verdict == "warn"
    assert found.value == pytest.approx(2, rel=0.03)
    assert len(found.faces) > 0.95 * len(wire.faces)


@pytest.mark.parametrize(("diameter", "verdict"), [(0.6, "warn"), (0.95, "warn"), (1.0, "pass"), (1.6, "pass")])
@pytest.mark.parametrize("turn", [0, 40])
def test_a_hole_reads_its_diameter(diameter, verdict, turn):
    mesh = rotate(Asset(plate_with_hole(diameter)), x_deg=turn, y_deg=turn / 3).mesh
    found = finding(small_holes, mesh)
    assert found.verdict == verdict
    assert found.value == pytest.approx(diameter, rel=0.02)
    assert (found.limit, found.unit, found.fix) == ("at least 1", "mm", "scale-to")
    inner = set(range(6 * 48, 8 * 48))
    assert set(found.faces) <= inner
    assert (len(found.faces) > 60) == (verdict == "warn")


def test_a_hole_in_thin_sheet_is_one_and_large_or_slit_ones_are_none():
    assert finding(small_holes, plate_with_hole(0.8, 0.8)).verdict == "warn"
    found = finding(small_holes, plate_with_hole(5))
    assert (found.verdict, found.value) == ("pass", None)
    slit = together(box((20, 20, 20)), box((20, 20, 20), (20.5, 0, 0)))
    assert finding(small_holes, slit).verdict == "pass"
    assert finding(small_holes, sphere(10, 4)).verdict == "pass"


def test_limits_are_the_printers_or_set():
    mesh = base_with(rod(2, 12, (0, 0, 0)))
    assert finding(pins, mesh, printer="resin-small").verdict == "pass"
    assert finding(pins, mesh, min_mm=2).verdict == "pass"
    assert finding(pins, mesh, min_mm=2).source == "setting"
    assert finding(small_holes, plate_with_hole(1.2), printer="sls-bureau").verdict == "warn"


def test_sheets_and_nothing_end():
    for check in (pins, small_holes):
        assert finding(check, grid()).verdict == "pass"
        assert finding(check, Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "unknown"
