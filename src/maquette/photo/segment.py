"""Subject or ground, pixel by pixel, from nothing but the photo.

Ground is what the frame shows: a smooth field of color where there is one, what lies beyond no sharp edge, a mixture
of colors for the rest. The subject is where our network sees it and what stands out (saliency: the network alone finds
big plain things less well); then what its own colors say. Cut and colors take turns as in GrabCut (Rother, Kolmogorov &
Blake 2004).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Singles
from maquette.core.progress import progress
from maquette.geometry.look.matting import continuous_cut, edge_weights
from maquette.photo.backdrop import Backdrop, fit, follow, frame, pockets, shadow, sharp_edges, unsharp
from maquette.photo.color import lab as to_lab
from maquette.photo.color import mixture
from maquette.photo.pointing import NOWHERE, Pointing
from maquette.photo.saliency import saliency
from maquette.photo.seen_by_network import Sight
from maquette.photo.sizes import resize, scale_down

COARSE_PX, FINE_PX = 256, 640
ANYTHING = np.float32(-np.log(100.0 * 100 * 100))  # density of a color of which nothing is known, in Lab
CAP = np.float32(6.0)  # no single pixel may shout louder than this
EDGE = 4.0  # price of an outline against the pixels' own costs
LEAST = 12  # pixels; fewer make no model
ROUNDS = 3  # of cut and colors on the coarse grid
UNSURE, DISTANT = (
    0.55,
    0.3,
)  # overlap with the network: of 40 photographs 0.73 are found, with it always 0.68, never 0.71
FIRM_WEIGHT = 1.5  # weight of the networks' odds where they are sure of the whole
LOUD = {False: (2.0, 0.7), True: (4.0, 1.0)}  # most that a hint may say and its weight, without and with the network
SURE = np.float32(30)  # cost of going against what a person pointed at


@dataclass(frozen=True)
class Cut:
    """What the cut found: ``soft`` (h, w) 0..1 on a grid of at most FINE_PX, the backdrop, and pixel costs."""

    soft: Singles
    cost: Singles
    backdrop: Backdrop


@dataclass(frozen=True)
class Clues:
    """What is known before the colors of the subject are. All maps (h, w) on one grid.

    ``plain`` 0..1 says how far the ground is a smooth field, ``clear`` 0..1 how far its reach without a sharp edge may
    be trusted. ``reached`` is ground by that, ``shade`` soft shade, ``owned`` subject that looks like ground,
    ``salient`` the saliency, ``stands_out`` how much it is the network's and the saliency's subject and ``hint`` the
    log odds of that; ``firm`` are the networks' odds as far as they are sure of the whole, ``told`` is the cost by what
    a person pointed at. ``is_seen``: the networks spoke.
    """

    plain: float
    clear: float
    is_seen: bool
    is_sharp: Bools
    reached: Bools
    shade: Bools
    owned: Bools
    salient: Singles
    stands_out: Singles
    hint: Singles
    firm: Singles
    told: Singles

    def at(self, shape: tuple[int, int]) -> Clues:
        """The same on another grid."""
        maps = {f.name: value for f in dataclasses.fields(self) if np.ndim(value := getattr(self, f.name)) == 2}
        grown: dict[str, Any] = {
            n: resize(m, shape) > 0.5 if m.dtype == bool else resize(m, shape) for n, m in maps.items()
        }
        return dataclasses.replace(self, **grown)

    def ground(self, inside: Bools) -> Bools:
        """The pixels that the ground's model is made from."""
        if self.clear < 0.5:
            return ~inside & ~self.shade
        in_the_way = frame(inside.shape) & (self.stands_out < 0.3)
        return ~inside & ~self.shade & (self.reached | in_the_way)


@dataclass(frozen=True)
class Survey:
    """What colors alone tell, on a grid of at most COARSE_PX: ``lab`` (h, w, 3), the backdrop and saliency (h, w)."""

    lab: Singles
    backdrop: Backdrop
    salient: Singles


def survey(pixels: NDArray[np.uint8]) -> Survey:
    """The first look at a picture (H, W, 3), which asks no network."""
    lab = to_lab(scale_down(pixels, COARSE_PX))
    return Survey(lab, fit(lab, frame(lab.shape)), saliency(lab))


