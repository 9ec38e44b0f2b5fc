"""Read COLLADA: own code over expat, as pycollada needs lxml and dateutil and stops at what it does not know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import note, progress
from maquette.formats.collada.document import Document, refuse
from maquette.formats.collada.geometry import Shape, Shapes, tell
from maquette.formats.collada.looks import Looks, dae_references
from maquette.formats.collada.scene import Placed, place_geometries
from maquette.formats.pieces import Coat, Piece, join_pieces
from maquette.formats.side_files import places
from maquette.formats.threemf.package import Package
from maquette.registry import stage

MOST_PICTURES = 256
FREE_FACES = 2_000_000  # that a file may unfold to beyond what its own size explains
PROFILE = "maquette"
_UPRIGHT = {  # what each axis of the file is in our space: +Z up, front −Y
    "Z_UP": np.eye(3),
    "Y_UP": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "X_UP": np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]]),
}


@stage(reads=(".dae", ".zae"), refers=dae_references)
def read_dae(files: Files) -> Asset:
    """Read COLLADA (1.4, 1.5, ZAE) with its materials, textures and vertex colours, upright and in millimetres.

    Triangles, polylists, polygons, strips and fans are read; polygons become triangles, hollow ones too. Every node
    that shows a geometry becomes a part where its transforms and those above it put it; instances are copies. Vertices
    of a part at one position become one and triangles that collapse are dropped; texture coordinates go on corners.
    Materials take the common profile: diffuse colour or picture, emission, opacity, and a bump map that holds normals.
    Unit and upward axis are the file's (metres and +Y without a word); the scale is real where it names its unit,
    unless it is one of ours that says it is a guess. Left out with a note: lines and splines, other textures, bones
    and morphs (the mesh is as it was modelled), pictures that are not below the file's folder. Refused: document types
    with entities, numbers that are none, what contains itself, files that unfold to far more than their size explains,
    and files without triangles. Source: COLLADA 1.4.1 and 1.5.0, Khronos 2008.
    """
    files = _unpack(files) if files.data.startswith(b"PK") else files
    document = Document(files.data, files.main)
    unit_mm, upright, named = _space(document)
    shapes, looks = Shapes(document), Looks(document, files)
    pieces: list[Piece] = []
    faces, has_uv = 0, False
    with np.errstate(all="ignore"):  # hostile numbers overflow; Mesh refuses what comes of it
        placed_shapes, title = place_geometries(document)
        for number, placed in enumerate(placed_shapes):
            progress(number / len(placed_shapes), f"node {placed.name[:40]}")
            shape = shapes.shape(placed.geometry)
            if shape is None:
                continue
            faces += len(shape.faces)
            if faces > FREE_FACES + document.size // 4:
                refuse(f"{document.size} bytes unfold to over {faces} faces", "join the copies")
            has_uv |= shape.uv is not None
            pieces.append(_piece(shape, placed, looks, unit_mm * upright))
    tell(shapes.left_out)
    looks.tell()
    if not pieces:
        raise BadInput("read-dae: the scene holds no triangles; export the model with its meshes")
    mesh, materials = join_pieces(pieces, looks.materials, has_uv=has_uv)
    if document.root.first("library_animations") is not None:
        note("left out animations")
    return Asset(
        mesh=mesh,
        materials=materials,
        part_names=tuple(piece.name or "object" for piece in pieces) if len(pieces) > 1 else (),
        sized=named and document.root.said("extra", "technique", "sized") != "false",
        title=title or files.stem,
    )


def _unpack(files: Files) -> Files:
    """The document of a ZAE with the pictures that are packed with it."""
    package = Package(files.data, "read-dae")
    inside = {name.rpartition("/")[2]: name for name in reversed(package.names) if name.endswith(".dae")}
    if not inside:
        raise BadInput("read-dae: the ZIP holds no .dae; unpack it and look what is in it")
    main = next(reversed(inside))
    data = package.data(inside[main])
    folder = inside[main].rpartition("/")[0]
    parts = {main: data}
    for reference in dae_references(main, data):
        for place in places(reference):
            place_inside = f"{folder}/{place}".lstrip("/")
            name = place_inside if place_inside in package else place
            if place not in parts and name in package and len(parts) < MOST_PICTURES:
                parts[place] = package.data(name)
    return Files(main, parts)


def _space(document: Document) -> tuple[float, Floats, bool]:
    """Millimetres of the file's unit, its axes in ours (3, 3), and whether it names its unit."""
    asset = document.root.first("asset")
    unit = None if asset is None else asset.first("unit")
    axis = "Y_UP" if asset is None else asset.said("up_axis") or "Y_UP"
    if axis not in _UPRIGHT:
        note(f"the upward axis {axis[:20]!r} is not known; +Y is taken")
    try:
        metres = float((unit.get("meter", "1") if unit is not None else "1").replace(",", "."))
    except ValueError:
        metres = 0.0
    if not 0 < metres < 1e9:
        note("the unit is no number; metres are taken")
        return 1000.0, _UPRIGHT.get(axis, _UPRIGHT["Y_UP"]), False
    return metres * 1000.0, _UPRIGHT.get(axis, _UPRIGHT["Y_UP"]), unit is not None


def _piece(shape: Shape, placed: Placed, looks: Looks, ours: Floats) -> Piece:
    """A geometry where it stands, in our space; a mirror turns its triangles over."""
    world = placed.world
    linear, shift = ours @ world[:3, :3], ours @ world[:3, 3]
    numbers = [looks.number(placed.materials.get(symbol, symbol)) if symbol else -1 for symbol in shape.symbol]
    count = len(shape.faces)
    uv = np.zeros((count, 3, 2), np.float32)
    if shape.uv is not None:
        flipped = np.stack([shape.uv[..., 0], 1.0 - shape.uv[..., 1]], axis=-1).astype(np.float32)
        uv = np.where(np.isfinite(flipped), flipped, 0)
    coat = Coat(np.array(numbers, np.int64)[shape.look], uv, shape.color)
    piece = Piece(shape.vertices @ linear.T + shift, shape.faces, coat, placed.name)
    if np.linalg.det(linear) >= 0:
        return piece
    turned = Coat(coat.material, coat.uv[:, ::-1], coat.color[:, ::-1])
    return replace(piece, faces=piece.faces[:, ::-1], coat=turned)
