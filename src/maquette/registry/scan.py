"""Where stages are found: the rooms of the house, and the entry points of the group ``maquette``."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import Any

from maquette.core.errors import BadSetting
from maquette.registry.declare import StageFunction
from maquette.registry.plugins import Stages, announced_plugins, is_importing, load_plugins, names_of, stages_in

ROOMS = ("photo", "generate", "shape", "texture", "checks", "formats", "render")


@dataclass(frozen=True)
class Registry(Mapping[str, StageFunction[Any, Any]]):
    """All stages by name, aliases included; by plugin, why some were left out and what is odd about others."""

    stages: Mapping[str, StageFunction[Any, Any]]
    aliases: Mapping[str, str]
    failures: Mapping[str, str]
    notices: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> StageFunction[Any, Any]:
        getitem__ = self.stages.get(name) or self.stages.get(self.aliases.get(name, name))
        if getitem__ is None:
            raise KeyError(name)
        return getitem__

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
        return [function for function in self.stages.values() if function.stage.is_check]


def build(
    rooms: Iterable[str] = ROOMS, plugins: Iterable[EntryPoint] | None = None, names: Iterable[str] = ()
) -> Registry:
    """Scan our rooms, then the entry points; a plugin that fails is listed with its reason, the rest keep working.

    ``names`` are taken besides those of the rooms' stages, for whoever knows the rooms' stages without importing them.
    """
    ours: Stages = {}
    for room in rooms:
        package = importlib.import_module(f"maquette.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"maquette.{room}."):
            _add(stages_in(importlib.import_module(module.name)), ours)
    points, damaged = announced_plugins() if plugins is None else (plugins, {})
    theirs = load_plugins(points, ours, names)
    stages = ours | theirs.stages
    aliases = {alias: name for name, fn in stages.items() for alias in fn.stage.facts.aliases}
    return Registry(
        MappingProxyType({name: stages[name] for name in sorted(stages)}),
        MappingProxyType(aliases),
        MappingProxyType(damaged | theirs.failures),
        MappingProxyType(theirs.notices),
    )


def _add(stages: list[StageFunction[Any, Any]], ours: Stages) -> None:
    """Add stages of the house; two of one name or alias are a mistake of ours."""
    taken = names_of(ours)
    for function in stages:
        for name in (function.stage.name, *function.stage.facts.aliases):
            if name in taken and ours.get(name) is not function:
                raise TypeError(
                    f"stage {name!r} of {function.function.__module__} is taken by {taken[name]}; rename one"
                )
        ours[function.stage.name] = function


def registry() -> Registry:
    """The registry of this installation, built once; a plugin that asks while it is imported sees the house alone."""
    return _house() if is_importing() else _everything()


@functools.cache
def _everything() -> Registry:
    return build()


@functools.cache
def _house() -> Registry:
    return build(plugins=())
