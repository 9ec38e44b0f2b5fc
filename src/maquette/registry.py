"""What a stage is, and where stages are found.

``@stage`` reads a function's signature once. From that one reading come the Python call with its validation, the
command, the REST route and the graph node. The registry is a value: built by scanning the rooms of the house and the
entry points of the group ``maquette``, never by import side effect.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import pkgutil
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Generic, ParamSpec, TypeVar, cast, overload

from maquette.core.errors import BadInput, BadSetting, Unavailable
from maquette.core.history import Step, merged
from maquette.core.progress import note, noting
from maquette.core.report import Finding
from maquette.core.values import Value

P = ParamSpec("P")
R = TypeVar("R")

ROOMS = ("photo", "generate", "shape", "checks", "formats", "render")


class ByContent:
    """Annotation of a setting that names a file: in history and cache keys it stands as name and sha256, not as a path.

    So the same work has the same history on every machine, and another file under an old name is other work.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Any]) -> Any:
        from pydantic_core import core_schema

        schema = handler(source)
        schema["serialization"] = core_schema.plain_serializer_function_ser_schema(_by_content)
        return schema


def _by_content(path: str) -> str:
    """``name sha256:…`` of the file, or the text as it is where there is no such file."""
    place = Path(path)
    if not path or not place.is_file():
        return path
    state = place.stat()
    return f"{place.name} sha256:{_sha256(place, state.st_size, state.st_mtime_ns)}"


@functools.lru_cache(maxsize=32)
def _sha256(place: Path, size: int, mtime_ns: int) -> str:
    """Digest of a file, read once for as long as it keeps its size and time: weights are gigabytes."""
    import hashlib

    with place.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


LocalFile = Annotated[str, ByContent]


@dataclass(frozen=True)
class Setting:
    """One knob: its name, its annotation (with bounds and description) and its default (``...``: required)."""

    name: str
    annotation: Any
    default: Any

    @property
    def required(self) -> bool:
        """True when the caller must give it."""
        return self.default is ...

    @property
    def description(self) -> str:
        """What it means, for help lines and tooltips."""
        extras = getattr(self.annotation, "__metadata__", ())
        return next((e.description for e in extras if getattr(e, "description", None)), "")

    @property
    def kind(self) -> Any:
        """The bare type, without bounds."""
        return typing.get_args(self.annotation)[0] if hasattr(self.annotation, "__metadata__") else self.annotation


@dataclass(frozen=True)
class Stage:
    """A typed function from one frozen value to the next, read from its signature."""

    name: str
    function: Callable[..., Any] = field(repr=False)
    version: int
    facts: Mapping[str, Any]
    inputs: Mapping[str, Any]
    output: Any
    settings: Mapping[str, Setting]

    @property
    def room(self) -> str:
        """The shelf it stands on, or the plugin's package."""
        parts = self.function.__module__.split(".")
        return parts[1] if parts[0] == "maquette" and len(parts) > 1 else parts[0]

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

    @cached_property
    def model(self) -> Any:
        """The pydantic model of the settings; unknown keys, infinities and NaN are refused."""
        from pydantic import ConfigDict, create_model

        fields = {s.name: (s.annotation, s.default) for s in self.settings.values()}
        config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)
        return create_model(self.name, __config__=config, **cast(Any, fields))

    def validated(self, settings: Mapping[str, Any]) -> Any:
        """The settings as a model; ``BadSetting`` says for each wrong one what it is and what it may be."""
        from pydantic import ValidationError

        try:
            return self.model(**settings)
        except ValidationError as problem:
            lines = [_complaint(self, error) for error in problem.errors()]
            raise BadSetting(f"{self.name}: {'; '.join(lines)}") from None

    def settings_text(self, settings: Mapping[str, Any]) -> str:
        """All settings, defaults included, as canonical JSON: what history and cache keys hold."""
        plain = self.validated(settings).model_dump(mode="json")
        return json.dumps(plain, sort_keys=True, separators=(",", ":"))

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
            "facts": {name: fact for name, fact in self.facts.items() if not callable(fact)},
        }


