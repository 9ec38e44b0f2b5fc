"""Silhouette: does the model cover the same pixels as the thing in the photo?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.report import Finding
from maquette.core.subject import Subject
from maquette.geometry.rays import Tracer
from maquette.registry import stage

_GOOD, _FAIR = 0.9, 0.75  # IoU
_SOURCE = "advice: below 0.9 the eye sees another outline, below 0.75 another thing"


@stage(destinations=("model",))
def silhouette(
    asset: Asset,
    *,
    size_px: Annotated[int, Field(ge=16, le=2048, description="long side of the picture that is compared")] = 256,
) -> Iterable[Finding]:
    """Lay the model's outline, seen through the photo's camera, over the photo's mask and measure how well they agree.

    The number is intersection over union: 1 for the same outline. Unknown without the photo, its mask and its camera.
    """
    photo, camera = asset.source, asset.camera
    if photo is None or photo.mask is None or camera is None:
        missing = "photo" if photo is None else "mask" if photo.mask is None else "camera"
        yield Finding("silhouette", "unknown", f"the model does not know its {missing}; nothing to compare it with")
        return
    wanted = _mask_at(photo, size_px)
    seen = _outline(asset, camera, wanted.shape)
    union = int((seen | wanted).sum())
    if not wanted.any():
        yield Finding("silhouette", "unknown", "the photo's mask is empty; cut the subject out first", fix="matte")
        return
    share = float((seen & wanted).sum() / union)
    missed, extra = (wanted & ~seen).sum() / wanted.sum(), (seen & ~wanted).sum() / wanted.sum()
    yield Finding(
        "silhouette",
        "pass" if share >= _GOOD else "warn" if share >= _FAIR else "fail",
        f"outlines agree to {share:.1%}: {missed:.1%} of the subject is missed, {extra:.1%} is added",
        value=share,
        unit="IoU",
        limit=f"at least {_GOOD:g}",
        source=_SOURCE,
        fix="matte" if any(step.stage == "inflate" for step in asset.history) else "inflate",
    )


def _mask_at(photo: Subject, size_px: int) -> np.ndarray:
    """The mask at comparing size, (H, W) bool."""
    from PIL import Image

    scale = min(1.0, size_px / max(photo.width, photo.height))
    shape = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    small = Image.fromarray(np.asarray(photo.mask)).resize(shape, Image.Resampling.BOX)
    return np.asarray(small) > 0.5


def _outline(asset: Asset, camera: Camera, shape: tuple[int, ...]) -> np.ndarray:
    """Which pixels the model covers, (H, W) bool."""
    tracer = Tracer(asset.mesh.vertices, asset.mesh.faces)
    origins, directions = camera.rays(shape[1], shape[0])
    return np.asarray(tracer.first(origins, directions).face >= 0).reshape(shape)
