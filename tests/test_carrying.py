"""Colours, materials, parts and textures that find their place on a new surface."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from maquette.core.asset import Asset, Material, Texture
from maquette.core.mesh import Mesh
from maquette.core.texture_pixels import pixels
from maquette.geometry.look.patches import patches
from maquette.geometry.look.texels import bilinear
from maquette.geometry.remake.transfer import carry_uv, charts, landing
from maquette.geometry.sampling import surface_samples
from maquette.shape.carry.carrying import carry_over
from samples import png
from shapes import box, grid, sphere


def globe(subdivisions: int = 4, texture_px: int = 512) -> Asset:
    """A ball with a world map's uv, a seam down its back, and a picture whose colour tells the direction."""
    mesh = sphere(20.0, subdivisions)
    middle = mesh.triangles.mean(axis=1)
    base = np.arctan2(middle[:, 1], middle[:, 0])
    angle = np.arctan2(mesh.triangles[:, :, 1], mesh.triangles[:, :, 0])
    turn = np.round((angle - base[:, None]) / (2 * np.pi)) * 2 * np.pi
    pole = np.hypot(mesh.triangles[:, :, 0], mesh.triangles[:, :, 1]) < 1e-9
    u = np.where(pole, base[:, None], angle - turn) / (2 * np.pi) + 0.5
    v = np.arccos(np.clip(mesh.triangles[:, :, 2] / 20, -1, 1)) / np.pi
    across, down = np.meshgrid((np.arange(texture_px) + 0.5) / texture_px, (np.arange(texture_px) + 0.5) / texture_px)
    pixels = direction_colors((across - 0.5) * 2 * np.pi, down * np.pi)
    material = Material(name="map", base_color_texture=Texture(png(pixels)))
    uv = np.stack([u, v], axis=-1)
    return Asset(mesh.replace(uv=uv, material=np.zeros(len(mesh.faces))), (material,))


def direction_colors(longitude, polar):
    """A colour for each direction, the same wherever one comes from."""
    x, y, z = np.sin(polar) * np.cos(longitude), np.sin(polar) * np.sin(longitude), np.cos(polar)
    return np.round(127.5 * (1 + np.stack([x, y, z], axis=-1))).astype(np.uint8)


def colors_of(asset: Asset, count: int = 20_000):
    """Points spread over an asset and the colours its textures show there."""
    mesh = asset.mesh
    spread = surface_samples(mesh.vertices, mesh.faces, count)
    corners = mesh.triangles[spread.faces]
    weights = np.stack([np.linalg.solve(c.T, p) for c, p in zip(corners + 0.0, spread.points, strict=True)])
    uv = np.einsum("nk,nkd->nd", weights, mesh.uv[spread.faces].astype(float))
    shown = np.zeros((count, 3))
    for index, material in enumerate(asset.materials):
        mine = mesh.material[spread.faces] == index
        if mine.any():
            shown[mine] = np.round(bilinear(pixels(material.base_color_texture), uv[mine]))
    return spread.points, shown


def wrong(asset: Asset) -> np.ndarray:
    """How far each shown colour is from its direction's."""
    points, shown = colors_of(asset)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    return np.abs(shown - 127.5 * (1 + unit)).max(axis=1)


def turn_ball(mesh: Mesh) -> Mesh:
    """The ball turned about a slanted axis, so that no vertex stays."""
    angle = 0.7
    first = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    second = first[[2, 0, 1]][:, [2, 0, 1]]
    return mesh.with_vertices(mesh.vertices @ (first @ second).T)


def test_a_texture_survives_a_new_triangulation_seams_included():
    source = globe()
    new = turn_ball(sphere(20.0, 4))
    made = carry_over(source, new.vertices, new.faces)
    far = wrong(made)
    assert np.percentile(far, 99) < 8
    assert far.max() < 40  # at the pole of the map
    assert len(made.materials) == 2
    assert 0.01 < (made.mesh.material == 1).mean() < 0.15


