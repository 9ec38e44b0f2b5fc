"""Errand: an order under way, one node at a time. Whatever a node gives lies in the store before the next one begins.

A node that was cut off, or whose result was evicted, is made again from what is there: nothing but the order itself is
needed to go on, on any machine that sees the same store.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from maquette.core.asset import Asset
from maquette.core.errors import BadInput, CannotDo
from maquette.core.profiles import Printer, Target
from maquette.flow.deliver import deliver
from maquette.flow.encode import encode_asset
from maquette.flow.engine.run import Run, Work, check_inputs
from maquette.flow.jobs import Job, job_from
from maquette.flow.judge import checks_for, judge
from maquette.flow.lineage import shape_name
from maquette.flow.made import Built, blocking
from maquette.flow.make import build, look_at
from maquette.flow.photos import Photos
from maquette.flow.queue.inputs import read_inputs, read_source, value_bytes
from maquette.flow.queue.order import Order
from maquette.flow.queue.output import Output, keep_bytes, keep_files, keep_value
from maquette.flow.queue.warm import Warm
from maquette.flow.recipes.graph import Recipe
from maquette.flow.recipes.load import load_recipe
from maquette.flow.report.album import thumbnail
from maquette.flow.report.keeper import Keeper
from maquette.flow.routes import chosen_way
from maquette.flow.views import join_views, recipes_over
from maquette.store import Blobs, Store, key_of

LOOK, WRITE, REPORT, PICTURE, CHECK = "look", "write", "report", "picture", "check "


class Errand:
    """What both kinds have in common: nodes by name, and what running one delivers."""

    def __init__(self, order: Order, store: Store, blobs: Blobs) -> None:
        self.order, self.store, self.blobs = order, Warm(store), blobs
        self.opinions: dict[str, dict[str, Any]] = {}  # by node: what a check said, and the name of it with its places

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of all nodes, in order; those of a photo are known once it was looked at."""
        raise NotImplementedError

    def run(self, node: str) -> list[Output]:
        """Run one node; what it delivers."""
        raise NotImplementedError

    def facts_of(self, node: str) -> Mapping[str, Any]:
        """The stage behind a node, its version, licence and settings, where there is one; of a check what it said."""
        raise NotImplementedError

    def _judge(self, node: str, asset: Asset, printer: Printer | str, target: Target | str, run: Run | None) -> None:
        """Ask one check, and keep its findings whole: their faces are for whoever shows the model."""
        report = judge(
            asset, self.order.destination, printer=printer, target=target,
            store=self.store, run=run, only=node.removeprefix(CHECK),
        )  # fmt: skip
        key = key_of(f"findings of {node}", 1, report.profile, [asset.digest])
        self.store.put(key, report.findings)
        self.opinions[node] = {"findings": [finding.as_dict() for finding in report.findings], "places": key}


def errand_for(order: Order, store: Store, blobs: Blobs) -> Errand:
    """The errand of an order."""
    kind: Callable[[Order, Store, Blobs], Errand] = _MakeErrand if order.kind == "make" else _RecipeErrand
    return kind(order, store, blobs)


