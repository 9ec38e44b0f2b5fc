"""Uv overlap: do two faces share texels?"""

from __future__ import annotations

from collections.abc import Iterable

from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.geometry.uv.scores import cover
from maquette.registry import stage

_SHARED = 0.001  # of what is covered: below it, borders that touch


@stage(destinations=("model",), any_size=True)
def uv_overlap(asset: Asset) -> Iterable[Finding]:
    """Measure how much of the texture belongs to several faces at once, and how much of it to any.

    Shared texels are a warning: artists save room so, but nothing can be baked or painted there. Looked for at 512 x
    512 places; layouts that repeat beyond 0..1 are folded back first. A model without uv is not judged.
    """
    mesh = asset.mesh
    if mesh.uv is None or not len(mesh.faces):
        return
    covered = cover(mesh.uv)
    wrong = covered.overlap > _SHARED
    advice = "; `unwrap --old-uv replace` lays it out anew" if wrong else ""
    yield Finding(
        "uv-overlap",
        "warn" if wrong else "pass",
        f"{covered.overlap:.1%} of the texels in use belong to several faces; "
        f"{covered.fill:.0%} of the square is in use{advice}",
        value=100 * covered.overlap,
        unit="% of the texels in use",
        limit=f"at most {100 * _SHARED:g}",
        source="lightmaps and baking need 0",
        fix="unwrap",
        faces=covered.faces if wrong else None,
    )
