"""Grain: a channel of our own, which way the wood's fibers run, and the operation that fills it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from maquette.core.asset import Asset
from maquette.core.channels import Channel, declare
from maquette.registry import stage

# This row says all there is to say of the channel: a direction on every vertex. From here on it is carried through
# mending, cutting and thinning, turns with the model, and is written into files that hold it.
GRAIN = declare(Channel("grain", "vertex", "f4", (3,), blend="direction"))


@stage
def grain(asset: Asset, *, along: Literal["x", "y", "z"] = "z") -> Asset:
    """Say which way the wood's fibers run; they turn with the model from then on."""
    fibers = np.zeros((len(asset.mesh.vertices), 3))
    fibers[:, "xyz".index(along)] = 1
    return asset.with_mesh(asset.mesh.replace(**{GRAIN.name: fibers}))
