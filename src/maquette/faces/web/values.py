"""Values of a job as the workbench asks for them: by step, once, and pictures of them as PNG.

Values lie in the store under the keys that the ledger was told; nothing is made here that a job has not made.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from maquette.core.asset import Asset
from maquette.core.picture import Picture
from maquette.core.subject import Subject
from maquette.core.values import decode
from maquette.faces.server.answers import not_here
from maquette.faces.server.guard import who_asks
from maquette.faces.server.service import Service
from maquette.flow.queue.entry import Entry
from maquette.flow.streams import kind_of

RESULT = "result"  # the step that stands for what the whole job made


def entry_of(service: Service, request: Request) -> Entry:
    """The job that is asked about, of whoever asks."""
    return service.job(request.path_params["identity"], who_asks(request, "read"))


def value_of(service: Service, request: Request) -> tuple[Any, str]:
    """The value of a step, and a name that no other value has; 404 until it is there."""
    entry, step = entry_of(service, request), request.path_params["step"]
    if step == RESULT:
        output = entry.output("value")
        if output is None or not service.blobs.has(output["digest"]):
            raise not_here("model")
        return decode(service.blobs.read(output["digest"])), output["digest"]
    key = service.ledger.nodes_of(entry.id).get(step, {}).get("key", "")
    value = service.workshop.store.get(key) if key else None
    if value is None:
        raise not_here("step")
    return value, key


def answer_once(request: Request, tag: str, make: Callable[[], Response]) -> Response:
    """An answer that never changes: made when the browser has not got it."""
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, max-age=86400"}
    if f'"{tag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    response = make()
    response.headers.update(headers)
    return response


def png_of(value: Any, longest_px: int) -> bytes:
    """A photo with its mask as alpha, a picture, or any picture file, as a PNG that is not too large."""
    from PIL import Image

    if isinstance(value, Subject):
        image = Image.fromarray(np.asarray(value.pixels))
        if value.mask is not None:
            image.putalpha(Image.fromarray((np.asarray(value.mask) * 255).astype(np.uint8)))
    elif isinstance(value, Picture):
        image = Image.fromarray(np.asarray(value.frames[0]))
    elif isinstance(value, bytes) and kind_of(value[:64]) == "":
        image = Image.open(io.BytesIO(value))
    else:
        raise not_here("picture")
    image.thumbnail((longest_px, longest_px))
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=3)
    return stream.getvalue()


def triangles_of(asset: Asset, faces: NDArray[np.int64], values: NDArray[Any]) -> NDArray[np.float32]:
    """Some faces with their values, (N, 12)."""
    corners = np.asarray(asset.mesh.vertices)[np.asarray(asset.mesh.faces)[faces]].reshape(len(faces), 9)
    return np.hstack([corners, values]).astype("<f4")
