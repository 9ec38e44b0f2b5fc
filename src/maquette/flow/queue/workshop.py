"""Where an engine keeps its things: the ledger, the database of steps, results and files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock

from maquette.flow.queue.database import engine_for_steps
from maquette.flow.queue.extra import insist_on_server_extra
from maquette.flow.queue.ledger import Ledger
from maquette.store import Blobs, Bucket, SharedBlobs, SharedStore, Store, home


@dataclass(frozen=True)
class Workshop:
    """A folder, and a database: SQLite in that folder, or PostgreSQL by its address.

    ``files`` is where several machines share files and results (``s3://bucket/prefix``, ``file:///folder``); the folder
    when left out.
    """

    root: Path
    database: str = ""
    files: str = ""

    @classmethod
    def at(cls, root: Path | None = None, database: str = "", files: str = "") -> Workshop:
        """The workshop in a folder; the user's own when left out. ``Unavailable`` without the extra ``server``."""
        insist_on_server_extra("engine")
        place = (root or home() / "engine").absolute()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        workshop = cls(place, database, files)
        _ = workshop.blobs  # refuses an address that is none
        return workshop

    @cached_property
    def ledger(self) -> Ledger:
        """What people ask about."""
        return Ledger(self._address("ledger"))

    @cached_property
    def store(self) -> Store:
        """Results of steps."""
        return SharedStore(self.root, self._bucket) if self._bucket else Store(self.root)

    @cached_property
    def blobs(self) -> Blobs:
        """What was uploaded and what was delivered."""
        folder = self.root / "files"
        return SharedBlobs(folder, self._bucket) if self._bucket else Blobs(folder)

    @cached_property
    def _bucket(self) -> Bucket | None:
        """What machines share."""
        return Bucket(self.files) if self.files else None

    @contextmanager
    def making_tables(self) -> Iterator[None]:
        """One process at a time makes tables, on this machine or on any that shares the database."""
        with FileLock(self.root / "tables.lock"), self.ledger.database.alone():
            yield

    @property
    def steps_address(self) -> str:
        """The database in which DBOS keeps the steps."""
        return self._address("steps")

    @cached_property
    def steps_engine(self) -> Any:
        """How DBOS speaks to that database, where it does not choose itself."""
        return None if self.database else engine_for_steps(self.steps_address)

    def _address(self, name: str) -> str:
        if self.database:
            return self.database.replace("postgresql://", "postgresql+psycopg://")
        return f"sqlite:///{self.root / name}.sqlite"
