"""What is written down is true: generated pages are current and the README's commands exist."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import click
from click.testing import CliRunner

from maquette.faces.cli.main import main

ROOT = Path(__file__).parent.parent


def test_stage_page_is_current():
    page = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    assert page["PLACE"].read_text(encoding="utf-8") == page["text"](), "run: python docs/generate.py"


def test_format_table_is_current():
    page = runpy.run_path(str(ROOT / "docs" / "generate_formats.py"))
    assert page["PLACE"].read_text(encoding="utf-8") == page["text"](), "run: python docs/generate_formats.py"


def test_tests_that_the_format_page_names_exist():
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`(test_\w+)`", page))
    assert len(names) > 8
    assert all((ROOT / "tests" / f"{name}.py").is_file() for name in names)


def test_readme_commands_exist_with_their_options():
    commands = re.findall(r"^\$? ?maquette ([a-z-]+)(.*)$", (ROOT / "README.md").read_text(), flags=re.M)
    assert len(commands) >= 5
    context = click.Context(main)
    for name, rest in commands:
        command = main.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            continue
        known = {option for p in command.get_params(click.Context(command)) for option in (*p.opts, *p.secondary_opts)}
        assert set(re.findall(r"(?<=\s)(--?[a-z][a-z-]*)", rest)) <= known | {"-o"}, f"{name} {rest}"


def test_readme_python_runs_as_it_stands_and_its_model_passes(tmp_path, monkeypatch, capsys):
    from samples import photo

    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.S)
    assert blocks
    (tmp_path / "chair.jpg").write_bytes(photo())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path / "home"))
    exec(blocks[0], {})
    assert re.search(r"^print on [\w-]+: (pass|warn) \(", capsys.readouterr().out, flags=re.M)
    assert (tmp_path / "chair.3mf").stat().st_size > 1000


def test_help_of_every_command_teaches():
    for name in main.list_commands(click.Context(main)):
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0, name
        assert "Usage:" in result.output
