"""Vertical lines through triangles: every crossing found, none invented, and slivers cost what they cross."""

import numpy as np
import pytest

from maquette.geometry.inside import vertical_crossings as module
from maquette.geometry.inside.vertical_crossings import crossings, winding_by_crossings
from shapes import sphere


def slivers(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Thin triangles across the unit cube, in all directions."""
    chance = np.random.default_rng(1)
    start, end = chance.random((count, 3)), chance.random((count, 3))
    return np.concatenate([start, end, start + 1e-3]), np.arange(3 * count).reshape(3, count).T


def grid(side: int) -> np.ndarray:
    i, j = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side), indexing="ij")
    return np.stack([i.ravel(), j.ravel()], axis=1)


def by_looking_at_all(vertices, faces, lines):
    """Every line against every face."""
    line, face = (m.ravel() for m in np.meshgrid(np.arange(len(lines)), np.arange(len(faces)), indexing="ij"))
    line, height, up, face = module._keep_crossing(vertices, faces, lines, line, face)
    order = np.lexsort((face, height, line))
    return line[order], height[order], up[order], face[order]


LINES = {
    "grid": grid(40),
    "scattered": np.random.default_rng(2).random((1500, 2)),
    "one row": np.stack([np.linspace(0, 1, 300), np.full(300, 0.5)], axis=1),
    "one": np.array([[0.5, 0.5]]),
}


@pytest.mark.parametrize("lines", LINES.values(), ids=LINES)
@pytest.mark.parametrize("away", [0.0, -3.0, 1e6])
@pytest.mark.parametrize("turn", [(0, 1, 2), (1, 2, 0)])
def test_finds_what_looking_at_all_pairs_finds(lines, away, turn):
    vertices, faces = slivers(300)
    vertices, lines = vertices[:, turn] + away, lines + away
    found = crossings(vertices, faces, lines)
    expected = by_looking_at_all(vertices, faces, lines)
    for ours, theirs in zip((found.line, found.height, found.up, found.face), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert len(lines) < 100 or len(found.line)


def test_lines_through_vertices_and_along_edges_leave_a_closed_surface_as_often_as_they_enter():
    mesh = sphere(10.0, 2)
    through = np.concatenate([mesh.vertices[:, :2], mesh.triangles.mean(axis=1)[:, :2], [[0.0, 0.0], [99.0, 0.0]]])
    found = crossings(mesh.vertices, mesh.faces, through)
    assert np.bincount(found.line, weights=found.up, minlength=len(through)).tolist() == [0] * len(through)
    assert winding_by_crossings(mesh.vertices, mesh.faces, np.array([[0, 0, 0], [0, 0, 11], [1, 2, 3.0]])).tolist() == [
        1,
        0,
        1,
    ]


@pytest.mark.parametrize("lines", [grid(100), np.random.default_rng(3).random((10_000, 2))], ids=["grid", "scattered"])
@pytest.mark.parametrize("shape", ["slivers", "rods"])
def test_slivers_are_asked_only_about_lines_near_them(monkeypatch, lines, shape):
    vertices, faces = slivers(1000)
    if shape == "rods":  # all along y: rows must then run the other way
        vertices = np.where(np.arange(len(vertices))[:, None] < 2000, vertices, vertices[np.arange(3000) % 1000])
        vertices[1000:2000] = vertices[:1000] + [0, 0.5, 0]
        vertices[2000:] = vertices[:1000] + [1e-4, 0.25, 0]
    asked = []
    plain = module._keep_crossing
    monkeypatch.setattr(module, "_keep_crossing", lambda *given: asked.append(len(given[3])) or plain(*given))
    crossings(vertices, faces, lines)
    assert sum(asked) < 100 * (len(faces) + len(lines)), "ten million pairs when everything is asked about everything"


def test_nothing_comes_of_nothing():
    vertices, faces = slivers(3)
    assert len(crossings(vertices, faces[:0], grid(3)).line) == 0
    assert len(crossings(vertices, faces, grid(3)[:0]).line) == 0
    assert len(crossings(vertices, faces, grid(3) + 5).line) == 0
