"""PLY: rows of named numbers, binary or text (Turk 1994), with colours, textures and seams as MeshLab writes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.formats.carries import say_lost
from maquette.formats.mtl import safe_stem
from maquette.formats.pictures_in_files import tint
from maquette.formats.ply_channels import channel_columns, read_channels
from maquette.formats.ply_elements import Element, Header, read_elements
from maquette.formats.positions import usable
from maquette.formats.side_files import Pictures, plain_name, references
from maquette.formats.surface_colors import (
    corner_colors,
    faces_with_texture,
    is_flat,
    on_vertices,
    pack_rgb,
    settle_colors,
)
from maquette.formats.text_numbers import decode_text, one_line
from maquette.geometry.flat.polygons import triangulate_polygons
from maquette.registry import stage

_TITLE = "Maquette: "
_TEXTURE = "TextureFile "
_UV = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"), ("texcoord_u", "texcoord_v"))
_RGB = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))
_CHUNK = 1 << 15  # rows of text at a time


def ply_references(name: str, data: bytes) -> list[str]:
    """Pictures that a PLY's ``TextureFile`` comments name, as plain names to look for beside it."""
    head = data[: 1 << 20].partition(b"end_header")[0] if data.startswith(b"ply") else b""
    stem = name.rpartition(".")[0]
    lines = [decode_text(line).strip().removeprefix("comment").strip() for line in head.splitlines()]
    return references(_texture_names(lines, stem))


@stage(reads=(".ply",), refers=ply_references)
def read_ply(files: Files) -> Asset:
    """Read a PLY, text or binary of either byte order, with vertex colours, texture coordinates and textures.

    Vertices keep their order and position (those that no face uses go). Texture coordinates are taken per corner from
    a ``texcoord`` list or per vertex (``s t``, ``u v``, ``texture_u texture_v``); ``TextureFile`` comments become
    materials, ``texnumber`` says which. Colours of faces
    count where vertices have none. Polygons become triangles, hollow ones too, and so do triangle strips (Stanford's
    scans). Properties named like a declared channel fill it; normals and others are left out. PLY names no unit: the
    numbers are taken as millimetres and the asset is not sized.

    Refused: fewer rows than the header promises, indices that point nowhere, numbers that are infinite or not a
    number, textures by network address or through ``..``, point clouds. Bytes behind the last row are ignored.
    """
    header = read_elements(files.data)
    vertex = _element(header, "vertex", "export a mesh")
    face = _strips(header) or _element(header, "face", "point clouds cannot be read; export faces")
    points = vertex.column("x", "y", "z")
    if points is None:
        raise BadInput("read-ply: vertices without x, y and z; export the file again")
    counts, corners, stated = _corners(face)
    points, sound = usable(points, corners, counts, "read-ply", stated)
    whole = counts >= 3
    if not whole.any():
        raise BadInput("read-ply: the file holds no faces of three or more corners; export a mesh, not a point cloud")
    if not whole.all():
        note(f"left out {int((~whole).sum())} faces of fewer than three corners")
    whole = whole if sound is None else whole & sound
    kept = np.repeat(whole, counts)
    triangles, polygon = triangulate_polygons(points, corners[kept], counts[whole])
    uv = _uv(vertex, face, counts, corners)
    material, materials = _materials(files, header, face)
    channels = {
        "uv": None if uv is None else uv[kept][triangles],
        "material": None if material is None else material[whole][polygon],
        "color": _colors(vertex),
        "seen": _seen_channel(vertex),
        **read_channels(vertex, face, np.flatnonzero(whole)[polygon], np.flatnonzero(kept)[triangles], counts),
    }
    mesh = Mesh.of(points, corners[kept][triangles], channels).keep_faces(slice(None))
    on_faces = _colors(face)
    if on_faces is not None:
        mesh, materials = _with_face_colors(mesh, materials, on_faces[whole][polygon])
    if len(mesh.vertices) < len(points):
        note(f"left out {len(points) - len(mesh.vertices)} vertices that no face uses")
    title = next((c.removeprefix(_TITLE) for c in header.comments if c.startswith(_TITLE)), files.stem)
    return Asset(mesh, materials=materials, title=title)


