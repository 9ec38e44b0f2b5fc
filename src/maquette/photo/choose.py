"""Which of several things in a mask is meant: the largest, the one on the left, the second from the left, all."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadSetting, CannotDo
from maquette.photo.pointing import Pointing

Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
WORDS = ("all", "largest", "left", "right", "top", "bottom")
CHOICE = r"all|largest|left|right|top|bottom|[1-9][0-9]?"
_LEAST = 0.05  # of the largest thing's area: what is smaller is no thing of its own


def choose(mask: Singles, choice: str, pointing: Pointing) -> tuple[Singles, int]:
    """The mask (H, W) of the things chosen, and how many there were.

    A number counts from the left. With points on the subject only things that have one stay. ``CannotDo`` when no
    thing is there, ``BadSetting`` for words that choose nothing.
    """
    if not re.fullmatch(CHOICE, choice):
        raise BadSetting(f"matte: subject = {choice!r}; take {', '.join(WORDS)} or a number from the left")
    region, sizes, middles = things(mask)
    count = len(sizes)
    keep = _chosen_numbers(choice, sizes, middles)
    if pointing.inside:
        plane = pointing.plane(mask.shape) > 0
        pointed = set(np.unique(region[plane]).tolist()) - {0}
        keep = pointed or keep
    if choice == "all" and not pointing.inside:
        return mask, count
    chosen = np.isin(region, list(keep))
    return np.where(_grow(chosen, region), mask, 0).astype(np.float32), count


def things(mask: Singles) -> tuple[Ints, Singles, Singles]:
    """Numbered things (H, W), 0 for none, the areas (N,) and middles (N, 2) as x, y; specks belong to no thing."""
    from scipy.ndimage import label

    region, count = label(mask >= 0.5)
    if not count:
        return region.astype(np.int64), np.zeros(0, np.float32), np.zeros((0, 2), np.float32)
    sizes = np.bincount(region.ravel(), minlength=count + 1).astype(np.float32)
    sizes[0] = 0
    real = np.flatnonzero(sizes >= _LEAST * sizes.max())
    number = np.zeros(count + 1, np.int64)
    number[real] = np.arange(1, len(real) + 1)
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    weight = np.maximum(sizes, 1)
    x, y = (np.bincount(region.ravel(), at.ravel(), count + 1) / weight for at in (columns, rows))
    return number[region], sizes[real], np.stack([x, y], axis=1)[real].astype(np.float32)


def _chosen_numbers(choice: str, sizes: Singles, middles: Singles) -> set[int]:
    """Numbers of the things that the words choose."""
    count = len(sizes)
    if choice == "all" or not count:
        return set(range(1, count + 1))
    if choice.isdigit():
        if int(choice) > count:
            raise CannotDo(
                f"matte: subject = {choice}, but {count} thing{'s' * (count != 1)} stand out; count from the left"
            )
        return {int(np.argsort(middles[:, 0], kind="stable")[int(choice) - 1]) + 1}
    best = {
        "largest": np.argmax(sizes), "left": np.argmin(middles[:, 0]), "right": np.argmax(middles[:, 0]),
        "top": np.argmin(middles[:, 1]), "bottom": np.argmax(middles[:, 1]),
    }  # fmt: skip
    return {int(best[choice]) + 1}


def _grow(chosen: NDArray[np.bool_], region: Ints) -> NDArray[np.bool_]:
    """The chosen things with the soft pixels nearest to them."""
    from scipy.ndimage import distance_transform_edt

    other = (region > 0) & ~chosen
    if not other.any():
        return np.ones_like(chosen)
    near: NDArray[np.bool_] = distance_transform_edt(~chosen) < distance_transform_edt(~other)
    return near
