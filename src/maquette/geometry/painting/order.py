"""Which filament on which layer: simulated annealing over whole stacks, many chains side by side.

A plan of L layers is a row of L numbers of filaments; how many swaps it needs is how often neighbours differ. Its cost
is how far each colour of the picture lies from the best height of the stack, the mean over the picture. Tried beside
it: greedy growth, one band after another (bench/paint.py, the baseline), which gets stuck where a dark layer must come
between two light ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.painting.difference import lab, nearness
from maquette.geometry.painting.light import stack_colors

_CHAINS = 24
_STEPS = 40  # a layer
_BIN = 5.0  # Lab units that count as one colour of the picture
_MOST = 384  # colours of the picture that are looked at


@dataclass(frozen=True)
class Wanted:
    """Colours of a picture as a search wants them: coefficients (10, K) of each one's distance, and weights (K,)."""

    coefficients: Floats
    weights: Floats


def wanted_colors(colors: Floats, weights: Floats) -> Wanted:
    """The colours Lab (N, 3) of a picture gathered into at most 384, weighted (N,)."""
    cell = np.round(colors / _BIN).astype(np.int64)
    _, place = np.unique(cell, axis=0, return_inverse=True)
    place = place.ravel()
    mass: Floats = np.bincount(place, weights=weights).astype(np.float64)
    sums = np.stack([np.bincount(place, weights=weights * colors[:, k]) for k in range(3)], axis=1)
    mean: Floats = sums / np.maximum(mass, 1e-300)[:, None]
    keep = np.argsort(-mass, kind="stable")[:_MOST]
    return Wanted(_coefficients(mean[keep]), mass[keep] / mass[keep].sum())


def _coefficients(colors: Floats) -> Floats:
    """(10, K): what the ten features of a colour are multiplied by for its squared distance from each colour."""
    form, at = nearness(colors), colors - [50.0, 0, 0]
    pull = np.einsum("kij,kj->ki", form, at)
    pairs = [form[:, 0, 0], form[:, 1, 1], form[:, 2, 2], 2 * form[:, 0, 1], 2 * form[:, 0, 2], 2 * form[:, 1, 2]]
    return np.stack([*pairs, *(-2 * pull.T), np.einsum("ki,ki->k", pull, at)])


def _features(colors: Floats) -> Floats:
    """(..., 10) of Lab colours."""
    x, y, z = np.moveaxis(colors - [50.0, 0, 0], -1, 0)
    return np.stack([x * x, y * y, z * z, x * y, x * z, y * z, x, y, z, np.ones_like(x)], axis=-1)


def stack_cost(wanted: Wanted, seen: Floats) -> Floats:
    """Mean distance of the picture's colours from the nearest colour of each stack, seen (B, N, 3) linear -> (B,)."""
    squared = _features(lab(seen)) @ wanted.coefficients  # (B, N, K)
    nearest: Floats = np.sqrt(np.maximum(squared.min(axis=-2), 0)) @ wanted.weights
    return nearest


@dataclass(frozen=True)
class Limits:
    """What a stack may be: layers, swaps, filaments at once, and filaments (-1: free) that stand fixed on layers."""

    swaps: int
    count: int
    fixed: Ints  # (L,)


@dataclass(frozen=True)
class Look:
    """What stacks look like: colours (F, 3) and covers (F,) of a layer, and of a base (F, 3) that is one of them."""

    colors: Floats
    covers: Floats
    grounds: Floats
    base: int

    def of(self, stacks: Ints) -> Floats:
        """Colours of all heights of stacks (B, L), the bare base first: (B, L + 1, 3)."""
        ground = self.grounds[stacks[:, 0] if self.base < 0 else np.full(len(stacks), self.base)]
        return stack_colors(stacks, self.colors, self.covers, ground)


