"""The job as a DBOS workflow: one step a node, and only names travel. This file loads DBOS; import it late.

A step is at least once: one that was cut off runs again, one that ended does not. What goes wrong in a node comes back
as data, so that a workflow always ends well and the ledger always hears of it.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import time
import traceback
from importlib.metadata import version
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, run_dbos_database_migrations

from maquette.core.errors import MaquetteError, Unavailable
from maquette.core.money import paying
from maquette.core.progress import Cancelled, noting, part, watching
from maquette.flow.queue.control import Control
from maquette.flow.queue.errand import LOOK, Errand, Refused, errand_for
from maquette.flow.queue.patience import patiently
from maquette.flow.queue.workshop import Workshop
from maquette.store.accounts import orders_are_shared

QUEUE, WORKFLOW = "jobs", "maquette.job"
STEPS_VERSION = "1"  # raised when steps change order or meaning: DBOS gives a job to workers of its own version only
POLL_S, BRISK_POLL_S = 0.2, 0.01
_TOLD = ("seconds", "notes", "error", "stage", "key", "ran", "findings", "places")  # what is said of a node at its end
_SHORT = ("then", "error", "findings", "places")  # what the facts of the whole job leave out

Outcome = dict[str, Any]


class Bench:
    """Where this process works: its workshop, its control, and the errands that are under way."""

    def __init__(self, workshop: Workshop, control: Control) -> None:
        self.workshop, self.control = workshop, control
        self._errands: dict[str, Errand] = {}
        self.last_end = float("-inf")  # by the monotonic clock

    def errand(self, identity: str) -> Errand:
        """The errand of a job, read from the ledger when this process first meets it."""
        if identity not in self._errands:
            order = patiently(lambda: self.workshop.ledger.get(identity)).order
            self._errands[identity] = errand_for(order, self.workshop.store, self.workshop.blobs)
        return self._errands[identity]

    def forget(self, identity: str) -> None:
        """Let go of what a job had in memory."""
        self._errands.pop(identity, None)
        self.last_end = time.monotonic()


_benches: list[Bench] = []  # DBOS calls plain functions; a process works at one bench


def launch(workshop: Workshop, control: Control) -> None:
    """Begin to take jobs from the queue, one at a time."""
    _benches[:] = [Bench(workshop, control)]
    prepare_database(workshop)
    config = DBOSConfig(
        name="maquette",
        system_database_url=workshop.steps_address,
        system_database_engine=workshop.steps_engine,
        application_version=STEPS_VERSION,
        executor_id=control.name,
        serializer=DBOSPortableJSONSerializer(),
        log_level="ERROR",
        console_log_level="ERROR",
    )
    DBOS(config=config)
    DBOS.listen_queues([QUEUE])
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=POLL_S)


def last_end() -> float:
    """When this process last ended a job, by the monotonic clock."""
    return _benches[0].last_end


def look_every(seconds: float) -> None:
    """How often every worker looks into the queue."""
    if queue := DBOS.retrieve_queue(QUEUE):
        queue.set_polling_interval_sec(seconds)


def prepare_database(workshop: Workshop) -> None:
    """Make the tables of the steps; in SQLite readers shall not wait for a writer, which DBOS leaves to us.

    A step costs ten times as much without.
    """
    if workshop.steps_address.startswith("sqlite"):
        place = workshop.steps_address.removeprefix("sqlite:///")
        connection = sqlite3.connect(place, timeout=30)
        connection.execute("pragma journal_mode=wal")
        connection.close()
    with workshop.making_tables():
        run_dbos_database_migrations(system_database_url=workshop.steps_address)


@DBOS.workflow(name=WORKFLOW)
def job(identity: str, attempt: int) -> str:
    """All nodes of a job, then its end; the state that it ended in."""
    outcome = begin(identity, attempt)
    if "nodes" not in outcome:
        return "gone"
    outcomes: list[Outcome] = []
    nodes = list(outcome["nodes"])
    index = 0
    while index < len(nodes):
        outcome = node(identity, attempt, nodes[index], index, len(nodes))
        outcomes.append(outcome)
        if outcome.get("error") or outcome.get("cancelled"):
            break
        nodes += outcome.get("then", [])
        index += 1
    return end(identity, attempt, outcomes)


@DBOS.step(name="begin")
def begin(identity: str, attempt: int) -> Outcome:
    """The job's first nodes; nothing where it was cancelled or ordered anew meanwhile."""
    bench = _benches[0]
    entry = patiently(lambda: bench.workshop.ledger.begin(identity, attempt, bench.control.name))
    if entry is None:
        return {}
    if entry.order.kind == "make":
        return {"nodes": [LOOK]}  # what comes after it, it says itself
    try:
        return {"nodes": list(bench.errand(identity).nodes)}
    except MaquetteError:
        return {"nodes": [LOOK]}  # refuses with the same words


