"""The scale of a photo by each kind of reference, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.subject import Subject
from maquette.geometry.flat.homography import homography, mismatch, scale_at, tilt_deg
from maquette.photo import coins, marker
from maquette.photo.flat_things import Photo, regions
from maquette.photo.rectangles import FOCALS, SIZES, Found, Size, corner_insets, quadrilateral, recognize, sharpen
from maquette.photo.ruler import measure_ruler

_CLICK_PX = 1.0  # how well a person hits a pixel
_MARKER_TOLERANCE = 0.005  # of a printer at 100 %
_RULER_TOLERANCE = 0.002
_UNKNOWN_LENS = 0.01  # two points say nothing about tilt
_USUAL_LENS = 0.8  # focal length over the long side: 28 mm on full frame, a phone's main camera
_LEAST_SHEET_PX = 100  # a label in a shop and a bone of a drawing, 45 and 66 px wide, were taken for Letter sheets
_MOST_DOUBT = 0.1  # of the scale: any four-sided thing of few pixels is a sheet at some tilt of some lens
_LIKELY = (0.6, 3.0)  # focal lengths that count for the band where the picture does not tell


@dataclass(frozen=True)
class Scale:
    """Millimetres a pixel of the full photo, the band as a share (2 sigma), and what it comes from."""

    mm_per_px: float
    band: float
    words: str


def by_points(subject: Subject, pixels: tuple[float, float, float, float], mm: float) -> Scale:
    """From two pixels that a person named."""
    x1, y1, x2, y2 = pixels
    if not all(0 <= x <= subject.width and 0 <= y <= subject.height for x, y in ((x1, y1), (x2, y2))):
        raise BadSetting(f"measure: reference_px {pixels} leaves the {subject.width} x {subject.height} photo")
    length = float(np.hypot(x2 - x1, y2 - y1))
    if length < 4:
        raise BadSetting(f"measure: the two pixels are {length:.1f} px apart; choose two that are farther")
    band = np.hypot(2 * np.sqrt(2) * _CLICK_PX / length, _UNKNOWN_LENS)
    return Scale(mm / length, float(band), f"two points {length:.0f} px and {mm:g} mm apart")


def by_marker(photo: Photo, foot: Floats | None, side: float) -> Scale | None:
    """From the printed marker; None where there is none, ``CannotDo`` where several lie in different places."""
    read = _apart([seen for quad in _quads(photo, None) if (seen := marker.read(photo, *quad)) is not None])
    if len(read) > 1:
        raise CannotDo(f"measure: {len(read)} markers in the photo; leave one")
    if not read:
        return None
    size = Size("marker", f"a printed marker of {side:g} mm", (side, side), 0.0, _MARKER_TOLERANCE)
    return _scale(photo, read[0], size, foot)


def by_rectangle(
    photo: Photo, foot: Floats | None, names: tuple[str, ...], mask: NDArray[np.float32] | None
) -> Scale | None:
    """From a card or sheet of the kinds named."""
    hits: list[tuple[Size, Found]] = []
    for corners, error in _quads(photo, mask):
        seen = [
            (SIZES[name], rectangle)
            for name in names
            if (rectangle := recognize(photo, corners, error, SIZES[name].sides))
        ]
        fitting = [
            (size, rectangle)
            for size, rectangle in seen
            if _corners_fit(photo, size, rectangle) and _sure(photo, size, rectangle)
        ]
        if len(fitting) > 1:
            fitting.sort(key=lambda pair: pair[1].off)
            if fitting[1][1].off < 2 * fitting[0][1].off + 0.005:
                words = " or ".join(size.words for size, _ in fitting[:2])
                raise CannotDo(f"measure: the sheet could be {words}; say which with reference")
        hits += fitting[:1]
    kinds = {size.name for size, _ in hits}
    rectangles = _apart([rectangle for _, rectangle in hits])
    if not rectangles:
        return None
    if len(rectangles) > 1 or len(kinds) > 1:
        raise CannotDo(
            f"measure: {len(rectangles)} things look like {' or '.join(sorted(kinds))}; leave one, or use reference_px"
        )
    return _scale(photo, rectangles[0], SIZES[kinds.pop()], foot)


def _sure(photo: Photo, size: Size, rectangle: Found) -> bool:
    """Whether a sheet, which has nothing but its four sides, is large and exact enough to be told from a label."""
    if size.radius:
        return True
    sides = np.linalg.norm(np.roll(rectangle.corners, -1, axis=0) - rectangle.corners, axis=1) * photo.per_fine
    return bool(sides.min() >= _LEAST_SHEET_PX and _scale(photo, rectangle, size, None).band <= _MOST_DOUBT)


def by_coin(photo: Photo, foot: Floats | None, name: str, mask: NDArray[np.float32] | None = None) -> Scale | None:
    """From the coin of this name; ``CannotDo`` where round things of several sizes could be it.

    A coin lies on the ground: a round thing with the subject all around it is a part of that.
    """
    if name not in coins.DIAMETERS:
        raise BadSetting(f"measure: no coin {name[:20]!r}; there are {', '.join(coins.DIAMETERS)}")
    seen = [ellipse for region in regions(photo) if (ellipse := coins.coin(photo, region)) is not None]
    coins_apart = coins.different([one for one in seen if mask is None or not _in_the_subject(one, photo, mask)])
    if not coins_apart:
        return None
    if not coins.alike(coins_apart):
        raise CannotDo(
            f"measure: {len(coins_apart)} round things of different size; leave one coin, or use reference_px"
        )
    best = min(coins_apart, key=lambda one: one.error_px / one.axes[0])
    scale = coins.DIAMETERS[name] / (2 * best.axes[0]) / photo.per_fine
    cosine = min(best.axes[1] / best.axes[0], 1.0)
    band = np.hypot(2 * best.error_px / best.axes[0], coins.TOLERANCE) + 0.003
    if foot is not None:  # on a tilted ground things higher in the picture are farther away
        focal = _USUAL_LENS * max(photo.fine.shape[:2])
        rise = (best.center[1] - foot[1] / photo.per_fine) / focal
        shift = float(np.clip(np.sqrt(1 - cosine**2) / max(cosine, 0.3) * rise, -0.5, 0.5))
        scale, band = scale * (1 + shift), band + 0.6 * abs(shift)
    tilt = float(np.degrees(np.arccos(cosine)))
    words = (
        f"a coin {name} of {coins.DIAMETERS[name]:g} mm, {2 * best.axes[0] * photo.per_fine:.0f} px, tilted {tilt:.0f}°"
    )
    return Scale(float(scale), float(band), words)


def _in_the_subject(coin: coins.Ellipse, photo: Photo, mask: NDArray[np.float32]) -> bool:
    """Whether the ring around a round thing, a third of its radius away, is mostly the subject."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)[:, None]
    other = np.array([-coin.direction[1], coin.direction[0]])
    ring = coin.center + 1.3 * (coin.axes[0] * np.cos(angle) * coin.direction + coin.axes[1] * np.sin(angle) * other)
    place = np.rint((ring + 0.5) * photo.per_fine - 0.5).astype(int)
    x, y = np.clip(place, 0, [mask.shape[1] - 1, mask.shape[0] - 1]).T
    return bool((mask[y, x] >= 0.5).mean() > 0.5)


