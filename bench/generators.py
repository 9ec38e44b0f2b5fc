"""The generators that need nothing but a CPU, on objects nobody trained on: scores, seconds, and pictures to look at.

    python bench/generators.py DATA                       # two views of every validation object, protocols T, B and Z
    python bench/generators.py DATA --every 4 --quick     # fewer objects, without Z
    python bench/generators.py DATA --page out/generators # input, four views of the result, four of the truth
    python bench/generators.py DATA --page out/photos --photos

Views: azimuth at random, elevation 0 to 60 degrees, field of view 25 to 60, random light (as in SPAR3D's protocol).
`true front` is what a perfect depth map with a balloon for a back would reach.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import html
import io
import json
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from bench.reconstruction import on_surface, protocol_b, protocol_t, protocol_z
from PIL import Image
from training.light import photograph
from training.objects import Thing
from training.views import Pose, View, look, random_pose

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.subject import Subject
from maquette.generate.guess.input import balloon
from maquette.generate.guess.network import infer
from maquette.generate.inflate import inflate
from maquette.generate.sculpt.sculpt import Wishes, assemble, sculpt
from maquette.geometry.rays import Tracer
from maquette.geometry.topology import is_watertight
from maquette.photo.open import ENDINGS

REALISTIC = ("ycb", "khronos", "sceneview", "polyhaven")
TO_ASSET = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
SIDE = 512


def thing_of(asset: Asset) -> Thing:
    """A loaded model as training sees objects: centred, largest extent 1, textures and factors as sRGB."""
    mesh = asset.mesh
    count = len(mesh.faces)
    material = mesh.material if mesh.material is not None else np.full(count, -1, np.int32)
    pictures, picture = [], np.full(count, -1)
    corner = np.full((count, 3, 3), 0.6, np.float32)
    for number, made in enumerate(asset.materials):
        rows = material == number
        corner[rows] = np.asarray(made.base_color[:3]) ** (1 / 2.2)
        if made.base_color_texture is not None and mesh.uv is not None:
            picture[rows] = len(pictures)
            pictures.append(np.asarray(Image.open(io.BytesIO(made.base_color_texture.data)).convert("RGB")))
    uv = None if mesh.uv is None else np.stack([mesh.uv[..., 0], 1 - mesh.uv[..., 1]], axis=-1)
    low, high = mesh.bounds
    vertices = (mesh.vertices - (low + high) / 2) / (high - low).max()
    return Thing(vertices, np.asarray(mesh.faces), uv, picture, corner, pictures)


def photograph_of(thing: Thing, seed: int) -> tuple[Subject, Pose, View]:
    """A photo of an object with its true mask."""
    rng = np.random.default_rng([11, seed])
    pose = random_pose(thing, rng, elevation=(0, 60), plain=True)
    view = look(thing, pose, SIDE, rng, repaint=False)
    picture = photograph(view, rng, backdrop=False)
    pixels = np.round(picture * 255).astype(np.uint8)
    return Subject(pixels, mask=view.mask.astype(np.float32)), pose, view


def true_front(subject: Subject, pose: Pose, view: View) -> Asset:
    """The true depth of the front, and a back as far behind it as the balloon is thick."""
    guess = infer(subject, "bench")
    size = len(guess.front)
    inside = view.mask.astype(float)
    cut = guess.window.crop
    share = np.maximum(cut(inside, size), 1e-6)
    front = np.where(share > 1e-3, cut(view.front * inside, size) / share, 0).astype(np.float32)
    back = front + 2 * balloon(guess.mask)
    made = replace(guess, front=front, back=back, residual=0 * guess.residual, eye=pose.eye)
    return assemble({"front": subject}, {"front": made}, Wishes(upright="off", shape="body", detail=0.0))


ROWS: dict[str, Any] = {
    "inflate": lambda subject, pose, view: inflate(subject),
    "true front": true_front,
    "sculpt": lambda subject, pose, view: sculpt(subject, upright="off"),
}


def agreement(asset: Asset, pose: Pose, view: View) -> dict[str, float]:
    """From the photo's own camera: silhouette IoU, normal error in degrees, PSNR and SSIM against the true colours."""
    from skimage.metrics import structural_similarity

    assert asset.camera is not None
    origins, ways = asset.camera.rays(SIDE, SIDE)
    hits = Tracer(asset.mesh.vertices, np.asarray(asset.mesh.faces)).first(origins, ways)
    hit = (hits.face >= 0).reshape(SIDE, SIDE)
    both = hit & view.mask
    rows = np.flatnonzero(both.ravel())
    a, b, c = asset.mesh.vertices[asset.mesh.faces[hits.face[rows]]].transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-12)[:, None]
    normal[np.einsum("nk,nk->n", normal, ways[rows]) > 0] *= -1
    truth = view.normal.reshape(-1, 3)[rows] @ TO_ASSET.T
    angle = np.degrees(np.arccos(np.clip((normal * truth).sum(1), -1, 1)))
    colors = np.full((SIDE * SIDE, 3), 0.5)
    thing = thing_of(asset)
    colors[rows] = thing.color(hits.face[rows], hits.u[rows], hits.v[rows])
    true = np.where(view.mask[..., None], view.color, 0.5)
    mine = colors.reshape(SIDE, SIDE, 3)
    error = float(((mine - true) ** 2)[view.mask].mean())
    return {
        "silhouette IoU": float(both.sum() / max((hit | view.mask).sum(), 1)),
        "normal error": float(angle.mean()) if len(angle) else 90.0,
        "PSNR": float(-10 * np.log10(max(error, 1e-9))),
        "SSIM": float(structural_similarity(mine.mean(-1), true.mean(-1), data_range=1.0)),
    }


