"""What a camera sees of an object: the planes that light is thrown on, and that the network must name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.thing import Floats

Pixels = NDArray[np.float32]


@dataclass
class View:
    """What a camera sees of an object, (S, S) planes; depths are 0 where nothing is seen."""

    front: Pixels  # depth of the first surface
    back: Pixels  # depth of the last one
    normal: Pixels  # (S, S, 3) of the first surface, in the camera's frame
    color: Pixels  # (S, S, 3) sRGB, without light
    back_color: Pixels  # (S, S, 3)
    mask: NDArray[np.bool_]
    lit: Pixels  # 0 in the key light's shadow
    light: Floats  # (3,) toward the key light
