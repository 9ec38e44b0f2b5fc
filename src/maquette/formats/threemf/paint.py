"""Colour in 3MF: what each triangle's corners point to (3MF Materials 1.2, and base materials of the core).

A material with a texture becomes a texture group, vertex colours a colour group, any other material a base material
with its name. Slicers ignore all three today; viewers, services and the next program to open the file do not. For
slicers flat materials are filaments as well, numbered as the asset's materials are; then the triangles point to a
colour group of the same order, which Bambu Studio has begun to read, and the base materials keep the names.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Ints
from maquette.core.asset import Asset, Material, Texture
from maquette.formats.pictures_in_files import as_png, srgb_from_linear, tint
from maquette.formats.surface_colors import (
    corner_colors,
    materials_of,
    modulate_texture,
    pack_rgb,
    without_plain_textures,
)
from maquette.formats.threemf import names
from maquette.formats.threemf.colors import TILES
from maquette.formats.threemf.filaments import MOST
from maquette.geometry.look.corner_vertices import split_rows

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot say


def printable(text: str) -> str:
    """Text as XML writes it, without the characters that it has no way to write."""
    return html.escape(_UNPRINTABLE.sub("", text))  # xml.sax.saxutils would load urllib, 30 ms


@dataclass
class Paint:
    """The colour resources of a file, in the order in which it lists them, and every corner's place in them."""

    corners: Ints | None = None  # (F, 4): resource id, then one index a corner; None: no colour at all
    filament: Ints | None = None  # (F,) from 1; None: slicers are told nothing
    names: int = 0  # the base materials that say what the colours of the filaments are called
    palette: list[str] = field(default_factory=list)  # colours of the filaments
    textures: dict[str, Texture] = field(default_factory=dict)  # by path in the package
    xml: list[str] = field(default_factory=list)
    next_id: int = 1

    def add(self, tag: str, attributes: str, rows: str = "") -> int:
        """Append a resource; its id."""
        number, self.next_id = self.next_id, self.next_id + 1
        body = f">\n{rows}</{tag}>\n" if rows else "/>\n"
        self.xml.append(f'<{tag} id="{number}"{attributes}{body}')
        return number


def filaments_of(asset: Asset) -> list[str]:
    """Colours ``#RRGGBB`` of the filaments that slicers are told, material n the nth; none: not 2 to 16 flat ones."""
    used = np.unique(asset.mesh.material) if asset.materials and asset.mesh.material is not None else np.zeros(0, int)
    if (asset.mesh.color is not None and (asset.mesh.color < 255).any()) or len(used) < 2 or used[-1] >= MOST:
        return []
    if asset.mesh.uv is not None and any(asset.materials[k].base_color_texture is not None for k in used.tolist()):
        return []
    return [_hex(material)[:7] for material in asset.materials[: int(used[-1]) + 1]]


def paint_colors(asset: Asset) -> Paint:
    """The colours of an asset as 3MF says them: one a corner, so products are worked out here."""
    asset = without_plain_textures(asset)
    mesh, paint = asset.mesh, Paint()
    if not asset.materials and mesh.color is None:
        return paint
    of_face = materials_of(asset)
    used = np.bincount(of_face, minlength=len(asset.materials)) > 0
    corners = paint.corners = np.zeros((len(mesh.faces), 4), np.int64)
    for number, material in enumerate(asset.materials):
        if used[number] and material.base_color_texture is not None and mesh.uv is not None:
            which = np.flatnonzero(of_face == number)
            if mesh.color is not None and (mesh.color[mesh.faces[which]] < 255).any():
                picture = modulate_texture(material.base_color_texture, mesh.uv[which], mesh.color[mesh.faces[which]])
                material = material.replace(base_color_texture=picture)  # noqa: PLW2901
            corners[which] = _texture_group(paint, material, mesh.uv[which])
    rest = np.flatnonzero(corners[:, 0] == 0)
    if len(rest) and mesh.color is not None and (mesh.color[mesh.faces[rest]] < 255).any():
        corners[rest] = _color_group(paint, corner_colors(asset)[rest])
    elif len(rest):
        paint.palette = filaments_of(asset)
        if paint.palette:
            paint.filament = of_face + 1
        group = _base_group(paint, asset.materials)
        if paint.filament is not None:
            colors = "".join(f'<m:color color="{_hex(material)}"/>\n' for material in asset.materials)
            paint.names, group = group, paint.add("m:colorgroup", "", colors)
        corners[rest] = np.column_stack([np.full(len(rest), group), *[of_face[rest]] * 3])
    return paint


