"""RAW: a triangle a line, nine numbers, as text; what old modelling programs call raw triangles."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.registry import stage


@stage(reads=(".raw",))
def read_raw(files: Files) -> Asset:
    """Read triangles of nine numbers a line; corners at one position become one vertex.

    RAW names no unit: the numbers are taken as millimetres and the asset is not sized.
    """
    lines = [line.partition("#")[0].split() for line in files.data.decode("utf-8", "replace").splitlines()]
    rows = [words for words in lines if words]
    if not rows or any(len(words) != 9 for words in rows):
        wrong = next((number for number, words in enumerate(rows, 1) if len(words) != 9), 0)
        raise BadInput(f"read-raw: triangle {wrong} of {files.main} has not nine numbers; export it again")
    try:
        corners = np.array(rows, float).reshape(-1, 3)
    except ValueError as problem:
        raise BadInput(f"read-raw: {files.main} is damaged: {problem}; export it again") from None
    vertices, faces = np.unique(corners, axis=0, return_inverse=True)
    return Asset(Mesh(vertices, faces.reshape(-1, 3)), title=files.stem)


@stage(writes=(".raw",))
def write_raw(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, description="file name without its ending")] = "model",
) -> Files:
    """Write triangles as RAW text, with every digit; materials and uv stay behind."""
    if asset.materials:
        note("materials stay behind, RAW has none")
    rows = (" ".join(map(repr, triangle)) for triangle in asset.mesh.triangles.reshape(-1, 9).tolist())
    return Files(f"{stem}.raw", {f"{stem}.raw": ("\n".join(rows) + "\n").encode()})
