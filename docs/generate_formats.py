"""Write the table of docs/formats.md from `formats/carries.py`; a test says when it is out of date."""

from __future__ import annotations

import re
from pathlib import Path

from maquette.formats.carries import CARRIES, TRAITS

PLACE = Path(__file__).parent / "formats.md"
_BETWEEN = re.compile(r"(<!-- carries -->\n).*?(<!-- end -->)", re.S)


def table() -> str:
    """Traits in rows, formats in columns: ● is written and read back, · stays behind and is said."""
    endings = sorted(CARRIES)
    rows = [f"| | {' | '.join(endings)} |", f"|---{'|:-:' * len(endings)}|"]
    for trait, (words, _) in TRAITS.items():
        marks = " | ".join("●" if trait in CARRIES[ending] else "·" for ending in endings)
        rows.append(f"| {words} | {marks} |")
    return "\n".join(rows) + "\n"


def text() -> str:
    """The page with its table renewed."""
    page = PLACE.read_text(encoding="utf-8")
    return _BETWEEN.sub(lambda found: found[1] + table() + found[2], page)


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
