"""Uv stretch: is the picture pulled out of shape where it lies on the surface?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.geometry.surface import face_areas
from maquette.geometry.uv.scores import density_spread, stretch
from maquette.registry import stage

_MEAN, _FACE = 1.5, 4.0  # warned of above; a photo projected once has faces seen at 75 degrees at the latter
_SOURCE = "Sander et al. 2001; the limits are ours"


@stage(destinations=("model",), any_size=True)
def uv_stretch(asset: Asset) -> Iterable[Finding]:
    """Measure how far the texture is stretched (Sander's L2, 1 is none) and how unevenly texels are dealt out.

    Faces that show the picture more than four times as long one way are named; their texels smear. A model without uv
    is not judged.
    """
    mesh = asset.mesh
    if mesh.uv is None or not len(mesh.faces):
        return
    score = stretch(mesh.vertices, mesh.faces, mesh.uv)
    smeared = np.flatnonzero(np.isfinite(score.face) & (score.face > _FACE))
    area = face_areas(mesh.vertices, mesh.faces)
    share = float(area[smeared].sum() / max(area.sum(), 1e-300))
    uneven = density_spread(mesh.vertices, mesh.faces, mesh.uv)
    wrong = score.mean > _MEAN or share > 0.01
    advice = "; `unwrap --old-uv replace` lays it out anew" if wrong else ""
    yield Finding(
        "uv-stretch",
        "warn" if wrong else "pass",
        f"stretched by {score.mean:.3g} on average and {score.worst:.3g} at worst, {share:.1%} of the surface by more "
        f"than {_FACE:g}; texels a length vary by {uneven:.0%}{advice}",
        value=score.mean,
        unit="x",
        limit=f"at most {_MEAN:g}, 1 % beyond {_FACE:g}",
        source=_SOURCE,
        fix="unwrap",
        faces=smeared if len(smeared) else None,
    )
