from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.bridges import bridges
from maquette.checks.islands import islands
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.geometry.inside.columns import columns
from maquette.geometry.printing.layers import islands as pieces
from maquette.geometry.printing.layers import layers, spans
from maquette.geometry.surface import signed_volume
from maquette.shape.place.rotate import rotate
from shapes import box, grid, soup, sphere, tetrahedron, together, torus

SQUARE_MM = 0.2**2  # of a column


def finding(check, mesh: Mesh, **settings):
    (found,) = check(Asset(mesh, sized=True), **settings)
    return found


def volume_of(solid) -> float:
    return float((solid.top - solid.bottom).sum()) * solid.pitch**2


def gate(span: float, width: float = 10.0) -> Mesh:
    """Two posts with a beam over them that spans this much."""
    posts = box((10, width, 20)), box((10, width, 20), (10 + span, 0, 0))
    return together(*posts, box((20 + span, width, 5), (0, 0, 20)))


def tee(arm: float) -> Mesh:
    """A post with an arm to either side."""
    return together(box((4, 10, 20), (arm, 0, 0)), box((4 + 2 * arm, 10, 5), (0, 0, 20)))


@pytest.mark.parametrize("corner", [(0, 0, 0), (1000.3, -77.7, 12.1)])
def test_columns_of_boxes_are_exact(corner):
    block = box((10, 20, 30), corner)
    solid = columns(block.vertices, block.faces, 0.2)
    assert (len(solid.cell), solid.torn) == (50 * 100, 0)
    assert volume_of(solid) == pytest.approx(6000)
    assert (np.ptp(solid.bottom), np.ptp(solid.top)) == (0, 0)


def test_columns_see_overlaps_once_hollows_not_at_all_and_touching_parts_as_one():
    lapped = together(box((10, 10, 10)), box((10, 10, 10), (5, 5, 5)))
    assert volume_of(columns(lapped.vertices, lapped.faces, 0.2)) == pytest.approx(1875)
    hollow = together(box((20, 20, 20)), box((10, 10, 10), (5, 5, 5)).flipped())
    solid = columns(hollow.vertices, hollow.faces, 0.2)
    assert volume_of(solid) == pytest.approx(7000)
    assert len(solid.cell) == 100**2 + 50**2
    stacked = together(box((10, 10, 5)), box((10, 10, 5), (0, 0, 5)))
    assert len(columns(stacked.vertices, stacked.faces, 0.2).cell) == 50**2


@pytest.mark.parametrize("turn", [(0, 0, 0), (31, 17, 5), (90, 0, 45)])
def test_columns_of_turned_solids_have_their_volume_and_no_line_slips_through(turn):
    mesh = rotate(Asset(torus(20, 6, 60, 30)), x_deg=turn[0], y_deg=turn[1], z_deg=turn[2]).mesh
    solid = columns(mesh.vertices, mesh.faces, 0.2)
    assert solid.torn == 0
    assert volume_of(solid) == pytest.approx(2 * np.pi**2 * 20 * 36, rel=0.01)
    assert not (solid.cell % solid.stride == 0).any()


def test_columns_of_nothing_open_and_huge_end():
    nothing = columns(np.zeros((0, 3)), np.zeros((0, 3), np.int64), 0.2)
    assert (len(nothing.cell), nothing.torn) == (0, 1)
    lidless = box((10, 10, 10)).keep_faces(np.arange(2, 12))
    assert columns(lidless.vertices, lidless.faces, 0.2).torn == 1
    ball = sphere(1e9, 3)
    solid = columns(ball.vertices, ball.faces, 0.2)
    assert solid.cells <= 1_600_000
    assert volume_of(solid) == pytest.approx(signed_volume(ball.vertices, ball.faces), rel=1e-3)
    for size in (1e-200, 1e150, 1e300):
        assert len(columns(box().vertices * size, box().faces, 0.2).cell) <= 1_600_000


