"""Projects between machines, published recipes, guests and rooms: the server's side, without a browser."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from contextlib import closing
from http.cookies import SimpleCookie

import numpy as np
import pytest

pytest.importorskip("dbos", reason="needs the extra server")

import tiny_stages
from maquette.core.errors import BadInput, CannotDo
from maquette.core.picture import Picture
from maquette.core.values import encode
from maquette.faces.server.keys import Guests, Keys
from maquette.flow.queue.project import unpack_project
from maquette.flow.queue.workshop import Workshop
from tiny_stages import Server


@pytest.fixture(scope="module")
def env_here(tmp_path_factory):
    return tiny_stages.install(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def here(env_here, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("here"), env_here)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def there(env_here, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("there"), env_here, "--workers", "0")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def job(here):
    body = {"recipe": tiny_stages.recipe(3), "inputs": {"data": here.upload(b"\x07", "a.bin")}, "output": "out.png"}
    job = here.job(here.client.post("/api/jobs", json={**body, "tag": "w-thing"}).json()["id"])
    assert job["state"] == "success", job
    return job


def take(server, data):
    return server.client.post("/api/projects", json={"digest": server.upload(data, "thing.maquette")})


def test_a_project_is_the_same_on_another_machine(here, there, job):
    data = here.client.get("/api/projects/w-thing").content
    assert data[:2] == b"PK", data[:300]
    taken = take(there, data)
    assert taken.status_code == 201, taken.text
    assert taken.json() == {"tag": "w-thing", "jobs": [job["id"]]}
    again = there.client.get(f"/api/jobs/{job['id']}").json()
    assert {name: again[name] for name in ("order", "files", "state", "tag")} == {
        name: job[name] for name in ("order", "files", "state", "tag")
    }
    for file in job["files"]:
        assert there.client.get(file["href"]).content == here.client.get(file["href"]).content
    picture = f"/api/jobs/{job['id']}/steps/s1/thumb"
    assert there.client.get(picture).content == here.client.get(picture).content
    assert there.client.get(f"/api/jobs/{job['id']}/recipe").json()["kept"] == {"s0": True, "s1": True, "s2": True}
    assert take(there, data).json()["jobs"] == [job["id"]]  # once more changes nothing
    assert len(there.client.get("/api/jobs?tag=w-thing").json()["jobs"]) == 1


def pack(job, parts, **facts):
    """A project of one job that a stranger wrote: its row, its files and steps, and what else is said."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
        archive.writestr("project.json", json.dumps({"tag": job["tag"], "rooms": {}, "jobs": [job], **facts}))
    return stream.getvalue()


def row_of(identity, wish, **more):
    row = {"id": identity * 32, "wish": json.dumps(wish), "tag": "w-strange", "state": "failed", "attempt": 1}
    row |= {"created": 1.0, "started": None, "ended": 2.0, "outputs": "[]", "error": None, "facts": "{}"}
    return {**row, "nodes": [], **more}


def test_an_imported_job_that_runs_again_is_checked_as_an_order(there):
    order = {"kind": "recipe", "inputs": {"data": {"digest": "ab" * 32, "name": "a.bin"}}, "output": "out.png"}
    order |= {"recipe": tiny_stages.recipe(1), "pay_usd": 500.0}
    assert take(there, pack(row_of("a", order), {})).status_code == 201
    assert there.client.get(f"/api/jobs/{'a' * 32}").json()["order"]["pay_usd"] == 0.0
    refused = there.client.post(f"/api/jobs/{'a' * 32}/retry")
    assert (refused.status_code, refused.json()["error"]) == (422, "BadInput"), refused.text
    assert "is not here" in refused.json()["message"]
    assert there.client.get(f"/api/jobs/{'a' * 32}").json()["state"] == "failed"