def test_uv_alone_tears_at_the_seam():
    """What the patches are for: without them hundreds of points show a colour from across the map."""
    source = globe()
    new = turn_ball(sphere(20.0, 4))
    lying = landing(source.mesh.vertices, source.mesh.faces, new.vertices, new.faces)
    uv, good = carry_uv(source.mesh.vertices, source.mesh.faces, source.mesh.uv, new.vertices, new.faces, lying)
    bare = source.replace(mesh=new.replace(uv=uv, material=np.zeros(len(new.faces))))
    assert (wrong(bare) > 40).sum() > 100
    assert (~good).sum() > 20


def test_the_same_surface_keeps_every_bit():
    source = globe(3)
    mesh = source.mesh
    made = carry_over(source, mesh.vertices, mesh.faces)
    assert made.mesh == mesh
    assert made.materials == source.materials


def test_faces_that_stay_keep_their_uv_whatever_their_order_and_first_corner():
    source = globe(3)
    mesh = source.mesh
    order = np.random.default_rng(0).permutation(len(mesh.faces))
    made = carry_over(source, mesh.vertices, np.roll(mesh.faces[order], 1, axis=1))
    assert np.array_equal(made.mesh.uv, np.roll(mesh.uv[order], 1, axis=1))


def test_a_thin_wall_keeps_both_colors_and_parts():
    plate = box((40, 40, 0.2))
    up = plate.triangles[:, :, 2].mean(axis=1) > 0.15
    down = plate.triangles[:, :, 2].mean(axis=1) < 0.05
    color = np.where(plate.vertices[:, 2:] > 0.1, [[255, 0, 0]], [[0, 0, 255]])
    asset = Asset(
        plate.replace(material=np.where(up, 1, 0), part=np.where(down, 1, 0), color=color, seen=up.max() * np.ones(8)),
        (Material(name="under"), Material(name="upper")),
        ("rest", "bottom"),
    )
    top = grid(8, 8)
    above = top.with_vertices(top.vertices * [4, 4, 0] + [4, 4, 0.09])  # nearer to the underside
    made = carry_over(asset, above.vertices, above.faces)
    assert (made.mesh.material == 1).all()
    assert (made.mesh.part == 0).all()
    assert (made.mesh.color == [255, 0, 0]).all()
    assert (made.mesh.seen == 1).all()


def test_a_bare_model_stays_bare():
    new = sphere(20, 2)
    assert carry_over(Asset(sphere(20, 3)), new.vertices, new.faces).mesh == new


def test_charts_are_told_apart_by_their_seams():
    sheet = grid(4, 4)
    assert len(np.unique(charts(sheet.faces, sheet.uv))) == 1
    cut = sheet.uv.copy()
    cut[sheet.triangles[:, :, 0].mean(axis=1) > 2] += [1, 0]
    assert len(np.unique(charts(sheet.faces, cut))) == 2


@pytest.mark.parametrize("square", [4, 7, 16])
def test_patches_do_not_share_a_texel_that_filtering_reads(square):
    mesh = sphere(20, 2)
    made = patches(mesh.triangles, square)
    owner = np.full(made.side**2, -1)
    owner[made.texel] = made.face
    assert len(np.unique(made.texel)) == len(made.texel)
    rng = np.random.default_rng(0)
    weights = rng.dirichlet([1, 1, 1], (len(mesh.faces), 20))
    at = np.einsum("fnk,fkd->fnd", weights, made.uv) * made.side - 0.5
    for step in ((0, 0), (0, 1), (1, 0), (1, 1)):
        texel = np.floor(at + 1e-9).astype(int) + step
        share = np.where(step, at - np.floor(at + 1e-9), 1 - at + np.floor(at + 1e-9)).min(axis=-1)
        read = owner[texel[..., 1] * made.side + texel[..., 0]]
        assert (
            read[share > 1e-6] == np.broadcast_to(np.arange(len(mesh.faces))[:, None], read.shape)[share > 1e-6]
        ).all()


def test_baked_pictures_are_as_dense_as_the_old_one():
    new = turn_ball(sphere(20.0, 3))
    sides = []
    for texture_px in (128, 512):
        made = carry_over(globe(4, texture_px), new.vertices, new.faces)
        sides.append(Image.open(io.BytesIO(made.materials[1].base_color_texture.data)).size[0])
    assert 2 < sides[1] / sides[0] < 4
