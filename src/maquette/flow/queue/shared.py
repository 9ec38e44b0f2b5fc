"""What people edit together, as rows by path; kept in the ledger's database, so that a restart loses nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from maquette.flow.queue.database import Database
from maquette.flow.queue.tables import rooms


class SharedRows:
    """Documents of an owner by name, each a map from path to any JSON value."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, name: str, owner: str) -> dict[str, Any] | None:
        """A document; nothing where nobody has changed it yet."""
        query = sa.select(rooms.c.rows).where(rooms.c.name == name, rooms.c.owner == owner)
        with self._database.reading() as connection:
            text = connection.execute(query).scalar()
        return None if text is None else dict(json.loads(text))

    def write(self, name: str, owner: str, rows: dict[str, Any]) -> None:
        """All of a document, in place of what was there."""
        with self._database.writing() as connection:
            self._begin(connection, name, owner, rows)
            self._replace(connection, name, owner, rows)

    def begin(self, name: str, owner: str, rows: dict[str, Any]) -> dict[str, Any]:
        """A document's first rows, unless somebody was faster; what it holds now."""
        with self._database.writing() as connection:
            self._begin(connection, name, owner, rows)
            return self._lock(connection, name, owner)

    def change(
        self, name: str, owner: str, change: dict[str, Any], fits: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any] | None:
        """Put paths into what is there, whichever server wrote it; null takes a path away.

        What the document holds then; nothing, and nothing written, where it would not fit.
        """
        with self._database.writing() as connection:
            self._begin(connection, name, owner, {})  # a row that is not there cannot be locked
            rows = {**self._lock(connection, name, owner), **change}
            rows = {path: value for path, value in rows.items() if value is not None}
            if not fits(rows):
                connection.rollback()
                return None
            self._replace(connection, name, owner, rows)
            return rows

    def _begin(self, connection: sa.Connection, name: str, owner: str, rows: dict[str, Any]) -> None:
        insert = sqlite.insert(rooms) if self._database.is_sqlite else postgresql.insert(rooms)
        values = {"name": name, "owner": owner, "rows": json.dumps(rows), "changed": time.time()}
        connection.execute(insert.values(**values).on_conflict_do_nothing())

    def _lock(self, connection: sa.Connection, name: str, owner: str) -> dict[str, Any]:
        """What is there, and nobody else writes it before this transaction ends; SQLite's is alone by itself."""
        mine = sa.select(rooms.c.rows).where(rooms.c.name == name, rooms.c.owner == owner)
        return dict(json.loads(connection.execute(mine.with_for_update()).scalar_one()))

    def _replace(self, connection: sa.Connection, name: str, owner: str, rows: dict[str, Any]) -> None:
        mine = sa.and_(rooms.c.name == name, rooms.c.owner == owner)
        connection.execute(rooms.update().where(mine).values(rows=json.dumps(rows), changed=time.time()))
