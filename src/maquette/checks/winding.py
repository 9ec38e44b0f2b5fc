"""Winding: do the faces look outward, all of them?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.checks.welded import Welded, weld_by_position
from maquette.core.asset import Asset
from maquette.core.report import Finding, Verdict
from maquette.geometry.inside.parts import areas_by, outermost
from maquette.geometry.orientation import Agreement, agreement, capped_volumes
from maquette.geometry.topology import face_components
from maquette.registry import stage

_SOURCE = {
    "print": "3MF Core Specification 1.3 §4.1: consistent triangle orientation, outward-facing normals",
    "model": "glTF 2.0 §3.7.2.1: counter-clockwise faces are front faces, backs are culled",
}
# Below this volume, against area^1.5, an open part has no inside to speak of (as in fix-winding).
_FLAT = 1e-3


@stage(destinations=("print", "model"), gates=True, any_size=True)
def winding(
    asset: Asset,
    *,
    destination: Annotated[
        Literal["print", "model"],
        Field(description="what it is for: wrong faces fail a print and warn of a model"),
    ] = "print",
) -> Iterable[Finding]:
    """Count edges whose two faces disagree, and parts that are inside out, after welding by position.

    A part is inside out when it encloses a negative volume; a part inside another is judged with the outermost one
    around it, so a cavity is no mistake. Open parts are judged as if closed, flat sheets are not judged. Of a model a
    mistake is a warning unless more than half of the surface is inside out.
    """
    surface = weld_by_position(asset.mesh)
    disagree = int(((surface.edges.count == 2) & (surface.edges.balance != 0)).sum())
    agreed = agreement(surface.vertices, surface.faces) if disagree else None
    yield _alike(surface, disagree, agreed, destination)
    yield _outward(surface, agreed, destination)


def _alike(surface: Welded, count: int, agreed: Agreement | None, destination: str) -> Finding:
    """Whether neighbours are wound alike."""
    if agreed is None:
        return _finding(destination, "pass", "neighbours are wound alike", 0, "edges", None)
    faces = surface.of_face[agreed.turn]
    message = f"the faces at {count:,} edge{'s' * (count > 1)} disagree; {len(faces):,} must turn"
    one_sided = int(agreed.one_sided.sum())
    if one_sided:
        message += f"; {one_sided} part{'s are' if one_sided > 1 else ' is'} one-sided and can have no outside"
    verdict: Verdict = "fail" if destination == "print" else "warn"
    return _finding(destination, verdict, message, count, "edges", faces)


def _outward(surface: Welded, agreed: Agreement | None, destination: str) -> Finding:
    """Whether each part has its outside outside, once its faces are wound alike."""
    count, part = face_components(surface.faces)
    area = areas_by(part, surface.vertices, surface.faces, count)
    wrong = _inside_out(surface, agreed, part, area)
    number = int(wrong.sum())
    share = area[wrong].sum() / area.sum() if number else 0.0
    verdict: Verdict = "pass" if not number else "fail" if destination == "print" or share > 0.5 else "warn"
    message = f"{number:,} of {count:,} part{'s' * (count != 1)} inside out, {100 * share:.3g}% of the surface"
    if not number:
        message = f"{'no part is' if count != 1 else 'the part is not'} inside out"
    faces = surface.of_face[wrong[part]] if number else None
    return _finding(destination, verdict, message, number, "parts", faces)


def _inside_out(surface: Welded, agreed: Agreement | None, part: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Which parts are inside out, (P,) bool; one-sided parts are not."""
    count, vertices, faces = len(area), surface.vertices, surface.faces
    torn, one_sided = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    torn[part[np.flatnonzero(surface.edges.count[surface.edges.of_half] != 2) // 3]] = True
    if agreed is not None:
        faces = np.where(agreed.turn[:, None], faces[:, ::-1], faces)
        one_sided[part[agreed.one_sided[agreed.patch]]] = True
    volume = capped_volumes(vertices, faces, part, count)
    closed = ~torn & ~one_sided
    wrong = (volume < 0) & ~one_sided & (closed | (np.abs(volume) >= _FLAT * area**1.5))
    if (wrong & closed).any() and closed.sum() > 1:
        mine = closed[part]
        number = np.cumsum(closed) - 1  # closed parts among themselves
        root = outermost(vertices, faces[mine], number[part[mine]], np.abs(volume[closed]))
        wrong[closed] = (volume[closed] < 0)[root]
    return wrong


def _finding(
    destination: str, verdict: Verdict, message: str, value: int, unit: str, faces: np.ndarray | None
) -> Finding:
    return Finding(
        "winding",
        verdict,
        message,
        value=value,
        unit=unit,
        limit="0",
        source=_SOURCE[destination],
        fix="fix-winding",
        faces=faces,
    )
