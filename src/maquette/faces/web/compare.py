"""Two versions of a thing, one laid over the other: how far apart their surfaces are, as a number and as paint."""

from __future__ import annotations

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.checks.deviation import deviation
from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.core.values import decode
from maquette.faces.server.answers import answer, not_here
from maquette.faces.server.guard import who_asks
from maquette.faces.server.service import Service
from maquette.faces.web.values import answer_once, triangles_of, value_of
from maquette.store import key_of

SAMPLES = 20_000  # on each surface: within 3 % of what five times as many say, in a third of the time


def compare_routes(service: Service) -> list[Route]:
    """How far a job's model lies from another job's, measured once and kept."""

    def compare(request: Request) -> Response:
        asset, finding = _measure(service, request)
        numbers = np.asarray(finding.overlay, np.float64)
        rows = {"value": finding.value, "message": finding.message, "mean": float(numbers.mean())}
        return answer({**rows, "most": float(numbers.max()), "faces": len(asset.mesh.faces)})

    def paint(request: Request) -> Response:
        asset, finding = _measure(service, request)
        values = np.repeat(np.asarray(finding.overlay)[:, None], 3, axis=1)
        painted = triangles_of(asset, np.arange(len(values)), values)
        tag = f"distance-{asset.digest}-{request.path_params['other']}"
        return answer_once(request, tag, lambda: Response(painted.tobytes(), media_type="application/octet-stream"))

    base = "/api/jobs/{identity}/steps/{step}/distance/{other}"
    return [Route(base, compare), Route(f"{base}/paint", paint)]


def _measure(service: Service, request: Request) -> tuple[Asset, Finding]:
    """The model, and what the check of deviation found against the other job's; kept by both models' digests."""
    asset, _ = value_of(service, request)
    other = _model_of(service, request)
    if not isinstance(asset, Asset):
        raise not_here("model")
    store = service.workshop.store
    key = key_of("workbench distance", 1, str(SAMPLES), [asset.digest, other.digest])
    kept: Finding | None = store.get(key)
    if kept is None:
        (kept,) = deviation(asset, other, samples=SAMPLES)
        store.put(key, kept)
    return asset, kept


def _model_of(service: Service, request: Request) -> Asset:
    """The model that another job made."""
    entry = service.job(request.path_params["other"], who_asks(request, "read"))
    output = entry.output("value")
    value = decode(service.blobs.read(output["digest"])) if output and service.blobs.has(output["digest"]) else None
    if not isinstance(value, Asset):
        raise not_here("model")
    return value