def by_ruler(photo: Photo) -> Scale | None:
    """From the millimetre ticks of a ruler."""
    ruler = measure_ruler(photo)
    if ruler is None:
        return None
    long_side = float(max(photo.fine.shape[:2]))
    value = ruler.mm_per_px(photo.middle, _USUAL_LENS * long_side)
    lens = max(abs(np.log(ruler.mm_per_px(photo.middle, f * long_side) / value)) for f in _LIKELY)
    band = np.hypot(2 * ruler.error, _RULER_TOLERANCE) + lens + 0.002
    return Scale(value / photo.per_fine, float(band), f"a ruler, {ruler.ticks} ticks of 1 mm")


def _quads(photo: Photo, mask: NDArray[np.float32] | None) -> list[tuple[Floats, float]]:
    """Corners in fine pixels, and their error, of every region with four straight edges."""
    quads: list[tuple[Floats, float]] = []
    factor = photo.per_work / photo.per_fine
    for region in regions(photo):
        corners = quadrilateral(region)
        if corners is None or (mask is not None and _belongs(region.hull, photo, mask)):
            continue
        corners = (corners + 0.5) * factor - 0.5
        if any(np.abs(corners - other).max() < 0.5 for other, _ in quads):
            continue
        exact = sharpen(photo, corners)
        if exact is not None and not any(_one_place(exact[0], other) for other, _ in quads):
            quads.append(exact)
    return quads


