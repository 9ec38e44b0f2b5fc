"""What every noun is: a frozen dataclass over read-only arrays, compared by content, with one canonical form.

The canonical form serves three ends at once: the digest (so equal content has equal name), the store on disk, and
equality. It is JSON for the structure followed by the raw bytes of the arrays; reading it back builds nouns and
nothing else, so a hostile store file can make a wrong value but never run code.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Self, TypeVar, dataclass_transform

import numpy as np
from numpy.typing import DTypeLike, NDArray

from maquette.core.errors import BadInput

_AT_ONCE = 1 << 24  # numbers
MAGIC = b"maquette\x00\x01"
_DTYPES = ("|b1", "|u1", "|i1", *(f"<{kind}{size}" for kind in "iu" for size in (2, 4, 8)), "<f2", "<f4", "<f8")
# Marks a field that came to a noun later: while it is empty, the canonical form leaves it out and is what it was.
LATER: Mapping[str, bool] = {"later": True}
_nouns: dict[str, type[Value]] = {}
T = TypeVar("T", bound="Value")


class Value:
    """A frozen value with a digest. Subclasses are made by :func:`noun`."""

    @cached_property
    def digest(self) -> str:
        """Name of this content, 32 hex digits of BLAKE2b; computed when first asked for."""
        return _digest(self)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def replace(self, **changes: Any) -> Self:
        """The same value with some fields changed, checked again."""
        return dataclasses.replace(self, **self._as_fields(changes))  # type: ignore[type-var]

    def _as_fields(self, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Changes by the names of fields; a noun that keeps several things in one field sorts them in here."""
        return changes


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(dataclasses.field,))
def noun(cls: type[T]) -> type[T]:
    """Make a class a frozen noun and make it known to :func:`decode`."""
    frozen = dataclasses.dataclass(frozen=True, eq=False, repr="__repr__" not in cls.__dict__)(cls)
    _nouns[cls.__name__] = frozen
    return frozen


def frozen_array(array: Any, dtype: DTypeLike, shape: tuple[int | None, ...], name: str) -> NDArray[Any]:
    """A read-only array of this dtype and shape (``None`` = any length), or ``BadInput`` that names it.

    An array that is read-only already, and no view of a writable one, is taken as it is; any other is copied, so that
    nobody can change a value behind its back. Whole numbers are not made from broken ones, nor wrapped round.
    """
    try:
        source = np.asarray(array)
        with np.errstate(all="ignore"):  # what a change of type breaks is found below
            cast = np.asarray(array, dtype=dtype) if source.dtype.kind == "O" else source.astype(dtype, copy=False)
        if cast.dtype.kind in "iu" and source.dtype != cast.dtype and not (cast == source).all():
            raise ValueError("it holds numbers that are not whole or out of range")
    except (TypeError, ValueError, OverflowError) as problem:
        raise BadInput(f"{name}: not an array of {np.dtype(dtype)}: {problem}") from None
    if cast.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, cast.shape, strict=True)):
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise BadInput(f"{name}: shape {cast.shape} where ({wanted}) is needed")
    if cast.dtype.kind == "f" and not _is_finite(cast):
        count = int((~np.isfinite(cast)).sum())
        raise BadInput(f"{name}: {count} numbers are infinite or not a number; drop or repair them first")
    if is_writable(cast) or not cast.flags.c_contiguous or not cast.flags.aligned:
        cast = np.array(cast, order="C")
    cast.flags.writeable = False
    return cast


