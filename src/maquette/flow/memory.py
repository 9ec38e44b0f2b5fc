"""Results kept for as long as one job lasts, where nobody wants them on disk; and how anything is kept at all."""

from __future__ import annotations

from typing import Any

from maquette.core.errors import Unavailable
from maquette.core.progress import note
from maquette.store import Store


def keep(store: Store | None, key: str, value: Any) -> None:
    """Keep a value; a full disk costs the next job its time, not this one its result."""
    if store is not None:
        try:
            store.put(key, value)
        except Unavailable as problem:
            note(str(problem))


class Memory(Store):
    """A store without a folder: what one step of a job made, the next one does not make again."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        """The value of this key, or None."""
        return self._values.get(key)

    def put(self, key: str, value: Any) -> bool:
        """Keep a value under a key."""
        self._values[key] = value
        return True

    def size(self) -> int:
        """Bytes on disk: none."""
        return 0

    def clear(self) -> None:
        """Forget every result."""
        self._values.clear()
