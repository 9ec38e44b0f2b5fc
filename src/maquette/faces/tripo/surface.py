"""The routes of v2, v3 and ComfyUI's partner door, over one task record."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from maquette.faces.server.answers import read_json
from maquette.faces.server.guard import who_asks
from maquette.faces.server.keys import Who
from maquette.faces.server.service import Service
from maquette.faces.server.settings import HELD_AT_ONCE, HELD_S
from maquette.faces.server.surfaces import Surface
from maquette.faces.tripo.codes import TripoRefusal, refusal_response
from maquette.faces.tripo.records import task_id, view_v2, view_v3
from maquette.faces.tripo.tasks import create, task_of
from maquette.faces.tripo.uploads import (
    give_upload,
    offer_presigned,
    offer_storage,
    offer_sts,
    take_put,
    take_upload,
)
from maquette.faces.tripo.upstream import Upstream
from maquette.flow.queue.entry import Entry

V2, V3 = "/v2/openapi", "/v3"
_V3_TYPES = {  # by route: area, operation
    ("generation", "image-to-model"): "image_to_model",
    ("generation", "multiview-to-model"): "multiview_to_model",
    ("generation", "text-to-model"): "text_to_model",
    ("generation", "text-to-image"): "text_to_image",
    ("generation", "image-to-image"): "generate_image",
    ("generation", "image-to-multiview"): "generate_multiview_image",
    ("generation", "edit-multiview"): "edit_multiview_image",
    ("generation", "image-to-splat"): "image_to_splat",
    ("generation", "image-to-depth"): "image_to_depth",
    ("models", "texture"): "texture_model",
    ("models", "convert"): "convert_model",
    ("models", "import"): "import_model",
    ("mesh", "segment"): "mesh_segmentation",
    ("mesh", "complete"): "mesh_completion",
    ("mesh", "decimate"): "highpoly_to_lowpoly",
    ("mesh", "uv"): "mesh_uv",
    ("mesh", "smartsegment"): "smart_segment",
    ("animations", "rig-check"): "animate_prerigcheck",
    ("animations", "rig"): "animate_rig",
    ("animations", "retarget"): "animate_retarget",
}
BALANCE = 1000  # nothing is charged here; clients ask before they begin and want a number
MANY = 100
STEP_S = 1.0  # a held question is answered after so long where there is a new percent
Handler = Callable[[Request], Awaitable[Response]]


def is_ours(path: str) -> bool:
    """Whether a path belongs to Tripo's surfaces."""
    return re.match(r"/(v2/openapi|v3|proxy/tripo|customers|auth|tripo-data|upload)(/|$)", path) is not None


def refuse(path: str, problem: Exception, trace: str) -> Response:
    """A problem in Tripo's words."""
    return refusal_response(problem, "/v3" in path or path.startswith("/upload"), trace)


def ok(data: Any, *, v3: bool) -> Response:
    """Success, in its envelope."""
    return JSONResponse({"code": 0, "status": "success", "data": data} if v3 else {"code": 0, "data": data})


def routes(service: Service) -> list[BaseRoute]:
    """All of them; the partner door is the same under another prefix."""
    both: list[BaseRoute] = []
    upstream = Upstream(service) if service.settings.tripo_upstream else None
    for prefix in ("", "/proxy/tripo"):
        both += _v2_routes(service, f"{prefix}{V2}", upstream)
        both += _v3_routes(service, f"{prefix}{V3}")

    async def put_s3(request: Request) -> Response:
        return await take_put(request, service, request.path_params["key"])

    async def get_upload(request: Request) -> Response:
        return await give_upload(request, service, request.path_params["key"])

    async def storage(request: Request) -> Response:
        body, _ = await read_json(request)
        return JSONResponse(await offer_storage(service, who_asks(request, "run"), body))

    async def renew(_: Request) -> Response:
        raise TripoRefusal(1002, "keys of this server are not renewed", "use a key of this server")

    return [
        *both,
        Route("/customers/storage", storage, methods=["POST"]),
        Route("/auth/partner-node/renew", renew, methods=["POST"]),
        Route("/upload/{key}/{name:path}", get_upload),
        Route("/tripo-data/{key:path}", put_s3, methods=["PUT"]),
        Route("/upload/{key}", put_s3, methods=["PUT"]),
    ]


