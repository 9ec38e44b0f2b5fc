"""Keys: who may do what. Only a key's sha256 is kept, so a stolen ledger opens nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from maquette.core.errors import BadSetting
from maquette.flow.queue.ledger import Ledger
from maquette.flow.queue.tables import keys

SCOPES = ("run", "read", "pay", "admin")


@dataclass(frozen=True)
class Who:
    """Whoever asks: the owner of what comes of it, and what is allowed; ``only`` the thing (tag) that a guest sees."""

    owner: str
    scopes: frozenset[str]
    per_minute: int = 6000
    at_once: int = 1000
    disk_mb: int = 1_000_000
    only: str = ""

    def sees(self, tag: str) -> bool:
        """Whether jobs of this tag are for them."""
        return not self.only or tag == self.only or tag.startswith(f"{self.only}-")

    def may(self, scope: str) -> bool:
        """Whether this is allowed; admin may everything."""
        return scope in self.scopes or "admin" in self.scopes


LOCAL = Who("local", frozenset(SCOPES))


class Keys:
    """The keys of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._database = ledger.database
        self._known: dict[str, tuple[float, Who | None]] = {}

    def issue(
        self,
        name: str,
        scopes: str = "run,read",
        *,
        days: float | None = None,
        per_minute: int = 600,
        at_once: int = 100,
    ) -> str:
        """A new key, shown this once. It begins with ``tsk_``, which Tripo's clients insist on."""
        wanted = [scope.strip() for scope in scopes.split(",")]
        if not set(wanted) <= set(SCOPES):
            raise BadSetting(f"key: scopes {scopes!r}; there are {', '.join(SCOPES)}")
        key = f"tsk_{secrets.token_urlsafe(32)}"
        row = {"sha256": _sha256(key), "name": name, "scopes": ",".join(wanted), "created": time.time()}
        row |= {"expires": None if days is None else time.time() + days * 86400}
        with self._database.writing() as connection:
            connection.execute(keys.insert().values(**row, per_minute=per_minute, at_once=at_once))
        return key

    def holder(self, key: str) -> Who | None:
        """Whose key it is; nothing for an unknown or expired one. Remembered for five seconds."""
        digest = _sha256(key)
        until, who = self._known.get(digest, (0.0, None))
        if until > time.monotonic():
            return who
        with self._database.reading() as connection:
            row = connection.execute(sa.select(keys).where(keys.c.sha256 == digest)).one_or_none()
        who = None if row is None else _who(row)
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[digest] = (time.monotonic() + 5.0, who)
        return who

    def count(self) -> int:
        """How many keys there are."""
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(keys)).scalar() or 0)

    def revoke(self, name: str) -> int:
        """Take away all keys of this name; how many."""
        with self._database.writing() as connection:
            count = connection.execute(keys.delete().where(keys.c.name == name)).rowcount
        self._known.clear()
        return int(count)


class Guests:
    """Links that let somebody else look at one thing, or work on it; the link itself is the key, signed and dated."""

    def __init__(self, ledger: Ledger) -> None:
        self._secret, self._database = ledger.secret("guests").encode(), ledger.database

    def issue(self, host: Who, tag: str, scopes: str, days: float = 30.0) -> str:
        """A token for somebody else's browser; never with more than the host may."""
        wanted = [scope for scope in scopes.split(",") if host.may(scope)]
        facts = {"owner": host.owner, "only": tag, "scopes": ",".join(wanted), "until": int(time.time() + days * 86400)}
        body = base64.urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("=")
        return f"{body}.{self._sign(body)}"

    def holder(self, token: str) -> Who | None:
        """Who comes with this token; nothing where we did not sign it, its time is over, or the host's key is gone."""
        body, _, proof = token.partition(".")
        if not hmac.compare_digest(proof.encode(), self._sign(body).encode()):
            return None
        facts = json.loads(base64.urlsafe_b64decode(f"{body}==="))
        if facts["until"] < time.time():
            return None
        host = self._host(facts["owner"])
        if host is None:
            return None
        scopes = frozenset(scope for scope in facts["scopes"].split(",") if host.may(scope))
        return replace(host, scopes=scopes, only=facts["only"])

    def _host(self, owner: str) -> Who | None:
        """Who invited: this machine's own user, or a key while it lasts; a guest has no more than they have."""
        if owner == LOCAL.owner:
            return LOCAL
        own = keys.c.sha256.between(owner, f"{owner}g")  # an owner is how the sha256 of a key begins, in hex
        with self._database.reading() as connection:
            row = connection.execute(sa.select(keys).where(own)).one_or_none()
        return None if row is None else _who(row)

    def _sign(self, body: str) -> str:
        return hmac.new(self._secret, body.encode(), "sha256").hexdigest()


def _who(row: Any) -> Who | None:
    """The holder of a key by its row; nothing once it has expired."""
    if row.expires is not None and row.expires <= time.time():
        return None
    return Who(row.sha256[:32], frozenset(row.scopes.split(",")), row.per_minute, row.at_once, row.disk_mb)


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
