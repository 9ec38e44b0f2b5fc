"""Sculpt: the default generator. A small network guesses the whole object from one photo, on any CPU, in a second.

Its weights ship with the package (see data/sculpt.md for what they learned from and how well); the surface is closed
by construction, because it is where a field changes its sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Bounds

from maquette.core.asset import Asset, Material
from maquette.core.camera import Camera
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.subject import Subject, Views
from maquette.generate.sculpt.input import Pixels, enlarge
from maquette.generate.sculpt.network import Guess, infer
from maquette.generate.sculpt.symmetry import complete, mirror_plane
from maquette.generate.sculpt.texture import Tile, back_tile, front_tile, tile_texture
from maquette.generate.sculpt.views import LONG_LENS, Station, degrees_around, least_turn, merged_field, stations
from maquette.generate.sculpt.volume import FINER, Field, field_of, solid_cells
from maquette.geometry.flat.detail import brightness, sample
from maquette.geometry.flat.detail import detail as detail_band
from maquette.geometry.parts import volumes_by
from maquette.geometry.rays import Tracer
from maquette.geometry.remake.level_surface import cells_with_surface, level_surface
from maquette.geometry.remake.smoothing import opposite_step, umbrella
from maquette.geometry.surface import face_normals, signed_volume, vertex_normals
from maquette.geometry.topology import face_components
from maquette.registry import LocalFile, stage

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FRAME_MM = 100.0  # what an unmeasured picture's height is taken for
_LEAST = 0.001  # cells: a surface around less is rounding
_SPECK = 0.005  # of the largest body: smaller ones are the network's noise
_RELIEF = 0.03  # half windows that detail 1 lifts the brightest line
_FITS = 0.93  # of what is seen must agree with its mirror image before the unseen side is completed unasked
_SMOOTHINGS = 10
_LEAST_TILT = np.radians(3)
_BELIEF = 0.75  # share of the tilt taken back: it learned from cameras up to 65 degrees above, people stand lower
_TILTED = np.radians(70)  # further than this from upright the network's idea of up is not believed
_NOTHING = "sculpt: nothing is left of the subject at this resolution; raise resolution, or use inflate"
_TO_ASSET = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # right, down, into the picture -> x, y, z


@stage(licence="Apache-2.0", device="cpu", size="10 MB in the package")
def sculpt(
    subject: Subject | Views,
    *,
    resolution: Annotated[int, Bounds(ge=48, le=320, description="cells along the picture's side")] = 96,
    symmetry: Annotated[
        Literal["auto", "on", "off"],
        Bounds(description="complete the unseen half by mirroring: auto where a plane fits, on about the best one"),
    ] = "off",
    detail: Annotated[float, Bounds(ge=0, le=1, description="relief from light and dark on the front; 0: none")] = 0.3,
    delight: Annotated[
        float, Bounds(ge=0, le=1, description="share of the photo's light taken out of the colour")
    ] = 0.5,
    upright: Annotated[
        Literal["auto", "off"], Bounds(description="auto: turn the object upright when the photo looks down on it")
    ] = "auto",
    seed: Annotated[
        int, Bounds(ge=0, le=2**31 - 1, description="0: the likeliest unseen side; others: variants within the doubt")
    ] = 0,
    weights: Annotated[LocalFile, Bounds(description="ONNX file of another sculpting network; empty: ours")] = "",
) -> Asset:
    """Guess the whole object from a photo: front, back and sides, as one closed, coloured solid.

    The outline on the photo is kept; depth, thickness and the unseen side are the network's guess, ``seen`` says which
    is which. Takes several photos too (``Views``: front, right, back, left, or degrees around): each carves and shapes
    what the others cannot see. Without a known scale the picture's height counts as 100 mm. A subject without a mask is
    cut out by the network itself. Refuses an empty mask and a subject thinner than a pixel of the network's input.

    ``symmetry`` is off unless asked for: over the validation objects it mends as many backs as it spoils. The same
    photo, settings and seed give the same bytes. Network and training: training/model.py.
    """
    views = subject if isinstance(subject, Views) else Views({"front": subject})
    photos = dict(views.subjects)
    for name in photos:
        degrees_around(name)
    guesses = {name: infer(photo, "sculpt", weights) for name, photo in photos.items()}
    if len(photos) > 1:
        guesses = {name: replace(guess, eye=LONG_LENS) for name, guess in guesses.items()}
    progress(0.3, "guessed the depths")
    return assemble(photos, guesses, Wishes(resolution, symmetry, detail, delight, upright, seed))


@dataclass(frozen=True)
class Wishes:
    """The settings of `sculpt` but for its weights."""

    resolution: int = 96
    symmetry: str = "off"
    detail: float = 0.3
    delight: float = 0.5
    upright: str = "auto"
    seed: int = 0


def assemble(photos: Mapping[str, Subject], guesses: Mapping[str, Guess], wishes: Wishes) -> Asset:
    """The asset of what a network (or anybody else) says of each photo."""
    fields = {
        name: field_of(guesses[name], _window_mask(photo, guesses[name], wishes.resolution), wishes.seed)
        for name, photo in photos.items()
    }
    places = stations(list(photos), fields, guesses)
    field = (
        merged_field(fields, places)
        if len(photos) > 1
        else _complete_by_mirror(fields["front"], guesses["front"], wishes.symmetry)
    )
    progress(0.6, "filled the volume")
    vertices, faces = _surface(field)
    vertices = _smooth(vertices, faces)
    progress(0.8, "found the surface")
    sights = {name: sight(vertices, faces, places[name].eye(guesses[name].eye)) for name in photos}
    carved = _carve(vertices, sights["front"], photos["front"], guesses["front"], wishes.detail)
    vertices = _unspoilt(vertices, carved, faces)
    material, uv = tile_texture(_tiles(photos, guesses, places, sights, vertices, faces, wishes.delight), faces)
    seen = np.max([np.clip(facing / 0.7, 0, 1) for facing in sights.values()], axis=0)
    mesh = Mesh(vertices, faces, uv=uv, material=np.zeros(len(faces), np.int32), seen=seen.astype(np.float32))
    return _place(mesh, material, photos["front"], guesses["front"], wishes.upright)


def _window_mask(photo: Subject, guess: Guess, resolution: int) -> Pixels:
    """The photo's mask over the window as the field wants it; the network's own where the photo has none."""
    if photo.mask is None:
        return enlarge(guess.mask, FINER * resolution)
    return np.clip(guess.window.crop(np.asarray(photo.mask), FINER * resolution), 0, 1)


def _complete_by_mirror(field: Field, guess: Guess, symmetry: str) -> Field:
    """The field with its unseen half completed, where a mirror plane was found and is wanted."""
    if symmetry == "off":
        return field
    plane = mirror_plane(field, guess.up, enough=_FITS if symmetry == "auto" else 0.0)
    if plane is None:
        return field
    note(f"completed the unseen side by mirroring; {plane.agreement:.0%} of what is seen fits")
    return complete(field, plane)


def _surface(field: Field) -> tuple[Floats, Ints]:
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


def _smooth(vertices: Floats, faces: Ints) -> Floats:
    """Without the grid's steps; waves longer than about ten edges stay as high as they are (Taubin 1995)."""
    pull = umbrella(faces, len(vertices), np.zeros(len(vertices), bool))
    made = vertices
    for _ in range(_SMOOTHINGS):
        for step in (0.5, opposite_step(0.5, 0.1)):
            made = made + step * (pull @ made)
    return _unspoilt(vertices, made, faces)


