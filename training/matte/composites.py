"""Photographs that never were: a cut-out on a ground with what real photographs have, and the truth about it.

Each example is one random number generator's doing. What may be in it: cast, contact and reflected shadow, other
things behind, beside and in front, hands, glass, paint like the ground's, photographs as paint, crops at the frame,
depth of field, motion blur, vignette, noise, JPEG, text. ``hint`` tells the network what a person pointed at.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.matte.cutouts import ALPHA, AMBIENT, CAST, GLOSS, LIGHT, Store, is_held_out
from training.matte.grounds import Grounds, sheet

Rng = np.random.Generator
Pixels = NDArray[np.float32]
Bytes = NDArray[np.uint8]

_SKIN = np.array([[0.85, 0.62, 0.50], [0.72, 0.48, 0.36], [0.50, 0.32, 0.22], [0.92, 0.73, 0.62]], np.float32)


@dataclass
class Layer:
    """One thing, placed in the frame: planes (S, S), colour (S, S, 3), all 0..1."""

    color: Pixels
    alpha: Pixels
    cast: Pixels
    ambient: Pixels


@dataclass
class Example:
    """The picture 8-bit (S, S, 3), the truth 0..1 (S, S), and what a person pointed at, -1..1 (S, S)."""

    pixels: Bytes
    alpha: Pixels
    hint: Pixels


class Maker:
    """Draws examples from the cut-outs and grounds of a cache: those to train on, or those held out."""

    def __init__(
        self, store: Store, grounds: Grounds, side: int, *, held_out: bool, flat: list[Bytes] | None = None
    ) -> None:
        self.store, self.grounds, self.side, self.held_out = store, grounds, side, held_out
        self.flat = flat or []  # cut-outs that have colours and alpha only, (h, w, 4)
        self.refresh()

    def refresh(self) -> None:
        """Take up cut-outs made meanwhile."""
        self.store.refresh()
        self.rows = [row for row in self.store.rows if is_held_out(row.number) == self.held_out]

    def example(self, rng: Rng) -> Example:
        """One example."""
        side, aspect = self.side, float(np.exp(rng.uniform(-0.4, 0.4)))
        picture = self.grounds.ground(rng, side, aspect)
        others = np.zeros((side, side), np.float32)
        long_side = float(np.clip(rng.normal(0.74, 0.23), 0.22, 1.4))
        for _ in range(int(rng.choice((0, 1, 2, 3, 5), p=(0.64, 0.2, 0.09, 0.05, 0.02)))):
            picture, others = self._with_other(picture, others, long_side, aspect, rng)
        subject = self.place_cutout(rng, long_side, middle(rng, long_side), aspect, picture)
        truth, picture = subject.alpha, self.lay_on(picture, subject, rng)
        if rng.random() < 0.05:  # a second one of its kind
            where = middle(rng, long_side) + rng.uniform(-0.3, 0.3, 2)
            second = self.place_cutout(rng, long_side * rng.uniform(0.75, 1.0), where, aspect, picture)
            picture = self.lay_on(picture, second, rng)
            truth = 1 - (1 - truth) * (1 - second.alpha)
        if rng.random() < 0.08:
            picture, truth = self._hold_in_front(picture, truth, aspect, rng)
        hint = _hint(truth, rng)
        picture, truth = photograph(picture, truth, rng)
        return Example(picture, truth, hint)

    def _with_other(
        self, picture: Pixels, others: Pixels, long_side: float, aspect: float, rng: Rng
    ) -> tuple[Pixels, Pixels]:
        """One more thing that is not the subject: smaller and to the side, or cut by the frame, or a flat patch."""
        if rng.random() < 0.25:
            patch = self._patch(rng, aspect)
            return picture * (1 - patch.alpha[..., None]) + patch.color * patch.alpha[..., None], others
        angle = rng.uniform(0, 2 * np.pi)
        where = 0.5 + np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.38, 0.65)
        size = long_side * rng.uniform(0.15, 0.6)
        other = self.place_cutout(rng, size, where, aspect, picture)
        return self.lay_on(picture, other, rng), np.maximum(others, other.alpha)

    def _patch(self, rng: Rng, aspect: float) -> Layer:
        """A piece of a picture in the outline of some thing, or a rectangle, without light or shadow of its own."""
        layer = self.place_cutout(rng, rng.uniform(0.2, 0.9), rng.uniform(-0.1, 1.1, 2), aspect, None)
        if rng.random() < 0.5:
            box = np.zeros((self.side, self.side), np.uint8)
            centre, size = rng.uniform(-0.1, 1.1, 2) * self.side, rng.uniform(0.05, 0.6, 2) * self.side
            corners = cv2.boxPoints((tuple(centre), tuple(size), float(rng.uniform(0, 90) * (rng.random() < 0.5))))
            layer.alpha = cv2.fillConvexPoly(box, np.int32(corners), 255, cv2.LINE_AA).astype(np.float32) / 255
        layer.color = self.grounds.piece(rng, self.side) if rng.random() < 0.7 else sheet(rng, self.side)
        return layer

    def place_cutout(
        self, rng: Rng, long_side: float, where: NDArray[np.float64], aspect: float, ground: Pixels | None
    ) -> Layer:
        """A cut-out at a place and size (shares of the frame), lit and coloured."""
        if self.flat and rng.random() < 0.06:
            return self._flat(rng, long_side, where, aspect)
        row = self.rows[int(rng.integers(len(self.rows)))]
        planes = self.store.planes(row)
        matrix = _affine(row.box, long_side, where, aspect, self.side, rng)
        shape = (self.side, self.side)
        first = cv2.warpAffine(np.ascontiguousarray(planes[..., :4]), matrix, shape, flags=cv2.INTER_LINEAR)
        second = cv2.warpAffine(np.ascontiguousarray(planes[..., 4:]), matrix, shape, flags=cv2.INTER_LINEAR)
        first, second = first.astype(np.float32) / 255, second.astype(np.float32) / 255
        alpha = second[..., ALPHA - 4]
        soft = float(np.exp(rng.uniform(-0.9, 0.5)))
        if rng.random() < 0.06:
            soft *= 3
        edge = cv2.GaussianBlur(alpha, (0, 0), soft)
        weight = np.maximum(alpha, 1e-3)[..., None]
        color = self._color(first[..., :3], alpha, ground, aspect, rng)
        lit = _lit(color, first[..., LIGHT, None] / weight, second[..., GLOSS - 4, None] / weight, rng)
        inside = (alpha > 0.5).astype(np.float32)
        spread = cv2.GaussianBlur(inside, (0, 0), soft + 0.5)[..., None]
        lit = cv2.GaussianBlur(lit * inside[..., None], (0, 0), soft + 0.5) / np.maximum(spread, 1e-3)
        return Layer(np.clip(lit, 0, 1), edge, second[..., CAST - 4], second[..., AMBIENT - 4])

    def _flat(self, rng: Rng, long_side: float, where: NDArray[np.float64], aspect: float) -> Layer:
        """A drawn cut-out."""
        art = self.flat[int(rng.integers(len(self.flat)))]
        matrix = _affine((0, art.shape[0], 0, art.shape[1]), long_side, where, aspect, self.side, rng)
        made = cv2.warpAffine(art, matrix, (self.side, self.side), flags=cv2.INTER_LINEAR).astype(np.float32) / 255
        none = np.zeros((self.side, self.side), np.float32)
        return Layer(made[..., :3], made[..., 3], none, cv2.GaussianBlur(made[..., 3], (0, 0), 6) * 0.5)

    def _color(self, own: Pixels, alpha: Pixels, ground: Pixels | None, aspect: float, rng: Rng) -> Pixels:
        """What the subject is painted with: its own, a photograph, one colour, or about the ground's."""
        kind = rng.random()
        if kind < 0.3:
            photo = self.grounds.piece(rng, self.side, "held in the hand" if rng.random() < 0.5 else "", aspect)
            mean = photo.mean(axis=(0, 1))
            own = np.clip(mean * rng.uniform(0.6, 1.6) + (photo - mean) * rng.uniform(0.3, 1.1), 0, 1)
        elif kind < 0.42:
            own = np.broadcast_to(sheet(rng, 1)[0, 0], own.shape) * (0.85 + 0.3 * own.mean(axis=2, keepdims=True))
        elif kind < 0.56:  # muted: most things are no toys
            grey = own.mean(axis=2, keepdims=True)
            own = grey + (own - grey) * rng.uniform(0, 0.5)
        if ground is not None and rng.random() < 0.09 and alpha.sum() > 20:  # pale on pale, dark on dark
            share = alpha / alpha.sum()
            shift = (ground * share[..., None]).sum(axis=(0, 1)) - (own * share[..., None]).sum(axis=(0, 1))
            own = own + shift * rng.uniform(0.4, 0.9)
        own = own * np.exp(rng.normal(0, 0.08, 3)) + rng.normal(0, 0.02, 3)
        return np.clip(own, 0.01, 1).astype(np.float32)

    def lay_on(self, picture: Pixels, layer: Layer, rng: Rng) -> Pixels:
        """The picture with shadow, reflection and the thing itself on it."""
        alpha = layer.alpha[..., None]
        if rng.random() < 0.8:
            soft = float(np.exp(rng.uniform(-0.5, 1.6)))
            dark = 1 - rng.uniform(0, 0.75) * cv2.GaussianBlur(layer.cast, (0, 0), soft)
            dark *= 1 - rng.uniform(0.1, 0.9) * cv2.GaussianBlur(layer.ambient, (0, 0), 2.0)
            picture = picture * (dark[..., None] ** (1 + rng.normal(0, 0.08, 3))).astype(np.float32)
        if rng.random() < 0.1:
            picture = _reflect(picture, layer, rng)
        if rng.random() < 0.02:  # glass: the ground shines through, the thing is there all the same
            thin = rng.uniform(0.25, 0.7)
            return picture * (1 - alpha * thin) + layer.color * alpha * thin
        return picture * (1 - alpha) + layer.color * alpha

    def _hold_in_front(self, picture: Pixels, truth: Pixels, aspect: float, rng: Rng) -> tuple[Pixels, Pixels]:
        """Something in front that comes from the frame: a hand's colour half the time."""
        angle = rng.uniform(0, 2 * np.pi)
        where = 0.5 + np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.4, 0.55)
        layer = self.place_cutout(rng, rng.uniform(0.3, 0.7), where, aspect, None)
        if rng.random() < 0.6:
            grey = layer.color.mean(axis=2, keepdims=True)
            skin = _SKIN[int(rng.integers(len(_SKIN)))]
            layer.color = np.clip(skin * (0.55 + 0.75 * grey), 0, 1).astype(np.float32)
        left = truth * (1 - layer.alpha)
        if left.sum() < 0.6 * truth.sum():
            return picture, truth
        alpha = layer.alpha[..., None]
        return picture * (1 - alpha) + layer.color * alpha, left


