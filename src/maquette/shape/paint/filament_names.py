"""Filaments by colour, by word or by the name a maker gives them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from maquette.core.errors import BadSetting


@dataclass(frozen=True)
class Filament:
    """A name and an sRGB colour ``#RRGGBB``."""

    name: str
    color: str

    @property
    def rgb(self) -> tuple[int, int, int]:
        """The colour as bytes."""
        return int(self.color[1:3], 16), int(self.color[3:5], 16), int(self.color[5:7], 16)


@functools.cache
def sets() -> dict[str, dict[str, str]]:
    """Colours by name by set, from the package's data file."""
    import tomllib
    from importlib.resources import files

    tables = tomllib.loads((files("maquette.core") / "data" / "filaments.toml").read_text(encoding="utf-8"))
    return {name: dict(table["colors"]) for name, table in tables.items()}


def filaments(texts: tuple[str, ...], stage: str = "quantize-colors") -> tuple[Filament, ...]:
    """The filaments that a user named: ``#RRGGBB``, ``NAME=#RRGGBB``, a colour word, ``set:name`` or a whole set."""
    listed_so_far: list[Filament] = []
    for text in texts:
        listed_so_far += _parse_filament(text, stage)
    return tuple(dict.fromkeys(listed_so_far))


def _parse_filament(text: str, stage: str) -> list[Filament]:
    known = sets()
    name, _, color = text.rpartition("=")
    if re.fullmatch("#?[0-9A-Fa-f]{6}", color.strip()):
        digits = f"#{color.strip().removeprefix('#').upper()}"
        return [Filament(name.strip() or digits, digits)]
    key = re.sub(r"[\s_]+", "-", text.strip().lower())
    if key in known:
        return [Filament(f"{key}:{word}", color) for word, color in known[key].items()]
    group, _, word = key.rpartition(":")
    if group in known and word in known[group]:
        return [Filament(key, known[group][word])]
    if key in known["words"]:
        return [Filament(key, known["words"][key])]
    raise BadSetting(
        f"{stage}: no filament {text[:60]!r}; give #RRGGBB, a word ({', '.join(list(known['words'])[:4])}, …), "
        f"SET:NAME or a SET of {', '.join(name for name in known if name != 'words')}"
    )


def split_list(value: Any) -> Any:
    """A list from one text with commas, as a command line gives it."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
