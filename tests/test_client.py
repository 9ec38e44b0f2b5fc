"""The client against a real server: what the document names it reaches, what the server refuses it raises."""

from __future__ import annotations

import pytest

pytest.importorskip("dbos", reason="needs the extra server")
pytest.importorskip("httpx", reason="needs the extra hosted")

import maquette as mq
import tiny_stages
from maquette.client import Client
from maquette.core.errors import BadInput, BadSetting, CannotDo, Unavailable
from maquette.registry import registry
from shapes import box
from tiny_stages import Server, recipe


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    env = tiny_stages.install(tmp_path_factory.mktemp("site"))
    server = Server(tmp_path_factory.mktemp("home"), env)
    with Client(server.base) as client:
        yield client
    server.process.kill()
    server.stop()


def tiny(client, text):
    digest = client.upload(b"\x05")
    return client.order("/api/jobs", {"recipe": text, "inputs": {"data": digest}, "output": "out.png"}, 0.0)


def test_it_knows_every_operation_of_the_document(client):
    stages = {f"stage-{name}" for name, each in registry().items() if each.stage.inputs}
    assert stages <= set(client.operations)
    assert "stage-tiny-lump" in client.operations  # a plugin of the server's
    assert client.call("health")
    assert {row["name"] for row in client.call("list-generators")["generators"]} >= {"sculpt", "tripo", "tiny-lump"}
    assert any(row["name"] == "tripo" and row["price_usd"] > 0 for row in client.generators())
    with pytest.raises(BadSetting, match="did you mean"):
        client.call("stage-scaleto")


def test_a_stage_a_result_that_flows_on_and_a_file(client, tmp_path):
    place = mq.save(mq.Asset(box()), tmp_path / "box.stl")
    job = client.stage("scale-to", {"asset": place}, {"height_mm": 50}, "b.stl").wait(120)
    expected = mq.save(mq.scale_to(mq.load(place), height_mm=50), tmp_path / "b.stl").read_bytes()
    assert job.save(tmp_path / "c.stl").read_bytes() == expected
    again = client.stage("scale-to", {"asset": job}, {"height_mm": 20}, "d.stl")
    assert again.save(tmp_path / "d.stl").stat().st_size == len(expected)
    with pytest.raises(BadInput, match="no file of the role 'report'; it has main"):
        job.save(tmp_path / "e", role="report")
    assert client.call("get-job", path={"identity": job.id})["id"] == job.id
    assert [each["state"] for each in job.events() if "state" in each][-1] == "success"
    assert job.id in {each.id for each in client.jobs(state="success")}


def test_refusals_are_raised_as_they_would_be_there(client):
    with pytest.raises(BadSetting, match="scale-to: height_mm"):
        client.stage("scale-to", {"asset": client.upload(b"x")}, {"height_mm": -1})
    with pytest.raises(BadInput, match="no such thing"):
        client.job("0" * 32)
    with pytest.raises(Unavailable, match=r"costs up to \$0.40"):
        client.stage("tripo", {"subject": client.upload(b"x")}, output="a.glb")
    job = client.stage("scale-to", {"asset": client.upload(b"no model")}, {"height_mm": 5}, "a.stl")
    with pytest.raises(BadInput):
        job.wait(60)


def test_cancel_retry_and_a_wait_that_ends(client):
    job = tiny(client, recipe(2, 30.0))
    with pytest.raises(CannotDo, match="it goes on"):
        job.wait(0.5)
    job.cancel()
    with pytest.raises(CannotDo, match="was cancelled"):
        job.wait(60)
    assert job.retry().state == "queued"
    job.cancel()


def test_nobody_there():
    with Client("http://127.0.0.1:9") as nobody, pytest.raises(Unavailable, match="is it running"):
        nobody.generators()