def middle(rng: Rng, long_side: float) -> NDArray[np.float64]:
    """Where the subject's centre lies: near the middle, anywhere that it fits, or cut by the frame."""
    kind = rng.random()
    if kind < 0.06:
        return 0.5 + rng.uniform(-0.45, 0.45, 2)
    if kind < 0.25:  # as in a portrait: the frame's lower edge cuts it
        return np.array([rng.uniform(0.35, 0.65), 1.0 - long_side * rng.uniform(0.1, 0.45)])
    slack = max(0.03, (1 - long_side) / 2)
    return 0.5 + np.clip(rng.normal(0, 0.45, 2), -1, 1) * slack


def _affine(
    box: tuple[int, int, int, int], long_side: float, where: NDArray[np.float64], aspect: float, side: int, rng: Rng
) -> NDArray[np.float64]:
    """From a cut-out's pixels to the frame's, (2, 3): size, place, mirror, a little roll, and the frame's aspect."""
    top, bottom, left, right = box
    scale = long_side * side / max(bottom - top, right - left)
    roll = np.radians(rng.normal(0, 5) if rng.random() < 0.85 else rng.uniform(-180, 180))
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    mirror = np.diag([rng.choice([-1.0, 1.0]), 1.0])
    squeeze = np.diag([min(1.0, 1 / aspect), min(1.0, aspect)])
    linear = squeeze @ turn @ mirror * scale
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    return np.column_stack([linear, where * side - linear @ centre])


