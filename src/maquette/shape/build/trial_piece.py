"""Test piece: the riskiest place of a model cut out as a small print, to try before the whole."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.solids import bodies, solid, surface_of
from maquette.geometry.inside.thickness import wall_thickness
from maquette.geometry.sampling import surface_samples
from maquette.geometry.surface import area_vectors
from maquette.registry import stage
from maquette.shape.carry.combining import insist_on_solid

_PRINTER = Printer.default()
_SAMPLES = 20_000


@stage(name="test-piece")
def trial_piece(
    asset: Asset,
    *,
    risk: Annotated[
        Literal["thinnest", "overhang"], Field(description="what is tried: the thinnest wall, or where most hangs")
    ] = "thinnest",
    size_mm: Annotated[float, Field(ge=2, le=200, description="side of the block that is cut out")] = 20.0,
    printer: Annotated[Printer, Field(description="whose limits say what hangs")] = _PRINTER,
) -> Asset:
    """Cut the riskiest place out of a solid as a block of its own, flat on the bed and as it would stand there.

    The block lies round the thinnest wall, or where the most surface leans out too far, and reaches no lower than the
    model. The largest piece in it is kept. What it shows of walls, detail and overhang is what the whole will show;
    looks are left behind. Refuses what is no solid, and a model without anything of the kind.
    """
    insist_on_solid("test-piece", asset.mesh)
    place, reason = (_thinnest if risk == "thinnest" else _hanging)(asset.mesh, printer)
    progress(0.6, "place found")
    low, high = asset.mesh.bounds
    half = size_mm / 2
    start = np.array(
        [place[0] - half, place[1] - half, np.clip(place[2] - half, low[2], max(low[2], high[2] - size_mm))]
    )
    vertices, faces = _cut_out(asset.mesh, start, size_mm)
    note(f"{reason}; the piece measures {' x '.join(f'{side:.1f}' for side in np.ptp(vertices, axis=0))} mm")
    lowest, highest = vertices.min(axis=0), vertices.max(axis=0)
    shift = [*(-(lowest + highest)[:2] / 2), -lowest[2]]
    return Asset(Mesh(vertices + shift, faces), sized=asset.sized, title=f"{asset.title or 'model'}-test")


def _thinnest(mesh: Mesh, printer: Printer) -> tuple[Floats, str]:
    """Where the thinnest wall is, and how thin."""
    samples = surface_samples(mesh.vertices, mesh.faces, _SAMPLES)
    walls = wall_thickness(
        mesh.vertices, mesh.faces, samples, rim=printer.min_wall_mm / 2, tips=printer.min_free_wall_mm
    )
    finite = np.flatnonzero(np.isfinite(walls))
    if not len(finite):
        raise CannotDo("test-piece: no two surfaces face each other, so no wall is thin; try risk overhang")
    thin = finite[walls[finite] <= np.percentile(walls[finite], 1)]
    first = thin[walls[thin].argmin()]
    middle = samples.points[first] - samples.normals[first] * walls[first] / 2
    return np.asarray(middle, np.float64), f"the thinnest wall measures {figures(walls[first])} mm"


def _hanging(mesh: Mesh, printer: Printer) -> tuple[Floats, str]:
    """Where most surface leans out further than the printer carries, and how much."""
    vectors = area_vectors(mesh.vertices, mesh.faces)
    area = np.linalg.norm(vectors, axis=1)
    down = np.divide(-vectors[:, 2], area, out=np.zeros_like(area), where=area > 0)
    steep = np.degrees(np.arcsin(np.clip(down, 0, 1))) > printer.overhang_deg + 0.1
    corners = mesh.vertices[mesh.faces]
    steep &= corners[..., 2].max(axis=1) > mesh.bounds[0, 2] + printer.layer_mm
    if not steep.any():
        raise CannotDo(f"test-piece: nothing leans out by more than {printer.overhang_deg:g} deg; try risk thinnest")
    middles, weight = corners[steep].mean(axis=1), area[steep]
    step = np.round(middles / 10.0).astype(np.int64)  # the crowd within a centimetre
    _, crowd = np.unique(step, axis=0, return_inverse=True)
    most = np.bincount(crowd.ravel(), weight).argmax()
    here = crowd.ravel() == most
    middle = np.average(middles[here], axis=0, weights=weight[here])
    return middle, f"{figures(weight.sum())} mm² lean out by more than {printer.overhang_deg:g} deg"


def _cut_out(mesh: Mesh, start: Floats, size: float) -> tuple[Floats, np.ndarray]:
    """The largest piece of the model within a block."""
    from manifold3d import Manifold

    block = Manifold.cube([size, size, size]).translate(start.tolist())
    piece = solid(mesh.vertices, mesh.faces) ^ block
    if piece.is_empty():
        raise CannotDo(f"test-piece: a block of {size:g} mm holds nothing of the model; take a larger size_mm")
    vertices, faces = surface_of(piece)
    groups = bodies(vertices, faces)
    if len(groups) > 1:
        note(f"{len(groups) - 1} loose pieces in the block are left out")
        largest = max(groups, key=lambda group: abs(float(_volume(vertices, faces[group]))))
        kept = Mesh(vertices, faces[largest])
        used = np.unique(kept.faces)
        number = np.zeros(len(vertices), np.int64)
        number[used] = np.arange(len(used))
        return vertices[used], number[kept.faces]
    return vertices, faces


def _volume(vertices: Floats, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)
