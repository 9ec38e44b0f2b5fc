"""Tripo's surfaces: parameters and their rules, the table of errors word for code, one record in two views."""

from __future__ import annotations

import json
import uuid

import httpx
import pytest

pytest.importorskip("dbos", reason="needs the extra server")

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.sync.client import connect

import tiny_stages
from maquette.faces.server.keys import Keys
from maquette.faces.tripo.codes import TripoRefusal
from maquette.faces.tripo.parameters import VERSIONS, read_parameters
from maquette.faces.tripo.records import job_id, task_id, view_v2, view_v3
from maquette.faces.tripo.uploads import unframe
from maquette.flow.queue.entry import STATES, Entry
from maquette.flow.queue.order import Order
from maquette.flow.queue.workshop import Workshop
from samples import cut_out, png
from tiny_stages import Server, wait_for

V31, V30 = "v3.1-20260211", "v3.0-20250812"


def code_of(body, version=V31, **more) -> int:
    """Tripo's code for a body; 0 when it is taken."""
    try:
        read_parameters(body, version, **more)
    except TripoRefusal as refusal:
        return refusal.code
    return 0


# Parameters


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_tripo_is_taken(version):
    assert read_parameters({}, version).version == version


def test_unknown_and_retired_versions_have_their_codes():
    assert code_of({}, "v9.9") == 2017
    assert code_of({}, "v1.3-20240522") == 2015
    assert code_of({}, "maquette-inflate") == 0
    assert read_parameters({}, "maquette-inflate").options == {"generator": "inflate"}
    assert code_of({}, "maquette-nothing") == 2017
    assert code_of({}, "Turbo-v1.0-20250506", several=True) == 1004


@pytest.mark.parametrize(
    ("limit", "version", "more", "code"),
    [
        (1_500_000, V31, {}, 0), (1_500_001, V31, {}, 1004), (2_000_000, V31, {"geometry_quality": "detailed"}, 0),
        (1_000_000, V30, {}, 0), (1_000_001, V30, {}, 1004), (1_500_000, V30, {"geometry_quality": "detailed"}, 0),
        (20_000, "P1-20260311", {}, 0), (20_001, "P1-20260311", {}, 1004), (47, "P1-20260311", {}, 1004),
        (10**9, V31, {}, 1004), ("many", V31, {}, 1004), (True, V31, {}, 1004), (1.5, V31, {}, 1004),
        (-1, V31, {}, 0), (0, V31, {}, 0), (None, V31, {}, 0),
        (150_001, V31, {"quad": True}, 1004), (20_001, V31, {"smart_low_poly": True}, 1004),
        (10_001, V31, {"smart_low_poly": True, "quad": True}, 1004), (499, V31, {"smart_low_poly": True}, 1004),
    ],
)  # fmt: skip
def test_face_limits(limit, version, more, code):
    assert code_of({"face_limit": limit, **more}, version) == code


def test_sentinels_are_absent():
    assert read_parameters({"face_limit": -1, "bake": None, "texture": None}, V31).options == {}
    assert read_parameters({"face_limit": 5000}, V31).options == {"max_faces": 5000}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"texture": "yes"}, "texture"), ({"pbr": 1}, "pbr"), ({"model_seed": "a"}, "model_seed"),
        ({"texture_quality": "best"}, "texture_quality"), ({"geometry_quality": "fine"}, "geometry_quality"),
        ({"texture_alignment": "left"}, "texture_alignment"), ({"orientation": "up"}, "orientation"),
        ({"compress": "zip"}, "compress"), ({"prompt": "x" * 1025}, "prompt"),
        ({"texture": False, "pbr": False, "texture_quality": "detailed"}, "texture_quality"),
        ({"texture": False, "pbr": False, "orientation": "align_image"}, "orientation"),
        ({"texture": False, "pbr": False, "auto_size": True}, "auto_size"),
        ({"generate_parts": True}, "generate_parts"),
        ({"generate_parts": True, "texture": False, "pbr": False, "quad": True}, "generate_parts"),
        ({"generate_parts": True, "texture": False, "pbr": False}, "generate_parts"),
        ({"quad": True}, "quad"), ({"smart_low_poly": True}, "smart_low_poly"), ({"compress": "geometry"}, "compress"),
    ],
)  # fmt: skip
def test_wrong_values_and_combinations_name_their_field(body, field):
    with pytest.raises(TripoRefusal, match=f"^{field}") as refusal:
        read_parameters(body, V31)
    assert refusal.value.code == 1004


def test_rules_of_versions():
    assert code_of({"geometry_quality": "detailed"}, "v2.5-20250123") == 1004
    assert code_of({"geometry_quality": "detailed"}, V30) == 0
    assert code_of({"quad": True}, "P1-20260311") == 1004


