"""Workers: the protocol with one that makes a known shape, and every way in which a program can fail us."""

from __future__ import annotations

import ast
import json
import os
import re
import sys
from pathlib import Path

import pytest

import maquette as mq
from fakes.base_server import GLB
from maquette.core.errors import BadInput, BadSetting, CannotDo, Unavailable
from maquette.core.progress import Cancelled, watching
from maquette.core.subject import Views
from maquette.generate.workers import process
from maquette.generate.workers.process import described_workers, end_workers, workers_folder
from maquette.registry import registry
from samples import cut_out

SCRIPTS = Path(__file__).parent.parent / "examples" / "workers"
FAKE = f"""
import os, sys, time
sys.path.insert(0, {str(SCRIPTS)!r})
from loop import Cannot, serve

def load():
    print("a library prints this")
    with open(os.environ["STARTS"], "a") as file:
        file.write("started\\n")
    if os.environ.get("BROKEN") == "weights":
        raise OSError("no such file: model.safetensors")

def make(model, job, say):
    how = os.environ.get("BROKEN")
    with open(os.environ["STARTS"], "a") as file:
        file.write(repr((sorted(job["pictures"]), job["settings"])) + "\\n")
    assert all(open(place, "rb").read(4) == b"\\x89PNG" for place in job["pictures"].values())
    print("another library prints in the middle")
    say(0.5, "sampling")
    if how == "cannot":
        raise Cannot("no surface seen")
    if how == "bug":
        raise ZeroDivisionError("division by zero")
    if how == "dies":
        print("CUDA error: out of memory")
        sys.stdout.flush()
        os._exit(3)
    if how == "sleeps":
        time.sleep(60)
    if how == "nothing":
        return
    data = {GLB!r}
    open(job["output"], "wb").write(b"<html>" if how == "html" else data[:90] if how == "half" else data)

serve("fake", "MIT", load, make)
"""


@pytest.fixture
def worker(monkeypatch, tmp_path):
    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path))
    starts = tmp_path / "starts.txt"
    (tmp_path / "fake.py").write_text(FAKE)

    def describe(name: str = "fake", broken: str = "", **more) -> Path:
        workers_folder().mkdir(exist_ok=True)
        plain = {
            "command": [sys.executable, str(tmp_path / "fake.py")], "licence": "MIT", "views": ["back"],
            "environment": {"STARTS": str(starts), "BROKEN": broken}, **more,
        }  # fmt: skip
        (workers_folder() / f"{name}.json").write_text(json.dumps(plain))
        return starts

    yield describe
    end_workers()


def test_a_worker_makes_a_model_and_stays_for_the_next(worker):
    starts = worker()
    asset = mq.local_worker(cut_out(48), seed=7)
    assert len(asset.mesh.faces) == 4
    assert "licence of the result: MIT" in asset.history[-1].notes[-1]
    views = Views({"front": cut_out(48), "back": cut_out(40), "left": cut_out(40)})
    mq.local_worker(views, worker="fake", effort="high", looks="none", faces=99)
    lines = starts.read_text().splitlines()
    assert lines.count("started") == 1
    assert lines[1] == repr((["front"], {"effort": "standard", "looks": "pbr", "faces": 0, "seed": 7}))
    assert lines[2] == repr((["back", "front"], {"effort": "high", "looks": "none", "faces": 99, "seed": 0}))
    assert "a library prints this" in (workers_folder() / "fake.log").read_text()
    (running,) = process._running
    assert running.is_alive
    end_workers()
    assert not running.is_alive


@pytest.mark.parametrize(
    ("broken", "kind", "words"),
    [
        ("weights", Unavailable, "its weights cannot be read: no such file"),
        ("cannot", CannotDo, "no surface seen"),
        ("bug", CannotDo, "ZeroDivisionError: division by zero"),
        ("dies", CannotDo, "ended with code 3 .CUDA error: out of memory"),
        ("nothing", CannotDo, "says done and model.glb is not there"),
        ("html", CannotDo, "no model"),
        ("half", CannotDo, "ends after 90 of"),
    ],
)
def test_what_goes_wrong_in_a_worker_is_said(worker, broken, kind, words):
    worker(broken=broken)
    with pytest.raises(kind, match=words):
        mq.local_worker(cut_out(48))


def test_who_stops_a_job_ends_its_worker(worker):
    worker(broken="sleeps")
    seen: list[str] = []
    with (
        pytest.raises(Cancelled),
        watching(lambda share, says: seen.append(says), lambda: "fake: sampling" in seen),
    ):
        mq.local_worker(cut_out(48))
    assert not process._running


def test_a_worker_that_says_nothing_is_given_up(worker, monkeypatch):
    worker(broken="sleeps")
    monkeypatch.setattr(process, "QUIET_S", 0.5)
    with pytest.raises(Unavailable, match=r"has said nothing for 0 s"):
        mq.local_worker(cut_out(48))


def test_other_versions_and_other_programs_are_refused(worker, tmp_path):
    for text, words in (('{"hello": 2}', "speaks version 2"), ("no JSON", "ended with code 0")):
        worker(command=[sys.executable, "-c", f"print({text!r})"])
        with pytest.raises((Unavailable, CannotDo), match=words):
            mq.local_worker(cut_out(48))
    worker(command=[str(tmp_path / "nothing")])
    with pytest.raises(Unavailable, match="cannot be started"):
        mq.local_worker(cut_out(48))


def test_descriptions(worker, monkeypatch):
    stage = registry()["local-worker"].stage
    assert "NAME.json" in stage.facts.line_to_get()
    with pytest.raises(Unavailable, match="there is none"):
        mq.local_worker(cut_out(48))
    worker("one")
    worker("two")
    assert stage.facts.line_to_get() == ""
    assert sorted(described_workers()) == ["one", "two"]
    with pytest.raises(BadSetting, match="which one"):
        mq.local_worker(cut_out(48))
    with pytest.raises(Unavailable, match="describe it in"):
        mq.local_worker(cut_out(48), worker="three")
    with pytest.raises(BadSetting):
        mq.local_worker(cut_out(48), worker="../one")
    with pytest.raises(BadSetting):
        mq.local_worker(cut_out(48), worker="..")
    for wrong in ("[]", "{}", '{"command": [], "licence": "MIT"}', "no JSON"):
        (workers_folder() / "one.json").write_text(wrong)
        with pytest.raises(Unavailable, match="describes no worker"):
            mq.local_worker(cut_out(48), worker="one")
    assert sorted(described_workers()) == ["two"]
    with pytest.raises(BadInput, match="no mask"):
        mq.local_worker(cut_out(48).replace(mask=None), worker="two")


@pytest.mark.parametrize("script", ["trellis", "trellis2", "hunyuan3d", "triposg", "sam3d"])
def test_a_script_says_what_it_needs_and_loads_nothing_before_it_must(script):
    text = (SCRIPTS / f"{script}.py").read_text()
    tree = ast.parse(text)
    top = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }  # fmt: skip
    assert top <= {"__future__", "typing", "loop", "os", "sys", "types"}
    assert re.search(r"\d+ GB of VRAM", ast.get_docstring(tree))
    assert "icen" in ast.get_docstring(tree) or "MIT" in ast.get_docstring(tree)
    pins = [line for line in (SCRIPTS / f"{script}.txt").read_text().splitlines() if line and line[0] != "#"]
    assert pins
    assert all(re.fullmatch(r"[\w.-]+==[\w.+]+", pin) for pin in pins)
    assert f"`{script}.py`" in (SCRIPTS / "README.md").read_text()
    assert os.path.exists(SCRIPTS / "loop.py")
