"""Money, from where a person agrees to where it is counted: the command line, the picker, batches, the server."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("httpx", reason="needs the extra hosted")
pytest.importorskip("dbos", reason="needs the extra server")

import tiny_stages
from fakes.base_server import KEY
from fakes.tripo import FakeTripo
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.money import dollars, paying
from maquette.faces.cli.main import main
from maquette.flow.batch.run import do_task, read_result
from maquette.flow.batch.tasks import Task
from maquette.flow.picker import pick_list
from maquette.flow.prices import may_cost, price_of_order, price_of_recipe
from maquette.flow.queue.order import Order
from maquette.flow.recipes.load import load_recipe
from maquette.generate.hosted.tickets import Drawer, Ticket
from maquette.registry import registry
from maquette.store.accounts import budget_usd
from samples import cut_out, png
from tiny_stages import Server, wait_for


@pytest.fixture
def fake(monkeypatch, tmp_path):
    fake = FakeTripo()
    for name, value in environment(fake, tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    yield fake
    fake.close()


def environment(fake, home: Path) -> dict[str, str]:
    return {
        "MAQUETTE_HOME": str(home), "MAQUETTE_TRIPO_ADDRESS": fake.url, "TRIPO_API_KEY": KEY,
        "MAQUETTE_TRIPO_COMPATIBLE_ADDRESS": fake.url, "MAQUETTE_TRIPO_COMPATIBLE_KEY": KEY,
    }  # fmt: skip


@pytest.fixture
def photo(tmp_path):
    place = tmp_path / "thing.png"
    place.write_bytes(cut_out_png())
    return place


def cut_out_png(size: int = 48) -> bytes:
    subject = cut_out(size)
    return png(np.dstack([subject.pixels, (subject.mask * 255).astype(np.uint8)]))


def maquette(*words) -> object:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_script_must_say_yes_and_then_pays_what_was_shown(fake, photo, tmp_path):
    refused = maquette("tripo", photo, "-o", tmp_path / "a.glb")
    assert refused.exit_code == 5
    assert "tripo: costs about $0.40 (Tripo) and nobody is here to agree; add --yes" in refused.stderr
    assert not fake.orders
    done = maquette("tripo", photo, "-o", tmp_path / "a.glb", "--yes", "--looks", "none")
    assert done.exit_code == 0, done.stderr
    assert "tripo: $0.30 to Tripo" in done.stderr
    assert (tmp_path / "a.glb").read_bytes().startswith(b"glTF")
    listed = json.loads(maquette("hosted", "--json").stdout)
    assert listed["spent_today_usd"] == pytest.approx(0.30)
    (order,) = listed["orders"]
    assert (order["provider"], order["state"], order["usd"]) == ("tripo", "done", 0.3)
    assert "$0.30" in maquette("hosted").stdout
    assert "forgotten" in maquette("hosted", "--forget", order["name"]).stdout
    assert json.loads(maquette("hosted", "--json").stdout)["spent_today_usd"] == pytest.approx(0.30)
    assert maquette("hosted", "--forget", "nothing").exit_code == 3


def test_what_runs_here_asks_for_nothing(photo, tmp_path):
    assert maquette("inflate", photo, "-o", tmp_path / "a.glb", "--resolution", "24").exit_code == 0


def test_the_picker_says_price_readiness_and_quality(fake, monkeypatch):
    rows = {row["name"]: row for row in json.loads(maquette("generators", "--json").stdout)["generators"]}
    assert rows["tripo"]["ready"]
    assert rows["tripo"]["price_usd"] == pytest.approx(0.40)
    assert rows["tripo"]["measured"] == "not measured"
    assert rows["sculpt"]["measured"]["objects"] == 67
    assert rows["meshy"]["get"].startswith("export MESHY_API_KEY=…")
    names = [pick.stage.name for pick in pick_list()]
    assert names.index("sculpt") < names.index("stability-ai") < names.index("tripo") < names.index("rodin")
    text = maquette("generators").stdout
    assert "measured: F-score 0.402, watertight 100% (67 objects, 2026-11-21)" in text
    assert KEY not in text
    folder = Path(os.environ["MAQUETTE_HOME"])
    folder.mkdir(exist_ok=True)
    (folder / "measured.json").write_text('{"tripo": {"f_score": 0.6, "objects": 3, "date": "2026-12-01"}}')
    assert "F-score 0.600 (3 objects, 2026-12-01)" in maquette("generators").stdout


def test_prices_of_recipes_and_orders():
    model = load_recipe("model")
    assert may_cost(model)
    assert not may_cost(load_recipe("lithophane"))
    assert price_of_recipe(model.with_knobs({})) == {}
    assert price_of_recipe(model.with_knobs({"generator": "tripo", "raw.looks": "none"})) == {"raw": pytest.approx(0.3)}
    assert price_of_order(Order("make", {}, "a.glb", options={"generator": "tripo"})) == pytest.approx(0.4)
    assert price_of_order(Order("make", {}, "a.3mf", destination="print", options={"generator": "fal"})) > 0
    assert price_of_order(Order("make", {}, "a.glb")) == 0
    for wrong in (-1, True, "many", float("inf")):
        with pytest.raises(BadSetting, match="pay_usd"):
            Order("make", {}, "a.glb", pay_usd=wrong)


def test_every_paid_stage_has_a_price_for_all_its_settings():
    for name, function in registry().items():
        stage = function.stage
        if not stage.facts.price_of:
            continue
        plain = {setting.name: setting.default for setting in stage.settings.values()}
        for setting in stage.settings.values():
            for choice in stage.schema()["properties"][setting.name].get("enum", []):
                assert 0 < stage.facts.price_of({**plain, setting.name: choice}) < 2, name
        assert stage.facts.priced_on
        assert "$" in stage.facts.price


def test_amounts_and_budgets_are_read_as_one_writes_them(monkeypatch):
    assert [dollars(each) for each in (0.4, 0.065, 12.0)] == ["$0.40", "$0.065", "$12.00"]
    monkeypatch.setenv("MAQUETTE_DAY_USD", "3.5")
    assert budget_usd("day") == 3.5
    for wrong in ("much", "-1", "nan", "inf"):
        monkeypatch.setenv("MAQUETTE_DAY_USD", wrong)
        with pytest.raises(BadSetting, match="MAQUETTE_DAY_USD"):
            budget_usd("day")


def test_several_processes_of_one_run_share_its_budget(fake):
    drawer = Drawer()
    with paying(1.0, run="one"):
        drawer.pay(Ticket("aa", "tripo", usd=0.6), "Tripo")
    with paying(1.0, run="one"), pytest.raises(CannotDo, match=r"over this run's budget of \$1.00"):
        Drawer().pay(Ticket("bb", "tripo", usd=0.6), "Tripo")
    with paying(1.0, run="two"):
        drawer.pay(Ticket("cc", "tripo", usd=0.6), "Tripo")
    assert drawer.spent_usd() == pytest.approx(1.2)


def test_a_batch_pays_nothing_unless_told(fake, photo, tmp_path):
    task = Task("one", photo, {"generator": "tripo", "texture": "none"})
    do_task(task, tmp_path / "out", "model", ".glb", "key")
    result = read_result(tmp_path / "out", "key")
    assert result.state == "refused"
    assert "over this run's budget of $0.00" in result.error
    assert not fake.orders


@pytest.fixture(scope="module")
def behind():
    fake = FakeTripo()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def server(behind, tmp_path_factory):
    env = tiny_stages.install(tmp_path_factory.mktemp("site")) | environment(behind, tmp_path_factory.mktemp("own"))
    server = Server(tmp_path_factory.mktemp("home"), env)
    yield server
    server.process.kill()
    server.stop()


def order(server, stage: str, size: int, **more):
    digest = server.upload(cut_out_png(size), "a.png")
    body = {"inputs": {"subject": digest}, "settings": {}, "output": "a.glb", **more}
    return server.client.post(f"/api/stages/{stage}", json=body)


def test_the_server_spends_no_more_than_the_order_says(server, behind):
    refused = order(server, "tripo", 40)
    assert refused.status_code == 402
    assert "costs up to $0.40" in refused.json()["message"]
    digest = server.upload(cut_out_png(40), "a.png")
    whole = {"inputs": {"front": digest}, "output": "a.glb", "options": {"generator": "tripo"}, "pay_usd": 0.1}
    assert server.client.post("/api/jobs", json=whole).status_code == 402
    task = {"file": {"type": "png", "file_token": "x"}, "type": "image_to_model", "model_version": "maquette-tripo"}
    upload = server.client.post("/v2/openapi/upload", files={"file": ("a.png", cut_out_png(40))})
    task["file"]["file_token"] = upload.json()["data"]["image_token"]
    assert server.client.post("/v2/openapi/task", json=task).json()["code"] == 2010
    assert not behind.orders
    taken = order(server, "tripo", 40, pay_usd=0.5)
    assert taken.status_code == 202
    job = server.job(taken.json()["id"])
    assert job["state"] == "success", job
    assert len(behind.orders) == 1
    assert KEY not in json.dumps(job)
    rows = {row["name"]: row for row in server.client.get("/api/generators").json()["generators"]}
    assert rows["tripo"]["ready"]
    assert rows["tripo"]["measured"] == "not measured"


def test_a_worker_that_is_killed_while_it_waits_loses_and_repeats_nothing(server, behind):
    behind.mode, before = "slow", len(behind.orders)
    identity = order(server, "tripo-compatible", 44).json()["id"]
    wait_for(lambda: behind.looks.get(f"job-{before + 1}"))  # the handle is on disk by then
    crew = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    for worker in crew:
        os.kill(int(worker), signal.SIGKILL)
    job = server.job(identity)
    assert job["state"] == "success", job
    assert len(behind.orders) == before + 1


def test_two_maquettes_in_a_row(server, behind, monkeypatch, tmp_path):
    """One Maquette lets another one, which speaks Tripo's v3, make the shape."""
    behind.mode = "success"
    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path))
    monkeypatch.setenv("MAQUETTE_TRIPO_COMPATIBLE_ADDRESS", server.base)
    monkeypatch.setenv("MAQUETTE_TRIPO_COMPATIBLE_KEY", "tsk_anything")
    asset = registry()["tripo-compatible"](cut_out(64), model_version="maquette-tiny-lump", faces=100)
    assert 4 <= len(asset.mesh.faces) <= 100
    assert asset.title == cut_out(64).title
    assert not asset.sized
    with pytest.raises(Exception, match="2017"):
        registry()["tripo-compatible"](cut_out(64), model_version="v9.9")


def test_a_published_recipe_has_a_price_before_it_runs(server):
    form = {
        "recipe": "paid", "summary": "One by a provider.", "inputs": ["subject"],
        "steps": {"made": {"stage": "tripo", "from": "subject"}}, "result": "made",
    }  # fmt: skip
    published = server.client.post("/api/published", json={"name": "paid", "text": json.dumps(form)}).json()
    usd = server.client.post("/api/price", json={"recipe": "paid@1", "options": {}}).json()["usd"]
    assert usd == 0.4
    body = {"inputs": {"subject": server.upload(cut_out_png(41), "a.png")}, "output": "a.glb"}
    assert server.client.post(published["href"], json=body).status_code == 402
    assert server.client.post(published["href"], json={**body, "pay_usd": usd}).status_code == 202
    assert server.client.post("/api/price", json={"recipe": "paid@9"}).status_code == 422
