"""Levels of detail: fewer faces each time, and numbers that say what that costs."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.mesh import Mesh
from maquette.faces.cli.main import main
from maquette.flow.lods import lods
from maquette.geometry.remake.silhouettes import silhouette_overlap
from shapes import box, sphere


def test_each_level_has_half_the_faces_and_strays_further():
    chain = lods(Asset(sphere(20, 4)), levels=4)
    assert [len(level.asset.mesh.faces) for level in chain] == [2048, 1024, 512, 256]
    strayed = [level.off_mm for level in chain]
    assert strayed == sorted(strayed)
    assert 0 < strayed[1] < strayed[3] < 2
    assert chain[0].silhouette == 1
    assert 0.95 < chain[3].silhouette <= 1
    assert chain[3].pixels == pytest.approx(max(chain[0].asset.size) / chain[3].off_mm)


def test_the_chain_ends_where_nothing_can_go():
    assert len(lods(Asset(box()), levels=4)) == 1
    with pytest.raises(BadInput, match="no faces"):
        lods(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))))


def test_shadows_that_overlap_by_half_are_told():
    one, other = box((10, 10, 10)), box((10, 10, 10), (5, 0, 0))
    assert silhouette_overlap(one.vertices, one.faces, one.vertices, one.faces) == 1
    share = silhouette_overlap(one.vertices, one.faces, other.vertices, other.faces)
    assert share == pytest.approx(1 / 3, abs=0.02)


def test_the_command_writes_a_file_a_level_and_tells_the_numbers(tmp_path):
    mq.save(Asset(sphere(20, 3), sized=True), tmp_path / "ball.glb")
    told = CliRunner().invoke(main, ["lods", f"{tmp_path}/ball.glb", "-o", f"{tmp_path}/ball.glb", "--levels", "3"])
    assert told.exit_code == 0, told.output
    counts = [len(mq.load(tmp_path / f"ball_LOD{n}.glb").mesh.faces) for n in range(3)]
    assert counts == [512, 256, 128]
    assert "silhouette" in told.output


def test_all_levels_lie_in_one_file(tmp_path):
    import json
    import struct

    mq.save(Asset(sphere(20, 4)), tmp_path / "a.stl")
    words = ["lods", str(tmp_path / "a.stl"), "-o", str(tmp_path / "a.glb"), "--levels", "3", "--one-file"]
    assert CliRunner().invoke(main, words).exit_code == 0
    data = (tmp_path / "a.glb").read_bytes()
    root = json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])
    top = root["nodes"][root["scenes"][0]["nodes"][0]]
    assert len(root["scenes"][0]["nodes"]) == 1
    assert root["extensionsUsed"] == ["MSFT_lod"]
    ids = [root["scenes"][0]["nodes"][0], *top["extensions"]["MSFT_lod"]["ids"]]
    meshes = [root["meshes"][root["nodes"][root["nodes"][one]["children"][0]]["mesh"]] for one in ids]
    counts = [root["accessors"][mesh["primitives"][0]["indices"]]["count"] // 3 for mesh in meshes]
    assert counts == [2048, 1024, 512]
    shares = top["extras"]["MSFT_screencoverage"]
    assert shares == sorted(shares, reverse=True)
    assert len(root["materials"]) == 1
    assert len(mq.load(tmp_path / "a.glb").mesh.faces) == 2048
    wrong = CliRunner().invoke(main, [*words[:3], str(tmp_path / "a.obj"), "--one-file"])
    assert wrong.exit_code == 3
