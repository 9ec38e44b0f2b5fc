"""The training scripts' own words: no option is shown that a script has not. Needs no torch."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TRAINING = Path(__file__).resolve().parents[1] / "training"
SCRIPTS = [path for path in sorted(TRAINING.rglob("*.py")) if "ArgumentParser" in path.read_text(encoding="utf-8")]


def shown_and_known(source: str) -> tuple[set[str], set[str]]:
    """Options in the command lines of a script's first words, and those that it takes."""
    words = ast.get_docstring(ast.parse(source)) or ""
    lines = [line for line in words.splitlines() if "python -m" in line]
    known = set(re.findall(r"add_argument\(\s*\"(--[a-z-]+)", source))
    return set(re.findall(r"--[a-z-]+", " ".join(lines))), known


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_option_that_is_shown_is_there(path):
    shown, known = shown_and_known(path.read_text(encoding="utf-8"))
    assert shown <= known


def test_an_option_that_is_not_there_is_seen():
    shown, known = shown_and_known('"""Do.\n\npython -m x IN --fast\n"""\nparser.add_argument("--slow")')
    assert (shown, known) == ({"--fast"}, {"--slow"})


def test_the_readmes_show_options_that_exist():
    known = {"--help"}
    for path in SCRIPTS:
        known |= shown_and_known(path.read_text(encoding="utf-8"))[1]
    for readme in (TRAINING / "README.md", TRAINING / "matte" / "README.md"):
        commands = [line for line in readme.read_text(encoding="utf-8").splitlines() if "python -m training" in line]
        assert commands
        assert set(re.findall(r"--[a-z-]+", " ".join(commands))) <= known
