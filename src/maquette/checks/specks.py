"""Specks: do crumbs float about the model?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.welded import weld_by_position
from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.geometry.inside.parts import areas_by
from maquette.geometry.orientation import capped_volumes
from maquette.geometry.topology import face_components
from maquette.registry import stage


@stage(destinations=("print", "model"))
def specks(
    asset: Asset,
    *,
    min_share: Annotated[
        float, Field(ge=0, le=1, description="a speck has less than this share of the largest part's volume and area")
    ] = 0.001,
) -> Iterable[Finding]:
    """Count parts that are tiny in volume and in area next to the largest one.

    Parts hang together over edges, after welding by position. The measure is that of ``drop-specks``: an open part
    counts with the volume it has when closed, and 0.001 is a crumb 3 % as wide as the model.
    """
    surface = weld_by_position(asset.mesh)
    count, part = face_components(surface.faces)
    volume = np.abs(capped_volumes(surface.vertices, surface.faces, part, count))
    area = areas_by(part, surface.vertices, surface.faces, count)
    tiny = (volume <= min_share * volume.max(initial=0.0)) & (area < min_share * area.max(initial=0.0))
    number = int(tiny.sum())
    yield Finding(
        "specks",
        "warn" if number else "pass",
        f"{number:,} of {count:,} parts are specks, together {100 * area[tiny].sum() / area.sum():.3g}% of the surface"
        if number
        else f"{count:,} part{'s' * (count != 1)}, none of them a speck",
        value=number,
        unit="parts",
        limit="0",
        source=f"setting: below {min_share:g} of the largest part's volume and area",
        fix="drop-specks",
        faces=surface.of_face[tiny[part]] if number else None,
    )
