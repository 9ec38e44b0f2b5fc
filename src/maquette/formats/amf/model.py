"""What stands in an AMF: objects of volumes over shared vertices, materials, and constellations that place them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.formats.xml import Attributes, Texts

MILLIMETRES = {
    "millimeter": 1.0,
    "millimetre": 1.0,
    "mm": 1.0,
    "inch": 25.4,
    "feet": 304.8,
    "foot": 304.8,
    "meter": 1000.0,
    "metre": 1000.0,
    "micron": 0.001,
    "micrometer": 0.001,
}
MOST = 100_000  # objects, volumes, materials or instances
NONE = -1  # no colour


@dataclass
class Volume:
    """Triangles of an object that are one material."""

    told: dict[str, str] = field(default_factory=dict)
    material: str = ""
    kind: str = ""
    color: int = NONE
    corners: array[int] = field(default_factory=lambda: array("q"))
    face_colors: dict[int, int] = field(default_factory=dict)

    @property
    def faces(self) -> Ints:
        """(F, 3)."""
        return np.frombuffer(self.corners, np.int64).reshape(-1, 3)


@dataclass
class Object:
    """Volumes over one list of vertices."""

    told: dict[str, str] = field(default_factory=dict)
    color: int = NONE
    positions: array[float] = field(default_factory=lambda: array("d"))
    vertex_colors: dict[int, int] = field(default_factory=dict)
    volumes: list[Volume] = field(default_factory=list)

    @property
    def vertices(self) -> Floats:
        """(V, 3) in the file's unit."""
        return np.frombuffer(self.positions, np.float64).reshape(-1, 3)


@dataclass
class Material:
    """Name and colour, as far as they are said."""

    told: dict[str, str] = field(default_factory=dict)
    color: int = NONE
    alpha: float = 1.0


