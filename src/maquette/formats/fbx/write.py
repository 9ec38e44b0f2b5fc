"""Write FBX 7.4 binary: no permissive library writes one that opens; this one Blender, ufbx, assimp and Godot read."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.files import Files
from maquette.core.progress import progress
from maquette.formats import provenance
from maquette.formats.carries import refuse_unwritable, say_lost
from maquette.formats.fbx.looks import LAYER, Shelf, number_of
from maquette.formats.fbx.records import I32, Record, encode_records
from maquette.formats.mtl import unique_names
from maquette.formats.quads import polygon_corners
from maquette.formats.surface_colors import corner_colors, materials_of, without_plain_textures
from maquette.geometry.look.corner_vertices import corner_tangents, group_normals, smooth_groups
from maquette.geometry.rows import unit
from maquette.geometry.welding import twins
from maquette.registry import stage

_AXES = (("UpAxis", 1, 1), ("FrontAxis", 2, 1), ("CoordAxis", 0, 1))
_LONG_AGO = (("Version", 1000), ("Year", 1980), ("Month", 1), ("Day", 1), ("Hour", 0), ("Minute", 0), ("Second", 0))


@stage(name="write-fbx", writes=(".fbx",), destinations=("model",))
def write_fbx(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "model",
    crease_deg: Annotated[
        float, Field(ge=0, le=180, description="edges sharper than this look sharp, the others are shaded smoothly")
    ] = 45.0,
) -> Files:
    """Write one binary FBX (7.4) in centimetres, +Y up, front +Z, with its pictures inside.

    Centimetres are FBX's own unit, so that Unity, Unreal and Blender open it at its size without a scale on its nodes.
    Each part is a model of its own; quads stay quads, normals, tangents and texture coordinates lie on corners.
    Materials are Phong with the names that engines look for (diffuse, normal, emission, opacity, shininess from
    roughness) and carry metallic and roughness as Stingray's, which 3ds Max, Maya and Unreal read. The story of the
    model is in the scene's information. Refuses an asset without faces.
    """
    mesh = asset.mesh
    refuse_unwritable(asset, "write-fbx")
    say_lost(asset, ".fbx")
    asset = without_plain_textures(asset)
    progress(0.1, "parts")
    objects, connections = Record("Objects"), Record("Connections")
    shelf = Shelf(objects, connections, stem)
    looks = [shelf.add_material(one, name) for one, name in _named_materials(asset)]
    group = smooth_groups(mesh.vertices, mesh.faces, crease_deg)
    normals = their_space(group_normals(mesh.vertices, mesh.faces, group))[group]
    part = np.zeros(len(mesh.faces), np.int64) if mesh.part is None else mesh.part.astype(np.int64)
    numbers = np.unique(part).tolist()
    names = [asset.part_names[one] if mesh.part is not None else asset.title or stem for one in numbers]
    for number, name in zip(numbers, unique_names(names), strict=True):
        _add_part(asset, np.flatnonzero(part == number), name, normals, looks, shelf)
    progress(0.8, "file")
    data = encode_records([*_head(asset), _definitions(objects), objects, connections])
    return Files(f"{stem}.fbx", {f"{stem}.fbx": data})


def their_space(rows: Floats) -> Floats:
    """+Z up, front −Y -> +Y up, front +Z."""
    return np.stack([rows[:, 0], rows[:, 2], -rows[:, 1]], axis=1) + 0.0


def _named_materials(asset: Asset) -> list[tuple[Any, str]]:
    """The materials with names of which none is there twice."""
    names = unique_names([material.name for material in asset.materials])
    return list(zip(asset.materials, names, strict=True))


def _head(asset: Asset) -> list[Record]:
    """Everything before the objects."""
    tool = f"maquette {version('maquette')}"
    head = Record("FBXHeaderExtension")
    head.add("FBXHeaderVersion", I32(1003))
    head.add("FBXVersion", I32(7400))
    head.add("EncryptionType", I32(0))
    stamp = head.add("CreationTimeStamp")
    for name, number in (*_LONG_AGO, ("Millisecond", 0)):
        stamp.add(name, I32(number))
    head.add("Creator", tool)
    info = head.add("SceneInfo", f"GlobalInfo{LAYER}SceneInfo", "UserData")
    info.add("Type", "UserData")
    info.add("Version", I32(100))
    meta = info.add("MetaData")
    meta.add("Version", I32(100))
    for name, text in (("Title", asset.title), ("Subject", ""), ("Author", ""), ("Keywords", "")):
        meta.add(name, text)
    meta.add("Revision", "sized" if asset.sized else "size is a guess")
    meta.add("Comment", provenance.as_text(asset))
    settings = Record("GlobalSettings")
    settings.add("Version", I32(1000))
    rows = settings.add("Properties70")
    for name, axis, sign in _AXES:
        rows.add("P", name, "int", "Integer", "", I32(axis))
        rows.add("P", f"{name}Sign", "int", "Integer", "", I32(sign))
    rows.add("P", "OriginalUpAxis", "int", "Integer", "", I32(1))
    rows.add("P", "OriginalUpAxisSign", "int", "Integer", "", I32(1))
    rows.add("P", "UnitScaleFactor", "double", "Number", "", 1.0)
    rows.add("P", "OriginalUnitScaleFactor", "double", "Number", "", 1.0)
    documents = Record("Documents")
    documents.add("Count", I32(1))
    document = documents.add("Document", number_of("document"), "Scene", "Scene")
    document.add("Properties70")
    document.add("RootNode", 0)
    texts = [
        Record("FileId", [bytes(16)]),
        Record("CreationTime", ["1980-01-01 00:00:00:000"]),
        Record("Creator", [tool]),
    ]
    return [head, *texts, settings, documents, Record("References")]


def _definitions(objects: Record) -> Record:
    """How many objects of each kind there are."""
    kinds: dict[str, int] = {}
    for one in objects.children:
        kinds[one.name] = kinds.get(one.name, 0) + 1
    definitions = Record("Definitions")
    definitions.add("Version", I32(100))
    definitions.add("Count", I32(1 + sum(kinds.values())))
    definitions.add("ObjectType", "GlobalSettings").add("Count", I32(1))
    for kind, count in kinds.items():
        definitions.add("ObjectType", kind).add("Count", I32(count))
    return definitions


def _add_part(asset: Asset, faces: Ints, name: str, normals: Floats, looks: list[int], shelf: Shelf) -> None:
    """A part as geometry and model, joined to the scene's root and to its materials."""
    geometry, model = number_of("geometry", name), number_of("model", name)
    used = _geometry(asset, faces, shelf.objects.add("Geometry", geometry, f"{name}{LAYER}Geometry", "Mesh"), normals)
    node = shelf.objects.add("Model", model, f"{name}{LAYER}Model", "Mesh")
    node.add("Version", I32(232))
    rows = node.add("Properties70")
    for what in ("Lcl Translation", "Lcl Rotation"):
        rows.add("P", what, what, "", "A", 0.0, 0.0, 0.0)
    rows.add("P", "Lcl Scaling", "Lcl Scaling", "", "A", 1.0, 1.0, 1.0)
    rows.add("P", "DefaultAttributeIndex", "int", "Integer", "", I32(0))
    node.add("Shading", True)
    sides = all(asset.materials[one].double_sided for one in used) if used and asset.materials else False
    node.add("Culling", "CullingOff" if sides else "CullingOnCCW")
    shelf.connect(model, 0)
    shelf.connect(geometry, model)
    for one in used if looks else []:
        shelf.connect(looks[one], model)


