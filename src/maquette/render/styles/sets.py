"""CGI ad and miniature: a model in a set built around it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes, Floats
from maquette.core.asset import Asset, Material
from maquette.core.camera import Camera
from maquette.core.files import Files
from maquette.core.mesh import Mesh, join_meshes
from maquette.core.picture import Picture
from maquette.core.progress import note, part, progress
from maquette.geometry.flat.lathe import turn_profile
from maquette.registry import stage
from maquette.render.cameras import frame, orbit
from maquette.render.color import Colors, hex_color, to_linear
from maquette.render.frame import frame_size
from maquette.render.paths.develop import wall
from maquette.render.paths.photograph import Exposure, photograph_shot, set_up
from maquette.render.paths.rigs import Light
from maquette.render.scene import Scene

Form = Literal["1:1", "4:5", "16:9", "9:16"]
_FORMS: dict[Form, float] = {"1:1": 1.0, "4:5": 0.8, "16:9": 16 / 9, "9:16": 9 / 16}
# Where the thing stands in the picture (share of width, of height) and how much of the shorter side it takes.
_PLACES: dict[Form, tuple[float, float, float]] = {
    "1:1": (0.5, 0.6, 0.62),
    "4:5": (0.5, 0.62, 0.68),
    "16:9": (0.68, 0.55, 0.74),
    "9:16": (0.5, 0.6, 0.8),
}
_FREE = {"1:1": "upper quarter", "4:5": "upper quarter", "16:9": "left two fifths", "9:16": "upper third"}
_COLOR = Annotated[str, Field(pattern="^#?[0-9a-fA-F]{6}$", description="the brand's color as six hex digits")]
_RAYS = Annotated[int, Field(ge=1, le=4096, description="paths of light a pixel")]
_LIGHT = Annotated[Light, Field(description="the lamps or the sky around it")]


@stage
def cgi_ad(
    asset: Asset,
    *,
    form: Annotated[Form, Field(description="width to height of the picture")] = "1:1",
    size_px: Annotated[int, Field(ge=32, le=4096, description="longer side of the picture")] = 1080,
    brand: _COLOR = "e8a33d",
    light: _LIGHT = "studio",
    podium: Annotated[Literal["round", "none"], Field(description="what it stands on")] = "round",
    rays: _RAYS = 16,
) -> Picture:
    """Photograph a product for an advertisement: on a podium before a wall and a disc of the brand's color.

    The floor mirrors it a little. A part of the picture is left free for a headline: above it, or in wide pictures on
    the left; the note says where.
    """
    note(f"the {_FREE[form]} of the picture is free for a headline")
    scene, camera, picture = ad_frame(asset, form, size_px, Advertisement(brand, light, podium == "round", rays))
    return Scene(asset).show(picture).replace(camera=scene.in_millimetres(camera))


@stage
def cgi_ads(
    asset: Asset,
    *,
    size_px: Annotated[int, Field(ge=32, le=4096, description="longer side of each picture")] = 1080,
    brand: _COLOR = "e8a33d",
    light: _LIGHT = "studio",
    podium: Annotated[Literal["round", "none"], Field(description="what it stands on")] = "round",
    rays: _RAYS = 16,
) -> Files:
    """Photograph a product for an advertisement in all four forms: 1:1, 4:5, 16:9 and 9:16, as PNG files."""
    from maquette.render.write_picture import write_picture

    files: dict[str, bytes] = {}
    for number, form in enumerate(_FORMS):
        progress(number / len(_FORMS), form)
        with part(number / len(_FORMS), (number + 1) / len(_FORMS)):
            picture = cgi_ad(asset, form=form, size_px=size_px, brand=brand, light=light, podium=podium, rays=rays)
        name = f"ad-{form.replace(':', 'x')}.png"
        files[name] = write_picture(picture).data
    return Files("ad-1x1.png", files)


class Advertisement:
    """How an advertisement looks."""

    def __init__(self, brand: str, light: Light, podium: bool, rays: int) -> None:
        self.brand, self.light, self.podium, self.rays = brand.removeprefix("#"), light, podium, rays


def ad_frame(asset: Asset, form: Form, size_px: int, ad: Advertisement) -> tuple[Scene, Camera, Bytes]:
    """The scene, the camera and the picture (H, W, 4) of an advertisement."""
    staged = on_podium(asset, ad.brand) if ad.podium else asset
    scene = Scene(staged)
    camera = _ad_camera(scene, form)
    width, height = frame_size(camera, size_px)
    shot = set_up(scene, camera, ad.light)
    if shot.floor is not None:
        shot = replace(shot, floor=replace(shot.floor, gloss=0.16))
    behind = _ad_wall(height, width, ad.brand, form)
    return scene, camera, photograph_shot(shot, Exposure(size_px, ad.rays, behind))


def _ad_camera(scene: Scene, form: Form) -> Camera:
    """A camera a little above, that shows the thing at its place in the picture."""
    x, y, fill = _PLACES[form]
    aspect = _FORMS[form]
    camera = frame(scene.used_vertices, *orbit(24.0, 11.0), projection="perspective", fill=fill)
    span = camera.span / min(aspect, 1.0)
    depth = float(((scene.low + scene.high) / 2 - camera.position) @ camera.pose[:3, 2])
    pose = camera.pose.copy()
    pose[:3, 3] += pose[:3, 0] * (0.5 - x) * span * aspect * depth + pose[:3, 1] * (0.5 - y) * span * depth
    return camera.replace(pose=pose, span=span, aspect=aspect)


def _ad_wall(height: int, width: int, brand: str, form: Form) -> Colors:
    """A pale wall in the brand's hue, and behind the thing a disc of its full color."""
    color = hex_color(brand)
    pale = np.clip(0.24 * color + 0.76, 0, 1)
    name = "".join(f"{round(float(c) * 255):02x}" for c in pale)
    ground = wall(height, width, name)
    x, y, fill = _PLACES[form]
    row, column = np.mgrid[0:height, 0:width] + 0.5
    radius = 0.56 * fill * min(height, width)
    away = np.hypot(column - x * width, row - (y - 0.06) * height)
    disc = np.clip(radius - away + 0.5, 0, 1)[..., None]
    mixed: Colors = (ground * (1 - disc) + to_linear(color) * disc).astype(np.float32)
    return mixed


