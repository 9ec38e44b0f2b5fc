"""Read USD: USDZ, USDC and USDA through usd-core, every mesh of the scene as it stands at the first moment."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.errors import BadInput, Unavailable
from maquette.core.files import Files
from maquette.core.progress import note, progress
from maquette.formats.pieces import Piece, join_pieces
from maquette.formats.polygon_pieces import Polygons, piece_of
from maquette.formats.side_files import places, references
from maquette.formats.surface_colors import pack_rgb
from maquette.formats.threemf.package import Package
from maquette.formats.usd.read_looks import Looks
from maquette.formats.usd.write import GET_USD, missing_usd
from maquette.geometry.look.srgb import to_srgb
from maquette.registry import stage

FREE_FACES = 2_000_000  # that a file may unfold to beyond what its own size explains
MOST_SHOWN = 20_000  # meshes of one scene
_LAYERS = (".usda", ".usdc", ".usd")
_UPRIGHT = {  # rows: what each axis of the file is in our space, +Z up, front −Y
    "Y": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "Z": np.eye(3),
}


def usd_references(name: str, data: bytes) -> list[str]:
    """The layers and pictures below the same folder that a layer names."""
    if not name.lower().endswith(_LAYERS):
        return []
    if data.startswith(b"#usda"):
        texts = re.findall(rb"@@@(.+?)@@@|@([^@\n]+)@", data)
        return references((one or two).decode("utf-8", "replace") for one, two in texts)
    if missing_usd():
        return []
    return references(_named_by(data))


def _named_by(data: bytes) -> list[str]:
    """What a binary layer refers to; nothing where it cannot be opened, as the reader says why."""
    from pxr import Tf, UsdUtils

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "layer.usdc"
        place.write_bytes(data)
        try:
            return [str(one) for kind in UsdUtils.ExtractExternalReferences(str(place)) for one in kind]
        except Tf.ErrorException:
            return []


@stage(reads=(".usdz", ".usdc", ".usda", ".usd"), refers=usd_references, missing=missing_usd)
def read_usd(files: Files) -> Asset:
    """Read USD with its materials, textures and vertex colours, upright and in millimetres.

    Every visible mesh of the scene becomes a part where it stands, instances too; polygons become triangles. Subsets
    keep their materials; UsdPreviewSurface is read, of other shaders the colour that their meshes show. Unit and upward
    axis are the file's; the scale is real where it names its unit, unless it is one of ours that says it is a guess.
    Left out with a note: skeletons and animation (the mesh is as it was modelled), cages are not subdivided, other
    variants than the chosen ones, curves and points. Nothing outside the file's own folder is opened.
    """
    if missing_usd():
        raise Unavailable(GET_USD)
    from pxr import Tf, Usd

    files = _unpack(files) if files.data.startswith(b"PK") else files
    _refuse_outside(files)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.parts.items():
            place = Path(folder) / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        try:
            scene = Usd.Stage.Open(str(Path(folder) / files.main))
        except Tf.ErrorException as problem:
            raise BadInput(f"read-usd: {files.main} is no USD that can be read ({_reason(problem)})") from None
        return _asset(scene, files)


def _reason(problem: Exception) -> str:
    return " ".join(str(problem).split())[-160:]


def _unpack(files: Files) -> Files:
    """What a USDZ holds; its first part is the root."""
    package = Package(files.data, "read-usd")
    names = [name for name in package.written_names if places(name)[:1] == [name]]
    if not names or not names[0].lower().endswith(_LAYERS):
        raise BadInput("read-usd: the package does not begin with a USD layer; check what was exported")
    parts = {name: package.data(name) for name in names}
    root = names[0].rpartition("/")[2]
    return Files(root, {**parts, root: parts[names[0]]})


def _refuse_outside(files: Files) -> None:
    """``BadInput`` where a layer refers to what is not among the files, for the USD library would open it."""
    for name, data in files.parts.items():
        if not name.lower().endswith(_LAYERS):
            continue
        layers = [one for one in _all_named(name, data) if one.lower().endswith((*_LAYERS, ".usdz", ".abc"))]
        strange = next((one for one in layers if not places(one, name)), None)
        if strange is not None:
            raise BadInput(
                f"read-usd: {name} refers to {strange[:80]!r}, which lies elsewhere; flatten the scene first"
            )


def _all_named(name: str, data: bytes) -> list[str]:
    """Every reference of a layer, those that lead elsewhere too."""
    if not data.startswith(b"#usda"):
        return _named_by(data)
    texts = re.findall(rb"@@@(.+?)@@@|@([^@\n]+)@", data)
    return [(one or two).decode("utf-8", "replace") for one, two in texts]


def _asset(scene: Any, files: Files) -> Asset:
    """The meshes of a scene as one asset."""
    from pxr import UsdGeom

    unit_mm = 1000.0 * UsdGeom.GetStageMetersPerUnit(scene)
    if not 0 < unit_mm < 1e12:
        note("the unit is no number; centimetres are taken")
        unit_mm = 10.0
    upright = unit_mm * _UPRIGHT.get(str(UsdGeom.GetStageUpAxis(scene)), _UPRIGHT["Y"])
    looks = Looks(files)
    pieces: list[Piece] = []
    faces, has_uv = 0, False
    bodies = list(_bodies(scene))
    with np.errstate(all="ignore"):  # hostile numbers overflow; Mesh refuses what comes of it
        for number, body in enumerate(bodies):
            progress(number / len(bodies), f"mesh {body.GetName()[:40]}")
            polygons = _polygons(body, looks)
            piece = None if polygons is None else piece_of(polygons, _world(body) @ upright, "read-usd")
            if piece is None or polygons is None:
                continue
            faces += len(piece.faces)
            if faces > FREE_FACES + sum(map(len, files.parts.values())) // 4:
                raise BadInput(f"read-usd: the file unfolds to over {faces} faces; join the copies")
            has_uv |= polygons.uv is not None
            pieces.append(piece)
    if not pieces:
        raise BadInput("read-usd: the scene holds no meshes that are shown; export the model with its meshes")
    looks.tell()
    mesh, materials = join_pieces(pieces, looks.finished(), has_uv=has_uv)
    ours = scene.GetRootLayer().customLayerData.get("maquette", {})
    root = scene.GetDefaultPrim()
    title = (root.GetDisplayName() or root.GetName()) if root else ""
    return Asset(
        mesh=mesh,
        materials=materials,
        part_names=tuple(piece.name for piece in pieces) if len(pieces) > 1 else (),
        sized=scene.HasAuthoredMetadata("metersPerUnit") and ours.get("sized") is not False,
        title=title or files.stem,
    )


def _bodies(scene: Any) -> list[Any]:
    """The meshes that are shown, in the scene's order."""
    from pxr import Usd, UsdGeom

    bodies: list[Any] = []
    others: dict[str, int] = {}
    prims = Usd.PrimRange.Stage(scene, Usd.TraverseInstanceProxies())
    for prim in prims:
        if prim.IsA(UsdGeom.Imageable):
            shown = UsdGeom.Imageable(prim)
            away = shown.ComputeVisibility(Usd.TimeCode.EarliestTime()) == UsdGeom.Tokens.invisible
            if away or shown.ComputePurpose() in (UsdGeom.Tokens.guide, UsdGeom.Tokens.proxy):
                continue
        if prim.IsA(UsdGeom.Mesh):
            bodies.append(prim)
        elif prim.IsA(UsdGeom.Gprim) or prim.GetTypeName() in ("SkelAnimation", "PointInstancer"):
            others[str(prim.GetTypeName())] = others.get(str(prim.GetTypeName()), 0) + 1
        if len(bodies) > MOST_SHOWN:
            raise BadInput(f"read-usd: the scene shows over {MOST_SHOWN} meshes; join the copies")
    for kind, count in others.items():
        note(f"left out {count} {kind}")
    return bodies


