"""Which stack on which cell: every cell takes the one that looks best from afar, and what no nozzle can lay goes.

A picture is seen blurred, so a cell may err where its neighbours make up for it. Cells are visited in nine interleaved
sets (three apart, so that what they see of each other is small); each takes the stack that lowers the blurred error
most, given all others: iterated conditional modes (Besag 1986) over the quadratic form that CIEDE2000 is near the
wanted colour. A step between neighbours has its price a layer, so that areas stay calm where that costs little. Sets
come in a drawn order and, but in the last rounds, half of each: else all of one set would move first, and even tones
would show its grid.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.painting.difference import blur, lab, lab_slope, nearness

_PHASES = tuple((row, column) for row in (0, 1, 2) for column in (0, 1, 2))
_WHOLE = 2  # rounds at the end in which every cell may move
_DARK = 0.004  # linear light below which Lab's slope is held: blurred black is never blacker


def nearest_stacks(wanted: Floats, seen: Floats) -> Ints:
    """The stack (K, 3) linear whose colour is nearest each cell's (H, W, 3), without a look at the neighbours."""
    goal = lab(wanted)
    return _cheapest(*_bowl(nearness(goal), -goal), lab(seen))


def fit_cells(
    wanted: Floats, seen: Floats, tall: Ints, start: Ints, *, sigma: float, price: Floats, sweeps: int
) -> Ints:
    """The stack of each cell (H, W): wanted (H, W, 3) and seen (K, 3) linear light, tall (K,) layers of each stack.

    ``price`` (H, W) is what a layer of step to a neighbour costs there, in squared CIEDE2000.
    """
    goal = blur(wanted, sigma)
    goal_lab = lab(goal)
    slope = lab_slope(np.maximum(goal, _DARK)).astype(np.float32)
    form = nearness(goal_lab).astype(np.float32)
    pull = np.swapaxes(slope, -1, -2) @ form  # (H, W, 3, 3): from an error in Lab to one in light
    bowl = pull @ slope
    own = _own_share(sigma)
    cells, uneven = start.copy(), bool(price.any()) and len(set(tall.tolist())) > 1
    cost_of_step, rng = price.astype(np.float32), np.random.default_rng(0)
    for sweep in range(sweeps):
        moved = 0
        for row, column in rng.permutation(_PHASES).tolist():
            part = (slice(row, None, 3), slice(column, None, 3))
            error = lab(blur(seen[cells], sigma)) - goal_lab
            push = blur(np.einsum("hwij,hwj->hwi", pull, error.astype(np.float32)), sigma)[part]
            here, mine = seen[cells[part]], bowl[part] * own
            linear = push - np.einsum("hwij,hwj->hwi", mine, here)
            steps = _steps(cells, tall, part) * cost_of_step[part][..., None] if uneven else None
            best = _cheapest(mine, linear, seen, steps)
            if sweep < sweeps - _WHOLE:
                best = np.where(rng.random(best.shape) < 0.5, best, cells[part])
            moved += int((best != cells[part]).sum())
            cells[part] = best
        if moved < 0.002 * cells.size:
            break
    return cells


def _own_share(sigma: float) -> float:
    """How much of a cell's own squared error is left when it is blurred: the sum of the blur's squares."""
    spot = np.zeros((25, 25, 1))
    spot[12, 12] = 1
    return float((blur(spot, sigma) ** 2).sum())


def _bowl(form: Floats, away: Floats) -> tuple[Floats, Floats]:
    return form, np.einsum("...ij,...j->...i", form, away)


def _cheapest(form: Floats, linear: Floats, colors: Floats, extra: Floats | None = None) -> Ints:
    """For each cell the colour c (K, 3) of least c' form c + 2 linear c, plus extra (..., K)."""
    x, y, z = colors.T.astype(np.float32)
    features = np.stack([x * x, y * y, z * z, x * y, x * z, y * z, x, y, z])
    pairs = [form[..., 0, 0], form[..., 1, 1], form[..., 2, 2]]
    pairs += [2 * form[..., 0, 1], 2 * form[..., 0, 2], 2 * form[..., 1, 2]]
    weights = np.stack([*pairs, *np.moveaxis(2 * linear, -1, 0)], axis=-1).astype(np.float32)
    result = np.empty(weights.shape[:-1], np.int64)
    flat, out = weights.reshape(-1, 9), result.reshape(-1)
    more = None if extra is None else extra.reshape(-1, len(colors))
    rows = max(1, 8_000_000 // len(colors))
    for low in range(0, len(flat), rows):
        cost = flat[low : low + rows] @ features
        if more is not None:
            cost += more[low : low + rows]
        out[low : low + rows] = cost.argmin(axis=1)
    return result


def _steps(cells: Ints, tall: Ints, part: tuple[slice, slice]) -> Floats:
    """The layers of step that each stack would make with the four neighbours of the cells of a part, (h, w, K)."""
    high = np.pad(tall[cells], 1, mode="edge").astype(np.float32)
    around = [high[:-2, 1:-1], high[2:, 1:-1], high[1:-1, :-2], high[1:-1, 2:]]
    total = np.zeros((*cells[part].shape, len(tall)), np.float32)
    for side in around:
        total += np.abs(side[part][..., None] - tall.astype(np.float32))
    return total


def printable(heights: Ints, width: int) -> Ints:
    """Heights (H, W) in layers without what a nozzle ``width`` cells wide cannot lay on any layer, nor leave out.

    A grey opening opens the outline of every layer at once, a closing the outline of what it leaves bare.
    """
    from scipy.ndimage import grey_closing, grey_opening

    if width < 2:
        return heights
    return np.asarray(grey_closing(grey_opening(heights, (width, width)), (width, width)), np.int64)
