"""The house rules of the design, read off the source."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

import maquette

SOURCE = Path(__file__).parent.parent / "src" / "maquette"
MODULES = sorted(SOURCE.rglob("*.py"))
VAGUE_LOCALS = {"made", "found", "given", "told"}
ROOMS_OF_CODE = ("src", "tests", "bench", "training")
IRREGULAR = """
    bent blown born broken brought built caught chosen clad dealt done drawn driven fallen fed
    found forgotten frozen given gone grown heard held hewn hidden hung kept known laid lain led left
    lent lost made meant met overlaid paid proven rebuilt redrawn rewritten risen said seen sent sewn
    shaken shorn shown shrunk slid spelt spent spoilt spun stolen struck stuck sunk swept swollen sworn
    swung taken taught thought thrown told torn undone understood unread worn woven written
"""  # the likes of cut, put, set and split are verbs as well
NOUNS = {"bed", "bleed", "embed", "feed", "need", "quadruped", "seed", "shed", "speed", "weed"}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "manager"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_sizes(path):
    assert len(path.read_text().splitlines()) <= 400
    for function in functions(path):
        assert function.end_lineno - function.lineno < 60, f"{path.name}: {function.name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_open_ended_keywords_outside_faces_and_registry(path):
    if "faces" in path.parts or "registry" in path.parts:
        pytest.skip("allowed here")
    for function in functions(path):
        if not (path.name == "values.py" and function.name == "replace"):  # dataclasses.replace, by another name
            assert function.args.kwarg is None, f"{path.name}: {function.name} takes **{function.args.kwarg.arg}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_the_library_never_prints(path):
    names = [n.func.id for n in ast.walk(tree(path)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    assert "print" not in names


def test_no_module_is_called_nothing():
    assert not [path for path in MODULES if path.stem in FORBIDDEN_NAMES]


def vague_locals(source: str) -> list[str]:
    """Functions and their variables or parameters that say how a value came to be instead of what it holds."""
    vague: set[str] = set()
    for function in ast.walk(ast.parse(source)):
        for node in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
            name = node.arg if isinstance(node, ast.arg) else node.id if isinstance(node, ast.Name) else ""
            if name in VAGUE_LOCALS and not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
                vague.add(f"{function.name}: {name}")
    return sorted(vague)


def test_locals_say_what_they_hold():
    """`made` may be anything; `shell`, `pairs` or `attributes` may not."""
    assert vague_locals("def f(given):\n    made = [found for found in given]") == ["f: found", "f: given", "f: made"]
    left = {str(path): names for path in MODULES if (names := vague_locals(path.read_text(encoding="utf-8")))}
    assert not left


def participles(path: Path) -> list[str]:
    """Functions whose whole name is a participle; properties, fixtures, stages and public methods have their reasons.

    A property reads as an adjective, a fixture as a noun, a stage's name is public, and a method that hands back a
    changed value is called as Python's own `sorted` is.
    """
    nodes = list(ast.walk(tree(path)))
    methods = {function for node in nodes if isinstance(node, ast.ClassDef) for function in node.body}
    bare = []
    for function in (node for node in nodes if isinstance(node, ast.FunctionDef)):
        word = function.name.strip("_")
        marks = " ".join(map(ast.unparse, function.decorator_list))
        excused = re.search("property|fixture|stage", marks) or (function in methods and word == function.name)
        if not excused and (word in IRREGULAR.split() or (re.fullmatch("[a-z]+ed", word) and word not in NOUNS)):
            bare.append(function.name)
    return bare


def test_functions_are_verbs_or_nouns_and_never_bare_participles(tmp_path):
    """`_told(words)` does not say what one gets; `_gcode_value(words)` does."""
    sample = tmp_path / "sample.py"
    sample.write_text(
        "def worn(): ...\ndef _named(): ...\ndef closed_form_alpha(): ...\ndef seed(): ...\ndef cut(): ..."
    )
    assert participles(sample) == ["worn", "_named"]
    for room in ROOMS_OF_CODE:
        files = sorted((SOURCE.parent.parent / room).rglob("*.py"))
        assert not {str(path): names for path in files if (names := participles(path))}


def test_public_names_are_sorted_and_there():
    assert maquette.__all__ == sorted(maquette.__all__)
    for name in maquette.__all__:
        assert getattr(maquette, name) is not None


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(result.stdout.splitlines()[-1].split())


def test_import_loads_numpy_and_nothing_heavier():
    third_party = modules_after("import maquette") - set(sys.stdlib_module_names)
    assert {m for m in third_party if not m.startswith("_")} <= {"maquette", "numpy", "sitecustomize"}


def test_help_loads_no_heavy_library():
    code = "from click.testing import CliRunner; from maquette.faces.cli.main import main; "
    code += "CliRunner().invoke(main, ['--help'])"
    assert not modules_after(code) & {"scipy", "skimage", "PIL", "embreex", "manifold3d", "fast_simplification", "rich"}


# --- the drawing in docs/design.md, and the house as it stands


def rooms_drawn() -> dict[str, int]:
    """Folders and their floors, as docs/design.md draws them."""
    page = (SOURCE.parent.parent / "docs" / "design.md").read_text(encoding="utf-8")
    rows = re.findall(r"^([a-z_/]+)/ +(\d)  \S", page, re.M)
    assert len(rows) == len(dict(rows)), "a room is drawn twice"
    return {room: int(floor) for room, floor in rows}


def rooms_built() -> dict[str, int]:
    """Folders that hold Python, and how many files each has besides its __init__.py."""
    folders = {path.parent for path in MODULES} - {SOURCE}
    return {str(f.relative_to(SOURCE)): len([p for p in f.glob("*.py") if p.stem != "__init__"]) for f in folders}


@functools.cache
def imports() -> dict[str, set[str]]:
    """What each module imports of the house, in functions too; only what type checkers alone see is left out."""
    graph = grimp.build_graph("maquette", exclude_type_checking_imports=True, cache_dir=None)
    return {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}


def room_of(module: str) -> str:
    """The folder that a module lies in, as the drawing names it; nothing for the package itself."""
    place = SOURCE.joinpath(*module.split(".")[1:])
    return str((place if place.is_dir() else place.parent).relative_to(SOURCE)).removeprefix(".")


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """A circle of names, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as problem:
        return problem.args[1]
    return []


