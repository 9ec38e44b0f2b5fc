"""Maquette: a picture becomes a thing you can use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maquette.core.asset import Asset, Material, Texture
    from maquette.core.camera import Camera
    from maquette.core.errors import BadInput, BadSetting, CannotDo, MaquetteError, Unavailable
    from maquette.core.files import Files
    from maquette.core.mesh import Mesh
    from maquette.core.picture import Picture
    from maquette.core.profiles import Printer, Target
    from maquette.core.report import Finding, Report
    from maquette.core.subject import Subject, Views

_MODULES = {
    "asset": ("Asset", "Material", "Texture"),
    "camera": ("Camera",),
    "errors": ("BadInput", "BadSetting", "CannotDo", "MaquetteError", "Unavailable"),
    "files": ("Files",),
    "mesh": ("Mesh",),
    "picture": ("Picture",),
    "profiles": ("Printer", "Target"),
    "report": ("Finding", "Report"),
    "subject": ("Subject", "Views"),
}
_NOUNS = {noun: module for module, nouns in _MODULES.items() for noun in nouns}
_FRONT_DOOR = ("check", "load", "make", "save")

__all__ = [
    "Asset",
    "BadInput",
    "BadSetting",
    "Camera",
    "CannotDo",
    "Files",
    "Finding",
    "MaquetteError",
    "Material",
    "Mesh",
    "Picture",
    "Printer",
    "Report",
    "Subject",
    "Target",
    "Texture",
    "Unavailable",
    "Views",
    "check",
    "load",
    "make",
    "save",
]


def __getattr__(name: str) -> Any:
    """The front door and every stage, as ``mq.make`` and ``mq.scale_to``; loaded when first asked for."""
    if name.startswith("_"):
        raise AttributeError(name)
    if name in _NOUNS:
        return getattr(import_module(f"maquette.core.{_NOUNS[name]}"), name)
    if name in _FRONT_DOOR:
        from maquette.flow import door

        return getattr(door, name)
    from maquette.registry import registry

    stages = registry()
    stage_name = name.replace("_", "-")
    if stage_name in stages:
        return stages[stage_name]
    raise AttributeError(f"module 'maquette' has no attribute {name!r} and there is no stage {stage_name!r}")


def __dir__() -> list[str]:
    from maquette.registry import registry

    return sorted({*__all__, *(name.replace("-", "_") for name in registry())})
