"""Bake-off: photos × routes × generators, each result graded on its own route's rubric, and cleanup timed.

Of every result two things are looked at: the model as its generator gave it (is it closed? how many loose pieces?), and
what our mending made of it, in how many seconds and in how many steps that changed anything. What fails is shown, not
left out. Where the true shape is known (a model of the photo's name, beside it or in a folder), the raw model has an
F-score. A person may be timed as well: each raw model is written, mended in an editor of theirs, saved and looked at
again.
"""

from __future__ import annotations

import contextlib
import csv
import glob
import io
import json
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from maquette.core.asset import Asset
from maquette.core.errors import MaquetteError
from maquette.core.files import Files
from maquette.core.progress import part, progress
from maquette.core.report import Report
from maquette.flow import disk
from maquette.flow.jobs import Destination, job_from
from maquette.flow.made import Built
from maquette.flow.make import build, judge_built
from maquette.flow.picker import OWN, Measured
from maquette.geometry.f_score import POINTS, f_score
from maquette.geometry.sampling import surface_samples
from maquette.geometry.topology import is_watertight
from maquette.store import Store, home

SHAPES = (".glb", ".gltf", ".obj", ".ply", ".stl", ".3mf", ".off")  # files that may hold a true shape
RUBRICS = {  # what a route is judged by, before anything else
    "print": ("watertight", "sliced", "wall-thickness", "inner-shells", "self-intersections", "stability"),
    "model": ("silhouette", "baked-light", "triangle-count", "has-uv", "degenerate", "winding"),
}


@dataclass(frozen=True)
class Cell:
    """One photo by one generator on one route; ``state`` is made or refused, ``verdict`` that of the whole report."""

    photo: str
    generator: str
    route: str
    state: str
    verdict: str = ""
    rubric_passed: int = 0
    rubric_asked: int = 0
    failures: str = ""
    raw_closed: bool = False
    raw_faces: int = 0
    making_s: float = 0.0
    cleanup_s: float = 0.0
    interventions: int = 0
    error: str = ""
    f_score: float | None = None
    person_s: float | None = None
    person_closed: bool | None = None


def bake_off(
    photos: Sequence[Path],
    generators: Sequence[str],
    routes: Sequence[Destination],
    *,
    listen: Callable[[list[Cell]], None] = lambda cells: None,
    truth: Path | None = None,
    raw: Path | None = None,
) -> list[Cell]:
    """All cells, in the order photos, routes, generators; ``listen`` hears of every new one.

    ``truth`` is a folder with the true shapes, by the photos' names; the photos' own when left out. Into the folder
    ``raw`` go the models as their generators gave them.
    """
    wanted = [(photo, route, generator) for photo in photos for route in routes for generator in generators]
    cells: list[Cell] = []
    for index, (photo, route, generator) in enumerate(wanted):
        progress(index / len(wanted), f"{photo.stem}, {route}, {generator}")
        with part(index / len(wanted), (index + 1) / len(wanted)):
            cells.append(bake_one(photo, generator, route, truth_of(photo, truth), raw))
        listen(cells)
    return cells


def bake_one(
    photo: Path, generator: str, route: Destination, true_shape: Path | None = None, folder: Path | None = None
) -> Cell:
    """One cell; what refuses is a cell too."""
    started = time.perf_counter()
    try:
        options = {"generator": generator} | ({"route": "full"} if route == "print" else {})
        built = build(job_from(route, photo, None, options), Store())
        report = judge_built(built).report
    except MaquetteError as problem:
        words = f"{type(problem).__name__}: {problem}"
        return Cell(photo.name, generator, route, "refused", making_s=_seconds(started), error=words)
    raw = raw_asset(built)
    making_s = _seconds(started)
    if raw is not None and folder is not None:
        disk.save(raw, raw_place(folder, photo.name, generator, route))
    cleanup_s, interventions = cleanup_of(built)
    passed, asked, failures = grade(report, route)
    return Cell(
        photo.name, generator, route, "made", report.verdict, passed, asked, ", ".join(failures),
        raw_closed=raw is not None and is_watertight(raw.mesh.faces),
        raw_faces=0 if raw is None else len(raw.mesh.faces),
        making_s=making_s, cleanup_s=round(cleanup_s, 3), interventions=interventions,
        f_score=score_against(raw, true_shape) if raw is not None and true_shape is not None else None,
    )  # fmt: skip


