"""Many jobs into one folder: nothing is made twice, nobody falls with a neighbour, and everything is in the tables."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace

import pytest
from click.testing import CliRunner

import maquette as mq
from maquette.core.errors import BadInput, BadSetting
from maquette.faces.cli.main import main
from maquette.flow.batch.page import as_csv, as_html
from maquette.flow.batch.run import Result, read_result, run_batch
from maquette.flow.batch.tasks import Task, grid, tasks_in
from samples import cut_out

QUICK = {"generator": "inflate", "raw.resolution": "24", "texture": "none", "report": "no"}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    (folder / "deep").mkdir()
    mq.save(cut_out(48), folder / "cup.png")
    (folder / "deep" / "broken.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def test_tasks_of_a_folder_a_table_and_a_grid(photos, tmp_path):
    assert [task.name for task in tasks_in(photos, {})] == ["cup", "deep-broken"]
    shares = [{task.name for task in tasks_in(photos, {}, (k, 3))} for k in (1, 2, 3)]
    assert set.union(*shares) == {"cup", "deep-broken"}
    assert sum(map(len, shares)) == 2
    table = tmp_path / "list.csv"
    table.write_text("photo,height_mm\na/cup.png,50\nb/cup.png,\n")
    rows = tasks_in(table, {"route": "full"})
    assert [(task.name, dict(task.options)) for task in rows] == [
        ("cup", {"route": "full", "height_mm": "50"}),
        ("cup-2", {"route": "full"}),
    ]
    ways = grid(photos / "cup.png", {}, {"height_mm": ["50", "80"], "generator": ["sculpt", "inflate"]})
    assert [task.name for task in ways][:2] == ["height_mm-50_generator-sculpt", "height_mm-50_generator-inflate"]
    with pytest.raises(BadSetting, match="vary something"):
        grid(photos / "cup.png", {}, {})
    table.write_text("picture\nx.png\n")
    with pytest.raises(BadInput, match="no column photo; it has picture"):
        tasks_in(table, {})
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="has no pictures"):
        tasks_in(tmp_path / "empty", {})


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAQUETTE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def test_one_bad_picture_stops_nobody_and_nothing_is_made_twice(photos, tmp_path, home):
    words = ["batch", str(photos), "-o", str(tmp_path / "out"), "--for", "model", "--ending", ".glb", "--json"]
    words += [word for name, value in QUICK.items() for word in ("--set", f"{name}={value}")]
    first = CliRunner().invoke(main, words)
    assert first.exit_code == 1, first.output
    results = {row["name"]: row for row in json.loads(first.stdout)["results"]}
    assert results["cup"]["state"] == "made"
    assert results["deep-broken"]["state"] == "refused"
    assert "BadInput" in results["deep-broken"]["error"]
    model = tmp_path / "out" / "cup" / "cup.glb"
    assert len(mq.load(model).mesh.faces) == results["cup"]["faces"]
    stamp = os.stat(model).st_mtime_ns
    second = CliRunner().invoke(main, words)
    assert json.loads(second.stdout)["results"] == json.loads(first.stdout)["results"]
    assert os.stat(model).st_mtime_ns == stamp
    with (tmp_path / "out" / "batch.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["name"], row["state"], row["generator"]) for row in rows] == [
        ("cup", "made", "inflate"),
        ("deep-broken", "refused", "inflate"),
    ]
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.index("deep-broken") < page.index("cup/cup.glb")
    assert (tmp_path / "out" / "cup" / "thumbnail.png").read_bytes().startswith(b"\x89PNG")
    wrong = CliRunner().invoke(main, [*words, "--set", "height_mm=-1"])
    assert json.loads(wrong.stdout)["results"][0]["error"].startswith("BadSetting")


def test_a_process_that_dies_is_a_failure_with_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("maquette.flow.batch.run.multiprocessing.get_context", lambda _: _Dying)
    (result,) = run_batch([Task("one", tmp_path / "a.png")], tmp_path / "out", "model", ".glb")
    assert result.state == "failed"
    assert "ended with code -9" in result.error
    assert read_result(tmp_path / "out" / "one", result.key) == result
    assert read_result(tmp_path / "out" / "one", "another key") is None


class _Dying:
    """A process that is killed before it leaves a word."""

    exitcode = -9

    def __init__(self, target, args, daemon):
        self.alive = 2

    Process = None

    def start(self):
        pass

    def is_alive(self):
        self.alive -= 1
        return self.alive > 0

    def join(self, seconds):
        pass


_Dying.Process = _Dying


def test_tables_are_harmless_and_whole(tmp_path):
    result = Result("a<b", "k", "refused", error="=1+1 <script>", options={"height_mm": "5"})
    made = replace(result, name="c", state="made", output="c.glb", verdict="pass", faces=1200, size_mm=(1.0, 2.5, 3.0))
    text = as_csv([result, made])
    assert text.splitlines()[0].endswith("photo,height_mm")
    assert "'=1+1" in text
    assert "1 x 2.5 x 3" in text
    page = as_html([made, result], tmp_path, "x")
    assert "<script>" not in page
    assert page.index("a&lt;b") < page.index("c/c.glb")
    assert "1,200" in page
