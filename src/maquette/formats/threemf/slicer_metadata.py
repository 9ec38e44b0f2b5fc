"""What slicers say beside the model: filaments, which volumes are solid, and which plate an item lies on.

PrusaSlicer names ranges of an object's triangles in ``Slic3r_PE_model.config``, Bambu Studio and OrcaSlicer the parts
of an object in ``model_settings.config`` (a part's id is unique only within its object), Cura puts settings into the
model itself. Sources: PrusaSlicer ``3mf.cpp``, OrcaSlicer ``bbs_3mf.cpp`` and ``PartPlate.cpp``, Cura
``ThreeMFWriter.py``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.formats.pieces import Role
from maquette.formats.threemf.package import Package
from maquette.formats.xml import Attributes, Reader

ROLES: Mapping[str, Role] = {
    "NegativeVolume": "negative",
    "ParameterModifier": "modifier",
    "SupportBlocker": "blocker",
    "SupportEnforcer": "enforcer",
    "negative_part": "negative",
    "modifier_part": "modifier",
    "support_blocker": "blocker",
    "support_enforcer": "enforcer",
}
CURA_ROLES: Mapping[str, Role] = {
    "cutting_mesh": "modifier",
    "infill_mesh": "modifier",
    "support_mesh": "enforcer",
    "anti_overhang_mesh": "blocker",
}
_BAMBU, _PRUSA = "Metadata/model_settings.config", "Metadata/Slic3r_PE_model.config"
_BED_MM = 256.0  # of the printers that write plates, where the project does not say
_STRIDE = 1.2  # a plate begins this many beds after the one before: OrcaSlicer PartPlate.cpp


@dataclass
class Range:
    """A volume of PrusaSlicer: a range of an object's triangles with its role and name."""

    first: int
    last: int
    role: Role = "solid"
    name: str = ""


@dataclass
class Told:
    """Everything the slicers' files say, by object, by part of an object, and by range of triangles."""

    filaments: dict[int, int] = field(default_factory=dict)
    part_filaments: dict[tuple[int, int], int] = field(default_factory=dict)
    range_filaments: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    part_roles: dict[tuple[int, int], Role] = field(default_factory=dict)
    part_names: dict[tuple[int, int], str] = field(default_factory=dict)
    ranges: dict[int, list[Range]] = field(default_factory=dict)
    plates: dict[tuple[int, int], int] = field(default_factory=dict)  # object and instance -> plate
    plate_count: int = 0
    _object: int = 0
    _part: int = 0
    _range: Range | None = None
    _plate: int = 0
    _instance: dict[str, int] = field(default_factory=dict)

    def filament(self, top: int, number: int) -> int:
        """The filament of an object below the build item ``top`` as a whole; 0: unknown."""
        known = self.part_filaments.get((top, number)) or self.filaments.get(number) or self.filaments.get(top)
        return known or 0

    def of_faces(self, top: int, number: int, count: int) -> Ints:
        """The filament of each of its faces, (F,)."""
        result = np.full(count, self.filament(top, number), np.int64)
        for first, last, filament in self.range_filaments.get(number, []):
            result[first : last + 1] = filament
        return result

    def take(self, element: str, attributes: Attributes) -> None:
        """One element of a slicer's file, in the file's order."""
        if element == "object":
            self._object, self._part, self._range, self._plate = int(attributes.get("id", 0)), 0, None, 0
        elif element == "part":
            self._part = int(attributes.get("id", 0))
            self.part_roles[self._object, self._part] = ROLES.get(attributes.get("subtype", ""), "solid")
        elif element == "volume":
            self._range = Range(int(attributes.get("firstid", 0)), int(attributes.get("lastid", -1)))
            self.ranges.setdefault(self._object, []).append(self._range)
        elif element == "plate":
            self._object, self._part, self._range = 0, 0, None
            self.plate_count += 1
            self._plate = self.plate_count
        elif element == "model_instance":
            self._instance = {}
        else:
            self._take_value(attributes.get("key", ""), attributes.get("value", ""))

    def _take_value(self, key: str, value: str) -> None:
        if self._plate:
            self._take_plate(key, value)
        elif key == "extruder" and value.isascii() and value.isdigit() and 0 < int(value) <= 64:
            self._take_filament(int(value))
        elif self._range is not None:
            if key == "volume_type":
                self._range.role = ROLES.get(value, "solid")
            elif key == "modifier" and value == "1":
                self._range.role = "modifier"
            elif key == "name":
                self._range.name = value[:200]
        elif key == "name" and self._part:
            self.part_names[self._object, self._part] = value[:200]

    def _take_filament(self, filament: int) -> None:
        if self._range is not None:
            rows = self.range_filaments.setdefault(self._object, [])
            rows.append((self._range.first, self._range.last, filament))
        elif self._part:
            self.part_filaments[self._object, self._part] = filament
        else:
            self.filaments[self._object] = filament

    def _take_plate(self, key: str, value: str) -> None:
        if key in ("object_id", "instance_id") and value.isascii() and value.isdigit():
            self._instance[key] = int(value)
            if len(self._instance) == 2:
                self.plates[self._instance["object_id"], self._instance["instance_id"]] = self._plate


def told_by_slicers(package: Package) -> Told:
    """What Bambu Studio, OrcaSlicer or PrusaSlicer say beside the model."""
    result = Told()
    elements = ("object", "part", "volume", "metadata", "plate", "model_instance")
    for path in (_BAMBU, _PRUSA):
        if path in package:
            handlers = {name: partial(result.take, name) for name in elements}
            Reader(path, handlers).read(package.pieces(path))
    return result


def bed_mm(package: Package) -> tuple[float, float]:
    """Width and depth of the bed that a Bambu or Orca project was arranged for."""
    path = "Metadata/project_settings.config"
    try:
        settings = json.loads(package.data(path)) if path in package else {}
        corners = [re.fullmatch(r"([-\d.]+)x([-\d.]+)", text) for text in settings["printable_area"]]
        points = np.array([[float(match[1]), float(match[2])] for match in corners if match])
        width, depth = np.ptp(points, axis=0).tolist()
        return (width, depth) if min(width, depth) > 0 else (_BED_MM, _BED_MM)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _BED_MM, _BED_MM


def plate_at(place: Floats, count: int, bed: tuple[float, float]) -> int:
    """The plate, from 1, that a place (x, y) lies on, of ``count`` in a grid that grows rightwards and frontwards."""
    columns = math.ceil(math.sqrt(count))
    column = int(np.clip(np.floor(place[0] / (bed[0] * _STRIDE)), 0, columns - 1))
    row = int(np.clip(-np.floor(place[1] / (bed[1] * _STRIDE)), 0, math.ceil(count / columns) - 1))
    return min(row * columns + column + 1, count)
