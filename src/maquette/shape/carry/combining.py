"""Solids put to a model or cut out of it, with everything that rides on its surface carried along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.core.mesh import Floats, Ints, Mesh
from maquette.geometry.cut.solids import Combined, combine
from maquette.geometry.inside.distance_field import Surface
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import edges
from maquette.shape.carry.recutting import Worn, as_colors, on_vertices, worn

# A face whose corners lie this many times further apart in the picture than their distance explains spans a seam.
_STRETCH = 3.0
_CHANNELS = ("uv", "material", "part", "color", "seen")


def insist_on_solid(name: str, mesh: Mesh) -> None:
    """``CannotDo`` unless every edge of the mesh has two faces, wound alike, and it encloses something."""
    found = edges(mesh.faces)
    wrong = int((found.count != 2).sum() + ((found.count == 2) & (found.balance != 0)).sum())
    if wrong or not len(mesh.faces):
        what = f"{wrong} edges are open, crowded or wound both ways" if wrong else "it has 0 faces"
        raise CannotDo(f"{name}: the model is no solid, {what}; solidify it first")


def combined(name: str, mesh: Mesh, others: Sequence[Mesh], how: Literal["unite", "subtract"]) -> Mesh:
    """The mesh with closed others added or cut away; ``CannotDo`` in the stage's name when it is no solid.

    Each new triangle takes material and part from the one it was cut from, uv run across it. Where an other has
    nothing on it, what shows of it wears what is nearest. Faces that were not cut stay as they are, bit for bit and in
    their order.
    """
    try:
        made = combine((mesh.vertices, mesh.faces), [(other.vertices, other.faces) for other in others], how)
    except CannotDo as problem:
        raise CannotDo(f"{name}: {problem}") from None
    if not len(made.faces):
        raise CannotDo(f"{name}: nothing is left of the model; cut less away")
    mine = made.source == 0
    clad = [worn(mesh, made.origin[mine], made.shares[mine])]
    clad += [_clad(made, number, other, mesh) for number, other in enumerate(others, 1)]

    def gathered(name: str) -> np.ndarray | None:
        values = [getattr(one, name) for one in clad]  # faces come in the order of their sources
        return None if values[0] is None else np.concatenate(values)

    color, seen = (on_vertices(gathered(name), made.faces, len(made.vertices)) for name in ("color", "seen"))
    return Mesh(
        made.vertices,
        made.faces,
        uv=gathered("uv"),
        material=gathered("material"),
        part=gathered("part"),
        color=None if color is None else as_colors(color),
        seen=seen,
    )


def _clad(made: Combined, number: int, other: Mesh, mesh: Mesh) -> Worn:
    """What shows of an added solid wears its own, or what is nearest on the mesh."""
    here = made.source == number
    lacks = any(getattr(mesh, name) is not None and getattr(other, name) is None for name in _CHANNELS)
    if not lacks:
        return worn(other, made.origin[here], made.shares[here])
    faces = made.faces[here]
    used, local = np.unique(faces, return_inverse=True)
    near = dressed(made.vertices[used], local.reshape(-1, 3), mesh)
    return worn(near, np.arange(len(faces)), np.broadcast_to(np.eye(3), (len(faces), 3, 3)))


def dressed(vertices: Floats, faces: Ints, like: Mesh, spacing: float = 0.0) -> Mesh:
    """A bare surface that wears what the nearest places of a mesh wear; its vertices count as not seen.

    A face of which the nearest places lie on both sides of a seam takes the one colour at its middle.
    """
    if like.uv is None and like.color is None and like.material is None and like.part is None:
        return Mesh(vertices, faces, seen=_unseen(like, len(vertices)))
    surface = Surface(like.vertices, like.faces, spacing or like.diagonal / 250)
    middles = vertices[faces].mean(axis=1)
    _, face, share = surface.nearest(middles)
    color, uv = None, None
    if like.uv is not None:
        uv = _laid(vertices, faces, like, surface, np.einsum("fk,fkd->fd", share, like.uv[face]))
    if like.color is not None:
        _, at, weights = surface.nearest(vertices)
        color = np.round(np.einsum("vk,vkd->vd", weights, like.color[like.faces[at]].astype(float))).astype(np.uint8)
    return Mesh(
        vertices,
        faces,
        uv=uv,
        color=color,
        seen=_unseen(like, len(vertices)),
        material=None if like.material is None else like.material[face],
        part=None if like.part is None else like.part[face],
    )


def lined(vertices: Floats, faces: Ints, like: Mesh) -> Mesh:
    """A bare surface whose faces each wear what the nearest vertex of a mesh wears: quick, for what nobody sees."""
    from scipy.spatial import cKDTree

    tree = cKDTree(like.vertices)
    corner = np.zeros(len(like.vertices), np.int64)
    corner[like.faces.reshape(-1)] = np.arange(like.faces.size)
    at = corner[tree.query(vertices[faces].mean(axis=1))[1]]
    uv = None if like.uv is None else np.repeat(like.uv.reshape(-1, 2)[at][:, None], 3, axis=1)
    return Mesh(
        vertices,
        faces,
        uv=uv,
        color=None if like.color is None else like.color[tree.query(vertices)[1]],
        seen=_unseen(like, len(vertices)),
        material=None if like.material is None else like.material[at // 3],
        part=None if like.part is None else like.part[at // 3],
    )


def _laid(vertices: Floats, faces: Ints, like: Mesh, surface: Surface, middle: np.ndarray) -> np.ndarray:
    """uv (F, 3, 2) of the places nearest to the corners; ``middle`` (F, 2) where those lie far apart."""
    _, at, weights = surface.nearest(vertices)
    uv = np.einsum("vk,vkd->vd", weights, like.uv[at])[faces]
    sides = (like.uv[:, 1:] - like.uv[:, :1]).astype(np.float64)
    picture = np.abs(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]).sum() / 2
    scale = np.sqrt(picture / max(face_areas(like.vertices, like.faces).sum(), 1e-300))
    size = np.linalg.norm(np.ptp(vertices[faces], axis=1), axis=1)
    torn = np.linalg.norm(np.ptp(uv, axis=1), axis=1) > _STRETCH * scale * size
    return np.where(torn[:, None, None], middle[:, None], uv)


def plain(vertices: Floats, faces: Ints, asset: Asset, name: str) -> tuple[Mesh, Asset]:
    """A bare surface in a material (or colour) and part of its own, and the asset that knows of them.

    What an asset does not have, its addition does not get: no material where there is none. Colours on vertices are
    continued with the middle one of the model.
    """
    mesh = asset.mesh
    count = len(faces)
    material = part = None
    if asset.materials:
        index = np.zeros(len(mesh.faces), np.int32) if mesh.material is None else mesh.material
        asset = asset.replace(
            mesh=mesh.replace(material=index),
            materials=(*asset.materials, Material(name=name, base_color=(0.6, 0.6, 0.6, 1.0))),
        )
        material = np.full(count, len(asset.materials) - 1)
    if asset.part_names:
        index = np.zeros(len(mesh.faces), np.int32) if mesh.part is None else mesh.part
        asset = asset.replace(mesh=asset.mesh.replace(part=index), part_names=(*asset.part_names, name))
        part = np.full(count, len(asset.part_names) - 1)
    color = None
    if mesh.color is not None:
        color = np.broadcast_to(np.median(mesh.color, axis=0).astype(np.uint8), (len(vertices), 3))
    uv = None if mesh.uv is None else np.zeros((count, 3, 2))
    addition = Mesh(
        vertices, faces, uv=uv, material=material, part=part, color=color, seen=_unseen(mesh, len(vertices))
    )
    return addition, asset


def _unseen(like: Mesh, count: int) -> np.ndarray | None:
    return None if like.seen is None else np.zeros(count, np.float32)


def together(first: Mesh, second: Mesh) -> Mesh:
    """Two meshes with the same channels side by side, the first one's vertices and faces in front."""

    def both(name: str) -> np.ndarray | None:
        a, b = getattr(first, name), getattr(second, name)
        return None if a is None or b is None else np.concatenate([a, b])

    channels = {name: both(name) for name in _CHANNELS}
    return Mesh(
        np.concatenate([first.vertices, second.vertices]),
        np.concatenate([first.faces, second.faces + len(first.vertices)]),
        uv=channels["uv"],
        material=channels["material"],
        part=channels["part"],
        color=channels["color"],
        seen=channels["seen"],
    )
