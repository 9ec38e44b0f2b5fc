"""A database behind two sentences: read from it, and write to it."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from maquette.core.errors import Unavailable
from maquette.flow.queue.tables import TABLES, secrets_table

_TABLES_LOCK = 0x6D61717565747465  # "maquette": the number of a lock that PostgreSQL keeps


def clock_of(dialect: sa.Dialect) -> Any:
    """Now in seconds by a database: PostgreSQL's own clock, this machine's for SQLite."""
    return time.time() if dialect.name == "sqlite" else sa.extract("epoch", sa.func.clock_timestamp())


class Database:
    """SQLite or PostgreSQL by address; the database of that name and its tables are made when they are not there."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        wait = {"timeout": 30, "check_same_thread": False} if self.is_sqlite else {"connect_timeout": 5}
        # what a restarted server has forgotten is noticed before it is used; SQLite has no server
        self._engine = sa.create_engine(url, connect_args=wait, pool_size=20, pool_pre_ping=not self.is_sqlite)
        self._readers = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        if self.is_sqlite:
            sa.event.listen(self._engine, "connect", _tune_sqlite)
            sa.event.listen(self._engine, "begin", _lock_sqlite)
            self._synced = sa.create_engine(url, connect_args=wait)
            sa.event.listen(self._synced, "connect", _tune_sqlite)
            sa.event.listen(self._synced, "connect", _sync_sqlite)
            sa.event.listen(self._synced, "begin", _lock_sqlite)
        else:
            self._synced = self._engine
            _make_database(self._engine.url)
        with self.alone(), self.writing() as connection:
            TABLES.create_all(connection)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One process at a time, on however many machines; SQLite's callers have a lock of their own.

        Asked again and again: who waited inside PostgreSQL would hold up an index that another makes meanwhile.
        """
        if self.is_sqlite:
            yield
            return
        with _plain_refusals(), self._readers.connect() as connection:
            while not connection.execute(sa.select(sa.func.pg_try_advisory_lock(_TABLES_LOCK))).scalar():
                time.sleep(0.05)
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_TABLES_LOCK)))

    def clock(self) -> Any:
        """Now in seconds, by the database's clock where machines share it: theirs may differ."""
        return clock_of(self._engine.dialect)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Questions; ``Unavailable`` where the database does not answer."""
        with _plain_refusals(), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, synced: bool = False) -> Iterator[sa.Connection]:
        """One transaction; ``Unavailable`` where the database does not answer. ``synced`` waits for the disk."""
        with _plain_refusals(), (self._synced if synced else self._engine).begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
        self._synced.dispose()

    def secret(self, name: str) -> str:
        """A random word of this ledger, the same for all its processes."""
        query = sa.select(secrets_table.c.value).where(secrets_table.c.name == name)
        with self.reading() as connection:
            value = connection.execute(query).scalar()
        if value is not None:
            return str(value)
        with contextlib.suppress(IntegrityError), self.writing() as connection:
            connection.execute(secrets_table.insert().values(name=name, value=secrets.token_hex(32)))
        return self.secret(name)


@contextmanager
def _plain_refusals() -> Iterator[None]:
    """A database that fails is `Unavailable`; a row that is there already is its own error."""
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as problem:
        said = str(getattr(problem, "orig", problem)).partition("\n")[0]
        raise Unavailable(f"ledger: no answer from the database ({said}); is it running, is its disk full?") from None


def _make_database(url: sa.URL) -> None:
    """Make the database that an address of PostgreSQL names, unless it is there or we may not."""
    name = str(url.database)
    with _plain_refusals():
        maintenance = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        try:
            with contextlib.suppress(SQLAlchemyError), maintenance.connect() as connection:
                query = sa.text("select 1 from pg_database where datname = :name")
                if connection.execute(query, {"name": name}).scalar() is None:
                    connection.execute(
                        sa.text(f"create database {maintenance.dialect.identifier_preparer.quote(name)}")
                    )
        finally:
            maintenance.dispose()


def _tune_sqlite(connection: Any, _: Any) -> None:
    """Readers do not wait for a writer, and a writer waits for another."""
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=normal")
    connection.execute("pragma busy_timeout=30000")
    connection.execute("pragma cache_size=-500")  # 2 MB each by itself, which thirty connections fill as the file grows


def _sync_sqlite(connection: Any, _: Any) -> None:
    """A transaction that ended outlives a power cut."""
    connection.execute("pragma synchronous=full")


def engine_for_steps(address: str) -> sa.Engine:
    """SQLite as DBOS sets it up, but for waiting for the disk at every step: at a power cut a step runs again, no more.

    It costs 1.7 ms a node on our disk.
    """
    engine = sa.create_engine(address, pool_size=20, max_overflow=0, pool_timeout=30)

    def tune(connection: Any, _: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("busy_timeout=30000", "foreign_keys=on", "synchronous=normal", "cache_size=-500"):
            connection.execute(f"pragma {pragma}")

    sa.event.listen(engine, "connect", tune)
    return engine


def _lock_sqlite(connection: sa.Connection) -> None:
    """A transaction takes the lock at its start: one that reads first and writes then would be refused, not wait."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("begin immediate")
