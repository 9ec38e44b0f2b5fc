"""RemoteJob: an order at a server, from its first state to its files."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maquette.core.errors import BadInput, BadSetting, CannotDo, MaquetteError, Unavailable

if TYPE_CHECKING:
    from maquette.client.connection import Client

HELD_S = 20  # how long one question waits for news
_ERRORS = {each.__name__: each for each in (BadInput, BadSetting, CannotDo, Unavailable)}


class RemoteJob:
    """A job as it was when we last asked; :meth:`wait` asks until it has ended."""

    def __init__(self, client: Client, view: dict[str, Any]) -> None:
        self._client, self.view = client, view

    def __repr__(self) -> str:
        return f"RemoteJob({self.id[:8]}…, {self.state}, {self.progress:.0%})"

    @property
    def id(self) -> str:
        """Its name at the server."""
        return str(self.view["id"])

    @property
    def state(self) -> str:
        """queued, running, success, failed or cancelled."""
        return str(self.view["state"])

    @property
    def progress(self) -> float:
        """The share that is done."""
        return float(self.view["progress"])

    @property
    def files(self) -> list[dict[str, Any]]:
        """What came of it so far: role, name, digest, bytes, href."""
        return list(self.view["files"])

    def refresh(self, held_s: int = 0) -> RemoteJob:
        """Ask how it is; ``held_s`` lets the answer wait for its end."""
        params = {"wait": str(held_s)} if held_s else None
        self.view = self._client.ask("GET", f"/api/jobs/{self.id}", params=params)
        return self

    def wait(self, seconds: float = 3600.0) -> RemoteJob:
        """Wait for its end; its own error where it failed, ``CannotDo`` where it takes longer and goes on by itself."""
        until = time.monotonic() + seconds
        while self.view["ended"] is None:
            left = until - time.monotonic()
            if left <= 0:
                raise CannotDo(
                    f"client: job {self.id} is {self.state} after {seconds:g} s; it goes on, ask again later"
                )
            self.refresh(max(1, min(HELD_S, round(left))))
        if self.state == "failed":
            raise self.error()
        if self.state == "cancelled":
            raise CannotDo(f"client: job {self.id} was cancelled; retry it")
        return self

    def error(self) -> MaquetteError:
        """Why it failed, as the error that was raised there."""
        said = self.view.get("error") or {}
        return _ERRORS.get(str(said.get("class")), CannotDo)(str(said.get("message", "no words")))

    def save(self, place: str | Path, role: str = "main") -> Path:
        """Wait, then write its file of this role; others see all of it or nothing."""
        self.wait()
        file = next((each for each in self.files if each["role"] == role), None)
        if file is None:
            roles = ", ".join(sorted({str(each["role"]) for each in self.files})) or "nothing"
            raise BadInput(f"client: job {self.id} has no file of the role {role!r}; it has {roles}")
        target = Path(place)
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(self._client.download(file["href"]))
        part.replace(target)
        return target

    def cancel(self) -> RemoteJob:
        """Ask it to stop."""
        self.view = self._client.ask("DELETE", f"/api/jobs/{self.id}")
        return self

    def retry(self) -> RemoteJob:
        """Run it again where it failed or was cancelled; what was kept is not made anew."""
        self.view = self._client.ask("POST", f"/api/jobs/{self.id}/retry")
        return self

    def events(self) -> Iterator[dict[str, Any]]:
        """Everything that happened to it so far, in order, as the server tells it."""
        text = self._client.download(f"/api/jobs/{self.id}/events").decode()
        for block in text.split("\n\n"):
            lines = [line.removeprefix("data:").strip() for line in block.splitlines() if line.startswith("data:")]
            if lines:
                yield json.loads("\n".join(lines))
