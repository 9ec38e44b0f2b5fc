"""HueForge's project files (.hfp): filaments, swaps and layers of a painted print, in and out.

The format is not published. What is known is read off projects that people share and programs that write them
(github.com/thushan/hueforge-models with HueForge's own words for its swaps, github.com/hvoss-techfak/AutoForge): JSON;
``filament_set`` from the top down, ``slider_values`` the last layer of each from the bed up, counted from 1;
``base_layer_height`` is the first layer, ``layer_height`` every other, ``min_depth`` and ``max_depth`` where paint
begins and ends, ``Transmissivity`` the transmission distance. Newer ones hold the picture (``image_binary``, base64),
none holds heights: HueForge makes those anew. Ours adds them under ``maquette``, so that a plan comes back as it was.
Whether HueForge opens what is written here was not tried: nobody here owns it.
"""

from __future__ import annotations

import base64
import io
import json
import math
import zlib
from typing import Any

import numpy as np

from maquette.core.arrays import Bytes, Ints
from maquette.core.errors import BadInput, CannotDo
from maquette.core.filament import Filament, estimated_td
from maquette.core.painting import PaintPlan
from maquette.geometry.look.oklab import light_of
from maquette.geometry.painting.heights import nearest_stacks
from maquette.geometry.painting.light import cover, stack_colors

_MOST_LAYERS, _MOST_CELLS = 400, 4_000_000
_VERSION = "0.7.0"  # whose keys are written


def project_of(plan: PaintPlan, stem: str) -> str:
    """A plan for one nozzle as the text of a project."""
    row = plan.sequence.tolist()
    ends = [layer for layer in range(1, len(row)) if row[layer] != row[layer - 1]] + [len(row)]
    runs = [plan.filaments[row[end - 1]] for end in ends]
    rows, columns = plan.cells.shape
    lowest, highest = (float(plan.levels_mm[int(count)]) for count in (plan.heights.min(), plan.heights.max()))
    project = {
        "base_layer_height": plan.first_mm,
        "filament_set": [_filament_row(filament) for filament in reversed(runs)],
        "height_in_mm": rows * plan.cell_mm,
        "image": f"{stem}.png",
        "image_binary": base64.b64encode(_png(plan.wanted)).decode(),
        "layer_height": plan.layer_mm,
        "max_depth": highest,
        "min_depth": lowest,
        "min_detail": plan.cell_mm,
        "slider_values": ends,
        "stl": f"{stem}.stl",
        "version": _VERSION,
        "width_in_mm": columns * plan.cell_mm,
        "maquette": {
            "cell_mm": plan.cell_mm,
            "blur_cells": plan.blur_cells,
            "light": plan.light,
            "layers": base64.b64encode(zlib.compress(plan.heights.astype("<u2").tobytes(), 6)).decode(),
            "rows": rows,
            "columns": columns,
        },
    }
    return json.dumps(project, indent=1) + "\n"


def _filament_row(filament: Filament) -> dict[str, Any]:
    """A filament as a project lists it."""
    number = zlib.crc32(f"{filament.name} {filament.color}".encode())
    return {
        "Brand": filament.brand,
        "Color": filament.color.lower(),
        "Name": filament.name,
        "Owned": True,
        "Transmissivity": filament.td_mm,
        "Type": "PLA",
        "uuid": f"{{{number:08x}-0000-4000-8000-000000000000}}",
    }


def plan_of(data: bytes, picture: Bytes | None, cell_mm: float, stage: str) -> PaintPlan:
    """The plan in a project's bytes. ``picture`` (H, W, 3) stands in for one that the project only names."""
    project = _read(data, stage)
    first, layer = _length(project, "base_layer_height", 0.16, stage), _length(project, "layer_height", 0.08, stage)
    filaments, sequence = _stack(project, stage)
    ours = project.get("maquette")
    if isinstance(ours, dict) and "layers" in ours:
        heights, cell_mm = _own_heights(ours, len(sequence), stage)
        wanted = _resize(_picture_in(project), heights.shape)
        blur = float(ours.get("blur_cells", 0.0))
    else:
        wanted = _picture_for(project, picture, cell_mm, stage)
        base = 1 + max(0, round((_length(project, "min_depth", first, stage) - first) / layer))
        heights, blur = _nearest_heights(wanted, filaments, sequence, layer, min(base, len(sequence))), 0.0
    counts, cells = np.unique(heights, return_inverse=True)
    recipes = np.where(np.arange(len(sequence))[None] < counts[:, None], sequence[None], -1)
    title = str(project.get("image", "")).replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    return PaintPlan(recipes, cells.reshape(heights.shape), filaments, wanted, cell_mm, first, layer, blur, title=title)


def _read(data: bytes, stage: str) -> dict[str, Any]:
    """The project as plain data."""
    try:
        project = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise BadInput(f"{stage}: no HueForge project: it is not JSON ({str(problem)[:80]})") from None
    if not isinstance(project, dict) or not isinstance(project.get("filament_set"), list):
        raise BadInput(f"{stage}: no HueForge project: it has no filament_set; save it in HueForge once more")
    return project


def _length(project: dict[str, Any], key: str, usual: float, stage: str) -> float:
    """A length in mm; the usual one where the project has none."""
    value = project.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not (0 < value < 1000 and math.isfinite(value)):
        raise BadInput(f"{stage}: {key} {str(value)[:40]!r} is no length in mm")
    return round(float(value), 5)  # HueForge's numbers are single precision


