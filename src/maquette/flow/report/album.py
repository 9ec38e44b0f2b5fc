"""The pictures of a report: what somebody looks at before reading a single number."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from maquette.core.files import Files
from maquette.core.picture import Picture
from maquette.core.profiles import Printer
from maquette.core.progress import part, progress
from maquette.core.report import Finding
from maquette.core.subject import Subject
from maquette.core.together import together
from maquette.flow.report.keeper import Keeper
from maquette.flow.report.mended import Moved
from maquette.registry import registry
from maquette.render.cameras import View
from maquette.render.frame import add_legend, photograph
from maquette.render.looks import LookName, look_for
from maquette.render.overlay import highlight, overlay
from maquette.render.turntable import turn_of

SIDES: tuple[View, ...] = ("front", "back", "left", "right", "top", "bottom")
MAX_MAPS = 8
MAP_PX, STILL_PX, SEEN_PX = 320, 224, 320
TURN_FRAMES, TURN_PX = 12, 224  # 12 of 224 px are 0.57 of the rays of 16 of 256, and turn as smoothly
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


def photo_shots(
    photo: Subject, cut: Subject, others: Mapping[str, Subject] = MappingProxyType({}), size_px: int = 512
) -> list[Shot]:
    """The photo as it came, what of it counts as the subject, and the subjects of other photos."""
    shots = [Shot("the photo", _jpeg(on_white(photo), size_px))]
    if cut.mask is not None:
        weight = cut.mask[..., None]
        gray = np.float32(0.5 * 255)
        behind = np.float32(255) if photo.mask is not None else cut.pixels  # under alpha 0 lie colors nobody chose
        shown = cut.pixels * weight + (0.25 * behind + 0.75 * gray) * (1 - weight)
        shots.append(Shot("the subject in it", _jpeg(shown.astype(np.uint8), size_px)))
    shots += [Shot(f"the photo from the {name}", _jpeg(on_white(other), size_px)) for name, other in others.items()]
    return shots


def on_white(photo: Subject) -> Any:
    """The photo's pixels; what its alpha leaves out is white."""
    if photo.mask is None:
        return photo.pixels
    weight = photo.mask[..., None]
    return (photo.pixels * weight + 255 * (1 - weight)).astype(np.uint8)


def asset_shots(keeper: Keeper) -> dict[str, list[Shot]]:
    """Three groups: ``hero`` (turntable), ``six`` (sides) and ``seen`` (seen against invented)."""
    progress(0.0, "turntable")
    with part(0.0, 0.5):
        draw = functools.partial(_turn, keeper)
        spin = keeper.of_shape("turntable", {"frames": TURN_FRAMES, "size_px": TURN_PX}, draw, ".webp")
    stills = [functools.partial(_side, keeper, side, "textured", STILL_PX) for side in SIDES]
    titles = [f"picture from the {side}" for side in SIDES]
    if keeper.asset.mesh.seen is not None:
        stills.append(functools.partial(_side, keeper, "three-quarter", "seen", SEEN_PX))
        titles.append("picture of what was seen")
    with part(0.5, 1.0):
        files = together(stills, titles)
    six = [shot for side, file in zip(SIDES, files, strict=False) for shot in file_shots(file, side)]
    seen = [shot for file in files[len(SIDES) :] for shot in file_shots(file, "seen in the photo, or invented")]
    return {"hero": file_shots(spin, "turntable"), "six": six, "seen": seen}


def _turn(keeper: Keeper) -> Picture:
    """Once around the asset."""
    return turn_of(keeper.scene, "textured", TURN_FRAMES, TURN_PX)


def _side(keeper: Keeper, view: View, look: LookName, size_px: int) -> Files | None:
    """One still of the asset."""
    draw = functools.partial(_still, keeper, view, look, size_px)
    return keeper.of_shape(f"{view} {look}", {"size_px": size_px}, draw)


def _still(keeper: Keeper, view: View, look: LookName, size_px: int) -> Picture:
    """One still of a scene that is built once."""
    scene = keeper.scene
    frame = photograph(scene, scene.camera(view), look_for(scene, look), size_px, "studio", "shadow")
    return Picture(add_legend(frame, scene, look, "studio"))


