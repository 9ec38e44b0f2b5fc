"""Write USD: USDZ for AR Quick Look, USDC and USDA for everybody else, with UsdPreviewSurface looks."""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput, Unavailable
from maquette.core.files import Files
from maquette.core.progress import progress
from maquette.formats import provenance
from maquette.formats.carries import refuse_unwritable, say_lost
from maquette.formats.mtl import safe_stem
from maquette.formats.quads import polygon_corners
from maquette.formats.surface_colors import corner_colors, materials_of, on_vertices, without_plain_textures
from maquette.formats.usd.archive import pack_usdz
from maquette.formats.usd.looks import Shelf
from maquette.geometry.look.corner_vertices import group_normals, smooth_groups
from maquette.geometry.look.srgb import LIGHT_OF_BYTE
from maquette.geometry.welding import twins
from maquette.registry import stage

GET_USD = "usd: this format needs usd-core; pip install 'maquette[usd]'"


def missing_usd() -> str:
    """The line that gets usd-core; empty where it is here."""
    from importlib.util import find_spec

    return "" if find_spec("pxr") else GET_USD


@stage(writes=(".usdz", ".usdc", ".usda"), destinations=("model",), missing=missing_usd)
def write_usd(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "model",
    suffix: Annotated[
        Literal[".usdz", ".usdc", ".usda"], Field(description="one package, or binary or text beside its pictures")
    ] = ".usdz",
    crease_deg: Annotated[
        float, Field(ge=0, le=180, description="edges sharper than this look sharp, the others are shaded smoothly")
    ] = 45.0,
) -> Files:
    """Write USD in metres and +Y up, with one mesh a part, quads as quads and a UsdPreviewSurface a material.

    A USDZ is one package as AR Quick Look wants it: binary root first, pictures PNG or JPEG, nothing packed, all at
    multiples of 64 bytes. Normals and texture coordinates stay on corners, so no vertex is split. Materials keep base
    colour, metallic, roughness, occlusion, normals, emission and opacity; factors scale their textures. Vertex colours
    show where no texture does. The story of the model is in the layer's own data. Refuses an asset without faces.
    """
    if missing_usd():
        raise Unavailable(GET_USD)
    refuse_unwritable(asset, "write-usd")
    say_lost(asset, suffix)
    asset = without_plain_textures(asset)
    shelf = Shelf("textures" if suffix == ".usdz" else f"{safe_stem(stem)}_textures")
    progress(0.1, "scene")
    layer = _layer(asset, stem, shelf, crease_deg)
    progress(0.8, "file")
    return as_files(layer, stem, suffix, shelf.pictures)


def as_files(layer: Any, stem: str, suffix: str, pictures: dict[str, bytes]) -> Files:
    """A layer in memory as a file of this kind, its pictures in it or beside it."""
    if suffix == ".usda":
        return Files(f"{stem}.usda", {f"{stem}.usda": layer.ExportToString().encode(), **pictures})
    root = _crate(layer)
    if suffix == ".usdc":
        return Files(f"{stem}.usdc", {f"{stem}.usdc": root, **pictures})
    package = pack_usdz({f"{safe_stem(stem)}.usdc": root, **pictures})
    return Files(f"{stem}.usdz", {f"{stem}.usdz": package})


def _crate(layer: Any) -> bytes:
    """A layer as binary USD; the library writes to the disk only."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "root.usdc"
        if not layer.Export(str(place)):
            raise BadInput("write-usd: the USD library could not write the scene; check the free space of the disk")
        return place.read_bytes()


def _layer(asset: Asset, stem: str, shelf: Shelf, crease_deg: float) -> Any:
    """The whole scene as a layer in memory."""
    from pxr import Kind, Sdf, Usd, UsdGeom

    layer = Sdf.Layer.CreateAnonymous(".usda")
    scene = Usd.Stage.Open(layer)
    UsdGeom.SetStageUpAxis(scene, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(scene, 1.0)
    layer.documentation = provenance.as_text(asset)
    story = json.dumps(provenance.as_data(asset), sort_keys=True)
    layer.customLayerData = {
        "maquette": {"generator": f"maquette {version('maquette')}", "sized": asset.sized, "story": story}
    }
    title = asset.title or stem
    root = UsdGeom.Xform.Define(scene, f"/{identifier(title)}")
    root.GetPrim().SetDisplayName(title)
    scene.SetDefaultPrim(root.GetPrim())
    Usd.ModelAPI(root.GetPrim()).SetKind(Kind.Tokens.component)
    add_model(scene, root.GetPath(), asset, shelf, crease_deg)
    return layer


def add_model(scene: Any, place: Any, asset: Asset, shelf: Shelf, crease_deg: float) -> None:
    """A model's materials and parts, below a path."""
    materials = asset.materials or (Material(name="plain"),)
    mesh = asset.mesh
    taken: set[str] = {"Looks"}
    colored = mesh.color is not None
    looks = [shelf.add_material(scene, place, one, number, colored) for number, one in enumerate(materials)]
    normals = _corner_normals(asset, crease_deg)
    part = np.zeros(len(mesh.faces), np.int64) if mesh.part is None else mesh.part.astype(np.int64)
    numbers = np.unique(part).tolist()
    for number in numbers:
        name = asset.part_names[number] if mesh.part is not None else "geometry"
        path = place.AppendChild(unique(identifier(name), taken))
        _add_mesh(scene, path, asset, np.flatnonzero(part == number), normals, looks)
        scene.GetPrimAtPath(path).SetDisplayName(name)


