"""What a job offers, kept from one process to the next, so that a help page or a completion imports no stage.

It is kept with a digest of all that it is made of, our files by size and time. Where plugins are installed nothing is
kept: what they offer may change without a trace.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import maquette
from maquette.flow.options import Option
from maquette.store.folder import home

if TYPE_CHECKING:
    from maquette.flow.judge import Destination


def offer_of(destination: Destination) -> tuple[tuple[Option, ...], tuple[str, ...]]:
    """The options of a job and the endings of the files that it may write, kept or read off the registry."""
    place, made_of = home() / f"options-{destination}.json", _digest()
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(place.read_text(encoding="utf-8"))
        if made_of and kept["made_of"] == made_of:
            return tuple(_option(row) for row in kept["options"]), tuple(kept["endings"])
    from maquette.flow.jobs import endings_for, job_options

    options, endings = job_options(destination), endings_for(destination)
    if made_of:
        rows = [option.as_dict() for option in options]
        _write(place, json.dumps({"made_of": made_of, "endings": endings, "options": rows}))
    return options, endings


def _option(row: dict[str, object]) -> Option:
    """An option from its plain data."""
    return Option(**{**row, "choices": tuple(row["choices"])})  # type: ignore[arg-type]


def _digest() -> str:
    """A name of our source and data files as they are now; nothing where plugins are installed."""
    if entry_points(group="maquette"):
        return ""
    hasher = hashlib.blake2b(digest_size=16)
    for path, state in sorted(_files(str(Path(maquette.__file__).parent))):
        hasher.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return hasher.hexdigest()


def _files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Our Python files and recipes with their states."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.name.endswith((".py", ".yaml", ".toml")):
                yield entry.path, entry.stat()


def _write(place: Path, text: str) -> None:
    """Whole or not at all; where nothing can be kept, the next process reads the registry again."""
    with contextlib.suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(part, place)
