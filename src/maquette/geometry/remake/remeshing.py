"""Even triangles of one size over the same surface: Botsch & Kobbelt 2004, "A remeshing approach to multiresolution
modeling": split what is long, collapse what is short, flip towards six neighbours, slide along the surface, put back.

Creases (sharp edges, borders, edges of other than two faces) stay: a vertex on one moves along it, where creases meet
or bend it stands still. Every step runs over whole arrays; what may not happen side by side is parted by ranks: an
edge goes first when none about it has a lower rank.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.nearest import Surface
from maquette.geometry.neighbours import Ring, expand, group
from maquette.geometry.rows import cross, dot
from maquette.geometry.surface import face_normals, vertex_normals
from maquette.geometry.topology import Edges, edges

_LONG, _SHORT = 4 / 3, 4 / 5  # of the wanted length, as in the paper
_PASSES = 6  # of all five steps
_EXACT = 2  # of the passes, the last: before, a place on the surface near by is as good as the nearest
_ROUNDS = 8  # of collapsing or flipping within one
_FEW = 1e-3  # of the edges: so few are left to the next pass
_TURNED = 0.5  # least cosine between a face's normal before and after


@dataclass(frozen=True)
class _Net:
    """A surface under way. ``crease`` (C, 2) are the edges that stay."""

    vertices: Floats
    faces: Ints
    crease: Ints


def remesh_evenly(vertices: Floats, faces: Ints, length: float, sharp_deg: float = 40.0) -> tuple[Floats, Ints]:
    """The same surface in triangles with edges of about ``length``. welded (V, 3), (F, 3) -> (V', 3), (F', 3).

    Closed stays closed, border stays border. 33,000 faces take 2.7 s of CPU.
    """
    crease = creases(vertices, faces, sharp_deg)
    surface = Surface(vertices, faces)
    lines = Surface(vertices, crease[:, [0, 1, 1]]) if len(crease) else None
    net = _Net(np.asarray(vertices, np.float64), faces, crease)
    for number in range(_PASSES):
        net = _split_long_edges(net, _LONG * length)
        net = _collapse_short_edges(net, length)
        net = _flip_edges(net)
        net = _relax(net, surface, lines, exact=number >= _PASSES - _EXACT)
    used = np.unique(net.faces)
    return net.vertices[used], np.searchsorted(used, net.faces)


def creases(vertices: Floats, faces: Ints, sharp_deg: float) -> Ints:
    """Edges where two faces meet at more than ``sharp_deg``, or that have other than two faces, (C, 2)."""
    edge_table = edges(faces)
    first, last = _sides(edge_table)
    normals = face_normals(vertices, faces)
    cosine = np.einsum("ij,ij->i", normals[first // 3], normals[last // 3])
    sharp = (edge_table.count != 2) | (cosine < np.cos(np.radians(sharp_deg)))
    result: Ints = edge_table.ends[sharp]
    return result


def _sides(edge_table: Edges) -> tuple[Ints, Ints]:
    """First and last half-edge on each edge, (E,) twice."""
    halves = np.arange(len(edge_table.of_half))
    first, last = np.zeros((2, len(edge_table.ends)), np.int64)
    first[edge_table.of_half[::-1]], last[edge_table.of_half] = halves[::-1], halves
    return first, last


def _crease_marks(net: _Net, edge_table: Edges) -> Bools:
    """Which edges are creases, (E,)."""
    size = len(net.vertices)
    crease_marks = np.zeros(len(edge_table.ends), dtype=bool)
    if len(net.crease):
        crease = np.sort(net.crease, axis=1)
        key, wanted = edge_table.ends[:, 0] * size + edge_table.ends[:, 1], np.sort(crease[:, 0] * size + crease[:, 1])
        place = np.minimum(np.searchsorted(wanted, key), len(wanted) - 1)
        crease_marks = wanted[place] == key
    return crease_marks


def _lengths(vertices: Floats, ends: Ints) -> Floats:
    step = vertices[ends[:, 0]] - vertices[ends[:, 1]]
    lengths: Floats = np.sqrt(dot(step, step))
    return lengths


def _split_long_edges(net: _Net, longest: float) -> _Net:
    """Every edge longer than that cut in half, until there is none."""
    for _ in range(24):
        edge_table = edges(net.faces)
        cut = _lengths(net.vertices, edge_table.ends) > longest
        if not cut.any():
            break
        size = len(net.vertices)
        middle = np.full(len(edge_table.ends), -1)
        middle[cut] = size + np.arange(int(cut.sum()))
        marked = _crease_marks(net, edge_table)
        halves = [np.stack([edge_table.ends[cut & marked, end], middle[cut & marked]], axis=1) for end in (0, 1)]
        vertices = np.concatenate([net.vertices, net.vertices[edge_table.ends[cut]].mean(axis=1)])
        faces = _cut_faces(vertices, net.faces, middle[edge_table.of_half].reshape(-1, 3))
        net = _Net(vertices, faces, np.concatenate([edge_table.ends[marked & ~cut], *halves]))
    return net


def _cut_faces(vertices: Floats, faces: Ints, middle: Ints) -> Ints:
    """Faces cut at the middles of their edges (F, 3), -1 where an edge stays: into two, three or four."""
    number = (middle >= 0).sum(axis=1)
    pieces = [faces[number == 0]]
    first = np.where(number == 1, (middle >= 0).argmax(axis=1), (middle < 0).argmax(axis=1))
    turn = (first[:, None] + np.arange(3)) % 3
    f, m = np.take_along_axis(faces, turn, axis=1), np.take_along_axis(middle, turn, axis=1)
    (a, b, c), mid = f[number == 1].T, m[number == 1, 0]
    pieces += [np.stack([a, mid, c], axis=1), np.stack([mid, b, c], axis=1)]
    (a, b, c), p, q = f[number == 2].T, m[number == 2, 1], m[number == 2, 2]  # on bc and ca
    pieces.append(np.stack([p, c, q], axis=1))
    other = _lengths(vertices, np.stack([a, p], axis=1)) > _lengths(vertices, np.stack([b, q], axis=1))
    pieces.append(np.stack([a, b, np.where(other, q, p)], axis=1))
    pieces.append(np.stack([np.where(other, b, a), p, q], axis=1))
    (a, b, c), (p, q, r) = faces[number == 3].T, middle[number == 3].T
    pieces += [np.stack(corner, axis=1) for corner in ((a, p, r), (p, b, q), (r, q, c), (p, q, r))]
    return np.concatenate(pieces)


def _ties(net: _Net) -> Ints:
    """How a vertex is bound, (V,): 0 free, 1 to a crease that runs on, 2 to its place."""
    size = len(net.vertices)
    if not len(net.crease):
        return np.zeros(size, np.int64)
    ends = net.crease.reshape(-1)
    degree = np.bincount(ends, minlength=size)
    step = net.vertices[net.crease[:, 1]] - net.vertices[net.crease[:, 0]]
    step /= np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-300)
    total = np.zeros((size, 3))  # of the two directions away from the vertex: zero where the crease runs straight on
    for end, sign in ((0, 1), (1, -1)):
        for axis in range(3):
            total[:, axis] += np.bincount(net.crease[:, end], weights=sign * step[:, axis], minlength=size)
    straight = np.linalg.norm(total, axis=1) < 0.75  # a bend of 43 degrees
    return np.where(degree == 0, 0, np.where((degree == 2) & straight, 1, 2))


def _collapse_short_edges(net: _Net, length: float) -> _Net:
    """Edges shorter than four fifths of the length drawn together, where the surface keeps its shape and topology."""
    for _ in range(_ROUNDS):
        edge_table = edges(net.faces)
        size = _lengths(net.vertices, edge_table.ends)
        marked, tie = _crease_marks(net, edge_table), _ties(net)
        low, high = tie[edge_table.ends].min(axis=1), tie[edge_table.ends].max(axis=1)
        may = (size < _SHORT * length) & (edge_table.count <= 2) & (low < 2) & ((low == 0) | marked)
        short = np.flatnonzero(may)
        short = short[_keep_link_condition(edge_table, short, len(net.vertices))]
        keep, go = edge_table.ends[short].T
        swap = tie[go] > tie[keep]
        keep, go = np.where(swap, go, keep), np.where(swap, keep, go)
        target = np.where((high[short] > 0)[:, None], net.vertices[keep], (net.vertices[keep] + net.vertices[go]) / 2)
        good = _fits(net, keep, go, target, _LONG * length)
        short, keep, go, target = short[good], keep[good], go[good], target[good]
        order = np.argsort(np.argsort(size[short], kind="stable"), kind="stable")
        chosen = _apart(edge_table.ends, keep, go, order, len(net.vertices))
        if not chosen.any():
            break
        net = _merge(net, keep[chosen], go[chosen], target[chosen])
        if chosen.sum() < _FEW * len(may):
            break
    return net


def _keep_link_condition(edge_table: Edges, which: Ints, size: int) -> Bools:
    """Edges whose ends share no more neighbours than faces, all of which have other faces left (Dey et al. 1999)."""
    ring = Ring(edge_table, size)
    row, other = ring.around(edge_table.ends[which, 0])
    shared = ring.touch(edge_table.ends[which, 1][row], other) & (other != edge_table.ends[which, 1][row])
    count = np.bincount(row[shared], minlength=len(which))
    lonely = np.bincount(row[shared & (ring.valence[other] <= 3)], minlength=len(which))
    mask: Bools = (count == edge_table.count[which]) & (lonely == 0)
    return mask


def _fits(net: _Net, keep: Ints, go: Ints, target: Floats, longest: float) -> Bools:
    """Collapses after which no face turns over and no edge is too long."""
    corner, start = group(net.faces.reshape(-1), len(net.vertices))
    bad = np.zeros(len(keep), dtype=bool)
    for mine, other in ((keep, go), (go, keep)):
        row, place = expand(start, mine)
        half = corner[place]
        face, at = half // 3, half % 3
        b, c = net.faces[face, (at + 1) % 3], net.faces[face, (at + 2) % 3]
        stays = (b != other[row]) & (c != other[row])
        row, face, b, c = row[stays], face[stays], b[stays], c[stays]
        old = _cross(net.vertices, net.faces[face, at[stays]], b, c)
        to = net.vertices[b] - target[row]
        new = cross(to, net.vertices[c] - target[row])
        wrong = _is_turned(old, new) | (dot(new, new) <= (1e-6 * longest**2) ** 2) | (dot(to, to) > longest**2)
        bad[row[wrong]] = True
    return ~bad


def _is_turned(old: Floats, new: Floats) -> Bools:
    """Whether a normal (N, 3) looks elsewhere than before; lengths do not matter."""
    agree = dot(old, new)
    mask: Bools = (agree < 0) | (agree * agree < _TURNED**2 * dot(old, old) * dot(new, new))
    return mask


def _cross(vertices: Floats, a: Ints, b: Ints, c: Ints) -> Floats:
    start = vertices[a]
    return cross(vertices[b] - start, vertices[c] - start)


def _apart(ends: Ints, a: Ints, b: Ints, rank: Ints, size: int) -> Bools:
    """Of edges (a, b) with distinct ranks those that have the lowest among all within one step of their ends."""
    least = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(least, a, rank)
    np.minimum.at(least, b, rank)
    about = least.copy()
    np.minimum.at(about, ends[:, 0], least[ends[:, 1]])
    np.minimum.at(about, ends[:, 1], least[ends[:, 0]])
    apart: Bools = (about[a] == rank) & (about[b] == rank)
    return apart


def _merge(net: _Net, keep: Ints, go: Ints, target: Floats) -> _Net:
    """Vertices ``go`` put into ``keep``, which move to the target."""
    twin = np.arange(len(net.vertices))
    twin[go] = keep
    vertices = net.vertices.copy()
    vertices[keep] = target
    faces = twin[net.faces]
    faces = faces[(faces != np.roll(faces, 1, axis=1)).all(axis=1)]
    crease = np.sort(twin[net.crease], axis=1)
    crease = crease[crease[:, 0] != crease[:, 1]]
    used, place = np.unique(faces, return_inverse=True)
    number = np.full(len(vertices), -1)
    number[used] = np.arange(len(used))
    crease = number[crease]
    return _Net(vertices[used], place.reshape(-1, 3), np.unique(crease[(crease >= 0).all(axis=1)], axis=0))


def _flip_edges(net: _Net) -> _Net:
    """Edges turned where that brings the vertices nearer to six neighbours (four on a border)."""
    for _ in range(_ROUNDS):
        edge_table = edges(net.faces)
        first, last = _sides(edge_table)
        may = (
            (edge_table.count == 2)
            & ~_crease_marks(net, edge_table)
            & (edge_table.forward[first] != edge_table.forward[last])
        )
        which = np.flatnonzero(may)
        half, twin = first[which], last[which]
        a, b = net.faces.reshape(-1)[half], net.faces[half // 3, (half % 3 + 1) % 3]
        c, d = net.faces[half // 3, (half % 3 + 2) % 3], net.faces[twin // 3, (twin % 3 + 2) % 3]
        ring = Ring(edge_table, len(net.vertices))
        border = np.zeros(len(net.vertices), np.int64)
        border[edge_table.ends[edge_table.count == 1]] = 2
        off = ring.valence + border - 6
        gain = (np.abs(off[a]) + np.abs(off[b]) + np.abs(off[c]) + np.abs(off[d])) - (
            np.abs(off[a] - 1) + np.abs(off[b] - 1) + np.abs(off[c] + 1) + np.abs(off[d] + 1)
        )
        better = (gain > 0) & (c != d)
        a, b, c, d, half, twin, gain = (x[better] for x in (a, b, c, d, half, twin, gain))
        good = ~ring.touch(c, d) & _flat(net.vertices, a, b, c, d)
        a, b, c, d, half, twin, gain = (x[good] for x in (a, b, c, d, half, twin, gain))
        rank = np.argsort(np.argsort(-gain, kind="stable"), kind="stable")
        least = np.full(len(net.vertices), len(rank))
        for corner in (a, b, c, d):
            np.minimum.at(least, corner, rank)
        go = (least[a] == rank) & (least[b] == rank) & (least[c] == rank) & (least[d] == rank)
        if not go.any():
            break
        faces = net.faces.copy()
        faces[half[go] // 3] = np.stack([a, d, c], axis=1)[go]
        faces[twin[go] // 3] = np.stack([d, b, c], axis=1)[go]
        net = _Net(net.vertices, faces, net.crease)
        if go.sum() < _FEW * len(may):
            break
    return net


def _flat(vertices: Floats, a: Ints, b: Ints, c: Ints, d: Ints) -> Bools:
    """Pairs of faces abc and bad that may become adc and dbc: all four look about the same way."""
    old = [_cross(vertices, a, b, c), _cross(vertices, b, a, d)]
    new = [_cross(vertices, a, d, c), _cross(vertices, d, b, c)]
    total = old[0] + old[1]
    size = np.sqrt(dot(total, total))
    flat: Bools = np.greater(size, 0)
    for normal in new:
        length = np.sqrt(dot(normal, normal))
        flat &= dot(normal, total) > 0.8 * length * size
        flat &= length > 1e-3 * size
    return flat


def _relax(net: _Net, surface: Surface, lines: Surface | None, *, exact: bool) -> _Net:
    """Vertices slid to the middle of their neighbours and back onto the surface or crease, unless a face turns."""
    edge_table = edges(net.faces)
    tie, marked = _ties(net), _crease_marks(net, edge_table)
    normals = vertex_normals(net.vertices, net.faces)
    wish = _mean_of_neighbours(net.vertices, edge_table.ends) - net.vertices
    wish -= np.einsum("ij,ij->i", wish, normals)[:, None] * normals
    along = _mean_of_neighbours(net.vertices, edge_table.ends[marked]) - net.vertices
    moved = net.vertices + np.where((tie == 0)[:, None], 0.7 * wish, np.where((tie == 1)[:, None], 0.5 * along, 0.0))
    free = np.flatnonzero(tie == 0)
    ask = surface.nearest if exact else surface.near
    found_at = ask(moved[free], normals[free], 0.2)
    moved[free] = np.einsum("nk,nkd->nd", found_at.weights, surface.corners[found_at.face])
    bound = np.flatnonzero(tie == 1)
    if lines is not None and len(bound):
        found_at = lines.nearest(moved[bound])
        moved[bound] = np.einsum("nk,nkd->nd", found_at.weights, lines.corners[found_at.face])
    old = _cross(net.vertices, *net.faces.T)
    for _ in range(8):
        bad = _is_turned(old, _cross(moved, *net.faces.T))
        if not bad.any():
            break
        back = np.unique(net.faces[bad])
        moved[back] = net.vertices[back]
    return _Net(moved, net.faces, net.crease)


def _mean_of_neighbours(vertices: Floats, ends: Ints) -> Floats:
    """Mean of the other ends of each vertex's edges; the vertex itself where it has none."""
    size = len(vertices)
    here, there = np.concatenate([ends[:, 0], ends[:, 1]]), np.concatenate([ends[:, 1], ends[:, 0]])
    count = np.bincount(here, minlength=size)[:, None]
    total = np.stack([np.bincount(here, weights=vertices[there, axis], minlength=size) for axis in range(3)], axis=1)
    mean_of_neighbours: Floats = np.where(count > 0, total / np.maximum(count, 1), vertices)
    return mean_of_neighbours
