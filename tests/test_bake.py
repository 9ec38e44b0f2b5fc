"""Bake: a coarse model looks like the fine one that it came from."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.errors import BadInput
from maquette.core.mesh import Mesh
from maquette.core.texture_pixels import pixels
from maquette.geometry.uv.raster import texels_of
from maquette.texture.pictures import base_color_at
from shapes import box, grid, sphere


def fine():
    """A ball of many faces whose colour is its place."""
    mesh = sphere(20, 5)
    return mq.Asset(mesh.replace(color=((mesh.vertices + 20) / 40 * 255).astype(np.uint8)))


def coarse():
    return mq.unwrap(mq.Asset(sphere(20, 2)), texture_px=128)


def test_color_is_that_of_the_nearest_place():
    made = mq.bake(coarse(), fine(), texture_px=128, reach_share=0.1)
    texels = texels_of(made.mesh.uv, 128)
    shown = pixels(made.materials[0].base_color_texture).reshape(-1, 3)[texels.texel]
    points = texels.at(made.mesh.triangles)
    on_ball = 20 * points / np.linalg.norm(points, axis=1, keepdims=True)
    away = np.abs(shown - (on_ball + 20) / 40 * 255)
    assert away.max() < 12
    assert away.mean() < 2
    assert np.array_equal(made.mesh.faces, coarse().mesh.faces)


def test_the_normal_map_leans_as_the_source_does():
    """A sheet baked from a wave along x: red leans with the slope, green stays level; turned, it is the other way."""
    flat, wave = grid(2, 2), grid(64, 64)
    low, high = wave.bounds
    for axis in (0, 1):
        source = wave.with_vertices(wave.vertices + np.outer(_wave(wave, axis), [0, 0, 1]))
        made = mq.bake(mq.Asset(flat), mq.Asset(source), texture_px=64, reach_share=0.1, maps="normal")
        texels = texels_of(flat.uv, 64)
        local = pixels(made.materials[0].normal_texture).reshape(-1, 3)[texels.texel] / 255 * 2 - 1
        at = (texels.at(flat.triangles)[:, axis] - low[axis]) / (high[axis] - low[axis])
        lean = -0.02 * 2 * np.pi * np.cos(2 * np.pi * at)
        expected = lean / np.sqrt(1 + lean**2)
        way = _picture_axis(flat, axis)
        assert np.abs(local @ way - expected).max() < 0.04
        assert np.abs(local[:, 1 - np.abs(way).argmax()]).max() < 0.02


def _wave(mesh, axis):
    low, high = mesh.bounds
    along = (mesh.vertices[:, axis] - low[axis]) / (high[axis] - low[axis])
    return 0.02 * (high[axis] - low[axis]) * np.sin(2 * np.pi * along)


def _picture_axis(mesh, axis):
    """Which way in a normal map, red right and green up, a direction of the sheet points, (3,)."""
    ends = mesh.vertices[mesh.faces].reshape(-1, 3)
    uv = mesh.uv.reshape(-1, 2)
    slope = np.linalg.lstsq(ends[:, :2] - ends[:, :2].mean(axis=0), uv - uv.mean(axis=0), rcond=None)[0][axis]
    way = np.array([slope[0], -slope[1], 0.0])
    return way / np.linalg.norm(way)


def test_a_model_baked_onto_itself_keeps_its_colors():
    asset = mq.unwrap(fine(), method="cones", texture_px=256)
    made = mq.bake(asset, asset, texture_px=256, maps="color")
    face = np.arange(len(asset.mesh.faces))
    middle = np.full((len(face), 3), 1 / 3)
    assert np.abs(base_color_at(made, face, middle).astype(int) - base_color_at(asset, face, middle)).mean() < 1.5


def test_models_that_cannot_be_painted_are_refused():
    with pytest.raises(BadInput, match="unwrap"):
        mq.bake(mq.Asset(box()), fine())
    with pytest.raises(BadInput, match="no faces"):
        mq.bake(coarse(), mq.Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))))


def test_occlusion_is_half_beside_a_wall_and_none_on_a_ball():
    ball = mq.pbr_maps(coarse(), texture_px=64)
    assert pixels(ball.materials[0].orm_texture)[..., 0].min() > 240
    floor = grid(8, 8)
    low, high = floor.bounds
    wall = Mesh(
        np.array([[low[0], low[1], 0], [low[0], high[1], 0], [low[0], high[1], 50], [low[0], low[1], 50]])
        + [1e-3, 0, 0],
        [[0, 2, 1], [0, 3, 2]],
        uv=np.zeros((2, 3, 2)),
    )
    both = mq.Asset(
        Mesh(
            np.concatenate([floor.vertices, wall.vertices]),
            np.concatenate([floor.faces, wall.faces + len(floor.vertices)]),
            uv=np.concatenate([floor.uv, wall.uv]),
        )
    )
    made = mq.pbr_maps(both, texture_px=32, directions=512, reach_share=2.0)
    orm = pixels(made.materials[0].orm_texture)
    texels = texels_of(both.mesh.uv, 32)
    x = texels.at(both.mesh.triangles)[:, 0]
    width = high[0] - low[0]
    near = orm.reshape(-1, 3)[texels.texel][x < low[0] + 0.05 * width][:, 0]
    far = orm.reshape(-1, 3)[texels.texel][x > high[0] - 0.05 * width][:, 0]
    assert 110 < near.mean() < 160  # an endless high wall hides half of the light
    assert far.mean() > near.mean()
    assert set(np.unique(orm[..., 1:].reshape(-1, 2), axis=0).reshape(-1)) == {204, 0}  # roughness 0.8, metallic 0
