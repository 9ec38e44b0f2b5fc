"""Read GLB and glTF 2.0: json and numpy, nothing else, so that what a hostile file can do is on these pages.

Vertices at one position are one within each node: glTF splits them where texture coordinates or normals differ, our
uv lie on corners, and only a welded mesh tells a slicer what is inside.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.channels import CHANNELS, Channel
from maquette.core.errors import BadInput, MaquetteError
from maquette.core.files import Files
from maquette.core.mesh import Mesh, join_meshes
from maquette.core.progress import note, progress
from maquette.core.skeleton import JOINTS, WEIGHTS, even_weights
from maquette.formats.gltf.buffers import Buffers
from maquette.formats.gltf.clips import animations_of
from maquette.formats.gltf.document import Document, document
from maquette.formats.gltf.materials import Looks, distinct
from maquette.formats.gltf.primitives import COMPRESSED, Piece, Shapes
from maquette.formats.gltf.scene import Placed, place_meshes
from maquette.formats.gltf.skeleton import Joints
from maquette.formats.side_files import references
from maquette.geometry.welding import twins
from maquette.registry import stage

_READ = (
    "EXT_mesh_gpu_instancing",
    "EXT_texture_webp",
    "KHR_materials_clearcoat",
    "KHR_materials_emissive_strength",
    "KHR_materials_ior",
    "KHR_materials_pbrSpecularGlossiness",
    "KHR_materials_transmission",
    "KHR_mesh_quantization",
    "KHR_node_visibility",
    "KHR_texture_transform",
)
_FURTHER = "meshes' joints beyond four a vertex"
_LOOKS = (
    *("KHR_materials_", "KHR_texture_", "EXT_texture_", "MSFT_texture_", "KHR_lights_", "EXT_lights_", "KHR_xmp"),
    "KHR_technique",
)


def side_files(name: str, data: bytes) -> list[str]:
    """The files in the same folder that a .gltf names: buffers and pictures."""
    if not name.lower().endswith((".gltf", ".glb")):
        return []
    try:
        root = document(Files(name, {name: data})).root
        uris = [entry.text("uri") for key in ("buffers", "images") for entry in root.entries(key)]
    except MaquetteError:
        return []  # the reader says what is wrong
    return references(uri for uri in uris if uri and not uri.startswith("data:"))


@stage(name="read-glb", reads=(".glb", ".gltf"), refers=side_files)
def read_glb(files: Files) -> Asset:
    """Read a GLB or glTF model with its materials, textures, vertex colours and node names.

    Metres, +Y up, front +Z become millimetres, +Z up, front −Y; the scale counts as real unless the file says that it
    is not (ours do, under ``asset.extras``). Every node with a mesh becomes a part; vertices of one node that share a
    position become one and triangles that collapse are dropped. Skins are read as they stand, with
    their joints, weights and clips; morph targets as they stand. Left out with a note: animations that
    are damaged, move no joint or have over half a million keys of joints, how joints stretch or shift apart, steps and
    curves between keys, joints of a vertex beyond four, points and lines, pictures that are not beside the file;
    cameras and lights without one. Refused: compressed meshes (Draco, meshopt), addresses outside the file's folder,
    missing buffers, anything that points beyond the bytes that are there, and files that unfold to far more than their
    size explains.
    Source: glTF 2.0, Khronos 2021 (ISO/IEC 12113:2022).
    """
    file = document(files)
    _refuse_unknown(file)
    with np.errstate(all="ignore"):  # hostile numbers overflow; Mesh refuses what comes of it
        buffers = Buffers(file)
        nodes, world, scene_name = place_meshes(file, buffers)
        looks = Looks(buffers)
        shapes = Shapes(buffers, looks, world)
        joints = Joints(buffers, nodes, world)
        meshes, names, collapsed = [], [], 0
        for number, node in enumerate(nodes):
            progress(number / len(nodes), f"node {node.name[:40]}")
            mesh = _node_mesh(shapes, node, looks, joints)
            if mesh is not None:
                meshes.append(_weld(mesh))
                names.append(node.name)
                collapsed += len(mesh.faces) - len(meshes[-1].faces)
        if not any(len(mesh.faces) for mesh in meshes):
            raise BadInput("read-glb: no triangles in the scene; export the model with its meshes")
        mesh, used = _join(meshes, looks.count)
        skeleton = joints.skeleton()
    moving = 0 if skeleton else len(animations_of(file.root))
    _tell({"animations": moving, "points or lines": shapes.left_out, _FURTHER: shapes.further_joints})
    if collapsed:
        note(f"dropped {collapsed} triangles without area")
    return Asset(
        mesh=mesh,
        materials=distinct([looks.look(index).material for index in used]),
        part_names=tuple(names) if len(names) > 1 else (),
        sized=_is_sized(file),
        title=scene_name or files.stem,
        skeleton=skeleton,
    )


def _refuse_unknown(file: Document) -> None:
    """Refuse required extensions that change the geometry and that we do not know; name the others."""
    for name in file.root.texts("extensionsRequired"):
        if name not in _READ and not name.startswith(_LOOKS):
            advice = COMPRESSED.get(name, "export it without this extension")
            raise BadInput(f"read-glb: the file needs the extension {name[:60]}, which is not read; {advice}")
    unread = [name[:60] for name in file.root.texts("extensionsUsed") if name not in _READ]
    if unread:
        note(f"left out what {', '.join(dict.fromkeys(unread[:20]))} adds; the rest of the model is read")


def _tell(left_out: dict[str, int]) -> None:
    """Say what the file had and the asset has not."""
    for what, count in left_out.items():
        if count:
            note(f"left out {count} {what}")


def _is_sized(file: Document) -> bool:
    """False where a file of ours says that its scale is a guess."""
    extras = file.root.entry("asset").fields.get("extras")
    ours = extras.get("maquette") if isinstance(extras, dict) else None
    return not (isinstance(ours, dict) and ours.get("sized") is False)


def _node_mesh(shapes: Shapes, node: Placed, looks: Looks, joints: Joints) -> Mesh | None:
    """One node's triangles in our space; ``material`` still counts as in the file, -1 for none."""
    pieces = [(piece, _our_space(at)) for piece, at in shapes.pieces(node) if len(piece.faces)]
    if not pieces:
        return None
    if node.skin >= 0:
        pieces = [(_with_skin(piece, node.skin, joints), at) for piece, at in pieces]
    if len(pieces) > 1 and any("color" in piece.channels for piece, _ in pieces):
        pieces = [(_with_tint(piece, looks), at) for piece, at in pieces]
    starts = np.cumsum([0] + [len(at) for _, at in pieces[:-1]])
    faces = np.concatenate([piece.faces + start for (piece, _), start in zip(pieces, starts, strict=True)])
    material = np.concatenate([np.full(len(piece.faces), piece.material, np.int32) for piece, _ in pieces])
    channels: dict[str, Any] = {"material": material}
    for name in CHANNELS:
        if any(name in piece.channels for piece, _ in pieces):
            rows = np.concatenate([_rows(CHANNELS[name], piece, at) for piece, at in pieces])  # (V, ...)
            channels[name] = _on_domain(CHANNELS[name], rows, faces, node.world)
    mesh = Mesh.of(np.concatenate([at for _, at in pieces]), faces, channels)
    if np.linalg.det(node.world[:3, :3]) < 0 and node.skin < 0:
        mesh = mesh.flipped()  # a mirror turns triangles over: glTF 2.0 §3.7.4
    return mesh


