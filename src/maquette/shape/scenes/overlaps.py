"""Which things of a scene run into each other, and how deep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.errors import MaquetteError
from maquette.core.scene import Scene
from maquette.geometry.cut.solids import solid

_TOUCH = 1e-5  # of the smaller thing's volume: less is rounding


@dataclass(frozen=True)
class Overlap:
    """Two instances that share space: mm³, or None where one is no solid and only their boxes are known to cross."""

    first: int
    second: int
    volume_mm3: float | None


def overlaps(scene: Scene, of: int | None = None) -> list[Overlap]:
    """The pairs of a scene that run into each other; only those of instance ``of`` where one is named."""
    boxes = np.stack([scene.bounds(number) for number in range(len(scene.which))])
    crossing = _crossing(boxes)
    if of is not None:
        crossing = crossing[(crossing == of).any(axis=1)]
    solids: dict[int, object] = {}
    result = []
    for first, second in crossing.tolist():
        shared = _common_volume(scene, solids, first, second)
        if shared is None or shared > 0:
            result.append(Overlap(first, second, shared))
    return result


def _crossing(boxes: Floats) -> np.ndarray:
    """Pairs (P, 2) of boxes (K, 2, 3) that share space, swept along x."""
    order = np.argsort(boxes[:, 0, 0], kind="stable")
    pairs = []
    for rank, number in enumerate(order.tolist()):
        later = order[rank + 1 :]
        end = np.searchsorted(boxes[later, 0, 0], boxes[number, 1, 0])
        near = later[:end]
        apart = (boxes[near, 0, 1:] >= boxes[number, 1, 1:]) | (boxes[near, 1, 1:] <= boxes[number, 0, 1:])
        pairs += [sorted((number, int(other))) for other in near[~apart.any(axis=1)]]
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def _common_volume(scene: Scene, solids: dict[int, object], first: int, second: int) -> float | None:
    """Volume that two instances share, 0 where they only touch; None where one is no solid."""
    try:
        for number in (first, second):
            if number not in solids:
                solids[number] = solid(scene.corners(number), scene.assets[scene.which[number]].mesh.faces)
        a, b = solids[first], solids[second]
        shared = float((a ^ b).volume())  # type: ignore[operator]
        least = min(abs(float(one.volume())) for one in (a, b))  # type: ignore[attr-defined]
    except MaquetteError:
        return None
    return shared if shared > _TOUCH * least else 0.0
