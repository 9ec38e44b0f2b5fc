"""Every kind of shape from masks that nobody would cut out: nothing crashes, all is finite, and the same twice."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

from maquette.core.subject import Subject
from maquette.generate.guess.input import enlarge
from maquette.generate.guess.network import Guess, infer
from maquette.generate.guess.volume import FINER, field_of
from maquette.generate.hypotheses.contest import proposals
from maquette.generate.hypotheses.judge import merits

pytest.importorskip("onnxruntime")

CELLS = 32


@functools.cache
def some_guess() -> Guess:
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    return infer(Subject(pixels, mask=np.ones((64, 64), np.float32)), "test")


def hostile_mask(seed: int) -> np.ndarray:
    """A mask (64, 64) of dots, lines, combs, rings, noise, corners, or some of them together."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:64, :64]
    y, x, size = rng.integers(0, 64, 3)
    kinds = [
        (rows == y) & (columns == x),
        (np.abs(rows - y) < 1 + size // 20) & (columns > x),
        ((columns + x) % max(size // 6, 2) < 1 + size // 16) & (rows > y // 2) | ((rows < y) & (rows > y // 2)),
        np.abs(np.hypot(rows - y, columns - x) - size / 2) < 1 + size // 30,
        rng.random((64, 64)) < rng.random(),
        rows + columns < size,
        (rows - y) ** 2 / max(int(size), 1) + (columns - x) ** 2 < 4 * size,
        np.ones((64, 64), bool),
    ]
    picked = rng.choice(len(kinds), rng.integers(1, 4), replace=False)
    mask = np.any([kinds[number] for number in picked], axis=0)
    mask[y, x] = True  # an empty one is refused before
    return mask


def propose(seed: int) -> dict[str, tuple[bytes, float]]:
    """Each kind's values and merit for a hostile mask; what is not finite fails here."""
    mask = hostile_mask(seed).astype(np.float32)
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(64, 64, 3)).astype(np.float32)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    guess = replace(
        some_guess(), mask=mask, up=rng.normal(size=3), eye=float(rng.uniform(1.7, 5.7)), normal=-np.abs(normal),
        front=rng.normal(0, 0.3, (64, 64)).astype(np.float32),
    )  # fmt: skip
    fine = enlarge(mask, FINER * CELLS)
    body = field_of(guess, fine, 0)
    made = proposals(body, guess, fine)
    worth = merits(made, body, guess)
    for name, proposal in made.items():
        assert np.isfinite(proposal.field.values).all(), (seed, name)
        assert np.isfinite(proposal.up).all(), (seed, name)
        assert np.isfinite(proposal.middle).all(), (seed, name)
        assert np.isfinite(worth[name]), (seed, name)
    return {name: (proposal.field.values.tobytes(), worth[name]) for name, proposal in made.items()}


@pytest.mark.parametrize("seed", range(12))
def test_a_hostile_mask_crashes_no_kind(seed):
    made = propose(seed)
    assert {"body", "slab"} <= set(made)


def test_a_hostile_mask_gives_the_same_bytes():
    assert propose(3) == propose(3)
