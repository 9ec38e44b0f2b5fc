"""Pieces: the solids that a model is cut into, by number, and where two of them met in a cut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from maquette.core.arrays import Floats
from maquette.geometry.cut.cuts import fits
from maquette.geometry.cut.solids import separate
from maquette.shape.build.connecting import Meeting


class Pieces:
    """Manifold's solids by number, and for every cut which of them came from below and above its plane."""

    def __init__(self, bodies: Iterable[Any]) -> None:
        self.solids: dict[int, Any] = {}
        self.meetings: list[Meeting] = []
        for body in bodies:
            self._add(body)

    def first_larger_than(self, room: Floats) -> int | None:
        """The number of the first piece that no quarter turns fit into a box (3,); None where all fit."""
        return next((number for number, solid in self.solids.items() if not fits(_extent(solid), room)), None)

    def replace(self, number: int, axis: int, height: float, below: Any, above: Any) -> None:
        """Put the bodies of two halves in a piece's place, also in the meetings that it had a side in."""
        low = [self._add(body) for body in separate(below)]
        high = [self._add(body) for body in separate(above)]
        del self.solids[number]
        for meeting in self.meetings:
            for side in (meeting.below, meeting.above):
                if number in side:
                    side.remove(number)
                    side.extend(low + high)
        self.meetings.append(Meeting(axis, height, low, high))

    def _add(self, body: Any) -> int:
        """The number that a body gets: one more than the highest there is."""
        number = max(self.solids, default=-1) + 1
        self.solids[number] = body
        return number


def _extent(solid: Any) -> Floats:
    """Size of a solid's box, (3,)."""
    box = np.array(solid.bounding_box())
    return np.asarray(box[3:] - box[:3])
