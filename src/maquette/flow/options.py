"""What a user may turn, read once from the registry and the recipes: for commands, completion, forms and nodes alike.

An option is plain data. A face adds its own dress (a flag, a form field, a knob on a node) and nothing of its meaning.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from maquette.core.profiles import Plastic, Printer, Target
from maquette.registry import ByContent, Facts, Registry, Setting, Stage

if TYPE_CHECKING:  # reading recipes needs YAML, which the help of a stage should not wait for
    from maquette.flow.recipes.graph import Knob, Recipe

_SIGNS = {"gt": "<", "ge": "<=", "lt": "<", "le": "<="}
_KINDS = {bool: "yes or no", int: "whole number", float: "number"}


@dataclass(frozen=True)
class Option:
    """One thing that may be turned.

    ``name`` is what a stage, a job or a recipe takes (``height_mm``; ``raw.detail`` for a setting of the step ``raw``).
    ``kind`` is "yes or no", "whole number", "number", "file", "choice" or "text"; ``default`` is None where nothing is
    set. ``bounds`` are the limits of a number by their sign (gt, ge, lt, le). ``only`` says where it counts, where that
    is not everywhere.
    """

    name: str
    kind: str
    description: str
    default: Any = None
    choices: tuple[str, ...] = ()
    bounds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    required: bool = False
    only: str = ""

    @property
    def flag(self) -> str:
        """How it is typed: ``--height-mm``."""
        return f"--{self.name.rpartition('.')[2].replace('_', '-')}"

    @property
    def range(self) -> str:
        """The bounds as a person reads them: ``0 < x <= 1``; nothing where there are none."""
        ends = {sign: _value_text(limit) for sign, limit in self.bounds.items()}
        low = next((f"{ends[sign]} {_SIGNS[sign]} " for sign in ("gt", "ge") if sign in ends), "")
        high = next((f" {_SIGNS[sign]} {ends[sign]}" for sign in ("lt", "le") if sign in ends), "")
        return f"{low}x{high}" if low or high else ""

    @property
    def shown_default(self) -> str:
        """The default as it would be typed; nothing where there is none."""
        if self.kind == "yes or no":
            return "" if self.default is None else "yes" if self.default else "no"
        plain = getattr(self.default, "name", self.default)
        return "" if plain in (None, "", b"") else _value_text(plain)

    @property
    def help(self) -> str:
        """Meaning, where it counts, range and default in one line."""
        words = f"{self.only}: {self.description}" if self.only else self.description
        tails = [self.range, f"default: {self.shown_default}" if self.shown_default else ""]
        tails.append("required" if self.required else "")
        return words + "".join(f" [{tail}]" for tail in tails if tail)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for a form or a node."""
        plain = dataclasses.asdict(self)
        return {**plain, "default": getattr(self.default, "name", self.default), "choices": list(self.choices)}


def _value_text(value: Any) -> str:
    """A value as one types it: 100, not 100.0."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def choices_of(kind: Any) -> tuple[str, ...]:
    """The words a value of this type may be; nothing where it is free."""
    if isinstance(kind, type) and issubclass(kind, Printer | Target | Plastic):
        return tuple(kind.names())
    if typing.get_origin(kind) is typing.Literal:
        return tuple(str(choice) for choice in typing.get_args(kind))
    return tuple(choice for option in typing.get_args(kind) for choice in choices_of(option))


def setting_option(setting: Setting) -> Option:
    """A setting of a stage, or a field of a job, as an option."""
    choices = choices_of(setting.kind)
    kind = "choice" if choices else _kind_of(setting)
    default = None if setting.required else setting.default
    return Option(
        setting.name, kind, setting.description, default, choices, _bounds_of(setting.annotation), setting.required
    )


def stage_options(stage: Stage) -> tuple[Option, ...]:
    """The settings of a stage."""
    return tuple(setting_option(setting) for setting in stage.settings.values())


def recipe_options(recipe: Recipe) -> tuple[Option, ...]:
    """The knobs of a recipe, then the settings of the stages that may stand where a knob swaps one."""
    knobs = {knob.name: _knob_option(recipe, knob) for knob in recipe.knobs.values()}
    swapped: dict[str, Option] = {}
    for knob in recipe.knobs.values():
        if knob.swaps:
            swapped |= _settings_of_swapped(recipe.known, knob)
    return (*knobs.values(), *(option for flag, option in swapped.items() if flag not in knobs))


def field_options(job: type) -> tuple[Option, ...]:
    """The fields of a job that a user may set: those with a description in their annotation."""
    return tuple(setting_option(setting) for setting in described_fields(job).values())


def described_fields(job: type) -> dict[str, Setting]:
    """Annotated fields of a dataclass as settings, so that jobs and stages are read and checked alike."""
    hints = typing.get_type_hints(job, include_extras=True)
    settings = (
        Setting(field.name, hints[field.name], ... if field.default is dataclasses.MISSING else field.default)
        for field in dataclasses.fields(job)
    )
    return {setting.name: setting for setting in settings if setting.description}


def checked_fields(where: str, job: type, options: Mapping[str, Any]) -> dict[str, Any]:
    """Given fields of a job, each as its type; ``BadSetting`` in a stage's words for what is wrong or unknown."""
    settings = described_fields(job)
    record = Stage(where, job, 1, Facts(), {}, job, MappingProxyType(settings))
    model = record.validate(options)
    return {name: getattr(model, name) for name in options}


