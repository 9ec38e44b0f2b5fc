"""Do models arrive? Photos through `model` and meshes through `ready`, for three targets, out to four formats, judged.

    GLTF_VALIDATOR=node_modules/gltf-validator python bench/engine_files.py DATA --photos 20 --meshes 30 --log out.jsonl

A row is one thing for one target: seconds of the processor, faces, the verdict of our checks, the front's likeness to
the photo (PSNR and SSIM inside its mask), and for each format its size, whether it reads back with the same faces and
bounds, and what Khronos' validator says of the GLB.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import MaquetteError
from maquette.core.profiles import Target
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.flow.encode import encode_asset, judge_size
from maquette.flow.jobs import ModelJob
from maquette.flow.judge import judge
from maquette.flow.make import build
from maquette.flow.memory import Memory
from maquette.flow.ready import ready
from maquette.geometry.look.srgb import to_srgb
from maquette.render.drawing import draw
from maquette.render.looks import look_for
from maquette.render.scene import Scene

TARGETS = ("unity", "unreal", "three")
ENDINGS = (".glb", ".obj", ".usdz", ".fbx")
PICTURES = (".png", ".jpg", ".bmp")
SCRIPT = """
require(process.argv[1]).validateBytes(new Uint8Array(require('fs').readFileSync(0)), {maxIssues: 20})
  .then(report => console.log(JSON.stringify(report.issues)));
"""


def likeness(asset: Asset, side: int = 384) -> dict[str, float]:
    """PSNR and SSIM of the model seen through the photo's own camera, inside the photo's mask."""
    from skimage.metrics import structural_similarity

    photo = asset.source
    if photo is None or photo.mask is None or asset.camera is None:
        return {}
    height, width = photo.pixels.shape[:2]
    scale = side / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    truth = np.asarray(Image.fromarray(photo.pixels).resize(size, Image.Resampling.BOX)) / 255
    mask = np.asarray(Image.fromarray(np.asarray(photo.mask, np.float32)).resize(size, Image.Resampling.BOX)) > 0.9
    scene = Scene(asset)
    drawing = draw(scene, scene.camera("photo"), look_for(scene, "unlit"), *size)
    shown = np.clip(to_srgb(np.asarray(drawing.color, float)), 0, 1)
    inside = mask & (drawing.alpha > 0.99)
    if not inside.any():
        return {}
    error = float(((shown - truth)[inside] ** 2).mean())
    both = [np.where(inside[..., None], picture, 0.5) for picture in (shown, truth)]
    _, similar = structural_similarity(*both, channel_axis=2, data_range=1, full=True)
    return {"psnr": round(10 * np.log10(1 / max(error, 1e-9)), 2), "ssim": round(float(similar[inside].mean()), 3)}


def findings_of(data: bytes, validator: str) -> list[str]:
    """Errors and warnings of Khronos' validator."""
    if not validator:
        return ["not judged"]
    run = ["node", "-e", SCRIPT, str(Path(validator).absolute())]
    issues = json.loads(subprocess.run(run, input=data, capture_output=True, check=True).stdout)
    return [f"{one['code']}: {one['message'][:80]}" for one in issues["messages"] if one["severity"] < 2]


def formats(asset: Asset, target: Target, validator: str) -> dict[str, Any]:
    """Each format: its size, what came back, what others say."""
    rows: dict[str, Any] = {}
    for ending in ENDINGS:
        started = time.process_time()
        try:
            with noting() as said:
                files = encode_asset(asset, Path(f"thing{ending}"), target)
                seconds = time.process_time() - started
                again = disk.reader_for(Path(files.main))(files)
        except MaquetteError as problem:
            rows[ending] = {"error": str(problem)[:200]}
            continue
        row = {
            "mb": round(sum(map(len, files.parts.values())) / 1e6, 3),
            "seconds": round(seconds, 2),
            "faces": len(again.mesh.faces) - len(asset.mesh.faces),
            "size": size_is_kept(asset, again, ending, target),
            "fits": judge_size(files, target).verdict,
            "lost": [text for text in said if "left out" in text][:3],
        }
        if ending == ".glb":
            row["validator"] = findings_of(files.data, validator)
        rows[ending] = row
    return rows


def size_is_kept(asset: Asset, again: Asset, ending: str, target: Target) -> bool:
    """Whether the extents come back; an OBJ holds the target's unit and axis, and reads as millimetres."""
    sides, others = np.sort(asset.size), np.sort(again.size)
    if ending == ".obj":
        others = others * target.unit_m * 1000
    return bool(np.allclose(sides, others, rtol=1e-4, atol=1e-4 * max(sides)))


def things(data: Path, photos: int, meshes: int) -> Iterator[tuple[str, Path]]:
    """Pictures and meshes, spread evenly over what there is."""
    pictures = sorted(path for path in (data / "images").rglob("*") if path.suffix in PICTURES)
    solids = sorted((data / "meshes" / "validation").glob("*.glb"))
    for kind, paths, count in (("mesh", solids, meshes), ("photo", pictures, photos)):
        for at in np.unique(np.linspace(0, len(paths) - 1, min(count, len(paths))).astype(int)) if count else ():
            yield kind, paths[at]


def rows_of(kind: str, path: Path, validator: str) -> Iterator[dict[str, Any]]:
    """One thing for every target."""
    kept = Memory()
    for name in TARGETS:
        target = Target.named(name)
        started = time.process_time()
        row: dict[str, Any] = {"kind": kind, "path": path.name, "target": name}
        try:
            with noting():
                if kind == "photo":
                    asset = build(ModelJob(path, target=target, force=True), kept).asset
                    report = judge(asset, "model", target=target)
                else:
                    done = ready(mq.load(path), target)
                    asset, report = done.asset, done.after
        except MaquetteError as problem:
            yield {**row, "error": f"{type(problem).__name__}: {problem}"[:300]}
            continue
        row |= {"seconds": round(time.process_time() - started, 1), "faces": len(asset.mesh.faces)}
        row |= {"failed": [one.check for one in report.findings if one.verdict == "fail"]}
        row |= likeness(asset) if name == TARGETS[0] else {}
        yield {**row, "formats": formats(asset, target, validator)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--meshes", type=int, default=30)
    parser.add_argument("--log", type=Path, default=Path("engine_files.jsonl"))
    options = parser.parse_args()
    validator = os.environ.get("GLTF_VALIDATOR", "")
    with options.log.open("a") as log:
        for kind, path in things(options.data, options.photos, options.meshes):
            for row in rows_of(kind, path, validator):
                print(json.dumps(row), file=log, flush=True)
                print(row["path"], row["target"], row.get("error", row.get("seconds")), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
