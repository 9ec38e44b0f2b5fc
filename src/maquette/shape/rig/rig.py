"""Rig: a skeleton inside a model, the weights that bind its surface to it, and clips that show that it bends."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.bone_names import joint_names
from maquette.core.errors import BadInput
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.skeleton import JOINTS, WEIGHTS, Skeleton
from maquette.geometry.remake.thinning import thin_out
from maquette.geometry.rigging.heat import heat_weights, strongest
from maquette.geometry.surface import face_areas
from maquette.registry import stage
from maquette.shape.mend.weld import weld
from maquette.shape.rig.bending import bend_words, worst_frame
from maquette.shape.rig.clips import Cast, stock_clips
from maquette.shape.rig.fitting import Bone, fit, look_inside
from maquette.shape.rig.loose_parts import bones_of_parts

_ENOUGH = 14_000  # faces that heat flows through; of a finer mesh a coarser copy


@stage
def rig(
    asset: Asset,
    *,
    kind: Annotated[
        Literal["auto", "humanoid", "quadruped", "parts"],
        Field(description="two legs and two arms, four legs, or a joint for each part (hinges, wheels)"),
    ] = "auto",
    names: Annotated[
        Literal["unity", "unreal", "vrm"],
        Field(description="whose names the joints get: LeftUpperArm, upperarm_l or leftUpperArm"),
    ] = "unity",
    clips: Annotated[
        Literal["stock", "none"], Field(description="idle, walk and turntable, or no movement at all")
    ] = "stock",
) -> Asset:
    """Put a skeleton into a model, bind its surface to it, and add clips that show that it bends.

    Limbs are found along the middle of the body; joints lie on these lines. Weights are heat that flows from the bones
    through the surface: at most four joints a vertex, their weights adding up to 1. Stand the model upright, looking to
    the front (``face-front``). ``parts`` gives each part a joint where it meets the largest one, or in its middle if it
    is a wheel. Shape and looks stay as they are. A note says how volume, edges and self-intersections change where the
    walk bends it most. Refuses what has no limbs.

    Middle lines: Sato and others 2000 (TEASAR); weights: Baran and Popović 2007 (Pinocchio).
    """
    asset = weld(asset)
    mesh = asset.mesh
    if not face_areas(mesh.vertices, mesh.faces).sum() > 0:
        raise BadInput(f"rig: the model has {len(mesh.faces)} faces and no surface; there is nothing to bend")
    progress(0.1, "find the limbs")
    body: str = kind
    if kind == "parts":
        bones, joints, weights = bones_of_parts(asset)
    else:
        body, bones = fit(look_inside(mesh), kind)
        progress(0.5, "warm the bones")
        joints, weights = _weigh(mesh, bones)
    skeleton = _skeleton(bones, names)
    if clips == "stock":
        skeleton = skeleton.replace(clips=stock_clips(_cast(body, bones)))
    bound = mesh.replace(**{JOINTS.name: joints.astype(np.uint16), WEIGHTS.name: weights.astype(np.float32)})
    result = asset.replace(mesh=bound, skeleton=skeleton)
    note(f"{body}: {len(bones)} joints, {(weights > 0).sum(axis=1).mean():.1f} to a vertex on average")
    if skeleton.clips:
        progress(0.8, "bend it")
        note(bend_words(mesh, worst_frame(result)))
    return result


def _skeleton(bones: list[Bone], names: Any) -> Skeleton:
    """Bones as joints with an engine's names."""
    ours = [bone.name for bone in bones]
    parents = [ours.index(bone.parent) if bone.parent else -1 for bone in bones]
    return Skeleton(joint_names(ours, names), np.array(parents), np.array([bone.place for bone in bones]))


def _cast(body: str, bones: list[Bone]) -> Cast:
    """Who moves in clips; what parts are called says nothing of limbs."""
    words = ["part" if body == "parts" else bone.name for bone in bones]
    axles = {joint: bone.axle for joint, bone in enumerate(bones) if bone.axle is not None}
    return Cast(words, np.array([bone.place for bone in bones]), _ahead(body, bones), axles)


def _ahead(body: str, bones: list[Bone]) -> Floats:
    """Where it looks: −Y, or from an animal's hips to its chest."""
    if body != "quadruped":
        return np.array([0.0, -1.0, 0.0])
    place = {bone.name: bone.place for bone in bones}
    way = place["chest"] - place["hips"]
    axis = int(np.abs(way[:2]).argmax())
    ahead = np.zeros(3)
    ahead[axis] = np.sign(way[axis])
    return ahead


def _segments(bones: list[Bone]) -> tuple[Ints, Floats, Floats]:
    """What a body lies around: the joint that moves each segment (B,), its start and its end (B, 3)."""
    rows = {bone.name: row for row, bone in enumerate(bones)}
    pairs = [(rows[bone.parent], bones[rows[bone.parent]].place, bone.place) for bone in bones if bone.parent]
    leaves = set(rows) - {bone.parent for bone in bones}
    pairs += [
        (rows[bone.name], bone.place, bone.place if bone.tip is None else bone.tip)
        for bone in bones
        if bone.name in leaves
    ]
    joint, start, end = zip(*pairs, strict=True)
    return np.array(joint), np.array(start), np.array(end)


def _weigh(mesh: Mesh, bones: list[Bone]) -> tuple[Ints, Floats]:
    """Joints (V, 4) and weights (V, 4) of a mesh; a fine one takes those of a coarser copy around each vertex."""
    joint, start, end = _segments(bones)
    count = len(bones)
    if len(mesh.faces) <= _ENOUGH:
        return heat_weights(mesh.vertices, mesh.faces, joint, start, end, count)
    from scipy.spatial import cKDTree

    vertices, faces = thin_out(mesh.vertices, mesh.faces, _ENOUGH)
    joints, weights = heat_weights(vertices, faces, joint, start, end, count)
    dense = np.zeros((len(vertices), count))
    np.add.at(dense, (np.arange(len(vertices))[:, None], joints), weights)
    distance, near = cKDTree(vertices).query(mesh.vertices, k=4)
    share = 1 / (distance + 1e-6 * mesh.diagonal) ** 2
    share /= share.sum(axis=1, keepdims=True)
    return strongest(np.einsum("nk,nkj->nj", share, dense[near]))
