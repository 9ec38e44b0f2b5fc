"""Where the viewer stands: named views, framing that fits the model, and rays through any spot of the picture."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.errors import CannotDo

View = Literal["three-quarter", "front", "back", "left", "right", "top", "bottom", "photo"]
ViewSetting = Annotated[  # of every stage that draws one view
    View, Field(description="where the viewer stands; right is the model at +X, photo the photo's own camera")
]

SIDES: tuple[View, ...] = ("front", "right", "back", "left", "top", "bottom")

# What a viewer at the named place looks along. As in CAD, `right` stands at +X: the picture's right side seen from
# the front.
_TOWARD = {
    "front": (0.0, 1.0, 0.0),
    "back": (0.0, -1.0, 0.0),
    "right": (-1.0, 0.0, 0.0),
    "left": (1.0, 0.0, 0.0),
    "top": (0.0, 0.0, -1.0),
    "bottom": (0.0, 0.0, 1.0),
}
AZIMUTH_DEG, ELEVATION_DEG = 35.0, 22.0  # three-quarter: to the right of the front, a little from above
_LENS = 2 * np.tan(np.radians(24.0) / 2)  # 24°, an 85 mm portrait lens: depth without distortion
FILL = 0.86  # share of the picture that the model fills


def camera_for(asset: Asset, view: View, vertices: Floats, least: float = 0.0) -> Camera:
    """The camera of a view, framed so that ``vertices`` (V, 3) fill the picture; ``photo`` is the asset's own.

    A side shows at least the length ``least``.
    """
    if view == "photo":
        if asset.camera is None:
            raise CannotDo("picture: this asset knows no photo camera; choose another view, for example front")
        return asset.camera
    if view == "three-quarter":
        return frame(vertices, *orbit(AZIMUTH_DEG, ELEVATION_DEG), projection="perspective")
    toward = np.array(_TOWARD[view])
    camera = frame(vertices, toward, _up(toward), least=least)
    if view == "bottom":  # x stays to the right, as when the thing is tipped back
        pose = camera.pose.copy()
        pose[:3, :2] *= -1
        camera = camera.replace(pose=pose)
    return camera


def orbit(azimuth_deg: float, elevation_deg: float) -> tuple[Floats, Floats]:
    """Look and up direction of a viewer who walked ``azimuth_deg`` to the right around the front, and climbed."""
    around, above = np.radians(azimuth_deg), np.radians(elevation_deg)
    stands = np.array([np.sin(around) * np.cos(above), -np.cos(around) * np.cos(above), np.sin(above)])
    return -stands, _up(-stands)


def _up(toward: Floats) -> Floats:
    """What is up in the picture: +Z, or +Y for a viewer who looks straight down or up."""
    return np.array([0.0, 0.0, 1.0]) if abs(toward[2]) < 0.999 else np.array([0.0, 1.0, 0.0])


def frame(
    vertices: Floats,
    toward: Floats,
    up: Floats,
    *,
    projection: Literal["orthographic", "perspective"] = "orthographic",
    fill: float = FILL,
    least: float = 0.0,
) -> Camera:
    """A square camera along ``toward`` that shows all vertices, centred, the larger extent at ``fill`` of the side.

    An orthographic one shows at least the length ``least``, so that several can share a scale.
    """
    right = np.cross(toward, up)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(toward, right), toward], axis=1)  # x right, y down, z into the scene
    x, y, z = np.einsum("ij,jk->ki", vertices, axes)
    reach = float(max(np.ptp(x), np.ptp(y), np.ptp(z), 1e-9))
    if projection == "orthographic":
        span = max(float(max(np.ptp(x), np.ptp(y))), reach * 1e-3, least) / fill
        eye = axes @ np.array([(x.min() + x.max()) / 2, (y.min() + y.max()) / 2, z.min() - reach])
        return Camera("orthographic", _pose(axes, eye), span)
    tangent = _LENS / 2 * fill  # the frame's inner edge at depth 1
    middle, back = [], []
    for across in (x, y):
        plus, minus = float((across / tangent - z).max()), float((-across / tangent - z).max())
        middle.append(tangent * (plus - minus) / 2)
        back.append((plus + minus) / 2)
    distance = max(*back, -float(z.min()) + 0.05 * reach)
    for axis, across in enumerate((x, y)):  # the axis with room to spare is not in the middle yet
        for _ in range(3):
            seen = (across - middle[axis]) / (z + distance)
            middle[axis] += float(seen.max() + seen.min()) / 2 * distance
    return Camera("perspective", _pose(axes, axes @ np.array([*middle, -distance])), _LENS)


def turning(vertices: Floats, azimuths_deg: list[float], elevation_deg: float = ELEVATION_DEG) -> list[Camera]:
    """Cameras around the upright axis through the middle of the box, all as far away as the widest sight needs.

    A vertex at radius r and height h swings as ``a·cos φ + b·sin φ``, so its worst place in the frame is known without
    trying every angle.
    """
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    local = vertices - middle
    radius, height = np.hypot(local[:, 0], local[:, 1]), local[:, 2]
    sine, cosine = np.sin(np.radians(elevation_deg)), np.cos(np.radians(elevation_deg))
    tangent = _LENS / 2 * FILL
    beside = float((radius * np.hypot(1 / tangent, cosine) + height * sine).max())
    below = float((radius * np.abs(sine / tangent + cosine) + height * (sine - cosine / tangent)).max())
    above = float((radius * np.abs(sine / tangent - cosine) + height * (sine + cosine / tangent)).max())
    distance, shift = max(beside, (below + above) / 2), tangent * (below - above) / 2
    cameras = []
    for azimuth in azimuths_deg:
        toward, up = orbit(azimuth, elevation_deg)
        right = np.cross(toward, up)
        right /= np.linalg.norm(right)
        axes = np.stack([right, np.cross(toward, right), toward], axis=1)
        cameras.append(Camera("perspective", _pose(axes, middle + axes @ np.array([0.0, shift, -distance])), _LENS))
    return cameras


def _pose(axes: Floats, eye: Floats) -> Floats:
    """Camera to world, (4, 4)."""
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = axes, eye
    return pose


def rays_through(camera: Camera, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Rays through spots (N,) of the picture, 0..1 from its top left: origins (N, 3), unit directions (N, 3)."""
    flat = np.stack([(x - 0.5) * camera.span * camera.aspect, (y - 0.5) * camera.span], axis=1)
    axes = camera.pose[:3, :3]
    aside = flat[:, :1] * axes[:, 0] + flat[:, 1:] * axes[:, 1]
    if camera.projection == "orthographic":
        origins = camera.position + aside
        return origins, np.broadcast_to(axes[:, 2], origins.shape)
    directions = aside + axes[:, 2]
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.broadcast_to(camera.position, directions.shape), directions


def box_in_picture(camera: Camera, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Where the box ``low``..``high`` can lie in the picture, 0..1: first and last (x, y). All of it if in doubt."""
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    if camera.projection == "perspective" and (((corners - camera.position) @ camera.pose[:3, 2]) <= 0).any():
        return np.zeros(2), np.ones(2)
    spot, _ = camera.project(corners)
    return spot.min(axis=0), spot.max(axis=0)


def pixel_at(camera: Camera, depth: Floats, height_px: int) -> Floats:
    """How long a pixel's side is at a depth (N,) along the view, in the scene's unit."""
    side = camera.span / height_px
    return np.full_like(depth, side) if camera.projection == "orthographic" else np.maximum(depth, 1e-12) * side