def _lit(color: Pixels, light: Pixels, gloss: Pixels, rng: Rng) -> Pixels:
    """Colour under light, sRGB."""
    strength = np.exp(rng.normal(0.25, 0.3))
    tint = np.exp(rng.normal(0, 0.07, 3)).astype(np.float32)
    bent = cv2.pow(np.maximum(light[..., 0], 0), rng.uniform(0.6, 1.3))[..., None]
    radiance = cv2.pow(color, 2.2) * (bent * (strength * tint).astype(np.float32))
    shine = float(rng.choice([0, 0, 0.1, 0.3, 0.8]))
    if shine:
        radiance += gloss * np.float32(shine)
    return np.asarray(cv2.pow(np.clip(radiance, 0, 1), 1 / 2.2), np.float32)


def _reflect(picture: Pixels, layer: Layer, rng: Rng) -> Pixels:
    """A reflection in polished ground: the thing upside down below its lowest point, fading."""
    rows = np.flatnonzero(layer.alpha.max(axis=1) > 0.5)
    if len(rows) == 0 or rows[-1] > 0.95 * len(picture):
        return picture
    matrix = np.array([[1, 0, 0], [0, -1, 2.0 * rows[-1] - rng.uniform(0, 6)]])
    shape = layer.alpha.shape[::-1]
    color, alpha = cv2.warpAffine(layer.color, matrix, shape), cv2.warpAffine(layer.alpha, matrix, shape)
    below = np.arange(len(picture))[:, None] - rows[-1]
    alpha = alpha * np.clip(1 - below / (rng.uniform(0.1, 0.6) * len(picture)), 0, 1) * rng.uniform(0.1, 0.5)
    soft = cv2.GaussianBlur(alpha.astype(np.float32), (0, 0), rng.uniform(0.5, 3))[..., None]
    return picture * (1 - soft) + color * soft


