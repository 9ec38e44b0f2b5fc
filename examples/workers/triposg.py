"""TripoSG (VAST-AI/TripoSG, MIT): shape only, 8 GB of VRAM.

Environment: triposg.txt (Python 3.10, torch 2.5.1, CUDA 12.4). Its decoder imports diso, which may not be used
commercially and must be compiled: a stub stands in its place, and the decoder that needs none is asked for.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from loop import Cannot, Say, serve

STEPS = {"draft": 25, "standard": 50, "high": 75}


def load() -> Any:
    stub = types.ModuleType("diso")
    stub.DiffDMC = None  # type: ignore[attr-defined]
    sys.modules.setdefault("diso", stub)
    import torch
    from huggingface_hub import snapshot_download
    from triposg.pipelines.pipeline_triposg import TripoSGPipeline

    return TripoSGPipeline.from_pretrained(snapshot_download("VAST-AI/TripoSG")).to("cuda", torch.float16)


def make(pipeline: Any, job: dict[str, Any], say: Say) -> None:
    import torch
    from PIL import Image

    wish = job["settings"]
    cut = Image.open(job["pictures"]["front"]).convert("RGBA")
    side = int(max(cut.size) * 1.2)  # white ground, a tenth of margin, as in its training
    picture = Image.new("RGB", (side, side), "white")
    picture.paste(cut, ((side - cut.width) // 2, (side - cut.height) // 2), cut)
    say(0.1, "sampling")
    meshes = pipeline(
        image=picture,
        generator=torch.Generator(device="cuda").manual_seed(wish["seed"]),
        num_inference_steps=STEPS[wish["effort"]],
        guidance_scale=7.0,
        num_tokens=2048,
        use_flash_decoder=False,
    ).meshes
    if not meshes or meshes[0] is None:
        raise Cannot("the model saw no surface; take another seed or photo")
    meshes[0].export(job["output"])


if __name__ == "__main__":
    serve("triposg", "MIT", load, make)
