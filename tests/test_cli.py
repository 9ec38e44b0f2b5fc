"""The command line as a user meets it: exit codes, files beside the output, words that help."""

from __future__ import annotations

import functools
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

import maquette as mq
from maquette.core.report import Finding, Report
from maquette.faces.cli.main import main
from maquette.registry import registry
from samples import ball, photo
from shapes import box, grid

COARSE = ("--resolution", "48")  # a fifth of the triangles; README's lines run with the default


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One store for all commands, so that they cut the photo out once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def run(tmp_path, monkeypatch, home):
    monkeypatch.setenv("MAQUETTE_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ball.png").write_bytes(photo())
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def judge_all(monkeypatch, judge) -> None:
    """Another judge, for what lets a file out and for the report."""
    from maquette.flow import deliver, make

    for module in (deliver, make):
        monkeypatch.setattr(module, "judge", judge)


@pytest.fixture
def unjudged(monkeypatch):
    """No checks, where the file is looked at and not the opinion on it."""
    judge_all(monkeypatch, lambda asset, destination, **_: Report(destination, "prusa-mk4", ()))


def test_print_writes_a_file_that_passes_and_both_reports(run, tmp_path):
    result = run("print", "ball.png", "-o", "ball.3mf", "--height-mm", "50", *COARSE)
    assert result.exit_code == 0, result.output + result.stderr
    assert sorted(p.name for p in tmp_path.glob("ball.*")) == [
        "ball.3mf",
        "ball.3mf.report.html",
        "ball.3mf.report.json",
        "ball.png",
    ]
    asset = mq.load("ball.3mf")
    assert asset.size[2] == pytest.approx(50, abs=0.01)
    report = json.loads((tmp_path / "ball.3mf.report.json").read_text())
    assert report["report"]["passed"] is True
    assert {step["stage"] for step in report["history"]} >= {"open", "matte", "crop", "sculpt", "settle"}
    page = (tmp_path / "ball.3mf.report.html").read_text()
    assert page.count("<img") >= 9
    assert "http" not in page.replace("http-equiv", "")


def test_same_photo_same_bytes_with_and_without_cache(run, unjudged, tmp_path, monkeypatch):
    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path / "home"))
    made = []
    for words in ((), ("--no-cache",), ()):
        result = run("print", "ball.png", "-o", "a.stl", "--no-report", "--generator", "inflate", *COARSE, *words)
        assert result.exit_code == 0, result.output
        made.append((tmp_path / "a.stl").read_bytes())
    assert made[0] == made[1] == made[2]


def test_model_has_a_texture(run):
    result = run("model", "ball.png", "-o", "ball.glb", "--json", *COARSE, "--max-faces", "4000")
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["report"]["verdict"] in ("pass", "warn")
    assert mq.load("ball.glb").materials[0].base_color_texture is not None


def test_relief_route_lies_flat(run, unjudged):
    assert run("print", "ball.png", "-o", "r.stl", "--route", "relief", "--no-report").exit_code == 0
    x, y, z = mq.load("r.stl").size
    assert z < 0.2 * min(x, y)


def test_check_says_pass_and_fail_by_exit_code(run):
    mq.save(mq.Asset(box((20, 20, 20)), sized=True), "good.3mf")  # a ball would roll away
    mq.save(mq.Asset(grid()), "sheet.stl")
    assert run("check", "good.3mf").exit_code == 0
    result = run("check", "sheet.stl", "--for", "print", "--json")
    assert result.exit_code == 1
    failed = {f["check"] for f in json.loads(result.output)["findings"] if f["verdict"] == "fail"}
    assert "watertight" in failed


def test_convert_keeps_the_shape(run):
    mq.save(mq.Asset(box((1, 2, 3)), sized=True), "a.stl")
    assert run("convert", "a.stl", "b.glb").exit_code == 0
    assert mq.load("b.glb").size == pytest.approx((1, 2, 3), abs=1e-5)


def test_every_stage_is_a_command_with_the_same_bytes(run, tmp_path):
    mq.save(ball(), "in.ply")
    assert run("smooth", "in.ply", "-o", "out.ply").exit_code == 0
    mq.save(mq.smooth(mq.load("in.ply")), "python.ply", {"stem": "out"})
    assert (tmp_path / "out.ply").read_bytes() == (tmp_path / "python.ply").read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("print", "nothing.jpg", "-o", "a.3mf"), 2, "no such file"),
        (("print", "ball.png", "-o", "a.doc"), 3, ".3mf"),
        (("print", "ball.png", "-o", "a.3mf", "--height-mm", "-5"), 3, "greater than"),
        (("print", "ball.png", "-o", "a.3mf", "--printer", "toaster"), 3, "prusa-mk4"),
        (("weld", "ball.png", "-o", "a.stl"), 2, ".png"),
        (("weld", "ball.png"), 3, "-o"),
        (("run", "print", "ball.png"), 3, "-o"),
        (("wled",), 2, "weld"),
    ],
)
def test_refusals_say_what_to_do(run, tmp_path, words, code, says):
    result = run(*words)
    assert result.exit_code == code
    assert says in result.stderr
    assert "Traceback" not in result.output
    assert not list(tmp_path.glob("a.*"))


