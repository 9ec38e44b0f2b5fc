"""A store that also remembers: what a worker made a moment ago is not read back from disk."""

from __future__ import annotations

from typing import Any

from maquette.store import Store


class Warm(Store):
    """Results of one job in memory, over the store on disk that outlives it."""

    def __init__(self, disk: Store) -> None:
        self._disk, self._values = disk, dict[str, Any]()

    def get(self, key: str) -> Any:
        """The value of this key, from memory first."""
        if key not in self._values and (value := self._disk.get(key)) is not None:
            self._values[key] = value
        return self._values.get(key)

    def put(self, key: str, value: Any) -> bool:
        """Keep a value in memory and on disk."""
        self._values[key] = value
        return self._disk.put(key, value)

    def size(self) -> int:
        """Bytes on disk."""
        return self._disk.size()

    def clear(self) -> None:
        """Forget what is in memory; the disk is everybody's."""
        self._values.clear()
