"""Photographs beside mitsuba's scalar path tracer: `python bench/photographs.py [--size 256] [model.glb …]`.

The same mesh, normals, materials, camera and map of light go to both; mitsuba at `--reference` samples a pixel is the
truth. Ours is the default of `beauty` (16 paths a pixel, cleaned). How many samples mitsuba needs for a picture as
close, by FLIP (Andersson et al. 2020), is read between its own runs of 8 to 512 samples. All seconds are the
processor's, of all threads. The floor is left out (mitsuba has no shadow catcher) and so are normal maps.

Needs: pip install mitsuba flip-evaluator
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import flip_evaluator
import mitsuba
import numpy as np

import maquette as mq
from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.render.color import LINEAR_OF_BYTE, to_srgb
from maquette.render.paths.denoise import denoise
from maquette.render.paths.develop import tone
from maquette.render.paths.environment import Environment
from maquette.render.paths.photograph import ENOUGH, azimuth_of, pixels_on, set_up
from maquette.render.paths.rigs import light_rig
from maquette.render.paths.shot import Shot
from maquette.render.paths.trace import trace
from maquette.render.scene import Scene
from maquette.render.styles.substances import linear, plain_stuff

LADDER = (8, 32, 128, 512)
DEPTH = 6  # surfaces and the lamp: what four bounces after the first surface are
mitsuba.set_variant("scalar_rgb")


@dataclass(frozen=True)
class Subject:
    """One row of the table: a shot of ours, and mitsuba's materials for it."""

    name: str
    shot: Shot
    materials: list[dict[str, Any]]  # by material index


def subjects(paths: list[str]) -> list[Subject]:
    """Clay and gold of a toy, and the models that are asked for in their own materials."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "docs"))
    from looks import rocket

    toy = rocket()
    clay = {"type": "diffuse", "reflectance": {"type": "rgb", "value": linear("c8b8a6").tolist()}}
    gold = (1.0, 0.766, 0.336)
    cast = {
        "type": "principled",
        "base_color": {"type": "rgb", "value": list(gold)},
        "metallic": 1.0,
        "roughness": 0.3,
        "specular": 0.5,
    }
    matt = replace(shot_of(toy), surface=plain_stuff(linear("c8b8a6"), 1.0, reflectance=0.0))
    metal = replace(shot_of(toy), surface=plain_stuff(np.array(gold, np.float32), 0.3, metallic=1.0))
    count = len(toy.materials)
    rows = [
        Subject("rocket, matt clay", matt, [clay] * count),
        Subject("rocket, gold", metal, [cast] * count),
        Subject("rocket, painted", shot_of(toy), [their_material(Scene(toy), i) for i in range(count)]),
    ]
    for path in paths:
        asset = mq.load(path)
        asset = asset.replace(materials=tuple(m.replace(normal_texture=None) for m in asset.materials))
        shot = shot_of(asset)
        rows.append(
            Subject(Path(path).stem, shot, [their_material(shot.scene, i) for i in range(len(shot.scene.materials))])
        )
    return rows


def shot_of(asset: Asset) -> Shot:
    """A model in the studio, seen as `beauty` sees it, with no floor."""
    scene = Scene(asset)
    camera = scene.camera("three-quarter")
    return set_up(scene, camera, light_rig("studio", azimuth_of(camera)), floor=False)


def their_material(scene: Scene, number: int) -> dict[str, Any]:
    """One of our materials in mitsuba's words."""
    material = scene.materials[number]
    base = np.array(material.base_color[:3])
    result: dict[str, Any] = {"type": "principled", "specular": 0.5}
    color = scene.bitmap(number, "base_color_texture")
    if color is None:
        result["base_color"] = {"type": "rgb", "value": base.tolist()}
    else:
        result["base_color"] = picture((LINEAR_OF_BYTE[color.pixels[..., :3]] * base).astype(np.float32))
    packed = scene.bitmap(number, "orm_texture")
    for name, channel in (("roughness", 1), ("metallic", 2)):
        factor = float(getattr(material, name))
        plane = None if packed is None else packed.pixels[..., channel : channel + 1] / np.float32(255) * factor
        result[name] = factor if plane is None else picture(plane.astype(np.float32))
    result["roughness"] = max(result["roughness"], 0.03) if packed is None else result["roughness"]
    return {"type": "twosided", "inner": result}


