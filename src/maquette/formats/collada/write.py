"""Write COLLADA 1.4.1: what Blender before 5, SketchUp, Unity and Second Life open."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Ints
from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.formats import provenance
from maquette.formats.carries import say_lost
from maquette.formats.collada.read import PROFILE
from maquette.formats.mtl import safe_stem
from maquette.formats.pictures_in_files import tint
from maquette.formats.surface_colors import materials_of
from maquette.formats.threemf.paint import printable, rows_of
from maquette.geometry.look.srgb import to_srgb
from maquette.geometry.welding import twins
from maquette.registry import stage

_ROWS = 4096  # rows that one % makes
_LONG_AGO = "1980-01-01T00:00:00Z"  # the schema wants a date; the same model is the same bytes


@stage(writes=(".dae",))
def write_dae(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "model",
) -> Files:
    """Write a COLLADA file in millimetres, +Z up, with its pictures beside it.

    A node for each part, triangles for each material; positions keep every digit, texture coordinates stay on corners,
    vertex colours go along as screens show them. Materials keep name, colour or picture (multiplied with its colour),
    emission, opacity and normal map. The comment lists the stages. Refused: an asset without faces.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        raise BadInput("write-dae: the asset has no faces; there is nothing to write")
    say_lost(asset, ".dae")
    pictures: dict[str, bytes] = {}
    effects = [_effect(number, one, f"{safe_stem(stem)}_dae", pictures) for number, one in enumerate(asset.materials)]
    rows = [_head(asset), "<library_images>\n"]
    rows += [f'<image id="{_id(name)}"><init_from>{name}</init_from></image>\n' for name in pictures]
    rows += ["</library_images>\n<library_effects>\n", *effects, "</library_effects>\n<library_materials>\n"]
    for number, material in enumerate(asset.materials):
        url = f'<instance_effect url="#effect{number}"/>'
        rows.append(f'<material id="material{number}" name="{printable(material.name)}">{url}</material>\n')
    rows += ["</library_materials>\n<library_geometries>\n"]
    nodes = []
    part = np.zeros(len(mesh.faces), np.int64) if mesh.part is None else mesh.part.astype(np.int64)
    for number in np.unique(part).tolist():
        which = np.flatnonzero(part == number)
        rows += _geometry(asset, number, which)
        name = asset.part_names[number] if mesh.part is not None else asset.title or stem
        nodes.append(_node(number, name, np.unique(materials_of(asset)[which]).tolist() if asset.materials else []))
    title = printable(asset.title or stem)
    rows += [f'</library_geometries>\n<library_visual_scenes>\n<visual_scene id="scene" name="{title}">\n', *nodes]
    rows += ["</visual_scene>\n</library_visual_scenes>\n", '<scene><instance_visual_scene url="#scene"/></scene>\n']
    sized = "true" if asset.sized else "false"
    rows += [f'<extra><technique profile="{PROFILE}"><sized>{sized}</sized></technique></extra>\n</COLLADA>\n']
    return Files(f"{stem}.dae", {f"{stem}.dae": "".join(rows).encode(), **pictures})


def _head(asset: Asset) -> str:
    """Everything before the libraries."""
    tool, provenance_text = f"maquette {version('maquette')}", printable(provenance.as_text(asset))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">\n<asset>\n'
        f"<contributor><authoring_tool>{tool}</authoring_tool><comments>{provenance_text}</comments></contributor>\n"
        f"<created>{_LONG_AGO}</created><modified>{_LONG_AGO}</modified>\n"
        '<unit name="millimeter" meter="0.001"/><up_axis>Z_UP</up_axis>\n</asset>\n'
    )


def _id(name: str) -> str:
    """A picture's id: its file name."""
    return f"image-{name}"


