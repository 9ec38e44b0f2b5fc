"""What a recipe costs before it runs: the prices of its hosted stages with their settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maquette.core.errors import BadSetting
from maquette.flow.jobs import RECIPES
from maquette.flow.options import choices_of
from maquette.flow.queue.order import Order
from maquette.flow.recipes.graph import Recipe
from maquette.flow.recipes.load import load_recipe
from maquette.registry import Stage, registry


def price_usd(stage: Stage, settings: Mapping[str, Any]) -> float:
    """What one call costs at most, in US dollars; 0 for what runs here."""
    return stage.facts.price_of(settings) if stage.facts.price_of else 0.0


def price_of_recipe(recipe: Recipe) -> dict[str, float]:
    """What each paid step costs at most, by step; ``recipe`` has its knobs turned."""
    prices = {step: price_usd(call.stage, call.settings) for step, call in recipe.calls.items()}
    return {step: usd for step, usd in prices.items() if usd}


def price_of_order(order: Order) -> float:
    """What an order costs at most; 0 where it is not understood, since it is refused elsewhere then."""
    if order.kind == "make":
        names = set(RECIPES[order.destination].values())
        recipes = [load_recipe(name) for name in sorted(names)]
    else:
        recipes = [load_recipe(order.recipe)] if order.recipe else []
    return max((_price_with(recipe, order.options) for recipe in recipes), default=0.0)


def may_cost(recipe: Recipe) -> bool:
    """Whether a step of a recipe, or a stage that may stand in its place, is paid."""
    swapped = {name for knob in recipe.knobs.values() if knob.swaps for name in choices_of(knob.kind)}
    names = {node.stage for node in recipe.steps.values()} | swapped
    return any(registry()[name].stage.facts.price_of for name in names if name in registry())


def _price_with(recipe: Recipe, options: Mapping[str, Any]) -> float:
    """The price with those options that the recipe has; another route's are not its own."""
    steps = set(recipe.steps)
    mine = {name: value for name, value in options.items() if name in recipe.knobs or name.partition(".")[0] in steps}
    try:
        return sum(price_of_recipe(recipe.with_knobs(mine)).values())
    except BadSetting:
        return 0.0
