"""TripoSR on this machine with random weights of the published layout: seconds per stage, and the field both ways.

    python bench/triposr.py [--resolution 256] [--dense]

``--dense`` also evaluates every lattice point as published, which takes minutes and is what the ratio is against.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from maquette.generate.triposr.field import DensityField, dense, near_surface, surface
from maquette.generate.triposr.network import Shape, image_tokens, planes
from triposr_checkpoint import blob_weights


def time_work(label: str, work):
    """Run, print seconds and peak memory so far, hand the result on."""
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{label:<34} {seconds:8.2f} s   peak {peak:5.2f} GB", flush=True)
    return result, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resolution", type=int, default=256)
    parser.add_argument("--dense", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    shape, resolution = Shape(), options.resolution
    weights, _ = time_work("random weights, 1.68 GB", lambda: blob_weights(shape))
    pixels = torch.rand(3, shape.image, shape.image, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        tokens, _ = time_work("encoder (ViT-B/16, 1025 tokens)", lambda: image_tokens(pixels, weights, shape))
        made, _ = time_work("transformer (16 blocks, 3072)", lambda: planes(tokens, weights, shape))
        field = DensityField(made, weights)
        (near, count), quick = time_work(
            f"field, coarse to fine, {resolution}³", lambda: near_surface(field, resolution, 25.0)
        )
        print(f"    {count:,} of {resolution**3:,} points, {(near > 25).mean():.1%} inside")
        (vertices, faces), _ = time_work("surface", lambda: surface(near, 25.0))
        time_work(f"colour of {len(vertices):,} vertices", lambda: field.colors(vertices.astype(np.float32)))
        if options.dense:
            whole, slow = time_work(f"field, every point, {resolution}³", lambda: dense(field, resolution))
            other = surface(whole, 25.0)
            sides = int(((whole > 25) != (near > 25)).sum())
            same = len(other[0]) == len(vertices)
            apart = np.abs(other[0] - vertices).max() if same else float("nan")
            print(f"coarse to fine is {slow / quick:.1f} times faster; {len(faces):,} faces against {len(other[1]):,}")
            print(f"    {sides} points on another side of the surface, vertices at most {apart:.1e} apart")


if __name__ == "__main__":
    main()
