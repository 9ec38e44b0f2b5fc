"""What pins and holes have in common: columns of the solid, or of the air, that are too thin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.checks.sampled import sample_mesh
from maquette.core.arrays import Floats, Ints
from maquette.core.mesh import Mesh
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.geometry.inside.thickness import SLACK

_LOOKED_AT = 2.0  # times the limit: thicker columns are no concern
_MOST = 8000  # samples that are counted into places
_LEAST = 0.25  # of the limit squared: what covers less is a kink in the surface


@dataclass(frozen=True)
class Columns:
    """Columns up to twice a limit: how many are too thin, the thinnest of all, and both on the mesh."""

    count: int  # below the limit
    thinnest: float | None
    area: float  # of the surface of those below the limit, in mm²
    overlay: Floats  # (F,) width, at most twice the limit
    faces: Ints  # of those below the limit


def slender(mesh: Mesh, limit: float, samples: int, *, inside_out: bool) -> Columns | None:
    """Columns of the solid, or with ``inside_out`` of the air; None for a mesh without a surface."""
    solid = sample_mesh(mesh, samples)
    if not len(solid.spread.points):
        return None
    looked = solid.inside_out if inside_out else solid
    spread, most = looked.spread, _LOOKED_AT * limit
    width = looked.chords.columns(looked.walls.thickness(tips=limit), most, free=not inside_out)
    thin = np.flatnonzero(width < SLACK * limit)
    place, count = _places(spread.points[thin], limit)
    covered = np.bincount(place, minlength=count) * spread.area
    real = covered >= _LEAST * limit**2
    width[thin[~real[place]]] = np.inf
    known = width[np.isfinite(width)]
    overlay = looked.on_faces(np.minimum(width, most))
    return Columns(
        count=int(real.sum()),
        thinnest=float(np.percentile(known, 1)) if len(known) else None,
        area=float(covered[real].sum()),
        overlay=overlay,
        faces=np.flatnonzero(overlay < SLACK * limit),
    )


def slender_finding(name: str, noun: str, columns: Columns | None, limit: float, source: str) -> Finding:
    """What a check says of columns, called by a noun: a warning where one is below the limit."""
    if columns is None:
        return Finding(name, "unknown", "there is no surface", unit="mm")
    message = f"no {noun} is under {limit:g} mm"
    if columns.count:
        message = f"{columns.count:,} {noun}{'s are' if columns.count > 1 else ' is'} under {limit:g} mm"
        message += f", {figures(columns.area)} mm² of surface"
    return Finding(
        name,
        "warn" if columns.count else "pass",
        message,
        value=columns.thinnest,
        unit="mm",
        limit=f"at least {limit:g}",
        source=source,
        fix="scale-to",
        faces=columns.faces,
        overlay=columns.overlay,
    )


def _places(points: Floats, reach: float) -> tuple[Ints, int]:
    """Points (N, 3) that lie within reach of each other are one place: the place of each, (N,), and how many."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    if not len(points):
        return np.zeros(0, np.int64), 0
    some = points[:: -(-len(points) // _MOST)]
    pairs = cKDTree(some).query_pairs(reach, output_type="ndarray")
    graph = coo_matrix((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(some), len(some)))
    count, label = connected_components(graph, directed=False)
    _, nearest = cKDTree(some).query(points)
    return label[nearest].astype(np.int64), int(count)
