"""Sculpt: the default generator. A small network guesses the whole object from one photo, on any CPU, in a second.

Its weights ship with the package (see guess/data/sculpt.md for what they learned from and how well); the surface is
closed by construction, because it is where a field changes its sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field as Bounds

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.camera import Camera
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.subject import Subject, Views
from maquette.generate.guess.ground import ground
from maquette.generate.guess.input import Pixels, edge_distance, enlarge
from maquette.generate.guess.network import Guess, infer
from maquette.generate.guess.volume import FINER, field_of
from maquette.generate.hypotheses.contest import as_body, believe
from maquette.generate.hypotheses.proposal import Thing
from maquette.generate.sculpt.surface import carve, keep_unspoilt, sight, smooth, surface_of
from maquette.generate.sculpt.texture import tile_texture
from maquette.generate.sculpt.tiles import tiles
from maquette.generate.sculpt.views import LONG_LENS, Station, degrees_around, least_turn, merged_field, stations
from maquette.geometry.remake.uncrossing import ease_crossings
from maquette.registry import LocalFile, stage

_FRAME_MM = 100.0  # what an unmeasured picture's height is taken for
_SLENDER, _FINEST = 0.16, 320  # half windows, of the widest part; cells
_LEAST_TILT = np.radians(3)
_TO_ASSET = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # right, down, into the picture -> x, y, z


@stage(version=5, licence="Apache-2.0", device="cpu", size="10 MB in the package")
def sculpt(
    subject: Subject | Views,
    *,
    resolution: Annotated[
        int, Bounds(ge=48, le=320, description="cells along the picture's side; slender things get half more")
    ] = 96,
    shape: Annotated[
        Literal["auto", "body", "completed", "mirrored", "turned", "box", "slab"],
        Bounds(description="what kind of thing it is; auto takes the kind that explains the photo best"),
    ] = "auto",
    detail: Annotated[float, Bounds(ge=0, le=1, description="relief from light and dark on the front; 0: none")] = 0.3,
    delight: Annotated[
        float, Bounds(ge=0, le=1, description="share of the photo's light taken out of the colour")
    ] = 0.5,
    upright: Annotated[
        Literal["auto", "off"],
        Bounds(
            description="auto: turn the object upright when the photo looks down on it, and close it toward the ground"
        ),
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

    Several kinds of shape compete: the network's free ``body``, one ``mirrored`` about the plane of its outline, things
    ``turned`` on a lathe with what is attached to them, a ``box``, a flat ``slab``; a note says which won and why, and
    ``shape`` overrides it. ``completed`` is the body with its unseen half mirrored about the best upright plane. What
    stands gets a level underside. The same photo, settings and seed give the same bytes. Network and training:
    training/model.py.
    """
    views = subject if isinstance(subject, Views) else Views({"front": subject})
    photos = dict(views.subjects)
    for name in photos:
        degrees_around(name)
    guesses = {name: infer(photo, "sculpt", weights) for name, photo in photos.items()}
    if len(photos) > 1:
        guesses = {name: replace(guess, eye=LONG_LENS) for name, guess in guesses.items()}
    progress(0.3, "infer the depths")
    return assemble(photos, guesses, Wishes(resolution, shape, detail, delight, upright, seed))


@dataclass(frozen=True)
class Wishes:
    """The settings of `sculpt` but for its weights."""

    resolution: int = 96
    shape: str = "auto"
    detail: float = 0.3
    delight: float = 0.5
    upright: str = "auto"
    seed: int = 0


