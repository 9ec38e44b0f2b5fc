"""Write a painted print: 3MF for slicers with the swaps in it, STL, the swaps as text, pictures and a page."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.painting import PaintPlan
from maquette.core.progress import note
from maquette.formats.painting.hueforge import project_of
from maquette.formats.painting.page import as_page, back_png, front_png
from maquette.formats.painting.swaps import (
    BAMBU_PATH,
    PRUSA_PATH,
    bambu_part,
    bambu_project,
    prusa_part,
    swap_heights,
    swaps_as_text,
)
from maquette.formats.painting.worth import worth, worth_lines
from maquette.formats.stl import write_stl
from maquette.formats.threemf.write import write_3mf
from maquette.geometry.painting.looks import colors_of
from maquette.geometry.painting.solids import filament_solids, plan_solid
from maquette.registry import stage

_OURS = b'<metadata name="Application">'
_BAMBU = b'<metadata name="Application">BambuStudio-02.00.00.00</metadata>\n<metadata name="maquette:writer">'


@stage(writes=(".3mf", ".stl", ".html", ".txt", ".hfp"), destinations=("print",))
def write_paint(
    plan: PaintPlan,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "paint",
    suffix: Annotated[
        Literal[".3mf", ".stl", ".html", ".txt", ".hfp"],
        Field(description="the file that is opened first; all are written"),
    ] = ".3mf",
) -> Files:
    """Write a painted print with everything that printing it takes.

    The 3MF holds the solid and, for one nozzle, the swaps as PrusaSlicer reads them; a second one, for Bambu Studio and
    OrcaSlicer, the same in their words. Beside them lie the STL, the swaps as text for any slicer, JSON, a HueForge
    project, the picture from the front and with a lamp behind, and a page that shows them. A plan that changes
    filaments from cell to cell becomes a 3MF of a part a filament, and has no list of swaps and no project.
    """
    parts = _models(plan, stem)
    parts[f"{stem}.txt"] = swaps_as_text(plan, worth_lines(plan)).encode()
    parts[f"{stem}.json"] = (json.dumps(_numbers(plan), indent=1, sort_keys=True) + "\n").encode()
    parts[f"{stem}.front.png"] = front_png(plan)
    parts[f"{stem}.back.png"] = back_png(plan)
    parts[f"{stem}.html"] = as_page(plan).encode()
    if plan.one_nozzle:
        parts[f"{stem}.hfp"] = project_of(plan, stem).encode()
    elif suffix == ".hfp":
        raise CannotDo(
            "write-paint: a plan that changes filaments from cell to cell is no HueForge project; write .3mf"
        )
    return Files(f"{stem}{suffix}", parts)


def _models(plan: PaintPlan, stem: str) -> dict[str, bytes]:
    """The files of the solid."""
    bare = Asset(Mesh(*plan_solid(plan)), sized=True, title=plan.title, history=plan.history)
    files = {f"{stem}.stl": write_stl(bare).data}
    if not plan.one_nozzle:
        files[f"{stem}.3mf"] = write_3mf(parts_of(plan), stem=stem).data
        return files
    plain = write_3mf(bare, stem=stem).data
    files[f"{stem}.3mf"] = _add_parts(plain, {PRUSA_PATH: prusa_part(plan)})
    further = {BAMBU_PATH: bambu_part(plan), "Metadata/project_settings.config": bambu_project(plan)}
    files[f"{stem}.bambu.3mf"] = _add_parts(plain, further, bambu=True)
    note(f"{len(bare.mesh.faces):,} triangles, {len(plan.swaps)} swaps")
    return files


def parts_of(plan: PaintPlan) -> Asset:
    """A plan that changes filaments from cell to cell as an asset: a part and a flat material a filament."""
    solids = filament_solids(plan)
    counts = [len(faces) for _, faces in solids]
    shifts = np.cumsum([0, *(len(vertices) for vertices, _ in solids[:-1])])
    number = np.repeat(np.arange(len(solids)), counts)
    mesh = Mesh(
        np.concatenate([vertices for vertices, _ in solids]),
        np.concatenate([faces + shift for (_, faces), shift in zip(solids, shifts, strict=True)]),
        material=number.astype(np.int32),
        part=number.astype(np.int32),
    )
    names = tuple(filament.name for filament in plan.filaments)
    looks = zip(names, colors_of(plan).tolist(), strict=True)
    materials = tuple(Material(name=name, base_color=(red, green, blue, 1.0)) for name, (red, green, blue) in looks)
    return Asset(mesh, materials, part_names=names, sized=True, title=plan.title, history=plan.history)


def _add_parts(plain: bytes, more: dict[str, str], *, bambu: bool = False) -> bytes:
    """A 3MF with more parts in it; for Bambu Studio under the name that it asks for."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if bambu and entry.filename == "3D/3dmodel.model":
                data = data.replace(_OURS, _BAMBU, 1)
            kept = zipfile.ZipInfo(entry.filename)
            kept.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(kept, data, compresslevel=4)
        for path, text in more.items():
            target.writestr(zipfile.ZipInfo(path), text)
    return out.getvalue()


def _numbers(plan: PaintPlan) -> dict[str, object]:
    """The plan for machines."""
    return {
        "cell_mm": plan.cell_mm,
        "first_mm": plan.first_mm,
        "layer_mm": plan.layer_mm,
        "layers": int(plan.heights.max()),
        "filaments": [
            {"name": one.name, "color": one.color, "td_mm": one.td_mm, "source": one.source} for one in plan.filaments
        ],
        "swaps": [
            {"top_mm": round(top, 4), "layer": layer, "filament": number} for top, layer, number in swap_heights(plan)
        ]
        if plan.one_nozzle
        else None,
        **{name: round(value, 2) for name, value in worth(plan).items()},
    }