def cut_out(
    pixels: NDArray[np.uint8],
    sight: Sight | None = None,
    pointing: Pointing = NOWHERE,
    first_look: Survey | None = None,
) -> Cut:
    """Find the subject. pixels (H, W, 3) -> Cut on a grid of at most FINE_PX.

    ``first_look`` is theirs, where somebody has it already. ``sight`` is what the network sees, ``pointing`` what a
    person pointed at. With a network, and nobody pointing, the cut is made with it and without it on a coarse grid.
    Where even the cut that it led is not what it sees, it is out of its depth and the cut by colors alone is taken,
    unless that found another thing altogether.
    """
    progress(0.15, "look at ground and edges")
    seen = first_look or survey(pixels)
    lab, backdrop = seen.lab, seen.backdrop
    first = look(lab, backdrop, sight, pointing, seen.salient)
    tries = [_coarse(lab, backdrop, first)]
    if sight is not None and not pointing:
        progress(0.4, "cut once more without the network")
        tries.append(_coarse(lab, backdrop, look(lab, backdrop, stands_out=first.salient)))
        led, alone = (_agreement(sight, main_parts(soft > 0.5, clues)) for soft, _, clues in tries)
        tries = tries[1:] if led < UNSURE and alone > DISTANT * led else tries
    progress(0.58, "cut along the edges")
    return _finer(pixels, *tries[0])


def _agreement(sight: Sight, inside: Bools) -> float:
    """Overlap of a mask (h, w) with the network's chances."""
    chance = resize(sight.chance, inside.shape)
    return float(np.minimum(chance, inside).sum() / max(float(np.maximum(chance, inside).sum()), 1.0))


def _coarse(lab: Singles, backdrop: Backdrop, clues: Clues) -> tuple[Singles, Backdrop, Clues]:
    """Cut and colors in turns: the soft cut (h, w), and backdrop and clues as they are then."""
    right, down = edge_weights(lab, EDGE)
    soft = continuous_cut(_first_cost(lab, backdrop, clues), right, down, np.full(lab.shape[:2], 0.5, np.float32), 80)
    for _ in range(ROUNDS):
        inside = main_parts(soft > 0.5, clues)
        if min(inside.sum(), (~inside).sum()) < LEAST:
            break
        backdrop, clues = _look_again(lab, inside, backdrop, clues)
        soft = continuous_cut(_cost(lab, inside, backdrop, clues), right, down, soft, 40)
    return soft, backdrop, clues


def look(
    lab: Singles,
    backdrop: Backdrop,
    sight: Sight | None = None,
    pointing: Pointing = NOWHERE,
    stands_out: Singles | None = None,
) -> Clues:
    """The clues that a first look gives; ``stands_out`` is the saliency where somebody has it already."""
    plain = plainness(backdrop)
    is_sharp = sharp_edges(lab)
    reached = unsharp(is_sharp)
    clear = float(np.clip((reached[frame(lab.shape)].mean() - 0.5) / 0.3, 0, 1))
    shade = shadow(lab, backdrop, is_sharp) if plain > 0.3 else np.zeros(reached.shape, bool)
    asked = -SURE * pointing.plane(reached.shape)
    most = np.float32(LOUD[sight is not None][0])
    salient = stands_out = saliency(lab) if stands_out is None else stands_out
    hint = np.clip(np.log((stands_out + 0.02) / (1.02 - stands_out)), -2, 2).astype(np.float32)
    firm = np.zeros(reached.shape, np.float32)
    if sight is not None:
        firm = np.float32(FIRM_WEIGHT * sight.firmness) * resize(sight.odds, reached.shape)
        hint = np.clip(resize(sight.odds, reached.shape) + hint, -most, most)
        stands_out = (1 / (1 + np.exp(-hint))).astype(np.float32, copy=False)
    stands_out = np.where(asked == 0, stands_out, np.float32(asked < 0))
    hint = np.where(asked == 0, hint, np.where(asked < 0, most, -most))
    owned = np.float32(plain) * np.clip(3 * stands_out, 0, 1)
    plain_hint = np.where(reached, np.float32(-3), hint + (2 - hint) * owned)
    hint = (hint * np.float32(1 - clear) + np.float32(clear) * plain_hint).astype(np.float32, copy=False)
    none = np.zeros(reached.shape, bool)
    return Clues(
        plain, clear, sight is not None, is_sharp, reached, shade, none, salient, stands_out, hint, firm, asked
    )


def plainness(backdrop: Backdrop) -> float:
    """How far the ground may be taken for a smooth field: 0 never, 1 entirely."""
    narrow = 1 - np.clip((float(backdrop.spread.max()) - 3) / 3, 0, 1)
    return float(np.clip((backdrop.share - 0.4) / 0.3, 0, 1) * narrow)


