"""One small value of every kind that flows between stages, for tests that run over the whole registry."""

from __future__ import annotations

import contextlib
import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from maquette.core.artwork import Artwork
from maquette.core.asset import Asset, Material, Texture
from maquette.core.camera import Camera
from maquette.core.errors import Unavailable
from maquette.core.filament import Filament
from maquette.core.files import Files
from maquette.core.heightmap import Heightmap
from maquette.core.mesh import Mesh
from maquette.core.painting import Canvas, PaintPlan
from maquette.core.picture import Picture
from maquette.core.print_settings import PrintSettings
from maquette.core.scene import Scene
from maquette.core.subject import Subject, Views
from maquette.formats.painting.hueforge import project_of
from maquette.geometry.remake.blocks import Blocks, block_surface
from shapes import box, grid, sphere, together


def png(pixels: np.ndarray) -> bytes:
    """Pixels as PNG bytes."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


@cache
def cut_out(size: int = 96) -> Subject:
    """A red ball on light grey, cut out: the mask is a disc of 0.35 of the frame's width as radius."""
    y, x = np.mgrid[0:size, 0:size] + 0.5
    distance = np.hypot(x - size / 2, y - size / 2)
    mask = np.clip(0.35 * size - distance + 0.5, 0, 1).astype(np.float32)
    shade = np.clip(1 - distance / size, 0, 1)[..., None]
    ball = shade * np.array([210.0, 60.0, 50.0])
    pixels = ball * mask[..., None] + 225.0 * (1 - mask[..., None])
    return Subject(pixels=pixels.astype(np.uint8), mask=mask, title="ball")


@cache
def photo() -> bytes:
    """The same ball as a PNG photo without alpha."""
    return png(np.asarray(cut_out(256).pixels))


@cache
def drawing() -> bytes:
    """A fish in pencil on white paper, as PNG."""
    picture = Image.new("RGB", (240, 160), "white")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((20, 40, 160, 120), outline=(50, 50, 60), width=3)
    pen.polygon([(158, 80), (220, 40), (220, 120)], outline=(50, 50, 60), width=3)
    return png(np.asarray(picture))


@cache
def ball() -> Asset:
    """A closed sphere of 40 mm with uv, a texture, a camera and its photo: passes what can pass."""
    mesh = sphere(20.0, 3)
    camera = Camera.looking((0, 1, 0), distance=200.0, span=40 / 0.7)
    flat, _ = camera.project(mesh.vertices)
    textured = Mesh(
        mesh.vertices + [0, 0, 20],
        mesh.faces,
        uv=flat[mesh.faces],
        material=np.zeros(len(mesh.faces)),
        seen=(mesh.vertices[:, 1] < 0),
    )
    material = Material(name="photo", base_color_texture=Texture(png(np.asarray(cut_out(96).pixels))))
    return Asset(
        textured,
        (material,),
        sized=True,
        title="ball",
        camera=camera.moved(np.eye(3), 1.0, np.array([0, 0, 20.0])),
        source=cut_out(96),
    )


@cache
def painted_sphere() -> Asset:
    """The same sphere with a texture in which every face has a place of its own."""
    from maquette.texture.unwrap import unwrap

    return unwrap(ball().replace(source=None), texture_px=128, old_uv="replace")


def full_mesh() -> Mesh:
    """A sheet of 18 faces with every channel filled differently."""
    sheet = grid(3, 3)
    return sheet.replace(
        material=np.arange(18) % 2,
        part=np.arange(18) // 6,
        color=np.arange(48).reshape(16, 3),
        seen=np.linspace(0, 1, 16),
    )


