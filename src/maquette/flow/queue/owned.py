"""Whose file is it: uploads and results by digest and owner, with the space that each takes."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from maquette.flow.queue.database import Database
from maquette.flow.queue.tables import files, jobs


class OwnedFiles:
    """The files of a ledger; their bytes lie in `Blobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def own(self, digest: str, owner: str, name: str, size: int) -> None:
        """Somebody has this file now."""
        with self._database.writing() as connection:
            own_file(connection, digest, owner, name, size)

    def file_of(self, digest: str, owner: str | None) -> tuple[str, int] | None:
        """Name and size of somebody's file; nothing where it is not theirs."""
        query = sa.select(files.c.name, files.c.bytes).where(files.c.digest == digest)
        query = query if owner is None else query.where(files.c.owner == owner)
        with self._database.reading() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        return None if row is None else (str(row.name), int(row.bytes))

    def bytes_of(self, owner: str) -> int:
        """How much somebody keeps here."""
        query = sa.select(sa.func.coalesce(sa.func.sum(files.c.bytes), 0)).where(files.c.owner == owner)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def forget_files(self, older_than: float) -> list[str]:
        """Let go of files that are older than this; the digests that nobody has any more."""
        open_ = sa.select(jobs.c.wish, jobs.c.outputs).where(jobs.c.state.in_(("queued", "running")))
        with self._database.reading() as connection:
            in_use = " ".join(row.wish + row.outputs for row in connection.execute(open_))
        with self._database.writing() as connection:
            old = set(connection.execute(sa.select(files.c.digest).where(files.c.created < older_than)).scalars())
            gone = [digest for digest in old if digest not in in_use]
            for digest in gone:
                connection.execute(files.delete().where(files.c.digest == digest, files.c.created < older_than))
            left = set(connection.execute(sa.select(files.c.digest).where(files.c.digest.in_(gone))).scalars())
        return [digest for digest in gone if digest not in left]


def own_file(connection: Any, digest: str, owner: str, name: str, size: int) -> None:
    """A file gets an owner, or a newer date; two that say so at once are both right."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {"digest": digest, "owner": owner, "name": name, "bytes": size, "created": time.time()}
    fresh = {"created": row["created"]}
    connection.execute(
        insert(files).values(**row).on_conflict_do_update(index_elements=["digest", "owner"], set_=fresh)
    )
