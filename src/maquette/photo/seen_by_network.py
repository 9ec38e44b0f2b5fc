"""Where two networks see the subject: a chance for each pixel, and how far it is to be trusted.

A published one (`salient_network`) knows what photographs are of. Our own (training/matte, `data/matte.onnx`) learned
from composites: it finds plain things among many others, and hears what a person points at. `segment` lets what they
say together speak beside the colors and cuts along the picture's own edges. Without the files the cut goes by saliency
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Bytes, Singles
from maquette.core.memory import remember
from maquette.photo.pointing import NOWHERE, Pointing
from maquette.photo.salient_network import salient_odds
from maquette.photo.shipped_network import shipped_network
from maquette.photo.sizes import resize

FILE = "matte.onnx"
SIDES = (128, 192, 256)  # of 62 photographs it finds 0.61, 0.61 and 0.61 alone, 0.64 together
MOST_SALIENT = np.float32(4)  # odds; most that the published one may say
OURS = (0.4, 1.0)  # what ours says beside it: where that one is sure, and where it is not
ASKED = (0.08, 0.2)  # uncertain area against the subject's, between which ours is asked more and more
FIRM = (0.08, 0.2)  # the same, between which both together are believed less and less
_FAR = np.float32(12)  # logits beyond mean the same


@dataclass(frozen=True)
class Sight:
    """What the network says, (S, S) over the whole picture stretched to a square.

    ``odds`` is the logarithm of the odds that a pixel is the subject's, ``doubt`` 0..1 how likely that is wrong, and
    ``trust`` 0..1 how much of mask and truth will be shared.
    """

    odds: Singles
    doubt: Singles
    trust: float

    @property
    def firmness(self) -> float:
        """How sure of the whole the odds are, 0..1: 1 where nearly every pixel is certain, 0 where a fifth is not."""
        return 1 - _share_between(_unsure(self.odds), *FIRM)

    @property
    def chance(self) -> Singles:
        """The odds as chances, 0..1."""
        return _chance(self.odds)


def see(pixels: Bytes, pointing: Pointing = NOWHERE) -> Sight | None:
    """What both networks see in pixels (H, W, 3), or the one that is here; None where neither is."""
    ours = see_ours(pixels, pointing)
    salient = salient_odds(pixels, pointing.box)
    if salient is None:
        return ours
    salient = np.clip(salient, -MOST_SALIENT, MOST_SALIENT)
    if ours is None:
        return Sight(salient, np.exp(-np.abs(salient)), 0.5)
    weight = OURS[0] + (OURS[1] - OURS[0]) * _share_between(_unsure(salient), *ASKED)
    odds = salient + weight * resize(ours.odds, salient.shape)
    return Sight(odds.astype(np.float32), resize(ours.doubt, salient.shape), ours.trust)


def _unsure(odds: Singles) -> float:
    """The area that is uncertain, against the subject's."""
    chance = 1 / (1 + np.exp(-odds))
    return float(np.minimum(chance, 1 - chance).sum() / max(float((chance > 0.5).sum()), 1.0))


def _share_between(value: float, low: float, high: float) -> float:
    """0 at and below ``low``, 1 at and beyond ``high``."""
    return float(np.clip((value - low) / (high - low), 0, 1))


@remember(4)
def see_ours(pixels: Bytes, pointing: Pointing = NOWHERE) -> Sight | None:
    """What our own network sees in pixels (H, W, 3): the mean over sizes, each with its mirror image.

    None where the network or onnxruntime is missing.
    """
    session = _session()
    if session is None:
        return None
    largest = max(SIDES)
    odds, doubt, trust = np.zeros((largest, largest), np.float32), np.zeros((largest, largest), np.float32), 0.0
    for side in SIDES:
        planes = _planes(pixels, pointing, side)
        both = np.ascontiguousarray(np.stack([planes, planes[..., ::-1]]))
        mask, wrong, sure = session.run(["mask", "doubt", "trust"], {"planes": both})
        odds += resize((mask[0, 0] + mask[1, 0, :, ::-1]) / 2, (largest, largest)) / len(SIDES)
        doubt += resize((wrong[0, 0] + wrong[1, 0, :, ::-1]) / 2, (largest, largest)) / len(SIDES)
        trust += float(sure.mean()) / len(SIDES)
    return Sight(np.clip(odds, -_FAR, _FAR), _chance(doubt), float(1 / (1 + np.exp(-trust))))


def _chance(odds: Singles) -> Singles:
    """The chance, 0..1, that a logarithm of odds stands for."""
    return (1 / (1 + np.exp(-odds))).astype(np.float32, copy=False)


def _planes(pixels: Bytes, pointing: Pointing, side: int) -> Singles:
    """The network's input for the picture stretched to a square, (4, side, side)."""
    from PIL import Image

    small = Image.fromarray(pixels).resize((side, side), Image.Resampling.BOX)
    color = (np.asarray(small, np.float32) / 255 - 0.5) * 4
    return np.concatenate([color, pointing.plane((side, side))[..., None]], axis=2).transpose(2, 0, 1)


def _session() -> Any:
    """The network, loaded; None where it or onnxruntime is missing."""
    return shipped_network(FILE)
