"""What a user could do about a model that does not become a solid."""

from __future__ import annotations

import numpy as np

from maquette.core.mesh import Mesh
from maquette.geometry.inside.parts import areas_by
from maquette.geometry.orientation import capped_volumes
from maquette.geometry.topology import edges, face_components
from maquette.shape.mend.judging import share_one_sided

ONE_SIDED = 0.5  # of the surface
_SHEET = 1e-3  # of area^1.5: less volume than this is none; a plate 1/350 as thick as wide


def advice(mesh: Mesh) -> str:
    """What to do, by what is wrong with it most."""
    if is_sheet(mesh):
        return "it encloses next to nothing; give sheets a thickness, as wrap does"
    sheets = open_share(mesh)
    if sheets > 0:
        return f"{sheets:.0%} of the surface are open sheets; give them a thickness, as wrap does, or drop them"
    return "raise max_deviation or max_volume_change, or look at the model"


def open_share(mesh: Mesh) -> float:
    """Share of the surface in parts that have an open edge."""
    count, label = face_components(mesh.faces)
    edge_table = edges(mesh.faces)
    torn = np.zeros(count, dtype=bool)
    torn[label[np.flatnonzero(edge_table.count[edge_table.of_half] == 1) // 3]] = True
    area = areas_by(label, mesh.vertices, mesh.faces, count)
    return float(area[torn].sum() / max(area.sum(), 1e-300))


def is_hopeless(mesh: Mesh) -> bool:
    """Whether there is no inside that a new surface could be put around: a sheet, or a bottle with one side."""
    return is_sheet(mesh) or share_one_sided(mesh)[1] > ONE_SIDED


def is_sheet(mesh: Mesh) -> bool:
    """Whether the parts together hold no volume to speak of."""
    count, label = face_components(mesh.faces)
    area = areas_by(label, mesh.vertices, mesh.faces, count)
    volume = np.abs(capped_volumes(mesh.vertices, mesh.faces, label, count))
    return bool(volume.max(initial=0.0) <= _SHEET * area.sum() ** 1.5)