def test_pbr_forces_texture_and_credits_are_tripo_s():
    assert read_parameters({"texture": False, "pbr": True}, V31).textured
    assert read_parameters({}, V31).credits == 40
    assert read_parameters({"texture": False, "pbr": False}, V31).credits == 30
    assert read_parameters({"texture": False}, V31).credits == 30
    assert read_parameters({"texture_quality": "detailed"}, V31).credits == 50
    assert read_parameters({"texture_quality": "detailed", "geometry_quality": "detailed"}, V31).credits == 70


def test_what_has_no_effect_is_said():
    ignored = read_parameters({"model_seed": 7, "orientation": "align_image", "odd": 1, "export_uv": True}, V31).ignored
    assert ignored == ("model_seed", "odd", "orientation")


# One record, two views


class Shared:
    """As much of the service as a view needs."""

    def shared_url(self, digest, name):
        return f"http://here/{digest}/{name}"


entries = st.builds(
    Entry,
    id=st.uuids().map(lambda one: one.hex),
    owner=st.just("ann"),
    order=st.just(Order("make", {}, "model.glb")),
    tag=st.just(""),
    state=st.sampled_from(STATES),
    attempt=st.just(1),
    progress=st.floats(0, 1),
    message=st.text(max_size=9),
    created=st.floats(1e9, 2e9),
    started=st.none() | st.floats(1e9, 2e9),
    ended=st.none() | st.floats(1e9, 2e9),
    cancel=st.none(),
    outputs=st.lists(
        st.sampled_from(["main", "picture", "value"]).map(
            lambda r: {"role": r, "name": f"{r}.glb", "digest": "d", "bytes": 1}
        ),
        unique_by=lambda each: each["role"],
    ),
    error=st.none() | st.just({"class": "CannotDo", "message": "no", "http": 409}),
    facts=st.just({}),
    extra=st.just({"type": "image_to_model", "textured": True, "credits": 40, "input": {}}),
)


@settings(max_examples=40)
@given(entries)
def test_both_views_agree(entry):
    old, new = view_v2(entry, Shared()), view_v3(entry, Shared())
    assert set(old) >= {"task_id", "type", "status", "input", "output", "progress", "create_time"}
    assert isinstance(old["output"], dict)
    assert isinstance(old["create_time"], int)
    assert "create_time" not in new
    assert old["status"] == new["status"] == entry.state
    assert old["progress"] == new["progress"]
    assert (old["progress"] == 100) == (entry.state == "success")
    assert old["output"].get("model") == new["output"].get("model_url")
    assert old["output"].get("rendered_image") == new["output"].get("rendered_image_url")
    assert job_id(old["task_id"]) == entry.id
    assert task_id(entry.id) == str(uuid.UUID(entry.id))
    if entry.state in ("queued", "running"):
        assert 1 <= old["running_left_time"] <= 4


# Over HTTP


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    env = tiny_stages.install(tmp_path_factory.mktemp("site"))
    home = tmp_path_factory.mktemp("home")
    workshop = Workshop.at(home)
    keys = Keys(workshop.ledger)
    ann, bob = keys.issue("ann"), keys.issue("bob")
    server = Server(home, env, "--keys", "--workers", "0")
    yield server, {"Authorization": f"Bearer {ann}"}, {"Authorization": f"Bearer {bob}"}, workshop
    server.process.kill()
    server.stop()


def status_and_code(reply: httpx.Response) -> tuple[int, int]:
    """Status and code; every answer carries a trace."""
    uuid.UUID(reply.headers["x-tripo-trace-id"])
    return reply.status_code, reply.json()["code"]


def upload(server, key, data=None, path="/v2/openapi/upload"):
    data = png(cut_out(32).pixels) if data is None else data
    return server.client.post(path, files={"file": ("a.jpg", data)}, headers=key)