def identifier(text: str) -> str:
    """A name as USD takes it: letters, digits and underscores, no digit first."""
    from pxr import Tf

    return str(Tf.MakeValidIdentifier(text.encode("ascii", "replace").decode())) if text else "model"


def unique(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken; it is taken then."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate)
    return candidate


def _corner_normals(asset: Asset, crease_deg: float) -> Floats:
    """Unit normals at corners in USD's space, (3F, 3)."""
    mesh = asset.mesh
    group = smooth_groups(mesh.vertices, mesh.faces, crease_deg)
    return their_space(group_normals(mesh.vertices, mesh.faces, group))[group]


def their_space(rows: Floats) -> Floats:
    """+Z up, front −Y -> +Y up, front +Z."""
    return np.stack([rows[:, 0], rows[:, 2], -rows[:, 1]], axis=1)


def _add_mesh(scene: Any, path: Any, asset: Asset, faces: Ints, normals: Floats, looks: list[Any]) -> None:
    """One part: points, polygons, normals, uv, colours, and which faces wear what."""
    from pxr import UsdGeom, UsdShade, Vt

    part = asset.mesh.keep_faces(faces)
    polygons = polygon_corners(part)
    body = UsdGeom.Mesh.Define(scene, path)
    points = (their_space(part.vertices) / 1000.0).astype(np.float32)
    body.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(points))
    body.CreateExtentAttr(Vt.Vec3fArray.FromNumpy(np.stack([points.min(axis=0), points.max(axis=0)])))
    body.CreateFaceVertexCountsAttr(_ints(polygons.counts))
    body.CreateFaceVertexIndicesAttr(_ints(part.faces.reshape(-1)[polygons.slot]))
    body.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mine = (faces[:, None] * 3 + np.arange(3)).reshape(-1)[polygons.slot]
    body.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(normals[mine].astype(np.float32)))
    body.SetNormalsInterpolation(UsdGeom.Tokens.faceVarying)
    _add_primvars(body, asset, part, faces, polygons.slot)
    worn = materials_of(asset)[faces][polygons.face]
    used = np.unique(worn).tolist()
    if any(asset.materials[number].double_sided for number in used if number < len(asset.materials)):
        body.CreateDoubleSidedAttr(True)
    if len(used) == 1:
        UsdShade.MaterialBindingAPI.Apply(body.GetPrim()).Bind(looks[used[0]])
        return
    binding = UsdShade.MaterialBindingAPI.Apply(body.GetPrim())
    for number in used:
        subset = binding.CreateMaterialBindSubset(f"wears_{number}", _ints(np.flatnonzero(worn == number)))
        UsdShade.MaterialBindingAPI.Apply(subset.GetPrim()).Bind(looks[number])
    binding.SetMaterialBindSubsetsFamilyType(UsdGeom.Tokens.partition)


def _add_primvars(body: Any, asset: Asset, part: Any, faces: Ints, slot: Ints) -> None:
    """What rides on a part besides its form."""
    from pxr import Sdf, UsdGeom, Vt

    primvars = UsdGeom.PrimvarsAPI(body)
    if part.uv is not None:
        flat = np.ascontiguousarray(part.uv.reshape(-1, 2)[slot] + np.float32(0))
        keep, twin = twins(flat)
        pairs = np.stack([flat[keep, 0], 1 - flat[keep, 1]], axis=1).astype(np.float32)
        st = primvars.CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.faceVarying)
        st.Set(Vt.Vec2fArray.FromNumpy(pairs))
        st.SetIndices(_ints(twin))
    if part.color is not None:
        corners = corner_colors(asset)[faces]
        colors, agree = on_vertices(part.faces, corners, len(part.vertices))
        where = UsdGeom.Tokens.vertex if agree else UsdGeom.Tokens.faceVarying
        rows = colors if agree else corners.reshape(-1, 3)[slot]
        shown = body.CreateDisplayColorPrimvar(where)
        shown.Set(Vt.Vec3fArray.FromNumpy(LIGHT_OF_BYTE[rows].astype(np.float32)))
    if part.seen is not None:
        seen = primvars.CreatePrimvar("maquette:seen", Sdf.ValueTypeNames.FloatArray, UsdGeom.Tokens.vertex)
        seen.Set(Vt.FloatArray.FromNumpy(np.ascontiguousarray(part.seen)))


def _ints(values: Ints) -> Any:
    from pxr import Vt

    return Vt.IntArray.FromNumpy(np.ascontiguousarray(values, np.int32))
