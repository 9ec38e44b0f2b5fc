"""Every form of flat art from every source: is it closed, does it slice without a warning, is its volume ours?"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageDraw

import maquette as mq
from maquette.core.artwork import Artwork
from maquette.core.asset import Asset
from maquette.core.errors import MaquetteError
from maquette.core.heightmap import Heightmap
from maquette.core.mesh import Mesh
from maquette.core.subject import Subject
from maquette.formats.slicers.slice import slice_
from maquette.geometry.surface import signed_volume

PITCH = 0.3
DRAFT = """layer_height = 0.3
first_layer_height = 0.3
perimeter_generator = classic
perimeters = 1
top_solid_layers = 1
bottom_solid_layers = 1
fill_density = 0%
skirts = 0
nozzle_diameter = 0.4
filament_diameter = 1.75
bed_shape = 0x0,250x0,250x210,0x210
"""  # a fifth of the time of PrusaSlicer's own settings; warnings and volumes are the mesh's
STAR = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 100"><path fill="#e0a020"
 d="M60 5 L72 40 L110 40 L80 62 L91 97 L60 76 L29 97 L40 62 L10 40 L48 40 Z"/><circle cx="60" cy="52" r="12"
 fill="#a02020"/><path d="M52 52 q8 -10 16 0" fill="none"
 stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>"""


def subjects() -> dict[str, Subject]:
    """A photograph, and a disc cut out of one."""
    from skimage import data

    photo = np.ascontiguousarray(data.astronaut()[:400, 60:460])
    y, x = np.mgrid[:400, :400] - 200
    mask = np.clip(150 - np.hypot(x, y) + 0.5, 0, 1).astype(np.float32)
    return {"photo": Subject(photo), "cut": Subject(photo, mask=mask)}


def heightmaps() -> dict[str, Callable[[], Heightmap]]:
    """The sources of heights, 45 mm wide."""
    known = subjects()
    size = {"width_mm": 45.0, "pitch_mm": PITCH}
    ramp = io.BytesIO()
    Image.fromarray((np.add.outer(np.arange(90), np.arange(120)) * 300).astype(np.uint16)).save(ramp, "PNG")
    y, x = np.mgrid[:40, :80]
    body = Asset(_hill(np.hypot((x - 40) / 2, y - 20)))
    return {
        "brightness": lambda: mq.heights(known["photo"], **size),
        "darkness": lambda: mq.heights(known["photo"], source="darkness", **size),
        "saturation": lambda: mq.heights(known["photo"], source="saturation", **size),
        "alpha": lambda: mq.heights(known["cut"], source="alpha", **size),
        "colors": lambda: mq.color_heights(known["photo"], **size),
        "steps": lambda: mq.shape_heights(mq.heights(known["photo"], **size), steps=5, layer_mm=0.2),
        "portrait": lambda: mq.portrait_heights(known["photo"], **size),
        "model": lambda: mq.bas_relief(body, side="top", **size),
        "depth map": lambda: mq.open_heights(ramp.getvalue(), width_mm=45),
        "light": lambda: mq.lithophane_heights(known["photo"], **size),
    }


def _hill(away: np.ndarray) -> Mesh:
    heights = np.maximum(12 - away * 0.5, 1).astype(np.float32)
    return mq.plate(Heightmap(heights, 1.0)).mesh


def artworks() -> dict[str, Callable[[], Artwork]]:
    """The sources of drawings."""
    logo = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(logo)
    draw.ellipse((40, 40, 260, 260), fill=(20, 60, 160))
    draw.rectangle((200, 120, 370, 180), fill=(20, 60, 160))
    buffer = io.BytesIO()
    logo.save(buffer, "PNG")
    return {
        "SVG": lambda: mq.open_art(STAR, width_mm=45),
        "logo": lambda: mq.open_art(buffer.getvalue(), width_mm=45),
        "words": lambda: mq.lettering(text="Ada", height_mm=14),
        "QR code": lambda: mq.qr_code(text="MAQUETTE", size_mm=35),
        "cut-out": lambda: mq.trace(subjects()["cut"], width_mm=40),
    }


def _round_lamp(heightmap: Heightmap, rows: float) -> Heightmap:
    """Heights 144 mm round, the upper share of their rows: a wall as high as it has to be for a slicer."""
    kept = heightmap.heights[: max(8, round(rows * len(heightmap.heights)))]
    mask = None if heightmap.mask is None else heightmap.mask[: len(kept)]
    return heightmap.replace(heights=kept, mask=mask, pitch_mm=heightmap.pitch_mm * 3.2)


