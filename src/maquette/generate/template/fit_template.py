"""Fit a template: a model that somebody has, turned, stretched and bent until it looks like the photo.

Things of a kind are alike: a car has wheels on its other side too. Where a model of the kind is at hand, its unseen
sides are worth more than any guess.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field as Bounds

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.errors import BadInput, CannotDo
from maquette.core.progress import note, progress
from maquette.core.subject import Subject
from maquette.generate.guess.input import enlarge
from maquette.generate.guess.network import Guess, infer
from maquette.generate.hypotheses.proposal import Thing
from maquette.generate.sculpt.sculpt import Wishes, dress_surface
from maquette.generate.sculpt.surface import sight
from maquette.generate.sculpt.views import FRONT
from maquette.generate.template.cage import bend_points, outline_of
from maquette.generate.template.pose import Pose, best_pose
from maquette.geometry.sampling import surface_samples
from maquette.registry import stage

_POINTS, _FINE_POINTS = 6_000, 60_000  # of the surface: to look for a pose, to find the outline
_SIDE = 160  # pixels of the outline that the model is bent to
_LONGEST = 0.06  # half windows: longer edges would not bend
_MOST_FACES = 60_000
_LEAST_IOU = 0.55  # of the outlines before bending: less is another kind of thing


@stage(licence="Apache-2.0", device="cpu", size="10 MB in the package")
def fit_template(
    subject: Subject,
    model: Asset,
    *,
    bend: Annotated[float, Bounds(ge=0, le=1, description="how far the model's outline is drawn to the photo's")] = 1.0,
    yaw_deg: Annotated[
        float | None,
        Bounds(ge=-360, le=360, description="how far the model is turned from its front; none: found by looking"),
    ] = None,
    delight: Annotated[
        float, Bounds(ge=0, le=1, description="share of the photo's light taken out of the color")
    ] = 0.5,
) -> Asset:
    """Bend a model of the same kind until it looks like the photo, and paint it with the photo.

    The model is turned, stretched along its axes and placed so that its outline and its slopes fit the photo's, then a
    lattice over the picture draws its outline to the photo's; what the photo does not show is bent along. Long edges
    are split first. Where the photo sees it it gets the photo's pixels, elsewhere colors that follow from them; its own
    are dropped. The model's front looks along -Y, up is +Z. Refuses a model without faces, and one that is nowhere near
    the photo's outline. The same photo and model give the same bytes.
    """
    if not len(model.mesh.faces):
        raise BadInput("fit-template: the model has no faces; give one with a surface")
    guess = infer(subject, "fit-template")
    vertices, faces = _ready(model.mesh.vertices, np.asarray(model.mesh.faces))
    progress(0.2, "look for its pose")
    pose, iou = best_pose(
        surface_samples(vertices, faces, _POINTS), guess, None if yaw_deg is None else np.radians(yaw_deg)
    )
    yaw = (np.degrees(pose.numbers[0]) + 180) % 360 - 180
    if iou < _LEAST_IOU:
        raise CannotDo(
            f"fit-template: the model's outline shares {iou:.0%} with the photo's, {_LEAST_IOU:.0%} is "
            "the least; give a model of the same kind, or yaw_deg if it is turned"
        )
    progress(0.7, "bend it")
    placed = _bend_model(pose, vertices, faces, guess, bend)
    low, high = placed.min(axis=0), placed.max(axis=0)
    note(f"fitted {model.title or 'the model'}, turned by {yaw:.0f} degrees; its outline agreed by {iou:.0%} unbent")
    facing = sight(placed, faces, np.array([0.0, 0.0, -guess.eye]))
    fitted = Thing("template", pose.up, (low + high) / 2, two_sided=True)
    photos, guesses, places = {"front": subject}, {"front": guess}, {"front": FRONT}
    return dress_surface(placed, faces, photos, guesses, places, {"front": facing}, fitted, Wishes(delight=delight))


def _ready(vertices: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """The model about as large as 1 around the origin, its faces cut in four until they can bend."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    points = (vertices - (low + high) / 2) / max(float(np.linalg.norm(high - low)), 1e-12)
    while 4 * len(faces) <= _MOST_FACES:
        edges = np.linalg.norm(points[faces] - points[np.roll(faces, -1, axis=1)], axis=2)
        if edges.max() <= _LONGEST / 2:  # it fills about two half windows
            break
        points, faces = quarter_faces(points, faces)
    return points, faces


def quarter_faces(vertices: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """Every face cut in four at its edges' middles. vertices (V, 3), faces (F, 3) -> both of the finer surface."""
    ends = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    edges, row = np.unique(ends, axis=0, return_inverse=True)
    ab, bc, ca = (len(vertices) + row.reshape(-1, 3)).T
    a, b, c = faces.T
    corners = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    finer = np.stack([np.stack(face, axis=1) for face in corners], axis=1).reshape(-1, 3)
    return np.vstack([vertices, vertices[edges].mean(axis=1)]), finer


def _bend_model(pose: Pose, vertices: Floats, faces: Ints, guess: Guess, bend: float) -> Floats:
    """The model in the photo's frame, its outline drawn to the photo's by a share of ``bend``. (V, 3)"""
    placed = pose.placed(vertices, guess.eye)
    if not bend:
        return placed
    deep = 1 + placed[:, 2:] / guess.eye
    flat = placed[:, :2] / deep
    points = pose.placed(surface_samples(vertices, faces, _FINE_POINTS).points, guess.eye)
    at = ((points[:, :2] / (1 + points[:, 2:] / guess.eye) + 1) * _SIDE / 2).astype(np.int64)
    at = at[((at >= 0) & (at < _SIDE)).all(axis=1)]
    shown = np.zeros((_SIDE, _SIDE), bool)
    shown[at[:, 1], at[:, 0]] = True
    wanted = outline_of(enlarge(guess.mask, _SIDE) >= 0.5)
    moved, _ = bend_points(flat, outline_of(shown), wanted)
    return np.column_stack([(flat + bend * (moved - flat)) * deep, placed[:, 2]])
