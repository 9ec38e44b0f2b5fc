"""What is written down is true: generated pages are current, and every command in the pages runs."""

from __future__ import annotations

import os
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

from maquette.core.asset import Material
from maquette.faces.cli.main import main
from maquette.flow import disk
from maquette.registry import registry
from samples import ball, write_files

ROOT = Path(__file__).parent.parent
GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"))
EXAMPLES = {name: line for name, found in registry().items() if (line := GENERATE["example"](found.stage))}

PAGES = sorted(p for p in (ROOT / "docs").rglob("*.md") if p.name not in ("stages.md", "profiles.in.md"))
PAGES += [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
JUDGES = {"print", "model", "check"}  # exit code 1: made and judged, and something failed


def blocks(page: Path) -> Iterator[tuple[str, str, str]]:
    """Fenced blocks of a page in order: language, title, text."""
    for match in re.finditer(r"^```(\w*)(?: title=\"([^\"]*)\")?\n(.*?)^```", page.read_text(), flags=re.M | re.S):
        yield match[1], match[2] or "", match[3]


def test_format_table_is_current():
    page = runpy.run_path(str(ROOT / "docs" / "generate_formats.py"))
    assert page["PLACE"].read_text(encoding="utf-8") == page["text"](), "run: python docs/generate_formats.py"


def test_tests_that_the_format_page_names_exist():
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`(test_\w+)`", page))
    assert len(names) > 8
    assert all((ROOT / "tests" / f"{name}.py").is_file() for name in names)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A folder with the files that commands name."""
    folder = tmp_path_factory.mktemp("docs")
    write_files(folder)
    return folder


@pytest.fixture(scope="module")
def done() -> set[tuple[str, ...]]:
    """Command lines that ran already."""
    return set()


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """A store that the processes of this run share: pages make the same things of the same photos."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "docs-store"


@pytest.fixture
def run(home, store, done, monkeypatch):
    """Run a command line in that folder; it must end with one of these exit codes; lines that pages share run once."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("MAQUETTE_HOME", str(store))

    def call(line: str, codes: tuple[int, ...]) -> None:
        words = shlex.split(line, comments=True)
        if tuple(words) in done:
            return
        assert words[0] == "maquette", line
        result = CliRunner().invoke(main, words[1:])
        crashed = result.exception is not None and not isinstance(result.exception, SystemExit)
        assert not crashed, f"{line}\n{result.exception!r}"
        assert result.exit_code in codes, f"{line}\n{result.output}{result.exception or ''}"
        done.add(tuple(words))

    return call


@pytest.mark.parametrize("place", GENERATE["PAGES"], ids=lambda place: place.name)
def test_generated_page_is_current(place):
    assert place.read_text(encoding="utf-8") == GENERATE["PAGES"][place](), "run: python docs/generate.py"


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_of_every_stage_runs(name, run):
    stage = registry()[name].stage
    codes = (0, 1) if stage.is_check else (0,)  # 1: the check found something
    elsewhere = stage.facts.missing is not None  # weights or a program that this machine may lack
    run(EXAMPLES[name], (*codes, 5) if elsewhere else codes)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_program_of_a_page_runs(page, run, home, store, monkeypatch, capsys):
    monkeypatch.setenv("MAQUETTE_HOME", str(store))
    for language, title, text in blocks(page):
        if language == "yaml":
            (home / f"{re.match(r'recipe: ([a-z]+)', text)[1]}.yaml").write_text(text)
        if language == "python":
            monkeypatch.chdir(home)
            exec(compile(text, str(page), "exec"), {"__name__": "page"})
        for line in text.splitlines() if language == "sh" else ():
            name = line.split()[1]
            judges = name in JUDGES or (name in registry() and registry()[name].stage.is_check)
            run(line, (0, *((1,) if judges else ()), *((5,) if title.startswith("needs ") else ())))


def test_pages_have_commands():
    lines = [
        line for page in PAGES for language, _, text in blocks(page) if language == "sh" for line in text.splitlines()
    ]
    assert len(lines) > 40
    assert all(line.startswith("maquette ") for line in lines)


def test_no_command_stands_outside_a_block_that_runs():
    for page in PAGES:
        plain = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
        assert not re.findall(r"^(?: {4}|\t)\$? ?maquette .*$", plain, flags=re.M), page


def test_options_that_prose_names_exist():
    context = click.Context(main)
    known: set[str] = {"--help"}
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        for parameter in command.get_params(click.Context(command)):
            known |= {*parameter.opts, *parameter.secondary_opts}
    for page in PAGES:
        named = set(re.findall(r"`(--[a-z][a-z-]*)[ `]", page.read_text()))
        assert named <= known, f"{page.name}: {named - known}"


def test_the_table_of_files_says_what_comes_back(tmp_path):
    mesh = ball().mesh
    halves = (mesh.triangles.mean(axis=1)[:, 0] > 0).astype(np.int32)
    color = np.tile(np.array([[200, 60, 50]], np.uint8), (len(mesh.vertices), 1))
    whole = ball().replace(
        mesh=mesh.replace(part=halves, material=halves, color=color),
        materials=(ball().materials[0], Material(name="blue", base_color=(0, 0, 1, 1))),
        part_names=("left", "right"),
        source=None,
    )
    head, _, *rows = re.findall(r"^\|(.*)\|$", (ROOT / "docs" / "files.md").read_text(), flags=re.M)
    said = {row.split("|")[0].strip(): [cell.strip() for cell in row.split("|")[1:]] for row in rows}
    for column, ending in enumerate(name.strip() for name in head.split("|")[1:]):
        back = disk.read(disk.save(whole, tmp_path / f"all.{ending.lower()}"))
        kept = {
            "real size": back.sized,
            "texture": any(material.base_color_texture for material in back.materials),
            "several materials": len(back.materials) == 2,
            "parts by name": back.part_names == ("left", "right"),
            "colors of vertices": back.mesh.color is not None,
            "seen or invented": back.mesh.seen is not None,
        }
        assert {name: cells[column] for name, cells in said.items()} == {
            name: "yes" if is_kept else "no" for name, is_kept in kept.items()
        }, ending


def test_help_of_every_command_teaches():
    for name in main.list_commands(click.Context(main)):
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0, name
        assert "Usage:" in result.output


def test_links_lead_somewhere_and_the_site_lists_every_page():
    for page in [*PAGES, ROOT / "docs" / "stages.md", ROOT / "examples" / "plugin" / "README.md"]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
    listed = set(re.findall(r"([\w/.-]+\.md)", (ROOT / "mkdocs.yml").read_text())) - {"profiles.in.md"}
    there = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")} - {"profiles.in.md"}
    assert listed == there
