"""Which output goes into which input, by type."""

from __future__ import annotations

import types
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, Union, get_args, get_origin


def kinds_in(kind: Any) -> tuple[Any, ...]:
    """The members of a union, or the type itself."""
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def fits(kind: Any, wanted: Any) -> bool:
    """True when whatever ``kind`` may be is something that ``wanted`` takes."""
    return all(any(_is_a(one, other) for other in kinds_in(wanted)) for one in kinds_in(kind))


def shared_kind(wanted: Iterable[Any]) -> Any:
    """The type that all of them take, or None when there is none."""
    first, *rest = wanted
    left = [kind for kind in kinds_in(first) if all(fits(kind, other) for other in rest)]
    return reduce(or_, left) if left else None


def _is_a(kind: Any, wanted: Any) -> bool:
    """True for the same type and for a subclass."""
    return bool(kind == wanted or (isinstance(kind, type) and isinstance(wanted, type) and issubclass(kind, wanted)))
