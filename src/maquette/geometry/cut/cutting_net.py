"""A mesh that is cut finer in place: every piece knows the face it came from and where in it its corners lie.

A node is a vertex on one side of a seam: two faces share a node where nothing changes suddenly between them. Cuts are
made on edges, for both faces alike, so what was closed stays closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.topology import edges


@dataclass(frozen=True)
class Net:
    """vertices (V, 3), faces (F, 3) of vertices, node (F, 3), origin (F,) old face, share (F, 3, 3) of its corners."""

    vertices: Floats
    faces: Ints
    node: Ints
    origin: Ints
    share: Floats

    @property
    def lengths(self) -> Floats:
        """Length of each face's edges, (F, 3): from corner c to c + 1."""
        corner = self.vertices[self.faces]
        result: Floats = np.linalg.norm(np.roll(corner, -1, axis=1) - corner, axis=2)
        return result

    @property
    def areas(self) -> Floats:
        """Area of each face, (F,)."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        result: Floats = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
        return result


def net_of(vertices: Floats, faces: Ints, node: Ints) -> Net:
    """An uncut mesh as a net. node (F, 3)."""
    share = np.broadcast_to(np.eye(3), (len(faces), 3, 3)).copy()
    return Net(vertices, faces, node, np.arange(len(faces)), share)


@dataclass(frozen=True)
class Cut:
    """A net after cutting; ``row`` (F',) the face each piece was, ``owner`` (F',) the corner it kept, -1: none."""

    net: Net
    row: Ints
    owner: Ints
    start: Ints  # (C,) vertices at the ends of each cut edge, and how far along the new vertex lies
    end: Ints
    along: Floats


def cut_edges(net: Net, wanted: Bools, along: Floats) -> Cut:
    """Cut the edges of which a half is ``wanted`` (F, 3), at ``along`` (F, 3) of the way from corner c to c + 1.

    Where both halves name a place their mean counts.
    """
    edge_table = edges(net.faces)
    half = np.flatnonzero(wanted.reshape(-1))
    edge = edge_table.of_half[half]
    place = np.where(edge_table.forward[half], along.reshape(-1)[half], 1 - along.reshape(-1)[half])
    times = np.bincount(edge, minlength=len(edge_table.ends))
    total = np.bincount(edge, weights=place, minlength=len(edge_table.ends))
    cut_edges = np.flatnonzero(times)
    t = total[cut_edges] / times[cut_edges]
    number = np.full(len(edge_table.ends), -1)
    number[cut_edges] = np.arange(len(cut_edges))
    low, high = edge_table.ends[cut_edges].T
    points = net.vertices[low] * (1 - t)[:, None] + net.vertices[high] * t[:, None]
    of_half = number[edge_table.of_half].reshape(-1, 3)
    middle = np.where(of_half >= 0, of_half + len(net.vertices), -1)
    forward = edge_table.forward.reshape(-1, 3)
    at = np.where(of_half >= 0, np.where(forward, t[of_half], 1 - t[of_half]) if len(t) else 0.0, 0.0)[..., None]
    whole = Net(
        np.concatenate([net.vertices, points]),
        np.concatenate([net.faces, middle], axis=1),
        np.concatenate([net.node, _middle_nodes(net.node, middle)], axis=1),
        net.origin,
        np.concatenate([net.share, net.share * (1 - at) + np.roll(net.share, -1, axis=1) * at], axis=1),
    )
    pieces_net, row, owner = _pieces(whole)
    return Cut(pieces_net, row, owner, low, high, t)


def _middle_nodes(node: Ints, middle: Ints) -> Ints:
    """A node for each cut half-edge: one for each pair of nodes it runs between, (F, 3)."""
    there = middle >= 0
    a, b = node[there], np.roll(node, -1, axis=1)[there]
    size = int(node.max()) + 1 if node.size else 1
    _, number = np.unique(np.minimum(a, b) * size + np.maximum(a, b), return_inverse=True)
    middle_nodes = np.full(node.shape, -1, np.int64)
    middle_nodes[there] = size + number.reshape(-1)
    return middle_nodes


def _pieces(whole: Net) -> tuple[Net, Ints, Ints]:
    """Faces of six points (corners, then middles or -1) as triangles: the net, their rows and corners kept."""
    code = (whole.faces[:, 3:] >= 0) @ np.array([1, 2, 4])
    rows, local = [np.flatnonzero(code == 0)], [np.tile([0, 1, 2], (int((code == 0).sum()), 1))]
    for which in range(1, 8):
        some = np.flatnonzero(code == which)
        for triple in _triangles(which, whole, some):
            rows.append(some)
            local.append(triple)
    row, corner = np.concatenate(rows), np.concatenate(local)
    order = np.argsort(row, kind="stable")
    row, corner = row[order], corner[order]
    owner = np.where(corner < 3, corner, 3).min(axis=1)
    net_of_pieces = Net(
        whole.vertices,
        np.take_along_axis(whole.faces[row], corner, axis=1),
        np.take_along_axis(whole.node[row], corner, axis=1),
        whole.origin[row],
        np.take_along_axis(whole.share[row], corner[:, :, None], axis=1),
    )
    return net_of_pieces, row, np.where(owner == 3, -1, owner)


def _triangles(which: int, whole: Net, some: Ints) -> list[Ints]:
    """The pieces of faces ``some`` whose cut edges are the bits of ``which``, as local corners, each (N, 3)."""
    cuts = [edge for edge in range(3) if which >> edge & 1]
    if len(cuts) == 3:
        fixed = [(0, 3, 5), (3, 1, 4), (4, 2, 5), (3, 4, 5)]
    elif len(cuts) == 1:
        e = cuts[0]
        fixed = [(e, 3 + e, (e + 2) % 3), (3 + e, (e + 1) % 3, (e + 2) % 3)]
    else:
        e = ({0, 1, 2} - set(cuts)).pop()
        p, q, tip = e, (e + 1) % 3, (e + 2) % 3
        a, b = 3 + q, 3 + tip
        place = whole.vertices[whole.faces[some]]
        shorter = np.linalg.norm(place[:, p] - place[:, a], axis=1) <= np.linalg.norm(place[:, q] - place[:, b], axis=1)
        first = np.where(shorter[:, None], (p, q, a), (p, q, b))
        second = np.where(shorter[:, None], (p, a, b), (q, a, b))
        return [np.tile((a, tip, b), (len(some), 1)), first, second]
    return [np.tile(triple, (len(some), 1)) for triple in fixed]
