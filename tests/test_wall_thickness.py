from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.wall_thickness import wall_thickness
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.geometry.inside.thickness import sharp_edges
from maquette.geometry.inside.thickness import wall_thickness as measured
from maquette.geometry.sampling import surface_samples
from maquette.geometry.surface import face_areas
from maquette.shape.mend.unite import unite
from maquette.shape.place.rotate import rotate
from maquette.shape.place.scale_to import scale_to
from shapes import box, grid, soup, sphere, tetrahedron, together, torus


def finding(mesh: Mesh, **settings):
    (found,) = wall_thickness(Asset(mesh, sized=True), **{"samples": 20_000, **settings})
    return found


def walls_of(mesh: Mesh, count: int = 8000, rim: float = 0.4):
    samples = surface_samples(mesh.vertices, mesh.faces, count)
    return samples, measured(mesh.vertices, mesh.faces, samples, rim=rim)


def prism(angle_deg: float, length: float = 40.0) -> Mesh:
    """A wedge: two walls of 20 that meet under this angle along y."""
    across = 20 * np.tan(np.radians(angle_deg / 2))
    corners = [(0, 0), (20, -across), (20, across)]
    vertices = [[x, y, z] for y in (0.0, length) for x, z in corners]
    return Mesh(vertices, [[0, 1, 2], [3, 5, 4], [0, 3, 4], [0, 4, 1], [1, 4, 5], [1, 5, 2], [2, 5, 3], [2, 3, 0]])


def test_samples_are_even_and_the_same_every_time():
    mesh = torus(20, 6)
    samples = surface_samples(mesh.vertices, mesh.faces, 20000)
    areas = face_areas(mesh.vertices, mesh.faces)
    assert samples.area * 20000 == pytest.approx(areas.sum())
    assert np.abs(np.bincount(samples.faces, minlength=len(areas)) * samples.area - areas).max() <= samples.area
    again = surface_samples(mesh.vertices, mesh.faces, 20000)
    assert (samples.points == again.points).all()
    big = surface_samples(box((1, 1, 1)).vertices, box((1, 1, 1)).faces, 6000)
    inside = np.histogramdd(big.points[big.points[:, 2] == 0][:, :2], bins=(5, 5), range=[(0, 1), (0, 1)])[0]
    assert inside.min() > 0.8 * 40
    assert inside.max() < 1.2 * 40


def test_a_plate_reads_its_thickness_up_to_the_rim_and_the_rim_nothing_else():
    samples, walls = walls_of(box((40, 40, 1)))
    told = np.isfinite(walls)
    assert (np.abs(walls[told] - 1) < 0.05).mean() > 0.999
    to_rim = np.abs(np.abs(samples.points[:, :2] - 20).max(axis=1) - 20)
    flat = np.abs(samples.normals[:, 2]) == 1
    assert told[flat & (to_rim > 0.41)].all()
    assert not told[flat & (to_rim < 0.39)].any()
    assert told.mean() > 0.9


@pytest.mark.parametrize("turn", [0, 33])
def test_a_box_reads_its_size_away_from_the_edges(turn):
    mesh = rotate(Asset(box((10, 10, 10))), x_deg=turn, y_deg=turn / 2).mesh
    _, walls = walls_of(mesh)
    assert walls[np.isfinite(walls)] == pytest.approx(10, rel=1e-6)
    assert np.isfinite(walls).mean() > 0.5


@pytest.mark.parametrize("radius", [1.0, 10.0])
def test_a_ball_reads_its_diameter_and_a_ring_its_tube(radius):
    _, walls = walls_of(sphere(radius, 5))
    assert np.isfinite(walls).all()
    assert walls == pytest.approx(2 * radius, rel=0.02)
    _, tube = walls_of(torus(20, 3, 96, 48))
    assert tube == pytest.approx(6, rel=0.04)


def test_a_shell_reads_its_wall_on_both_sides():
    _, walls = walls_of(together(sphere(20, 5), sphere(18, 5).flipped()), 20000)
    assert np.isfinite(walls).mean() > 0.99
    assert np.nanmedian(walls) == pytest.approx(2, rel=0.05)
    assert np.nanmax(walls) < 2.3


def test_walls_that_lean_count_by_the_ball_between_them():
    samples, walls = walls_of(prism(30), 20000)
    lean = (samples.points[:, 0] < 14) & (np.abs(samples.points[:, 1] - 20) < 10) & np.isfinite(walls)
    along = np.linalg.norm(samples.points[lean][:, [0, 2]], axis=1)  # from the edge, on the wall
    assert lean.sum() > 500
    assert walls[lean] == pytest.approx(2 * along * np.tan(np.radians(15)), rel=0.1)


