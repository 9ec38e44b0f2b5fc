"""The report beside an output: one self-contained page for people, the same as JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from maquette.core.files import Files
from maquette.core.history import Step
from maquette.core.progress import part, progress
from maquette.core.report import Finding
from maquette.flow import disk
from maquette.flow.album import Shot, asset_shots, finding_shots, photo_shots
from maquette.flow.make import Made

_ORDER = {"fail": 0, "warn": 1, "unknown": 2, "pass": 3}
_WORDS = {"pass": "passes", "warn": "passes with warnings", "fail": "does not pass"}


def write_report(made: Made, output: Path) -> list[Path]:
    """Write ``OUT.report.html`` and ``OUT.report.json`` beside an output; their places."""
    stem = output.with_suffix("")
    places = []
    for suffix, text in ((".report.json", as_json(made)), (".report.html", as_html(made))):
        place = stem.with_name(stem.name + suffix)
        places.append(disk.put(Files(place.name, {place.name: text.encode()}), place))
    return places


def as_dict(made: Made) -> dict[str, Any]:
    """Everything the page says, as plain data."""
    asset = made.asset
    return {
        "maquette": version("maquette"),
        "title": asset.title,
        "route": made.route,
        "recipe": made.recipe,
        "report": made.report.as_dict(),
        "intake": [finding.as_dict() for finding in made.intake],
        "model": {
            "faces": len(asset.mesh.faces),
            "vertices": len(asset.mesh.vertices),
            "size_mm": list(asset.size),
            "sized": asset.sized,
            "seen_share": None if asset.mesh.seen is None else round(float(asset.mesh.seen.mean()), 4),
        },
        "profile": (made.printer if made.report.destination == "print" else made.target).as_dict(),
        "history": [_step(step) for step in made.history],
        "seconds": {name: round(value, 3) for name, value in made.seconds.items()},
    }


def as_json(made: Made) -> str:
    """The report as JSON text."""
    return json.dumps(as_dict(made), indent=2, ensure_ascii=False) + "\n"


def _step(step: Step) -> dict[str, Any]:
    """One line of history."""
    return {"stage": step.stage, "version": step.version, "settings": step.options, "notes": list(step.notes)}


def as_html(made: Made) -> str:
    """The report as one page with everything inside: no script, no address that leads out."""
    progress(0.0, "pictures for the report")
    with part(0.0, 0.7):
        shots = asset_shots(made.asset)
    with part(0.7, 1.0):
        maps = finding_shots(made.asset, made.report.findings)
    css = (files("maquette.flow") / "data" / "report.css").read_text(encoding="utf-8")
    title = escape(made.asset.title or "model")
    body = [
        _head(made, title),
        _figures("hero", [*photo_shots(made.photo, made.cut), *shots["hero"]]),
        "<h2>From six sides</h2>",
        _figures("six", shots["six"]),
        _guess(made),
        f"<h2>Checks for {made.report.destination}: {escape(_profile(made))}</h2>",
        _findings_table(made.report.findings),
        "<h2>Where to look</h2>" + _figures("maps", [*shots["seen"], *maps]) if shots["seen"] or maps else "",
        "<h2>The photo</h2>",
        _findings_table(made.intake),
        "<h2>How it was made</h2>",
        _history_table(made),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    head += f"<style>{css}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{"".join(body)}</body></html>\n'


def _profile(made: Made) -> str:
    """The printer or target by its full name."""
    return made.printer.label if made.report.destination == "print" else made.target.label


def _head(made: Made, title: str) -> str:
    """Title, verdict and the few numbers everybody asks for."""
    asset, verdict = made.asset, made.report.verdict
    x, y, z = asset.size
    seen = "–" if asset.mesh.seen is None else f"{float(asset.mesh.seen.mean()):.0%}"
    facts = [
        (f"{x:.1f} × {y:.1f} × {z:.1f} mm", "width, depth, height" + ("" if asset.sized else " (a guess)")),
        (f"{len(asset.mesh.faces):,}", "triangles"),
        (seen, "of it seen in the photo"),
        (f"{made.seconds.get('total', 0):.1f} s", "to make and check"),
    ]
    rows = "".join(f"<li><b>{escape(number)}</b><span>{escape(text)}</span></li>" for number, text in facts)
    badge = f'<span class="badge {verdict}">{_WORDS[verdict]}</span>'
    route = {"full": "full 3D", "relief": "relief"}[made.route]
    return f'<header><h1>{title}</h1>{badge}<span class="soft">{route}</span></header><ul class="facts">{rows}</ul>'


def _guess(made: Made) -> str:
    """What a reader must not take for measured."""
    lines = []
    if not made.asset.sized:
        lines.append("The size is a guess: one photo has no scale. Set it with --height-mm.")
    if made.route == "full":
        lines.append("One photo shows one side: everything behind it is invented, and looks it.")
    lines.append("For parts that must fit to ±1 mm use CAD.")
    return f'<p class="note">{" ".join(escape(line) for line in lines)}</p>'


def _figures(kind: str, shots: Iterable[Shot]) -> str:
    """A row of pictures."""
    cells = "".join(
        f'<figure><img src="{shot.address}" alt="{escape(shot.caption)}">'
        f"<figcaption>{escape(shot.caption)}</figcaption></figure>"
        for shot in shots
    )
    return f'<div class="{kind}">{cells}</div>'


def _findings_table(findings: Iterable[Finding]) -> str:
    """Findings, worst first."""
    rows = []
    for f in sorted(findings, key=lambda f: _ORDER[f.verdict]):
        number = "" if f.value is None else f"{f.value:,.4g} {escape(f.unit)}"
        fix = f"<code>{escape(f.fix)}</code>" if f.fix and f.verdict in ("warn", "fail") else ""
        limit = escape(f.limit) + (f'<br><span class="soft">{escape(f.source)}</span>' if f.source else "")
        rows.append(
            f'<tr><td class="v {f.verdict}">{f.verdict}</td><td>{escape(f.check)}</td><td>{escape(f.message)}</td>'
            f'<td class="num">{number}</td><td>{limit}</td><td>{fix}</td></tr>'
        )
    titles = "".join(f"<th>{name}</th>" for name in ("", "check", "what", "number", "limit and its source", "fix"))
    return f'<div class="table"><table><tr>{titles}</tr>{"".join(rows)}</table></div>'


def _history_table(made: Made) -> str:
    """Stages in order with their settings, what they said and how long they took."""
    rows = []
    by_stage = {name.partition(" ")[0]: value for name, value in made.seconds.items()}
    for step in made.history:
        settings = ", ".join(f"{k}={v}" for k, v in step.options.items())
        taken = by_stage.get(step.stage)
        seconds = "" if taken is None else f"{taken:.2f} s"
        rows.append(
            f"<tr><td>{escape(step.stage)}</td><td><code>{escape(settings)}</code></td>"
            f'<td>{escape("; ".join(step.notes))}</td><td class="num">{seconds}</td></tr>'
        )
    return (
        '<div class="table"><table><tr><th>stage</th><th>settings</th><th>what it did</th><th>time</th></tr>'
        f"{''.join(rows)}</table></div>"
    )
