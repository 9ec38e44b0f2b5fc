"""``@stage``: a function becomes a stage where it is declared, and a wrong declaration is refused there."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

from maquette.core.errors import BadInput, BadSetting
from maquette.core.files import Files
from maquette.registry.facts import DESTINATIONS, NAME, facts_from
from maquette.registry.record import Stage, type_name
from maquette.registry.roles import ROLES
from maquette.registry.settings import Setting

P = ParamSpec("P")
R = TypeVar("R")


class StageFunction(Generic[P, R]):
    """A function with its :class:`Stage` record; calling it validates, runs and records."""

    def __init__(self, function: Callable[P, R], record: Stage) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.stage = record

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Check inputs and settings, run, and put the step into the result's history."""
        inputs, settings = _bind(self.stage, args, kwargs)
        return cast(R, self.stage.call(settings).run(*inputs))

    def __repr__(self) -> str:
        return f"<stage {self.stage.name}>"


@overload
def stage(function: Callable[P, R], /) -> StageFunction[P, R]: ...
@overload
def stage(*, name: str = "", version: int = 1, **facts: Any) -> Callable[[Callable[P, R]], StageFunction[P, R]]: ...


def stage(function: Callable[P, R] | None = None, /, *, name: str = "", version: int = 1, **facts: Any) -> Any:
    """Make a function a stage. What stands before the ``*`` flows in, what stands after it is a setting.

    ``version`` is raised when the same input and settings give another result, so that old cache entries die.
    ``facts`` are the fields of :class:`Facts`; one that does not exist, or of the wrong type, or that does not go with
    the signature, is a ``TypeError`` here and not a surprise later.
    """

    def decorate(plain: Callable[P, R]) -> StageFunction[P, R]:
        return StageFunction(plain, _read(plain, name, version, facts))

    return decorate(function) if function is not None else decorate


def _read(function: Callable[..., Any], name: str, version: int, facts: Mapping[str, Any]) -> Stage:
    """The record of a function, from its signature and annotations."""
    hints = typing.get_type_hints(function, include_extras=True)
    inputs: dict[str, Any] = {}
    settings: dict[str, Setting] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            raise TypeError(f"{function.__name__}: a stage takes no *args and no **kwargs")
        if parameter.name not in hints:
            raise TypeError(f"{function.__name__}: {parameter.name} has no type")
        if parameter.kind is parameter.KEYWORD_ONLY:
            default = ... if parameter.default is parameter.empty else parameter.default
            settings[parameter.name] = Setting(parameter.name, hints[parameter.name], default)
        else:
            inputs[parameter.name] = hints[parameter.name]
    if "return" not in hints:
        raise TypeError(f"{function.__name__}: the signature does not say what it gives")
    try:
        record = Stage(
            name=name or function.__name__.replace("_", "-"),
            function=function,
            version=version,
            facts=facts_from(facts),
            inputs=MappingProxyType(inputs),
            output=hints["return"],
            settings=MappingProxyType(settings),
        )
        _insist_on_sense(record)
    except TypeError as problem:
        raise TypeError(f"{function.__name__}: {problem}") from None
    return record


def _insist_on_sense(record: Stage) -> None:
    """``TypeError`` where a name is none, or facts and settings do not go with the signature."""
    if not NAME.fullmatch(record.name):
        raise TypeError(f"{record.name!r} is no stage's name: small letters, digits and hyphens, letters first")
    if isinstance(record.version, bool) or not isinstance(record.version, int) or record.version < 1:
        raise TypeError(f"version = {record.version!r}: counts from 1")
    for kind in record.inputs.values():
        if not all(isinstance(option, type) and option is not Any for option in typing.get_args(kind) or (kind,)):
            raise TypeError(f"an input is {kind}: make it a noun or bytes; whatever may be chosen is a setting")
    for setting in record.settings.values():
        role = ROLES.get(setting.name)
        if role and not role.takes(setting.kind):
            wanted = role.kind.__name__
            raise TypeError(f"a setting called {setting.name} is {role.means}: make it a {wanted}, or rename it")
    facts, first = record.facts, next(iter(record.inputs.values()), None)
    wrong = {
        "gates": facts.gates and not record.is_check and "for checks, which give Iterable[Finding]",
        "any_size": facts.any_size and not record.is_check and "for checks",
        "destinations": facts.destinations != DESTINATIONS
        and not (record.is_check or facts.writes)
        and "for checks and writers",
        "reads": facts.reads and first is not Files and "for stages that take Files",
        "refers": facts.refers and not facts.reads and "for stages that read files",
        "opens": facts.opens and first is not bytes and "for stages that take bytes",
        "writes": facts.writes and record.output is not Files and "for stages that give Files",
    }
    for name, reason in wrong.items():
        if reason:
            raise TypeError(f"the fact {name} is {reason}")


def _bind(record: Stage, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Inputs in their order (given by place or by name) and the remaining keywords, which are settings."""
    if len(args) > len(record.inputs):
        raise BadSetting(f"{record.name}: settings go by name; it takes {len(record.inputs)} inputs, got {len(args)}")
    inputs = dict(zip(record.inputs, args, strict=False))
    settings = dict(kwargs)
    for name, kind in record.inputs.items():
        if name in settings:
            inputs[name] = settings.pop(name)
        if name not in inputs:
            raise BadInput(f"{record.name}: no {name}; it needs {type_name(kind)}")
    return [inputs[name] for name in record.inputs], settings
