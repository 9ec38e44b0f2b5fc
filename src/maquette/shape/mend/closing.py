"""Closing a surface up: the rungs of ``solidify`` that keep its triangles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.progress import note, part
from maquette.core.words import figures
from maquette.geometry.inside.filled import closed_faces
from maquette.geometry.inside.parts import areas_by
from maquette.geometry.mend.cells import hanging_sheets, outside
from maquette.geometry.mend.contact import grow_together, reach_of
from maquette.geometry.mend.cracks import zip_cracks
from maquette.geometry.mend.crowding import halve_edges, pair_half_edges, part_vertices, shrink_inward, undoubled_faces
from maquette.geometry.mend.float32_twins import collapse_twins, spread_apart, step, too_near
from maquette.geometry.orientation import capped_volumes
from maquette.geometry.surface import face_areas
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
# Or up to this share of the faces: a few stray triangles, however large, through a model of thousands.
_STRAYS = 0.02


def join_up(asset: Asset) -> Asset:
    """Welded, without doubled faces and walls inside, zipped, wound outward, parted where solids touch."""
    asset = weld(asset)
    if is_closed(asset.mesh):
        return fix_winding(asset)
    return _in_turn(asset, (_without_doubles, _zip, _without_walls, fix_winding, part_pinches))


def fill_up(asset: Asset) -> Asset:
    """Holes filled, wound outward, and sheets dropped."""
    if is_closed(asset.mesh):
        return _without_sheets(asset)
    return _in_turn(asset, (fill_holes, fix_winding, _without_sheets))


def _in_turn(asset: Asset, rungs: tuple[Callable[[Asset], Asset], ...]) -> Asset:
    """One rung after the other."""
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


def _without_walls(asset: Asset) -> Asset:
    """Of parts that walls within or sheets between them make many-celled only the outside."""
    sheet = hanging_sheets(asset.mesh.vertices, asset.mesh.faces)
    if sheet.any():
        area = float(face_areas(asset.mesh.vertices, asset.mesh.faces[sheet]).sum())
        note(f"dropped {int(sheet.sum())} faces of {figures(area)} mm² that hang as sheets on solids")
        asset = asset.with_mesh(asset.mesh.keep_faces(~sheet))
    mesh = asset.mesh
    shells = outside(mesh.vertices, mesh.faces)
    if shells is None:
        return asset
    gone = ~shells.keep
    if gone.any():
        area = float(face_areas(mesh.vertices, mesh.faces[gone]).sum())
        note(f"dropped {int(gone.sum())} faces of {figures(area)} mm² within solids or between them as sheets")
    turned = mesh.flipped(shells.turn) if shells.turn.any() else mesh
    return asset.with_mesh(turned.keep_faces(shells.keep))


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
    """Crowded edges and pinched vertices taken apart by ``gap`` diagonals, then wound again: solids may come free.

    Solids that lie wall to wall are not moved apart but made to overlap by a hair, for ``unite`` to join.
    """
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
    asset = fix_winding(asset.with_mesh(mesh))
    mesh = asset.mesh
    whole = np.where(closed_faces(mesh.faces), face_components(mesh.faces)[1], -1)  # all that is open is one part
    grown, walls = grow_together(mesh.vertices, mesh.faces, whole + 1, reach_of(mesh.vertices))
    vertices = shrink_inward(mesh.vertices, mesh.faces, loose & ~walls, gap * mesh.diagonal)
    vertices[walls] = grown[walls]
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
    edge_table = edges(mesh.faces)
    sheet = np.zeros(count, dtype=bool)
    sheet[label[np.flatnonzero(edge_table.count[edge_table.of_half] == 1) // 3]] = True
    area = areas_by(label, mesh.vertices, mesh.faces, count)
    sheet |= np.abs(capped_volumes(mesh.vertices, mesh.faces, label, count)) <= 1e-9 * area**1.5
    share = area[sheet].sum() / max(area.sum(), 1e-300)
    if not sheet.any() or sheet.all() or (share > _SHEETS and sheet[label].mean() > _STRAYS):
        return asset
    note(f"dropped {int(sheet.sum())} sheets that enclose nothing, {share:.2%} of the surface")
    return asset.with_mesh(mesh.keep_faces(~sheet[label]))


def without_flakes(asset: Asset, thickness: float) -> Asset:
    """Closed parts thinner than ``thickness`` (a length) dropped, where something else remains: rounding left them."""
    mesh = asset.mesh
    count, label = face_components(mesh.faces)
    area = areas_by(label, mesh.vertices, mesh.faces, count)
    flake = np.abs(capped_volumes(mesh.vertices, mesh.faces, label, count)) <= thickness * area / 2
    flake[label[~closed_faces(mesh.faces)]] = False
    if not flake.any() or flake.all():
        return asset
    note(f"dropped {int(flake.sum())} flakes thinner than {figures(thickness)} mm")
    return asset.with_mesh(mesh.keep_faces(~flake[label]))


def separate_float32_twins(asset: Asset, steps: float) -> Asset:
    """Vertices nearer than so many steps of a 32-bit number made one where an edge joins them, else moved apart."""
    mesh, least = asset.mesh, steps * step(asset.mesh.vertices)
    separated = mesh
    for _ in range(_CUTS):
        if not len(separated.faces) or not len(too_near(separated.vertices, least / 2)):
            break
        separated = _collapse_edges(separated, least)
        separated = separated.with_vertices(spread_apart(separated.vertices, separated.faces, least))
    if separated is mesh:
        return asset
    note(f"told vertices apart that a 32-bit file takes for one: {len(mesh.vertices)} became {len(separated.vertices)}")
    return asset.with_mesh(separated)


def without_needles(asset: Asset, least: float) -> Asset:
    """Edges shorter than ``least`` gone, one end moved onto the other, wherever the surface stays closed."""
    merged = asset.mesh
    for _ in range(_CUTS):
        before, merged = merged, _collapse_edges(merged, least)
        if merged is before:
            break
    if merged is asset.mesh:
        return asset
    note(
        f"merged the ends of edges below {figures(least)} mm: {len(asset.mesh.faces)} faces became {len(merged.faces)}"
    )
    return asset.with_mesh(merged)


def _collapse_edges(mesh: Mesh, least: float) -> Mesh:
    """The mesh with short edges collapsed; the same one where none can go."""
    twin = collapse_twins(mesh.vertices, mesh.faces, least)
    if twin is None or (twin == np.arange(len(twin))).all():
        return mesh
    keep, place = np.unique(twin, return_inverse=True)
    collapsed = mesh.renumbered(keep, place)
    return collapsed.keep_faces((collapsed.faces != np.roll(collapsed.faces, 1, axis=1)).all(axis=1))
