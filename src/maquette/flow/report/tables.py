"""The tables of a report: what was checked, what mending changed, whose limits apply, what was done."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from maquette.core.history import Step
from maquette.core.notes import weight
from maquette.core.print_settings import PrintSettings
from maquette.core.profiles import Printer, Target
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.registry import registry

_ORDER = {"fail": 0, "warn": 1, "unknown": 2, "pass": 3}
_PRINTER = {
    "technology": ("technology", ""),
    "bed_mm": ("bed", "mm"),
    "nozzle_mm": ("nozzle", "mm"),
    "layer_mm": ("layer", "mm"),
    "min_wall_mm": ("thinnest wall", "mm"),
    "min_free_wall_mm": ("thinnest wall that stands free", "mm"),
    "min_detail_mm": ("finest detail", "mm"),
    "min_pin_mm": ("thinnest pin", "mm"),
    "min_hole_mm": ("smallest hole", "mm"),
    "drain_hole_mm": ("hole to drain by", "mm"),
    "clearance_mm": ("clearance between parts", "mm"),
    "overhang_deg": ("steepest overhang, from the vertical", "°"),
    "bridge_mm": ("longest bridge", "mm"),
}
_TARGET = {
    "max_faces": ("triangles at most", ""),
    "max_texture_px": ("texture at most", "px"),
    "max_materials": ("materials at most", ""),
    "max_file_mb": ("file at most", "MB"),
    "unit_m": ("one unit", "m"),
    "up": ("up", ""),
    "needs_uv": ("needs uv", ""),
}


def _table(titles: Iterable[str], rows: Iterable[str], kind: str = "") -> str:
    """Rows under titles, in a box that scrolls by itself where the screen is narrow."""
    heads = "".join(f"<th>{name}</th>" for name in titles)
    return f'<div class="table"><table class="{kind}"><tr>{heads}</tr>{"".join(rows)}</table></div>'


def findings_table(findings: Iterable[Finding]) -> str:
    """Findings, worst first."""
    rows = []
    for f in sorted(findings, key=lambda f: _ORDER[f.verdict]):
        number = "" if f.value is None else f"{figures(f.value, 4)} {escape(f.unit)}"
        fix = f"<code>{escape(f.fix)}</code>" if f.fix and f.verdict in ("warn", "fail") else ""
        limit = escape(f.limit) + (f'<br><span class="source">{escape(f.source)}</span>' if f.source else "")
        rows.append(
            f'<tr><td class="v {f.verdict}">{f.verdict}</td><td class="name">{escape(f.check)}</td>'
            f'<td>{escape(f.message)}</td><td class="num">{number}</td><td>{limit}</td><td class="fix">{fix}</td></tr>'
        )
    titles = ("", "check", "what", "number", "limit and its source", "fix")
    return _table(titles, rows, "findings") if rows else ""


def mending(history: Iterable[Step]) -> list[tuple[str, str]]:
    """What stages that change a shape say they did, as stage and note, in their order.

    Those with the fact ``places`` only put the model on the bed or give it its size.
    """
    shapes = {name: each.stage for name, each in registry().items() if each.stage.room == "shape"}
    mends = {name for name, record in shapes.items() if not record.facts.places}
    return [(step.stage, note) for step in history if step.stage in mends for note in step.notes]


def mending_table(history: Iterable[Step]) -> str:
    """The same as a table; lengths are those at the size the model had then."""
    said = mending(history)
    if not said:
        return "<p>Nothing: it was a solid as it came.</p>"
    rows = [f'<tr><td class="name">{escape(stage)}</td><td>{escape(note)}</td></tr>' for stage, note in said]
    scaled = [note for step in history if step.stage == "scale-to" for note in step.notes]
    after = f'<p class="soft">Lengths are those before scale-to: {escape("; ".join(scaled))}.</p>' if scaled else ""
    return _table(("stage", "what it did"), rows) + after


def profile_table(profile: Printer | Target) -> str:
    """Every limit of a printer or target with who set it."""
    rows = []
    for name, (words, unit) in (_PRINTER if isinstance(profile, Printer) else _TARGET).items():
        value = getattr(profile, name)
        text = " × ".join(f"{side:g}" for side in value) if isinstance(value, tuple) else str(value)
        source = escape(profile.source(name))
        rows.append(f'<tr><td>{words}</td><td class="num">{text} {unit}</td><td class="source">{source}</td></tr>')
    return f"<details><summary>All limits and who set them</summary>{_table(('limit', '', 'source'), rows)}</details>"


def settings_table(settings: PrintSettings | None) -> str:
    """What a slicer should be told, and why; nothing where nobody said what the print is for."""
    if settings is None:
        return ""
    rows = [
        f"<tr><td>{name}</td><td>{escape(value)}</td><td>{escape(why)}</td></tr>" for name, value, why in settings.rows
    ]
    told_to = "<p>A 3MF holds these settings, in the words of PrusaSlicer, OrcaSlicer, Bambu Studio and Cura.</p>"
    return told_to + _table(("setting", "value", "because"), rows)


def notes_list(notes: Iterable[str]) -> str:
    """Notes as they come, those of a loss marked."""
    rows = [f'<li class="{"warn" if weight(text) == "lost" else ""}">{escape(text)}</li>' for text in notes]
    return f'<ul class="notes">{"".join(rows)}</ul>' if rows else ""


def history_table(history: Iterable[Step], timed: Iterable[tuple[str, float | None]]) -> str:
    """Stages in order with their settings, what they said and how long people waited for them.

    ``timed`` are the stages of the steps in their order with their seconds, None for those kept from before.
    """
    waiting = list(timed)
    rows = []
    for step in history:
        settings = ", ".join(f"{k}={v}" for k, v in step.options.items())
        place = next((index for index, (stage, _) in enumerate(waiting) if stage == step.stage), None)
        taken = None if place is None else waiting.pop(place)[1]
        seconds = f"{taken:.2f} s" if taken is not None else "" if place is None else "kept"
        rows.append(
            f'<tr><td class="name">{escape(step.stage)}</td><td><code>{escape(settings)}</code></td>'
            f'<td>{escape("; ".join(step.notes))}</td><td class="num">{seconds}</td></tr>'
        )
    return _table(("stage", "settings", "what it did", "time"), rows)