@cache
def wreck() -> Asset:
    """Everything wrong at once: a flipped face, a hole, a speck, an overlap, a floating part, unsized, no uv."""
    body = box((20, 20, 20))
    flipped = body.flipped(np.array([3])).keep_faces(np.arange(1, 12))
    pierced = together(flipped, box((20, 20, 20), (10, 5, 4)), box((0.1, 0.1, 0.1), (50, 0, 0)))
    sliver = Mesh(
        np.concatenate([pierced.vertices, [[0, 0, 40], [1, 0, 40], [2, 0, 40]]]),
        np.concatenate(
            [pierced.faces, [[len(pierced.vertices), len(pierced.vertices) + 1, len(pierced.vertices) + 2]]]
        ),
    )
    return Asset(sliver)


@cache
def picture() -> Picture:
    """Two frames of a colour ramp."""
    ramp = np.zeros((2, 8, 12, 4), np.uint8)
    ramp[..., 0], ramp[..., 3] = np.arange(12) * 20, 255
    ramp[1, ..., 1] = 200
    return Picture(ramp)


@cache
def heightmap() -> Heightmap:
    """A hill on a plate of 40 x 30 mm, with a picture."""
    y, x = np.mgrid[:31, :41]
    hill = 1 + 2 * np.exp(-((x - 20.0) ** 2 + (y - 12.0) ** 2) / 60)
    return Heightmap(hill.astype(np.float32), 1.0, source=cut_out(96).replace(mask=None))


@cache
def artwork() -> Artwork:
    """A square of 20 mm with a square hole, and a smaller one of another colour in that."""
    square = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    return Artwork.of([([10 * square, 6 * square[::-1]], (20, 20, 20)), ([3 * square], (200, 30, 30))], "squares")


@cache
def canvas() -> Canvas:
    """The ball on 24 x 24 cells, six layers of paint over two of base."""
    pixels = np.asarray(cut_out(24).pixels)
    return Canvas(pixels, np.ones((24, 24)), 0.4, 0.2, 0.1, 2, 6, 0.8, title="ball")


@cache
def paint_plan() -> PaintPlan:
    """A hill of up to five layers on 12 x 10 cells: two of black, two of red, one of white."""
    y, x = np.mgrid[:10, :12]
    heights = np.clip(4 - np.hypot(x - 5, y - 4).astype(int), 0, 3)
    row = np.array([0, 0, 1, 1, 2])
    recipes = np.where(np.arange(5) < 2 + np.arange(4)[:, None], row, -1)
    filaments = (Filament("black", "#101010", 0.3), Filament("red", "#C02020", 3.0), Filament("white", "#F8F8F8", 5.0))
    wanted = np.full((10, 12, 3), (150, 40, 40), np.uint8)
    return PaintPlan(recipes, heights, filaments, wanted, 0.4, 0.2, 0.1, 0.8, title="hill")


@cache
def print_settings() -> PrintSettings:
    """What a functional print of PLA is made with."""
    return PrintSettings(
        "functional", "pla", 0.2, 0.2, 3, 5, 5, 25, "gyroid", False, 0.0, 210, 60, {"layer_mm": "half a nozzle"}
    )


@cache
def scene() -> Scene:
    """The ball twice, the second one half as large and turned, 60 mm to the right."""
    second = np.diag([0.5, 0.5, 0.5, 1.0])
    second[:2, :2] = [[0.0, -0.5], [0.5, 0.0]]
    second[0, 3] = 60
    return Scene((ball().replace(source=None, camera=None),), np.zeros(2), np.stack([np.eye(4), second]), title="balls")


def figure(*bars: tuple[tuple[int, int, int], tuple[int, int, int]]) -> Asset:
    """Bars (size, corner) of cells of 4 mm as one closed body; corners count from the middle of the ground."""
    filled = np.zeros((40, 40, 40), bool)
    for size, corner in bars:
        start = np.array(corner) + [20, 20, 0]
        filled[tuple(slice(a, a + n) for a, n in zip(start.tolist(), size, strict=True))] = True
    vertices, faces, _ = block_surface(Blocks(filled, np.array([-80.0, -80.0, 0.0]), 4.0))
    return Asset(Mesh(vertices, faces), sized=True)