def _geometry(asset: Asset, faces: Ints, record: Record, normals: Floats) -> list[int]:
    """A part's points, polygons and what lies on them; the materials it wears, in the order it counts them."""
    part = asset.mesh.keep_faces(faces)
    polygons = polygon_corners(part)
    slot = polygons.slot
    mine = (faces[:, None] * 3 + np.arange(3)).reshape(-1)[slot]
    record.add("Properties70")
    record.add("GeometryVersion", I32(124))
    record.add("Vertices", (their_space(part.vertices) / 10.0).reshape(-1))
    index = part.faces.reshape(-1)[slot].astype(np.int32)
    index[np.cumsum(polygons.counts) - 1] ^= -1  # the last corner of a polygon is told by its bits turned over
    record.add("PolygonVertexIndex", index)
    layers = [_layer(record, "Normal", "Normals", normals[mine].reshape(-1))]
    if part.uv is not None:
        flat = np.ascontiguousarray(part.uv.reshape(-1, 2)[slot] + np.float32(0))
        keep, twin = twins(flat)
        pairs = np.stack([flat[keep, 0], 1.0 - flat[keep, 1]], axis=1).astype(np.float64)
        if any(material.normal_texture for material in asset.materials):
            along = their_space(unit(corner_tangents(part.vertices, part.faces, part.uv)))[slot]
            layers.append(_layer(record, "Tangent", "Tangents", along.reshape(-1)))
        layers.append(_layer(record, "UV", "UV", pairs.reshape(-1), twin, name="UVMap"))
    if part.color is not None:
        shown = corner_colors(asset)[faces].reshape(-1, 3)[slot] / 255.0
        layers.append(_layer(record, "Color", "Colors", np.insert(shown, 3, 1.0, axis=1).reshape(-1), name="Col"))
    worn = materials_of(asset)[faces][polygons.face]
    used, of_polygon = np.unique(worn, return_inverse=True)
    if asset.materials:
        layers.append(_material_layer(record, of_polygon.astype(np.int32), len(used)))
    layer = record.add("Layer", I32(0))
    layer.add("Version", I32(100))
    for kind in layers:
        element = layer.add("LayerElement")
        element.add("Type", kind)
        element.add("TypedIndex", I32(0))
    return used.tolist() if asset.materials else []


def _layer(record: Record, kind: str, what: str, values: Any, index: Ints | None = None, name: str = "") -> str:
    """A layer of values on corners; its kind as the layer list names it."""
    layer = record.add(f"LayerElement{kind}", I32(0))
    layer.add("Version", I32(101))
    layer.add("Name", name)
    layer.add("MappingInformationType", "ByPolygonVertex")
    layer.add("ReferenceInformationType", "Direct" if index is None else "IndexToDirect")
    layer.add(what, np.ascontiguousarray(values, np.float64))
    if index is not None:
        layer.add(f"{what}Index", index.astype(np.int32))
    return f"LayerElement{kind}"


def _material_layer(record: Record, of_polygon: Any, count: int) -> str:
    """Which of the model's materials each polygon wears."""
    layer = record.add("LayerElementMaterial", I32(0))
    layer.add("Version", I32(101))
    layer.add("Name", "")
    layer.add("MappingInformationType", "AllSame" if count == 1 else "ByPolygon")
    layer.add("ReferenceInformationType", "IndexToDirect")
    layer.add("Materials", of_polygon[:1] if count == 1 else of_polygon)
    return "LayerElementMaterial"
