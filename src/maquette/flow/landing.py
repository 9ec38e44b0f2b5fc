"""Files that belong together land together: written aside, listed, then moved into place.

One rename is atomic, several are not. So all files are first written under temporary names, then a list of what goes
where is put beside them: from that moment on they have landed, and whoever opens or writes the model next finishes what
a killed process left. Before it, nothing has happened, and the next writer clears the crumbs away.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import stat
import sys
from pathlib import Path

from maquette.core.errors import CannotDo
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.flow.streams import is_stream

_serial = itertools.count()  # threads of one process name their files apart
_taken = False  # standard output bears a model


def standard_output_taken() -> bool:
    """True once a file went to standard output, so that words must go elsewhere."""
    return _taken


def land(files: Files, path: str | Path) -> Path:
    """Write all files, the main one under the name ``path``, together or not at all; ``-`` is standard output.

    A symbolic link stays and its target is written. Side files in subfolders get theirs.
    """
    place = Path(path)
    if is_stream(place):
        return _to_standard_output(files, place)
    try:
        final = Path(os.path.realpath(place)) if place.is_symlink() else place
        if final.exists() and not final.is_file():
            _into(files, final)
            return place
        final.parent.mkdir(parents=True, exist_ok=True)
        finish(final)
        _sweep(final.parent)
        _land(files, final)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise CannotDo(f"{str(place)[:200]!r}: cannot be written: {reason}; choose another place") from None
    return place


def _land(files: Files, final: Path) -> None:
    """Write aside, list, move."""
    staged: dict[str, str] = {}
    listed = _list_of(final)
    done = False
    try:
        for name, data in sorted(files.parts.items(), key=lambda item: item[0] == files.main):
            target = final.name if name == files.main else name
            (final.parent / target).parent.mkdir(parents=True, exist_ok=True)
            if (final.parent / target).is_dir():
                raise IsADirectoryError(21, f"{target} is a folder")
            aside = str(Path(target).parent / f".maquette-{os.getpid()}-{next(_serial)}.tmp")
            staged[aside] = target
            _write(final.parent / aside, data, final.parent / target)
        if len(staged) > 1:
            plan = final.parent / f".maquette-{os.getpid()}-{next(_serial)}.tmp"
            _write(plan, json.dumps(staged).encode(), listed)
            os.replace(plan, listed)
        _move(final.parent, staged)
        done = True
    finally:
        if not done and listed.exists():
            listed.unlink()
        for aside in staged:
            with contextlib.suppress(OSError):
                (final.parent / aside).unlink()
    with contextlib.suppress(FileNotFoundError):
        listed.unlink()


def _write(aside: Path, data: bytes, target: Path) -> None:
    """The bytes on disk under a new name, with the rights the target has or a new file would get."""
    with aside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    if target.exists():
        os.chmod(aside, stat.S_IMODE(target.stat().st_mode))


def _move(folder: Path, staged: dict[str, str]) -> None:
    """Every file into its place, the main one last: who sees it finds what it refers to."""
    for aside, target in staged.items():
        os.replace(folder / aside, folder / target)


def finish(final: Path) -> None:
    """Complete a landing that a killed process had listed; nothing where there is none."""
    listed = _list_of(final)
    try:
        staged = json.loads(listed.read_bytes()) if listed.is_file() else None
    except (OSError, ValueError):
        staged = None
    if not isinstance(staged, dict):
        return
    for aside, target in staged.items():
        steps = [step for name in (aside, target) for step in str(name).split("/")]
        ours = re.fullmatch(r"\.maquette-\d+-\d+\.tmp", str(aside).split("/")[-1]) and ".." not in steps
        if ours and not str(target).startswith("/"):
            with contextlib.suppress(OSError):
                os.replace(final.parent / aside, final.parent / target)
    with contextlib.suppress(OSError):
        listed.unlink()


def _list_of(final: Path) -> Path:
    """Where the list of a landing lies."""
    return final.parent / f".{final.name[:200]}.landing"


def _sweep(folder: Path) -> None:
    """Remove what processes that are no more left half written in a folder."""
    listed = [path.read_bytes() for path in folder.glob(".*.landing")]
    for crumb in folder.glob(".maquette-*-*.tmp"):
        match = re.fullmatch(r"\.maquette-(\d+)-\w+\.tmp", crumb.name)
        if match and not _alive(int(match[1])) and not any(crumb.name.encode() in text for text in listed):
            with contextlib.suppress(OSError):
                crumb.unlink()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _into(files: Files, device: Path) -> None:
    """Write into something that is there and is no file: a pipe or ``/dev/stdout``; a folder refuses by itself."""
    with device.open("wb") as stream:
        stream.write(files.data)


def _to_standard_output(files: Files, place: Path) -> Path:
    global _taken  # noqa: PLW0603  a process has one standard output
    _taken = True
    if len(files.parts) > 1:
        others = ", ".join(name for name in files.parts if name != files.main)
        note(f"left out {others}: standard output takes one file; .glb or .3mf hold everything in one")
    try:
        sys.stdout.buffer.write(files.data)
        sys.stdout.buffer.flush()
    except OSError as problem:
        raise CannotDo(f"standard output cannot be written: {problem.strerror}; choose a file") from None
    return place
