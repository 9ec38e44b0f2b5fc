"""Matte: the subject cut out, with nothing downloaded.

Two small networks say where the subject likely is (``seen_by_network``); a cut along the picture's edges
(``segment``) says on which side of the outline a pixel is, on a grid of at most 640 px; closed-form matting (Levin,
Lischinski and Weiss 2008) then says how much of each pixel along the outline is subject, in the photo's own pixels,
solved in that narrow band only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes, Singles
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.progress import note, progress
from maquette.core.subject import Subject
from maquette.core.together import together
from maquette.photo.choose import CHOICE, choose
from maquette.photo.edges import refine
from maquette.photo.learned_matte import predict
from maquette.photo.pointing import Pointing, read_pointing
from maquette.photo.seen_by_network import Sight, see
from maquette.photo.segment import Survey, cut_out, survey
from maquette.registry import LocalFile, stage

LEAST, MOST = 0.002, 0.985  # share of the picture below and above which nothing was told apart


@stage
def matte(
    subject: Subject,
    *,
    method: Annotated[
        Literal["auto", "alpha", "network", "border", "onnx", "u2netp", "u2net", "isnet", "birefnet-lite", "birefnet"],
        Field(
            description="auto: alpha where there is one, else network; network: what two networks see, cut along the "
            "edges; border: colors of the frame only; u2netp: the published one of the two alone; onnx: a model of "
            "yours; the others are fetched, their licence is shown first"
        ),
    ] = "auto",
    weights: Annotated[
        LocalFile, Field(description="ONNX matting model of your own (U²-Net, BiRefNet, IS-Net, …)")
    ] = "",
    choice: Annotated[
        str,
        Field(
            pattern=f"^({CHOICE})$",
            description="of several things: all, largest, left, right, top, bottom, or a number counted from the left",
        ),
    ] = "all",
    point: Annotated[
        str, Field(description="points on the subject as x,y in pixels or 40%,60%; with ! before one that is not on it")
    ] = "",
    box: Annotated[str, Field(description="box around the subject: left,top,right,bottom in pixels or percent")] = "",
) -> Subject:
    """Cut the subject out of its ground: a mask from 0 to 1, soft where hair and blur are.

    A photo that came with a mask (alpha, or one from a file) keeps it with ``auto``. Ground seen through a handle stays
    ground; dust is dropped. Where it takes the wrong thing, point at the right one. Refuses when nothing stands out:
    give a mask with ``use-mask``, or photograph the thing on a sheet of paper.
    """
    pointing = read_pointing(point, box, subject.width, subject.height)
    if method == "alpha" and subject.mask is None:
        raise BadSetting("matte: method = 'alpha', but the photo has no alpha; take network, or give one with use-mask")
    if subject.mask is not None and method in ("auto", "alpha"):
        note("kept the mask that came with the photo")
        return _check(subject, _choose_things(np.asarray(subject.mask), choice, pointing))
    if min(subject.width, subject.height) < 8:
        raise CannotDo(f"matte: {subject.width} x {subject.height} px is too small to tell anything apart; use-mask")
    if method in ("auto", "network", "border"):
        progress(0.02, "look for the subject")
        sight, first_look = None, None
        if method != "border":  # networks leave Python's lock: meanwhile the other core looks at colors
            sight, first_look = _see_and_survey(subject.pixels, pointing)
        soft = cut_out(subject.pixels, sight, pointing, first_look).soft
    else:
        progress(0.1, "run the matting model")
        soft = predict(subject.pixels, method, weights)
    progress(0.65, "refine the outline")
    soft = _choose_things(soft, choice, pointing)
    return _check(subject, refine(subject.pixels, soft))


def _see_and_survey(pixels: Bytes, pointing: Pointing) -> tuple[Sight | None, Survey]:
    """What networks see, and what colors tell."""
    work: list[Callable[[], Any]] = [partial(see, pixels, pointing), partial(survey, pixels)]
    sight, first_look = together(work)
    return sight, first_look


def _choose_things(mask: Singles, choice: str, pointing: Pointing) -> Singles:
    """The things in a mask that are meant; says so when there were several."""
    kept, count = choose(mask, choice, pointing)
    if count > 1 and choice == "all" and not pointing:
        note(f"{count} things stand out and all are kept; choice = largest, left, 2 … takes one")
    return kept


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
