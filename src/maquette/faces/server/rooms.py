"""Rooms: one document that several people edit at once, and who is in it.

A document is a map from path to JSON value. The server puts everybody's changes into one order and tells them to all,
so all end with the same document: of two changes of one path the later one stays, others never meet. A change is on
disk before anybody hears of it. Who is where (name, cursor, camera) passes through and is never kept. A room lives in
one process. Several servers over one PostgreSQL keep a document together, not its people: what was changed at another
server is heard here with the next change made here.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, NoReturn

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from maquette.faces.server.answers import not_here
from maquette.faces.server.keys import Who
from maquette.faces.server.service import Service

MOST_PATHS, MOST_PEOPLE, MOST_BYTES, MOST_WAITING = 5_000, 32, 1_000_000, 500
MOST_HERE = 600  # characters of JSON
_OF_A_PERSON = ("name", "hue", "cursor", "picked", "eye", "job", "finding")
_NAME = re.compile(r"graph/[0-9a-f]{32}|(?:model|scene|bake)/[\w-]{1,80}")


@dataclass
class Room:
    """A document in use; ``people`` are what each last said of itself, ``lines`` what each has still to hear."""

    name: str
    owner: str
    rows: dict[str, Any] | None
    at: int = 0
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: dict[str, asyncio.Queue[dict[str, Any] | None]] = field(default_factory=dict)
    order: asyncio.Lock = field(default_factory=asyncio.Lock)

    def tell(self, message: dict[str, Any]) -> None:
        """Something to everybody; whoever does not listen any more is let go, and comes back by itself."""
        for line in self.lines.values():
            if line.qsize() < MOST_WAITING:
                line.put_nowait(message)
            elif line.qsize() == MOST_WAITING:
                line.put_nowait(None)


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
        identity = secrets.token_hex(4)
        line = room.lines[identity] = asyncio.Queue()  # before anything is awaited: who comes keeps the room open
        tasks: list[asyncio.Task[None]] = []
        try:
            await socket.accept()
            ears = asyncio.create_task(_listen(service, socket, room, identity, who.may("run")))
            mouth = asyncio.create_task(_speak(socket, line))
            tasks = [ears, mouth, asyncio.create_task(_closing(service))]
            done, _ = await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
            if mouth in done:
                await asyncio.wait({ears}, timeout=1)  # what a closing tab said last is still to be read
        finally:
            del room.lines[identity]
            if room.people.pop(identity, None) is not None:
                room.tell({"here": None, "by": identity})
            if not room.lines and open_rooms.get((owner, name)) is room:
                open_rooms.pop((owner, name))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

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
                said = (
                    json.loads(text, parse_constant=_refuse, parse_float=_finite) if len(text) <= MOST_BYTES else None
                )
            except (ValueError, RecursionError):
                said = None
            if not isinstance(said, dict):
                await socket.send_json({"error": 'send {"join": {}}, {"set": {path: value}} or {"here": {}}'})
                continue
            if "join" in said:
                await _join(service, room, identity, said, may_write)
            if isinstance(said.get("here"), dict) and identity in room.people:
                here = _of_a_person(said["here"])
                room.people[identity] |= here
                room.tell({"here": here, "by": identity})
            if isinstance(said.get("set"), dict) and identity in room.people:
                await _change(service, room, identity, said["set"], may_write)
    except WebSocketDisconnect:
        return


def _parse(text: str) -> Any:
    """JSON that every browser can read; ``ValueError`` for other text."""
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def _refuse(constant: str) -> NoReturn:
    """NaN and the infinities are no JSON to a browser."""
    raise ValueError(constant)


def _finite(text: str) -> float:
    """A number; ``ValueError`` for one that is infinite once read, such as 1e999."""
    number = float(text)
    if not math.isfinite(number):
        _refuse(text)
    return number


def _of_a_person(said: dict[str, Any]) -> dict[str, Any]:
    """What somebody may say of itself: a few things, each of a size that a page can show."""
    kept = {name: said[name] for name in _OF_A_PERSON if name in said and len(json.dumps(said[name])) <= MOST_HERE}
    return {name: str(value)[:40] if name == "name" else value for name, value in kept.items()}


async def _join(service: Service, room: Room, identity: str, said: dict[str, Any], may_write: bool) -> None:
    """Somebody is here; the first one who may write brings the document."""
    begin = said.get("begin")
    async with room.order:
        if room.rows is None and isinstance(begin, dict) and may_write and _fits(begin):
            room.rows = await run_in_threadpool(service.shared.begin, room.name, room.owner, begin)
        rows = room.rows if room.rows is not None else begin if isinstance(begin, dict) else {}
        others = {each: here for each, here in room.people.items() if each != identity}
        hello = {"you": identity, "at": room.at, "rows": rows, "people": others, "may": may_write}
        room.lines[identity].put_nowait({"hello": hello})
        room.people[identity] = _of_a_person(said["join"]) if isinstance(said["join"], dict) else {}
    room.tell({"here": room.people[identity], "by": identity})


async def _change(service: Service, room: Room, identity: str, change: dict[str, Any], may_write: bool) -> None:
    """Put a change into the order; null takes a path away."""
    async with room.order:
        merge = service.shared.change
        rows = await run_in_threadpool(merge, room.name, room.owner, change, _fits) if may_write else None
        if rows is None:
            room.lines[identity].put_nowait({"refused": change, "by": identity})
            return
        before, room.rows = room.rows or {}, rows
        elsewhere = {path: rows.get(path) for path in before.keys() | rows.keys() if path not in change}
        elsewhere = {path: value for path, value in elsewhere.items() if value != before.get(path)}
        room.at += 1
        if elsewhere:  # at another server
            room.tell({"set": elsewhere, "by": "", "at": room.at})
        room.tell({"set": change, "by": identity, "at": room.at})


def _fits(rows: dict[str, Any]) -> bool:
    """Whether a document is of a size that somebody could have made by hand."""
    return len(rows) <= MOST_PATHS and len(json.dumps(rows)) <= MOST_BYTES


async def _speak(socket: WebSocket, line: asyncio.Queue[dict[str, Any] | None]) -> None:
    """Tell one person what happens, until it listens no more."""
    while (message := await line.get()) is not None:
        await socket.send_text(json.dumps(message))  # in ASCII: half a letter from one page must not stop another
    await socket.close(4408)