def picture(values: Any) -> dict[str, Any]:
    """An array (H, W, C) of plain numbers as mitsuba's texture."""
    return {"type": "bitmap", "bitmap": mitsuba.Bitmap(values), "raw": True}


def their_scene(subject: Subject, size: int) -> Any:
    """Our shot as a scene of mitsuba's."""
    shot = subject.shot
    parts: dict[str, Any] = {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": DEPTH, "rr_depth": 4, "hide_emitters": True},
        "light": {"type": "envmap", "bitmap": mitsuba.Bitmap(their_sky(shot.sky)), "to_world": upright()},
        "sensor": their_camera(shot.camera, size),
    }
    for number in np.unique(shot.scene.material):
        parts[f"part{number}"] = their_mesh(shot.scene, int(number), subject.materials[int(number)])
    return mitsuba.load_dict(parts)


def upright() -> Any:
    """From mitsuba's panorama, whose up is +Y, to our +Z."""
    return mitsuba.ScalarTransform4f().rotate([1, 0, 0], 90)


def their_sky(sky: Environment, rows: int = 256) -> Any:
    """Our map of light, read at the middles of mitsuba's texels."""
    down = (np.arange(rows) + 0.5) / rows * np.pi
    around = (np.arange(2 * rows) + 0.5) / rows * np.pi
    down, around = np.meshgrid(down, around, indexing="ij")
    x, y, z = np.sin(around) * np.sin(down), np.cos(down), -np.cos(around) * np.sin(down)
    world = np.stack([x, -z, y], axis=-1).reshape(-1, 3).astype(np.float32)  # turned by 90 degrees about x
    return np.ascontiguousarray(sky.radiance(world).reshape(rows, 2 * rows, 3), np.float32)


def their_camera(camera: Camera, size: int) -> dict[str, Any]:
    """A square perspective camera."""
    pose = camera.pose
    view = mitsuba.ScalarTransform4f().look_at(
        origin=pose[:3, 3].tolist(), target=(pose[:3, 3] + pose[:3, 2]).tolist(), up=(-pose[:3, 1]).tolist()
    )
    film = {"type": "hdrfilm", "width": size, "height": size, "pixel_format": "rgba", "rfilter": {"type": "box"}}
    angle = float(np.degrees(2 * np.arctan(camera.span / 2)))
    return {"type": "perspective", "fov": angle, "fov_axis": "y", "to_world": view, "film": film}


def their_mesh(scene: Scene, number: int, material: dict[str, Any]) -> Any:
    """The faces of one material, each with corners of its own."""
    rows = np.flatnonzero(scene.material == number)
    count = 3 * len(rows)
    uv = scene.mesh.uv
    properties = mitsuba.Properties()
    properties["bsdf"] = mitsuba.load_dict(material)
    mesh = mitsuba.Mesh(f"part{number}", count, len(rows), properties, True, uv is not None)
    values = mitsuba.traverse(mesh)
    values["vertex_positions"] = scene.vertices[scene.faces[rows]].astype(np.float32).ravel()
    values["faces"] = np.arange(count, dtype=np.uint32)
    values["vertex_normals"] = scene.normals[rows].astype(np.float32).ravel()
    if uv is not None:
        values["vertex_texcoords"] = uv[rows].astype(np.float32).ravel()
    values.update()
    return mesh


def screen(light: Floats, alpha: Floats) -> Floats:
    """Light times alpha (H, W, 3) as sRGB 0..1 before white."""
    alpha = alpha[..., None]
    toned = tone((light / np.maximum(alpha, 1e-6)).astype(np.float32), "srgb") * alpha
    return np.clip(to_srgb(np.clip(toned + 1 - alpha, 0, 1).astype(np.float32)), 0, 1)


