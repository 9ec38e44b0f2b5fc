"""What the checks of layers look at: the welded solid as columns, made once for all that ask one after the other."""

from __future__ import annotations

import numpy as np

from maquette.checks.welded import Welded, weld_by_position
from maquette.core.arrays import Floats, Ints
from maquette.core.memory import remember
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.geometry.inside.columns import Columns, columns
from maquette.geometry.printing.layers import Layers, layers

# Share of the lines up through a model that do not come out again before its layers cannot be told.
TORN = 0.02
NO_INSIDE = "its surface is too open to tell inside from outside in layers"


@remember(most=1)
def columns_of(mesh: Mesh, pitch: float) -> tuple[Welded, Columns]:
    """The mesh welded, and its columns; kept for the checks of layers."""
    whole = weld_by_position(mesh)
    return whole, columns(whole.vertices, whole.faces, pitch)


def layers_of(mesh: Mesh, printer: Printer) -> Layers | None:
    """The solid in the printer's layers, two columns to a line of its nozzle; None where it has no inside to slice."""
    _, solid = columns_of(mesh, printer.nozzle_mm / 2)
    return layers(solid, printer.layer_mm) if len(solid.cell) and solid.torn <= TORN else None


def layers_that_hang(mesh: Mesh, printer: Printer, check: str, what: str, unit: str) -> Layers | Finding:
    """The solid in layers, or what a check of what hangs says instead: powder carries it, or there is no inside."""
    if printer.technology == "SLS":
        return Finding(check, "pass", f"powder carries {what}", source=printer.source("overhang_deg"))
    sliced = layers_of(mesh, printer)
    return Finding(check, "unknown", NO_INSIDE, unit=unit, fix="solidify") if sliced is None else sliced


def on_faces(mesh: Mesh, sliced: Layers, runs: Ints, values: Floats, printer: Printer) -> Floats:
    """The largest value (N,) of the runs (N,) whose lower end lies on each face of the mesh, (F,); 0 where none does.

    A column meets one face; small faces between the columns take the value of the run that starts where they lie.
    """
    whole, solid = columns_of(mesh, printer.nozzle_mm / 2)
    result = np.zeros(len(mesh.faces))
    at = sliced.run[runs]
    np.maximum.at(result, whole.of_face[solid.floor[at]], values)
    lowest, height = solid.bottom.min(), printer.layer_mm
    wide = int((solid.top.max() - lowest) / height) + 4
    keys = solid.cell[at] * wide + np.floor((solid.bottom[at] - lowest) / height).astype(np.int64) + 1
    order = np.lexsort((values, keys))
    keys, held = np.append(keys[order], -9), np.append(values[order], 0.0)
    corners = mesh.vertices[mesh.faces]
    small = np.flatnonzero(np.ptp(corners, axis=1).max(axis=1) <= 4 * solid.pitch)
    corners = corners[small]
    down = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] < 0
    small, middle = small[down], corners[down].mean(axis=1)
    mine = solid.cell_at(middle) * wide + np.floor((middle[:, 2] - lowest) / height).astype(np.int64) + 1
    for step in (-1, 0, 1):
        slot = np.searchsorted(keys[:-1], mine + step, side="right") - 1
        here = keys[slot] == mine + step
        result[small[here]] = np.maximum(result[small[here]], held[slot[here]])
    return result


def faces_near(mesh: Mesh, points: Floats, reach: float) -> Ints:
    """Faces whose middle lies within reach of any of the points (N, 3)."""
    from scipy.spatial import cKDTree

    if not len(points):
        return np.zeros(0, np.int64)
    distance, _ = cKDTree(points).query(mesh.triangles.mean(axis=1), distance_upper_bound=reach)
    return np.flatnonzero(np.isfinite(distance))
