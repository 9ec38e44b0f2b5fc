from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.flat.outlines import (
    crossings,
    densify,
    grade_spacing,
    loop_areas,
    neighbours,
    outlines,
    resample,
    room,
    smooth,
)


def disc(radius: float, size: int = 128, *, hard: bool) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    inside = radius - np.hypot(x - size / 2 + 0.3, y - size / 2 - 0.2)
    return (inside > 0).astype(float) if hard else np.clip(inside + 0.5, 0, 1)


def radii(loop: np.ndarray, size: int = 128) -> np.ndarray:
    return np.hypot(loop[:, 0] - size / 2 + 0.3, loop[:, 1] - size / 2 - 0.2)


def turning(loop: np.ndarray) -> np.ndarray:
    """Degrees by which the line turns at each vertex."""
    step = np.roll(loop, -1, axis=0) - loop
    angle = np.arctan2(step[:, 1], step[:, 0])
    return np.degrees((np.roll(angle, -1) - angle + np.pi) % (2 * np.pi) - np.pi)


def test_soft_disc_is_found_to_a_fraction_of_a_pixel():
    (loop,) = outlines(disc(40, hard=False))
    assert np.abs(radii(loop) - 40).max() < 0.15
    assert radii(loop).std() < 0.05
    assert loop_areas([loop])[0] == pytest.approx(np.pi * 40**2, rel=2e-3)


def test_hard_disc_keeps_its_size_and_loses_its_steps():
    (steps,) = outlines(disc(50, hard=True), straighten=False)
    (loop,) = outlines(disc(50, hard=True))
    assert abs(radii(loop).mean() - 50) < 0.05
    assert radii(loop).std() < 0.5 * radii(steps).std()
    coarse = [resample(line, np.full(len(line), 4.0))[0] for line in (steps, loop)]
    assert turning(coarse[1]).std() < 0.5 * turning(coarse[0]).std()


def test_slanting_edge_of_a_hard_mask_becomes_straight():
    y, x = np.mgrid[:100, :200]
    (loop,) = outlines((y > 30 + 0.13 * x).astype(float))
    edge = loop[(loop[:, 0] > 20) & (loop[:, 0] < 180) & (loop[:, 1] < 70)]
    slope, height = np.polyfit(edge[:, 0], edge[:, 1], 1)
    assert slope == pytest.approx(0.13, abs=2e-3)
    assert np.abs(edge[:, 1] - slope * edge[:, 0] - height).max() < 0.2


def test_islands_turn_left_and_holes_turn_right():
    ring = disc(50, hard=False) - disc(20, hard=False)
    areas = loop_areas(outlines(ring))
    assert sorted(np.sign(areas)) == [-1, 1]
    assert areas.sum() == pytest.approx(np.pi * (50**2 - 20**2), rel=3e-3)


def test_diagonal_neighbours_hang_together_and_hairlines_survive():
    field = np.zeros((12, 12))
    field[np.arange(2, 10), np.arange(2, 10)] = 1
    (loop,) = outlines(field)
    assert loop_areas([loop])[0] > 0
    gaps = np.linalg.norm(loop[:, None] - loop[None], axis=2)
    assert gaps[~np.eye(len(loop), dtype=bool)].min() > 0.05


def test_what_fills_the_frame_ends_at_its_edge():
    (loop,) = outlines(np.ones((20, 30)))
    assert loop.min(axis=0) == pytest.approx([-0.5, -0.5], abs=0.15)
    assert loop.max(axis=0) == pytest.approx([29.5, 19.5], abs=0.15)


def test_nothing_gives_no_outline():
    assert outlines(np.zeros((5, 5))) == []


def test_crossings_count_the_grid_edges_between_in_and_out():
    field = np.zeros((5, 5))
    field[2, 2] = 1
    assert crossings(field) == 4
    assert crossings(np.ones((3, 4))) == 14


def test_neighbours_of_two_loops():
    before, after = neighbours(np.array([3, 2]))
    assert before.tolist() == [2, 0, 1, 4, 3]
    assert after.tolist() == [1, 2, 0, 4, 3]


def test_room_is_half_the_width_of_a_limb_and_of_a_gap():
    field = np.zeros((60, 80))
    field[20:28, 5:75] = 1  # a limb of width 8
    field[31:55, 5:75] = 1  # 3 below it a block
    loops = outlines(field)
    points, sizes = np.concatenate(loops), np.array([len(loop) for loop in loops])
    found = room(points, sizes, limit=30, tolerance=0.1)
    upper = (np.abs(points[:, 1] - 19.5) < 0.2) & (np.abs(points[:, 0] - 40) < 20)
    facing = (np.abs(points[:, 1] - 30.5) < 0.2) & (np.abs(points[:, 0] - 40) < 20)
    assert found[upper] == pytest.approx(4, abs=0.2)
    assert found[facing] == pytest.approx(1.5, abs=0.2)


def test_room_on_a_hairline_is_not_more_than_the_hairline():
    field = np.zeros((40, 60))
    field[20, 5:55] = 1
    (loop,) = outlines(field)
    side = np.abs(loop[:, 0] - 30) < 20
    assert room(loop, np.array([len(loop)]), limit=20, tolerance=5)[side].max() < 0.8


def test_smoothing_keeps_the_area():
    rng = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    loop = (50 + rng.normal(0, 0.3, 400))[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    made = smooth(loop, np.array([400]), 10)
    assert loop_areas([made])[0] == pytest.approx(loop_areas([loop])[0], rel=1e-3)
    assert np.abs(turning(made)).mean() < 0.3 * np.abs(turning(loop)).mean()


def test_resampling_follows_the_wanted_spacing():
    angle = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    loop = 100 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    wanted = np.where(loop[:, 0] > 0, 2.0, 8.0)
    made, spacing = resample(loop, grade_spacing(loop, np.array([2000]), wanted, growth=0.2))
    step = np.linalg.norm(np.roll(made, -1, axis=0) - made, axis=1)
    assert step == pytest.approx(spacing, rel=0.25)
    assert np.abs(np.diff(spacing)).max() <= 0.2 * step.max() + 1e-9


def test_densified_passes_through_its_points_and_near_the_circle():
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    loop = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    made = densify(loop, 0.02)
    assert len(made) == 24 * 16
    assert np.abs(made[::16] - loop).max() == 0
    assert np.abs(np.linalg.norm(made, axis=1) - 1).max() < 5e-4
