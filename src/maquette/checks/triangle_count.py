"""Triangle count: does a slicer take it without a wait?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.geometry.surface import face_areas
from maquette.registry import stage

_PRINTER = Printer.default()


@stage(destinations=("print",), name="triangle-count")
def triangle_count(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose line width tells what detail it can show")] = _PRINTER,
    max_faces: Annotated[int, Field(ge=1, description="faces that slicers take without a wait")] = 1_000_000,
) -> Iterable[Finding]:
    """Count the faces and say how long their sides are next to a line of the printer.

    Slicing time grows with the faces, and triangles much smaller than a line show nothing more: above ``max_faces`` is
    a warning, no faces at all fail. ``triangle-budget`` is the same for engines.
    """
    mesh = asset.mesh
    count = len(mesh.faces)
    area = float(face_areas(mesh.vertices, mesh.faces).sum())
    side = float(np.sqrt(area / count * 4 / np.sqrt(3))) if count else 0.0  # of equilateral triangles as large
    yield Finding(
        "triangle-count",
        "fail" if not count else "warn" if count > max_faces else "pass",
        f"{count:,} faces with sides of about {side:.2g} mm; a line is {printer.nozzle_mm:g} mm wide",
        value=count,
        unit="faces",
        limit=f"1 to {max_faces:,}",
        source="setting: slicers grow slow above a million triangles",
        fix="simplify",
    )