def measure_view(name: str, thing: Thing, seed: int, quick: bool) -> list[dict[str, Any]]:
    """Every row's scores for one view of one object."""
    subject, pose, view = photograph_of(thing, seed)
    truth = on_surface(pose.placed(thing.vertices) @ TO_ASSET.T, thing.faces)
    made = []
    for row, generate in ROWS.items():
        wall, cpu = time.perf_counter(), time.process_time()
        asset = generate(subject, pose, view)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        points = on_surface(asset.mesh.vertices, np.asarray(asset.mesh.faces))
        scores = {
            "T": protocol_t(points, truth),
            "T aligned": protocol_t(points, truth, search=False),
            "B": protocol_b(points, truth),
        }
        if not quick:
            scores["Z"] = protocol_z(points, truth)
        made.append({
            "object": name, "row": row, "seconds": wall, "cpu": cpu,
            "watertight": float(is_watertight(asset.mesh.faces)), **agreement(asset, pose, view),
            **{f"{name} {part}": value for name, score in scores.items() for part, value in asdict(score).items()},
        })  # fmt: skip
    return made


def table(results: list[dict[str, Any]]) -> str:
    """Means by kind and row, as Markdown."""
    columns = [key for key in results[0] if key not in ("object", "row")]
    lines = [f"| objects | row | {' | '.join(columns)} |", f"|{' --- |' * (len(columns) + 2)}"]
    for kind in ("realistic", "stylised", "all"):
        groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for result in results:
            real = result["object"].startswith(REALISTIC)
            if kind == "all" or real == (kind == "realistic"):
                groups[result["row"]].append(result)
        for row, members in groups.items():
            numbers = " | ".join(f"{np.mean([member[column] for member in members]):.3f}" for column in columns)
            lines.append(f"| {kind} ({len(members)}) | {row} | {numbers} |")
    return "\n".join(lines)


