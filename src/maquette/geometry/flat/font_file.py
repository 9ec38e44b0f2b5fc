"""The font that words are set in, read from the file that somebody names."""

from __future__ import annotations

from pathlib import Path

from maquette.core.errors import BadSetting

_LARGEST = 64 << 20  # bytes; a font of all Chinese signs has 20 MB


def font_file(stage: str, path: str) -> bytes:
    """The bytes of a font file, none for an empty path; ``BadSetting`` in the stage's name where it cannot be read."""
    if not path:
        return b""
    place = Path(path).expanduser()
    try:
        size = place.stat().st_size
        if size > _LARGEST:
            raise BadSetting(f"{stage}: {place.name} has {size:,} bytes, more than {_LARGEST:,}; take a smaller font")
        return place.read_bytes()
    except OSError as problem:
        raise BadSetting(f"{stage}: the font {path} cannot be read ({problem.strerror}); name a TTF or OTF") from None
