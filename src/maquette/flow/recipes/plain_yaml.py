"""YAML as plain data: text, numbers, yes and no, lists and maps, each with the line where it stands.

What a file from a stranger could abuse is refused: tags, anchors and aliases (a "billion laughs" is a few of them),
keys given twice, deep nesting, numbers without end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from maquette.core.errors import BadInput

MAX_CHARACTERS = 65_536
_MAX_DEPTH = 12
_PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")}


@dataclass(frozen=True)
class Plain:
    """What a text says, what to call the text, and the line of everything in it by its path of keys."""

    data: Any
    origin: str
    lines: Mapping[tuple[str, ...], int]

    def at(self, *path: str) -> str:
        """Words for a place: ``recipe print, steps.cut (line 9)``."""
        known = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self.lines), ())
        return f"{self.origin}, {'.'.join(path)} (line {self.lines.get(known, 1)})" if path else self.origin


def read_yaml(text: str, origin: str) -> Plain:
    """The data in ``text``; ``BadInput`` names the line."""
    if len(text) > MAX_CHARACTERS:
        raise BadInput(f"{origin}: longer than {MAX_CHARACTERS} characters; cut it into several recipes")
    lines: dict[tuple[str, ...], int] = {}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return Plain(None if node is None else _plain(node, (), lines, loader), origin, lines)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        raise BadInput(f"{origin}, line {mark.line + 1 if mark else 1}: {problem.problem or problem.context}") from None
    except yaml.YAMLError as problem:  # characters that no text has
        raise BadInput(f"{origin}: {' '.join(str(problem).split())}") from None


class _Loader(yaml.SafeLoader):
    """Composes nodes; refuses aliases, anchors, tags and depth before anything is built."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _refusal("anchors and aliases are not for recipes; write it out", event)
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _refusal(f"nested deeper than {_MAX_DEPTH}", event)
        node: Any = super().compose_node(parent, index)
        self.depth -= 1
        if node.tag not in _PLAIN:
            raise _refusal(f"{node.tag.rpartition(':')[2]!r} is no plain data; put text in quotes", event)
        return node


def _refusal(message: str, at: Any) -> yaml.MarkedYAMLError:
    """A complaint with its place."""
    return yaml.MarkedYAMLError(problem=message, problem_mark=at.start_mark)


def _plain(node: Any, path: tuple[str, ...], lines: dict[tuple[str, ...], int], loader: _Loader) -> Any:
    """The data of a node; ``lines`` learns where it stands."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, str(i)), lines, loader) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return _scalar(node, loader)
    entries: dict[str, Any] = {}
    for key_node, item in node.value:
        key = _scalar(key_node, loader) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            raise _refusal(f"a key must be text, not {key!r}; put it in quotes", key_node)
        if key in entries:
            raise _refusal(f"{key!r} is given twice", key_node)
        lines[(*path, key)] = key_node.start_mark.line + 1
        entries[key] = _plain(item, (*path, key), lines, loader)
    return entries


def _scalar(node: Any, loader: _Loader) -> Any:
    """Text, a number, a yes or no, or nothing."""
    try:
        value = loader.construct_object(node)
        unbounded = isinstance(value, int | float) and not abs(value) < 2**63
    except (ValueError, OverflowError):
        unbounded = True
    if unbounded:
        raise _refusal("a number beyond all measure", node)
    return value
