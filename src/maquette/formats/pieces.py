"""What a file of several bodies is made of: pieces with their colours, placed, cut, and joined into one mesh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Material, Volume
from maquette.core.channels import POLYGON
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.formats.gltf.materials import distinct
from maquette.formats.surface_colors import pack_rgb, settle_colors, unpack_rgb
from maquette.geometry.cut.solids import combine

Role = Literal["solid", "negative", "modifier", "blocker", "enforcer"]


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


@dataclass(frozen=True)
class Piece:
    """A volume: welded, in millimetres."""

    vertices: Floats
    faces: Ints
    coat: Coat
    name: str = ""
    role: Role = "solid"
    item: int = 0
    quad: Ints | None = None  # (F,) number of the quad that a triangle is half of, -1: none; None: there are no quads

    @property
    def mesh(self) -> Mesh:
        """Its bare surface."""
        return Mesh(self.vertices, self.faces)


def product(first: Floats, then: Floats) -> Floats:
    """One (4, 3) transform after another, for row vectors."""
    result: Floats = first @ then[:3]
    result[3] += then[3]
    return result


def move_piece(piece: Piece, matrix: Floats) -> Piece:
    """A piece in another place; a mirror turns its triangles over."""
    vertices = piece.vertices @ matrix[:3] + matrix[3]
    if np.linalg.det(matrix[:3]) >= 0:
        return replace(piece, vertices=vertices)
    coat = piece.coat
    turned = Coat(coat.material, coat.uv[:, ::-1], coat.color[:, ::-1])
    return replace(piece, vertices=vertices, faces=piece.faces[:, ::-1], coat=turned)


def only(piece: Piece, which: np.ndarray) -> Piece:
    """Some of a piece's faces, over the vertices they use."""
    mesh, coat = Mesh(piece.vertices, piece.faces).keep_faces(which), piece.coat
    kept_coat = Coat(coat.material[which], coat.uv[which], coat.color[which])
    quad = None if piece.quad is None else piece.quad[which]
    return replace(piece, vertices=mesh.vertices, faces=mesh.faces, coat=kept_coat, quad=quad)


def carve_piece(piece: Piece, holes: list[Piece]) -> Piece:
    """A solid with others cut away; what lies open then bears the material that most of it has."""
    low, high = piece.mesh.bounds
    near = [h for h in holes if (h.mesh.bounds[0] <= high).all() and (h.mesh.bounds[1] >= low).all()]
    if not near:
        return piece
    name = piece.name[:60] or "the model"
    try:
        carved = combine((piece.vertices, piece.faces), [(h.vertices, h.faces) for h in near], "subtract")
    except CannotDo as problem:
        note(f"negative volumes could not be cut away from {name!r}: {problem}")
        return piece
    note(f"cut {len(near)} negative volumes away from {name!r}")
    coat, old = piece.coat, carved.source == 0
    at = np.where(old, carved.origin, 0)
    usual, counts = np.unique(coat.material, return_counts=True)
    rgb = np.einsum("fck,fkd->fcd", carved.shares, unpack_rgb(np.maximum(coat.color[at], 0)).astype(np.float64))
    plain = ~old[:, None] | (coat.color[at] < 0)
    looks = Coat(
        np.where(old, coat.material[at], usual[counts.argmax()]),
        np.where(old[:, None, None], np.einsum("fck,fkd->fcd", carved.shares, coat.uv[at]), 0).astype(np.float32),
        np.where(plain, -1, pack_rgb(np.rint(np.clip(rgb, 0, 255)).astype(np.uint8))),
    )
    return replace(piece, vertices=carved.vertices, faces=carved.faces, coat=looks, quad=None)


def join_pieces(
    pieces: Sequence[Piece], materials: list[Material], *, has_uv: bool
) -> tuple[Mesh, tuple[Material, ...]]:
    """All pieces as one mesh, a part each, and those of the materials that they use."""
    counts = [len(piece.vertices) for piece in pieces]
    starts = np.cumsum([0, *counts[:-1]])
    faces = np.concatenate([piece.faces + start for piece, start in zip(pieces, starts, strict=True)])
    material = np.concatenate([piece.coat.material for piece in pieces])
    corner = np.concatenate([piece.coat.color for piece in pieces])
    material, color, looks = settle_colors(faces, sum(counts), material, corner, materials)
    used, of_face = np.unique(material, return_inverse=True)
    none = used.tolist() == [-1]
    part = np.repeat(np.arange(len(pieces)), [len(piece.faces) for piece in pieces])
    mesh = Mesh(
        np.concatenate([piece.vertices for piece in pieces]),
        faces,
        uv=np.concatenate([piece.coat.uv for piece in pieces]) if has_uv else None,
        material=None if none else of_face.reshape(-1).astype(np.int32),
        part=part.astype(np.int32) if len(pieces) > 1 else None,
        color=color,
        extra=_join_quads(pieces),
    )
    plain = Material(name="plain")
    return mesh, () if none else distinct(plain if index < 0 else looks[index] for index in used.tolist())


def _join_quads(pieces: Sequence[Piece]) -> dict[str, NDArray[np.int32]]:
    """Which triangles of the pieces are halves of quads; nothing where none is."""
    if all(piece.quad is None for piece in pieces):
        return {}
    numbers, first = [], 0
    for piece in pieces:
        own = np.full(len(piece.faces), -1) if piece.quad is None else piece.quad
        numbers.append(np.where(own >= 0, own + first, -1))
        first += int(own.max(initial=-1)) + 1
    return {POLYGON.name: np.concatenate(numbers).astype(np.int32)}


def set_apart(pieces: Sequence[Piece]) -> tuple[Volume, ...]:
    """Pieces that are no material as volumes beside the model, with a note."""
    if pieces:
        roles = ", ".join(sorted({piece.role for piece in pieces}))
        note(f"{len(pieces)} volumes are no material: {roles}; kept beside")
    return tuple(Volume(piece.name or piece.role, piece.role, piece.mesh) for piece in pieces)  # type: ignore[arg-type]
