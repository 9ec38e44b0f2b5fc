"""What joints are called: one list of our own words, and what Unity, Unreal and VRM say instead."""

from __future__ import annotations

import functools
from typing import Literal

Names = Literal["unity", "unreal", "vrm"]
_SIDED = {  # ours: Unity's Humanoid, Unreal's mannequin; VRM is Unity's with a small first letter
    "upper arm": ("UpperArm", "upperarm"),
    "lower arm": ("LowerArm", "lowerarm"),
    "hand": ("Hand", "hand"),
    "upper leg": ("UpperLeg", "thigh"),
    "lower leg": ("LowerLeg", "calf"),
    "foot": ("Foot", "foot"),
    "toes": ("Toes", "ball"),
}
_MIDDLE = {
    "hips": ("Hips", "pelvis"),
    "spine": ("Spine", "spine_01"),
    "chest": ("Chest", "spine_02"),
    "neck": ("Neck", "neck_01"),
    "head": ("Head", "head"),
    "root": ("Root", "root"),
}


def joint_names(ours: list[str], names: Names) -> tuple[str, ...]:
    """Our words (``left upper arm``) as an engine knows them; words it has none for are written its way."""
    return tuple(_name(word, names) for word in ours)


def _name(word: str, names: Names) -> str:
    side, _, rest = word.partition(" ")
    if side in ("left", "right") and rest in _SIDED:
        unity, unreal = _SIDED[rest]
        return f"{unreal}_{side[0]}" if names == "unreal" else _write_case(side.capitalize() + unity, names)
    if word in _MIDDLE:
        unity, unreal = _MIDDLE[word]
        return unreal if names == "unreal" else _write_case(unity, names)
    if names == "unreal":
        return word.replace(" ", "_")
    return _write_case("".join(part.capitalize() for part in word.split()), names)


def _write_case(name: str, names: Names) -> str:
    return name[:1].lower() + name[1:] if names == "vrm" else name


# What bones are called by rigs that are not ours: Mixamo's and its like, once prefixes and signs are off.
_ALIASES = {
    "left upper arm": ("leftarm", "lshoulder", "armleft", "upperarmleft"),
    "left lower arm": ("leftforearm", "lforearm", "lelbow", "forearmleft", "lowerarmleft"),
    "left hand": ("lhand", "lwrist", "handleft", "wristleft"),
    "left upper leg": ("leftupleg", "leftthigh", "lthigh", "upperlegleft"),
    "left lower leg": ("leftleg", "leftshin", "leftcalf", "lcalf", "lshin", "lknee", "lowerlegleft"),
    "left foot": ("lfoot", "lankle", "footleft", "leftankle"),
    "hips": ("pelvis", "hip"),
}


def our_word(name: str) -> str:
    """Our word for a joint as Unity, Unreal, VRM, Mixamo or a kit of models calls it; "" where none is meant."""
    return _by_name().get(_letters(name.rpartition(":")[2]), "")


def _letters(name: str) -> str:
    """Small letters and digits alone: ``upperarm_l``, ``UpperArm.L`` and ``LeftUpperArm`` begin to look alike."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


@functools.cache
def _by_name() -> dict[str, str]:
    """Our words by what others call them."""
    result: dict[str, str] = {}
    sided = [f"{side} {rest}" for side in ("left", "right") for rest in _SIDED]
    for word in (*sided, *_MIDDLE):
        for names in ("unity", "unreal"):
            result[_letters(_name(word, names))] = word
        result[_letters(word)] = word
    for left, others in _ALIASES.items():
        for other in others:
            result[other] = left
            mirrored = other.replace("left", "right") if "left" in other else f"r{other[1:]}"
            if left.startswith("left"):
                result[mirrored] = left.replace("left", "right")
    short = {
        name.removeprefix(side) + side[0]: word
        for name, word in result.items()
        for side in ("left", "right")
        if name.startswith(side)
    }
    return short | result
