"""What a model is made of: its parts with their sizes, its colours with the share of the surface that they cover."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.core.asset import Asset, Material
from maquette.faces.server.answers import answer, not_here
from maquette.faces.server.service import Service
from maquette.faces.web.values import value_of
from maquette.geometry.look.color_names import hex_codes, name_colors
from maquette.geometry.look.oklab import oklab_of
from maquette.geometry.surface import face_areas

MOST_ROWS = 200


def makeup_routes(service: Service) -> list[Route]:
    """The parts and colours of a step's model, and how much of its surface a photo showed."""

    def makeup(request: Request) -> Response:
        asset, _ = value_of(service, request)
        if not isinstance(asset, Asset):
            raise not_here("model")
        seen = None if asset.mesh.seen is None else float(np.mean(asset.mesh.seen))
        return answer({"parts": _parts(asset)[:MOST_ROWS], "colors": _colors(asset)[:MOST_ROWS], "seen": seen})

    return [Route("/api/jobs/{identity}/steps/{step}/makeup", makeup)]


def faces_of(asset: Asset, kind: str, number: int) -> NDArray[np.int64]:
    """The faces (N,) of a part or of a colour; 404 where there is none of that number."""
    channel = asset.mesh.part if kind == "part" else asset.mesh.material
    count = len(asset.part_names if kind == "part" else asset.materials)
    if not 0 <= number < count:
        raise not_here(kind)
    numbers = np.zeros(len(asset.mesh.faces), np.int64) if channel is None else np.asarray(channel)
    return np.flatnonzero(numbers == number)


def _parts(asset: Asset) -> list[dict[str, Any]]:
    """Parts that have faces: number, name, faces and size in millimetres."""
    rows: list[dict[str, Any]] = []
    points = np.asarray(asset.mesh.vertices)
    for number, name in enumerate(asset.part_names):
        if len(rows) == MOST_ROWS:
            break
        own = faces_of(asset, "part", number)
        if len(own):
            size = np.ptp(points[np.asarray(asset.mesh.faces)[own].ravel()], axis=0)
            rows.append({"n": number, "name": name, "faces": len(own), "size_mm": [round(float(s), 2) for s in size]})
    return rows


def _colors(asset: Asset) -> list[dict[str, Any]]:
    """Materials: number, name, ``#RRGGBB`` where it is flat, its word, its share of the area."""
    areas = face_areas(asset.mesh.vertices, asset.mesh.faces)
    whole = float(areas.sum()) or 1.0
    rows = []
    for number, material in enumerate(asset.materials):
        share = float(areas[faces_of(asset, "color", number)].sum()) / whole
        rows.append({"n": number, "name": material.name, "share": share, **_color_of(material)})
    return rows


def _color_of(material: Material) -> dict[str, str]:
    """A flat material's colour and its word; both empty for a texture, which has many."""
    if material.base_color_texture is not None:
        return {"hex": "", "word": ""}
    lab = oklab_of(np.array([material.base_color[:3]], np.float64))
    return {"hex": hex_codes(lab)[0], "word": name_colors(lab)[0]}
