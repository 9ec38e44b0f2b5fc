"""Vertex-manifold: is the surface around every vertex one fan?"""

from __future__ import annotations

from collections.abc import Iterable

from maquette.checks.welded import weld_by_position
from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.geometry.topology import fan_count
from maquette.registry import stage


@stage(destinations=("print", "model"), any_size=True)
def vertex_manifold(asset: Asset) -> Iterable[Finding]:
    """Count vertices in which the surface touches itself by a point, after welding by position.

    Two cones tip to tip, two solids at one corner. It slices and it draws, so it is a warning; smoothing, hollowing and
    booleans are undefined there, and the neck has no strength.
    """
    surface = weld_by_position(asset.mesh)
    pinched = fan_count(surface.faces, len(surface.vertices)) > 1
    count = int(pinched.sum())
    yield Finding(
        "vertex-manifold",
        "warn" if count else "pass",
        f"the surface is pinched in {count:,} {'vertices' if count > 1 else 'vertex'}"
        if count
        else "every vertex has one fan of faces around it",
        value=count,
        unit="vertices",
        limit="0",
        source="advice: 3MF allows it, manifold3d and most mesh operations do not",
        fix="solidify",
        faces=surface.of_face[pinched[surface.faces].any(axis=1)] if count else None,
    )
