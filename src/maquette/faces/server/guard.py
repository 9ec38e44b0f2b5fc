"""Who comes in: the name they call us by, where their page is from, their key, how often and how much.

A plain ASGI layer around all routes, so that no route can forget it. Other sites' pages must not drive a server on
somebody's own machine: a wrong ``Host`` (a name that was made to point here) and a foreign ``Origin`` are refused.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request, cookie_parser
from starlette.responses import Response

from maquette.core.errors import MaquetteError
from maquette.faces.server.answers import Refusal
from maquette.faces.server.keys import LOCAL, Guests, Keys, Who
from maquette.faces.server.settings import JSON_BYTES, MODEL_BYTES, ServerSettings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
OPEN_PATHS = re.compile(
    r"/(health|shared/.*|tripo-data/.*|upload/.*|site/.*|(m|batch|bake|scene|form|s)/.*|api/session)?"
)  # health, addresses that carry their own proof, and the workbench's page, which holds nothing of anybody
PASS = "maquette_pass"  # the cookie of a browser: a key, or a guest's token; HttpOnly and SameSite=Strict
UPLOADS = re.compile(r"/(api/files|v2/openapi/upload(/sts)?|v3/files|tripo-data/.+|upload/.+)/?")
LOG = logging.getLogger("maquette.server")
SLOW_S = 30.0  # between two pieces of a body
DRAIN_BYTES = 8_000_000
TRIES_A_MINUTE = 20  # wrong keys of one address
_HERE = {"localhost", "127.0.0.1", "::1"}
Words = Callable[[str, Exception, str], Response]  # path, problem and trace as that surface's answer


class Guard:
    """The layer: refuses, or hands on with ``scope["who"]`` and a trace id."""

    def __init__(self, app: Any, settings: ServerSettings, keys: Keys, guests: Guests, words: Words) -> None:
        self.app, self.settings, self.words = app, settings, words
        self.keys, self.guests = keys, guests
        self.names = _HERE | {settings.host, *settings.names, urlsplit(settings.base).hostname or ""}
        self.buckets: dict[str, tuple[float, float]] = {}  # by owner or address: what is left, and when
        self.seen: dict[tuple[str, int], int] = {}  # requests by surface and status, for the metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or socket."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope["trace"] = trace = str(uuid.uuid4())
        answering = _Answering(send, trace, scope["path"].startswith("/v3"))
        taking = _Taking(receive, MODEL_BYTES + 100_000 if UPLOADS.fullmatch(scope["path"]) else JSON_BYTES)
        try:
            scope["who"] = self._admit(scope)
            await self.app(scope, taking if scope["type"] == "http" else receive, answering)
        except Exception as problem:  # a bug answers too, in the surface's own words
            if answering.started:
                raise
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4401 if getattr(problem, "status", 0) == 401 else 4400})
            else:
                await taking.drain()
                await self.words(scope["path"], problem, trace)(scope, receive, answering)
                if not isinstance(problem, MaquetteError | HTTPException) and not hasattr(problem, "status"):
                    LOG.error("a bug at %r, trace %s", scope["path"], trace, exc_info=problem)
        finally:
            surface = (scope["path"].split("/") + [""])[1] or "root"
            key = (surface if surface in ("api", "v2", "v3", "proxy") else "other", answering.status)
            self.seen[key] = self.seen.get(key, 0) + 1

    def _admit(self, scope: Scope) -> Who:
        """Whoever asks; a `Refusal` for those who may not."""
        headers = Headers(scope=scope)
        self._check_names(headers)
        address = (scope.get("client") or ("unknown", 0))[0]
        who = self._holder(headers, scope, address)
        self._spend(f"who {who.owner}", who.per_minute, "this key asks too often")
        return who

    def _check_names(self, headers: Headers) -> None:
        """Our own names only, in ``Host`` and in ``Origin``."""
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        if host not in self.names:
            raise Refusal(421, "this server has another name; use that, or start it with --name", code="WrongHost")
        origin = headers.get("origin")
        if origin is None:
            return
        there, here = urlsplit(origin), urlsplit(self.settings.base)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc) and not (
            there.hostname in _HERE and there.port == here.port and there.scheme == here.scheme
        ):
            raise Refusal(403, "pages of other sites may not use this server", code="WrongOrigin")

    def _holder(self, headers: Headers, scope: Scope, address: str) -> Who:
        """The holder of the key; this machine's own user where none is needed."""
        carried = self._cookie(headers, scope)
        guest = self.guests.holder(carried) if "." in carried else None
        if guest is not None:
            return guest
        if not self.settings.needs_keys:
            return LOCAL
        if OPEN_PATHS.fullmatch(scope["path"]):
            return Who(f"address {address}", frozenset())
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        key = bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        key = key or carried
        who = self.keys.holder(key) if key else None
        if who is None:
            if key:
                self._spend(f"tries {address}", TRIES_A_MINUTE, "too many wrong keys from this address")
            raise Refusal(401, "the key is missing or wrong; send Authorization: Bearer tsk_…", code="Unauthorized")
        return who

    @staticmethod
    def _cookie(headers: Headers, scope: Scope) -> str:
        """What a browser carries for our own API; other sites' pages cannot make it do so."""
        if not scope["path"].startswith("/api/"):
            return ""
        value = cookie_parser(headers.get("cookie", "")).get(PASS, "")
        if not value:
            return ""
        if scope.get("method", "GET") not in ("GET", "HEAD") and "origin" not in headers:
            raise Refusal(403, "a browser says where its page is from; this one did not", code="WrongOrigin")
        return value

    def _spend(self, name: str, per_minute: int, words: str) -> None:
        """One token of a bucket that fills at this rate; 429 where it is empty."""
        now = time.monotonic()
        left, at = self.buckets.get(name, (float(per_minute), now))
        left = min(float(per_minute), left + (now - at) * per_minute / 60)
        if left < 1:
            raise Refusal(429, f"{words}; at most {per_minute} a minute", code="TooOften", retry_s=60 / per_minute)
        if len(self.buckets) > 10_000:
            self.buckets.clear()
        self.buckets[name] = (left - 1, now)


