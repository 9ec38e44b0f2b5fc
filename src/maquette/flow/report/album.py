"""The pictures of a report: what somebody looks at before reading a single number."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.asset import Asset
from maquette.core.errors import MaquetteError
from maquette.core.files import Files
from maquette.core.picture import Picture
from maquette.core.profiles import Printer
from maquette.core.progress import part, progress
from maquette.core.report import Finding
from maquette.core.subject import Subject
from maquette.flow.report.mended import Moved
from maquette.registry import registry
from maquette.render.cameras import View
from maquette.render.frame import add_legend, photograph
from maquette.render.looks import LookName, look_for
from maquette.render.overlay import highlight, overlay
from maquette.render.scene import Scene

SIDES: tuple[View, ...] = ("front", "back", "left", "right", "top", "bottom")
MAX_MAPS = 8
MAP_PX = 400
_RANK = {"fail": 0, "warn": 1, "unknown": 2, "pass": 3}


@dataclass(frozen=True)
class _Map:
    """What a check's number per face means: its name and unit, the printer's limit, and whether less is worse."""

    label: str
    unit: str
    limit: str
    least: bool = False


_MAPS = {
    "wall-thickness": _Map("thickness", "mm", "min_wall_mm", least=True),
    "overhang": _Map("leans out by", "°", "overhang_deg"),
}


@dataclass(frozen=True)
class Shot:
    """One picture of the page: a caption and the picture as a data address."""

    caption: str
    address: str


def photo_shots(photo: Subject, cut: Subject, size_px: int = 512) -> list[Shot]:
    """The photo as it came, and what of it counts as the subject."""
    shots = [Shot("the photo", _jpeg(on_white(photo), size_px))]
    if cut.mask is not None:
        weight = cut.mask[..., None]
        grey = np.float32(0.5 * 255)
        shown = cut.pixels * weight + (0.25 * cut.pixels + 0.75 * grey) * (1 - weight)
        shots.append(Shot("the subject in it", _jpeg(shown.astype(np.uint8), size_px)))
    return shots


def on_white(photo: Subject) -> Any:
    """The photo's pixels; what its alpha leaves out is white."""
    if photo.mask is None:
        return photo.pixels
    weight = photo.mask[..., None]
    return (photo.pixels * weight + 255 * (1 - weight)).astype(np.uint8)


def asset_shots(asset: Asset) -> dict[str, list[Shot]]:
    """Three groups: ``hero`` (turntable), ``six`` (sides) and ``seen`` (seen against invented)."""
    progress(0.0, "turntable")
    with part(0.0, 0.5):
        spin = registry()["turntable"]
        turntable = _try(lambda: spin(asset, frames=16, size_px=256), "turntable", ".webp")
    try:
        scene = Scene(asset)  # built once for all the stills
    except MaquetteError:
        return {"hero": turntable, "six": [], "seen": []}
    six = []
    for index, side in enumerate(SIDES):
        progress(0.5 + index / 14, f"picture from the {side}")
        six += _try(lambda side=side: _still(scene, side, "textured", 224), side)  # type: ignore[misc]
    seen = []
    if asset.mesh.seen is not None:
        seen = _try(lambda: _still(scene, "three-quarter", "seen", 320), "seen in the photo, or invented")
    return {"hero": turntable, "six": six, "seen": seen}


def _still(scene: Scene, view: View, look: LookName, size_px: int) -> Picture:
    """One still of a scene that is built already."""
    frame = photograph(scene, scene.camera(view), look_for(scene, look), size_px, "studio", "shadow")
    return Picture(add_legend(frame, scene, look, "studio"))


def finding_shots(asset: Asset, findings: tuple[Finding, ...], printer: Printer | None = None) -> list[Shot]:
    """Maps: thickness and overhang always, then every failure and warning that knows where on the model it is."""
    wanted = sorted((f for f in findings if _is_shown(f)), key=lambda f: (f.check not in _MAPS, _RANK[f.verdict]))
    shots: list[Shot] = []
    for number, finding in enumerate(wanted):
        if len(shots) >= MAX_MAPS:
            break
        progress(number / len(wanted), f"map of {finding.check}")
        caption = f"{finding.check}: {finding.message}"
        shots += _try(lambda f=finding: _map(asset, f, printer), caption)  # type: ignore[misc]
    return shots


def _is_shown(finding: Finding) -> bool:
    """The two maps that everybody looks for, and what is wrong somewhere."""
    if finding.check in _MAPS:
        return finding.overlay is not None
    return finding.verdict in ("fail", "warn") and finding.faces is not None and len(finding.faces) > 0


def _map(asset: Asset, finding: Finding, printer: Printer | None) -> Picture:
    """Faces by their number, with the printer's limit in the middle of the ramp; or the faces concerned in red."""
    known = _MAPS.get(finding.check)
    values = finding.overlay
    if known is None or values is None or len(values) != len(asset.mesh.faces) or printer is None:
        return highlight(asset, finding.faces, label=finding.check, size_px=MAP_PX)  # type: ignore[arg-type]
    middle = float(getattr(printer, known.limit))
    ends = (2 * middle, 0.0) if known.least else (0.0, 2 * middle)
    view = finding.faces if finding.faces is not None and len(finding.faces) else "three-quarter"
    label = f"{known.label}, white: {middle:g}{'' if known.unit == '°' else ' '}{known.unit}"
    return overlay(asset, values, label=label, unit=known.unit, view=view, size_px=MAP_PX, ramp="balance", limits=ends)


def moved_shots(moved: Moved, printer: Printer) -> list[Shot]:
    """The mended model, each face by its distance from the raw surface, with a layer's height in the middle."""
    layer, found = printer.layer_mm, moved.finding
    view = found.faces if found.faces is not None and len(found.faces) else "three-quarter"
    values = found.overlay
    if values is None:
        return []
    ends, label = (0.0, 2 * layer), f"moved by, white: {layer:g} mm"
    return _try(
        lambda: overlay(
            moved.asset, values, label=label, unit="mm", view=view, size_px=MAP_PX, ramp="balance", limits=ends
        ),
        "distance of the mended surface from the one that was made",
    )


def picture_shots(picture: Picture, caption: str) -> list[Shot]:
    """A picture that is drawn already."""
    return _try(lambda: picture, caption)


def _try(draw: Callable[[], Picture], caption: str, suffix: str = ".png") -> list[Shot]:
    """The shot, or none where the renderer refuses: a report without one picture is still a report."""
    try:
        files: Files = registry()["write-picture"](draw(), suffix=suffix)
    except MaquetteError:
        return []
    return [Shot(caption, _address(files.data, f"image/{suffix[1:]}"))]


def _jpeg(pixels: Any, size_px: int) -> str:
    """Pixels as a small JPEG data address."""
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((size_px, size_px))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=88)
    return _address(stream.getvalue(), "image/jpeg")


def _address(data: bytes, media_type: str) -> str:
    """Bytes as a data address."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
