"""Watertight: does the surface close?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.checks.welded import Welded, weld_by_position
from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.report import Finding, Verdict
from maquette.core.words import figures
from maquette.registry import stage

_SOURCE = {
    "print": "3MF Core Specification 1.3 §4.1: every edge is shared with exactly one other triangle",
    "model": "advice: engines draw open surfaces, but their backs are missing and they have no inside",
}
# Cracks of this share of the diagonal are tried with a coarser weld: 0.01 mm on 100 mm, below what a printer shows.
_CRACK = 1e-4


@stage(destinations=("print", "model"), gates=True)
def watertight(
    asset: Asset,
    *,
    destination: Annotated[
        Literal["print", "model"], Field(description="what it is for: an open print fails, an open model is a warning")
    ] = "print",
) -> Iterable[Finding]:
    """Count open edges after welding by position, and the holes they run around.

    An open edge has one face only. Edges with more than two are the business of ``edge-manifold``. The number is 0
    for a surface that closes. Where a slightly coarser weld would close half of them or more, they are cracks, and the
    finding says which grid does it.
    """
    if not len(asset.mesh.faces):
        yield Finding("watertight", "fail", "there are no faces at all", limit="at least 4 faces")
        return
    surface = weld_by_position(asset.mesh)
    is_open = surface.edges.count == 1
    count = int(is_open.sum())
    verdict: Verdict = "pass" if not count else "fail" if destination == "print" else "warn"
    faces = surface.faces_at(is_open)
    message, fix = "every edge is closed", "fill-holes"
    if count:
        message = _holes(surface, is_open)
        grid = float(f"{_CRACK * asset.mesh.diagonal:.0e}")
        if _closes(asset, grid, count):
            message, fix = f"{message}; most are cracks that a weld with grid_mm {grid:g} closes", "weld"
    yield Finding(
        "watertight",
        verdict,
        message,
        value=count,
        unit="open edges",
        limit="0",
        source=_SOURCE[destination],
        fix=fix,
        faces=faces if count else None,
    )


def _closes(asset: Asset, grid: float, count: int) -> bool:
    """Whether a weld on this grid closes half of the open edges and collapses next to nothing."""
    if grid <= 0:
        return False
    coarse = weld_by_position(asset.mesh, grid)
    lost = len(asset.mesh.faces) - len(coarse.faces)
    return bool((coarse.edges.count == 1).sum() * 2 <= count and lost * 1000 <= len(asset.mesh.faces))


def _holes(surface: Welded, is_open: np.ndarray) -> str:
    """How many holes there are and how long the longest rim is, in words."""
    ends = surface.edges.ends[is_open]
    rim = _rims(surface.vertices, ends)
    edges, holes = len(ends), len(rim)
    rims = f"around {holes:,} holes, the longest" if holes > 1 else "around one hole,"
    return f"{edges:,} open edge{'s' * (edges > 1)} {rims} {figures(rim.max())} mm around"


def _rims(vertices: Floats, ends: np.ndarray) -> Floats:
    """Length of each rim of open edges (B, 2) that hang together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    used, local = np.unique(ends, return_inverse=True)
    local = local.reshape(-1, 2)
    graph = coo_matrix((np.ones(len(ends), np.int8), (local[:, 0], local[:, 1])), shape=(len(used), len(used)))
    _, label = connected_components(graph, directed=False)
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    rims: Floats = np.asarray(np.bincount(label[local[:, 0]], weights=length), dtype=np.float64)
    return rims
