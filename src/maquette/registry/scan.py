"""Where stages are found: the rooms of the house, and the entry points of the group ``maquette``."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

from maquette.core.errors import BadSetting, Unavailable
from maquette.registry.declare import StageFunction

ROOMS = ("photo", "generate", "shape", "checks", "formats", "render")


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
    aliases = {alias: name for name, fn in found.items() for alias in fn.stage.facts.aliases}
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