def _unspoilt(before: Floats, after: Floats, faces: Ints) -> Floats:
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


def _carve(vertices: Floats, facing: Floats, photo: Subject, guess: Guess, strength: float) -> Floats:
    """Vertices that the photo shows, moved along their rays by its light and dark."""
    if strength == 0 or photo.mask is None:
        return vertices
    size = int(min(512, max(64, guess.window.side)))
    planes = np.stack([guess.window.crop(photo.pixels[..., channel], size) for channel in range(3)], axis=-1)
    light = brightness(np.clip(planes, 0, 255).astype(np.uint8))
    mask = np.clip(2 * guess.window.crop(np.asarray(photo.mask), size) - 1, 0, 1).astype(np.float64)
    band = detail_band(light, mask, 0.004 * size, 0.03 * size)
    deep = 1 + vertices[:, 2] / guess.eye
    places = (vertices[:, :2] / deep[:, None] + 1) * size / 2
    lift = strength * _RELIEF * sample(band, places) * np.clip(facing * 1.5 - 0.5, 0, 1)
    ways = vertices - [0, 0, -guess.eye]
    return vertices - lift[:, None] * ways / np.linalg.norm(ways, axis=1)[:, None]


def _tiles(
    photos: Mapping[str, Subject],
    guesses: Mapping[str, Guess],
    places: Mapping[str, Station],
    sights: Mapping[str, Floats],
    vertices: Floats,
    faces: Ints,
    delight: float,
) -> list[Tile]:
    """The photos as tiles, and the network's idea of the back where no photo shows it."""
    tiles = []
    for name, photo in photos.items():
        guess = guesses[name]
        own = sights[name][faces].mean(axis=1)
        tiles.append(Tile(front_tile(photo, guess, delight), _in_window(places[name].local(vertices), guess), own))
    if not any(abs(place.degrees - 180) < 80 for place in places.values()):
        guess = guesses["front"]
        normals = face_normals(vertices, faces)
        ways = vertices[faces].mean(axis=1) - [0, 0, -guess.eye]
        behind = np.einsum("fk,fk->f", normals, ways) / np.linalg.norm(ways, axis=1)
        pixels = back_tile(guess, tiles[0].pixels)
        tiles.append(Tile(pixels, _in_window(vertices, guess), np.maximum(behind, 0.05)))
    return tiles


