"""Scene: several models in their places, each kept once however often it stands there."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.history import Step
from maquette.core.values import Value, frozen_array, noun


@noun
class Scene(Value):
    """Models and where they stand: instance k is model ``which[k]``, moved by ``places[k]`` (4, 4), millimetres.

    A place turns, shifts and scales evenly; it never mirrors.
    """

    assets: tuple[Asset, ...]
    which: Ints  # (K,)
    places: Floats  # (K, 4, 4)
    title: str = ""
    history: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        which = frozen_array(self.which, np.int64, (None,), "scene: which")
        places = frozen_array(self.places, np.float64, (len(which), 4, 4), "scene: places")
        if not len(which):
            raise BadInput("scene: nothing stands in it; place one model at least")
        if not 0 <= which.min() <= which.max() < len(self.assets):
            raise BadInput(f"scene: instance of model {int(which.max())} where there are {len(self.assets)}")
        if (np.linalg.det(places[:, :3, :3]) <= 0).any():
            raise BadInput("scene: a place mirrors or flattens its model; turn, shift and scale only")
        object.__setattr__(self, "which", which)
        object.__setattr__(self, "places", places)

    def __repr__(self) -> str:
        return f"Scene({len(self.which)} instances of {len(self.assets)} models)"
