"""The colours of 3MF triangles as ours: textures and base materials become materials, colour groups vertex colours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Ints
from maquette.core.asset import Material, Texture
from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.formats.pictures_in_files import linear_from_srgb
from maquette.formats.threemf.model import Group, Model, Object
from maquette.formats.threemf.package import Package, part_name

MOST_FLAT = 4096  # colours of whole triangles that become materials of their own
_UNNAMED = "#C0C0C0 #E53935 #1E88E5 #43A047 #FDD835 #8E24AA #FB8C00 #212121"  # filaments a file gives no colour


@dataclass(frozen=True)
class Coat:
    """What lies on each face of one object."""

    material: Ints  # (F,) -1: none
    uv: NDArray[np.float32]  # (F, 3, 2)
    color: Ints  # (F, 3) 0xRRGGBB at each corner, -1: none

    @property
    def bare(self) -> bool:
        """No face has a colour of the standard's."""
        return bool((self.material < 0).all() and (self.color < 0).all())


@dataclass
class Palette:
    """Materials found so far; each resource of the package becomes materials once."""

    package: Package
    filaments: list[str] = field(default_factory=list)  # colours by extruder
    materials: list[Material] = field(default_factory=list)
    has_uv: bool = False
    _of_filament: dict[int, int] = field(default_factory=dict)
    _of_group: dict[tuple[str, int], int] = field(default_factory=dict)

    def coat(self, path: str, model: Model, thing: Object) -> Coat:
        """The coat of one object's faces."""
        count = len(thing.faces)
        made = Coat(np.full(count, -1), np.zeros((count, 3, 2), np.float32), np.full((count, 3), -1))
        named = np.frombuffer(thing.paint, np.int64).reshape(-1, 5)
        rows = np.zeros((count, 4), np.int64)  # group, three indices
        rows[:] = (thing.group, thing.index, thing.index, thing.index)
        rows[named[:, 0]] = named[:, 1:]
        for number in np.unique(rows[:, 0]).tolist():
            if number in model.groups:
                which = np.flatnonzero(rows[:, 0] == number)
                self._apply(made, which, rows[which, 1:], (path, number), model)
        return made

    def filament_coat(self, filament: Ints) -> Coat:
        """The coat of faces by the number of their filament (F,), 0: none said, which slicers take for the first."""
        numbers, place = np.unique(np.maximum(filament, 1), return_inverse=True)
        for number in numbers.tolist():
            if number not in self._of_filament:
                told = self.filaments[number - 1] if number <= len(self.filaments) else ""
                usual = _UNNAMED.split()
                value = int((told or usual[(number - 1) % len(usual)])[1:], 16)
                self._of_filament[number] = len(self.materials)
                self.materials.append(_flat(value).replace(name=f"filament {number}"))
        material = np.array([self._of_filament[number] for number in numbers.tolist()])[place.reshape(-1)]
        return Coat(material, np.zeros((len(material), 3, 2), np.float32), np.full((len(material), 3), -1))

    def _apply(self, coat: Coat, which: Ints, index: Ints, key: tuple[str, int], model: Model) -> None:
        group = model.groups[key[1]]
        table = group.table
        if index.min() < 0 or index.max() >= len(table):
            raise BadInput(f"read-3mf: a triangle names colour {index.max()} of {len(table)}; the file is damaged")
        named = _name_materials(model, group, index)
        if named is not None:
            self._apply(coat, which, index, (key[0], named), model)
            return
        if group.kind == "color":
            coat.color[which] = table[index, :3].astype(np.int64) @ np.array([65536, 256, 1])
            return
        if key not in self._of_group:
            self._of_group[key] = len(self.materials)
            self.materials += self._texture_materials(model, group) if group.kind == "uv" else _bases(group)
        coat.material[which] = self._of_group[key]
        if group.kind == "uv":
            coat.uv[which] = np.stack([table[index, 0], 1.0 - table[index, 1]], axis=-1)  # 3MF counts v upwards
            self.has_uv = True
        else:
            coat.material[which] += index[:, 0]

    def _texture_materials(self, model: Model, group: Group) -> list[Material]:
        if group.texture not in model.textures:
            raise BadInput(f"read-3mf: a texture group names texture {group.texture}, which is not there")
        path = part_name(model.textures[group.texture])
        name = path.rpartition("/")[2].rpartition(".")[0] or "texture"
        return [Material(name=name, base_color_texture=Texture(self.package.data(path)))]


def _name_materials(model: Model, group: Group, index: Ints) -> int | None:
    """The base materials that give flat colours (N, 3) of a colour group their names: the same colours in a row."""
    if group.kind != "color" or (index != index[:, :1]).any():
        return None
    table = group.table
    same = (k for k, other in model.groups.items() if other.kind == "base" and np.array_equal(other.table, table))
    return next(same, None)


def _bases(group: Group) -> list[Material]:
    rgba = group.table.astype(np.uint8)
    light = linear_from_srgb(rgba[:, :3])
    return [
        Material(
            name=label or "material",
            base_color=(*color, alpha / 255),
            alpha_mode="opaque" if alpha == 255 else "blend",
        )
        for label, color, alpha in zip(group.labels, light.tolist(), rgba[:, 3].tolist(), strict=True)
    ]


def settle_colors(
    faces: Ints, vertex_count: int, material: Ints, corner: Ints, materials: list[Material]
) -> tuple[Ints, NDArray[np.uint8] | None, list[Material]]:
    """Corner colours (F, 3) as vertex colours where they agree, as materials where triangles are flat, else averaged.

    Returns the faces' materials (F,), the vertices' colours (V, 3) or None, and all materials.
    """
    has = corner[:, 0] >= 0
    if not has.any():
        return material, None, materials
    vertex, color = faces[has].reshape(-1), corner[has].reshape(-1)
    rgb = np.stack([color >> 16, color >> 8 & 255, color & 255], axis=1).astype(np.float64)
    order = np.lexsort((color, vertex))
    same_vertex = vertex[order][1:] == vertex[order][:-1]
    agree = not (same_vertex & (color[order][1:] != color[order][:-1])).any()
    flat = (corner[has] == corner[has][:, :1]).all()
    if not agree and flat:
        found, place = np.unique(corner[has][:, 0], return_inverse=True)
        if len(found) <= MOST_FLAT:
            made = material.copy()
            made[has] = len(materials) + place.reshape(-1)
            return made, None, materials + [_flat(int(value)) for value in found]
    if not agree:
        note("corners that meet had several colours; vertices got their mean")
    count = np.bincount(vertex, minlength=vertex_count)
    total = np.stack([np.bincount(vertex, weights=channel, minlength=vertex_count) for channel in rgb.T], axis=1)
    mean = np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], 255.0)
    return material, np.rint(mean).astype(np.uint8), materials


def _flat(value: int) -> Material:
    rgb = np.array([value >> 16, value >> 8 & 255, value & 255], np.uint8)
    red, green, blue = linear_from_srgb(rgb).tolist()
    return Material(name=f"#{value:06X}", base_color=(red, green, blue, 1.0))
