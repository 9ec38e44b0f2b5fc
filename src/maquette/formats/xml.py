"""XML by expat, without what makes XML dangerous: no document type of its own, no entities, no depth, no foreign text.

Not ElementTree: for 200,000 triangles its iterparse took 0.9 s, expat's own callbacks 0.5 s. Three ways to read:
:class:`Reader` (3MF: everything stands in attributes), :class:`Texts` (AMF: everything stands in texts) and
:func:`tree` (COLLADA: elements refer to each other, numbers come in long lists).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NoReturn
from xml.parsers import expat

from maquette.core.errors import BadInput

DEEPEST = 64  # a 3MF model nests 7 deep
DEEPEST_TREE = 1000  # a COLLADA scene nests as deep as its bones
MOST_ELEMENTS = 4_000_000  # of a tree; 300 bytes each
MOST_PREFIXES = 100  # that a document may forget to declare
_LONGEST = 100_000  # characters of text kept of one element
_BUFFER = 1 << 16

Attributes = dict[str, str]


class Reader:
    """Feeds a document through ``handlers`` (full name -> function of the attributes) as it arrives."""

    deepest = DEEPEST

    def __init__(
        self, part: str, handlers: Mapping[str, Callable[[Attributes], None]], stage: str = "read-3mf"
    ) -> None:
        self._part, self._handlers, self._stage = part, handlers, stage
        self._depth = 0
        self._text: list[str] = []
        self.prefixes: dict[str, str] = {}
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.StartDoctypeDeclHandler = self._doctype
        self._expat.EntityDeclHandler = self._refuse_entity
        self._expat.StartNamespaceDeclHandler = self._prefix
        self._key = ""
        self._told: dict[str, str] | None = None

    def read(self, pieces: Iterable[bytes]) -> None:
        """Take the whole document; ``BadInput`` where it is no XML or a handler cannot use what it finds."""
        try:
            for piece in pieces:
                self._expat.Parse(piece, False)
            self._expat.Parse(b"", True)
        except BadInput:
            raise
        except expat.ExpatError as problem:
            self.refuse(f"is no XML ({problem})")
        except KeyError as problem:
            self.refuse(f"lacks {problem}")
        except (LookupError, ValueError, OverflowError) as problem:  # LookupError: an encoding that nobody knows
            self.refuse(f"holds {str(problem)[:100]}")

    def refuse(self, problem: str, advice: str = "the file is damaged") -> NoReturn:
        """Raise ``BadInput`` that names the part and the line."""
        line = self._expat.CurrentLineNumber
        raise BadInput(f"{self._stage}: {self._part[:80]} line {line} {problem[:200]}; {advice}") from None

    def text(self, key: str, entities: dict[str, str]) -> None:
        """Put the text of the element that has just started into ``entities`` when it ends."""
        self._text, self._key, self._told = [], key, entities
        self._expat.CharacterDataHandler = self._characters

    def _start(self, name: str, attributes: Attributes) -> None:
        self._deeper()
        handler = self._handlers.get(name)
        if handler is not None:
            handler(attributes)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > self.deepest:
            self.refuse(f"nests its elements over {self.deepest} deep")

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._told is not None:
            self._told.setdefault(self._key, "".join(self._text)[:_LONGEST])
            self._told = self._expat.CharacterDataHandler = None

    def _characters(self, text: str) -> None:
        if len(self._text) < _LONGEST:
            self._text.append(text)

    def _prefix(self, prefix: str | None, uri: str) -> None:
        self.prefixes[prefix or ""] = uri

    def _doctype(self, name: str, system: str | None, public: str | None, inside: bool) -> None:
        """A document type that only names another file is passed over, as nobody opens that; 3MF forbids it."""
        if inside or self._stage == "read-3mf":
            self.refuse("declares a document type or entities, which are not read")

    def _refuse_entity(self, *_: object) -> None:
        self.refuse("declares a document type or entities, which are not read")


class Texts(Reader):
    """Tells elements by ``parent/name`` without namespaces: ``starts`` get the attributes, ``ends`` the text."""

    def __init__(
        self,
        part: str,
        starts: Mapping[str, Callable[[Attributes], None]],
        ends: Mapping[str, Callable[[str], None]],
        stage: str,
    ) -> None:
        super().__init__(part, starts, stage)
        self._ends, self.path = ends, [""]
        self._expat.buffer_text = True
        self._expat.CharacterDataHandler = self._characters

    def _start(self, name: str, attributes: Attributes) -> None:
        self._deeper()
        local = name.rpartition(" ")[2].lower()
        handler = self._handlers.get(f"{self.path[-1]}/{local}")
        self.path.append(local)
        self._text.clear()
        if handler is not None:
            handler(attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        handler = self._ends.get(f"{self.path[-2]}/{self.path.pop()}")
        if handler is not None:
            handler("".join(self._text))


class Node:
    """An element of a tree; names are without namespace."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: Attributes) -> None:
        self.name, self.attributes, self.text = name, attributes, ""
        self.children: list[Node] | tuple[Node, ...] = ()

    def all(self, name: str) -> Iterator[Node]:
        """The children of this name."""
        return (child for child in self.children if child.name == name)

    def first(self, *path: str) -> Node | None:
        """The first child of the first child … along these names."""
        node: Node | None = self
        for name in path:
            node = None if node is None else next(node.all(name), None)
        return node

    def said(self, *path: str) -> str:
        """The text at the end of such a path, empty where there is none."""
        node = self.first(*path)
        return "" if node is None else node.text.strip()

    def get(self, name: str, default: str = "") -> str:
        """An attribute."""
        return self.attributes.get(name, default)

    def everything(self) -> Iterator[Node]:
        """This element and all below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


class _Tree(Reader):
    """Builds nodes; text of an element that has children is left out."""

    deepest = DEEPEST_TREE

    def __init__(self, part: str, stage: str) -> None:
        super().__init__(part, {}, stage)
        self.open = [Node("", {})]
        self._count = 0
        self._expat.buffer_text, self._expat.buffer_size = True, _BUFFER
        self._expat.CharacterDataHandler = self._characters

    def _start(self, name: str, attributes: Attributes) -> None:
        self._deeper()
        self._count += 1
        if self._count > MOST_ELEMENTS:
            self.refuse(f"has over {MOST_ELEMENTS:,} elements")
        node, above = Node(name.rpartition(" ")[2], attributes), self.open[-1]
        if isinstance(above.children, list):
            above.children.append(node)
        else:
            above.children = [node]
        self.open.append(node)
        self._text.clear()

    def _end(self, name: str) -> None:
        self._depth -= 1
        node = self.open.pop()
        if not node.children:
            node.text = "".join(self._text)
        self._text.clear()

    def _characters(self, text: str) -> None:
        self._text.append(text)


def elements(pieces: Iterable[bytes], part: str, name: str) -> list[Attributes]:
    """The attributes of all elements of one name in a small document."""
    result: list[Attributes] = []
    Reader(part, {name: result.append}).read(pieces)
    return result


def declare_prefixes(data: bytes) -> list[bytes]:
    """A document whose root declares every prefix that is used, those that nobody declared by a name of their own."""
    used = set(re.findall(rb"[<\s]/?([A-Za-z_][\w.-]*):[A-Za-z_]", data)) - {b"xml", b"xmlns"}
    missing = used - set(re.findall(rb"xmlns:([\w.-]+)\s*=", data))
    root = re.search(rb"<[A-Za-z_][^\s/>]*", data)
    if root is None:
        return [data]
    names = b"".join(b' xmlns:%b="urn:undeclared:%b"' % (prefix, prefix) for prefix in sorted(missing)[:MOST_PREFIXES])
    return [data[: root.end()], names, data[root.end() :]]


def tree(data: bytes, part: str, stage: str) -> Node:
    """A whole document; its root element. Memory is bounded by the file's size, at most four million elements."""
    reader = _Tree(part, stage)
    reader.read(data[start : start + _PIECE] for start in range(0, len(data), _PIECE))
    return reader.open[0].children[0]


_PIECE = 1 << 20