def _world(prim: Any) -> Floats:
    """Where a mesh stands, (4, 3) for row vectors."""
    from pxr import Usd, UsdGeom

    matrix = UsdGeom.Imageable(prim).ComputeLocalToWorldTransform(Usd.TimeCode.EarliestTime())
    return np.array(matrix)[:, :3]


def _polygons(prim: Any, looks: Looks) -> Polygons | None:
    """What a mesh holds, None where it has no faces or they make no sense."""
    from pxr import Usd, UsdGeom

    body, when = UsdGeom.Mesh(prim), Usd.TimeCode.EarliestTime()
    points = np.asarray(body.GetPointsAttr().Get(when) or (), np.float64).reshape(-1, 3)
    counts = np.asarray(body.GetFaceVertexCountsAttr().Get(when) or (), np.int64)
    corners = np.asarray(body.GetFaceVertexIndicesAttr().Get(when) or (), np.int64)
    name = prim.GetDisplayName() or prim.GetName()
    if not len(points) or not len(counts) or (counts < 0).any() or counts.sum() != len(corners):
        note(f"left out mesh {name[:60]!r}, whose faces do not add up")
        return None
    if body.GetSubdivisionSchemeAttr().Get() != UsdGeom.Tokens.none and len(points) > 3:
        note("subdivision surfaces are read as their cages")
    material = looks.of_faces(prim, len(counts))
    uv = _texture_coordinates(body, looks.uv_name, corners, counts, len(points))
    color = _display_colors(body, corners, counts, len(points))
    polygons = Polygons(points, corners, counts, material, uv, color, name)
    return _turn_over(polygons) if body.GetOrientationAttr().Get() == UsdGeom.Tokens.leftHanded else polygons