def with_props(asset: Asset, props: list[tuple[Mesh, Material]]) -> Asset:
    """The model and further meshes, each with a material of its own, as one."""
    mesh, materials = asset.mesh, list(asset.materials)
    if not materials:
        materials = [Material(name="plain", base_color=(0.6, 0.6, 0.6, 1.0)) if mesh.color is None else Material()]
    if mesh.material is None:
        mesh = mesh.replace(material=np.zeros(len(mesh.faces), np.int32))
    meshes = [mesh]
    for prop, material in props:
        color = {} if mesh.color is None else {"color": np.full((len(prop.vertices), 3), 255, np.uint8)}
        number = np.full(len(prop.faces), len(materials), np.int32)
        meshes.append(prop.replace(material=number, **color))
        materials.append(material)
    plain = [one.replace(part=None) for one in meshes]
    return asset.replace(mesh=join_meshes(plain), materials=tuple(materials), part_names=(), volumes=())


def on_podium(asset: Asset, brand: str) -> Asset:
    """The model on a round podium with a soft edge, in a pale tone of the brand's color."""
    low, high = asset.mesh.bounds
    middle = (low + high) / 2
    reach = float(np.linalg.norm(asset.mesh.vertices[:, :2] - middle[:2], axis=1).max()) * 1.12
    tall = max(0.16 * reach, 0.05 * float(high[2] - low[2]))
    soft = 0.12 * tall
    arc = np.linspace(0, np.pi / 2, 6)
    edge = np.column_stack([reach - soft + soft * np.cos(arc), tall - soft + soft * np.sin(arc)])
    profile = np.concatenate([[[0.0, 0.0], [reach, 0.0]], edge, [[0.0, tall]]])
    vertices, faces = turn_profile(profile, 128)
    tone = to_linear(np.clip(0.5 * hex_color(brand) + 0.48, 0, 1))
    material = Material(name="podium", base_color=(float(tone[0]), float(tone[1]), float(tone[2]), 1.0), roughness=0.45)
    offset = np.array([middle[0], middle[1], low[2] - tall])
    return with_props(asset, [(Mesh(vertices + offset, faces), material)])