def _one_place(one: Floats, other: Floats) -> bool:
    """Whether two quadrilaterals are the same to a pixel, whichever corner comes first."""
    away = np.linalg.norm(one[:, None] - other, axis=2).min(axis=1)
    return bool(away.max() < 1.0)


def _belongs(hull: Floats, photo: Photo, mask: NDArray[np.float32]) -> bool:
    """Whether a region is part of the subject itself."""
    place = np.rint((hull.mean(axis=0) + 0.5) * photo.per_work - 0.5).astype(int)
    x, y = np.clip(place, 0, [mask.shape[1] - 1, mask.shape[0] - 1])
    return bool(mask[y, x] >= 0.5)


def _corners_fit(photo: Photo, size: Size, rectangle: Found) -> bool:
    """Round corners on a card, sharp ones on a sheet."""
    inset, expected = corner_insets(photo, rectangle), size.radius * (np.sqrt(2) - 1)
    pixel = scale_at(rectangle.matrix, photo.middle, rectangle.focal, rectangle.corners.mean(axis=0))
    if size.radius:
        return bool(pixel < 0.7 and np.all(np.abs(inset - expected) < 0.6 + 0.8 * pixel) and np.median(inset) > 0.5)
    return bool(np.all(inset < 0.012 * min(size.sides) + pixel))


def _apart(rectangles: list[Found]) -> list[Found]:
    """Of rectangles around one centre the outermost."""
    kept: list[Found] = []
    for one in sorted(rectangles, key=lambda f: -float(np.ptp(f.corners, axis=0).prod())):
        reach = [np.ptp(other.corners, axis=0).max() for other in kept]
        near = [np.linalg.norm(one.corners.mean(axis=0) - other.corners.mean(axis=0)) for other in kept]
        if all(n > 0.25 * r for n, r in zip(near, reach, strict=True)):
            kept.append(one)
    return kept


def _scale(photo: Photo, rectangle: Found, size: Size, foot: Floats | None) -> Scale:
    """The scale where the subject stands, by the plane that four corners give."""
    plane = rectangle.plane / rectangle.plane.max() * max(size.sides)
    where = rectangle.corners.mean(axis=0) if foot is None else (foot + 0.5) / photo.per_fine - 0.5
    long_side = float(max(photo.fine.shape[:2]))
    matrix = homography(plane, rectangle.corners)
    off = np.array([mismatch(matrix, photo.middle, f * long_side) for f in FOCALS])
    noise = _noise(plane, rectangle, photo.middle)
    possible = FOCALS[(off <= off.min() + 2 * noise) & (_LIKELY[0] <= FOCALS) & (_LIKELY[1] >= FOCALS)]
    if not len(possible):
        possible = FOCALS[[int(off.argmin())]]
    focal = float(possible[np.abs(np.log(possible / _USUAL_LENS)).argmin()]) * long_side
    value = scale_at(matrix, photo.middle, focal, where)
    others = [scale_at(matrix, photo.middle, f * long_side, where) for f in possible]
    lens = max(abs(np.log(other / value)) for other in others)
    edge = 0.0
    for corner in range(4):
        for axis in range(2):
            moved = rectangle.corners.copy()
            moved[corner, axis] += rectangle.error_px
            edge += np.log(scale_at(homography(plane, moved), photo.middle, focal, where) / value) ** 2
    tilt = tilt_deg(matrix, photo.middle, focal)
    width = float(np.linalg.norm(rectangle.corners[1] - rectangle.corners[0])) * photo.per_fine
    words = f"{size.words}, {width:.0f} px wide, tilted {tilt:.0f}°"
    band = 2 * np.sqrt(edge) + lens + size.tolerance + 0.001
    return Scale(value / photo.per_fine, float(band), words)


def _noise(plane: Floats, rectangle: Found, middle: Floats) -> float:
    """How much the corners' error alone moves the mismatch."""
    total = 0.0
    before = mismatch(homography(plane, rectangle.corners), middle, rectangle.focal)
    for corner in range(4):
        for axis in range(2):
            moved = rectangle.corners.copy()
            moved[corner, axis] += rectangle.error_px
            total += (mismatch(homography(plane, moved), middle, rectangle.focal) - before) ** 2
    return float(np.sqrt(total)) + 0.001
