"""From photos to a finished asset: looked at, sent on its way, made, and judged."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.profiles import Printer, Target
from maquette.core.progress import part
from maquette.core.subject import Subject
from maquette.flow.engine.run import Run, run
from maquette.flow.jobs import JOBS, Destination, Job, Route
from maquette.flow.judge import judge
from maquette.flow.made import Built, Made
from maquette.flow.memory import Memory
from maquette.flow.photos import Photo, Photos
from maquette.flow.recipes.graph import Recipe
from maquette.flow.recipes.load import load_recipe
from maquette.flow.recipes.sockets import fits
from maquette.flow.routes import chosen_way
from maquette.flow.views import Runs, run_over
from maquette.flow.wrong_cut import refuse_wrong_cut
from maquette.registry import registry
from maquette.store import Store


def make(
    photo: Photo,
    destination: Destination = "print",
    *,
    route: Route = "auto",
    knobs: Mapping[str, Any] | None = None,
    printer: Printer | str | None = None,
    target: Target | str | None = None,
    store: Store | None = None,
) -> Made:
    """Make a photo into an asset for a destination and judge it.

    ``photo`` is a path, bytes, or several by direction. ``knobs`` are those of the recipe (``height_mm``,
    ``generator``, …). With ``route="auto"`` the options and the photo decide between a full body and a relief; a model
    is always a full body.
    """
    options = {name: value for name, value in (knobs or {}).items() if value is not None}
    job = JOBS[destination](
        photo, None, route=route, printer=Printer.of(printer), target=Target.of(target), knobs=options
    )
    with part(0.0, 0.75):
        built = build(job, store)
    with part(0.75, 1.0):
        return judge_built(built)


def build(job: Job, store: Store | None = None) -> Built:
    """The asset of a job, and the way to it; nothing is judged yet and nothing written.

    Results of stages are kept in ``store``, else for this job only: what the look at the photo needed is not made
    again.
    """
    started = time.perf_counter()
    photos, kept = Photos.of(job.photo), store or Memory()
    with part(0.0, 0.2):
        looked = look_at(photos, job.knobs, kept)
    way = chosen_way(job, looked.result, several=photos.several)
    recipe = way.recipe.for_printer(job.printer)
    if job.destination == "model":
        recipe = fit_to_target(recipe, job.target)
    if job.output is not None and way.route == "full" and not job.force:
        refuse_wrong_cut(looked.result, _last_cut(looked, looked.values["opened"]), job.output)
    with part(0.2, 1.0):
        runs = run_over(recipe, photos, job.knobs, kept)
    opened = looked.values["opened"]
    asset: Asset = runs.last.result.replace(title=photos.title or runs.last.result.title)
    return Built(
        asset=asset,
        photo=opened,
        cut=_last_cut(runs.first["front"], opened),
        intake=looked.result,
        route=way.route,
        recipe=recipe.name,
        printer=job.printer,
        target=job.target,
        why=way.why,
        destination=job.destination,
        seconds={**looked.seconds, **runs.seconds, "making": time.perf_counter() - started},
        asked=tuple(_asked_options(recipe, runs, job.knobs)),
        others={name: _last_cut(ran, opened) for name, ran in runs.first.items() if name != "front"},
        first_steps=runs.first_steps,
        run=runs.last,
        store=kept,
    )


def fit_to_target(recipe: Recipe, target: Target) -> Recipe:
    """A recipe with no more faces and no larger textures in its own settings than a target takes."""
    limits = {"simplify": ("max_faces", target.max_faces), "fit-textures": ("max_px", target.max_texture_px)}
    steps = dict(recipe.steps)
    for step, node in steps.items():
        if node.stage in limits:
            name, most = limits[node.stage]
            least = min(node.settings.get(name, most), most)
            steps[step] = replace(node, settings=MappingProxyType({**node.settings, name: least}))
    return replace(recipe, steps=MappingProxyType(steps))


def judge_built(built: Built) -> Made:
    """What was built, with the opinion of every check of its destination."""
    started = time.perf_counter()
    report = judge(
        built.asset, built.destination, printer=built.printer, target=built.target, store=built.store, run=built.run
    )
    checking = time.perf_counter() - started
    seconds = {**built.seconds, "checks": checking, "total": built.seconds.get("making", 0.0) + checking}
    return Made(**{**vars(built), "seconds": seconds}, report=report)


def generators() -> list[str]:
    """Names of the stages that turn a Subject into an Asset, whatever else they take."""
    return [
        name
        for name, function in registry().items()
        if function.stage.output is Asset and _takes_a_photo(function.stage)
    ]


def _takes_a_photo(stage: Any) -> bool:
    """Whether one photo is all that a stage needs."""
    return len(stage.inputs) == 1 and fits(Subject, next(iter(stage.inputs.values())))


def look_at(photos: Photos, knobs: Mapping[str, Any], store: Store) -> Run:
    """The front photo opened, cut out as asked and looked at; only looked at where nothing can be cut out."""
    intake = load_recipe("intake")
    mine = {name: value for name, value in knobs.items() if name in intake.knobs or _step_of(name) in intake.steps}
    try:
        return run(intake, {"photo": photos.front}, mine, store=store)
    except CannotDo:
        return run(load_recipe("glance"), {"photo": photos.front}, {}, store=store)


def _step_of(knob: str) -> str:
    """The step of ``step.setting``; nothing for a knob of the recipe."""
    return knob.rpartition(".")[0]


def _last_cut(done: Run, opened: Subject) -> Subject:
    """The last Subject on the way that has a mask; the photo itself where no step cut it."""
    cut = opened
    for step in done.values:
        if done.recipe.stage_of(step).output is Subject:
            subject = done.values[step]
            cut = cut if subject.mask is None else subject
    return cut


def _asked_options(recipe: Recipe, runs: Runs, options: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Each option that was given, its value as words, and what it means."""
    for name, value in options.items():
        step, _, setting = name.rpartition(".")
        ran = next((ran.recipe for ran in (runs.last, runs.first["front"]) if step in ran.recipe.steps), recipe)
        words = ran.stage_of(step).settings[setting].description if step else recipe.knobs[name].description
        yield setting or name, str(value), words
