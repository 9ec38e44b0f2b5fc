"""Which vertex attribute of a glTF file holds which channel of a mesh: glTF 2.0 §3.7.2.1."""

from __future__ import annotations

from maquette.core.channels import CHANNELS, Channel
from maquette.formats.carries import further_channels


def own_channels() -> dict[str, Channel]:
    """The channels that glTF has no word for and an attribute has room for."""
    return {"seen": CHANNELS["seen"], **further_channels(".glb")}


def attribute(name: str) -> str:
    """The attribute's name: of an application's own, so with an underscore."""
    return f"_{name.upper()}"
