"""Which pixels belong to the subject: a minimal cut, and the alpha along its edge. Arrays only.

The cut is continuous (total variation on the pixel grid, solved by a primal-dual iteration), because a cut through
edges of a graph shows the grid's directions and a maximum flow in scipy takes minutes at 512 px; here a round takes
4 ms. Alpha is Levin's closed form, assembled and solved in the unknown band only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats, Singles


def edge_weights(features: Singles, strength: float) -> tuple[Singles, Singles]:
    """How dear it is to cut between neighbours: exp(-β·d²), as GrabCut has it. (H, W, C) -> (H, W-1), (H-1, W).

    β is the reciprocal of twice the mean squared difference (Boykov & Jolly 2001), so it adapts to the contrast; a
    hundredth of ``strength`` is always paid, which keeps outlines short where the picture says nothing.
    """
    right = np.sum((features[:, 1:] - features[:, :-1]) ** 2, axis=2, dtype=np.float32)
    down = np.sum((features[1:] - features[:-1]) ** 2, axis=2, dtype=np.float32)
    total = float(right.sum() + down.sum()) / max(right.size + down.size, 1)
    beta = np.float32(1.0 / max(2.0 * total, 1e-6))
    return (
        np.float32(strength) * (np.exp(-beta * right) * np.float32(0.98) + np.float32(0.02)),
        np.float32(strength) * (np.exp(-beta * down) * np.float32(0.98) + np.float32(0.02)),
    )


def continuous_cut(cost: Singles, right: Singles, down: Singles, start: Singles, rounds: int) -> Singles:
    """The u in 0..1 that minimises Σ cost·u + Σ weight·|∇u|: 1 is subject. cost (H, W) -> (H, W).

    Negative ``cost`` draws a pixel into the subject. Above and below one half is a minimal cut for every threshold
    (Chan, Esedoglu & Nikolova 2006); solved by Chambolle & Pock 2011 with fixed steps, warm from ``start``.
    """
    height, width = cost.shape
    u = start.astype(np.float32).copy()
    ahead = u.copy()
    flow_x = np.zeros((height, width), np.float32)
    flow_y = np.zeros((height, width), np.float32)
    weight_x = np.zeros((height, width), np.float32)
    weight_y = np.zeros((height, width), np.float32)
    weight_x[:, :-1], weight_y[:-1] = right, down
    tau, sigma = np.float32(0.25), np.float32(0.5)  # tau·sigma·8 <= 1
    for _ in range(rounds):
        flow_x[:, :-1] += sigma * (ahead[:, 1:] - ahead[:, :-1])
        flow_y[:-1] += sigma * (ahead[1:] - ahead[:-1])
        np.clip(flow_x, -weight_x, weight_x, out=flow_x)
        np.clip(flow_y, -weight_y, weight_y, out=flow_y)
        fresh = flow_x + flow_y - cost
        fresh[:, 1:] -= flow_x[:, :-1]
        fresh[1:] -= flow_y[:-1]
        fresh *= tau
        fresh += u
        np.clip(fresh, 0, 1, out=fresh)
        ahead = 2 * fresh - u
        u = fresh
    return u


def closed_form_alpha(pixels: Singles, alpha: Singles, unknown: Bools, trust: Singles, rounds: int = 200) -> Singles:
    """Alpha in the unknown band: within every 3 x 3 window a linear function of colour (Levin et al. 2008).

    pixels (H, W, 3) 0..1, alpha (H, W) 0..1 and unknown (H, W) -> alpha (H, W); known pixels keep theirs. ``trust``
    (H, W), above 0, pulls unknown pixels towards the alpha they came with (Wang & Cohen 2007).
    """
    from scipy.sparse import csr_matrix

    height, width = alpha.shape
    place = np.flatnonzero(unknown)
    if not len(place) or height < 3 or width < 3:
        return alpha
    weights = _band_laplacian(pixels, unknown)  # (N, 25) per unknown pixel, over its 5 x 5 neighbours
    offsets = (np.arange(-2, 3)[:, None] * width + np.arange(-2, 3)[None, :]).ravel()
    neighbour = np.clip(place[:, None] + offsets[None, :], 0, alpha.size - 1)  # weight 0 where it leaves the picture
    number = np.full(alpha.size, -1, np.int32)
    number[place] = np.arange(len(place), dtype=np.int32)
    column = number[neighbour]
    is_known = column < 0
    flat = alpha.ravel().astype(np.float64)
    pull = trust.ravel()[place].astype(np.float64)
    right_side = pull * flat[place] - np.where(is_known, weights * flat[neighbour], 0).sum(axis=1)
    data = np.where(is_known, 0, weights)
    data[:, 12] += pull
    column = np.where(is_known, np.arange(len(place), dtype=np.int32)[:, None], column)
    start_of_row = np.arange(0, 25 * len(place) + 1, 25)
    matrix = csr_matrix((data.ravel(), column.ravel(), start_of_row), shape=(len(place), len(place)))
    solved = _conjugate_gradients(matrix, right_side, flat[place], data[:, 12], rounds)
    result = alpha.copy()
    result.ravel()[place] = np.clip(solved, 0, 1)
    return result


def _conjugate_gradients(matrix: Any, right_side: Floats, start: Floats, diagonal: Floats, rounds: int) -> Floats:
    """Solve a symmetric positive system to a ten-thousandth; plain sums, so no thread pool changes the digits."""
    x = start.copy()
    residual = right_side - matrix @ x
    inverse = 1.0 / np.maximum(diagonal, 1e-12)
    towards = inverse * residual
    step = towards.copy()
    power = float((residual * towards).sum())
    goal = 1e-8 * float((right_side * inverse * right_side).sum()) + 1e-30
    for _ in range(rounds):
        if power <= goal:
            break
        image = matrix @ step
        length = power / float((step * image).sum())
        x += length * step
        residual -= length * image
        towards = inverse * residual
        power, before = float((residual * towards).sum()), power
        step *= power / before
        step += towards
    return x


def _band_laplacian(pixels: Singles, unknown: Bools, epsilon: float = 1e-4) -> Floats:
    """Rows of the matting Laplacian for the unknown pixels over their 5 x 5 neighbours, (N, 25)."""
    from scipy.ndimage import binary_dilation

    width = unknown.shape[1]
    inner = binary_dilation(unknown, np.ones((3, 3), bool))
    inner[[0, -1]] = False
    inner[:, [0, -1]] = False
    center = np.flatnonzero(inner)
    around = (np.arange(-1, 2)[:, None] * width + np.arange(-1, 2)[None, :]).ravel()
    colors = pixels.reshape(-1, 3).astype(np.float64)[center[:, None] + around[None, :]]  # (n, 9, 3)
    colors -= colors.mean(axis=1, keepdims=True)
    covariance = np.einsum("nki,nkj->nij", colors, colors) / 9 + np.eye(3) * (epsilon / 9)
    shaped = np.linalg.solve(covariance, colors.transpose(0, 2, 1))  # (n, 3, 9)
    number = np.full(unknown.size, -1, np.int64)
    place = np.flatnonzero(unknown)
    number[place] = np.arange(len(place))
    rows: Floats = np.zeros((len(place), 25))
    for a in range(9):
        row = number[center + around[a]]
        is_row = row >= 0
        affinity = (1.0 + np.einsum("ni,nij->nj", colors[:, a], shaped)) / 9  # (n, 9)
        for b in range(9):
            offset = (b // 3 - a // 3 + 2) * 5 + (b % 3 - a % 3 + 2)
            rows[row[is_row], offset] += (float(a == b) - affinity[:, b])[is_row]
    return rows


def surroundings(values: Singles, weight: Singles, reach: float) -> Singles:
    """What is around each pixel: the mean of ``values`` (H, W, C) where ``weight`` (H, W) is, over ``reach`` pixels.

    Where there is none within reach, four and sixteen times the reach serve, then the mean of all.
    """
    from scipy.ndimage import gaussian_filter

    total = max(float(weight.sum()), 1e-6)
    result = np.broadcast_to((values * weight[..., None]).sum(axis=(0, 1)) / total, values.shape).astype(np.float32)
    for factor in (16, 4, 1):
        step = max(1, int(factor * reach / 2))  # a wide mean needs few samples
        thin, few = weight[::step, ::step], values[::step, ::step]
        spread = factor * reach / step
        mass = gaussian_filter(thin, spread)
        mean = [gaussian_filter(few[..., c] * thin, spread) for c in range(values.shape[2])]
        share = np.clip(mass / 0.05, 0, 1)
        coarse = np.stack([share, *(m / np.maximum(mass, 1e-6) * share for m in mean)], axis=-1)
        grown = _stretch(coarse, values.shape[:2])
        result = grown[..., 1:] + result * (1 - grown[..., :1])
    return result


def _stretch(values: Singles, shape: tuple[int, int]) -> Singles:
    """Maps (h, w, C) at another size, bilinear, corner on corner; along rows and then along columns."""
    if values.shape[:2] == shape:
        return values
    for axis in (0, 1):
        place = np.linspace(0, values.shape[axis] - 1, shape[axis])
        low = np.minimum(place.astype(np.int64), max(values.shape[axis] - 2, 0))
        share = (place - low).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        near = values.take(low, axis=axis)
        values = near + (values.take(np.minimum(low + 1, values.shape[axis] - 1), axis=axis) - near) * share
    return values.astype(np.float32)


def between(pixels: Singles, subject: Singles, ground: Singles) -> tuple[Singles, Singles]:
    """How far each pixel lies from the ground's colour to the subject's, 0..1, and how far apart those are, squared."""
    way = subject - ground
    length = (way**2).sum(axis=-1)
    share = ((pixels - ground) * way).sum(axis=-1) / np.maximum(length, 1e-6)
    return np.clip(share, 0, 1), length