def test_errors_as_json(run):
    result = run("check", "nothing.stl", "--json")
    assert result.exit_code == 2
    assert json.loads(result.output)["error"] == "BadInput"


def test_stages_and_completion(run):
    rows = json.loads(run("stages", "--json").output)["stages"]
    assert {"weld", "open", "inflate"} <= {row["name"] for row in rows}
    assert "weld" in run("stages").output
    assert "_MAQUETTE_COMPLETE" in run("completion", "bash").output


def test_recipes_run_by_name_and_from_a_file(run, tmp_path):
    assert run("run", "relief", "ball.png", "-o", "r.stl").exit_code == 0
    assert (tmp_path / "r.stl").exists()
    (tmp_path / "mine.yaml").write_text(
        "recipe: mine\nsummary: x\ninputs: [photo]\nsteps:\n  a: {stage: nope, from: photo}\nresult: a\n"
    )
    result = run("run", "mine.yaml", "ball.png", "-o", "m.stl")
    assert result.exit_code in (2, 3)
    assert "nope" in result.stderr


def test_gallery_shows_failures_too(run, tmp_path, monkeypatch):
    from maquette.flow import gallery

    monkeypatch.setattr(gallery, "make", functools.partial(gallery.make, knobs={"raw.resolution": COARSE[1]}))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "good.png").write_bytes(photo())
    (tmp_path / "folder" / "broken.jpg").write_bytes(b"\xff\xd8\xff nonsense")
    result = run("gallery", "folder", "-o", "sheet.png", "--json")
    rows = {row["name"]: row for row in json.loads(result.output)["rows"]}
    assert rows["broken.jpg"]["error"].startswith("BadInput")
    assert rows["good.png"]["verdict"] in ("pass", "warn")
    assert (tmp_path / "sheet.png").stat().st_size > 5000


def test_unprintable_is_not_written_unless_forced(run, tmp_path, monkeypatch):
    def failing(asset, destination, **_):
        return Report(destination, "prusa-mk4", (Finding("watertight", "fail", "3 open edges", fix="fill-holes"),))

    judge_all(monkeypatch, failing)
    words = ("print", "ball.png", "-o", "bad.stl", *COARSE)
    result = run(*words)
    assert result.exit_code == 4
    assert "3 open edges" in result.stderr
    assert not (tmp_path / "bad.stl").exists()
    assert (tmp_path / "bad.stl.report.html").exists()
    assert run(*words, "--no-report", "--force").exit_code == 1
    assert (tmp_path / "bad.stl").exists()


def test_cancelling_leaves_nothing_behind(run, tmp_path, monkeypatch):
    from maquette.core.progress import Cancelled

    def stop_work(*_, **__):
        raise Cancelled

    judge_all(monkeypatch, stop_work)
    assert run("print", "ball.png", "-o", "a.stl", *COARSE).exit_code == 130
    assert not list(tmp_path.glob("a.*"))


def test_the_help_page_lists_exactly_the_registry():
    from maquette.faces.cli.index import Line, stage_index

    known = registry()
    assert stage_index() == [Line(name, found.stage.room, found.stage.summary) for name, found in known.items()]


def test_the_help_page_imports_no_stage():
    import subprocess
    import sys

    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom maquette.faces.cli.main import main\n"
        "text = CliRunner().invoke(main, ['--help']).output\nassert 'solidify' in text and 'wall-thickness' in text\n"
        "print([m for m in sys.modules if m.split('.')[:2] in (['maquette', 'shape'], ['maquette', 'geometry'])"
        " and m.count('.') > 1])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", ["click", "numpy", "maquette.registry", "maquette.faces.cli.main"])
def test_who_stops_it_while_it_loads_gets_one_line(module):
    code = (
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "sys.argv = ['maquette', 'weld', 'none.stl', '-o', 'x.stl']\n"
        "from maquette.faces.cli.start import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (130, "stopped; no file is half written\n")


def test_work_that_is_stopped_cleans_up_first(tmp_path):
    code = (
        "import os, signal\n"
        "from maquette.faces.cli import start, terminal\n"
        "signal.signal(signal.SIGINT, start.stop_at_once)\n"
        "def body(_):\n"
        "    try:\n        os.kill(os.getpid(), signal.SIGINT)\n        signal.pause()\n"
        "    finally:\n        print('clean')\n"
        "terminal.Terminal(False).guard(body)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "clean\n", "stopped; no file is half written\n")


def test_a_stream_of_a_kind_is_a_file_and_no_option(tmp_path):
    mq.save(mq.Asset(box()), tmp_path / "a.off")
    command = [sys.executable, "-m", "maquette", "convert", "-.off", "-.stl"]
    data = (tmp_path / "a.off").read_bytes()
    done = subprocess.run(command, input=data, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) == 84 + 50 * 12
