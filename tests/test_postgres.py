"""The engine on PostgreSQL: several processes, and a database that goes away for a while."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter

import pytest

pytest.importorskip("dbos", reason="needs the extra server")

import sqlalchemy as sa

import tiny_stages
from maquette.core.errors import Unavailable
from maquette.flow.queue.database import Database
from maquette.flow.queue.entry import Wish
from maquette.flow.queue.ledger import Ledger
from maquette.flow.queue.order import Order, Source
from maquette.flow.queue.ordering import Queue
from maquette.flow.queue.patience import patiently
from maquette.flow.queue.workshop import Workshop
from private_postgres import private_postgres, skip_without
from tiny_stages import Server, lines, recipe, start_worker, wait_for

HANDS = 3


@pytest.fixture(scope="module")
def cluster():
    skip_without()
    with private_postgres() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    with tiny_stages.installed_here(tmp_path_factory.mktemp("site")) as env:
        yield env


@pytest.fixture(scope="module")
def workshop(cluster, env, tmp_path_factory):
    workshop = Workshop.at(tmp_path_factory.mktemp("engine"), cluster.address("jobs"))
    yield workshop
    workshop.ledger.close()


@pytest.fixture(scope="module")
def hands(workshop, env):
    hands = [start_worker(workshop.root, env, workshop.database, wait=False) for _ in range(HANDS)]
    for hand in hands:
        assert "is ready" in hand.stderr.readline()
    yield hands
    for hand in hands:
        hand.kill()
        hand.wait(20)
        hand.stderr.close()


@pytest.fixture(scope="module")
def queue(workshop):
    queue = Queue(workshop)
    yield queue
    queue.close()


def order_many(workshop, queue, count: int, text: str, first: int) -> list[str]:
    wishes = [
        Wish(Order("recipe", {"data": Source(workshop.blobs.put(bytes([first + n])), "a.bin")}, "out.png", text))
        for n in range(count)
    ]
    return [queue.order(wish).id for wish in wishes]


def states(workshop, jobs: list[str]) -> Counter[str]:
    return Counter(workshop.ledger.get(each).state for each in jobs)


def test_the_database_is_made_where_it_is_missing(cluster):
    ledgers = [Ledger(cluster.address("made").replace("postgresql:", "postgresql+psycopg:")) for _ in range(2)]
    assert ledgers[0].secret("x") == ledgers[1].secret("x")
    for ledger in ledgers:
        ledger.close()


def test_an_event_that_is_shown_late_is_not_skipped(cluster):
    ledger = Ledger(cluster.address("late").replace("postgresql:", "postgresql+psycopg:"))
    insert = sa.text("insert into events (job, at, kind, data) values (:job, extract(epoch from now()), 'node', '{}')")
    with ledger.database.writing() as slow:
        slow.execute(insert, {"job": "slow"})
        with ledger.database.writing() as quick:
            quick.execute(insert, {"job": "quick"})
            quick.execute(insert, {"job": "quick"})
        assert ledger.last_event() in (0, 3)  # nothing before number 1 says that it is missing, so look from it on
        slow.execute(insert, {"job": "slow"})
        with ledger.database.writing() as quick:
            quick.execute(insert, {"job": "quick"})
        assert ledger.last_event() == 3
        assert [each["n"] for each in ledger.events_after(1)] == [2, 3]
    assert [each["n"] for each in ledger.events_after(1)] == [2, 3, 4, 5]
    ledger.close()


def test_events_have_the_time_of_the_database_whatever_a_worker_s_clock_says(cluster, monkeypatch):
    ledger = Ledger(cluster.address("clocks").replace("postgresql:", "postgresql+psycopg:"))
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now - 3600)
        entry, _ = ledger.add(Wish(Order("recipe", {}, "a.glb", recipe(1)), "ann"))
        ledger.begin(entry.id, entry.attempt, "behind")
        ledger.report(entry.id, 0.1, "")
        ledger.report(entry.id, 0.2, "")
        ledger.finish(entry.id, entry.attempt, "success", None, {})  # only reports older than `OLD_S` go
    rows = ledger.events_after(0)
    assert [row["kind"] for row in rows] == ["state", "state", "progress", "progress", "state"]
    assert all(abs(row["at"] - now) < 60 for row in rows)
    ledger.close()


def test_three_workers_share_the_work_and_one_dies(workshop, queue, hands, env):
    jobs = order_many(workshop, queue, 24, recipe(3, 0.1), 0)
    wait_for(lambda: states(workshop, jobs)["success"] > 4, 60)
    dead = hands.pop()
    dead.send_signal(signal.SIGKILL)
    dead.wait(20)
    dead.stderr.close()
    wait_for(lambda: states(workshop, jobs) == {"success": 24}, 60)
    began = Counter(line for line in lines(env) if line.startswith("begin"))
    assert 48 <= began.total() <= 49
    assert len({workshop.ledger.get(each).worker for each in jobs}) >= 3


def test_ten_seconds_without_a_database(workshop, queue, hands, cluster, env):
    before = len(lines(env))
    jobs = order_many(workshop, queue, 12, recipe(4, 0.3), 100)
    wait_for(lambda: states(workshop, jobs)["running"] >= 2, 60)
    cluster.stop("immediate")
    with pytest.raises(Unavailable, match="is it running"):
        workshop.ledger.get(jobs[0])
    time.sleep(10)
    cluster.start()
    patiently(lambda: wait_for(lambda: states(workshop, jobs) == {"success": 12}, 90))
    assert all(hand.poll() is None for hand in hands)
    again = Counter(line for line in lines(env)[before:] if line.startswith("begin"))
    assert again == {"begin s1": 12, "begin s2": 12, "begin s3": 12}


def test_the_server_with_its_workers_on_postgres(workshop, hands, env):
    server = Server(workshop.root, env, "--database", workshop.database, "--workers", "1")
    try:
        body = {"recipe": recipe(3), "inputs": {"data": server.upload(bytes([200]))}, "output": "out.png"}
        held = server.client.post("/api/jobs", json=body, headers={"Prefer": "wait=30"}).json()
        assert held["state"] == "success"
        assert server.client.get(held["files"][0]["href"]).content.startswith(b"\x89PNG")
        assert server.client.get("/health").status_code == 200
    finally:
        assert server.stop() in (0, -signal.SIGTERM)


def test_patience_ends(monkeypatch):
    calls = []

    def refuse():
        calls.append(1)
        raise Unavailable("ledger: away")

    monkeypatch.setattr("maquette.flow.queue.patience.PAUSE_S", 0.01)
    with pytest.raises(Unavailable, match="away"):
        patiently(refuse, 0.1)
    assert len(calls) > 3
    assert patiently(lambda: 7) == 7


def test_one_process_at_a_time_makes_tables(cluster):
    database = Database(cluster.address("alone").replace("postgresql:", "postgresql+psycopg:"))
    order: list[str] = []
    with database.alone():

        def second() -> None:
            with database.alone():
                order.append("second")

        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.2)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    database.close()
