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
from maquette.flow.made import Made
from maquette.flow.report.album import Shot, asset_shots, finding_shots, moved_shots, photo_shots, picture_shots
from maquette.flow.report.estimate import in_words
from maquette.flow.report.keeper import Keeper
from maquette.flow.report.tables import (
    findings_table,
    history_table,
    mending,
    mending_table,
    notes_list,
    profile_table,
    settings_table,
)
from maquette.formats.carries import lost
from maquette.formats.provenance import seen_share

_WORDS = {"pass": "passes", "warn": "passes with warnings", "fail": "does not pass"}


def write_report(made: Made, output: Path, began: float | None = None, keeper: Keeper | None = None) -> list[Path]:
    """Write ``OUT.report.html`` and ``OUT.report.json`` beside an output, ending and all (``a.3mf.report.html``).

    ``began`` is when somebody began to wait, by ``time.perf_counter``: pictures are waited for, too. Their places.
    """
    started = time.perf_counter()
    album = album_of(made, keeper)
    now = time.perf_counter()
    seconds = {**made.seconds, "report": now - started}
    if began is not None:
        seconds["total"] = now - began
    timed = replace(made, seconds=seconds)
    places = []
    ending = output.suffix.lower()
    for suffix, text in ((".report.json", as_json(timed, ending)), (".report.html", as_html(timed, album, ending))):
        place = output.with_name(output.name + suffix)
        places.append(disk.put(Files(place.name, {place.name: text.encode()}), place))
    return places


def notes_of(made: Made, ending: str) -> list[str]:
    """What was said on the way and what a file with this ending cannot hold, losses first."""
    left = lost(made.asset, ending)
    behind = [f"{ending} has no place for {', '.join(left)}; left out"] if left else []
    return worst_first([*behind, *made.asset.notes])


@dataclass(frozen=True)
class Album:
    """The pictures of a report: the photos, the groups of `asset_shots`, the maps, and what mending moved."""

    photos: list[Shot]
    groups: Mapping[str, list[Shot]]
    maps: list[Shot]
    moved: list[Shot]


def album_of(made: Made, keeper: Keeper | None = None) -> Album:
    """All pictures of a report, drawn or kept from before."""
    keeper = keeper or Keeper(made.asset, made.store, shape_name(made.asset, made.run))
    progress(0.0, "pictures for the report")
    with part(0.0, 0.5):
        groups = asset_shots(keeper)
    with part(0.5, 0.9):
        printer = made.printer if made.report.destination == "print" else None
        maps = finding_shots(keeper, made.report.findings, printer)
    moved = [] if made.moved is None else moved_shots(made.moved, made.printer, made.store)
    return Album(photo_shots(made.photo, made.cut, made.others), groups, maps, moved)


def as_dict(made: Made, ending: str = "") -> dict[str, Any]:
    """Everything the page says, as plain data."""
    asset = made.asset
    share = seen_share(asset)
    return {
        "maquette": version("maquette"),
        "title": asset.title,
        "route": made.route,
        "why": made.why,
        "recipe": made.recipe,
        "asked": [{"option": name, "value": value, "meaning": words} for name, value, words in made.asked],
        "report": made.report.as_dict(),
        "intake": [finding.as_dict() for finding in made.intake],
        "model": {
            "faces": len(asset.mesh.faces),
            "vertices": len(asset.mesh.vertices),
            "size_mm": list(asset.size),
            "sized": asset.sized,
            "seen_share": None if share is None else round(share, 4),
        },
        "settings": None
        if made.told is None
        else [dict(zip(("setting", "value", "why"), row)) for row in made.told.rows],
        "slicing": None if made.sliced is None else made.sliced.as_dict(),
        "mending": [{"stage": stage, "note": note} for stage, note in mending(made.history)],
        "deviation": None if made.moved is None else made.moved.as_dict(),
        "profile": (made.printer if made.report.destination == "print" else made.target).as_dict(),
        "notes": notes_of(made, ending),
        "history": [_step(step) for step in made.history],
        "seconds": {name: round(value, 3) for name, value in made.seconds.items()},
    }


def as_json(made: Made, ending: str = "") -> str:
    """The report as JSON text."""
    return json.dumps(as_dict(made, ending), indent=2, ensure_ascii=False) + "\n"


def _step(step: Step) -> dict[str, Any]:
    """One line of history."""
    return {"stage": step.stage, "version": step.version, "settings": step.options, "notes": list(step.notes)}