def search_order(
    wanted: Wanted,
    colors: Floats,
    covers: Floats,
    limits: Limits,
    *,
    grounds: Floats,
    base: int,
    seed: int,
) -> Ints:
    """The stack (L,) of filaments over a base that serves the picture best; colors (F, 3), covers (F,) of a layer.

    ``base`` is the filament of the layers below, -1: any, then the stack's first; ``grounds`` (F, 3) is what a base of
    each looks like. Deterministic by seed.
    """
    steps = _STEPS * len(limits.fixed)
    look = Look(colors, covers, grounds, base)
    rng = np.random.default_rng(seed)
    state = np.stack([_start(rng, len(colors), limits, base) for _ in range(_CHAINS)])
    cost = stack_cost(wanted, look.of(state))
    best: Ints = state[cost.argmin()].copy()
    least = float(cost.min())
    for step in range(steps):
        heat = 0.35 * (1 - step / steps) ** 2 + 1e-3
        moved = np.stack([_move(rng, row, len(colors), limits, base) for row in state])
        new = stack_cost(wanted, look.of(moved))
        take = new < cost - heat * np.log(np.maximum(rng.random(_CHAINS), 1e-300))
        state[take], cost[take] = moved[take], new[take]
        if cost.min() < least - 1e-9:
            best, least = state[cost.argmin()].copy(), float(cost.min())
        if step % 250 == 249:  # the worse half goes on from the better
            order = np.argsort(cost, kind="stable")
            half = _CHAINS // 2
            state[order[half:]], cost[order[half:]] = state[order[:half]], cost[order[:half]]
    return best


def swaps_of(stack: Ints, base: int = -1) -> int:
    """How often another filament is loaded; the base's own loading does not count."""
    row = stack if base < 0 else np.concatenate([[base], stack])
    return int((row[1:] != row[:-1]).sum())


def _is_allowed(stack: Ints, limits: Limits, base: int) -> bool:
    used = set(stack.tolist()) | ({base} if base >= 0 else set())
    fixed = limits.fixed
    return (
        swaps_of(stack, base) <= limits.swaps
        and len(used) <= limits.count
        and bool(((fixed < 0) | (fixed == stack)).all())
    )


def _start(rng: np.random.Generator, filaments: int, limits: Limits, base: int) -> Ints:
    """A stack of even bands of some filaments in any order."""
    layers = len(limits.fixed)
    for _ in range(50):
        bands = int(rng.integers(1, min(limits.swaps, limits.count - 1, layers) + 1)) if limits.swaps else 0
        chosen = rng.permutation(filaments)[: bands + 1]
        if base >= 0:
            chosen = np.concatenate([[base], chosen[chosen != base]])[: bands + 1]
        stack = chosen[np.arange(layers) * len(chosen) // layers]
        stack = np.where(limits.fixed >= 0, limits.fixed, stack)
        if _is_allowed(stack, limits, base):
            return stack
    free = limits.fixed[limits.fixed >= 0]
    only = base if base >= 0 else int(free[0]) if len(free) else 0
    return np.where(limits.fixed >= 0, limits.fixed, only)


def _move(rng: np.random.Generator, stack: Ints, filaments: int, limits: Limits, base: int) -> Ints:
    """A neighbour of a stack that is allowed, or the stack itself."""
    for _ in range(6):
        new = _change_stack(rng, stack, filaments)
        if _is_allowed(new, limits, base):
            return new
    return stack


def _change_stack(rng: np.random.Generator, stack: Ints, filaments: int) -> Ints:
    """A stack with one boundary shifted, one band recoloured, put in, taken out or exchanged, or a run moved."""
    new, layers = stack.copy(), len(stack)
    edges = np.concatenate([[0], np.flatnonzero(stack[1:] != stack[:-1]) + 1, [layers]])
    kind, band = int(rng.integers(6)), int(rng.integers(len(edges) - 1))
    low, high = int(edges[band]), int(edges[band + 1])
    reach = int(rng.integers(1, 4))
    if kind == 0 and band:  # the boundary below moves down
        new[max(0, low - reach) : low] = stack[low]
    elif kind == 1 and band:  # or up
        new[low : min(layers, low + reach)] = stack[low - 1]
    elif kind == 2:
        new[low:high] = rng.integers(filaments)
    elif kind == 3:
        start = int(rng.integers(layers))
        new[start : start + 2 * reach] = rng.integers(filaments)
    elif kind == 4 and band and band < len(edges) - 2:
        above = int(edges[band + 2])
        new[low : low + above - high], new[low + above - high : above] = stack[high], stack[low]
    elif kind == 5:  # everything above a place moves down, and the top grows
        new[low : layers - reach] = stack[low + reach :]
    return new
