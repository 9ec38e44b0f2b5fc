"""Triangle budget: are there more faces than the target draws well?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.profiles import Target
from maquette.core.report import Finding
from maquette.registry import stage

_TARGET = Target.default()


@stage(destinations=("model",), any_size=True)
def triangle_budget(
    asset: Asset,
    *,
    target: Annotated[Target, Field(description="whose budget applies")] = _TARGET,
) -> Iterable[Finding]:
    """Compare the number of faces with the target's budget. Fails above it, and where there is nothing to draw."""
    count = len(asset.mesh.faces)
    yield Finding(
        "triangle-budget",
        "pass" if 0 < count <= target.max_faces else "fail",
        f"{count:,} faces for {target.label}",
        value=count,
        unit="faces",
        limit=f"1 to {target.max_faces:,}",
        source=target.source("max_faces"),
        fix="simplify",
    )