def peak_memory() -> str:
    """Peak resident memory of processes that inflate and that sculpt one 1024 pixel photo."""
    code = (
        "import numpy as np, maquette as mq\nfrom maquette.core.subject import Subject\n"
        "from maquette.generate.{0} import {0}\n"
    )
    work = (
        "g=np.hypot(*(np.mgrid[:1024,:1024]-512))\n"
        "{0}(Subject(np.full((1024,1024,3),128,np.uint8),mask=(g<430).astype(np.float32)))\n"
    )
    ask = "print(next(int(row.split()[1]) // 1024 for row in open('/proc/self/status') if row.startswith('VmHWM')))"
    said = []
    for stage in ("inflate", "sculpt"):
        run = subprocess.run(
            [sys.executable, "-c", (code + work).format(stage) + ask], capture_output=True, text=True, check=True
        )
        said.append(f"{stage} {run.stdout.split()[-1]} MB")
    return ", ".join(said)


def page(folder: Path, entries: list[tuple[str, Image.Image]]) -> None:
    """One picture an entry and a page that shows them all."""
    folder.mkdir(parents=True, exist_ok=True)
    body = []
    for name, picture in entries:
        file = f"{name.replace('/', '_')}.jpg"
        picture.save(folder / file, quality=88)
        body.append(f"<figure><img src='{html.escape(file)}'><figcaption>{html.escape(name)}</figcaption></figure>")
    style = "<meta charset=utf-8><title>Generators</title><style>img{max-width:100%}</style>"
    (folder / "index.html").write_text(style + "\n".join(body), encoding="utf-8")


def strip(subject: Subject, assets: list[Asset]) -> Image.Image:
    """The photo, then front, three-quarter, right and back of each asset."""
    from maquette.render.picture import picture

    shots = [Image.fromarray(np.asarray(subject.pixels)).resize((192, 192))]
    for asset in assets:
        for view in ("front", "three-quarter", "right", "back"):
            made = picture(asset, view=view, size_px=192)
            shots.append(Image.fromarray(np.asarray(made.frames[0])[..., :3]))
    sheet = Image.new("RGB", (192 * len(shots), 192), "white")
    for number, shot in enumerate(shots):
        sheet.paste(shot, (192 * number, 0))
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every Nth object or photo")
    parser.add_argument("--first", type=int, default=0, help="of these: two cores take --every 2 --first 0 and 1")
    parser.add_argument("--table", type=Path, nargs="+", help="print the table of scores that --json wrote, and stop")
    parser.add_argument("--views", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="without protocol Z, whose search takes most of the time")
    parser.add_argument("--page", type=Path, help="write pictures here instead of scores")
    parser.add_argument("--photos", action="store_true", help="with --page: all photos instead of validation objects")
    parser.add_argument("--json", type=Path, help="also write every single score here")
    given = parser.parse_args()
    if given.table:
        print(table([score for path in given.table for score in json.loads(path.read_text())]))
        return
    if given.page and given.photos:
        photos = sorted(p for p in (given.data / "images").rglob("*") if p.suffix.lower() in ENDINGS)
        entries = []
        for path in photos[given.first :: given.every]:
            try:
                subject = mq.crop(mq.matte(mq.open(path.read_bytes())))
                entries.append((f"{path.parent.name}/{path.stem}", strip(subject, [sculpt(subject)])))
            except Exception as problem:
                print(f"{path.name}: {problem}")
        page(given.page, entries)
        return
    paths = sorted((given.data / "meshes/validation").glob("*.glb"))[given.first :: given.every]
    results, entries = [], []
    for number, path in enumerate(paths):
        thing = thing_of(mq.load(path))
        for view in range(given.views):
            seed = 1000 * view + sum(path.stem.encode())
            if given.page:
                subject, _, _ = photograph_of(thing, seed)
                truth = mq.load(path)
                entries.append((f"{path.stem}-{view}", strip(subject, [sculpt(subject), truth])))
                continue
            results += measure_view(path.stem, thing, seed, given.quick)
        print(f"{number + 1} of {len(paths)} {path.stem}", file=sys.stderr, flush=True)
    if given.page:
        page(given.page, entries)
        return
    if given.json:
        given.json.write_text(json.dumps(results))
    print(table(results))
    print(f"\nPeak memory of a process: {peak_memory()}")


if __name__ == "__main__":
    main()
