"""Run the server with its workers until somebody stops it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from maquette.core.errors import Unavailable
from maquette.faces.server.app import create_app
from maquette.faces.server.settings import ServerSettings
from maquette.faces.server.surfaces import Surface
from maquette.flow.queue.workshop import Workshop

PAUSE_S = 1.0  # before a worker that ended is started again
PATIENCE_S = 5.0  # for what is under way when the server stops


class Crew:
    """Worker processes: one that ends is started again, and its jobs are taken over at once."""

    def __init__(self, workshop: Workshop, count: int) -> None:
        self.workshop, self.count = workshop, count
        self._stop = threading.Event()
        self._hands: list[subprocess.Popen[bytes]] = []
        self._minding = threading.Thread(target=self._mind, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._hands = [self._hire() for _ in range(self.count)]
        self._minding.start()

    def _hire(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "maquette", "worker", "--home", str(self.workshop.root)]
        command += ["--with-parent", str(os.getpid())]
        command += ["--database", self.workshop.database] if self.workshop.database else []
        command += ["--files", self.workshop.files] if self.workshop.files else []
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0)

    def _mind(self) -> None:
        """Look after them."""
        while not self._stop.wait(0.2):
            for index, hand in enumerate(self._hands):
                if hand.poll() is None:
                    continue
                try:
                    self.workshop.ledger.roster.silence(hand.pid, socket.gethostname())
                except Unavailable:
                    continue
                if hand.returncode not in (0, 75) and self._stop.wait(PAUSE_S):
                    return
                self._hands[index] = self._hire()

    def stop(self) -> None:
        """Ask all to end, and end those that do not; what they had in hand goes on when the server starts again."""
        self._stop.set()
        for hand in self._hands:
            hand.terminate()
        until = time.monotonic() + PATIENCE_S
        for hand in self._hands:
            try:
                hand.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                hand.kill()
                hand.wait()
            self.workshop.ledger.roster.silence(hand.pid, socket.gethostname())


def serve(
    workshop: Workshop, settings: ServerSettings, surfaces: Sequence[Surface] = (), say: Any = lambda words: None
) -> None:
    """Listen until stopped. Port 0 takes any free one; ``say`` gets the address once it is known."""
    import uvicorn

    listening = _listen(settings)
    settings = replace(settings, port=listening.getsockname()[1])
    crew = Crew(workshop, settings.workers)
    config = uvicorn.Config(
        create_app(workshop, settings, surfaces),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        h11_max_incomplete_event_size=32_768,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=3,
        limit_concurrency=1000,
        ws_max_size=1 << 20,
        ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
        http="h11",
    )
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it once more when it is done, and so are we not
    crew.start()
    try:
        say(settings.base)
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        crew.stop()
        workshop.ledger.close()


def _listen(settings: ServerSettings) -> socket.socket:
    """The socket; ``Unavailable`` where the port is taken."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen(512)
    except OSError as problem:
        raise Unavailable(
            f"serve: cannot listen on {settings.host}:{settings.port}: {problem.strerror}; choose another --port"
        ) from None
    return listening
