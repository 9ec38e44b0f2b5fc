"""What people see of a generated thing: does it stand, are walls flat and rounds round, is the back a back of its own?

    python bench/likeness.py DATA --out out/now             # the 60 pictures of likeness.json; metrics and strips
    python bench/likeness.py DATA --out out/now --every 4   # 15 of them
    python bench/likeness.py DATA --truth --out out/truth   # the same numbers of the validation objects themselves
    python bench/likeness.py DATA --generator inflate --out out/other
    python bench/likeness_sheet.py out/old out/now SHEETS   # blind sheets of two such folders

The list of pictures was fixed before anything was changed. A row says, of the generator's asset put on the bed:
``margin`` how far the center of mass lies within what it stands on, as a share of the height (negative: it tips over);
``contact`` the share of its footprint that touches the bed; ``walls`` the share of the surface in its six most common
directions (things that are boxes); ``oval`` the spread of the radius at one height (things that are turned);
``askew`` how far its best mirror image lies off, as a share of the diagonal; ``echo`` the correlation of the back
with the mirrored front, ``copy`` that of their fine patterns alone; ``stretch`` the share of what the camera saw under
20 degrees whose texture has a pattern that is drawn out more than four times; ``edges`` how well light and dark edges
of clay agree with the photo's.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import io
import json
import pickle
import re
import sys
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from bench.reconstruction import on_surface
from PIL import Image
from scipy.ndimage import binary_erosion, gaussian_filter, uniform_filter
from scipy.spatial import cKDTree

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.subject import Subject
from maquette.geometry.printing.resting import footing, hull, margin
from maquette.geometry.surface import center_of_mass, face_areas, face_normals
from maquette.registry import registry

LIST = Path(__file__).with_name("likeness.json")
VIEWS = ("front", "right", "back", "three-quarter")
SIDE = 160
_LAYER = 0.003  # of the height: a first layer of 0.24 mm on 80
_CONE = np.cos(np.radians(10))
_GRAZING = np.cos(np.radians(70))
_PATTERN = 3.0  # of 255: less is a smooth color


def subject_of(data: Path, picture: str, cache: Path | None) -> Subject:
    """The picture cut out and framed, as the recipes do it."""
    kept = None if cache is None else cache / (picture.replace("/", "_") + ".pickle")
    if kept is not None and kept.exists():
        return Subject(**pickle.loads(kept.read_bytes()))
    made = mq.crop(mq.matte(mq.open((data / "images" / picture).read_bytes())))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps({"pixels": np.asarray(made.pixels), "mask": np.asarray(made.mask)}))
    return made


def standing(asset: Asset) -> dict[str, float]:
    """Margin of the center of mass as a share of the height, and contact as a share of the footprint."""
    mesh = asset.mesh
    low, high = mesh.bounds
    size = high - low
    foot = footing(mesh.vertices, mesh.faces, _LAYER * size[2])
    room = margin(center_of_mass(mesh.vertices, mesh.faces)[:2], hull(foot))
    flat = (mesh.vertices[mesh.faces, 2] <= low[2] + _LAYER * size[2]).all(axis=1)
    down = face_areas(mesh.vertices, mesh.faces[flat]) * np.abs(face_normals(mesh.vertices, mesh.faces[flat])[:, 2])
    return {"margin": float(room / size[2]), "contact": float(down.sum() / (size[0] * size[1]))}


def walls(asset: Asset) -> float:
    """Share of the surface within 10 degrees of its six most common directions, taken one after the other."""
    normals = face_normals(asset.mesh.vertices, asset.mesh.faces)
    areas = face_areas(asset.mesh.vertices, asset.mesh.faces)
    points = np.random.default_rng(0).choice(len(areas), 3000, p=areas / areas.sum())
    left, total = normals[points], 0
    for _ in range(6):
        if not len(left):
            break
        near = left @ left[: min(len(left), 3000)].T > _CONE
        best = near[:, near.sum(axis=0).argmax()]
        total += int(best.sum())
        left = left[~best]
    return total / len(points)


def oval(asset: Asset) -> float:
    """Spread of the outer radius around the upright axis over its mean, the median of twelve heights."""
    points = on_surface(asset.mesh.vertices, np.asarray(asset.mesh.faces), 20_000)
    low, high = points.min(axis=0), points.max(axis=0)
    spread = []
    for level in np.linspace(0.1, 0.9, 12):
        ring = points[np.abs(points[:, 2] - low[2] - level * (high - low)[2]) < 0.04 * (high - low)[2], :2]
        if len(ring) < 60:
            continue
        flat = ring - (ring.min(axis=0) + ring.max(axis=0)) / 2
        angle = ((np.arctan2(flat[:, 1], flat[:, 0]) / (2 * np.pi) + 0.5) * 16).astype(int) % 16
        outer = np.array([np.hypot(*flat[angle == k].T).max(initial=0) for k in range(16)])
        spread.append(outer.std() / max(outer.mean(), 1e-9))
    return float(np.median(spread)) if spread else 1.0


def askew(asset: Asset) -> float:
    """Mean distance to the surface of its mirror image about the best upright plane, as a share of the diagonal."""
    points = on_surface(asset.mesh.vertices, np.asarray(asset.mesh.faces), 6000)
    middle = points.mean(axis=0)
    tree = cKDTree(points)
    best = np.inf
    for angle in np.arange(24) * np.pi / 24:
        normal = np.array([np.cos(angle), np.sin(angle), 0])
        some = points[::8] - middle
        other = some - 2 * np.outer(some @ normal, normal) + middle
        best = min(best, float(tree.query(other)[0].mean()))
    return best / asset.mesh.diagonal


def _look(asset: Asset, view: str, look: str, size: int = SIDE) -> np.ndarray:
    made = mq.picture(asset, view=view, size_px=size, look=look, background="transparent", ground="none")
    return np.asarray(made.frames[0]).astype(np.float64)


def _fine(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Light and dark without its slow part, and where there is something. (H, W), (H, W)"""
    inside = frame[..., 3] > 128
    light = frame[..., :3] @ [0.3, 0.59, 0.11]
    weight = gaussian_filter(inside.astype(float), 8)
    slow = gaussian_filter(light * inside, 8) / np.maximum(weight, 1e-6)
    return (light - slow) * inside, binary_erosion(inside, iterations=3)


