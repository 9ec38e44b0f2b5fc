"""What mending moved: the surface that the generator gave, laid over the mended one, both at the size of the print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.asset import Asset
from maquette.core.errors import MaquetteError
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.flow.engine.run import Run
from maquette.registry import registry

_SAMPLES = 30_000  # each way: 0.7 s on 2 x 200,000 faces, and the mean is good to a hundredth of itself
_SAME = 1e-6  # of the diagonal: vertices that a similarity carries this near were carried by it


@dataclass(frozen=True)
class Moved:
    """The mended asset before anything was added to it, and the deviation of each of its faces from the raw one."""

    asset: Asset
    finding: Finding

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return self.finding.as_dict()


def moved_by_mending(run: Run, printer: Printer) -> Moved | None:
    """How far the mended surface lies from the raw one, at the size of the print; None where it does not at all.

    The raw asset goes through what placed the model (size, turn, place on the bed) and through nothing else. None, too,
    where that cannot be told: an asset without a camera whose vertices changed.
    """
    chain = list(_chain(run))
    if len(chain) < 2:
        return None
    points = chain[0].mesh.vertices
    for before, after in pairwise(chain):
        there = carried(points, before, after)
        if there is None:
            return None
        points = there
    raw, mended = chain[0].with_mesh(chain[0].mesh.with_vertices(points)), chain[-1]
    if _same(raw, mended):
        return None
    try:
        findings = tuple(registry()["deviation"](mended, raw, printer=printer, samples=_SAMPLES))
    except MaquetteError:
        return None
    return Moved(mended, findings[0])


def _chain(run: Run) -> Iterator[Asset]:
    """Assets from the generator's to the last that mending or placing gave, along the first source of each step.

    Stages with the fact ``adds`` add to a model, or take from it, what somebody asked for; all before is mending.
    """
    steps = run.recipe.steps
    line, step = [], run.recipe.result
    while step in steps and run.recipe.stage_of(step).output is Asset:
        line.append(step)
        step = steps[step].sources[0]
    for step in reversed(line):
        if run.recipe.stage_of(step).facts.adds:
            return
        yield run.values[step]


def _same(raw: Asset, mended: Asset) -> bool:
    """Whether these are the same triangles in the same places."""
    one, other = raw.mesh, mended.mesh
    if not np.array_equal(one.faces, other.faces) or one.vertices.shape != other.vertices.shape:
        return False
    return bool(np.abs(one.vertices - other.vertices).max(initial=0.0) <= _SAME * other.diagonal)


def carried(points: NDArray[np.float64], before: Asset, after: Asset) -> NDArray[np.float64] | None:
    """Points (N, 3) of one asset where the next one has them, (N, 3), by the camera that went along.

    A perspective camera does not know a scale: that is taken from the vertices where all of them were carried alike,
    as scale-to does; what changes the vertices does not scale. None where there is no camera to tell, either.
    """
    seen, sees = before.camera, after.camera
    turn = np.eye(3) if seen is None or sees is None else sees.pose[:3, :3] @ seen.pose[:3, :3].T
    old, new = before.mesh.vertices @ turn.T, after.mesh.vertices
    moved: NDArray[np.float64] = points @ turn.T
    if old.shape == new.shape and len(old):
        spread = float(np.linalg.norm(old - old.mean(axis=0)))
        scale = float(np.linalg.norm(new - new.mean(axis=0))) / spread if spread else 1.0
        offset = new.mean(axis=0) - scale * old.mean(axis=0)
        if np.abs(scale * old + offset - new).max() <= _SAME * after.mesh.diagonal:
            return scale * moved + offset
    if seen is None or sees is None:
        return None
    scale = sees.span / seen.span if sees.projection == "orthographic" else 1.0
    return scale * moved + (sees.position - scale * (turn @ seen.position))
