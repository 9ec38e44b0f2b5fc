"""Draw docs/parts.jpg: models as they came, in parts, walking, and in cubes, bricks and cages.

python docs/parts.py MODEL.glb ...    # a row each; ours are CC0: Keenan Crane's cow, KayKit's mage, Quaternius' T. rex
"""

from __future__ import annotations

import colorsys
import sys
from pathlib import Path

import numpy as np
from PIL import Image

import maquette as mq
from maquette.core.asset import Asset, Material

SIDE = 200
GOLDEN = 0.381966  # of the color circle: neighbours look different


def in_parts(asset: Asset) -> Asset:
    """The model with a color for each part that is found in it."""
    parted = mq.segment(asset)
    shades = [colorsys.hsv_to_rgb(number * GOLDEN % 1, 0.6, 0.85) for number in range(len(parted.part_names))]
    looks = tuple(
        Material(name=name, base_color=(*(float(value**2.2) for value in shade), 1.0))
        for name, shade in zip(parted.part_names, shades, strict=True)
    )
    return parted.replace(mesh=parted.mesh.replace(material=parted.mesh.part, uv=None, color=None), materials=looks)


def row(asset: Asset) -> list[Asset]:
    """What is shown of one model."""
    walking = mq.pose(mq.rig(asset), clip="walk", at=0.25)
    cubes, bricks, cage = (
        mq.stylize(asset, style=style, cells=cells) for style, cells in (("voxel", 32), ("brick", 24), ("voronoi", 28))
    )
    return [asset, in_parts(asset), walking, cubes, bricks, cage]


def main(places: list[str]) -> None:
    """One row of pictures a model."""
    rows = [row(mq.load(place)) for place in places]
    sheet = Image.new("RGB", (SIDE * len(rows[0]), SIDE * len(rows)), "white")
    for down, shown in enumerate(rows):
        for across, asset in enumerate(shown):
            frame = np.asarray(mq.picture(asset, size_px=SIDE).frames[0])
            sheet.paste(Image.fromarray(frame[..., :3]), (across * SIDE, down * SIDE))
    sheet.save(Path(__file__).with_suffix(".jpg"), quality=85)


if __name__ == "__main__":
    main(sys.argv[1:])