@DBOS.step(name="node")
def node(identity: str, attempt: int, name: str, index: int, count: int) -> Outcome:
    """Run one node; its seconds and facts, or its error, or that it was cancelled.

    Whoever took over from a dead worker comes in here: the ledger hears who works now, and has the last word on whether
    there is still anything to do.
    """
    bench = _benches[0]
    ledger, started = bench.workshop.ledger, time.perf_counter()
    outcome: Outcome = {"node": name}
    entry = patiently(lambda: ledger.begin(identity, attempt, bench.control.name))
    if entry is None or entry.cancel is not None:
        return {"node": name, "cancelled": True}
    with bench.control.minding(identity), noting() as notes:
        try:
            _insist_on_shared_orders(bench.workshop, entry.order.pay_usd)
            listener = bench.control.listener(ledger, identity)
            purse = paying(entry.order.pay_usd, run=f"{identity}-{attempt}")
            with purse, watching(listener, bench.control.should_stop):
                if bench.control.should_stop():
                    raise Cancelled
                with part(index / count, (index + 1) / count) if count > 1 else part(0.0, 0.2):
                    outcome |= _run_node(bench, identity, name)
        except Cancelled:
            return {"node": name, "cancelled": True}
        except Refused as refusal:
            _deliver(bench, identity, refusal.outputs)
            outcome |= {"error": _as_error(refusal)}
        except MaquetteError as problem:
            outcome |= {"error": _as_error(problem)}
        except Exception as problem:  # a bug, ours or a plugin's: the job says so, the worker goes on
            outcome |= {"error": _as_error(problem)}
    outcome |= {"seconds": round(time.perf_counter() - started, 6), "notes": list(dict.fromkeys(notes))}
    news = {key: outcome[key] for key in _TOLD if key in outcome}
    patiently(lambda: ledger.end_node(identity, name, news))
    return outcome


def _insist_on_shared_orders(workshop: Workshop, pay_usd: float) -> None:
    """``Unavailable`` where a job may cost money and whoever takes it over would not find what was ordered already."""
    if pay_usd and workshop.files and not orders_are_shared():
        raise Unavailable(
            "engine: orders at providers are kept in a folder, which all workers must share; mount one and name it in "
            "MAQUETTE_ORDERS"
        )


def _run_node(bench: Bench, identity: str, name: str) -> Outcome:
    """The node's facts, and what comes next where only it knows."""
    errand = bench.errand(identity)
    outputs = errand.run(name)
    _deliver(bench, identity, outputs)
    outcome: Outcome = dict(errand.facts_of(name))
    if name == LOOK and errand.order.kind == "make":
        outcome["then"] = list(errand.nodes[1:])
    return outcome


def _deliver(bench: Bench, identity: str, outputs: list[Any]) -> None:
    """Put files into the ledger, where everybody sees them at once."""
    if outputs:
        ledger = bench.workshop.ledger
        rows = [output.as_dict() for output in outputs]
        patiently(lambda: ledger.deliver(identity, rows, ledger.get(identity).owner))


@DBOS.step(name="end")
def end(identity: str, attempt: int, outcomes: list[Outcome]) -> str:
    """Write the end into the ledger."""
    bench, last = _benches[0], outcomes[-1] if outcomes else {}
    state = "failed" if last.get("error") else "cancelled" if last.get("cancelled") else "success"
    facts = {
        "nodes": [{key: value for key, value in each.items() if key not in _SHORT} for each in outcomes],
        "maquette": version("maquette"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "seconds": round(sum(each.get("seconds", 0.0) for each in outcomes), 6),
        "licences": sorted({each["licence"] for each in outcomes if "licence" in each}),
        "steps_version": STEPS_VERSION,
    }
    patiently(lambda: bench.workshop.ledger.finish(identity, attempt, state, last.get("error"), facts))
    bench.forget(identity)
    return state


def _as_error(problem: Exception) -> dict[str, Any]:
    """An error as data; of a bug the last lines of its traceback come along."""
    if isinstance(problem, MaquetteError):
        return {"class": type(problem).__name__, "message": str(problem), "http": problem.http_status}
    lines = traceback.format_exception(problem)[-3:]
    said = f"{type(problem).__name__}: {problem}"
    return {"class": "Bug", "message": f"engine: {said}; please report it", "http": 500, "trace": "".join(lines)}


def leave() -> None:
    """End this process's part; jobs under way stay as they are, for whoever goes on."""
    DBOS.destroy()
    for bench in _benches:
        bench.workshop.ledger.close()
        if bench.workshop.steps_engine is not None:
            bench.workshop.steps_engine.dispose()
    _benches.clear()


def die() -> None:
    """End now: a stage that neither reports nor stops leaves no other way."""
    os._exit(75)
