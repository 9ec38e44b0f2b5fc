"""Plugins: stages of other packages, announced by entry points of the group ``maquette``.

Whatever is wrong with one is said and hurts nobody else. It is imported in a thread of its own, with a limit on the
time and with its prints sent to standard error; what it brings is examined before anybody sees it. What the house has,
a stage's name or the ending of a file, no plugin takes over.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, distributions, entry_points
from typing import Any

from maquette.registry.declare import StageFunction
from maquette.registry.facts import Facts
from maquette.registry.record import Stage

GROUP = "maquette"
LIMIT_S = 5.0  # every command waits for every plugin
SLOW_S = 1.0  # from here on it is said
_ENDINGS = ("reads", "opens", "writes")

Stages = dict[str, StageFunction[Any, Any]]
_importing = threading.local()


def is_importing() -> bool:
    """True in code that runs because a plugin is imported: it sees the stages of the house only."""
    return bool(getattr(_importing, "here", False))


@dataclasses.dataclass
class Plugins:
    """What came of all plugins: their stages, why some were left out, and what is odd about others, by plugin."""

    stages: Stages = dataclasses.field(default_factory=dict)
    failures: dict[str, str] = dataclasses.field(default_factory=dict)
    notices: dict[str, str] = dataclasses.field(default_factory=dict)


def announced_plugins() -> tuple[list[EntryPoint], dict[str, str]]:
    """All entry points by name, and the packages whose list of them cannot be read, with the reason."""
    with contextlib.suppress(Exception):
        return sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)), {}
    points, failures = [], {}
    for package in distributions():
        try:
            points += [point for point in package.entry_points if point.group == GROUP]
        except Exception as problem:
            if f"[{GROUP}]" in (package.read_text("entry_points.txt") or ""):
                failures[package.name] = f"its entry_points.txt is damaged: {_words(problem)}"
    return sorted(points, key=lambda point: (point.name, point.value)), failures


def load_plugins(points: Iterable[EntryPoint], taken: Stages, names: Iterable[str] = ()) -> Plugins:
    """Every plugin's stages beside those of the house; ``names`` are further names that are taken."""
    result = Plugins()
    known, reserved = dict(taken), set(names)
    for point in points:
        label = point.name if point.name not in result.failures else f"{point.name} ({point.value})"
        started = time.perf_counter()
        try:
            brought = _import_stages(point)
            _refuse_taken_names(brought, known, reserved)
        except Exception as problem:
            result.failures[label] = _words(problem) if not isinstance(problem, _Refusal) else str(problem)
            continue
        seconds = time.perf_counter() - started
        remarks = [f"took {seconds:.1f} s to import; import heavy libraries inside its functions"] * (seconds > SLOW_S)
        for stage in brought:
            kept, remark = _without_taken_endings(stage, known)
            known[kept.stage.name] = result.stages[kept.stage.name] = kept
            remarks += [remark] if remark else []
        if remarks:
            result.notices[label] = "; ".join(remarks)
    return result


def stages_in(module: Any) -> list[StageFunction[Any, Any]]:
    """The stages that a module defines itself, or the one stage that it is."""
    if isinstance(module, StageFunction):
        return [module]
    members = [member for member in vars(module).values() if isinstance(member, StageFunction)]
    return [member for member in members if member.function.__module__ == module.__name__]


def names_of(stages: Mapping[str, StageFunction[Any, Any]]) -> dict[str, str]:
    """Every name and alias, and the module that it comes from."""
    return {
        name: function.function.__module__
        for function in stages.values()
        for name in (function.stage.name, *function.stage.facts.aliases)
    }


class _Refusal(Exception):
    """A plugin is left out for a reason of ours, said in full."""


