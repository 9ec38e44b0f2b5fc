"""A database behind two sentences: read from it, and write to it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from maquette.core.errors import Unavailable
from maquette.flow.queue.tables import TABLES, secrets_table


class Database:
    """SQLite or PostgreSQL by address; its tables are made when they are not there."""

    def __init__(self, url: str) -> None:
        is_sqlite = url.startswith("sqlite")
        wait = {"timeout": 30, "check_same_thread": False} if is_sqlite else {}
        self._engine = sa.create_engine(url, connect_args=wait, pool_size=20)
        self._readers = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        if is_sqlite:
            sa.event.listen(self._engine, "connect", _tune_sqlite)
            sa.event.listen(self._engine, "begin", _lock_sqlite)
        with self.writing() as connection:
            TABLES.create_all(connection)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Questions; ``Unavailable`` where the database does not answer."""
        with _plain_refusals(), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction; ``Unavailable`` where the database does not answer."""
        with _plain_refusals(), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

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


def _tune_sqlite(connection: Any, _: Any) -> None:
    """Readers do not wait for a writer, and a writer waits for another."""
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=normal")
    connection.execute("pragma busy_timeout=30000")


def _lock_sqlite(connection: sa.Connection) -> None:
    """A transaction takes the lock at its start: one that reads first and writes then would be refused, not wait."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("begin immediate")
