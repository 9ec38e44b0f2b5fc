from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.thin_gaps import thin_gaps
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.shape.place.rotate import rotate
from shapes import box, grid, soup, sphere, together, torus


def finding(mesh: Mesh, **settings):
    (found,) = thin_gaps(Asset(mesh, sized=True), **{"samples": 10_000, **settings})
    return found


def pair(gap: float) -> Mesh:
    """Two blocks of 20 mm side by side."""
    return together(box((20, 20, 20)), box((20, 20, 20), (20 + gap, 0, 0)))


def trough(angle_deg: float) -> Mesh:
    """A block with a groove of this angle, 6 deep, along y."""
    across = 6 * np.tan(np.radians(angle_deg / 2))
    corners = [(-10, 0), (10, 0), (10, 10), (across, 10), (0, 4), (-across, 10), (-10, 10)]
    vertices = [[x, y, z] for y in (0.0, 20.0) for x, z in corners]
    cap = np.array([[0, 1, 4], [1, 2, 3], [1, 3, 4], [0, 4, 5], [0, 5, 6]])
    side = [t for i in range(7) for t in ((i, i + 7, (i + 1) % 7), ((i + 1) % 7, i + 7, (i + 1) % 7 + 7))]
    return Mesh(vertices, np.concatenate([cap, cap[:, ::-1] + 7, side]))


@pytest.mark.parametrize(("gap", "verdict"), [(0.1, "warn"), (0.2, "warn"), (0.3, "pass"), (1.0, "pass")])
@pytest.mark.parametrize("turn", [0, 33])
def test_a_gap_between_blocks_reads_its_width(gap, verdict, turn):
    found = finding(rotate(Asset(pair(gap)), x_deg=turn, z_deg=turn).mesh)
    assert found.verdict == verdict
    assert found.value == pytest.approx(gap, rel=1e-3)
    assert (found.limit, found.unit, found.fix) == ("at least 0.3", "mm", "scale-to")
    assert found.overlay.min() == pytest.approx(gap, rel=1e-3)
    assert len(found.faces) == (4 if verdict == "warn" else 0)


def test_how_much_of_it_there_is():
    found = finding(pair(0.2))
    assert float(found.message.split(" mm²")[0].split()[-1]) == pytest.approx(800, rel=0.06)  # less the rims
    assert finding(pair(0.2), max_share=0.2).verdict == "pass"


@pytest.mark.parametrize("angle", [16, 30, 50, 70])
def test_a_groove_that_opens_is_no_gap(angle):
    mesh = trough(angle)
    found = finding(mesh)
    assert (found.verdict, len(found.faces)) == ("pass", 0)


def test_a_slit_is_one():
    found = finding(trough(3))  # 0.31 mm wide at the top
    assert found.verdict == "warn"
    assert found.value < 0.15


def test_touching_overlapping_and_lone_solids_have_none():
    for mesh in (pair(0.0), pair(-5.0), box((20, 20, 20)), sphere(10, 4), torus(20, 5)):
        found = finding(mesh)
        assert found.verdict == "pass"
        assert len(found.faces) == 0
    assert finding(sphere(10, 4)).value is None


def test_a_double_wall_fuses():
    shells = together(sphere(20, 5), sphere(19.8, 5).flipped(), sphere(19.6, 5))
    found = finding(shells)
    assert found.verdict == "warn"
    assert found.value == pytest.approx(0.2, rel=0.1)


def test_the_limit_is_the_printers_or_the_one_that_is_set():
    assert finding(pair(0.4), printer="sls-bureau").verdict == "warn"
    assert finding(pair(0.2), min_mm=0.1).verdict == "pass"
    assert finding(pair(0.2), min_mm=0.1).source.startswith("setting")


def test_split_vertices_read_the_same_and_sheets_have_no_answer_but_end():
    assert finding(soup(pair(0.2))).value == finding(pair(0.2)).value
    assert finding(grid()).verdict == "pass"
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "unknown"
