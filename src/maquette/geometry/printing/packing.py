"""Footprints on plates: as many as fit on one, none nearer to another than a gap, in as few plates as come easily.

Largest first, each in the quarter turn and at the free place that keeps the plate's used part lowest, then leftmost
(bottom-left, Baker, Coffman, Rivest 1980, over a picture of the plate; free places by one convolution a turn, as in
Cui et al. 2023, "Dense, interlocking-free and scalable spectral packing of generic 3D objects", in two dimensions).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats
from maquette.geometry.cut.sections import Raster, fill_outline
from maquette.geometry.printing.resting import hull

_CELLS = 400  # along the plate's longer side
_RING = np.array([[np.cos(a), np.sin(a)] for a in np.arange(16) * np.pi / 8]) / np.cos(np.pi / 16)
_QUARTERS = np.array([[[1, 0], [0, 1]], [[0, -1], [1, 0]], [[-1, 0], [0, -1]], [[0, 1], [-1, 0]]], dtype=np.float64)


@dataclass(frozen=True)
class Placement:
    """Where a footprint goes: its points times ``turn`` (2, 2), plus ``shift`` (2,), on plate ``plate``; (0, 0) is the
    plate's corner."""

    plate: int
    turn: Floats
    shift: Floats


def pack(outlines: list[Floats], plate: Floats, gap: float) -> list[Placement | None]:
    """Convex outlines (H, 2) on plates of size ``plate`` (2,); None for one that no plate holds, however it is turned.

    ``gap`` is kept between footprints, not to the rim.
    """
    pitch = float(plate.max()) / _CELLS
    grown = gap / 2 + 0.75 * pitch  # a cell that is touched has its middle within 0.71 of its side
    order = sorted(range(len(outlines)), key=lambda n: (-round(_area(outlines[n]), 3), n))
    taken: list[Bools] = []
    placements: list[Placement | None] = [None] * len(outlines)
    for number in order:
        turned = [outlines[number] @ turn.T for turn in _QUARTERS]
        usable = [k for k in range(4) if (np.ptp(turned[k], axis=0) <= plate * (1 + 1e-9)).all()]
        if not usable:
            continue
        stamps = {k: _stamp(turned[k], grown, pitch) for k in usable}
        spots = ((which, _free(picture, stamps)) for which, picture in enumerate(taken))
        which, spot = next(((which, min(places)) for which, places in spots if places), (len(taken), None))
        if spot is None:
            taken.append(_empty(plate, grown, pitch))
            spot = (0, 0, 0, usable[0])
        _, row, column, k = spot
        mask, low = stamps[k]
        here = taken[which][row : row + mask.shape[0], column : column + mask.shape[1]]
        here |= mask[: here.shape[0], : here.shape[1]]
        placements[number] = Placement(which, _QUARTERS[k], np.array([column, row]) * pitch - grown - low)
    return _within(placements, outlines, plate)


def least_rectangle(points: Floats) -> float:
    """Angle in radians by which to turn points (N, 2) for their box to be smallest, in (-45, 45] degrees.

    One side of the smallest rectangle lies along a side of the convex hull (Freeman, Shapira 1975).
    """
    corners = hull(points)
    sides = np.roll(corners, -1, axis=0) - corners
    angles = -np.arctan2(sides[:, 1], sides[:, 0])
    angles = np.concatenate([[0.0], (angles + np.pi / 4) % (np.pi / 2) - np.pi / 4])
    turned = np.stack([np.cos(angles), -np.sin(angles), np.sin(angles), np.cos(angles)], axis=1).reshape(-1, 2, 2)
    size = np.ptp(np.einsum("aij,nj->ani", turned, corners), axis=1)
    area = size.prod(axis=1)
    best = int(np.round(area / max(float(area.max()), 1e-300), 6).argmin())
    return float(angles[best])


def _empty(plate: Floats, grown: float, pitch: float) -> Bools:
    """A plate's picture, with a rim over which what a footprint is grown by may hang."""
    columns, rows = np.floor((plate + 2 * grown) / pitch + 1e-9).astype(int).tolist()
    return np.zeros((rows, columns), dtype=bool)


def _stamp(points: Floats, grown: float, pitch: float) -> tuple[Bools, Floats]:
    """All cells that an outline may touch with half the gap around it, and the outline's own corner (2,)."""
    corners = hull((points[:, None] + _RING * grown).reshape(-1, 2))
    low, high = points.min(axis=0) - grown, points.max(axis=0) + grown
    columns, rows = np.ceil((high - low) / pitch - 1e-9).astype(int).tolist()
    pieces = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    return fill_outline(pieces, Raster(low, pitch, rows, columns)), points.min(axis=0)


def _free(taken: Bools, stamps: dict[int, tuple[Bools, Floats]]) -> list[tuple[int, int, int, int]]:
    """For each turn the lowest, then leftmost free place: top edge, row, column, turn."""
    from scipy.signal import fftconvolve

    result = []
    for turn, (mask, _) in stamps.items():
        if mask.shape[0] > taken.shape[0] or mask.shape[1] > taken.shape[1]:
            continue
        if taken.size - taken.sum() < mask.sum():
            continue
        overlap = fftconvolve(taken.astype(np.float32), mask[::-1, ::-1].astype(np.float32), mode="valid")
        free = overlap < 0.5
        if free.any():
            row, column = np.unravel_index(int(free.argmax()), free.shape)
            result.append((int(row) + mask.shape[0], int(row), int(column), turn))
    return result


def _within(placements: list[Placement | None], outlines: list[Floats], plate: Floats) -> list[Placement | None]:
    """The placements with each plate's footprints together moved to its middle."""
    boxes: dict[int, list[Floats]] = {}
    for place, outline in zip(placements, outlines, strict=True):
        if place is not None:
            boxes.setdefault(place.plate, []).append(outline @ place.turn.T + place.shift)
    shift = {}
    for number, placed in boxes.items():
        points = np.concatenate(placed)
        shift[number] = plate / 2 - (points.min(axis=0) + points.max(axis=0)) / 2
    return [
        None if place is None else Placement(place.plate, place.turn, place.shift + shift[place.plate])
        for place in placements
    ]


def _area(points: Floats) -> float:
    return float(np.ptp(points, axis=0).prod())
