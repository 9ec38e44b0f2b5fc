"""How well is the subject told from the rest? Photographs with drawn masks, and composites of what no network saw.

    python bench/cutting_out.py DATA CACHE [--methods ours,grabcut] [--photos N] [--composites N] [--out FOLDER]

``masks.json`` holds the outlines of 62 photographs, drawn by hand (46 of DATA/images, 16 of DATA/backgrounds that
the training never opened). CACHE is the one of `training.matte` and gives objects and grounds held out of training.
Each picture is cut in its own size, at most 1024 px. A refusal counts as IoU 0. Boundary F: the mean of how much of
one outline lies within 3 px of the other, both ways (harmonic), at the size of the picture. CPU seconds.
"""

from __future__ import annotations

import argparse
import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from maquette.core.errors import CannotDo
from maquette.core.subject import Subject

Case = tuple[str, str, np.ndarray, np.ndarray]  # kind, name, pixels (H, W, 3), truth (H, W)
HERE = Path(__file__).parent
SIDE = 512  # of composites: the photographs are not larger
KINDS = ("plain or gradient", "photograph, sharp", "photograph, blurred", "panorama")
SHARES = (0.2, 0.5, 0.15, 0.15)


def drawn_mask(shape: tuple[int, int], row: dict) -> np.ndarray:
    """A drawn mask, (H, W) 0 or 1."""
    scale = np.array([shape[1], shape[0]]) / 2000
    mask = np.zeros(shape, np.uint8)
    for name, value in (("outlines", 1), ("holes", 0)):
        corners = [np.round(np.reshape(line, (-1, 2)) * scale).astype(np.int32) for line in row[name]]
        if corners:
            cv2.fillPoly(mask, corners, value)
    return mask.astype(np.float32)


def open_picture(data: Path, name: str, long_side: int = 1024) -> np.ndarray:
    """A picture of the data folder, (H, W, 3)."""
    if name.startswith("backgrounds/"):
        with zipfile.ZipFile(data / "backgrounds" / "photos.zip") as archive:
            image = Image.open(io.BytesIO(archive.read(name.removeprefix("backgrounds/")))).convert("RGB")
    else:
        image = Image.open(data / name).convert("RGB")
    image.thumbnail((long_side, long_side), Image.Resampling.BOX)
    return np.asarray(image)


def photographs(data: Path) -> list[Case]:
    """The photographs and their drawn masks."""
    made = []
    for row in json.loads((HERE / "masks.json").read_text())["masks"]:
        pixels = open_picture(data, row["picture"])
        made.append(("photographs", row["picture"], pixels, drawn_mask(pixels.shape[:2], row)))
    return made


def unclear(data: Path) -> list[tuple[str, np.ndarray]]:
    """Photographs of which nobody can say what the one subject is."""
    names = json.loads((HERE / "masks.json").read_text())["no_one_subject"]
    return [(name, open_picture(data, name)) for name in names]


def composites(cache: Path, count: int) -> list[Case]:
    """Held-out objects on held-out grounds."""
    from training.matte.composites import Maker, middle, photograph
    from training.matte.cutouts import Store
    from training.matte.grounds import Grounds, sheet

    maker = Maker(Store(cache), Grounds(cache, held_out=True), SIDE, held_out=True)
    maker.rows = maker.rows[:HELD_OUT_VIEWS]
    made = []
    for seed in range(count):
        rng = np.random.default_rng([11, seed])
        kind = str(rng.choice(KINDS, p=SHARES))
        if kind == KINDS[0]:
            ground = np.clip(sheet(rng, SIDE), 0, 1)
        else:
            ground = maker.grounds.piece(rng, SIDE, "panorama" if kind == KINDS[3] else "photo")
            if kind == KINDS[2]:
                ground = cv2.GaussianBlur(ground, (0, 0), rng.uniform(4, 12))
        size = rng.uniform(0.45, 0.85)
        layer = maker.placed(rng, size, middle(rng, size), 1.0, ground)
        pixels, truth = photograph(maker.laid(ground, layer, rng), layer.alpha, rng)
        made.append((kind, f"composite {seed}", pixels, truth))
    return made


HELD_OUT_VIEWS = 180  # the first of the cache, so that a longer one gives the same composites


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union above one half."""
    a, b = mask > 0.5, truth > 0.5
    return float((a & b).sum() / max((a | b).sum(), 1))


def boundary(mask: np.ndarray, truth: np.ndarray, reach: float = 3.0) -> float:
    """F of the two outlines at a distance in pixels."""
    lines = []
    for plane in (mask, truth):
        solid = (plane > 0.5).astype(np.uint8)
        lines.append(cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0)
    shares = []
    for line, other in (lines, lines[::-1]):
        far = cv2.distanceTransform((~other).astype(np.uint8), cv2.DIST_L2, 5)
        shares.append(float((far[line] <= reach).mean()) if line.any() else 0.0)
    return 2 * shares[0] * shares[1] / max(sum(shares), 1e-9)


def ours(pixels: np.ndarray) -> np.ndarray:
    from maquette.photo.matte import matte

    return np.asarray(matte(Subject(pixels)).mask)


def grabcut(pixels: np.ndarray) -> np.ndarray:
    """OpenCV's, told what a user without a tool would say: the frame less 4 %, five rounds."""
    height, width = pixels.shape[:2]
    edge = round(0.04 * min(height, width))
    mask = np.zeros((height, width), np.uint8)
    cv2.setRNGSeed(0)
    box = (edge, edge, width - 2 * edge, height - 2 * edge)
    picture = np.ascontiguousarray(pixels[..., ::-1])
    cv2.grabCut(picture, mask, box, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    return (mask & 1).astype(np.float32)


def ellipse(pixels: np.ndarray) -> np.ndarray:
    """What guessing gives: an ellipse over the middle third."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), np.float32)
    cv2.ellipse(mask, (width // 2, height // 2), (round(0.33 * width), round(0.36 * height)), 0, 0, 360, 1.0, -1)
    return mask


METHODS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"ours": ours, "grabcut": grabcut, "ellipse": ellipse}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--methods", default="ours,grabcut,ellipse")
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--composites", type=int, default=200)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    cases = photographs(options.data)[: options.photos] + composites(options.cache, options.composites)
    for method in options.methods.split(","):
        rows = []
        for kind, name, pixels, truth in cases:
            before = time.process_time()
            try:
                mask = METHODS[method](pixels)
            except CannotDo:
                mask = np.zeros(truth.shape, np.float32)
            rows.append((kind, name, overlap(mask, truth), boundary(mask, truth), time.process_time() - before))
            if options.out:
                options.out.mkdir(parents=True, exist_ok=True)
                Image.fromarray((mask * 255).astype(np.uint8)).save(
                    options.out / f"{method}_{Path(name).stem.replace(' ', '_')}.png"
                )
                (options.out / f"{method}.json").write_text(json.dumps(rows))
        table(method, rows)


def table(method: str, rows: list[tuple[str, str, float, float, float]]) -> None:
    """One line a kind of picture."""
    for kind in dict.fromkeys(row[0] for row in rows):
        score, edge, seconds = np.array([row[2:] for row in rows if row[0] == kind]).T
        print(
            f"{method:8s} {kind:20s} n={len(score):3d} IoU mean {score.mean():.3f} median {np.median(score):.3f} "
            f"below 0.5: {int((score < 0.5).sum()):2d} boundary F {edge.mean():.3f} cpu s {np.median(seconds):.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
