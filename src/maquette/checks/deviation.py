"""Deviation: how far is the model from the one it came from?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.limits import limit_of
from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.report import Finding, Verdict
from maquette.core.words import figures
from maquette.geometry.remake.deviation import OneWay
from maquette.geometry.remake.deviation import deviation as measured
from maquette.geometry.surface import face_areas
from maquette.registry import stage

_PRINTER = Printer.default()

_MOST = 99  # percent of each surface that must lie within the limit; the rest may be an edge that was rounded
_WORSE = 4  # times the limit fails: a line's width where the limit is a layer's height


@stage(destinations=("print", "model"))
def deviation(
    asset: Asset,
    reference: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose layer height is the limit")] = _PRINTER,
    max_mm: Annotated[
        float, Field(ge=0, description="distance that passes; 0: the printer's layer height; four times it fails")
    ] = 0.0,
    samples: Annotated[int, Field(ge=1000, le=1_000_000, description="points measured on each surface")] = 50_000,
) -> Iterable[Finding]:
    """Measure in mm how far the model lies from a reference model, and how far that one lies from it.

    The number is the distance that 99 % of both surfaces stay within: a rounded edge may be farther off, a missing part
    may not. The message tells mean and greatest distance both ways, the picture each face's distance. Both models are
    compared where they are: nothing is moved or scaled to fit. Refuses a model or a reference without a surface.
    """
    limit, source = limit_of(printer, "layer_mm", max_mm)
    for name, mesh in (("model", asset.mesh), ("reference", reference.mesh)):
        if not face_areas(mesh.vertices, mesh.faces).sum() > 0:
            raise BadInput(f"deviation: the {name} has {len(mesh.faces)} faces and no surface; give one that has")
    mesh, other = asset.mesh, reference.mesh
    distances = measured(mesh.vertices, mesh.faces, other.vertices, other.faces, samples)
    ways = (distances.there, distances.back)
    number = max(float(np.percentile(way.distance, _MOST)) for way in ways)
    verdict: Verdict = "pass" if number <= limit else "warn" if number <= _WORSE * limit else "fail"
    there, back = (f"{figures(way.mean)} mm on average, {figures(way.max)} at most" for way in ways)
    overlay = _on_faces(mesh, distances.there)
    yield Finding(
        "deviation",
        verdict,
        f"99 % of the surfaces lie within {figures(number)} mm; model to reference {there}; reference to model {back}",
        value=number,
        unit="mm",
        limit=f"at most {limit:g}",
        source=source,
        faces=np.flatnonzero(overlay > limit),
        overlay=overlay,
    )


def _on_faces(mesh: Mesh, way: OneWay) -> Floats:
    """The distance of each face, (F,): the greatest of its own samples, else that of the sample nearest its middle."""
    from scipy.spatial import cKDTree

    greatest = np.full(len(mesh.faces), -1.0)
    np.maximum.at(greatest, way.samples.faces, way.distance)
    rest = np.flatnonzero(greatest < 0)
    if len(rest):
        _, near = cKDTree(way.samples.points).query(mesh.triangles[rest].mean(axis=1))
        greatest[rest] = way.distance[near]
    return greatest
