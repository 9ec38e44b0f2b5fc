"""A PostgreSQL of one's own: made in a folder of /tmp by a user who is not root, on a port of this machine, and gone
afterwards. Debian's `postgresql` brings the programs; `skip_without` says so where they are not."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

UNPRIVILEGED = ("postgres", "nobody")  # who runs it where the tests are root's, which PostgreSQL refuses to serve


def programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``; none where they are not installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))
    if known := shutil.which("pg_ctl"):
        places.append(Path(known).resolve().parent)
    return next((place for place in reversed(places) if (place / "initdb").exists()), None)


def skip_without() -> None:
    """Skip where there is no PostgreSQL."""
    pytest.importorskip("psycopg", reason="needs the extra server")
    if programs() is None:
        pytest.skip("needs PostgreSQL (apt-get install postgresql)")


class PrivatePostgres:
    """One cluster; ``address(name)`` is a database of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin = folder / "data", programs()
        self._who = self._user()
        if self._who:
            shutil.chown(folder, self._who)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", str(self.folder), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        self.start()

    @staticmethod
    def _user() -> str | None:
        if os.geteuid() != 0:
            return None
        known = {each.pw_name for each in pwd.getpwall()}
        return next(name for name in UNPRIVILEGED if name in known)

    def _run(self, *words: str) -> None:
        assert self.bin is not None
        done = subprocess.run(
            [str(self.bin / words[0]), *words[1:]], user=self._who, cwd="/", capture_output=True, text=True,
            timeout=60, check=False, stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300"
        self._run("pg_ctl", "-D", str(self.folder), "-l", str(self.folder / "log"), "-o", words, "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: ``immediate`` is as if its machine had lost its power."""
        self._run("pg_ctl", "-D", str(self.folder), "-m", mode, "-w", "stop")

    def address(self, name: str) -> str:
        """What a user writes after ``--database``."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"


@contextmanager
def private_postgres() -> Iterator[PrivatePostgres]:
    """A cluster as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="maquette-pg-", dir="/tmp"))
    cluster = PrivatePostgres(folder)
    try:
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
