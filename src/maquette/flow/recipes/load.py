"""Recipes: which stage after which, as data.

::

    recipe: print
    summary: One photo to a solid.
    inputs: [photo]
    knobs:
      height_mm: {turns: sized.height_mm, implies: {sized.certain: true}}
      generator: {swaps: raw, description: what makes the shape}
    steps:
      cut: {stage: matte, from: photo}
      raw: {stage: inflate, from: cut}
      sized: {stage: scale-to, from: raw, with: {height_mm: 80, certain: false}}
    result: sized

A step names a stage of the registry, never a class, a module or an expression. ``from`` is one source, a list in the
stage's order, or a map by the stage's names. A knob turns settings, whose default is what the step says or else the
stage's own; ``implies`` are settings that follow once somebody turns it. Or it swaps the stage of a step for another
one that fits there, ``but_not`` for those that fit by type and make no sense. A swapped step keeps those of its
settings that the new stage has too. An ``optional`` step runs only when one of its settings is turned; it takes one
source and gives the same kind of value. ``canvas`` says how somebody laid the graph out: places, notes and groups,
none of which changes what runs.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from maquette.core.errors import BadInput, BadSetting
from maquette.flow.recipes.form import Form, KnobForm, StepForm, read_form
from maquette.flow.recipes.graph import Knob, Node, Recipe
from maquette.flow.recipes.plain_yaml import MAX_CHARACTERS, Plain, read_yaml
from maquette.flow.recipes.sockets import fits, shared_kind
from maquette.registry import Registry, Stage, registry, type_name

Implied = tuple[tuple[str, str, Any], ...]

__all__ = ["Knob", "Node", "Recipe", "load_recipe", "recipe_names"]


def recipe_names() -> tuple[str, ...]:
    """Names of the recipes that ship with the package."""
    return tuple(_shipped_texts())


def recipe_summaries() -> dict[str, str]:
    """What each of them does, in a sentence; read off the text, so that a list of commands waits for nothing."""
    return {
        name: next((line[9:].strip() for line in text.splitlines() if line.startswith("summary: ")), "")
        for name, text in _shipped_texts().items()
    }


def load_recipe(source: str | Path, *, known: Registry | None = None) -> Recipe:
    """A recipe by its name, from a file (``.yaml``, ``.yml``, ``.json``), or from its text (more than one line).

    ``BadInput`` or ``BadSetting`` name the line and the step where something is wrong. ``known`` are the stages that it
    may use; those of this installation when left out.
    """
    plain = read_yaml(*_read_text(source))
    return _build(read_form(plain), plain, known or registry())


@functools.cache
def _shipped_texts() -> dict[str, str]:
    """Texts of our own recipes by name."""
    folder = files("maquette.flow.recipes") / "data"
    recipes = {file.name.removesuffix(".yaml"): file for file in folder.iterdir() if file.name.endswith(".yaml")}
    return {name: recipes[name].read_text(encoding="utf-8") for name in sorted(recipes)}


def _read_text(source: str | Path) -> tuple[str, str]:
    """A recipe's text, and what to call it in messages."""
    if isinstance(source, str) and "\n" in source:
        return source, "recipe"
    if isinstance(source, str) and source in _shipped_texts():
        return _shipped_texts()[source], f"recipe {source}"
    path = Path(source)
    if path.suffix not in (".yaml", ".yml", ".json"):
        close = difflib.get_close_matches(str(source), _shipped_texts(), n=1)
        hint = (
            f"did you mean {close[0]}?" if close else f"there are {', '.join(_shipped_texts())}, or name a .yaml file"
        )
        raise BadSetting(f"no recipe {str(source)!r}; {hint}")
    try:
        with path.open("rb") as file:
            return file.read(4 * MAX_CHARACTERS + 1).decode(), path.name
    except OSError as problem:
        raise BadInput(f"{path.name}: cannot be read: {problem.strerror}; name a recipe or its file") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path.name}: is no UTF-8 text; save it as such") from None


def _build(form: Form, plain: Plain, known: Registry) -> Recipe:
    """The recipe that a form describes, checked against the registry."""
    steps: dict[str, Node] = {}
    for step in _order(form, plain):
        steps[step] = _node(form.steps[step], plain, ("steps", step), known)
    inputs, examples = tuple(form.inputs), tuple(form.examples)
    bare = Recipe(form.recipe, form.summary, inputs, {}, MappingProxyType(steps), form.result, known, examples)
    _check_edges(bare, plain)
    knobs = {name: _knob(bare, name, knob, plain) for name, knob in form.knobs.items()}
    recipe = replace(bare, knobs=MappingProxyType(knobs), canvas=_canvas(form, plain))
    _check_settings(recipe, plain)
    return recipe