def _v2_routes(service: Service, base: str, upstream: Upstream | None) -> list[BaseRoute]:
    """The surface that was shut down elsewhere on 2026-10-31; what is for Tripo itself goes on ``upstream``."""

    async def balance(request: Request) -> Response:
        who_asks(request, "read")
        if upstream is not None:
            return ok(await run_in_threadpool(upstream.balance), v3=False)
        return ok({"balance": BALANCE, "frozen": 0}, v3=False)

    async def upload(request: Request) -> Response:
        return ok({"image_token": await take_upload(request, service, who_asks(request, "run"))}, v3=False)

    async def sts(request: Request) -> Response:
        body, _ = await read_json(request)
        return ok(await offer_sts(request, service, who_asks(request, "run"), body), v3=False)

    async def make(request: Request) -> Response:
        body, raw = await read_json(request)
        if upstream is not None and await run_in_threadpool(upstream.is_for_tripo, body, who_asks(request, "run")):
            return ok(await upstream.create(body, who_asks(request, "run")), v3=False)
        entry = await create(service, request, who_asks(request, "run"), body, raw, v3=False)
        return ok({"task_id": task_id(entry.id), "estimated_credit": entry.extra.get("credits", 0)}, v3=False)

    async def one(request: Request) -> Response:
        who = who_asks(request, "read")
        task = request.path_params["task"]
        if upstream is not None and upstream.has(task, who):
            return ok(await run_in_threadpool(upstream.view, task), v3=False)
        return ok(view_v2(await _held(service, who, task), service), v3=False)

    async def many(request: Request) -> Response:
        return ok(await _many(service, request, view_v2, upstream), v3=False)

    async def watch(socket: WebSocket) -> None:
        await _watch(service, socket, upstream)

    balances = [Route(f"{base}{path}", balance) for path in ("/user/balance", "/user/wallet/balance", "/balance")]
    return [
        *balances,
        Route(f"{base}/upload", upload, methods=["POST"]),
        Route(f"{base}/upload/sts", upload, methods=["POST"]),
        Route(f"{base}/upload/sts/token", sts, methods=["POST"]),
        Route(f"{base}/task", make, methods=["POST"]),
        Route(f"{base}/task/batch", many, methods=["POST"]),
        Route(f"{base}/task/{{task}}", one),
        WebSocketRoute(f"{base}/task/watch/{{task}}", watch),
    ]


def _v3_routes(service: Service, base: str) -> list[BaseRoute]:
    """The surface of today; ``/tasks/list`` and ``/files/presign`` before what would swallow them."""

    async def balance(request: Request) -> Response:
        who_asks(request, "read")
        return ok({"balance": float(BALANCE), "frozen": 0.0}, v3=True)

    async def usage(request: Request) -> Response:
        who = who_asks(request, "read")
        entries = await run_in_threadpool(service.ledger.listed, who.owner)
        named = ("task_id", "type", "status", "created_at", "credits_consumed", "credits_estimated")
        views = [view_v3(entry, service) for entry in entries if entry.extra]
        return ok({"items": [{key: view[key] for key in named} for view in views]}, v3=True)

    async def upload(request: Request) -> Response:
        return ok({"file_token": await take_upload(request, service, who_asks(request, "run"), "file_")}, v3=True)

    async def presign(request: Request) -> Response:
        body, _ = await read_json(request)
        return ok(await offer_presigned(service, who_asks(request, "run"), body), v3=True)

    async def one(request: Request) -> Response:
        who = who_asks(request, "read")
        return ok(view_v3(await _held(service, who, request.path_params["task"]), service), v3=True)

    async def many(request: Request) -> Response:
        return ok(await _many(service, request, view_v3), v3=True)

    async def make(request: Request) -> Response:
        kind = _V3_TYPES.get((request.path_params["area"], request.path_params["operation"]))
        if kind is None:
            raise TripoRefusal(4001, "no such route", "see the API's documentation")
        body, raw = await read_json(request)
        entry = await create(service, request, who_asks(request, "run"), {**body, "type": kind}, raw, v3=True)
        data = {"task_id": task_id(entry.id), "type": kind, "status": "queued"}
        return ok({**data, "credits_estimated": entry.extra.get("credits", 0)}, v3=True)

    return [
        Route(f"{base}/account/balance", balance),
        Route(f"{base}/account/usage", usage),
        Route(f"{base}/files", upload, methods=["POST"]),
        Route(f"{base}/files/presign", presign, methods=["POST"]),
        Route(f"{base}/tasks/list", many, methods=["POST"]),
        Route(f"{base}/tasks/{{task}}", one),
        Route(f"{base}/{{area}}/{{operation}}", make, methods=["POST"]),
    ]


