"""The colours of 3MF triangles as ours: textures and base materials become materials, colour groups vertex colours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from maquette.core.arrays import Ints
from maquette.core.asset import Material, Texture, Wrap, with_wrap
from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.formats.pictures_in_files import linear_from_srgb
from maquette.formats.pieces import Coat
from maquette.formats.side_files import Converter
from maquette.formats.surface_colors import MOST_FLAT, flat_material, pack_rgb
from maquette.formats.threemf.model import Group, Model, Object
from maquette.formats.threemf.package import Package, part_name

TILES: dict[str, Wrap] = {"wrap": "repeat", "mirror": "mirror", "clamp": "clamp", "none": "none"}
_UNNAMED = "#C0C0C0 #E53935 #1E88E5 #43A047 #FDD835 #8E24AA #FB8C00 #212121"  # filaments a file gives no colour


@dataclass
class Palette:
    """Materials found so far; each resource of the package becomes materials once."""

    package: Package
    filaments: list[str] = field(default_factory=list)  # colours by extruder
    materials: list[Material] = field(default_factory=list)
    has_uv: bool = False
    _of_filament: dict[int, int] = field(default_factory=dict)
    _of_group: dict[tuple[str, int], int] = field(default_factory=dict)
    _of_base: dict[tuple[str, int, int], int] = field(default_factory=dict)
    _bases_by_color: dict[str, dict[bytes, int]] = field(default_factory=dict)
    _pictures: dict[str, Texture | None] = field(default_factory=dict)
    _convert: Converter = field(default_factory=Converter)
    astray: int = 0  # triangles whose colour is not there

    def coat(self, path: str, model: Model, thing: Object) -> Coat:
        """The coat of one object's faces."""
        count = len(thing.faces)
        result = Coat(np.full(count, -1), np.zeros((count, 3, 2), np.float32), np.full((count, 3), -1))
        named = np.frombuffer(thing.paint, np.int64).reshape(-1, 5)
        rows = np.zeros((count, 4), np.int64)  # group, three indices
        rows[:] = (thing.group, thing.index, thing.index, thing.index)
        rows[named[:, 0]] = named[:, 1:]
        order = np.argsort(rows[:, 0], kind="stable")
        numbers, starts = np.unique(rows[order, 0], return_index=True)
        for number, which in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
            if number in model.groups:
                self._apply(result, which, rows[which, 1:], (path, number), model)
            elif number:
                self.astray += len(which)
        return result

    def filament_coat(self, filament: Ints) -> Coat:
        """The coat of faces by the number of their filament (F,), 0: none said, which slicers take for the first."""
        numbers, place = np.unique(np.maximum(filament, 1), return_inverse=True)
        for number in numbers.tolist():
            if number not in self._of_filament:
                color = self.filaments[number - 1] if number <= len(self.filaments) else ""
                usual = _UNNAMED.split()
                value = int((color or usual[(number - 1) % len(usual)])[1:], 16)
                self._of_filament[number] = len(self.materials)
                self.materials.append(flat_material(value).replace(name=f"filament {number}"))
        own = np.array([self._of_filament[number] for number in numbers.tolist()], np.int64)
        material = own[place.reshape(-1)]
        return Coat(material, np.zeros((len(material), 3, 2), np.float32), np.full((len(material), 3), -1))

    def _apply(self, coat: Coat, which: Ints, index: Ints, key: tuple[str, int], model: Model) -> None:
        group = model.groups[key[1]]
        table = group.table
        there = ((index >= 0) & (index < len(table))).all(axis=1)
        if not there.all():
            self.astray += int((~there).sum())
            which, index = which[there], index[there]
        if not len(which):
            return
        named = self._name_materials(key[0], model, group, index)
        if named is not None:
            self._apply(coat, which, index, (key[0], named), model)
            return
        if group.kind == "color":
            coat.color[which] = pack_rgb(table[index, :3])
            return
        if group.kind == "base":
            self._apply_bases(coat, which, index[:, 0], key, group)
            return
        if key not in self._of_group:
            self._of_group[key] = len(self.materials)
            self.materials += self._texture_materials(model, group)
        coat.material[which] = self._of_group[key]
        if group.kind == "uv":
            with np.errstate(over="ignore"):
                uv = np.stack([table[index, 0], 1.0 - table[index, 1]], axis=-1).astype(np.float32)  # 3MF: v upwards
            coat.uv[which] = np.where(np.isfinite(uv), uv, 0)
            self.has_uv = True

    def _apply_bases(self, coat: Coat, which: Ints, index: Ints, key: tuple[str, int], group: Group) -> None:
        """Base materials; those that nobody uses are never made, thousands of them are only colours."""
        used, place = np.unique(index, return_inverse=True)
        if len(used) > MOST_FLAT:
            coat.color[which] = pack_rgb(group.table[index, :3])[:, None]
            return
        for number in used.tolist():
            if (*key, number) not in self._of_base:
                self._of_base[*key, number] = len(self.materials)
                self.materials.append(_base(group, number))
        own = np.array([self._of_base[*key, number] for number in used.tolist()], np.int64)
        coat.material[which] = own[place.reshape(-1)]

    def _texture_materials(self, model: Model, group: Group) -> list[Material]:
        path = model.textures.get(group.texture, "")
        name = path.rpartition("/")[2].rpartition(".")[0] or "texture"
        if path not in self._pictures:
            self._pictures[path] = self._picture(path, group.texture)
        picture = self._pictures[path]
        u, v = (TILES.get(word.strip().lower(), "repeat") for word in model.tiles.get(group.texture, ("", "")))
        return [Material(name=name, base_color_texture=with_wrap(picture, (u, v)))]

    def _picture(self, path: str, number: int) -> Texture | None:
        """The picture of a texture; None with a note where there is none."""
        try:
            return self._convert(self.package.data(part_name(path)), path)
        except BadInput as problem:
            words = str(problem).removeprefix("read-3mf: ").partition(";")[0]
            note(f"texture {number}: {words}; continued without it")
            return None

    def _name_materials(self, path: str, model: Model, group: Group, index: Ints) -> int | None:
        """The base materials that give flat colours (N, 3) of a colour group their names: the same colours in a row."""
        if group.kind != "color" or (index != index[:, :1]).any():
            return None
        if path not in self._bases_by_color:
            known = self._bases_by_color[path] = {}
            for number, other in model.groups.items():
                if other.kind == "base":
                    known.setdefault(other.table.tobytes(), number)
        return self._bases_by_color[path].get(group.table.tobytes())


def _base(group: Group, number: int) -> Material:
    """One base material with its name and colour."""
    rgba = group.table[number].astype(np.uint8)
    red, green, blue = linear_from_srgb(rgba[:3]).tolist()
    alpha = float(rgba[3]) / 255
    mode: Literal["opaque", "blend"] = "opaque" if alpha == 1.0 else "blend"
    return Material(name=group.labels[number] or "material", base_color=(red, green, blue, alpha), alpha_mode=mode)
