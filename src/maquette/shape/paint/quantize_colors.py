"""Quantize colors: a coloured model for the filaments on the shelf.

Triangles are cut along the colours' borders, not painted whole: a staircase of triangles shows on a print. Tried:
labels on faces after refining to half a nozzle (six times the faces, borders still ragged), and slicers' codes within
triangles (not in the standard, halves only). Cutting where two filaments weigh the same gives smooth borders from
triangles as large as a nozzle.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.cutting_net import Net
from maquette.geometry.cut.label_borders import cut_along_borders, spread_labels, without_islands
from maquette.geometry.look.oklab import choose_colors, clusters, light_of, light_of_oklab, nearest, oklab_of, srgb_of
from maquette.geometry.surface import face_areas
from maquette.registry import stage
from maquette.shape.carry.recutting import dressed_in, recut_channels
from maquette.shape.carry.surface_color import SurfaceColor
from maquette.shape.paint.color_regions import Sampled, dither, node_votes, refine_net, sample_faces, seams, spots
from maquette.shape.paint.filament_names import Filament, split_list
from maquette.shape.paint.filament_names import filaments as named

_PRINTER = Printer.default()

MOST = 16  # what four AMS units feed and the slicers' codes name
_ISLAND = 4.0  # line widths squared that a region must cover, two by two
_DOT = 1.0  # the same for dots that mix: no smaller than a line is wide


@stage(adds=True)
def quantize_colors(
    asset: Asset,
    *,
    filaments: Annotated[
        tuple[str, ...],
        BeforeValidator(split_list),
        Field(description="#RRGGBB, NAME=#RRGGBB, colour words, SET:NAME or a SET, with commas; none: from the model"),
    ] = (),
    count: Annotated[
        int, Field(ge=0, le=MOST, description="how many filaments at most; 0: all that are given, or 4")
    ] = 0,
    printer: Annotated[Printer, Field(description="its line width is how fine borders are")] = _PRINTER,
    detail_mm: Annotated[
        float | None, Field(gt=0.01, le=50, description="borders are smooth at this width; none: the printer's line")
    ] = None,
    island_mm2: Annotated[
        float | None,
        Field(ge=0, description="smaller regions go to a neighbour; none: two by two lines, one by one for dots"),
    ] = None,
    dithering: Annotated[
        Literal["none", "ordered"], Field(description="plain regions, or dots of two lines that mix to other colours")
    ] = "none",
) -> Asset:
    """Give every face one of a few filaments: textures and vertex colours become flat materials, one a filament.

    Colours are compared in OKLab, textures averaged in linear light over what a line covers. Faces are cut where the
    colour changes, so that borders run smoothly at the width of a line whatever the triangles were; the shape, parts
    and ``seen`` stay exactly as they are, what was closed stays closed. Regions smaller than ``island_mm2``, or
    narrower than half a line, go to the neighbour they share most border with. Material n is the filament of slot n.
    Without ``filaments`` the colours are clustered; with more filaments than ``count`` the best of them are taken.
    A model of flat materials keeps its faces. What has these colours already comes back as it is.

    Refuses a model without colours, and printers that print one colour. Dithering after Yliluoma 2011.
    """
    offered = named(filaments)
    _refuse(asset, printer, len(offered) if not count else 0)
    line = printer.nozzle_mm if detail_mm is None else detail_mm
    progress(0.0, "reading colours")
    color = SurfaceColor(asset, line / 4)
    seen = spots(asset.mesh, color, line)
    if color.flat:
        palette, label = _flat(asset, color, offered, count)
        net, painted = seams(asset.mesh), asset.mesh
    else:
        palette = _palette(seen, offered, count or (len(offered) or 4))
        net, label = _cut(asset, color, _lab(palette), line, dithering)
        painted = _mesh(asset.mesh, net)
    label = _calm_labels(painted, label, line, island_mm2, dithering)
    if not offered:
        palette, label = _drop_unused(palette, label)
    _tell(asset, palette, label, net)
    note(_distances(net, color, palette, label))
    return _to_filaments(asset, painted, palette, label)


def _refuse(asset: Asset, printer: Printer, wanted: int) -> None:
    """A model must have faces and colours to choose from, a printer several filaments, but no more than it can load."""
    if wanted > MOST:
        raise BadSetting(f"quantize-colors: {wanted} filaments; give count, at most {MOST} are used")
    if printer.technology != "FDM":
        raise CannotDo(f"quantize-colors: {printer.label} is {printer.technology} and prints one colour; choose an FDM")
    if not len(asset.mesh.faces):
        raise BadInput("quantize-colors: the model has no faces; there is nothing to colour")
    if asset.mesh.color is None and not asset.materials:
        raise BadInput("quantize-colors: the model has no colours; give it a texture, vertex colours or materials")


def _lab(palette: tuple[Filament, ...]) -> Floats:
    """OKLab of filaments, (K, 3)."""
    return oklab_of(light_of(np.array([filament.rgb for filament in palette], np.uint8)))


def _filament(rgb: NDArray[np.uint8]) -> Filament:
    text = "#{:02X}{:02X}{:02X}".format(*rgb.tolist())
    return Filament(text, text)


def _palette(seen: Sampled, offered: tuple[Filament, ...], count: int) -> tuple[Filament, ...]:
    """The filaments to use: those given, the best of them, or what the model's colours gather around."""
    lab = oklab_of(seen.light)
    if not offered:
        colors = srgb_of(np.clip(light_of_oklab(clusters(lab, seen.weight, count)), 0, 1))
        palette = tuple(dict.fromkeys(_filament(rgb) for rgb in colors))
        note(f"found {len(palette)} colours: {', '.join(filament.color for filament in palette)}")
        return palette
    if len(offered) <= count:
        return offered
    best = choose_colors(lab, seen.weight, _lab(offered), count)
    note(f"took {len(best)} of {len(offered)} filaments: {', '.join(offered[k].name for k in best)}")
    return tuple(offered[k] for k in best)