def ours(subject: Subject, size: int, samples: int, clean: bool = True) -> Floats:
    """Our picture (H, W, 3)."""
    shot = replace(subject.shot, height_px=size)
    film = trace(shot, size, size, samples, 0, ENOUGH / samples**0.5 if clean else 0.0)
    film = denoise(film, pixels_on(shot, film)) if clean else film
    return screen(film.light, film.alpha)


def theirs(scene: Any, samples: int, seed: int = 0) -> Floats:
    """Mitsuba's picture (H, W, 3)."""
    film = np.array(mitsuba.render(scene, spp=samples, seed=samples + seed))
    return screen(film[..., :3], film[..., 3])


def measure(work: Callable[[], Floats]) -> tuple[Floats, float]:
    """A picture and the processor seconds that it took."""
    start = time.process_time()
    return work(), time.process_time() - start


def flip(truth: Floats, shown: Floats) -> float:
    """Mean FLIP error, 0..1."""
    return float(flip_evaluator.evaluate(truth.astype(np.float32), shown.astype(np.float32), "LDR")[1])


def psnr(truth: Floats, shown: Floats) -> float:
    """Peak signal to noise, dB."""
    return float(-10 * np.log10(np.mean(np.square(truth - shown))))


def compare(subject: Subject, size: int, reference: int, folder: Path | None) -> list[str]:
    """The cells of one row."""
    scene = their_scene(subject, size)
    truth = theirs(scene, reference, 1)
    image, seconds = measure(lambda: ours(subject, size, 16))
    many = ours(subject, size, 512, clean=False)
    error = flip(truth, image)
    costs, errors = [], []
    for samples in LADDER:
        shown, cost = measure(lambda: theirs(scene, samples))  # noqa: B023
        costs.append(cost)
        errors.append(flip(truth, shown))
        if folder is not None and samples == LADDER[1]:
            save(folder / f"{subject.name}-theirs-{samples}.png", shown)
    if folder is not None:
        for name, shown in (("truth", truth), ("ours", image), ("ours-512", many)):
            save(folder / f"{subject.name}-{name}.png", shown)
    needed = reaching(error, errors, costs)
    ladder = " ".join(f"{samples}: {e:.4f}/{c:.1f}" for samples, e, c in zip(LADDER, errors, costs, strict=True))
    same = f"{flip(truth, many):.4f}"
    return [
        subject.name,
        f"{len(subject.shot.scene.faces):,}",
        f"{seconds:.1f}",
        f"{error:.4f}",
        f"{psnr(truth, image):.1f}",
        same,
        needed if isinstance(needed, str) else f"{needed:.1f}",
        "" if isinstance(needed, str) else f"{needed / seconds:.1f}",
        ladder,
    ]


def reaching(error: float, errors: list[float], costs: list[float]) -> float | str:
    """Seconds at which the ladder comes down to an error, on straight lines between logarithms."""
    if error > errors[0]:
        return f"under {costs[0]:.1f}"
    if error < errors[-1]:
        return f"over {costs[-1]:.1f}"
    return float(np.exp(np.interp(np.log(error), np.log(errors[::-1]), np.log(costs[::-1]))))


def save(path: Path, shown: Floats) -> None:
    """A picture as PNG."""
    from PIL import Image

    Image.fromarray(np.round(shown * 255).astype(np.uint8)).save(path)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("models", nargs="*")
    words.add_argument("--size", type=int, default=256)
    words.add_argument("--reference", type=int, default=1024)
    words.add_argument("--save", type=Path)
    asked = words.parse_args()
    heads = "scene|faces|ours, s|ours, FLIP|PSNR|512 paths, FLIP|mitsuba at that FLIP, s|ratio|samples: FLIP/s"
    print("| " + heads.replace("|", " | ") + " |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for subject in subjects(asked.models):
        print("| " + " | ".join(compare(subject, asked.size, asked.reference, asked.save)) + " |", flush=True)


if __name__ == "__main__":
    main()
