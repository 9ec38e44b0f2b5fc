"""Matte: the subject cut out, with nothing downloaded.

A cut (``segment``) says which side of the outline a pixel is on, on a grid of at most 640 px; closed-form matting
(Levin, Lischinski and Weiss 2008) then says how much of each pixel along the outline is subject, in the photo's own
pixels, solved in that narrow band only.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.errors import BadSetting, CannotDo
from maquette.core.progress import note, progress
from maquette.core.subject import Subject
from maquette.photo.edges import refine
from maquette.photo.learned_matte import predict
from maquette.photo.segment import cut_out, resize
from maquette.registry import LocalFile, stage

Singles = NDArray[np.float32]
LEAST, MOST = 0.002, 0.985  # share of the picture below and above which nothing was told apart


@stage
def matte(
    subject: Subject,
    *,
    method: Annotated[
        Literal["auto", "alpha", "border", "onnx"],
        Field(description="auto: alpha where there is one, else border; border: colours of the frame; onnx: a model"),
    ] = "auto",
    weights: Annotated[
        LocalFile, Field(description="ONNX matting model of your own (U²-Net, BiRefNet, IS-Net, …)")
    ] = "",
) -> Subject:
    """Cut the subject out of its ground: a mask from 0 to 1, soft where hair and blur are.

    A photo that came with a mask (alpha, or one from a file) keeps it with ``auto``. Ground seen through a handle stays
    ground; dust is dropped. Refuses when nothing stands out: give a mask with ``use-mask``, or photograph the thing on
    a sheet of paper.
    """
    if method == "alpha" and subject.mask is None:
        raise BadSetting("matte: method = 'alpha', but the photo has no alpha; take border, or give one with use-mask")
    if subject.mask is not None and method in ("auto", "alpha"):
        note("kept the mask that came with the photo")
        return _check(subject, np.asarray(subject.mask))
    if method == "onnx":
        progress(0.1, "run the matting model")
        return _check(subject, resize(predict(subject.pixels, weights), subject.pixels.shape[:2]))
    if min(subject.width, subject.height) < 8:
        raise CannotDo(f"matte: {subject.width} x {subject.height} px is too small to tell anything apart; use-mask")
    progress(0.1, "tell subject from ground")
    soft = cut_out(subject.pixels).soft
    progress(0.6, "refine the outline")
    return _check(subject, refine(subject.pixels, soft))


def _check(subject: Subject, mask: Singles) -> Subject:
    """The subject with its mask, without dust; ``CannotDo`` when the mask tells nothing apart."""
    clean = without_dust(mask)
    share = float((clean >= 0.5).mean())
    if not LEAST <= share <= MOST:
        what = "nothing" if share < LEAST else "everything"
        raise CannotDo(f"matte: {what} stands out ({share:.1%} of the picture); use-mask, or a plainer ground, helps")
    note(f"subject is {share:.0%} of the picture")
    return subject.replace(mask=clean)


def without_dust(mask: Singles, share: float = 0.01) -> Singles:
    """The mask without pieces smaller than a share of the largest one. (H, W) -> (H, W)."""
    from scipy.ndimage import label

    pieces, count = label(mask >= 0.1)
    if count <= 1:
        return mask
    area = np.bincount(pieces.ravel(), weights=mask.ravel())
    area[0] = 0
    keep = area >= share * area.max()
    keep[0] = True
    return np.where(keep[pieces], mask, 0).astype(np.float32)
