"""Where the program begins: who stops it while its libraries load gets a line, not a traceback."""

from __future__ import annotations

import signal
from typing import Any

from maquette.faces.cli.stopping import stop_at_once


def main() -> Any:
    """The command line. Nothing heavy is imported before the handler stands."""
    signal.signal(signal.SIGINT, stop_at_once)
    from maquette.faces.cli.main import main as house

    return house()