class StageFunction(Generic[P, R]):
    """A function with its :class:`Stage` record; calling it validates, runs and records."""

    def __init__(self, function: Callable[P, R], record: Stage) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.stage = record

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Check inputs and settings, run, and put the step into the result's history."""
        record = self.stage
        inputs, settings = _bound(record, args, kwargs)
        checked = record.validated(settings)
        chosen = {name: getattr(checked, name) for name in record.settings}
        with noting() as notes:
            result: Any = self.function(*inputs.values(), **chosen)
            if record.is_check:
                result = tuple(result)
        for text in notes:
            note(f"{record.name}: {text}")
        return cast(R, _with_history(record, result, list(inputs.values()), settings, notes))

    def __repr__(self) -> str:
        return f"<stage {self.stage.name}>"


@overload
def stage(function: Callable[P, R], /) -> StageFunction[P, R]: ...
@overload
def stage(*, name: str = "", version: int = 1, **facts: Any) -> Callable[[Callable[P, R]], StageFunction[P, R]]: ...


def stage(function: Callable[P, R] | None = None, /, *, name: str = "", version: int = 1, **facts: Any) -> Any:
    """Make a function a stage. What stands before the ``*`` flows in, what stands after it is a setting.

    ``version`` is raised when the same input and settings give another result, so that old cache entries die.
    ``facts`` (licence, device, reads, writes, gates, places, adds, …) are shown to the user or tell `flow` what kind of
    stage this is; they never change what it does.
    """

    def made(plain: Callable[P, R]) -> StageFunction[P, R]:
        return StageFunction(plain, _read(plain, name, version, facts))

    return made(function) if function is not None else made


def _read(function: Callable[..., Any], name: str, version: int, facts: Mapping[str, Any]) -> Stage:
    """The record of a function, from its signature and annotations."""
    hints = typing.get_type_hints(function, include_extras=True)
    inputs: dict[str, Any] = {}
    settings: dict[str, Setting] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            raise TypeError(f"{function.__name__}: a stage takes no *args and no **kwargs")
        if parameter.kind is parameter.KEYWORD_ONLY:
            default = ... if parameter.default is parameter.empty else parameter.default
            settings[parameter.name] = Setting(parameter.name, hints[parameter.name], default)
        else:
            inputs[parameter.name] = hints[parameter.name]
    return Stage(
        name=name or function.__name__.replace("_", "-"),
        function=function,
        version=version,
        facts=MappingProxyType({"licence": "Apache-2.0", "device": "cpu", **facts}),
        inputs=MappingProxyType(inputs),
        output=hints["return"],
        settings=MappingProxyType(settings),
    )


