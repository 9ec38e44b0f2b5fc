"""Where colours change on a surface: samples of it, faces made finer there, and dots that mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints, Singles
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.geometry.cut.cutting_net import Net, cut_edges, net_of
from maquette.geometry.look.oklab import light_of_oklab, nearest, oklab_of
from maquette.geometry.sampling import triangle_shares
from maquette.geometry.surface import face_areas
from maquette.shape.carry.surface_color import SurfaceColor

MOST_FACES = 1_500_000  # beyond, borders stay as coarse as they are
_MOST_SAMPLES = 8_000_000
_PER_LINE = 4.0  # samples on a square of the line's width
_NEAR = 0.02  # OKLab: a colour this close to a filament is not mixed
_MIX = 16  # dots a mixture is planned over
_TIE = np.array([[4, 1, 1], [1, 4, 1], [1, 1, 4]]) / 6  # one sample for each corner


@dataclass(frozen=True)
class Sampled:
    """Light (N, 3) of places, and the area each stands for (N,)."""

    light: Floats
    weight: Floats


def places(areas: Floats, cell: float) -> tuple[Ints, Floats]:
    """Places spread over faces, three at least on each: face (N,) and share of its corners (N, 3)."""
    wanted = np.minimum(areas / cell, 1e6)
    scale = min(1.0, _MOST_SAMPLES / max(float(wanted.sum()), 1.0))
    more = np.floor(np.maximum(wanted * scale - 3, 0)).astype(np.int64)
    face = np.concatenate([np.repeat(np.arange(len(areas)), 3), np.repeat(np.arange(len(areas)), more)])
    number = np.arange(int(more.sum())) - np.repeat(np.cumsum(more) - more, more)
    flat = triangle_shares(number)
    share = np.concatenate([np.tile(_TIE, (len(areas), 1)), np.column_stack([1 - flat.sum(axis=1), flat])])
    return face, share


def spots(mesh: Mesh, color: SurfaceColor, line: float) -> Sampled:
    """The surface's colours, about one for the square of a line, 300,000 at most."""
    areas = face_areas(mesh.vertices, mesh.faces)
    face, share = places(areas, max(line**2, float(areas.sum()) / 300_000))
    weight = areas[face] / np.maximum(np.bincount(face, minlength=len(areas)), 1)[face]
    return Sampled(color.at(face, share), weight)


def seams(mesh: Mesh) -> Net:
    """A mesh as a net whose nodes are vertices with one uv and one material."""
    columns = [mesh.faces.reshape(-1)]
    if mesh.material is not None:
        columns.append(np.repeat(mesh.material, 3).astype(np.int64))
    if mesh.uv is not None:
        flat = (mesh.uv.reshape(-1, 2) + np.float32(0)).view(np.uint32).astype(np.int64)
        columns += [flat[:, 0], flat[:, 1]]
    order = np.lexsort(columns[::-1])
    changed = np.zeros(len(order) - 1, dtype=bool)
    for column in columns:
        changed |= column[order][1:] != column[order][:-1]
    node = np.empty(len(order), dtype=np.int64)
    node[order] = np.concatenate([[0], np.cumsum(changed)])
    return net_of(mesh.vertices, mesh.faces, node.reshape(-1, 3))


def sample_faces(net: Net, color: SurfaceColor, rows: Ints, cell: float) -> tuple[Ints, Floats, Floats]:
    """Samples of some faces: place among ``rows`` (N,), share of its corners (N, 3), light (N, 3)."""
    face, share = places(net.areas[rows], cell)
    where = rows[face]
    return face, share, color.at(net.origin[where], np.einsum("nk,nkd->nd", share, net.share[where]))


def refine_net(net: Net, color: SurfaceColor, palette: Floats, line: float) -> Net:
    """Edges over ``line`` cut in halves wherever the nearest of the palette changes nearby."""
    cell = line**2 / _PER_LINE
    low = np.zeros(len(net.faces), np.int64)
    high, fresh = low.copy(), np.arange(len(net.faces))
    for turn in range(24):
        progress(0.1 + 0.5 * turn / 12, "finding borders")
        face, _, light = sample_faces(net, color, fresh, cell)
        label, _ = nearest(oklab_of(light), palette)
        low[fresh], high[fresh] = len(palette), -1
        np.minimum.at(low, fresh[face], label)
        np.maximum.at(high, fresh[face], label)
        size = int(net.node.max()) + 1
        least, most = np.full(size, len(palette)), np.full(size, -1)
        np.minimum.at(least, net.node.reshape(-1), np.repeat(low, 3))
        np.maximum.at(most, net.node.reshape(-1), np.repeat(high, 3))
        mixed: Bools = np.any((least < most)[net.node], axis=1)
        length = net.lengths
        wanted = mixed[:, None] & (length > line) & (length > 0.6 * length.max(axis=1)[:, None])
        if not wanted.any():
            break
        if len(net.faces) + 2 * int(wanted.sum()) > MOST_FACES:
            note(f"borders stay coarse in places: finer ones need over {MOST_FACES} faces; raise detail_mm")
            break
        done = cut_edges(net, wanted, np.full(wanted.shape, 0.5))
        whole = low[done.row] == high[done.row]
        pieces = np.bincount(done.row, minlength=len(net.faces))[done.row]
        net, low, high = done.net, low[done.row], high[done.row]
        fresh = np.flatnonzero((pieces > 1) & ~whole)
    return net