def as_html(made: Made, album: Album | None = None, ending: str = "") -> str:
    """The report as one page with everything inside: no script, no address that leads out."""
    album = album or album_of(made)
    shots, maps = album.groups, album.maps
    css = (files("maquette.flow.report") / "data" / "report.css").read_text(encoding="utf-8")
    title = escape(made.asset.title or "model")
    body = [
        _head(made, title),
        _guess(made),
        _figures("hero", [*album.photos, *shots["hero"]]),
        _section("From six sides", _figures("six", shots["six"])),
        _section("Where to look", _figures("maps", [*maps, *shots["seen"]]) if maps or shots["seen"] else ""),
        _section("What to tell the slicer", settings_table(made.told)),
        _section("Sliced", _sliced(made)),
        _section(f"Checks for {escape(_profile(made).label)}", findings_table(made.report.findings)),
        _section("What mending changed", _changed(made, album)),
        _section(f"The profile: {escape(_profile(made).label)}", profile_table(_profile(made))),
        _section("The photo", findings_table(made.intake)),
        _section("What was left out, changed and said", notes_list(notes_of(made, ending))),
        _section("How it was made", history_table(made.history, made.timed)),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    head += f"<style>{css}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{"".join(body)}</body></html>\n'


def _section(title: str, content: str) -> str:
    """A heading and what stands under it; nothing where there is nothing."""
    return f"<section><h2>{title}</h2>{content}</section>" if content else ""


def _profile(made: Made) -> Printer | Target:
    """Whose limits apply."""
    return made.printer if made.report.destination == "print" else made.target


def _head(made: Made, title: str) -> str:
    """Title, verdict and the few numbers everybody asks for."""
    asset, verdict = made.asset, made.report.verdict
    x, y, z = asset.size
    share = seen_share(asset)
    facts = [(f"{x:.1f} × {y:.1f} × {z:.1f} mm", "width, depth, height" + ("" if asset.sized else " (a guess)"))]
    if made.sliced is not None:
        said = made.sliced.summary
        facts.append((f"{said['filament_g'] or 0:.1f} g", f"filament, {said['layers']} layers"))
        facts.append((str(said["time"]), "to print"))
    elif made.report.destination == "print":
        facts.append(in_words(asset.mesh, made.printer))
    facts.append((f"{len(asset.mesh.faces):,}", "triangles"))
    facts.append(("–" if share is None else f"{share:.0%}", "of the surface seen in the photo"))
    facts.append((f"{made.seconds.get('total', 0):.1f} s", "to make and check"))
    rows = "".join(f"<li><b>{escape(number)}</b><span>{escape(text)}</span></li>" for number, text in facts)
    route = {"full": "full 3D", "relief": "relief"}[made.route]
    why = f" ({escape(made.why)})" if made.why else ""
    badge = f'<span class="badge {verdict}">{_WORDS[verdict]}</span>'
    about = f'<span class="soft">{route}{why}, for {escape(_profile(made).label)}</span>'
    return f'<header><h1>{title}</h1>{badge}{about}</header>{_reasons(made)}<ul class="facts">{rows}</ul>{_asked(made)}'


def _asked(made: Made) -> str:
    """The options that somebody gave; what one means shows when pointed at."""
    flags = " ".join(
        f'<code title="{escape(words)}">--{escape(name.replace("_", "-"))} {escape(shlex.quote(value))}</code>'
        for name, value, words in made.asked
    )
    return f'<p class="asked">asked for: {flags}</p>' if flags else ""


def _reasons(made: Made) -> str:
    """Why the verdict is not better, in one line a finding."""
    bad = [f for f in made.report.findings if f.verdict == made.report.verdict and f.verdict in ("warn", "fail")]
    lines = "".join(
        f'<li class="v {f.verdict}">{escape(f.check)}: {escape(f.message)}'
        f"{f' <span>mend it with <code>{escape(f.fix)}</code></span>' if f.fix else ''}</li>"
        for f in bad
    )
    stops = ", ".join(sorted({f.check for f in made.blocking}))
    if stops:
        lines += (
            f'<li class="v fail">No print file is written while this fails, but with <code>--force</code>: {stops}</li>'
        )
    return f'<ul class="reasons">{lines}</ul>' if lines else ""


def _guess(made: Made) -> str:
    """What a reader must not take for measured."""
    lines = []
    if not made.asset.sized:
        lines.append("The size is a guess: one photo has no scale. Set it with --height-mm.")
    if made.route == "full":
        lines.append(
            "One photo shows one side: what it does not show is invented, as the map of seen and invented tells."
        )
    lines.append("A photo gives no precision: for parts that must fit to ±1 mm use CAD.")
    told = " ".join(escape(line) for line in lines).replace("--height-mm", '<code class="flag">--height-mm</code>')
    return f'<p class="note">{told}</p>'


def _changed(made: Made, album: Album) -> str:
    """How far mending moved the surface, where, and what each stage says it did."""
    moved = made.moved
    if moved is None:
        return mending_table(made.history)
    found = moved.finding
    told = f"<p>{escape(found.message)}. A layer is {made.printer.layer_mm:g} mm.</p>"
    told += '<p class="soft">The model: mended, nothing added yet. The reference: as the generator gave it.</p>'
    beside = f'<div class="sliced">{_figures("layer", album.moved)}<div>{told}</div></div>'
    return beside + mending_table(made.history)


def _sliced(made: Made) -> str:
    """The slicer's numbers beside a picture of the first layer."""
    if made.sliced is None:
        return ""
    said, cost = made.sliced.summary, made.sliced.cost
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
    shots = [] if made.sliced.picture is None else picture_shots(made.sliced.picture, "the first layer from above")
    return f'<div class="sliced">{_figures("layer", shots)}<table class="facts">{cells}</table></div>'


def _figures(kind: str, shots: Iterable[Shot]) -> str:
    """A row of pictures."""
    cells = "".join(
        f'<figure><img src="{shot.address}" alt="{escape(shot.caption)}">'
        f"<figcaption>{escape(shot.caption)}</figcaption></figure>"
        for shot in shots
    )
    return f'<div class="{kind}">{cells}</div>'
