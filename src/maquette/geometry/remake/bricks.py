"""Cubes that print and bricks with studs: cells that touch only in an edge or a corner joined, tops given a stud."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.remake.blocks import Blocks, block_surface

_ROUNDS = 60
_SIDES = 16  # of a stud
_RADIUS, _HEIGHT = 0.3, 0.22  # of a stud, in cells: 4.8 and 1.8 mm on 8 mm


def join_touching(filled: Bools) -> Bools:
    """Cells (X, Y, Z) with others filled in until none meet in an edge or a corner alone: then the surface is sound."""
    cells = np.pad(filled, 1)
    for _ in range(_ROUNDS):
        before = int(cells.sum())
        for axis in range(3):
            turned = np.moveaxis(cells, axis, 0)  # a view
            a, b = turned[:, :-1, :-1], turned[:, :-1, 1:]
            c, d = turned[:, 1:, :-1], turned[:, 1:, 1:]
            b |= a & d & ~b & ~c
            a |= b & c & ~a & ~d
        _join_corners(cells)
        if int(cells.sum()) == before:
            break
    return cells[1:-1, 1:-1, 1:-1]


def _join_corners(cells: Bools) -> None:
    """Fill a way between two cells that meet in a corner alone, in place."""
    for y in (0, 1):
        for z in (0, 1):
            near = cells[:-1, y : y + cells.shape[1] - 1, z : z + cells.shape[2] - 1]
            far = cells[1:, 1 - y : cells.shape[1] - y, 1 - z : cells.shape[2] - z]
            beside = cells[1:, y : y + cells.shape[1] - 1, z : z + cells.shape[2] - 1]
            around = sum(
                cells[i : i + cells.shape[0] - 1, j : j + cells.shape[1] - 1, k : k + cells.shape[2] - 1].astype(
                    np.int8
                )
                for i in (0, 1)
                for j in (0, 1)
                for k in (0, 1)
            )
            beside |= near & far & (around == 2)


def brick_surface(blocks: Blocks) -> tuple[Floats, Ints, Ints]:
    """The outside of filled cells with a stud on each open top: vertices (V, 3), faces (F, 3), their cells (F, 3)."""
    vertices, faces, cells = block_surface(blocks)
    corners = vertices[faces]
    upward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0
    half = len(faces) // 2
    top = np.flatnonzero(upward[:half])  # the first triangle of each square that looks up
    squares = np.concatenate([faces[top], faces[top + half][:, 2:]], axis=1)  # (S, 4)
    middle = vertices[squares].mean(axis=1)
    first = len(vertices)
    turn = (np.arange(_SIDES) + 0.0) * 2 * np.pi / _SIDES
    ring = _RADIUS * blocks.pitch * np.stack([np.cos(turn), np.sin(turn), np.zeros(_SIDES)], axis=1)
    low = middle[:, None] + ring
    high = low + [0, 0, _HEIGHT * blocks.pitch]
    center = middle[:, None] + [0, 0, _HEIGHT * blocks.pitch]
    stud = np.concatenate([low, high, center], axis=1)  # (S, 33, 3)
    start = first + np.arange(len(squares)) * stud.shape[1]
    local = np.concatenate([squares, start[:, None] + np.arange(stud.shape[1])], axis=1)  # (S, 4 + 33)
    new = local[:, _stud_faces()].reshape(-1, 3)
    owner = np.repeat(cells[top], len(_stud_faces()), axis=0)
    rest = np.concatenate([~upward[:half], ~upward[half:]])
    return (
        np.concatenate([vertices, stud.reshape(-1, 3)]),
        np.concatenate([faces[rest], new]),
        np.concatenate([cells[rest], owner]),
    )


def _stud_faces() -> Ints:
    """Faces over a square's corners 0..3, from (0, 0) counter-clockwise, a low ring, a high ring and a middle."""
    low, high, middle = 4, 4 + _SIDES, 4 + 2 * _SIDES
    quarter = _SIDES // 4
    rows = []
    for side in range(_SIDES):
        after = (side + 1) % _SIDES
        corner = ((side // quarter) + 2) % 4  # corner 2 of a square lies at 45 degrees
        rows.append((corner, low + after, low + side))
        rows += [(low + side, low + after, high + after), (low + side, high + after, high + side)]
        rows.append((middle, high + side, high + after))
    for corner in range(4):
        rows.append((corner, (corner + 1) % 4, low + quarter * ((corner + 3) % 4)))
    return np.array(rows)
