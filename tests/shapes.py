"""Small solids whose every number is known."""

from __future__ import annotations

import numpy as np

from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.geometry.surface import signed_volume


def box(size=(1.0, 1.0, 1.0), corner=(0.0, 0.0, 0.0)) -> Mesh:
    """12 faces, 8 vertices; volume x·y·z, Euler number 2."""
    grid = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], float)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = [triangle for a, b, c, d in quads for triangle in ((a, b, c), (a, c, d))]
    return Mesh(grid * np.asarray(size, float) + np.asarray(corner, float), faces)


def tetrahedron() -> Mesh:
    """4 faces; volume 1/6."""
    return Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])


def sphere(radius: float = 1.0, subdivisions: int = 3) -> Mesh:
    """A subdivided octahedron, 8·4^n faces; volume a little below 4/3·π·r³, Euler number 2."""
    vertices = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
    faces = np.array(
        [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]], dtype=np.int64
    )
    for _ in range(subdivisions):
        vertices, faces = _subdivide(vertices, faces)
        vertices /= np.linalg.norm(vertices, axis=1, keepdims=True)
    return Mesh(vertices * radius, faces)


def torus(major: float = 1.0, minor: float = 0.3, around: int = 48, across: int = 24) -> Mesh:
    """2·around·across faces; volume a little below 2·π²·R·r², Euler number 0."""
    u, v = np.meshgrid(np.arange(around), np.arange(across), indexing="ij")
    a, b = u.ravel() * 2 * np.pi / around, v.ravel() * 2 * np.pi / across
    ring = major + minor * np.cos(b)
    vertices = np.stack([ring * np.cos(a), ring * np.sin(a), minor * np.sin(b)], axis=1)
    here = (u * across + v).ravel()
    right = (((u + 1) % around) * across + v).ravel()
    up = (u * across + (v + 1) % across).ravel()
    both = (((u + 1) % around) * across + (v + 1) % across).ravel()
    return Mesh(vertices, np.concatenate([np.stack([here, right, both], 1), np.stack([here, both, up], 1)]))


def grid(columns: int = 4, rows: int = 4) -> Mesh:
    """An open sheet in the plane z = 0, one unit a cell, with uv over 0..1 and one border loop."""
    x, y = np.meshgrid(np.arange(columns + 1), np.arange(rows + 1))
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1).astype(float)
    i, j = np.meshgrid(np.arange(columns), np.arange(rows))
    a = (j * (columns + 1) + i).ravel()
    faces = np.concatenate(
        [np.stack([a, a + 1, a + columns + 2], 1), np.stack([a, a + columns + 2, a + columns + 1], 1)]
    )
    uv = (vertices[:, :2] / [columns, rows])[faces]
    return Mesh(vertices, faces, uv=uv)


def volume(solid: Mesh | Asset) -> float:
    """What a closed surface encloses; shells inside out count against it."""
    mesh = solid.mesh if isinstance(solid, Asset) else solid
    return signed_volume(mesh.vertices, mesh.faces)


def together(*meshes: Mesh) -> Mesh:
    """Several meshes as one, nothing merged."""
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    vertices = np.concatenate([mesh.vertices for mesh in meshes])
    return Mesh(vertices, np.concatenate([mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=True)]))


def soup(mesh: Mesh) -> Mesh:
    """The same triangles with every vertex on its own, as an STL stores them."""
    return Mesh(mesh.triangles.reshape(-1, 3), np.arange(mesh.faces.size).reshape(-1, 3), uv=mesh.uv)


def _subdivide(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each triangle cut into four at its edges' middles."""
    ends = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    unique, inverse = np.unique(ends, axis=0, return_inverse=True)
    middle = inverse.reshape(-1, 3) + len(vertices)
    a, b, c = faces.T
    ab, bc, ca = middle.T
    corners = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    made = np.concatenate([np.stack(triple, axis=1) for triple in corners])
    return np.concatenate([vertices, vertices[unique].mean(axis=1)]), made
