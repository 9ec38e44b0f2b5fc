"""Solids put to a model or cut out of it, with everything that rides on its surface carried along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.channels import CHANNELS, Channel
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh, channel_or_missing
from maquette.geometry.cut.solids import Combined, combine
from maquette.geometry.inside.distance_field import Surface
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import edges
from maquette.shape.carry.recutting import Worn, dressed_in, recut_channels

# A face whose corners lie this many times further apart in the picture than their distance explains spans a seam.
_STRETCH = 3.0
Found = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]  # distance, face, shares of its corners


def insist_on_solid(name: str, mesh: Mesh) -> None:
    """``CannotDo`` unless every edge of the mesh has two faces, wound alike, and it encloses something."""
    edge_table = edges(mesh.faces)
    wrong = int((edge_table.count != 2).sum() + ((edge_table.count == 2) & (edge_table.balance != 0)).sum())
    if wrong or not len(mesh.faces):
        what = f"{wrong} edges are open, crowded or wound both ways" if wrong else "it has 0 faces"
        raise CannotDo(f"{name}: the model is no solid, {what}; solidify it first")


def combine_solids(name: str, mesh: Mesh, others: Sequence[Mesh], how: Literal["unite", "subtract"]) -> Mesh:
    """The mesh with closed others added or cut away; ``CannotDo`` in the stage's name when it is no solid.

    Each new triangle wears what the one it was cut from wears, uv run across it. Where an other has
    nothing on it, what shows of it wears what is nearest. Faces that were not cut stay as they are, bit for bit and in
    their order.
    """
    try:
        outcome = combine((mesh.vertices, mesh.faces), [(other.vertices, other.faces) for other in others], how)
    except CannotDo as problem:
        raise CannotDo(f"{name}: {problem}") from None
    if not len(outcome.faces):
        raise CannotDo(f"{name}: nothing is left of the model; cut less away")
    mine = outcome.source == 0
    clad = [recut_channels(mesh, outcome.origin[mine], outcome.shares[mine])]
    clad += [_dress_cut(outcome, number, other, mesh) for number, other in enumerate(others, 1)]

    clothes = {name: np.concatenate([one[name] for one in clad]) for name in mesh.channels}
    return dressed_in(outcome.vertices, outcome.faces, clothes)  # faces come in the order of their sources


def _dress_cut(outcome: Combined, number: int, other: Mesh, mesh: Mesh) -> Worn:
    """What shows of an added solid wears its own, or what is nearest on the mesh."""
    here = outcome.source == number
    if mesh.channels.keys() <= other.channels.keys():
        return recut_channels(other, outcome.origin[here], outcome.shares[here])
    faces = outcome.faces[here]
    used, local = np.unique(faces, return_inverse=True)
    near = wear_nearest(outcome.vertices[used], local.reshape(-1, 3), mesh)
    return recut_channels(near, np.arange(len(faces)), np.broadcast_to(np.eye(3), (len(faces), 3, 3)))


def wear_nearest(vertices: Floats, faces: Ints, like: Mesh, spacing: float = 0.0) -> Mesh:
    """A bare surface that wears what the nearest places of a mesh wear; its vertices count as not seen.

    A face of which the nearest places lie on both sides of a seam takes the one colour at its middle.
    """
    if all(CHANNELS[name].fresh == "missing" for name in like.channels):
        return Mesh.of(vertices, faces, {name: _nothing(name, vertices, faces) for name in like.channels})
    surface = Surface(like.vertices, like.faces, spacing or like.diagonal / 250)
    middle = surface.nearest(vertices[faces].mean(axis=1))
    corner = None
    if any(CHANNELS[name].domain != "face" for name in like.channels):
        corner = surface.nearest(vertices)
    channels = {}
    for name, values in like.channels.items():
        channel = CHANNELS[name]
        if channel.fresh == "missing":
            channels[name] = _nothing(name, vertices, faces)
        elif channel.domain == "face" or corner is None:
            channels[name] = values[middle[1]]
        elif channel.domain == "vertex":
            channels[name] = channel.settled(channel.mixed(values[like.faces[corner[1]]], corner[2]))
        else:
            channels[name] = channel.settled(_lay_corners(channel, vertices, faces, like, middle, corner))
    return Mesh.of(vertices, faces, channels)


def line_with_nearest(vertices: Floats, faces: Ints, like: Mesh) -> Mesh:
    """A bare surface whose faces each wear what the nearest vertex of a mesh wears: quick, for what nobody sees."""
    from scipy.spatial import cKDTree

    tree = cKDTree(like.vertices)
    corner = np.zeros(len(like.vertices), np.int64)
    corner[like.faces.reshape(-1)] = np.arange(like.faces.size)
    at = corner[tree.query(vertices[faces].mean(axis=1))[1]]
    nearest = None
    channels = {}
    for name, values in like.channels.items():
        channel = CHANNELS[name]
        if channel.fresh == "missing":
            channels[name] = _nothing(name, vertices, faces)
        elif channel.domain == "face":
            channels[name] = values[at // 3]
        elif channel.domain == "corner":
            channels[name] = np.repeat(values.reshape(-1, *channel.shape)[at][:, None], 3, axis=1)
        else:
            nearest = tree.query(vertices)[1] if nearest is None else nearest
            channels[name] = values[nearest]
    return Mesh.of(vertices, faces, channels)


def _lay_corners(
    channel: Channel, vertices: Floats, faces: Ints, like: Mesh, middle: Found, corner: Found
) -> NDArray[Any]:
    """A channel of corners (F, 3, ...) at the places nearest to the corners; where uv lies far apart there, one place.

    ``middle`` and ``corner`` are the places nearest to the faces' middles and to the vertices.
    """
    values = like.channels[channel.name]
    on_corners = channel.mixed(values[corner[1]], corner[2])[faces]
    if not channel.is_uv:
        return on_corners
    at_middle = channel.mixed(values[middle[1]], middle[2])
    sides = (values[:, 1:] - values[:, :1]).astype(np.float64)
    picture = np.abs(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]).sum() / 2
    scale = np.sqrt(picture / max(face_areas(like.vertices, like.faces).sum(), 1e-300))
    size = np.linalg.norm(np.ptp(vertices[faces], axis=1), axis=1)
    torn = np.linalg.norm(np.ptp(on_corners, axis=1), axis=1) > _STRETCH * scale * size
    return np.where(torn[:, None, None], at_middle[:, None], on_corners)


def _nothing(name: str, vertices: Floats, faces: Ints) -> NDArray[Any]:
    """The channel's missing value on a bare surface."""
    return CHANNELS[name].filled(len(vertices), len(faces))


