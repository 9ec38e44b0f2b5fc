"""A file in the window of the user's own slicer."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from maquette.core.errors import CannotDo
from maquette.formats.slicers.slice import viewer

_START = 1.0  # seconds in which a program that cannot start, for want of a screen say, has given up


def open_in_slicer(path: Path, slicer: str) -> None:
    """Show a file in the slicer's window, which stays open when we end; `CannotDo` when it ends at once."""
    program = viewer(slicer)
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        [program, str(path.absolute())], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        time.sleep(0.05)
    if process.poll():
        raise CannotDo(f"open: {Path(program).name} ended with code {process.returncode} at once; is there a screen?")
