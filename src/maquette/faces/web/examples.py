"""Examples for the first run, made or found on this machine: a photo, a drawing, a broken model. Nothing is loaded."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.resources import files

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.faces.server.answers import answer, not_here
from maquette.faces.server.guard import who_asks
from maquette.faces.server.service import Service
from maquette.formats.stl import write_stl

_LOGO_PX = 720


def example_routes(service: Service) -> list[Route]:
    """An example as a file of the server, as if somebody had dropped it."""

    def example(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in EXAMPLES:
            raise not_here("example")
        file_name, make = EXAMPLES[name]
        source = service.keep(make(), file_name, who_asks(request, "run"))
        return answer({"digest": source.digest, "name": source.name})

    return [Route("/api/examples/{name}", example)]


def _cup() -> bytes:
    """A photo of a cup of coffee (Rachel Michetti, CC0), as scikit-image ships it."""
    return (files("skimage") / "data" / "coffee.png").read_bytes()


def _leaf() -> bytes:
    """A drawing in two tones, as a logo is: a leaf with its veins, PNG with alpha."""
    from PIL import Image, ImageDraw

    shape = np.linspace(0, np.pi, 200)
    width = np.sin(shape) ** 1.2 * 0.28
    along = 0.5 - 0.42 * np.cos(shape)
    sides = np.concatenate([np.stack([0.5 - width, along], 1), np.stack([0.5 + width, along], 1)[::-1]]) * _LOGO_PX
    image = Image.new("RGBA", (_LOGO_PX, _LOGO_PX), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.polygon([(float(x), float(y)) for x, y in sides], fill=(38, 110, 66, 255))
    vein = {"fill": (226, 240, 220, 255), "width": 14}
    middle = _LOGO_PX / 2
    pen.line([(middle, 0.16 * _LOGO_PX), (middle, 0.84 * _LOGO_PX)], **vein)  # type: ignore[arg-type]
    for place in (0.38, 0.52, 0.66):
        for side in (-1, 1):
            end = (middle + side * 0.17 * _LOGO_PX, (place - 0.1) * _LOGO_PX)
            pen.line([(middle, place * _LOGO_PX), end], **vein)  # type: ignore[arg-type]
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _torn_vase() -> bytes:
    """A vase of 40 mm with a hole in its side and a face turned inside out, as scans have them; STL."""
    ring, level = 48, 24
    height = np.linspace(0, 1, level)
    radius = 9 + 6 * np.sin(height * 4.2) * (1 - 0.35 * height)
    turn = np.arange(ring) * 2 * np.pi / ring
    wall = np.stack(
        [np.outer(radius, np.cos(turn)), np.outer(radius, np.sin(turn)), np.repeat(height[:, None] * 40, ring, 1)], 2
    ).reshape(-1, 3)
    corner = (np.arange(level - 1)[:, None] * ring + np.arange(ring)).ravel()
    beside = corner - corner % ring + (corner + 1) % ring
    faces = np.concatenate(
        [np.stack([corner, beside, beside + ring], 1), np.stack([corner, beside + ring, corner + ring], 1)]
    )
    ends = []
    for center, first, flip in ((len(wall), 0, True), (len(wall) + 1, (level - 1) * ring, False)):
        rim = first + np.arange(ring)
        after = np.roll(rim, -1)
        sides = (after, rim) if flip else (rim, after)
        ends.append(np.stack([np.full(ring, center), *sides], 1))
    whole = np.concatenate([faces, *ends])
    whole[700] = whole[700][::-1]
    torn = np.delete(whole, [300, 301, 302, 348, 349, 1300], axis=0)
    mesh = Mesh(np.vstack([wall, [[0, 0, 0], [0, 0, 40]]]), torn)
    return write_stl(Asset(mesh, sized=True, title="vase")).data


EXAMPLES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "cup": ("coffee.png", _cup),
    "leaf": ("leaf.png", _leaf),
    "vase": ("vase.stl", _torn_vase),
}
