"""TRELLIS (microsoft/TRELLIS-image-large, MIT; nvdiffrast and its kin have terms of their own): 16 GB of VRAM.

Environment: the repository's `setup.sh --new-env --basic --xformers --spconv --mipgaussian --kaolin --nvdiffrast`
(Python 3.10, torch 2.4.0, CUDA 11.8), see trellis.txt. Several pictures: its tuning-free multi-image mode.
"""

from __future__ import annotations

import os
from typing import Any

from loop import Say, serve

STEPS = {"draft": 8, "standard": 12, "high": 25}


def load() -> Any:
    os.environ.setdefault("SPCONV_ALGO", "native")
    from trellis.pipelines import TrellisImageTo3DPipeline

    pipeline = TrellisImageTo3DPipeline.from_pretrained("microsoft/TRELLIS-image-large")
    pipeline.cuda()
    return pipeline


def make(pipeline: Any, job: dict[str, Any], say: Say) -> None:
    from PIL import Image
    from trellis.utils import postprocessing_utils

    wish = job["settings"]
    pictures = [Image.open(place).convert("RGBA") for place in job["pictures"].values()]
    steps = {"steps": STEPS[wish["effort"]]}
    more = {"seed": wish["seed"], "sparse_structure_sampler_params": steps, "slat_sampler_params": steps}
    say(0.1, "sampling")
    if len(pictures) > 1:
        result = pipeline.run_multi_image(pictures, mode="stochastic", **more)
    else:
        result = pipeline.run(pictures[0], **more)
    say(0.7, "baking the texture")
    size = 2048 if wish["effort"] == "high" else 1024
    glb = postprocessing_utils.to_glb(result["gaussian"][0], result["mesh"][0], simplify=0.95, texture_size=size)
    glb.export(job["output"])


if __name__ == "__main__":
    serve("trellis", "MIT", load, make)
