"""Plush: fibres that stand on the true surface, in its colors."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.render.styles.fibres import in_fibres
from shapes import sphere


def two_colored() -> Asset:
    """A ball of 20 mm, red above and blue below."""
    mesh = sphere(10.0, 3)
    colors = np.where(mesh.vertices[:, 2:] > 0, np.uint8([200, 30, 30]), np.uint8([30, 30, 200]))
    return Asset(Mesh(mesh.vertices, mesh.faces, color=colors.astype(np.uint8)))


def test_fibres_stand_on_the_surface_and_reach_out_by_their_length():
    asset = two_colored()
    own = len(asset.mesh.faces)
    coat = in_fibres(asset, 2.0, 3000, 0)
    corners = coat.scene.mesh.vertices[np.asarray(coat.scene.faces)[own:]]
    away = np.linalg.norm(corners.reshape(3000, -1, 3), axis=2)
    assert away.min() > 9.0
    assert away.max() < 12.6
    assert away.max(axis=1).min() > 10.05  # none grows inward
    shading = coat.scene.normals[own:].reshape(3000, -1, 3)
    roots = corners.reshape(3000, -1, 3)[:, 0]
    ways = roots / np.linalg.norm(roots, axis=1, keepdims=True)
    assert (shading[:, 0] * ways).sum(axis=1).min() > 0.95  # shaded as the skin under them


def test_fibres_have_the_color_of_their_spot():
    asset = two_colored()
    own = len(asset.mesh.faces)
    coat = in_fibres(asset, 1.0, 2000, 0)
    height = coat.scene.mesh.vertices[np.asarray(coat.scene.faces)[own:, 0], 2]
    red, blue = coat.colors[own:, 0], coat.colors[own:, 2]
    assert (red > blue)[height > 3].all()
    assert (blue > red)[height < -3].all()


def test_the_same_seed_is_the_same_coat_and_another_is_not():
    first, again, other = (mq.plush(two_colored(), size_px=64, rays=2, fibres=2000, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    beside = np.asarray(first.frames)[0]
    assert beside.shape == (64, 64, 4)


def test_a_model_without_faces_is_refused():
    with pytest.raises(mq.MaquetteError, match="no faces"):
        mq.plush(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64))))
