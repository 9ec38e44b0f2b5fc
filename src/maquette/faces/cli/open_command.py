"""``maquette open``: the workbench in the browser, with a photo, a model or a job on it.

The stage that opens a picture file has the same name; it is meant where ``-o`` says where its result goes.
"""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import click

from maquette.core.errors import BadInput, Unavailable
from maquette.faces.cli.terminal import Terminal

PATIENCE_S = 20.0  # for a server that is starting
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # this machine is never behind a proxy


@click.command("open")
@click.argument("thing", required=False, metavar="[PHOTO|MODEL|JOB]")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any free one")
@click.option("--workers", type=click.IntRange(0, 64), default=1, show_default=True, help="jobs at once")
@click.option("--no-browser", is_flag=True, help="only say the address")
@click.option("--home", type=click.Path(path_type=Path), help="the engine's folder; default: the user's own")
def open_workbench(thing: str | None, port: int, workers: int, no_browser: bool, home: Path | None) -> None:
    """Open the workbench in the browser: drop a photo or a model, look, mend, take the file.

    A server starts for this machine alone and runs until Ctrl-C; one that runs already at this port is used. A photo or
    a model is put on it at once; the id of a job shows that job again. With -o, `open` is the stage that opens a
    picture file.
    """

    def body(terminal: Terminal) -> int:
        place = _read_thing(thing)
        running = f"http://127.0.0.1:{port}"
        if port and _is_ours(running):
            _show(running, place, no_browser)
            return 0
        _serve(home, port, workers, lambda base: _show_once_it_answers(base, place, no_browser))
        return 0

    Terminal(as_json=False).guard(body)


def _read_thing(thing: str | None) -> str | Path | None:
    """The file that was named, or a job's id; ``BadInput`` for anything else."""
    if thing is None or (re.fullmatch(r"[0-9a-f]{32}", thing) and not Path(thing).exists()):
        return thing
    place = Path(thing)
    if not place.is_file():
        raise BadInput(f"open: {thing} is no file and no job's id; name a photo, a model, or nothing")
    return place


def _serve(home: Path | None, port: int, workers: int, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C."""
    from maquette.flow.queue.extra import insist_on_server_extra

    insist_on_server_extra("open")
    from maquette.faces.server.serve import serve
    from maquette.faces.server.settings import ServerSettings
    from maquette.faces.tripo.surface import TRIPO
    from maquette.faces.web.surface import WEB
    from maquette.flow.queue.workshop import Workshop

    serve(Workshop.at(home, ""), ServerSettings(port=port, workers=workers), [TRIPO, WEB], say)


def _show_once_it_answers(base: str, place: str | Path | None, no_browser: bool) -> None:
    """Show it from a thread: the server begins to answer when this has returned."""

    def wait() -> None:
        until = time.monotonic() + PATIENCE_S
        while not _is_ours(base) and time.monotonic() < until:
            time.sleep(0.1)
        try:
            _show(base, place, no_browser)
        except BadInput as problem:
            click.echo(f"BadInput: {problem}", err=True)

    threading.Thread(target=wait, daemon=True).start()


def _is_ours(base: str) -> bool:
    """Whether a server of ours answers there and serves the workbench."""
    try:
        with _OPENER.open(f"{base}/site/vendor/sources.json", timeout=2) as answer:
            return answer.status == 200 and "bundles" in json.load(answer)
    except (OSError, ValueError):
        return False


def _show(base: str, place: str | Path | None, no_browser: bool) -> None:
    """Say the address, and open it."""
    address = f"{base}/"
    if isinstance(place, str):
        address = f"{base}/m/{place}"
    elif place is not None:
        address = f"{base}/?file={_upload(base, place)}&name={quote(place.name)}"
    click.echo(f"the workbench is at {address} (Ctrl-C ends it)", err=True)
    if not no_browser:
        import webbrowser

        webbrowser.open(address)


def _upload(base: str, place: Path) -> str:
    """The digest of a file on the server; its own words where it refuses."""
    request = urllib.request.Request(f"{base}/api/files?name={quote(place.name)}", data=place.read_bytes())
    request.add_header("Content-Type", "application/octet-stream")
    try:
        with _OPENER.open(request, timeout=120) as answer:
            return str(json.load(answer)["digest"])
    except urllib.error.HTTPError as problem:
        raise BadInput(str(json.load(problem).get("message", problem))) from None
    except OSError as problem:
        raise Unavailable(f"open: the server at {base} does not answer: {problem}") from None
