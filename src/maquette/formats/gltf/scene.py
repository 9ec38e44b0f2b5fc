"""Which meshes stand where: the nodes of a glTF scene, flattened. glTF 2.0 §3.5."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats
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


def place_meshes(document: Document) -> tuple[list[Placed], Floats, str]:
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
    found, stack, visited = [], starts[::-1], set[int]()
    meshes, skin_count = root.entries("meshes"), len(root.entries("skins"))
    while stack:
        number = stack.pop()
        if number in visited:
            root.refuse(f"shows node {number} twice in one scene")
        visited.add(number)
        stack.extend(children[number][::-1])
        node = nodes[number]
        mesh = node.index("mesh", len(meshes))
        if mesh >= 0:
            weights = tuple(node.numbers("weights", None)) if node.has("weights") else None
            name = node.text("name") or meshes[mesh].text("name") or f"node {number}"
            found.append(Placed(name, mesh, node.index("skin", skin_count), world[number], weights))
    if len(found) > MOST_SHOWN:
        root.refuse(f"shows {len(found)} meshes", f"at most {MOST_SHOWN} are read; join them first")
    return found, world, scenes[chosen].text("name") if scenes else ""


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
            world[number] = above if still else above @ _matrix(nodes[number])
        reached += len(level)
        level = [child for number in level for child in children[number]]
    if reached < len(nodes):
        root.refuse(f"has {len(nodes) - reached} nodes that hang below themselves")
    return world


def _matrix(node: Entry) -> Floats:
    """A node's own transform: its matrix, or translation, rotation and scale."""
    if node.has("matrix"):
        made: Floats = node.numbers("matrix", 16).reshape(4, 4).T.copy()
        made[3] = (0, 0, 0, 1)
        return made
    x, y, z, w = node.numbers("rotation", 4, (0.0, 0.0, 0.0, 1.0)).tolist()
    length = (x * x + y * y + z * z + w * w) ** 0.5
    if not 0.5 < length < 2:
        node.refuse(f"has a rotation of length {length:g} where 1 is needed")
    x, y, z, w = x / length, y / length, z / length, w / length
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    made = np.eye(4)
    made[:3, :3] = turn * node.numbers("scale", 3, (1.0, 1.0, 1.0))
    made[:3, 3] = node.numbers("translation", 3, (0.0, 0.0, 0.0))
    return made
