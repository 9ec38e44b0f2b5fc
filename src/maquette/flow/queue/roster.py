"""Who works: every worker says that it lives, and one process alone may take a dead one's jobs."""

from __future__ import annotations

from collections.abc import Iterable

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
            if connection.execute(mine.values(beat=self._database.clock())).rowcount:
                return True
            if connection.execute(sa.select(workers.c.name).where(workers.c.name == name)).one_or_none():
                return False
            now = self._database.clock()
            connection.execute(workers.insert().values(name=name, host=host, pid=pid, beat=now))
        return True

    def silent_workers(self, for_s: float) -> list[str]:
        """Names of workers without a sign of life for so many seconds, whose jobs nobody has taken over yet."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(workers.c.name).where(self._is_silent(for_s))).scalars()
            return [str(name) for name in rows]

    def claim(self, name: str, for_s: float) -> bool:
        """Take a silent worker for dead; True for the one process that now takes its jobs over.

        Should that one die over it, the claim is as silent after a while as the dead one was, and another has it.
        """
        mine = workers.update().where(workers.c.name == name, self._is_silent(for_s))
        with self._database.writing() as connection:
            return bool(connection.execute(mine.values(state="dead", beat=self._database.clock())).rowcount)

    def settle(self, name: str) -> None:
        """All that a dead worker had in hand is in the queue again."""
        dead = workers.update().where(workers.c.name == name, workers.c.state == "dead")
        with self._database.writing() as connection:
            connection.execute(dead.values(state="gone"))

    def reopen(self, names: Iterable[str]) -> None:
        """These have something in hand although all of it was taken over: they were slow, not dead, and took more."""
        gone = workers.update().where(workers.c.name.in_(list(names)), workers.c.state == "gone")
        with self._database.writing() as connection:
            connection.execute(gone.values(state="dead", beat=0.0))

    def leave(self, name: str) -> None:
        """A worker goes; what it has in hand is anybody's at once."""
        alive = workers.update().where(workers.c.name == name, workers.c.state == "alive")
        with self._database.writing() as connection:
            connection.execute(alive.values(state="dead", beat=0.0))

    def _is_silent(self, for_s: float) -> sa.ColumnElement[bool]:
        return sa.and_(workers.c.state.in_(("alive", "dead")), workers.c.beat < self._database.clock() - for_s)

    def silence(self, pid: int, host: str) -> None:
        """What is known to have ended has no later sign of life than now."""
        gone = workers.update().where(workers.c.pid == pid, workers.c.host == host, workers.c.state == "alive")
        with self._database.writing() as connection:
            connection.execute(gone.values(beat=0.0))

    def alive(self) -> int:
        """How many workers are known to live."""
        query = sa.select(sa.func.count()).where(
            workers.c.state == "alive", workers.c.beat > self._database.clock() - 10
        )
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)
