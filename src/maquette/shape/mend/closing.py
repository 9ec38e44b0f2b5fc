"""Closing a surface up: the rungs of ``solidify`` that keep its triangles."""

from __future__ import annotations

import numpy as np

from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.progress import note, part
from maquette.geometry.mend.cracks import zip_cracks
from maquette.geometry.mend.crowding import halve_edges, pair_half_edges, part_vertices, shrunk, undoubled_faces
from maquette.geometry.mend.float32_twins import collapse_twins, spread_apart, step, too_near
from maquette.geometry.orientation import capped_volumes
from maquette.geometry.parts import areas_by
from maquette.geometry.topology import edges, face_components, fan_count
from maquette.shape.carry.recutting import between_corners, between_vertices
from maquette.shape.mend.fill_holes import fill_holes
from maquette.shape.mend.fix_winding import fix_winding
from maquette.shape.mend.weld import weld

# Cracks narrower than this share of the model's diagonal are closed by merging their sides: 0.1 mm on 100 mm.
_CRACK = 1e-3
# Solids that touch in an edge or vertex are moved apart by this share of the diagonal: 2 µm on 100 mm, far below what
# prints and far above what a 32-bit file rounds away.
_GAP = 2e-5
# Rounds of cutting crowded edges; a face is cut in one edge a round.
_CUTS = 8
# Sheets that enclose nothing are dropped up to this share of the surface; more than that is the model itself.
_SHEETS = 0.2


def close_up(asset: Asset) -> Asset:
    """Welded, without doubled faces, zipped, wound outward, parted where solids touch, holes filled, sheets dropped."""
    asset = weld(asset)
    rungs = (_without_doubles, _zip, fix_winding, part_pinches, fill_holes, fix_winding, _without_sheets)
    if is_closed(asset.mesh):
        rungs = (fix_winding, _without_sheets)
    for number, rung in enumerate(rungs):
        with part(number / len(rungs), (number + 1) / len(rungs)):
            asset = rung(asset)
    return asset


def is_closed(mesh: Mesh) -> bool:
    """Every edge has two faces and every vertex one fan."""
    return bool((edges(mesh.faces).count == 2).all() and (fan_count(mesh.faces, len(mesh.vertices)) <= 1).all())


def _without_doubles(asset: Asset) -> Asset:
    keep = undoubled_faces(asset.mesh.faces)
    if keep.all():
        return asset
    note(f"removed {int((~keep).sum())} doubled faces")
    return asset.with_mesh(asset.mesh.keep_faces(keep))


def _zip(asset: Asset) -> Asset:
    """Cracks closed, if that leaves fewer open edges and no more crowded ones."""
    mesh = asset.mesh
    before = edges(mesh.faces).count
    if (before != 1).all():
        return asset
    keep, twin = zip_cracks(mesh.vertices, mesh.faces, _CRACK * mesh.diagonal)
    if len(keep) == len(mesh.vertices):
        return asset
    merged = mesh.renumbered(keep, twin)
    merged = merged.keep_faces((merged.faces != np.roll(merged.faces, 1, axis=1)).all(axis=1))
    after = edges(merged.faces).count
    if (after == 1).sum() >= (before == 1).sum() or (after > 2).sum() > (before > 2).sum():
        return asset
    note(f"zipped cracks: {int((before == 1).sum())} open edges became {int((after == 1).sum())}")
    return asset.with_mesh(merged)


def part_pinches(asset: Asset, gap: float = _GAP) -> Asset:
    """Crowded edges and pinched vertices taken apart by ``gap`` diagonals, then wound again: solids may come free."""
    mesh = asset.mesh
    count = len(mesh.vertices)
    faces, origin = part_vertices(mesh.faces, pair_half_edges(mesh.vertices, mesh.faces), count)
    loose = np.bincount(origin, minlength=count)[origin] > 1
    mesh = mesh.replace(vertices=mesh.vertices[origin], faces=faces, **mesh.vertex_rows(origin))
    mesh = _uncrowd(mesh)
    if len(mesh.vertices) == count:
        return asset
    note(f"parted touching surfaces at {len(mesh.vertices) - count} vertices")
    loose = np.append(loose, np.ones(len(mesh.vertices) - len(loose), dtype=bool))
    vertices = shrunk(mesh.vertices, mesh.faces, loose, gap * mesh.diagonal)
    return fix_winding(asset.with_mesh(mesh.with_vertices(vertices)))


def _uncrowd(mesh: Mesh) -> Mesh:
    """Edges that are still crowded, since their faces hang together at both ends, cut in the middle."""
    most = 2 * len(mesh.faces)  # a tangle of random faces would double with every round
    for _ in range(_CUTS):
        if (edges(mesh.faces).count <= 2).all() or len(mesh.faces) > most:
            break
        cut = halve_edges(mesh.faces, pair_half_edges(mesh.vertices, mesh.faces), len(mesh.vertices))
        if cut is None:
            break
        mesh = mesh.replace(
            vertices=np.concatenate([mesh.vertices, mesh.vertices[cut.ends].mean(axis=1)]),
            faces=cut.faces,
            **between_corners(mesh, cut.parent, cut.first, cut.second, np.full(cut.first.shape, 0.5)),
            **between_vertices(mesh, cut.ends, np.full(len(cut.ends), 0.5)),
        )
    return mesh


def _without_sheets(asset: Asset) -> Asset:
    """Parts that are still open or hold no volume dropped, if they are little and something solid remains."""
    mesh = asset.mesh
    count, label = face_components(mesh.faces)
    found = edges(mesh.faces)
    sheet = np.zeros(count, dtype=bool)
    sheet[label[np.flatnonzero(found.count[found.of_half] == 1) // 3]] = True
    area = areas_by(label, mesh.vertices, mesh.faces, count)
    sheet |= np.abs(capped_volumes(mesh.vertices, mesh.faces, label, count)) <= 1e-9 * area**1.5
    share = area[sheet].sum() / max(area.sum(), 1e-300)
    if not sheet.any() or sheet.all() or share > _SHEETS:
        return asset
    note(f"dropped {int(sheet.sum())} sheets that enclose nothing, {share:.2%} of the surface")
    return asset.with_mesh(mesh.keep_faces(~sheet[label]))


def separate_float32_twins(asset: Asset, steps: float) -> Asset:
    """Vertices nearer than so many steps of a 32-bit number made one where an edge joins them, else moved apart."""
    mesh, least = asset.mesh, steps * step(asset.mesh.vertices)
    made = mesh
    for _ in range(_CUTS):
        if not len(made.faces) or not len(too_near(made.vertices, least / 2)):
            break
        twin = collapse_twins(made.vertices, made.faces, least)
        if twin is not None and (twin != np.arange(len(twin))).any():
            keep, place = np.unique(twin, return_inverse=True)
            made = made.renumbered(keep, place)
            made = made.keep_faces((made.faces != np.roll(made.faces, 1, axis=1)).all(axis=1))
        made = made.with_vertices(spread_apart(made.vertices, made.faces, least))
    if made is mesh:
        return asset
    note(f"told vertices apart that a 32-bit file takes for one: {len(mesh.vertices)} became {len(made.vertices)}")
    return asset.with_mesh(made)
