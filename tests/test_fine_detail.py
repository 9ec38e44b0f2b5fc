from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.fine_detail import fine_detail
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.shape.place.rotate import rotate
from shapes import box, grid, soup, sphere, tetrahedron, torus


def finding(mesh: Mesh, **settings):
    (found,) = fine_detail(Asset(mesh, sized=True), **{"samples": 20_000, **settings})
    return found


def plate(width: float, height: float, thickness: float = 4.0) -> Mesh:
    """A plate of 20 mm with a bar of 10 mm across its top: raised, or engraved where the height is below 0."""
    from manifold3d import Manifold

    made = Manifold.cube([20, 20, thickness])
    bar = Manifold.cube([10, width, abs(height) + 0.5]).translate([5, 10 - width / 2, thickness - 0.5])
    made = made + bar if height > 0 else made - bar.translate([0, 0, 0.5 + height])
    raw = made.to_mesh()
    return Mesh(raw.vert_properties[:, :3], raw.tri_verts)


@pytest.mark.parametrize("height", [0.4, 0.8, -0.4, -0.8])
@pytest.mark.parametrize(("width", "verdict"), [(0.3, "warn"), (0.5, "warn"), (0.6, "pass"), (1.0, "pass")])
def test_a_bar_reads_its_width_raised_or_engraved(width, verdict, height):
    found = finding(plate(width, height))
    assert found.verdict == verdict
    assert (found.limit, found.unit, found.fix) == ("at least 0.6", "mm", "scale-to")
    if verdict == "warn":
        assert found.value == pytest.approx(width, rel=0.02)
        assert ("raised" in found.message, "engraved" in found.message) == (height > 0, height < 0)
        assert float(found.message.split(" mm²")[0]) == pytest.approx(10 * width, rel=0.15)
        marked = plate(width, height).triangles[found.faces][:, :, 2]
        assert marked == pytest.approx(np.full_like(marked, 4 + height))
    else:
        assert len(found.faces) == 0


@pytest.mark.parametrize("turn", [20, 45])
def test_turning_and_splitting_do_not_matter(turn):
    mesh = rotate(Asset(plate(0.4, 0.5)), x_deg=turn, z_deg=turn / 2).mesh
    found = finding(soup(mesh))
    assert found.verdict == "warn"
    assert found.value == pytest.approx(0.4, rel=0.03)


def test_walls_pins_edges_and_corners_are_no_detail():
    for mesh in (
        box((20, 20, 20)),
        box((20, 20, 0.4)),
        box((0.4, 0.4, 20)),
        sphere(10, 4),
        torus(10, 0.25, 96, 24),
        plate(0.4, 5),
        plate(0.4, -3),
        tetrahedron().with_vertices(tetrahedron().vertices * 20),
    ):
        found = finding(mesh)
        assert (found.verdict, len(found.faces)) == ("pass", 0)


def test_the_limit_is_the_printers_or_set():
    assert finding(plate(0.4, 0.5), printer="resin-small").verdict == "pass"
    assert finding(plate(0.4, 0.5), min_mm=0.3).verdict == "pass"
    assert finding(plate(0.4, 0.5), min_mm=0.3).source.startswith("setting")
    assert finding(plate(0.4, 0.5), max_share=0.05).verdict == "pass"


def test_sheets_and_nothing_end():
    assert finding(grid()).verdict == "pass"
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "unknown"
