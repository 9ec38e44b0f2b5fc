"""Files on their way to a task: by form, by a made-up S3, by a signed address; and what a task says of them."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from maquette.core.errors import BadInput
from maquette.faces.server.files import file_response, picture_kind, place_of, plain_name, receiving, take_form
from maquette.faces.server.keys import Who
from maquette.faces.server.service import Service
from maquette.faces.server.settings import MODEL_BYTES
from maquette.faces.tripo.codes import TripoRefusal
from maquette.flow.queue.order import Source
from maquette.flow.queue.tables import tokens
from maquette.flow.streams import kind_of

BUCKET = "tripo-data"
VALID_S = 600.0  # how long an address to upload to is good
FORMATS = ("webp", "jpeg", "jpg", "png", "glb", "obj", "fbx", "stl", "bmp", "tiff")


async def take_upload(request: Request, service: Service, who: Who, prefix: str = "") -> str:
    """A form's file as a token."""
    try:
        incoming, name = await take_form(request, service, who)
    except BadInput as problem:
        if "empty" in str(problem):
            raise TripoRefusal(2003, "the file is empty", "send a file that is not") from None
        raise
    if not (picture_kind(incoming.head) or kind_of(incoming.head)):
        raise TripoRefusal(2004, "the file is neither a picture nor a model", "send JPEG, PNG, WebP, GLB, OBJ or STL")
    token = str(uuid.uuid4())
    await run_in_threadpool(write_token, service, f"{prefix}{token}", who.owner, incoming.digest, name)
    return f"{prefix}{token}"


def write_token(service: Service, token: str, owner: str, digest: str, name: str) -> None:
    """Remember a token; without a digest it is an address that a file may be put to."""
    row = {"token": token, "owner": owner, "digest": digest, "name": name, "created": time.time()}
    with service.ledger.database.writing() as connection:
        connection.execute(tokens.insert().values(**row))


def source_of(service: Service, token: str, owner: str) -> Source:
    """The file behind a token of the same owner; code 2019 for any other."""
    query = sa.select(tokens).where(tokens.c.token == token, tokens.c.owner == owner, tokens.c.digest != "")
    with service.ledger.database.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None or not service.blobs.has(row.digest):
        raise TripoRefusal(2019, "the file was not found", "upload it again")
    return Source(row.digest, row.name)


async def file_of(service: Service, named: Any, who: Who) -> Source:
    """The file that a task names: exactly one of ``file_token``, ``url``, ``object``; ``type`` is not believed."""
    ways = [way for way in ("file_token", "url", "object") if isinstance(named, dict) and named.get(way)]
    if len(ways) != 1:
        raise TripoRefusal(1004, "file: give exactly one of file_token, url, object")
    value = named[ways[0]]
    if ways[0] == "url":
        return await _fetch(service, str(value), who)
    if ways[0] == "object":
        if not isinstance(value, dict) or value.get("bucket") != BUCKET:
            raise TripoRefusal(1004, f"file: object needs the bucket {BUCKET} and a key")
        value = value.get("key", "")
    return await run_in_threadpool(source_of, service, str(value), who.owner)


async def input_of(service: Service, named: Any, who: Who) -> Source:
    """v3's ``input``: an address, a token, or the older object."""
    if not isinstance(named, str):
        return await file_of(service, named, who)
    if re.match(r"https?://", named):
        return await _fetch(service, named, who)
    return await run_in_threadpool(source_of, service, named, who.owner)


async def offer_sts(request: Request, service: Service, who: Who, body: dict[str, Any]) -> dict[str, Any]:
    """Where boto3 may put a file; only over TLS, which it insists on."""
    ending = _format(body)
    if not service.settings.base.startswith("https"):
        raise TripoRefusal(1005, "STS uploads need TLS", "pip uninstall boto3, or serve with --tls-cert and --tls-key")
    key = f"tcli_{who.owner[:8]}/{uuid.uuid4()}.{ending}"
    await run_in_threadpool(write_token, service, key, who.owner, "", f"upload.{ending}")
    host = service.settings.base.partition("://")[2]
    return {
        "s3_host": host, "resource_bucket": BUCKET, "resource_uri": key,
        "session_token": "none", "sts_ak": "maquette", "sts_sk": "maquette",
    }  # fmt: skip


