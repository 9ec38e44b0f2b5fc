"""A COLLADA file as a tree whose elements are found by their ids; numbers are read once, however many name them."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadInput
from maquette.formats.text_numbers import parse_numbers
from maquette.formats.xml import Node, tree

FREE_NUMBERS = 10_000_000  # of sources that leave columns out, beyond what the file's size explains


class Document:
    """The tree, and what its elements hold."""

    def __init__(self, data: bytes, name: str) -> None:
        self.root = tree(data, name, "read-dae")
        self.size = len(data)
        if self.root.name != "COLLADA":
            refuse(f"begins with <{self.root.name[:40]}> instead of <COLLADA>", "check what was exported")
        self._by_id: dict[str, Node] = {}
        for node in self.root.everything():
            if "id" in node.attributes:
                self._by_id.setdefault(node.attributes["id"].strip(), node)
        self._sources: dict[str, tuple[Floats, tuple[str, ...]] | None] = {}
        self._arrays: dict[int, Floats] = {}
        self._left = FREE_NUMBERS + self.size

    def named(self, reference: str, kind: str) -> Node | None:
        """The element of this kind that a reference (``#id``) means."""
        element = self._by_id.get(reference.strip().removeprefix("#"))
        return element if element is not None and element.name == kind else None

    def source(self, reference: str) -> tuple[Floats, tuple[str, ...]] | None:
        """Rows (N, K) of a source and what its columns are called; None where there is none."""
        if reference not in self._sources:
            self._sources[reference] = self._read(self.named(reference, "source"))
        return self._sources[reference]

    def _read(self, source: Node | None) -> tuple[Floats, tuple[str, ...]] | None:
        accessor = None if source is None else source.first("technique_common", "accessor")
        if source is None or accessor is None:
            return None
        array = self.named(accessor.get("source"), "float_array") or source.first("float_array")
        if array is None:
            return None
        if id(array) not in self._arrays:
            self._arrays[id(array)] = floats(array)
        values = self._arrays[id(array)]
        stride = whole(accessor, "stride", 1)
        first, count = whole(accessor, "offset", 0), whole(accessor, "count", 0)
        count = min(count, max(len(values) - first, 0) // max(stride, 1))
        params = [param.get("name") for param in accessor.all("param")]
        columns = [place for place, name in enumerate(params) if name and place < stride]
        if not columns or len(columns) < 2 <= stride:  # nameless columns are skipped, unless all are
            columns, params = list(range(stride)), [""] * stride
        rows = values[first : first + count * stride].reshape(count, max(stride, 1))
        names = tuple(params[place].upper() for place in columns)
        if columns == list(range(len(columns))):
            return rows[:, : len(columns)], names  # a view: a thousand sources may share one array
        self._left -= count * len(columns)
        if self._left < 0:
            refuse(f"{self.size} bytes unfold to over {FREE_NUMBERS + self.size} numbers of sources")
        return rows[:, columns], names


def refuse(problem: str, advice: str = "the file is damaged, export it again") -> NoReturn:
    """Raise ``BadInput``."""
    raise BadInput(f"read-dae: {problem}; {advice}")


def floats(node: Node) -> Floats:
    """The numbers that an element holds."""
    return np.asarray(_numbers(node, np.float64), np.float64)


def ints(node: Node) -> Ints:
    """The whole numbers that an element holds."""
    return np.asarray(_numbers(node, np.int64), np.int64)


def _numbers(node: Node, dtype: type) -> NDArray[np.generic]:
    text = node.text.encode("ascii", "replace")
    numbers = parse_numbers(text, dtype)
    if numbers is None and b"," in text:  # written where a comma stands before decimals
        numbers = parse_numbers(text.replace(b",", b"."), dtype)
    if numbers is None:
        refuse(f"<{node.name}> {node.get('id')[:40]!r} holds something that is no number")
    return numbers


def whole(node: Node, name: str, default: int) -> int:
    """An attribute that is a whole number of at least 0."""
    text = node.get(name, str(default)).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        refuse(f"<{node.name}> has {name} {text[:20]!r}, which is no whole number")
    return int(text)
