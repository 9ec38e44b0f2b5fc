"""The workbench's page and its files: one page behind every address, plain modules, nothing from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.faces.server.answers import not_here

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' blob:; "
    "font-src 'self'; manifest-src 'self'; media-src 'self' blob:; frame-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


@dataclass(frozen=True)
class Sheet:
    """A file of the site: its bytes, their type and their digest."""

    data: bytes
    media_type: str
    digest: str


@cache
def site() -> Mapping[str, Sheet]:
    """All files of the site by their path under it."""
    return MappingProxyType({path: _sheet(path, file) for path, file in _walk(files("maquette.faces.web") / "site")})


def _walk(folder: Traversable, prefix: str = "") -> list[tuple[str, Traversable]]:
    """Files below a folder with their paths, sorted."""
    rows: list[tuple[str, Traversable]] = []
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            rows += _walk(entry, f"{path}/")
        elif "." in entry.name and f".{entry.name.rpartition('.')[2]}" in (*TYPES, ".html"):
            rows.append((path, entry))
    return rows


def _sheet(path: str, file: Traversable) -> Sheet:
    """One file; the page also names every module, so that the browser asks for all of them at once."""
    data = file.read_bytes()
    if path == "index.html":
        names = (name for name, _ in _walk(files("maquette.faces.web") / "site"))
        wanted = [name for name in names if name.endswith(".js") and name != "vendor/three.js"]
        lines = "\n".join(f'    <link rel="modulepreload" href="/site/{name}" />' for name in wanted)
        data = data.replace(b"    <!-- modules -->", lines.encode())
    ending = f".{path.rpartition('.')[2]}"
    return Sheet(data, TYPES.get(ending, "text/html; charset=utf-8"), hashlib.sha256(data).hexdigest()[:32])


def page_routes() -> list[Route]:
    """The page at each of its addresses, and what it loads."""

    def page(request: Request) -> Response:
        return _give(request, site()["index.html"])

    def sheet(request: Request) -> Response:
        path = request.path_params["path"]
        if path not in site() or path == "index.html":
            raise not_here("file")
        return _give(request, site()[path])

    addresses = ("/", "/m/{job}", "/m/{job}/graph", "/batch/{tag}", "/bake/{tag}", "/scene/{tag}", "/form/{name}")
    return [*(Route(address, page) for address in addresses), Route("/site/{path:path}", sheet)]


def _give(request: Request, sheet: Sheet) -> Response:
    """A file, or word that the browser has it already."""
    headers = {**_HEADERS, "ETag": f'"{sheet.digest}"', "Cache-Control": "no-cache"}
    if sheet.digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(sheet.data, headers=headers, media_type=sheet.media_type)
