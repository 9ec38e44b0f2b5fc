"""What mending moved: the surface that the generator gave, laid over the mended one, both at the size of the print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.asset import Asset
from maquette.core.errors import MaquetteError
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.flow.engine.run import Run
from maquette.flow.memory import keep
from maquette.registry import registry
from maquette.store import Store, key_of

_SAMPLES = 30_000  # each way: 0.7 s on 2 x 200,000 faces, and the mean is good to a hundredth of itself
_SAME = 1e-6  # of the diagonal: vertices this near were placed by the matrix alone


@dataclass(frozen=True)
class Moved:
    """The mended asset before anything was added to it, and the deviation of each of its faces from the raw one."""

    asset: Asset
    finding: Finding

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return self.finding.as_dict()


def moved_by_mending(run: Run, printer: Printer, store: Store | None = None) -> Moved | None:
    """How far the mended surface lies from the raw one, at the size of the print; None where it does not at all.

    The raw asset goes through what placed the model (size, turn, place on the bed) and through nothing else. None, too,
    where that cannot be told: a stage that made a new asset and says nothing of its placement. The measure is kept in
    the ``store``.
    """
    steps = _steps(run)
    if len(steps) < 2:
        return None
    first, last = steps[0], steps[-1]
    stage = registry()["deviation"].stage
    call = stage.call({"printer": printer, "samples": _SAMPLES})
    key = key_of("moved by mending", stage.version, call.text, [run.keys[first], run.keys[last]])
    kept = store.get(key) if store else None
    if kept is not None:
        return Moved(run.values[last], kept[0]) if kept else None
    moved = _measure(run.values[first], run.values[last], printer)
    keep(store, key, () if moved is None else (moved.finding,))
    return moved


def _measure(before: Asset, mended: Asset, printer: Printer) -> Moved | None:
    """The deviation of the mended asset from the one before it, laid where the mended one lies."""
    raw = laid_over(before, mended)
    if raw is None or _same(raw, mended):
        return None
    try:
        findings = tuple(registry()["deviation"](mended, raw, printer=printer, samples=_SAMPLES))
    except MaquetteError:
        return None
    return Moved(mended, findings[0])


def laid_over(raw: Asset, mended: Asset) -> Asset | None:
    """The raw asset where the mended one lies, by the placement each carries; None where the later one has lost it."""
    if mended.placement is None:
        return raw if raw.placement is None else None
    before = np.eye(4) if raw.placement is None else raw.placement
    there = mended.placement @ np.linalg.inv(before)
    return raw.with_mesh(raw.mesh.with_vertices(raw.mesh.vertices @ there[:3, :3].T + there[:3, 3]))


def _steps(run: Run) -> list[str]:
    """Steps from the generator's to the last that mended or placed, along the first source of each step.

    Stages with the fact ``adds`` add to a model, or take from it, what somebody asked for; all before is mending.
    """
    steps = run.recipe.steps
    line, step = [], run.recipe.result
    while step in steps and run.recipe.stage_of(step).output is Asset:
        line.append(step)
        step = steps[step].sources[0]
    line.reverse()
    adding = (index for index, step in enumerate(line) if run.recipe.stage_of(step).facts.adds)
    return line[: next(adding, len(line))]


def _same(raw: Asset, mended: Asset) -> bool:
    """Whether these are the same triangles in the same places."""
    one, other = raw.mesh, mended.mesh
    if not np.array_equal(one.faces, other.faces) or one.vertices.shape != other.vertices.shape:
        return False
    return bool(np.abs(one.vertices - other.vertices).max(initial=0.0) <= _SAME * other.diagonal)
