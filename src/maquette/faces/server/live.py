"""News as they happen: server-sent events for scripts, one WebSocket a tab for browsers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from maquette.faces.server.guard import who_asks
from maquette.faces.server.keys import Who
from maquette.faces.server.service import Service

QUIET_S = 15.0  # a line now and then, so that nobody in between takes the silence for the end
MOST = 500  # subjects that one socket may watch


def routes(service: Service) -> list[BaseRoute]:
    """Events of a job, and the live socket."""

    async def events(request: Request) -> Response:
        who = who_asks(request, "read")
        entry = await run_in_threadpool(service.job, request.path_params["identity"], who)
        since = request.headers.get("last-event-id", request.query_params.get("since", "0"))
        stream = _stream(service, entry.id, who, int(since) if re.fullmatch(r"[0-9]{1,18}", since) else 0)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def live(socket: WebSocket) -> None:
        who: Who = socket.scope["who"]
        await socket.accept()
        watched: dict[str, int] = {}
        ears = asyncio.create_task(_listen(service, socket, who, watched))
        mouth = asyncio.create_task(_speak(service, socket, watched))
        try:
            await asyncio.wait({ears, mouth}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (ears, mouth):
                task.cancel()
            await asyncio.gather(ears, mouth, return_exceptions=True)

    return [Route("/api/jobs/{identity}/events", events), WebSocketRoute("/api/live", live)]


async def _stream(service: Service, identity: str, who: Who, since: int) -> AsyncIterator[str]:
    """The events of a job from number ``since`` on, until it has ended."""
    n = since
    while True:
        entry = await run_in_threadpool(service.job, identity, who)
        for event in await run_in_threadpool(service.ledger.events_after, n, [identity]):
            n = event["n"]
            yield f"id: {n}\nevent: {event['kind']}\ndata: {json.dumps(event)}\n\n"
        if entry.is_final or service.news.closing:
            return
        latest = await service.news.after(max(n, since), QUIET_S)
        if latest <= max(n, since):
            yield ": still here\n\n"
        since = max(since, latest)


async def _listen(service: Service, socket: WebSocket, who: Who, watched: dict[str, int]) -> None:
    """What the other side wants to hear of: ``{"watch": ["job/ID"], "since": n}``."""
    try:
        while True:
            try:
                wish: Any = json.loads(await socket.receive_text())
            except (ValueError, KeyError):
                wish = None
            names = wish.get("watch") if isinstance(wish, dict) else None
            if not isinstance(names, list) or len(names) > MOST:
                await socket.send_json({"error": 'send {"watch": ["job/ID"], "since": 0}'})
                continue
            watched.clear()
            since = wish.get("since", 0)
            for name in names:
                identity = str(name).removeprefix("job/")
                try:
                    entry = await run_in_threadpool(service.job, identity, who)
                except Exception:
                    await socket.send_json({"job": identity, "error": "there is no such job here"})
                    continue
                watched[entry.id] = since if isinstance(since, int) else 0
    except WebSocketDisconnect:
        return


async def _speak(service: Service, socket: WebSocket, watched: dict[str, int]) -> None:
    """Send what is new of the watched ones."""
    while not service.news.closing:
        asked = dict(watched)
        if asked:
            for event in await run_in_threadpool(service.ledger.events_after, min(asked.values()), list(asked)):
                if event["n"] > asked[event["job"]]:
                    await socket.send_json(event)
                if event["job"] in watched:
                    watched[event["job"]] = max(watched[event["job"]], event["n"])
        latest = max(watched.values(), default=0)
        if watched == asked or set(watched) == set(asked):
            await service.news.after(max(latest, 0), 0.3)