@stage(writes=(".ply",))
def write_ply(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, description="file name without its ending")] = "model",
    encoding: Annotated[
        Literal["binary", "ascii"], Field(description="binary: little-endian, small and quick; ascii: text")
    ] = "binary",
) -> Files:
    """Write a PLY, its base colour textures beside it.

    Positions keep every digit: 32-bit floats where that loses nothing, else doubles. Vertex colours and ``seen`` ride
    on vertices; texture coordinates too (``s t``) when no seam parts them, else they stand on corners (``texcoord``,
    as MeshLab has it). Base colours are multiplied into the colours of vertices (of faces, where vertices would need
    two), and into textures. Further channels become properties of their name. What else materials say stays behind,
    and parts do. Millimetres, +Z up.
    Refused: an asset without faces.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        raise BadInput("write-ply: the asset has no faces; there is nothing to write")
    say_lost(asset, ".ply")
    asset, on_faces = _bake_looks(asset)
    mesh = asset.mesh
    textures, number = _textures(asset)
    prefix = f"{safe_stem(stem)}_ply"  # chair.png may be the photo that it came from, chair_color.png an OBJ's
    names = [
        f"{prefix}{texture.suffix}" if len(textures) == 1 else f"{prefix}_{i}{texture.suffix}"
        for i, texture in enumerate(textures, start=1)
    ]
    vertices, faces = _vertex_rows(mesh), _face_rows(mesh, number, on_faces)
    lines = [
        "ply",
        f"format {'ascii' if encoding == 'ascii' else 'binary_little_endian'} 1.0",
        f"comment {_TITLE}{one_line(asset.title or stem)}",
        *(f"comment {_TEXTURE}{name}" for name in names),
        *_declare("vertex", vertices),
        *_declare("face", faces),
        "end_header\n",
    ]
    body = b"".join(_text(rows) if encoding == "ascii" else rows.tobytes() for rows in (vertices, faces))
    parts = {name: texture.data for name, texture in zip(names, textures, strict=True)}
    return Files(f"{stem}.ply", {f"{stem}.ply": "\n".join(lines).encode("utf-8") + body, **parts})


def _element(header: Header, name: str, advice: str) -> Element:
    result = next((element for element in header.elements if element.name == name), None)
    if result is None or not result.count:
        raise BadInput(f"read-ply: the file holds no {name}; {advice}")
    return result


def _strips(header: Header) -> Element | None:
    """Triangle strips as faces, every other triangle turned over; a negative index begins a new strip. None: none."""
    element = next((one for one in header.elements if one.name == "tristrips" and one.count), None)
    name = next((name for name in ("vertex_indices", "vertex_index") if element and name in element.lists), None)
    if element is None or name is None or any(one.name == "face" and one.count for one in header.elements):
        return None
    lengths, stated = element.lists[name]
    with np.errstate(invalid="ignore"):
        value = np.where(np.abs(stated) < 2**53, stated, -1).astype(np.int64)
    place = np.arange(len(value))
    row = np.repeat(np.arange(len(lengths)), lengths)
    begins = np.concatenate([[True], (row[1:] != row[:-1]) | (value[:-1] < 0)])[: len(value)]
    odd = (place - np.maximum.accumulate(np.where(begins, place, 0))) % 2
    one, two, three = value[:-2], value[1:-1], value[2:]
    whole = (np.minimum(np.minimum(one, two), three) >= 0) & (row[:-2] == row[2:])
    whole &= (one != two) & (two != three) & (three != one)  # strips are stitched by triangles without area
    first, turned = np.flatnonzero(whole), odd[: len(whole)][whole]
    corners = np.stack([value[first], value[first + 1 + turned], value[first + 2 - turned]], axis=1)
    faces = Element("face", len(corners))
    faces.lists["vertex_indices"] = np.full(len(corners), 3), corners.reshape(-1)
    return faces


def _corners(face: Element) -> tuple[Ints, Ints, NDArray[Any]]:
    """Corners per face (F,), the vertex of each (C,), -1 for what is no whole number, and the same as it stands."""
    name = next((name for name in ("vertex_indices", "vertex_index") if name in face.lists), None)
    if name is None:
        raise BadInput("read-ply: faces without vertex_indices; export the file again")
    counts, stated = face.lists[name]
    with np.errstate(invalid="ignore"):
        good = (np.abs(stated) < 2**53) & (stated == np.floor(stated))
    return counts, np.where(good, stated, -1).astype(np.int64), stated


def _uv(vertex: Element, face: Element, counts: Ints, corners: Ints) -> NDArray[np.float32] | None:
    """(C, 2) texture coordinates of corners, v downwards; 0 where a face has none, None where none has any."""
    flat: Floats | None = None
    if "texcoord" in face.lists:
        lengths, values = face.lists["texcoord"]
        textured = np.repeat(lengths == 2 * counts, counts)  # (C,)
        place = np.arange(len(corners)) - np.repeat(np.cumsum(counts) - counts, counts)
        at = np.repeat(np.cumsum(lengths) - lengths, counts) + 2 * place
        if textured.any():
            flat = np.zeros((len(corners), 2))
            flat[textured] = np.stack([values[at[textured]], 1.0 - values[at[textured] + 1].astype(np.float64)], axis=1)
    else:
        by_vertex = next((columns for columns in (vertex.column(*names) for names in _UV) if columns is not None), None)
        if by_vertex is not None:
            flat = np.stack([by_vertex[:, 0], 1.0 - by_vertex[:, 1]], axis=1)[corners]
    if flat is None:
        return None
    with np.errstate(over="ignore"):
        columns = flat.astype(np.float32)
    good = np.isfinite(columns).all(axis=1)
    if not good.all():
        note(f"{int((~good).sum())} texture coordinates are no numbers; theirs are 0")
        columns[~good] = 0
    return columns if good.any() else None


def _colors(vertex: Element) -> NDArray[np.uint8] | None:
    """(V, 3) sRGB; floats and 16-bit numbers are brought to 0..255."""
    names = next((names for names in _RGB if all(name in vertex.columns for name in names)), None)
    columns = vertex.column(*names) if names else None
    if names is None or columns is None:
        return None
    kind = vertex.kind(names[0])
    white = {"u2": 65535.0}.get(kind, 255.0)
    if kind in ("f4", "f8") and not columns.max() > 1.0:
        white = 1.0
    return np.rint(np.nan_to_num(np.clip(columns / white, 0.0, 1.0)) * 255).astype(np.uint8)


def _with_face_colors(
    mesh: Mesh, materials: tuple[Material, ...], color: NDArray[np.uint8]
) -> tuple[Mesh, tuple[Material, ...]]:
    """Colours of faces (F, 3) on vertices where they agree, else as materials; vertices that differ go before them."""
    if (color == color[:1]).all() and (color[:1] == 255).all():
        return mesh, materials
    if materials or (mesh.color is not None and (mesh.color != mesh.color[0]).any()):
        note("left out the colours of faces; the model has a texture or colours of vertices too")
        return mesh, materials
    corner = np.repeat(pack_rgb(color)[:, None], 3, axis=1)
    none = np.full(len(mesh.faces), -1)
    number, on_vertex, looks = settle_colors(mesh.faces, len(mesh.vertices), none, corner, [])
    if looks:
        return mesh.replace(color=None, material=number.astype(np.int32)), tuple(looks)
    return mesh.replace(color=on_vertex), ()


def _seen_channel(vertex: Element) -> NDArray[np.float32] | None:
    column = vertex.column("seen")
    return None if column is None else np.nan_to_num(np.clip(column[:, 0], 0.0, 1.0)).astype(np.float32)


def _texture_names(comments: list[str], stem: str) -> list[str]:
    """Files that comments name; MeshLab writes ``<this>`` for the file's own stem."""
    names = [c.removeprefix(_TEXTURE).strip() for c in comments if c.startswith(_TEXTURE)]
    return [name.replace("<this>", stem) for name in names]


