"""The graph of a recipe: steps, the knobs that turn them, and what fits where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from maquette.core.errors import BadSetting
from maquette.core.profiles import Printer
from maquette.flow.recipes.sockets import fits, shared_kind
from maquette.registry import Call, Registry, Stage


@dataclass(frozen=True)
class Node:
    """One step: a stage, the steps or recipe inputs that flow in (in the stage's order), and its own settings.

    An ``optional`` one runs only when somebody turns one of its settings; else what flows in flows on.
    """

    stage: str
    sources: tuple[str, ...]
    settings: Mapping[str, Any]
    optional: bool = False


@dataclass(frozen=True)
class Knob:
    """What a user may turn: settings (``turns``, each as step and name) or the stage of one step (``swaps``).

    ``but_not`` are stages that fit by type and make no sense there.
    ``kind`` is the setting's type, or a ``Literal`` of the stages that fit; ``default`` is None where it must be given,
    or its step is optional.
    """

    name: str
    description: str
    default: Any
    kind: Any
    turns: tuple[tuple[str, str], ...] = ()
    swaps: str = ""
    but_not: tuple[str, ...] = ()
    implies: tuple[tuple[str, str, Any], ...] = ()


@dataclass(frozen=True)
class Recipe:
    """Steps in an order in which they can run, checked against a registry: names, types, settings, no circles."""

    name: str
    summary: str
    inputs: tuple[str, ...]
    knobs: Mapping[str, Knob]
    steps: Mapping[str, Node]
    result: str
    known: Registry = field(repr=False, compare=False)
    examples: tuple[str, ...] = ()  # commands that show what it is for
    canvas: Mapping[str, Any] = field(default_factory=dict, compare=False)  # places, notes and groups of its picture

    def stage_of(self, step: str) -> Stage:
        """The stage that a step runs."""
        return self.known[self.steps[step].stage].stage

    @cached_property
    def calls(self) -> Mapping[str, Call]:
        """Each step's stage with its settings, checked once; ``BadSetting`` where one must be given or is wrong."""
        calls = {step: self.stage_of(step).call(node.settings) for step, node in self.steps.items()}
        return MappingProxyType(calls)

    def input_kinds(self) -> dict[str, Any]:
        """The type of each input: what every step that it flows into takes."""
        return {name: shared_kind(self.takers(name).values()) for name in self.inputs}

    def takers(self, source: str) -> dict[tuple[str, str], Any]:
        """What the takers of a step or an input want: types by taking step and its stage's input."""
        return {
            (step, name): kind
            for step, node in self.steps.items()
            for (name, kind), taken in zip(self.stage_of(step).inputs.items(), node.sources, strict=True)
            if taken == source
        }

    def stages_fitting(self, step: str, *, but_not: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Names of the stages that could stand in a step's place: same sources in, something its takers take out."""
        sources = [self.kind_of(source) for source in self.steps[step].sources]
        takers = list(self.takers(step).values())
        if step == self.result:
            takers.append(self.stage_of(step).output)
        fit = (name for name, function in self.known.items() if _stands(function.stage, sources, takers))
        return tuple(name for name in fit if name not in but_not)

    def with_knobs(self, knobs: Mapping[str, Any]) -> Recipe:
        """The recipe with knobs turned: its own by name, or ``step.setting`` for any setting there is.

        ``BadSetting`` when a knob is unknown, a value out of range or a setting that must be given is not.
        """
        recipe = self._with_steps_asked_for(knobs)
        for knob in self.knobs.values():
            if knob.swaps and knob.name in knobs:
                recipe = recipe._swap(knob, knobs[knob.name])
        steps = dict(recipe.steps)
        for step, setting, value in recipe._settings(knobs):
            stage = recipe.stage_of(step)
            if setting not in stage.settings:
                known = ", ".join(stage.settings) or "none"
                raise BadSetting(
                    f"recipe {self.name}: {step}.{setting}: {stage.name} has no such setting; it has {known}"
                )
            steps[step] = replace(steps[step], settings=MappingProxyType({**steps[step].settings, setting: value}))
        ready = replace(recipe, steps=MappingProxyType(steps))
        _ = ready.calls  # refuses what is out of range
        return ready

    def for_printer(self, printer: Printer) -> Recipe:
        """The recipe with this printer in every step that asks for one and does not name another."""
        steps = dict(self.steps)
        for step, node in steps.items():
            if "printer" in self.stage_of(step).roles and "printer" not in node.settings:
                settings = MappingProxyType({**node.settings, "printer": printer})
                steps[step] = replace(node, settings=settings)
        return replace(self, steps=MappingProxyType(steps))

    def _with_steps_asked_for(self, knobs: Mapping[str, Any]) -> Recipe:
        """The recipe without the optional steps none of whose settings is turned, by a knob or by name."""
        asked = {name.partition(".")[0] for name in knobs if name not in self.knobs}
        mine = [knob for name, knob in self.knobs.items() if name in knobs]
        asked |= {target[0] for knob in mine for target in (*knob.turns, *knob.implies)}
        idle = {step: node.sources[0] for step, node in self.steps.items() if node.optional and step not in asked}

        def flows_from(source: str) -> str:
            while source in idle:
                source = idle[source]
            return source

        steps = {
            step: replace(node, sources=tuple(flows_from(source) for source in node.sources))
            for step, node in self.steps.items()
            if step not in idle
        }
        return replace(self, steps=MappingProxyType(steps), result=flows_from(self.result))

    def _settings(self, knobs: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
        """What turned knobs set, step by step: first what they imply, then what they turn, then single settings."""
        mine = [(knob, knobs[name]) for name, knob in self.knobs.items() if name in knobs]
        implied = [target for knob, _ in mine for target in knob.implies]
        turned = [(*target, value) for knob, value in mine for target in knob.turns]
        single: list[tuple[str, str, Any]] = []
        for name in sorted(knobs.keys() - self.knobs.keys()):
            step, _, setting = name.partition(".")
            if step not in self.steps or not setting:
                known = ", ".join(self.knobs) or "none"
                raise BadSetting(f"recipe {self.name}: no knob {name!r}; it has {known}, and any `step.setting`")
            single.append((step, setting, knobs[name]))
        return implied + turned + single

    def _swap(self, knob: Knob, value: Any) -> Recipe:
        """The recipe with another stage in the step under a knob, which keeps the settings that both stages have."""
        fitting = self.stages_fitting(knob.swaps, but_not=knob.but_not)
        stage = self.known.find(str(value)).stage
        if stage.name not in fitting:
            choice = ", ".join(fitting)
            raise BadSetting(f"recipe {self.name}: {knob.name} = {value!r} does not fit; it can be {choice}")
        node = self.steps[knob.swaps]
        kept = {name: value for name, value in node.settings.items() if name in stage.settings}
        swapped = replace(node, stage=stage.name, settings=MappingProxyType(kept))
        return replace(self, steps=MappingProxyType({**self.steps, knob.swaps: swapped}))

    def kind_of(self, source: str) -> Any:
        """The type that a step or a recipe input gives."""
        return self.stage_of(source).output if source in self.steps else self.input_kinds()[source]


def _stands(stage: Stage, kinds: list[Any], takers: list[Any]) -> bool:
    """True when a stage takes what is given and gives what its takers take."""
    wanted = list(stage.inputs.values())
    return (
        len(wanted) == len(kinds)
        and all(fits(one, other) for one, other in zip(kinds, wanted, strict=True))
        and all(fits(stage.output, taker) for taker in takers)
    )
