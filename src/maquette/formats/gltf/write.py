"""Write GLB: the textured model as one file that engines, browsers and viewers open.

Own code and not trimesh's, because it splits vertices only where it must, writes tangents, vertex colours and
provenance, and passes the Khronos validator without a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.channels import CHANNELS
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import progress
from maquette.core.skeleton import skin_of
from maquette.formats import provenance
from maquette.formats.carries import refuse_unwritable, say_lost
from maquette.formats.gltf.attributes import attribute, own_channels
from maquette.formats.gltf.draft import Draft
from maquette.formats.gltf.skeleton import write_skeleton
from maquette.formats.pictures_in_files import linear_from_srgb
from maquette.geometry.look.corner_vertices import (
    corner_tangents,
    group_normals,
    handedness,
    smooth_groups,
    split_rows,
    vertex_tangents,
)
from maquette.registry import stage

Skin = tuple[NDArray[Any], NDArray[Any]]  # joints and weights, (V, 4)


@stage(name="write-glb", writes=(".glb",), destinations=("model",))
def write_glb(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "model",
    crease_deg: Annotated[
        float, Field(ge=0, le=180, description="edges sharper than this look sharp, the others are shaded smoothly")
    ] = 45.0,
) -> Files:
    """Write one GLB file with materials, embedded textures, vertex colours, skeleton and one named node per part.

    Millimetres, +Z up become metres, +Y up. A vertex is split only where its corners differ in uv, in normal (at a
    crease) or in handedness; tangents are written where a material has a normal map. Textures go in as the bytes they
    are (WebP needs a viewer that knows EXT_texture_webp). ``asset.extras`` tells how the model came to be, whether its
    scale is real and how much of the surface was seen in the photo; the share itself is the vertex attribute ``_SEEN``.
    Faces without a material get a plain white one; ``mesh.material`` of None means the first material. Refuses an asset
    without faces. Source: glTF 2.0, Khronos 2021 (ISO/IEC 12113:2022).
    """
    say_lost(asset, ".glb")
    extras = {"maquette": provenance.as_data(asset)}
    draft = Draft({"version": "2.0", "generator": f"maquette {version('maquette')}", "extras": extras})
    nodes = add_nodes(draft, asset, stem, crease_deg)
    draft.root["scene"] = draft.add("scenes", {"name": asset.title or stem, "nodes": nodes})
    progress(0.9, "file")
    return Files(f"{stem}.glb", {f"{stem}.glb": draft.glb()})


def add_nodes(draft: Draft, asset: Asset, stem: str, crease_deg: float) -> list[int]:
    """Put an asset's parts into a file, a node each; materials that are there already are used again."""
    skin = skin_of(asset.mesh.channels) if asset.skeleton is not None else None
    meshes = add_meshes(draft, asset, asset.title or stem, crease_deg, skin)
    if skin is None or asset.skeleton is None:
        return [draft.add("nodes", {"name": name, "mesh": number}) for name, number in meshes]
    number_of_skin, root = write_skeleton(draft, asset.skeleton)
    bound = []
    for name, number in meshes:
        held = "JOINTS_0" in draft.root["meshes"][number]["primitives"][0]["attributes"]
        entry = {"name": name, "mesh": number}
        bound.append(draft.add("nodes", entry | ({"skin": number_of_skin} if held else {})))
    return [*bound, root]


def add_meshes(
    draft: Draft, asset: Asset, title: str, crease_deg: float = 45.0, skin: Skin | None = None
) -> list[tuple[str, int]]:
    """Put an asset's materials and meshes into a file, one mesh for each part: its name and its number there.

    ``skin``: joints and weights (V, 4) of its vertices, where they are written.
    """
    mesh = asset.mesh
    refuse_unwritable(asset, "write-glb")
    materials = asset.materials or (Material(name="plain"),)
    progress(0.1, "normals")
    corners = _Corners.of(mesh, crease_deg, any(m.normal_texture for m in materials))
    primitives: dict[int, list[dict[str, Any]]] = {}
    held = _parts_held(mesh, skin)
    for part, number, faces in _groups(mesh, len(materials)):
        progress(0.4, "vertices")
        primitive = _primitive(
            draft, mesh, corners, faces, materials[number].normal_texture is not None, held.get(part)
        )
        primitives.setdefault(part, []).append({**primitive, "material": draft.material(materials[number])})
    names = {part: asset.part_names[part] if mesh.part is not None else title for part in primitives}
    return [
        (names[part], draft.add("meshes", {"name": names[part], "primitives": rows}))
        for part, rows in primitives.items()
    ]


def _parts_held(mesh: Mesh, skin: Skin | None) -> dict[int, Skin]:
    """The skin by the number of each part of which a joint holds something."""
    if skin is None:
        return {}
    weighed = (skin[1].sum(axis=1) > 0)[mesh.faces].any(axis=1)
    parts = np.unique(np.zeros(1, np.int64) if mesh.part is None else mesh.part[weighed])
    return dict.fromkeys(parts.tolist(), skin)