def test_a_project_with_a_key_brings_no_steps_and_only_files_with_room(tmp_path, job):
    named, stray, step = hashlib.sha256(b"named").hexdigest(), hashlib.sha256(b"stray").hexdigest(), "cd" * 32
    outputs = json.dumps([{"digest": named, "name": "a.bin", "role": "main", "bytes": 5}])
    row = row_of("b", job["order"], tag="shop 12", state="success", outputs=outputs)
    row["nodes"] = [{"node": "s0", "key": step, "state": "success"}]
    picture = b"".join(encode(Picture(np.zeros((1, 2, 2, 4), np.uint8))))
    data = pack(row, {f"files/{named}": b"named", f"files/{stray}": b"stray", f"steps/{step}": picture})
    workshop = Workshop.at(tmp_path)
    with closing(workshop.ledger):
        rooms = []
        assert unpack_project(workshop, data, "ann", rooms.append) == ("shop 12", ["b" * 32])
        assert rooms == [5]  # the stray file is not theirs
        assert workshop.blobs.has(named)
        assert not workshop.blobs.has(stray)
        assert workshop.store.get(step) is None
        assert "key" not in workshop.ledger.nodes_of("b" * 32)["s0"]

        def refuse(size):
            raise CannotDo(f"test: no room for {size}")

        other = hashlib.sha256(b"other").hexdigest()
        large = row_of("c", job["order"], outputs=outputs.replace(named, other))
        with pytest.raises(CannotDo, match="no room for 5"):
            unpack_project(workshop, pack(large, {f"files/{other}": b"other"}), "ann", refuse)
        assert not workshop.blobs.has(other)
        with pytest.raises(BadInput, match="is not what its name says"):
            unpack_project(workshop, pack(large, {f"files/{other}": b"wrong"}), "ann", rooms.append)
        with pytest.raises(BadInput, match="rooms are a list"):
            unpack_project(workshop, pack(row, {}, rooms=[1]), "ann", rooms.append)
        unpack_project(workshop, pack(row_of("d", job["order"]), {f"steps/{step}": picture}), "local", rooms.append)
        assert workshop.store.get(step) is not None


@pytest.mark.parametrize("change", ["none", "id", "state", "order", "digest"])
def test_what_is_no_project_is_refused(here, there, job, change):
    data = here.client.get("/api/projects/w-thing").content
    assert data[:2] == b"PK", data[:300]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    facts = json.loads(parts["project.json"])
    row = facts["jobs"][0] | {"id": "0" * 32}
    row |= {"id": {"id": "../../etc"}, "state": {"state": "queued"}, "order": {"wish": "{}"}}.get(change, {})
    if change == "digest":
        row["outputs"] = row["outputs"].replace(job["files"][0]["digest"], "../../secret")
    facts["jobs"] = [row]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, part in (parts | {"project.json": json.dumps(facts).encode()}).items():
            archive.writestr(name, part)
    refused = take(there, stream.getvalue() if change != "none" else b"PK\x03\x04 nothing")
    assert (refused.status_code, refused.json()["error"]) == (422, "BadInput"), refused.text
    assert there.client.get(f"/api/jobs/{'0' * 32}").status_code == 404


def test_a_published_version_never_changes(here):
    text = tiny_stages.recipe(2)
    knobs = json.loads(text) | {"recipe": "slow", "knobs": {"name": {"turns": "s1.name"}}}
    one = here.client.post("/api/published", json={"name": "slow", "text": json.dumps(knobs, indent=1)}).json()
    same = here.client.post("/api/published", json={"name": "slow", "text": json.dumps(knobs, indent=1)}).json()
    two = here.client.post("/api/published", json={"name": "slow", "text": json.dumps(knobs, indent=2)}).json()
    assert [each["version"] for each in (one, same, two)] == [1, 1, 2]
    facts = here.client.get("/api/published/slow@1").json()
    assert [knob["name"] for knob in facts["knobs"]] == ["name"]
    digest = here.upload(b"\x05", "a.bin")
    body = {"inputs": {"data": digest}, "knobs": {"name": "from a program"}, "output": "out.png"}
    job = here.client.post(one["href"], json=body).json()
    assert here.job(job["id"])["state"] == "success"
    assert here.client.post("/api/recipes/slow@9", json=body).status_code == 422
    for version in ("²", "1" + "0" * 5000, "0", ""):
        assert here.client.post(f"/api/recipes/slow@{version}", json=body).status_code in (404, 422)
        assert here.client.get(f"/api/published/slow@{version}").status_code == 422
        assert here.client.get("/api/jobs", params={"limit": version}).status_code == 200
    line = here.client.post("/api/published", json={"name": "line", "text": json.dumps(knobs)}).json()
    assert here.client.get("/api/published/line@1").json()["inputs"] == facts["inputs"]
    assert here.job(here.client.post(line["href"], json=body).json()["id"])["state"] == "success"
    refused = here.client.post("/api/published", json={"name": "print", "text": text})
    assert refused.status_code == 422
    assert "none of our own" in refused.json()["message"]