def assemble(photos: Mapping[str, Subject], guesses: Mapping[str, Guess], wishes: Wishes) -> Asset:
    """The asset of what a network (or anybody else) says of each photo."""
    cells = _finer_if_slender(guesses["front"], wishes.resolution)
    masks = {name: _window_mask(photo, guesses[name], cells) for name, photo in photos.items()}
    fields = {name: field_of(guesses[name], masks[name], wishes.seed) for name in photos}
    places = stations(list(photos), fields, guesses)
    guess = guesses["front"]
    if len(photos) > 1:
        chosen = as_body(merged_field(fields, places), guess)
    else:
        chosen = believe(fields["front"], guess, masks["front"], wishes.shape)
    guesses = {**guesses, "front": replace(guess, eye=chosen.field.eye)}
    field = ground(chosen.field, chosen.up) if chosen.settles and wishes.upright == "auto" else chosen.field
    progress(0.6, "filled the volume")
    vertices, faces = surface_of(field)
    vertices = smooth(vertices, faces, chosen.smoothings)
    progress(0.8, "found the surface")
    sights = {name: sight(vertices, faces, places[name].eye(guesses[name].eye)) for name in photos}
    lifted = carve(
        vertices, sights["front"], photos["front"], guesses["front"], wishes.detail, own_front=chosen.own_front
    )
    vertices = keep_unspoilt(vertices, lifted, faces)
    return _without_folds(dress_surface(vertices, faces, photos, guesses, places, sights, chosen.thing, wishes))


def _without_folds(asset: Asset) -> Asset:
    """The asset without faces that cut each other. Last, as it is placed: what mends it asks the same arrays again."""
    vertices, folds = ease_crossings(asset.mesh.vertices, asset.mesh.faces)
    if not folds:
        return asset
    note(f"eased {folds} folds in which faces cut each other")
    return asset.with_mesh(asset.mesh.with_vertices(vertices))


def dress_surface(
    vertices: Floats,
    faces: Ints,
    photos: Mapping[str, Subject],
    guesses: Mapping[str, Guess],
    places: Mapping[str, Station],
    sights: Mapping[str, Floats],
    chosen: Thing,
    wishes: Wishes,
) -> Asset:
    """The asset of a surface in the front's frame: photos where they see it, made up colors elsewhere; in mm."""
    pictures = tiles(photos, guesses, places, sights, vertices, faces, chosen, wishes.delight)
    material, uv = tile_texture(pictures, faces)
    seen = np.max([np.clip(facing / 0.7, 0, 1) for facing in sights.values()], axis=0)
    mesh = Mesh(vertices, faces, uv=uv, material=np.zeros(len(faces), np.int32), seen=seen.astype(np.float32))
    return _place_upright(mesh, material, photos["front"], guesses["front"], chosen, wishes.upright)


def _finer_if_slender(guess: Guess, resolution: int) -> int:
    """Cells along the picture's side: half as many more for what is nowhere wide, as forks are."""
    slender = float(edge_distance(guess.mask).max()) < _SLENDER
    return min(resolution * 3 // 2, _FINEST) if slender else resolution


def _window_mask(photo: Subject, guess: Guess, resolution: int) -> Pixels:
    """The photo's mask over the window as the field wants it; the network's own where the photo has none."""
    if photo.mask is None:
        return enlarge(guess.mask, FINER * resolution)
    return np.clip(guess.window.crop(np.asarray(photo.mask), FINER * resolution), 0, 1)


def _place_upright(mesh: Mesh, material: Material, photo: Subject, guess: Guess, chosen: Thing, upright: str) -> Asset:
    """The asset in millimetres with the photo's camera, turned upright where that is wanted and believable.

    The window's rays become those of a camera on the whole photo: its axis runs through the photo's centre. The photo's
    scale holds at the object's middle, where its outline is, not at its nearer front.
    """
    window = guess.window
    unit = (
        (photo.mm_per_pixel or _FRAME_MM / photo.height)
        * window.side
        / 2
        / (1 + float(np.clip(chosen.middle[2], -0.5, 1)) / guess.eye)
    )
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
    up = _TO_ASSET @ chosen.up
    tilt = np.arccos(np.clip(up[2] / max(float(np.linalg.norm(up)), 1e-9), -1, 1))
    if upright == "off" or tilt < _LEAST_TILT:
        return asset
    note(f"turned upright by {np.degrees(tilt):.0f} degrees")
    rotation = least_turn(up, np.array([0.0, 0.0, 1.0]))
    if chosen.facing is not None:
        ahead = rotation @ _TO_ASSET @ chosen.facing * [1, 1, 0]
        rotation = least_turn(ahead, np.array([0.0, -1.0, 0.0])) @ rotation
    return asset.moved(rotation=rotation).replace(placement=None)  # it was made upright: its height is measured so