def node_votes(net: Net, color: SurfaceColor, palette: Floats) -> tuple[Singles, Ints]:
    """Nodes joined where they share vertex and filament: their votes (N, K), and the nodes of faces (F, 3).

    Around a node the third of each face that is its own votes, every sample for the nearest of the palette. Votes, not
    a mean colour: half black and half white in light is nearer to white, which moved borders by a fifth of a line.
    """
    areas, count = net.areas, len(palette)
    face, share, light = sample_faces(net, color, np.arange(len(net.faces)), float(areas.max()) / 12 + 1e-30)
    label, _ = nearest(oklab_of(light), palette)
    weight = areas[face] / np.bincount(face, minlength=len(areas))[face] + 1e-30
    corner = share.argmax(axis=1)
    most = _votes(net.node[face, corner], label, weight, (int(net.node.max()) + 1, count)).argmax(axis=1)
    _, joined = np.unique(net.faces * count + most[net.node], return_inverse=True)
    joined = joined.reshape(-1, 3)
    return _votes(joined[face, corner], label, weight, (int(joined.max()) + 1, count)), joined


def _votes(node: Ints, label: Ints, weight: Floats, shape: tuple[int, int]) -> Singles:
    """The share of each label at each node, (N, K)."""
    held = np.bincount(node * shape[1] + label, weights=weight, minlength=shape[0] * shape[1]).reshape(shape)
    share: Singles = (held / np.maximum(held.sum(axis=1, keepdims=True), 1e-300)).astype(np.float32)
    return share


def _mean(group: Ints, light: Floats, weight: Floats, count: int) -> Floats:
    total = np.maximum(np.bincount(group, weights=weight, minlength=count), 1e-300)
    return (
        np.stack([np.bincount(group, weights=weight * light[:, k], minlength=count) for k in range(3)], 1)
        / total[:, None]
    )


def dither(net: Net, color: SurfaceColor, palette: Floats, dot: float) -> tuple[Net, Ints]:
    """Faces of about a dot, each in one of the palette, so that neighbours mix to the surface's colour.

    A mixture of ``_MIX`` dots is planned greedily in linear light; which of them a face takes hangs on where it lies.
    """
    far, fresh = np.zeros(len(net.faces)), np.arange(len(net.faces))
    for turn in range(24):
        progress(0.1 + 0.5 * turn / 12, "laying dots")
        face, _, light = sample_faces(net, color, fresh, dot**2)
        _, away = nearest(oklab_of(light), palette)
        far[fresh] = 0.0
        np.maximum.at(far, fresh[face], away)
        length = net.lengths
        wanted = (far > _NEAR)[:, None] & (length > dot / 2) & (length > 0.6 * length.max(axis=1)[:, None])
        if not wanted.any() or len(net.faces) + 2 * int(wanted.sum()) > MOST_FACES:
            break
        done = cut_edges(net, wanted, np.full(wanted.shape, 0.5))
        fresh = np.flatnonzero((np.bincount(done.row, minlength=len(net.faces)) > 1)[done.row])
        net, far = done.net, far[done.row]
    face, _, light = sample_faces(net, color, np.arange(len(net.faces)), dot**2)
    mean = _mean(face, light, np.ones(len(face)), len(net.faces))
    return net, _dither_labels(mean, palette, net.vertices[net.faces].mean(axis=1) / dot)


def _dither_labels(light: Floats, palette: Floats, center: Floats) -> Ints:
    """One of the palette for each face (F,): the dot of its mixture that its place draws."""
    inks = light_of_oklab(palette)
    plan = np.zeros((len(light), _MIX), np.int64)
    total = np.zeros_like(light)
    for turn in range(_MIX):
        best, least = np.zeros(len(light), np.int64), np.full(len(light), np.inf)
        target = oklab_of(light)
        for number, ink in enumerate(inks):
            away = ((oklab_of((total + ink) / (turn + 1)) - target) ** 2).sum(axis=1)
            closer = away < least
            best[closer], least[closer] = number, away[closer]
        plan[:, turn] = best
        total += inks[best]
    rank = np.argsort(np.argsort(palette[:, 0], kind="stable"), kind="stable")
    plan = np.take_along_axis(plan, np.argsort(rank[plan], axis=1, kind="stable"), axis=1)
    draw = (np.floor(center) @ np.array([0.8191725134, 0.6710436067, 0.5497004779])) % 1.0  # R3 (Roberts 2018)
    choice: Ints = plan[np.arange(len(plan)), (draw * _MIX).astype(np.int64)]
    return choice
