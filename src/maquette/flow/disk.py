"""Files to and from the disk: what belongs together is gathered, and nothing is ever half written.

The rooms turn bytes into values and back; only here do names meet a folder. A reader or writer is found by the ending
it declares (``reads``, ``writes``), so a format that a plugin brings works everywhere at once.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.core.files import Files
from maquette.registry import StageFunction, registry

MAX_BYTES = 4 << 30  # a binary STL of 80 million triangles; more would not fit a laptop's memory anyway
MAX_SIDE_FILES = 256


def reader_for(path: Path) -> StageFunction[Any, Any]:
    """The stage that reads files with this ending; ``BadInput`` lists the endings there are."""
    if any(path.suffix.lower() in found.stage.facts.opens for found in registry().values()):
        raise BadInput(f"{path.name}: is a picture, and a model is read here; make makes one of it, open only opens it")
    endings = {found: found.stage.facts.reads for found in registry().values()}
    return _by_suffix(path, endings, "read", BadInput)


def writer_for(path: Path, value: Any) -> StageFunction[Any, Any]:
    """The stage that writes such a value to this ending; ``BadSetting`` lists the endings there are for it."""
    writers = [found for found in registry().values() if found.stage.facts.writes]
    fitting = [found for found in writers if isinstance(value, next(iter(found.stage.inputs.values())))]
    return _by_suffix(path, {found: found.stage.facts.writes for found in fitting}, "write this to", BadSetting)


def _by_suffix(
    path: Path, endings: Mapping[StageFunction[Any, Any], tuple[str, ...]], verb: str, error: type[Exception]
) -> StageFunction[Any, Any]:
    """The stage among whose endings the path's is."""
    suffix = path.suffix.lower()
    for found, known in endings.items():
        if suffix in known:
            return found
    listed = ", ".join(sorted({ending for known in endings.values() for ending in known}))
    raise error(f"{path.name}: cannot {verb} {suffix or 'a name without ending'}; endings that work: {listed}")


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """A file's bytes, or ``BadInput`` that says why not."""
    try:
        size = path.stat().st_size
        if size > limit:
            raise BadInput(f"{path}: {size:,} bytes; at most {limit:,} are read")
        return path.read_bytes()
    except IsADirectoryError:
        raise BadInput(f"{path}: is a folder; name a file in it") from None
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file; check the name") from None
    except OSError as problem:
        raise BadInput(f"{path}: cannot be read: {problem.strerror}") from None


def gather(path: Path, refers: Any = None) -> Files:
    """A file and those of its own folder that it refers to (``refers(name, data) -> names``, followed through).

    Names with a folder, a drive or a scheme in them are left out: a model cannot make us open what lies elsewhere.
    """
    parts = {path.name: read_bytes(path)}
    waiting = [path.name]
    while waiting and refers is not None:
        name = waiting.pop()
        for wanted in refers(name, parts[name]):
            beside = path.parent / wanted
            if wanted in parts or Path(wanted).name != wanted or ":" in wanted or not beside.is_file():
                continue
            if len(parts) > MAX_SIDE_FILES:
                raise BadInput(f"{path.name}: refers to more than {MAX_SIDE_FILES} files; merge them first")
            if beside.resolve().parent != path.parent.resolve():
                continue  # a link that leads out of the folder
            parts[wanted] = read_bytes(beside)
            waiting.append(wanted)
    return Files(path.name, parts)


def read(path: str | Path) -> Any:
    """The value in a model file, by its ending."""
    place = Path(path)
    found = reader_for(place)
    return found(gather(place, found.stage.facts.refers))


def encoded(value: Any, path: Path, settings: Mapping[str, Any] | None = None) -> Files:
    """A value as the files that its ending asks for; nothing touches the disk yet."""
    if isinstance(value, Files):
        return value
    found = writer_for(path, value)
    named = found.stage.for_roles({"stem": path.stem, "suffix": path.suffix.lower()})
    files: Files = found(value, **{**named, **(settings or {})})
    return files


def put(files: Files, path: str | Path) -> Path:
    """Write all files beside each other, the main one under the name ``path``, each whole or not at all.

    Everything is written under temporary names first; side files move into place before the main file, so whoever
    sees the main file finds what it refers to.
    """
    place = Path(path)
    staged: list[tuple[str, Path]] = []
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        for name, data in sorted(files.parts.items(), key=lambda item: item[0] == files.main):
            target = place if name == files.main else place.parent / name
            handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=".tmp", dir=place.parent)
            staged.append((temporary, target))
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
        mask = os.umask(0)
        os.umask(mask)
        for temporary, target in staged:
            os.chmod(temporary, 0o666 & ~mask)
            os.replace(temporary, target)
    except OSError as problem:
        raise CannotDo(f"{place}: cannot be written: {problem.strerror}; choose another place") from None
    finally:
        for temporary, _ in staged:
            if os.path.exists(temporary):
                os.unlink(temporary)
    return place


def save(value: Any, path: str | Path, settings: Mapping[str, Any] | None = None) -> Path:
    """Write a value to a file whose ending names the format."""
    return put(encoded(value, Path(path), settings), path)


def plain_stem(text: str) -> str:
    """A file name made of what every system takes."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "model"
