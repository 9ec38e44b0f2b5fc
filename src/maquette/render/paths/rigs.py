"""Light rigs made of a few soft boxes, a sky or a sun: maps of light that need no photo of a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from maquette.core.arrays import Floats
from maquette.render.color import Colors, hex_color, to_linear
from maquette.render.paths.environment import Environment

Light = Literal["studio", "three-point", "window", "overcast", "golden-hour", "night-neon"]
LIGHTS: tuple[Light, ...] = get_args(Light)

_ROWS, _COLUMNS = 128, 256
_WHITE = (1.0, 1.0, 1.0)


def light_rig(name: Light, azimuth_deg: float = 0.0) -> Environment:
    """A rig by name around a viewer at ``azimuth_deg``; a white wall that faces up and forward looks 0.85 bright."""
    sky = _RIGS[name]()
    return Environment((sky * exposure(sky)).astype(np.float32), azimuth_deg)


def exposure(radiance: Colors) -> float:
    """The factor that lets white cards facing the viewer, up and up-forward show 0.85 of white on average."""
    plain = Environment(radiance)
    cards = [(0.0, -1.0, 0.0), (0.0, 0.0, 1.0), (-0.5, -0.6, 0.6), (0.5, -0.6, 0.6)]
    light = [plain.irradiance(np.array(card) / np.linalg.norm(card)).max() / np.pi for card in cards]
    return 0.85 / max(float(np.mean(light)), 1e-9)


def _grid() -> tuple[Floats, Floats]:
    """Azimuth to the viewer's right and elevation of every texel, degrees, (H, W) each."""
    azimuth = (np.arange(_COLUMNS) + 0.5) / _COLUMNS * 360 - 180
    elevation = 90 - (np.arange(_ROWS) + 0.5) / _ROWS * 180
    across, up = np.meshgrid(azimuth, elevation)
    return across, up


def soft_box(
    azimuth_deg: float, elevation_deg: float, wide_deg: float, high_deg: float, light: float, color: tuple[float, ...]
) -> Colors:
    """A lit rectangle that faces the model, seen under these full angles, its rim soft: (H, W, 3)."""
    azimuth, elevation = map(np.radians, _grid())
    toward = np.stack([np.cos(elevation) * np.sin(azimuth), -np.cos(elevation) * np.cos(azimuth), np.sin(elevation)], 2)
    around, above = np.radians(azimuth_deg), np.radians(elevation_deg)
    center = np.array([np.cos(above) * np.sin(around), -np.cos(above) * np.cos(around), np.sin(above)])
    right = np.array([np.cos(around), np.sin(around), 0.0])
    up = np.cross(center, -right)
    ahead = toward @ center
    over = np.where(ahead > 1e-3, ahead, 1.0)
    x = np.abs(toward @ right / over) / np.tan(np.radians(wide_deg) / 2)
    y = np.abs(toward @ up / over) / np.tan(np.radians(high_deg) / 2)
    inside = np.where(ahead > 1e-3, np.clip((1.08 - x) / 0.16, 0, 1) * np.clip((1.08 - y) / 0.16, 0, 1), 0.0)
    lit: Colors = (light * inside[..., None] * np.array(color)).astype(np.float32)
    return lit


def _gradient(stops: list[tuple[float, str]], light: float) -> Colors:
    """Colour by elevation: (degrees, hex) from below to above, (H, W, 3)."""
    _, up = _grid()
    colors = np.stack([to_linear(hex_color(color)) for _, color in stops])
    degrees = [stop for stop, _ in stops]
    bands = [np.interp(up, degrees, colors[:, channel]) for channel in range(3)]
    return (light * np.stack(bands, axis=2)).astype(np.float32)


def _studio() -> Colors:
    """A large soft box from the upper left, a fill from the right, a lamp over head, strips at the sides and behind."""
    room = _gradient([(-90, "8c8a87"), (-10, "8f8f90"), (25, "a7a8aa"), (90, "d9dade")], 0.62)
    key = soft_box(-42, 42, 46, 40, 9.0, (1.0, 0.97, 0.93))
    fill = soft_box(64, 22, 44, 56, 1.7, (0.93, 0.97, 1.0))
    top = soft_box(0, 86, 70, 46, 2.2, _WHITE)
    rim = soft_box(150, 34, 22, 60, 5.0, (0.95, 0.98, 1.0))
    strip = soft_box(-112, 18, 12, 84, 3.2, _WHITE)
    return room + key + fill + top + rim + strip


def _three_point() -> Colors:
    """A hard key, a weak fill and a lamp behind in a dark room."""
    room = _gradient([(-90, "2a2a2c"), (0, "333438"), (90, "3c3d42")], 0.5)
    key = soft_box(-45, 38, 20, 20, 24.0, (1.0, 0.95, 0.88))
    fill = soft_box(52, 14, 30, 30, 1.8, (0.86, 0.93, 1.0))
    back = soft_box(160, 42, 18, 26, 14.0, _WHITE)
    return room + key + fill + back


def _window() -> Colors:
    """Daylight through a window of four panes from the left, in a warm room."""
    room = _gradient([(-90, "6b5a48"), (0, "7d6f60"), (90, "a3998c")], 0.42)
    panes = [soft_box(-68 + x, 24 + y, 17, 19, 15.0, (0.86, 0.94, 1.0)) for x in (-10.5, 10.5) for y in (-11.5, 11.5)]
    return room + np.sum(panes, axis=0, dtype=np.float32)


def _overcast() -> Colors:
    """A cloudy sky: three times as bright over head as at the horizon (Moon & Spencer 1942), grey ground."""
    _, up = _grid()
    sky = np.where(up > 0, (1 + 2 * np.sin(np.radians(np.maximum(up, 0)))) / 3, 0.12)
    light: Colors = (sky[..., None] * np.array([0.95, 0.98, 1.04])).astype(np.float32)
    return light


def _golden_hour() -> Colors:
    """A low warm sun from the left, a sky that is blue above and glows at the horizon."""
    sky = _gradient(
        [(-90, "4a3b31"), (-1, "6b513e"), (0, "ffb878"), (14, "e2b7a0"), (38, "8fa6c8"), (90, "5b7fb4")], 0.75
    )
    sun = soft_box(-58, 15, 5.0, 5.0, 420.0, (1.0, 0.66, 0.34))
    glow = soft_box(-58, 13, 46, 28, 1.6, (1.0, 0.62, 0.32))
    return sky + sun + glow


def _night_neon() -> Colors:
    """A dark street with a magenta tube on the left, a cyan one on the right and a violet sign behind."""
    night = _gradient([(-90, "0a0910"), (0, "181428"), (90, "0b0e1e")], 0.6)
    left = soft_box(-72, 20, 12, 80, 9.0, (1.0, 0.07, 0.55))
    right = soft_box(70, 16, 12, 80, 8.0, (0.05, 0.75, 1.0))
    sign = soft_box(168, 40, 60, 16, 6.0, (0.45, 0.16, 1.0))
    front = soft_box(-12, 50, 24, 12, 2.4, (1.0, 0.82, 0.7))
    return night + left + right + sign + front


_RIGS: dict[Light, Callable[[], Colors]] = {
    "studio": _studio,
    "three-point": _three_point,
    "window": _window,
    "overcast": _overcast,
    "golden-hour": _golden_hour,
    "night-neon": _night_neon,
}
