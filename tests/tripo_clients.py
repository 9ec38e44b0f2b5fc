"""Other people's clients of Tripo, each release in a folder of its own, and the generator that they order from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GENERATOR = "tiny-lump"  # a plugin's, so that a model takes no time


def folder_of(shelf: Path, requirement: str) -> Path:
    """A requirement in a folder of its own; skips where the registry is not reachable."""
    place = shelf / requirement
    if not place.exists():
        command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(place)]
        command += [requirement] if requirement == "aiohttp" else ["--no-deps", requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            pytest.skip(f"{requirement} cannot be fetched from the package registry")
    return place


def shelf_of(factory: pytest.TempPathFactory) -> Path:
    """Where releases are put; `MAQUETTE_CLIENTS` names a folder that outlives the tests."""
    return Path(os.environ.get("MAQUETTE_CLIENTS") or factory.mktemp("clients"))