async def offer_presigned(service: Service, who: Who, body: dict[str, Any]) -> dict[str, Any]:
    """An address to put a file to, without a key."""
    ending = _format(body)
    token = f"file_{uuid.uuid4()}"
    await run_in_threadpool(write_token, service, token, who.owner, "", f"upload.{ending}")
    url = f"{service.settings.base}/upload/{token}"
    return {"presigned_url": url, "upload_url": url, "file_token": token, "expires_in": int(VALID_S)}


async def offer_storage(service: Service, who: Who, body: dict[str, Any]) -> dict[str, str]:
    """Where ComfyUI's own nodes put a picture, and where it is read again: two addresses that nobody can guess."""
    name, token = plain_name(str(body.get("file_name") or "picture.png")), f"file_{uuid.uuid4()}"
    await run_in_threadpool(write_token, service, token, who.owner, "", name)
    url = f"{service.settings.base}/upload/{token}"
    return {"download_url": f"{url}/{quote(name)}", "upload_url": url}


async def give_upload(request: Request, service: Service, token: str) -> Response:
    """What was put to such an address; whoever knows it may read it."""
    digest, _, name = await run_in_threadpool(_upload_of, service, token)
    return file_response(request, await run_in_threadpool(place_of, service, digest), digest, name)


def _upload_of(service: Service, token: str) -> tuple[str, str, str]:
    """Digest, owner and name of what was put; code 2019 for what was not."""
    query = sa.select(tokens).where(tokens.c.token == token, tokens.c.digest != "")
    with service.ledger.database.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise TripoRefusal(2019, "the file was not found", "upload it again")
    return row.digest, row.owner, row.name


def token_in(service: Service, url: str) -> str:
    """The token in an address to upload to that is our own; nothing in any other."""
    head = f"{service.settings.base}/upload/"
    return url.removeprefix(head).partition("/")[0] if url.startswith(head) else ""


async def _fetch(service: Service, url: str, who: Who) -> Source:
    """A picture by its address; what was uploaded here is not sent around."""
    if token := token_in(service, url):
        return await run_in_threadpool(source_of, service, token, who.owner)
    return await service.fetch(url, who)


async def take_put(request: Request, service: Service, token: str) -> Response:
    """A file put to an address that we gave out: once, within ten minutes."""
    fresh = sa.and_(tokens.c.token == token, tokens.c.digest == "", tokens.c.created > time.time() - VALID_S)
    with service.ledger.database.reading() as connection:
        row = connection.execute(sa.select(tokens).where(fresh)).one_or_none()
    if row is None:
        raise TripoRefusal(1005, "this address takes no file (any more)", "ask for another")
    chunked = "aws-chunked" in request.headers.get("content-encoding", "")
    pieces = unframe(request.stream()) if chunked else request.stream()
    async with receiving(service, MODEL_BYTES) as incoming:
        async for piece in pieces:
            incoming.write(piece)
        said = request.headers.get("x-amz-decoded-content-length", str(incoming.size))
        if not incoming.size or said != str(incoming.size):
            raise TripoRefusal(1003, f"{incoming.size} bytes came, {said} were announced", "send it again")
        digest = incoming.digest
    with service.ledger.database.writing() as connection:
        if not connection.execute(tokens.update().where(fresh).values(digest=digest)).rowcount:
            raise TripoRefusal(1005, "this address takes no file any more", "ask for another")
    await run_in_threadpool(service.ledger.files.own, digest, row.owner, row.name, incoming.size)
    return Response(status_code=200, headers={"ETag": f'"{digest[:32]}"'})


async def unframe(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data in aws-chunked frames: hexadecimal length, line end, data, line end, … 0, trailer."""
    buffer, left = b"", 0
    async for piece in stream:
        buffer += piece
        while buffer:
            if left > 0:
                data, buffer = buffer[:left], buffer[left:]
                left -= len(data)
                yield data
                continue
            buffer = buffer.removeprefix(b"\r\n")
            head, sign, rest = buffer.partition(b"\r\n")
            if not sign:
                if len(buffer) > 4096:
                    raise TripoRefusal(1003, "a frame without a length", "send it again")
                break
            size = head.partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", size):
                return  # the trailer
            left, buffer = int(size, 16), rest
            if left == 0:
                return


def _format(body: dict[str, Any]) -> str:
    ending = str(body.get("format", "jpeg")).lower()
    if ending not in FORMATS:
        raise TripoRefusal(2004, f"format {ending[:20]!r} is not taken", f"there are {', '.join(FORMATS)}")
    return ending