@dataclass(frozen=True)
class _Corners:
    """What a mesh's corners carry besides their position; arrays run over all 3F corners."""

    group: Ints  # corners of one vertex that share a normal
    normals: Floats  # (G, 3) by group
    uv: NDArray[np.float32] | None  # (3F, 2)
    hand: NDArray[np.float32] | None  # (3F,) only where tangents are wanted
    along: Floats | None  # (3F, 3)
    own: dict[str, NDArray[np.float32]]  # (3F, k) channels that glTF has no word for

    @classmethod
    def of(cls, mesh: Mesh, crease_deg: float, with_tangents: bool) -> _Corners:
        group = smooth_groups(mesh.vertices, mesh.faces, crease_deg)
        normals = group_normals(mesh.vertices, mesh.faces, group)
        own = {name: _at_corners(mesh, name) for name in own_channels() if mesh.channel(name) is not None}
        if mesh.uv is None:
            return cls(group, normals, None, None, None, own)
        uv = np.ascontiguousarray(mesh.uv.reshape(-1, 2) + np.float32(0.0))  # turns -0.0 into 0.0
        if not with_tangents:
            return cls(group, normals, uv, None, None, own)
        along = corner_tangents(mesh.vertices, mesh.faces, mesh.uv)
        return cls(group, normals, uv, np.repeat(handedness(mesh.uv), 3), along, own)


def _at_corners(mesh: Mesh, name: str) -> NDArray[np.float32]:
    """A channel at each corner, (3F, k), in their space if it is a direction."""
    channel, values = CHANNELS[name], mesh.channels[name]
    if channel.domain == "vertex":
        values = values[mesh.faces.reshape(-1)]
    elif channel.domain == "face":
        values = np.repeat(values, 3, axis=0)
    flat = values.reshape(len(mesh.faces) * 3, -1)
    return _their_space(flat) if channel.blend == "direction" else flat.astype(np.float32) + np.float32(0.0)


def _groups(mesh: Mesh, material_count: int) -> Iterator[tuple[int, int, Ints]]:
    """Part, material and faces of each primitive, parts first."""
    count = len(mesh.faces)
    part = np.zeros(count, np.int64) if mesh.part is None else mesh.part.astype(np.int64)
    material = np.zeros(count, np.int64) if mesh.material is None else mesh.material.astype(np.int64)
    key = part * material_count + material
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], key[order][1:] != key[order][:-1]]))
    for faces in np.split(order, starts[1:]):
        yield int(part[faces[0]]), int(material[faces[0]]), faces


def _primitive(
    draft: Draft, mesh: Mesh, corners: _Corners, faces: Ints, with_tangents: bool, skin: Skin | None
) -> dict[str, Any]:
    """Vertex data and indices of some faces."""
    which = (faces[:, None] * 3 + np.arange(3)).reshape(-1)  # (3F',) corners
    vertex, group = mesh.faces.reshape(-1)[which], corners.group[which]
    keys: list[NDArray[Any]] = [vertex, group]
    if corners.uv is not None:
        keys.append(corners.uv[which].view(np.uint64)[:, 0])
    tangents = with_tangents and corners.hand is not None
    if tangents and corners.hand is not None:
        keys.append(corners.hand[which])
    for name, values in corners.own.items():
        if CHANNELS[name].domain != "vertex":
            keys += list(np.ascontiguousarray(values[which].T).view(np.uint32))
    first, of_corner = split_rows(*keys)
    kept = which[first]  # (N,) one corner for each vertex that is written
    normals = corners.normals[corners.group[kept]]
    attributes = {
        "POSITION": draft.vertices(_their_space(mesh.vertices[vertex[first]] / 1000.0), bounds=True),
        "NORMAL": draft.vertices(_their_space(normals)),
    }
    if tangents and corners.along is not None and corners.hand is not None:
        along = vertex_tangents(corners.along[which], of_corner, normals)
        attributes["TANGENT"] = draft.vertices(np.column_stack([_their_space(along), corners.hand[kept]]))
    if corners.uv is not None:
        attributes["TEXCOORD_0"] = draft.vertices(corners.uv[kept])
    if mesh.color is not None:
        light = np.rint(linear_from_srgb(mesh.color[vertex[first]]) * 65535)
        opaque = np.column_stack([light, np.full(len(first), 65535)]).astype(np.uint16)
        attributes["COLOR_0"] = draft.vertices(opaque, normalized=True)
    if skin is not None:
        joints, weights = (rows[vertex[first]] for rows in skin)
        free = weights.sum(axis=1, keepdims=True) <= 0
        attributes["JOINTS_0"] = draft.vertices(joints.astype(np.uint16))
        attributes["WEIGHTS_0"] = draft.vertices(np.where(free, np.eye(4)[:1], weights).astype(np.float32))
    for name, values in corners.own.items():
        attributes[attribute(name)] = draft.vertices(values[kept])
    return {"attributes": attributes, "indices": draft.indices(of_corner)}


def _their_space(rows: Floats) -> NDArray[np.float32]:
    """+Z up, front −Y -> +Y up, front +Z, as float32."""
    return np.stack([rows[:, 0], rows[:, 2], -rows[:, 1]], axis=1).astype(np.float32)
