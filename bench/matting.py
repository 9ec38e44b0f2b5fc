"""How well does `matte` cut out? Mean IoU on composites with known alpha, next to OpenCV's GrabCut.

    python bench/matting.py DATA [--grabcut PYTHON_WITH_CV2] [--every N] [--sheet OUT.png]

DATA holds images/fluent_emoji_3d, images/noto_emoji and images/triposr (cut-outs) and photographs for backgrounds.
GrabCut gets what a user without a tool would give it: the frame less a margin of 4 %, five rounds. It runs in an
interpreter of its own, because OpenCV (152 MB) is no dependency of ours. Seconds are process CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections import defaultdict
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from maquette.core.errors import CannotDo
from maquette.core.subject import Subject
from maquette.photo.matte import matte

SIDE = 768
GROUNDS = ("plain", "gradient", "photo blurred", "photo sharp")
SOURCES = {"fluent_emoji_3d": 3, "noto_emoji": 2, "triposr": 1}  # every n-th cut-out of each
LONE = ("fork", "scissors", "clock", "horse")  # a lone thing on a table would be a second subject
PHOTOS = ("grocery_store", "skimage", "azure_samples", "coral_test")
GRABCUT = """
import json, sys, time
import cv2, numpy as np
from pathlib import Path
cv2.setNumThreads(1)
for name in json.load(open(sys.argv[1])):
    picture = cv2.imread(name)
    height, width = picture.shape[:2]
    edge = round(0.04 * min(height, width))
    mask = np.zeros((height, width), np.uint8)
    before = time.process_time()
    cv2.setRNGSeed(0)
    box = (edge, edge, width - 2 * edge, height - 2 * edge)
    cv2.grabCut(picture, mask, box, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    print(json.dumps([time.process_time() - before]), flush=True)
    cv2.imwrite(name + ".cut.png", ((mask & 1) * 255).astype(np.uint8))
"""


def cutouts(data: Path) -> list[tuple[str, Image.Image]]:
    """Pictures whose alpha is the truth."""
    found = []
    for source, step in SOURCES.items():
        for path in sorted((data / "images" / source).glob("*.png"))[::step]:
            image = Image.open(path)
            if image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 255):
                found.append((f"{source}/{path.stem}", image))
    return found


def photographs(data: Path) -> list[Image.Image]:
    """Pictures that serve as backgrounds."""
    paths = [path for source in PHOTOS for path in sorted((data / "images" / source).glob("*.*"))]
    keep = [path for path in paths if path.suffix != ".svg" and not path.stem.startswith(LONE)]
    return [Image.open(path).convert("RGB") for path in keep]


def background(kind: str, photos: list[Image.Image], rng: np.random.Generator) -> np.ndarray:
    """A ground of one kind, (SIDE, SIDE, 3) 0..255."""
    if kind.startswith("photo"):
        photo = photos[rng.integers(len(photos))]
        side = int(min(photo.size) * rng.uniform(0.6, 1))
        left, top = (int(rng.integers(0, length - side + 1)) for length in photo.size)
        crop = photo.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        if kind == "photo blurred":
            crop = crop.filter(ImageFilter.GaussianBlur(SIDE * rng.uniform(0.01, 0.025)))
        return np.asarray(crop, np.float32)
    color = rng.choice([255, 240, 200, 128, 30]) + np.zeros(3) if rng.random() < 0.5 else rng.uniform(20, 255, 3)
    ground = np.broadcast_to(color, (SIDE, SIDE, 3)).astype(np.float32)
    if kind == "gradient":
        other = np.clip(color * rng.uniform(0.4, 0.8) + rng.uniform(-15, 15, 3), 0, 255)
        y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
        angle, center = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.7, 2)
        ramp = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) + 0.5
        radial = np.hypot(x - center[0], y - center[1]) * 1.2
        share = np.clip(ramp if rng.random() < 0.5 else radial, 0, 1)[..., None]
        ground = ground * (1 - share) + other.astype(np.float32) * share
    return ground


def composite(cutout: Image.Image, kind: str, photos: list[Image.Image], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The cut-out somewhere on a ground with noise and JPEG: pixels (SIDE, SIDE, 3) uint8, alpha (SIDE, SIDE)."""
    rng = np.random.default_rng(seed)
    trimmed = cutout.crop(cutout.getchannel("A").getbbox())
    scale = SIDE * rng.uniform(0.45, 0.8) / max(trimmed.size)
    size = tuple(max(1, round(length * scale)) for length in trimmed.size)
    placed = Image.new("RGBA", (SIDE, SIDE))
    slack = [SIDE - length for length in size]
    corner = tuple(int(s * rng.uniform(0.3, 0.7)) for s in slack)
    placed.paste(trimmed.resize(size, Image.Resampling.BICUBIC), corner)
    layer = np.asarray(placed, np.float32)
    alpha = layer[..., 3:] / 255
    ground = background(kind, photos, rng)
    if rng.random() < 0.5 and not kind.startswith("photo"):
        ground = ground * (1 - 0.35 * shadow(alpha[..., 0], rng)[..., None])
    mixed = layer[..., :3] * alpha + ground * (1 - alpha) + rng.normal(0, 2.0, layer[..., :3].shape)
    buffer = BytesIO()
    Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return np.asarray(Image.open(buffer)), alpha[..., 0]


def shadow(alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A soft shadow under the subject, 0..1."""
    rows = np.flatnonzero(alpha.max(axis=1) > 0.5)
    squashed = Image.fromarray((alpha * 255).astype(np.uint8)).resize((SIDE, SIDE // 4))
    sheet = Image.new("L", (SIDE, SIDE))
    sheet.paste(squashed, (int(rng.uniform(-0.05, 0.05) * SIDE), int(rows[-1] - SIDE // 4 * rows[-1] / SIDE)))
    return np.asarray(sheet.filter(ImageFilter.GaussianBlur(SIDE * rng.uniform(0.01, 0.03))), np.float32) / 255


def overlap(found: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union above one half."""
    a, b = found > 0.5, truth > 0.5
    return float((a & b).sum() / max((a | b).sum(), 1))


def ours(pixels: np.ndarray) -> tuple[np.ndarray | None, float]:
    before = time.process_time()
    try:
        mask = matte(Subject(pixels)).mask
    except CannotDo:
        mask = None
    return mask, time.process_time() - before


def theirs(pictures: list[np.ndarray], python: str) -> list[tuple[np.ndarray, float]]:
    """GrabCut's masks and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, pixels in enumerate(pictures):
            names.append(f"{folder}/{number}.png")
            Image.fromarray(pixels).save(names[-1])
        (Path(folder) / "names.json").write_text(json.dumps(names))
        words = [python, "-c", GRABCUT, f"{folder}/names.json"]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        seconds = [json.loads(line)[0] for line in done.stdout.splitlines()]
        return [(np.asarray(Image.open(n + ".cut.png")) / 255, s) for n, s in zip(names, seconds, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--grabcut", default="")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--sheet", default="")
    options = parser.parse_args()
    photos = photographs(options.data)
    cases = [(kind, name, image) for kind in GROUNDS for name, image in cutouts(options.data)][:: options.every]
    made = [composite(image, kind, photos, seed) for seed, (kind, _, image) in enumerate(cases)]
    results = {"ours": [ours(pixels) for pixels, _ in made]}
    if options.grabcut:
        results["grabcut"] = theirs([pixels for pixels, _ in made], options.grabcut)
    table(cases, made, results)
    if options.sheet:
        contact_sheet(made, results["ours"], [f"{kind} {name}" for kind, name, _ in cases]).save(options.sheet)


def table(cases: list, made: list, results: dict[str, list]) -> None:
    """Mean and median IoU per ground, mean alpha error, refusals (counted as IoU 0), seconds."""
    for method, outcome in results.items():
        rows = defaultdict(list)
        for (kind, name, _), (_, truth), (mask, seconds) in zip(cases, made, outcome, strict=True):
            score = 0.0 if mask is None else overlap(mask, truth)
            error = np.nan if mask is None else float(np.abs(mask - truth).mean())
            rows[kind].append((score, error, mask is None, seconds))
            if method == "ours":
                print(f"    {score:.3f} {kind:14s} {name}")
        for kind, values in rows.items():
            score, error, refused, seconds = np.array(values, float).T
            print(
                f"{method:8s} {kind:14s} n={len(values):3d} IoU mean {score.mean():.3f} median {np.median(score):.3f} "
                f"below 0.9: {(score < 0.9).sum():2d} refused {int(refused.sum()):2d} "
                f"alpha error {np.nanmean(error):.4f} cpu s {np.median(seconds):.2f}"
            )


def contact_sheet(made: list, outcome: list, names: list[str]) -> Image.Image:
    """Photo with what was cut out on magenta, side by side, worst first."""
    from PIL import ImageDraw

    order = sorted(range(len(made)), key=lambda i: 0 if outcome[i][0] is None else overlap(outcome[i][0], made[i][1]))
    cell, columns = 150, 12
    rows = -(-len(order) * 2 // columns)
    sheet = Image.new("RGB", (cell * columns, (cell + 12) * rows), "black")
    draw = ImageDraw.Draw(sheet)
    for place, index in enumerate(order):
        pixels, truth = made[index]
        mask = outcome[index][0] if outcome[index][0] is not None else np.zeros_like(truth)
        cut = pixels * mask[..., None] + np.array([255, 0, 255]) * (1 - mask[..., None])
        for half, picture in enumerate((pixels, cut.astype(np.uint8))):
            spot = 2 * place + half
            corner = (spot % columns * cell, spot // columns * (cell + 12))
            sheet.paste(Image.fromarray(picture).resize((cell, cell)), corner)
            text = f"{overlap(mask, truth):.3f} {names[index]}" if half == 0 else ""
            draw.text((corner[0], corner[1] + cell), text[:48], fill="white")
    return sheet


if __name__ == "__main__":
    main()