def _is_finite(array: NDArray[Any]) -> bool:
    """Whether all numbers are finite; some rows are looked at at a time, as arrays may fill half of the memory."""
    step = max(1, _AT_ONCE // max(1, array[:1].size))
    return all(bool(np.isfinite(array[top : top + step]).all()) for top in range(0, len(array), step))


def is_writable(array: NDArray[Any]) -> bool:
    """True when somebody may change the numbers, through this array or one that it is a view of."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable:
            return True
        owner = owner.base
    return False


def digest_of(value: Any) -> str:
    """Name of what may travel between stages, 32 hex digits; for a noun its ``digest``."""
    return value.digest if isinstance(value, Value) else _digest(value)


def _digest(value: Any) -> str:
    """BLAKE2b of the canonical form, 32 hex digits."""
    hasher = hashlib.blake2b(digest_size=16)
    for chunk in encode(value):
        hasher.update(chunk)
    return hasher.hexdigest()


def encode(value: Any) -> Iterator[bytes | memoryview]:
    """The canonical form of a value, piece by piece: magic, header length, JSON header, raw arrays and bytes."""
    blobs: list[bytes | memoryview] = []
    header = json.dumps(_to_plain(value, blobs), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    yield MAGIC + struct.pack("<Q", len(header))
    yield header
    yield from blobs


def decode(buffer: bytes | memoryview) -> Any:
    """The value that :func:`encode` wrote; ``BadInput`` when the bytes are not such a form."""
    view = memoryview(buffer)
    if bytes(view[:10]) != MAGIC or len(view) < 18:
        raise BadInput("store: not a Maquette value; delete the file")
    (size,) = struct.unpack("<Q", view[10:18])
    try:
        tree = json.loads(bytes(view[18 : 18 + size]))
        cursor = _Cursor(view, 18 + size)
        return _from_plain(tree, cursor)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as problem:
        raise BadInput(f"store: damaged value ({problem}); delete the file") from None


class _Cursor:
    """Hands out the blobs in the order in which they were written."""

    def __init__(self, view: memoryview, at: int) -> None:
        self.view, self.at = view, at

    def take(self, size: int) -> memoryview:
        if size < 0 or self.at + size > len(self.view):
            raise ValueError("truncated")
        self.at += size
        return self.view[self.at - size : self.at]


def _to_plain(value: Any, blobs: list[bytes | memoryview]) -> Any:
    """JSON for ``value``; arrays and bytes go to ``blobs`` and leave their description behind."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        packed = np.ascontiguousarray(value)
        blobs.append(memoryview(packed.reshape(-1).view(np.uint8)))  # type: ignore[arg-type]
        return {"$": "array", "dtype": packed.dtype.str, "shape": list(packed.shape)}
    if isinstance(value, bytes):
        blobs.append(value)
        return {"$": "bytes", "size": len(value)}
    if isinstance(value, tuple | list):
        return [_to_plain(item, blobs) for item in value]
    if isinstance(value, Mapping):
        return {"$": "map", "items": [[key, _to_plain(value[key], blobs)] for key in sorted(value)]}
    if isinstance(value, Value):
        fields = [f for f in dataclasses.fields(value) if not _left_out(value, f)]  # type: ignore[arg-type]
        return {
            "$": type(value).__name__,
            "fields": [[f.name, _to_plain(getattr(value, f.name), blobs)] for f in fields],
        }
    raise TypeError(f"a {type(value).__name__} cannot travel between stages")


def _left_out(value: Any, field: dataclasses.Field[Any]) -> bool:
    """Whether a field that came later is still empty."""
    if "later" not in field.metadata:
        return False
    content = getattr(value, field.name)
    return content is None or (isinstance(content, Mapping | tuple | float | str) and not content)


def _from_plain(tree: Any, cursor: _Cursor) -> Any:
    """The value that ``tree`` describes."""
    if isinstance(tree, list):
        return tuple(_from_plain(item, cursor) for item in tree)
    if not isinstance(tree, dict):
        return tree
    kind = tree["$"]
    if kind == "array":
        if tree["dtype"] not in _DTYPES:
            raise ValueError(f"an array of {tree['dtype']!r}")
        dtype = np.dtype(tree["dtype"])
        shape = tuple(int(n) for n in tree["shape"])
        count = 1
        for n in shape:
            count *= n
        array: NDArray[Any] = np.frombuffer(cursor.take(count * dtype.itemsize), dtype=dtype).reshape(shape)
        array.flags.writeable = False
        return array
    if kind == "bytes":
        return bytes(cursor.take(int(tree["size"])))
    if kind == "map":
        return {key: _from_plain(item, cursor) for key, item in tree["items"]}
    return _nouns[kind](**{name: _from_plain(item, cursor) for name, item in tree["fields"]})
