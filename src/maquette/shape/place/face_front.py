"""Face front: the side that one looks at turned to the front, −Y here and +Z in glTF."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.progress import note
from maquette.core.words import figures
from maquette.geometry.nearest import Surface
from maquette.registry import stage

_WAYS = {"-y": 0.0, "+x": -90.0, "+y": 180.0, "-x": 90.0}  # by how much each is turned to come to the front
_LIKE = 0.03  # of the diagonal: a mirror image lies this near, on average, where there is a mirror
_CLEARLY = 0.7  # the better mirror's distance over the other's, from which there is no doubt
_SAMPLES = 2000


@stage(places=True)
def face_front(
    asset: Asset,
    *,
    front: Annotated[
        Literal["auto", "-y", "+x", "+y", "-x"],
        Field(description="which side is the front now; auto: the photo's, else the one that mirrors left and right"),
    ] = "auto",
) -> Asset:
    """Turn the model about its upright axis so that its front looks to −Y, as all our pictures and formats expect.

    Without a photo the mirror plane of the shape tells which axis runs from front to back, but not which end is the
    front; a note says how sure that is. Refuses a shape that mirrors neither way, or both alike.
    """
    if not len(asset.mesh.faces):
        return asset
    turn = _turn_of(asset) if front == "auto" else _WAYS[front]
    if abs(turn) < 1e-9:
        return asset
    sine, cosine = np.sin(np.radians(turn)), np.cos(np.radians(turn))
    matrix = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
    middle = asset.mesh.bounds.mean(axis=0)
    note(f"turned by {figures(turn)} degrees")
    return asset.moved(rotation=np.round(matrix, 15), offset=middle - np.round(matrix, 15) @ middle)


def _turn_of(asset: Asset) -> float:
    """Degrees about +Z that bring the front to −Y."""
    if asset.camera is not None:
        ahead = asset.camera.pose[:3, 2]
        if np.hypot(*ahead[:2]) > 0.3:
            note("the front is where the photo was taken from")
            return float(np.degrees(np.arctan2(ahead[0], ahead[1])))
    mesh = asset.mesh
    middle = mesh.bounds.mean(axis=0)
    surface = Surface(mesh.vertices, mesh.faces)
    sample = mesh.vertices[:: len(mesh.vertices) // _SAMPLES + 1] - middle
    flips = np.array([[-1.0, 1, 1], [1.0, -1, 1]])
    off = [
        float(surface.nearest(sample * flip + middle).distance.mean()) / max(mesh.diagonal, 1e-300) for flip in flips
    ]
    best = int(np.argmin(off))
    if off[best] > _LIKE:
        raise CannotDo(f"face-front: no mirror plane within {_LIKE:.0%} (best {off[best]:.1%}); say --front yourself")
    if off[best] >= _CLEARLY * off[1 - best]:
        raise CannotDo(
            f"face-front: it mirrors both ways alike ({off[0]:.2%} and {off[1]:.2%} off); say --front yourself"
        )
    note(
        f"its two halves are alike within {off[best]:.2%} of its size, so the axis is sure; "
        "which end is the front is not: turn it with --front +y if this is the back"
    )
    return 0.0 if best == 0 else 90.0
