"""Files: a model or picture as bytes, one file or several that belong together."""

from __future__ import annotations

from collections.abc import Mapping

from maquette.core.errors import BadInput
from maquette.core.values import Value, noun


@noun
class Files(Value):
    """Bytes by plain file name; ``main`` is the one a user opens (``chair.obj``), the rest it refers to (MTL, PNG)."""

    main: str
    parts: Mapping[str, bytes]

    def __post_init__(self) -> None:
        for name in self.parts:
            if not name or name in (".", "..") or any(c in name for c in "/\\\0"):
                raise BadInput(f"files: {name!r} is not a plain file name; keep everything in one folder")
        if self.main not in self.parts:
            raise BadInput(f"files: {self.main!r} is not among {sorted(self.parts)}")
        if not all(isinstance(data, bytes | bytearray | memoryview) for data in self.parts.values()):
            raise BadInput("files: a part is not bytes")
        object.__setattr__(self, "parts", {name: bytes(self.parts[name]) for name in sorted(self.parts)})

    def __repr__(self) -> str:
        return f"Files({', '.join(f'{name} {len(data)} bytes' for name, data in self.parts.items())})"

    @property
    def data(self) -> bytes:
        """The main file's bytes."""
        return self.parts[self.main]

    @property
    def stem(self) -> str:
        """The main file's name without its ending."""
        return self.main.rpartition(".")[0] or self.main
