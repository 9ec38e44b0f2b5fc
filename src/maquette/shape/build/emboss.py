"""Emboss: words on a model, raised or engraved."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.solids import Stock, carve, stock, unite
from maquette.geometry.flat.font_file import font_file
from maquette.geometry.flat.letterform import Print, jump, lay_on, sheet_of, slab, stroke
from maquette.geometry.flat.lettering import outline
from maquette.geometry.flat.planar import Sheet
from maquette.geometry.topology import edges
from maquette.registry import LocalFile, stage
from maquette.shape.carry.cut_faces import put_back

_PRINTER = Printer.default()

# What is right and what is up for one who looks at each side, as in CAD; from above the back is up.
_SIDES = {
    "front": ((1, 0, 0), (0, 0, 1)),
    "back": ((-1, 0, 0), (0, 0, 1)),
    "left": ((0, -1, 0), (0, 0, 1)),
    "right": ((0, 1, 0), (0, 0, 1)),
    "top": ((1, 0, 0), (0, 1, 0)),
    "bottom": ((1, 0, 0), (0, -1, 0)),
}
_STEEPEST = float(np.tan(np.radians(65.0)))  # a surface that rises more under a letter is an edge or a gap
_LONGEST = 0.06  # of the letters' height, an edge of the triangles that follow the surface
_AROUND = 0.2  # of the letters' height, the surface's normals are evened out over
_ROOT = 0.4  # of the wall, a raised letter may reach into it


@stage(adds=True)
def emboss(
    asset: Asset,
    *,
    text: Annotated[str, Field(max_length=200, description="the words; empty: the model's title")] = "",
    side: Annotated[
        Literal["front", "back", "left", "right", "top", "bottom"], Field(description="which side they stand on")
    ] = "front",
    height_mm: Annotated[float, Field(gt=0, le=1000, description="height of a capital letter")] = 8.0,
    depth_mm: Annotated[
        float, Field(ge=-50, le=50, description="how far letters stand out; below 0: how deep they are engraved")
    ] = 1.0,
    right_mm: Annotated[float, Field(description="to the right of the side's middle, as one looks at it")] = 0.0,
    up_mm: Annotated[float, Field(description="above the side's middle")] = 0.0,
    font: Annotated[LocalFile, Field(description="TTF or OTF file to set the words in; empty: the built-in font")] = "",
    printer: Annotated[Printer, Field(description="whose least detail, layer and wall the letters keep")] = _PRINTER,
) -> Asset:
    """Put words on one side of a closed model, raised or engraved, also where the side is gently curved.

    The letters are seen onto the surface from that side, the text's middle at the middle of the model's box, and stand
    out along the surface's own normals. The result is closed. What is not a letter keeps its uv, material, colour and
    part; letters take the nearest, or a plain grey beside a picture. Refuses strokes thinner than the printer's least
    detail and letters less deep than a layer, with the size that would do; a side that ends, breaks or turns away by
    more than 65 degrees under the text; and an engraving that would leave less than the least wall.
    """
    words = (text or asset.title).strip()
    if not words or not depth_mm:
        note("nothing to write" if not words else "a depth of 0 mm changes nothing")
        return asset
    loops = outline(words, height_mm, font_file("emboss", font))
    if not loops:
        raise BadSetting(f"emboss: {words!r} is blank")
    _printable(loops, height_mm, depth_mm, printer)
    return pressed_on(asset, _about_middle(loops, right_mm, up_mm), side, height_mm, depth_mm, printer)


def pressed_on(
    asset: Asset, loops: list[Floats], side: str, height_mm: float, depth_mm: float, printer: Printer
) -> Asset:
    """The asset with outlines (N, 2) about the middle of a side raised or engraved; ``height_mm`` is a letter's."""
    body = _stock_of(asset.mesh)
    right, up = (np.array(way, dtype=np.float64) for way in _SIDES[side])
    sheet = sheet_of(loops, _LONGEST * height_mm)
    if sheet is None:
        raise CannotDo("emboss: the outlines cross; choose other letters or another size")
    progress(0.3, "looking for the surface")
    middle = asset.mesh.bounds.mean(axis=0)
    mesh = asset.mesh
    printed = lay_on(mesh.vertices, mesh.faces, sheet.points, right, up, middle, _AROUND * height_mm)
    _on_one_face(sheet, printed, np.cross(right, up), side)
    progress(0.6, "cutting the letters" if depth_mm < 0 else "raising the letters")
    return _write_letters(asset, body, sheet, printed, depth_mm, printer)