class _RecipeErrand(Errand):
    """A recipe over its inputs, and its result as a file."""

    @cached_property
    def work(self) -> Work | None:
        """The recipe over its inputs; nothing where the only input is handed on."""
        if not self.order.recipe:
            return None
        recipe = load_recipe(self.order.recipe).with_knobs(self.order.options)
        inputs = read_inputs(self.order.inputs, recipe.input_kinds(), self.blobs)
        check_inputs(recipe, inputs)
        return Work(recipe, inputs, self.store)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Its steps, as far as the result needs them, the writing, and the checks where a model is judged."""
        steps = steps_needed(self.work.recipe) if self.work else ()
        return (*steps, WRITE, *(_check_nodes(self.order.destination) if self._is_judged else ()))

    @property
    def _is_judged(self) -> bool:
        """Whether the result is a model and somebody wants opinions on it."""
        recipe = self.work.recipe if self.work else None
        return bool(self.order.judged_by) and recipe is not None and recipe.kind_of(recipe.result) is Asset

    def run(self, node: str) -> list[Output]:
        """Run one step, write, or ask a check."""
        if node.startswith(CHECK) and self.work is not None:
            profile = self.order.judged_by
            printer, target = (profile, "") if self.order.destination == "print" else ("", profile)
            asset = self.work.value_of(self.work.recipe.result)
            self._judge(node, asset, printer or Printer.default(), target or Target.default(), None)
            return []
        if node != WRITE:
            assert self.work is not None
            self.work.value_of(node)
            return []
        if self.work is not None:
            return keep_value(self.blobs, self.work.value_of(self.work.recipe.result), self.order.output)
        (source,) = self.order.inputs.values()
        return keep_value(self.blobs, read_source(source, Asset, self.blobs), self.order.output)

    def facts_of(self, node: str) -> Mapping[str, Any]:
        """Those of the step."""
        if node in self.opinions:
            return self.opinions[node]
        return _step_facts(self.work, node) if self.work and node != WRITE else {}


class _MakeErrand(Errand):
    """Photos to a file for a destination, with its opinions and its report."""

    @cached_property
    def job(self) -> Job:
        """The job as a command would have it; a plain one has no output that it would be refused over."""
        photos = {name: self.blobs.read(source.digest) for name, source in self.order.inputs.items()}
        output = None if self.order.plain else Path(self.order.output)
        return job_from(self.order.destination, photos, output, dict(self.order.options))

    @cached_property
    def photos(self) -> Photos:
        """Their bytes."""
        return Photos.of(self.job.photo)

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe of the way that the photo goes."""
        looked = look_at(self.photos, self.job.knobs, self.store)
        way = chosen_way(self.job, looked.result, several=self.photos.several)
        return way.recipe.for_printer(self.job.printer)

    @cached_property
    def works(self) -> dict[str, Work]:
        """What runs, by name: the whole recipe, or that of each photo; those of all together join them."""
        if not self.photos.several:
            return {"": Work(self.recipe.with_knobs(self.job.knobs), {"photo": self.photos.front}, self.store)}
        alone, _ = recipes_over(self.recipe, self.photos, self.job.knobs)
        return {
            f"{name}:": Work(alone[name].with_knobs({}), {"photo": data}, self.store)
            for name, data in self.photos.by_direction.items()
        }

    @cached_property
    def together(self) -> Work | None:
        """For several photos, what runs once each is cut out."""
        if not self.photos.several:
            return None
        _, recipe = recipes_over(self.recipe, self.photos, self.job.knobs)
        cut = {name.rstrip(":"): work.value_of(work.recipe.result) for name, work in self.works.items()}
        return Work(recipe.with_knobs({}), {"views": join_views(cut)}, self.store)

    @cached_property
    def built(self) -> Built:
        """The asset and the way to it: everything comes from the store by now."""
        return build(self.job, self.store)

    @cached_property
    def keeper(self) -> Keeper:
        """Its pictures."""
        return Keeper(self.built.asset, self.store, shape_name(self.built.asset, self.built.run))

    @property
    def nodes(self) -> tuple[str, ...]:
        """Look, the steps of the recipe, the file, then opinions and the report."""
        steps = [f"{name}{step}" for name, work in self.works.items() for step in steps_needed(work.recipe)]
        if self.photos.several:
            _, together = recipes_over(self.recipe, self.photos, self.job.knobs)
            steps += steps_needed(together)
        if self.order.plain:
            return (LOOK, *steps, WRITE, PICTURE)
        return (LOOK, *steps, WRITE, *_check_nodes(self.order.destination), REPORT)

    def run(self, node: str) -> list[Output]:
        """Run one node."""
        if node.startswith(CHECK):
            built = self.built
            self._judge(node, built.asset, built.printer, built.target, built.run)
            return []
        special: dict[str, Callable[[], list[Output]]] = {
            LOOK: self._look, WRITE: self._write, REPORT: self._report, PICTURE: self._picture
        }  # fmt: skip
        if node in special:
            return special[node]()
        work, step = self._place_of(node)
        work.value_of(step)
        return []

    def facts_of(self, node: str) -> Mapping[str, Any]:
        """Those of the step."""
        if node in (LOOK, WRITE, REPORT, PICTURE) or node.startswith(CHECK):
            return self.opinions.get(node, {})
        return _step_facts(*self._place_of(node))

    def _place_of(self, node: str) -> tuple[Work, str]:
        """The work that a node belongs to, and its step there."""
        name, sign, step = node.rpartition(":")
        if f"{name}{sign}" in self.works:
            return self.works[f"{name}{sign}"], step
        if self.together is None:
            raise BadInput(f"job: no node {node!r}")
        return self.together, node

    def _look(self) -> list[Output]:
        """The photo looked at, which says what comes next."""
        _ = self.recipe
        return []

    def _write(self) -> list[Output]:
        """The file, unless a gate forbids it, which the report says afterwards; the asset as a value."""
        built, name = self.built, self.order.output
        value = keep_bytes(self.blobs, "value", f"{Path(name).stem}.value", value_bytes(built.asset))
        if self.order.plain:
            return keep_value(self.blobs, built.asset, name)
        if built.destination == "print" and not self.job.force:
            gates = judge(built.asset, "print", printer=built.printer, store=self.store, run=built.run, gates_only=True)
            if blocking(gates):
                return [value]
        target = built.target if built.destination == "model" else None
        return [*keep_files(self.blobs, encode_asset(built.asset, Path(name), target, self.keeper), name), value]

    def _picture(self) -> list[Output]:
        """What the asset looks like; nothing where it cannot be drawn."""
        data = thumbnail(self.keeper, 512)
        return [keep_bytes(self.blobs, "picture", "picture.png", data)] if data else []

    def _report(self) -> list[Output]:
        """Everything that the command would have written, the file included."""
        with tempfile.TemporaryDirectory(prefix="maquette-") as folder:
            place = Path(folder) / self.order.output
            try:
                deliver(replace(self.job, output=place), self.store)
            except CannotDo as refusal:
                raise Refused(str(refusal), _files_in(Path(folder), place, self.blobs)) from None
            return _files_in(Path(folder), place, self.blobs)