@stage
def miniature(
    asset: Asset,
    *,
    size_px: Annotated[int, Field(ge=16, le=4096, description="side of the picture")] = 512,
    trees: Annotated[int, Field(ge=0, le=60, description="how many little trees stand around it")] = 9,
    blur: Annotated[float, Field(ge=0, le=1, description="how far the lens is open: small things look so near")] = 0.35,
    light: _LIGHT = "golden-hour",
    base: Annotated[Literal["grass", "sand", "snow"], Field(description="what the ground is of")] = "grass",
    rays: _RAYS = 24,
    seed: Annotated[int, Field(ge=0, le=2**31, description="another number, other places of the trees")] = 0,
) -> Picture:
    """Photograph a model as a diorama: on a little piece of ground with tiny trees, from above, sharp only in part."""
    scene = Scene(on_ground(asset, base, trees, seed))
    camera = frame(scene.used_vertices, *orbit(32.0, 30.0), projection="perspective")
    shot = set_up(scene, camera, light, blur=blur)
    picture = photograph_shot(shot, Exposure(size_px, rays, "studio"))
    return Scene(asset).show(picture).replace(camera=scene.in_millimetres(camera))


_GROUNDS = {"grass": "6f9440", "sand": "d9bd8a", "snow": "f2f4f7"}


def on_ground(asset: Asset, base: str, trees: int, seed: int) -> Asset:
    """The model on a slab of ground, trees scattered around its footprint."""
    low, high = asset.mesh.bounds
    middle, size = (low + high) / 2, high - low
    half = 0.78 * max(size[0], size[1]) + 0.1 * size[2]
    thick = 0.12 * half
    square = np.sqrt(2) * half
    slab, faces = turn_profile(
        np.array([[0, 0], [square * 0.96, 0], [square, thick * 0.3], [square, thick], [0, thick]]), 4
    )
    slab = slab @ _turning(45.0).T + [middle[0], middle[1], low[2] - thick]
    earth = Material(name="earth", base_color=_rgba(_GROUNDS[base]), roughness=0.95)
    props = [(Mesh(slab, faces), earth)]
    draws = np.random.default_rng(seed)
    placed: list[Floats] = []
    for _ in range(trees * 40):
        if len(placed) == trees:
            break
        spot = middle[:2] + draws.uniform(-0.9, 0.9, 2) * half
        away = np.abs(spot - middle[:2]) - size[:2] / 2
        tall = 0.2 * half * draws.uniform(0.75, 1.3)
        if away.max() < 0.42 * tall or any(np.hypot(*(spot - other)) < 0.5 * tall for other in placed):
            continue
        placed.append(spot)
        props += _tree(np.array([spot[0], spot[1], low[2]]), tall, draws.uniform(0, 360))
    return with_props(asset, props)


def _tree(foot: Floats, tall: float, turn_deg: float) -> list[tuple[Mesh, Material]]:
    """A trunk and a crown of three tiers."""
    trunk = turn_profile(tall * np.array([[0, 0], [0.06, 0], [0.05, 0.3], [0, 0.3]]), 8)
    crown = tall * np.array([[0, 0.2], [0.3, 0.22], [0.16, 0.5], [0.24, 0.5], [0.11, 0.76], [0.17, 0.76], [0, 1.0]])
    leaves = turn_profile(crown, 10)
    turn = _turning(turn_deg)
    bark = Material(name="bark", base_color=_rgba("6b4a2f"), roughness=0.9)
    green = Material(name="leaves", base_color=_rgba("3f7040"), roughness=0.85)
    return [(Mesh(v @ turn.T + foot, f), stuff) for (v, f), stuff in ((trunk, bark), (leaves, green))]


def _turning(degrees: float) -> Floats:
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def _rgba(color: str) -> tuple[float, float, float, float]:
    red, green, blue = (float(c) for c in to_linear(hex_color(color)))
    return red, green, blue, 1.0
