"""The ledger: who ordered what, how far it is, what came of it. SQLite on one machine, PostgreSQL for several.

DBOS keeps which steps ended; this keeps what people ask about. Every change of state names the state it leaves, so two
processes that believe the same thing cannot both be right.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from maquette.core.errors import BadInput
from maquette.flow.queue.database import Database, clock_of
from maquette.flow.queue.entry import Entry, Wish, entry_from
from maquette.flow.queue.owned import OwnedFiles, own_file
from maquette.flow.queue.roster import Roster
from maquette.flow.queue.tables import events, jobs

MISSING_S, _LOOKED_AT = 1.0, 500  # how long an event's number is waited for, and how far back
OLD_S = 3.0  # reports of a job that are older than this go when it ends


class Ledger:
    """The tables behind sentences; ``files`` are those of its owners, ``roster`` its workers."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.files, self.roster = OwnedFiles(self.database), Roster(self.database)
        self.secret, self.close = self.database.secret, self.database.close

    def add(self, wish: Wish) -> tuple[Entry, bool]:
        """A new job, or the one that the same person's ``idempotency`` already made, and whether it is new.

        ``BadInput`` where that one was something else.
        """
        identity = secrets.token_hex(16)
        row = {
            "id": identity,
            "owner": wish.owner,
            "wish": wish.order.text(),
            "tag": wish.tag,
            "priority": wish.priority,
            "created": time.time(),
            "idempotency": wish.idempotency,
            "body": wish.body,
            "extra": json.dumps(wish.extra or {}),
        }
        try:
            with self.database.writing(synced=True) as connection:
                connection.execute(jobs.insert().values(**row))
                _tell(connection, identity, "state", {"state": "queued"})
        except IntegrityError:
            query = sa.select(jobs).where(jobs.c.owner == wish.owner, jobs.c.idempotency == wish.idempotency)
            with self.database.reading() as connection:
                earlier = connection.execute(query).one()
            if earlier.body != wish.body:
                raise BadInput(f"job: Idempotency-Key {wish.idempotency!r} was used with another body") from None
            return entry_from(earlier), False
        return self.get(identity), True

    def get(self, identity: str, owner: str | None = None) -> Entry:
        """A job; ``BadInput`` when there is none, or it is another's."""
        with self.database.reading() as connection:
            row = connection.execute(sa.select(jobs).where(jobs.c.id == identity)).one_or_none()
        if row is None or (owner is not None and row.owner != owner):
            raise BadInput(f"job: there is no {identity[:40]!r}")
        return entry_from(row)

    def listed(
        self, owner: str | None = None, *, states: Sequence[str] = (), tag: str = "", after: str = "", limit: int = 100
    ) -> list[Entry]:
        """Jobs, newest first; ``after`` is the last one of the page before."""
        query = sa.select(jobs).order_by(jobs.c.created.desc(), jobs.c.id).limit(limit)
        query = query if owner is None else query.where(jobs.c.owner == owner)
        query = query.where(jobs.c.state.in_(states)) if states else query
        if tag.endswith("*"):
            query = query.where(jobs.c.tag.startswith(tag[:-1], autoescape=True))
        elif tag:
            query = query.where(jobs.c.tag == tag)
        if after:
            query = query.where(jobs.c.created < self.get(after, owner).created)
        with self.database.reading() as connection:
            return [entry_from(row) for row in connection.execute(query)]

    def counts(self, owner: str | None = None) -> dict[str, int]:
        """How many jobs are in which state."""
        query = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
        query = query if owner is None else query.where(jobs.c.owner == owner)
        with self.database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def begin(self, identity: str, attempt: int, worker: str) -> Entry | None:
        """Mark a job as running here; nothing where it was cancelled, ended or ordered anew meanwhile."""
        now, entry = time.time(), self.get(identity)
        if (entry.state, entry.attempt, entry.worker) == ("running", attempt, worker):
            return entry  # known already, and most often: nothing to write
        open_ = sa.and_(jobs.c.id == identity, jobs.c.attempt == attempt, jobs.c.state.in_(("queued", "running")))
        with self.database.writing() as connection:
            row = connection.execute(sa.select(jobs).where(open_)).one_or_none()
            if row is None:
                return None
            values = {"state": "running", "worker": worker, "started": row.started or now}
            if connection.execute(jobs.update().where(open_).values(**values)).rowcount and row.state == "queued":
                _tell(connection, identity, "state", {"state": "running"})
        return self.get(identity)

    def report(self, identity: str, progress: float, message: str) -> None:
        """How far a running job is; a report never takes it back."""
        with self.database.writing() as connection:
            running = sa.and_(jobs.c.id == identity, jobs.c.state == "running", jobs.c.progress <= progress)
            values = {"progress": progress, "message": message[:500]}
            if connection.execute(jobs.update().where(running).values(**values)).rowcount:
                _tell(connection, identity, "progress", {"done": round(progress, 4), "says": message[:500]})

    def end_node(self, identity: str, node: str, data: Mapping[str, Any]) -> None:
        """A node ended."""
        with self.database.writing() as connection:
            _tell(connection, identity, "node", {"node": node, **data})

    def deliver(self, identity: str, outputs: Iterable[Mapping[str, Any]], owner: str) -> None:
        """Add files to what came of a job; the same role and name again takes the old one's place."""
        with self.database.writing() as connection:
            mine = sa.select(jobs.c.outputs).where(jobs.c.id == identity)
            row = connection.execute(mine.with_for_update()).one()
            known = {(each["role"], each["name"]): each for each in json.loads(row.outputs)}
            known |= {(each["role"], each["name"]): dict(each) for each in outputs}
            connection.execute(jobs.update().where(jobs.c.id == identity).values(outputs=json.dumps([*known.values()])))
            for each in sorted(known.values(), key=lambda each: str(each["digest"])):  # one order: no deadlock
                own_file(connection, each["digest"], owner, each["name"], each["bytes"])

    def finish(
        self, identity: str, attempt: int, state: str, error: Mapping[str, Any] | None, facts: Mapping[str, Any]
    ) -> bool:
        """The end of a job, once; False where it had ended or was ordered anew."""
        open_ = sa.and_(jobs.c.id == identity, jobs.c.attempt == attempt, jobs.c.state.in_(("queued", "running")))
        values: dict[str, Any] = {"state": state, "ended": time.time(), "error": json.dumps(error) if error else None}
        values |= {"facts": json.dumps(facts)} if facts else {}
        values |= {"progress": 1.0, "message": ""} if state == "success" else {}
        with self.database.writing() as connection:
            if not connection.execute(jobs.update().where(open_).values(**values)).rowcount:
                return False
            _forget_progress(connection, identity)
            _tell(connection, identity, "state", {"state": state, **({"error": dict(error)} if error else {})})
        return True

    def ask_to_stop(self, identity: str) -> Entry:
        """Cancel: at once where nothing runs yet, else a mark that the worker sees."""
        entry = self.get(identity)
        with self.database.writing() as connection:
            mark = jobs.update().where(jobs.c.id == identity, jobs.c.state.in_(("queued", "running")))
            connection.execute(mark.where(jobs.c.cancel.is_(None)).values(cancel=time.time()))
        if entry.state == "queued":
            waiting = sa.and_(jobs.c.id == identity, jobs.c.state == "queued")
            with self.database.writing() as connection:
                done = jobs.update().where(waiting).values(state="cancelled", ended=time.time())
                if connection.execute(done).rowcount:
                    _tell(connection, identity, "state", {"state": "cancelled"})
        return self.get(identity)

    def order_again(self, identity: str) -> Entry | None:
        """One more attempt at a job that failed or was cancelled; nothing where it has not."""
        ended = sa.and_(jobs.c.id == identity, jobs.c.state.in_(("failed", "cancelled")))
        fresh: dict[str, Any] = {
            "state": "queued",
            "attempt": jobs.c.attempt + 1,
            "cancel": None,
            "error": None,
            "ended": None,
        }
        fresh |= {"progress": 0.0, "takeovers": 0, "message": ""}
        with self.database.writing() as connection:
            if not connection.execute(jobs.update().where(ended).values(**fresh)).rowcount:
                return None
            _tell(connection, identity, "state", {"state": "queued"})
        return self.get(identity)

    def events_after(self, n: int, watched: Sequence[str] = (), limit: int = 500) -> list[dict[str, Any]]:
        """What happened after number ``n``, of some jobs or of all, in order."""
        query = sa.select(events).where(events.c.n > n).order_by(events.c.n).limit(limit)
        query = query.where(events.c.job.in_(watched)) if watched else query
        with self.database.reading() as connection:
            query = query if self.database.is_sqlite else query.where(events.c.n <= _newest_whole(connection))
            return [
                {"n": row.n, "job": row.job, "at": row.at, "kind": row.kind, **json.loads(row.data)}
                for row in connection.execute(query)
            ]

    def nodes_of(self, identity: str) -> dict[str, dict[str, Any]]:
        """What was said of each node of a job when it last ended, in the order of their first ends."""
        query = sa.select(events.c.data).where(events.c.job == identity, events.c.kind == "node").order_by(events.c.n)
        with self.database.reading() as connection:
            rows = [json.loads(row.data) for row in connection.execute(query)]
        return {row["node"]: row for row in rows}

    def last_event(self) -> int:
        """The number of the newest event."""
        with self.database.reading() as connection:
            if not self.database.is_sqlite:
                return _newest_whole(connection)
            return int(connection.execute(sa.select(sa.func.max(events.c.n))).scalar() or 0)

    def unfinished(self) -> list[tuple[str, int, str, float, float | None]]:
        """Jobs that have not ended: id, attempt, state, when ordered, when asked to stop."""
        columns = (jobs.c.id, jobs.c.attempt, jobs.c.state, jobs.c.created, jobs.c.cancel)
        query = sa.select(*columns).where(jobs.c.state.in_(("queued", "running")))
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def is_waiting(self) -> bool:
        """Whether any job waits for a worker."""
        with self.database.reading() as connection:
            return connection.execute(sa.select(jobs.c.id).where(jobs.c.state == "queued").limit(1)).first() is not None

    def is_stopping(self, identity: str) -> float | None:
        """When somebody asked this job to stop."""
        with self.database.reading() as connection:
            when = connection.execute(sa.select(jobs.c.cancel).where(jobs.c.id == identity)).scalar()
        return None if when is None else float(when)

    def takeovers(self, identity: str) -> int:
        """How many workers died over a job."""
        with self.database.reading() as connection:
            query = sa.select(jobs.c.takeovers).where(jobs.c.id == identity)
            return int(connection.execute(query).scalar() or 0)

    def count_takeover(self, identity: str) -> None:
        """One more worker died over a job."""
        with self.database.writing() as connection:
            mine = jobs.update().where(jobs.c.id == identity)
            connection.execute(mine.values(takeovers=jobs.c.takeovers + 1))