def test_the_table_of_errors(place):
    server, ann, bob, _ = place
    ask = server.client
    assert status_and_code(ask.get("/v2/openapi/user/balance", headers={"Authorization": "Bearer tsk_wrong"})) == (
        401,
        1002,
    )
    assert status_and_code(ask.get("/v2/openapi/user/balance")) == (401, 1002)
    assert status_and_code(ask.get(f"/v2/openapi/task/{uuid.uuid4()}", headers=ann)) == (404, 2001)
    token = upload(server, ann).json()["data"]["image_token"]
    body = {"type": "image_to_model", "file": {"type": "jpg", "file_token": token}}
    task = ask.post("/v2/openapi/task", json=body, headers=ann).json()["data"]["task_id"]
    assert status_and_code(ask.get(f"/v2/openapi/task/{task}", headers=bob)) == (404, 2001)
    assert status_and_code(ask.get(f"/v3/tasks/{task}", headers=bob)) == (404, 2001)
    assert status_and_code(upload(server, ann, b"")) == (400, 2003)
    assert status_and_code(upload(server, ann, b"just some words")) == (400, 2004)
    assert status_and_code(ask.post("/v2/openapi/task", json={"type": "make_tea"}, headers=ann)) == (400, 2002)
    assert status_and_code(ask.post("/v2/openapi/task", json={"type": "texture_model"}, headers=ann)) == (400, 2002)
    assert status_and_code(ask.post("/v2/openapi/task", json={**body, "face_limit": 10**9}, headers=ann)) == (400, 1004)
    assert status_and_code(ask.post("/v2/openapi/task", content=b"{", headers=ann)) == (400, 1003)
    assert status_and_code(ask.post("/v3/generation/image-to-model", json={"input": "file_x"}, headers=ann)) == (
        400,
        1004,
    )
    assert status_and_code(ask.get("/v3/nothing/here", headers=ann)) in ((404, 4001), (400, 1003), (405, 1003))
    assert status_and_code(ask.post("/v3/nothing/here", json={}, headers=ann)) == (404, 4001)
    assert status_and_code(ask.get("/v3/nothing", headers=ann)) == (404, 4001)
    gone = {**body, "file": {"file_token": str(uuid.uuid4())}}
    assert status_and_code(ask.post("/v2/openapi/task", json=gone, headers=ann)) == (404, 2019)
    assert status_and_code(ask.post("/v2/openapi/task", json=body, headers=bob)) == (404, 2019)
    two = {**body, "file": {"file_token": token, "url": "http://x/"}}
    assert status_and_code(ask.post("/v2/openapi/task", json=two, headers=ann)) == (400, 1004)
    convert = {"type": "convert_model", "original_model_task_id": task, "format": "STL"}
    assert status_and_code(ask.post("/v2/openapi/task", json=convert, headers=ann)) == (400, 2007)
    private = {**body, "file": {"url": "http://127.0.0.1/a.png"}}
    reply = ask.post("/v2/openapi/task", json=private, headers=ann)
    assert status_and_code(reply) == (400, 1004)
    assert "public internet" in reply.json()["message"]
    error = ask.get(f"/v3/tasks/{uuid.uuid4()}", headers=ann).json()
    assert error["status"] == "error"
    assert error["request_id"]


def test_a_task_waits_its_turn_in_seven_keys(place):
    server, ann, _, _ = place
    ask = server.client
    token = upload(server, ann, path="/v3/files").json()["data"]["file_token"]
    assert token.startswith("file_")
    body = {"input": token, "model": V31, "model_seed": 3}
    reply = ask.post("/v3/generation/image-to-model", json=body, headers=ann).json()
    assert reply["status"] == "success"
    assert reply["data"]["status"] == "queued"
    assert reply["data"]["credits_estimated"] == 40
    task = ask.get(f"/v2/openapi/task/{reply['data']['task_id']}", headers=ann).json()["data"]
    assert task["status"] == "queued"
    assert task["output"] == {}
    assert task["input"]["ignored"] == ["model_seed"]
    batch = {"task_ids": [task["task_id"], "nothing"]}
    both = ask.post("/v2/openapi/task/batch", json=batch, headers=ann).json()["data"]
    assert (list(both["tasks"]), both["missed"]) == ([task["task_id"]], ["nothing"])
    assert ask.post("/v3/tasks/list", json=batch, headers=ann).json()["data"]["missed"] == ["nothing"]
    usage = ask.get("/v3/account/usage", headers=ann).json()["data"]["items"]
    assert usage[0]["credits_consumed"] == 0
    key = {**ann, "Idempotency-Key": "k"}
    first = ask.post("/v3/generation/image-to-model", json=body, headers=key).json()["data"]["task_id"]
    assert ask.post("/v3/generation/image-to-model", json=body, headers=key).json()["data"]["task_id"] == first
    assert ask.post("/v3/generation/image-to-model", json={**body, "model_seed": 4}, headers=key).status_code == 409
    door = ask.post(
        "/proxy/tripo/v3/generation/image-to-model", json=body, headers={"X-API-KEY": ann["Authorization"][7:]}
    )
    assert door.status_code == 200


def test_several_views(place):
    server, ann, _, _ = place
    ask = server.client
    tokens = [upload(server, ann).json()["data"]["image_token"] for _ in range(2)]
    files = [{"file_token": tokens[0]}, {}, {"file_token": tokens[1]}, {}]
    body = {"type": "multiview_to_model", "files": files}
    assert status_and_code(ask.post("/v2/openapi/task", json=body, headers=ann)) == (200, 0)
    assert status_and_code(ask.post("/v2/openapi/task", json={**body, "files": files[:3]}, headers=ann)) == (400, 1004)
    assert status_and_code(ask.post("/v2/openapi/task", json={**body, "files": [{}, *files[:3]]}, headers=ann)) == (
        400,
        1004,
    )
    assert status_and_code(
        ask.post("/v2/openapi/task", json={**body, "files": [files[0], {}, {}, {}]}, headers=ann)
    ) == (
        400,
        1004,
    )
    named = {"inputs": [{"front": tokens[0]}, {"back": tokens[1]}], "model": V31}
    assert status_and_code(ask.post("/v3/generation/multiview-to-model", json=named, headers=ann)) == (200, 0)


