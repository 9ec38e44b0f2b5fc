"""From light on a film to a picture: toned, laid over its floor and its background, as sRGB bytes."""

from __future__ import annotations

from typing import Any, Literal, cast, get_args

import numpy as np

from maquette.core.arrays import Bytes, Singles
from maquette.render.backdrop import backdrop
from maquette.render.color import Colors, hex_color, to_linear, to_srgb
from maquette.render.paths.shot import Film

Tone = Literal["soft", "agx", "filmic", "srgb"]
TONES: tuple[Tone, ...] = get_args(Tone)
Backdrop = Literal["studio", "white", "dark", "transparent", "cutout"]
BACKDROPS: tuple[Backdrop, ...] = get_args(Backdrop)

_GROUNDS = {"studio": ("f4f3f1", "cfd1d5"), "white": ("ffffff", "ffffff"), "dark": ("3a3d44", "17181c")}
_SHADOW_COLOR = 0.4  # of what colored lamps leave in a shadow: the eye is used to the lamps, the background is not lit
# AgX (Sobotka 2022) with the fit of its curve by Wrensch 2023: into a wider gamut, a sigmoid over 16.5 stops, and back.
_AGX_IN = np.array(
    [[0.842479, 0.0784336, 0.0792237], [0.0423283, 0.8784686, 0.0791661], [0.0423757, 0.0784336, 0.8791430]]
)
_AGX_LOW, _AGX_HIGH = -12.47393, 4.026069
_AGX_CURVE = (15.5, -40.14, 31.96, -6.868, 0.4298, 0.1191, -0.00232)


def tone(light: Colors, how: Tone) -> Colors:
    """Light without limit (…, 3) as linear light 0..1 that a screen can show.

    ``soft`` keeps colors as they are and presses what is brighter than 0.8; ``agx`` lets bright colors fade to white as
    film does; ``filmic`` has more contrast (the ACES fit of Narkowicz 2016); ``srgb`` cuts off.
    """
    if how == "srgb":
        cut: Colors = np.clip(light, 0, 1)
        return cut
    if how == "filmic":
        x = np.maximum(light, 0) * 0.8
        curve: Colors = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
        return curve
    if how == "agx":
        return _agx(light)
    brightest = np.maximum(light.max(axis=-1, keepdims=True), 1e-9)
    over = np.maximum(brightest - 0.8, 0)
    pressed = np.where(over > 0, 0.8 + 0.2 * (1 - np.exp(-over / 0.5)), brightest)
    hue = np.maximum(light, 0) / brightest
    whiter = hue + (1 - hue) * (1 - np.exp(-over / 4))  # what is far too bright is white, whatever its color
    toned: Colors = np.clip(whiter * pressed, 0, 1).astype(np.float32)
    return toned


def _agx(light: Colors) -> Colors:
    """AgX's base look with a little more color and contrast, as its ``punchy`` has it."""
    wide = np.maximum(light, 0) @ _AGX_IN.T
    stops = (np.clip(np.log2(np.maximum(wide, 1e-10)), _AGX_LOW, _AGX_HIGH) - _AGX_LOW) / (_AGX_HIGH - _AGX_LOW)
    shown = np.polyval(_AGX_CURVE, stops)
    shown = np.maximum(shown, 0) ** 1.15
    grey = (shown @ np.array([0.2126, 0.7152, 0.0722]))[..., None]
    shown = grey + 1.25 * (shown - grey)
    back = np.maximum(shown @ np.linalg.inv(_AGX_IN).T, 0) ** 2.2
    shown = np.clip(back, 0, 1).astype(np.float32)
    return cast(Colors, shown)


def develop(film: Film, open_floor: Colors, behind: Backdrop | Colors, how: Tone = "soft") -> Bytes:
    """The picture (H, W, 4) uint8 with straight alpha. ``behind`` is a name or linear colors (H, W, 3)."""
    alpha: Any = film.alpha[..., None]
    model = tone(film.light / np.maximum(alpha, 1e-6), how) * alpha
    ratio = shadow_of(film, open_floor)
    share = film.floor_share[..., None]
    if isinstance(behind, str) and behind in ("transparent", "cutout"):
        dark = 1 - ratio.mean(axis=2, keepdims=True)
        total = alpha + (np.clip(dark, 0, 1) * share if behind == "transparent" else 0)
        straight = np.divide(model, total, out=np.zeros_like(model), where=total > 1e-6)
        return as_bytes(to_srgb(straight.astype(np.float32)), total)
    height, width = film.alpha.shape
    ground: Any = plain_ground(height, width, behind) if isinstance(behind, str) else behind
    picture = model + ground * ((1 - alpha - share) + share * ratio)
    return as_bytes(to_srgb(np.clip(picture, 0, 1).astype(np.float32)), np.ones_like(alpha))


def shadow_of(film: Film, open_floor: Colors) -> Colors:
    """What the floor shows against a floor with nothing on it, (H, W, 3); 1: as bright, 0: black."""
    share = np.maximum(film.floor_share, 1e-6)[..., None]
    ratio = film.floor / share / np.maximum(open_floor, 1e-9)
    grey = (ratio @ np.array([0.2126, 0.7152, 0.0722], np.float32))[..., None]
    ratio = grey + _SHADOW_COLOR * (ratio - grey)
    return np.where(film.floor_share[..., None] > 0, np.clip(ratio, 0, 1.15), 1.0).astype(np.float32)


def plain_ground(height: int, width: int, name: str) -> Colors:
    """A background by name, linear (H, W, 3)."""
    return to_linear(backdrop(height, width, *_GROUNDS[name]))


def wall(height: int, width: int, color: str) -> Colors:
    """A background of one color, brighter in its middle, linear (H, W, 3)."""
    center = hex_color(color)
    lighter, darker = (np.clip(center * gain, 0, 1) for gain in (1.1, 0.78))
    names = ["".join(f"{round(float(c) * 255):02x}" for c in part) for part in (lighter, darker)]
    return to_linear(backdrop(height, width, *names))


def as_bytes(color: Colors, alpha: Singles) -> Bytes:
    """sRGB 0..1 (H, W, 3) and alpha (H, W, 1) as bytes (H, W, 4)."""
    return np.round(np.concatenate([color, alpha], axis=2).clip(0, 1) * 255).astype(np.uint8)
