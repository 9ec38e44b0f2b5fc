"""How much material a print takes, by rule of thumb, until a slicer tells."""

from __future__ import annotations

from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.words import figures
from maquette.formats.slicers.job import DENSITY
from maquette.formats.slicers.slice import INFILL
from maquette.geometry.surface import face_areas, signed_volume

_SHELL = 0.95  # mm: two lines of 0.45 at the sides, four or five layers of 0.2 above and below, as PrusaSlicer does


def material_cm3(mesh: Mesh, printer: Printer) -> float:
    """Volume without supports in cm³: a shell and `slice`'s infill for FDM, all of it for resin and powder."""
    whole = max(signed_volume(mesh.vertices, mesh.faces), 0.0) / 1000
    if printer.technology != "FDM":
        return whole
    shell = min(float(face_areas(mesh.vertices, mesh.faces).sum()) * _SHELL / 1000, whole)
    return shell + INFILL / 100 * (whole - shell)


def in_words(mesh: Mesh, printer: Printer) -> tuple[str, str]:
    """The number and what it is, for the head of a report."""
    volume = material_cm3(mesh, printer)
    if printer.technology == "FDM":
        return (
            f"about {figures(volume * DENSITY)} g",
            f"PLA at {INFILL:g} % infill, no supports; --slice tells it with the time",
        )
    stuff = {"SLA": "resin", "SLS": "powder"}[printer.technology]
    return f"{figures(volume)} cm³", f"of {stuff}, without supports"
