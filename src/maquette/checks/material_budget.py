"""Material budget: does drawing it take too many calls?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.profiles import Target
from maquette.core.report import Finding
from maquette.registry import stage

_TARGET = Target.default()


@stage(destinations=("model",), any_size=True)
def material_budget(
    asset: Asset,
    *,
    target: Annotated[Target, Field(description="whose budget applies")] = _TARGET,
) -> Iterable[Finding]:
    """Compare the number of materials in use with the target's budget; each is a draw call.

    Materials that no face wears cost a download and are named, but do not count. Too many
    is a warning: it draws slowly.
    """
    worn = asset.mesh.material
    count = min(1, len(asset.materials)) if worn is None else len(np.unique(worn))
    idle = len(asset.materials) - count
    yield Finding(
        "material-budget",
        "warn" if count > target.max_materials else "pass",
        f"{count} material{'s' * (count != 1)} in use{f', {idle} in no use' * (idle > 0)}, for {target.label}",
        value=count,
        unit="materials",
        limit=f"at most {target.max_materials}",
        source=target.source("max_materials"),
    )
