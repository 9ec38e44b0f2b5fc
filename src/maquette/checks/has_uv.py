"""Has uv: can a picture be laid on it?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.profiles import Target
from maquette.core.report import Finding, Verdict
from maquette.geometry.surface import face_areas
from maquette.registry import stage

_TARGET = Target.default()

_LOST = 0.01  # share of the surface that may have no place on the texture before it is a warning


@stage(destinations=("model",), any_size=True)
def has_uv(
    asset: Asset,
    *,
    target: Annotated[Target, Field(description="whose needs apply")] = _TARGET,
) -> Iterable[Finding]:
    """Measure the share of the surface that has a place of its own on the texture.

    Without uv a texture cannot be drawn; a model coloured at its vertices is shown all the same, so that is a warning.
    A face whose three corners fall on one point or line of the texture shows a smear.
    """
    mesh = asset.mesh
    share, faces = 0.0, None
    verdict: Verdict = "pass"
    if mesh.uv is None:
        colored = mesh.color is not None
        verdict = "pass" if not target.needs_uv else "warn" if colored else "fail"
        message = f"no uv{', only colors at the vertices' * colored}"
    else:
        ab, ac = mesh.uv[:, 1] - mesh.uv[:, 0], mesh.uv[:, 2] - mesh.uv[:, 0]
        lost = ab[:, 0] * ac[:, 1] == ab[:, 1] * ac[:, 0]  # (F,) no area on the texture
        area = face_areas(mesh.vertices, mesh.faces)
        share = 1 - float(area[lost].sum() / area.sum()) if area.any() else 1.0
        verdict = "warn" if share < 1 - _LOST else "pass"
        faces = np.flatnonzero(lost) if lost.any() else None
        message = f"{share:.1%} of the surface has a place on the texture"
    yield Finding(
        "has-uv",
        verdict,
        message,
        value=100 * share,
        unit="% of the surface",
        limit=f"at least {100 * (1 - _LOST):g}" if target.needs_uv else "not needed",
        source=target.source("needs_uv"),
        fix="unwrap",
        faces=faces,
    )