def truth_of(photo: Path, folder: Path | None) -> Path | None:
    """The true shape of a photo, a model of its name; none where nobody knows it."""
    places = (folder or photo.parent).glob(f"{glob.escape(photo.stem)}.*")
    return next((place for place in sorted(places) if place.suffix.lower() in SHAPES), None)


def score_against(asset: Asset, true_shape: Path) -> float | None:
    """The F-score of a model, protocol T at 0.1; none where one of the two has no surface."""
    meshes = asset.mesh, disk.read(true_shape).mesh
    clouds = [surface_samples(mesh.vertices, mesh.faces, POINTS).points for mesh in meshes]
    return round(f_score(clouds[0], clouds[1]), 4) if all(len(cloud) for cloud in clouds) else None


def raw_place(folder: Path, photo: str, generator: str, route: str) -> Path:
    """Where the model lies that a generator gave."""
    return folder / f"{Path(photo).stem}-{generator}-{route}.ply"


def time_a_person(cells: Sequence[Cell], folder: Path, ask: Callable[[str], str]) -> list[Cell]:
    """The cells with the seconds that somebody took to mend each raw model, and whether what they saved is closed.

    ``ask`` shows a line and gives the answer: ``s`` leaves a model out, anything else begins or ends its time.
    """
    timed: list[Cell] = []
    for cell in cells:
        place = raw_place(folder, cell.photo, cell.generator, cell.route)
        if cell.state != "made" or not place.exists():
            timed.append(cell)
            continue
        if ask(f"open {place} in your editor; Enter begins, s leaves it out").strip().lower() == "s":
            timed.append(cell)
            continue
        started = time.monotonic()
        ask(f"mend it for the route {cell.route} and save it there; Enter ends")
        spent = round(time.monotonic() - started, 1)
        timed.append(replace(cell, person_s=spent, person_closed=is_watertight(disk.read(place).mesh.faces)))
    return timed


def grade(report: Report, route: str) -> tuple[int, int, list[str]]:
    """How many of the route's own questions pass, how many were answered, and every check that fails."""
    return grade_answers([(finding.check, finding.verdict) for finding in report.findings], route)


def grade_answers(said: Iterable[tuple[str, str]], route: str) -> tuple[int, int, list[str]]:
    """The same of checks with their verdicts, however they were kept."""
    listed = list(said)
    answers = dict(listed)
    asked = [answers[check] for check in RUBRICS[route] if answers.get(check, "unknown") != "unknown"]
    return asked.count("pass"), len(asked), [check for check, verdict in listed if verdict == "fail"]


def raw_asset(built: Built) -> Asset | None:
    """The model as the generator gave it."""
    step = _generator_step(built)
    value = built.run.values[step] if built.run is not None and step else None
    return value if isinstance(value, Asset) else None


def cleanup_of(built: Built) -> tuple[float, int]:
    """Seconds of the steps that mend and shape after the generator, and how many of them changed the surface.

    Steps that were kept from an earlier run have no seconds; run the bake-off with an empty store to time them all.
    """
    if built.run is None:
        return 0.0, 0
    seconds, interventions, before = 0.0, 0, raw_asset(built)
    steps = built.run.recipe.steps
    after = list(steps)[list(steps).index(_generator_step(built)) + 1 :] if _generator_step(built) else []
    for step in after:
        if built.run.recipe.stage_of(step).room != "shape":
            continue
        seconds += built.seconds.get(step, 0.0)
        value = built.run.values[step]
        if isinstance(value, Asset) and before is not None and len(value.mesh.faces) != len(before.mesh.faces):
            interventions += 1
        before = value if isinstance(value, Asset) else before
    return seconds, interventions


def write_bake_off(cells: Sequence[Cell], folder: Path) -> tuple[Path, Path]:
    """``bake-off.csv`` with every cell, ``index.html`` with the summary by route and generator and all failures."""
    folder.mkdir(parents=True, exist_ok=True)
    places = folder / "index.html", folder / "bake-off.csv"
    for place, text in zip(places, (as_page(cells), as_csv([asdict(cell) for cell in cells])), strict=True):
        disk.put(Files(place.name, {place.name: text.encode()}), place)
    return places


