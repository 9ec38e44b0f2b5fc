"""OFF: vertices, then polygons, as text (Geometry Center's Object File Format, 1990)."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.registry import stage


@stage(reads=(".off",))
def read_off(files: Files) -> Asset:
    """Read an OFF file; polygons become fans of triangles, colors are left out.

    OFF names no unit: the numbers are taken as millimetres and the asset is not sized.
    """
    lines = [line.partition("#")[0].split() for line in files.data.decode("utf-8", "replace").splitlines()]
    lines = [words for words in lines if words]
    if not lines or lines[0] != ["OFF"]:
        raise BadInput(f"read-off: {files.main} does not begin with OFF; export it again")
    try:
        vertex_count, face_count = int(lines[1][0]), int(lines[1][1])
        vertices = np.array([words[:3] for words in lines[2 : 2 + vertex_count]], float)
        polygons = [
            [int(word) for word in words[1 : 1 + int(words[0])]]
            for words in lines[2 + vertex_count : 2 + vertex_count + face_count]
        ]
    except (ValueError, IndexError) as problem:
        raise BadInput(f"read-off: {files.main} is damaged: {problem}; export it again") from None
    if len(polygons) < face_count:
        raise BadInput(f"read-off: {face_count} faces are promised, there are {len(polygons)}; get the whole file")
    triangles = [(p[0], a, b) for p in polygons for a, b in pairwise(p[1:])]
    return Asset(Mesh(vertices, triangles), title=files.stem)


@stage(writes=(".off",))
def write_off(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, description="file name without its ending")] = "model",
) -> Files:
    """Write vertices and triangles as OFF, with every digit; materials and uv stay behind."""
    mesh = asset.mesh
    if asset.materials:
        note("materials stay behind, OFF has none")
    rows = [f"OFF\n{len(mesh.vertices)} {len(mesh.faces)} 0"]
    rows += [f"{x!r} {y!r} {z!r}" for x, y, z in mesh.vertices.tolist()]
    rows += [f"3 {a} {b} {c}" for a, b, c in mesh.faces.tolist()]
    return Files(f"{stem}.off", {f"{stem}.off": ("\n".join(rows) + "\n").encode()})
