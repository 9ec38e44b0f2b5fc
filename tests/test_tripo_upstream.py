"""Old v2 clients in front, Tripo's v3 behind: fields and answers translated, money counted, nothing sent twice."""

from __future__ import annotations

import json
import uuid

import pytest

pytest.importorskip("dbos", reason="needs the extra server")
pytest.importorskip("httpx", reason="needs the extra hosted")

from websockets.sync.client import connect

import tiny_stages
from fakes.base_server import KEY
from fakes.tripo import FakeTripo
from maquette.faces.tripo.upstream import as_v2, as_v3
from maquette.generate.hosted.tickets import Drawer
from samples import cut_out, png
from tiny_stages import Server


class Tripo(FakeTripo):
    """Ids are UUIDs, as Tripo's are."""

    def new_task(self, order):
        return str(uuid.uuid5(uuid.NAMESPACE_OID, super().new_task(order)))


@pytest.fixture(scope="module")
def behind():
    fake = Tripo()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(behind, home, tmp_path_factory):
    env = tiny_stages.install(tmp_path_factory.mktemp("site"))
    env |= {"MAQUETTE_TRIPO_ADDRESS": behind.url, "TRIPO_API_KEY": KEY, "MAQUETTE_DAY_USD": "2.0"}
    server = Server(home, env, "--tripo-upstream", "--workers", "0")
    yield server
    server.process.kill()
    server.stop()


def v2(server, verb, path, **more):
    return server.client.request(verb, f"/v2/openapi{path}", **more).json()


def test_an_old_client_gets_tripo_s_own_model(server, behind, home):
    token = v2(server, "POST", "/upload", files={"file": ("a.png", png(cut_out(32).pixels))})["data"]["image_token"]
    body = {
        "type": "image_to_model",
        "file": {"type": "jpg", "file_token": token},
        "face_limit": -1,
        "texture_seed": None,
    }
    made = v2(server, "POST", "/task", json=body)["data"]
    assert made["estimated_credit"] == 40
    order = behind.orders[-1]
    assert order == {"at": "/v3/generation/image-to-model", "input": "file_1", "model": "v2.5-20250123"}
    task = v2(server, "GET", f"/task/{made['task_id']}")["data"]
    assert {"task_id", "type", "status", "input", "output", "progress", "create_time"} <= set(task)
    assert (task["status"], task["task_id"], task["create_time"]) == ("success", made["task_id"], 1796007600)
    assert task["output"]["model"].startswith(behind.url)
    assert task["output"]["pbr_model"] == task["output"]["model"]
    many = v2(server, "POST", "/task/batch", json={"task_ids": [made["task_id"], "nothing"]})["data"]
    assert list(many["tasks"]) == [made["task_id"]]
    assert many["missed"] == ["nothing"]
    with connect(f"{server.base.replace('http', 'ws')}/v2/openapi/task/watch/{made['task_id']}") as socket:
        assert json.loads(socket.recv())["event"] == "finalized"
    (ticket,) = Drawer(home / "hosted").all()
    assert (ticket.state, ticket.handle["task_id"]) == ("running", made["task_id"])
    assert Drawer(home / "hosted").spent_usd() == pytest.approx(0.40)
    follow = {"type": "convert_model", "original_model_task_id": made["task_id"], "format": "FBX"}
    assert v2(server, "POST", "/task", json=follow)["code"] == 0
    assert behind.orders[-1] == {"at": "/v3/models/convert", "input": made["task_id"], "format": "FBX"}
    assert v2(server, "GET", "/user/balance")["data"] == {"balance": 123.5, "frozen": 1.0}


def test_several_pictures_keep_their_places(server, behind):
    token = v2(server, "POST", "/upload", files={"file": ("a.png", png(cut_out(32).pixels))})["data"]["image_token"]
    files = [{"file_token": token}, {}, {"url": "https://example.org/back.jpg"}, {}]
    assert v2(server, "POST", "/task", json={"type": "multiview_to_model", "files": files})["code"] == 0
    order = behind.orders[-1]
    assert order["inputs"][1:] == [None, "https://example.org/back.jpg", None]
    assert order["inputs"][0].startswith("file_")


def test_refusals_keep_tripo_s_codes(server, behind):
    words = {"type": "text_to_model", "prompt": "a fox"}
    before = len(behind.orders)
    assert v2(server, "POST", "/task", json={"type": "refine_model", "draft_model_task_id": "x"})["code"] == 2016
    assert v2(server, "POST", "/task", json={"type": "no_such"})["code"] == 2002
    behind.mode = "402"
    refused = v2(server, "POST", "/task", json=words)
    assert (refused["code"], "not enough credits" in refused["message"]) == (2010, True)
    assert KEY not in json.dumps(refused)
    behind.mode = "success"
    assert len(behind.orders) == before
    assert v2(server, "GET", f"/task/{uuid.uuid4()}")["code"] == 2001
    codes = [v2(server, "POST", "/task", json=words)["code"] for _ in range(8)]
    assert codes[-1] == 2010  # the day's two dollars; what is done by then may have cost less than was set aside
    assert len(behind.orders) < before + 8


def test_our_own_models_stay_here(server, behind):
    before = len(behind.orders)
    token = v2(server, "POST", "/upload", files={"file": ("a.png", png(cut_out(32).pixels))})["data"]["image_token"]
    body = {"type": "image_to_model", "file": {"file_token": token}, "model_version": "maquette-tiny-lump"}
    task = v2(server, "POST", "/task", json=body)["data"]["task_id"]
    assert v2(server, "GET", f"/task/{task}")["data"]["status"] == "queued"
    assert len(behind.orders) == before


def test_words_are_translated():
    assert as_v3("highpoly_to_lowpoly", {"type": "x", "model_version": "P-v2.0-20251225", "quad": True}) == {
        "quad": True, "model": "v2.0"
    }  # fmt: skip
    assert as_v3("text_to_model", {"prompt": "a"}) == {"prompt": "a", "model": "v2.5-20250123"}
    blocked = as_v2({"task_id": "a", "type": "b", "status": "failed", "error_code": 2008, "error_message": "no"})
    assert (blocked["status"], blocked["error_msg"], blocked["output"]) == ("banned", "no", {})
