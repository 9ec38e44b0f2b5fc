"""A recipe over several photos of one thing: each goes through the first part alone, all through the rest together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from maquette.core.errors import BadSetting
from maquette.core.history import Step, merge_histories
from maquette.core.subject import Subject, Views
from maquette.flow.engine.run import Run, run
from maquette.flow.photos import Photos
from maquette.flow.recipes.graph import Node, Recipe
from maquette.flow.recipes.sockets import fits
from maquette.store import Store


@dataclass(frozen=True)
class Runs:
    """The run that gave the result, and before it the run of each photo by direction; one and the same for one."""

    last: Run
    first: Mapping[str, Run]

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by step; those of several photos together."""
        total: dict[str, float] = {}
        for ran in dict.fromkeys([*self.first.values(), self.last]):
            for step, taken in ran.seconds.items():
                total[step] = total.get(step, 0.0) + taken
        return total

    @property
    def first_steps(self) -> tuple[tuple[str, str], ...]:
        """The steps that each photo went through alone, with their stages."""
        front = self.first["front"]
        return () if front is self.last else tuple((step, node.stage) for step, node in front.recipe.steps.items())


def run_over(recipe: Recipe, photos: Photos, knobs: Mapping[str, Any], store: Store | None) -> Runs:
    """Run a recipe over one photo, or over several of one thing."""
    if not photos.several:
        ran = run(recipe, {"photo": photos.front}, knobs, store=store)
        return Runs(ran, {"front": ran})
    alone, together = recipes_over(recipe, photos, knobs)
    runs = {name: run(alone[name], {"photo": data}, {}, store=store) for name, data in photos.by_direction.items()}
    views = join_views({name: ran.result for name, ran in runs.items()})
    return Runs(run(together, {"views": views}, {}, store=store), runs)


def recipes_over(recipe: Recipe, photos: Photos, knobs: Mapping[str, Any]) -> tuple[dict[str, Recipe], Recipe]:
    """For several photos: the recipe that each goes through alone, by direction, and the one of all together."""
    alone, together = split_at_views(recipe.with_knobs(knobs))
    beside, _ = split_at_views(recipe.with_knobs(_without_optional(recipe, knobs)))
    return {name: alone if name == "front" else beside for name in photos.by_direction}, together


def join_views(subjects: Mapping[str, Subject]) -> Views:
    """Photos by direction, with the history of each."""
    last = Step("views", notes=(", ".join(subjects),))
    return Views(subjects, history=merge_histories([subject.history for subject in subjects.values()], last))


def split_at_views(recipe: Recipe) -> tuple[Recipe, Recipe]:
    """The steps that each photo goes through, and those from the first on that takes several photos.

    ``BadSetting`` where no step takes several.
    """
    joint = next((step for step in recipe.steps if _takes_views(recipe, step)), None)
    if joint is None:
        makers = [step for step in recipe.steps if fits(Subject, recipe.stage_of(step).output) is False]
        name = recipe.steps[makers[0]].stage if makers else recipe.name
        raise BadSetting(f"{recipe.name}: {name} takes one photo; for several leave --generator out")
    source = recipe.steps[joint].sources[0]
    before = _leading_to(recipe, source)
    bare = replace(recipe, knobs=MappingProxyType({}))
    alone = {step: replace(recipe.steps[step], optional=False) for step in recipe.steps if step in before}
    rest = {step: _feed(node, source) for step, node in recipe.steps.items() if step not in before}
    return (
        replace(bare, steps=MappingProxyType(alone), result=source),
        replace(bare, steps=MappingProxyType(rest), inputs=("views",)),
    )


def _takes_views(recipe: Recipe, step: str) -> bool:
    """Whether a step's stage takes several photos."""
    return any(fits(Views, kind) for kind in recipe.stage_of(step).inputs.values())


def _leading_to(recipe: Recipe, step: str) -> set[str]:
    """A step and all that leads to it."""
    leading_to, waiting = set[str](), [step]
    while waiting:
        name = waiting.pop()
        if name in recipe.steps and name not in leading_to:
            leading_to.add(name)
            waiting += recipe.steps[name].sources
    return leading_to


def _feed(node: Node, source: str) -> Node:
    """A step that takes the views where it took the photo."""
    sources = tuple("views" if name == source else name for name in node.sources)
    return replace(node, sources=sources, optional=False)


def _without_optional(recipe: Recipe, knobs: Mapping[str, Any]) -> dict[str, Any]:
    """Knobs without those of optional steps over a photo: what is looked for (a ruler) lies in the front photo."""

    def is_idle(name: str) -> bool:
        steps = {step for step, _ in recipe.knobs[name].turns} if name in recipe.knobs else {name.partition(".")[0]}
        return any(
            step in recipe.steps and recipe.steps[step].optional and recipe.stage_of(step).output is Subject
            for step in steps
        )

    return {name: value for name, value in knobs.items() if not is_idle(name)}