def correlation(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> float:
    """Of two planes over the places that count; 0 where either is even."""
    if where.sum() < 50:
        return 0.0
    x, y = a[where] - a[where].mean(), b[where] - b[where].mean()
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum() / scale) if scale > 1e-6 * len(x) else 0.0


def echo(front: np.ndarray, back: np.ndarray) -> dict[str, float]:
    """How much of the front stands, mirrored, on the back, and how much of its fine pattern."""
    (a, inside), (b, other) = _fine(front), _fine(back[:, ::-1])
    both = inside & other
    light = [frame[..., :3].mean(axis=-1) for frame in (front, back[:, ::-1])]
    return {"echo": correlation(light[0], light[1], both), "copy": correlation(a, b, both)}


def stretch(asset: Asset) -> float:
    """Share of the surface seen under 20 degrees whose texture is drawn out more than four times, where it shows.

    Smooth colors may be drawn out as far as one likes; streaks come of a pattern: a deviation of 3 of 255 within 5
    pixels.
    """
    mesh = asset.mesh
    if mesh.uv is None or asset.camera is None:
        return float("nan")
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    along, across = b - a, c - a
    length = np.maximum(np.linalg.norm(along, axis=1), 1e-12)
    x = along / length[:, None]
    p, q = (across * x).sum(axis=1), np.linalg.norm(np.cross(x, across), axis=1)
    u, v = (mesh.uv[:, 1] - mesh.uv[:, 0]).astype(float), (mesh.uv[:, 2] - mesh.uv[:, 0]).astype(float)
    jacobian = np.stack([u / length[:, None], (v - u * (p / length)[:, None]) / np.maximum(q, 1e-12)[:, None]], axis=2)
    great, small = np.linalg.svd(jacobian, compute_uv=False).T
    normals = face_normals(mesh.vertices, mesh.faces)
    ways = mesh.vertices[mesh.faces].mean(axis=1) - asset.camera.position
    cosine = np.abs((normals * ways).sum(axis=1)) / np.linalg.norm(ways, axis=1)
    areas = face_areas(mesh.vertices, mesh.faces) * (cosine < _GRAZING)
    return float((areas * (great > 4 * small) * patterned_faces(asset)).sum() / max(areas.sum(), 1e-12))


def patterned_faces(asset: Asset) -> np.ndarray:
    """Which faces (F,) have a pattern in their material's texture, at their middle."""
    mesh = asset.mesh
    found = np.zeros(len(mesh.faces), bool)
    which = np.zeros(len(mesh.faces), int) if mesh.material is None else np.asarray(mesh.material)
    for number, material in enumerate(asset.materials):
        texture = material.base_color_texture
        if texture is None:
            continue
        light = np.asarray(Image.open(io.BytesIO(texture.data)).convert("L"), float)
        spread = np.sqrt(np.maximum(uniform_filter(light**2, 5) - uniform_filter(light, 5) ** 2, 0))
        rows = np.flatnonzero(which == number)
        at = mesh.uv[rows].mean(axis=1) * [light.shape[1], light.shape[0]]
        column, row = (np.clip(at[:, k].astype(int), 0, light.shape[1 - k] - 1) for k in (0, 1))
        found[rows] = spread[row, column] > _PATTERN
    return found


