"""A worker: one process, one job at a time, and an eye on itself and on the others.

Each life of a worker has a name of its own. It says every half second that it lives; whoever has been silent for three
seconds is dead, and one of the others, chosen by the database, puts its jobs back into the queue. So the same rule
holds for a crash, a kill, a machine that lost its power, and a process that was merely stopped for a while: then a step
may run twice, and gives the same bytes.
"""

from __future__ import annotations

import os
import platform
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from maquette.core.errors import Unavailable
from maquette.flow.queue.control import Control
from maquette.flow.queue.workshop import Workshop

BEAT_S, DEAD_S = 0.5, 3.0
LOOK_S = 0.1  # between two looks at whether a job should stop
GRACE_S = 1.0  # a stage that was asked to stop and has not is ended with its process
MAX_TAKEOVERS = 3
BRISK_S = 1.0  # whoever ended a job so short a while ago has small ones
TIDY_S = 3600.0  # between two looks at what killed processes left, and at copies that nobody uses
LOST_S = 3.0  # a job that the ledger has and the queue has not, for so long, is queued again


class Worker:
    """One life of a worker."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.host, self.pid = platform.node(), os.getpid()
        self.control = Control(f"{self.host}-{self.pid}-{secrets.token_hex(4)}")
        self._brisk = False
        self._steady_since = -DEAD_S  # when the database began to answer, or this process to run

    def work(self, stop: threading.Event, ready: Callable[[], None] = lambda: None, parent: int = 0) -> None:
        """Take jobs until ``stop`` is set, or the process ``parent`` that started this one is gone."""
        from sqlalchemy.exc import SQLAlchemyError

        from maquette.flow.queue import workflow

        self.workshop.ledger.roster.beat(self.control.name, self.host, self.pid)
        workflow.launch(self.workshop, self.control)
        ready()
        beaten = swept = 0.0
        tidied = time.monotonic()
        while not stop.wait(LOOK_S):
            now = time.monotonic()
            if parent and os.getppid() != parent:
                break
            try:
                self.mind(workflow.die)
                if now - beaten >= BEAT_S:
                    if now - beaten > DEAD_S and beaten:
                        self._steady_since = now
                    beaten = now
                    if not self.workshop.ledger.roster.beat(self.control.name, self.host, self.pid):
                        workflow.die()  # others have my jobs by now
                    if round(now / BEAT_S) % 2:
                        self.reap()
                    self.pace(now)
                if now - swept >= LOST_S:
                    swept = now
                    self.queue_lost_jobs()
                if now - tidied >= TIDY_S:
                    tidied = now
                    self.workshop.blobs.sweep()
            except (Unavailable, SQLAlchemyError):  # the database is away for a while: nothing to do but wait
                self._steady_since = time.monotonic()
        self.workshop.ledger.roster.leave(self.control.name)
        workflow.leave()

    def pace(self, now: float) -> None:
        """Look for the next job at once while small ones wait in line; leave a machine at rest in peace.

        The queue's own pause of a fifth of a second would hold a worker at five jobs a second.
        """
        from maquette.flow.queue import workflow

        waiting = self.workshop.ledger.is_waiting()
        if waiting and not self._brisk and now - workflow.last_end() < BRISK_S:
            self._brisk = True
            hands = max(1, self.workshop.ledger.roster.alive())
            workflow.look_every(min(workflow.POLL_S, workflow.BRISK_POLL_S * hands))  # a hundred looks a second in all
        elif self._brisk and not waiting:
            self._brisk = False
            workflow.look_every(workflow.POLL_S)

    def mind(self, die: Callable[[], None]) -> None:
        """Pass on that somebody wants the job in hand to stop, and end a stage that does not listen."""
        identity = self.control.identity
        if not identity:
            return
        when = self.workshop.ledger.is_stopping(identity)
        if when is None:
            return
        self.control.stop(identity, time.time())
        asked = self.control.asked_to_stop
        if asked is not None and self.control.identity == identity and time.time() - asked > GRACE_S:
            entry = self.workshop.ledger.get(identity)
            self.workshop.ledger.finish(identity, entry.attempt, "cancelled", None, {})
            die()

    def reap(self) -> None:
        """Take over from workers that are dead; one process alone gets each of them.

        Whoever could not speak itself a moment ago believes nobody dead: they had no way to say that they live.
        """
        if time.monotonic() - self._steady_since < DEAD_S:
            return
        roster = self.workshop.ledger.roster
        for name in roster.silent_workers(DEAD_S):
            if name != self.control.name and roster.claim(name, DEAD_S):
                self.take_over(name)
                roster.settle(name)

    def take_over(self, name: str) -> None:
        """Put a dead worker's jobs back into the queue; a job that outlives four workers is the reason they die."""
        from dbos import DBOS

        from maquette.flow.queue.workflow import QUEUE

        for status in DBOS.list_workflows(status="PENDING", executor_id=name, load_input=True):
            identity, attempt = _job_of(status)
            deaths = self.workshop.ledger.takeovers(identity) + 1
            if deaths > MAX_TAKEOVERS:
                words = f"engine: {deaths} workers died over this job; is it too large for this machine's memory?"
                error = {"class": "CannotDo", "message": words, "http": 409}
                self.workshop.ledger.finish(identity, attempt, "failed", error, {})
                DBOS.cancel_workflow(status.workflow_id)
            else:
                DBOS.resume_workflows([status.workflow_id], queue_name=QUEUE)
                self.workshop.ledger.count_takeover(identity)  # after it: whoever dies in between counts nothing

    def queue_lost_jobs(self) -> None:
        """Jobs that a process wrote into the ledger and died before it queued them; and ends that nobody wrote.

        Also those that a worker took in the moment between being taken for dead and finding out.
        """
        from dbos import DBOS

        from maquette.flow.queue.ordering import Queue, workflow_id

        ledger = self.workshop.ledger
        if holders := {str(each.executor_id) for each in DBOS.list_workflows(status="PENDING")}:
            ledger.roster.reopen(holders)
        waiting = [row for row in ledger.unfinished() if row[3] < time.time() - LOST_S]
        names = {workflow_id(row[0], row[1]): row for row in waiting[:200]}
        if not names:
            return
        known = {each.workflow_id: each.status for each in DBOS.list_workflows(workflow_ids=list(names))}
        for name, (identity, attempt, *_) in names.items():
            if name not in known:
                queue = Queue(self.workshop)
                queue.put(identity, attempt)
                queue.close()
            elif known[name] in ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "SUCCESS"):
                words = f"engine: the job's steps ended as {known[name].lower()} without a word; retry it"
                ledger.finish(identity, attempt, "failed", {"class": "Bug", "message": words, "http": 500}, {})


def _job_of(status: Any) -> tuple[str, int]:
    """The job and its attempt that a workflow stands for."""
    identity, _, attempt = str(status.workflow_id).rpartition("-")
    return identity, int(attempt)