def rows_of(line: str, rows: NDArray[Any]) -> str:
    """One line of text a row, by a single %: the fastest text that Python makes."""
    return (line * len(rows)) % tuple(rows.ravel().tolist())


def _texture_group(paint: Paint, material: Material, uv: NDArray[np.float32]) -> Ints:
    """A picture and places on it; what each corner of the faces (F, 3, 2) points to, (F, 4)."""
    path, texture = _embed_picture(paint, material)
    attributes = f' path="/{path}" contenttype="{texture.media_type}"'
    words = {wrap: tile for tile, wrap in TILES.items()}
    attributes += "".join(f' tilestyle{axis}="{words[wrap]}"' for axis, wrap in zip("uv", texture.wrap, strict=False))
    picture = paint.add("m:texture2d", attributes)
    flat = np.ascontiguousarray(uv.reshape(-1, 2) + np.float32(0))  # turns -0.0 into 0.0
    first, place = split_rows(flat.view(np.uint64)[:, 0])
    places = flat[first].astype(np.float64) * [1, -1] + [0, 1]  # ours counts v downwards, 3MF upwards
    rows = rows_of('<m:tex2coord u="%.12g" v="%.12g"/>\n', places)
    group = paint.add("m:texture2dgroup", f' texid="{picture}"', rows)
    return np.column_stack([np.full(len(uv), group), place.reshape(-1, 3)])


def _embed_picture(paint: Paint, material: Material) -> tuple[str, Texture]:
    """Where a material's picture lies in the package; 3MF knows PNG and JPEG, and no tint beside a texture."""
    assert material.base_color_texture is not None
    texture = tint(material.base_color_texture, material.base_color)
    texture = as_png(texture) if texture.media_type == "image/webp" else texture
    stem = re.sub("[^A-Za-z0-9_.-]+", "-", material.name).strip(".-") or "texture"
    path, number = f"{names.TEXTURE_FOLDER}{stem}{texture.suffix}", 1
    while path in paint.textures:
        number += 1
        path = f"{names.TEXTURE_FOLDER}{stem}-{number}{texture.suffix}"
    paint.textures[path] = texture
    return path, texture


def _color_group(paint: Paint, colors: NDArray[np.uint8]) -> Ints:
    """Colours of corners (F, 3, 3); what each corner points to, (F, 4)."""
    distinct, place = np.unique(pack_rgb(colors), return_inverse=True)
    group = paint.add("m:colorgroup", "", rows_of('<m:color color="#%06X"/>\n', distinct))
    return np.column_stack([np.full(len(colors), group), place.reshape(-1, 3)])


def _base_group(paint: Paint, materials: tuple[Material, ...]) -> int:
    """All materials by name and colour, so that their numbers stay."""
    rows = [
        f'<base name="{printable(material.name) or "material"}" displaycolor="{_hex(material)}"/>\n'
        for material in materials
    ]
    return paint.add("basematerials", "", "".join(rows))


def _hex(material: Material) -> str:
    """``#RRGGBBAA``."""
    color = [*srgb_from_linear(np.array(material.base_color[:3])).tolist(), round(material.base_color[3] * 255)]
    return "#{:02X}{:02X}{:02X}{:02X}".format(*color)