def edges(asset: Asset) -> float:
    """Correlation of the edges of clay, seen by the photo's camera, with the photo's edges."""
    if asset.source is None or asset.source.mask is None or asset.camera is None:
        return float("nan")
    clay = _look(asset, "photo", "clay", 192)
    height, width = clay.shape[:2]
    photo = Image.fromarray(np.asarray(asset.source.pixels)).resize((width, height), Image.Resampling.BOX)
    inside = binary_erosion((clay[..., 3] > 128), iterations=4)
    strength = []
    for plane in (clay[..., :3].mean(axis=-1), np.asarray(photo, float).mean(axis=-1)):
        down, right = np.gradient(gaussian_filter(plane, 1.5))
        strength.append(np.hypot(down, right))
    return correlation(strength[0], strength[1], inside)


def measure_asset(asset: Asset, kinds: list[str]) -> tuple[dict[str, float], Image.Image]:
    """The row of an asset that stands on the bed, and its strip: four views in colour, four in clay."""
    frames = {(view, look): _look(asset, view, look) for look in ("unlit", "clay") for view in VIEWS}
    row = {**standing(asset), "askew": askew(asset), "stretch": stretch(asset), "edges": edges(asset)}
    row |= echo(frames["front", "unlit"], frames["back", "unlit"])
    if kinds[:1] == ["box"]:
        row["walls"] = walls(asset)
    if kinds[:1] == ["turned"]:
        row["oval"] = oval(asset)
    strip = Image.new("RGB", (SIDE * len(VIEWS), 2 * SIDE), "white")
    for (view, look), frame in frames.items():
        shot = Image.fromarray(frame.astype(np.uint8), "RGBA")
        strip.paste(shot, (SIDE * VIEWS.index(view), SIDE * (look == "clay")), shot)
    return row, strip


def summary(rows: list[dict[str, Any]]) -> str:
    """Medians and shares by set, as Markdown."""
    keys = ("margin", "contact", "walls", "oval", "askew", "echo", "copy", "stretch", "edges", "seconds")
    lines = [f"| set | stands | {' | '.join(keys)} |", f"|{' --- |' * (len(keys) + 2)}"]
    for name in ("cut-out", "photograph", "validation", "all"):
        some = [row for row in rows if name in ("all", row["set"])]
        if not some:
            continue
        stands = np.mean([row["margin"] > 0 for row in some])
        values = [[row[key] for row in some if np.isfinite(row.get(key, np.nan))] for key in keys]
        words = " | ".join(f"{np.median(v):.3f} ({len(v)})" if v else "–" for v in values)
        lines.append(f"| {name} ({len(some)}) | {stands:.0%} | {words} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", help="only pictures whose name has this pattern")
    parser.add_argument("--cache", type=Path, help="keep pictures that were cut out here")
    parser.add_argument("--generator", default="sculpt")
    parser.add_argument("--settings", default="{}", help="of the generator, as JSON")
    parser.add_argument("--truth", action="store_true", help="the validation objects themselves")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    (given.out / "strips").mkdir(parents=True, exist_ok=True)
    if given.truth:
        places = sorted((given.data / "meshes/validation").glob("*.glb"))
        entries = [{"picture": place.name, "set": "validation", "kinds": [""]} for place in places]
    else:
        entries = json.loads(LIST.read_text())
    rows = []
    for entry in entries[given.first :: given.every]:
        if given.only and not re.search(given.only, entry["picture"]):
            continue
        start = time.process_time()
        if given.truth:
            asset = mq.load(given.data / "meshes/validation" / entry["picture"])
        else:
            subject = subject_of(given.data, entry["picture"], given.cache)
            start = time.process_time()
            asset = registry()[given.generator](subject, **json.loads(given.settings))
        taken = time.process_time() - start
        asset = mq.settle(asset, contact_share=0.0 if given.truth else 0.05)
        row, strip = measure_asset(asset, entry["kinds"])
        row = {**entry, "seconds": taken, "notes": [n for s in asset.history for n in s.notes], **row}
        rows.append(row)
        strip.save(given.out / "strips" / (entry["picture"].replace("/", "_") + ".png"))
        print(json.dumps(row), flush=True)
        (given.out / "rows.json").write_text(json.dumps(rows))
    print(summary(rows))


if __name__ == "__main__":
    main()
