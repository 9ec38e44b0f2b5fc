"""Channels: what may ride on a mesh, each declared once, as one row of a table.

Whoever renumbers, cuts, joins, carries, thins or writes a mesh goes through the rows and does to each what its row
says, so a channel that is declared here, or by a plugin with :func:`declare`, survives all of it without another line.
The five that everybody asks for are fields of a mesh; any other lies in ``Mesh.extra`` under its name, for a frozen
class cannot grow fields after it was made, and a mesh without it keeps the digest and the stored form it always had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput

Domain = Literal["vertex", "face", "corner"]
_KINDS = ("u1", "u2", "i2", "i4", "f4", "f8")


@dataclass(frozen=True)
class Channel:
    """One row of the table: where a channel lives, what it holds, and what becomes of it when the mesh changes.

    ``missing`` is what a mesh without the channel has once it is joined to one that has it. ``fresh`` says what surface
    wears that somebody adds: what lies nearest, or the missing value. Values between two others are mixed, mixed and
    made unit length again, or those of the nearest.
    """

    name: str
    domain: Domain
    dtype: str
    shape: tuple[int, ...] = ()  # of one value: () a number, (2,) a pair
    blend: Literal["mix", "direction", "nearest"] = "mix"
    bounds: tuple[float, float] | None = None  # mixed values stay within
    missing: float = 0.0
    fresh: Literal["nearest", "missing"] = "nearest"
    counts_in: Literal["", "materials", "part_names"] = ""  # the tuple of an asset that its numbers point into

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or self.dtype not in _KINDS:
            raise BadInput(
                f"channel {self.name!r} of {self.dtype!r}: needs a plain word and one of {', '.join(_KINDS)}"
            )
        if self.blend == "direction" and self.shape != (3,):
            raise BadInput(f"channel {self.name!r}: a direction has 3 numbers, not shape {self.shape}")
        if self.domain == "face" and self.blend != "nearest":
            raise BadInput(f"channel {self.name!r}: faces are never mixed; its blend must be nearest")

    @property
    def is_uv(self) -> bool:
        """Whether it lays the surface out flat: pairs on corners, continuous within an island and not across seams."""
        return self.domain == "corner" and self.shape == (2,) and self.blend == "mix"

    def shape_on(self, vertex_count: int, face_count: int) -> tuple[int, ...]:
        """The whole array's shape on a mesh."""
        rows = {"vertex": (vertex_count,), "face": (face_count,), "corner": (face_count, 3)}[self.domain]
        return rows + self.shape

    def mixed(self, values: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[Any]:
        """Values between K others, not yet rounded: values (N, K, ...), weights (N, C, K) or (N, K) -> (N[, C], ...).

        A channel of the nearest takes the heaviest of the K, the first of equals.
        """
        if self.blend == "nearest":
            row = np.arange(len(values)).reshape(-1, *[1] * (weights.ndim - 2))
            picked: NDArray[Any] = values[row, weights.argmax(axis=-1)]
            return picked
        flat = values.reshape(*values.shape[:2], -1).astype(np.float64)
        form = "nck,nkd->ncd" if weights.ndim == 3 else "nk,nkd->nd"
        blend: NDArray[Any] = np.einsum(form, weights, flat).reshape(*weights.shape[:-1], *values.shape[2:])
        return blend

    def between(self, first: NDArray[Any], second: NDArray[Any], share: NDArray[np.float64]) -> NDArray[Any]:
        """Values the ``share`` (N,) of the way from the first (N, ...) to the second, not yet rounded.

        Corners are mixed in their own precision: a share of 0 or 1 gives back the value to the bit.
        """
        along = share.reshape(*share.shape, *[1] * (first.ndim - share.ndim))
        if self.blend == "nearest":
            return np.where(along <= 0.5, first, second)
        exact = first.dtype if self.domain == "corner" and first.dtype.kind == "f" else np.dtype(np.float64)
        blend: NDArray[Any] = first + (second.astype(exact) - first) * along.astype(exact)
        return blend

    def settled(self, values: NDArray[Any]) -> NDArray[Any]:
        """Mixed values as they are kept: rounded if whole, within bounds, directions of unit length."""
        kind = np.dtype(self.dtype)
        if self.blend == "direction":
            length = np.linalg.norm(values, axis=-1, keepdims=True)
            values = np.divide(values, length, out=np.zeros_like(values, dtype=np.float64), where=length > 0)
        if kind.kind in "iu" and values.dtype.kind == "f":
            values = np.round(values)
        if self.bounds is not None:
            values = np.clip(values, *self.bounds)
        return values.astype(kind)

    def filled(self, vertex_count: int, face_count: int) -> NDArray[Any]:
        """The missing value everywhere on a mesh."""
        return np.full(self.shape_on(vertex_count, face_count), self.missing, self.dtype)


_BUILT_IN = (
    Channel("uv", "corner", "f4", (2,)),  # (0, 0) the picture's top left, v downwards
    Channel("material", "face", "i4", blend="nearest", counts_in="materials"),
    Channel("part", "face", "i4", blend="nearest", counts_in="part_names"),
    Channel("color", "vertex", "u1", (3,), bounds=(0, 255), missing=255),  # sRGB
    Channel("seen", "vertex", "f4", bounds=(0, 1), fresh="missing"),  # 0 invented .. 1 seen in the photo
)
_table: dict[str, Channel] = {channel.name: channel for channel in _BUILT_IN}
CHANNELS: Mapping[str, Channel] = MappingProxyType(_table)


def declare(channel: Channel) -> Channel:
    """Add a row to the table; a module does so when it is imported. The same row twice is one, another is refused."""
    known = _table.setdefault(channel.name, channel)
    if known != channel:
        raise BadInput(f"channel {channel.name!r} is declared already, as {known}; give yours another name")
    return channel


@contextmanager
def temporary_channel(channel: Channel) -> Iterator[Channel]:
    """A row for as long as a block of code runs; for trying out and for tests."""
    new = channel.name not in _table
    declare(channel)
    try:
        yield channel
    finally:
        if new:
            del _table[channel.name]


# Halves of a quad bear one number; -1: a triangle that is none. Writers that know quads write them as such.
POLYGON = declare(Channel("polygon", "face", "i4", blend="nearest", missing=-1, fresh="missing"))
