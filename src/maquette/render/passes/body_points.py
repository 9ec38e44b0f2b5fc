"""The 18 points of a body that image models are steered with (OpenPose, Cao et al. 2017), from a model's skeleton."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats
from maquette.core.asset import Asset
from maquette.core.bone_names import our_word
from maquette.core.camera import Camera
from maquette.core.errors import CannotDo
from maquette.core.skeleton import JOINTS, WEIGHTS

NAMES = (
    *("nose", "neck", "right shoulder", "right elbow", "right wrist", "left shoulder", "left elbow", "left wrist"),
    *("right hip", "right knee", "right ankle", "left hip", "left knee", "left ankle"),
    *("right eye", "left eye", "right ear", "left ear"),
)
_JOINT_OF = {
    **{f"{side} shoulder": f"{side} upper arm" for side in ("left", "right")},
    **{f"{side} elbow": f"{side} lower arm" for side in ("left", "right")},
    **{f"{side} wrist": f"{side} hand" for side in ("left", "right")},
    **{f"{side} hip": f"{side} upper leg" for side in ("left", "right")},
    **{f"{side} knee": f"{side} lower leg" for side in ("left", "right")},
    **{f"{side} ankle": f"{side} foot" for side in ("left", "right")},
}
# Where a face's points lie on the head's box, shares of its half sides to its left, forward and up; where they face.
_FACE = {
    "nose": ((0.0, 1.0, -0.2), (0.0, 1.0, 0.0)),
    "left eye": ((0.36, 0.85, 0.0), (0.35, 1.0, 0.0)),
    "right eye": ((-0.36, 0.85, 0.0), (-0.35, 1.0, 0.0)),
    "left ear": ((0.95, 0.0, 0.0), (1.0, -0.1, 0.0)),
    "right ear": ((-0.95, 0.0, 0.0), (-1.0, -0.1, 0.0)),
}
_AVERTED = 0.25  # cosine by which a face's point may look away from the viewer and still be marked


@dataclass(frozen=True)
class BodyPoints:
    """Points (18, 3) in the model's millimetres, and which way those of the face look (18, 3); 0 for the others."""

    place: Floats
    facing: Floats

    def seen_by(self, camera: Camera) -> Bools:
        """Which are marked (18,): all of the body, and of the face what looks at the viewer."""
        toward = self.place - camera.position
        if camera.projection == "orthographic":
            toward = np.broadcast_to(camera.pose[:3, 2], toward.shape)
        length = np.maximum(np.linalg.norm(toward, axis=1), 1e-12)
        marked: Bools = np.einsum("ij,ij->i", self.facing, toward) / length < _AVERTED
        return marked


def body_points(asset: Asset) -> BodyPoints:
    """The points of a model with the skeleton of a two-legged body, whoever named its joints.

    Refuses a model without skeleton, and a skeleton that lacks joints of arms and legs.
    """
    skeleton = asset.skeleton
    if skeleton is None:
        raise CannotDo("pose picture: the model has no skeleton; put one in with `rig` first")
    joints: dict[str, int] = {}
    for number, name in enumerate(skeleton.names):
        joints.setdefault(our_word(name), number)
    if missing := sorted(set(_JOINT_OF.values()) - joints.keys()):
        raise CannotDo(
            f"pose picture: of 12 joints of arms and legs the skeleton has {12 - len(missing)}, no {missing[0]!r}; "
            "only two-legged bodies are drawn: try `rig` with kind humanoid"
        )
    places = {point: skeleton.places[joints[word]] for point, word in _JOINT_OF.items()}
    shoulders = (places["left shoulder"] + places["right shoulder"]) / 2
    places["neck"] = shoulders
    hips = (places["left hip"] + places["right hip"]) / 2
    facing = {name: np.zeros(3) for name in NAMES}
    axes = _axes(places["left shoulder"] - places["right shoulder"], shoulders - hips)
    middle, half = _head(asset, joints, shoulders, float(np.linalg.norm(shoulders - hips)), axes)
    for name, (share, look) in _FACE.items():
        places[name] = middle + axes @ (np.array(share) * half)
        facing[name] = axes @ (np.array(look) / np.linalg.norm(look))
    return BodyPoints(np.stack([places[name] for name in NAMES]), np.stack([facing[name] for name in NAMES]))


def _axes(left: Floats, up: Floats) -> Floats:
    """Columns: to the body's left, forward, up; square to each other."""
    left = left / max(float(np.linalg.norm(left)), 1e-12)
    up = up - left * (up @ left)
    up = up / max(float(np.linalg.norm(up)), 1e-12)
    return np.stack([left, np.cross(left, up), up], axis=1)


def _head(asset: Asset, joints: dict[str, int], shoulders: Floats, torso: float, axes: Floats) -> tuple[Floats, Floats]:
    """Middle and half sides along the axes of the head: of what its joint moves, or as tall as heads are."""
    number = joints.get("head", joints.get("neck", -1))
    skeleton = asset.skeleton
    assert skeleton is not None
    base = skeleton.places[number] if number >= 0 else shoulders
    mesh = asset.mesh
    owners, weights = mesh.channel(JOINTS.name), mesh.channel(WEIGHTS.name)
    if number >= 0 and owners is not None and weights is not None:
        share = (weights * (owners == number)).sum(axis=1)
        local = (mesh.vertices[share > 0.5] - base) @ axes
        local = local[local[:, 2] > 0] if len(local) else local
        if len(local) > 8:
            low, high = np.percentile(local, [2, 98], axis=0)
            return base + axes @ ((low + high) / 2), (high - low) / 2
    half = np.full(3, 0.2 * torso)
    return base + axes @ np.array([0.0, 0.0, 0.2 * torso]), half