def main_parts(inside: Bools, clues: Clues) -> Bools:
    """The components that matter: the heaviest by saliency, and those of at least a fifth of its weight.

    Where a person pointed, those with a point on them, and none with a point that is not the subject.
    """
    from scipy.ndimage import label

    region, count = label(inside)
    if count < 2:
        return inside
    weight = np.bincount(region.ravel(), clues.stands_out.ravel() ** 2, count + 1)
    weight[0] = 0
    keep = weight >= 0.2 * weight.max()
    wanted, unwanted = (np.bincount(region.ravel(), (clues.told * sign > 0).ravel(), count + 1) > 0 for sign in (-1, 1))
    keep = wanted.copy() if wanted[1:].any() else keep & ~unwanted
    keep[0] = False
    parts: Bools = keep[region]
    return parts


def _first_cost(lab: Singles, backdrop: Backdrop, clues: Clues) -> Singles:
    """Cost of being subject while its colors are unknown."""
    ring = frame(lab.shape)
    density = _density(lab, ring, backdrop, clues)
    by_ground = np.clip(clues.plain * (density - ANYTHING), -CAP, CAP) + clues.told
    rim = ring * np.float32(not clues.is_seen)
    cost: Singles = (by_ground - (1.5 - clues.plain * (1 - clues.clear)) * clues.hint + rim - clues.firm).astype(
        np.float32
    )
    return cost


def _look_again(lab: Singles, inside: Bools, backdrop: Backdrop, clues: Clues) -> tuple[Backdrop, Clues]:
    """The field fitted to all the ground there is now, and shade and pockets by that field."""
    from scipy.ndimage import distance_transform_edt

    ground = clues.ground(inside)
    if clues.plain <= 0.3 or ground.sum() < LEAST:
        return backdrop, clues
    backdrop = follow(fit(lab, ground, 3), lab, ground, 8)
    shade = shadow(lab, backdrop, clues.is_sharp)
    owned = clues.owned
    if clues.clear > 0.5:
        deep = distance_transform_edt(~clues.reached) > 5
        owned = pockets(lab, backdrop, deep & ~shade, clues.is_sharp)[1]
    return backdrop, dataclasses.replace(clues, shade=shade, owned=owned)


