"""Which vertex attribute of a glTF file holds which channel of a mesh: glTF 2.0 §3.7.2.1."""

from __future__ import annotations

import math

from maquette.core.channels import CHANNELS, Channel

_STANDARD = ("uv", "material", "part", "color")  # textures, materials, nodes and colours of the format itself
_WIDEST = 4  # numbers an attribute holds


def own_channels() -> dict[str, Channel]:
    """The channels that glTF has no word for and an attribute has room for."""
    return {
        name: channel
        for name, channel in CHANNELS.items()
        if name not in _STANDARD and math.prod(channel.shape) <= _WIDEST
    }


def attribute(name: str) -> str:
    """The attribute's name: of an application's own, so with an underscore."""
    return f"_{name.upper()}"
