"""What could not run is refused when it is ordered, in the words of the stages, and not minutes later."""

from __future__ import annotations

from pathlib import Path

from maquette.core.errors import BadInput, BadSetting
from maquette.flow.jobs import Job, job_from
from maquette.flow.queue.order import Order
from maquette.flow.recipes.graph import Recipe
from maquette.flow.recipes.load import load_recipe
from maquette.flow.routes import chosen_way
from maquette.registry import ByContent
from maquette.store import Blobs


def check_order(order: Order, blobs: Blobs) -> None:
    """``BadSetting`` or ``BadInput`` for unknown options, values out of range, and files that are not here."""
    if order.kind == "make":
        if "front" not in order.inputs:
            raise BadInput("job: no front; name one photo front")
        job = job_from(order.destination, b"", Path(order.output), dict(order.options))
        _refuse_paths(_recipe_of(job, several=len(order.inputs) > 1))
    elif order.recipe:
        recipe = load_recipe(order.recipe).with_knobs(order.options)
        kinds = recipe.input_kinds()
        if set(kinds) != set(order.inputs):
            raise BadInput(f"job: inputs {', '.join(order.inputs) or 'none'}; it needs {', '.join(kinds)}")
        _refuse_paths(recipe)
    elif len(order.inputs) != 1 or order.options:
        raise BadSetting("job: without a recipe it takes one input and no options")
    for name, source in order.inputs.items():
        if not blobs.has(source.digest):
            raise BadInput(f"job: {name}: {source.digest} is not here; upload it first")


def _recipe_of(job: Job, *, several: bool) -> Recipe:
    """The recipe that the options lead to, with its knobs turned; which way the photo goes is not known yet."""
    way = chosen_way(job, (), several=several)
    return way.recipe.for_printer(job.printer).with_knobs(job.knobs)


def _refuse_paths(recipe: Recipe) -> None:
    """A setting that names a file would read whatever file of this machine a stranger names."""
    for step, node in recipe.steps.items():
        for name, value in node.settings.items():
            setting = recipe.stage_of(step).settings[name]
            if value and any(extra is ByContent for extra in getattr(setting.annotation, "__metadata__", ())):
                raise BadSetting(f"job: {step}.{name} names a file on this machine; jobs take uploaded files only")
