"""Entry: one job as the ledger has it. Wish: what is written when somebody orders something."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maquette.flow.queue.order import Order, read_order

FINAL = ("success", "failed", "cancelled")
STATES = ("queued", "running", *FINAL)


@dataclass(frozen=True)
class Entry:
    """One job as the ledger has it."""

    id: str
    owner: str
    order: Order
    tag: str
    state: str
    attempt: int
    progress: float
    message: str
    created: float
    started: float | None
    ended: float | None
    cancel: float | None
    outputs: Sequence[Mapping[str, Any]]
    error: Mapping[str, Any] | None
    facts: Mapping[str, Any]
    extra: Mapping[str, Any]
    worker: str = ""

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in FINAL

    def output(self, role: str) -> Mapping[str, Any] | None:
        """The file of this role (``main``, ``part``, ``value``, ``report``), where there is one."""
        return next((each for each in self.outputs if each["role"] == role), None)


@dataclass(frozen=True)
class Wish:
    """What is written into the ledger when somebody orders something."""

    order: Order
    owner: str = ""
    tag: str = ""
    priority: int = 100
    idempotency: str | None = None
    body: str = ""
    extra: Mapping[str, Any] | None = None


def entry_from(row: Any) -> Entry:
    """A row as a value."""
    return Entry(
        id=row.id,
        owner=row.owner,
        order=read_order(row.wish),
        tag=row.tag,
        state=row.state,
        attempt=row.attempt,
        progress=row.progress,
        message=row.message,
        created=row.created,
        started=row.started,
        ended=row.ended,
        cancel=row.cancel,
        outputs=json.loads(row.outputs),
        error=json.loads(row.error) if row.error else None,
        facts=json.loads(row.facts),
        extra=json.loads(row.extra),
        worker=row.worker,
    )
