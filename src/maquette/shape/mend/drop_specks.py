"""Drop specks: crumbs that float about the model go."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.progress import note
from maquette.geometry.inside.parts import areas_by
from maquette.geometry.orientation import capped_volumes
from maquette.geometry.topology import face_components
from maquette.registry import stage


@stage
def drop_specks(
    asset: Asset,
    *,
    min_share: Annotated[
        float, Field(ge=0, le=1, description="a speck has less than this share of the largest part's volume and area")
    ] = 0.001,
) -> Asset:
    """Drop parts that are small in volume and in area next to the largest.

    Parts are told apart by shared edges and measured, not counted in faces: a box of 12 faces stays. Open parts count
    with the volume they have when closed. Several big parts stay, and so does the largest one whatever the share.
    The default of 0.001 is a crumb 3 % as wide as the model.
    """
    mesh = asset.mesh
    count, part = face_components(mesh.faces)
    if count < 2:
        return asset
    volume = np.abs(capped_volumes(mesh.vertices, mesh.faces, part, count))
    area = areas_by(part, mesh.vertices, mesh.faces, count)
    speck = (volume <= min_share * volume.max()) & (area < min_share * area.max())
    if not speck.any():
        return asset
    note(f"dropped {int(speck.sum())} of {count} parts, together {area[speck].sum() / area.sum():.2%} of the surface")
    return asset.with_mesh(mesh.keep_faces(~speck[part]))
