"""Photographs of what a camera sees: light, shadow, gloss, backdrops, lens, sensor and JPEG, all at random."""

from __future__ import annotations

import io

import numpy as np

from training.view import Pixels, View

Rng = np.random.Generator


def photograph(view: View, rng: Rng, *, backdrop: bool) -> Pixels:
    """The view as a camera or a painter would give it, sRGB 0..1 (S, S, 3). Without ``backdrop`` the rest is grey."""
    toon = rng.random() < 0.08
    subject = _toon(view, rng) if toon else _shade(view, rng)
    ground = _backdrop(view, rng) if backdrop else np.full_like(subject, 0.5)
    picture = np.where(view.mask[..., None], subject, ground)
    return _photograph(picture, rng)


def _shade(view: View, rng: Rng) -> Pixels:
    """Key light with shadow, a second light, sky and ground light, gloss; (S, S, 3) sRGB."""
    albedo = view.color**2.2
    normal = view.normal
    tint = 1 + rng.normal(0, 0.08, 3)
    key = np.clip(normal @ view.light, 0, None) * view.lit
    fill_way = rng.normal([0, -0.3, -1], 0.6)
    fill = np.clip(normal @ (fill_way / np.linalg.norm(fill_way)), 0, None)
    sky = 0.5 - 0.5 * normal[..., 1]
    strength = rng.dirichlet([2.0, 1.0, 1.5]) * rng.uniform(0.8, 1.6)
    flat = 0.5 if rng.random() < 0.1 else 0.0  # an even, shadowless studio
    light = (1 - flat) * (strength[0] * 1.6 * key + strength[1] * 1.3 * fill + strength[2] * (0.4 + 0.6 * sky)) + flat
    half = view.light - [0, 0, 1]
    half = half / max(float(np.linalg.norm(half)), 1e-6)
    gloss = np.clip(normal @ half, 0, None) ** rng.uniform(8, 90) * view.lit * rng.choice([0, 0, 0.15, 0.5])
    radiance = albedo * light[..., None] * tint + gloss[..., None]
    rim = 1 - np.clip(-normal[..., 2], 0, 1)
    radiance *= (1 - rng.uniform(0, 0.4) * rim**2)[..., None]  # a cheap ambient occlusion toward the outline
    return np.clip(radiance, 0, 1).astype(np.float32) ** (1 / 2.2)


def _toon(view: View, rng: Rng) -> Pixels:
    """Two or three tones and often a dark outline."""
    tone = np.clip(view.normal @ view.light, 0, 1)
    steps = int(rng.integers(1, 4))
    shade = 0.65 + 0.35 * np.floor(tone * steps + 0.5) / steps
    made = view.color * shade[..., None]
    if rng.random() < 0.6:
        jump = np.zeros(view.mask.shape, bool)
        for axis in (0, 1):
            step = np.abs(np.diff(view.front, axis=axis, prepend=0)) > 0.08
            turn = np.abs(np.diff(view.normal, axis=axis, prepend=0)).sum(-1) > 0.9
            jump |= step | turn
        made[jump] *= 0.2
    return made.astype(np.float32)


def _backdrop(view: View, rng: Rng) -> Pixels:
    """A wall and a table, a gradient, or clutter, with a soft shadow under the subject."""
    from scipy.ndimage import gaussian_filter

    side = len(view.mask)
    rows, columns = np.mgrid[:side, :side] / side
    one, other = rng.random((2, 3))
    kind = rng.integers(4)
    if kind == 0:
        share = np.full((side, side), 0.0)
    elif kind == 1:
        share = np.clip(rows * rng.uniform(-1, 1) + columns * rng.uniform(-1, 1) + 0.5, 0, 1)
    elif kind == 2:
        share = (rows > rng.uniform(0.3, 0.8)).astype(float)
    else:
        noise = gaussian_filter(rng.normal(0, 1, (side, side)), rng.uniform(1, 12))
        share = np.clip(noise / max(np.abs(noise).max(), 1e-6) * 1.5 + 0.5, 0, 1)
    made = one * (1 - share)[..., None] + other * share[..., None]
    spread = rng.uniform(2, 10)
    moved = np.roll(view.mask, (int(rng.integers(0, 12)), int(rng.integers(-8, 9))), (0, 1))
    shadow = gaussian_filter(moved.astype(float), spread)
    return (made * (1 - rng.uniform(0, 0.6) * shadow[..., None])).astype(np.float32)


def _photograph(picture: Pixels, rng: Rng) -> Pixels:
    """Blur, exposure, colour cast, noise and JPEG."""
    from PIL import Image
    from scipy.ndimage import gaussian_filter

    picture = gaussian_filter(picture, (s := rng.uniform(0.2, 0.9), s, 0))
    picture = np.clip(picture * rng.uniform(0.75, 1.25) * (1 + rng.normal(0, 0.05, 3)), 0, 1)
    picture = picture ** rng.uniform(0.8, 1.25) + rng.normal(0, rng.uniform(0, 0.03), picture.shape)
    made = (np.clip(picture, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.5:
        buffer = io.BytesIO()
        Image.fromarray(made).save(buffer, "JPEG", quality=int(rng.integers(45, 95)))
        made = np.asarray(Image.open(buffer))
    return made.astype(np.float32) / 255