def test_a_guest_sees_one_thing_and_changes_nothing(here, job):
    other = {"recipe": tiny_stages.recipe(1), "inputs": {"data": here.upload(b"\x01", "b.bin")}, "output": "out.png"}
    hidden = here.client.post("/api/jobs", json={**other, "tag": "w-hidden"}).json()["id"]
    link = here.client.post("/api/share", json={"job": job["id"], "may": "look"}).json()["href"]
    answer = here.client.get(link.removeprefix(here.base), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/m/{job['id']}")
    cookie = SimpleCookie(answer.headers["set-cookie"])["maquette_pass"]
    assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "strict")
    here.client.cookies.clear()
    guest = {"cookie": f"maquette_pass={cookie.value}", "origin": here.base}
    assert here.client.get(f"/api/jobs/{job['id']}", headers=guest).status_code == 200
    assert here.client.get(f"/api/jobs/{hidden}", headers=guest).status_code == 404
    odd = {**guest, "cookie": f'a/b=1; a={{"x": 1}}; {guest["cookie"]}'}  # other programs' on the same host
    assert here.client.get(f"/api/jobs/{hidden}", headers=odd).status_code == 404
    assert here.client.get(f"/api/jobs/{job['id']}", headers=odd).status_code == 200
    assert {row["tag"] for row in here.client.get("/api/jobs", headers=guest).json()["jobs"]} == {"w-thing"}
    assert here.client.post("/api/jobs", json=other, headers=guest).status_code == 403
    assert here.client.post("/api/share", json={"job": job["id"], "may": "work"}, headers=guest).status_code == 403
    publishing = {"name": "theirs", "text": tiny_stages.recipe(1)}
    assert here.client.post("/api/published", json={**publishing, "name": "ours"}).status_code == 201
    assert here.client.get("/api/published", headers=guest).json() == {"published": []}
    assert here.client.get("/api/published/ours@1", headers=guest).status_code == 404
    forged = {**guest, "cookie": f"maquette_pass={cookie.value[:-1]}x"}
    assert (
        here.client.get(f"/api/jobs/{hidden}", headers=forged).status_code == 200
    )  # no guest: this machine's own user
    working = here.client.post("/api/share", json={"job": job["id"], "may": "work"}).json()["href"]
    token = working.removeprefix(here.base).split("/")[2]
    friend = {"cookie": f"maquette_pass={token}", "origin": here.base}
    ordered = here.client.post("/api/jobs", json={**other, "tag": "w-thing"}, headers=friend)
    assert ordered.status_code == 202, ordered.text
    assert here.client.post("/api/jobs", json={**other, "tag": "w-mine"}, headers=friend).status_code == 403
    assert here.client.post("/api/published", json=publishing, headers=friend).status_code == 404
    assert here.client.get("/api/published/ours@1", headers=friend).status_code == 200
    no_origin = {"cookie": friend["cookie"]}
    assert here.client.post("/api/jobs", json={**other, "tag": "w-thing"}, headers=no_origin).status_code == 403


def test_a_job_without_a_thing_is_not_shared(here):
    body = {"recipe": tiny_stages.recipe(1), "inputs": {"data": here.upload(b"\x02", "c.bin")}, "output": "out.png"}
    untagged = here.client.post("/api/jobs", json=body).json()["id"]
    refused = here.client.post("/api/share", json={"job": untagged, "may": "look"})
    assert (refused.status_code, refused.json()["error"]) == (422, "BadSetting"), refused.text
    assert "no thing of its own" in refused.json()["message"]


def test_a_link_has_the_limits_of_its_host_and_goes_with_their_key(tmp_path):
    workshop = Workshop.at(tmp_path)
    with closing(workshop.ledger):
        keys, guests = Keys(workshop.ledger), Guests(workshop.ledger)
        host = keys.holder(keys.issue("ann", per_minute=7, at_once=2))
        token = guests.issue(host, "w-thing", "read")
        guest = guests.holder(token)
        assert (guest.owner, guest.only, guest.scopes) == (host.owner, "w-thing", frozenset({"read"}))
        assert (guest.per_minute, guest.at_once, guest.disk_mb) == (7, 2, host.disk_mb)
        keys.revoke("ann")
        assert guests.holder(token) is None


def test_a_server_with_keys_has_a_door(env_here, tmp_path):
    command = [sys.executable, "-m", "maquette", "key", "ann", "--home", str(tmp_path)]
    key = subprocess.run(command, env=env_here, capture_output=True, text=True, check=True).stdout.strip()
    server = Server(tmp_path, env_here, "--keys", "--workers", "0")
    try:
        assert server.client.get("/").status_code == 200  # the page holds nothing of anybody
        assert server.client.get("/api/me").status_code == 401
        assert server.client.post("/api/session", json={"key": "tsk_wrong"}).status_code == 401
        answer = server.client.post("/api/session", json={"key": key}, headers={"origin": server.base})
        assert answer.status_code == 200
        assert server.client.get("/api/me").json() == {"keys": True, "only": "", "scopes": ["read", "run"]}
        assert server.client.delete("/api/session", headers={"origin": "http://elsewhere.example"}).status_code == 403
        assert server.client.delete("/api/session", headers={"origin": server.base}).status_code == 200
        assert server.client.get("/api/me").status_code == 401
    finally:
        server.stop()
