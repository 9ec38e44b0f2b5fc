"""Drop looks: the bare form."""

from __future__ import annotations

from maquette.core.asset import Asset
from maquette.core.progress import note
from maquette.registry import stage


@stage
def drop_looks(asset: Asset) -> Asset:
    """Leave only the form of a model: no colors, no uv, no materials; parts stay."""
    mesh = asset.mesh
    if mesh.uv is None and mesh.color is None and not asset.materials:
        return asset
    note("left out colors, uv and materials, as asked")
    return asset.replace(mesh=mesh.replace(uv=None, color=None, material=None), materials=())
