"""Inner shells: are there walls inside that nobody meant, or is a solid hollow by accident?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.checks.limits import limit_of
from maquette.checks.sliced import TORN, columns_of, faces_near
from maquette.checks.welded import weld_by_position
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.geometry.inside.columns import Columns
from maquette.geometry.inside.filled import closed_faces, nesting
from maquette.geometry.inside.shells import Shells, thin_wall
from maquette.geometry.printing.drains import Cells, Pockets, chambers, roll_ball
from maquette.registry import stage

_PRINTER = Printer.default()
_THIN_SHARE, _THIN_MM = 0.012, 1.2  # as drop-inner-walls takes them
_AIRY = 0.3  # of the volume up to the outermost surface: less air than this between walls is no hollow model
_HOLLOW = 0.3  # of a model and what it encloses
_NARROWER = (1.0, 0.5, 0.25)  # of the drain hole: how narrow the opening is, roughly


@stage(destinations=("print",), gates=True)
def inner_shells(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose drain hole tells an opening from a leak")] = _PRINTER,
    cavities: Annotated[
        Literal["judge", "meant"], Field(description="whether closed cavities behind thin walls are judged, or meant")
    ] = "judge",
) -> Iterable[Finding]:
    """Count closed shells inside the model that nobody meant, and find models that are hollow through a leak.

    A shell with filled space on both sides, and the inner skin of a double wall (1.2 % of the diagonal, or 1.2 mm,
    thick) fail: slicers print them as walls within the model, or leave it empty. A cavity behind a thicker wall is
    meant, and so is any that the model's history says was hollowed, or that ``cavities`` declares. A model most of
    which is a hollow behind an opening narrower than a drain hole is a warning: the skin that was to be its outside has
    a hole. Unknown where no part closes.
    """
    whole = weld_by_position(asset.mesh)
    mine = np.flatnonzero(closed_faces(whole.faces)) if len(whole.faces) else np.zeros(0, np.int64)
    if not len(mine):
        yield Finding("inner-shells", "unknown", "no part closes, so nothing is inside", unit="shells", fix="solidify")
        return
    faces = whole.faces[mine]
    nested = nesting(whole.vertices, faces)
    declared = cavities == "meant" or any(step.stage == "hollow" for step in asset.history)
    idle, thin = nested.idle, np.zeros(len(nested.volume), dtype=bool)
    if idle.any() or nested.cavity.any():
        shells = Shells(whole.vertices, faces, nested)
        idle = idle & ~shells.crossing() if idle.any() else idle
        if not declared and (nested.cavity & ~idle).any():
            limit = thin_wall(asset.mesh.diagonal, _THIN_SHARE, _THIN_MM)
            thin = shells.behind_thin_walls(nested.cavity & ~idle, limit)
    marks = whole.of_face[mine[(idle | thin)[nested.part]]]
    meant = int((nested.cavity & ~idle & ~thin).sum())
    yield _finding(int(idle.sum()), int(thin.sum()), meant, marks)
    if not declared and not thin.any():
        yield from _leak(asset, printer)


def _finding(idle: int, thin: int, meant: int, faces: np.ndarray) -> Finding:
    """What the closed shells are, in words."""
    parts = []
    if idle:
        parts.append(f"{idle} shell{'s have' if idle > 1 else ' has'} filled space on both sides")
    if thin:
        parts.append(f"{thin} cavit{'ies lie' if thin > 1 else 'y lies'} behind a wall that is thin all over")
    if not parts:
        parts.append(
            f"{meant} cavit{'ies' if meant > 1 else 'y'}, meant by all signs" if meant else "no shell is inside"
        )
    return Finding(
        "inner-shells",
        "fail" if idle or thin else "pass",
        "; ".join(parts),
        value=idle + thin,
        unit="shells",
        limit="0",
        source="slicers print every shell as a wall; a double skin is what generators leave",
        fix="drop-inner-walls",
        faces=faces if len(faces) else None,
    )


def _leak(asset: Asset, printer: Printer) -> Iterable[Finding]:
    """A warning where the model is mostly air behind a narrow opening."""
    _, solid = columns_of(asset.mesh, printer.nozzle_mm / 2)
    if not len(solid.cell) or solid.torn > TORN or _air_share(solid) < _AIRY:
        return
    limit, source = limit_of(printer, "drain_hole_mm")
    filled = float((solid.top - solid.bottom).sum()) * solid.pitch**2
    narrowest: tuple[float, Cells, Pockets] | None = None
    for share in _NARROWER:
        cells = roll_ball(solid, share * limit)
        if cells is None:
            break
        hollows = chambers(cells)
        if not len(hollows.volume) or hollows.volume.max() < _HOLLOW * (hollows.volume.max() + filled):
            break
        narrowest = share * limit, cells, hollows
    if narrowest is None:
        return
    width, cells, hollows = narrowest
    number = int(hollows.volume.argmax())
    hollow = float(hollows.volume[number]) / (float(hollows.volume[number]) + filled)
    yield Finding(
        "inner-shells",
        "warn",
        f"{hollow:.0%} hollow through an opening under {figures(width)} mm; if it was to be solid, a skin leaks",
        value=100 * hollow,
        unit="% hollow",
        limit=f"openings of at least {limit:g} mm",
        source=source,
        fix="wrap",
        faces=faces_near(asset.mesh, hollows.cells[number], 1.5 * cells.pitch),
    )


def _air_share(solid: Columns) -> float:
    """Share of the air between the runs of one column, against all that lies between its lowest and highest end."""
    stacked = np.flatnonzero(solid.cell[1:] == solid.cell[:-1])
    air = float((solid.bottom[stacked + 1] - solid.top[stacked]).sum())
    return air / max(air + float((solid.top - solid.bottom).sum()), 1e-300)
