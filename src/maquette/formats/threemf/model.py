"""One model part of a 3MF package as arrays: 3MF Core 1.3, Materials 1.2, Production 1.1."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from string import hexdigits
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadInput
from maquette.formats.threemf import names
from maquette.formats.threemf.runs import Run, cut
from maquette.formats.xml import Attributes, Reader

_PATH = f"{names.PRODUCTION} path"
_FILAMENT = "paint_color", f"{names.PRUSA} mmu_segmentation", "slic3rpe:mmu_segmentation"
_GREY = (192, 192, 192, 255)
MOST_USES = 100_000  # components and build items of one model part
_KNOWN = (names.CORE, names.MATERIAL, names.PRODUCTION, names.TRIANGLE_SETS)


@dataclass(frozen=True)
class Use:
    """An object placed by a component or a build item; ``path`` is another model part or empty."""

    path: str
    object: int
    matrix: Floats  # (4, 3): row vector times matrix
    printable: bool = True


@dataclass
class Object:
    """A mesh or a list of components, as it stands in the file."""

    name: str = ""
    kind: str = "model"
    group: int = 0  # property group of triangles that name none
    index: int = 0
    positions: array[float] = field(default_factory=lambda: array("d"))
    corners: array[int] = field(default_factory=lambda: array("q"))
    paint: array[int] = field(default_factory=lambda: array("q"))  # face, group, three indices
    codes: dict[int, str] = field(default_factory=dict)  # which filament prints a face, as slicers write it
    components: list[Use] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)  # metadata of its own, as Cura keeps settings

    @property
    def vertices(self) -> Floats:
        """(V, 3) in the file's unit."""
        return np.frombuffer(self.positions, np.float64).reshape(-1, 3)

    @property
    def faces(self) -> Ints:
        """(F, 3)."""
        return np.frombuffer(self.corners, np.int64).reshape(-1, 3)


@dataclass
class Group:
    """A property group: base materials, colours, or places on a texture."""

    kind: str  # "base", "color" or "uv"
    texture: int = 0
    labels: list[str] = field(default_factory=list)
    rows: array[float] = field(default_factory=lambda: array("d"))  # 4 a row (RGBA bytes) or 2 (u, v)

    @property
    def table(self) -> NDArray[np.float64]:
        """(N, 4) or (N, 2)."""
        return np.frombuffer(self.rows, np.float64).reshape(-1, 2 if self.kind == "uv" else 4)


@dataclass
class Model:
    """Everything in one model part."""

    unit_mm: float = 1.0
    told: dict[str, str] = field(default_factory=dict)
    objects: dict[int, Object] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    textures: dict[int, str] = field(default_factory=dict)
    tiles: dict[int, tuple[str, str]] = field(default_factory=dict)  # what lies beyond a texture's edges
    items: list[Use] = field(default_factory=list)
    unread: int = 0  # property groups of other kinds
    colorless: int = 0  # colours that cannot be read
    doubled: int = 0  # colours and textures whose id is taken
    draft: bool = False  # 3MF before 1.0


def model(pieces: Iterable[bytes], part: str) -> Model:
    """Parse a model part: long lists of like rows at once, the rest row by row; errors name lines of the whole."""
    data = b"".join(pieces)
    if b"<!" not in data:  # no comment or section in which something only looks like a list
        rest, runs = cut(data)
        if any(isinstance(run, Run) for run in runs):
            try:
                return _Parser(part, runs).parse(rest)
            except BadInput:  # said again below, with the line
                pass
            del rest, runs
    return _Parser(part).parse([data])


