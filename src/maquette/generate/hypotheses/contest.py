"""The contest: several explanations of one photo, and the one that explains it best."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from maquette.core.progress import note
from maquette.generate.guess.ground import believable_up
from maquette.generate.guess.input import Pixels, enlarge
from maquette.generate.guess.network import Guess
from maquette.generate.guess.plumb import is_compact, likely_up, stand_plumb
from maquette.generate.guess.symmetry import complete, even_sides, mirror_plane
from maquette.generate.guess.volume import FINER, Field, field_of
from maquette.generate.hypotheses.box import box
from maquette.generate.hypotheses.judge import merits
from maquette.generate.hypotheses.mirrored import mirrored_thing
from maquette.generate.hypotheses.proposal import Proposal, alike_outline, seen_from_the_side
from maquette.generate.hypotheses.slab import slab
from maquette.generate.hypotheses.turned import turned_thing

_EVEN_FACED = 0.85  # of the outline's two halves
_COARSE = 64  # cells a side on which the proposals are compared


def proposals(body: Field, guess: Guess, mask: Pixels, shape: str = "auto") -> Mapping[str, Proposal]:
    """Every explanation that can be had, by name; only the one that was asked for unless ``shape`` is auto.

    mask (R', R') covers the window; ``body`` is what the network makes of it.
    """
    makers: dict[str, Callable[[], Proposal | None]] = {
        "body": lambda: as_body(body, guess),
        "mirrored": lambda: mirrored_thing(body, guess),
        "turned": lambda: turned_thing(body, guess, mask),
        "box": lambda: box(body, guess, mask),
        "slab": lambda: slab(body, guess),
    }
    tried = {name: make() for name, make in makers.items() if shape in ("auto", name)}
    return {name: proposal for name, proposal in tried.items() if proposal is not None}


def as_body(body: Field, guess: Guess) -> Proposal:
    """The network's own shape as a proposal; alike left and right where the outline of what faces the camera is."""
    if not seen_from_the_side(guess) and alike_outline(guess) > _EVEN_FACED:
        body = even_sides(body)
    rows = np.argwhere(body.values[::4, ::4, ::4] > 0) * 4.0
    middle = body.unproject(rows).mean(axis=0) if len(rows) else np.zeros(3)
    return Proposal("body", body, believable_up(body, guess.up), middle, "a free form", settles=True, own_front=True)


def believe(body: Field, guess: Guess, mask: Pixels, shape: str = "auto") -> Proposal:
    """The proposal that explains the photo best, or the one asked for; a note says which and why."""
    if shape == "completed":
        return _complete(as_body(body, guess), guess)
    name = shape if shape != "auto" else _winner(guess, mask)
    result = proposals(body, guess, mask, name).get(name)
    if result is None:
        note(f"it cannot be taken for {name}; made a free form")
        return as_body(body, guess)
    if shape != "auto":
        note(f"taken for {result.words}, as asked")
    return _plumb(result, guess) if name == "body" else result


def _plumb(body: Proposal, guess: Guess) -> Proposal:
    """The free form without its lean, where it is compact."""
    if not is_compact(guess.mask >= 0.5):
        return body
    field, up = stand_plumb(body.field, likely_up(guess.up))
    return replace(body, field=field, up=up)


def _winner(guess: Guess, mask: Pixels) -> str:
    """Name of the best proposal, found on a coarse grid."""
    coarse = enlarge(mask, FINER * _COARSE)
    body = field_of(guess, coarse, 0)
    some = proposals(body, guess, coarse)
    worth = merits(some, body, guess)
    ranking = sorted(worth, key=lambda name: -worth[name])
    others = ", ".join(f"{name} {worth[name]:+.2f}" for name in ranking[1:])
    note(
        f"taken for {some[ranking[0]].words} ({ranking[0]} {worth[ranking[0]]:+.2f}; {others}); "
        f"--shape {ranking[1]} takes the next one"
    )
    return ranking[0]


def _complete(body: Proposal, guess: Guess) -> Proposal:
    """The free form with its unseen half mirrored about the best upright plane."""
    plane = mirror_plane(body.field, guess.up, enough=0.0)
    if plane is None:
        return body
    note(f"completed the unseen side by mirroring; {plane.agreement:.0%} of what is seen fits")
    return replace(body, field=complete(body.field, plane))
