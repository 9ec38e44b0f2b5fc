"""``/api/files``: bytes in and out by their digest."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from maquette.core.errors import BadInput
from maquette.faces.server.answers import answer, not_here
from maquette.faces.server.guard import who_asks
from maquette.faces.server.keys import Who
from maquette.faces.server.service import Service
from maquette.faces.server.settings import MODEL_BYTES, PHOTO_BYTES
from maquette.flow.streams import kind_of
from maquette.store.blobs import Incoming

PIECE = 1 << 16
TYPES = {
    ".glb": "model/gltf-binary", ".gltf": "model/gltf+json", ".stl": "model/stl", ".obj": "model/obj",
    ".3mf": "model/3mf", ".ply": "application/octet-stream", ".png": "image/png", ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg", ".webp": "image/webp", ".json": "application/json", ".html": "text/html; charset=utf-8",
    ".zip": "application/zip", ".svg": "image/svg+xml",
}  # fmt: skip
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")


def picture_kind(head: bytes) -> str:
    """``picture`` or nothing, by the first bytes."""
    is_riff = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    is_heif = head[4:8] == b"ftyp"
    return "picture" if is_riff or is_heif or head.startswith(_PICTURES) else ""


def plain_name(name: str) -> str:
    """A file name without folders and without what could break a header or a log."""
    last = re.split(r"[\\/]", name)[-1]
    return re.sub(r"[^\w .()+-]", "_", last).strip(" .")[:100] or "file"


def routes(service: Service) -> list[Route]:
    """Upload and download."""

    async def upload(request: Request) -> Response:
        who = who_asks(request, "run")
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            incoming, name = await take_form(request, service, who)
        else:
            name = plain_name(request.query_params.get("name", "file"))
            incoming = await take_stream(request, service, who, name)
        kind = picture_kind(incoming.head) or kind_of(incoming.head).removeprefix(".") or "other"
        href = f"/api/files/{incoming.digest}/{quote(name)}"
        return answer({"digest": incoming.digest, "kind": kind, "bytes": incoming.size, "href": href}, 201)

    async def download(request: Request) -> Response:
        who = who_asks(request, "read")
        digest = request.path_params["digest"]
        owned = await run_in_threadpool(service.ledger.files.file_of, digest, who.owner)
        if owned is None:
            raise not_here("file")
        place = await run_in_threadpool(place_of, service, digest)
        return file_response(request, place, digest, request.path_params.get("name") or owned[0])

    async def shared(request: Request) -> Response:
        proof, digest, name = (request.path_params[part] for part in ("proof", "digest", "name"))
        if not service.is_proof(proof, digest, name):
            raise not_here("file")
        return file_response(request, await run_in_threadpool(place_of, service, digest), digest, name)

    return [
        Route("/api/files", upload, methods=["POST"]),
        Route("/api/files/{digest}", download),
        Route("/api/files/{digest}/{name:path}", download),
        Route("/shared/{proof}/{digest}/{name:path}", shared),
    ]


@asynccontextmanager
async def receiving(service: Service, limit: int) -> AsyncIterator[Incoming]:
    """Take bytes in without holding anybody up where they go to a slow disk or over the network at the end."""
    block = service.blobs.receiving(limit)
    incoming = await run_in_threadpool(block.__enter__)
    try:
        yield incoming
    except BaseException as problem:
        block.__exit__(type(problem), problem, problem.__traceback__)  # drops what came so far, and is quick
        raise
    await run_in_threadpool(block.__exit__, None, None, None)


async def take_stream(request: Request, service: Service, who: Who, name: str) -> Incoming:
    """The body itself as a file, counted while it comes; a picture may be as large as a picture may be."""
    async with receiving(service, MODEL_BYTES) as incoming:
        async for piece in request.stream():
            incoming.write(piece)
            if incoming.size > PHOTO_BYTES and picture_kind(incoming.head):
                raise BadInput(f"files: a picture of more than {PHOTO_BYTES:,} bytes; make it smaller")
        if not incoming.size:
            raise BadInput("files: nothing was sent; put the file into the body")
        service.insist_on_room(who, incoming.size)
    await run_in_threadpool(service.ledger.files.own, incoming.digest, who.owner, name, incoming.size)
    return incoming


async def take_form(request: Request, service: Service, who: Who, field: str = "file") -> tuple[Incoming, str]:
    """The file in a form."""
    async with request.form(max_files=1, max_fields=20) as form:
        part: Any = form.get(field)
        if not isinstance(part, UploadFile):
            raise BadInput(f"files: the form has no file in its field {field!r}")
        name = plain_name(part.filename or "file")
        limit = PHOTO_BYTES if picture_kind(await part.read(64)) else MODEL_BYTES
        await part.seek(0)
        async with receiving(service, limit) as incoming:
            while piece := await part.read(PIECE):
                incoming.write(piece)
            if not incoming.size:
                raise BadInput("files: the file is empty; send one that is not")
            service.insist_on_room(who, incoming.size)
    await run_in_threadpool(service.ledger.files.own, incoming.digest, who.owner, name, incoming.size)
    return incoming, name


def place_of(service: Service, digest: str) -> Path:
    """Where a file lies; 404 where it does not."""
    try:
        return service.blobs.path(digest)
    except BadInput:
        raise not_here("file") from None


def file_response(request: Request, place: Path, digest: str, name: str) -> Response:
    """A file that never changes: with its digest as ETag, whole, in a part, or not at all where it is known."""
    size = place.stat().st_size
    ending = Path(name).suffix.lower()
    headers = {
        "ETag": f'"{digest}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Accept-Ranges": "bytes",
        "Last-Modified": formatdate(place.stat().st_mtime, usegmt=True),
        "Content-Type": TYPES.get(ending, "application/octet-stream"),
    }
    if ending in (".html", ".svg"):  # made of what a stranger sent: it must not act as a page of ours
        headers["Content-Security-Policy"] = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    if f'"{digest}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    start, stop = 0, size
    status, wanted = 200, request.headers.get("range")
    if wanted and request.headers.get("if-range", f'"{digest}"') == f'"{digest}"':
        span = _span(wanted, size)
        if span is None:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
        if span != (0, 0):
            (start, stop), status = span, 206
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_pieces(place, start, stop), status, headers)


def _span(text: str, size: int) -> tuple[int, int] | None:
    """``bytes=a-b`` as start and stop; None where it lies outside, (0, 0) for what is no single range."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", text.strip())
    if match is None or match.groups() == ("", ""):
        return (0, 0)
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1 if last else size)
    return (start, stop) if start < stop else None


def _pieces(place: Path, start: int, stop: int) -> Iterator[bytes]:
    """The bytes from start to stop."""
    with place.open("rb") as stream:
        stream.seek(start, os.SEEK_SET)
        while start < stop and (piece := stream.read(min(PIECE, stop - start))):
            start += len(piece)
            yield piece
