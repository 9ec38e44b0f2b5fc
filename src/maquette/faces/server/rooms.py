"""Rooms: one document that several people edit at once, and who is in it.

A document is a map from path to JSON value. The server puts everybody's changes into one order and tells them to all,
so all end with the same document: of two changes of one path the later one stays, others never meet. A change is on
disk before anybody hears of it. Who is where (name, cursor, camera) passes through and is never kept. A room lives in
one process; several servers over one PostgreSQL keep the documents together, not the people.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from maquette.faces.server.answers import not_here
from maquette.faces.server.keys import Who
from maquette.faces.server.service import Service

MOST_PATHS, MOST_PEOPLE, MOST_BYTES, MOST_WAITING = 5_000, 32, 1_000_000, 500
_NAME = re.compile(r"graph/[0-9a-f]{32}|(?:model|scene|bake)/[\w-]{1,80}")


@dataclass
class Room:
    """A document in use; ``people`` are what each last said of itself, ``lines`` what each has still to hear."""

    name: str
    owner: str
    rows: dict[str, Any] | None
    at: int = 0
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: dict[str, asyncio.Queue[dict[str, Any]]] = field(default_factory=dict)
    order: asyncio.Lock = field(default_factory=asyncio.Lock)

    def tell(self, message: dict[str, Any]) -> None:
        """Something to everybody; whoever does not listen any more is let go."""
        for line in self.lines.values():
            if line.qsize() < MOST_WAITING:
                line.put_nowait(message)


def routes(service: Service) -> list[BaseRoute]:
    """The way into a room."""
    open_rooms: dict[tuple[str, str], Room] = {}

    async def enter(socket: WebSocket) -> None:
        who: Who = socket.scope["who"]
        name = socket.path_params["name"]
        owner = await run_in_threadpool(_owner_of, service, name, who)
        room = open_rooms.get((owner, name))
        if room is None:
            rows = await run_in_threadpool(service.shared.read, name, owner)
            room = open_rooms.setdefault((owner, name), Room(name, owner, rows))
        if len(room.lines) >= MOST_PEOPLE:
            await socket.close(4429)
            return
        await socket.accept()
        identity = secrets.token_hex(4)
        line = room.lines[identity] = asyncio.Queue()
        ears = asyncio.create_task(_listen(service, socket, room, identity, who.may("run")))
        mouth = asyncio.create_task(_speak(socket, line))
        try:
            await asyncio.wait({ears, mouth, asyncio.create_task(_closing(service))}, return_when="FIRST_COMPLETED")
        finally:
            del room.lines[identity]
            if room.people.pop(identity, None) is not None:
                room.tell({"here": None, "by": identity})
            if not room.lines:
                open_rooms.pop((owner, name), None)
            for task in (ears, mouth):
                task.cancel()
            await asyncio.gather(ears, mouth, return_exceptions=True)

    return [WebSocketRoute("/api/rooms/{name:path}", enter)]


async def _closing(service: Service) -> None:
    """Until the server ends."""
    while not service.news.closing:
        await asyncio.sleep(0.5)


def _owner_of(service: Service, name: str, who: Who) -> str:
    """Whose document it is; 404 where it is about nothing that whoever asks may see."""
    if not who.may("read") or not _NAME.fullmatch(name):
        raise not_here("room")
    kind, _, rest = name.partition("/")
    if kind == "graph":
        return service.job(rest, who).owner
    if kind != "scene":  # which begins before there is anything of it
        service.insist_on_tag(rest, who)
    elif not who.sees(rest):
        raise not_here("room")
    return who.owner


async def _listen(service: Service, socket: WebSocket, room: Room, identity: str, may_write: bool) -> None:
    """What one person says: ``{"join", "begin"}`` first, then ``{"set": {path: value}}`` and ``{"here": {…}}``."""
    try:
        while True:
            text = await socket.receive_text()
            try:
                said = json.loads(text) if len(text) <= MOST_BYTES else None
            except (ValueError, RecursionError):
                said = None
            if not isinstance(said, dict):
                await socket.send_json({"error": 'send {"join": {}}, {"set": {path: value}} or {"here": {}}'})
                continue
            if "join" in said:
                await _join(service, room, identity, said, may_write)
            if isinstance(said.get("here"), dict) and identity in room.people:
                room.people[identity] |= said["here"]
                room.tell({"here": said["here"], "by": identity})
            if isinstance(said.get("set"), dict) and identity in room.people:
                await _change(service, room, identity, said["set"], may_write)
    except WebSocketDisconnect:
        return


async def _join(service: Service, room: Room, identity: str, said: dict[str, Any], may_write: bool) -> None:
    """Somebody is here; the first one who may write brings the document."""
    begin = said.get("begin")
    async with room.order:
        if room.rows is None and isinstance(begin, dict) and may_write and _fits(begin):
            await run_in_threadpool(service.shared.write, room.name, room.owner, begin)
            room.rows = begin
        rows = room.rows if room.rows is not None else begin if isinstance(begin, dict) else {}
        others = {each: here for each, here in room.people.items() if each != identity}
        hello = {"you": identity, "at": room.at, "rows": rows, "people": others, "may": may_write}
        room.lines[identity].put_nowait({"hello": hello})
        room.people[identity] = dict(said["join"]) if isinstance(said["join"], dict) else {}
    room.tell({"here": room.people[identity], "by": identity})


async def _change(service: Service, room: Room, identity: str, change: dict[str, Any], may_write: bool) -> None:
    """Put a change into the order; null takes a path away."""
    async with room.order:
        rows = {**(room.rows or {}), **change}
        rows = {path: value for path, value in rows.items() if value is not None}
        if not may_write or not _fits(rows):
            room.lines[identity].put_nowait({"refused": change, "by": identity})
            return
        await run_in_threadpool(service.shared.write, room.name, room.owner, rows)
        room.rows = rows
        room.at += 1
        room.tell({"set": change, "by": identity, "at": room.at})


def _fits(rows: dict[str, Any]) -> bool:
    """Whether a document is of a size that somebody could have made by hand."""
    return len(rows) <= MOST_PATHS and len(json.dumps(rows)) <= MOST_BYTES


async def _speak(socket: WebSocket, line: asyncio.Queue[dict[str, Any]]) -> None:
    """Tell one person what happens."""
    while True:
        await socket.send_json(await line.get())