@pytest.mark.parametrize("angle", [16, 20, 30, 45, 54, 60])
@pytest.mark.parametrize("turn", [0, 33])
def test_a_wedge_has_an_edge_and_no_thin_wall(angle, turn):
    mesh = rotate(Asset(prism(angle)), x_deg=turn, y_deg=turn / 2).mesh
    found = finding(mesh, samples=20000)
    assert (found.verdict, len(found.faces)) == ("pass", 0)
    assert 0.8 * 0.99 < found.value < 1.3


def test_a_blade_is_a_thin_wall_and_so_is_a_wedge_cut_off_where_it_goes_on():
    thin = finding(prism(5))  # under 0.8 mm for 9 of its 20 mm
    assert thin.verdict == "fail"
    assert float(thin.message.split("%")[0]) == pytest.approx(100 * 2 * 9.16 / 42, rel=0.05)
    sheet = box((40, 40, 0.6))
    lean = (sheet.vertices[:, 0] == 40) & (sheet.vertices[:, 2] > 0)
    assert finding(sheet.with_vertices(sheet.vertices - np.where(lean, 0.2, 0)[:, None] * [0, 0, 1])).verdict == "fail"


def test_an_uneven_sheet_is_a_thin_wall_for_all_its_slopes():
    x = np.linspace(0, 40, 41)
    top = 0.5 + 0.15 * (np.arange(41) % 2)  # zigzag: slopes of 8.5 and, squeezed, 17 degrees
    corners = np.concatenate([np.stack([x / 2, 0 * x], 1), np.stack([x, top], 1)[::-1] * [0.5, 1]])
    n = len(corners)
    vertices = [[u, v, w] for v in (0.0, 30.0) for u, w in corners]
    i = np.arange(40)
    strip = np.concatenate([np.stack([i, i + 1, n - 1 - i], 1), np.stack([i + 1, n - 2 - i, n - 1 - i], 1)])
    ring = np.stack([np.arange(n), (np.arange(n) + 1) % n], 1)
    side = np.concatenate(
        [np.c_[ring[:, 0], ring[:, 0] + n, ring[:, 1]], np.c_[ring[:, 1], ring[:, 0] + n, ring[:, 1] + n]]
    )
    mesh = Mesh(vertices, np.concatenate([strip, strip[:, ::-1] + n, side]))
    found = finding(mesh)
    assert found.verdict == "fail"
    assert float(found.message.split("%")[0]) > 95


def test_what_lies_inside_another_part_is_no_wall():
    sunk = together(box((20, 20, 10)), box((6, 6, 10), (7, 7, 9.5)))
    found = finding(sunk)
    assert (found.verdict, found.value) == ("pass", pytest.approx(6))


def test_a_wire_is_thin_though_it_is_round():
    found = finding(torus(10, 0.3, 96, 24))
    assert found.verdict == "fail"
    assert found.value == pytest.approx(0.6, rel=0.1)
    assert float(found.message.split("%")[0]) > 95


def test_the_limit_can_be_set():
    found = finding(box((40, 40, 0.5)), min_mm=0.4)
    assert (found.verdict, found.limit) == ("pass", "at least 0.4")
    assert found.source.startswith("setting")


def test_surfaces_that_do_not_face_each_other_bound_no_wall():
    assert np.isnan(walls_of(prism(70).keep_faces([2, 3, 6, 7]))[1]).all()
    assert np.isfinite(walls_of(prism(50).keep_faces([2, 3, 6, 7]))[1]).mean() > 0.5


def test_sharp_edges_of_a_box_are_its_twelve_and_none_of_a_ball_or_a_notch():
    made = sharp_edges(box().vertices, box().faces)
    assert np.linalg.norm(made.end - made.start, axis=1) == pytest.approx(np.ones(12))
    assert len(sharp_edges(sphere(1, 3).vertices, sphere(1, 3).faces).start) == 0
    assert len(sharp_edges(box().vertices, box().flipped().faces).start) == 0


def test_open_flipped_and_empty_tell_of_no_wall():
    assert np.isnan(walls_of(grid())[1]).all()
    assert np.isnan(walls_of(box((10, 10, 10)).flipped())[1]).all()
    assert finding(grid()).verdict == "unknown"
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "unknown"


@pytest.mark.parametrize(("thick", "verdict"), [(0.5, "fail"), (0.79, "fail"), (0.8, "pass"), (2.0, "pass")])
def test_the_limit_is_the_printers_and_the_limit_itself_is_fine(thick, verdict):
    found = finding(box((40, 40, thick)))
    assert found.verdict == verdict
    assert found.value == pytest.approx(thick)
    assert found.limit == "at least 0.8, 1 where it stands free"
    assert "0.42 mm lines" in found.source


