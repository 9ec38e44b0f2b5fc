"""The way into the queue, for whoever orders: written into the ledger first, then queued, so that neither is lost."""

from __future__ import annotations

import contextlib
from functools import cached_property
from typing import Any

from maquette.flow.queue.checking import check_order
from maquette.flow.queue.entry import Entry, Wish
from maquette.flow.queue.workshop import Workshop

FAIR = 1000  # priorities are this far apart, so that one owner's hundred jobs fit between two


def workflow_id(identity: str, attempt: int) -> str:
    """The name of a job's attempt among the workflows: queueing it twice is queueing it once."""
    return f"{identity}-{attempt}"


class Queue:
    """Orders in, cancels and retries; the work is done by workers."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @cached_property
    def _client(self) -> Any:
        from dbos import DBOSClient, DBOSPortableJSONSerializer

        from maquette.flow.queue.workflow import prepare_database

        prepare_database(self.workshop)
        serializer = DBOSPortableJSONSerializer()
        place, engine = self.workshop.steps_address, self.workshop.steps_engine
        return DBOSClient(system_database_url=place, system_database_engine=engine, serializer=serializer)

    def open(self) -> None:
        """Connect now, so that the first order need not wait for it."""
        _ = self._client

    def order(self, wish: Wish) -> Entry:
        """Check an order, write it down and queue it; the same idempotency key gives the same job."""
        check_order(wish.order, self.workshop.blobs)
        entry, fresh = self.workshop.ledger.add(wish)
        if fresh:
            self.put(entry.id, entry.attempt, self._turn(wish))
        return entry

    def _turn(self, wish: Wish) -> int:
        """Lower goes first: by priority, then whoever has fewer jobs waiting."""
        counts = self.workshop.ledger.counts(wish.owner)
        waiting = counts.get("queued", 0) + counts.get("running", 0)
        return wish.priority * FAIR + min(waiting, FAIR - 1)

    def put(self, identity: str, attempt: int, turn: int = 100 * FAIR) -> None:
        """Queue an attempt at a job; where the database is away, a worker does it later from the ledger."""
        from sqlalchemy.exc import SQLAlchemyError

        from maquette.flow.queue.workflow import QUEUE, STEPS_VERSION, WORKFLOW

        options = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": workflow_id(identity, attempt),
            "app_version": STEPS_VERSION,
            "priority": turn,
        }
        with contextlib.suppress(SQLAlchemyError):
            self._client.enqueue(options, identity, attempt)

    def cancel(self, identity: str) -> Entry:
        """Stop a job: one that waits at once, one that runs within a second or so."""
        return self.workshop.ledger.ask_to_stop(identity)

    def retry(self, identity: str) -> Entry | None:
        """One more attempt; nodes whose results are kept do not run again. None where the job has not failed."""
        entry = self.workshop.ledger.order_again(identity)
        if entry is not None:
            self.put(identity, entry.attempt)
        return entry

    def close(self) -> None:
        """Let go of the database."""
        if "_client" in self.__dict__:
            self._client.destroy()
            if self.workshop.steps_engine is not None:
                self.workshop.steps_engine.dispose()