def _tell(connection: Any, identity: str, kind: str, data: Mapping[str, Any]) -> None:
    """Add an event, at the database's time: those of several machines are compared."""
    row = {"job": identity, "at": clock_of(connection.dialect), "kind": kind, "data": json.dumps(dict(data))}
    connection.execute(events.insert().values(**row))


def _newest_whole(connection: Any) -> int:
    """The number up to which PostgreSQL shows all events.

    Numbers are drawn before they are shown, so that 5 may be there before 4, which a reader would then never see: a
    number that is missing before a younger event is waited for, one that is missing for longer never came.
    """
    last = connection.execute(sa.select(sa.func.max(events.c.n))).scalar() or 0
    recent = sa.select(
        events.c.n, events.c.at, sa.func.lag(events.c.n).over(order_by=events.c.n).label("before")
    ).where(events.c.n > last - _LOOKED_AT)
    rows = recent.subquery()
    gaps = sa.select(sa.func.min(rows.c.before)).where(
        rows.c.n > rows.c.before + 1, rows.c.at > clock_of(connection.dialect) - MISSING_S
    )
    gap = connection.execute(gaps).scalar()
    return int(last if gap is None else gap)


def _forget_progress(connection: Any, identity: str) -> None:
    """Let go of a job's old reports but one, so that the events after them follow on something old."""
    reports = sa.and_(events.c.job == identity, events.c.kind == "progress")
    old = sa.select(sa.func.max(events.c.n)).where(reports, events.c.at < clock_of(connection.dialect) - OLD_S)
    last = connection.execute(old).scalar()
    if last is not None:
        connection.execute(events.delete().where(reports, events.c.n < last))
