"""A picture laid on the grid of a plate: how many places it gets, and its values there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import CannotDo

_MOST_PLACES = 64_000_000  # 256 MB of heights; a metre square at an eighth of a millimetre


def grid_shape(width: int, height: int, width_mm: float, pitch_mm: float, stage: str) -> tuple[int, int, float]:
    """Rows, columns and the exact pitch of a plate under a picture: its width is met, its depth within half a pitch."""
    columns = max(2, round(width_mm / pitch_mm) + 1)
    pitch = width_mm / (columns - 1)
    rows = max(2, round(width_mm * height / width / pitch) + 1)
    if rows * columns > _MOST_PLACES:
        enough = np.ceil(100 * pitch * np.sqrt(rows * columns / _MOST_PLACES)) / 100
        raise CannotDo(
            f"{stage}: a pitch of {pitch:.3g} mm makes {rows * columns / 1e6:.0f} million places, at most"
            f" {_MOST_PLACES // 1_000_000}; take pitch_mm {enough:g} or a smaller width_mm"
        )
    return rows, columns, pitch


def on_grid(values: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """Values (H, W) at the places of a grid: averaged where that is coarser, bilinear where it is finer."""
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(picture.resize((columns, rows), Image.Resampling.BILINEAR, reducing_gap=None), np.float32)


def soften(values: NDArray[np.float32], detail_mm: float, pitch_mm: float) -> NDArray[np.float32]:
    """Values without what is finer than a detail: a Gaussian whose width at half height is that fine."""
    from scipy.ndimage import gaussian_filter

    sigma = detail_mm / 2.355 / pitch_mm
    return values if sigma < 0.2 else np.asarray(gaussian_filter(values, sigma, mode="nearest"), np.float32)


def soften_evenly(values: NDArray[np.float32], detail_mm: float, pitch_mm: float) -> NDArray[np.float32]:
    """Values 0..1 without what is finer than a detail, of which softening took no more than it must.

    What a first softening takes away is added before the second (one step of Van Cittert 1931), so that lines about as
    wide as the detail keep most of their contrast instead of half of it.
    """
    if detail_mm / 2.355 / pitch_mm < 0.2:
        return np.clip(values, 0, 1)
    more = np.clip(2 * values - soften(values, detail_mm, pitch_mm), 0, 1)
    return np.clip(soften(more, detail_mm, pitch_mm), 0, 1)