def _flat(
    asset: Asset, color: SurfaceColor, offered: tuple[Filament, ...], count: int
) -> tuple[tuple[Filament, ...], Ints]:
    """Filaments and labels (F,) of a model whose faces have one colour each; colours that fit are not touched."""
    mesh = asset.mesh
    middle = np.full((len(mesh.faces), 3), 1 / 3)
    light = color.at(np.arange(len(mesh.faces)), middle)
    used = np.zeros(len(mesh.faces), np.int64) if mesh.material is None else mesh.material.astype(np.int64)
    present = [_filament(srgb_of(np.array(asset.materials[k].base_color[:3]))) for k in np.unique(used).tolist()]
    present = list(dict.fromkeys(present))
    limit = count or (len(offered) or 4)
    if not offered and len(present) <= limit:
        palette = tuple(present)
    elif offered and {f.color for f in present} <= {f.color for f in offered} and len(present) <= limit < len(offered):
        palette = tuple(f for f in offered if f.color in {p.color for p in present})
    else:
        palette = _palette(Sampled(light, face_areas(mesh.vertices, mesh.faces)), offered, limit)
    return palette, nearest(oklab_of(light), _lab(palette))[0]


def _cut(asset: Asset, color: SurfaceColor, palette: Floats, line: float, dithering: str) -> tuple[Net, Ints]:
    """The model cut along its colours, and the palette's number of each face."""
    start = seams(asset.mesh)
    if dithering == "ordered":
        return dither(start, color, palette, 2 * line)
    net = refine_net(start, color, palette, line)
    progress(0.6, "smoothing borders")
    votes, node = node_votes(net, color, palette)
    net = Net(net.vertices, net.faces, node, net.origin, net.share)
    score = spread_labels(net, votes, line)
    progress(0.75, "cutting along borders")
    cut_net, of_face, _ = cut_along_borders(net, score)
    return cut_net, of_face


