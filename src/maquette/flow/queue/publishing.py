"""Published recipes: a recipe under a name, in versions that never change, so that a program may rely on one."""

from __future__ import annotations

import re
import time

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from maquette.core.errors import BadInput, BadSetting
from maquette.flow.queue.database import Database
from maquette.flow.queue.tables import published
from maquette.flow.recipes.load import load_recipe, recipe_names

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Published:
    """The published recipes of a ledger's owners."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, owner: str, name: str, text: str) -> int:
        """A recipe's next version; the same text again is the version it was. Refuses what is no recipe."""
        if not _NAME.fullmatch(name) or name in recipe_names():
            raise BadSetting(f"publish: {name[:60]!r}; a name of a-z, 0-9 and -, and none of our own recipes'")
        text = text if "\n" in text else f"{text}\n"  # one line would be read as a name
        load_recipe(text)
        versions = self.versions(owner, name)
        if versions and self.text(owner, name, versions[-1]) == text:
            return versions[-1]
        version = (versions or [0])[-1] + 1
        row = {"owner": owner, "name": name, "version": version, "text": text, "created": time.time()}
        try:
            with self._database.writing() as connection:
                connection.execute(published.insert().values(**row))
        except IntegrityError:  # somebody else published at the same moment
            return self.add(owner, name, text)
        return version

    def versions(self, owner: str, name: str) -> list[int]:
        """The versions of a name, oldest first."""
        mine = sa.and_(published.c.owner == owner, published.c.name == name)
        query = sa.select(published.c.version).where(mine).order_by(published.c.version)
        with self._database.reading() as connection:
            return [int(number) for number in connection.execute(query).scalars()]

    def names(self, owner: str) -> list[tuple[str, int]]:
        """Names with their newest versions."""
        newest = sa.func.max(published.c.version)
        query = sa.select(published.c.name, newest).where(published.c.owner == owner)
        with self._database.reading() as connection:
            rows = connection.execute(query.group_by(published.c.name).order_by(published.c.name))
            return [(str(name), int(version)) for name, version in rows]

    def text(self, owner: str, name: str, version: int) -> str:
        """The recipe of a version; ``BadInput`` where there is none."""
        mine = (published.c.owner == owner, published.c.name == name, published.c.version == version)
        with self._database.reading() as connection:
            text = connection.execute(sa.select(published.c.text).where(*mine)).scalar()
        if text is None:
            raise BadInput(f"recipe: there is no {name[:40]}@{version}")
        return str(text)
