"""What joints are called: one list of our own words, and what Unity, Unreal and VRM say instead."""

from __future__ import annotations

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
