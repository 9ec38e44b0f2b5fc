"""How a model came to be, for the formats that can carry it: as data and as one paragraph."""

from __future__ import annotations

from typing import Any

from maquette.core.asset import Asset
from maquette.geometry.surface import face_areas


def seen_share(asset: Asset) -> float | None:
    """The share of the surface, by area, that the photo showed; None where nobody knows."""
    mesh = asset.mesh
    if mesh.seen is None or not len(mesh.faces):
        return None
    middle, reach = mesh.bounds.mean(axis=0), max(mesh.diagonal, 1e-300)  # squares of any model's lengths then fit
    areas = face_areas((mesh.vertices - middle) / reach, mesh.faces)
    return float((areas * mesh.seen[mesh.faces].mean(axis=1)).sum() / max(areas.sum(), 1e-300))


def as_data(asset: Asset) -> dict[str, Any]:
    """Whether the scale is real, the stages with their settings, and the share that was seen."""
    steps = [
        {"stage": s.stage, "version": s.version, "settings": s.options, "inputs": s.inputs, "notes": s.notes}
        for s in asset.history
    ]
    share = seen_share(asset)
    return {"sized": asset.sized, "history": steps} | ({} if share is None else {"seen_share": round(share, 4)})


def as_text(asset: Asset) -> str:
    """The same in one paragraph."""
    steps = ", ".join(step.stage for step in asset.history) or "no recorded stages"
    scale = "The scale is real." if asset.sized else "The scale is a guess."
    share = seen_share(asset)
    seen = "" if share is None else f" {share:.0%} of the surface was seen in the photo, the rest is inferred."
    return f"Made by maquette: {steps}. {scale}{seen}"
