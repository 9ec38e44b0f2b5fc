"""The report beside an output: one self-contained page for people, the same as JSON for machines."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from maquette.core.files import Files
from maquette.core.history import Step
from maquette.core.notes import worst_first
from maquette.core.profiles import Printer, Target
from maquette.core.progress import part, progress
from maquette.flow import disk
from maquette.flow.lineage import shape_name
from maquette.flow.made import Built, Made
from maquette.flow.report.album import Shot, asset_shots, finding_shots, moved_shots, photo_shots, picture_shots
from maquette.flow.report.estimate import in_words
from maquette.flow.report.flat import flat_look, flat_shots
from maquette.flow.report.keeper import Keeper
from maquette.flow.report.mended import moved_by_mending
from maquette.flow.report.tables import (
    findings_table,
    history_table,
    mending,
    mending_table,
    notes_list,
    profile_table,
    settings_table,
)
from maquette.formats.carries import lost_traits
from maquette.formats.provenance import seen_share

VERDICTS = {"pass": "passes", "warn": "passes with warnings", "fail": "does not pass"}


def write_report(result: Made, output: Path, began: float | None = None, keeper: Keeper | None = None) -> list[Path]:
    """Write ``OUT.report.html`` and ``OUT.report.json`` beside an output, ending and all (``a.3mf.report.html``).

    ``began`` is when somebody began to wait, by ``time.perf_counter``: pictures are waited for, too. Their places.
    """
    started = time.perf_counter()
    album = album_of(result, keeper)
    now = time.perf_counter()
    seconds = {**result.seconds, "report": now - started}
    if began is not None:
        seconds["total"] = now - began
    timed = replace(result, seconds=seconds)
    places = []
    ending = output.suffix.lower()
    for suffix, text in ((".report.json", as_json(timed, ending)), (".report.html", as_html(timed, album, ending))):
        place = output.with_name(output.name + suffix)
        places.append(disk.put(Files(place.name, {place.name: text.encode()}), place))
    return places


def notes_of(result: Made, ending: str) -> list[str]:
    """What was said on the way and what a file with this ending cannot hold, losses first."""
    left = lost_traits(result.asset, ending)
    behind = [f"{ending} has no place for {', '.join(left)}; left out"] if left else []
    return worst_first([*behind, *result.asset.notes])


@dataclass(frozen=True)
class Album:
    """The pictures of a report: the photos, the groups of `asset_shots`, the maps, what mending moved, and flat art."""

    photos: list[Shot]
    groups: Mapping[str, list[Shot]]
    maps: list[Shot]
    moved: list[Shot]
    flat: list[Shot]


def album_of(result: Made, keeper: Keeper | None = None) -> Album:
    """All pictures of a report, drawn or kept from before."""
    keeper = keeper or Keeper(result.asset, result.store, shape_name(result.asset, result.run))
    progress(0.0, "pictures for the report")
    with part(0.0, 0.5):
        groups = asset_shots(keeper)
    with part(0.5, 0.9):
        printer = result.printer if result.report.destination == "print" else None
        maps = finding_shots(keeper, result.report.findings, printer)
    moved = [] if result.moved is None else moved_shots(result.moved, result.printer, keeper)
    look = flat_look(result.asset)
    flat = [] if look is None else flat_shots(keeper, look, result.printer)
    return Album(photo_shots(result.photo, result.cut, result.others), groups, maps, moved, flat)


def draw_ahead(keeper: Keeper, built: Built) -> None:
    """Pictures and measures that no opinion changes, kept where the report will look for them."""
    asset_shots(keeper)
    if built.run is not None:
        moved_by_mending(built.run, built.printer, built.store)


def as_dict(result: Made, ending: str = "") -> dict[str, Any]:
    """Everything the page says, as plain data."""
    asset = result.asset
    share = seen_share(asset)
    return {
        "maquette": version("maquette"),
        "title": asset.title,
        "route": result.route,
        "why": result.why,
        "recipe": result.recipe,
        "asked": [{"option": name, "value": value, "meaning": words} for name, value, words in result.asked],
        "report": result.report.as_dict(),
        "intake": [finding.as_dict() for finding in result.intake],
        "model": {
            "faces": len(asset.mesh.faces),
            "vertices": len(asset.mesh.vertices),
            "size_mm": list(asset.size),
            "sized": asset.sized,
            "seen_share": None if share is None else round(share, 4),
        },
        "settings": None
        if result.told is None
        else [dict(zip(("setting", "value", "why"), row)) for row in result.told.rows],
        "slicing": None if result.sliced is None else result.sliced.as_dict(),
        "mending": [{"stage": stage, "note": note} for stage, note in mending(result.history)],
        "deviation": None if result.moved is None else result.moved.as_dict(),
        "profile": (result.printer if result.report.destination == "print" else result.target).as_dict(),
        "notes": notes_of(result, ending),
        "history": [_step(step) for step in result.history],
        "seconds": {name: round(value, 3) for name, value in result.seconds.items()},
    }


def as_json(result: Made, ending: str = "") -> str:
    """The report as JSON text."""
    return json.dumps(as_dict(result, ending), indent=2, ensure_ascii=False) + "\n"


def _step(step: Step) -> dict[str, Any]:
    """One line of history."""
    return {"stage": step.stage, "version": step.version, "settings": step.options, "notes": list(step.notes)}


def as_html(result: Made, album: Album | None = None, ending: str = "") -> str:
    """The report as one page with everything inside: no script, no address that leads out."""
    album = album or album_of(result)
    shots, maps = album.groups, album.maps
    css = (files("maquette.flow.report") / "data" / "report.css").read_text(encoding="utf-8")
    title = escape(result.asset.title or "model")
    body = [
        _head(result, title),
        _guess(result),
        figures_of("hero", [*album.photos, *shots["hero"]]),
        section("From six sides", figures_of("six", shots["six"])),
        section("As flat art", figures_of("maps", album.flat) if album.flat else ""),
        section("Where to look", figures_of("maps", [*maps, *shots["seen"]]) if maps or shots["seen"] else ""),
        section("What to tell the slicer", settings_table(result.told)),
        section("Sliced", _slicing_section(result)),
        section(f"Checks for {escape(_profile(result).label)}", findings_table(result.report.findings)),
        section("What mending changed", _changes_section(result, album)),
        section(f"The profile: {escape(_profile(result).label)}", profile_table(_profile(result))),
        section("The photo", findings_table(result.intake)),
        section("What was left out, changed and said", notes_list(notes_of(result, ending))),
        section("How it was made", history_table(result.history, result.timed)),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    head += f"<style>{css}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{"".join(body)}</body></html>\n'


def section(title: str, content: str) -> str:
    """A heading and what stands under it; nothing where there is nothing."""
    return f"<section><h2>{title}</h2>{content}</section>" if content else ""


def _profile(result: Made) -> Printer | Target:
    """Whose limits apply."""
    return result.printer if result.report.destination == "print" else result.target


def _head(head: Made, title: str) -> str:
    """Title, verdict and the few numbers everybody asks for."""
    asset, verdict = head.asset, head.report.verdict
    x, y, z = asset.size
    share = seen_share(asset)
    facts = [(f"{x:.1f} × {y:.1f} × {z:.1f} mm", "width, depth, height" + ("" if asset.sized else " (a guess)"))]
    if head.sliced is not None:
        said = head.sliced.summary
        facts.append((f"{said['filament_g'] or 0:.1f} g", f"filament, {said['layers']} layers"))
        facts.append((str(said["time"]), "to print"))
    elif head.report.destination == "print":
        facts.append(in_words(asset.mesh, head.printer))
    facts.append((f"{len(asset.mesh.faces):,}", "triangles"))
    facts.append(("–" if share is None else f"{share:.0%}", "of the surface seen in the photo"))
    facts.append((f"{head.seconds.get('total', 0):.1f} s", "to make and check"))
    rows = "".join(f"<li><b>{escape(number)}</b><span>{escape(text)}</span></li>" for number, text in facts)
    route = {"full": "full 3D", "relief": "relief"}[head.route]
    why = f" ({escape(head.why)})" if head.why else ""
    badge = f'<span class="badge {verdict}">{VERDICTS[verdict]}</span>'
    about = f'<span class="soft">{route}{why}, for {escape(_profile(head).label)}</span>'
    numbers = f'<ul class="facts">{rows}</ul>'
    return f"<header><h1>{title}</h1>{badge}{about}</header>{_reasons(head)}{numbers}{_options_section(head)}"


def _options_section(result: Made) -> str:
    """The options that somebody gave; what one means shows when pointed at."""
    flags = " ".join(
        f'<code title="{escape(words)}">--{escape(name.replace("_", "-"))} {escape(shlex.quote(value))}</code>'
        for name, value, words in result.asked
    )
    return f'<p class="asked">asked for: {flags}</p>' if flags else ""


def _reasons(result: Made) -> str:
    """Why the verdict is not better, in one line a finding."""
    bad = [f for f in result.report.findings if f.verdict == result.report.verdict and f.verdict in ("warn", "fail")]
    lines = "".join(
        f'<li class="v {f.verdict}">{escape(f.check)}: {escape(f.message)}'
        f"{f' <span>mend it with <code>{escape(f.fix)}</code></span>' if f.fix else ''}</li>"
        for f in bad
    )
    stops = ", ".join(sorted({f.check for f in result.blocking}))
    if stops:
        lines += (
            f'<li class="v fail">No print file is written while this fails, but with <code>--force</code>: {stops}</li>'
        )
    return f'<ul class="reasons">{lines}</ul>' if lines else ""


def _guess(result: Made) -> str:
    """What a reader must not take for measured."""
    lines = []
    if not result.asset.sized:
        lines.append("The size is a guess: one photo has no scale. Set it with --height-mm.")
    if result.route == "full":
        lines.append(
            "One photo shows one side: what it does not show is invented, as the map of seen and invented tells."
        )
    lines.append("A photo gives no precision: for parts that must fit to ±1 mm use CAD.")
    words = " ".join(escape(line) for line in lines).replace("--height-mm", '<code class="flag">--height-mm</code>')
    return f'<p class="note">{words}</p>'


def _changes_section(result: Made, album: Album) -> str:
    """How far mending moved the surface, where, and what each stage says it did."""
    moved = result.moved
    if moved is None:
        return mending_table(result.history)
    finding = moved.finding
    words = f"<p>{escape(finding.message)}. A layer is {result.printer.layer_mm:g} mm.</p>"
    words += '<p class="soft">The model: mended, nothing added yet. The reference: as the generator gave it.</p>'
    beside = f'<div class="sliced">{figures_of("layer", album.moved)}<div>{words}</div></div>'
    return beside + mending_table(result.history)


def _slicing_section(result: Made) -> str:
    """The slicer's numbers beside a picture of the first layer."""
    if result.sliced is None:
        return ""
    said, cost = result.sliced.summary, result.sliced.cost
    filament = f"{said['filament_g'] or 0:.1f} g, {(said['filament_mm'] or 0) / 1000:.2f} m, {said['filament_cm3']} cm³"
    spools = [f"{one['name'] or one['color']} {one['filament_g'] or 0:.1f} g" for one in said.get("filaments", ())]
    changes = said.get("filament_changes")
    rows = [
        ("slicer", said["slicer"]),
        ("time", said["time"]),
        ("filament", filament),
        ("by spool", "; ".join(spools) if len(spools) > 1 else None),
        ("changes of filament", f"{changes}; they purge {said['purged_cm3']} cm³" if changes else None),
        ("of it in supports", f"{said['support_cm3']} cm³"),
        ("cost", None if cost is None else f"{cost:.2f} by your price of a kilogram"),
        ("layers", said["layers"]),
        ("says of the mesh", None if said["manifold"] is None else "closed" if said["manifold"] else "not closed"),
        ("complaints", "; ".join(said["warnings"]) or "none"),
    ]
    cells = "".join(f"<tr><th>{name}</th><td>{escape(str(value))}</td></tr>" for name, value in rows if value)
    shots = [] if result.sliced.picture is None else picture_shots(result.sliced.picture, "the first layer from above")
    return f'<div class="sliced">{figures_of("layer", shots)}<table class="facts">{cells}</table></div>'


def figures_of(kind: str, shots: Iterable[Shot]) -> str:
    """A row of pictures."""
    cells = "".join(
        f'<figure><img src="{shot.address}" alt="{escape(shot.caption)}">'
        f"<figcaption>{escape(shot.caption)}</figcaption></figure>"
        for shot in shots
    )
    return f'<div class="{kind}">{cells}</div>'
