"""The page of a painted print: wanted and expected pictures, how it grows, swaps, filaments, what it takes."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np

from maquette.core.arrays import Bytes, Floats
from maquette.core.painting import PaintPlan
from maquette.formats.painting.swaps import swap_heights
from maquette.formats.painting.worth import worth_lines
from maquette.geometry.flat.raking import raking_light
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.geometry.look.srgb import to_srgb
from maquette.geometry.painting.difference import seen_difference
from maquette.geometry.painting.looks import cell_light, stages_of

_STYLE = """body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222}
figure{display:inline-block;margin:.5rem;vertical-align:top}
img{max-width:21rem;border:1px solid #bbb}
figcaption{font-size:13px;color:#555;max-width:21rem}td,th{padding:.2rem .7rem;text-align:left}
i{display:inline-block;width:1.2em;height:1.2em;border:1px solid #999;vertical-align:middle}"""
_LARGE = 20.0  # CIEDE2000 that is drawn red
_HIGH = 8  # times as high as it is, a cut
_FINE = 3  # pixels a cell, where the solid is lit
_PAPER = (226, 233, 240)
_NOZZLE_MM, _LINE = 0.4, 1.125  # and how much wider a line is


def png_of(pixels: Bytes) -> bytes:
    """Pixels (H, W, 3) as PNG, small pictures enlarged without smoothing."""
    from PIL import Image

    times = max(1, 512 // max(pixels.shape[:2]))
    image = Image.fromarray(np.repeat(np.repeat(pixels, times, axis=0), times, axis=1))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def front_png(plan: PaintPlan) -> bytes:
    """The print from the front."""
    return png_of(srgb_of(cell_light(plan, "front")))


def back_png(plan: PaintPlan) -> bytes:
    """The print with a lamp behind it."""
    return png_of(srgb_of(cell_light(plan, "back")))


def as_page(plan: PaintPlan) -> str:
    """One self-contained HTML page."""
    away = seen_difference(cell_light(plan, plan.light), light_of(plan.wanted), plan.blur_cells)
    columns, rows = plan.cells.shape[1] * plan.cell_mm, plan.cells.shape[0] * plan.cell_mm
    head = f"{columns:.4g} × {rows:.4g} × {plan.levels_mm[int(plan.heights.max())]:.3g} mm"
    lit = "from the front" if plan.light == "front" else "with a lamp behind it"
    figures = [
        _figure(png_of(plan.wanted), "wanted, a pixel a cell"),
        _figure(front_png(plan), "expected from the front"),
        _figure(back_png(plan), "with a lamp behind it"),
        _figure(png_of(_heat(away)), f"where it differs {lit}: red is a CIEDE2000 of {_LARGE:g} and more"),
        _figure(png_of(_relief(plan)), "height: white is the highest"),
        *_as_solid(plan),
    ]
    grown = [
        _figure(png_of(srgb_of(cell_light(plan, plan.light, end))), _after(plan, end)) for end, _ in stages_of(plan)
    ]
    title = escape(plan.title or "Painted print")
    return "\n".join(
        [
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>',
            f"<h1>{title}</h1><p>{head}; layers of {plan.layer_mm:g} mm, the first {plan.first_mm:g}. Mean CIEDE2000 "
            f"{float(away.mean()):.2f} {lit}, one cell in twenty above {float(np.percentile(away, 95)):.1f}, as an eye "
            f"sees it that blurs {plan.blur_cells:.2g} cells.</p>",
            *figures,
            "<h2>How it grows</h2>",
            *grown,
            "<h2>Filaments</h2>",
            _filaments(plan),
            _swaps(plan),
            "<h2>What it takes</h2><p>" + "<br>".join(escape(line) for line in worth_lines(plan)) + "</p></html>",
        ]
    )


def _figure(png: bytes, words: str) -> str:
    data = base64.b64encode(png).decode()
    return f'<figure><img alt="" src="data:image/png;base64,{data}"><figcaption>{escape(words)}</figcaption></figure>'


def _after(plan: PaintPlan, layers: int) -> str:
    return f"after {layers} layers, {plan.levels_mm[layers]:.2f} mm"


def _heat(away: Floats) -> Bytes:
    """Differences from white to red."""
    share = np.clip(away / _LARGE, 0, 1)[..., None]
    return np.round(255 * (1 - share * [0.1, 1.0, 1.0])).astype(np.uint8)


def _relief(plan: PaintPlan) -> Bytes:
    heights = plan.levels_mm[plan.heights]
    share = (heights - heights.min()) / (np.ptp(heights) or 1.0)
    return np.repeat(np.round(255 * share).astype(np.uint8)[..., None], 3, axis=2)


def _as_solid(plan: PaintPlan) -> list[str]:
    """The solid under light that grazes it, cut through its middle, and what a nozzle loses of it."""
    from scipy.ndimage import grey_closing, grey_opening

    heights = plan.levels_mm[plan.heights]
    fine = np.repeat(np.repeat(heights, _FINE, axis=0), _FINE, axis=1)
    light = raking_light(fine, plan.cell_mm / _FINE, 15.0)
    cells = int(np.ceil(_LINE * _NOZZLE_MM / plan.cell_mm - 1e-6))  # that a line takes
    ridge = heights > grey_opening(heights, (cells, cells))
    groove = heights < grey_closing(heights, (cells, cells))
    lost = np.repeat(np.round(80 + 150 * (heights - heights.min()) / (np.ptp(heights) or 1.0))[..., None], 3, axis=2)
    lost[ridge], lost[groove] = (214, 60, 40), (40, 90, 214)
    lit = np.repeat(np.round(255 * to_srgb(light))[..., None], 3, axis=2).astype(np.uint8)
    words = (
        f"narrower than the {cells} cells of a line: {float((ridge | groove).mean()):.1%}; ridges red, grooves blue. A"
        f" nozzle of {_NOZZLE_MM:g} mm blurs them; slicers that fit lines to narrow places (Arachne) lay them"
    )
    return [
        _figure(png_of(lit), "under light that grazes it from the left"),
        _figure(png_of(_cut(plan)), f"cut across its middle row, {_HIGH} times as high as it is"),
        _figure(png_of(lost.astype(np.uint8)), words),
    ]


def _cut(plan: PaintPlan) -> Bytes:
    """The middle row of cells from the side, each layer in its filament's colour."""
    stacks = plan.recipes[plan.cells[plan.cells.shape[0] // 2]]  # (W, L)
    inks = np.array([*(filament.rgb for filament in plan.filaments), _PAPER], np.uint8)
    deep = np.where(np.arange(stacks.shape[1]) == 0, plan.first_mm, plan.layer_mm)
    pixels = np.maximum(1, np.round(_HIGH * deep / plan.cell_mm).astype(np.int64))
    side: Bytes = np.repeat(inks[stacks.T], pixels, axis=0)[::-1]  # -1 is the last: paper
    return side


def _filaments(plan: PaintPlan) -> str:
    rows = [
        f'<tr><td><i style="background:{filament.color}"></i><td>{escape(filament.name)}<td>{filament.color}'
        f"<td>{filament.td_mm:g} mm<td>{escape(filament.source)}"
        for filament in plan.filaments
    ]
    return "<table><tr><th><th>filament<th>colour<th>transmission distance<th>who says so" + "".join(rows) + "</table>"


def _swaps(plan: PaintPlan) -> str:
    if not plan.one_nozzle:
        return "<p>Every cell has layers of its own filaments: for a tool changer or an exchanger.</p>"
    start = plan.filaments[int(plan.sequence[0])]
    rows = [f'<tr><td>start<td><td><i style="background:{start.color}"></i> {escape(start.name)}']
    rows += [
        f"<tr><td>layer {layer}<td>{top:.2f} mm<td>"
        f'<i style="background:{plan.filaments[number].color}"></i> {escape(plan.filaments[number].name)}'
        for top, layer, number in swap_heights(plan)
    ]
    return "<h2>Swaps</h2><table><tr><th>before<th>its top<th>load" + "".join(rows) + "</table>"
