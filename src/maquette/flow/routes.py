"""Which way a photo goes, full 3D or a relief, and why: as asked for, else as the options or the photo say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from maquette.core.errors import BadSetting
from maquette.core.report import Finding
from maquette.flow.jobs import Job, recipes_of
from maquette.flow.options import recipe_options
from maquette.flow.recipes.graph import Recipe
from maquette.flow.recipes.load import load_recipe
from maquette.photo.inspect import recommended_route


@dataclass(frozen=True)
class Way:
    """A route, its recipe, and why it was taken."""

    route: str
    recipe: Recipe
    why: str


def chosen_way(job: Job, intake: Iterable[Finding], *, several: bool) -> Way:
    """The route of a job.

    ``BadSetting`` when an option does not exist, or is for another route than the one that was asked for, or two
    options are for different routes.
    """
    recipes = {route: load_recipe(name) for route, name in recipes_of(job).items()}
    fitting = {name: _routes_of(name, recipes) for name in job.knobs}
    if len(recipes) == 1:
        route, why = next(iter(recipes)), "a model is a whole body"
    elif job.route != "auto":
        route, why = job.route, "asked for"
    elif several:
        route, why = "full", "several photos show a whole body"
    else:
        route, why = _by_options(fitting, recipes) or _by_photo(intake)
    for name, routes in fitting.items():
        if route not in routes:
            raise _wrong_way(job, name, routes, route, recipes)
    return Way(route, recipes[route], why)


def _by_options(fitting: Mapping[str, set[str]], recipes: Mapping[str, Recipe]) -> tuple[str, str] | None:
    """The route that an option is for, where one is for one route only."""
    telling = {name: routes for name, routes in fitting.items() if routes and len(routes) < len(recipes)}
    if not telling:
        return None
    name, routes = next(iter(telling.items()))
    return next(iter(routes)), f"{_flag(name)} is for it alone"


def _by_photo(intake: Iterable[Finding]) -> tuple[str, str]:
    """The route that the intake recommends, in its own words."""
    findings = tuple(intake)
    route = recommended_route(findings)
    said = next((finding for finding in findings if finding.check == "route"), None)
    if said is None:
        return route, "nothing speaks against it"
    reason = said.message.partition(": ")[2] or said.message
    return route, f"{reason}; the photo scores {said.value:g}, {said.limit}"


def _routes_of(name: str, recipes: Mapping[str, Recipe]) -> set[str]:
    """Routes whose recipe has this knob, or a step with this setting."""
    return {route for route, recipe in recipes.items() if _takes(recipe, name)}


def _takes(recipe: Recipe, name: str) -> bool:
    step, _, setting = name.partition(".")
    if not setting:
        return name in recipe.knobs
    if step not in recipe.steps:
        return False
    return setting in recipe.stage_of(step).settings or any(option.name == name for option in recipe_options(recipe))


def _wrong_way(job: Job, name: str, routes: set[str], route: str, recipes: Mapping[str, Recipe]) -> BadSetting:
    """What to say of an option that the route does not have."""
    if not routes:
        known = dict.fromkeys(knob for recipe in recipes.values() for knob in recipe.knobs)
        return BadSetting(f"{job.destination}: no option {name!r}; it has {', '.join(known)}, and any step.setting")
    other = next(iter(routes))
    return BadSetting(
        f"{job.destination}: {_flag(name)} is for the {other} route and this goes the {route} one; "
        f"leave it out, or take --route {other}"
    )


def _flag(name: str) -> str:
    """An option as it is typed."""
    return f"--{name.rpartition('.')[2].replace('_', '-')}"