async def _held(service: Service, who: Who, task: str) -> Entry:
    """A task, answered late on purpose: at its end, after a second when it got on, after five at most."""
    entry = await run_in_threadpool(task_of, service, who, task)
    if entry.is_final or service.held.get(who.owner, 0) >= HELD_AT_ONCE:
        return entry
    service.held[who.owner] = service.held.get(who.owner, 0) + 1
    loop = asyncio.get_running_loop()
    began, before, n = loop.time(), int(entry.progress * 100), -1
    try:
        while not entry.is_final and not service.news.closing:
            spent = loop.time() - began
            if spent >= HELD_S or (spent >= STEP_S and int(entry.progress * 100) > before):
                break
            n = await service.news.after(n, min(HELD_S - spent, STEP_S))
            entry = await run_in_threadpool(task_of, service, who, task)
    finally:
        service.held[who.owner] -= 1
    return entry


async def _many(
    service: Service,
    request: Request,
    view: Callable[[Entry, Service], dict[str, Any]],
    upstream: Upstream | None = None,
) -> dict[str, Any]:
    """Several tasks at once, and the ids that are none."""
    who = who_asks(request, "read")
    body, _ = await read_json(request)
    names = body.get("task_ids")
    if not isinstance(names, list) or len(names) > MANY:
        raise TripoRefusal(1004, f"task_ids must be a list of at most {MANY}")
    tasks: dict[str, Any] = {}
    missed: list[str] = []
    for name in map(str, names):
        try:
            if upstream is not None and upstream.has(name, who):
                tasks[name] = await run_in_threadpool(upstream.view, name)
                continue
            tasks[name] = view(await run_in_threadpool(task_of, service, who, name), service)
        except TripoRefusal:
            missed.append(name)
    return {"tasks": tasks, "missed": missed}


async def _watch(service: Service, socket: WebSocket, upstream: Upstream | None = None) -> None:
    """Frames with the task as it gets on, one ``finalized``, then the end."""
    who: Who = socket.scope["who"]
    await socket.accept()
    n, last = -1, None
    try:
        while not service.news.closing:
            task = socket.path_params["task"]
            is_theirs = upstream is not None and upstream.has(task, who)
            if upstream is not None and is_theirs:
                view = await run_in_threadpool(upstream.view, task)
            else:
                view = view_v2(await run_in_threadpool(task_of, service, who, task), service)
            if view["status"] not in ("queued", "running"):
                await socket.send_json({"event": "finalized", "data": view})
                break
            if (view["status"], view["progress"]) != last:
                last = (view["status"], view["progress"])
                await socket.send_json({"event": "update", "data": view})
            n = await service.news.after(n, STEP_S if is_theirs else HELD_S)
        await socket.close()
    except (WebSocketDisconnect, TripoRefusal):
        await socket.close(4404)


TRIPO = Surface(routes, is_ours, refuse)
