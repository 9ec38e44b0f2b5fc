"""Unwrap: charts do not overlap, and a texture shows what the vertices' colours showed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import maquette as mq
from maquette.geometry.rays import Tracer
from maquette.geometry.remake.transfer import charts
from maquette.geometry.topology import is_watertight
from maquette.geometry.uv.scores import cover, density_spread, stretch
from maquette.texture.pictures import base_color_at
from samples import ball
from shapes import box, sphere, torus


def bumpy(count):
    """A torus with waves on it, of about so many faces."""
    across = int(np.sqrt(count / 5))
    around = 5 * across // 2
    ring = torus(10, 3, around, across)
    push = 1 + 0.02 * np.sin(ring.vertices[:, :1]) * np.cos(ring.vertices[:, 1:2] / 2)
    return ring.with_vertices(ring.vertices * push)


def with_colors(mesh):
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
    asset = with_colors(sphere(10, 4))
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
    made = mq.unwrap(with_colors(box((10, 10, 10))), texture_px=128)
    texture = np.asarray(Image.open(io.BytesIO(made.materials[0].base_color_texture.data)))
    assert (texture.max(axis=2) == 0).mean() < 0.05  # black only where the colour is: one corner of the box


def test_what_has_uv_comes_back_as_it_is():
    assert mq.unwrap(ball()).mesh == ball().mesh
    once = mq.unwrap(with_colors(box()))
    assert mq.unwrap(once).mesh == once.mesh


@pytest.mark.parametrize("method", ["xatlas", "cones"])
def test_both_ways_of_cutting_keep_lengths_and_share_no_texel(method):
    made = mq.unwrap(mq.Asset(bumpy(2000)), method=method, texture_px=512).mesh
    assert stretch(made.vertices, made.faces, made.uv).mean < 1.02
    assert cover(made.uv).overlap == 0
    assert cover(made.uv).fill > 0.35
    assert density_spread(made.vertices, made.faces, made.uv) < 0.12


def test_dense_meshes_are_cut_by_cones_and_say_in_how_many_charts():
    made = mq.unwrap(mq.Asset(bumpy(12_000)), texture_px=256)
    assert 4 < charts(made.mesh.faces, made.mesh.uv).max() + 1 < 40
    assert "charts" in made.notes[0]


def test_textures_are_painted_over_into_a_new_layout():
    old = ball()
    new = mq.unwrap(old, texture_px=512, old_uv="replace")
    assert cover(old.mesh.uv).overlap > 0.5  # the photo through and through: front and back share it
    assert cover(new.mesh.uv).overlap == 0
    middle = np.full((len(old.mesh.faces), 3), 1 / 3)
    face = np.arange(len(middle))
    before, after = (base_color_at(asset, face, middle).astype(int) for asset in (old, new))
    assert np.abs(before - after).mean() < 2
    assert np.array_equal(new.mesh.faces, old.mesh.faces)


def test_surfaces_without_area_get_uv_all_the_same():
    flat = mq.Mesh(np.zeros((3, 3)), [[0, 1, 2]])
    assert mq.unwrap(mq.Asset(flat), method="cones").mesh.uv.shape == (1, 3, 2)
