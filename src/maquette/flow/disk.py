"""Files to and from the disk: what belongs together is gathered, and nothing is ever half written.

The rooms turn bytes into values and back; only here do names meet a folder. A reader or writer is found by the ending
it declares (``reads``, ``writes``), so a format that a plugin brings works everywhere at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maquette.core.errors import BadInput, BadSetting
from maquette.core.files import Files
from maquette.core.render_record import read_record
from maquette.flow.landing import finish, land
from maquette.flow.streams import MAX_BYTES, is_stream, kind_of, read_bytes
from maquette.formats.side_files import places
from maquette.registry import StageFunction, registry

MAX_SIDE_FILES = 256
_USUAL = {"Asset": ".glb", "Subject": ".png", "Picture": ".png"}  # what goes to standard output when nobody says


def reader_for(path: Path) -> StageFunction[Any, Any]:
    """The stage that reads files with this ending; ``BadInput`` lists the endings there are."""
    if any(path.suffix.lower() in function.stage.facts.opens for function in registry().values()):
        raise BadInput(f"{path.name}: {_what_it_shows(path)}")
    endings = {function: function.stage.facts.reads for function in registry().values()}
    return _by_suffix(path, endings, "read", BadInput)


def _what_it_shows(path: Path) -> str:
    """Why a picture is no model, and where to go: a render names the model that it shows."""
    try:
        with path.open("rb") as stream:
            record = read_record(stream.read(1 << 20))
    except OSError:
        record = None
    if record is None:
        return "is a picture, and a model is read here; make makes one of it, open only opens it"
    return (
        f"is a render (a picture by {record.stage} of the model {record.model[:8]}…) and no geometry; "
        "hand over that model's own file, or make a new one of the picture with make"
    )


def writer_for(path: Path, value: Any) -> StageFunction[Any, Any]:
    """The stage that writes such a value to this ending; ``BadSetting`` lists the endings there are for it."""
    writers = [function for function in registry().values() if function.stage.facts.writes]
    fitting = [function for function in writers if isinstance(value, next(iter(function.stage.inputs.values())))]
    return _by_suffix(
        path, {function: function.stage.facts.writes for function in fitting}, "write this to", BadSetting
    )


def _by_suffix(
    path: Path, endings: Mapping[StageFunction[Any, Any], tuple[str, ...]], verb: str, error: type[Exception]
) -> StageFunction[Any, Any]:
    """The stage among whose endings the path's is."""
    suffix = path.suffix.lower()
    for result, known in endings.items():
        if suffix in known:
            return result
    listed = ", ".join(sorted({ending for known in endings.values() for ending in known}))
    raise error(f"{path.name}: cannot {verb} {suffix or 'a name without ending'}; endings that work: {listed}")


def gather(path: Path, refers: Any = None) -> Files:
    """A file and those below its own folder that it refers to (``refers(name, data) -> references``, followed through).

    What a reference may mean is one rule for all formats (`formats/side_files.py`): nothing outside the folder is ever
    opened, be it by ``..``, by a full path, by address or by a link. ``-`` is standard input, which stands alone.
    """
    name = Path(path).name
    if is_stream(path):
        data = read_bytes(path)
        name = f"stdin{path.suffix or kind_of(data)}"
        return Files(name, {name: data})
    finish(path)
    parts = {name: read_bytes(path)}
    waiting, left = [name], MAX_BYTES - len(parts[name])
    folder = _Below(path.parent)
    while waiting and refers is not None:
        name = waiting.pop()
        for reference in refers(name, parts[name]):
            known = next((known for known in map(folder.place, places(reference, name)) if known), "")
            if not known or known in parts:
                continue
            if len(parts) > MAX_SIDE_FILES:
                raise BadInput(f"{path.name}: refers to more than {MAX_SIDE_FILES} files; merge them first")
            parts[known] = read_bytes(path.parent / known, left)
            left -= len(parts[known])
            waiting.append(known)
    return Files(path.name, parts)


class _Below:
    """The files below a folder, by name in any case of its letters; links that lead out of it are not among them."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._root = folder, folder.resolve()
        self._names: dict[str, dict[str, str]] = {}

    def place(self, wanted: str) -> str:
        """The path below the folder as the disk spells it; empty when there is no such file."""
        path = ""
        for step in wanted.split("/"):
            exact = f"{path}/{step}".lstrip("/")
            path = exact if self._is_there(exact) else f"{path}/{self._in_any_case(path, step)}".lstrip("/")
            if not self._is_there(path):
                return ""
        try:
            there = (self._folder / path).resolve()
            return path if there.is_file() and there.is_relative_to(self._root) else ""
        except (OSError, ValueError, RuntimeError):
            return ""

    def _is_there(self, name: str) -> bool:
        try:
            return bool(name) and (self._folder / name).exists()
        except (OSError, ValueError):  # a name of over 255 bytes, a zero byte
            return False

    def _in_any_case(self, folder: str, step: str) -> str:
        if folder not in self._names:
            try:
                self._names[folder] = {name.lower(): name for name in sorted(os.listdir(self._folder / folder))}
            except OSError:
                self._names[folder] = {}
        return self._names[folder].get(step.lower(), step)


def read(path: str | Path) -> Any:
    """The value in a model file, by its ending."""
    files = gather_model(Path(path))
    return reader_for(Path(files.main))(files)


def gather_model(path: Path) -> Files:
    """A model file with what it refers to; the kind of standard input is told by its first bytes."""
    if is_stream(path):
        files = gather(path)
        reader_for(Path(files.main))
        return files
    return gather(path, reader_for(path).stage.facts.refers)


def encode_value(value: Any, path: Path, settings: Mapping[str, Any] | None = None) -> Files:
    """A value as the files that its ending asks for; nothing touches the disk yet."""
    if isinstance(value, Files):
        return value
    writer = writer_for(path, value)
    named = writer.stage.for_roles({"stem": path.stem, "suffix": path.suffix.lower()})
    files: Files = writer(value, **{**named, **(settings or {})})
    return files


def put(files: Files, path: str | Path) -> Path:
    """Write all files beside each other, the main one under the name ``path``, together or not at all."""
    return land(files, path)


def save(value: Any, path: str | Path, settings: Mapping[str, Any] | None = None) -> Path:
    """Write a value to a file whose ending names the format; ``-`` is standard output, ``-.stl`` says the kind too."""
    place = Path(path)
    named = (
        place.with_name(f"model{place.suffix or _USUAL.get(type(value).__name__, '')}") if is_stream(place) else place
    )
    return put(encode_value(value, named, settings), path)


def plain_stem(text: str) -> str:
    """A file name made of what every system takes."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "model"
