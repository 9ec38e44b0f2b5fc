"""Filament: a plastic by name, with its colour and how far light gets through it."""

from __future__ import annotations

import csv
import functools
import io
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from maquette.core.errors import BadInput, BadSetting
from maquette.core.values import Value, noun

MOST_AT_ONCE = 16  # as many as 3MF paint can name
_MOST_ROWS, _MOST_BYTES = 2000, 500_000
_COLOR = re.compile(r"#?[0-9A-Fa-f]{6}")


@noun
class Filament(Value):
    """A name, an sRGB colour ``#RRGGBB`` and a transmission distance: how thick it passes a tenth of the light.

    ``source`` says who knows the distance: listed (a public list), yours (your file or words), estimated (by colour).
    """

    name: str
    color: str
    td_mm: float
    source: str = "yours"
    brand: str = ""

    def __post_init__(self) -> None:
        if not _COLOR.fullmatch(self.color):
            raise BadInput(f"filament {self.name[:60]}: color {self.color[:20]!r} is not #RRGGBB")
        object.__setattr__(self, "color", f"#{self.color.removeprefix('#').upper()}")
        if not 0.05 <= self.td_mm <= 100:
            raise BadInput(f"filament {self.name[:60]}: td_mm {self.td_mm:g}; it must be from 0.05 to 100 mm")

    @property
    def rgb(self) -> tuple[int, int, int]:
        """The colour as bytes."""
        return int(self.color[1:3], 16), int(self.color[3:5], 16), int(self.color[5:7], 16)


def estimated_td(color: str) -> float:
    """A transmission distance in mm for a colour ``#RRGGBB`` of which nothing more is known.

    exp(-0.182 + 0.01629 L* + 0.00826 C*), fitted to the logarithms of the listed ones: correlation 0.51, and one in
    three is off by more than a factor of 2.3. Pigment is not seen in a colour; print a wedge.
    """
    red, green, blue = (_linear(int(color.removeprefix("#")[at : at + 2], 16) / 255) for at in (0, 2, 4))
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (_root(value) for value in (x, y, z))
    chroma = math.hypot(500 * (fx - fy), 200 * (fy - fz))
    return round(math.exp(-0.182 + 0.01629 * (116 * fy - 16) + 0.00826 * chroma), 2)


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def _root(ratio: float) -> float:
    return float(ratio ** (1 / 3) if ratio > (6 / 29) ** 3 else ratio / (3 * (6 / 29) ** 2) + 4 / 29)


@functools.cache
def listed_filaments() -> Mapping[str, Filament]:
    """The filaments that ship with the package, by name."""
    from importlib.resources import files

    text = (files("maquette.core") / "data" / "filament_light.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {
        row["name"]: Filament(row["name"], row["color"], float(row["td_mm"]), row["source"], row["brand"])
        for row in csv.DictReader(lines)
    }


def filaments_named(words: Iterable[str], stage: str) -> tuple[Filament, ...]:
    """The filaments that a user named, in order, each once.

    A word is ``#RRGGBB``, ``NAME=#RRGGBB`` or either with ``@TD`` behind it; a listed name; or the beginning of listed
    names, which stands for all of them (``bambu-lab-pla-basic``). ``BadSetting`` names what is none of these.
    """
    chosen_so_far: list[Filament] = []
    for word in words:
        chosen_so_far += _find_filaments(word.strip(), stage)
    return tuple({filament.name: filament for filament in chosen_so_far}.values())


def _find_filaments(word: str, stage: str) -> list[Filament]:
    head, _, color = word.rpartition("=")
    color, at, distance = color.partition("@")
    if _COLOR.fullmatch(color.strip()):
        plain = f"#{color.strip().removeprefix('#').upper()}"
        try:
            td_mm = float(distance) if at else estimated_td(plain)
            return [Filament(head.strip() or plain, plain, td_mm, "yours" if at else "estimated")]
        except (ValueError, BadInput):
            raise BadSetting(f"{stage}: {word[:60]!r}: the distance must be 0.05 to 100 mm, as #RRGGBB@4.5") from None
    known, key = listed_filaments(), re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")
    if key in known:
        return [known[key]]
    group = [filament for name, filament in known.items() if name.startswith(f"{key}-")] if key else []
    if group:
        return group
    import difflib

    close = difflib.get_close_matches(key, list(known), n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else "give #RRGGBB@TD, a listed name, or your own file"
    raise BadSetting(f"{stage}: no filament {word[:60]!r}; {hint}")


def read_filaments(path: str | Path, stage: str) -> tuple[Filament, ...]:
    """A user's own list: CSV with a head line, or YAML; each with name, color, and td_mm where it is known.

    ``BadInput`` says which row is wrong. A distance that is missing is estimated from the colour.
    """
    place = Path(path)
    try:
        if place.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{stage}: {place.name} has over {_MOST_BYTES:,} bytes; that is no list of filaments")
        text = place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInput(f"{stage}: {place.name} cannot be read ({problem}); give a CSV or YAML file") from None
    rows = _csv_rows(text) if place.suffix.lower() == ".csv" else _yaml_rows(text, place.name, stage)
    if not rows:
        raise BadInput(f"{stage}: {place.name} names no filament; it needs name, color and td_mm")
    if len(rows) > _MOST_ROWS:
        raise BadInput(f"{stage}: {place.name} has {len(rows)} rows; at most {_MOST_ROWS}")
    filaments = [_from_row(row, number, place.name, stage) for number, row in enumerate(rows, start=1)]
    if len({filament.name for filament in filaments}) < len(filaments):
        raise BadInput(f"{stage}: {place.name} names a filament twice; give each a name of its own")
    return tuple(filaments)


def _csv_rows(text: str) -> list[Any]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


def _yaml_rows(text: str, name: str, stage: str) -> list[Any]:
    import yaml

    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        raise BadInput(f"{stage}: {name} is no YAML: {str(problem)[:120]}") from None
    rows = data.get("filaments") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise BadInput(f"{stage}: {name} holds no list; begin with `filaments:` and a `- name: …` line each")
    return rows


def _from_row(row: Any, number: int, file: str, stage: str) -> Filament:
    """One row as a filament; HueForge's own column names are understood as well."""
    if not isinstance(row, dict):
        raise BadInput(f"{stage}: {file}, filament {number} is {str(row)[:40]!r}; it needs name, color and td_mm")
    cells = {str(key).strip().lower(): str(value).strip() for key, value in row.items() if value is not None}
    name, color = cells.get("name", ""), cells.get("color", cells.get("colour", cells.get("hex", "")))
    distance = cells.get("td_mm", cells.get("td", cells.get("transmissivity", "")))
    if not name or not _COLOR.fullmatch(color):
        raise BadInput(f"{stage}: {file}, filament {number}: name {name[:40]!r}, color {color[:20]!r}; give #RRGGBB")
    try:
        td_mm = float(distance) if distance else estimated_td(color)
        return Filament(name, color, td_mm, "yours" if distance else "estimated", cells.get("brand", ""))
    except (ValueError, BadInput):
        raise BadInput(
            f"{stage}: {file}, filament {number} ({name[:40]}): td_mm {distance[:20]!r}; give 0.05 to 100 mm"
        ) from None
