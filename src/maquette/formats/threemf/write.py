"""Write 3MF, the slicer's own format: millimetres, colours, parts and a thumbnail in one file.

Own writer: trimesh's 3MF is refused by lib3mf's strict reader and has no colour, lib3mf itself took 2.3 s for 190,000
faces where this takes 0.3 s (0.4 s with filaments, twice that for all slicers). The XML is made in large chunks, one %
each, and goes into the ZIP as it is made.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, PlainSerializer

from maquette.core.asset import Asset, Volume
from maquette.core.errors import BadInput, BadSetting
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.formats import provenance
from maquette.formats.carries import say_lost
from maquette.formats.threemf import names
from maquette.formats.threemf.build import KIND
from maquette.formats.threemf.filaments import BAMBU_PALETTE, filament_column, palette_file
from maquette.formats.threemf.paint import Paint, paint_colors, printable, rows_of
from maquette.registry import stage

_ROWS = 4096  # rows that one % makes
_LEVEL = 4  # deflate; 200,000 faces: 3.7, 3.2, 3.2 MB and 0.24, 0.27, 0.43 s at 1, 4, 6
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CONTENT = {
    "rels": "application/vnd.openxmlformats-package.relationships+xml",
    "model": "application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "config": "application/json",
    "xml": "application/xml",
}
Attribute = Literal["slic3rpe:mmu_segmentation", "paint_color", ""]  # how a triangle names its filament
Dialect = Literal["all", "prusa", "none"]
_MODELS: dict[Dialect, dict[str, Attribute]] = {
    "all": {names.MODEL_PATH: "slic3rpe:mmu_segmentation", names.BAMBU_PATH: "paint_color"},
    "prusa": {names.MODEL_PATH: "slic3rpe:mmu_segmentation"},
    "none": {names.MODEL_PATH: ""},
}
_MOST_IN_32_BITS = 10_000_000  # faces; beyond, the XML may pass 2 GB and needs a ZIP64 entry


def _bytes_from_text(value: Any) -> Any:
    """Bytes as they are, text as base64: how bytes travel in JSON."""
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


PngBytes = Annotated[
    bytes,
    BeforeValidator(_bytes_from_text),
    PlainSerializer(lambda data: base64.b64encode(data).decode(), return_type=str, when_used="json"),
]


@stage(name="write-3mf", writes=(".3mf",), destinations=("print",))
def write_3mf(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "model",
    thumbnail: Annotated[
        PngBytes, Field(description="PNG that file managers show, as base64 in JSON; empty: none")
    ] = b"",
    slicers: Annotated[
        Dialect,
        Field(description="who is told the filaments: Bambu, Orca and Prusa; Prusa alone (half the bytes); or nobody"),
    ] = "all",
) -> Files:
    """Write one 3MF file in millimetres, with parts, colours, title and the story of the model.

    Each part becomes an object, all of them components of one, which slicers open as one model with named parts.
    Textured materials keep their picture, vertex colours their colour at every corner, other materials their name and
    colour. A model of 2 to 16 flat materials also tells slicers which filament prints which triangle, material 1
    being filament 1: PrusaSlicer in the standard's model, Bambu Studio and OrcaSlicer in a second copy of it, which
    only they open. One copy for all cannot be: those two read an attribute without a namespace, of which the standard
    knows none, and lib3mf's strict reader refuses the file. OrcaSlicer takes the colours too, Bambu Studio shows its
    own filaments' colours in these slots.

    Modifiers, blockers and enforcers of a project go in as objects that no build item shows; reading brings them back.
    Coordinates keep ten digits (better than 0.000001 mm up to ten metres). The description lists the stages and says
    how much of the surface was seen in the photo and whether the scale is real. Triangles that the format forbids (a
    corner twice, the same triangle twice) are left out and said. Refuses an asset without faces. The bytes hold no
    date. Source: 3MF Core 1.3 and Materials 1.2, 3MF Consortium (ISO/IEC 25422:2025); PrusaSlicer ``3mf.cpp``, Bambu
    Studio 2.8 and OrcaSlicer 2.4 ``bbs_3mf.cpp`` for the filaments.
    """
    if thumbnail and not thumbnail.startswith(b"\x89PNG\r\n\x1a\n"):
        raise BadSetting(f"write-3mf: thumbnail starts with {thumbnail[:8]!r}; it must be a PNG")
    allowed = _drop_forbidden(asset.mesh)
    if not len(allowed.faces):
        raise BadInput("write-3mf: the model has no faces; there is nothing to write")
    asset = asset.with_mesh(allowed)
    say_lost(asset, ".3mf")
    paint = paint_colors(asset)
    if slicers == "none" or paint.filament is None:
        slicers, paint.filament = "none", None
    else:
        note(f"slicers are told {len(np.unique(paint.filament))} filaments")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as package:
        for path, data in _small_parts(paint, thumbnail, slicers).items():
            package.writestr(zipfile.ZipInfo(path), data)  # a bare ZipInfo is dated 1980 and stored
        models = _MODELS[slicers]
        for number, (path, attribute) in enumerate(models.items()):
            progress(number / len(models), path)
            with package.open(path, "w", force_zip64=len(allowed.faces) > _MOST_IN_32_BITS) as model:
                for text in _model(asset, paint, stem, attribute):
                    model.write(text.encode())
    return Files(f"{stem}.3mf", {f"{stem}.3mf": out.getvalue()})


def _drop_forbidden(mesh: Mesh) -> Mesh:
    """The mesh without triangles that name a vertex twice and without repeated triangles of the same winding."""
    faces = mesh.faces
    whole = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
    lowest = faces.argmin(axis=1)[:, None]
    a, b, c = np.take_along_axis(faces, (lowest + np.arange(3)) % 3, axis=1).T  # the lowest corner first
    order = np.lexsort((c, b, a))
    again = np.zeros(len(faces), bool)
    again[order[1:]] = (
        (a[order[1:]] == a[order[:-1]]) & (b[order[1:]] == b[order[:-1]]) & (c[order[1:]] == c[order[:-1]])
    )
    keep = whole & ~again
    if keep.all():
        return mesh
    note(f"left out {int((~keep).sum())} triangles that 3MF forbids: without area or there twice")
    return mesh.keep_faces(keep)


def _model(asset: Asset, paint: Paint, stem: str, attribute: Attribute) -> Iterator[str]:
    """A model part, piece by piece, which names filaments by one attribute."""
    yield _head(asset, stem, attribute)
    yield from paint.xml
    mesh, corners, first = asset.mesh, paint.corners, paint.next_id
    part = np.zeros(len(mesh.faces), np.int64) if mesh.part is None else mesh.part.astype(np.int64)
    order = np.argsort(part, kind="stable")
    starts = np.flatnonzero(np.diff(part[order])) + 1
    groups = np.split(order, starts)
    for number, faces in enumerate(groups):
        name = asset.part_names[part[faces[0]]] if mesh.part is not None else asset.title
        used, local = np.unique(mesh.faces[faces], return_inverse=True)
        default = ""
        if corners is not None:
            default = f' pid="{paint.names or corners[faces[0], 0]}" pindex="{corners[faces[0], 1]}"'
        yield f'<object id="{first + number}" type="model"{_name(name)}{default}>\n<mesh>\n<vertices>\n'
        yield from _rows('<vertex x="%.10g" y="%.10g" z="%.10g"/>\n', mesh.vertices[used] + 0.0)
        yield "</vertices>\n<triangles>\n"
        yield from _triangles(local.reshape(-1, 3), faces, paint, attribute)
        yield "</triangles>\n</mesh>\n</object>\n"
    for number, volume in enumerate(asset.volumes, start=first + len(groups) + 1):
        yield from _volume(volume, number)
    top = first
    if len(groups) > 1:
        top = first + len(groups)
        yield f'<object id="{top}" type="model"{_name(asset.title)}>\n<components>\n'
        yield from (f'<component objectid="{first + number}"/>\n' for number in range(len(groups)))
        yield "</components>\n</object>\n"
    yield f'</resources>\n<build>\n<item objectid="{top}"/>\n</build>\n</model>\n'


def _volume(volume: Volume, number: int) -> Iterator[str]:
    """A body that is no material, as an object that no build item shows."""
    metadata = f'<metadatagroup><metadata name="{KIND}">{volume.kind}</metadata></metadatagroup>'
    yield f'<object id="{number}" type="other"{_name(volume.name)}>\n{metadata}\n<mesh>\n<vertices>\n'
    yield from _rows('<vertex x="%.10g" y="%.10g" z="%.10g"/>\n', volume.mesh.vertices + 0.0)
    yield "</vertices>\n<triangles>\n"
    yield from _rows('<triangle v1="%d" v2="%d" v3="%d"/>\n', _drop_forbidden(volume.mesh).faces)
    yield "</triangles>\n</mesh>\n</object>\n"


def _triangles(local: NDArray[np.int64], faces: NDArray[np.int64], paint: Paint, attribute: Attribute) -> Iterator[str]:
    """The triangles of one object: corners (N, 3), their numbers in the whole model (N,)."""
    line, columns = '<triangle v1="%d" v2="%d" v3="%d"', [local]
    if paint.corners is not None:
        line, columns = f'{line} pid="%d" p1="%d" p2="%d" p3="%d"', [local, paint.corners[faces]]
    if paint.filament is None:
        yield from _rows(f"{line}/>\n", np.concatenate(columns, axis=1))
        return
    named = filament_column(paint.filament[faces])
    wide = np.concatenate([*(column.astype(object) for column in columns), named[:, None]], axis=1)
    yield from _rows(f'{line} {attribute}="%s"/>\n', wide)


def _rows(line: str, rows: NDArray[Any]) -> Iterator[str]:
    """One line a row, in chunks."""
    return (rows_of(line, rows[start : start + _ROWS]) for start in range(0, len(rows), _ROWS))


def _head(asset: Asset, stem: str, attribute: Attribute) -> str:
    """Everything before the resources."""
    notes = {
        "Title": asset.title or stem,
        "Application": f"maquette {version('maquette')}",
        "Description": provenance.as_text(asset),
        "maquette:sized": "true" if asset.sized else "false",
    } | ({"slic3rpe:MmPaintingVersion": "1"} if attribute.startswith("slic3rpe") else {})
    metadata = "".join(f'<metadata name="{name}">{printable(text)}</metadata>\n' for name, text in notes.items())
    spaces = f'xmlns="{names.CORE}" xmlns:m="{names.MATERIAL}" xmlns:maquette="{names.OURS}"'
    spaces += f' xmlns:slic3rpe="{names.PRUSA}"' if attribute.startswith("slic3rpe") else ""
    return f'{_XML}<model unit="millimeter" xml:lang="en-US" {spaces}>\n{metadata}<resources>\n'


def _name(name: str) -> str:
    return f' name="{printable(name)}"' if name else ""


def _small_parts(paint: Paint, thumbnail: bytes, slicers: Dialect) -> dict[str, bytes]:
    """Everything in the package but the model: types, relationships, pictures, filament colours."""
    kinds = "".join(f'<Default Extension="{ending}" ContentType="{kind}"/>' for ending, kind in _CONTENT.items())
    start = [(names.BAMBU_PATH, names.BAMBU_PART)] if slicers == "all" else []  # the first that they know is theirs
    start.append((names.MODEL_PATH, names.START_PART))
    parts = {"[Content_Types].xml": f'{_XML}<Types xmlns="{names.CONTENT_TYPES}">{kinds}</Types>\n'.encode()}
    if thumbnail:
        start.append((names.THUMBNAIL_PATH, names.THUMBNAIL_PART))
        parts[names.THUMBNAIL_PATH] = thumbnail
    parts["_rels/.rels"] = _relations(start)
    if paint.textures:
        parts["3D/_rels/3dmodel.model.rels"] = _relations([(path, names.TEXTURE_PART) for path in paint.textures])
    if slicers == "all":
        parts[BAMBU_PALETTE] = palette_file(paint.palette)
    return parts | {path: texture.data for path, texture in paint.textures.items()}


def _relations(rows: list[tuple[str, str]]) -> bytes:
    lines = "".join(
        f'<Relationship Target="/{path}" Id="rel{number}" Type="{kind}"/>' for number, (path, kind) in enumerate(rows)
    )
    return f'{_XML}<Relationships xmlns="{names.RELATIONSHIPS}">{lines}</Relationships>\n'.encode()
