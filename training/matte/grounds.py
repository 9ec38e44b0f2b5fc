"""Grounds that cut-outs are put on: photographs, views into panoramas, surfaces, walls with tables, plain sheets.

    python -m training.matte.grounds DATA CACHE        # once: real pictures at one size, 0.6 GB

``grounds.npy`` (N, 320, 320, 3) 8-bit sRGB; ``grounds.txt`` has one line each: kind, file, whether it is held out.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Bytes = NDArray[np.uint8]
Pixels = NDArray[np.float32]

SIDE = 320
HELD_OUT = 9  # every ninth photograph is for validation only
HELD_PANORAMAS = ("kiara_1_dawn_1k", "st_fagans_interior_1k")
HELD_SURFACES = ("marble",)
VIEWS_OF_PANORAMA, VIEWS_OF_SURFACE = 50, 30
KINDS = ("photo", "panorama", "surface", "held in the hand")  # the last have a subject of their own: texture only


def gather(data: Path) -> tuple[Bytes, list[tuple[str, str, bool]]]:
    """All real grounds, and what each is."""
    rng = np.random.default_rng(0)
    used = _thumbnails(data / "images" / "grocery_store")
    made: list[Bytes] = []
    rows: list[tuple[str, str, bool]] = []
    with zipfile.ZipFile(data / "backgrounds" / "photos.zip") as archive:
        for number, name in enumerate(sorted(archive.namelist())):
            stem = Path(name).stem
            if name.startswith("grocery/") and name.endswith(".jpg"):
                photo = _decode(archive.read(name))
                if np.abs(used - _thumbnail(photo)).mean(axis=1).min() > 6:  # not one of the pictures that we test on
                    made.append(photo)
                    kind = "held in the hand" if "__Packages__" in stem else "photo"
                    rows.append((kind, stem, number % HELD_OUT == 0))
            elif name.startswith("surface/") and name.endswith(".jpg"):
                surface = _decode(archive.read(name), 0)
                made += [tilt(surface, rng) for _ in range(VIEWS_OF_SURFACE)]
                rows += [("surface", stem, stem in HELD_SURFACES)] * VIEWS_OF_SURFACE
            elif name.endswith(".hdr"):
                panorama = _panorama(archive.read(name))
                made += [looked_into(panorama, rng) for _ in range(VIEWS_OF_PANORAMA)]
                rows += [("panorama", stem, stem in HELD_PANORAMAS)] * VIEWS_OF_PANORAMA
    return np.stack(made), rows


def _decode(data: bytes, side: int = SIDE) -> Bytes:
    """A picture as (side, side, 3), or in its own size for ``side`` 0."""
    from PIL import Image

    image = Image.open(io.BytesIO(data)).convert("RGB")
    return np.asarray(image.resize((side, side), Image.Resampling.LANCZOS) if side else image)


def _thumbnails(folder: Path) -> Pixels:
    """Small copies of all pictures of a folder, (N, 768)."""
    return np.stack([_thumbnail(_decode(path.read_bytes())) for path in sorted(folder.glob("*.jpg"))])


def _thumbnail(pixels: Bytes) -> Pixels:
    """(768,)."""
    return pixels.reshape(16, SIDE // 16, 16, SIDE // 16, 3).mean(axis=(1, 3)).astype(np.float32).ravel()


def _panorama(data: bytes) -> Pixels:
    """Linear light (H, W, 3), RGB, exposed so that its mean is mid grey."""
    import cv2

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)[..., ::-1]
    return np.asarray(image / max(float(np.median(image)), 1e-6) * 0.2, np.float32)


def looked_into(panorama: Pixels, rng: Rng) -> Bytes:
    """What a camera sees from the middle of a panorama."""
    import cv2

    height, width = panorama.shape[:2]
    half = np.tan(np.radians(rng.uniform(65, 105)) / 2)
    grid = np.linspace(-half, half, SIDE)
    x, y = np.meshgrid(grid, grid)
    pitch, turn = np.radians(rng.uniform(-40, 12)), rng.uniform(0, 2 * np.pi)
    forward = np.cos(pitch) + y * np.sin(pitch)
    upward = np.sin(pitch) - y * np.cos(pitch)
    length = np.sqrt(x**2 + y**2 + 1)
    column = (np.arctan2(x, forward) + turn) / (2 * np.pi) % 1 * width
    row = (0.5 - np.arcsin(np.clip(upward / length, -1, 1)) / np.pi) * height
    light = cv2.remap(
        panorama, column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
    light = light * np.exp(rng.normal(0, 0.5))
    return (np.clip(light / (1 + 0.25 * light), 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def tilt(surface: Bytes, rng: Rng) -> Bytes:
    """A piece of a surface seen from above at a slant."""
    import cv2

    height, width = surface.shape[:2]
    size = min(height, width) * rng.uniform(0.3, 0.95)
    left, top = rng.uniform(0, width - size), rng.uniform(0, height - size)
    narrow = rng.uniform(0, 0.35) * size
    corners = np.float32(
        [[left, top], [left + size, top], [left + size - narrow, top + size], [left + narrow, top + size]]
    )
    if rng.random() < 0.5:
        corners = np.roll(corners, int(rng.integers(4)), axis=0)
    target = np.float32([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]])
    return np.asarray(cv2.warpPerspective(surface, cv2.getPerspectiveTransform(corners, target), (SIDE, SIDE)))


class Grounds:
    """Real and made-up grounds of a cache, either those to train on or those held out."""

    def __init__(self, cache: Path, *, held_out: bool) -> None:
        self.pixels = np.load(cache / "grounds.npy", mmap_mode="r")
        rows = [line.split("\t") for line in (cache / "grounds.txt").read_text().splitlines()]
        wanted = str(int(held_out))
        self.numbers = {
            kind: np.array([n for n, row in enumerate(rows) if row[0] == kind and row[2] == wanted]) for kind in KINDS
        }

    def real(self, rng: Rng, kind: str = "") -> Bytes:
        """A real ground of a kind, or of any, (320, 320, 3)."""
        kind = kind or str(rng.choice(KINDS[:3], p=(0.5, 0.4, 0.1)))
        return np.asarray(self.pixels[rng.choice(self.numbers[kind])])

    def piece(self, rng: Rng, side: int, kind: str = "", aspect: float = 1.0) -> Pixels:
        """A crop of a real ground, mirrored half the time, at another size; 0..1 (side, side, 3)."""
        import cv2

        whole = self.real(rng, kind)
        share = rng.uniform(0.45, 1.0)
        wide, high = share * min(1.0, aspect), share * min(1.0, 1 / aspect)
        left, top = rng.uniform(0, SIDE * (1 - wide)), rng.uniform(0, SIDE * (1 - high))
        crop = whole[int(top) : int(top + SIDE * high), int(left) : int(left + SIDE * wide)]
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        resized = cv2.resize(np.ascontiguousarray(crop), (side, side), interpolation=cv2.INTER_AREA)
        return resized.astype(np.float32) / 255

    def ground(self, rng: Rng, side: int, aspect: float = 1.0) -> Pixels:
        """Any ground, 0..1 (side, side, 3)."""
        import cv2

        kind = rng.choice(("real", "plain", "table", "clouds"), p=(0.64, 0.13, 0.19, 0.04))
        if kind == "real":
            made = self.piece(rng, side, aspect=aspect)
            if rng.random() < 0.2:
                made = made[::-1].copy()
        elif kind == "plain":
            made = sheet(rng, side)
        elif kind == "table":
            made = self._table(rng, side, aspect)
        else:
            made = sheet(rng, side)
            small = rng.normal(0, 1, (int(rng.integers(3, 40)),) * 2).astype(np.float32)
            cloud = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
            made = made + cloud[..., None] * rng.normal(0, 0.1, 3).astype(np.float32)
        if rng.random() < 0.35:
            made = cv2.GaussianBlur(made, (0, 0), float(np.exp(rng.uniform(-0.3, 2.2))))
        made = made * np.exp(rng.normal(0, 0.12, 3) + rng.normal(0, 0.25)).astype(np.float32)
        return np.clip(made, 0, 1)

    def _table(self, rng: Rng, side: int, aspect: float) -> Pixels:
        """A wall behind a table or floor: two sheets or pictures that meet at an edge."""
        import cv2

        def part() -> Pixels:
            if rng.random() < 0.5:
                return sheet(rng, side)
            made = self.piece(rng, side, "surface" if rng.random() < 0.5 else "", aspect)
            flat = made.mean(axis=(0, 1)) + rng.uniform(0.1, 1) * (made - made.mean(axis=(0, 1)))
            return flat.astype(np.float32)

        rows, columns = np.mgrid[:side, :side].astype(np.float32) / side
        height = rng.uniform(0.2, 0.9) + (columns - 0.5) * rng.normal(0, 0.15)
        below = np.clip((rows - height) * side * rng.uniform(0.3, 2) + 0.5, 0, 1).astype(np.float32)
        if rng.random() < 0.4:  # the table ends at one or both sides, or in front
            slant = rng.uniform(0.0, 0.3) - (rows - height) * rng.uniform(-0.2, 0.8)
            side_of = columns if rng.random() < 0.5 else 1 - columns
            below *= np.clip((side_of - slant) * side, 0, 1)
            if rng.random() < 0.5:
                below *= np.clip((rng.uniform(0.8, 1.1) - rows) * side, 0, 1)
        wall, table = part(), part()
        if rng.random() < 0.5:
            wall = cv2.GaussianBlur(wall, (0, 0), rng.uniform(1, 8))
        return np.asarray(wall * (1 - below[..., None]) + table * below[..., None], np.float32)


def sheet(rng: Rng, side: int) -> Pixels:
    """One colour, mostly pale, grey or dark, with a gradient and a little grain, (side, side, 3)."""
    grey = rng.choice([1.0, 0.93, 0.8, 0.5, 0.12, 0.0]) if rng.random() < 0.55 else rng.uniform(0, 1)
    color = np.clip(grey + rng.normal(0, 0.25, 3) * (rng.random() < 0.5) + rng.normal(0, 0.03, 3), 0, 1)
    made = np.broadcast_to(color, (side, side, 3)).astype(np.float32)
    if rng.random() < 0.7:
        rows, columns = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
        angle = rng.uniform(0, 2 * np.pi)
        ramp = rows * np.sin(angle) + columns * np.cos(angle)
        if rng.random() < 0.4:
            ramp = np.hypot(rows - rng.uniform(-0.4, 0.4), columns - rng.uniform(-0.4, 0.4)) - 0.4
        made = made + ramp[..., None] * (rng.normal(0, 0.3) + rng.normal(0, 0.05, 3)).astype(np.float32)
    if rng.random() < 0.3:
        made = made + rng.normal(0, rng.uniform(0, 0.06), (side, side, 1)).astype(np.float32)
    return np.asarray(made, np.float32)


def main() -> None:
    """Write the cache's grounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    options = parser.parse_args()
    pixels, rows = gather(options.data)
    np.save(options.cache / "grounds.npy", pixels)
    (options.cache / "grounds.txt").write_text("".join(f"{k}\t{name}\t{int(held)}\n" for k, name, held in rows))
    print(f"{len(rows)} grounds, {sum(held for *_, held in rows)} of them held out")


if __name__ == "__main__":
    main()
