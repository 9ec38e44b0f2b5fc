"""A recipe as the data that somebody could have typed: for a graph on a screen, and for a file."""

from __future__ import annotations

from typing import Any

from maquette.core.profiles import Plastic, Printer, Target
from maquette.flow.recipes.graph import Recipe


def plain_recipe(recipe: Recipe) -> dict[str, Any]:
    """The recipe without its knobs, so that it may be shown, changed and read again by `load_recipe`.

    Turn the knobs first. Settings that are profiles go by their names.
    """
    return {
        "recipe": recipe.name,
        "summary": recipe.summary,
        "inputs": list(recipe.inputs),
        "steps": {step: _plain_step(recipe, step) for step in recipe.steps},
        "result": recipe.result,
        **({"canvas": dict(recipe.canvas)} if recipe.canvas else {}),
    }


def _plain_step(recipe: Recipe, step: str) -> dict[str, Any]:
    """One step; what is empty or usual is left out."""
    node = recipe.steps[step]
    sources = list(node.sources)
    plain: dict[str, Any] = {"stage": node.stage, "from": sources[0] if len(sources) == 1 else sources}
    if node.settings:
        plain["with"] = {name: _plain_value(value) for name, value in node.settings.items()}
    if node.optional:
        plain["optional"] = True
    return plain


def _plain_value(value: Any) -> Any:
    """A profile by its name, or all that it says where it is nobody's but the user's."""
    if not isinstance(value, Printer | Target | Plastic):
        return value
    is_shipped = value.name in type(value).names() and value == type(value).named(value.name)
    return value.name if is_shipped else value.as_dict()


def turned_steps(recipe: Recipe) -> dict[str, list[str]]:
    """For each knob the steps that it turns or swaps: those, and what depends on them, run again."""
    return {
        name: sorted({*(step for step, _ in knob.turns), *(step for step, *_ in knob.implies), knob.swaps} - {""})
        for name, knob in recipe.knobs.items()
    }


def yaml_of(recipe: Recipe) -> str:
    """The recipe as a file's text."""
    import yaml

    return yaml.safe_dump(plain_recipe(recipe), sort_keys=False, allow_unicode=True, width=110)
