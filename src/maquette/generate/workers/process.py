"""A worker: somebody else's program with an environment of its own, spoken to in lines of JSON about files.

The protocol, version 1; a line is one JSON object, and what is none is only logged::

    worker  {"hello": 1, "name": "trellis-2", "licence": "MIT"}
    we      {"job": "1", "pictures": {"front": "/tmp/…/front.png"}, "output": "/tmp/…/model.glb", "settings": {…}}
    worker  {"job": "1", "progress": 0.3, "says": "sampling"}              as often as it likes
    worker  {"job": "1", "done": "/tmp/…/model.glb"}                       or
    worker  {"job": "1", "error": "too large for 16 GB", "kind": "cannot"}  cannot, input or missing

A worker ends when its input does. It stays for the next job, since reading weights takes longer than using them; one at
a time runs, since they share a graphics card. A job that is stopped ends its worker: kernels on a card do not listen.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette.core.errors import BadInput, BadSetting, CannotDo, MaquetteError, Unavailable
from maquette.core.progress import Cancelled, progress
from maquette.store import home

VERSION = 1
HELLO_S, QUIET_S, SLICE_S = 600.0, 1800.0, 0.2  # to read its weights; between two lines; between two looks
_KINDS: Mapping[str, type[MaquetteError]] = {"input": BadInput, "cannot": CannotDo, "missing": Unavailable}
_NAME = re.compile(r"[a-z][a-z0-9.-]{0,39}")


@dataclass(frozen=True)
class Description:
    """A worker as its file in the workers' folder describes it."""

    name: str
    command: tuple[str, ...]
    licence: str
    vram_gb: float = 0.0
    views: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None


def workers_folder() -> Path:
    """Where descriptions lie, ``NAME.json`` each."""
    return home() / "workers"


def described_workers() -> dict[str, Description]:
    """All workers of this machine by name; a file that describes none is left out."""
    workers = {}
    for place in sorted(workers_folder().glob("*.json")):
        with contextlib.suppress(MaquetteError):
            workers[place.stem] = read_description(place.stem)
    return workers


def read_description(name: str) -> Description:
    """The worker of this name; ``Unavailable`` says where its description is missing or what is wrong with it."""
    place = workers_folder() / f"{name}.json"
    if not _NAME.fullmatch(name):
        raise BadSetting(f"local-worker: {name[:40]!r} is no worker's name: small letters, digits, hyphens and dots")
    try:
        plain = json.loads(place.read_text(encoding="utf-8"))
        command = tuple(str(word) for word in plain["command"])
        views = tuple(str(view) for view in plain.get("views", ()))
        vram = float(plain.get("vram_gb", 0))
        environment = {str(key): str(value) for key, value in plain.get("environment", {}).items()}
        if not command:
            raise ValueError("its command is empty")
        return Description(name, command, str(plain["licence"]), vram, views, environment)
    except FileNotFoundError:
        raise Unavailable(
            f"local-worker: no worker {name!r}; describe it in {place} as docs/providers.md says"
        ) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise Unavailable(f"local-worker: {place} describes no worker ({problem}); see docs/providers.md") from None


class Running:
    """One worker's process and the lines that come from it."""

    def __init__(self, description: Description) -> None:
        self.description = description
        self.log = workers_folder() / f"{description.name}.log"
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._count = 0
        try:
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(
                    description.command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env={**os.environ, **(description.environment or {})},
                    start_new_session=True,
                )
        except OSError as problem:
            words = f"local-worker: {description.name} cannot be started: {problem.strerror or problem}"
            raise Unavailable(f"{words}; its command is {' '.join(description.command)[:200]}") from None
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

    def greet(self) -> None:
        """Wait for its hello; ``Unavailable`` for another version or none."""
        line = self._next(HELLO_S, 0.0, "reads its weights")
        if "error" in line:
            raise self._error(line)
        if line.get("hello") != VERSION:
            self.end()
            raise Unavailable(
                f"local-worker: {self.description.name} speaks version {line.get('hello')!r} of the protocol, "
                f"and we version {VERSION}; take the script that belongs to this Maquette"
            )

    def do(self, pictures: Mapping[str, str], output: Path, settings: Mapping[str, Any]) -> Path:
        """One job; the file that came of it."""
        self._count += 1
        job = str(self._count)
        self._say({"job": job, "pictures": dict(pictures), "output": str(output), "settings": dict(settings)})
        share, says = 0.05, "begins"
        while True:
            line = self._next(QUIET_S, share, says)
            if line.get("job") != job:
                continue  # a late word about a job that was given up
            if "error" in line:
                raise self._error(line)
            if "done" in line:
                return self._insist_on_output(str(line["done"]), output)
            number = line.get("progress")
            share = min(max(float(number), 0.0), 1.0) * 0.9 + 0.05 if isinstance(number, int | float) else share
            says = str(line.get("says") or says)[:100]

    def end(self) -> None:
        """End it, and whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _listen(self) -> None:
        """Pass on each line; None at the end."""
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):
            for line in self._process.stdout:
                self._lines.put(line.decode("utf-8", "replace"))
        self._lines.put(None)

    def _say(self, value: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(value).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._death() from None

    def _next(self, limit_s: float, share: float, says: str) -> dict[str, Any]:
        """The next JSON object it says, watched so that we can be stopped meanwhile."""
        until = time.monotonic() + limit_s
        while True:
            progress(share, f"{self.description.name}: {says}")
            try:
                line = self._lines.get(timeout=SLICE_S)
            except queue.Empty:
                if time.monotonic() > until:
                    self.end()
                    raise Unavailable(
                        f"local-worker: {self.description.name} has said nothing for {limit_s:.0f} s; see {self.log}"
                    ) from None
                continue
            if line is None:
                raise self._death()
            with contextlib.suppress(ValueError):
                value = json.loads(line)
                if isinstance(value, dict):
                    return value

    def _death(self) -> CannotDo:
        """Its process ended: with what code, and its last words."""
        self.end()
        words = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] or ["no words"]
        code = self._process.returncode
        return CannotDo(
            f"local-worker: {self.description.name} ended with code {code} ({words[0][:200]}); see {self.log}"
        )

    def _error(self, line: Mapping[str, Any]) -> MaquetteError:
        kind = _KINDS.get(str(line.get("kind")), CannotDo)
        return kind(f"local-worker: {self.description.name}: {str(line['error'])[:400]}")

    def _insist_on_output(self, said: str, output: Path) -> Path:
        """The file lies where it was ordered, and nowhere else."""
        if Path(said) != output or not output.is_file():
            raise CannotDo(f"local-worker: {self.description.name} says done and {output.name} is not there")
        return output


_running: list[Running] = []


def running_worker(description: Description) -> Running:
    """The worker, started unless it runs already; another one makes room for it."""
    if _running and (_running[0].description != description or not _running[0].is_alive):
        end_workers()
    if not _running:
        worker = Running(description)
        _running.append(worker)
        try:
            worker.greet()
        except BaseException:
            end_workers()
            raise
    return _running[0]


def run_job(description: Description, pictures: Mapping[str, str], output: Path, settings: Mapping[str, Any]) -> Path:
    """One job by a worker; who stops us ends it."""
    worker = running_worker(description)
    try:
        return worker.do(pictures, output, settings)
    except Cancelled:
        end_workers()
        raise


def end_workers() -> None:
    """End whatever runs."""
    while _running:
        _running.pop().end()


atexit.register(end_workers)
