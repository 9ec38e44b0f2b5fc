"""OBJ: vertices, texture coordinates on corners, polygons, groups, and an MTL beside it (Wavefront, 1995)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Ints
from maquette.core.asset import Asset, Material, textures_of
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.formats.carries import say_lost
from maquette.formats.mtl import mtl_references, read_materials, unique_names, write_materials
from maquette.formats.obj_lines import gather
from maquette.formats.quads import polygon_corners
from maquette.formats.side_files import find, locate, references
from maquette.formats.text_numbers import decode_text, one_line
from maquette.geometry.welding import twins
from maquette.registry import stage

UpAxis = Annotated[Literal["+Z", "+Y"], Field(description="axis that points up in the file; engines mostly say +Y")]
_SIGNATURE = "# Maquette: "
_CHUNK = 1 << 15  # rows of text at a time


def obj_references(name: str, data: bytes) -> list[str]:
    """Side files that an OBJ (its MTL) or an MTL (its pictures) refers to, as plain names to look for beside it."""
    if name.lower().endswith(".mtl"):
        return mtl_references(data, name)
    if not name.lower().endswith(".obj"):
        return []
    lines = re.findall(rb"^[ \t]*mtllib[ \t]+([^\r\n]+)", data, re.MULTILINE)
    return references([name for line in lines for name in _library_names(decode_text(line))])


@stage(reads=(".obj",), refers=obj_references)
def read_obj(files: Files, *, up: UpAxis = "+Z") -> Asset:
    """Read an OBJ with its materials and textures.

    Vertices keep their order and position (those that no face uses go), texture coordinates go on corners, ``o``
    (else ``g``) names parts, ``v x y z r g b`` gives vertex colours. Polygons become triangles, hollow ones too.
    Negative indices, line continuation and old Mac line ends are understood. Normals, lines, points, curves and
    smoothing groups are left out. A material file or picture that is missing leaves plain materials and a note.

    OBJ names no unit: the numbers are taken as millimetres and the asset is not sized. ``up="+Y"`` turns the model
    upright: (x, y, z) of the file becomes (x, -z, y).

    Refused: indices that point nowhere, numbers that are none, side files named by network address or through
    ``..``, and a file without faces. Faces of one or two corners are left out with a note.
    """
    content = gather(files.data)
    if not sum(map(len, content.counts)):
        raise BadInput("read-obj: the file holds no faces; export a mesh, not curves or points")
    mesh, material_names, part_names = content.mesh(up)
    materials = _materials(files, content.libraries, material_names)
    return Asset(mesh, materials=materials, part_names=part_names, title=_title(files))


@stage(writes=(".obj",))
def write_obj(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, description="file name without its ending")] = "model",
    up: UpAxis = "+Z",
) -> Files:
    """Write an OBJ, with an MTL and its pictures when the asset has materials.

    Positions keep every digit, texture coordinates stay on corners (each pair is written once), vertex colours go
    behind the positions, parts become ``o``, quads stay quads. Faces are sorted by part and material, and keep their
    order within.
    Materials get the physically based keys (Pr, Pm, Ke, map_Kd, map_Pr, map_Pm, map_Ke, norm) beside the old ones;
    occlusion and the difference between masked and blended alpha have no key and stay behind.

    Millimetres, +Z up; ``up="+Y"`` lays the axes as engines want them: (x, y, z) becomes (x, z, -y). Refused: an
    asset without faces.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        raise BadInput("write-obj: the asset has no faces; there is nothing to write")
    say_lost(asset, ".obj")
    asset = _with_edges_that_count(asset)
    names, side_files = write_materials(asset.materials, stem) if asset.materials else ([], {})
    rows = [f"{_SIGNATURE}{one_line(asset.title or stem)}\n"]
    rows += [f"mtllib {name}\n" for name in side_files if name.endswith(".mtl")]
    rows += _vertices(mesh, up)
    uv_index = np.zeros((len(mesh.faces), 0), np.int64)
    if mesh.uv is not None:
        keep, twin = twins(mesh.uv.reshape(-1, 2))
        pairs = mesh.uv.reshape(-1, 2)[keep].astype(np.float64)
        rows += _format_rows("vt %r %r\n", np.stack([pairs[:, 0], 1.0 - pairs[:, 1]], axis=1) + 0.0)
        uv_index = twin.reshape(-1, 3)
    rows += _group_rows(mesh, uv_index, unique_names(list(asset.part_names)), names)
    return Files(f"{stem}.obj", {f"{stem}.obj": "".join(rows).encode("utf-8"), **side_files})


def _library_names(line: str) -> list[str]:
    """A ``mtllib`` line names one file, perhaps with spaces in it, or several."""
    whole = line.strip()
    return [whole, *whole.split()] if " " in whole else [whole]