def plain(vertices: Floats, faces: Ints, asset: Asset, name: str) -> tuple[Mesh, Asset]:
    """A bare surface in a material (or colour) and part of its own, and the asset that knows of them.

    What an asset does not have, its addition does not get: no material where there is none. Colours on vertices are
    continued with the middle one of the model.
    """
    mesh = asset.mesh
    channels = {name: _usual(CHANNELS[name], values, vertices, faces) for name, values in mesh.channels.items()}
    if asset.materials:
        index = channel_or_missing(mesh, "material")
        looks = (*asset.materials, Material(name=name, base_color=(0.6, 0.6, 0.6, 1.0)))
        asset = asset.replace(mesh=mesh.replace(material=index), materials=looks)
        channels["material"] = np.full(len(faces), len(looks) - 1)
    if asset.part_names:
        index = channel_or_missing(mesh, "part")
        asset = asset.replace(mesh=asset.mesh.replace(part=index), part_names=(*asset.part_names, name))
        channels["part"] = np.full(len(faces), len(asset.part_names) - 1)
    return Mesh.of(vertices, faces, channels), asset


def _usual(channel: Channel, values: NDArray[Any], vertices: Floats, faces: Ints) -> NDArray[Any]:
    """What most of a model wears, on a surface added to it: the middle value, or the commonest."""
    everywhere = channel.filled(len(vertices), len(faces))
    if channel.fresh == "missing" or channel.domain == "corner" or not len(values):
        return everywhere
    if channel.blend == "nearest":
        distinct, count = np.unique(values, axis=0, return_counts=True)
        everywhere[:] = distinct[count.argmax()]
    else:
        everywhere[:] = np.median(values, axis=0).astype(channel.dtype)
    return everywhere
