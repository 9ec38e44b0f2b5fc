"""Is a mask likely the subject, the whole of it and nothing else? Independent cues, weighed by what masks taught.

Each cue is one number that a person could check by eye. None is enough alone: a car that wears the hill behind it has
crisp edges and one piece, but its colors do not part and the network sees another shape. The weights are a logistic
regression on masks of known overlap (`bench/mask_truth.py` fits and tests them on other pictures).
"""

from __future__ import annotations

import numpy as np

from maquette.core.report import Finding
from maquette.core.subject import Subject
from maquette.photo.cues import Cues, cues_of

WEIGHTS = Cues(
    agreement=2.65,
    salient=1.02,
    firm=0.94,
    trust=0,
    doubt=0,
    parted=16.54,
    on_edges=0,
    framed=0,
    ragged=0,
    pieces=0,
    daylight=0,
    area=0,
)  # what weighs 0 added nothing on masks that it was not fitted to
BASE = -18.53
LIMIT, STOP = 0.5, 0.2  # chance of an overlap of 0.8 below which a mask is doubted, and below which a job stops:
# of 39 wrong masks 74 % and 46 %, of 103 good ones 19 % and 5 %, of 17 below an overlap of one half 88 % and 71 %

WAYS_OUT = (
    "point at the thing (point = x,y, or box), take a photo of it alone on a plain ground, or give a mask of your own "
    "(use-mask)"
)
LIMIT_WORDS = f"at least {LIMIT} likely to share 0.8 with the thing; a job stops below {STOP}"


def mask_truth(subject: Subject) -> Finding:
    """Whether the mask is likely the thing, the whole of it and nothing else; one that somebody gave is believed."""
    assert subject.mask is not None
    if not was_cut_here(subject):
        return Finding("mask", "pass", "the mask came with the photo", limit=LIMIT_WORDS)
    cues = cues_of(subject.pixels, np.asarray(subject.mask))
    if cues is None:
        return Finding("mask", "unknown", "no network here to compare the cut with; look at it yourself")
    chance = round(chance_of_truth(cues), 2)
    if chance >= LIMIT:
        return Finding("mask", "pass", "what was cut out is likely the thing", value=chance, limit=LIMIT_WORDS)
    likely = "is likely not" if chance < STOP else "may not be"
    message = f"what was cut out {likely} the thing ({_weakest(cues)}); look at the picture, then {WAYS_OUT}"
    return Finding("mask", "fail" if chance < STOP else "warn", message, value=chance, limit=LIMIT_WORDS, fix="matte")


def was_cut_here(subject: Subject) -> bool:
    """Whether the mask is our own guess: the last step that gave one was `matte`, and it did not keep one."""
    for step in reversed(subject.history):
        if step.stage == "use-mask":
            return False
        if step.stage == "matte":
            return not any(note.startswith("kept the mask") for note in step.notes)
    return False


def _weakest(cues: Cues) -> str:
    """The cue that speaks most against it, in words."""
    against = {
        "another look at it sees another shape": 0.9 - cues.agreement,
        "inside and outside have the same colors": 0.95 - cues.parted,
        "its outline follows no edges": 0.75 - cues.on_edges,
        "the frame cuts much of it": cues.framed - 0.1,
        "it falls apart": cues.pieces - 0.3,
        "its outline is ragged": (cues.ragged - 2.0) / 3,
    }
    return max(against, key=against.__getitem__)


def chance_of_truth(cues: Cues) -> float:
    """How likely the overlap with the true mask is 0.8 and more, 0..1."""
    return float(1 / (1 + np.exp(-(BASE + float(WEIGHTS.numbers() @ cues.numbers())))))