def _materials(files: Files, libraries: list[str], names: tuple[str, ...]) -> tuple[Material, ...]:
    """The materials in use, by name; plain ones where the library says nothing."""
    known: dict[str, Material] = {}
    for line in dict.fromkeys(libraries):
        for reference in [line] if locate(files, line) or " " not in line else line.split():
            data = find(files, reference)
            if data is not None:
                known |= read_materials(
                    files, data, [name for name in names if name not in known], locate(files, reference) or ""
                )
    missing = [name for name in names if name not in known]
    if missing:
        note(f"no library describes {len(missing)} of {len(names)} materials; they are plain")
    return tuple(known.get(name, Material(name=name)) for name in names)


def _with_edges_that_count(asset: Asset) -> Asset:
    """The asset with edges of textures only where texture coordinates leave 0..1; MTL can only say that both clamp."""
    uv, looks = asset.mesh.uv, asset.materials
    if not any(picture.wrap for look in looks for picture in textures_of(look).values()):
        return asset
    if uv is not None and (uv.min(initial=0) < 0 or uv.max(initial=1) > 1):
        if any("mirror" in p.wrap or "repeat" in p.wrap for look in looks for p in textures_of(look).values()):
            note("textures that are mirrored, or clamped one way only, repeat: MTL knows -clamp alone")
        return asset
    bare = [{slot: picture.replace(wrap=()) for slot, picture in textures_of(look).items()} for look in looks]
    return asset.replace(materials=tuple(look.replace(**slots) for look, slots in zip(looks, bare, strict=True)))


def _title(files: Files) -> str:
    line = decode_text(files.data[:256].split(b"\n", 1)[0]).strip()
    return line.removeprefix(_SIGNATURE) if line.startswith(_SIGNATURE) else files.stem


def _vertices(mesh: Mesh, up: str) -> list[str]:
    """The ``v`` rows, with colours 0..1 where there are any."""
    points = mesh.vertices
    if up == "+Y":
        points = np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)
    points = points + 0.0  # no -0.0
    if mesh.color is None:
        return _format_rows("v %r %r %r\n", points)
    return _format_rows("v %r %r %r %.4g %.4g %.4g\n", np.concatenate([points, mesh.color / 255.0], axis=1))


def _group_rows(mesh: Mesh, uv_index: Ints, parts: list[str], materials: list[str]) -> list[str]:
    """The ``f`` rows behind the ``o`` and ``usemtl`` they stand under; halves of a quad are one row."""
    polygons = polygon_corners(mesh)
    zeros = np.zeros(len(mesh.faces), np.int32)
    part = (zeros if mesh.part is None else mesh.part)[polygons.face]
    material = (zeros if mesh.material is None else mesh.material)[polygons.face]
    order = np.lexsort((material, part))
    change = (np.diff(part[order], prepend=-1) != 0) | (np.diff(material[order], prepend=-1) != 0)
    starts = np.flatnonzero(change)
    ends = np.cumsum(polygons.counts)
    result: list[str] = []
    last_part = -1
    for start, end in zip(starts.tolist(), np.append(starts[1:], len(order)).tolist(), strict=True):
        progress(start / len(order), "writing faces")
        some = order[start:end]
        if mesh.part is not None and part[some[0]] != last_part:
            last_part = int(part[some[0]])
            result.append(f"o {parts[last_part]}\n")
        if materials:
            result.append(f"usemtl {materials[material[some[0]]]}\n")
        counts = polygons.counts[some]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        slot = polygons.slot[np.repeat(ends[some] - counts, counts) + within]
        corners = mesh.faces.reshape(-1)[slot] + 1
        pairs = np.stack([corners, uv_index.reshape(-1)[slot] + 1], axis=1) if uv_index.size else corners[:, None]
        result += _polygon_rows(pairs, counts)
    return result


def _polygon_rows(corners: Ints, counts: Ints) -> list[str]:
    """One ``f`` row a polygon: corners (C, 1 or 2) = vertex and perhaps texture coordinate, counts (P,) of 3 or 4."""
    corner = " %d/%d" if corners.shape[1] == 2 else " %d"
    row = {count: f"f{corner * count}\n" for count in (3, 4)}
    ends = np.append(0, np.cumsum(counts))
    result = []
    for start in range(0, len(counts), _CHUNK):
        some = counts[start : start + _CHUNK]
        form = row[3] * len(some) if (some == 3).all() else "".join(row[count] for count in some.tolist())
        result.append(form % tuple(corners[ends[start] : ends[start + len(some)]].reshape(-1).tolist()))
    return result


def _format_rows(row: str, values: NDArray[Any]) -> list[str]:
    """One text row per first index of ``values``."""
    pieces = (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
    return [row * len(piece) % tuple(piece.reshape(-1).tolist()) for piece in pieces]
