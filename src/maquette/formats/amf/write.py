"""Write AMF: what older slicers and printers' own software take where they know no 3MF."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Ints
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.formats import provenance
from maquette.formats.carries import say_lost
from maquette.formats.pictures_in_files import srgb_from_linear
from maquette.formats.surface_colors import corner_colors, is_flat, materials_of, on_vertices
from maquette.formats.threemf.paint import printable, rows_of
from maquette.registry import stage

_ROWS = 4096  # rows that one % makes
_KINDS = {"modifier": "ParameterModifier", "blocker": "SupportBlocker", "enforcer": "SupportEnforcer"}
_POINT = "<vertex><coordinates><x>%r</x><y>%r</y><z>%r</z></coordinates>"
_FACE = "<triangle><v1>%d</v1><v2>%d</v2><v3>%d</v3>"
_COLOR = "<color><r>%.6g</r><g>%.6g</g><b>%.6g</b></color>"


@stage(writes=(".amf",))
def write_amf(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "model",
) -> Files:
    """Write an AMF in millimetres: one object, a volume for each part and material, with names and colours.

    Positions keep every digit. Vertex colour times base colour is written on vertices where the corners that meet
    agree, on triangles where each has one, else as their mean. Modifiers, blockers and enforcers go in as PrusaSlicer
    marks them. The description lists the stages. Textures and the rest stay behind. Refused: an asset without faces.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        raise BadInput("write-amf: the asset has no faces; there is nothing to write")
    say_lost(asset, ".amf")
    metadata = {
        "name": asset.title or stem,
        "producer": f"maquette {version('maquette')}",
        "description": provenance.as_text(asset),
        "maquette:sized": "true" if asset.sized else "false",
    }
    rows = ['<?xml version="1.0" encoding="UTF-8"?>\n<amf unit="millimeter" version="1.1">\n', *_metadata(metadata)]
    rows += [_material(number, material) for number, material in enumerate(asset.materials, start=1)]
    rows += [*_object(asset), "</amf>\n"]
    return Files(f"{stem}.amf", {f"{stem}.amf": "".join(rows).encode()})


def _metadata(metadata: dict[str, str]) -> Iterator[str]:
    return (f'<metadata type="{key}">{printable(text)}</metadata>\n' for key, text in metadata.items())


def _material(number: int, material: Material) -> str:
    red, green, blue = (srgb_from_linear(np.array(material.base_color[:3])) / 255).tolist()
    color = f"<r>{red:.6g}</r><g>{green:.6g}</g><b>{blue:.6g}</b><a>{material.base_color[3]:.6g}</a>"
    name = "".join(_metadata({"name": material.name or "material"}))
    return f'<material id="{number}">\n{name}<color>{color}</color>\n</material>\n'


def _object(asset: Asset) -> Iterator[str]:
    """The model: all vertices, then one volume for each part and material."""
    mesh = asset.mesh
    corners = corner_colors(asset) if mesh.color is not None and (mesh.color < 255).any() else None
    color, by_face = None, None
    if corners is not None:
        color, agree = on_vertices(mesh.faces, corners, len(mesh.vertices))
        if not agree and is_flat(corners):
            color, by_face = None, corners[:, 0] / 255.0
        elif not agree:
            note("corners that meet had several colours; vertices got their mean")
    yield '<object id="0">\n<mesh>\n<vertices>\n'
    if color is None:
        yield from _rows(f"{_POINT}</vertex>\n", mesh.vertices + 0.0)
    else:
        yield from _rows(f"{_POINT}{_COLOR}</vertex>\n", np.concatenate([mesh.vertices + 0.0, color / 255.0], axis=1))
    for volume in asset.volumes:
        yield from _rows(f"{_POINT}</vertex>\n", volume.mesh.vertices + 0.0)
    yield "</vertices>\n"
    part = np.zeros(len(mesh.faces), np.int64) if mesh.part is None else mesh.part.astype(np.int64)
    material = materials_of(asset)
    for which in _groups(part, material):
        first = which[0]
        names = {"name": asset.part_names[part[first]]} if mesh.part is not None else {}
        attribute = f' materialid="{material[first] + 1}"' if asset.materials else ""
        yield f"<volume{attribute}>\n{''.join(_metadata(names))}"
        if by_face is None:
            yield from _rows(f"{_FACE}</triangle>\n", mesh.faces[which])
        else:
            yield from _rows(f"{_FACE}{_COLOR}</triangle>\n", np.concatenate([mesh.faces, by_face], axis=1)[which])
        yield "</volume>\n"
    yield from _volumes(asset)
    yield "</mesh>\n</object>\n"


def _groups(part: Ints, material: Ints) -> list[Ints]:
    """Faces of each part and material, parts first."""
    order = np.lexsort((material, part))
    change = (np.diff(part[order]) != 0) | (np.diff(material[order]) != 0)
    return np.split(order, np.flatnonzero(change) + 1)


def _volumes(asset: Asset) -> Iterator[str]:
    """Bodies that are no material; their vertices stand behind the model's."""
    start = len(asset.mesh.vertices)
    for volume in asset.volumes:
        metadata = {"name": volume.name, "slic3r.volume_type": _KINDS[volume.kind]}
        metadata |= {"slic3r.modifier": "1"} if volume.kind == "modifier" else {}
        yield f"<volume>\n{''.join(_metadata(metadata))}"
        yield from _rows(f"{_FACE}</triangle>\n", volume.mesh.faces + start)
        yield "</volume>\n"
        start += len(volume.mesh.vertices)


def _rows(line: str, rows: NDArray[Any]) -> Iterator[str]:
    """One line a row, in chunks."""
    return (rows_of(line, rows[start : start + _ROWS]) for start in range(0, len(rows), _ROWS))