def _mesh(mesh: Mesh, net: Net) -> Mesh:
    """The cut mesh with what rides on faces and vertices."""
    clothes = recut_channels(mesh, net.origin, net.share)
    for name in ("uv", "material", "color"):  # filaments take their place
        clothes.pop(name, None)
    dressed = dressed_in(net.vertices, net.faces, clothes)
    old = mesh.vertex_rows(slice(None))
    kept = {
        name: np.concatenate([old[name], new[len(mesh.vertices) :]])
        for name, new in dressed.vertex_rows(slice(None)).items()
    }
    return dressed.replace(**kept)


def _calm_labels(mesh: Mesh, label: Ints, line: float, island_mm2: float | None, dithering: str) -> Ints:
    """Labels (F,) without regions that a line cannot draw; a dot is as wide as it is long, and so half as wide here."""
    progress(0.85, "dropping islands")
    lines, thin = (_ISLAND, 1.0) if dithering == "none" else (_DOT, 0.5)
    area = lines * line**2 if island_mm2 is None else island_mm2
    width = 0.0 if island_mm2 == 0 else thin * line
    label, gone = without_islands(mesh.vertices, mesh.faces, label, area, width)
    if gone:
        note(f"{gone} islands below {figures(area)} mm² or {width:.2g} mm wide went to their neighbours")
    return label


def _drop_unused(palette: tuple[Filament, ...], label: Ints) -> tuple[tuple[Filament, ...], Ints]:
    """Only the colours that some face has."""
    used, place = np.unique(label, return_inverse=True)
    return tuple(palette[k] for k in used.tolist()), place.reshape(-1)


def _to_filaments(asset: Asset, mesh: Mesh, palette: tuple[Filament, ...], label: Ints) -> Asset:
    """The asset in its filaments."""
    looks = []
    for filament in palette:
        red, green, blue = light_of(np.array(filament.rgb, np.uint8)).tolist()
        looks.append(Material(name=filament.name, base_color=(red, green, blue, 1.0)))
    bare = mesh.replace(uv=None, color=None, material=label.astype(np.int32))
    return asset.replace(mesh=bare, materials=tuple(looks))


def _tell(asset: Asset, palette: tuple[Filament, ...], label: Ints, net: Net) -> None:
    """Say each filament's share of the surface."""
    areas = net.areas
    held = np.bincount(label, weights=areas, minlength=len(palette)) / max(float(areas.sum()), 1e-300)
    number = np.bincount(label, minlength=len(palette))
    note("; ".join(f"{f.name} {share:.1%} ({n} faces)" for f, share, n in zip(palette, held, number, strict=True)))
    if len(net.faces) > len(asset.mesh.faces):
        note(f"{len(asset.mesh.faces)} faces became {len(net.faces)}, cut along borders")


def _distances(net: Net, color: SurfaceColor, palette: tuple[Filament, ...], label: Ints) -> str:
    """How far the filaments are from the model's colours on average (CIEDE2000), on 60,000 faces at most."""
    from skimage.color import deltaE_ciede2000, rgb2lab

    rows = np.arange(0, len(net.faces), len(net.faces) // 60_000 + 1)
    face, _, light = sample_faces(net, color, rows, float(net.areas.max()) + 1e-30)
    lab = rgb2lab(srgb_of(light))
    inks = rgb2lab(np.array([filament.rgb for filament in palette], np.uint8))
    best = inks[nearest(oklab_of(light), _lab(palette))[0]]
    weight = net.areas[rows[face]] + 1e-300
    least, real = (np.average(deltaE_ciede2000(lab, ink), weights=weight) for ink in (best, inks[label[rows[face]]]))
    return f"mean distance to the model's colours: {real:.1f} dE2000, {least:.1f} with the nearest filament everywhere"
