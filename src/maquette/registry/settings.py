"""Setting: one knob of a stage, and the annotation of settings that name a file."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any


class ByContent:
    """Annotation of a setting that names a file: in history and cache keys it stands as name and sha256, not as a path.

    So the same work has the same history on every machine, and another file under an old name is other work.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Any]) -> Any:
        from pydantic_core import core_schema

        schema = handler(source)
        schema["serialization"] = core_schema.plain_serializer_function_ser_schema(_by_content)
        return schema


def _by_content(path: str) -> str:
    """``name sha256:…`` of the file, or the text as it is where there is no such file."""
    place = Path(path)
    if not path or not place.is_file():
        return path
    state = place.stat()
    return f"{place.name} sha256:{_sha256(place, state.st_size, state.st_mtime_ns)}"


@functools.lru_cache(maxsize=32)
def _sha256(place: Path, size: int, mtime_ns: int) -> str:
    """Digest of a file, read once for as long as it keeps its size and time: weights are gigabytes."""
    import hashlib

    with place.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


LocalFile = Annotated[str, ByContent]


@dataclass(frozen=True)
class Setting:
    """One knob: its name, its annotation (with bounds and description) and its default (``...``: required)."""

    name: str
    annotation: Any
    default: Any

    @property
    def required(self) -> bool:
        """True when the caller must give it."""
        return self.default is ...

    @property
    def description(self) -> str:
        """What it means, for help lines and tooltips."""
        extras = getattr(self.annotation, "__metadata__", ())
        return next((e.description for e in extras if getattr(e, "description", None)), "")

    @property
    def kind(self) -> Any:
        """The bare type, without bounds."""
        return typing.get_args(self.annotation)[0] if hasattr(self.annotation, "__metadata__") else self.annotation