def _bound(record: Stage, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs by name (given by position or by keyword) and the remaining keywords, which are settings."""
    if len(args) > len(record.inputs):
        raise BadSetting(f"{record.name}: settings go by name; it takes {len(record.inputs)} inputs, got {len(args)}")
    inputs = dict(zip(record.inputs, args, strict=False))
    settings = dict(kwargs)
    for name, kind in record.inputs.items():
        if name in settings:
            inputs[name] = settings.pop(name)
        if name not in inputs:
            raise BadInput(f"{record.name}: no {name}; it needs {type_name(kind)}")
        expected = typing.get_args(kind) or kind
        if not isinstance(inputs[name], expected):
            raise BadInput(f"{record.name}: {name} is a {type(inputs[name]).__name__}; it needs {type_name(kind)}")
    return {name: inputs[name] for name in record.inputs}, settings


def _with_history(record: Stage, result: Any, inputs: list[Any], settings: Mapping[str, Any], notes: list[str]) -> Any:
    """The result with this step on top of its inputs' histories, where the noun keeps one."""
    if not hasattr(result, "history"):
        return result
    originals = tuple(_digest(value) for value in inputs if not getattr(value, "history", ()))
    step = Step(record.name, record.version, record.settings_text(settings), notes=tuple(notes), originals=originals)
    return result.replace(history=merged([getattr(value, "history", ()) for value in inputs], step))


def _digest(value: Any) -> str:
    """The name of an input's content: a noun's digest, or that of its bytes."""
    if isinstance(value, Value):
        return value.digest
    import hashlib

    return hashlib.blake2b(value, digest_size=16).hexdigest()


def _complaint(record: Stage, error: Mapping[str, Any]) -> str:
    """One pydantic error in our words."""
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = ", ".join(record.settings) or "none"
        return f"no setting {where!r}; it has {known}"
    if error["type"] == "missing":
        return f"{where} must be given: {record.settings[where].description}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{where} = {error['input']!r}: {message[0].lower()}{message[1:]}"


def type_name(kind: Any) -> str:
    """How a type is called on sockets and in messages: ``Asset``, ``Subject or Views``, ``Finding[]``."""
    if kind == Iterable[Finding]:
        return "Finding[]"
    return " or ".join(type_name(k) for k in typing.get_args(kind)) or getattr(kind, "__name__", str(kind))


@dataclass(frozen=True)
class Registry(Mapping[str, StageFunction[Any, Any]]):
    """All stages by name, aliases included, and the plugins that failed to import with their reasons."""

    stages: Mapping[str, StageFunction[Any, Any]]
    aliases: Mapping[str, str]
    failures: Mapping[str, str]

    def __getitem__(self, name: str) -> StageFunction[Any, Any]:
        found = self.stages.get(name) or self.stages.get(self.aliases.get(name, name))
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.stages)

    def __len__(self) -> int:
        return len(self.stages)

    def find(self, name: str) -> StageFunction[Any, Any]:
        """The stage of this name; ``BadSetting`` suggests the nearest ones."""
        import difflib

        try:
            return self[name]
        except KeyError:
            close = difflib.get_close_matches(name, list(self.stages), n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else "`maquette stages` lists them"
            raise BadSetting(f"no stage {name!r}; {hint}") from None

    def checks(self) -> list[StageFunction[Any, Any]]:
        """Stages that give opinions, by name."""
        return [found for found in self.stages.values() if found.stage.is_check]


def build(rooms: Iterable[str] = ROOMS, plugins: Iterable[EntryPoint] | None = None) -> Registry:
    """Scan our rooms, then the entry points; a plugin that fails is listed with its reason, the rest keep working."""
    found: dict[str, StageFunction[Any, Any]] = {}
    failures: dict[str, str] = {}
    for room in rooms:
        package = importlib.import_module(f"maquette.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"maquette.{room}."):
            _collect(importlib.import_module(module.name), found)
    for plugin in entry_points(group="maquette") if plugins is None else plugins:
        taken = dict(found)
        try:
            _collect(plugin.load(), taken)
        except (Exception, SystemExit) as problem:  # whatever a stranger's module raises must not take ours down
            failures[plugin.name] = f"{type(problem).__name__}: {problem}"
        else:
            found = taken
    aliases = {alias: name for name, fn in found.items() for alias in fn.stage.facts.get("aliases", ())}
    ordered = {name: found[name] for name in sorted(found)}
    return Registry(MappingProxyType(ordered), MappingProxyType(aliases), MappingProxyType(failures))


def _collect(module: Any, found: dict[str, StageFunction[Any, Any]]) -> None:
    """Add the stages that a module defines itself; a name that is taken is an error that names both."""
    members = [module] if isinstance(module, StageFunction) else list(vars(module).values())
    for member in members:
        if not isinstance(member, StageFunction):
            continue
        if member is not module and member.function.__module__ != module.__name__:
            continue
        name = member.stage.name
        if name in found and found[name] is not member:
            other = found[name].function.__module__
            raise Unavailable(f"stage {name!r} of {member.function.__module__} is taken by {other}; rename one")
        found[name] = member


@functools.cache
def registry() -> Registry:
    """The registry of this installation, built once."""
    return build()
