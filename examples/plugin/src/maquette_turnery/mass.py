"""Mass: is there enough filament on the spool?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.geometry.surface import signed_volume
from maquette.registry import stage


@stage(destinations=("print",))
def mass(
    asset: Asset,
    *,
    spool_g: Annotated[float, Field(gt=0, description="filament that is left")] = 1000.0,
    density_g_cm3: Annotated[float, Field(gt=0, le=25, description="of the material; PLA has 1.24")] = 1.24,
) -> Iterable[Finding]:
    """Weigh the model as if it were printed solid, in grams.

    More than the spool holds is a warning. Supports are not counted, and infill would weigh less. Unknown for a model
    whose size is a guess.
    """
    if not asset.sized:
        yield Finding("mass", "unknown", "nobody vouches for the size", unit="g", fix="scale-to")
        return
    grams = signed_volume(asset.mesh.vertices, asset.mesh.faces) / 1000 * density_g_cm3  # mm³ to cm³
    yield Finding(
        "mass",
        "warn" if grams > spool_g else "pass",
        f"{grams:,.3g} g printed solid",
        value=grams,
        unit="g",
        limit=f"at most {spool_g:g}",
        source="the spool",
        fix="hollow",
    )