def test_columns_are_blind_to_triangulation():
    fine = sphere(10, 5)
    assert volume_of(columns(soup(fine).vertices, soup(fine).faces, 0.2)) == volume_of(
        columns(fine.vertices, fine.faces, 0.2)
    )


def test_layers_are_cut_at_half_their_height():
    block = box((1, 1, 10))
    cut = layers(columns(block.vertices, block.faces, 0.2), 0.2)
    assert (cut.count, set(cut.first), set(cut.last)) == (50, {0}, {50})
    step = together(box((1, 1, 1)), box((1, 1, 1), (1, 0, 0.11)))
    assert set(layers(columns(step.vertices, step.faces, 0.2), 0.2).first) == {0, 1}
    step = together(box((1, 1, 1)), box((1, 1, 1), (1, 0, 0.09)))
    assert set(layers(columns(step.vertices, step.faces, 0.2), 0.2).first) == {0}


def test_what_stands_on_the_bed_has_no_island():
    for mesh in (box((10, 10, 10)), sphere(20, 5), gate(30), tee(13), torus(20, 6)):
        found = finding(islands, mesh)
        assert (found.verdict, found.value, found.faces) == ("pass", 0, None)


def test_a_part_in_the_air_is_an_island_until_it_is_held():
    post, beam = box((10, 10, 10)), box((30, 10, 5), (0, 0, 20))
    hanging = box((5, 5, 5), (20, 0, 17))
    found = finding(islands, together(post, hanging, beam))
    assert (found.verdict, found.value, found.fix) == ("warn", 1, "orient")  # it holds the beam
    assert "the lowest 17 mm above the bed, the largest with 25 mm²" in found.message
    lower = np.flatnonzero(found.overlay)
    normals = together(post, hanging, beam).triangles
    assert set(normals[lower][:, :, 2].ravel()) == {17.0}
    assert finding(islands, together(post, hanging, beam.with_vertices(beam.vertices + [0, 0, 3]))).value == 2
    assert finding(islands, together(box((10, 10, 20)), beam)).value == 0


def test_a_tip_that_hangs_down_is_an_island_however_small():
    arm = together(box((10, 10, 30)), box((30, 10, 5), (0, 0, 25)))
    drop = tetrahedron()
    tip = drop.with_vertices(drop.vertices * [6, 6, -8] + [20, 2, 25]).flipped()
    found = finding(islands, together(arm, tip))
    assert found.value == 1
    assert finding(islands, together(arm, tip), min_mm2=5.0).value == 0


def test_pieces_a_line_apart_stick_and_farther_ones_do_not():
    post = box((10, 10, 10))
    assert finding(islands, together(post, box((2, 2, 2), (10.3, 4, 8)))).value == 0
    assert finding(islands, together(post, box((2, 2, 2), (10.9, 4, 8)))).value == 1


@pytest.mark.parametrize("turn", [0, 10, 45])
def test_where_it_lies_and_how_it_is_turned_do_not_matter(turn):
    mesh = together(gate(30), box((3, 3, 3), (20, 3, 10)))
    turned = rotate(Asset(mesh), z_deg=turn).mesh
    turned = soup(turned.with_vertices(turned.vertices + [123.4, 5.6, 7.8]))
    assert finding(islands, turned).value == 1
    assert finding(bridges, turned).value == pytest.approx(30, rel=0.035)


@pytest.mark.parametrize(("span", "verdict"), [(5, "pass"), (10, "pass"), (10.6, "warn"), (30, "warn")])
def test_a_gate_has_a_bridge(span, verdict):
    found = finding(bridges, gate(span))
    assert found.value == pytest.approx(span)
    assert (found.verdict, found.unit, found.limit) == (verdict, "mm", "at most 10")
    assert "5-25" in found.source or "design guides" in found.source
    assert found.overlay.max() == pytest.approx(span)
    assert (len(found.faces) > 0) == (verdict == "warn")


