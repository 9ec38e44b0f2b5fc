"""Plugins: through the same door as our own stages, and whatever is wrong with one hurts nobody else."""

import json
import subprocess
import sys
import textwrap
import time
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner

from maquette.core.asset import Asset
from maquette.core.picture import Picture
from maquette.faces.cli import main as commands
from maquette.faces.cli.index import stage_index
from maquette.flow import judge
from maquette.registry import build, plugins, scan
from shapes import box


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Make a module from somewhere else, and its entry point."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def make(name, source, attribute=""):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
        made.append(name)
        return EntryPoint(name=name, value=name + (f":{attribute}" if attribute else ""), group="maquette")

    yield make
    for name in made:
        sys.modules.pop(name, None)


GOOD = """
    from maquette.core.asset import Asset
    from maquette.registry import stage
    from maquette.shape.mend.weld import weld  # somebody else's stage is not ours to list

    @stage
    def {name}(asset: Asset) -> Asset:
        \"\"\"Do nothing.\"\"\"
        return asset
"""


def test_a_plugin_comes_through_the_same_door(plugin):
    found = build(("shape",), [plugin("from_elsewhere", GOOD.format(name="polish"))])
    assert found["polish"].stage.room == "from_elsewhere"
    assert found["weld"].stage.room == "shape"
    assert dict(found.failures) == {}
    assert list(found) == sorted(found)
    assert len(found) == len(list(found))


def test_a_plugin_may_name_one_stage(plugin):
    source = GOOD.format(name="polish") + GOOD.format(name="scratch")
    found = build((), [plugin("two_stages", source, "polish")])
    assert list(found) == ["polish"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise RuntimeError('no licence key')", "RuntimeError: no licence key"),
        ("def broken(:", "SyntaxError"),
        (
            GOOD.format(name="weld"),
            "stage 'weld' of bad_one is taken by maquette.shape.mend.weld; rename one",
        ),
        ("from maquette.registry import stage\n@stage\ndef f(*a): ...", "TypeError: f: a stage takes no"),
    ],
    ids=["import", "raise", "syntax", "clash", "signature"],
)
def test_a_plugin_that_fails_is_listed_and_the_rest_work(plugin, source, reason):
    plugins = [
        plugin("good_before", GOOD.format(name="polish")),
        plugin("bad_one", source),
        plugin("good_after", GOOD.format(name="scratch")),
    ]
    found = build(("shape",), plugins)
    assert {"polish", "scratch", "weld"} <= set(found)
    assert found["weld"].function.__module__ == "maquette.shape.mend.weld"
    assert list(found.failures) == ["bad_one"]
    assert reason in found.failures["bad_one"]


def test_a_plugin_with_one_clash_adds_nothing(plugin):
    source = GOOD.format(name="aaa") + GOOD.format(name="smooth")
    found = build(("shape",), [plugin("half_bad", source)])
    assert "aaa" not in found
    assert list(found.failures) == ["half_bad"]


def test_an_alias_finds_the_stage(plugin):
    source = GOOD.format(name="polish").replace("@stage\n", "@stage(aliases=('shine', 'buff'))\n")
    found = build((), [plugin("renamed", source)])
    assert found["shine"] is found["buff"] is found["polish"]
    assert "shine" in found
    assert found.find("shine").stage.name == "polish"
    assert list(found) == ["polish"]


# --- what is wrong with strangers

