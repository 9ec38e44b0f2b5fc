"""Files and results that machines share: in an S3-compatible store (moto's server) or a folder, through obstore."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("obstore", reason="needs the extra cluster")

import tiny_stages
from maquette.core.errors import BadInput, BadSetting, Unavailable
from maquette.core.picture import Picture
from maquette.faces.cli.main import main
from maquette.flow.batch.tasks import tasks_at
from maquette.flow.queue.workshop import Workshop
from maquette.store import Blobs, Bucket, SharedBlobs, SharedStore
from private_postgres import private_postgres, skip_without
from tiny_stages import Server, lines, recipe, start_worker, wait_for

SERVE = """
import sys, threading
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def s3():
    """An S3-compatible server with a bucket; the environment that leads there."""
    pytest.importorskip("moto.server", reason="needs moto")
    import boto3

    server = subprocess.Popen([sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)  # fmt: skip
    port = server.stdout.readline().strip()
    env = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "ann", "AWS_SECRET_ACCESS_KEY": "secret",
    }  # fmt: skip
    client = boto3.client(
        "s3", endpoint_url=env["AWS_ENDPOINT_URL"], region_name="us-east-1", aws_access_key_id="ann",
        aws_secret_access_key="secret",
    )  # fmt: skip
    client.create_bucket(Bucket="models")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        yield client
    client.close()
    server.stdin.close()
    server.stdout.close()
    server.terminate()
    server.wait(20)


@pytest.fixture(params=["s3", "file"])
def address(request, tmp_path):
    if request.param == "file":
        return f"file://{tmp_path / 'shared'}"
    request.getfixturevalue("s3")
    return f"s3://models/{tmp_path.name}"


def test_what_one_machine_keeps_another_finds(address, tmp_path):
    here, there = (SharedBlobs(tmp_path / name, Bucket(address)) for name in ("here", "there"))
    data = os.urandom(1 << 20)
    digest = here.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert there.has(digest)
    assert there.read(digest) == data
    assert there.path(digest).is_relative_to(tmp_path / "there")
    there.path(digest).write_bytes(b"rotten")
    assert there.read(digest) == data  # the copy is fetched again
    here.drop(digest)
    assert there.read(digest) == data  # its copy stays until it is old
    os.utime(there.path(digest), (1, 1))
    there.sweep()
    assert not there.has(digest)
    here.drop(digest)
    with pytest.raises(BadInput, match="not here; upload"):
        there.read(digest)
    with pytest.raises(BadInput, match="no digest"):
        there.has("../../etc/passwd")


def test_files_from_before_there_was_a_bucket_go_there_before_they_may_be_forgotten(tmp_path, monkeypatch):
    digest = Blobs(tmp_path / "home").put(b"the only copy")
    monkeypatch.setattr("maquette.store.shared.COPY_S", -1.0)
    shared = SharedBlobs(tmp_path / "home", Bucket((tmp_path / "bucket").as_uri()))
    shared.sweep()
    assert not (tmp_path / "home" / digest[:2] / digest).exists()
    assert shared.read(digest) == b"the only copy"


def test_a_file_stays_while_the_bucket_does_not_answer(tmp_path, monkeypatch):
    digest = Blobs(tmp_path / "home").put(b"the only copy")
    monkeypatch.setattr("maquette.store.shared.COPY_S", -1.0)
    shared = SharedBlobs(tmp_path / "home", Bucket((tmp_path / "bucket").as_uri()))

    def refuse(name, place):
        raise Unavailable("files: no answer")

    monkeypatch.setattr(shared.bucket, "put", refuse)
    shared.sweep()
    assert (tmp_path / "home" / digest[:2] / digest).read_bytes() == b"the only copy"


def test_results_travel_and_may_be_lost(address, tmp_path):
    here, there = (SharedStore(tmp_path / name, Bucket(address)) for name in ("here", "there"))
    value = Picture(np.full((1, 4, 4, 4), 7, np.uint8))
    assert here.put("ab12", value)
    assert np.array_equal(there.get("ab12").frames, value.frames)
    assert there.get("ab13") is None
    assert (tmp_path / "there" / "results" / "ab12.value").is_file()
    with pytest.raises(BadInput, match="no key"):
        there.get("../x")


