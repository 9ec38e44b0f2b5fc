"""The photos of a job: one, or several of the same thing by direction, as ``front=a.jpg,right=b.jpg`` names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from maquette.core.errors import BadInput
from maquette.flow.streams import read_bytes

MAX_PHOTO_BYTES = 20_000_000
Photo = str | Path | bytes | Mapping[str, str | Path | bytes]


@dataclass(frozen=True)
class Photos:
    """Bytes of picture files by direction, ``front`` first, and a title."""

    by_direction: Mapping[str, bytes]
    title: str = ""

    @classmethod
    def of(cls, photo: Photo) -> Photos:
        """The photos that a user names: a path, bytes, either by direction, or ``front=a.jpg,right=b.jpg``.

        ``BadInput`` where a file cannot be read or no photo is the front.
        """
        if not isinstance(photo, bytes | Mapping):
            photo = places_by_direction(photo) or photo
        named = photo if isinstance(photo, Mapping) else {"front": photo}
        if "front" not in named:
            raise BadInput(f"photos: {', '.join(named)}, and none is the front; name one photo front=FILE")
        front = named["front"]
        order = ["front", *(name for name in named if name != "front")]
        return cls({name: _bytes(named[name]) for name in order}, "" if isinstance(front, bytes) else Path(front).stem)

    @property
    def front(self) -> bytes:
        """The one that a single photo is."""
        return self.by_direction["front"]

    @property
    def several(self) -> bool:
        """True where there is more than one."""
        return len(self.by_direction) > 1


def places_by_direction(text: str | Path) -> dict[str, Path]:
    """``front=a.jpg,right=b.jpg`` as paths by direction; nothing where the text is a file's name or no such list."""
    parts = [part.partition("=") for part in str(text).split(",")]
    if Path(text).is_file() or not all(name and sign and place for name, sign, place in parts):
        return {}
    places = {name.strip(): Path(place) for name, _, place in parts}
    if len(places) < len(parts):
        raise BadInput(f"photos: {text}: one direction is named twice; name each once")
    return places


def _bytes(photo: str | Path | bytes) -> bytes:
    """A photo's bytes."""
    return photo if isinstance(photo, bytes) else read_bytes(Path(photo), MAX_PHOTO_BYTES)
