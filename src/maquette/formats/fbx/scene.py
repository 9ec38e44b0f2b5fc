"""The objects of an FBX file, how they hang together, and where its models stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.formats.fbx.records import Record

MOST_SHOWN = 20_000
DEEPEST = 256
_ORDERS = ("xyz", "xzy", "yzx", "yxz", "zxy", "zyx")  # RotationOrder: which axis is turned about first


def properties_of(record: Record | None) -> dict[str, list[Any]]:
    """The values of a record's properties by their names."""
    rows = None if record is None else record.first("Properties70")
    if rows is not None:
        return {str(row.values[0]): row.values[4:] for row in rows.all("P") if len(row.values) > 4}
    rows = None if record is None else record.first("Properties60")
    if rows is None:
        return {}
    return {str(row.values[0]): row.values[3:] for row in rows.all("Property") if len(row.values) > 3}


def vector(values: list[Any] | None, default: tuple[float, float, float]) -> Floats:
    """Three numbers of a property."""
    if values is None or len(values) < 3 or not all(isinstance(one, int | float) for one in values[:3]):
        return np.array(default)
    numbers = np.array(values[:3], float)
    return numbers if np.isfinite(numbers).all() else np.array(default)


class Scene:
    """Objects by their numbers, and who is joined to whom."""

    def __init__(self, root: Record) -> None:
        objects = root.first("Objects")
        if objects is None:
            raise BadInput("read-fbx: the file holds no objects; export it again")
        self._objects: dict[Any, Record] = {one.values[0]: one for one in objects.children if one.values}
        self._children: dict[Any, list[tuple[Any, str]]] = {}
        self._parents: dict[Any, list[tuple[Any, str]]] = {}
        connections = root.first("Connections")
        for row in () if connections is None else connections.children:
            if len(row.values) >= 3:
                kind, child, parent = row.values[:3]
                place = str(row.values[3]) if kind == "OP" and len(row.values) > 3 else ""
                self._children.setdefault(parent, []).append((child, place))
                self._parents.setdefault(child, []).append((parent, place))
        self._settings = properties_of(root.first("GlobalSettings"))
        self._ours = self._space()

    def count(self, kind: str) -> int:
        """How many objects of a kind there are."""
        return sum(one.name == kind for one in self._objects.values())

    def name_of(self, record: Record) -> str:
        """An object's name without its class."""
        text = str(record.values[1]) if len(record.values) > 1 else str(record.values[0])
        return text.partition("\x00\x01")[0].rpartition("::")[2] or "object"

    def children(self, record: Record, kind: str) -> list[tuple[Record, str]]:
        """Objects of a kind that are joined to this one, with the property that they are joined to."""
        joined = self._children.get(record.values[0], [])
        joined_objects = [(self._objects.get(child), place) for child, place in joined]
        return [(one, place) for one, place in joined_objects if one is not None and one.name == kind]

    def bodies(self) -> Iterator[tuple[Record, Record]]:
        """Models with a mesh, each with its geometry."""
        shown = 0
        for model in self._objects.values():
            if model.name != "Model":
                continue
            own = [model] if model.first("Vertices") else []  # FBX 6: the mesh lies in the model
            for geometry in own or [one for one, _ in self.children(model, "Geometry") if one.first("Vertices")]:
                shown += 1
                if shown > MOST_SHOWN:
                    raise BadInput(f"read-fbx: the scene shows over {MOST_SHOWN} meshes; join the copies")
                yield model, geometry

    def world_of(self, model: Record) -> Floats:
        """Where a model stands, in our space and in millimetres, (4, 3) for row vectors."""
        matrix, record = np.eye(4), model
        for _ in range(DEEPEST):
            matrix = _local(properties_of(record)) @ matrix
            above = [self._objects.get(parent) for parent, _ in self._parents.get(record.values[0], [])]
            upper = next((one for one in above if one is not None and one.name == "Model"), None)
            if upper is None:
                break
            record = upper
        else:
            raise BadInput(f"read-fbx: models nest over {DEEPEST} deep, or one contains itself; the file is damaged")
        whole = np.eye(4)
        whole[:3, :3] = self._ours
        return (whole @ matrix)[:3].T

    def geometric_of(self, model: Record) -> Floats:
        """What 3ds Max does to the points alone, (4, 3) for row vectors."""
        rows = properties_of(model)
        matrix = np.eye(4)
        turn = _rotation(vector(rows.get("GeometricRotation"), (0, 0, 0)), "xyz")
        matrix[:3, :3] = turn * vector(rows.get("GeometricScaling"), (1, 1, 1))
        matrix[:3, 3] = vector(rows.get("GeometricTranslation"), (0, 0, 0))
        return matrix[:3].T

    def _space(self) -> Floats:
        """The file's axes in ours times millimetres of its unit, (3, 3)."""
        unit = self._settings.get("UnitScaleFactor", [1.0])
        scale = float(unit[0]) if unit and isinstance(unit[0], int | float) else 1.0
        if not 0 < scale < 1e9:
            note("the unit is no number; centimetres are taken")
            scale = 1.0
        columns = np.zeros((3, 3))
        for name, ours, default in (
            ("UpAxis", (0, 0, 1), 1),
            ("FrontAxis", (0, -1, 0), 2),
            ("CoordAxis", (1, 0, 0), 0),
        ):
            axis = self._settings.get(name, [default])[:1]
            sign = self._settings.get(f"{name}Sign", [1])[:1]
            place = int(axis[0]) if axis and axis[0] in (0, 1, 2) else default
            columns[:, place] += np.array(ours, float) * (-1 if sign and sign[0] == -1 else 1)
        if abs(np.linalg.det(columns)) != 1:
            note("the axes make no sense; +Y up is taken")
            columns = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
        elif np.linalg.det(columns) < 0:  # a left-handed file: its side axis looks the other way
            columns[0] *= -1
        return columns * scale * 10.0