def _import_stages(point: EntryPoint) -> list[StageFunction[Any, Any]]:
    """The examined stages behind an entry point; an import that does not come back in time is left behind."""
    if EntryPoint.pattern.match(point.value) is None:
        raise _Refusal(f"its entry point names no module: {point.value!r}")
    answer: list[list[StageFunction[Any, Any]]] = []
    problems: list[BaseException] = []

    def work() -> None:
        _importing.here = True
        try:
            answer.append(_examine_all(stages_in(point.load())))
        except BaseException as problem:  # also SystemExit and what a stranger invents: it ends this thread, not ours
            problems.append(problem)

    thread = threading.Thread(target=work, name=f"plugin {point.name}", daemon=True)
    with contextlib.redirect_stdout(sys.stderr):
        thread.start()
        thread.join(LIMIT_S)
    if answer:
        return answer[0]
    if problems:
        raise problems[0] if isinstance(problems[0], _Refusal) else _Refusal(_words(problems[0]))
    raise _Refusal(f"is still importing after {LIMIT_S:g} s; import heavy libraries inside its functions")


def _examine_all(stages: list[StageFunction[Any, Any]]) -> list[StageFunction[Any, Any]]:
    """The stages, when each can be asked all that the faces ask; else a refusal that names the wrong one."""
    if not stages:
        raise _Refusal("has no stage; name a module with @stage functions, or one of them")
    for function in stages:
        try:
            _examine(function.stage)
        except Exception as problem:
            raise _Refusal(f"{function.function.__name__}: {_words(problem)}") from None
    return stages


def _examine(record: Stage) -> None:
    """Raises where a record is none, or its settings have a type that pydantic does not know or a wrong default."""
    if not isinstance(record, Stage) or not isinstance(record.facts, Facts):
        raise TypeError("was not made by @stage")
    json.dumps(record.as_dict())
    defaults = {setting.name: setting.default for setting in record.settings.values() if not setting.required}
    if len(defaults) == len(record.settings):
        record.call(defaults)


def _refuse_taken_names(brought: list[StageFunction[Any, Any]], known: Stages, reserved: set[str]) -> None:
    """A refusal where a stage's name or alias is taken; all of the plugin stays out, so that nothing is half there."""
    owners = dict.fromkeys(reserved, "maquette") | names_of(known)
    for function in brought:
        module = function.function.__module__
        for name in (function.stage.name, *function.stage.facts.aliases):
            if name in owners and known.get(name) is not function:
                raise _Refusal(f"stage {name!r} of {module} is taken by {owners[name]}; rename one")
        owners |= dict.fromkeys((function.stage.name, *function.stage.facts.aliases), module)


def _without_taken_endings(function: StageFunction[Any, Any], known: Stages) -> tuple[StageFunction[Any, Any], str]:
    """The stage without the endings of files that others have, and what was taken from it in words."""
    facts, lost = function.stage.facts, []
    for fact in _ENDINGS:
        mine = getattr(facts, fact)
        owners = {ending: _owner(function, fact, ending, known) for ending in mine}
        lost += [f"{owner} {fact} {ending} already" for ending, owner in owners.items() if owner]
        facts = dataclasses.replace(facts, **{fact: tuple(ending for ending in mine if not owners[ending])})  # type: ignore[arg-type]
    if not lost:
        return function, ""
    if not facts.reads:
        facts = dataclasses.replace(facts, refers=None)
    record = dataclasses.replace(function.stage, facts=facts)
    return StageFunction(
        function.function, record
    ), f"{function.stage.name}: {'; '.join(lost)}, so it is used by name only"


def _owner(function: StageFunction[Any, Any], fact: str, ending: str, known: Stages) -> str:
    """Who has this ending already, for the same kind of value: a picture's .png is not a model's."""
    mine = next(iter(function.stage.inputs.values()), None)
    for name, other in known.items():
        theirs = next(iter(other.stage.inputs.values()), None)
        if ending in getattr(other.stage.facts, fact) and theirs == mine:
            return name
    return ""


def _words(problem: BaseException) -> str:
    """What went wrong, in one line."""
    try:
        text = " ".join(str(problem).split())
    except Exception:
        text = "and it cannot say what is wrong"
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__
