"""TRELLIS.2 (microsoft/TRELLIS.2-4B, MIT; its DINOv3 encoder is gated and has its own licence): 24 GB of VRAM.

Environment: the repository's setup.sh (Python 3.10, torch 2.6.0, CUDA 12.4), see trellis2.txt; `ATTN_BACKEND=sdpa`
where flash-attn cannot be built. 512, 1024 or 1536 as effort says. A C++ port needs no Python: see docs/providers.md.
"""

from __future__ import annotations

from typing import Any

from loop import Say, serve

KINDS = {"draft": "512", "standard": "1024_cascade", "high": "1536_cascade"}
TEXTURE_PX = {"draft": 1024, "standard": 2048, "high": 4096}
MOST_FACES = 16_777_216  # what nvdiffrast can index


def load() -> Any:
    from trellis2.pipelines import Trellis2ImageTo3DPipeline

    pipeline = Trellis2ImageTo3DPipeline.from_pretrained("microsoft/TRELLIS.2-4B")
    pipeline.cuda()
    return pipeline


def make(pipeline: Any, job: dict[str, Any], say: Say) -> None:
    import o_voxel
    from PIL import Image

    wish = job["settings"]
    picture = Image.open(job["pictures"]["front"]).convert("RGBA")
    say(0.1, "sampling")
    mesh = pipeline.run(picture, seed=wish["seed"], pipeline_type=KINDS[wish["effort"]])[0]
    mesh.simplify(MOST_FACES)
    say(0.7, "remeshing and baking")
    glb = o_voxel.postprocess.to_glb(
        vertices=mesh.vertices,
        faces=mesh.faces,
        attr_volume=mesh.attrs,
        coords=mesh.coords,
        attr_layout=mesh.layout,
        voxel_size=mesh.voxel_size,
        aabb=[[-0.5, -0.5, -0.5], [0.5, 0.5, 0.5]],
        decimation_target=wish["faces"] or 500_000,
        texture_size=TEXTURE_PX[wish["effort"]],
        remesh=True,
        remesh_band=1,
    )
    glb.export(job["output"], extension_webp=False)


if __name__ == "__main__":
    serve("trellis-2", "MIT", load, make)