class _Parser:
    """Handlers by element; each adds to the object or group that was opened last."""

    def __init__(self, part: str, runs: deque[Run | str] | None = None) -> None:
        self.made = Model()
        self._runs = runs
        self._object, self._group, self._inside, self._uses = Object(), Group("color"), False, 0
        core: dict[str, Callable[[Attributes], None]] = {
            "model": self._model,
            "metadata": self._metadata,
            "object": self._open_object,
            "vertices": partial(self._list, "vertices"),
            "triangles": partial(self._list, "triangles"),
            "vertex": self._vertex,
            "triangle": self._triangle,
            "component": self._component,
            "item": self._item,
            "basematerials": self._base_group,
            "base": self._base,
        }
        material = {
            "colorgroup": self._color_group,
            "color": self._color,
            "texture2d": self._texture,
            "texture2dgroup": self._uv_group,
            "tex2coord": self._uv,
            "compositematerials": self._count_unread,
            "multiproperties": self._count_unread,
        }
        handlers = {f"{space} {name}": handler for space in (names.CORE, names.DRAFT) for name, handler in core.items()}
        handlers |= {f"{space} setting": self._setting for space in (names.CORE, names.CURA)}
        handlers |= {f"{names.CORE} build": self._build}
        handlers |= {f"{names.MATERIAL} {name}": handler for name, handler in material.items()}
        self._reader = Reader(part, handlers)

    def parse(self, pieces: Iterable[bytes]) -> Model:
        self._reader.read(pieces)
        if self._runs:
            self._reader.refuse("has lists that are no elements")
        return self.made

    def _list(self, kind: str, attributes: Attributes) -> None:
        """A list begins; what was taken out of it before goes in."""
        if self._runs is None:
            return
        run = self._runs.popleft() if self._runs else ""
        if kind != (run if isinstance(run, str) else run.kind):
            self._reader.refuse("has lists that are no elements")
        if isinstance(run, str):
            return
        if kind == "vertices":
            self._object.positions.frombytes(run.rows.tobytes())
            return
        first, thing = len(self._object.corners) // 3, self._object
        thing.corners.frombytes(np.ascontiguousarray(run.rows[:, :3]).tobytes())
        if "p1" in run.names:
            rows = np.empty((len(run.rows), 5), np.int64)
            rows[:, 0] = np.arange(first, first + len(rows))
            rows[:, 1:3] = run.rows[:, 3:5]
            rows[:, 3:] = run.rows[:, 5:7] if "p3" in run.names else run.rows[:, 4:5]
            thing.paint.frombytes(rows.tobytes())

    def _model(self, attributes: Attributes) -> None:
        unit = attributes.get("unit", "millimeter").strip().lower()
        unit = {"mm": "millimeter", "millimetre": "millimeter", "meters": "meter", "inches": "inch"}.get(unit, unit)
        self.made.draft = (
            names.DRAFT in self._reader.prefixes.values() and names.CORE not in self._reader.prefixes.values()
        )
        if unit not in names.MILLIMETRES:
            self._reader.refuse(f"has the unit {unit[:20]!r}")
        self.made.unit_mm = names.MILLIMETRES[unit]
        for prefix in attributes.get("requiredextensions", "").split():
            uri = self._reader.prefixes.get(prefix, prefix)
            if uri not in _KNOWN:
                self._reader.refuse(f"needs the extension {uri[:80]}, which is not read", "export it without that")

    def _metadata(self, attributes: Attributes) -> None:
        metadata = self._object.told if self._inside else self.made.told
        if len(metadata) < 1000:
            self._reader.text(attributes.get("name", ""), metadata)

    def _setting(self, attributes: Attributes) -> None:
        if self._inside and len(self._object.told) < 1000:
            self._reader.text(attributes.get("key", ""), self._object.told)

    def _build(self, attributes: Attributes) -> None:
        self._inside = False

    def _open_object(self, attributes: Attributes) -> None:
        self._inside = True
        self._object = Object(attributes.get("name", ""), attributes.get("type", "model"))
        self._object.group, self._object.index = int(attributes.get("pid", 0)), int(attributes.get("pindex", 0))
        self._new(self.made.objects, attributes, self._object)

    def _vertex(self, attributes: Attributes) -> None:
        self._object.positions.extend((float(attributes["x"]), float(attributes["y"]), float(attributes["z"])))

    def _triangle(self, attributes: Attributes) -> None:
        corners = self._object.corners
        corners.extend((int(attributes["v1"]), int(attributes["v2"]), int(attributes["v3"])))
        first = attributes.get("p1")
        if first is not None:
            group = int(attributes.get("pid", self._object.group))
            second, third = int(attributes.get("p2", first)), int(attributes.get("p3", first))
            self._object.paint.extend((len(corners) // 3 - 1, group, int(first), second, third))
        for name in _FILAMENT:
            if attributes.get(name):
                self._object.codes[len(corners) // 3 - 1] = attributes[name]

    def _component(self, attributes: Attributes) -> None:
        self._object.components.append(self._use(attributes))

    def _item(self, attributes: Attributes) -> None:
        self.made.items.append(self._use(attributes))

    def _use(self, attributes: Attributes) -> Use:
        numbers = [float(text) for text in attributes.get("transform", "1 0 0 0 1 0 0 0 1 0 0 0").split()]
        if len(numbers) != 12 or not np.isfinite(numbers).all():
            self._reader.refuse(f"has a transform that is not twelve numbers: {attributes['transform'][:40]!r}")
        self._uses += 1
        if self._uses > MOST_USES:
            self._reader.refuse(f"is one of over {MOST_USES} components and items")
        printable = attributes.get("printable", "1").strip().lower() not in ("0", "false")
        return Use(attributes.get(_PATH, ""), int(attributes["objectid"]), np.array(numbers).reshape(4, 3), printable)

    def _base_group(self, attributes: Attributes) -> None:
        self._open_group(attributes, Group("base"))

    def _color_group(self, attributes: Attributes) -> None:
        self._open_group(attributes, Group("color"))

    def _uv_group(self, attributes: Attributes) -> None:
        self._open_group(attributes, Group("uv", int(attributes.get("texid", 0))))

    def _open_group(self, attributes: Attributes, group: Group) -> None:
        self._group = group
        self._new_look(self.made.groups, attributes, group)

    def _base(self, attributes: Attributes) -> None:
        self._in_group("base").labels.append(attributes.get("name", ""))
        self._group.rows.extend(self._rgba(attributes.get("displaycolor", "")))

    def _color(self, attributes: Attributes) -> None:
        self._in_group("color").rows.extend(self._rgba(attributes.get("color", "")))

    def _rgba(self, text: str) -> tuple[int, int, int, int]:
        """``#RRGGBB`` or ``#RRGGBBAA`` as bytes; grey where it is neither."""
        digits = text.strip().removeprefix("#")
        if len(digits) not in (6, 8) or not set(digits) <= set(hexdigits):
            self.made.colorless += 1
            return _GREY
        value = int(digits.ljust(8, "F"), 16)
        return value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255

    def _uv(self, attributes: Attributes) -> None:
        self._in_group("uv").rows.extend((float(attributes["u"]), float(attributes["v"])))

    def _in_group(self, kind: str) -> Group:
        if self._group.kind != kind:
            self._reader.refuse(f"has a {kind} in a group of another kind")
        return self._group

    def _texture(self, attributes: Attributes) -> None:
        if int(attributes["id"]) not in self.made.textures:
            self.made.tiles[int(attributes["id"])] = (
                attributes.get("tilestyleu", "wrap"),
                attributes.get("tilestylev", "wrap"),
            )
        self._new_look(self.made.textures, attributes, attributes.get("path", ""))

    def _count_unread(self, attributes: Attributes) -> None:
        self.made.unread += 1

    def _new_look(self, among: dict[int, Any], attributes: Attributes, value: Any) -> None:
        """A resource of colours; of two with one id the first counts, as they concern the looks alone."""
        if int(attributes["id"]) in among:
            self.made.doubled += 1
        else:
            self._new(among, attributes, value)

    def _new(self, among: dict[int, Any], attributes: Attributes, value: Any) -> None:
        number = int(attributes["id"])
        if len(among) >= MOST_USES:
            self._reader.refuse(f"is one of over {MOST_USES} resources of its kind")
        if number in among:
            self._reader.refuse(f"uses the id {number} twice")
        among[number] = value
