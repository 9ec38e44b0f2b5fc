"""Which meshes stand where: the nodes of a glTF scene, flattened. glTF 2.0 §3.5."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.progress import note
from maquette.formats.gltf.buffers import Buffers
from maquette.formats.gltf.document import Document, Entry

DEEPEST = 512  # levels of nodes; skeletons reach about 40
MOST_SHOWN = 10_000  # nodes with a mesh; each costs about 0.3 ms

_MOVES = ("matrix", "translation", "rotation", "scale")


@dataclass(frozen=True)
class Placed:
    """One node that shows a mesh."""

    name: str
    mesh: int
    skin: int  # -1: none
    world: Floats  # (4, 4)
    weights: tuple[float, ...] | None  # of morph targets, when the node has its own
    node: int


def place_meshes(document: Document, buffers: Buffers) -> tuple[list[Placed], Floats, str]:
    """The mesh nodes of the default scene in reading order, every node's world matrix (N, 4, 4), the scene's name."""
    root = document.root
    nodes = root.entries("nodes")
    children = [node.indices("children", len(nodes)) for node in nodes]
    world = _world_matrices(nodes, children, root)
    scenes = root.entries("scenes")
    chosen = max(root.index("scene", len(scenes)), 0)
    is_child = {child for below in children for child in below}
    starts = [n for n in range(len(nodes)) if n not in is_child]
    if scenes:
        starts = scenes[chosen].indices("nodes", len(nodes))
    placed, stack, visited, hidden = list[Placed](), starts[::-1], set[int](), 0
    meshes, skin_count = root.entries("meshes"), len(root.entries("skins"))
    while stack:
        number = stack.pop()
        if number in visited:
            root.refuse(f"shows node {number} twice in one scene")
        visited.add(number)
        node = nodes[number]
        if node.entry("extensions").entry("KHR_node_visibility").fields.get("visible") is False:
            hidden += 1
            continue
        stack.extend(children[number][::-1])
        mesh = node.index("mesh", len(meshes))
        if mesh >= 0:
            weights = tuple(node.numbers("weights", None)) if node.has("weights") else None
            name = node.name() or meshes[mesh].name() or f"node {number}"
            skin = node.index("skin", skin_count)
            copies = _instances(node, buffers)
            many = len(copies) > 1
            if len(placed) + len(copies) > MOST_SHOWN:
                node.refuse(f"brings the scene to over {MOST_SHOWN} meshes", "join them first")
            for count, move in enumerate(copies, start=1):
                label = f"{name} {count}" if many else name
                placed.append(Placed(label, mesh, skin, world[number] @ move, weights, number))
    if hidden:
        note(f"left out {hidden} nodes that the file hides, with what hangs below them")
    return placed, world, scenes[chosen].name() if scenes else ""


def _world_matrices(nodes: list[Entry], children: list[list[int]], root: Entry) -> Floats:
    """Each node's matrix times its ancestors', (N, 4, 4); a node with two parents or in a ring is refused."""
    parent = np.full(len(nodes), -1)
    for number, below in enumerate(children):
        for child in below:
            if parent[child] >= 0:
                nodes[child].refuse("hangs below two nodes")
            parent[child] = number
    world = np.zeros((len(nodes), 4, 4))
    level = np.flatnonzero(parent < 0).tolist()
    reached = depth = 0
    while level:
        depth += 1
        if depth > DEEPEST:
            root.refuse(f"nests its nodes more than {DEEPEST} deep")
        for number in level:
            above = np.eye(4) if parent[number] < 0 else world[parent[number]]
            still = nodes[number].fields.keys().isdisjoint(_MOVES)
            world[number] = above if still else above @ node_matrix(nodes[number])
        reached += len(level)
        level = [child for number in level for child in children[number]]
    if reached < len(nodes):
        root.refuse(f"has {len(nodes) - reached} nodes that hang below themselves")
    return world


def _instances(node: Entry, buffers: Buffers) -> Floats:
    """What EXT_mesh_gpu_instancing adds to a node: one matrix a copy, (N, 4, 4); the identity where there is none."""
    named = node.entry("extensions").entry("EXT_mesh_gpu_instancing").entry("attributes")
    columns = {
        "TRANSLATION": (3, (0.0, 0.0, 0.0)),
        "ROTATION": (4, (0.0, 0.0, 0.0, 1.0)),
        "SCALE": (3, (1.0, 1.0, 1.0)),
    }
    columns_read = {key: buffers.accessor_of(named, key) for key in columns}
    counts = {buffers.count(index) for index in columns_read.values() if index >= 0}
    if len(counts) > 1:
        named.refuse(f"has {min(counts)} and {max(counts)} rows for its copies")
    count = counts.pop() if counts else 1
    rows = [
        np.broadcast_to(np.array(usual), (count, width))
        if columns_read[key] < 0
        else buffers.floats(columns_read[key], width)
        for key, (width, usual) in columns.items()
    ]
    length = np.linalg.norm(rows[1], axis=1, keepdims=True)
    instances = np.tile(np.eye(4), (count, 1, 1))
    instances[:, :3, :3] = _turns(rows[1] / np.where(length > 0, length, 1)) * rows[2][:, None, :]
    instances[:, :3, 3] = rows[0]
    return instances


def _turns(quaternions: Floats) -> Floats:
    """Unit quaternions (N, 4) as matrices (N, 3, 3)."""
    x, y, z, w = quaternions.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def node_matrix(node: Entry) -> Floats:
    """A node's own transform: its matrix, or translation, rotation and scale."""
    if node.has("matrix"):
        result: Floats = node.numbers("matrix", 16).reshape(4, 4).T.copy()
        result[3] = (0, 0, 0, 1)
        return result
    turn = node.numbers("rotation", 4, (0.0, 0.0, 0.0, 1.0))
    length = float(np.sqrt((turn * turn).sum()))
    if not 0.5 < length < 2:
        node.refuse(f"has a rotation of length {length:g} where 1 is needed")
    result = np.eye(4)
    result[:3, :3] = _turns(turn[None] / length)[0] * node.numbers("scale", 3, (1.0, 1.0, 1.0))
    result[:3, 3] = node.numbers("translation", 3, (0.0, 0.0, 0.0))
    return result
