"""Hunyuan3D-2mini and 2mv, shape only (Tencent Community licence: not in the EU, the UK and South Korea): 6 GB of VRAM.

Environment: hunyuan3d.txt (Python 3.10, torch 2.5.1, CUDA 12.4), pure PyTorch, nothing to compile. One picture goes to
2mini, several to 2mv. Its results must not be used to train other models. Maquette makes the texture.
"""

from __future__ import annotations

from typing import Any

from loop import Cannot, Say, serve

STEPS = {"draft": 15, "standard": 30, "high": 50}
OCTREE = {"draft": 256, "standard": 380, "high": 512}
MODELS = {
    False: ("tencent/Hunyuan3D-2mini", "hunyuan3d-dit-v2-mini"),
    True: ("tencent/Hunyuan3D-2mv", "hunyuan3d-dit-v2-mv"),
}


class Models:
    """One of the two at a time, read when it is first asked for."""

    def __init__(self) -> None:
        self.several: bool | None = None
        self.pipeline: Any = None

    def get(self, several: bool) -> Any:
        from hy3dgen.shapegen import Hunyuan3DDiTFlowMatchingPipeline

        if self.several is not several:
            self.pipeline = None
            place, part = MODELS[several]
            self.pipeline = Hunyuan3DDiTFlowMatchingPipeline.from_pretrained(
                place, subfolder=part, variant="fp16", device="cuda"
            )
            self.several = several
        return self.pipeline


def load() -> Models:
    models = Models()
    models.get(False)
    return models


def make(models: Models, job: dict[str, Any], say: Say) -> None:
    import torch
    from PIL import Image

    wish = job["settings"]
    pictures = {name: Image.open(place).convert("RGBA") for name, place in job["pictures"].items()}
    several = len(pictures) > 1
    pipeline = models.get(several)
    say(0.2, "sampling")
    meshes = pipeline(
        image=pictures if several else pictures["front"],
        num_inference_steps=STEPS[wish["effort"]],
        octree_resolution=OCTREE[wish["effort"]],
        num_chunks=20000,
        generator=torch.manual_seed(wish["seed"]),
        output_type="trimesh",
    )
    if not meshes or meshes[0] is None:
        raise Cannot("the model saw no surface; take another seed or photo")
    meshes[0].export(job["output"])


if __name__ == "__main__":
    serve("hunyuan3d-2", "Tencent Hunyuan 3D 2.0 Community", load, make)
