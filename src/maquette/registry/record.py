"""Stage: a function's record, read once from its signature; every face is made from it. Call: one with settings."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, cast

from maquette.core.errors import BadInput, BadSetting
from maquette.core.history import Step, merge_histories
from maquette.core.progress import note, noting
from maquette.core.report import Finding
from maquette.core.values import digest_of
from maquette.registry.facts import Facts
from maquette.registry.roles import ROLES
from maquette.registry.settings import Setting


@dataclass(frozen=True)
class Stage:
    """A typed function from one frozen value to the next, read from its signature."""

    name: str
    function: Callable[..., Any] = field(repr=False)
    version: int
    facts: Facts
    inputs: Mapping[str, Any]
    output: Any
    settings: Mapping[str, Setting]

    @property
    def is_ours(self) -> bool:
        """True for a stage of the house, False for a plugin's."""
        return self.function.__module__.startswith("maquette.")

    @property
    def room(self) -> str:
        """The shelf it stands on, or the plugin's package."""
        parts = self.function.__module__.split(".")
        return parts[1] if self.is_ours else parts[0]

    @property
    def summary(self) -> str:
        """The docstring's first line."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def documentation(self) -> str:
        """The whole docstring."""
        return inspect.getdoc(self.function) or ""

    @property
    def is_check(self) -> bool:
        """True for an opinion: something that gives findings."""
        return bool(self.output == Iterable[Finding])

    @property
    def roles(self) -> tuple[str, ...]:
        """Names of the settings that play a role: a caller of several stages fills them in (see ``roles``)."""
        return tuple(name for name in self.settings if name in ROLES)

    def for_roles(self, offered: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the offered values, by role, that this stage has a setting for."""
        return {role: value for role, value in offered.items() if role in self.roles}

    @cached_property
    def model(self) -> Any:
        """The pydantic model of the settings; unknown keys, infinities and NaN are refused."""
        from pydantic import ConfigDict, create_model

        fields = {s.name: (s.annotation, s.default) for s in self.settings.values()}
        config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)
        return create_model(self.name, __config__=config, **cast(Any, fields))

    def call(self, settings: Mapping[str, Any]) -> Call:
        """These settings on top of the defaults, checked once; ``BadSetting`` says what each wrong one may be."""
        checked = self.validate(settings)
        plain = checked.model_dump(mode="json")
        values = {name: getattr(checked, name) for name in self.settings}
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
        return Call(self, MappingProxyType(values), text)

    def validate(self, settings: Mapping[str, Any]) -> Any:
        """The settings as a pydantic model, or ``BadSetting``; who wants to run the stage takes :meth:`call`."""
        from pydantic import ValidationError

        try:
            return self.model(**settings)
        except ValidationError as problem:
            lines = [_complaint(self, error) for error in problem.errors()]
            raise BadSetting(f"{self.name}: {'; '.join(lines)}") from None

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the settings."""
        return cast(dict[str, Any], self.model.model_json_schema())

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``maquette stages --json`` and the server."""
        return {
            "name": self.name,
            "room": self.room,
            "version": self.version,
            "summary": self.summary,
            "inputs": {name: type_name(kind) for name, kind in self.inputs.items()},
            "output": type_name(self.output),
            "settings": self.schema(),
            "facts": self.facts.as_dict(),
            "roles": list(self.roles),
        }


@dataclass(frozen=True)
class Call:
    """A stage with all its settings, checked: one value for the key in the store, for the run and for the history.

    ``settings`` are the values that the function gets, defaults included; ``text`` is the same as canonical JSON, with
    files by their content, which is what keys and histories hold.
    """

    stage: Stage
    settings: Mapping[str, Any] = field(compare=False)
    text: str

    def run(self, *inputs: Any) -> Any:
        """The stage's result, with this step and what was noted on the way on top of its inputs' histories."""
        stage = self.stage
        for (name, kind), value in zip(stage.inputs.items(), inputs, strict=True):
            if not isinstance(value, typing.get_args(kind) or kind):
                way_out = "; read a file with mq.load(path)" if isinstance(value, str | PurePath) else ""
                raise BadInput(f"{stage.name}: {name} is a {type(value).__name__}; it needs {type_name(kind)}{way_out}")
        with noting() as notes:
            result = stage.function(*inputs, **self.settings)
            if stage.is_check:
                result = tuple(result)
        for text in notes:
            note(f"{stage.name}: {text}")
        return self._with_history(result, inputs, notes)

    def _with_history(self, result: Any, inputs: tuple[Any, ...], notes: list[str]) -> Any:
        """The result with this step on top, where its noun keeps a history."""
        if not hasattr(result, "history"):
            return result
        originals = tuple(digest_of(value) for value in inputs if not getattr(value, "history", ()))
        step = Step(self.stage.name, self.stage.version, self.text, notes=tuple(notes), originals=originals)
        return result.replace(history=merge_histories([getattr(value, "history", ()) for value in inputs], step))


def _complaint(record: Stage, error: Mapping[str, Any]) -> str:
    """One pydantic error in our words."""
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = ", ".join(record.settings) or "none"
        return f"no setting {where!r}; it has {known}"
    if error["type"] == "missing":
        name, *inner = (str(part) for part in error["loc"])
        return f"{name} {'is not whole' if inner else 'must be given'}: {record.settings[name].description}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{where} = {error['input']!r}: {message[0].lower()}{message[1:]}"


def type_name(kind: Any) -> str:
    """How a type is called on sockets and in messages: ``Asset``, ``Subject or Views``, ``Finding[]``."""
    if kind == Iterable[Finding]:
        return "Finding[]"
    return " or ".join(type_name(k) for k in typing.get_args(kind)) or getattr(kind, "__name__", str(kind))
