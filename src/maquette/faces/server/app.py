"""The server as an ASGI application: routes, the guard around them, and what runs beside them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial
from html import escape
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, Router

from maquette.faces.server import files, live, rooms, work
from maquette.faces.server.answers import Refusal, answer, not_here, refuse
from maquette.faces.server.guard import Guard, who_asks
from maquette.faces.server.openapi import document
from maquette.faces.server.service import Service
from maquette.faces.server.settings import ServerSettings
from maquette.faces.server.surfaces import Surface
from maquette.flow.queue.workshop import Workshop
from maquette.flow.recipes.load import load_recipe
from maquette.registry import registry

SWEEP_S = 600.0


def create_app(workshop: Workshop, settings: ServerSettings, surfaces: Sequence[Surface] = ()) -> Guard:
    """The whole server, with what other APIs it also speaks; its workers are started by whoever runs it."""
    service = Service(workshop, settings)
    own: list[BaseRoute] = [*files.routes(service), *live.routes(service), *rooms.routes(service)]
    own += [*work.routes(service), *_about(service)]
    theirs = [route for surface in surfaces for route in surface.routes(service)]
    router = Router([*own, *theirs], default=_nowhere, lifespan=_lifespan(service))

    async def routed(scope: Any, receive: Any, send: Any) -> None:
        scope["app"] = router  # with it, a wrong method is an exception that the guard words
        await router(scope, receive, send)

    guard = Guard(routed, settings, service.keys, service.guests, partial(_words, surfaces))
    service.seen = guard.seen
    return guard


def _words(surfaces: Sequence[Surface], path: str, problem: Exception, trace: str) -> Response:
    """A problem in the words of the surface that was asked."""
    if isinstance(problem, HTTPException):
        problem = Refusal(problem.status_code, str(problem.detail), code="NotAllowed")
    theirs = next((surface for surface in surfaces if surface.is_ours(path)), None)
    return theirs.refuse(path, problem, trace) if theirs else refuse(problem)


async def _nowhere(scope: Any, receive: Any, send: Any) -> None:
    """No route."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4404})
        return
    raise not_here(scope["path"][:80])


def _lifespan(service: Service) -> Any:
    """Sweep old files while it runs; let go of everything at the end."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(_sweep(service))
        threading.Thread(target=_warm, args=(service,), daemon=True).start()  # nobody waits for it at the end
        try:
            yield
        finally:
            service.news.close()
            sweeping.cancel()
            service.close()

    return lifespan


def _warm(service: Service) -> None:
    """Load what the first order would wait for: the stages, the queue, the recipes."""
    with contextlib.suppress(Exception):  # whoever asks for it will hear of it
        registry()
        service.queue.open()
        for name in ("model", "print"):
            _ = load_recipe(name).calls


async def _sweep(service: Service) -> None:
    """Let go of files that are older than they are kept."""
    while True:
        with contextlib.suppress(Exception):
            older = time.time() - service.settings.keep_days * 86400
            for digest in await run_in_threadpool(service.ledger.files.forget_files, older):
                await run_in_threadpool(service.blobs.drop, digest)
            await run_in_threadpool(service.blobs.sweep)
        await asyncio.sleep(SWEEP_S)


def _about(service: Service) -> list[Route]:
    """Health, metrics, and the description of the rest."""

    async def health(_: Request) -> Response:
        alive = await run_in_threadpool(service.ledger.roster.alive)
        return answer({"status": "ok", "workers": alive, "uptime_s": round(time.time() - service.started, 1)})

    async def metrics(request: Request) -> Response:
        who_asks(request, "read")
        counts = await run_in_threadpool(service.ledger.counts)
        alive = await run_in_threadpool(service.ledger.roster.alive)
        lines = ["# TYPE maquette_jobs gauge"]
        lines += [f'maquette_jobs{{state="{state}"}} {count}' for state, count in sorted(counts.items())]
        lines += ["# TYPE maquette_workers gauge", f"maquette_workers {alive}"]
        lines += ["# TYPE maquette_requests_total counter"]
        for (name, status), count in sorted(service.seen.items()):
            lines.append(f'maquette_requests_total{{surface="{name}",status="{status}"}} {count}')
        return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")

    def give_description(request: Request) -> Response:
        who_asks(request, "read")
        return Response(json.dumps(document(service.settings.base), default=str), media_type="application/json")

    def page(request: Request) -> Response:
        who_asks(request, "read")
        policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(_page(document(service.settings.base)), headers=policy)

    return [
        Route("/health", health),
        Route("/metrics", metrics),
        Route("/api/openapi.json", give_description),
        Route("/api", page),
    ]


def _page(api: dict[str, Any]) -> str:
    """Our own page of the API: no script, nothing from elsewhere."""
    rows = [
        f"<tr><td><code>{escape(verb.upper())} {escape(path)}</code><td>{escape(str(call.get('summary', '')))}"
        for path, calls in api["paths"].items()
        for verb, call in calls.items()
        if verb != "parameters"
    ]
    style = (
        "body{font:16px system-ui;max-width:60rem;margin:2rem auto}td{padding:.2rem 1rem .2rem 0;vertical-align:top}"
    )
    head = f"<!doctype html><meta charset=utf-8><title>Maquette API</title><style>{style}</style>"
    return (
        f"{head}<h1>Maquette API</h1><p><code>/api/openapi.json</code> says everything.<table>{''.join(rows)}</table>"
    )
