"""From a field to a closed surface: found, smoothed, asked what the photo sees of it, and carved by its light."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import CannotDo
from maquette.core.subject import Subject
from maquette.generate.guess.input import enlarge
from maquette.generate.guess.network import Guess
from maquette.generate.guess.volume import Field, solid_cells
from maquette.generate.sculpt.relief import normal_relief
from maquette.geometry.flat.detail import brightness, sample
from maquette.geometry.flat.detail import detail as detail_band
from maquette.geometry.inside.parts import volumes_by
from maquette.geometry.rays import Tracer
from maquette.geometry.remake.level_surface import cells_with_surface, level_surface
from maquette.geometry.remake.smoothing import opposite_step, umbrella
from maquette.geometry.surface import signed_volume, vertex_normals
from maquette.geometry.topology import face_components

_LEAST = 0.001  # cells: a surface around less is rounding
_SPECK = 0.005  # of the largest body: smaller ones are the network's noise
_CALM = 0.08  # half windows from the outline inward over which relief grows to its height
_WHOLE = 0.3  # detail from which the normals count in full
_RELIEF = 0.03  # half windows that detail 1 lifts the brightest line
_NOTHING = "sculpt: nothing is left of the subject at this resolution; raise resolution, or use inflate"


def surface_of(field: Field) -> tuple[Floats, Ints]:
    """The closed surface where the field changes its sign, in the front's frame, wound outward."""
    values = np.pad(solid_cells(field.values, _SPECK), 1, constant_values=-1.0)
    inside = values > 0
    if not inside.any():
        raise CannotDo(_NOTHING)
    cubes = cells_with_surface(inside)
    corners = (cubes[:, None, :] + np.argwhere(np.ones((2, 2, 2)))).reshape(-1, 3)
    flat = np.unique(np.ravel_multi_index(tuple(corners.T), values.shape))
    points = np.stack(np.unravel_index(flat, values.shape), axis=1)
    places, faces = level_surface(points, values[tuple(points.T)].astype(np.float64))
    vertices = field.unproject(places - 1)
    volume = signed_volume(vertices, faces)
    if abs(volume) < _LEAST * (2 / field.resolution) ** 3:
        raise CannotDo(_NOTHING)
    return vertices, faces if volume > 0 else faces[:, ::-1]


def smooth(vertices: Floats, faces: Ints, rounds: int = 10) -> Floats:
    """Without the grid's steps; waves longer than about ten edges stay as high as they are (Taubin 1995)."""
    pull = umbrella(faces, len(vertices), np.zeros(len(vertices), bool))
    moved = vertices
    for _ in range(rounds):
        for step in (0.5, opposite_step(0.5, 0.1)):
            moved = moved + step * (pull @ moved)
    return keep_unspoilt(vertices, moved, faces)


def keep_unspoilt(before: Floats, after: Floats, faces: Ints) -> Floats:
    """The moved vertices; bodies of a few cells that lost half their volume, or turned inside out, as they were."""
    count, body = face_components(faces)
    spoilt = volumes_by(body, after, faces, count) < 0.5 * volumes_by(body, before, faces, count)
    kept = np.zeros(len(before), bool)
    kept[faces[spoilt[body]]] = True
    return np.where(kept[:, None], before, after)


def sight(vertices: Floats, faces: Ints, eye: Floats) -> Floats:
    """Cosine between each vertex's normal and the way to the eye (3,), at most 0 where the eye does not see it. (V,)"""
    tracer = Tracer(vertices, faces)
    normals = vertex_normals(vertices, faces)
    ways = eye - vertices
    distance = np.linalg.norm(ways, axis=1)
    facing: Floats = np.einsum("vk,vk->v", normals, ways) / distance
    front = np.flatnonzero(facing > 0)
    lifted = vertices[front] + normals[front] * (0.01 + 4 * tracer.step)
    hidden = front[tracer.is_blocked(lifted, ways[front], distance[front])]
    facing[hidden] = 0.0
    return facing


def carve(
    vertices: Floats, facing: Floats, photo: Subject, guess: Guess, strength: float, *, own_front: bool = True
) -> Floats:
    """Vertices that the photo shows, moved along their rays by its light and dark and by the network's normals.

    ``own_front``: they lie where the network's depths are.
    """
    from scipy.ndimage import distance_transform_edt

    if strength == 0 or photo.mask is None:
        return vertices
    size = int(min(512, max(64, guess.window.side)))
    planes = np.stack([guess.window.crop(photo.pixels[..., channel], size) for channel in range(3)], axis=-1)
    light = brightness(np.clip(planes, 0, 255).astype(np.uint8))
    mask = np.clip(2 * guess.window.crop(np.asarray(photo.mask), size) - 1, 0, 1).astype(np.float64)
    band = detail_band(light, mask, 0.004 * size, 0.03 * size)
    away = 1 + vertices[:, 2] / guess.eye
    places = (vertices[:, :2] / away[:, None] + 1) * size / 2
    deep = distance_transform_edt(np.pad(mask > 0, 1))[1:-1, 1:-1] * 2 / size
    coarse = enlarge(normal_relief(guess, own_front=own_front).astype(np.float32), size)
    stands_out = strength * _RELIEF * band + min(1.0, strength / _WHOLE) * coarse
    stands_out *= np.clip(deep / _CALM, 0, 1)  # the light at the rim is the lamp's, not a relief
    lift = sample(stands_out, places) * np.clip(facing * 2 - 0.8, 0, 1)
    ways = vertices - [0, 0, -guess.eye]
    moved: Floats = vertices - lift[:, None] * ways / np.linalg.norm(ways, axis=1)[:, None]
    return moved
