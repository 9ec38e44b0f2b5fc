"""Segment: a model taken apart into the parts that people would name."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.errors import BadInput, BadSetting
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.label_borders import without_islands
from maquette.geometry.look.oklab import oklab_of
from maquette.geometry.remake.thinning import thin_out
from maquette.geometry.segmenting.regions import improve_borders, part_tree
from maquette.geometry.segmenting.soft_borders import soften
from maquette.geometry.surface import face_areas, face_normals
from maquette.registry import stage
from maquette.shape.carry.recutting import recut
from maquette.shape.carry.surface_color import SurfaceColor
from maquette.shape.mend.weld import weld
from maquette.shape.parts.closing_parts import close_parts

_MOST = 24  # parts that are found without being asked for
_STOP = 0.6  # cost of a merge from which people see two things
_ENOUGH = 12_000  # faces that are told apart; of a finer mesh a coarser copy
_COARSE = 8_000  # faces of that copy
_NEAREST = 6  # places of the copy looked at, of which the first that faces the same way counts
_AT_ONCE = 1 << 17  # faces
_VOTES = 1 << 26  # vertices times parts, of some 20 bytes each, up to which borders are smoothed
_CRUMB = 2e-4  # share of the surface below which a piece of a part goes to its neighbour


@stage
def segment(
    asset: Asset,
    *,
    parts: Annotated[int, Field(ge=0, le=64, description="how many parts; 0: as many as are plainly there")] = 0,
    detail: Annotated[float, Field(ge=0, le=1, description="how soon what stands out is a part, where 0 parts")] = 0.5,
    by: Annotated[Literal["all", "shape", "color"], Field(description="what tells parts apart")] = "all",
    of: Annotated[str, Field(description="name of the one part to take apart further; empty: the whole model")] = "",
    borders: Annotated[
        Literal["smooth", "edges"], Field(description="cut faces where no crease leads, or keep every face whole")
    ] = "smooth",
    close: Annotated[bool, Field(description="put a lid on each cut, so that every part is a body of its own")] = False,
) -> Asset:
    """Divide the model into parts where it folds in, grows thin or changes colour; each becomes a node in files.

    Fewer parts are always made of the more: ``parts=3`` joins some of ``parts=6``. Bodies that do not hang together are
    parts, unless they are small and lie close. The surface stays where it is; parts that the model had before are
    replaced, but for ``of``, whose parts are named under it (``body/part 2``). A note tells how plain the last border
    is. Refuses a model without surface and a name that no part has.

    Shape diameter: Shapira and others 2008; merging: Koepfler and others 1994; borders: Katz and Tal 2003.
    """
    asset = weld(asset)
    chosen = _choose_faces(asset, of)
    if not face_areas(asset.mesh.vertices, asset.mesh.faces[chosen]).sum() > 0:
        raise BadInput(f"segment: the model has {len(asset.mesh.faces)} faces and no surface; there is nothing to part")
    label = _labels(asset.with_mesh(asset.mesh.keep_faces(chosen)), parts, _STOP * 16.0 ** (0.5 - detail), by)
    progress(0.7, "smooth the borders")
    named = _with_parts(asset, chosen, label, of)
    if borders == "smooth" and label.max() > 0:
        named = _soften_borders(named, chosen, label)
    if close and label.max() > 0:
        progress(0.85, "close the parts")
        named = close_parts(named)
    return named


def _choose_faces(asset: Asset, of: str) -> Ints:
    """The faces to take apart, (N,)."""
    if not of:
        return np.arange(len(asset.mesh.faces))
    if of not in asset.part_names or asset.mesh.part is None:
        known = ", ".join(asset.part_names[:8]) or "none"
        raise BadSetting(f"segment: of: no part is called {of!r}; there are {known}")
    return np.flatnonzero(asset.mesh.part == asset.part_names.index(of))


def _labels(asset: Asset, parts: int, limit: float, by: str) -> Ints:
    """The part of each face, (F,), the largest first."""
    mesh = asset.mesh
    progress(0.1, "look at thickness and folds")
    vertices, faces, source = _coarse(mesh)
    lab = None if by == "shape" else _colors(asset, source)
    surface = part_tree(vertices, faces, lab, 0.0 if by == "color" else 1.0)
    tree = surface.tree
    count = min(parts, len(faces)) if parts else tree.auto(limit, _MOST)
    last = tree.costs[len(faces) - count] if 1 < count <= len(faces) and len(faces) - count < len(tree.costs) else 0.0
    progress(0.5, "move the borders")
    label = improve_borders(surface, tree.labels(count))
    label = _on_fine(mesh, vertices, faces, label)
    areas = face_areas(mesh.vertices, mesh.faces)
    label, _ = without_islands(mesh.vertices, mesh.faces, label, _CRUMB * float(areas.sum()), 0.0)
    size = np.bincount(label, weights=areas)
    order = np.argsort(-size, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    label = np.unique(rank[label], return_inverse=True)[1].reshape(-1)
    _tell(label, areas, last)
    return label


def _tell(label: Ints, areas: Floats, last: float) -> None:
    """A note on how many parts there are and how plainly the two most alike of them are two."""
    share = np.bincount(label, weights=areas) / areas.sum()
    plain = f"; the least plain border has {figures(last / _STOP, 2)} of what people see as one" if last else ""
    note(f"{len(share)} parts, the largest {share[0]:.0%} and the smallest {share[-1]:.1%} of the surface{plain}")


def _coarse(mesh: Mesh) -> tuple[Floats, Ints, Ints]:
    """Vertices and faces to be told apart, few enough, and the face (F',) of the mesh that each lies at."""
    if len(mesh.faces) <= _ENOUGH:
        return mesh.vertices, mesh.faces, np.arange(len(mesh.faces))
    from scipy.spatial import cKDTree

    vertices, faces = thin_out(mesh.vertices, mesh.faces, _COARSE)
    source = cKDTree(mesh.triangles.mean(axis=1)).query(vertices[faces].mean(axis=1))[1]
    return vertices, faces, source.astype(np.int64)


def _colors(asset: Asset, face: Ints) -> Floats:
    """OKLab in the middle of some faces, (N, 3)."""
    color = SurfaceColor(asset, asset.mesh.diagonal / 60)
    return oklab_of(color.at(face, np.full((len(face), 3), 1 / 3)))


def _on_fine(mesh: Mesh, vertices: Floats, faces: Ints, label: Ints) -> Ints:
    """Labels of coarse faces put on the mesh's own, (F,)."""
    if len(faces) == len(mesh.faces):
        return label
    from scipy.spatial import cKDTree

    share = np.array([[1, 1, 1], [4, 1, 1], [1, 4, 1], [1, 1, 4]]) / [[3], [6], [6], [6]]
    places = np.einsum("sk,fkd->fsd", share, vertices[faces]).reshape(-1, 3)
    there = np.repeat(face_normals(vertices, faces), len(share), axis=0)
    here, tree = face_normals(mesh.vertices, mesh.faces), cKDTree(places)
    result = np.empty(len(here), np.int64)
    for top in range(0, len(here), _AT_ONCE):
        some = slice(top, top + _AT_ONCE)
        near = tree.query(mesh.vertices[mesh.faces[some]].mean(axis=1), k=_NEAREST)[1]
        facing = np.einsum("nkd,nd->nk", there[near], here[some]) > 0  # the two sides of a thin wall face apart
        result[some] = near[np.arange(len(near)), facing.argmax(axis=1)]
    return label[result // len(share)]


def _with_parts(asset: Asset, chosen: Ints, label: Ints, of: str) -> Asset:
    """The asset with these labels (N,) on its chosen faces as parts."""
    count = int(label.max()) + 1
    if not of:
        fresh = tuple(f"part {number + 1}" for number in range(count))
        return asset.replace(mesh=asset.mesh.replace(part=label.astype(np.int32)), part_names=fresh)
    assert asset.mesh.part is not None
    part, place = asset.mesh.part.copy(), asset.part_names.index(of)
    part[chosen] = np.where(label == 0, place, len(asset.part_names) + label - 1)
    names = [f"{of}/part {number + 1}" for number in range(count)]
    before, after = asset.part_names[:place], asset.part_names[place + 1 :]
    return asset.replace(mesh=asset.mesh.replace(part=part), part_names=(*before, names[0], *after, *names[1:]))


def _soften_borders(asset: Asset, chosen: Ints, label: Ints) -> Asset:
    """The asset with the borders of the parts just made, labels (N,) of its chosen faces, smooth."""
    mesh, count = asset.mesh, int(label.max()) + 1
    assert mesh.part is not None
    if len(mesh.vertices) * (count + 1) > _VOTES:
        note(f"borders stay on edges: {len(mesh.vertices)} vertices and {count} parts are too many to smooth them")
        return asset
    among = np.full(len(mesh.faces), count)  # what was not taken apart now is one more, and stays as it is
    among[chosen] = label
    net, after = soften(mesh.vertices, mesh.faces, among, among == count)
    if len(net.faces) == len(mesh.faces):
        return asset
    note(f"{len(net.faces) - len(mesh.faces)} faces were added along smooth borders")
    number = np.zeros(count, np.int32)
    number[label] = mesh.part[chosen]
    part = np.where(after < count, number[np.minimum(after, count - 1)], mesh.part[net.origin])
    return asset.with_mesh(recut(mesh, net.vertices, net.faces, net.origin).replace(part=part.astype(np.int32)))
