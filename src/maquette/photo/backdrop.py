"""The ground behind the subject where it is plain: a smooth field of colour fitted to what lies along the frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Singles

NOISE_FLOOR = np.array([1.0, 0.7, 0.7], np.float32)  # Lab: JPEG at quality 90 leaves about this much on a flat wall


@dataclass(frozen=True)
class Backdrop:
    """A field of colour (H, W, 3) in Lab, how far the ground strays from it (3,), how much of it fits, and noise.

    ``spread`` is never below what JPEG leaves on a flat wall, ``noise`` (3,) is what was measured.
    """

    field: Singles
    spread: Singles
    share: float
    noise: Singles

    def distance(self, lab: Singles) -> Singles:
        """Squared distance of each pixel from the field in its spreads, (H, W)."""
        apart: Singles = (((lab - self.field) / self.spread) ** 2).sum(axis=2)
        return apart

    def log_likelihood(self, lab: Singles) -> Singles:
        """Logarithm of the density of ground at each pixel, (H, W)."""
        result: Singles = -0.5 * self.distance(lab) - np.float32(np.log(self.spread).sum() + 1.5 * np.log(2 * np.pi))
        return result

    def shade(self, lab: Singles) -> tuple[Singles, Singles]:
        """How dark a pixel is as the backdrop in shade, and how far its colour is from that. (H, W), (H, W).

        Light times s scales L* + 16, a* and b* all by the cube root of s, so shade lies on a ray; the first value is
        that factor, the second the distance from the ray in Lab units.
        """
        offset = np.array([16, 0, 0], np.float32)
        color, ground = lab + offset, self.field + offset
        factor = (color * ground).sum(axis=2) / np.maximum((ground**2).sum(axis=2), 1e-3)
        return factor, np.sqrt(((color - factor[..., None] * ground) ** 2).sum(axis=2))


def sharp_edges(lab: Singles) -> Bools:
    """Edges in focus, (H, W): blurring by two pixels takes more than a third of their slope (Zhuo & Sim 2011)."""
    from scipy.ndimage import gaussian_filter

    slope = np.sqrt(sum(_slope(lab[..., c]) for c in range(3)))
    soft = np.sqrt(sum(_slope(gaussian_filter(lab[..., c], 2.0)) for c in range(3)))
    noise = float(np.median(slope[frame(slope.shape)]))
    mask: Bools = (slope > np.clip(5 * noise, 0.6, 1.5)) & (slope > 1.5 * soft)
    return mask


def unsharp(is_sharp: Bools) -> Bools:
    """What can be reached from the frame over no sharp edge: plain ground, soft shade, ground out of focus. (H, W).

    Gaps of up to five pixels between sharp edges are closed first. Nothing is returned when all would be.
    """
    from scipy.ndimage import binary_dilation, binary_erosion, label

    disc = np.hypot(*np.mgrid[-2:3, -2:3]) <= 2.3
    region, _ = label(binary_erosion(~is_sharp, disc, border_value=1))
    on_frame = np.isin(region, np.unique(region[frame(region.shape, 0.01)])) & (region > 0)
    reached: Bools = binary_dilation(on_frame, disc) & ~is_sharp
    return reached if reached.mean() < 0.95 else np.zeros_like(reached)


def shadow(lab: Singles, backdrop: Backdrop, is_sharp: Bools) -> Bools:
    """Ground in soft shade, or in a pool of light: its hue fits and no sharp edge parts it from the rest."""
    from scipy.ndimage import binary_dilation, binary_erosion, label

    factor, stray = backdrop.shade(lab)
    sure = (backdrop.distance(lab) < 9) & ~is_sharp
    like = (stray < 2.5 + 12 * np.abs(1 - factor)) & (factor > 0.5) & (factor < 1.3)
    region, _ = label(binary_erosion(like & ~is_sharp, border_value=1) | sure)
    touched = np.isin(region, np.unique(region[sure & frame(lab.shape)])) & (region > 0)
    mask: Bools = binary_dilation(touched) & like & ~is_sharp & ~sure
    return mask


def pockets(lab: Singles, backdrop: Backdrop, region: Bools, is_sharp: Bools) -> tuple[Bools, Bools]:
    """Of the pixels in ``region`` that look like ground: which are ground seen through a hole, and which are not.

    A white stripe on a thing before a white wall looks like ground too, but hardly ever of exactly the wall's white;
    in a hole two fifths of the pixels at least are the wall to within its noise, perhaps in shade but never lighter.
    """
    from scipy.ndimage import label

    factor, stray = backdrop.shade(lab)
    like = (stray < 4) & (factor > 0.7) & (factor < 1.1)
    part, count = label(region & like & ~is_sharp)
    light = 1.01 + 0.03 * float(backdrop.noise[0])
    is_same = (stray < np.maximum(3 * float(backdrop.noise[1:].max()), 1.0)) & (factor > 0.87) & (factor < light)
    sizes = np.bincount(part.ravel(), minlength=count + 1)
    share = np.bincount(part.ravel(), is_same.ravel(), count + 1) / np.maximum(sizes, 1)
    is_hole, is_part = share >= 0.4, share < 0.4
    is_hole[0] = is_part[0] = False
    return is_hole[part], is_part[part]


def _slope(channel: Singles) -> Singles:
    """Squared gradient."""
    down, right = np.gradient(channel)
    slope: Singles = np.add(down**2, right**2)
    return slope


def frame(shape: tuple[int, ...], share: float = 0.03) -> Bools:
    """The pixels along the frame, (H, W)."""
    width = max(1, round(share * min(shape[:2])))
    mask = np.ones(shape[:2], bool)
    mask[width:-width, width:-width] = False
    return mask


def fit(lab: Singles, ground: Bools, degree: int = 2) -> Backdrop:
    """The polynomial of place that most ground pixels follow. lab (H, W, 3), ground (H, W).

    Least squares with Cauchy weights, eight rounds: what does not follow (a subject that touches the frame) loses its
    say. ``share`` is the part of the ground within three spreads.
    """
    height, width = ground.shape
    place = np.flatnonzero(ground)
    place = place[:: max(1, len(place) // 6000)]
    basis = _basis(height, width, degree)
    rows, colors = basis[place].astype(np.float64), lab.reshape(-1, 3)[place].astype(np.float64)
    weight = np.ones(len(place))
    for _ in range(8):
        damped = rows * weight[:, None]
        factors = np.linalg.solve(rows.T @ damped + 1e-6 * len(place) * np.eye(rows.shape[1]), damped.T @ colors)
        apart = np.abs(colors - rows @ factors)
        noise = 1.4826 * np.median(apart, axis=0)  # median to standard deviation
        spread = np.maximum(noise, NOISE_FLOOR)
        distance = ((apart / spread) ** 2).sum(axis=1)
        weight = 1 / (1 + distance / 3)
    share = float((distance < 3 * 9).mean())
    field = (basis @ factors.astype(np.float32)).reshape(lab.shape)
    return Backdrop(field, spread.astype(np.float32), share, noise.astype(np.float32))


def follow(backdrop: Backdrop, lab: Singles, ground: Bools, reach: float) -> Backdrop:
    """The field bent to the ground around each place: what the polynomial leaves, averaged over ``reach`` pixels."""
    from scipy.ndimage import binary_erosion, gaussian_filter

    calm = binary_erosion(ground, iterations=2, border_value=1) & (backdrop.distance(lab) < 100)
    weight = gaussian_filter(calm.astype(np.float32), reach) + np.float32(0.02)
    left = (lab - backdrop.field) * calm[..., None]
    bent = np.stack([gaussian_filter(left[..., c], reach) / weight for c in range(3)], axis=-1)
    return Backdrop(backdrop.field + bent, backdrop.spread, backdrop.share, backdrop.noise)


def _basis(height: int, width: int, degree: int) -> Singles:
    """Products of Chebyshev polynomials of the two coordinates up to a total degree, (H·W, terms)."""
    x = np.cos(np.outer(np.arange(degree + 1), np.arccos(np.linspace(-1, 1, width))))  # (degree + 1, W)
    y = np.cos(np.outer(np.arange(degree + 1), np.arccos(np.linspace(-1, 1, height))))
    terms = [y[j][:, None] * x[i][None, :] for i in range(degree + 1) for j in range(degree + 1 - i)]
    return np.stack([term.ravel() for term in terms], axis=1).astype(np.float32)
