"""Bodies as exporters write them: planes moved by one to three steps of a 32-bit number, anywhere, any way round.

``noisy(n)`` is the same case for the same number: rows of bricks, blocks of cubes, bars that overlap in one plane,
crosses, boxes that share part of a wall, and overlapping or flush spheres, turned or not, up to ten million away, as
the triangle soup of a binary STL. What is right needs no mesh kernel: a point is solid when it lies in a body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hostile_meshes import summed_angles
from maquette.core.mesh import Mesh
from shapes import box, soup, sphere, together

KINDS = ("row", "block", "bars", "cross", "walls", "flush", "spheres", "ball and box")
_COARSE = 1e-4  # of the diagonal: with steps as wide as that, walls that were one gape as wide as walls that were two
_FACETED = 0.94  # of a ball's radius lies within its facets
_FAR = (0.0, 0.0, 1.0, 10.0, 1e3, 1e4, 1e5, 1e6, 1e7)


@dataclass(frozen=True)
class Noisy:
    """The soup, its bodies, points well inside them (N, 3) and points in the box (M, 3) in no body."""

    kind: str
    mesh: Mesh
    bodies: tuple[Mesh, ...]
    inside: np.ndarray
    outside: np.ndarray
    touching: bool  # every body touches or overlaps the others: one part is right

    def filled_by(self, mesh: Mesh) -> tuple[float, float]:
        """Share of the inner points that a mesh loses, and of the outer ones that it fills."""
        around = np.round(summed_angles(mesh.triangles, np.concatenate([self.inside, self.outside])))
        lost, gained = around[: len(self.inside)] < 1, around[len(self.inside) :] > 0
        return float(lost.mean()), float(gained.mean()) if len(gained) else 0.0


def noisy(number: int) -> Noisy:
    """One case."""
    dice = np.random.default_rng([12, number])
    kind = KINDS[number % len(KINDS)]
    shapes = _SHAPES[kind](dice)
    size = float(10.0 ** dice.uniform(0, 2))
    far = float(dice.choice(_FAR))
    size = max(size, far * 2e-6 * 10 ** dice.uniform(0, 2))  # so large that 32 bits still hold a shape
    turn = _random_turn(dice) if dice.random() < 0.5 else np.eye(3)
    shift = dice.uniform(-1, 1, 3) * far
    steps = int(dice.integers(0, 4))
    bodies = tuple(_noisy_body(shape, turn, size, shift, steps, dice) for shape in shapes)
    inside = np.concatenate([_points_in(body, dice) for body in bodies])
    whole = together(*bodies)
    asked = dice.uniform(*whole.bounds, (60, 3))
    outside = asked[[all(abs(a) < 1e-3 for a in around) for around in _windings(bodies, asked)]]
    outside = outside[_clear(outside, whole, 0.01 * whole.diagonal)]
    grain = float(np.spacing(np.float32(np.abs(whole.vertices).max())))
    touching = kind != "ball and box" and grain < _COARSE * whole.diagonal and _hang_together(kind, bodies)
    return Noisy(kind, soup(whole), bodies, inside, outside, touching)


def _noisy_body(shape: Mesh, turn: np.ndarray, size: float, shift: np.ndarray, steps: int, dice) -> Mesh:
    """A body in its place in 32-bit numbers, each of its planes (a box) or itself moved by a few steps."""
    placed = (shape.vertices * size) @ turn.T + shift
    grain = float(np.spacing(np.float32(np.abs(placed).max())))
    moved = placed.copy()
    for axis in range(3):
        values, plane = np.unique(np.round(shape.vertices[:, axis], 9), return_inverse=True)
        plane = plane.reshape(-1) if len(values) == 2 else np.zeros(len(placed), np.int64)
        noise = dice.integers(-steps, steps + 1, 2) * grain
        moved += noise[plane][:, None] * turn[:, axis]
    return Mesh(moved.astype(np.float32).astype(np.float64), shape.faces)


def _hang_together(kind: str, bodies: tuple[Mesh, ...]) -> bool:
    """Whether all bodies are one: balls may lie apart, all others were made to touch."""
    if kind != "spheres":
        return True
    middle = np.stack([body.vertices.mean(axis=0) for body in bodies])
    radius = np.array([np.linalg.norm(b.vertices - m, axis=1).max() for b, m in zip(bodies, middle, strict=True)])
    apart = np.linalg.norm(middle[:, None] - middle, axis=2)
    meet = apart < _FACETED * (radius[:, None] + radius)
    return bool((np.linalg.matrix_power(meet.astype(float), len(bodies)) > 0).all())


def _points_in(body: Mesh, dice) -> np.ndarray:
    """Twelve points well inside a convex body."""
    middle = body.vertices.mean(axis=0)
    weights = dice.dirichlet(np.ones(4) * 0.7, 12)
    corners = body.vertices[dice.integers(0, len(body.vertices), (12, 4))]
    return middle + 0.9 * ((weights[:, :, None] * corners).sum(axis=1) - middle)


def _windings(bodies: tuple[Mesh, ...], points: np.ndarray) -> np.ndarray:
    return np.stack([summed_angles(body.triangles, points) for body in bodies], axis=1)


def _clear(points: np.ndarray, mesh: Mesh, least: float) -> np.ndarray:
    from maquette.geometry.nearest import feet

    made = np.ones(len(points), dtype=bool)
    for number, point in enumerate(points):
        _, square = feet(mesh.triangles, np.broadcast_to(point, (len(mesh.faces), 3)))
        made[number] = square.min() > least**2
    return made


def _random_turn(dice) -> np.ndarray:
    q = dice.normal(size=4)
    w, x, y, z = q / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _row(dice) -> list[Mesh]:
    """Bricks end to end."""
    sizes = dice.uniform(0.5, 2, 3)
    return [box(sizes, (n * sizes[0], 0, 0)) for n in range(dice.integers(2, 11))]


def _block(dice) -> list[Mesh]:
    """Cubes face to face."""
    x, y, z = dice.integers(1, 3, 3) if dice.random() < 0.5 else (2, 2, 2)
    return [box(corner=(i, j, k)) for i in range(x) for j in range(y) for k in range(z)]


def _bars(dice) -> list[Mesh]:
    """Bars of one cross section that overlap lengthwise."""
    long, wide, high = dice.uniform(2, 8), *dice.uniform(0.5, 2, 2)
    return [box((long, wide, high), (n * long * 0.7, 0, 0)) for n in range(dice.integers(2, 5))]


def _cross(dice) -> list[Mesh]:
    """Bars across each other, their tops in one plane, or an L or a T of them."""
    long, wide, high = dice.uniform(3, 8), dice.uniform(0.5, 1), dice.uniform(0.5, 1)
    at = dice.choice([0.0, 0.5, 1.0]) * (long - wide)
    return [box((long, wide, high)), box((wide, long, high), (at, -dice.choice([0.0, 0.5, 1.0]) * (long - wide), 0))]


def _walls(dice) -> list[Mesh]:
    """Boxes of which each stands on part of the last one's top."""
    made, corner, size = [], np.zeros(3), dice.uniform(1, 2, 3)
    for _ in range(dice.integers(2, 5)):
        made.append(box(size, corner))
        corner = corner + [*(size[:2] * dice.choice([0.0, 0.25, 0.5], 2)), size[2]]
        size = dice.uniform(0.7, 2, 3)
    return made


