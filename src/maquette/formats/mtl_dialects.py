"""What programs write into MTL and do not mean as the standard says: one row a dialect, with who writes it.

| in the file | who writes it | taken as |
|---|---|---|
| ``Tr 1`` without ``d`` | 3ds Max and Poser exporters, which took Tr for opacity | opaque |
| ``d 0`` beside ``map_Kd`` and no ``map_d`` | older SketchUp and photogrammetry exporters | opaque |
| ``d 0`` and ``Tr 0`` together | exporters that write the same number twice | opaque |
| ``Kd 0 0 0`` beside ``map_Kd`` | RealityCapture, Metashape, Cinema 4D | white under the picture |
| ``Kd`` above 1 | scanners that count colours to 255 | divided by 255 |
| ``map_Ka`` alone, no ``map_Kd`` | DAZ Studio, older MilkShape | the base colour's picture |
| ``map_Bump``, ``bump`` with a normal map | Blender, Substance | the normal map, told by its blue |
| ``usemtl`` in other letters than ``newmtl`` | hand-made files | the same material |

Nobody exports a model to be invisible, or a picture to be black; files in which the standard's reading is either are
read as their authors saw them.
"""

from __future__ import annotations

import re

import numpy as np

from maquette.core.asset import Texture
from maquette.core.errors import BadInput
from maquette.core.texture_pixels import open_texture

Lines = dict[str, str]  # one material: values by key in lower case
_BUMPS = ("map_bump", "bump", "map_kn")


def is_number(word: str) -> bool:
    """True for a decimal number."""
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", word) is not None


def floats(values: Lines, key: str, count: int) -> list[float] | None:
    """``count`` numbers from 0 on behind a key; one stands for all, None when they cannot be read."""
    words = values.get(key, "").split()
    if not words or not all(is_number(word) for word in words[:count]):
        return None
    numbers = [max(float(word), 0.0) for word in words[:count]]
    return numbers if len(numbers) == count else numbers[:1] * count


def shares(values: Lines, key: str, count: int) -> list[float] | None:
    """The same, no more than 1."""
    numbers = floats(values, key, count)
    return None if numbers is None else [min(value, 1.0) for value in numbers]


def base_color(values: Lines) -> list[float]:
    """``Kd`` as it is shown on a screen, 0..1."""
    stated = floats(values, "kd", 3) or [1.0] * 3
    if max(stated) > 1.0:
        stated = [min(value / 255.0, 1.0) for value in stated]
    return [1.0] * 3 if max(stated) == 0.0 and base_picture(values) else stated


def base_picture(values: Lines) -> str | None:
    """What stands behind ``map_Kd``, or behind ``map_Ka`` where it stands alone."""
    return values.get("map_kd") or values.get("map_ka")


def opacity(values: Lines) -> float:
    """``d``, or what ``Tr`` leaves of it."""
    stated, through = shares(values, "d", 1), shares(values, "tr", 1)
    if stated is None:
        return 1.0 if through is None or through[0] == 1.0 else 1.0 - through[0]
    alone = base_picture(values) is not None and "map_d" not in values
    return 1.0 if stated[0] == 0.0 and (through == [0.0] or alone) else stated[0]


def bump(values: Lines) -> str | None:
    """What stands behind a bump key."""
    return next((values[key] for key in _BUMPS if values.get(key)), None)


def is_normal_map(texture: Texture) -> bool:
    """True for a picture of tangent-space normals: mostly blue, red and green around the middle."""
    try:
        with open_texture(texture) as picture:
            if picture.mode not in ("RGB", "RGBA", "P"):
                return False
            picture.draft("RGB", (64, 64))
            red, green, blue = np.asarray(picture.convert("RGB").resize((32, 32))).reshape(-1, 3).mean(axis=0).tolist()
    except BadInput:
        return False
    return bool(blue > 170 and abs(red - 128) < 40 and abs(green - 128) < 40)