class Refused(CannotDo):
    """No file for a reason, and yet a report that shows it."""

    def __init__(self, words: str, outputs: list[Output]) -> None:
        super().__init__(words)
        self.outputs = outputs


def _files_in(folder: Path, main: Path, blobs: Blobs) -> list[Output]:
    """What lies in a folder, as outputs."""
    outputs = []
    for place in sorted(path for path in folder.rglob("*") if path.is_file()):
        role: Any = "report" if ".report." in place.name else "main" if place == main else "part"
        outputs.append(keep_bytes(blobs, role, str(place.relative_to(folder)), place.read_bytes()))
    return outputs


def _check_nodes(destination: str) -> list[str]:
    """A node for each check of a destination."""
    return [f"{CHECK}{check.stage.name}" for check in checks_for(destination)]


def steps_needed(recipe: Recipe) -> list[str]:
    """The steps that a recipe's result needs, in order."""
    needed = {recipe.result}
    for step in reversed(tuple(recipe.steps)):
        if step in needed:
            needed |= set(recipe.steps[step].sources)
    return [step for step in recipe.steps if step in needed]


def _step_facts(work: Work, step: str) -> dict[str, Any]:
    """What a step ran, for the ledger."""
    stage, call = work.recipe.stage_of(step), work.recipe.calls[step]
    return {
        "stage": stage.name,
        "version": stage.version,
        "licence": stage.facts.licence,
        "settings": call.text,
        "key": work.keys[step],
        "ran": step in work.seconds,
    }