def _turn_over(polygons: Polygons) -> Polygons:
    """The same with every polygon run along the other way."""
    counts = polygons.counts
    ends = np.cumsum(counts)
    polygon = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(polygon)) - (ends - counts)[polygon]
    back = ends[polygon] - 1 - place
    return Polygons(
        polygons.points, polygons.corners[back], counts, polygons.material,
        None if polygons.uv is None else polygons.uv[back],
        None if polygons.color is None else polygons.color[back],
        polygons.name,
    )  # fmt: skip


def _at_corners(primvar: Any, width: int, corners: Ints, counts: Ints, points: int) -> Floats | None:
    """What a primvar says at each corner (C, width); None where its length does not fit."""
    from pxr import Usd

    values = np.asarray(primvar.ComputeFlattened(Usd.TimeCode.EarliestTime()) or (), np.float64)
    values = values.reshape(-1, width) if values.size % width == 0 else np.zeros((0, width))
    how = str(primvar.GetInterpolation())
    if how == "constant" and len(values):
        return np.repeat(values[:1], len(corners), axis=0)
    if how in ("vertex", "varying") and len(values) == points:
        return values[np.clip(corners, 0, points - 1)]
    if how == "uniform" and len(values) == len(counts):
        return np.repeat(values, counts, axis=0)
    return values if how == "faceVarying" and len(values) == len(corners) else None


def _texture_coordinates(
    body: Any, wanted: str, corners: Ints, counts: Ints, points: int
) -> NDArray[np.float32] | None:
    """The coordinates that the materials read, else the first there are, from the picture's top left, (C, 2)."""
    from pxr import UsdGeom

    primvars = UsdGeom.PrimvarsAPI(body).GetPrimvarsWithValues()
    pairs = {one.GetPrimvarName(): one for one in primvars if str(one.GetTypeName()) in ("texCoord2f[]", "float2[]")}
    name = next((one for one in (wanted, "st", *pairs) if one in pairs), None)
    at = None if name is None else _at_corners(pairs[name], 2, corners, counts, points)
    return None if at is None else np.stack([at[:, 0], 1 - at[:, 1]], axis=1).astype(np.float32)


def _display_colors(body: Any, corners: Ints, counts: Ints, points: int) -> Ints | None:
    """Colours of corners (C,) as 0xRRGGBB; None where a mesh has none, or one for all that its material says too."""
    primvar = body.GetDisplayColorPrimvar()
    if not primvar.HasValue() or str(primvar.GetInterpolation()) == "constant":
        return None
    at = _at_corners(primvar, 3, corners, counts, points)
    return None if at is None else pack_rgb(np.rint(np.clip(to_srgb(np.clip(at, 0, 1)), 0, 1) * 255))
