"""Colours in binary STL, which the format has no word for: 15 bits in the two free bytes of a facet.

| program | header | bit 15 | order of the fives |
|---|---|---|---|
| VisCAM, SolidView, MeshLab | - | set where the facet has a colour | red highest, blue lowest |
| Materialise Magics, Blender | ``COLOR=`` and the colour of the rest | clear where it has its own | blue highest |

Many programs write counters or garbage there. Without ``COLOR=`` the bits count as colours only where every facet that
has any sets bit 15.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Ints

_RECORD = np.dtype([("numbers", "<f4", 12), ("attribute", "<u2")])


def colors_of(data: bytes, count: int) -> Ints | None:
    """0xRRGGBB of each facet (F,), -1 without one; None where the file has no colours."""
    bits = np.frombuffer(data, _RECORD, count, 84)["attribute"]
    at = data.find(b"COLOR=", 0, 76)
    if at >= 0:
        red, green, blue = data[at + 6 : at + 9]
        own = _fives(bits)[:, ::-1]
        whole = np.array([red, green, blue])
        return _pack(np.where((bits >> 15 == 0)[:, None], own, whole))
    marked = bits >> 15 == 1
    if not marked.any() or (bits[~marked] != 0).any():
        return None
    return np.where(marked, _pack(_fives(bits)), -1)


def _fives(bits: NDArray[np.uint16]) -> Ints:
    """Three times five bits, the highest first, as 0..255, (F, 3)."""
    fives = np.stack([bits >> 10 & 31, bits >> 5 & 31, bits & 31], axis=1).astype(np.int64)
    return fives << 3 | fives >> 2


def _pack(rgb: Ints) -> Ints:
    packed: Ints = rgb @ np.array([65536, 256, 1])
    return packed
