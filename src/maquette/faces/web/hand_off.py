"""Over to the slicer: a job's file in the window of the user's own program, where server and user share a machine."""

from __future__ import annotations

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.core.errors import BadSetting, CannotDo, Unavailable
from maquette.faces.server.answers import answer, not_here, read_json
from maquette.faces.server.guard import who_asks
from maquette.faces.server.service import Service
from maquette.formats.slicers.slice import viewer
from maquette.formats.slicers.window import open_in_slicer

LABELS = {"prusa": "PrusaSlicer", "orca": "OrcaSlicer", "cura": "UltiMaker Cura"}


def hand_off_routes(service: Service) -> list[Route]:
    """Which slicers there are, and a file shown in one of them."""

    def slicers(request: Request) -> Response:
        who_asks(request, "read")
        here = _shares_machine(service)
        rows = [{"name": name, "label": LABELS[name], "ready": here and _has_window(name)} for name in LABELS]
        return answer({"slicers": rows})

    async def show(request: Request) -> Response:
        entry = service.job(request.path_params["identity"], who_asks(request, "run"))
        body, _ = await read_json(request)
        slicer = str(body.get("slicer", ""))
        if slicer not in LABELS:
            raise BadSetting(f"hand-off: no slicer {slicer[:40]!r}; it is one of {', '.join(LABELS)}")
        if not _shares_machine(service):
            raise CannotDo("hand-off: this server serves other machines and opens no windows; download the file")
        output = entry.output("main")
        if output is None or not service.blobs.has(output["digest"]):
            raise not_here("file")
        place = service.workshop.root / "handed-over" / str(output["digest"]) / Path(str(output["name"])).name
        await run_in_threadpool(_open, service, str(output["digest"]), place, slicer)
        return answer({"opened": place.name, "slicer": slicer})

    return [
        Route("/api/slicers", slicers),
        Route("/api/jobs/{identity}/hand-off", show, methods=["POST"]),
    ]


def _open(service: Service, digest: str, place: Path, slicer: str) -> None:
    """The file below the workshop's folder, once however often it is asked for, in the slicer's window."""
    if not place.exists():
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.part")
        part.write_bytes(service.blobs.read(digest))
        part.replace(place)
    open_in_slicer(place, slicer)


def _has_window(name: str) -> bool:
    """Whether a slicer's window is installed; its engine alone opens nothing."""
    try:
        viewer(name)
    except Unavailable:
        return False
    return True


def _shares_machine(service: Service) -> bool:
    """Whether whoever asks sits at this machine: bound to loopback, no keys, no proxy before it."""
    settings = service.settings
    return settings.is_local and not settings.needs_keys and not settings.public_url