def _in_window(points: Floats, guess: Guess) -> Floats:
    """Where points of a photo's frame (N, 3) fall into its window, 0..1 from the top left. (N, 2)"""
    made: Floats = (points[:, :2] / (1 + points[:, 2:] / guess.eye) + 1) / 2
    return made


def _middle(guess: Guess) -> float:
    """Mean depth halfway between front and back over the mask, in half windows."""
    halfway = (guess.front + guess.back) / 2
    return float(np.clip((halfway * guess.mask).sum() / max(float(guess.mask.sum()), 1e-6), -0.5, 1.0))


def _place(mesh: Mesh, material: Material, photo: Subject, guess: Guess, upright: str) -> Asset:
    """The asset in millimetres with the photo's camera, turned upright where that is wanted and believable.

    The window's rays become those of a camera on the whole photo: its axis runs through the photo's centre. The photo's
    scale holds at the object's middle, where its outline is, not at its nearer front.
    """
    window = guess.window
    unit = (photo.mm_per_pixel or _FRAME_MM / photo.height) * window.side / 2 / (1 + _middle(guess) / guess.eye)
    aside = (np.array([window.left, window.top]) + window.side / 2 - np.array([photo.width, photo.height]) / 2) / (
        window.side / 2
    )
    local = mesh.vertices.copy()
    local[:, :2] += aside * (1 + local[:, 2:] / guess.eye)
    camera = Camera.looking(
        (0, 1, 0), distance=guess.eye * unit, span=2 * photo.height / (window.side * guess.eye),
        projection="perspective", aspect=photo.width / photo.height,
    )  # fmt: skip
    asset = Asset(
        mesh.with_vertices(unit * (local @ _TO_ASSET.T)), materials=(material,), sized=photo.mm_per_pixel is not None,
        title=photo.title, camera=camera, source=photo,
    )  # fmt: skip
    up = _TO_ASSET @ guess.up
    tilt = np.arccos(np.clip(up[2] / max(float(np.linalg.norm(up)), 1e-9), -1, 1))
    if upright == "off" or not _LEAST_TILT < tilt < _TILTED:
        return asset
    goal = np.array([0.0, 0.0, 1.0])
    note(f"turned upright by {_BELIEF * np.degrees(tilt):.0f} degrees")
    return asset.moved(rotation=least_turn(up, goal, _BELIEF))
