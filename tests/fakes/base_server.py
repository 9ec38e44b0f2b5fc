"""What all fake providers share: a server on this machine, a tiny model, and the ways in which a provider misbehaves.

A fake knows its provider's shapes only; *when* something goes wrong is decided here, so that every adapter meets every
misbehaviour. ``mode`` is one of :data:`MODES`.
"""

from __future__ import annotations

import email.utils
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MODES = (
    "success", "slow", "queue", "refusal", "failure", "401", "402", "429", "500", "flaky", "truncated", "wrong type",
    "expired", "skew", "hang up", "garbage",
)  # fmt: skip
KEY = "key-of-a-test-0123456789abcdef"
SKEW_S = 7200.0


@dataclass
class Request:
    """What came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[bytes]]:
        """Fields of a multipart body by name."""
        boundary = re.search(r'boundary="?([^";]+)', self.headers.get("content-type", ""))
        assert boundary, "no multipart body"
        fields: dict[str, list[bytes]] = {}
        for piece in self.body.split(b"--" + boundary[1].encode())[1:-1]:
            head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            name = re.search(rb'name="([^"]+)"', head)
            assert name
            fields.setdefault(name[1].decode(), []).append(data.removesuffix(b"\r\n"))
        return fields


@dataclass
class Reply:
    """What goes back; ``cut`` bytes are promised and not sent; ``hang_up`` sends nothing at all."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    hang_up: bool = False


def as_json(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(value).encode(), headers=headers)


def tiny_glb() -> bytes:
    """A tetrahedron."""
    import struct

    points = struct.pack("<12f", 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2)
    corners = struct.pack("<12H", 0, 2, 1, 0, 1, 3, 1, 2, 3, 0, 3, 2)
    document = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 2]},
            {"bufferView": 1, "componentType": 5123, "count": 12, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 48}, {"buffer": 0, "byteOffset": 48, "byteLength": 24},
        ],
        "buffers": [{"byteLength": 72}],
    }  # fmt: skip
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary = points + corners
    head = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(binary))
    return (
        head + struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    )


GLB = tiny_glb()


class Fake:
    """A provider on this machine. Subclasses answer: `authorized`, `route`, `error`, `refusal_words`."""

    documented = ""  # the day when the documentation was read
    keys: tuple[str, ...] = (KEY,)
    synchronous = False  # the answer to the order is the file
    refuses_at_once = False  # content is looked at before an order is taken
    signed = False  # requests carry a signature with a time

    def __init__(self, mode: str = "success") -> None:
        self.mode, self.file = mode, GLB
        self.requests: list[Request] = []
        self.orders: list[Any] = []
        self.looks: dict[str, int] = {}
        self.cancelled: list[str] = []
        self.downloads = self.faults = self.uploads = 0
        self.links: set[str] = set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # --- what a subclass says

    def authorized(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {KEY}"

    def is_order(self, request: Request) -> bool:
        raise NotImplementedError

    def route(self, request: Request) -> Reply:
        raise NotImplementedError

    def error(self, status: int, words: str) -> Reply:
        """The provider's shape of an error; ``status`` is 401, 402, 429 or 500."""
        return as_json({"message": words}, status)

    # --- what all share

    @property
    def now(self) -> float:
        return time.time() + (SKEW_S if self.mode == "skew" else 0)

    def progress(self, task: str) -> tuple[str, int]:
        """State and percent at this look: waiting, running, done, failed or refused."""
        n = self.looks[task] = self.looks.get(task, 0) + 1
        if self.mode == "refusal":
            return "refused", 0
        if self.mode == "failure":
            return "failed", 0
        if self.mode == "queue" and n <= 3:
            return "waiting", 0
        if self.mode == "slow" and n <= 4:
            return "running", 20 * n
        return "done", 100

    def new_task(self, order: Any) -> str:
        with self._lock:
            self.orders.append(order)
            return f"job-{len(self.orders)}"

    def link(self, name: str = "model.glb") -> str:
        """A fresh address of the file; in the mode "expired" the first one is dead already."""
        address = f"{self.url}/files/{len(self.links)}/{name}"
        self.links.add(address)
        return address

    def answer(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
        if request.path.startswith("/files/"):
            assert not {"authorization", "x-api-key", "x-client-secret"} & set(request.headers), "a key to a stranger"
            return self._file()
        if self.mode == "401" or not self.authorized(request):
            return self.error(401, f"invalid key {KEY}")
        if self.is_order(request):
            return self._order(request)
        if self.mode == "flaky" and request.method == "GET" and self.faults < 2:
            self.faults += 1
            return self.error(500, "a passing fault")
        return self.route(request)

    def _order(self, request: Request) -> Reply:
        if self.mode == "402":
            return self.error(402, "not enough credits")
        if self.mode == "429" and not self.faults:
            self.faults += 1
            reply = self.error(429, "slow down")
            reply.headers["Retry-After"] = "7"
            return reply
        if self.mode == "500":
            self.orders.append("lost in a fault")
            return self.error(500, "a fault of our own")
        if self.mode == "hang up":
            self.orders.append("taken, and nobody heard")
            return Reply(hang_up=True)
        if self.mode == "garbage":
            self.orders.append("taken, and nobody understood")
            return Reply(200, b"<html>gateway</html>", "text/html")
        return self.route(request)

    def _file(self) -> Reply:
        self.downloads += 1
        if self.mode == "expired" and self.downloads == 1:
            return Reply(403, b"<Error>expired</Error>", "application/xml")
        if self.mode == "wrong type":
            return Reply(200, b"<!doctype html>please log in", "text/html")
        if self.mode == "truncated" and self.downloads == 1:
            return Reply(200, self.file, "model/gltf-binary", cut=40)
        return Reply(200, self.file, "model/gltf-binary")


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length)
            reply = fake.answer(Request(self.command, parts.path, query, headers, body))
            if reply.hang_up:
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            self.send_header("Date", email.utils.formatdate(fake.now, usegmt=True))
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body[: len(reply.body) - reply.cut])
            if reply.cut:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server calls them so

        def log_message(self, *_: object) -> None:
            pass

    return Handler
