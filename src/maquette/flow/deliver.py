"""A job from the photo to the files: made, let out or held back, written, judged, sliced, reported.

The solid is on disk as soon as nothing forbids it; the other checks and the pictures of the report come after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from maquette.checks.suggest_settings import settings_from
from maquette.core.errors import BadSetting
from maquette.core.files import Files
from maquette.core.profiles import Plastic
from maquette.core.progress import note, noting, part, progress
from maquette.core.report import Finding
from maquette.core.together import together
from maquette.flow import disk
from maquette.flow.encode import draw_thumbnail, encode_asset, judge_size
from maquette.flow.jobs import RECIPES, Job, ModelJob, PrintJob
from maquette.flow.judge import judge
from maquette.flow.lineage import shape_name
from maquette.flow.made import Built, Made, blocking, refuse_unprintable
from maquette.flow.make import build, judge_built
from maquette.flow.memory import Memory
from maquette.flow.recipes.load import load_recipe
from maquette.flow.report.keeper import Keeper
from maquette.flow.report.page import draw_ahead, write_report
from maquette.flow.slicing import slice_asset
from maquette.formats.threemf.settings_parts import with_settings
from maquette.store import Store


@dataclass(frozen=True)
class Delivery:
    """What a job made and where it lies: the output, the G-code beside it and the reports."""

    made: Made
    output: Path
    reports: tuple[Path, ...]
    gcode: Path | None = None

    @property
    def places(self) -> tuple[Path, ...]:
        """Everything that was written besides the output."""
        return (*((self.gcode,) if self.gcode else ()), *self.reports)


def deliver(job: Job, store: Store | None = None, *, started: float | None = None) -> Delivery:
    """Do a job and write its files; ``CannotDo`` when the print would not slice to a filled solid and nobody insists.

    The report is written even then. ``store`` keeps results; left out, it is the user's, or none with ``cache`` off.
    ``started`` is when somebody began to wait, by ``time.perf_counter``.
    """
    if job.output is None:
        raise BadSetting(f"{job.destination}: no output given; name the file that the result goes to")
    began = time.perf_counter() if started is None else started
    with noting() as said:
        done = _do(job, store or (Store() if job.cache else Memory()), job.output, began)
    for text in dict.fromkeys([*_history_notes(done.made), *said]):
        note(text)
    return done


def _history_notes(result: Made) -> list[str]:
    """What the stages said, those included whose results were kept from before."""
    return [f"{step.stage}: {text}" for step in result.history for text in step.notes]


def _do(job: Job, store: Store, output: Path, began: float) -> Delivery:
    """The job, step by step."""
    with part(0.0, 0.5):
        built = build(job, store)
    keeper = Keeper(built.asset, store, shape_name(built.asset, built.run))
    with part(0.5, 0.6):
        stopped = _gates_beside_thumbnail(built, job, output, keeper)
    files = None
    if not stopped:
        progress(0.6, f"writing {output.name}")
        files = encode_asset(built.asset, output, job.target if job.destination == "model" else None, keeper)
        disk.put(files, output)
    beside = _keep_model(job, store, output) if isinstance(job, PrintJob) and job.keep_model else ()
    with part(0.6, 0.9):
        result, gcode = _judge_beside_pictures(built, job, files, output, keeper)
    with part(0.9, 1.0):
        reports = write_report(result, output, began, keeper) if job.report else []
    refuse_unprintable(stopped)
    result = replace(result, seconds={**result.seconds, "total": time.perf_counter() - began})
    return Delivery(result, output, (*beside, *reports), gcode)


def _keep_model(job: PrintJob, store: Store, output: Path) -> tuple[Path]:
    """The place of the textured model of the same photo, written beside the print; steps that both share run once."""
    model = load_recipe(RECIPES["model"]["full"])
    shared = {name: value for name, value in job.knobs.items() if name in model.knobs and name != "max_faces"}
    place = output.with_name(f"{output.stem}.model.glb")
    asset = build(ModelJob(job.photo, place, force=True, knobs=shared), store).asset
    return (disk.put(encode_asset(asset, place), place),)


def _gates_beside_thumbnail(built: Built, job: Job, output: Path, keeper: Keeper) -> tuple[Finding, ...]:
    """What keeps the file from being written; the picture that it carries is drawn at the same time."""
    work: list[Callable[[], Any]] = [
        partial(_reasons_to_stop, built, job),
        partial(draw_thumbnail, built.asset, output, keeper),
    ]
    stopped: tuple[Finding, ...] = together(work, heard=0)[0]
    return stopped


def _reasons_to_stop(built: Built, job: Job) -> tuple[Finding, ...]:
    """What keeps the file from being written; nothing where the user insists."""
    if job.destination != "print" or job.force:
        return ()
    gates = judge(built.asset, "print", printer=built.printer, store=built.store, run=built.run, gates_only=True)
    return blocking(gates)


def _judge_beside_pictures(
    built: Built, job: Job, files: Files | None, output: Path, keeper: Keeper
) -> tuple[Made, Path | None]:
    """All opinions; what the report shows whatever they are is drawn at the same time, and kept for it."""
    work: list[Callable[[], Any]] = [partial(_judge_and_slice, built, job, files, output)]
    if job.report:
        work.append(partial(draw_ahead, keeper, built))
    judged: tuple[Made, Path | None] = together(work, heard=0)[0]
    return judged


def _judge_and_slice(built: Built, job: Job, files: Files | None, output: Path) -> tuple[Made, Path | None]:
    """All opinions, those of the slicer and on the file's size included, and the place of the G-code."""
    result, gcode = _with_advice(judge_built(built), job), None
    if files is not None and result.told is not None:
        disk.put(with_settings(files, result.told), output)
    if files is not None and job.destination == "model":
        result = _with_finding(result, judge_size(files, job.target))
    if files is not None and job.slicing.slice:
        sliced, opinion = slice_asset(result.asset, result.printer, job.slicing, output.stem or "model", result.told)
        result = replace(_with_finding(result, opinion), sliced=sliced)
        if sliced is not None:
            place = output.with_name(f"{output.name}.gcode")  # a.stl and a.3mf get one each
            gcode = disk.put(Files(place.name, {place.name: sliced.files.data}), place)
    return result, gcode


def _with_advice(result: Made, job: Job) -> Made:
    """The same with what a slicer should be told, where somebody said what the print is for."""
    if not isinstance(job, PrintJob) or job.purpose is None:
        return result
    plastic = job.material or Plastic.named("resin" if job.printer.technology == "SLA" else "pla")
    advice = settings_from(result.report.findings, result.asset.size[2], job.purpose, plastic, job.printer)
    return replace(result, told=advice)


def _with_finding(result: Made, finding: Finding) -> Made:
    """The same with one more opinion in its report."""
    return replace(result, report=result.report.replace(findings=(*result.report.findings, finding)))
