"""Plinth: a base under the model, with words on its front."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.solids import surface_of
from maquette.geometry.flat.font_file import font_file
from maquette.geometry.flat.lettering import outline
from maquette.geometry.printing.resting import hull
from maquette.registry import LocalFile, stage
from maquette.shape.carry.combining import combine_solids, insist_on_solid, plain

_RELIEF = 0.8  # mm that letters stand out or go in: four layers of 0.2, or two lines
_ROOTED = 0.6  # mm that raised letters reach into the plinth
_FILLED = 0.55  # of the front's height that the words take by themselves
_ACROSS = 0.9  # of the front's width, or of a third of the way round, that they may take
_SMALLEST = 2.0  # mm: strokes of smaller capitals are a fifth of a millimetre
_STEP = 0.8  # mm between the corners of letters that are bent round
_SEGMENTS = 128


@stage(adds=True)
def plinth(
    asset: Asset,
    *,
    form: Annotated[Literal["round", "square"], Field(description="a disc, or a slab with corners")] = "round",
    height_mm: Annotated[float, Field(gt=0, le=500, description="how high the plinth is")] = 8.0,
    margin_mm: Annotated[float, Field(ge=0, le=500, description="how far it reaches beyond the model's outline")] = 3.0,
    sink_mm: Annotated[float, Field(gt=0, le=50, description="how deep the model stands in it")] = 1.0,
    text: Annotated[str, Field(max_length=200, description="words on the front")] = "",
    text_mm: Annotated[float, Field(ge=0, le=200, description="height of its capitals; 0: as large as fits")] = 0.0,
    lettering: Annotated[Literal["raised", "engraved"], Field(description="words stand out or go in")] = "raised",
    font: Annotated[LocalFile, Field(description="TTF or OTF file to set the words in; empty: the built-in font")] = "",
) -> Asset:
    """Put the model on a plinth and make them one solid, with words on the front if there are any.

    The model stays where it is and stands ``sink_mm`` deep in the plinth, whose underside is then the lowest; settle
    puts it on the bed. Its size is that of the model's outline from above plus the margin. The front looks along -Y;
    on a round plinth the words follow the curve. The plinth is a plain material and a part of its own where the model
    has materials and parts; the model's faces outside it stay, bit for bit. Each call adds a plinth. Refuses what is
    no solid, signs that the font lacks, and words that would be lower than 2 mm.
    """
    mesh = asset.mesh
    if sink_mm >= height_mm:
        raise BadSetting(f"plinth: sink_mm = {sink_mm:g} is not below height_mm = {height_mm:g}; sink it less")
    insist_on_solid("plinth", mesh)
    middle, half = _footprint(mesh, form, margin_mm)
    body = _round(half[0], height_mm) if form == "round" else _square(half, height_mm)
    if text.strip():
        progress(0.2, "setting the words")
        width = 2 * half[0] if form == "square" else 2 * np.pi * half[0] / 3
        loops = outline(text, 1.0, font_file("plinth", font))
        words = _words(loops, text, text_mm, height_mm, width, raised=lettering == "raised")
        words = _bend_words(words, half[0]) if form == "round" else words.translate((0.0, -half[1], 0.0))
        body = body + words if lettering == "raised" else body - words
    low = float(mesh.bounds[0, 2])
    body = body.translate((middle[0], middle[1], low + sink_mm - height_mm))
    progress(0.5, "joining model and plinth")
    addition, asset = plain(*surface_of(body), asset, "plinth")
    result = asset.with_mesh(combine_solids("plinth", asset.mesh, [addition], "unite"))
    size = (
        f"{figures(2 * half[0])} mm across"
        if form == "round"
        else f"{figures(2 * half[0])} x {figures(2 * half[1])} mm"
    )
    note(f"stands {sink_mm:g} mm deep in a {form} plinth, {size} and {height_mm:g} mm high")
    return result


def _footprint(mesh: Mesh, form: str, margin: float) -> tuple[np.ndarray, tuple[float, float]]:
    """Middle of the plinth (2,) and half its width and depth."""
    low, high = mesh.bounds
    middle = (low[:2] + high[:2]) / 2
    if form == "square":
        return middle, (float(high[0] - low[0]) / 2 + margin, float(high[1] - low[1]) / 2 + margin)
    reach = float(np.linalg.norm(hull(mesh.vertices[:, :2]) - middle, axis=1).max())
    radius = (reach + margin) / np.cos(np.pi / _SEGMENTS)  # the sides' middles reach as far as the margin
    return middle, (radius, radius)


def _round(radius: float, height: float) -> Any:
    from manifold3d import Manifold

    return Manifold.cylinder(height, radius, radius, _SEGMENTS)


def _square(half: tuple[float, float], height: float) -> Any:
    from manifold3d import Manifold

    return Manifold.cube((2 * half[0], 2 * half[1], height)).translate((-half[0], -half[1], 0.0))


def _words(loops: list[Floats], text: str, asked: float, height: float, width: float, *, raised: bool) -> Any:
    """The words as a solid that faces -Y, on a front in the plane y = 0 from z = 0 to the height."""
    from manifold3d import CrossSection, FillRule

    points = np.concatenate(loops)
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = high - low
    fits = asked or float(min(_FILLED * height / tall, _ACROSS * width / wide))
    if asked * tall > height or asked * wide > width:
        raise CannotDo(
            f"plinth: words of {asked:g} mm take {figures(asked * wide)} x {figures(asked * tall)} mm "
            f"on a front of {figures(width)} x {height:g}; make the plinth higher or wider, or the words smaller"
        )
    if fits < _SMALLEST:
        raise CannotDo(
            f"plinth: the words would be {fits:.2g} mm high, {_SMALLEST:g} is least; shorten them or raise the plinth"
        )
    shift = np.array([0.0, -(low[1] + high[1]) / 2])
    flat = CrossSection([(loop + shift) * fits for loop in loops], FillRule.Positive)
    deep = _ROOTED if raised else _RELIEF
    note(f"wrote {text.strip()!r} in capitals of {fits:.3g} mm, {'standing out' if raised else 'cut in'} {_RELIEF} mm")
    words = flat.extrude(_RELIEF + _ROOTED).translate((0.0, 0.0, -deep))
    return words.rotate((90.0, 0.0, 0.0)).translate((0.0, 0.0, height / 2))


def _bend_words(words: Any, radius: float) -> Any:
    """Words on a plane front laid round a cylinder about the z axis."""

    def around(points: np.ndarray) -> np.ndarray:
        angle, out = points[:, 0] / radius, radius - points[:, 1]
        return np.stack([out * np.sin(angle), -out * np.cos(angle), points[:, 2]], axis=1)

    return words.refine_to_length(_STEP).warp_batch(around)