def test_another_printer_another_limit():
    assert finding(box((40, 40, 0.5)), printer="resin-small").verdict == "pass"
    assert finding(box((40, 40, 0.5)), printer="resin-small").limit == "at least 0.4, 0.6 where it stands free"


def test_a_fin_on_a_block_is_a_warning_and_marked():
    fin = box((0.5, 6, 6), (5, 7, 20))
    found = finding(together(box((20, 20, 20)), fin))
    assert found.verdict == "warn"
    assert set(found.faces) <= set(range(12, 24))
    assert found.overlay[found.faces] == pytest.approx(0.5)
    assert found.overlay[:12] == pytest.approx(20)
    assert len(found.overlay) == 24
    assert finding(together(box((20, 20, 20)), fin), max_share=0.001).verdict == "fail"


def test_a_tip_is_no_thin_wall():
    mesh = tetrahedron()
    assert finding(mesh.with_vertices(mesh.vertices * 400)).verdict == "pass"


def test_thickening_is_the_fix_and_so_is_scaling_up():
    thin = Asset(box((40, 40, 0.5)))
    (found,) = wall_thickness(thin)
    assert found.fix == "thicken"
    (mended,) = wall_thickness(scale_to(thin, height_mm=1))
    assert (mended.verdict, mended.value) == ("pass", pytest.approx(1))


def test_split_vertices_read_the_same():
    mesh = together(box((40, 40, 1)), sphere(5, 3))
    apart, whole = finding(soup(mesh)), finding(mesh)
    assert apart.value == whole.value
    assert (apart.overlay == whole.overlay).all()


def test_a_ball_shrinks_from_what_no_ray_meets():
    hollow = sphere(4, 4).flipped()
    block = together(box((40, 40, 20)), hollow.with_vertices(hollow.vertices + [20, 20, 10]))
    samples, walls = walls_of(block, 20000)
    aside = np.linalg.norm(samples.points[:, :2] - 20, axis=1)
    ring = (samples.points[:, 2] == 20) & (aside > 6.4) & (aside < 6.9)
    assert ring.sum() > 20
    expected = (aside[ring] ** 2 + 10**2 - 4**2) / 14  # the ball that touches the top and the hollow
    assert np.median(np.abs(walls[ring] / expected - 1)) < 0.1
    assert (walls[ring] < 12).mean() > 0.6


def test_half_the_limit_from_an_edge_a_bar_still_has_a_middle():
    found = finding(box((1.2, 1.2, 40)))
    assert (found.verdict, found.value) == ("pass", pytest.approx(1.2))


def test_faces_without_a_sample_take_the_nearest():
    ball = sphere(5, 6)
    found = finding(together(box((40, 40, 1)), ball.with_vertices(ball.vertices + [0, 0, 30])), samples=2000)
    assert found.overlay[:12] == pytest.approx(1)
    assert found.overlay[12:] == pytest.approx(10, rel=0.05)


def fin(width_mm: float, *, posts: int = 0) -> Mesh:
    """A foot with a thin wall upon it, of one solid, held by as many posts beside it."""
    foot = box((30, 20, 4))
    wall = box((20, width_mm, 12))
    wall = wall.with_vertices(wall.vertices + [5, 9, 3.5])
    post = box((4, 6, 12))
    sides = [post.with_vertices(post.vertices + [x, 7, 3.5]) for x in (2.0, 24.0)[:posts]]
    return unite(Asset(together(foot, wall, *sides))).mesh


def test_a_fin_has_the_limit_of_walls_that_stand_free():
    found = finding(fin(0.9))
    assert found.verdict == "warn"
    assert "a wall that stands free and is under 1 mm" in found.message
    assert found.limit == "at least 0.8, 1 where it stands free"
    heights = fin(0.9).triangles[found.faces][..., 2]
    assert len(found.faces)
    assert heights.max() > 10  # the fin, and not the foot
    assert finding(fin(1.05)).verdict == "pass"
    assert finding(fin(0.9), min_mm=0.8).verdict == "pass"  # somebody knows better
    assert finding(fin(0.7)).verdict == "fail"


def test_a_wall_between_posts_holds_itself():
    assert finding(fin(0.9, posts=2)).verdict == "pass"


def test_a_shell_and_a_tube_stand_by_themselves():
    assert finding(together(sphere(20, 5), sphere(19.1, 5).flipped())).verdict == "pass"
    assert finding(box((40, 40, 0.9))).verdict == "pass"  # nothing to break off from
