"""One training example: an object seen by a random camera, everything the network must say about it, and its photo.

Lengths are in half pictures: the picture spans -1..1 at depth 0, which is the middle of the object's depth (in
examples: the mean depth of what is seen); depth grows away from the camera. A pixel (u, v) at depth z is the point
(u (1 + z/D), v (1 + z/D), z), D = 1/tan(fov/2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from maquette.generate.guess.input import network_input
from maquette.geometry.rays import Tracer
from training.light import photograph
from training.paint import paint_points
from training.thing import Floats, Thing
from training.view import Pixels, View

Rng = np.random.Generator

_FILL = 0.85  # of the picture's side; what the crop stage makes
_DEEPEST = 1.0  # half pictures: views in which the object reaches further are drawn again


@dataclass
class Pose:
    """Where a view was taken from. Object point p -> camera point ``scale * rotation @ (stretch * p) + offset``."""

    rotation: Floats  # (3, 3), rows: right, down, into the picture
    stretch: Floats  # (3,) along the object's axes
    scale: float
    offset: Floats  # (3,)
    fov: float  # degrees across the picture

    @property
    def eye(self) -> float:
        """Distance of the eye from depth 0, in half pictures."""
        return float(1 / np.tan(np.radians(self.fov) / 2))

    def placed(self, points: Floats) -> Floats:
        """Object points (N, 3) in the camera's frame."""
        return self.scale * (points * self.stretch) @ self.rotation.T + self.offset

    def unplaced(self) -> tuple[Floats, Floats]:
        """(3, 3) and (3,): camera point q -> object point ``matrix @ q + offset``."""
        matrix = (self.rotation / self.scale).T / self.stretch[:, None]
        return matrix, -matrix @ self.offset


