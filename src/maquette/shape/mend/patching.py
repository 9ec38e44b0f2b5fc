"""Patches put into openings: what rides on the border is carried across."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.channels import CHANNELS, Channel
from maquette.core.mesh import Mesh
from maquette.geometry.mend.membrane import Film
from maquette.geometry.topology import border_loops, edges


@dataclass(frozen=True)
class Openings:
    """Loops of open edges end to end: their vertices, the half-edge beyond each, and where each loop starts."""

    loops: list[Ints]
    ring: Ints  # (R,) vertices, in the order in which a patch's faces run
    half: Ints  # (R,) half-edge 3·f + c that runs from the next vertex to this one
    start: Ints  # (N,) first place of each loop

    @property
    def of_ring(self) -> Ints:
        """Loop of each place, (R,)."""
        return np.repeat(np.arange(len(self.loops)), [len(loop) for loop in self.loops])

    def only(self, which: list[int]) -> Openings:
        """Some of the loops."""
        loops = [self.loops[number] for number in which]
        kept = np.isin(self.of_ring, which)
        sizes = np.array([len(loop) for loop in loops], dtype=np.int64)
        return Openings(loops, self.ring[kept], self.half[kept], np.cumsum(sizes) - sizes)


def openings(mesh: Mesh) -> Openings:
    """Every loop of open edges."""
    faces, count = mesh.faces, len(mesh.vertices)
    edge_table = edges(faces)
    half = np.flatnonzero(edge_table.count[edge_table.of_half] == 1)
    key = faces.reshape(-1)[half] * count + np.roll(faces, -1, axis=1).reshape(-1)[half]
    order = np.argsort(key)
    key, half = key[order], half[order]
    loops = border_loops(faces)
    sizes = np.array([len(loop) for loop in loops], dtype=np.int64)
    stop = np.cumsum(sizes)
    ring = np.concatenate([np.zeros(0, np.int64), *loops])
    after = np.arange(1, len(ring) + 1)
    after[stop - 1] = stop - sizes
    return Openings(loops, ring, half[np.searchsorted(key, ring[after] * count + ring)], stop - sizes)


def patch(mesh: Mesh, holes: Openings, points: Floats, place: Ints, hole: Ints) -> Mesh:
    """The mesh with faces (T, 3) appended, given as places on the rings; ``hole`` (T,) is the loop each one closes.

    ``points`` (P, 3) are inner points of the patches; their places follow those of the rings. uv and colour come from
    the border and run evenly across, faces wear what most of the border wears. Inner points count as not seen.
    """
    count, border = len(mesh.vertices), len(holes.ring)
    film = Film(place, border + len(points), border)
    vertex = np.concatenate([holes.ring, count + np.arange(len(points))])
    hole_of = np.zeros(border + len(points), np.int64)
    hole_of[place] = hole[:, None]
    channels: dict[str, NDArray[Any]] = {}
    for name, values in mesh.channels.items():
        channel = CHANNELS[name]
        if channel.domain == "face":
            channels[name] = _like_border(values, holes, hole)
        elif channel.domain == "corner":
            on_ring = values[holes.half // 3, (holes.half % 3 + 1) % 3]  # the half-edge beyond ends in this vertex
            inner = _continue_channel(channel, film, on_ring, holes.start[hole_of[border:]])
            channels[name] = np.concatenate([values, np.concatenate([on_ring, inner])[place]])
        else:
            inner = _continue_channel(channel, film, values[holes.ring], holes.start[hole_of[border:]])
            channels[name] = np.concatenate([values, inner])
    return mesh.replace(
        vertices=np.concatenate([mesh.vertices, points]),
        faces=np.concatenate([mesh.faces, vertex[place]]),
        **channels,
    )


def _continue_channel(channel: Channel, film: Film, on_ring: NDArray[Any], first: Ints) -> NDArray[Any]:
    """A channel's values (R, ...) on the rings continued to the inner points, (P, ...).

    What is not to be mixed comes from the ``first`` (P,) place of each point's ring.
    """
    if channel.fresh == "missing":
        return np.full((len(first), *channel.shape), channel.missing, channel.dtype)
    if channel.blend == "nearest":
        return on_ring[first]
    flat = on_ring.reshape(len(on_ring), -1)
    drawn = film.fill_in(flat if flat.dtype.kind == "f" else flat.astype(np.float64))
    return channel.settled(drawn.reshape(-1, *channel.shape))


def _like_border(values: NDArray[Any], holes: Openings, hole: Ints) -> NDArray[Any]:
    """A face channel (F, ...) continued over the patches: what most of each hole's border has."""
    on_ring = values[holes.half // 3]
    kinds, kind = np.unique(on_ring, axis=0, return_inverse=True)
    rows, count = np.unique(np.stack([holes.of_ring, kind.reshape(-1)], axis=1), axis=0, return_counts=True)
    most = np.zeros((len(holes.loops), *values.shape[1:]), dtype=values.dtype)
    order = np.argsort(count, kind="stable")
    most[rows[order, 0]] = kinds[rows[order, 1]]  # the most frequent is written last
    return np.concatenate([values, most[hole]])