def _materials(files: Files, header: Header, face: Element) -> tuple[NDArray[np.int32] | None, tuple[Material, ...]]:
    """One material per texture, and which of them each face has (F,); None: all have the first."""
    picture = Pictures(files)
    materials = [
        Material(name=plain_name(name).rpartition(".")[0] or "material", base_color_texture=picture(name))
        for name in _texture_names(header.comments, files.stem)
    ]
    number = face.columns.get("texnumber")
    if number is None or not materials:
        return None, tuple(materials)
    astray = ~((number < len(materials)) & (number == np.floor(number)))
    if astray.any():
        note(f"{int(astray.sum())} faces name a texture that is not there; they are plain")
    plain = (number < 0) | astray  # below 0 is MeshLab's word for no texture
    if plain.any():
        materials.append(Material())
    return np.where(plain, len(materials) - 1, number).astype(np.int32), tuple(materials)


def _bake_looks(asset: Asset) -> tuple[Asset, NDArray[np.uint8] | None]:
    """The asset with base colours in its vertex colours and textures, or in colours of faces (F, 3) it gives beside."""
    mesh, shown = asset.mesh, faces_with_texture(asset)
    if mesh.uv is None:
        asset = asset.replace(materials=tuple(look.replace(base_color_texture=None) for look in asset.materials))
    looks = tuple(
        look
        if look.base_color_texture is None
        else look.replace(
            base_color_texture=tint(look.base_color_texture, look.base_color), base_color=(1.0, 1.0, 1.0, 1.0)
        )
        for look in asset.materials
    )
    asset = asset.replace(materials=looks)
    corners = corner_colors(asset)
    if (corners == 255).all():
        return asset.with_mesh(mesh.replace(color=None)), None
    color, agree = on_vertices(mesh.faces, corners, len(mesh.vertices))
    if not agree and is_flat(corners) and not shown.any():
        return asset.with_mesh(mesh.replace(color=None)), np.ascontiguousarray(corners[:, 0])
    if not agree:
        note("corners that meet had several colours; vertices got their mean")
    return asset.with_mesh(mesh.replace(color=color)), None