def thumbnail(keeper: Keeper, size_px: int = 256) -> bytes:
    """A small PNG of an asset, for formats that carry one; empty where it cannot be drawn."""
    draw = functools.partial(_still, keeper, "three-quarter", "textured", size_px)
    files = keeper.of_shape("thumbnail", {"size_px": size_px}, draw)
    return b"" if files is None else files.data


def finding_shots(keeper: Keeper, findings: tuple[Finding, ...], printer: Printer | None = None) -> list[Shot]:
    """Maps: thickness and overhang always, then every failure and warning that knows where on the model it is."""
    wanted = sorted((f for f in findings if _is_shown(f)), key=lambda f: (f.check not in _MAPS, _RANK[f.verdict]))
    shots: list[Shot] = []
    while wanted and len(shots) < MAX_MAPS:
        some, wanted = wanted[: MAX_MAPS - len(shots)], wanted[MAX_MAPS - len(shots) :]
        maps = [functools.partial(_map_file, keeper, finding, printer) for finding in some]
        files = together(maps, [f"map of {finding.check}" for finding in some])
        for finding, file in zip(some, files, strict=True):
            shots += file_shots(file, f"{finding.check}: {finding.message}")
    return shots


def _map_file(keeper: Keeper, finding: Finding, printer: Printer | None) -> Files | None:
    """The map of a finding, drawn or kept."""
    draw = functools.partial(_map, keeper, finding, printer)
    return keeper.of_finding(finding.digest, {"printer": "" if printer is None else printer.digest}, draw)


def _is_shown(finding: Finding) -> bool:
    """The two maps that everybody looks for, and what is wrong somewhere."""
    if finding.check in _MAPS:
        return finding.overlay is not None
    return finding.verdict in ("fail", "warn") and finding.faces is not None and len(finding.faces) > 0


def _map(keeper: Keeper, finding: Finding, printer: Printer | None) -> Picture:
    """Faces by their number, with the printer's limit in the middle of the ramp; or the faces concerned in red."""
    known = _MAPS.get(finding.check)
    values = finding.overlay
    if known is None or values is None or len(values) != len(keeper.asset.mesh.faces) or printer is None:
        return highlight(keeper.scene, finding.faces, label=finding.check, size_px=MAP_PX)  # type: ignore[arg-type]
    middle = float(getattr(printer, known.limit))
    ends = (2 * middle, 0.0) if known.least else (0.0, 2 * middle)
    unit = "" if known.unit == "°" else " "
    label = f"{known.label}, white: {middle:g}{unit}{known.unit}"
    return _ramp(keeper, finding, label, known.unit, ends)


def _ramp(keeper: Keeper, finding: Finding, label: str, unit: str, ends: tuple[float, float]) -> Picture:
    """Each face by its number, between two ends, from where the faces concerned are seen best."""
    view: Any = finding.faces if finding.faces is not None and len(finding.faces) else "three-quarter"
    values = finding.overlay
    assert values is not None
    return overlay(keeper.scene, values, label=label, unit=unit, view=view, size_px=MAP_PX, ramp="balance", limits=ends)


def moved_shots(moved: Moved, printer: Printer, keeper: Keeper) -> list[Shot]:
    """The mended model, each face by its distance from the raw surface, with a layer's height in the middle."""
    layer, finding = printer.layer_mm, moved.finding
    if finding.overlay is None:
        return []
    if moved.asset.digest != keeper.asset.digest:
        keeper = Keeper(moved.asset, keeper.store)
    ends = (0.0, 2 * layer)
    draw = functools.partial(_ramp, keeper, finding, f"moved by, white: {layer:g} mm", "mm", ends)
    files = keeper.of_finding(finding.digest, {"layer_mm": layer}, draw)
    return file_shots(files, "distance of the mended surface from the one that was made")


def picture_shots(picture: Picture, caption: str) -> list[Shot]:
    """A picture that is drawn already."""
    return file_shots(registry()["write-picture"](picture), caption)


def file_shots(files: Files | None, caption: str) -> list[Shot]:
    """A picture's file as a shot; none where there is no file."""
    if files is None:
        return []
    return [Shot(caption, _address(files.data, f"image/{files.main.rpartition('.')[2]}"))]


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
