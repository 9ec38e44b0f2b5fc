"""SAM 3D Objects (SAM License: commercial use allowed, no military use; gated): 32 GB of VRAM.

Environment: the repository's own environments/default.yml with its inference extras (conda, torch 2.5.1, CUDA 12.1),
see sam3d.txt; `SAM3D` names the repository, in which checkpoints/hf lies. It takes the whole photo and a mask.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from loop import Say, serve


def load() -> Any:
    place = os.environ["SAM3D"]
    os.environ.setdefault("CONDA_PREFIX", sys.prefix)  # its code insists on one
    sys.path.insert(0, os.path.join(place, "notebook"))
    from inference import Inference

    return Inference(os.path.join(place, "checkpoints", "hf", "pipeline.yaml"), compile=False)


def make(inference: Any, job: dict[str, Any], say: Say) -> None:
    import numpy as np
    from PIL import Image

    picture = np.array(Image.open(job["pictures"]["front"]).convert("RGBA"))
    mask = picture[..., 3] > 127
    say(0.1, "sampling")
    result = inference._pipeline.run(
        inference.merge_mask_to_rgba(picture[..., :3], mask),
        None,
        job["settings"]["seed"],
        with_mesh_postprocess=True,
        with_texture_baking=job["settings"]["looks"] != "none",
        with_layout_postprocess=False,
        use_vertex_color=job["settings"]["looks"] == "none",
    )
    result["glb"].export(job["output"])


if __name__ == "__main__":
    serve("sam-3d", "SAM License", load, make)