def _local(rows: dict[str, list[Any]]) -> Floats:
    """A model's own transform (4, 4), for column vectors: FBX SDK help, computing transformation matrices."""
    nothing, one = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    order = rows.get("RotationOrder", [0])[:1]
    turn_order = _ORDERS[order[0]] if order and order[0] in range(6) else "xyz"
    turn = _rotation(vector(rows.get("Lcl Rotation"), nothing), turn_order)
    if (rows.get("RotationActive") or [0])[0]:
        before = _rotation(vector(rows.get("PreRotation"), nothing), "xyz")
        after = _rotation(vector(rows.get("PostRotation"), nothing), "xyz")
        turn = before @ turn @ after.T
    elif "PreRotation" in rows:
        turn = _rotation(vector(rows.get("PreRotation"), nothing), "xyz") @ turn
    scale = np.diag(vector(rows.get("Lcl Scaling"), one))
    pivot, off = vector(rows.get("RotationPivot"), nothing), vector(rows.get("RotationOffset"), nothing)
    scale_pivot = vector(rows.get("ScalingPivot"), nothing)
    scale_off = vector(rows.get("ScalingOffset"), nothing)
    matrix = np.eye(4)
    matrix[:3, :3] = turn @ scale
    inner = scale_off + scale_pivot - scale @ scale_pivot - pivot
    matrix[:3, 3] = vector(rows.get("Lcl Translation"), nothing) + off + pivot + turn @ inner
    return matrix


def _rotation(degrees: Floats, order: str) -> Floats:
    """Turns about the axes, the first of ``order`` first, (3, 3) for column vectors."""
    matrix = np.eye(3)
    for axis in order:
        number = "xyz".index(axis)
        sine, cosine = np.sin(np.radians(degrees[number])), np.cos(np.radians(degrees[number]))
        i, j = (number + 1) % 3, (number + 2) % 3
        turn = np.eye(3)
        turn[i, i], turn[j, j], turn[i, j], turn[j, i] = cosine, cosine, -sine, sine
        matrix = turn @ matrix
    return matrix
