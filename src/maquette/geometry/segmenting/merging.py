"""Regions merged two by two, the most alike first: every number of parts at once, each nested in the next fewer.

Two regions are the more alike, the less the surface folds in along their border, the closer their thickness and
colour, and the longer their border is for their size: a limb that hangs on by a thin neck is a part of its own even
where nothing else tells it apart. Full lambda schedule (Koepfler, Lopez and Morel 1994; Redding and others 1999) with
a border's length weighed by how little it folds, as in approximately convex decomposition.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from maquette.core.arrays import Floats, Ints

_FOLDED = 3.0  # what a border that folds all along weighs against a difference of one in the features
_NECK = 0.05  # what the neck alone weighs
_SMALL = 0.02  # share of the area from which on a region's size no longer matters


@dataclass(frozen=True)
class Borders:
    """Pairs (A, 2) of regions that lie side by side, the length of their border (A,), and its fold 0..1 (A,)."""

    pair: Ints
    length: Floats
    fold: Floats


@dataclass
class Hierarchy:
    """Merges in order: regions (M, 2), of which the first lives on, and what each cost, rising."""

    size: int
    merges: list[tuple[int, int]] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def labels(self, parts: int) -> Ints:
        """The part of each region when so many are left, numbers without gaps, (R,)."""
        owner = np.arange(self.size)
        for kept, gone in self.merges[: max(self.size - parts, 0)]:
            owner[gone] = kept
        while (owner[owner] != owner).any():
            owner = owner[owner]
        return np.unique(owner, return_inverse=True)[1].reshape(-1)

    def auto(self, limit: float, most: int) -> int:
        """How many parts are left when every further merge costs more than the limit, ``most`` at most."""
        rising = np.maximum.accumulate(np.array([*self.costs, np.inf]))
        return int(np.clip(self.size - int((rising < limit).sum()), 1, most))


def merge_regions(areas: Floats, features: Floats, borders: Borders) -> Hierarchy:
    """Merge until nothing that touches is left apart. areas (R,), features (R, K) means, borders -> Hierarchy."""
    state = _State(areas, features, borders)
    tree = Hierarchy(len(areas))
    heap = [(state.cost(a, b), 0, 0, a, b) for a in range(len(areas)) for b in state.around[a] if a < b]
    heapq.heapify(heap)
    while heap:
        cost, when_a, when_b, a, b = heapq.heappop(heap)
        if state.age[a] != when_a or state.age[b] != when_b:
            continue
        state.join(a, b)
        tree.merges.append((a, b))
        tree.costs.append(cost)
        for c in state.around[a]:
            one, two = (a, c) if a < c else (c, a)
            heapq.heappush(heap, (state.cost(one, two), state.age[one], state.age[two], one, two))
    return tree


class _State:
    """Regions while they merge; plain Python numbers, for ten thousand merges of a few neighbours each."""

    def __init__(self, areas: Floats, features: Floats, borders: Borders) -> None:
        self.total = float(areas.sum())
        self.area = areas.tolist()
        self.feature = features.tolist()
        self.age = [0] * len(areas)
        self.around: list[dict[int, tuple[float, float]]] = [{} for _ in range(len(areas))]
        for (a, b), length, fold in zip(
            borders.pair.tolist(), borders.length.tolist(), borders.fold.tolist(), strict=True
        ):
            known, folded = self.around[a].get(b, (0.0, 0.0))
            self.around[a][b] = self.around[b][a] = (known + length, folded + length * fold)

    def cost(self, a: int, b: int) -> float:
        """What is lost when two become one."""
        length, folded = self.around[a][b]
        one, two = self.area[a], self.area[b]
        far = sum((x - y) ** 2 for x, y in zip(self.feature[a], self.feature[b], strict=True))
        neck = one * two / max(one + two, 1e-300) / max(length * length, 1e-300)
        small = min(1.0, min(one, two) / max(_SMALL * self.total, 1e-300))
        return float(neck**0.5 * small * (far + _FOLDED * folded / max(length, 1e-300) + _NECK))

    def join(self, a: int, b: int) -> None:
        """Region b becomes part of a."""
        one, two = self.area[a], self.area[b]
        whole = max(one + two, 1e-300)
        self.feature[a] = [(one * x + two * y) / whole for x, y in zip(self.feature[a], self.feature[b], strict=True)]
        self.area[a] = whole
        del self.around[a][b]
        for c, (length, folded) in self.around[b].items():
            if c != a:
                del self.around[c][b]
                known, before = self.around[a].get(c, (0.0, 0.0))
                self.around[a][c] = self.around[c][a] = (known + length, before + folded)
        self.around[b] = {}
        self.age[a] += 1
        self.age[b] = -1