def _textures(asset: Asset) -> tuple[list[Texture], NDArray[np.int32] | None]:
    """Base colour textures, each once, and which of them each face has (F,), -1 without; None for one or none."""
    own = [material.base_color_texture for material in asset.materials]
    unique = list(dict.fromkeys(texture for texture in own if texture is not None))
    if not unique or (len(unique) == 1 and None not in own):
        return unique, None
    of_material = np.array([-1 if texture is None else unique.index(texture) for texture in own], np.int32)
    material = asset.mesh.material
    return unique, of_material[np.zeros(len(asset.mesh.faces), np.int32) if material is None else material]


def _vertex_rows(mesh: Mesh) -> NDArray[Any]:
    """One record per vertex."""
    with np.errstate(over="ignore"):
        single = bool((mesh.vertices.astype(np.float32) == mesh.vertices).all())
    columns: list[tuple[str, str, NDArray[Any]]] = []
    for axis, name in enumerate("xyz"):
        columns.append((name, "<f4" if single else "<f8", mesh.vertices[:, axis] + 0.0))
    uv = _seamless(mesh)
    if uv is not None:
        columns += [("s", "<f4", uv[:, 0]), ("t", "<f4", 1.0 - uv[:, 1])]
    if mesh.color is not None:
        columns += [(name, "u1", mesh.color[:, i]) for i, name in enumerate(_RGB[0])]
    if mesh.seen is not None:
        columns.append(("seen", "<f4", mesh.seen))
    columns += channel_columns(mesh, "vertex")
    vertex_rows = np.empty(len(mesh.vertices), [(name, kind) for name, kind, _ in columns])
    for name, _, values in columns:
        vertex_rows[name] = values
    return vertex_rows


