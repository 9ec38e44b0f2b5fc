"""Tripo's tasks over a finished model: a recipe of ours each, refused at once where no stage of ours does it."""

from __future__ import annotations

import pytest

pytest.importorskip("dbos", reason="needs the extra server")

import maquette as mq
import shapes
import tiny_stages
from maquette.core.errors import Unavailable
from maquette.faces.tripo.codes import TripoRefusal
from maquette.faces.tripo.edits import EDITS, read_edit
from maquette.flow.recipes.load import load_recipe
from samples import person

KEY = {"Authorization": "Bearer tsk_test"}


def steps(kind, source="image_to_model", **asked):
    return read_edit(kind, asked, source).steps


def test_each_task_is_a_recipe_that_loads():
    assert steps("highpoly_to_lowpoly") == [("simplify", {"max_faces": 10_000})]
    assert steps("highpoly_to_lowpoly", face_limit=-1) == [("simplify", {"max_faces": 10_000})]
    assert steps("mesh_segmentation") == [("segment", {})]
    assert steps("animate_rig", spec="unreal", rig_type="quadruped")[0][1] == {
        "kind": "quadruped", "names": "unreal", "clips": "stock"
    }  # fmt: skip
    assert steps("stylize_model", style="lego") == [("stylize", {"style": "brick"})]
    assert read_edit("animate_rig", {"out_format": "fbx"}, "import_model").ending == ".fbx"
    assert read_edit("animate_retarget", {"animation": "preset:walk"}, "animate_rig").recipe == ""
    for kind in EDITS:
        asked = {"style": "voxel", "animation": "preset:idle"}
        edit = read_edit(kind, asked, "animate_rig" if kind == "animate_retarget" else "image_to_model")
        if edit.recipe:
            assert [step.stage for step in load_recipe(edit.recipe).steps.values()] == [name for name, _ in edit.steps]


@pytest.mark.parametrize(
    ("kind", "asked", "source", "code", "words"),
    [
        ("highpoly_to_lowpoly", {"face_limit": 10**9}, "image_to_model", 1004, "from 1000 to 20000"),
        ("highpoly_to_lowpoly", {"part_names": ["a"]}, "image_to_model", 1004, "part_names"),
        ("animate_rig", {"rig_type": "octopod"}, "image_to_model", 1004, "biped, quadruped"),
        ("animate_rig", {"out_format": "obj"}, "image_to_model", 1004, "glb or fbx"),
        ("animate_rig", {"spec": "x"}, "image_to_model", 1004, "spec"),
        ("animate_rig", {"spec": []}, "image_to_model", 1004, "spec"),
        ("animate_rig", {"rig_type": []}, "image_to_model", 1004, "biped, quadruped"),
        ("stylize_model", {"style": []}, "image_to_model", 1004, "lego, voxel, voronoi"),
        ("animate_retarget", {"animation": "preset:dive"}, "animate_rig", 1004, "preset:idle"),
        ("animate_retarget", {"animation": "preset:idle"}, "image_to_model", 2006, "does not take"),
        ("stylize_model", {"style": "minecraft"}, "image_to_model", 1004, "lego, voxel, voronoi"),
        ("mesh_segmentation", {}, "animate_prerigcheck", 2006, "does not take"),
    ],
)
def test_what_no_stage_does_is_said_with_its_field(kind, asked, source, code, words):
    with pytest.raises(TripoRefusal, match=words) as caught:
        read_edit(kind, asked, source)
    assert caught.value.code == code


def test_a_stage_that_is_not_ready_refuses_before_anything_runs(monkeypatch):
    monkeypatch.setattr(mq.quads.stage.facts.__class__, "line_to_get", lambda self: "pip install 'maquette[quads]'")
    with pytest.raises(Unavailable, match="quads"):
        read_edit("highpoly_to_lowpoly", {"quad": True}, "image_to_model")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with tiny_stages.serving(tmp_path_factory) as server:
        yield server


def run(server, body):
    """A task of v2 once it has ended."""
    reply = server.client.post("/v2/openapi/task", json=body, headers=KEY)
    assert reply.status_code == 200, reply.text
    task = reply.json()["data"]["task_id"]
    return tiny_stages.wait_for(
        lambda: (view := server.client.get(f"/v2/openapi/task/{task}", headers=KEY).json()["data"])["status"]
        not in ("queued", "running") and view, 120,
    )  # fmt: skip


def test_a_model_of_ones_own_is_imported_rigged_and_made_lean(server, tmp_path):
    def bring(asset, name):
        data = mq.save(asset, tmp_path / name).read_bytes()
        sent = server.client.post("/v3/files", files={"file": (name, data)}, headers=KEY).json()["data"]
        return run(server, {"type": "import_model", "file": {"file_token": sent["file_token"]}})

    box, figure = bring(mq.Asset(shapes.box((20, 20, 20))), "box.glb"), bring(person(), "person.glb")
    assert box["output"]["model"].endswith("model.glb")
    check = run(server, {"type": "animate_prerigcheck", "original_model_task_id": figure["task_id"]})
    assert check["output"] == {"riggable": True, "rig_type": "biped", "topology": "biped"}
    refused = run(server, {"type": "animate_prerigcheck", "original_model_task_id": box["task_id"]})
    assert (refused["status"], refused["output"]["riggable"]) == ("success", False)
    rigged = run(server, {"type": "animate_rig", "original_model_task_id": figure["task_id"]})
    (tmp_path / "rigged.glb").write_bytes(server.client.get(rigged["output"]["model"]).content)
    assert mq.load(tmp_path / "rigged.glb").skeleton is not None
    lean = run(server, {"type": "highpoly_to_lowpoly", "original_model_task_id": figure["task_id"], "face_limit": 1000})
    (tmp_path / "lean.glb").write_bytes(server.client.get(lean["output"]["model"]).content)
    assert len(mq.load(tmp_path / "lean.glb").mesh.faces) <= 1000
    fbx = run(server, {"type": "convert_model", "original_model_task_id": box["task_id"], "format": "FBX"})
    assert server.client.get(fbx["output"]["model"]).content.startswith(b"Kaydara FBX Binary")
    move = {"type": "animate_retarget", "original_model_task_id": box["task_id"], "animation": "preset:idle"}
    assert server.client.post("/v2/openapi/task", headers=KEY, json=move).json()["code"] == 2006
