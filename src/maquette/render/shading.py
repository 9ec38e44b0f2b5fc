"""From surface and light to what the eye sees, in linear light."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Singles
from maquette.render.color import Colors
from maquette.render.lighting import KEY, RIM, Light, Rig, along
from maquette.render.scene import Samples
from maquette.render.surfaces import Surface


def shade(surface: Surface, light: Light, rig: Rig, samples: Samples) -> Colors:
    """Colour of each sample (N, 3): diffuse from sky and lamps, a highlight, a reflection of the studio, glow."""
    normal, back = surface.normal, -samples.toward
    facing = np.clip(np.einsum("ij,ij->i", normal, back), 1e-3, 1)
    key = KEY * np.maximum(along(normal, rig.key), 0) * light.key
    rim = RIM * np.maximum(along(normal, rig.rim), 0) * light.sky
    ambient = rig.open_sky(normal)[:, None] * _bounce(light.sky, surface.color)
    metal = surface.metallic[:, None]
    # A studio shows metal mostly by what it mirrors; a part stays diffuse, because one sky is little to mirror.
    diffuse = surface.color * (1 - 0.75 * metal) * (ambient + (key + rim)[:, None])
    straight = surface.reflectance[:, None] * (1 - metal) + surface.color * metal  # reflectance at right angles
    smooth = (1 - surface.roughness)[:, None]
    fresnel = straight + np.maximum(smooth - straight, 0) * ((1 - facing) ** 5)[:, None]
    mirrored = 2 * np.einsum("ij,ij->i", normal, back)[:, None] * normal - back
    around = _room(mirrored, rig, surface.roughness) * (0.3 + 0.7 * light.sky)
    shine = _highlight(normal, back, rig.key, surface.roughness, facing) * light.key * KEY
    color: Colors = diffuse + fresnel * around[:, None] + straight * shine[:, None] + surface.glow
    return color


def tone(color: Colors) -> Colors:
    """Light above 0.8 pressed softly into what is left up to 1, hue kept."""
    brightest = color.max(axis=1)
    over = np.maximum(brightest - 0.8, 0)
    pressed = np.where(over > 0, 0.8 + 0.2 * (1 - np.exp(-over / 0.2)), brightest)
    toned: Colors = color * (pressed / np.maximum(brightest, 1e-6))[:, None]
    return toned


def _bounce(visible: Singles, color: Colors) -> Colors:
    """Ambient light in corners, where a bright surface lights itself: Jimenez et al. 2016, eq. 10. (N, 3)."""
    v = visible[:, None]
    a, b, c = 2.0404 * color - 0.3324, -4.7951 * color + 0.6417, 2.7552 * color + 0.6903
    bounced: Colors = np.maximum(v, ((v * a + b) * v + c) * v)
    return bounced


def _room(direction: Singles, rig: Rig, roughness: Singles) -> Singles:
    """The studio in a mirror (N,): a soft box over head, a strip light at each side, a dark horizon, a grey floor.

    Roughness blurs it towards the plain sky.
    """
    up, aside = along(direction, rig.axes[:, 1]), along(direction, rig.axes[:, 0])
    sharp = np.square(1 - roughness)
    edge = 2.5 + 10 * sharp
    box = 1 / (1 + np.exp(-edge * (up - 0.45)))
    strip = np.exp(-np.square((np.abs(aside) - 0.72) * edge / 2.2)) * (np.abs(up) < 0.95)
    floor = 1 / (1 + np.exp(edge * (up + 0.25)))
    lamps = 0.16 + 1.05 * box + 0.75 * strip + 0.16 * floor
    light: Singles = rig.sky(direction) * (1 - np.sqrt(sharp)) + lamps * np.sqrt(sharp)
    return light


def _highlight(normal: Singles, back: Singles, to_light: Floats, roughness: Singles, facing: Singles) -> Singles:
    """Cook-Torrance without Fresnel: GGX (Walter et al. 2007) with Karis' visibility term, times n·l. (N,)."""
    half = back + to_light.astype(np.float32)
    half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
    n_h = np.clip(np.einsum("ij,ij->i", normal, half), 0, 1)
    n_l = np.clip(along(normal, to_light), 0, 1)
    alpha = np.square(np.maximum(roughness, 0.15))
    spread = alpha * alpha / np.square(n_h * n_h * (alpha * alpha - 1) + 1)
    k = alpha / 2
    masking = 1 / ((n_l * (1 - k) + k) * (facing * (1 - k) + k))
    highlight: Singles = np.minimum(spread * masking * n_l / 4, 12.0)
    return highlight
