"""Heights as triangles tile by tile: nothing gapes, nothing is further off than the bound."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.flat.terrain import close_below, deviations, rim, triangulate_heights
from maquette.geometry.flat.tiled import triangulate_tiled
from maquette.geometry.topology import is_watertight


def rough(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(np.random.default_rng(seed).random(shape), 3).astype(np.float32) * 8


@pytest.mark.parametrize("shape", [(130, 130), (64, 200), (300, 129), (65, 65)])
@pytest.mark.parametrize("bound", [0.02, 0.1])
def test_tiles_fit_and_keep_the_bound(shape, bound):
    heights = rough(shape)
    places, faces = triangulate_tiled(heights, bound, tile=64)
    off = deviations(heights, places, faces)
    assert off.min() >= 0
    assert off.max() <= bound * (1 + 1e-4)
    border = rim(places, heights.shape)
    _, closed = close_below(places, faces, border)
    assert is_watertight(closed)
    assert len(np.unique(places, axis=0)) == len(places)


def test_what_fits_in_one_tile_is_done_in_one():
    heights = rough((60, 60))
    one, other = triangulate_tiled(heights, 0.05), triangulate_heights(heights, 0.05)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_tiles_cost_little_more():
    heights = rough((400, 400), 1)
    tiled, whole = triangulate_tiled(heights, 0.1, tile=128), triangulate_heights(heights, 0.1)
    assert len(tiled[1]) < 1.6 * len(whole[1])