def _flush(dice) -> list[Mesh]:
    """A box within another, some of its walls in the other's."""
    inner = dice.uniform(0.3, 0.9, 3)
    return [box((1, 1, 1)), box(inner, dice.choice([0.0, 0.5, 1.0], 3) * (1 - inner))]


def _spheres(dice) -> list[Mesh]:
    """Balls that overlap."""
    made = [sphere(1.0, 2)]
    for _ in range(dice.integers(1, 4)):
        way = dice.normal(size=3)
        step = way / np.linalg.norm(way) * dice.uniform(0.3, 1.7)
        ball = sphere(dice.uniform(0.8, 1.1), 2)
        made.append(ball.with_vertices(ball.vertices + made[-1].vertices.mean(axis=0) + step))
    return made


def _ball_and_box(dice) -> list[Mesh]:
    """A ball that stands on a box, in it, or beside it."""
    ball = sphere(0.5, 2)
    return [box(), ball.with_vertices(ball.vertices + [0.5, 0.5, dice.choice([1.3, 1.45, 0.5, 1.6])])]


_SHAPES = {
    "row": _row,
    "block": _block,
    "bars": _bars,
    "cross": _cross,
    "walls": _walls,
    "flush": _flush,
    "spheres": _spheres,
    "ball and box": _ball_and_box,
}