class _Answering:
    """``send`` that adds the trace and notes what was answered."""

    def __init__(self, send: Send, trace: str, is_v3: bool) -> None:
        self._send, self._trace, self._is_v3 = send, trace, is_v3
        self.started, self.status = False, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Tripo-Trace-ID"] = self._trace
            headers["X-Content-Type-Options"] = "nosniff"
            if self._is_v3:
                headers["X-Request-ID"] = self._trace
        elif message["type"] == "websocket.accept":
            self.started, self.status = True, 101
        await self._send(message)


class _Taking:
    """``receive`` that stops at so many bytes, and at a sender who falls asleep."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._limit = receive, limit
        self._total, self._done = 0, False

    async def __call__(self) -> Message:
        if self._done:  # waiting for the other side to leave may take as long as it likes
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), SLOW_S)
        except TimeoutError:
            raise Refusal(408, f"no piece of the body for {SLOW_S:g} s; send it again", code="TooSlow") from None
        self._total += len(message.get("body", b""))
        self._done = not message.get("more_body", False)
        if self._total > self._limit:
            raise Refusal(413, f"more than {self._limit:,} bytes; send a smaller file", code="TooLarge")
        return message

    async def drain(self) -> None:
        """Take a little more of what was refused, or the sender never reads the answer."""
        self._limit, until = self._total + DRAIN_BYTES, time.monotonic() + 2.0
        try:
            while not self._done and time.monotonic() < until:
                await asyncio.wait_for(self(), 2.0)
        except (Refusal, TimeoutError):
            return


def who_asks(request: Request, scope: str) -> Who:
    """Whoever asks, if they may; 403 where their key's scopes do not reach."""
    who: Who = request.scope["who"]
    if not who.may(scope):
        raise Refusal(403, f"this key may not {scope}; ask for one with the scope {scope}", code="Forbidden")
    return who