def test_the_drawing_shows_the_rooms_that_there_are():
    assert set(rooms_drawn()) == set(rooms_built())


def test_no_shelf_is_longer_than_forty_files():
    assert not {room: count for room, count in rooms_built().items() if count > 40}


def test_a_room_stands_on_the_floor_of_the_shelf_that_it_is_in():
    drawn = rooms_drawn()
    assert not {room for room, floor in drawn.items() if floor != drawn[room.partition("/")[0]]}


def test_no_import_runs_up_and_rooms_of_one_floor_do_not_know_each_other():
    drawn, wrong = rooms_drawn(), []
    for module, used in imports().items():
        shelf = room_of(module).partition("/")[0]
        for other in used if shelf else ():
            wanted = room_of(other).partition("/")[0]
            if wanted and wanted != shelf and drawn[wanted] >= drawn[shelf]:
                wrong.append(f"{module} -> {other}")
    assert not wrong


def test_the_pinned_versions_hold_all_that_is_asked_for():
    """`make lock` was run after the last change of pyproject.toml or of the extras in the Makefile."""
    root = SOURCE.parent.parent
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pinned = {line.split("==")[0].lower() for line in (root / "requirements.lock").read_text().splitlines()}
    extras = re.findall(r"--extra (\w+)", (root / "Makefile").read_text())
    wanted = project["dependencies"] + [need for name in extras for need in project["optional-dependencies"][name]]
    assert len(extras) >= 8
    names = {re.match(r"[\w.-]+", need)[0].lower().replace("_", "-") for need in wanted}
    assert names <= pinned, f"run make lock: {sorted(names - pinned)}"


def test_the_linter_knows_the_same_floors():
    settings = tomllib.loads((SOURCE.parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    floors = [set(layer.split(" | ")) for layer in reversed(layers) if layer != "__main__"]
    drawn = {room: floor for room, floor in rooms_drawn().items() if "/" not in room}
    assert floors == [{room for room, floor in drawn.items() if floor == n} for n in range(len(floors))]


def test_no_circle_of_files_and_none_of_rooms():
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}})  # it would be seen
    assert not circle_in(imports())
    rooms: dict[str, set[str]] = {}
    for module, used in imports().items():
        for other in used:
            one, two = room_of(module), room_of(other)
            if "/" in one and "/" in two and one != two:  # a shelf's own files are the vocabulary of its rooms
                rooms.setdefault(one, set()).add(two)
    assert not circle_in(rooms)
