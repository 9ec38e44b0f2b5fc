"""Where everything is kept, and how a file is written so that others see all of it or nothing."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from maquette.core.errors import BadSetting, Unavailable


def home() -> Path:
    """Where everything is kept: ``MAQUETTE_HOME``, or the platform's folder for caches.

    A relative ``XDG_CACHE_HOME`` is ignored, as the XDG Base Directory Specification 0.8 asks.
    """
    if named := os.environ.get("MAQUETTE_HOME"):
        try:
            return Path(named).expanduser()
        except RuntimeError:
            raise BadSetting(f"store: MAQUETTE_HOME = {named!r}: there is no such user; name a folder") from None
    from platformdirs import user_cache_path

    folder = user_cache_path("maquette", appauthor=False)
    if not folder.is_absolute():
        folder = Path("~/.cache/maquette").expanduser()
    if not folder.is_absolute():
        raise Unavailable("store: this user has no home folder; name a folder with MAQUETTE_HOME")
    return folder


def write_whole(path: Path, chunks: Iterable[bytes | memoryview]) -> None:
    """Write beside ``path``, then rename: others see the old file or the new one, never a half."""
    handle, part = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        os.replace(part, path)
    except BaseException:
        drop(part)
        raise


def drop(path: Path | str) -> None:
    """Delete a file unless somebody else did, or holds it open where that forbids it."""
    with contextlib.suppress(OSError):
        os.unlink(path)
