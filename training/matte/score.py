"""How well does the network alone do? Mean overlap on photographs with drawn masks and on composites never seen.

python -m training.matte.score DATA CACHE KEPT --sides 128,192,256
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
import torch

from training.matte.export import network
from training.matte.network import MatteNet
from training.matte.train import planes_of


def chances(net: MatteNet, pixels: np.ndarray, side: int) -> np.ndarray:
    """The mean over picture and mirror image, at the picture's size."""
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    planes = planes_of(small, np.zeros((side, side), np.float32))
    with torch.no_grad():
        said = net(torch.from_numpy(np.stack([planes, planes[..., ::-1]]).astype(np.float32)))["mask"][:, 0]
    odds = (said[0] + said[1].flip(-1)) / 2
    return cv2.resize(torch.sigmoid(odds).numpy(), pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("kept", type=Path)
    parser.add_argument("--sides", default="128,256")
    parser.add_argument("--composites", type=int, default=60)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
    from cutting_out import composites, overlap, photographs

    torch.set_num_threads(1)
    net, facts = network(options.kept)
    print(facts)
    cases = photographs(options.data) + composites(options.cache, options.composites)
    for side in (int(word) for word in options.sides.split(",")):
        scores: dict[str, list[float]] = {}
        for kind, _, pixels, truth in cases:
            scores.setdefault(kind, []).append(overlap(chances(net, pixels, side), truth))
        print(side, " ".join(f"| {kind} {np.mean(values):.3f}" for kind, values in scores.items()), flush=True)


if __name__ == "__main__":
    main()
