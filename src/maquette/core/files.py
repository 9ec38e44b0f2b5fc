"""Files: a model or picture as bytes, one file or several that belong together."""

from __future__ import annotations

from collections.abc import Mapping

from maquette.core.errors import BadInput
from maquette.core.values import Value, noun


@noun
class Files(Value):
    """Bytes by name; ``main`` is the one a user opens (``chair.obj``), the rest it refers to (MTL, PNG).

    Names are plain, or paths below the main file's folder with forward slashes (``textures/seat.png``).
    """

    main: str
    parts: Mapping[str, bytes]

    def __post_init__(self) -> None:
        for name in self.parts:
            steps = name.split("/")
            if any(step in ("", ".", "..") for step in steps) or any(c in name for c in "\\\0"):
                raise BadInput(f"files: {name[:80]!r} is no name below one folder; keep everything in one folder")
        if "/" in self.main:
            raise BadInput(f"files: the main file {self.main[:80]!r} lies in a folder; name it plainly")
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
