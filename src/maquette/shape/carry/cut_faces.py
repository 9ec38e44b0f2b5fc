"""Carved solids put back into an asset: old faces keep what rides on them, new ones take what lies nearest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.channels import CHANNELS
from maquette.core.mesh import Mesh
from maquette.geometry.barycentric import shares_and_twins
from maquette.geometry.cut.solids import Carved
from maquette.shape.carry.recutting import Worn, from_corners, recut_channels

_PLAIN = Material(name="cut face", base_color=(0.6, 0.6, 0.6, 1.0))


def put_back(asset: Asset, pieces: list[Carved], names: tuple[str, ...] = ()) -> Asset:
    """The asset with these solids as its mesh; given ``names``, each piece becomes a part of that name.

    ``parent`` of a piece counts the faces of the asset's mesh. What rides on corners and vertices is read off the
    triangle that a face was cut from. New faces take what rides on the nearest face, or a plain grey where its material
    is a picture; new points take the nearest colour and count as not seen.
    """
    mesh = asset.mesh
    first = np.cumsum([0, *(len(piece.vertices) for piece in pieces)])
    vertices = np.concatenate([np.zeros((0, 3)), *(piece.vertices for piece in pieces)])
    faces = [piece.faces + start for piece, start in zip(pieces, first, strict=False)]
    pieces_mesh = Mesh(vertices, np.concatenate([np.zeros((0, 3), np.int64), *faces]))
    parent = np.concatenate([np.zeros(0, np.int64), *(piece.parent for piece in pieces)])
    source = _sources(pieces_mesh, parent)
    channels = {**mesh.face_rows(source), **_read_off(pieces_mesh, mesh, parent)}
    materials = asset.materials
    if mesh.material is not None and (parent < 0).any():
        channels["material"], materials = _plain(channels["material"], parent < 0, materials)
    if names:
        channels["part"] = np.repeat(np.arange(len(pieces)), [len(piece.faces) for piece in pieces])
    pieces_mesh = pieces_mesh.replace(**channels)
    return asset.replace(mesh=pieces_mesh, materials=materials, part_names=names or asset.part_names)


def _sources(new_mesh: Mesh, parent: Ints) -> Ints:
    """For each face the old face it was cut from, for a new one that of the nearest old point, (F,)."""
    new = parent < 0
    if not new.any() or new.all():
        return np.maximum(parent, 0)
    from scipy.spatial import cKDTree

    corner = new_mesh.faces[~new].reshape(-1)
    face_at = np.zeros(len(new_mesh.vertices), dtype=np.int64)
    face_at[corner] = np.repeat(parent[~new], 3)
    known = np.unique(corner)
    middle = new_mesh.triangles[new].mean(axis=1)
    source = parent.copy()
    source[new] = face_at[known[cKDTree(new_mesh.vertices[known]).query(middle)[1]]]
    return source


def _plain(
    material: np.ndarray, new: np.ndarray, materials: tuple[Material, ...]
) -> tuple[np.ndarray, tuple[Material, ...]]:
    """New faces of a textured material take the plain one, appended if it is not there."""
    textured = np.array([one.base_color_texture is not None for one in materials])
    bare = new & textured[material]
    if not bare.any():
        return material, materials
    if _PLAIN not in materials:
        materials = (*materials, _PLAIN)
    return np.where(bare, materials.index(_PLAIN), material), materials


def _read_off(new: Mesh, old: Mesh, parent: Ints) -> Worn:
    """What rides on corners and vertices, read off the old triangles; new points take the nearest, or none."""
    if all(CHANNELS[name].domain == "face" for name in old.channels):
        return {}
    cut = np.flatnonzero(parent >= 0)
    corners = new.faces[cut]
    lying, _ = shares_and_twins(new.triangles[cut], old.triangles[parent[cut]])
    channels: Worn = {}
    for name, values in recut_channels(old, parent[cut], lying).items():
        channel = CHANNELS[name]
        if channel.domain == "corner":
            channels[name] = channel.filled(0, len(parent))
            channels[name][cut] = channel.settled(values)
        elif channel.domain == "vertex":
            channels[name] = channel.settled(from_corners(channel, values, corners, len(new.vertices)))
            if channel.fresh == "nearest":
                channels[name] = _from_nearest(new.vertices, np.unique(corners), channels[name])
    return channels


def _from_nearest(vertices: Floats, known: Ints, values: NDArray[Any]) -> NDArray[Any]:
    """Values of points that have none taken from the nearest that has one."""
    bare = np.setdiff1d(np.arange(len(vertices)), known)
    if len(known) and len(bare):
        from scipy.spatial import cKDTree

        values[bare] = values[known[cKDTree(vertices[known]).query(vertices[bare])[1]]]
    return values