@cache
def person() -> Asset:
    """100 high, in a T pose, facing −Y: trunk, legs, arms, head."""
    legs = ((2, 2, 11), (-3, -1, 0)), ((2, 2, 11), (1, -1, 0))
    return figure(((6, 4, 10), (-3, -2, 11)), *legs, ((20, 2, 2), (-10, -1, 18)), ((4, 4, 4), (-2, -2, 21)))


def files_like(suffix: str) -> Files:
    """A model file of this ending, written by our own writer."""
    from maquette.flow import disk
    from maquette.registry import registry

    if suffix == ".gltf":
        suffix = ".glb"
    plain = ball().replace(source=None)
    return registry()[disk.writer_for(Path(f"ball{suffix}"), plain).stage.name](plain)


def write_files(folder: Path) -> None:
    """The files that commands in the documentation name: photos, a mask and one model in every format."""
    from maquette.flow import disk
    from maquette.registry import registry

    for name in ("chair.jpg", "front.png", "right.png", "logo.png"):
        (folder / name).write_bytes(photo())
    (folder / "sketch.jpg").write_bytes(drawing())
    (folder / "mask.png").write_bytes(png((np.asarray(cut_out(256).mask) * 255).astype(np.uint8)))
    steps = np.round(200 * 0.8 ** np.arange(1, 13)).astype(np.uint8)  # of a wedge on something light
    (folder / "wedge.png").write_bytes(png(np.repeat(np.repeat(steps, 8)[None, :, None], 8, axis=0).repeat(3, axis=2)))
    ramp = np.linspace(0, 65535, 40).astype(np.uint16)
    Image.fromarray(np.tile(ramp, (30, 1))).save(folder / "heights.png")
    (folder / "painted.hfp").write_text(project_of(paint_plan(), "hill"))
    disk.save(cut_out(256), folder / "cutout.png")
    disk.save(Asset(box((60, 12, 60)), sized=True), folder / "plate.glb")
    disk.save(Asset(box((60, 60, 6)), sized=True), folder / "tile.glb")
    for ending in (".glb", ".stl", ".obj", ".ply", ".3mf", ".off", ".amf", ".dae"):
        disk.save(ball().replace(source=None), folder / f"part{ending}")
    for ending in (".fbx", ".usdz"):
        with contextlib.suppress(Unavailable):  # USD is an extra
            disk.save(ball().replace(source=None), folder / f"part{ending}")
    disk.save(wreck(), folder / "scan.obj")
    pieces = together(box((20, 20, 20)), box((20, 20, 20), (40, 0, 0)))
    disk.save(Asset(pieces, sized=True), folder / "pieces.glb")
    sheet = registry()["blueprint"](Asset(box((60, 40, 30)), sized=True), suffix=".png", width_px=800)
    (folder / "sheet.png").write_bytes(sheet.data)
    disk.save(painted_sphere(), folder / "painted.glb")
    disk.save(person(), folder / "person.glb")
    disk.save(registry()["rig"](person()), folder / "rigged.glb")


def sample_for(kind: object, stage: object) -> object:
    """A value for an input of this type."""
    if kind is bytes and stage.output is Heightmap:
        return png(np.arange(96, dtype=np.uint8).reshape(8, 12))
    if kind is bytes and stage.output is PaintPlan:
        return project_of(paint_plan(), "hill").encode()
    if kind is bytes:
        if "open" in stage.name:
            return photo()
        return png((np.asarray(cut_out(96).mask) * 255).astype(np.uint8))
    if kind is Files:
        return files_like(stage.facts.reads[0])
    return {
        Subject: cut_out(96),
        Asset: ball(),
        Picture: picture(),
        Heightmap: heightmap(),
        Artwork: artwork(),
        Canvas: canvas(),
        PaintPlan: paint_plan(),
        PrintSettings: print_settings(),
        Scene: scene(),
        Views: Views({"front": cut_out(96)}),
    }[kind]
