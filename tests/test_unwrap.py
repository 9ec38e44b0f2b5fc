"""Unwrap: charts do not overlap, and a texture shows what the vertices' colours showed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import maquette as mq
from maquette.core.errors import CannotDo
from maquette.geometry.rays import Tracer
from maquette.geometry.topology import is_watertight
from samples import ball
from shapes import box, sphere


def colored(mesh):
    low, high = mesh.bounds
    return mq.Asset(mesh.replace(color=((mesh.vertices - low) / (high - low) * 255).astype(np.uint8)))


def test_charts_lie_in_the_square_and_do_not_overlap():
    uv = mq.unwrap(mq.Asset(sphere(1, 4))).mesh.uv
    assert uv.min() >= 0
    assert uv.max() <= 1
    edges = uv[:, 1:] - uv[:, :1]
    area = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]).sum() / 2
    flat = np.concatenate([uv.reshape(-1, 2), np.zeros((uv.size // 2, 1))], axis=1).astype(float)
    grid = (np.mgrid[0:400, 0:400].reshape(2, -1).T + 0.5) / 400
    rays = np.concatenate([grid, np.ones((len(grid), 1))], axis=1)
    hit = Tracer(flat, np.arange(len(flat)).reshape(-1, 3)).first(rays, np.tile([0.0, 0, -1], (len(grid), 1)))
    covered = (hit.face >= 0).mean()
    assert area == pytest.approx(covered, abs=0.02)  # overlap would make the area larger than what it covers
    assert covered > 0.5


def test_texture_shows_the_vertex_colors():
    asset = colored(sphere(10, 4))
    made = mq.unwrap(asset, texture_px=512)
    texture = np.asarray(Image.open(io.BytesIO(made.materials[0].base_color_texture.data)))
    middle = made.mesh.uv.mean(axis=1)
    column, row = np.clip((middle * 512).astype(int), 0, 511).T
    expected = asset.mesh.color[asset.mesh.faces].mean(axis=1)
    assert np.abs(texture[row, column] - expected).max() < 12
    assert made.mesh.color is None
    assert is_watertight(made.mesh.faces)
    assert np.array_equal(made.mesh.faces, asset.mesh.faces)


def test_gutters_hold_the_nearest_color():
    made = mq.unwrap(colored(box((10, 10, 10))), texture_px=128)
    texture = np.asarray(Image.open(io.BytesIO(made.materials[0].base_color_texture.data)))
    assert (texture.max(axis=2) == 0).mean() < 0.05  # black only where the colour is: one corner of the box


def test_what_has_uv_comes_back_as_it_is():
    assert mq.unwrap(ball()).mesh == ball().mesh
    once = mq.unwrap(colored(box()))
    assert mq.unwrap(once).mesh == once.mesh


def test_too_many_faces_are_refused_with_the_stage_that_helps():
    with pytest.raises(CannotDo, match="simplify"):
        mq.unwrap(mq.Asset(sphere(1, 7)))