def _face_rows(mesh: Mesh, number: NDArray[np.int32] | None, colors: NDArray[np.uint8] | None) -> NDArray[Any]:
    """One record per face; a list's length stands in a column ``n name`` before it."""
    fields: list[tuple[Any, ...]] = [("n vertex_indices", "u1"), ("vertex_indices", "<i4", 3)]
    wedges = mesh.uv is not None and _seamless(mesh) is None
    if wedges:
        fields += [("n texcoord", "u1"), ("texcoord", "<f4", 6)]
    if number is not None:
        fields.append(("texnumber", "<i4"))
    if colors is not None:
        fields += [(name, "u1") for name in _RGB[0]]
    further = channel_columns(mesh, "face", "corner")
    for name, kind, values in further:
        fields += [(name, kind)] if values.ndim == 1 else [(f"n {name}", "u1"), (name, kind, values.shape[1])]
    face_rows = np.zeros(len(mesh.faces), fields)
    for name, _, values in further:
        face_rows[name] = values
        if values.ndim == 2:
            face_rows[f"n {name}"] = values.shape[1]
    face_rows["n vertex_indices"], face_rows["vertex_indices"] = 3, mesh.faces
    if wedges and mesh.uv is not None:
        up = mesh.uv.astype(np.float64)
        face_rows["n texcoord"] = 6
        face_rows["texcoord"] = np.stack([up[..., 0], 1.0 - up[..., 1]], axis=2).reshape(-1, 6)
    if number is not None:
        face_rows["texnumber"] = number
    if colors is not None:
        for column, name in enumerate(_RGB[0]):
            face_rows[name] = colors[:, column]
    return face_rows


def _seamless(mesh: Mesh) -> Floats | None:
    """(V, 2) texture coordinates when all corners of a vertex share theirs, else None."""
    if mesh.uv is None:
        return None
    uv = np.zeros((len(mesh.vertices), 2))
    uv[mesh.faces.reshape(-1)] = mesh.uv.reshape(-1, 2)
    return uv if (uv[mesh.faces] == mesh.uv).all() else None


def _declare(name: str, rows: NDArray[Any]) -> list[str]:
    """The header's lines for an element."""
    words = {"f4": "float", "f8": "double", "u1": "uchar", "u2": "ushort", "i2": "short", "i4": "int"}
    declare = [f"element {name} {len(rows)}"]
    for column in rows.dtype.names or ():
        kind = words[rows.dtype[column].base.str[1:]]
        if f"n {column}" in (rows.dtype.names or ()):
            declare.append(f"property list uchar {kind} {column}")
        elif not column.startswith("n "):
            declare.append(f"property {kind} {column}")
    return declare


def _text(rows: NDArray[Any]) -> bytes:
    """Records as lines; floats of 32 bits with the nine digits that tell them apart, doubles with all they need."""
    row: list[str] = []
    columns: list[NDArray[Any]] = []
    for name in rows.dtype.names or ():
        values = rows[name].reshape(len(rows), -1)
        row += [{"f4": "%.9g", "f8": "%r"}.get(values.dtype.str[1:], "%d")] * values.shape[1]
        columns.append(values.astype(np.float64))
    numbers = np.concatenate(columns, axis=1)
    pieces = (numbers[start : start + _CHUNK] for start in range(0, len(numbers), _CHUNK))
    line = " ".join(row) + "\n"
    return "".join(line * len(piece) % tuple(piece.reshape(-1).tolist()) for piece in pieces).encode("ascii")
