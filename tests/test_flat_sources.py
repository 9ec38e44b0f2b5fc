"""Heights from models, faces and colours, and what of them a printer loses."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.mesh import Mesh
from maquette.core.progress import noting
from maquette.core.subject import Subject
from maquette.geometry.flat.bas_relief import integrate_steps, press_depth
from maquette.geometry.topology import is_watertight
from samples import ball, cut_out
from shapes import box


def hills(size: int = 80) -> np.ndarray:
    y, x = np.mgrid[:size, :size] / size
    return np.sin(5 * x) * np.cos(4 * y) + 0.02 * np.sin(60 * x)


def test_steps_are_put_together_again():
    plane = hills()
    right, down = np.zeros_like(plane), np.zeros_like(plane)
    right[:, :-1], down[:-1] = np.diff(plane, axis=1), np.diff(plane, axis=0)
    assert integrate_steps(right, down) == pytest.approx(plane - plane.mean(), abs=1e-9)


def test_pressing_leaves_small_forms_a_larger_share():
    x = np.arange(80.0)
    slope = np.where(x < 40, 1.0, 0.1 * np.sin(x))  # a steep flank, and ripples behind it
    plane, inside = np.tile(np.cumsum(slope), (60, 1)), np.ones((60, 80), bool)

    def ripple(level: np.ndarray) -> float:
        return float(np.ptp(level[30, 50:70]))

    plain, flat = press_depth(plane, inside, 0.0), press_depth(plane, inside, 10.0)
    assert (plain.min(), plain.max(), flat.min(), flat.max()) == (0, 1, 0, 1)
    assert ripple(flat) > 2 * ripple(plain)


def test_a_step_at_an_outline_costs_no_height():
    plane = hills(80) * 0.1
    plane[:, 40:] += 50
    level = press_depth(plane, np.ones((80, 80), bool), 2.0)
    assert np.ptp(level[:, :38]) > 0.3
    assert np.ptp(level[:, 42:]) > 0.3


def test_a_ball_becomes_a_round_hill_on_its_ground():
    heightmap = mq.bas_relief(ball(), width_mm=40, pitch_mm=0.4, relief_mm=3, base_mm=1, pressing=1)
    rows, columns = heightmap.heights.shape
    assert heightmap.heights[0, 0] == pytest.approx(1)
    assert heightmap.heights[rows // 2, columns // 2] == pytest.approx(4, abs=0.1)
    row = heightmap.heights[rows // 2]
    assert row == pytest.approx(row[::-1], abs=0.25)
    assert is_watertight(mq.plate(heightmap).mesh.faces)
    with pytest.raises(CannotDo, match="no surface"):
        mq.bas_relief(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))))


def test_a_portrait_stands_out_from_level_ground():
    heightmap = mq.portrait_heights(cut_out(96), width_mm=60, pitch_mm=0.5, relief_mm=3, base_mm=1.5)
    outside = np.asarray(heightmap.mask) < 0.01
    assert heightmap.heights[outside] == pytest.approx(1.5, abs=0.35)
    inside = np.asarray(heightmap.mask) > 0.9
    assert heightmap.heights[inside].mean() > 2.2
    assert heightmap.heights.max() <= 4.5 + 1e-5
    assert is_watertight(mq.plate(heightmap).mesh.faces)


def test_each_color_has_its_height_and_says_it():
    pixels = np.zeros((60, 90, 3), np.uint8)
    pixels[:, 30:60] = [200, 30, 30]
    pixels[:, 60:] = 240
    heightmap = mq.color_heights(Subject(pixels), colors=3, width_mm=90, pitch_mm=1, step_mm=0.5, base_mm=1)
    assert heightmap.heights[30, [10, 45, 80]] == pytest.approx([1, 1.5, 2])
    assert [line[-13:].strip() for line in heightmap.history[-1].notes] == [
        "ends at 1 mm",
        "nds at 1.5 mm",
        "ends at 2 mm",
    ]
    other = mq.color_heights(Subject(pixels), colors=3, width_mm=90, pitch_mm=1, order="light-low", base_mm=1)
    assert other.heights[30, 80] < other.heights[30, 10]


def test_islands_narrower_than_a_line_join_their_surroundings():
    pixels = np.full((100, 100, 3), 250, np.uint8)
    pixels[20:60, 20:60] = 10
    pixels[80, 80] = 10
    made = mq.color_heights(Subject(pixels), colors=2, width_mm=50, pitch_mm=0.5, island_mm=2).heights
    assert made[80, 80] == made[5, 5]
    assert made[40, 40] < made[5, 5]


def test_hair_lines_are_lost_and_broad_ones_not():
    heights = np.ones((100, 100), np.float32)
    heights[:, 20] = 2  # a ridge of 0.1 mm
    heights[:, 45:66] = 2  # and one of 2 mm
    heights[:, 55] = 1.4  # with a groove in it
    with noting() as notes:
        picture = mq.lost_detail(Heightmap(heights, 0.1), line_mm=0.5, size_px=100)
    frame = picture.frames[0, ..., :3].astype(int)
    assert (frame[:, 20, 0] - frame[:, 20, 2] > 100).all()
    assert (frame[:, 55, 2] - frame[:, 55, 0] > 100).all()
    assert (np.ptp(frame[:, 51], axis=1) == 0).all()
    assert "1 mm² of ridges and 1 mm² of grooves" in notes[0]


def plate_like() -> Asset:
    return Asset(box((80, 60, 4)), sized=True)


def test_magnets_get_their_pockets_where_there_is_material():
    from maquette.geometry.surface import signed_volume

    before = plate_like().mesh
    for count in (1, 2, 4):
        mesh = mq.magnet_pockets(plate_like(), count=count, magnet_mm=8, thick_mm=2).mesh
        assert is_watertight(mesh.faces)
        gone = signed_volume(before.vertices, before.faces) - signed_volume(mesh.vertices, mesh.faces)
        assert gone == pytest.approx(count * np.pi * 4.1**2 * 2.1, rel=0.01)
    with pytest.raises(CannotDo, match=r"there are 4[;.]"):
        mq.magnet_pockets(plate_like(), thick_mm=4)


def test_a_foot_stands_beside_its_plate():
    from maquette.geometry.topology import face_components

    made = mq.plate_stand(plate_like())
    assert is_watertight(made.mesh.faces)
    assert face_components(made.mesh.faces)[0] == 2
    with pytest.raises(CannotDo, match="no plate"):
        mq.plate_stand(ball())


def test_a_jigsaw_has_its_pieces_a_gap_apart():
    from maquette.geometry.surface import signed_volume
    from maquette.geometry.topology import face_components

    made = mq.jigsaw(plate_like(), columns=4, rows=3, play_mm=0.2)
    assert is_watertight(made.mesh.faces)
    assert face_components(made.mesh.faces)[0] == 12
    assert made.part_names[0] == "piece 1-1"
    share = signed_volume(made.mesh.vertices, made.mesh.faces) / (80 * 60 * 4)
    assert 0.95 < share < 0.985
    again = mq.jigsaw(plate_like(), columns=4, rows=3, play_mm=0.2)
    assert again.digest == made.digest


def test_a_picture_larger_than_the_bed_comes_in_pieces_that_pegs_join():
    from maquette.geometry.surface import signed_volume

    y, x = np.mgrid[:67, :85]
    large = mq.plate(Heightmap((8 + np.sin(x / 9) * np.cos(y / 7)).astype(np.float32), 5.0), bound_mm=0.2)
    with noting() as notes:
        tiles = mq.split(large)
    assert any("pegs of 3 to" in one for one in notes)
    assert is_watertight(tiles.mesh.faces)
    assert len(tiles.part_names) == 4
    volume = [signed_volume(one.mesh.vertices, one.mesh.faces) for one in (large, tiles)]
    assert 0 < 1 - volume[1] / volume[0] < 2e-3  # what went into clearance


def test_no_edge_of_a_puzzle_is_a_point_in_a_file():
    y, x = np.mgrid[:226, :226]
    hills = 2 + np.sin(x / 9) * np.cos(y / 7) + 0.2 * np.sin(x * y / 40)
    mesh = mq.jigsaw(mq.plate(Heightmap(hills.astype(np.float32), 0.2)), columns=2, rows=2).mesh
    sides = mesh.vertices[mesh.faces] - mesh.vertices[np.roll(mesh.faces, 1, axis=1)]
    assert np.linalg.norm(sides, axis=2).min() > 1e-4
    assert is_watertight(mesh.faces)


def test_what_simplifying_leaves_short_is_merged_and_stays_closed():
    from manifold3d import Manifold

    from maquette.geometry.cut.solids import surface_for_files

    near = [[0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0], [5, 5, 8], [5, 5 + 3e-9, 8 + 1e-9], [3, 8, 5]]
    body = Manifold.cube([4.0, 4.0, 4.0]) - Manifold.hull_points(np.array(near) * 0.3 + [2, 2, 2])
    vertices, faces = surface_for_files(body + Manifold.cube([4.0, 4.0, 4.0]).translate([4 - 2e-5, 0.7, 0.1]))
    ends = np.linalg.norm(vertices[faces] - vertices[np.roll(faces, 1, axis=1)], axis=2)
    assert ends.min() > 1e-4
    assert is_watertight(faces)


def test_a_drawing_is_raised_on_a_ball_and_cut_into_a_box():
    from maquette.core.artwork import Artwork
    from maquette.geometry.surface import signed_volume

    square = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    art = Artwork.of([([5 * square, 3 * square[::-1]], (0, 0, 0))])
    base = signed_volume(plate_like().mesh.vertices, plate_like().mesh.faces)
    cut = mq.emboss_art(plate_like(), art, side="top", depth_mm=-1).mesh
    assert base - signed_volume(cut.vertices, cut.faces) == pytest.approx(64, rel=1e-3)
    raised = mq.emboss_art(ball(), art, width_mm=8, depth_mm=1).mesh
    assert is_watertight(raised.faces)
    assert signed_volume(raised.vertices, raised.faces) > signed_volume(ball().mesh.vertices, ball().mesh.faces)
