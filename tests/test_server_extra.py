"""Without the extra ``server`` the house stands, and the commands that need it say the line that gets it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from maquette.faces.cli.main import main
from maquette.flow.queue import extra

HIDE = (
    "import sys\nfor name in ('dbos', 'sqlalchemy', 'starlette', 'uvicorn', 'websockets'): sys.modules[name] = None\n"
)


@pytest.mark.parametrize("words", [["serve"], ["worker"], ["key", "ann"]])
def test_commands_name_the_line_that_gets_it(words, monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "dbos" else object())
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 5
    assert f"{words[0]}: needs dbos; pip install 'maquette[server]'" in result.output


def test_everything_else_works_without():
    program = HIDE + "import maquette as mq\nfrom maquette.faces.cli.main import main\nmq.weld\nprint('stands')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "stands", done.stderr
