"""Borders of parts made smooth: along creases they stay where they are, elsewhere they cut through faces."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.cut.cutting_net import Net, net_of
from maquette.geometry.cut.label_borders import cut_along_borders, spread_labels
from maquette.geometry.segmenting.dual import folds
from maquette.geometry.surface import face_areas

_CREASE = 0.35  # radians, 20 degrees: a border along such an edge stays there
_REACH = 0.008  # of the surface's size: what is narrower than this is smoothed away
_COARSE = 4.0  # times the reach: edges longer than that were put there by somebody and are kept


def soften(vertices: Floats, faces: Ints, label: Ints, still: Bools) -> tuple[Net, Ints]:
    """Faces cut along smooth borders. vertices (V, 3), faces (F, 3), label (F,) -> the net and its faces' labels.

    Borders of faces that are ``still`` (F,) stay where they are. Takes some 20 bytes a vertex and label.
    """
    size = float(np.sqrt(face_areas(vertices, faces).sum()))
    reach = _REACH * size
    count = int(label.max()) + 1
    held = _find_held(vertices, faces, label, reach)
    held[faces[still]] = True
    _, node = np.unique(np.where(held[faces], faces * count + label[:, None], faces * count), return_inverse=True)
    net = net_of(vertices, faces, node.reshape(faces.shape))
    weight = np.repeat(net.areas, 3) + 1e-30
    key = net.node.reshape(-1) * count + np.repeat(label, 3)
    nodes = int(net.node.max()) + 1
    votes = np.bincount(key, weights=weight, minlength=nodes * count).reshape(nodes, count)
    share = np.empty(votes.shape, np.float32)
    np.divide(votes, votes.sum(axis=1, keepdims=True), out=share, casting="same_kind")
    del votes
    width = np.sqrt(np.median(net.areas))
    score = spread_labels(net, share, max(reach, float(width)))
    cut, labels, _ = cut_along_borders(net, score)
    return cut, labels


def _find_held(vertices: Floats, faces: Ints, label: Ints, reach: float) -> Bools:
    """Vertices (V,) at which a border stays: it runs along creases there, or the edges are long."""
    graph = folds(vertices, faces)
    border = label[graph.pair[:, 0]] != label[graph.pair[:, 1]]
    soft = border & (np.abs(graph.bend) < _CREASE) & (graph.length < _COARSE * reach)
    held = np.ones(len(vertices), bool)
    held[graph.ends[soft].reshape(-1)] = False
    return held
