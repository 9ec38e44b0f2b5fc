"""The report beside flat art: one self-contained page with what it looks like and how like its picture it is."""

from __future__ import annotations

import json
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from maquette.core.asset import Asset
from maquette.core.files import Files
from maquette.core.notes import worst_first
from maquette.core.painting import PaintPlan
from maquette.core.profiles import Printer
from maquette.core.report import Report
from maquette.core.subject import Subject
from maquette.flow import disk
from maquette.flow.engine.run import Run
from maquette.flow.judge import judge
from maquette.flow.report.album import Shot, photo_shots
from maquette.flow.report.estimate import in_words
from maquette.flow.report.flat import flat_findings, flat_look, flat_shots, paint_shots
from maquette.flow.report.keeper import Keeper
from maquette.flow.report.page import VERDICTS, figures_of, section
from maquette.flow.report.tables import findings_table, history_table, notes_list, profile_table
from maquette.registry import registry
from maquette.store import Store


def write_flat_report(done: Run, output: Path, printer: Printer, store: Store | None = None) -> list[Path]:
    """Write ``OUT.report.html`` and ``OUT.report.json`` beside a thing that a recipe of flat art made; their places."""
    plan = done.result if isinstance(done.result, PaintPlan) else None
    asset: Asset = registry()["paint-solid"](plan) if plan else done.result
    photos = [value for step, value in done.values.items() if done.recipe.steps[step].stage == "open"]
    look = flat_look(asset)
    if look is None:
        return []
    if plan:  # its cells are a few layers high and narrower than a wall that stands: what is lost of them is drawn
        report = judge(asset, "print", printer=printer, store=store, gates_only=True)
    else:
        report = judge(asset, "print", printer=printer, store=store, run=done)
    findings = flat_findings(asset, photos[0] if len(photos) == 1 else None, look)
    report = report.replace(findings=(*findings, *report.findings))
    shots = (paint_shots(plan) if plan else []) + flat_shots(Keeper(asset, store), look, printer)
    pages = {
        ".report.json": json.dumps(_as_dict(done, asset, report), indent=2, ensure_ascii=False) + "\n",
        ".report.html": _as_html(asset, report, printer, photos, shots),
    }
    names = {suffix: output.with_name(output.name + suffix) for suffix in pages}
    return [disk.put(Files(place.name, {place.name: pages[end].encode()}), place) for end, place in names.items()]


def _as_dict(done: Run, asset: Asset, report: Report) -> dict[str, Any]:
    """Everything the page says, as plain data."""
    return {
        "maquette": version("maquette"),
        "title": asset.title,
        "recipe": done.recipe.name,
        "report": report.as_dict(),
        "model": {"faces": len(asset.mesh.faces), "vertices": len(asset.mesh.vertices), "size_mm": list(asset.size)},
        "notes": worst_first(asset.notes),
        "history": [{"stage": step.stage, "version": step.version, "settings": step.options} for step in asset.history],
    }


def _as_html(asset: Asset, report: Report, printer: Printer, photos: list[Subject], shots: list[Shot]) -> str:
    """The page: no script, no address that leads out."""
    css = (files("maquette.flow.report") / "data" / "report.css").read_text(encoding="utf-8")
    title = escape(asset.title or "flat art")
    x, y, z = asset.size
    facts = [
        (f"{x:.1f} × {y:.1f} × {z:.1f} mm", "width, depth, height"),
        in_words(asset.mesh, printer),
        (f"{len(asset.mesh.faces):,}", "triangles"),
    ]
    facts += [(f"{f.value:.3f}", f.check.replace("-", " ") + " (SSIM)") for f in report.findings if f.unit == "SSIM"]
    rows = "".join(f"<li><b>{escape(number)}</b><span>{escape(text)}</span></li>" for number, text in facts)
    badge = f'<span class="badge {report.verdict}">{VERDICTS[report.verdict]}</span>'
    about = f'<span class="soft">flat art, for {escape(printer.label)}</span>'
    pictures = [shot for photo in photos for shot in photo_shots(photo, photo.replace(mask=None))]
    body = [
        f'<header><h1>{title}</h1>{badge}{about}</header><ul class="facts">{rows}</ul>',
        figures_of("maps", [*pictures, *shots]),
        section(f"Checks for {escape(printer.label)}", findings_table(report.findings)),
        section(f"The profile: {escape(printer.label)}", profile_table(printer)),
        section("What was left out, changed and said", notes_list(worst_first(asset.notes))),
        section("How it was made", history_table(asset.history, ())),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    head += f"<style>{css}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{"".join(body)}</body></html>\n'
