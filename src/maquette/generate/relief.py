"""Relief: a picture's light and dark as heights on a plate that lies on the bed."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.progress import progress
from maquette.core.subject import Subject
from maquette.generate.flat.tones import PEDESTAL, Source, is_cut_out, plate_camera, spread_tones, tones_of
from maquette.generate.outline_sheet import mask_of, sheet_of
from maquette.generate.photo_texture import photo_material, projected_uv, shrunk
from maquette.geometry.flat.detail import blur_within, reduce_blocks, sample
from maquette.geometry.flat.heightfield import plate, standing
from maquette.geometry.flat.levels import calm
from maquette.geometry.flat.planar import Sheet
from maquette.geometry.look.bleed import bleed
from maquette.registry import stage

_MOST_CELLS = 750_000  # grid cells, two triangles each on top; slicers crawl beyond
_WIDTH = 100.0  # mm, of a picture that nobody gave a size


@stage
def relief(
    subject: Subject,
    *,
    source: Annotated[
        Source, Field(description="what stands high: light, dark, opaque or colourful parts")
    ] = "brightness",
    shape: Annotated[
        Literal["plate", "outline"], Field(description="plate: a rectangle; outline: cut to the subject's outline")
    ] = "plate",
    width_mm: Annotated[
        float, Field(ge=0, le=2000, description="width of the whole picture; 0: by the photo's scale, or 100")
    ] = 0.0,
    relief_mm: Annotated[float, Field(gt=0, le=100, description="height of the highest part above the base")] = 2.4,
    base_mm: Annotated[float, Field(ge=0.2, le=100, description="thickness of the lowest part")] = 1.2,
    pitch_mm: Annotated[
        float, Field(ge=0.05, le=5, description="distance of grid points; half a nozzle is as fine as a printer gets")
    ] = 0.25,
    smooth: Annotated[float, Field(ge=0, le=1, description="how much grain is calmed; edges stay sharp")] = 0.3,
) -> Asset:
    """Turn a picture into heights on a closed, flat-bottomed plate that lies on the bed, right side up from above.

    The picture's top points to +Y, its tones are spread over the whole height unless it has but one, and the photo
    lies on top as colour. A photo whose scale is known comes out in its own size. On a plate a cut-out subject
    stands out from the ground around it; a subject of one tone (a logo) becomes an even step. Refuses ``alpha``
    and ``outline`` without a mask, and pictures that would take more than 750,000 grid cells.
    """
    if source == "alpha" or shape == "outline":
        mask_of(subject, "relief")
    width_mm = _width(subject, width_mm)
    unit = width_mm / subject.width
    _refuse_too_fine(subject.width * subject.height * unit**2, pitch_mm)
    factor = max(1, int(pitch_mm / unit / 2))  # two pixels or more a cell are left, finer ones are averaged
    levels = _levels(subject, source, shape, factor, smooth)
    progress(0.3, "tones spread")
    grain = 0.35 * pitch_mm / unit / factor  # standard deviation that keeps what a grid of this pitch can show
    if grain > 0.35:
        levels = blur_within(levels, np.ones_like(levels), grain)
    sheet, level = (_cut if shape == "outline" else _rectangle)(subject, levels, factor, pitch_mm, unit)
    progress(0.7, "plate laid out")
    vertices, faces = standing(sheet, base_mm + relief_mm * level)
    camera = plate_camera(subject, width_mm)
    mesh = Mesh(
        vertices,
        faces,
        uv=projected_uv(camera, vertices, faces),
        material=np.zeros(len(faces), np.int32),
        seen=(np.arange(len(vertices)) < len(sheet.points)).astype(np.float32),
    )
    material = _paint(subject, shape)
    source_photo = subject if shape == "outline" else subject.replace(mask=None)  # a plate has no subject's outline
    return Asset(mesh, (material,), sized=True, title=subject.title, camera=camera, source=source_photo)


def _width(subject: Subject, asked: float) -> float:
    """How wide the plate becomes, in mm: as asked, else by the photo's scale, else 100; refused outside 5 to 2000."""
    width = asked or subject.width * (subject.mm_per_pixel or _WIDTH / subject.width)
    if not 5 <= width <= 2000:
        raise CannotDo(f"relief: the plate would be {width:.4g} mm wide; give a width_mm from 5 to 2000")
    return width


def _refuse_too_fine(area: float, pitch: float) -> None:
    """``CannotDo`` where the plate, in mm², would take too many grid cells."""
    cells = area / pitch**2
    if cells > _MOST_CELLS:
        enough = np.ceil(100 * np.sqrt(area / _MOST_CELLS)) / 100
        raise CannotDo(
            f"relief: a pitch of {pitch:g} mm makes {cells / 1e6:.1f} million grid cells, at most"
            f" {_MOST_CELLS / 1e6:g}; take pitch_mm {enough:g} or a smaller width_mm"
        )


def _levels(subject: Subject, source: Source, shape: str, factor: int, smooth: float) -> Floats:
    """Heights 0..1 over the photo, (H', W') with ``factor`` pixels to a cell."""
    pixels = shrunk(subject.pixels, factor)
    mask = reduce_blocks(subject.mask, factor) if subject.mask is not None and is_cut_out(subject) else None
    if source == "alpha":
        return np.ones(pixels.shape[:2]) if mask is None else mask
    if mask is not None:
        pixels = bleed(pixels, mask)
    tones = calm(tones_of(pixels, source), radius=3, noise=0.15 * smooth)  # 3 cells: a nozzle's width or so
    level = spread_tones(tones, mask, source)
    return level if mask is None or shape == "outline" else mask * (PEDESTAL + (1 - PEDESTAL) * level)


def _rectangle(subject: Subject, levels: Floats, factor: int, pitch: float, unit: float) -> tuple[Sheet, Floats]:
    """The whole picture as a grid of points ``pitch`` mm apart, and the level at each."""
    width, depth = subject.width * unit, subject.height * unit
    columns, rows = (max(2, round(side / pitch)) + 1 for side in (width, depth))
    places = np.stack(
        np.meshgrid(np.linspace(0, subject.width, columns), np.linspace(0, subject.height, rows)), axis=-1
    )
    level = sample(levels, places.reshape(-1, 2) / factor).reshape(rows, columns)
    return plate(level, width, depth)


def _cut(subject: Subject, levels: Floats, factor: int, pitch: float, unit: float) -> tuple[Sheet, Floats]:
    """The inside of the mask in triangles about ``pitch`` mm long, and the level at each point."""
    sheet = sheet_of(subject, "relief", edge=pitch / unit, smallest_share=0.0005)
    level = sample(levels, sheet.points / factor)
    points = (sheet.points - [subject.width / 2, subject.height / 2]) * [unit, -unit]
    return Sheet(points, sheet.faces[:, ::-1], sheet.rim[:, ::-1]), level


def _paint(subject: Subject, shape: str) -> Material:
    """The photo as the plate's colour; around a cut-out subject the ground is light, or dark under a light subject."""
    if not is_cut_out(subject):
        return photo_material(subject.pixels)
    if shape == "outline":
        return photo_material(subject.pixels, subject.mask)
    return photo_material(subject.pixels, subject.mask, ground=True)
