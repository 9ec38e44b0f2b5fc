"""The contest: several explanations of one photo, and the one that explains it best."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from maquette.generate.hypotheses.box import box
from maquette.generate.hypotheses.proposal import Proposal
from maquette.generate.hypotheses.slab import slab
from maquette.generate.hypotheses.turned import turned
from maquette.generate.sculpt_input import Pixels
from maquette.generate.sculpt_network import Guess
from maquette.generate.sculpt_volume import Field


def proposals(body: Field, guess: Guess, mask: Pixels, shape: str = "auto") -> Mapping[str, Proposal]:
    """Every explanation that can be had, by name; only the one that was asked for unless ``shape`` is auto.

    mask (R', R') covers the window; ``body`` is what the network makes of it.
    """
    makers = {
        "body": lambda: as_body(body, guess),
        "turned": lambda: turned(body, guess, mask),
        "box": lambda: box(body, guess, mask),
        "slab": lambda: slab(body, guess),
    }
    made = {name: make() for name, make in makers.items() if shape in ("auto", name)}
    return {name: proposal for name, proposal in made.items() if proposal is not None}


def as_body(body: Field, guess: Guess) -> Proposal:
    """The network's own shape as a proposal."""
    rows = np.argwhere(body.values[::4, ::4, ::4] > 0) * 4.0
    middle = body.unprojected(rows).mean(axis=0) if len(rows) else np.zeros(3)
    up = guess.up / max(float(np.linalg.norm(guess.up)), 1e-9)
    return Proposal("body", body, up, middle, "a free form")