STAGE = """
from maquette.core.asset import Asset
from maquette.core.files import Files
from maquette.registry import stage
"""


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise BaseException('no')", "BaseException: no"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("class Odd(Exception):\n    def __str__(self): 1 / 0\nraise Odd", "Odd: and it cannot say what is wrong"),
        ("def f(): f()\nf()", "RecursionError"),
        ("nothing = 1", "has no stage; name a module with @stage functions, or one of them"),
        (STAGE + "@stage(gate=True)\ndef f(a: Asset) -> Asset: ...", "f: no fact 'gate'; did you mean gates?"),
        (STAGE + "@stage(aliases='abc')\ndef f(a: Asset) -> Asset: ...", "aliases = 'abc': must be a tuple of texts"),
        (STAGE + "@stage(aliases=('weld',))\ndef f(a: Asset) -> Asset: ...", "stage 'weld' of bad_one is taken by"),
        (STAGE + "@stage(aliases=('g',))\ndef f(a: Asset) -> Asset: ...\n@stage\ndef g(a: Asset) -> Asset: ...",
         "stage 'g' of bad_one is taken by bad_one; rename one"),
        (STAGE + "@stage(name='../weld')\ndef f(a: Asset) -> Asset: ...", "'../weld' is no stage's name"),
        (STAGE + "@stage(version='2')\ndef f(a: Asset) -> Asset: ...", "version = '2': counts from 1"),
        (STAGE + "class X: ...\n@stage\ndef f(a: Asset, *, x: X) -> Asset: ...", "PydanticSchemaGenerationError"),
        (STAGE + "class X: ...\n@stage\ndef f(a: Asset, *, x: 'Y') -> Asset: ...", "NameError: name 'Y'"),
        (STAGE + "@stage\ndef f(a: Asset, *, n: int = 'three') -> Asset: ...", "f: BadSetting: f: n = 'three'"),
        (STAGE + "@stage\ndef f(a: 'list[int] | dict[str, int]') -> Asset: ...", "an input is list[int] | dict"),
        (STAGE + "import typing\n@stage\ndef f(a: typing.Any) -> Asset: ...", "an input is typing.Any"),
        (STAGE + "@stage\ndef f(a: Asset) -> Asset: ...\nf.stage = None", "was not made by @stage"),
        (STAGE + "@stage\ndef f(a: Asset) -> Asset: ...\nf.stage.__dict__['facts'] = {}", "was not made by @stage"),
    ],
)  # fmt: skip
def test_whatever_is_wrong_is_said_and_the_rest_work(plugin, source, reason):
    found = build(("shape",), [plugin("bad_one", source), plugin("good_one", GOOD.format(name="polish"))])
    assert {"polish", "weld"} <= set(found)
    assert found["weld"].function.__module__ == "maquette.shape.mend.weld"
    assert list(found.failures) == ["bad_one"]
    assert reason in found.failures["bad_one"]


@pytest.mark.parametrize("value", ["", "no such module!", "a b:c", "bad_one:", ":x", "bad_one:nothing.there"])
def test_a_malformed_entry_point_is_said(plugin, value):
    point = EntryPoint("bent", value, "maquette")
    found = build((), [point, plugin("good_one", GOOD.format(name="polish"))])
    assert list(found) == ["polish"]
    assert list(found.failures) == ["bent"]


def test_an_import_that_takes_too_long_is_left_behind(plugin, monkeypatch):
    monkeypatch.setattr(plugins, "LIMIT_S", 0.3)
    started = time.perf_counter()
    found = build((), [plugin("sleepy", "import time\ntime.sleep(8)"), plugin("good_one", GOOD.format(name="polish"))])
    assert time.perf_counter() - started < 5
    assert list(found) == ["polish"]
    assert found.failures["sleepy"].startswith("is still importing after 0.3 s; import heavy libraries inside")


def test_a_slow_import_is_said(plugin, monkeypatch):
    monkeypatch.setattr(plugins, "SLOW_S", 0.05)
    found = build(
        (), [plugin("slow_one", "import time\ntime.sleep(0.1)\n" + textwrap.dedent(GOOD.format(name="polish")))]
    )
    assert list(found) == ["polish"]
    assert "to import; import heavy libraries" in found.notices["slow_one"]


def test_a_plugin_that_prints_does_not_spoil_what_a_command_says(plugin, capsys):
    build((), [plugin("chatty", "print('hello')\n" + textwrap.dedent(GOOD.format(name="polish")))])
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "hello\n"


READER = (
    STAGE
    + """
@stage(name="a-obj", reads=(".obj", ".foo"))
def a_obj(files: Files) -> Asset:
    \"\"\"Read wrongly.\"\"\"
    return Asset()

@stage(name="a-stl", writes=(".stl",))
def a_stl(asset: Asset) -> Files:
    \"\"\"Write wrongly.\"\"\"
    return Files("x.stl", {"x.stl": b""})
"""
)


def test_what_the_house_reads_and_writes_no_plugin_takes_over(plugin):
    found = build(("formats",), [plugin("greedy", READER), plugin("second", READER.replace("a-", "b-"))])
    assert found["a-obj"].stage.facts.reads == (".foo",)
    assert found["a-stl"].stage.facts.writes == ()
    assert found["b-obj"].stage.facts.reads == ()
    assert "a-obj: read-obj reads .obj already" in found.notices["greedy"]
    assert "a-stl: write-stl writes .stl already, so it is used by name only" in found.notices["greedy"]
    assert "a-obj reads .foo already" in found.notices["second"]
    assert dict(found.failures) == {}