def _effect(number: int, material: Material, stem: str, pictures: dict[str, bytes]) -> str:
    """The looks of one material; its pictures are put into ``pictures``."""
    params: list[str] = []
    base, color = material.base_color_texture, material.base_color

    def picture(texture: Texture, role: str) -> str:
        name = next((old for old, data in pictures.items() if data == texture.data), "")
        name = name or f"{stem}_{number + 1}_{role}{texture.suffix}"
        pictures[name] = texture.data
        surface = f'<surface type="2D"><init_from>{_id(name)}</init_from></surface>'
        params.append(f'<newparam sid="{role}-surface">{surface}</newparam>\n')
        words = {"repeat": "WRAP", "mirror": "MIRROR", "clamp": "CLAMP", "none": "NONE"}
        edges = "".join(f"<wrap_{axis}>{words[w]}</wrap_{axis}>" for axis, w in zip("st", texture.wrap, strict=False))
        sampler = f"<sampler2D><source>{role}-surface</source>{edges}</sampler2D>"
        params.append(f'<newparam sid="{role}-sampler">{sampler}</newparam>\n')
        return f'<texture texture="{role}-sampler" texcoord="UVMap"/>'

    diffuse = _color(color[:3]) if base is None else picture(tint(base, (*color[:3], 1.0)), "color")
    glow = material.emissive_texture
    emission = _color(material.emissive) if glow is None else picture(glow, "emission")
    clear = ""
    if material.alpha_mode != "opaque":
        by = "<color>1 1 1 1</color>" if base is None else '<texture texture="color-sampler" texcoord="UVMap"/>'
        clear = f'<transparent opaque="A_ONE">{by}</transparent>'
        clear += f"<transparency><float>{float(color[3])!r}</float></transparency>"
    bump = ""
    if material.normal_texture is not None:
        normal = picture(material.normal_texture, "normal")
        bump = f'<extra><technique profile="FCOLLADA"><bump bumptype="NORMALMAP">{normal}</bump></technique></extra>'
    shader = f"<emission>{emission}</emission><diffuse>{diffuse}</diffuse>{clear}"
    technique = f'<technique sid="common"><lambert>{shader}</lambert>{bump}</technique>'
    sides = '<extra><technique profile="GOOGLEEARTH"><double_sided>1</double_sided></technique></extra>'
    return (
        f'<effect id="effect{number}"><profile_COMMON>\n{"".join(params)}{technique}\n'
        f"{sides if material.double_sided else ''}</profile_COMMON></effect>\n"
    )


def _color(linear: tuple[float, ...]) -> str:
    return f"<color>{' '.join(f'{value:.9g}' for value in to_srgb(np.array(linear)).tolist())} 1</color>"


def _geometry(asset: Asset, number: int, which: Ints) -> Iterator[str]:
    """One part: its sources, then triangles for each material."""
    mesh, me = asset.mesh, f"part{number}"
    used, local = np.unique(mesh.faces[which], return_inverse=True)
    columns = [local.reshape(-1, 3)]
    inputs = f'<input semantic="VERTEX" source="#{me}-vertices" offset="0"/>\n'
    yield f'<geometry id="{me}"><mesh>\n'
    yield from _source(f"{me}-positions", "XYZ", mesh.vertices[used] + 0.0)
    if mesh.uv is not None:
        flat = np.ascontiguousarray(mesh.uv[which].reshape(-1, 2))
        keep, twin = twins(flat)
        pairs = flat[keep].astype(np.float64)
        yield from _source(f"{me}-uv", "ST", np.stack([pairs[:, 0], 1.0 - pairs[:, 1]], axis=1) + 0.0)
        columns.append(twin.reshape(-1, 3))
        inputs += f'<input semantic="TEXCOORD" source="#{me}-uv" offset="1" set="0"/>\n'
    if mesh.color is not None:
        yield from _source(f"{me}-colors", "RGB", mesh.color[used] / 255.0)
        inputs += f'<input semantic="COLOR" source="#{me}-colors" offset="0"/>\n'
    positions = f'<input semantic="POSITION" source="#{me}-positions"/>'
    yield f'<vertices id="{me}-vertices">{positions}</vertices>\n'
    rows = np.stack(columns, axis=2).reshape(len(which), -1)
    material = materials_of(asset)[which]
    for one in np.unique(material).tolist():
        mine = np.flatnonzero(material == one)
        named = f' material="symbol{one}"' if asset.materials else ""
        yield f'<triangles{named} count="{len(mine)}">\n{inputs}<p>'
        yield from _rows(" ".join(["%d"] * rows.shape[1]) + "\n", rows[mine])
        yield "</p></triangles>\n"
    yield "</mesh></geometry>\n"


def _source(name: str, params: str, rows: NDArray[np.float64]) -> Iterator[str]:
    """Rows (N, K) of numbers."""
    columns = "".join(f'<param name="{letter}" type="float"/>' for letter in params)
    accessor = f'<accessor source="#{name}-array" count="{len(rows)}" stride="{len(params)}">{columns}</accessor>'
    yield f'<source id="{name}"><float_array id="{name}-array" count="{rows.size}">'
    yield from _rows(" ".join(["%r"] * rows.shape[1]) + "\n", rows)
    yield f"</float_array><technique_common>{accessor}</technique_common></source>\n"


def _node(number: int, name: str, materials: list[int]) -> str:
    """A part where it stands."""
    uv = '<bind_vertex_input semantic="UVMap" input_semantic="TEXCOORD" input_set="0"/>'
    rows = "".join(
        f'<instance_material symbol="symbol{one}" target="#material{one}">{uv}</instance_material>' for one in materials
    )
    bound = f"<bind_material><technique_common>{rows}</technique_common></bind_material>" if rows else ""
    shown = f'<instance_geometry url="#part{number}">{bound}</instance_geometry>'
    return f'<node id="node{number}" name="{printable(name)}">{shown}</node>\n'


def _rows(line: str, rows: NDArray[Any]) -> Iterator[str]:
    """One line a row, in chunks."""
    return (rows_of(line, rows[start : start + _ROWS]) for start in range(0, len(rows), _ROWS))