def test_a_tee_has_ledges_that_count_twice():
    found = finding(bridges, tee(13))
    assert (found.verdict, found.value) == ("warn", pytest.approx(26))
    assert "the longest bridge measures 0 mm, the longest ledge 13 mm" in found.message
    assert finding(bridges, tee(4.8)).verdict == "pass"
    mesh = tee(13)
    assert set(mesh.triangles[found.faces][:, :, 2].ravel()) == {20.0}


def test_a_ledge_is_as_long_as_the_way_to_what_holds_it():
    mesh = tee(13)
    solid = columns(mesh.vertices, mesh.faces, 0.2)
    cut = layers(solid, 0.2)
    found = spans(cut)
    x = solid.centers(cut.cell[found.runs])[:, 0]
    assert np.isinf(found.bridge).all()
    assert found.ledge == pytest.approx(np.abs(x - 15) - 2 + 0.1)  # to the far side of the cell


def test_without_any_reach_a_span_still_hangs_on_its_posts():
    for mesh in (gate(30), tee(13)):
        start, _ = pieces(layers(columns(mesh.vertices, mesh.faces, 0.2), 0.2), 0.0)
        assert len(start) == 0


def test_the_short_way_over_a_hole_is_the_bridge():
    long_way = gate(8, width=40)
    assert finding(bridges, long_way).value == pytest.approx(8)
    walled = together(long_way, box((28, 2, 20), (0, 38, 0)))
    assert finding(bridges, walled).value == pytest.approx(8)


def test_a_room_is_bridged_across_its_narrower_side():
    room = together(box((40, 20, 12)), box((34, 14, 8), (3, 3, 2)).flipped())
    assert finding(bridges, room).value == pytest.approx(14)


def test_slopes_and_arches_need_no_long_bridge():
    assert finding(bridges, sphere(20, 6)).verdict == "pass"
    lying = rotate(Asset(torus(12, 4, 96, 48)), x_deg=90).mesh
    assert finding(bridges, lying).verdict == "pass"
    assert finding(bridges, box((10, 10, 10))).value == 0


def test_the_limit_can_be_set_and_is_the_printers():
    assert finding(bridges, gate(30), max_mm=30).verdict == "pass"
    assert finding(bridges, gate(30), max_mm=30).source.startswith("setting")
    assert finding(bridges, gate(7), printer="resin-small").verdict == "warn"
    assert finding(bridges, gate(7), printer="resin-small").limit == "at most 5"


def test_powder_carries_everything():
    floating = together(box((10, 10, 10)), box((5, 5, 5), (20, 0, 17)))
    for check in (islands, bridges):
        found = finding(check, floating, printer="sls-bureau")
        assert found.verdict == "pass"
        assert "powder" in found.message


def test_without_an_inside_there_are_no_layers():
    for check in (islands, bridges):
        assert finding(check, grid()).verdict == "unknown"
        assert finding(check, Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "unknown"
        assert finding(check, box((10, 10, 10)).keep_faces(np.arange(2, 12))).fix == "solidify"


def test_small_faces_between_the_columns_are_marked_too():
    post, ball = box((10, 10, 30)), sphere(3, 5)
    mesh = together(post, ball.with_vertices(ball.vertices + [20, 0, 20]))
    found = finding(islands, mesh)
    assert found.value == 1
    lowest = mesh.triangles[:, :, 2].max(axis=1) < 17.09
    ball_faces = np.arange(len(mesh.faces)) >= len(post.faces)
    assert set(np.flatnonzero(lowest & ball_faces)) <= set(found.faces)
    assert mesh.triangles[found.faces][:, :, 2].min(axis=1).max() < 17.5


def test_the_layer_is_the_printers():
    fine = Printer.named("prusa-mk4").replace(layer_mm=0.05, name="fine")
    raised = together(box((10, 10, 10)), box((5, 5, 5), (20, 0, 0.19)))
    assert finding(islands, raised).value == 0  # less than a layer above the bed
    assert finding(islands, raised, printer=fine).value == 1
    assert finding(islands, raised.with_vertices(raised.vertices * [1, 1, 1.2])).value == 1
