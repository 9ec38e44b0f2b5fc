"""Stand: a model that would tip over is laid on its back where it is flat, or gets a plinth."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note
from maquette.core.words import figures
from maquette.geometry.printing.resting import footing, hull, margin
from maquette.geometry.surface import center_of_mass
from maquette.registry import stage
from maquette.shape.build.plinth import plinth
from maquette.shape.place.settle import settle

_PRINTER = Printer.default()
_FLAT = 0.3  # of the smaller of width and height: what is no deeper lies better than it stands
_HIGH, _LEAST_MM = 0.05, 2.0  # of the height: how high a plinth is
_SUNK = 0.6  # of the plinth's height that the model stands in it


@stage(adds=True)
def stand(
    asset: Asset,
    *,
    tilt_deg: Annotated[
        float, Field(ge=0, le=30, description="it must stand up to a tilt of this, or something is done")
    ] = 2.0,
    printer: Annotated[Printer, Field(description="whose first layer it stands on")] = _PRINTER,
) -> Asset:
    """Leave a model that stands as it is; lay a flat one on its back, and put any other on a plinth.

    It stands when its center of mass stays over what touches the bed up to a tilt of ``tilt_deg``. Flat is what is no
    deeper than 0.3 of its width and height: tools, badges, keys; it is turned so that its front looks up. A plinth is
    round and a twentieth of the height. A note says what was done and by how much it would have tipped. A model without
    faces, and one on which no plinth can be put, stays as it is, with a note.
    """
    mesh = asset.mesh
    if not len(mesh.faces) or _steady(mesh, printer, tilt_deg):
        return asset
    room = _room(mesh, printer)
    words = (
        f"its center of mass lies {figures(abs(room), 3)} mm {'outside' if room < 0 else 'inside'} what it stands on"
    )
    width, depth, height = asset.size
    if depth <= _FLAT * min(width, height):
        lying = settle(asset.moved(rotation=np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])))
        if _steady(lying.mesh, printer, tilt_deg):
            note(f"laid on its back: {words}, and it is flat")
            return lying
    high = max(_HIGH * height, _LEAST_MM)
    try:
        stood = plinth(asset, height_mm=high, sink_mm=_SUNK * high, margin_mm=0.02 * max(width, depth))
    except CannotDo as problem:
        note(f"{words}, and it got no plinth: {problem}")
        return asset
    note(f"put on a plinth: {words}")
    return settle(stood, contact_share=0)


def _room(mesh: Mesh, printer: Printer) -> float:
    """How far the center of mass lies inside what touches the bed, mm."""
    center = center_of_mass(mesh.vertices, mesh.faces)
    return margin(center[:2], hull(footing(mesh.vertices, mesh.faces, printer.layer_mm)))


def _steady(mesh: Mesh, printer: Printer, tilt_deg: float) -> bool:
    """Whether it stands up to this tilt."""
    center = center_of_mass(mesh.vertices, mesh.faces)
    return bool(_room(mesh, printer) >= np.tan(np.radians(tilt_deg)) * (center[2] - mesh.bounds[0, 2]))
