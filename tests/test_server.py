"""The server: what the registry says, over HTTP; whom it lets in, and what it refuses."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

pytest.importorskip("dbos", reason="needs the extra server")

import httpx
from websockets.sync.client import connect

import maquette as mq
import tiny_stages
from maquette.faces.server.keys import Keys
from maquette.faces.server.settings import ServerSettings
from maquette.flow.queue.workshop import Workshop
from maquette.registry import registry
from samples import cut_out
from shapes import box
from tiny_stages import Server, recipe, wait_for


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    return tiny_stages.install(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def server(env, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("home"), env)
    yield server
    server.process.kill()
    server.stop()


@pytest.fixture
def ask(server):
    return server.client


def tiny(server, count=3, hold_s=0.0, first=5, **more):
    digest = server.upload(bytes([first]))
    return {"recipe": recipe(count, hold_s), "inputs": {"data": digest}, "output": "out.png", **more}


def test_files_by_digest(server, ask):
    data = bytes(range(256)) * 100
    reply = ask.post("/api/files?name=a.bin", content=data)
    assert reply.status_code == 201
    digest = hashlib.sha256(data).hexdigest()
    assert reply.json()["digest"] == digest
    assert reply.json()["bytes"] == len(data)
    again = ask.post("/api/files", files={"file": ("b.bin", data)})
    assert again.json()["digest"] == digest
    whole = ask.get(f"/api/files/{digest}/a.bin")
    assert whole.content == data
    assert whole.headers["etag"] == f'"{digest}"'
    assert "immutable" in whole.headers["cache-control"]
    assert ask.get(f"/api/files/{digest}", headers={"If-None-Match": f'"{digest}"'}).status_code == 304
    part = ask.get(f"/api/files/{digest}", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, data[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(data)}"
    assert ask.get(f"/api/files/{digest}", headers={"Range": "bytes=-5"}).content == data[-5:]
    assert ask.get(f"/api/files/{digest}", headers={"Range": f"bytes={len(data)}-"}).status_code == 416
    assert ask.get(f"/api/files/{'0' * 64}").status_code == 404
    assert ask.get("/api/files/..%2f..%2fetc%2fpasswd").status_code == 404
    assert ask.post("/api/files", content=b"").status_code == 422


def test_a_picture_that_is_too_large_is_refused_while_it_comes(server, ask):
    sent = 0

    def pieces():
        nonlocal sent
        yield b"\x89PNG"
        for _ in range(40):
            sent += 1_000_000
            yield bytes(1_000_000)

    try:
        reply = ask.post("/api/files", content=pieces())
        assert reply.status_code == 422
        assert "20,000,000" in reply.json()["message"]
    except httpx.WriteError:  # it hung up in the middle, which is the point
        pass
    assert sent <= 41_000_000


def test_the_lists_are_the_registry_s(ask):
    stages = {row["name"]: row for row in ask.get("/api/stages").json()["stages"]}
    assert {name for name in stages if not name.startswith("tiny")} == set(registry())
    assert stages["weld"]["settings"] == registry()["weld"].stage.schema()
    recipes = {row["name"]: row for row in ask.get("/api/recipes").json()["recipes"]}
    assert recipes["model"]["inputs"] == {"photo": "bytes"}
    assert "sculpt" in {row["name"] for row in ask.get("/api/generators").json()["generators"]}
    assert "bambu-a1" in ask.get("/api/printers").json()["printers"]
    assert "unity" in ask.get("/api/targets").json()["targets"]


def test_the_openapi_document_is_whole(ask):
    document = ask.get("/api/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    names = {
        call["operationId"]
        for calls in document["paths"].values()
        for verb, call in calls.items()
        if verb != "parameters"
    }
    assert {f"stage-{name}" for name, each in registry().items() if each.stage.inputs} <= names
    text = json.dumps(document)
    for part in set(text.split('"$ref": "#/components/schemas/')[1:]):
        assert part.partition('"')[0] in document["components"]["schemas"]
    page = ask.get("/api")
    assert "scale-to" in page.text
    assert "http://" not in page.text.replace(str(ask.base_url), "")


def test_a_stage_runs_as_a_job_and_gives_what_python_gives(server, ask, tmp_path):
    place = mq.save(mq.Asset(box()), tmp_path / "box.stl")
    digest = server.upload(place.read_bytes(), "box.stl")
    reply = ask.post(
        "/api/stages/scale-to", json={"inputs": {"asset": digest}, "settings": {"height_mm": 50}, "output": "b.stl"}
    )
    assert reply.status_code == 202
    assert reply.headers["location"] == f"/api/jobs/{reply.json()['id']}"
    job = server.job(reply.json()["id"])
    assert job["state"] == "success", job
    main = next(file for file in job["files"] if file["role"] == "main")
    expected = mq.save(mq.scale_to(mq.load(place), height_mm=50), tmp_path / "b.stl").read_bytes()
    assert ask.get(main["href"]).content == expected
    follow = {"inputs": {"asset": {"job": job["id"]}}, "settings": {}}
    findings = ask.post("/api/stages/watertight", json=follow, headers={"Prefer": "wait=50"})
    assert findings.status_code == 200
    href = findings.json()["files"][0]["href"]
    assert ask.get(href).json()["findings"][0]["verdict"] == "pass"


def test_refusals_are_the_command_line_s_own_sentences(server, ask):
    digest = server.upload(b"x", "box.stl")
    reply = ask.post("/api/stages/scale-to", json={"inputs": {"asset": digest}, "settings": {"height_mm": -1}})
    assert reply.status_code == 422
    with pytest.raises(mq.BadSetting) as refusal:
        mq.scale_to(mq.Asset(box()), height_mm=-1)
    assert reply.json() == {"error": "BadSetting", "message": str(refusal.value)}
    assert ask.post("/api/stages/nothing", json={}).status_code == 404
    assert ask.post("/api/jobs", json={"colour": 1}).json()["message"].startswith("job: no field 'colour'")
    assert ask.post("/api/jobs", content=b"{").status_code == 400
    assert ask.post("/api/jobs", content=b"[1]").status_code == 400
    assert ask.post("/api/jobs", content=b"[" * 100_000).status_code == 400
    assert ask.post("/api/jobs", json={"inputs": {"front": "0" * 64}}).status_code == 422
    assert ask.put("/api/jobs", json={}).status_code == 405
    assert ask.get("/nowhere").status_code == 404
    big = ask.post("/api/jobs", content=b" " * 3_000_000)
    assert big.status_code == 413


def test_events_jobs_cancel_retry(server, ask):
    job = ask.post("/api/jobs", json=tiny(server, 4, 0.2, tag="mine")).json()
    assert [row["id"] for row in ask.get("/api/jobs?tag=mine").json()["jobs"]] == [job["id"]]
    with ask.stream("GET", f"/api/jobs/{job['id']}/events") as stream:
        events = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
    assert [event["state"] for event in events if event["kind"] == "state"] == ["queued", "running", "success"]
    assert [event["n"] for event in events] == sorted(event["n"] for event in events)
    middle = events[2]["n"]
    headers = {"Last-Event-ID": str(middle)}
    with ask.stream("GET", f"/api/jobs/{job['id']}/events", headers=headers) as stream:
        rest = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
    assert rest
    assert min(event["n"] for event in rest) > middle
    slow = ask.post("/api/jobs", json=tiny(server, 3, 30.0, first=9)).json()
    wait_for(lambda: ask.get(f"/api/jobs/{slow['id']}").json()["state"] == "running")
    assert ask.post(f"/api/jobs/{slow['id']}/retry").status_code == 409
    assert ask.delete(f"/api/jobs/{slow['id']}").status_code == 202
    assert server.job(slow["id"], 10)["state"] == "cancelled"
    assert ask.get("/api/jobs/nothing").status_code == 404
    assert ask.get("/api/jobs?state=odd").status_code == 422


def test_the_same_idempotency_key_is_the_same_job(server, ask):
    body = tiny(server, first=11)
    headers = {"Idempotency-Key": "once"}
    first = ask.post("/api/jobs", json=body, headers=headers).json()["id"]
    assert ask.post("/api/jobs", json=body, headers=headers).json()["id"] == first
    assert ask.post("/api/jobs", json={**body, "tag": "other"}, headers=headers).status_code == 409


def test_the_live_socket_tells_what_is_watched(server, ask):
    job = ask.post("/api/jobs", json=tiny(server, 3, 0.2, first=13)).json()
    with connect(server.base.replace("http", "ws") + "/api/live") as live:
        live.send("nonsense")
        assert "watch" in json.loads(live.recv(10))["error"]
        live.send(json.dumps({"watch": [f"job/{job['id']}", "job/nothing"], "since": 0}))
        seen = []
        while not seen or seen[-1].get("state") != "success":
            seen.append(json.loads(live.recv(30)))
    assert {"job": "nothing", "error": "there is no such job here"} in seen
    assert {event["job"] for event in seen if "kind" in event} == {job["id"]}


def test_other_names_and_other_sites_are_refused(server, ask):
    assert ask.get("/health", headers={"Host": "evil.example"}).status_code == 421
    assert ask.post("/api/jobs", json={}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert ask.get("/api/stages", headers={"Origin": "null"}).status_code == 403
    port = httpx.URL(server.base).port
    assert (
        ask.get("/health", headers={"Origin": f"http://localhost:{port}", "Host": f"localhost:{port}"}).status_code
        == 200
    )
    assert ask.get("/health", headers={"Origin": f"http://localhost:{port + 1}"}).status_code == 403
    with (
        pytest.raises(Exception, match=r"403|400|rejected|closed"),
        connect(
            server.base.replace("http", "ws") + "/api/live", additional_headers={"Origin": "http://evil.example"}
        ) as live,
    ):
        live.recv(5)


def test_health_and_metrics(server, ask):
    wait_for(lambda: ask.get("/health").json()["workers"] == 1)
    text = ask.get("/metrics").text
    assert 'maquette_jobs{state="success"}' in text
    assert "maquette_workers 1" in text
    assert ask.get("/health").headers["x-tripo-trace-id"]


def test_oversized_headers_and_slow_senders(server, ask):
    host, port = httpx.URL(server.base).host, httpx.URL(server.base).port
    with socket.create_connection((host, port)) as loud:
        loud.settimeout(10)
        with contextlib.suppress(ConnectionError):  # it may hang up before everything is sent
            loud.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Large: " + b"x" * 200_000 + b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert loud.recv(100).startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))
    with socket.create_connection((host, port)) as idle:
        idle.send(b"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
        started = time.monotonic()
        assert ask.get("/health").status_code == 200
        assert time.monotonic() - started < 5


# Keys


@pytest.fixture(scope="module")
def guarded(env, tmp_path_factory):
    home = tmp_path_factory.mktemp("guarded")
    keys = Keys(Workshop.at(home).ledger)
    issued = {
        "ann": keys.issue("ann"), "bob": keys.issue("bob"), "reader": keys.issue("reader", "read"),
        "boss": keys.issue("boss", "admin"), "gone": keys.issue("gone", days=0),
        "slow": keys.issue("slow", per_minute=5),
    }  # fmt: skip
    server = Server(home, env, "--keys", "--workers", "1")
    yield server, {name: {"Authorization": f"Bearer {key}"} for name, key in issued.items()}
    server.process.kill()
    server.stop()


def test_keys_decide_who_sees_what(guarded):
    server, keys = guarded
    ask = server.client
    assert ask.get("/health").status_code == 200
    assert ask.get("/api/jobs").status_code == 401
    assert ask.get("/api/jobs", headers=keys["gone"]).status_code == 401
    assert ask.get("/api/jobs", headers={"X-API-KEY": keys["ann"]["Authorization"][7:]}).status_code == 200
    digest = ask.post("/api/files?name=a.bin", content=b"\7", headers=keys["ann"]).json()["digest"]
    body = {"recipe": recipe(2), "inputs": {"data": digest}, "output": "out.png"}
    job = ask.post("/api/jobs", json=body, headers=keys["ann"]).json()["id"]
    assert ask.get(f"/api/jobs/{job}", headers=keys["ann"]).status_code == 200
    for who in ("bob", "reader"):
        assert ask.get(f"/api/jobs/{job}", headers=keys[who]).status_code == 404
        assert ask.get(f"/api/files/{digest}", headers=keys[who]).status_code == 404
    assert ask.get(f"/api/jobs/{job}", headers=keys["boss"]).status_code == 200
    stolen = ask.post("/api/jobs", json=body, headers=keys["bob"])
    assert stolen.status_code == 422
    assert "not among your files" in stolen.json()["message"]
    assert ask.post("/api/jobs", json=body, headers=keys["reader"]).status_code == 403
    assert ask.delete(f"/api/jobs/{job}", headers=keys["bob"]).status_code == 404


def test_too_often_and_guessing(guarded):
    server, keys = guarded
    ask = server.client
    codes = [ask.get("/api/printers", headers=keys["slow"]).status_code for _ in range(8)]
    assert codes[:5] == [200] * 5
    assert 429 in codes
    guesses = [ask.get("/api/jobs", headers={"Authorization": f"Bearer tsk_{n}"}) for n in range(30)]
    assert guesses[0].status_code == 401
    refused = [answer for answer in guesses if answer.status_code == 429]
    assert refused  # not each after the twentieth: on a slow machine a try is earned again meanwhile
    assert int(refused[0].headers["retry-after"]) >= 1
    assert ask.get("/api/jobs", headers=keys["ann"]).status_code == 200


def test_a_key_is_kept_as_its_digest_alone(guarded, tmp_path):
    ledger = Workshop.at(tmp_path).ledger
    key = Keys(ledger).issue("x")
    ledger.close()
    stored = b"".join(place.read_bytes() for place in tmp_path.iterdir() if place.is_file())
    assert key.encode() not in stored
    assert key.startswith("tsk_")


def test_other_binds_need_keys():
    assert not ServerSettings().needs_keys
    assert not ServerSettings(host="::1").needs_keys
    assert ServerSettings(host="0.0.0.0").needs_keys
    assert ServerSettings(keys=True).needs_keys
    with pytest.raises(mq.BadSetting, match="go together"):
        ServerSettings(tls_cert=None, tls_key=ServerSettings)  # type: ignore[arg-type]


def test_a_server_that_is_killed_goes_on_where_it_was(env, tmp_path):
    server = Server(tmp_path, env)
    digest = server.upload(b"\x21")
    body = {"recipe": recipe(5, 0.4), "inputs": {"data": digest}, "output": "out.png"}
    job = server.client.post("/api/jobs", json=body).json()["id"]
    wait_for(lambda: server.client.get(f"/api/jobs/{job}").json()["progress"] > 0.3, 200)
    ledger = Workshop.at(tmp_path).ledger
    worker = ledger.get(job).worker
    ledger.close()
    server.process.kill()
    os.kill(int(worker.split("-")[-2]), signal.SIGKILL)
    server.stop()
    again = Server(tmp_path, env)
    assert again.job(job, 200)["state"] == "success"
    assert again.stop() == 0


def test_a_worker_whose_server_died_before_it_woke_ends(env, tmp_path):
    """Starting takes a second or more; a server killed meanwhile left workers behind that took jobs for ever."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    words = ["worker", "--home", str(tmp_path), "--with-parent", str(gone.pid)]
    done = subprocess.run([sys.executable, "-m", "maquette", *words], env=env, check=False, timeout=120)
    assert done.returncode == 0


def test_the_page_s_curl_lines_run(server, tmp_path):
    """Every block of docs/server.md that is a program, in order, in one shell."""
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    page = (tiny_stages.ROOT / "docs" / "server.md").read_text()
    program = "\n".join(re.findall(r'^```bash title="[^"]*"\n(.*?)^```', page, re.M | re.S))
    assert program.count("curl") >= 6
    mq.save(cut_out(48), tmp_path / "thing.png")
    command = ["bash", "-euo", "pipefail", "-c", program]
    env = {**os.environ, "URL": server.base, "NO_PROXY": "*"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=560)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(mq.load(tmp_path / "cup.glb").mesh.faces) <= 500
    assert "event: node" in (tmp_path / "events.txt").read_text()
    assert json.loads((tmp_path / "scaled.json").read_text())["state"] == "success"
