"""A print layer by layer: the lines of the slicer's G-code where there is a slicer, else outlines of our own cuts."""

from __future__ import annotations

import json
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.files import Files
from maquette.core.profiles import Printer
from maquette.faces.server.answers import not_here
from maquette.faces.server.service import Service
from maquette.faces.web.values import answer_once, entry_of, value_of
from maquette.flow.queue.entry import Entry
from maquette.flow.slicing import SlicingWish, slice_asset
from maquette.formats.slicers.gcode import Kind, strokes
from maquette.formats.slicers.slice import missing
from maquette.geometry.cut.sections import outline_pieces
from maquette.store import Store, key_of

KINDS: tuple[str, ...] = (*get_args(Kind), "outline")
MOST_LINES = 1_500_000  # 36 MB for a browser; what comes after is left out, and said
MOST_LAYERS, MOST_CUTS = 20_000, 30_000_000  # of our own: layers, and faces cut by all of them
STEM = "model"


def layer_routes(service: Service) -> list[Route]:
    """Lines of a print: seven numbers a line, and in a header where they come from."""

    def layers(request: Request) -> Response:
        asset, tag = value_of(service, request)
        if not isinstance(asset, Asset):
            raise not_here("model")
        printer = _printer_of(entry_of(service, request))
        by = "slicer" if request.query_params.get("by") == "slicer" else "own"
        ready = "" if missing("prusa") else "-ready"  # a slicer that was installed since is seen at once
        name = f"layers-{tag}-{printer.name}-{by}{ready}"
        answer = answer_once(request, name, lambda: _layers(service, asset, printer, by == "slicer"))
        answer.headers["Cache-Control"] = "private, no-cache"
        if answer.headers.get("X-Layers-Failed"):
            del answer.headers["ETag"]
        return answer

    return [Route("/api/jobs/{identity}/steps/{step}/layers", layers)]


def _printer_of(entry: Entry) -> Printer:
    """The printer that a job is for."""
    order = entry.order
    return Printer.of((order.judged_by or order.options.get("printer")) if order.destination == "print" else None)


def _layers(service: Service, asset: Asset, printer: Printer, is_for_slicer: bool) -> Response:
    """Lines (N, 7): from and to in the model's millimetres, height, layer and kind; ``why`` a slicer made them not."""
    why = f"{printer.label} takes no G-code" if printer.technology != "FDM" else missing("prusa")
    files: Files | None = None
    facts: dict[str, Any] = {"kinds": KINDS, "slicer": "", "ready": not why, "layer_mm": printer.layer_mm}
    if is_for_slicer and not why:
        files, why = _slice_once(service.workshop.store, asset, printer)
    if files is None:
        lines = _own_lines(asset, printer.layer_mm)
    else:
        summary = json.loads(files.parts[f"{STEM}.slice.json"])
        facts |= {name: summary.get(name) for name in ("slicer", "seconds", "filament_g")}
        lines = _gcode_lines(files.data.decode(errors="replace"), asset, printer)
    facts |= {"why": why, "lines": len(lines), "shown": min(len(lines), MOST_LINES)}
    facts |= {"layers": int(lines[-1, 5]) + 1 if len(lines) else 0}
    data = lines[:MOST_LINES].astype("<f4").tobytes()
    headers = {"X-Layers": json.dumps(facts)}
    if is_for_slicer and why:
        headers["X-Layers-Failed"] = "1"  # what failed once may work the next time
    return Response(data, media_type="application/octet-stream", headers=headers)


def _slice_once(store: Store, asset: Asset, printer: Printer) -> tuple[Files | None, str]:
    """What the slicer makes of it, kept; or nothing and why not."""
    key = key_of("workbench layers", 1, printer.name, [asset.digest])
    kept: Files | None = store.get(key)
    if kept is not None:
        return kept, ""
    sliced, opinion = slice_asset(asset, printer, SlicingWish(), STEM)
    if sliced is None:
        return None, opinion.message
    store.put(key, sliced.files)
    return sliced.files, ""


def _gcode_lines(text: str, asset: Asset, printer: Printer) -> NDArray[np.float64]:
    """What the G-code extrudes, moved from the middle of the bed back to where the model lies."""
    numbers = {kind: place for place, kind in enumerate(KINDS)}
    rows = [(*one.start, *one.end, one.z, numbers[one.kind]) for one in strokes(text) if one.kind != "other"]
    lines = np.array(rows, np.float64).reshape(-1, 6)
    low, high = (np.asarray(corner) for corner in asset.mesh.bounds)
    shift = (low[:2] + high[:2]) / 2 - np.asarray(printer.bed_mm[:2]) / 2
    lines[:, :4] += np.tile(shift, 2)
    lines[:, 4] += low[2]
    lines = lines[np.argsort(lines[:, 4], kind="stable")]
    _, layer = np.unique(np.round(lines[:, 4], 2), return_inverse=True)
    return np.column_stack([lines[:, :5], layer.reshape(-1), lines[:, 5]])


def _own_lines(asset: Asset, layer_mm: float) -> NDArray[np.float64]:
    """The outlines of the solid in the middle of each layer.

    Each layer looks only at the faces that reach it: 408 layers of 250,000 faces took 48 s on a busy machine when each
    looked at all of them.
    """
    mesh = asset.mesh
    low, high = (np.asarray(corner) for corner in mesh.bounds)
    vertices, faces = np.asarray(mesh.vertices), np.asarray(mesh.faces)
    count = max(1, round((high[2] - low[2]) / layer_mm))
    level = (vertices[:, 2] - low[2]) / layer_mm - 0.5  # in layers: a plane at 0, 1, 2 …
    first = np.ceil(level[faces].min(axis=1) - 1e-6).clip(0).astype(np.int64)
    reach = (np.floor(level[faces].max(axis=1) + 1e-6).clip(-1, count - 1).astype(np.int64) - first + 1).clip(0)
    if count > MOST_LAYERS or int(reach.sum()) > MOST_CUTS:
        raise CannotDo(
            f"layers: {count:,} layers of {layer_mm:g} mm through {len(faces):,} faces are too many to show; "
            "scale or simplify the model first"
        )
    face = np.repeat(np.arange(len(faces)), reach)
    layer = np.arange(len(face)) - np.repeat(np.cumsum(reach) - reach, reach) + first[face]
    order = np.argsort(layer, kind="stable")
    bounds = np.searchsorted(layer[order], np.arange(count + 1))
    sheets = []
    for number in range(count):
        height = float(low[2] + (number + 0.5) * layer_mm)
        own = faces[face[order[bounds[number] : bounds[number + 1]]]]
        pieces, _ = outline_pieces(vertices, own, 2, height)
        rest = np.tile([height, number, KINDS.index("outline")], (len(pieces), 1))
        sheets.append(np.column_stack([pieces.reshape(-1, 4), rest]))
    return np.concatenate(sheets)