def _density(lab: Singles, region: Bools, backdrop: Backdrop, clues: Clues) -> Singles:
    """Logarithm of the density of ground: the field, and for what strays from it a mixture. (H, W)."""
    field = backdrop.log_likelihood(lab)
    field[clues.shade] = np.maximum(field[clues.shade], ANYTHING + 6)
    is_plain = clues.plain > 0.3
    stray = region & (backdrop.distance(lab) > 27) & ~clues.shade if is_plain else region
    weight = np.exp(-3 * clues.stands_out[stray]) if clues.clear < 0.5 else np.ones(stray.sum(), np.float32)
    share = float(weight.sum() / max(region.sum(), 1))
    if stray.sum() < 40 or (is_plain and share < 0.02):
        mostly: Singles = np.logaddexp(field, ANYTHING + np.log(np.float32(0.01)))
        return mostly
    every = max(1, len(weight) // 4000)
    mixed: Singles = (
        mixture(lab[stray][::every], weight[::every], 5).log_likelihood(lab.reshape(-1, 3)).reshape(field.shape)
    )
    if not is_plain:
        return mixed
    density: Singles = np.logaddexp(field + np.float32(np.log(max(1 - share, 0.01))), mixed + np.float32(np.log(share)))
    return density


def _cost(lab: Singles, inside: Bools, backdrop: Backdrop, clues: Clues) -> Singles:
    """Log odds of ground against subject, from the colors that each has now, and where the subject lies."""
    from scipy.ndimage import binary_erosion

    ground = clues.ground(inside)
    outside = _density(lab, ground if ground.sum() > LEAST else ~inside, backdrop, clues)
    core = np.where(
        binary_erosion(inside), np.float32(1), np.float32(0.1)
    )  # along the rim colors are half the ground's
    weight = (core * (0.2 + clues.stands_out))[inside]
    every = max(1, len(weight) // 4000)
    subject = mixture(lab[inside][::every], weight[::every], 5).log_likelihood(lab.reshape(-1, 3))
    subject = np.logaddexp(subject.reshape(outside.shape) + np.log(0.8), ANYTHING + np.log(0.2))
    hint = np.minimum(clues.hint, 0) * (1 + clues.clear) + np.maximum(clues.hint, 0) * (1 - 0.7 * clues.clear)
    loose = 1 - clues.plain * (1 - clues.clear)
    cost = np.clip(outside - subject, -CAP, CAP) + frame(lab.shape) * np.float32(not clues.is_seen)
    cost[clues.owned] = np.minimum(cost[clues.owned], -1)
    far = 0 if clues.is_seen else (1 - clues.clear) * _far(inside)
    odds: Singles = (cost + clues.told + loose * (far - LOUD[clues.is_seen][1] * hint) - clues.firm).astype(np.float32)
    return odds


def _far(inside: Bools) -> Singles:
    """A cost for lying far from where the subject lies, by the ellipse of its second moments: 0 inside, up to 3."""
    y, x = np.nonzero(inside)
    height, width = inside.shape
    spread = np.cov(np.stack([x, y]).astype(np.float64)) + np.eye(2)
    rows, columns = np.mgrid[:height, :width]
    apart = np.stack([columns - x.mean(), rows - y.mean()], axis=-1)
    distance = ((apart @ np.linalg.inv(spread)) * apart).sum(axis=-1)
    far: Singles = np.clip((distance - 4) / 3, 0, 3).astype(np.float32)  # an ellipse of uniform weight ends at 4
    return far


def _finer(pixels: NDArray[np.uint8], soft: Singles, backdrop: Backdrop, clues: Clues) -> Cut:
    """The same once more on the fine grid, warm from the coarse one; then dust and false holes go."""
    lab = to_lab(scale_down(pixels, FINE_PX))
    soft = resize(soft, lab.shape[:2])
    clues = clues.at(lab.shape[:2])
    inside = main_parts(soft > 0.5, clues)
    ground = clues.ground(inside)
    if min(inside.sum(), (~inside).sum(), ground.sum()) < LEAST:
        return Cut(soft, np.zeros_like(soft), fit(lab, frame(lab.shape)))
    backdrop = follow(fit(lab, ground, 3), lab, ground, 16)
    cost = _cost(lab, inside, backdrop, clues)
    right, down = edge_weights(lab, EDGE)
    soft = continuous_cut(cost, right, down, soft, 60)
    soft = _open_holes(_without_pockets(soft, lab, backdrop, clues), lab, backdrop, clues)
    return Cut(soft * main_parts(soft > 0.5, clues), cost, backdrop)


def _open_holes(soft: Singles, lab: Singles, backdrop: Backdrop, clues: Clues) -> Singles:
    """Shaded ground within the subject is opened where the network agrees: between handles, under an arch.

    Its hue is the ground's, it is at most a third darker, and it is no speck. By color alone it could be a pale thing's
    own shade, so without the network nothing is opened.
    """
    from scipy.ndimage import binary_dilation, binary_erosion, label

    if not clues.is_seen or clues.plain <= 0.3:
        return soft
    factor, stray = backdrop.shade(lab)
    like = (soft > 0.5) & (stray < 4) & (factor > 0.66) & (factor < 1.06) & (clues.told >= 0)
    part, count = label(binary_erosion(like, iterations=2))
    sizes = np.maximum(np.bincount(part.ravel(), minlength=count + 1), 1)
    seen = np.bincount(part.ravel(), clues.stands_out.ravel(), count + 1) / sizes
    is_hole = (seen < 0.6) & (sizes > 2e-4 * soft.size)
    is_hole[0] = False
    return np.where(binary_dilation(is_hole[part], iterations=2) & like, np.float32(0), soft)


def _without_pockets(soft: Singles, lab: Singles, backdrop: Backdrop, clues: Clues) -> Singles:
    """Enclosed ground is kept as a hole when it is the ground behind; else it belongs to the subject.

    Before a photographic ground nothing says what is behind; there a hole is what does not stand out.
    """
    from scipy.ndimage import label

    region, count = label(soft <= 0.5)
    on_frame = np.unique(region[frame(region.shape, 0.001)])
    enclosed = ~np.isin(region, on_frame) & (region > 0)
    holes = clues.stands_out < 0.5
    if clues.plain > 0.3:
        holes, _ = pockets(lab, backdrop, enclosed, np.zeros(soft.shape, bool))
    sizes = np.maximum(np.bincount(region.ravel(), minlength=count + 1), 1)
    share = np.bincount(region.ravel(), holes.ravel(), count + 1) / sizes
    filled = enclosed & ((share < 0.4) | (sizes < 2e-4 * soft.size))[region]
    return np.where(filled, np.float32(1.0), soft)
