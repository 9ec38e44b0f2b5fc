"""Who works: every worker says that it lives, and one process alone may take a dead one's jobs."""

from __future__ import annotations

import time

import sqlalchemy as sa

from maquette.flow.queue.database import Database
from maquette.flow.queue.tables import workers


class Roster:
    """The workers of a ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, name: str, host: str, pid: int) -> bool:
        """Say that a worker lives; False where others have already taken it for dead."""
        with self._database.writing() as connection:
            mine = workers.update().where(workers.c.name == name, workers.c.state == "alive")
            if connection.execute(mine.values(beat=time.time())).rowcount:
                return True
            if connection.execute(sa.select(workers.c.name).where(workers.c.name == name)).one_or_none():
                return False
            connection.execute(workers.insert().values(name=name, host=host, pid=pid, beat=time.time()))
        return True

    def silent_workers(self, older_than: float) -> list[str]:
        """Names of workers whose last sign of life is older than this."""
        query = sa.select(workers.c.name).where(workers.c.state == "alive", workers.c.beat < older_than)
        with self._database.reading() as connection:
            return [str(name) for name in connection.execute(query).scalars()]

    def bury(self, name: str) -> bool:
        """Take a worker for dead; True for the one process that may take its jobs over."""
        alive = workers.update().where(workers.c.name == name, workers.c.state == "alive")
        with self._database.writing() as connection:
            return bool(connection.execute(alive.values(state="dead")).rowcount)

    def silence(self, pid: int, host: str) -> None:
        """What is known to have ended has no later sign of life than now."""
        gone = workers.update().where(workers.c.pid == pid, workers.c.host == host, workers.c.state == "alive")
        with self._database.writing() as connection:
            connection.execute(gone.values(beat=0.0))

    def alive(self) -> int:
        """How many workers are known to live."""
        query = sa.select(sa.func.count()).where(workers.c.state == "alive", workers.c.beat > time.time() - 10)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)
