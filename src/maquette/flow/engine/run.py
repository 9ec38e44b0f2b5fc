"""Run a recipe: steps in order, each looked up by what made it before it is made again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from maquette.core.errors import BadInput, Unavailable
from maquette.core.progress import note, noting, part, progress
from maquette.core.values import digest_of
from maquette.flow.recipes.graph import Recipe
from maquette.flow.recipes.sockets import kinds_in
from maquette.registry import type_name
from maquette.store import Store, key_of


class Values(Mapping[str, Any]):
    """A run's values by step, in order; each is loaded, or made again where it was evicted, when first asked for."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __getitem__(self, step: str) -> Any:
        if step not in self._work.keys:
            raise KeyError(step)
        return self._work.value_of(step)

    def __iter__(self) -> Iterator[str]:
        return iter(self._work.keys)

    def __len__(self) -> int:
        return len(self._work.keys)


class Run:
    """What came of a recipe.

    ``recipe`` has the knobs turned; ``keys`` are the names of the steps' results in the store; ``seconds`` are of the
    steps that ran, in their order; the others were taken from the store or not needed for the result.
    """

    def __init__(self, work: Work) -> None:
        self.recipe = work.recipe
        self.keys: Mapping[str, str] = MappingProxyType(work.keys)
        self.seconds: Mapping[str, float] = MappingProxyType(work.seconds)
        self.values: Mapping[str, Any] = Values(work)

    def __repr__(self) -> str:
        ran, kept = ", ".join(self.seconds) or "nothing", ", ".join(self.kept_steps) or "nothing"
        return f"Run({self.recipe.name}, ran {ran}, kept {kept})"

    @property
    def result(self) -> Any:
        """The value of the recipe's result."""
        return self.values[self.recipe.result]

    @property
    def kept_steps(self) -> tuple[str, ...]:
        """Steps that did not run, because their results, or later ones, were kept from before."""
        return tuple(step for step in self.keys if step not in self.seconds)


def run(
    recipe: Recipe, inputs: Mapping[str, Any], knobs: Mapping[str, Any] | None = None, *, store: Store | None = None
) -> Run:
    """Run a recipe over its inputs, values by name, with some knobs turned.

    With a ``store``, a step whose stage, version, settings and inputs are those of an earlier run is not run again:
    turn one knob, and only what depends on it is. Settings are checked before anything runs. What goes wrong in a
    stage comes through as the stage raised it; results of the steps before it are kept.
    """
    turned = recipe.with_knobs(knobs or {})
    check_inputs(turned, inputs)
    work = Work(turned, inputs, store)
    with noting() as fresh:
        result = work.value_of(turned.result)
    said = [f"{step.stage}: {text}" for step in getattr(result, "history", ()) for text in step.notes]
    for text in dict.fromkeys([*fresh, *said]):  # steps that were kept from before say what they said then
        note(text)
    return Run(work)


def check_inputs(recipe: Recipe, inputs: Mapping[str, Any]) -> None:
    """All inputs are there, no others, and of the type that the steps take."""
    names = ", ".join(recipe.inputs)
    for name, kind in recipe.input_kinds().items():
        if name not in inputs:
            raise BadInput(f"recipe {recipe.name}: no {name}; it needs {type_name(kind)}")
        if not isinstance(inputs[name], kinds_in(kind)):
            got = type(inputs[name]).__name__
            raise BadInput(f"recipe {recipe.name}: {name} is a {got}; it needs {type_name(kind)}")
    for name in inputs:
        if name not in recipe.inputs:
            raise BadInput(f"recipe {recipe.name}: no input {name!r}; it has {names}")


class Work:
    """A recipe under way, its knobs turned: keys of all steps, values of those that were needed so far."""

    def __init__(self, recipe: Recipe, inputs: Mapping[str, Any], store: Store | None) -> None:
        self.recipe, self.inputs, self.store = recipe, inputs, store
        self.values: dict[str, Any] = {}
        self.seconds: dict[str, float] = {}
        self.keys: dict[str, str] = {}
        names = {name: digest_of(value) for name, value in inputs.items()}
        for step, node in recipe.steps.items():
            call = recipe.calls[step]
            sources = [names[source] for source in node.sources]
            names[step] = key_of(call.stage.name, call.stage.version, call.text, sources)
            self.keys[step] = names[step]

    def value_of(self, step: str) -> Any:
        """A step's value; whatever it needs and nobody kept is made first, each with its share of the progress."""
        missing = self._missing(step)
        for index, name in enumerate(missing):
            with part(index / len(missing), (index + 1) / len(missing)):
                progress(0.0, name)
                self._make(name)
        return self.values[step]

    def _missing(self, wanted: str) -> list[str]:
        """Steps that must run for the wanted one, sources first; those that are kept are taken on the way."""
        needed, missing = {wanted}, []
        for step in reversed(self.keys):
            if step not in needed or step in self.values:
                continue
            kept = self.store.get(self.keys[step]) if self.store else None
            if kept is not None:
                self.values[step] = kept
            else:
                missing.append(step)
                needed |= set(self.recipe.steps[step].sources)
        return missing[::-1]

    def _make(self, step: str) -> None:
        """Run one step and keep what it gives."""
        node = self.recipe.steps[step]
        taken = [self.values[source] if source in self.keys else self.inputs[source] for source in node.sources]
        started = time.perf_counter()
        value = self.recipe.calls[step].run(*taken)
        self.seconds[step] = time.perf_counter() - started
        self.values[step] = value
        try:
            if self.store:
                self.store.put(self.keys[step], value)
        except Unavailable as problem:  # a full disk costs the next run its time, not this one its result
            self.store = None
            note(str(problem))
