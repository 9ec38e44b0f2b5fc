"""The photo of a model: where it was taken from, and its picture, so that a viewer can lay it over the model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.subject import Subject
from maquette.faces.server.answers import answer, not_here
from maquette.faces.server.service import Service
from maquette.faces.web.values import answer_once, png_of, value_of

PHOTO_PX = 1600


def likeness_routes(service: Service) -> list[Route]:
    """A model's camera, null where it has none, and the photo that it took."""

    def camera(request: Request) -> Response:
        asset, _ = value_of(service, request)
        if not isinstance(asset, Asset) or asset.camera is None or asset.source is None:
            return answer({"camera": None})
        return answer({"camera": _plain_camera(asset.camera, asset.source)})

    def photo(request: Request) -> Response:
        asset, tag = value_of(service, request)
        source = asset.source if isinstance(asset, Asset) else None
        if source is None:
            raise not_here("photo")
        return answer_once(request, f"photo-{tag}", lambda: Response(png_of(source, PHOTO_PX), media_type="image/png"))

    base = "/api/jobs/{identity}/steps/{step}"
    return [Route(f"{base}/camera", camera), Route(f"{base}/photo", photo)]


def _plain_camera(camera: Camera, photo: Subject) -> dict[str, Any]:
    """A camera as JSON: its pose in the model's millimetres, row by row, and the subject's box in the picture, 0..1."""
    return {
        "projection": camera.projection,
        "pose": [float(number) for number in np.asarray(camera.pose).ravel()],
        "span": camera.span,
        "aspect": camera.aspect,
        "box": _box_of(None if photo.mask is None else np.asarray(photo.mask)),
    }


def _box_of(mask: NDArray[np.float32] | None) -> list[float]:
    """Left, top, right and bottom of what a mask (H, W) holds, as shares of the picture; all of it without a mask."""
    if mask is None or not (mask > 0.5).any():
        return [0.0, 0.0, 1.0, 1.0]
    rows, columns = np.flatnonzero((mask > 0.5).any(axis=1)), np.flatnonzero((mask > 0.5).any(axis=0))
    height, width = mask.shape
    return [columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height]
