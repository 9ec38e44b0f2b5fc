"""A bake-off on the screen: the jobs of a tag as cells, graded as `maquette bake-off` grades; prices before paying."""

from __future__ import annotations

import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.core.asset import Asset
from maquette.core.errors import BadSetting
from maquette.core.values import decode
from maquette.faces.server.answers import answer, not_here, read_json
from maquette.faces.server.guard import who_asks
from maquette.faces.server.service import Service
from maquette.flow.batch.bakeoff import as_csv, grade_answers
from maquette.flow.make import generators
from maquette.flow.prices import price_of_order
from maquette.flow.queue.entry import Entry
from maquette.flow.queue.order import Order
from maquette.geometry.topology import is_watertight
from maquette.registry import registry
from maquette.store import Store

MOST = 500


def bake_routes(service: Service) -> list[Route]:
    """Cells of a bake-off as JSON and as CSV, and what an order would cost."""
    known: dict[tuple[str, int], dict[str, Any]] = {}  # an ended attempt says the same for ever

    def cells_of(request: Request) -> list[dict[str, Any]]:
        who = who_asks(request, "read")
        tag = request.path_params["tag"]
        entries = [each for each in service.ledger.listed(who.owner, tag=f"{tag}-*", limit=MOST) if who.sees(each.tag)]
        if not entries:
            raise not_here("bake-off")
        newest = {each.tag: each for each in reversed(entries)}  # a cell made anew stands in for the one before
        rows = []
        for entry in sorted(newest.values(), key=lambda each: each.tag):
            key = entry.id, entry.attempt
            if key not in known:
                row = _cell(service, entry)
                if not entry.is_final:
                    rows.append(row)
                    continue
                known[key] = row
            rows.append(known[key])
        return rows

    def cells(request: Request) -> Response:
        return answer({"cells": cells_of(request)})

    def table(request: Request) -> Response:
        name = f'attachment; filename="bake-off-{request.path_params["tag"]}.csv"'
        text = as_csv(cells_of(request))
        return Response(text, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})

    async def price(request: Request) -> Response:
        who = who_asks(request, "read")
        body, _ = await read_json(request)
        recipe, options = str(body.get("recipe", "")), body.get("options", {})
        name, _, version = recipe.partition("@")
        if re.fullmatch(r"[1-9][0-9]{0,8}", version):
            if who.only and not who.may("run"):
                raise not_here("recipe")
            recipe = await run_in_threadpool(service.published.text, who.owner, name, int(version))
        if not isinstance(options, dict):
            raise BadSetting("price: options are an object by name")
        order = Order("recipe" if recipe else "make", {}, "", recipe, body.get("destination", "model"), options)
        return answer({"usd": price_of_order(order)})

    return [
        Route("/api/bakes/{tag}", cells),
        Route("/api/bakes/{tag}/csv", table),
        Route("/api/price", price, methods=["POST"]),
    ]


def _cell(service: Service, entry: Entry) -> dict[str, Any]:
    """One job as a cell: what made it, how it was graded, how long it took, what it cost."""
    nodes, store = service.ledger.nodes_of(entry.id), service.workshop.store
    said = [(one["check"], one["verdict"]) for node in nodes.values() for one in node.get("findings") or ()]
    passed, asked, failures = grade_answers(said, entry.order.destination)
    verdicts = {verdict for _, verdict in said}
    raw, cleanup_s, interventions = _cleanup(nodes, store)
    front = entry.order.inputs.get("front") or next(iter(entry.order.inputs.values()))
    ran_s = (entry.ended - entry.started) if entry.ended and entry.started else 0.0
    values = {one["check"]: one["value"] for node in nodes.values() for one in node.get("findings") or ()}
    return {
        "photo": front.name,
        "generator": str(entry.order.options.get("generator", "sculpt")),
        "route": entry.order.destination,
        "state": entry.state,
        "verdict": next((each for each in ("fail", "warn", "pass") if each in verdicts), ""),
        "rubric_passed": passed,
        "rubric_asked": asked,
        "failures": ", ".join(failures),
        "likeness": values["silhouette"] if "silhouette" in values else _likeness(service, entry),
        "raw_closed": raw is not None and is_watertight(raw.mesh.faces),
        "raw_faces": 0 if raw is None else len(raw.mesh.faces),
        "making_s": round(ran_s, 3),
        "cleanup_s": round(cleanup_s, 3),
        "interventions": interventions,
        "price_usd": price_of_order(entry.order),
        "error": str((entry.error or {}).get("message", "")),
        "job": entry.id,
    }


def _likeness(service: Service, entry: Entry) -> float | None:
    """How far the outline agrees with the photo's, where the route itself does not ask; nothing without a camera."""
    output = entry.output("value")
    if output is None or not service.blobs.has(output["digest"]):
        return None
    asset = decode(service.blobs.read(output["digest"]))
    if not isinstance(asset, Asset) or asset.camera is None or asset.source is None:
        return None
    (finding,) = registry()["silhouette"](asset)
    return None if finding.value is None else float(finding.value)


def _cleanup(nodes: dict[str, dict[str, Any]], store: Store) -> tuple[Asset | None, float, int]:
    """The generator's own model, seconds of the shaping steps after it, and how many of those changed the surface."""
    steps = [node for node in nodes.values() if node.get("stage") and not node.get("error")]
    at = next((index for index, node in enumerate(steps) if node["stage"] in generators()), None)
    if at is None:
        return None, 0.0, 0
    raw = store.get(steps[at].get("key", ""))
    seconds, changes, before = 0.0, 0, raw
    for node in steps[at + 1 :]:
        stage = registry().get(node["stage"])
        if stage is None or stage.stage.room != "shape":
            continue
        seconds += float(node.get("seconds") or 0.0)
        value = store.get(node.get("key", ""))
        if isinstance(value, Asset) and isinstance(before, Asset):
            changes += len(value.mesh.faces) != len(before.mesh.faces)
        before = value
    return (raw if isinstance(raw, Asset) else None), seconds, changes