def test_a_batch_takes_its_photos_from_a_bucket(s3, tmp_path):
    for name in ("a.png", "deep/a.png", "b.JPG", "notes.txt"):
        s3.put_object(Bucket="models", Key=f"photos/{name}", Body=name.encode())
    address = "s3://models/photos"
    tasks = tasks_at(address, tmp_path, {"height_mm": 50})
    assert [(task.name, task.photo.read_bytes()) for task in tasks] == [
        ("a", b"a.png"), ("b", b"b.JPG"), ("deep-a", b"deep/a.png"),
    ]  # fmt: skip
    assert tasks[0].options == {"height_mm": 50}
    shares = [tasks_at(address, tmp_path / "new", {}, (k, 2)) for k in (1, 2)]
    assert sorted(task.name for share in shares for task in share) == ["a", "b", "deep-a"]
    assert len(list((tmp_path / "new").iterdir())) == 3
    with pytest.raises(BadInput, match="no pictures"):
        tasks_at("s3://models/nothing", tmp_path, {})


def test_the_batch_command_knows_an_address(s3, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("maquette.flow.batch.tasks.tasks_at", lambda *words: asked.append(words) or [])
    CliRunner().invoke(main, ["batch", "s3://models/photos", "-o", str(tmp_path / "out"), "--shard", "2/3"])
    assert asked[0][0] == "s3://models/photos"
    assert asked[0][3] == (2, 3)


def test_a_bucket_that_is_away_is_said(s3, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("maquette.store.shared._RETRY", {"max_retries": 0})
    blobs = SharedBlobs(tmp_path, Bucket("s3://models/x"))
    with pytest.raises(Unavailable, match="no answer from s3://models/x"):
        blobs.put(b"abc")
    assert list(tmp_path.rglob("*.part")) == []
    with pytest.raises(Unavailable, match="no answer"):
        blobs.has(hashlib.sha256(b"abc").hexdigest())  # its own copy went as well: nobody else would find it
    store = SharedStore(tmp_path, Bucket("s3://models/x"))
    assert store.put("ab", Picture(np.zeros((1, 2, 2, 4), np.uint8)))
    assert store.get("ab") is not None
    assert store.get("ac") is None


def test_addresses(tmp_path, monkeypatch):
    with pytest.raises(BadSetting, match="no address; write s3://"):
        Workshop.at(tmp_path, files="bucket")
    with pytest.raises(Unavailable, match="no answer"):
        Bucket("s3://")
    monkeypatch.setattr("maquette.store.shared.find_spec", lambda name: None)
    with pytest.raises(Unavailable, match=r"maquette\[cluster\]"):
        Bucket("s3://models")


def test_a_cluster_without_a_common_folder(s3, tmp_path_factory):
    """PostgreSQL, S3, a server, three workers with a folder each: what examples/cluster describes."""
    skip_without()
    root = tmp_path_factory.mktemp("cluster")
    files = "s3://models/cluster"
    with tiny_stages.installed_here(root / "site") as env, private_postgres() as cluster:
        more = ("--database", cluster.address("jobs"), "--files", files)
        server = Server(root / "server", env, *more, "--workers", "0")
        hands = [start_worker(root / f"worker{n}", env, *more[1::2], wait=False) for n in range(3)]
        for hand in hands:
            assert "is ready" in hand.stderr.readline()
        try:
            body = {"recipe": recipe(5, 0.2), "output": "out.png"}
            jobs = [
                server.client.post("/api/jobs", json={**body, "inputs": {"data": server.upload(bytes([n]))}}).json()
                for n in range(6)
            ]
            wait_for(lambda: sum(line == "end s3" for line in lines(env)) >= 3, 60)
            hands[0].kill()  # its folder is gone with it: whoever takes over finds the nodes in the bucket
            ended = [server.job(each["id"], 90) for each in jobs]
            assert [each["state"] for each in ended] == ["success"] * 6
            again = [line for line in lines(env) if line.startswith("begin")]
            assert len(again) <= 6 * 4 + 1
            for each in ended:
                assert server.client.get(each["files"][0]["href"]).content.startswith(b"\x89PNG")
            paid = server.client.post("/api/jobs", json={**body, "inputs": jobs[0]["order"]["inputs"] and {
                "data": server.upload(bytes([99]))}, "pay_usd": 0.5}).json()  # fmt: skip
            assert "MAQUETTE_ORDERS" in server.job(paid["id"])["error"]["message"]
        finally:
            server.stop()
            for hand in hands:
                hand.kill()
                hand.wait(20)
                hand.stderr.close()