@dataclass
class Instance:
    """An object or a constellation, placed: millimetres or the file's unit, turns, scales and mirrors by axis."""

    of: str
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass
class Amf:
    """A whole file."""

    unit: str = ""
    told: dict[str, str] = field(default_factory=dict)
    objects: dict[str, Object] = field(default_factory=dict)
    materials: dict[str, Material] = field(default_factory=dict)
    constellations: dict[str, list[Instance]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


class Parser:
    """Collects an AMF as it arrives."""

    def __init__(self, part: str) -> None:
        self.made = Amf()
        self._object, self._volume, self._material = Object(), Volume(), Material()
        self._instance, self._key = Instance(""), ""
        self._rgba: dict[str, float] = {}
        self._row = 0  # of the vertex or triangle that is open
        starts = {
            "/amf": self._open_file,
            "amf/object": self._open_object,
            "amf/material": self._open_material,
            "amf/constellation": self._open_constellation,
            "constellation/instance": self._open_instance,
            "mesh/volume": self._open_volume,
            "vertices/vertex": self._open_vertex,
            "volume/triangle": self._open_triangle,
        }
        starts |= {f"{owner}/metadata": self._open_metadata for owner in _NAMED}
        starts |= {f"{owner}/color": self._open_color for owner in _COLORED}
        starts |= {name: partial(self._leave_out, what) for name, what in _LEFT_OUT.items()}
        ends = {f"coordinates/{axis}": self._coordinate for axis in "xyz"}
        ends |= {f"triangle/{corner}": self._corner for corner in ("v1", "v2", "v3")}
        ends |= {f"color/{channel}": partial(self._channel, channel) for channel in "rgba"}
        ends |= {f"{owner}/metadata": partial(self._metadata, owner) for owner in _NAMED}
        ends |= {f"{owner}/color": partial(self._color, owner) for owner in _COLORED}
        ends |= {f"instance/{name}": partial(self._place, name) for name in PLACES}
        self._reader = Texts(part, starts, ends, "read-amf")

    def parse(self, pieces: Iterable[bytes]) -> Amf:
        """The file that the pieces are."""
        self._reader.read(pieces)
        for entry in self.made.objects.values():
            whole = all(len(volume.corners) % 3 == 0 for volume in entry.volumes)
            if len(entry.positions) % 3 or not whole:
                self._reader.refuse("ends with a vertex or a triangle that lacks a number")
        return self.made

    def _leave_out(self, what: str, attributes: Attributes) -> None:
        self.made.left_out[what] = self.made.left_out.get(what, 0) + 1

    def _open_file(self, attributes: Attributes) -> None:
        self.made.unit = attributes.get("unit", "").strip().lower()

    def _open_object(self, attributes: Attributes) -> None:
        self._object, self._volume = Object(), Volume()
        self._keep(self.made.objects, attributes, self._object)

    def _open_material(self, attributes: Attributes) -> None:
        self._material = Material()
        self._keep(self.made.materials, attributes, self._material)

    def _open_constellation(self, attributes: Attributes) -> None:
        self._keep(self.made.constellations, attributes, [])

    def _open_instance(self, attributes: Attributes) -> None:
        self._instance = Instance(attributes["objectid"].strip())
        among = next(reversed(self.made.constellations.values()))
        among.append(self._instance)
        self._check_count(len(among))

    def _open_volume(self, attributes: Attributes) -> None:
        self._volume = Volume(
            material=attributes.get("materialid", "").strip(), kind=attributes.get("type", "").strip()
        )
        self._object.volumes.append(self._volume)
        self._check_count(len(self._object.volumes))

    def _keep(self, among: dict[str, Any], attributes: Attributes, value: Any) -> None:
        number = attributes.get("id", "").strip()
        if number in among:
            self._reader.refuse(f"uses the id {number[:20]!r} twice")
        among[number] = value
        self._check_count(len(among))

    def _check_count(self, count: int) -> None:
        if count > MOST:
            self._reader.refuse(f"has over {MOST} objects, volumes, materials or instances of one kind")

    def _open_vertex(self, attributes: Attributes) -> None:
        self._row = len(self._object.positions) // 3

    def _open_triangle(self, attributes: Attributes) -> None:
        self._row = len(self._volume.corners) // 3

    def _open_metadata(self, attributes: Attributes) -> None:
        self._key = attributes.get("type", "").strip()

    def _metadata(self, owner: str, text: str) -> None:
        owners = {"object": self._object, "volume": self._volume, "material": self._material, "amf": self.made}
        entries = owners[owner].told  # type: ignore[attr-defined]
        if len(entries) < 1000:
            entries.setdefault(self._key, text.strip()[:10_000])

    def _coordinate(self, text: str) -> None:
        self._object.positions.append(float(text))

    def _corner(self, text: str) -> None:
        self._volume.corners.append(int(text))

    def _open_color(self, attributes: Attributes) -> None:
        self._rgba = {}

    def _channel(self, channel: str, text: str) -> None:
        try:
            self._rgba[channel] = float(text)
        except ValueError:  # a formula
            self._rgba[channel] = np.nan

    def _color(self, owner: str, text: str) -> None:
        red, green, blue = (self._rgba.get(channel, np.nan) for channel in "rgb")
        if not all(0 <= value < np.inf for value in (red, green, blue)):
            self._leave_out("colours that are formulas or no numbers", {})
            return
        value = 0
        for channel in (red, green, blue):
            value = value << 8 | round(min(channel, 1.0) * 255)
        if owner == "vertex":
            self._object.vertex_colors[self._row] = value
        elif owner == "triangle":
            self._volume.face_colors[self._row] = value
        elif owner == "material":
            alpha = self._rgba.get("a", 1.0)
            self._material.color, self._material.alpha = value, alpha if 0 <= alpha <= 1 else 1.0
        else:
            (self._object if owner == "object" else self._volume).color = value

    def _place(self, name: str, text: str) -> None:
        value = float(text)
        if not np.isfinite(value):
            self._reader.refuse(f"places something at {name} = {text.strip()[:20]}")
        self._instance.numbers[name] = value


PLACES = (
    *(f"{what}{axis}" for what in ("delta", "r", "scale", "mirror") for axis in "xyz"),
    "scale",
    "printable",
)
_NAMED = ("amf", "object", "volume", "material")
_COLORED = ("object", "volume", "vertex", "triangle", "material")
_LEFT_OUT = {
    "vertices/edge": "curved edges; their triangles are flat",
    "triangle/texmap": "texture coordinates",
    "triangle/map": "texture coordinates",
    "amf/texture": "textures",
    "material/composite": "mixed materials; they are plain",
}
