"""What a batch leaves besides its results: a table for people and one for machines."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from maquette.core.files import Files
from maquette.flow import disk
from maquette.flow.batch.run import THUMBNAIL, Result

COLUMNS = ("name", "state", "verdict", "route", "faces", "size_mm", "seconds", "output", "error", "photo")
_STYLE = (
    "body{font:15px system-ui;margin:2rem}table{border-collapse:collapse}td,th{padding:.3rem .8rem .3rem 0;"
    "text-align:left;vertical-align:middle}img{width:96px;height:96px;object-fit:contain}"
    ".fail,.refused,.failed{color:#a00}.warn{color:#850}.pass{color:#060}tr{border-bottom:1px solid #ddd}"
)


def write_tables(results: Sequence[Result], folder: Path, title: str) -> tuple[Path, Path]:
    """``index.html`` and ``batch.csv`` in the folder."""
    page, table = folder / "index.html", folder / "batch.csv"
    for place, text in ((page, as_html(results, folder, title)), (table, as_csv(results))):
        disk.put(Files(place.name, {place.name: text.encode()}), place)
    return page, table


def as_csv(results: Sequence[Result]) -> str:
    """One row a result; what was varied has columns of its own."""
    options = list(dict.fromkeys(name for result in results for name in result.options))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*COLUMNS, *options])
    for result in results:
        sizes = " x ".join(f"{side:g}" for side in result.size_mm)
        row = [sizes if column == "size_mm" else getattr(result, column) for column in COLUMNS]
        writer.writerow([_harmless(value) for value in [*row, *(result.options.get(name, "") for name in options)]])
    return stream.getvalue()


def _harmless(value: object) -> object:
    """A text that a spreadsheet would take for a formula, as a text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def as_html(results: Sequence[Result], folder: Path, title: str) -> str:
    """The page: failures first, then the rest, each with its picture, report and files."""
    counts = Counter(result.state for result in results)
    words = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "nothing yet"
    failures = [result for result in results if not result.is_made]
    rest = [result for result in results if result.is_made]
    rows = "".join(_row(result, folder) for result in [*failures, *rest])
    head = f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>"
    columns = "<tr><th><th>name<th>verdict<th>route<th>faces<th>mm<th>seconds<th>what stood in the way"
    return f"{head}<h1>{escape(title)}</h1><p>{escape(words)}</p><table>{columns}{rows}</table>"


def _row(result: Result, folder: Path) -> str:
    """One result as a row."""
    where = quote(result.name)
    picture = f'<img src="{where}/{THUMBNAIL}" alt="">' if (folder / result.name / THUMBNAIL).exists() else ""
    name = escape(result.name)
    if result.is_made:
        file = quote(result.output)
        name = f'<a href="{where}/{file}">{name}</a> <a href="{where}/{file}.report.html">report</a>'
    options = " ".join(f"{escape(key)}={escape(value)}" for key, value in result.options.items())
    size = " × ".join(f"{side:g}" for side in result.size_mm)
    verdict = result.verdict or result.state
    cells = (
        picture, f"{name}<br><small>{options}</small>", f'<span class="{verdict}">{verdict}</span>', result.route,
        f"{result.faces:,}" if result.faces else "", size, f"{result.seconds:g}", escape(result.error),
    )  # fmt: skip
    return "<tr>" + "".join(f"<td>{cell}" for cell in cells)
