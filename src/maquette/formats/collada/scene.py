"""Where the geometries of a COLLADA scene stand: nodes, their transforms, instances of nodes and of controllers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.formats.collada.document import Document, floats, refuse
from maquette.formats.xml import Node

DEEPEST = 200  # nodes in nodes, instances counted
MOST_SHOWN = 100_000  # nodes, instances counted


@dataclass(frozen=True)
class Placed:
    """A geometry where it stands; ``materials`` says what its symbols mean here."""

    geometry: str
    name: str
    world: Floats  # (4, 4), for column vectors
    materials: dict[str, str]


def place_geometries(document: Document) -> tuple[list[Placed], str]:
    """Every geometry of the scene where it stands, and the scene's name. Without a scene, each geometry once."""
    instance = document.root.first("scene", "instance_visual_scene")
    scene = None if instance is None else document.named(instance.get("url"), "visual_scene")
    scene = scene or document.root.first("library_visual_scenes", "visual_scene")
    if scene is None or not any(True for _ in scene.all("node")):
        library = document.root.first("library_geometries")
        geometries = [] if library is None else list(library.all("geometry"))
        return [Placed(one.get("id"), one.get("name"), np.eye(4), {}) for one in geometries], ""
    return [placed for node in scene.all("node") for placed in _Walk(document).below(node)], scene.get("name")


class _Walk:
    """Follows nodes down, without recursion."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._visits = 0

    def below(self, root: Node) -> Iterator[Placed]:
        """The geometries of a node and of all below it."""
        stack = [(root, np.eye(4), frozenset[int]())]
        while stack:
            node, above, over = stack.pop()
            self._visits += 1
            if self._visits + len(stack) > MOST_SHOWN or len(over) > DEEPEST:
                refuse(f"the scene shows over {MOST_SHOWN} nodes or nests over {DEEPEST} deep", "join the copies")
            if id(node) in over:
                refuse(f"node {node.get('id')[:40]!r} contains itself")
            world = above @ _matrix(node)
            name = node.get("name") or node.get("id")
            for child in node.children:
                if child.name == "instance_geometry":
                    yield Placed(child.get("url"), name, world, _bound(child))
                elif child.name == "instance_controller":
                    yield from self._walk_controller(child, name, world)
            inside = over | {id(node)}
            stack += [(one, world, inside) for one in reversed(list(self._inner(node)))]

    def _inner(self, node: Node) -> Iterator[Node]:
        for child in node.children:
            if child.name == "node":
                yield child
            elif child.name == "instance_node":
                target = self._document.named(child.get("url"), "node")
                if target is None:
                    note(f"node {child.get('url')[:60]!r} is not there; continued without it")
                else:
                    yield target

    def _walk_controller(self, instance: Node, name: str, world: Floats) -> Iterator[Placed]:
        """A skinned or morphed geometry as it was modelled: skins have a place of their own, morphs their node's."""
        url = instance.get("url")
        for _ in range(DEEPEST):
            controller = self._document.named(url, "controller")
            if controller is None:
                break
            skin, morph = controller.first("skin"), controller.first("morph")
            holder = skin or morph
            if holder is None:
                return
            url = holder.get("source")
            bound = None if skin is None else skin.first("bind_shape_matrix")
            if bound is not None:
                world = _sixteen(bound)
        if self._document.named(url, "geometry") is None:
            note(f"controller {instance.get('url')[:60]!r} moves nothing that is there; continued without it")
            return
        note("skinned and morphed meshes are read as they were modelled, without bones")
        yield Placed(url, name, world, _bound(instance))


def _bound(instance: Node) -> dict[str, str]:
    """What the symbols of a geometry mean at this instance."""
    common = instance.first("bind_material", "technique_common")
    bindings = [] if common is None else list(common.all("instance_material"))
    return {one.get("symbol"): one.get("target") for one in bindings}


def _matrix(node: Node) -> Floats:
    """A node's transforms, one after another (4, 4), for column vectors."""
    matrix = np.eye(4)
    for child in node.children:
        step = _STEPS.get(child.name)
        if step is not None:
            matrix = matrix @ step(child)
    return matrix


def _read_numbers(node: Node, count: int) -> Floats:
    numbers = floats(node)
    if len(numbers) < count or not np.isfinite(numbers[:count]).all():
        raise BadInput(f"read-dae: <{node.name}> holds {len(numbers)} numbers, not {count}; export the file again")
    return numbers[:count]


def _sixteen(node: Node) -> Floats:
    return _read_numbers(node, 16).reshape(4, 4)


def _translate(node: Node) -> Floats:
    matrix = np.eye(4)
    matrix[:3, 3] = _read_numbers(node, 3)
    return matrix


def _scale(node: Node) -> Floats:
    return np.diag([*_read_numbers(node, 3), 1.0])


def _rotate(node: Node) -> Floats:
    """About an axis by degrees (Rodrigues)."""
    *axis, angle = _read_numbers(node, 4)
    length = float(np.linalg.norm(axis))
    matrix = np.eye(4)
    if length > 0:
        x, y, z = np.array(axis) / length
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turn = np.radians(angle)
        matrix[:3, :3] += np.sin(turn) * cross + (1 - np.cos(turn)) * (cross @ cross)
    return matrix


def _skew(node: Node) -> Floats:
    """RenderMan's skew: turns the second axis towards the first by degrees."""
    angle, *rest = _read_numbers(node, 7)
    along, around = np.array(rest[3:]), np.array(rest[:3])
    first, second = along / max(np.linalg.norm(along), 1e-300), around / max(np.linalg.norm(around), 1e-300)
    across = second - (second @ first) * first
    across /= max(np.linalg.norm(across), 1e-300)
    matrix = np.eye(4)
    matrix[:3, :3] += np.tan(np.radians(angle)) * np.outer(first, across)
    return matrix


def _lookat(node: Node) -> Floats:
    """From an eye to a point, with an upward direction."""
    numbers = _read_numbers(node, 9).reshape(3, 3)
    back = numbers[0] - numbers[1]
    back /= max(np.linalg.norm(back), 1e-300)
    right = np.cross(numbers[2], back)
    right /= max(np.linalg.norm(right), 1e-300)
    matrix = np.eye(4)
    matrix[:3] = np.stack([right, np.cross(back, right), back, numbers[0]], axis=1)
    return matrix


_STEPS: dict[str, Callable[[Node], Floats]] = {
    "matrix": _sixteen,
    "translate": _translate,
    "rotate": _rotate,
    "scale": _scale,
    "skew": _skew,
    "lookat": _lookat,
}