def test_comfyuis_own_nodes_put_a_picture_and_name_its_address(place):
    """POST /customers/storage, a bare PUT, and the address to read in a task: what ComfyUI's partner nodes do."""
    server, ann, bob, _ = place
    ask, key = server.client, {"X-API-KEY": ann["Authorization"][7:]}
    offer = ask.post("/customers/storage", json={"file_name": "../x.png", "content_type": "image/png"}, headers=key)
    assert set(offer.json()) == {"download_url", "upload_url"}  # no envelope
    there, here = offer.json()["upload_url"], offer.json()["download_url"]
    assert here.endswith("/x.png")
    assert status_and_code(ask.get(here)) == (404, 2019)
    data = png(cut_out(32).pixels)
    assert ask.put(there, content=data, headers={"Content-Type": "image/png"}).status_code == 200
    assert ask.put(there, content=data).status_code == 403
    assert ask.get(here).content == data  # whoever has the address may read it
    body = {"type": "image_to_model", "file": {"type": "jpeg", "url": here}, "model_version": "v2.5-20250123"}
    assert status_and_code(ask.post("/proxy/tripo/v2/openapi/task", json=body, headers=key)) == (200, 0)
    assert status_and_code(ask.post("/proxy/tripo/v2/openapi/task", json=body, headers=bob)) == (404, 2019)
    assert ask.post("/customers/storage", json={}).status_code == 401
    assert ask.post("/auth/partner-node/renew", headers=key).status_code == 401


def test_presigned_uploads_work_once_and_without_a_key(place):
    server, ann, bob, _ = place
    ask = server.client
    offer = ask.post("/v3/files/presign", json={"format": "png"}, headers=ann).json()["data"]
    data = png(cut_out(32).pixels)
    assert ask.put(offer["presigned_url"], content=data).status_code == 200
    assert status_and_code(ask.put(offer["presigned_url"], content=data)) == (403, 1005)
    body = {"input": offer["file_token"], "model": V31}
    assert status_and_code(ask.post("/v3/generation/image-to-model", json=body, headers=bob)) == (404, 2019)
    assert status_and_code(ask.post("/v3/generation/image-to-model", json=body, headers=ann)) == (200, 0)
    sts = ask.post("/v2/openapi/upload/sts/token", json={"format": "jpeg"}, headers=ann)
    assert status_and_code(sts) == (403, 1005)
    assert "TLS" in sts.json()["message"]


def test_frames_of_boto3_come_apart():
    data = bytes(range(256)) * 9
    framed = b"%x\r\n" % 2000 + data[:2000] + b"\r\n" + b"%x\r\n" % (len(data) - 2000) + data[2000:]
    framed += b"\r\n0\r\nx-amz-checksum-crc32:DwmuSw==\r\n\r\n"
    for cut in (1, 7, 1000, len(framed)):

        async def stream(cut=cut):
            for at in range(0, len(framed), cut):
                yield framed[at : at + cut]

        async def whole(stream=stream):
            return b"".join([piece async for piece in unframe(stream())])

        import asyncio

        assert asyncio.run(whole()) == data


def test_the_watch_socket_rises_and_ends(place):
    server, ann, _, workshop = place
    token = upload(server, ann).json()["data"]["image_token"]
    body = {"type": "image_to_model", "file": {"file_token": token}}
    task = server.client.post("/v2/openapi/task", json=body, headers=ann).json()["data"]["task_id"]
    url = server.base.replace("http", "ws") + f"/v2/openapi/task/watch/{task}"
    with connect(url, additional_headers=ann) as watch:
        frames = [json.loads(watch.recv(10))]
        workshop.ledger.begin(job_id(task), 1, "nobody")
        for share in (0.3, 0.6):
            workshop.ledger.report(job_id(task), share, "on its way")
            frames.append(json.loads(watch.recv(10)))
        workshop.ledger.finish(job_id(task), 1, "success", None, {})
        while frames[-1]["event"] != "finalized":
            frames.append(json.loads(watch.recv(10)))
    rising = [frame["data"]["progress"] for frame in frames]
    assert rising == sorted(rising)
    assert rising[-1] == 100
    assert [frame["event"] for frame in frames].count("finalized") == 1
    wait_for(lambda: server.client.get(f"/v2/openapi/task/{task}", headers=ann).json()["data"]["status"] == "success")