def test_a_picture_is_no_model(plugin):
    source = STAGE + "@stage(name='a-png', writes=('.png',))\ndef f(asset: Asset) -> Files: ..."
    other = source.replace("a-png", "b-png").replace("asset: Asset", "picture: Picture")
    other = other.replace("core.files import", "core.picture import Picture\nfrom maquette.core.files import")
    found = build(("render", "photo"), [plugin("of_models", source), plugin("of_pictures", other)])
    assert found["a-png"].stage.facts.writes == (".png",)
    assert found["b-png"].stage.facts.writes == ()
    assert next(iter(found["b-png"].stage.inputs.values())) is Picture


def test_two_plugins_of_one_name_are_both_listed(plugin):
    again = EntryPoint("bad_one", "bad_two", "maquette")
    plugin("bad_two", "1 / 0")
    found = build((), [plugin("bad_one", "import no_such"), again])
    assert set(found.failures) == {"bad_one", "bad_one (bad_two)"}


def test_a_plugin_that_asks_for_our_stages_while_it_is_imported_gets_them(plugin):
    source = "import maquette as mq\nweld = mq.weld\n" + textwrap.dedent(GOOD.format(name="polish"))
    started = time.perf_counter()
    found = build((), [plugin("curious", source)])
    assert list(found) == ["polish"]
    assert found["polish"](Asset(box())).history[-1].stage == "polish"
    assert time.perf_counter() - started < plugins.LIMIT_S


def test_damaged_lists_of_entry_points_hurt_nobody(tmp_path):
    """Two packages as they lie in site-packages: one with a list that importlib refuses, one in order.

    Pydantic reads all lists too, and refuses every model then; so the names are only found here and not imported.
    """
    for name, listed in {"bent": "[maquette]\nthis is no line", "fine": "[maquette]\nfine = fine"}.items():
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(listed + "\n")
    code = "from maquette.registry.plugins import announced_plugins; print(announced_plugins())"
    source = str(Path(plugins.__file__).parents[2])
    env = {"PYTHONPATH": f"{source}:{tmp_path}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert "EntryPoint(name='fine', value='fine', group='maquette')" in done.stdout
    assert "{'bent': \"its entry_points.txt is damaged: TypeError" in done.stdout


def test_a_check_that_breaks_is_one_unknown_finding(plugin, monkeypatch):
    source = (
        STAGE
        + """
from collections.abc import Iterable
from maquette.core.report import Finding

@stage
def shaky(asset: Asset) -> Iterable[Finding]:
    \"\"\"Break.\"\"\"
    yield Finding("shaky", "pass", f"{1 / len(asset.materials)}")
"""
    )
    known = build((), [plugin("breaking", source)])
    monkeypatch.setattr(judge, "registry", lambda: known)
    (finding,) = judge.judge(Asset(box()), "print").findings
    assert (finding.check, finding.verdict) == ("shaky", "unknown")
    assert finding.message == "ZeroDivisionError: division by zero; a fault in the plugin breaking, tell its maker"


def test_the_help_page_shows_a_plugin_and_not_one_that_takes_our_name(plugin, monkeypatch):
    points = [plugin("good_one", GOOD.format(name="polish")), plugin("thief", GOOD.format(name="weld"))]
    monkeypatch.setattr(scan, "announced_plugins", lambda: (points, {}))
    rows = [(line.name, line.room) for line in stage_index() if line.name in ("polish", "weld")]
    assert rows == [("polish", "good_one"), ("weld", "shape")]


def test_the_list_of_stages_says_what_is_wrong_and_what_is_odd(plugin, monkeypatch):
    known = build(("formats",), [plugin("greedy", READER), plugin("bad_one", "import no_such_library")])
    monkeypatch.setattr(commands, "registry", lambda: known)
    said = CliRunner().invoke(commands.main, ["stages"]).stdout
    assert "plugin bad_one failed: ModuleNotFoundError: No module named 'no_such_library'" in said
    assert "plugin greedy: a-obj: read-obj reads .obj already, so it is used by name only; a-stl: " in said
    plain = json.loads(CliRunner().invoke(commands.main, ["stages", "--json"]).stdout)
    assert set(plain["failures"]) == {"bad_one"}
    assert set(plain["notices"]) == {"greedy"}


def test_a_plugin_that_cannot_say_what_it_lacks_is_not_ready_and_no_more(plugin):
    source = STAGE + "@stage(missing=lambda: 1 / 0)\ndef f(a: Asset) -> Asset: ..."
    found = build((), [plugin("unsure", source)])
    assert found["f"].stage.facts.line_to_get() == "cannot say what is missing: ZeroDivisionError: division by zero"
