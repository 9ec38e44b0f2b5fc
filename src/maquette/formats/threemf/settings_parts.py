"""Print settings put into a 3MF as each slicer keeps them with an object.

PrusaSlicer: ``Slic3r_PE_model.config``, options of an object and the range of its triangles (``3mf.cpp``). Bambu Studio
and OrcaSlicer: ``model_settings.config`` (``bbs_3mf.cpp``). Cura: metadata of the object in the model, of which it
takes those that may differ from object to object (``ThreeMFReader.py``). Heat belongs to a filament and not to an
object: all take it from the user's own profile.
"""

from __future__ import annotations

import io
import re
import zipfile

from maquette.core.files import Files
from maquette.core.print_settings import PrintSettings
from maquette.formats.threemf import names

PRUSA_PATH, BAMBU_PATH = "Metadata/Slic3r_PE_model.config", "Metadata/model_settings.config"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ITEM = re.compile(r'<item objectid="(\d+)"')
_OBJECT = re.compile(r'<object id="(?P<id>\d+)" type="model"[^>]*>\n')


def prusa_options(advice: PrintSettings) -> dict[str, str]:
    """The settings in PrusaSlicer's words."""
    return {
        "layer_height": f"{advice.layer_mm:g}",
        "perimeters": str(advice.perimeters),
        "top_solid_layers": str(advice.top_layers),
        "bottom_solid_layers": str(advice.bottom_layers),
        "fill_density": f"{advice.infill_percent}%",
        "fill_pattern": advice.infill_pattern,
        "support_material": str(int(advice.supports)),
        "brim_width": f"{advice.brim_mm:g}",
    }


def bambu_options(advice: PrintSettings) -> dict[str, str]:
    """The settings in the words of Bambu Studio and OrcaSlicer."""
    return {
        "layer_height": f"{advice.layer_mm:g}",
        "wall_loops": str(advice.perimeters),
        "top_shell_layers": str(advice.top_layers),
        "bottom_shell_layers": str(advice.bottom_layers),
        "sparse_infill_density": f"{advice.infill_percent}%",
        "sparse_infill_pattern": advice.infill_pattern,
        "enable_support": str(int(advice.supports)),
        "brim_type": "outer_only" if advice.brim_mm else "no_brim",
        "brim_width": f"{advice.brim_mm:g}",
    }


def cura_options(advice: PrintSettings) -> dict[str, str]:
    """Those that Cura takes from an object."""
    return {
        "wall_line_count": str(advice.perimeters),
        "top_layers": str(advice.top_layers),
        "bottom_layers": str(advice.bottom_layers),
        "infill_sparse_density": str(advice.infill_percent),
        "infill_pattern": advice.infill_pattern,
        "support_enable": str(advice.supports),
    }


def with_settings(files: Files, advice: PrintSettings) -> Files:
    """The 3MF among files of ours with settings in it; other files stay as they are."""
    if not files.main.lower().endswith(".3mf"):
        return files
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(files.data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        model = source.read(names.MODEL_PATH).decode()
        more = {PRUSA_PATH: _prusa_part(model, advice), BAMBU_PATH: _bambu_part(model, advice)}
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == names.MODEL_PATH:
                data = _with_cura(model, advice).encode()
            kept = zipfile.ZipInfo(entry.filename)
            kept.compress_type = entry.compress_type
            target.writestr(kept, data, compresslevel=4)
        for path, text in more.items():
            target.writestr(zipfile.ZipInfo(path), text)
    return files.replace(parts={**files.parts, files.main: out.getvalue()})


def _built_object(model: str) -> str:
    """The number of the object that is built."""
    item = _ITEM.search(model)
    return item[1] if item else "1"


def _prusa_part(model: str, advice: PrintSettings) -> str:
    """One object, and all its triangles as its volumes: without a range PrusaSlicer would drop them."""
    counts = [body.count("<triangle ") for body in model.split("<object ")[1:] if 'type="model"' in body[:200]]
    options = "".join(
        f'  <metadata type="object" key="{key}" value="{value}"/>\n' for key, value in prusa_options(advice).items()
    )
    volumes, first = "", 0
    for count in counts:
        if count:
            volumes += f'  <volume firstid="{first}" lastid="{first + count - 1}">\n'
            volumes += '   <metadata type="volume" key="volume_type" value="ModelPart"/>\n  </volume>\n'
            first += count
    body = f' <object id="{_built_object(model)}" instances_count="1">\n{options}{volumes} </object>\n'
    return f"{_XML}<config>\n{body}</config>\n"


def _bambu_part(model: str, advice: PrintSettings) -> str:
    options = "".join(f'  <metadata key="{key}" value="{value}"/>\n' for key, value in bambu_options(advice).items())
    return f'{_XML}<config>\n <object id="{_built_object(model)}">\n{options} </object>\n</config>\n'


def _with_cura(model: str, advice: PrintSettings) -> str:
    """The model with Cura's words on every object of it."""
    rows = "".join(
        f'<metadata name="cura:{key}" preserve="true" type="xs:string">{value}</metadata>\n'
        for key, value in cura_options(advice).items()
    )
    group = f"<metadatagroup>\n{rows}</metadatagroup>\n"
    model = _OBJECT.sub(lambda declared: declared[0] + group, model)
    spaces = f' xmlns:cura="{names.CURA}" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    return model.replace("<model ", f"<model{spaces} ", 1)
