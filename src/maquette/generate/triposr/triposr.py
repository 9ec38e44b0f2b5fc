"""TripoSR: a whole object from one photo with published weights, on CPU or CUDA, through our own code.

Tochilkin et al. 2024 (arXiv 2403.02151). The network is in ``triposr_network``, the field in ``triposr_field``, the
file in ``triposr_weights``; here a Subject becomes the picture that the weights were trained on, and their axes ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.errors import BadInput, CannotDo, Unavailable
from maquette.core.mesh import Mesh
from maquette.core.progress import note, part, progress
from maquette.core.subject import Subject
from maquette.generate.triposr import weights as triposr_weights
from maquette.generate.triposr.network import RADIUS, Shape, image_tokens, planes
from maquette.registry import LocalFile, stage

SHARE = 0.85  # of the frame that the subject fills, as in training
GREY = 0.5  # behind it
DISTANCE, FOV_DEG = 1.9, 40.0  # of the camera that the published renderer assumes; the network itself has none
SPAN = 2 * np.tan(np.radians(FOV_DEG) / 2)  # picture height at depth 1
SCALE = 100.0 / (DISTANCE * SPAN)  # field units to mm: the frame is 100 mm high at the object's centre
SHAPE = Shape()


@stage(licence="MIT", device="cpu or cuda", size="1.68 GB", missing=triposr_weights.missing)
def triposr(
    subject: Subject,
    *,
    weights: Annotated[LocalFile, Field(description="a checkpoint file of your own; empty: the published one")] = "",
    resolution: Annotated[int, Field(ge=32, le=512, description="points per side of the field's lattice")] = 256,
    threshold: Annotated[float, Field(gt=0, description="density where the surface lies")] = 25.0,
    device: Annotated[Literal["cpu", "cuda"], Field(description="where the network runs")] = "cpu",
) -> Asset:
    """Make a whole object, unseen side included, with TripoSR's published weights.

    The subject must be cut out. Colour comes from the field at every vertex. The result is raw: it may have more than
    one part; the recipe mends it. Axes: the checkpoint's +X looks at the viewer and +Y is the picture's right, so
    (x, y, z) becomes (y, −x, z). Same input, same bytes: nothing here is random.
    """
    torch = _torch(device)
    if subject.mask is None:
        raise BadInput("triposr: the subject has no mask; cut it out with matte first")
    progress(0.0, "read the weights")
    w = triposr_weights.load(Path(weights) if weights else None, SHAPE, device)
    pixels = torch.from_numpy(conditioning(subject, SHAPE.image)).to(device)
    with torch.inference_mode():
        progress(0.1, "look at the picture")
        tokens = image_tokens(pixels, w, SHAPE)
        with part(0.15, 0.75):
            three_planes = planes(tokens, w, SHAPE, lambda share: progress(share, "lift it to three planes"))
    vertices, faces, colors = _body(three_planes, w, resolution, threshold)
    if not len(faces):
        raise CannotDo(f"triposr: density stays below {threshold:g} everywhere; try a lower threshold or another photo")
    note(f"{len(faces)} faces from a lattice of {resolution}³")
    turned = np.stack([vertices[:, 1], -vertices[:, 0], vertices[:, 2]], axis=1) * SCALE
    scale = 1.0 if subject.mm_per_pixel is None else subject.mm_per_pixel * subject.height / 100.0
    camera = Camera.looking((0, 1, 0), distance=DISTANCE * SCALE, span=SPAN, projection="perspective")
    mesh = Mesh(turned, faces, color=colors, seen=_facing(turned, faces, camera))
    asset = Asset(mesh, title=subject.title, camera=camera, source=subject, sized=subject.mm_per_pixel is not None)
    return asset.moved(scale=scale)


def _torch(device: str) -> Any:
    """PyTorch with the device asked for, or ``Unavailable``; never another device in silence."""
    try:
        import torch
    except ImportError:
        raise Unavailable(triposr_weights.GET_TORCH) from None
    if device == "cuda" and not torch.cuda.is_available():
        raise Unavailable("triposr: PyTorch sees no CUDA device; take --device cpu or install a CUDA build of torch")
    return torch


def conditioning(subject: Subject, size: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The picture that the weights were trained on: (3, size, size) float32 0..1.

    The subject's box is centred in a square frame of which it fills 85 %, on grey 0.5, resized with an area filter
    that is triangular (bilinear with antialiasing).
    """
    from PIL import Image

    mask = np.asarray(subject.mask)
    rows, columns = np.flatnonzero(mask.max(axis=1) > 0), np.flatnonzero(mask.max(axis=0) > 0)
    if not len(rows):
        raise BadInput("triposr: the mask is empty; cut the subject out again")
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    side = int(max(bottom - top, right - left) / SHARE)
    frame = np.full((side, side, 3), GREY, np.float32)
    alpha = mask[top:bottom, left:right, None]
    y, x = (side - (bottom - top)) // 2, (side - (right - left)) // 2
    inside = subject.pixels[top:bottom, left:right].astype(np.float32) / 255.0
    frame[y : y + bottom - top, x : x + right - left] = inside * alpha + GREY * (1 - alpha)
    planes_of_one = [Image.fromarray(frame[..., c]).resize((size, size), Image.Resampling.BILINEAR) for c in range(3)]
    return np.stack([np.asarray(plane) for plane in planes_of_one])


def _body(three_planes: Any, w: Any, resolution: int, threshold: float) -> tuple[Any, Any, Any]:
    """Vertices in field axes, faces, vertex colours."""
    from maquette.generate.triposr.field import DensityField, near_surface, surface

    field = DensityField(three_planes, w)
    with part(0.75, 0.95):
        density, count = near_surface(field, resolution, threshold, lambda share: progress(share, "find the surface"))
    note(f"evaluated {count / resolution**3:.1%} of the lattice")
    vertices, faces = surface(density, threshold)
    progress(0.97, "colour it")
    return vertices, faces, field.colors(vertices.astype(np.float32))


def _facing(vertices: Any, faces: Any, camera: Camera) -> Any:
    """How far each vertex was seen: turned to the camera and nothing in front of it."""
    from maquette.geometry.rays import Tracer
    from maquette.geometry.surface import vertex_normals

    toward = camera.position - vertices
    distance = np.linalg.norm(toward, axis=1, keepdims=True)
    toward = toward / distance
    turned = np.einsum("ij,ij->i", vertex_normals(vertices, faces), toward)
    lifted = vertices + toward * (2 * RADIUS * SCALE * 4e-3)  # clear of the faces around it
    hidden = Tracer(vertices, faces).is_blocked(lifted, toward, distance[:, 0])
    return np.clip(turned / 0.3, 0, 1) * ~hidden