def as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """Cells as a table for a spreadsheet, a line each."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(list(rows[0]) if rows else [each.name for each in fields(Cell)])
    writer.writerows([_plain(value) for value in row.values()] for row in rows)
    return stream.getvalue()


def summary_rows(cells: Iterable[Cell]) -> list[dict[str, str]]:
    """One row a route and generator: made, rubric, raw closed, cleanup; routes are never added up."""
    listed, rows = list(cells), []
    for route, generator in dict.fromkeys((cell.route, cell.generator) for cell in listed):
        mine = [cell for cell in listed if (cell.route, cell.generator) == (route, generator)]
        good = [cell for cell in mine if cell.state == "made"]
        asked = sum(cell.rubric_asked for cell in good)
        passed = sum(cell.rubric_passed for cell in good)
        median = statistics.median([cell.cleanup_s for cell in good]) if good else None
        changes = statistics.median([cell.interventions for cell in good]) if good else None
        row = {"route": route, "generator": generator, "made": f"{len(good)} of {len(mine)}"}
        row |= {"rubric": f"{passed} of {asked}", "raw closed": f"{sum(c.raw_closed for c in good)} of {len(good)}"}
        row |= {"cleanup s": "" if median is None else f"{median:.2f}", "steps that changed it": f"{changes or 0:g}"}
        scores = [cell.f_score for cell in good if cell.f_score is not None]
        if any(cell.f_score is not None for cell in listed):
            row["F-score"] = f"{statistics.mean(scores):.3f} of {len(scores)}" if scores else ""
        times = [cell.person_s for cell in good if cell.person_s is not None]
        if any(cell.person_s is not None for cell in listed):
            row["person s"] = f"{statistics.median(times):.0f} of {len(times)}" if times else ""
        rows.append(row)
    return rows


def as_page(cells: Sequence[Cell]) -> str:
    """The summary and what failed, as a page."""
    rows = summary_rows(cells)
    head = "".join(f"<th>{escape(name)}</th>" for name in (rows[0] if rows else {}))
    body = "".join("<tr>" + "".join(f"<td>{escape(value)}</td>" for value in row.values()) + "</tr>" for row in rows)
    wrong = [cell for cell in cells if cell.error or cell.failures]
    lines = [f"{cell.photo}, {cell.route}, {cell.generator}: {cell.error or cell.failures}" for cell in wrong]
    listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
    style = "body{font:15px system-ui;margin:2rem}td,th{padding:.3rem 1rem .3rem 0;text-align:left}"
    return (
        f"<!doctype html><meta charset=utf-8><title>Bake-off</title><style>{style}</style><h1>Bake-off</h1>"
        f"<table><tr>{head}</tr>{body}</table><h2>What failed</h2><ul>{listed}</ul>"
    )


def keep_measurements(cells: Iterable[Cell]) -> Path:
    """Write what was measured where ``maquette generators`` reads it, beside what stands there already."""
    place, known = home() / OWN, {}
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(place.read_text(encoding="utf-8"))
    listed = [cell for cell in cells if cell.state == "made"]
    day = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%d")
    for name in dict.fromkeys(cell.generator for cell in listed):
        mine = [cell for cell in listed if cell.generator == name]
        share = sum(cell.raw_closed for cell in mine) / len(mine)
        cleanup = statistics.median(cell.cleanup_s for cell in mine)
        count = len({cell.photo for cell in mine})
        scores = {cell.photo: cell.f_score for cell in mine if cell.f_score is not None}
        score = round(statistics.mean(scores.values()), 4) if scores else None
        protocol = "bake-off on this machine" + (f", F@0.1 of {len(scores)} true shapes" if scores else "")
        known[name] = asdict(Measured(score, share, round(cleanup, 2), count, day, protocol))
    place.parent.mkdir(parents=True, exist_ok=True)
    disk.put(Files(OWN, {OWN: json.dumps(known, indent=1).encode()}), place)
    return place


def _generator_step(built: Built) -> str:
    """The step whose stage the knob ``generator`` swaps."""
    knob = built.run.recipe.knobs.get("generator") if built.run is not None else None
    return knob.swaps if knob is not None else ""


def _plain(value: object) -> object:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" and value else value


def _seconds(started: float) -> float:
    return round(time.perf_counter() - started, 3)