def _hint(truth: Pixels, rng: Rng) -> Pixels:
    """Now and then what a person would point at: a click on the subject, one beside it, or a box around it."""
    hint = np.zeros_like(truth)
    inside = np.argwhere(truth > 0.8)
    if len(inside) < 30 or rng.random() > 0.25:
        return hint
    if rng.random() < 0.4:
        low, high = inside.min(axis=0), inside.max(axis=0)
        room = np.abs(rng.normal(0, 0.05, 4)) * len(truth)
        (top, left), (bottom, right) = np.maximum(low - room[:2], 0).astype(int), (high + room[2:]).astype(int)
        hint[:] = -1
        hint[top : bottom + 1, left : right + 1] = 0
    else:
        row, column = inside[int(rng.integers(len(inside)))]
        cv2.circle(hint, (int(column), int(row)), max(2, len(truth) // 50), 1.0, -1)
        outside = np.argwhere(truth < 0.05)
        if rng.random() < 0.3 and len(outside):
            row, column = outside[int(rng.integers(len(outside)))]
            cv2.circle(hint, (int(column), int(row)), max(2, len(truth) // 50), -1.0, -1)
    return hint


def photograph(picture: Pixels, truth: Pixels, rng: Rng) -> tuple[Bytes, Pixels]:
    """Lens, sensor and file."""
    if rng.random() < 0.5:
        soft = float(rng.uniform(0.3, 1.2))
        picture, truth = cv2.GaussianBlur(picture, (0, 0), soft), cv2.GaussianBlur(truth, (0, 0), soft)
    if rng.random() < 0.06:
        streak = np.zeros((9, 9), np.float32)
        angle, reach = rng.uniform(0, np.pi), rng.uniform(1, 4)
        way = np.array([np.cos(angle), np.sin(angle)]) * reach
        cv2.line(streak, tuple(np.int32(4 - way)), tuple(np.int32(4 + way)), 1.0, 1)
        picture, truth = (cv2.filter2D(plane, -1, streak / streak.sum()) for plane in (picture, truth))
    if rng.random() < 0.25:
        rows, columns = np.mgrid[-1 : 1 : len(truth) * 1j, -1 : 1 : len(truth) * 1j]
        picture = picture * (1 - rng.uniform(0, 0.5) * (rows**2 + columns**2) / 2)[..., None].astype(np.float32)
    gain = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.05, 3)).astype(np.float32)
    picture = cv2.pow(np.clip(picture * gain, 0, 1).astype(np.float32), float(np.exp(rng.normal(0, 0.15))))
    if rng.random() < 0.05:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    if rng.random() < 0.15:
        picture = picture + rng.uniform(0.3, 1.2) * (picture - cv2.GaussianBlur(picture, (0, 0), 1.2))
    noise = rng.standard_normal((*truth.shape, 1), np.float32) + 0.5 * rng.standard_normal(picture.shape, np.float32)
    picture = picture + noise * np.float32(rng.choice([0.003, 0.01, 0.03, 0.06], p=(0.45, 0.37, 0.16, 0.02)))
    made = np.clip(picture * 255, 0, 255).astype(np.uint8)
    if rng.random() < 0.03:
        place = (int(rng.integers(0, 150)), int(rng.integers(20, len(truth))))
        ink = tuple(int(v) for v in rng.integers(0, 256, 3))
        cv2.putText(made, "".join(rng.choice(list("ABCDEFGHklmno 0123."), 12)), place, 0, rng.uniform(0.3, 1), ink, 1)
    if rng.random() < 0.7:
        _, coded = cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))])
        made = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return made, np.clip(truth, 0, 1)