def _stack(project: dict[str, Any], stage: str) -> tuple[tuple[Filament, ...], Ints]:
    """The filaments, each once, and which of them each layer is of, from the bed up."""
    runs = [_filament(row, stage) for row in reversed(project["filament_set"])]
    ends = project.get("slider_values")
    if not isinstance(ends, list) or not ends or not all(type(end) in (int, float) and end >= 0 for end in ends):
        raise BadInput(f"{stage}: slider_values are no list of layers; they say where filaments are swapped")
    if not runs:
        raise BadInput(f"{stage}: it has 0 filaments; a print takes one at least")
    layers = np.maximum.accumulate(np.round(np.array(ends[: len(runs)], np.float64)).astype(np.int64))
    if not 1 <= layers[-1] <= _MOST_LAYERS:
        raise BadInput(f"{stage}: {int(layers[-1])} layers; at least one, at most {_MOST_LAYERS}")
    filaments = tuple(dict.fromkeys(runs))
    number = np.array([filaments.index(run) for run in runs[: len(layers)]])
    return filaments, np.repeat(number, np.diff(np.concatenate([[0], layers])))


def _filament(row: Any, stage: str) -> Filament:
    """A filament of a project; a distance that is missing is estimated from the colour."""
    if not isinstance(row, dict):
        raise BadInput(f"{stage}: filament_set holds {type(row).__name__} and no filament")
    color = str(row.get("Color", ""))
    td_mm = row.get("Transmissivity", row.get("TD"))
    name = str(row.get("Name", "") or color)[:100]
    brand = str(row.get("Brand", ""))[:100]
    if isinstance(td_mm, int | float) and 0 < td_mm < math.inf:
        return Filament(name, color, float(np.clip(td_mm, 0.05, 100)), "listed", brand)
    plain = Filament(name, color, 1.0, "estimated", brand)
    return plain.replace(td_mm=estimated_td(plain.color))


def _own_heights(ours: dict[str, Any], most: int, stage: str) -> tuple[Ints, float]:
    """The layers on each cell as `project_of` wrote them, and how wide a cell is."""
    try:
        rows, columns, cell = int(ours["rows"]), int(ours["columns"]), float(ours["cell_mm"])
        if not (0 < rows * columns <= _MOST_CELLS and min(rows, columns) > 0 and 0 < cell < 1000):
            raise ValueError(f"{columns} x {rows} cells of {cell:g} mm")
        packed = zlib.decompressobj().decompress(base64.b64decode(ours["layers"]), rows * columns * 2)
        heights = np.frombuffer(packed, "<u2").reshape(rows, columns).astype(np.int64)
        if heights.min() < 1 or heights.max() > most:
            raise ValueError(f"{heights.max()} layers of {most}")
    except (KeyError, TypeError, ValueError, zlib.error) as problem:
        raise BadInput(f"{stage}: its heights are damaged ({str(problem)[:80]}); write it once more") from None
    return heights, cell


def _picture_in(project: dict[str, Any]) -> Bytes | None:
    """The picture that a project holds, (H, W, 3); None where it holds none that can be read."""
    from PIL import Image

    try:
        data = base64.b64decode("".join(str(project.get("image_binary", "")).split()))
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > 100_000_000:
                return None
            return np.asarray(image.convert("RGB"))
    except (ValueError, OSError, SyntaxError):
        return None


def _picture_for(project: dict[str, Any], picture: Bytes | None, cell_mm: float, stage: str) -> Bytes:
    """The picture in cells."""
    pixels = picture if picture is not None else _picture_in(project)
    if pixels is None:
        name = str(project.get("image", "")).replace("\\", "/").rpartition("/")[2][:80]
        raise CannotDo(f"{stage}: the project only names its picture {name!r}; give that with picture")
    wide = _length(project, "width_in_mm", 100.0, stage)
    columns = max(1, round(wide / cell_mm))
    rows = max(1, round(columns * pixels.shape[0] / pixels.shape[1]))
    if rows * columns > _MOST_CELLS:
        raise CannotDo(f"{stage}: {rows * columns / 1e6:.3g} million cells, at most 4; take a larger cell_mm")
    return _resize(pixels, (rows, columns))


def _resize(pixels: Bytes | None, shape: tuple[int, ...]) -> Bytes:
    """Pixels as cells; grey where there are none."""
    from PIL import Image

    if pixels is None:
        return np.full((*shape, 3), 128, np.uint8)
    if pixels.shape[:2] == tuple(shape):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((shape[1], shape[0]), Image.Resampling.BOX))


def _nearest_heights(
    wanted: Bytes, filaments: tuple[Filament, ...], sequence: Ints, layer_mm: float, base: int
) -> Ints:
    """How many layers make each cell's colour most like the picture."""
    colors = light_of(np.array([filament.rgb for filament in filaments], np.uint8))
    covers = cover(layer_mm, np.array([filament.td_mm for filament in filaments]))
    seen = stack_colors(sequence, colors, covers)[base:]
    return nearest_stacks(light_of(wanted), seen) + base


def _png(pixels: Bytes) -> bytes:
    """Pixels as PNG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