def merge_routes(routes: Mapping[str, Iterable[Option]]) -> tuple[Option, ...]:
    """Options of several routes as one list; what not all of them have says for which it is."""
    by_route = {
        route: {option.name.rpartition(".")[2]: option for option in of_route} for route, of_route in routes.items()
    }
    names = dict.fromkeys(name for options in by_route.values() for name in options)
    return tuple(_of_routes(name, by_route) for name in names)


def _of_routes(name: str, by_route: Mapping[str, Mapping[str, Option]]) -> Option:
    """One option of several routes: told once where all say the same, else route by route."""
    having = {route: options[name] for route, options in by_route.items() if name in options}
    first = next(iter(having.values()))
    wordings = {(option.description, option.shown_default, option.range) for option in having.values()}
    if len(having) < len(by_route):
        places = f"{' and '.join(having)} only"
        return replace(first, only=f"{places}, {first.only}" if first.only else places)
    if len(wordings) == 1:
        return first
    lines = "; ".join(f"{route}: {_with_default(option)}" for route, option in having.items())
    return replace(first, description=lines, default=None)


def _with_default(option: Option) -> str:
    """A description with its default in brackets."""
    return f"{option.description} ({option.shown_default})" if option.shown_default else option.description


def _knob_option(recipe: Recipe, knob: Knob) -> Option:
    """A knob: the type and the bounds of what it turns, the default and the words of the recipe."""
    if knob.swaps:
        return Option(knob.name, "choice", knob.description, knob.default, choices_of(knob.kind))
    step, setting = knob.turns[0]
    turned = setting_option(recipe.stage_of(step).settings[setting])
    return replace(turned, name=knob.name, description=knob.description, default=knob.default, required=False)


def _settings_of_swapped(known: Registry, knob: Knob) -> dict[str, Option]:
    """Settings of all stages that a knob offers, by flag: in the words of the default stage, where that has it."""
    stages = sorted(choices_of(knob.kind), key=lambda name: name != knob.default)
    having: dict[str, list[str]] = {}
    first: dict[str, Option] = {}
    choices: dict[str, dict[str, None]] = {}
    for name in stages:
        for option in stage_options(known[name].stage):
            having.setdefault(option.name, []).append(name)
            first.setdefault(option.name, option)
            choices.setdefault(option.name, {}).update(dict.fromkeys(option.choices))
    return {
        name: replace(
            option,
            name=f"{knob.swaps}.{name}",
            only="" if having[name] == stages else _stage_words(having[name]),
            choices=tuple(choices[name]),
            default=option.default if set(choices[name]) == set(option.choices) else None,  # each has its own
        )
        for name, option in first.items()
    }


def _stage_words(stages: list[str]) -> str:
    """Stages that have a setting: ``sculpt``, ``sculpt and triposr``."""
    return " and ".join([", ".join(stages[:-1]), stages[-1]] if stages[1:] else stages)


def _kind_of(setting: Setting) -> str:
    """What is typed for it, in words."""
    if any(extra is ByContent for extra in getattr(setting.annotation, "__metadata__", ())):
        return "file"
    members = [kind for kind in typing.get_args(setting.kind) or (setting.kind,) if kind is not type(None)]
    return _KINDS.get(members[0], "text") if len(members) == 1 else "text"


def _bounds_of(annotation: Any) -> dict[str, float]:
    """Limits of a number in its annotation, by their sign."""
    return dict(_limits(annotation))


def _limits(annotation: Any) -> Iterator[tuple[str, float]]:
    for extra in getattr(annotation, "__metadata__", ()):
        for limit in getattr(extra, "metadata", ()):
            for sign in _SIGNS:
                if getattr(limit, sign, None) is not None:
                    yield sign, getattr(limit, sign)