def _stock_of(mesh: Mesh) -> Stock:
    """The model as a solid."""
    body = unite(mesh.vertices, mesh.faces) if len(mesh.faces) else stock(mesh.vertices, mesh.faces)
    if body.refusal or body.solid.volume() <= 0:
        broken = int((edges(mesh.faces).count != 2).sum())
        raise CannotDo(f"emboss: the model is no closed solid ({broken} edges without two faces); solidify it first")
    return body


def _printable(loops: list[Floats], height_mm: float, depth_mm: float, printer: Printer) -> None:
    """``CannotDo`` for letters that the printer cannot make."""
    width = stroke(loops)
    if width < printer.min_detail_mm:
        enough = height_mm * printer.min_detail_mm / width
        raise CannotDo(
            f"emboss: strokes are {width:.2g} mm wide and {printer.label} makes {printer.min_detail_mm:g} mm; "
            f"give letters a height of {np.ceil(enough * 10) / 10:g} mm"
        )
    if abs(depth_mm) < printer.layer_mm:
        raise CannotDo(
            f"emboss: {abs(depth_mm):g} mm is less than a layer of {printer.layer_mm:g} mm on {printer.label}; "
            f"make it deeper"
        )


def _about_middle(loops: list[Floats], right_mm: float, up_mm: float) -> list[Floats]:
    """The loops with their box's middle at the wanted place."""
    points = np.concatenate(loops)
    shift = np.array([right_mm, up_mm]) - (points.min(axis=0) + points.max(axis=0)) / 2
    return [loop + shift for loop in loops]


def _on_one_face(sheet: Sheet, printed: Print, outward: Floats, side: str) -> None:
    """``CannotDo`` where the side ends, breaks or turns away under the text."""
    advice = "make the letters smaller, move them or choose another side"
    if not printed.met.all():
        raise CannotDo(f"emboss: {1 - printed.met.mean():.1%} of the text lies beside the {side} side; {advice}")
    steepest = jump(sheet, printed, outward)
    leaning = float((printed.normals @ outward).min())
    if steepest > _STEEPEST or leaning < np.cos(np.radians(65.0)):
        angle = max(np.degrees(np.arctan(steepest)), np.degrees(np.arccos(np.clip(leaning, -1, 1))))
        raise CannotDo(f"emboss: the {side} side turns away by {angle:.0f} degrees under the text; {advice}")


def _write_letters(asset: Asset, body: Stock, sheet: Sheet, printed: Print, depth_mm: float, printer: Printer) -> Asset:
    """The body with the letters added or taken away."""
    thinnest = float(printed.thickness.min())
    into = min(max(0.5, 0.5 * abs(depth_mm)), _ROOT * thinnest)
    if depth_mm < 0 and thinnest + depth_mm < printer.min_wall_mm:
        raise CannotDo(
            f"emboss: the wall is {figures(thinnest)} mm; engraved by {-depth_mm:g} mm it is thinner than the "
            f"{printer.min_wall_mm:g} mm of {printer.label}; engrave less or raise the letters"
        )
    letters = stock(*slab(sheet, printed, -into if depth_mm > 0 else depth_mm, max(depth_mm, into)))
    if letters.refusal or letters.solid.volume() <= 0:
        raise CannotDo("emboss: the side is too curved for this depth; make it shallower or the letters smaller")
    solid = body.solid + letters.solid if depth_mm > 0 else body.solid - letters.solid
    change = solid.volume() - body.solid.volume()
    verb = "raised" if depth_mm > 0 else "engraved"
    note(f"{verb} by {abs(depth_mm):g} mm, {figures(abs(change), 4)} mm³; the wall behind is {figures(thinnest)} mm")
    return put_back(asset, [carve(solid, body.origin)])