def random_pose(thing: Thing, rng: Rng, *, elevation: tuple[float, float] | None = None, plain: bool = False) -> Pose:
    """A camera that sees the whole object, 85 % of the picture wide or high. ``plain``: no stretch, roll or jitter.

    ``elevation`` in degrees is drawn evenly from a range, or as people hold their cameras where none is given.
    """
    stretch = np.ones(3) if plain else np.exp(rng.uniform(-0.18, 0.18, 3))
    pose = None
    for _ in range(8):
        around = rng.uniform(0, 2 * np.pi)
        above = np.radians(_camera_height(rng) if elevation is None else rng.uniform(*elevation))
        roll = 0.0 if plain else np.radians(rng.normal(0, 4))
        into = -np.array([np.cos(above) * np.cos(around), np.cos(above) * np.sin(around), np.sin(above)])
        right = np.cross(into, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        down = np.cross(into, right)
        right, down = np.cos(roll) * right + np.sin(roll) * down, np.cos(roll) * down - np.sin(roll) * right
        fill = _FILL if plain else _FILL + rng.uniform(-0.05, 0.04)
        shift = np.zeros(2) if plain else rng.uniform(-0.03, 0.03, 2)
        pose = _frame(thing, np.stack([right, down, into]), stretch, rng.uniform(20, 60), fill, shift)
        if np.ptp(pose.placed(thing.vertices)[:, 2]) <= 2 * _DEEPEST:
            break
    assert pose is not None
    return pose


def _camera_height(rng: Rng) -> float:
    """How many degrees above the horizon a camera is held: mostly 0 to 25, sometimes anything from -15 to 65."""
    return float(rng.uniform(-15, 65) if rng.random() < 0.3 else rng.triangular(-3, 10, 32))


def _frame(thing: Thing, rotation: Floats, stretch: Floats, fov: float, fill: float, shift: Floats) -> Pose:
    """Scale and offset that put the object's outline in the middle of the picture at this size."""
    used = thing.vertices[np.unique(thing.faces)]
    points = (used * stretch) @ rotation.T
    points -= (points.min(0) + points.max(0)) / 2
    start = (used * stretch) @ rotation.T
    eye = 1 / np.tan(np.radians(fov) / 2)
    scale, offset = fill / max(np.abs(points[:, :2]).max(), 1e-6), np.zeros(2)
    for _ in range(6):
        deep = np.maximum(1 + scale * points[:, 2] / eye, 0.15)
        flat = (scale * points[:, :2] + offset) / deep[:, None]
        low, high = flat.min(0), flat.max(0)
        offset -= (low + high) / 2 - shift
        scale *= fill / max((high - low).max() / 2, 1e-6)
    moved = np.append(offset, 0.0) - scale * (start.min(0) + start.max(0)) / 2
    return Pose(rotation, stretch, float(scale), moved, fov)


def look(thing: Thing, pose: Pose, side: int, rng: Rng, *, repaint: bool = True, own: bool = True) -> View:
    """Cast rays through every pixel: once from the eye, once from behind, once toward the light."""
    vertices = pose.placed(thing.vertices)
    tracer = Tracer(vertices, thing.faces)
    grid = (np.arange(side) + 0.5) * (2 / side) - 1
    u, v = np.meshgrid(grid, grid)
    ways = np.stack([u.ravel(), v.ravel(), np.full(side * side, pose.eye)], axis=1)
    lengths = np.linalg.norm(ways, axis=1)
    eye = np.array([0, 0, -pose.eye])
    first = tracer.first(np.broadcast_to(eye, ways.shape), ways)
    seen = np.flatnonzero(first.face >= 0)
    far = eye + ways[seen] * ((pose.eye + 2.5) / pose.eye)
    last = tracer.first(far, -ways[seen])
    depth = -pose.eye + first.distance[seen] * pose.eye / lengths[seen]
    behind = far[:, 2] - last.distance * pose.eye / lengths[seen]
    behind = np.maximum(np.where(last.face >= 0, behind, depth), depth)
    points = eye + ways[seen] * ((depth + pose.eye) / pose.eye)[:, None]
    normals = _normals(vertices, thing.faces, first.face[seen], ways[seen])
    light = _key_light(rng)
    facing = normals @ light > 0
    free = facing & ~tracer.is_blocked(
        points + normals * (4 * tracer.step), np.broadcast_to(light, points.shape), np.inf
    )
    back_face = np.where(last.face >= 0, last.face, first.face[seen])
    matrix, offset = pose.unplaced()
    rear = points + ways[seen] * ((behind - depth) / pose.eye)[:, None]
    bare = thing.color(first.face[seen], first.u[seen], first.v[seen]) if own else None
    bare_back = thing.color(back_face, last.u, last.v) if own else None
    front_color, back_color = paint_points(
        bare, bare_back, points @ matrix.T + offset, rear @ matrix.T + offset, rng, repaint=repaint
    )

    def plane(values: NDArray[np.generic], width: int = 1) -> Pixels:
        made = np.zeros((side * side, width), np.float32)
        made[seen] = np.asarray(values).reshape(len(seen), width)
        return made.reshape(side, side, width) if width > 1 else made.reshape(side, side)

    mask = np.zeros(side * side, bool)
    mask[seen] = True
    return View(
        plane(depth), plane(behind), plane(normals, 3), plane(front_color, 3), plane(back_color, 3),
        mask.reshape(side, side), plane(free), light,
    )  # fmt: skip


def _normals(vertices: Floats, faces: NDArray[np.int64], hit: NDArray[np.int64], ways: Floats) -> Floats:
    """Unit normals at hits, turned toward the eye, (N, 3)."""
    a, b, c = vertices[faces[hit]].transpose(1, 0, 2)
    made: Floats = np.cross(b - a, c - a)
    made /= np.maximum(np.linalg.norm(made, axis=1), 1e-12)[:, None]
    made[np.einsum("nk,nk->n", made, ways) > 0] *= -1
    return made


def _key_light(rng: Rng) -> Floats:
    """A direction from the eye's side, mostly from above."""
    made = rng.normal([0, -0.8, -0.8], 0.7)
    made[2] = -abs(made[2]) if rng.random() < 0.85 else made[2]
    return made / max(np.linalg.norm(made), 1e-6)


def example(thing: Thing, rng: Rng, side: int, *, own_color: bool = True) -> tuple[dict[str, Pixels], Pose]:
    """Input and what is to be said about it, as planes with channels first; see `training.model` for their names."""
    pose = random_pose(thing, rng)
    pose, seen = recenter(pose, look(thing, pose, side, rng, own=own_color))
    cut = rng.random() > 0.15
    picture = photograph(seen, rng, backdrop=not cut or rng.random() < 0.5)
    mask = _jitter(seen.mask, rng)
    planes = network_input(picture, mask, cut=cut)
    up = pose.rotation @ [0, 0, 1.0]
    targets = {
        "input": planes,
        "front": seen.front[None],
        "back": seen.back[None],
        "normal": seen.normal.transpose(2, 0, 1),
        "albedo": seen.color.transpose(2, 0, 1),
        "back_albedo": seen.back_color.transpose(2, 0, 1),
        "mask": seen.mask[None].astype(np.float32),
        "frame": np.array([*(up if thing.upright else np.zeros(3)), pose.fov / 40], np.float32),
    }
    return {name: np.ascontiguousarray(plane, np.float32) for name, plane in targets.items()}, pose


def recenter(pose: Pose, seen: View) -> tuple[Pose, View]:
    """The same view with depth 0 at the mean depth of what is seen, and the picture's halves measured there."""
    if not seen.mask.any():
        return pose, seen
    shift = float(seen.front[seen.mask].mean())
    scale = 1 + shift / pose.eye
    moved = (pose.offset - [0, 0, shift]) / scale
    mask = seen.mask
    front, back = ((plane - shift) / scale * mask for plane in (seen.front, seen.back))
    made = replace(seen, front=front.astype(np.float32), back=back.astype(np.float32))
    return replace(pose, scale=pose.scale / scale, offset=moved), made


def _jitter(mask: NDArray[np.bool_], rng: Rng) -> Pixels:
    """The mask as a matting would give it: a little too wide or too narrow here and there, soft at its edge."""
    from scipy.ndimage import gaussian_filter

    soft = gaussian_filter(mask.astype(np.float32), rng.uniform(0.3, 1.0))
    if rng.random() < 0.5:
        wobble = gaussian_filter(rng.normal(0, 1, mask.shape).astype(np.float32), 4.0)
        soft = soft + wobble / max(float(np.abs(wobble).max()), 1e-6) * rng.uniform(0, 0.35) * (soft > 0.02)
    return np.clip((soft - 0.5) * rng.uniform(1, 3) + 0.5, 0, 1).astype(np.float32)
