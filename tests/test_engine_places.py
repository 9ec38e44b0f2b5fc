"""What engines want of a model besides its looks: hulls to run into, its front in front, a size one believes."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
import shapes
from maquette.core.camera import Camera
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import is_watertight
from maquette.shape.place.auto_size import usual_sizes


def bench():
    """A long plate on two legs: three boxes."""
    boxes = [shapes.box((100, 20, 5), (0, 0, 30)), shapes.box((8, 20, 30)), shapes.box((8, 20, 30), (92, 0, 0))]
    return mq.Asset(shapes.together(*boxes), title="bench")


def test_hulls_are_convex_parts_by_the_engine_s_names():
    pytest.importorskip("coacd", reason="needs coacd; pip install 'maquette[physics]'")
    asset = bench()
    done = mq.collision(asset, names="unity", max_hulls=4)
    assert done.part_names[:2] == ("bench", "bench_COL00")
    assert 2 <= len(done.part_names) - 1 <= 4
    own = done.mesh.keep_faces(done.mesh.part == 0)
    assert np.array_equal(own.triangles, asset.mesh.triangles)
    for number in range(1, len(done.part_names)):
        hull = done.mesh.keep_faces(done.mesh.part == number)
        assert is_watertight(hull.faces)
        assert signed_volume(hull.vertices, hull.faces) > 0
        normal = np.cross(*(hull.triangles[:, [1, 2]] - hull.triangles[:, [0]]).transpose(1, 0, 2))
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        above = (
            np.einsum("fk,vk->fv", normal, hull.vertices) - np.einsum("fk,fk->f", normal, hull.triangles[:, 0])[:, None]
        )
        assert above.max() < 0.02 * asset.mesh.diagonal
    with pytest.raises(BadInput, match="no faces"):
        mq.collision(mq.Asset(shapes.box().keep_faces([])))


def arrow():
    """A thing that mirrors left and right but not front and back."""
    body, nose = shapes.box((20, 40, 10), (-10, -20, 0)), shapes.box((6, 10, 6), (-3, -30, 0))
    return mq.Asset(shapes.together(body, nose))


def test_the_front_comes_to_the_front():
    asset = arrow()
    assert mq.face_front(asset).mesh == asset.mesh
    sideways = mq.rotate(asset, z_deg=90.0)
    back = mq.face_front(sideways, front="+x")
    assert back.mesh.bounds[0, 1] < back.mesh.bounds.mean(axis=0)[1]
    turned = mq.face_front(sideways)
    assert turned.size == pytest.approx(asset.size, abs=1e-9)
    shot = asset.replace(camera=Camera.looking((-1, 0, 0), distance=100.0, span=50))  # taken from +X
    assert mq.face_front(shot).camera.pose[:3, 2] == pytest.approx([0, 1, 0], abs=1e-12)
    with pytest.raises(CannotDo, match="both ways alike"):
        mq.face_front(mq.Asset(shapes.box((20, 20, 20))))


def test_a_word_gives_a_size_and_how_sure_it_is():
    chair = mq.Asset(shapes.box((1, 1, 2)), title="old_chairs-2")
    sized = mq.auto_size(chair)
    assert sized.size[2] == pytest.approx(880)
    assert not sized.sized
    assert "0.88 m high" in sized.history[-1].notes[0]
    assert max(mq.auto_size(chair, thing="sword").size) == pytest.approx(950)
    assert mq.auto_size(chair.replace(sized=True)).mesh == chair.mesh
    with pytest.raises(BadSetting, match="no usual size"):
        mq.auto_size(chair, thing="gizmo")
    with pytest.raises(CannotDo, match="title"):
        mq.auto_size(chair.replace(title="x"))
    for extent, usual, small, large in usual_sizes().values():
        assert extent in ("height", "longest")
        assert small <= usual <= large
