"""Synthetic photos of a table with things of known size on it, seen by a pinhole camera, with noise and JPEG."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from maquette.core.subject import Subject
from maquette.photo.marker import grid

Paint = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


class Table:
    """A camera over the plane z = 0. ``tilt`` from straight down, ``roll`` about the axis, ``focal`` over the width."""

    def __init__(self, size=(1200, 900), focal=0.8, height=400.0, tilt=30.0, roll=8.0, seed=0):
        self.width, self.height_px = size
        self.focal = focal * max(size)
        t, r = np.radians([tilt, roll])
        forward = np.array([0.0, np.sin(t), -np.cos(t)])
        right, down = np.array([1.0, 0.0, 0.0]), np.cross(forward, [1.0, 0.0, 0.0])
        self.axes = np.stack([right * np.cos(r) + down * np.sin(r), down * np.cos(r) - right * np.sin(r), forward])
        self.eye = -forward * height
        self.seed = seed
        self.things: list[Paint] = []

    def project(self, x: float, y: float) -> np.ndarray:
        """The pixel of a place on the table."""
        local = self.axes @ (np.array([x, y, 0.0]) - self.eye)
        return local[:2] / local[2] * self.focal + np.array([self.width, self.height_px]) / 2 - 0.5

    def scale(self, x: float = 0.0, y: float = 0.0) -> float:
        """Millimetres a pixel, square to the view, at a place on the table."""
        return float((self.axes @ (np.array([x, y, 0.0]) - self.eye))[2] / self.focal)

    def add(self, paint: Paint) -> Table:
        self.things.append(paint)
        return self

    def photo(self, noise=3.0, quality=88, blur=0.7, over=2) -> Subject:
        """The photo as a camera would give it."""
        dice = np.random.default_rng(self.seed)
        columns = ((np.arange(self.width * over) + 0.5) / over - self.width / 2).astype(np.float32)
        rows = ((np.arange(self.height_px * over) + 0.5) / over - self.height_px / 2).astype(np.float32)
        u, v = np.meshgrid(columns / self.focal, rows / self.focal)
        a, b, c = self.axes.T.astype(np.float32)[:, :, None, None]
        far = np.float32(-self.eye[2]) / np.minimum(u * c[0] + v * c[1] + c[2], np.float32(-1e-3))
        x = (u * a[0] + v * a[1] + a[2]) * far + np.float32(self.eye[0])
        y = (u * b[0] + v * b[1] + b[2]) * far + np.float32(self.eye[1])
        grain = np.sin(x / 7 + 2.5 * np.sin(y / 60)) * 6 + np.sin(x / 1.7 + y / 40) * 3
        light = np.array([120, 82, 52], np.float32) + grain[..., None] * np.array([1, 0.8, 0.6], np.float32)
        for paint in self.things:
            part = _window(paint, x, y, light)
            light[part] = paint(x[part], y[part], light[part])
        light *= 1 + 0.12 * (columns[None, :, None] / self.width)
        small = light.reshape(self.height_px, over, self.width, over, 3).mean(axis=(1, 3))
        small = gaussian_filter(small, (blur, blur, 0)) + dice.normal(0, noise, small.shape)
        out = io.BytesIO()
        Image.fromarray(np.clip(np.rint(small), 0, 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
        return Subject(np.asarray(Image.open(out).convert("RGB")))


def _window(paint: Paint, x, y, light, step=8) -> tuple[slice, slice]:
    """The rows and columns that a thing touches, by a look at every eighth."""
    coarse = light[::step, ::step]
    rows, columns = np.nonzero((paint(x[::step, ::step], y[::step, ::step], coarse) != coarse).any(axis=-1))
    spans = ((rows.min(), rows.max()), (columns.min(), columns.max())) if len(rows) else ((0, -2), (0, -2))
    return tuple(slice(max(0, low - 1) * step, (high + 2) * step) for low, high in spans)


def rectangle(cx, cy, width, height, turn=0.0, radius=0.0, color=(225, 228, 235), print_=True, shadow=0.0) -> Paint:
    """A card or sheet with a stripe, a chip and lines of text on it."""
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))

    def paint(x, y, light):
        a, b = (x - cx) * c + (y - cy) * s, (y - cy) * c - (x - cx) * s
        if shadow:
            light = (
                light
                * (1 - 0.25 * np.clip(1 - _outside(a - shadow, b + shadow, width, height, radius) / 3, 0, 1))[..., None]
            )
        inside = _outside(a, b, width, height, radius) <= 0
        ink = np.broadcast_to(np.array(color, float), light.shape).copy()
        if print_:
            ink[np.abs(b - height * 0.28) < height * 0.07] = (40, 60, 120)
            ink[(np.abs(a + width * 0.3) < width * 0.07) & (np.abs(b) < height * 0.1)] = (205, 170, 90)
            ink[(np.abs(b + height * 0.25) < height * 0.04) & (np.mod(a, width / 12) < width / 20)] *= 0.4
        return np.where(inside[..., None], ink, light)

    return paint


def _outside(a, b, width, height, radius):
    """Distance to a rectangle with round corners, negative inside."""
    p, q = np.abs(a) - width / 2 + radius, np.abs(b) - height / 2 + radius
    return np.hypot(np.maximum(p, 0), np.maximum(q, 0)) + np.minimum(np.maximum(p, q), 0) - radius


def card(cx=0.0, cy=0.0, turn=10.0, **more) -> Paint:
    return rectangle(cx, cy, 85.60, 53.98, turn, 3.18, **more)


def disc(cx, cy, diameter, color=(176, 160, 120), relief=14.0) -> Paint:
    """A coin: struck waves, a bright rim."""

    def paint(x, y, light):
        away = np.hypot(x - cx, y - cy)
        wave = relief * np.sin((x - cx) * 1.9 + 1.3 * np.sin((y - cy) * 1.1)) * np.cos((y - cy) * 1.6)
        ink = np.array(color, float) + wave[..., None] + np.where(away > diameter * 0.46, 25.0, 0.0)[..., None]
        return np.where((away <= diameter / 2)[..., None], ink, light)

    return paint


def printed_marker(cx, cy, side=40.0, turn=0.0) -> Paint:
    """The marker on its white page."""
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))

    def paint(x, y, light):
        a, b = (x - cx) * c + (y - cy) * s, (y - cy) * c - (x - cx) * s
        page = np.maximum(np.abs(a), np.abs(b)) <= side * 5 / 6
        column = np.clip(np.floor((a / side + 0.5) * 6), 0, 5).astype(int)
        row = np.clip(np.floor((0.5 - b / side) * 6), 0, 5).astype(int)
        black = (np.maximum(np.abs(a), np.abs(b)) <= side / 2) & ~grid()[row, column]
        light = np.where(page[..., None], np.array([238.0, 238.0, 232.0]), light)
        return np.where(black[..., None], np.array([28.0, 28.0, 30.0]), light)

    return paint


def ruler(cx, cy, length=150.0, turn=3.0, color=(232, 214, 160), width=28.0) -> Paint:
    """A metric ruler: ticks of 3, 4.5 and 6 mm from its lower edge, numbers as blocks."""
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))

    def paint(x, y, light):
        a, b = (x - cx) * c + (y - cy) * s, (y - cy) * c - (x - cx) * s
        inside = (np.abs(a) <= length / 2 + 5) & (np.abs(b) <= width / 2)
        at = a + length / 2
        number = np.rint(at)
        long = np.where(np.mod(number, 10) == 0, 6.5, np.where(np.mod(number, 5) == 0, 4.8, 3.2))
        tick = (np.abs(at - number) < 0.13) & (b + width / 2 < long) & (number >= 0) & (number <= length)
        digit = (np.abs(b + width / 2 - 9.5) < 1.3) & (np.abs(np.mod(at + 5, 10) - 5) < 0.9)
        light = np.where(inside[..., None], np.array(color, float), light)
        return np.where((inside & (tick | digit))[..., None], np.array([25.0, 25.0, 25.0]), light)

    return paint
