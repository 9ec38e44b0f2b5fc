"""What the workbench shows of a job: a step's value as a picture or a model, places on the surface, the recipe.

Values lie in the store under the keys that the ledger was told; nothing is made here that a job has not made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.picture import Picture
from maquette.core.report import Finding
from maquette.faces.server.answers import answer, not_here, read_json
from maquette.faces.server.guard import who_asks
from maquette.faces.server.service import Service
from maquette.faces.web.makeup import faces_of
from maquette.faces.web.values import answer_once, entry_of, png_of, triangles_of, value_of
from maquette.flow.encode import encode_asset
from maquette.flow.prices import price_of_recipe
from maquette.flow.queue.entry import Entry
from maquette.flow.queue.errand import errand_for
from maquette.flow.recipes.load import load_recipe
from maquette.flow.recipes.write import plain_recipe, yaml_of
from maquette.flow.report.keeper import Keeper
from maquette.render.frame import photograph
from maquette.render.looks import look_for
from maquette.render.scene import Scene
from maquette.store import Store, key_of

PICTURE_PX, THUMB_PX = 1024, 160


def view_routes(service: Service) -> list[Route]:
    """Views of a job's values; plain functions, so that drawing one holds nobody else up."""

    def view(request: Request) -> Response:
        value, tag = value_of(service, request)
        return answer_once(request, f"view-{tag}", lambda: _full_view(service, value))

    def thumb(request: Request) -> Response:
        value, tag = value_of(service, request)
        return answer_once(request, f"thumb-{tag}", lambda: _small(service, value))

    def paint(request: Request) -> Response:
        asset, tag = value_of(service, request)
        if not isinstance(asset, Asset):
            raise not_here("model")
        what = request.path_params["what"]
        plain = what in ("seen", "part", "color")
        findings = () if plain else _findings(service, entry_of(service, request), what)
        number = request.query_params.get("n", "0")
        return answer_once(request, f"paint-{tag}-{what}-{number}", lambda: _paint(asset, what, findings, int(number)))

    def recipe(request: Request) -> Response:
        entry = entry_of(service, request)
        if not entry.order.recipe and entry.order.kind == "recipe":
            raise CannotDo("graph: this job only converts a file; it has no steps")
        errand: Any = errand_for(entry.order, service.workshop.store, service.blobs)
        works = [errand.work] if entry.order.kind == "recipe" else list(errand.works.values())
        if len(works) != 1:
            raise CannotDo("graph: several photos are joined outside of a recipe; the graph shows jobs of one photo")
        if request.query_params.get("as") == "yaml":
            return Response(yaml_of(works[0].recipe), media_type="application/yaml; charset=utf-8")
        keys = {step: _is_kept(service, key) for step, key in works[0].keys.items()}
        prices = price_of_recipe(works[0].recipe)
        return answer({"form": plain_recipe(works[0].recipe), "kept": keys, "prices": prices})

    async def read(request: Request) -> Response:
        who_asks(request, "read")
        body, _ = await read_json(request)
        text = str(body.get("text", ""))
        recipe = await run_in_threadpool(load_recipe, text if "\n" in text else f"{text}\n")
        turned = recipe.with_knobs({})
        return answer({"form": plain_recipe(turned), "prices": price_of_recipe(turned)})

    base = "/api/jobs/{identity}"
    return [
        Route(f"{base}/steps/{{step}}/view", view),
        Route(f"{base}/steps/{{step}}/thumb", thumb),
        Route(f"{base}/steps/{{step}}/paint/{{what}}", paint),
        Route(f"{base}/recipe", recipe),
        Route("/api/graph", read, methods=["POST"]),
    ]


def _is_kept(service: Service, key: str) -> bool:
    """Whether a result is kept."""
    return service.workshop.store.get(key) is not None


def _findings(service: Service, entry: Entry, check: str) -> tuple[Finding, ...]:
    """What a check found, with its places."""
    places = service.ledger.nodes_of(entry.id).get(f"check {check}", {}).get("places", "")
    findings: tuple[Finding, ...] | None = service.workshop.store.get(places) if places else None
    if findings is None:
        raise not_here("check")
    return findings


def _full_view(service: Service, value: Any) -> Response:
    """A value as a browser can show it: a model as GLB, everything else as PNG."""
    if isinstance(value, Asset):
        written = encode_asset(value, Path("view.glb"), keeper=Keeper(value, service.workshop.store))
        return Response(written.data, media_type="model/gltf-binary")
    return Response(png_of(value, PICTURE_PX), media_type="image/png")


def _small(service: Service, value: Any) -> Response:
    """A value as a thumbnail."""
    if isinstance(value, Asset):
        return Response(_draw_thumbnail(value, service.workshop.store), media_type="image/png")
    return Response(png_of(value, THUMB_PX), media_type="image/png")


def _draw_thumbnail(asset: Asset, store: Store) -> bytes:
    """A model as a thumbnail without light from the sky, which nobody misses at this size; kept."""
    key = key_of("workbench thumbnail", 2, str(THUMB_PX), [asset.digest])
    kept: Picture | None = store.get(key)
    if kept is None:
        scene = Scene(asset, sky_rays=0)
        camera, look = scene.camera("three-quarter"), look_for(scene, "textured")
        kept = Picture(photograph(scene, camera, look, THUMB_PX, "transparent", "none"))
        store.put(key, kept)
    return png_of(kept, THUMB_PX)


def _paint_triangles(asset: Asset, what: str, findings: tuple[Finding, ...], number: int) -> NDArray[np.float32]:
    """Triangles (N, 12): nine coordinates, in the asset's own unit and +Z up, and a value at each corner."""
    mesh = asset.mesh
    if what == "seen":
        if mesh.seen is None:
            raise not_here("seen")
        return triangles_of(asset, np.arange(len(mesh.faces)), np.asarray(mesh.seen)[mesh.faces])
    if what in ("part", "color"):
        faces = faces_of(asset, what, number)
        return triangles_of(asset, faces, np.ones((len(faces), 3)))
    if not 0 <= number < len(findings):
        raise not_here("finding")
    finding = findings[number]
    if finding.overlay is not None and len(finding.overlay) == len(mesh.faces):
        values = np.asarray(finding.overlay)
        shown = np.flatnonzero(np.isfinite(values))
        return triangles_of(asset, shown, np.repeat(values[shown, None], 3, axis=1))
    faces = np.empty(0, np.int64) if finding.faces is None else np.asarray(finding.faces)
    faces = faces[faces < len(mesh.faces)]
    return triangles_of(asset, faces, np.ones((len(faces), 3)))


def _paint(asset: Asset, what: str, findings: tuple[Finding, ...], number: int) -> Response:
    """Triangles as they lie in memory, and the mean of what was seen, by vertices as the reports have it."""
    painted = _paint_triangles(asset, what, findings, number)
    mean = float(np.mean(asset.mesh.seen)) if what == "seen" and asset.mesh.seen is not None else 0.0
    return Response(painted.tobytes(), media_type="application/octet-stream", headers={"X-Mean": f"{mean:.5f}"})
