"""Remesh: the same surface in even triangles."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.progress import note, part, progress
from maquette.core.words import figures
from maquette.geometry.remake.remeshing import remesh_evenly
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import edges
from maquette.registry import stage
from maquette.shape.carry.carrying import carry_over
from maquette.shape.mend.resurface import describe_change
from maquette.shape.mend.weld import weld

_SHARE = 0.01  # of the diagonal: edges of 1 mm on 100 mm
_MOST = 2_000_000  # faces


@stage(version=2)
def remesh(
    asset: Asset,
    *,
    edge_mm: Annotated[float, Field(ge=0, description="length of the new edges; 0: 1 % of the model's diagonal")] = 0.0,
    sharp_deg: Annotated[
        float, Field(ge=1, le=180, description="edges where faces meet at more than this angle stay where they are")
    ] = 40.0,
) -> Asset:
    """Cover the model with triangles of one size, as near to equilateral as its shape allows.

    Splits long edges, collapses short ones, turns edges towards six neighbours each and slides vertices along the
    surface (Botsch & Kobbelt 2004). Sharp edges, corners and borders stay; a closed model stays closed. Materials, uv,
    parts and colours are carried over. What is smaller than an edge is rounded off. Refuses an edge length that makes
    more than two million faces.
    """
    mesh = weld(asset).mesh
    area = float(face_areas(mesh.vertices, mesh.faces).sum())
    if not area > 0:
        raise CannotDo(f"remesh: the model has {len(mesh.faces)} faces and no surface; there is nothing to cover")
    length = edge_mm or _SHARE * mesh.diagonal
    expected = area / (length**2 * np.sqrt(3) / 4)
    if expected > _MOST:
        raise CannotDo(
            f"remesh: edges of {figures(length)} mm make {expected:,.0f} faces; at most {_MOST:,}, take longer ones"
        )
    progress(0.1, f"lay triangles of {figures(length)} mm")
    vertices, faces = remesh_evenly(mesh.vertices, mesh.faces, length, sharp_deg)
    with part(0.6, 0.9):
        result = carry_over(asset.with_mesh(mesh), vertices, faces)
    ends = edges(faces).ends
    size = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    note(
        f"{len(mesh.faces)} faces became {len(faces)} with edges of {size.mean():.3g} mm, give or take {size.std():.2g}"
    )
    note(describe_change(mesh, vertices, faces))
    return result
