"""What a person pointed at in a photo: points on the subject, points beside it, a box around it.

Written as words, in pixels of the photo from its top left corner or in percent of its width and height:
``120,340``, ``40%,60%``, several with blanks between them, ``!`` before a point that is not the subject.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadSetting

Singles = NDArray[np.float32]
Place = tuple[float, float]
CLICK = 50  # a point stands for a disc of this part of the longer side, as in the network's training


@dataclass(frozen=True)
class Pointing:
    """Places in shares of width and height: points (x, y) on the subject and beside it; left, top, right, bottom."""

    inside: tuple[Place, ...] = ()
    outside: tuple[Place, ...] = ()
    box: tuple[float, float, float, float] | None = None

    def __bool__(self) -> bool:
        return bool(self.inside or self.outside or self.box)

    def plane(self, shape: tuple[int, ...]) -> Singles:
        """1 on the subject, -1 beside it, 0 where nothing was said, (H, W)."""
        height, width = shape[:2]
        rows, columns = np.mgrid[:height, :width]
        plane = np.zeros((height, width), np.float32)
        if self.box is not None:
            left, top, right, bottom = self.box
            beside = (columns < left * width - 1) | (columns > right * width)
            plane[beside | (rows < top * height - 1) | (rows > bottom * height)] = -1
        radius = max(1.5, max(shape[:2]) / CLICK)
        for points, value in ((self.outside, -1), (self.inside, 1)):
            for x, y in points:
                plane[np.hypot(columns + 0.5 - x * width, rows + 0.5 - y * height) <= radius] = value
        return plane


NOWHERE = Pointing()


def read_pointing(point: str, box: str, width: int, height: int) -> Pointing:
    """Points and box of a photo of this size from their words; ``BadSetting`` for words that are no place in it."""
    inside: list[Place] = []
    outside: list[Place] = []
    for word in point.split():
        (outside if word.startswith("!") else inside).append(_place(word.removeprefix("!"), width, height))
    if not box.strip():
        return Pointing(tuple(inside), tuple(outside))
    numbers = box.replace(" ", ",").split(",")
    if len(numbers) != 4:
        raise BadSetting(f"matte: box = {box!r} has {len(numbers)} numbers; give left,top,right,bottom")
    (left, top), (right, bottom) = (_place(",".join(pair), width, height) for pair in (numbers[:2], numbers[2:]))
    if right <= left or bottom <= top:
        raise BadSetting(f"matte: box = {box!r} holds nothing; give left,top,right,bottom from the top left corner")
    return Pointing(tuple(inside), tuple(outside), (left, top, right, bottom))


def _place(word: str, width: int, height: int) -> Place:
    """``x,y`` as shares of the picture."""
    parts = word.split(",")
    try:
        shares = [
            float(part[:-1]) / 100 if part.endswith("%") else float(part) / side
            for part, side in zip(parts, (width, height), strict=True)
        ]
    except ValueError:
        raise BadSetting(f"matte: {word!r} is no place; write x,y in pixels, or 40%,60%") from None
    if not all(0 <= share <= 1 for share in shares):
        raise BadSetting(f"matte: {word!r} lies outside the photo of {width} x {height} px; count from the top left")
    return shares[0], shares[1]
