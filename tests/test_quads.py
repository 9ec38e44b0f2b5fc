"""Quads: how many there are, how they meet, how near they lie, and that they stay quads on the way out."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
import shapes
from maquette.core.errors import CannotDo
from maquette.formats.quads import polygon_corners
from maquette.geometry.topology import euler_number, is_watertight

pytest.importorskip("pynanoinstantmeshes", reason="needs pynanoinstantmeshes; pip install 'maquette[quads]'")


def test_a_ball_in_quads():
    ball = shapes.sphere(20, 4)
    colored = mq.Asset(ball.replace(color=np.where(ball.vertices[:, 2:] > 0, [250, 0, 0], [0, 0, 250])))
    done = mq.quads(colored, count=1200)
    mesh = done.mesh
    polygons = polygon_corners(mesh)
    assert (polygons.counts == 4).mean() > 0.97
    assert 700 < len(polygons.counts) < 2000
    assert is_watertight(mesh.faces)
    assert euler_number(mesh.faces) == 2
    meeting = np.bincount(mesh.faces.reshape(-1)[polygons.slot])
    assert (meeting == 4).mean() > 0.9
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert np.abs(radius - 20).max() < 0.6
    top = mesh.vertices[:, 2] > 3
    assert (mesh.color[top, 0] > 200).all()
    assert "quads" in done.history[-1].notes[-1]
    assert mq.quads(colored, count=1200) == done


def test_quads_are_dropped_when_triangles_are_taken_away():
    done = mq.quads(mq.Asset(shapes.sphere(20, 4)), count=1200)
    fewer = mq.simplify(done, max_faces=500)
    assert len(fewer.mesh.faces) <= 500
    assert fewer.mesh.channel("polygon") is None


def test_nothing_to_cover_is_refused():
    with pytest.raises(CannotDo, match="no surface"):
        mq.quads(mq.Asset(shapes.box().keep_faces([])))
