"""Client: every operation of the server's OpenAPI document by its name, and the few that one uses daily in plain words.

The document is read when it is first needed, so a client knows whatever stages, recipes and plugins its server has.
What the server refuses is raised here as the same error with the same words as on the command line.
"""

from __future__ import annotations

import difflib
import secrets
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from maquette.client.remote_job import RemoteJob
from maquette.core.errors import BadInput, BadSetting, CannotDo, MaquetteError, Unavailable

_ERRORS: Mapping[str, type[MaquetteError]] = {
    each.__name__: each for each in (BadInput, BadSetting, CannotDo, Unavailable)
}
_TRIES = 4  # of what may be asked twice, or carries a key that makes it once

Photo = str | Path | bytes


class Client:
    """One server: ``Client("http://127.0.0.1:8765")``, with ``key`` where it asks for one."""

    def __init__(self, address: str = "http://127.0.0.1:8765", key: str = "", *, timeout_s: float = 60.0) -> None:
        try:
            import httpx
        except ImportError:
            raise Unavailable("client: pip install 'maquette[hosted]'") from None
        self._httpx = httpx
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._web = httpx.Client(base_url=address.rstrip("/"), headers=headers, timeout=timeout_s)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._web.close()

    @cached_property
    def operations(self) -> dict[str, tuple[str, str, str]]:
        """Every operation of this server by name: method, path and summary, read from its document."""
        paths = self.ask("GET", "/api/openapi.json")["paths"]
        return {
            call["operationId"]: (verb.upper(), path, str(call.get("summary", "")))
            for path, calls in paths.items()
            for verb, call in calls.items()
            if verb != "parameters"
        }

    def call(self, operation: str, body: Mapping[str, Any] | None = None, path: Mapping[str, str] | None = None) -> Any:
        """Any operation by its name in the document; ``path`` fills the braces of its address."""
        if operation not in self.operations:
            close = difflib.get_close_matches(operation, self.operations, n=3)
            raise BadSetting(f"client: no operation {operation!r}; {f'did you mean {close}?' if close else 'see /api'}")
        verb, place, _ = self.operations[operation]
        for name, value in (path or {}).items():
            place = place.replace(f"{{{name}}}", value)
        return self.ask(verb, place, body)

    def upload(self, photo: Photo) -> str:
        """A file's digest: of bytes, or of a file by its place; the same bytes are sent as often as one likes."""
        data = photo if isinstance(photo, bytes) else Path(photo).read_bytes()
        name = "file" if isinstance(photo, bytes) else Path(photo).name
        return str(self.ask("POST", "/api/files", content=data, params={"name": name})["digest"])

    def make(
        self,
        photo: Photo | Mapping[str, Photo],
        output: str = "model.glb",
        options: Mapping[str, Any] | None = None,
        *,
        destination: Literal["model", "print"] = "model",
        pay_usd: float = 0.0,
    ) -> RemoteJob:
        """Order a photo, or several by direction, to be made into a file; ``options`` are those of the command."""
        several = photo if isinstance(photo, Mapping) else {"front": photo}
        inputs = {name: self.upload(each) for name, each in several.items()}
        body = {"inputs": inputs, "output": output, "destination": destination, "options": dict(options or {})}
        return self.order("/api/jobs", body, pay_usd)

    def stage(
        self,
        name: str,
        inputs: Mapping[str, Any],
        settings: Mapping[str, Any] | None = None,
        output: str = "",
        *,
        pay_usd: float = 0.0,
    ) -> RemoteJob:
        """Order one stage; inputs are bytes, places of files, digests, or jobs whose result flows on."""
        body = {"inputs": self._references(inputs), "settings": dict(settings or {}), "output": output}
        return self.order(f"/api/stages/{name}", body, pay_usd)

    def recipe(
        self,
        name: str,
        inputs: Mapping[str, Any],
        knobs: Mapping[str, Any] | None = None,
        output: str = "",
        *,
        pay_usd: float = 0.0,
    ) -> RemoteJob:
        """Order a recipe with some knobs turned."""
        body = {"inputs": self._references(inputs), "knobs": dict(knobs or {}), "output": output}
        return self.order(f"/api/recipes/{name}", body, pay_usd)

    def order(self, place: str, body: Mapping[str, Any], pay_usd: float) -> RemoteJob:
        """Place an order, once however often it is sent: each has an Idempotency-Key of its own."""
        plain = {name: value for name, value in body.items() if value != ""} | ({"pay_usd": pay_usd} if pay_usd else {})
        return RemoteJob(self, self.ask("POST", place, plain, headers={"Idempotency-Key": secrets.token_hex(16)}))

    def job(self, identity: str) -> RemoteJob:
        """A job by its id."""
        return RemoteJob(self, self.ask("GET", f"/api/jobs/{identity}"))

    def jobs(self, state: str = "", tag: str = "") -> Iterator[RemoteJob]:
        """Jobs, newest first, page after page."""
        after = ""
        while True:
            rows = self.ask("GET", "/api/jobs", params={"state": state, "tag": tag, "after": after, "limit": "100"})[
                "jobs"
            ]
            yield from (RemoteJob(self, row) for row in rows)
            if len(rows) < 100:
                return
            after = rows[-1]["id"]

    def generators(self) -> list[dict[str, Any]]:
        """What makes a shape there: price, licence, readiness, quality."""
        return list(self.ask("GET", "/api/generators")["generators"])

    def download(self, href: str) -> bytes:
        """A file's bytes."""
        return bytes(self._persist("GET", href, {}).content)

    def ask(
        self,
        verb: str,
        place: str,
        body: Mapping[str, Any] | None = None,
        *,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """One question and its JSON answer."""
        more: dict[str, Any] = {"params": params, "headers": headers}
        more |= {"content": content} if content is not None else {"json": dict(body)} if body is not None else {}
        return self._persist(verb, place, more).json()

    def _persist(self, verb: str, place: str, more: Mapping[str, Any]) -> Any:
        """Send it, and again where the server is away or asks to wait; an error as it would be raised there."""
        for attempt in range(_TRIES):
            last = attempt == _TRIES - 1
            try:
                reply = self._web.request(verb, place, **more)
            except self._httpx.HTTPError as problem:
                if last:
                    words = f"client: {self._web.base_url} does not answer ({type(problem).__name__}); is it running?"
                    raise Unavailable(words) from None
                time.sleep(2.0**attempt / 4)
                continue
            if reply.status_code in (429, 503) and not last:
                time.sleep(min(float(reply.headers.get("retry-after", 1)), 10.0))
                continue
            if reply.status_code >= 400:
                raise _error_in(reply)
            return reply
        raise AssertionError

    def _references(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs as the server takes them."""
        return {name: self._reference(value) for name, value in inputs.items()}

    def _reference(self, value: Any) -> Any:
        if isinstance(value, RemoteJob):
            return {"job": value.id}
        if isinstance(value, bytes | Path) or (isinstance(value, str) and Path(value).is_file()):
            return self.upload(value)
        return value


def _error_in(reply: Any) -> MaquetteError:
    """The server's refusal as one of the four."""
    try:
        plain = reply.json()
        name, words = str(plain["error"]), str(plain["message"])
    except (ValueError, KeyError, TypeError):
        name, words = "", f"client: an answer of {reply.status_code} that is none of Maquette's"
    by_status: type[MaquetteError] = Unavailable if reply.status_code in (401, 402, 403, 429, 503) else CannotDo
    return _ERRORS.get(name, BadInput if reply.status_code in (404, 413, 422) else by_status)(words)
