"""Where the eye goes in a photo: regions that stand out and that the frame does not own.

After Zhu, Liang, Wei & Sun, "Saliency Optimization from Robust Background Detection", CVPR 2014: a region is
background when much of its outline, counted along similar colours, lies on the frame; a subject may touch the frame
and stays a subject. No weights are learned.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Singles

COLOR_SCALE = 10.0  # Lab units at which two regions count as different (paper: sigma_clr)
COMPACTNESS = 0.3  # skimage scales the values to 0..1 first; of 62 photographs 0.58 are found, with 4 (squares) 0.54
PLACE_SCALE = 0.25  # share of the picture over which contrast counts (paper: sigma_spa)


def saliency(lab: Singles, count: int = 300) -> Singles:
    """How much each pixel belongs to what stands out, 0..1. lab (H, W, 3) -> (H, W)."""
    from scipy.sparse.csgraph import dijkstra

    label, color, place, is_frame, edges = _regions(lab, count)
    apart = np.sqrt(((color[:, None] - color[None]) ** 2).sum(axis=2))
    graph = _graph(apart, edges, is_frame)
    reach = np.exp(-(dijkstra(graph, directed=False) ** 2) / (2 * COLOR_SCALE**2))
    area, length = reach.sum(axis=1), reach[:, is_frame].sum(axis=1)
    ground = 1 - np.exp(-((length / np.sqrt(area)) ** 2) / 2)  # paper: w_bg of boundary connectivity
    near = np.exp(-((place[:, None] - place[None]) ** 2).sum(axis=2) / (2 * PLACE_SCALE**2))
    contrast = (apart * near * ground[None]).sum(axis=1)
    contrast = (contrast - contrast.min()) / max(np.ptp(contrast), 1e-9)
    solved = _smooth(apart, edges, ground, contrast)
    return solved[label].astype(np.float32)


def _regions(
    lab: Singles, count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """Superpixels: label (H, W), mean colour (N, 3), centre (N, 2) 0..1, which touch the frame (N,), pairs (E, 2)."""
    from skimage.segmentation import slic

    label = slic(lab, n_segments=count, compactness=COMPACTNESS, convert2lab=False, start_label=0, channel_axis=2)
    label = np.unique(label, return_inverse=True)[1].reshape(label.shape).astype(np.int64)
    height, width = label.shape
    sizes = np.bincount(label.ravel())
    color = np.stack([np.bincount(label.ravel(), lab[..., c].ravel()) / sizes for c in range(3)], axis=1)
    row, column = np.mgrid[:height, :width] / max(height, width)
    place = np.stack([np.bincount(label.ravel(), at.ravel()) / sizes for at in (row, column)], axis=1)
    is_frame = np.zeros(len(sizes), bool)
    is_frame[np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])] = True
    pairs = np.concatenate(
        [
            np.stack([label[:, 1:].ravel(), label[:, :-1].ravel()], 1),
            np.stack([label[1:].ravel(), label[:-1].ravel()], 1),
        ]
    )
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    return label, color, place, is_frame, pairs


def _graph(apart: NDArray[np.float64], edges: NDArray[np.int64], is_frame: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Colour steps between neighbours (N, N); frame regions are neighbours of each other. 0: not connected."""
    graph = np.zeros_like(apart)
    steps = apart[edges[:, 0], edges[:, 1]]
    noise = np.sort(steps)[: max(1, len(steps) // 5)].mean() if len(steps) else 0.0  # the usual step inside one thing
    close = np.maximum(apart - noise, 0) + 1e-6
    graph[edges[:, 0], edges[:, 1]] = close[edges[:, 0], edges[:, 1]]
    frame = np.flatnonzero(is_frame)
    graph[np.ix_(frame, frame)] = close[np.ix_(frame, frame)]
    np.fill_diagonal(graph, 0)
    return graph


def _smooth(
    apart: NDArray[np.float64], edges: NDArray[np.int64], ground: NDArray[np.float64], contrast: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The paper's least squares: background pulls to 0, contrast to 1, like neighbours together. -> (N,) 0..1."""
    a, b = edges.T
    weight = np.exp(-(apart[a, b] ** 2) / (2 * COLOR_SCALE**2)) + 0.1
    system = np.diag(ground + contrast + 1e-3)
    for i, j, w in ((a, b, weight), (b, a, weight)):
        np.add.at(system, (i, i), w)
        system[i, j] -= w
    solved: NDArray[np.float64] = np.clip(np.linalg.solve(system, contrast), 0, 1)
    return solved