def _canvas(form: Form, plain: Plain) -> Mapping[str, Any]:
    """How it was laid out, as plain data; every step that it names must be there."""
    named = [*form.canvas.places, *(step for group in form.canvas.groups for step in group.steps)]
    for name in named:
        if name not in form.steps and name not in form.inputs:
            raise BadInput(f"{plain.at('canvas')}: there is no step {name!r}; drop it from the canvas")
    return MappingProxyType(form.canvas.model_dump(mode="json", exclude_defaults=True))


def _order(form: Form, plain: Plain) -> list[str]:
    """Steps so that sources come first; every name must exist and every step lead to the result."""
    sources = {step: tuple(body.sources.values()) for step, body in form.steps.items()}
    _check_names(form, plain, sources)
    graph = {step: [name for name in names if name in form.steps] for step, names in sources.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as problem:
        circle = list(reversed(problem.args[1]))
        raise BadInput(f"{plain.at('steps', circle[0])}: runs in a circle: {' -> '.join(circle)}") from None
    used = {form.result}
    for step in reversed(order):
        used |= set(sources[step]) if step in used else set()
    for name in (*order, *form.inputs):
        if name not in used:
            place = plain.at("steps", name) if name in form.steps else plain.at("inputs")
            raise BadInput(f"{place}: {name!r} does not lead to the result {form.result!r}; use it or drop it")
    return order


def _check_names(form: Form, plain: Plain, sources: Mapping[str, tuple[str, ...]]) -> None:
    """No input or step is named twice, and whatever is named as a source or as the result is there."""
    double = sorted(set(form.inputs) & set(form.steps)) + sorted({i for i in form.inputs if form.inputs.count(i) > 1})
    if double:
        raise BadInput(f"{plain.at('inputs')}: {double[0]!r} is named twice; rename one")
    for step, names in sources.items():
        for name in names:
            if name not in form.steps and name not in form.inputs:
                raise BadInput(f"{plain.at('steps', step, 'from')}: no step or input {name!r}")
    if form.result not in form.steps:
        raise BadInput(f"{plain.at('result')}: no step {form.result!r}; name the step whose value is the result")


def _node(body: StepForm, plain: Plain, path: tuple[str, str], known: Registry) -> Node:
    """A step with its stage found, its sources in the stage's order and its settings known."""
    stage = _find_stage(known, body.stage, plain.at(*path))
    names = list(stage.inputs)
    places = {str(place): name for place, name in enumerate(names)}
    sources = {places.get(name, name): source for name, source in body.sources.items()}
    if set(sources) != set(names) or len(sources) != len(body.sources):
        wanted = ", ".join(f"{name} ({type_name(kind)})" for name, kind in stage.inputs.items())
        raise BadInput(
            f"{plain.at(*path, 'from')}: {stage.name} takes {wanted}; got {', '.join(body.sources.values())}"
        )
    unknown = [name for name in body.settings if name not in stage.settings]
    if unknown:
        has = ", ".join(stage.settings) or "none"
        raise BadSetting(f"{plain.at(*path, 'with', unknown[0])}: {stage.name} has no such setting; it has {has}")
    if body.optional and len(sources) != 1:
        raise BadInput(f"{plain.at(*path, 'from')}: an optional step takes one source; got {len(sources)}")
    taken = tuple(sources[name] for name in names)
    return Node(stage.name, taken, MappingProxyType(dict(body.settings)), body.optional)


def _find_stage(known: Registry, name: str, place: str) -> Stage:
    """A stage by name, or ``BadSetting`` with its place."""
    try:
        return known.find(name).stage
    except BadSetting as problem:
        raise BadSetting(f"{place}: {problem}") from None


def _check_edges(recipe: Recipe, plain: Plain) -> None:
    """Every source gives what its taker wants."""
    for name in recipe.inputs:
        wanted = recipe.takers(name)
        if shared_kind(wanted.values()) is None:
            uses = ", ".join(f"{type_name(kind)} in {step}" for (step, _), kind in wanted.items())
            raise BadInput(f"{plain.at('inputs')}: {name!r} cannot be all of: {uses}")
    for source, node in recipe.steps.items():
        output = recipe.stage_of(source).output
        if node.optional and output != recipe.kind_of(node.sources[0]):
            place = plain.at("steps", source)
            raise BadInput(f"{place}: optional, so it must give what it takes; {node.stage} gives {type_name(output)}")
        for (step, name), kind in recipe.takers(source).items():
            if not fits(output, kind):
                raise BadInput(
                    f"{plain.at('steps', step, 'from')}: {source!r} gives {type_name(output)}; "
                    f"{recipe.steps[step].stage} needs {type_name(kind)} as its {name}"
                )


def _knob(recipe: Recipe, name: str, form: KnobForm, plain: Plain) -> Knob:
    """A knob with its type, default and description taken from what it turns."""
    place = plain.at("knobs", name)
    if bool(form.turns) == bool(form.swaps):
        raise BadInput(f"{place}: needs either `turns` or `swaps`")
    implies = tuple((*_split_target(target), value) for target, value in form.implies.items())
    for step, setting, _ in implies:
        _check_target(recipe, step, setting, place)
    if form.swaps:
        return _swapping_knob(recipe, name, form, implies, place)
    return _turning_knob(recipe, name, form, implies, place)


def _check_target(recipe: Recipe, step: str, setting: str, place: str) -> None:
    """There is such a step, and its stage has this setting, where one is named."""
    if step not in recipe.steps:
        raise BadInput(f"{place}: no step {step!r}; there are {', '.join(recipe.steps)}")
    if setting and setting not in recipe.stage_of(step).settings:
        has = ", ".join(recipe.stage_of(step).settings) or "none"
        raise BadSetting(f"{place}: {recipe.steps[step].stage} has no setting {setting!r}; it has {has}")


def _swapping_knob(recipe: Recipe, name: str, form: KnobForm, implies: Implied, place: str) -> Knob:
    """A knob that puts another stage into a step: its type is a choice of those that fit there."""
    step = form.swaps or ""
    _check_target(recipe, step, "", place)
    but_not = tuple(_find_stage(recipe.known, other, place).name for other in form.but_not)
    stage = recipe.steps[step].stage
    if stage in but_not:
        raise BadInput(f"{place}: {step} is {stage} and but_not says it must not be")
    kind = Literal[recipe.stages_fitting(step, but_not=but_not)]  # type: ignore[valid-type]
    return Knob(name, form.description or f"the stage of {step}", stage, kind, (), step, but_not, implies)


def _turning_knob(recipe: Recipe, name: str, form: KnobForm, implies: Implied, place: str) -> Knob:
    """A knob that turns settings: type and default are those of the first one, as its step has it."""
    targets = tuple(_split_target(target) for target in form.turns)
    for step, setting in targets:
        _check_target(recipe, step, setting, place)
    step, setting = targets[0]
    turned, node = recipe.stage_of(step).settings[setting], recipe.steps[step]
    default = None if node.optional or turned.required else turned.default
    if not node.optional:
        default = node.settings.get(setting, default)
    return Knob(name, form.description or turned.description, default, turned.kind, targets, implies=implies)


def _split_target(target: str) -> tuple[str, str]:
    """``step.setting`` as a pair."""
    step, _, setting = target.partition(".")
    return step, setting


def _check_settings(recipe: Recipe, plain: Plain) -> None:
    """Settings are in range, none has two knobs, and what must be given is given or has a knob."""
    turned = [target for knob in recipe.knobs.values() for target in knob.turns]
    for step, setting in turned:
        if turned.count((step, setting)) > 1:
            raise BadInput(f"{plain.at('knobs')}: {step}.{setting} is turned twice; one knob is enough")
    for step, node in recipe.steps.items():
        stage, place = recipe.stage_of(step), plain.at("steps", step, "with")
        required = {name for name, setting in stage.settings.items() if setting.required} - set(node.settings)
        missing = sorted(name for name in required if (step, name) not in turned)
        if missing:
            raise BadSetting(f"{place}: {stage.name} needs {missing[0]}: {stage.settings[missing[0]].description}")
        if not required:
            _check_values(stage, node.settings, place)
            for knob in recipe.knobs.values():
                implied = {setting: value for other, setting, value in knob.implies if other == step}
                _check_values(stage, {**node.settings, **implied}, plain.at("knobs", knob.name, "implies"))


def _check_values(stage: Stage, settings: Mapping[str, Any], place: str) -> None:
    """Settings that the stage accepts, or ``BadSetting`` with their place."""
    try:
        stage.validate(settings)
    except BadSetting as problem:
        raise BadSetting(f"{place}: {problem}") from None
