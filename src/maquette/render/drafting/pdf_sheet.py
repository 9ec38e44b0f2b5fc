"""A sheet as PDF 1.4: one page at its true size, strokes and words as vectors, a layer's worth of text and no more.

ISO 32000-1 lets every reader draw Helvetica without a font in the file; that has Latin letters alone, so others in a
title become question marks.
"""

from __future__ import annotations

import json
import zlib

from maquette.core.arrays import Floats
from maquette.render.drafting.ink_sheet import INKS, Ink, dash_mm
from maquette.render.drafting.sheet import PENS, Sheet, Word

_POINT = 72 / 25.4  # points in a millimetre
_MIDDLE = 0.36  # of a word's size: from its base line to the middle of its figures
_WIDTHS = (  # of Helvetica's characters from the space on, thousandths of the size (Adobe's metrics)
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 "
    "278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 "
    "667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 "
    "556 333 500 278 556 500 722 500 500 500 334 260 334 584 "
)
_HELVETICA = [int(width) for width in _WIDTHS.split()]


def as_pdf(sheet: Sheet, ink: Ink, record: dict[str, object], title: str) -> bytes:
    """The sheet as a PDF of one page; ``record`` is kept as its keywords."""
    paper, line = (_color(name) for name in INKS[ink])
    rows = [f"{_POINT:.8f} 0 0 {_POINT:.8f} 0 0 cm", f"{paper} rg 0 0 {sheet.width:g} {sheet.height:g} re f"]
    rows += [f"{line} RG {line} rg 1 J 1 j"]
    for pen, wide in PENS.items():
        dash = " ".join(f"{length:g}" for length in dash_mm(pen))
        rows.append(f"{wide:g} w [{dash}] 0 d")
        rows += [_path(part) for part in sheet.strokes[pen]]
    rows += [_word(word) for word in sheet.words]
    stream = zlib.compress("\n".join(rows).encode("ascii"), 9)
    box = f"0 0 {sheet.width * _POINT:.4f} {sheet.height * _POINT:.4f}"
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R "
            "/Resources << /Font << /F 5 0 R >> >> >>".encode(),
            f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode() + stream + b"\nendstream",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            f"<< /Title ({_escape(title)}) /Creator (Maquette) "
            f"/Keywords ({_escape(json.dumps(record, sort_keys=True))}) >>".encode("cp1252"),
        ]
    )


def _file(objects: list[bytes]) -> bytes:
    """Objects, the first the catalogue and the last what is known of the document, with the table of where each is."""
    data = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects))
    data += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(data)


def _color(name: str) -> str:
    """``#rrggbb`` as three numbers 0..1."""
    return " ".join(f"{int(name[k : k + 2], 16) / 255:.4f}" for k in (1, 3, 5))


def _path(segments: Floats) -> str:
    """Segments (N, 2, 2) as one stroke; those that go on from the last one share its point."""
    steps: list[str] = []
    last: tuple[float, float] | None = None
    for (x, y), (other_x, other_y) in segments.tolist():
        if last is None or abs(last[0] - x) > 1e-9 or abs(last[1] - y) > 1e-9:
            steps.append(f"{x:.4f} {y:.4f} m")
        steps.append(f"{other_x:.4f} {other_y:.4f} l")
        last = (other_x, other_y)
    return "\n".join([*steps, "S"])


def _word(word: Word) -> str:
    """A word, placed by its own width."""
    text = word.text.encode("cp1252", "replace").decode("cp1252")
    wide = sum(_HELVETICA[ord(c) - 32] if 32 <= ord(c) < 127 else 556 for c in text) / 1000 * word.size
    back = {"start": 0.0, "middle": wide / 2, "end": wide}[word.anchor]
    drop = _MIDDLE * word.size
    if word.upright:
        place = f"0 1 -1 0 {word.x + drop:.4f} {word.y - back:.4f}"
    else:
        place = f"1 0 0 1 {word.x - back:.4f} {word.y - drop:.4f}"
    octal = "".join(c if ord(c) < 127 else f"\\{c.encode('cp1252')[0]:03o}" for c in _escape(text))
    return f"BT /F {word.size:g} Tf {place} Tm ({octal}) Tj ET"


def _escape(text: str) -> str:
    """Text between a PDF's brackets, in Latin letters."""
    latin = text.encode("cp1252", "replace").decode("cp1252")
    return "".join("\\" + c if c in "()\\" else c if c >= " " else " " for c in latin)