def _with_skin(piece: Piece, skin: int, joints: Joints) -> Piece:
    """A piece whose joints and weights ride on its vertices, by their places in the skeleton."""
    if piece.joints is None or piece.weights is None:
        return piece
    rows, weights = even_weights(joints.rows(skin, piece.joints), piece.weights)
    weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, np.eye(4)[:1])
    return replace(piece, channels={**piece.channels, JOINTS.name: rows, WEIGHTS.name: weights})


def _with_tint(piece: Piece, looks: Looks) -> Piece:
    """A piece whose vertices have one colour bears it in its material, so that it cannot bleed where pieces weld."""
    color = piece.channels.get("color")
    if color is None or (color != color[0]).any():
        return piece
    bare = replace(piece, channels={name: rows for name, rows in piece.channels.items() if name != "color"})
    if (color[0] == 255).all():
        return bare
    red, green, blue = color[0].tolist()
    return replace(bare, material=looks.variant(piece.material, (red, green, blue)))


def _our_space(positions: Floats) -> Floats:
    """Metres, +Y up, front +Z -> millimetres, +Z up, front −Y."""
    our_space: Floats = np.stack([positions[:, 0], -positions[:, 2], positions[:, 1]], axis=1) * 1000.0
    return our_space


def _rows(channel: Channel, piece: Piece, at: Floats) -> NDArray[Any]:
    """A channel at the vertices of a piece, its missing value where the piece lacks it."""
    return piece.channels.get(
        channel.name, channel.filled(len(at), 1).reshape(-1, *channel.shape)[:1].repeat(len(at), axis=0)
    )


def _on_domain(channel: Channel, rows: NDArray[Any], faces: Ints, world: Floats) -> NDArray[Any]:
    """Rows by vertex (V, ...) put where the channel lives: a file has them all on vertices, split where they differ."""
    if channel.blend == "direction":
        turned = rows @ world[:3, :3].T
        rows = np.stack([turned[:, 0], -turned[:, 2], turned[:, 1]], axis=1)
    rows = channel.settled(rows)
    return {"vertex": rows, "face": rows[faces[:, 0]], "corner": rows[faces]}[channel.domain]


def _weld(mesh: Mesh) -> Mesh:
    """Vertices at one position are one; colours that meet there are averaged; collapsed triangles go."""
    keep, twin = twins(mesh.vertices)
    merged = mesh.renumbered(keep, twin)
    if merged.color is not None and (merged.color[twin] != mesh.color).any():
        note("vertices that meet had several colours; they got their mean")
    if len(keep) < len(mesh.vertices):
        count = np.bincount(twin)
        mixed = {name: c for name, c in mesh.vertex_rows(slice(None)).items() if CHANNELS[name].blend != "nearest"}
        for name, values in mixed.items():
            columns = values.reshape(len(twin), -1).T
            mean = np.stack([np.bincount(twin, weights=column) / count for column in columns], axis=1)
            mixed[name] = CHANNELS[name].settled(mean.reshape(-1, *CHANNELS[name].shape))
        merged = merged.replace(**mixed)
    return merged.keep_faces((merged.faces != np.roll(merged.faces, 1, axis=1)).all(axis=1))


def _join(meshes: list[Mesh], material_count: int) -> tuple[Mesh, list[int]]:
    """All parts as one mesh, and the file's material numbers in the order in which the mesh counts them now."""
    material = np.concatenate([mesh.material for mesh in meshes if mesh.material is not None])
    used = (np.flatnonzero(np.bincount(material + 1, minlength=material_count + 1)) - 1).tolist()
    if used == [-1]:
        used = []
    part = np.repeat(np.arange(len(meshes), dtype=np.int32), [len(mesh.faces) for mesh in meshes])
    whole = join_meshes(meshes).replace(
        material=np.searchsorted(used, material).astype(np.int32) if used else None,
        part=part if len(meshes) > 1 else None,
    )
    return whole, used
