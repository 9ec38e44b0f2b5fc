"""Passes: the numbers of a view as files for other programs, with the exact camera."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bools, Singles
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.errors import Unavailable
from maquette.core.files import Files
from maquette.core.progress import progress
from maquette.registry import stage
from maquette.render.cameras import ViewSetting
from maquette.render.frame import frame_size
from maquette.render.passes.quantities import QUANTITIES, measure
from maquette.render.paths.photograph import Exposure, expose, set_up
from maquette.render.scene import Scene


@stage
def passes(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=4096, description="longer side of the pictures")] = 1024,
    form: Annotated[
        Literal["png", "exr"], Field(description="16-bit PNG with the range in the JSON, or the numbers as floats")
    ] = "png",
    rays: Annotated[
        int, Field(ge=0, le=4096, description="also photograph it in the studio's light, so many paths a pixel; 0: no")
    ] = 0,
) -> Files:
    """Write every pass of a view as a file, and a JSON with the camera: depth in mm, normals, position, parts and more.

    The JSON names the model's digest, the camera (pose, span, projection, and a pinhole's focal length in pixels) and
    for each file the numbers that black and white stand for. In PNG 0 is kept for where nothing is. ``light``, with
    ``rays``, is what a photograph has before it is toned: linear, without limit, on nothing. Joints of a skeleton are
    listed by pixel and depth. EXR needs the extra ``exr``.
    """
    scene = Scene(asset)
    camera = scene.camera(view)
    width, height = frame_size(camera, size_px)
    kinds = [kind for kind in QUANTITIES if kind != "seen" or scene.mesh.seen is not None]
    files: dict[str, bytes] = {}
    about: dict[str, Any] = {}
    for number, kind in enumerate(kinds):
        progress(number / len(kinds), kind)
        numbers, mask = measure(scene, camera, width, height, kind)
        data, about[kind] = _exr(numbers, mask) if form == "exr" else _png(numbers, mask, kind)
        files[f"{kind}.{form}"] = data
    if rays:
        light, alpha = _light(scene, camera, size_px, rays)
        data, about["light"] = _exr(light, alpha) if form == "exr" else _png(light, alpha > 0, "light")
        files[f"light.{form}"] = data
    record: dict[str, Any] = {
        "kind": "render",
        "model": asset.digest,
        "camera": camera_record(scene.in_millimetres(camera), width, height),
        "passes": about,
    }
    if asset.skeleton is not None:
        record["joints"] = _joints(asset, scene.in_millimetres(camera), width, height)
    files["passes.json"] = json.dumps(record, indent=2, sort_keys=True).encode()
    return Files("passes.json", files)


def _light(scene: Scene, camera: Camera, size_px: int, rays: int) -> tuple[Singles, Singles]:
    """A photograph's linear light (H, W, 3) and how much of each pixel the model covers (H, W)."""
    film, _ = expose(set_up(scene, camera, "studio", floor=False), Exposure(size_px, rays))
    covered: Any = np.maximum(film.alpha, 1e-6)[..., None]
    return (film.light / covered).astype(np.float32), film.alpha


def _joints(asset: Asset, camera: Camera, width: int, height: int) -> list[dict[str, Any]]:
    """The skeleton's joints: name, parent, pixel and depth."""
    assert asset.skeleton is not None
    spots, depth = camera.project(asset.skeleton.places)
    return [
        {"name": name, "parent": int(parent), "x_px": float(x * width), "y_px": float(y * height), "depth_mm": float(z)}
        for name, parent, (x, y), z in zip(asset.skeleton.names, asset.skeleton.parents, spots, depth, strict=True)
    ]


def camera_record(camera: Camera, width: int, height: int) -> dict[str, Any]:
    """A camera as plain data: pose (camera to world; x right, y down, z ahead), and what other programs call it."""
    record: dict[str, Any] = {
        "projection": camera.projection,
        "pose": camera.pose.tolist(),
        "span": camera.span,
        "aspect": camera.aspect,
        "width_px": width,
        "height_px": height,
    }
    if camera.projection == "perspective":
        record["focal_px"] = height / camera.span
        record["fov_y_deg"] = float(np.degrees(2 * np.arctan(camera.span / 2)))
    else:
        record["mm_per_px"] = camera.span / height
    return record


def _png(numbers: Singles, mask: Bools, kind: str) -> tuple[bytes, dict[str, Any]]:
    """16 bits: one grey picture, or three channels side by side from left to right (PNG readers drop 16-bit colour)."""
    from PIL import Image

    planes = np.concatenate(np.moveaxis(np.atleast_3d(numbers), 2, 0), axis=1)
    shown = np.concatenate([mask] * (numbers.shape[2] if numbers.ndim == 3 else 1), axis=1)
    low, high = _range_of(kind, planes[shown])
    step = (high - low) / 65534
    levels = np.where(shown, 1 + np.round((planes - low) / max(step, 1e-30)), 0).clip(0, 65535).astype(np.uint16)
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, format="PNG")
    return buffer.getvalue(), {"at_1": low, "at_65535": high, "channels": 1 if numbers.ndim == 2 else 3}


def _range_of(kind: str, values: Singles) -> tuple[float, float]:
    """Numbers that the least and the greatest level stand for."""
    if kind == "normals":
        return -1.0, 1.0
    if kind in ("albedo", "roughness", "occlusion", "shadow", "seen", "outline"):
        return 0.0, 1.0
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    return low, high if high > low else low + 1.0


def _exr(numbers: Singles, mask: Bools | Singles) -> tuple[bytes, dict[str, Any]]:
    """Floats as they are, and alpha."""
    try:
        import OpenEXR
    except ImportError:
        raise Unavailable("passes: EXR needs a library: pip install 'maquette[exr]'; or take form png") from None
    planes = np.atleast_3d(numbers)
    names = ("R", "G", "B") if planes.shape[2] == 3 else ("Y",)
    channels = {name: np.ascontiguousarray(planes[..., n]) for n, name in enumerate(names)}
    channels["A"] = mask.astype(np.float32)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "pass.exr"
        with OpenEXR.File(header, channels) as file:
            file.write(str(place))
        return place.read_bytes(), {"channels": planes.shape[2]}
