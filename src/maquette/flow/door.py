"""The front door: ``make``, ``check``, ``load`` and ``save``.

import maquette as mq
asset = mq.make("chair.jpg")
print(mq.check(asset, "print"))
mq.save(asset, "chair.3mf")
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maquette.core.asset import Asset
from maquette.core.notes import Loss, weight, worst_first
from maquette.core.profiles import Printer, Target
from maquette.core.progress import has_listener, note, noting
from maquette.core.report import Report
from maquette.flow import disk
from maquette.flow.jobs import JOBS, Route
from maquette.flow.judge import Destination, judge
from maquette.flow.make import build
from maquette.flow.photos import Photo
from maquette.store import Store


def make(
    photo: Photo,
    destination: Destination = "print",
    *,
    route: Route = "auto",
    generator: str | None = None,
    height_mm: float | None = None,
    knobs: Mapping[str, Any] | None = None,
    store: Store | None = None,
) -> Asset:
    """A photo (path or bytes), or several by direction (``front``, ``right``, …), as an asset for its destination.

    ``knobs`` are further options of the job (``maquette print --help`` lists them). Results of the stages are kept in
    ``store``; the default one lies in the user's cache folder. Nothing is judged: `check` does that.
    """
    own = {"generator": generator, "height_mm": height_mm}
    options = {**(knobs or {}), **{name: value for name, value in own.items() if value is not None}}
    return build(JOBS[destination](photo, route=route, knobs=options), store or Store()).asset


def check(
    asset: Asset,
    destination: Destination = "print",
    *,
    printer: Printer | str | None = None,
    target: Target | str | None = None,
    store: Store | None = None,
) -> Report:
    """Every check of the destination as one report, worst first; ``print()`` it.

    What was found on this very asset before is taken from the ``store``, the user's when left out.
    """
    return judge(asset, destination, printer=printer, target=target, store=store or Store())


def load(path: str | Path) -> Asset:
    """The model in a file: STL, OBJ, PLY, GLB, glTF or 3MF, by its ending."""
    asset: Asset = disk.read(path)
    return asset


def save(value: Any, path: str | Path, settings: Mapping[str, Any] | None = None) -> Path:
    """Write an asset, a subject or a picture; the ending names the format, ``settings`` are the writer's.

    What the format has no place for is a warning of the kind `Loss`, unless somebody collects notes.
    """
    with noting() as notes:
        place = disk.save(value, path, settings)
    for text in notes:
        note(text)
    for text in worst_first(notes):
        if weight(text) == "lost" and not has_listener():
            warnings.warn(text, Loss, stacklevel=2)
    return place
