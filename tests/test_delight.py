"""Delight and baked light, on renders whose paint is known, under six lights."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.checks.looks.baked_light import baked_light
from maquette.core.errors import CannotDo
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.geometry.look.shading import fit_shading
from maquette.geometry.surface import vertex_normals
from maquette.texture.pictures import base_color_at
from samples import ball
from shapes import sphere

PAINT = np.array([[0.45, 0.12, 0.08], [0.10, 0.30, 0.12], [0.12, 0.14, 0.40], [0.4, 0.38, 0.36]])
LIGHTS = {
    "above": ((0, 0, 1), 0.35),
    "front": ((0, -1, 0), 0.35),
    "left above": ((-1, -0.6, 1), 0.3),
    "right, hard": ((1, -0.3, 0.2), 0.15),
    "below": ((0.1, -0.4, -1), 0.4),
    "window": ((-1, -1, 0.3), 0.6),
}


def striped_ball(light=None, strength=1.0):
    """A bumpy ball of four paints in stripes about a slanted axis, lit as Lambert has it, and its true linear paint."""
    mesh = sphere(20, 4)
    push = 1 + 0.06 * np.sin(mesh.vertices[:, :1] / 3) * np.cos(mesh.vertices[:, 1:2] / 4)
    mesh = mesh.with_vertices(mesh.vertices * push)
    stripe = np.floor((mesh.vertices @ [0.5, 0.6, 0.3] + 40) / 6).astype(int) % 4
    paint = PAINT[stripe]
    shade = np.ones(len(paint))
    if light is not None:
        way, ambient = np.asarray(LIGHTS[light][0], float), LIGHTS[light][1]
        facing = np.maximum(vertex_normals(mesh.vertices, mesh.faces) @ (way / np.linalg.norm(way)), 0)
        shade = 1 - strength + strength * (ambient + (1 - ambient) * facing)
    return mq.Asset(mesh.replace(color=srgb_of(paint * shade[:, None]))), paint


def swing(asset):
    (found,) = baked_light(asset)
    return found.value


def error(asset, paint):
    """Of the colours against the paint, in linear light, the overall brightness matched: nobody knows the exposure."""
    light = light_of(asset.mesh.color)
    return np.sqrt(((light * (light * paint).sum() / (light**2).sum() - paint) ** 2).mean())


@pytest.mark.parametrize("light", LIGHTS)
def test_more_light_scores_higher_and_delight_comes_nearer_to_the_paint(light):
    scores = [swing(striped_ball(light, strength)[0]) for strength in (0.0, 0.4, 0.7, 1.0)]
    assert scores == sorted(scores)
    assert scores[0] < 2
    assert scores[-1] > 10
    lit, paint = striped_ball(light)
    full, half = mq.delight(lit, strength=1.0), mq.delight(lit, strength=0.5)
    assert error(full, paint) < 0.5 * error(lit, paint)
    assert error(full, paint) < error(half, paint) < error(lit, paint)
    assert swing(full) < 0.5 * swing(lit)


def test_what_was_never_lit_is_left_alone_and_passes():
    plain, _ = striped_ball()
    assert mq.delight(plain, strength=1.0).mesh == plain.mesh
    (found,) = baked_light(plain)
    assert found.verdict == "pass"
    (found,) = baked_light(striped_ball("left above")[0])
    assert (found.verdict, found.fix) == ("warn", "delight")


def test_textures_are_freed_of_light_as_colors_at_vertices_are():
    lit, _ = striped_ball("left above")
    picture = mq.unwrap(lit, texture_px=256, method="cones")
    face = np.arange(len(lit.mesh.faces))
    middle = np.full((len(face), 3), 1 / 3)
    made, wanted = (base_color_at(mq.delight(a, strength=1.0), face, middle)[:, :3] for a in (picture, lit))
    assert np.abs(made.astype(int) - wanted).mean() < 3
    assert swing(mq.delight(picture, strength=1.0)) < 0.5 * swing(picture)


def test_texels_that_faces_share_are_refused_with_what_helps():
    lit = ball()  # the photo through and through
    with pytest.raises(CannotDo, match="old-uv replace"):
        mq.delight(lit)
    assert mq.delight(lit, strength=0.0) == lit or mq.delight(lit, strength=0.0).mesh == lit.mesh


def test_models_without_color_have_no_light():
    assert list(baked_light(mq.Asset(sphere(1, 2)))) == []
    assert mq.delight(mq.Asset(sphere(1, 2))).mesh == sphere(1, 2)


def test_the_light_itself_is_found():
    normals = sphere(1, 4).vertices
    shade = 0.7 + 0.5 * normals[:, 2]
    found = fit_shading(np.outer(shade, [0.5, 0.4, 0.3]), normals)
    assert found.at(normals) == pytest.approx(shade / shade.mean(), abs=0.02)
    assert found.correlation > 0.99
