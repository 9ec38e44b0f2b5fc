"""Scenes: models in their places, kept once, joined, and written with instances."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import BadInput, CannotDo
from maquette.core.scene import Scene
from samples import ball, scene
from shapes import box, volume


def boxes(layout: str, count: int = 7, **settings) -> tuple[Scene, Asset]:
    asset = Asset(box((10.0, 20.0, 5.0), (100.0, 50.0, 3.0)), sized=True, title="box")
    placed = mq.arrange(asset, layout=layout, count=count, gap_mm=4.0, **settings)
    return placed, mq.join_scene(placed)


def json_of(glb: bytes) -> dict:
    length = struct.unpack("<I", glb[12:16])[0]
    return json.loads(glb[20 : 20 + length])


@pytest.mark.parametrize("layout", ["row", "grid", "ring", "scatter"])
def test_nothing_touches_and_everything_stands_on_the_floor(layout):
    placed, joined = boxes(layout)
    assert len(placed.which) == 7
    assert len(placed.assets) == 1
    assert joined.mesh.bounds[0][2] == pytest.approx(0, abs=1e-9)
    assert joined.mesh.bounds[1][2] == pytest.approx(5.0)
    assert volume(joined) == pytest.approx(7 * 1000.0)
    solid = mq.unite(joined)
    assert volume(solid) == pytest.approx(7 * 1000.0)  # what overlapped would be lost
    middles = np.array(
        [joined.mesh.vertices[joined.mesh.faces[joined.mesh.part == n]].mean(axis=(0, 1)) for n in range(7)]
    )
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2) + 1e9 * np.eye(7)
    assert apart.min() >= 14.0 - 1e-6


def test_a_row_has_its_gaps_and_a_scattering_its_seed():
    _, joined = boxes("row", 3)
    assert joined.size == pytest.approx((3 * 10 + 2 * 4, 20, 5))
    one, two = (boxes("scatter", seed=seed)[0] for seed in (1, 2))
    assert one != two
    assert boxes("scatter", seed=1)[0] == one


@pytest.mark.parametrize(
    ("thing", "size"),
    [
        ("coin", (23.25, 23.25, 2.33)),
        ("can", (66.2, 66.2, 115.2)),
        ("card", (85.6, 53.98, 0.76)),
        ("hand", (125.13, 28.03, 189.0)),
    ],
)
def test_known_things_stand_beside_it_to_scale(thing, size):
    placed, joined = boxes("single", beside=thing)
    assert placed.assets[1].size == pytest.approx(size, rel=2e-3)
    assert joined.size[0] == pytest.approx(10 + 4 + size[0], rel=2e-3)
    assert (mq.edge_manifold(placed.assets[1])[0].verdict, mq.winding(placed.assets[1])[0].verdict) == ("pass", "pass")
    guess = mq.arrange(Asset(box()), beside=thing)
    assert "guess" in guess.history[-1].notes[0]


def test_the_file_holds_each_model_once_and_a_node_for_each_place(tmp_path):
    data = mq.write_scene(scene()).data
    root = json_of(data)
    assert len(root["meshes"]) == 1
    assert [node["mesh"] for node in root["nodes"]] == [0, 0]
    second = root["nodes"][1]
    assert second["translation"] == pytest.approx([0.06, 0, 0])
    assert second["scale"] == pytest.approx([0.5] * 3)
    assert second["rotation"] == pytest.approx([0, np.sqrt(0.5), 0, np.sqrt(0.5)])  # a quarter turn about +Y
    mq.save(scene(), tmp_path / "balls.glb")
    back = mq.load(tmp_path / "balls.glb")
    joined = mq.join_scene(scene())
    assert back.mesh.bounds == pytest.approx(joined.mesh.bounds, abs=1e-3)
    assert len(data) < 1.05 * len(mq.write_glb(scene().assets[0]).data) + 2000


def test_a_model_of_parts_is_a_node_with_children():
    mesh = box((4, 4, 4))
    parts = Asset(mesh.replace(part=(np.arange(12) >= 6).astype(np.int32)), part_names=("a", "b"), title="ab")
    root = json_of(mq.write_scene(mq.arrange(parts, layout="row", count=3)).data)
    assert len(root["meshes"]) == 2
    assert sum("children" in node for node in root["nodes"]) == 3
    assert root["scenes"][0]["nodes"] == [n for n, node in enumerate(root["nodes"]) if "children" in node]


def test_a_scene_refuses_what_is_none():
    with pytest.raises(BadInput, match="nothing stands in it"):
        Scene((ball(),), np.zeros(0), np.zeros((0, 4, 4)))
    with pytest.raises(BadInput, match="mirrors"):
        Scene((ball(),), np.zeros(1), np.diag([-1.0, 1, 1, 1])[None])
    with pytest.raises(BadInput, match="model 3"):
        Scene((ball(),), np.array([3]), np.eye(4)[None])
    with pytest.raises(CannotDo, match="no faces"):
        mq.arrange(Asset(box().keep_faces(np.zeros(12, bool))))