HEIGHT_FORMS: dict[str, Callable[[Heightmap], Asset]] = {
    "plate": lambda h: mq.plate(h, bound_mm=0.1),
    "rounded, hole": lambda h: mq.plate(h, shape="rounded", hole_mm=3),
    "oval, framed": lambda h: mq.plate(mq.frame_heights(h, width_mm=3, shape="oval"), shape="oval"),
    "heart": lambda h: mq.plate(h, shape="heart", frame_mm=2),
    "medal": lambda h: mq.medallion(h, diameter_mm=36, loop_mm=4),
    "cylinder": lambda h: mq.lantern(_round_lamp(h, 0.25), form="cylinder", bound_mm=0.1),
    "ball": lambda h: mq.lantern(_round_lamp(h, 0.5), form="ball", bound_mm=0.1),
    "magnets": lambda h: mq.magnet_pockets(mq.plate(h.replace(heights=h.heights + 2)), magnet_mm=6, thick_mm=1.5),
    "jigsaw": lambda h: mq.jigsaw(mq.plate(h), columns=2, rows=2),
}
ART_FORMS: dict[str, Callable[[Artwork], Asset]] = {
    "sign": mq.signboard,
    "badge": lambda a: mq.signboard(a, board="outline", margin_mm=9, hole_mm=4),
    "inlay": lambda a: mq.signboard(a, letters="inlaid"),
    "stamp": lambda a: mq.stamp_block(a, handle_mm=20),
    "cutter": lambda a: mq.cookie_cutter(a, height_mm=10),
}
GATES = ("watertight", "edge-manifold", "vertex-manifold", "winding", "self-intersections", "degenerate")
SPACE = 52.0  # mm from one thing to the next on the bed


def matrix(options: argparse.Namespace) -> Iterator[str]:
    """A row for each form: what became of each source; those of one form are sliced together on one bed."""
    yield "| form | sources | triangles | gates | PrusaSlicer | volume off |"
    yield "|---|---|---|---|---|---|"
    made: dict[str, Heightmap | Artwork] = {}
    sources = {**heightmaps(), **artworks()}
    count = clean = 0
    for form, work in {**HEIGHT_FORMS, **ART_FORMS}.items():
        if options.forms and form not in options.forms.split(";"):
            continue
        things, notes = [], []
        for source in heightmaps() if form in HEIGHT_FORMS else artworks():
            try:
                value = made.get(source) or made.setdefault(source, sources[source]())
                things.append(work(value))
            except MaquetteError as problem:
                notes.append(f"{source} refused: {str(problem)[:100]}")
        count += len(things)
        failed = [words for thing in things for words in gates(thing)]
        try:
            warnings, off = slice_bed(things)
        except MaquetteError as problem:
            warnings, off = [str(problem)], np.nan
        clean += 0 if failed or warnings else len(things)
        faces = sum(len(thing.mesh.faces) for thing in things)
        gate, words = "; ".join(failed) or "all pass", "; ".join(warnings + notes) or "no warning"
        yield f"| {form} | {len(things)} | {faces:,} | {gate} | {words} | {off:.4%} |"
    yield f"\n{clean} of {count} outputs pass every gate and slice without a warning."


def gates(asset: Asset) -> list[str]:
    """The gates that a thing fails."""
    from maquette.registry import registry

    return [str(found) for name in GATES for found in registry()[name](asset) if found.verdict == "fail"]


def slice_bed(things: list[Asset]) -> tuple[list[str], float]:
    """The slicer's warnings over things on one bed, and how far its volume of them is from ours."""
    vertices, faces, start = [], [], 0
    for number, thing in enumerate(things):
        middle = thing.mesh.bounds.mean(axis=0)
        place = [number % 4 * SPACE - middle[0], number // 4 * SPACE - middle[1], -float(thing.mesh.bounds[0][2])]
        vertices.append(thing.mesh.vertices + place)
        faces.append(thing.mesh.faces + start)
        start += len(thing.mesh.vertices)
    mesh = Mesh(np.concatenate(vertices), np.concatenate(faces))
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as profile:
        profile.write(DRAFT)
        profile.flush()
        files = slice_(Asset(mesh, sized=True), slicer="prusa", profile=profile.name, filaments="one")
    told = json.loads(next(data for name, data in files.parts.items() if name.endswith(".slice.json")))
    words = [str(warning)[:100] for warning in told["warnings"]]
    words += [f"{name}: {number}" for name, number in told["defects"].items() if number]
    volume = signed_volume(mesh.vertices, mesh.faces)
    return words, abs(told["volume_mm3"] - volume) / volume
