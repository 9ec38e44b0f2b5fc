"""What people edit together, as rows by path; kept in the ledger's database, so that a restart loses nothing."""

from __future__ import annotations

import json
import time
from typing import Any

import sqlalchemy as sa

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
        mine = sa.and_(rooms.c.name == name, rooms.c.owner == owner)
        values = {"rows": json.dumps(rows), "changed": time.time()}
        with self._database.writing() as connection:
            if not connection.execute(rooms.update().where(mine).values(**values)).rowcount:
                connection.execute(rooms.insert().values(name=name, owner=owner, **values))
