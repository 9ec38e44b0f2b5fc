"""The durable engine: jobs end, whatever dies on the way, with the bytes of an undisturbed run."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import time

import pytest

pytest.importorskip("dbos", reason="needs the extra server")

import tiny_stages
from maquette.core.errors import BadInput, BadSetting
from maquette.flow.queue.entry import Wish
from maquette.flow.queue.order import Order, Source, read_order
from maquette.flow.queue.ordering import Queue
from maquette.flow.queue.workshop import Workshop
from tiny_stages import lines, recipe, start_worker, wait_for


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    """Tiny stages, installed for this process and for those that it starts."""
    with tiny_stages.installed_here(tmp_path_factory.mktemp("site")) as env:
        yield env


@pytest.fixture(scope="module")
def workshop(env, tmp_path_factory):
    return Workshop.at(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="module")
def queue(workshop):
    queue = Queue(workshop)
    yield queue
    queue.close()


class Crew:
    """Workers that a test starts and kills."""

    def __init__(self, workshop, env):
        self.workshop, self.env, self.hands = workshop, env, []

    def hire(self, count=1, wait=True):
        self.hands += [start_worker(self.workshop.root, self.env, wait=wait) for _ in range(count)]

    def kill(self, index=-1, sign=signal.SIGKILL):
        hand = self.hands.pop(index)
        hand.send_signal(sign)
        if sign != signal.SIGSTOP:
            hand.wait(20)
            hand.stderr.close()
        return hand


@pytest.fixture(scope="module")
def crew(workshop, env):
    crew = Crew(workshop, env)
    crew.hire(2)
    yield crew
    for hand in crew.hands:
        with contextlib.suppress(ProcessLookupError):
            os.kill(hand.pid, signal.SIGKILL)
        hand.wait(20)
        hand.stderr.close()


def order(workshop, text, first=7, **more):
    return Order("recipe", {"data": Source(workshop.blobs.put(bytes([first])), "a.bin")}, "out.png", text, **more)


def end_of(workshop, identity, seconds=60.0):
    return wait_for(lambda: (entry := workshop.ledger.get(identity)).is_final and entry, seconds)


def test_an_order_survives_its_own_text(workshop):
    one = order(workshop, recipe(3), options={"s1.hold_s": 0.5})
    assert read_order(one.text()) == one
    with pytest.raises(BadInput, match="no order"):
        read_order("{}")
    with pytest.raises(BadSetting, match="plain file name"):
        Order("recipe", {}, "../../etc/passwd")


def test_what_cannot_run_is_refused_when_it_is_ordered(workshop, queue):
    with pytest.raises(BadSetting, match="greater than or equal to 0"):
        queue.order(Wish(order(workshop, recipe(3), options={"s1.hold_s": -1})))
    with pytest.raises(BadInput, match="not here; upload"):
        queue.order(Wish(Order("recipe", {"data": Source("0" * 64)}, "out.png", recipe(2))))
    front = {"front": Source(workshop.blobs.put(b"x"))}
    with pytest.raises(BadSetting, match="no option 'colour'"):
        queue.order(Wish(Order("make", front, "a.glb", options={"colour": 1})))
    with pytest.raises(BadSetting, match="names a file on this machine"):
        queue.order(Wish(Order("make", front, "a.glb", options={"matting_model": "/etc/passwd"})))
    assert workshop.ledger.listed() == []


def test_a_job_runs_node_by_node_and_says_what_it_did(workshop, queue, crew):
    job = queue.order(Wish(order(workshop, recipe(4)), owner="ann", tag="first"))
    entry = end_of(workshop, job.id)
    assert (entry.state, entry.error, entry.progress) == ("success", None, 1.0)
    nodes = entry.facts["nodes"]
    assert [node["node"] for node in nodes] == ["s0", "s1", "s2", "s3", "write"]
    assert nodes[1]["stage"] == "tiny-step"
    assert nodes[1]["licence"] == "Apache-2.0"
    assert entry.facts["licences"] == ["Apache-2.0"]
    assert entry.facts["seconds"] > 0
    data = workshop.blobs.read(entry.output("main")["digest"])
    assert data.startswith(b"\x89PNG")
    events = workshop.ledger.events_after(0, [job.id])
    assert [each["state"] for each in events if each["kind"] == "state"] == ["queued", "running", "success"]
    assert [each["node"] for each in events if each["kind"] == "node"] == ["s0", "s1", "s2", "s3", "write"]
    assert workshop.ledger.listed("bob") == []
    with pytest.raises(BadInput, match="there is no"):
        workshop.ledger.get(job.id, "bob")


def test_the_same_idempotency_key_is_the_same_job(workshop, queue, crew):
    wish = Wish(order(workshop, recipe(2)), owner="ann", idempotency="k1", body="b1")
    assert queue.order(wish).id == queue.order(wish).id
    with pytest.raises(BadInput, match="another body"):
        queue.order(Wish(wish.order, owner="ann", idempotency="k1", body="b2"))
    assert queue.order(Wish(wish.order, owner="bob", idempotency="k1", body="b1")).id != queue.order(wish).id


def test_a_retry_takes_kept_nodes_and_runs_the_rest(workshop, queue, crew, env, tmp_path):
    stone = tmp_path / "stone"
    stone.touch()
    job = queue.order(Wish(order(workshop, recipe(4, refuse=str(stone)), first=50)))
    entry = end_of(workshop, job.id)
    assert entry.state == "failed"
    assert entry.error["class"] == "CannotDo"
    assert "take it away" in entry.error["message"]
    before = len(lines(env))
    stone.unlink()
    assert queue.retry(job.id).attempt == 2
    assert end_of(workshop, job.id).state == "success"
    assert lines(env)[before:] == ["begin s3", "end s3"]
    assert queue.retry(job.id) is None


def test_a_running_job_stops_within_a_second_and_a_deaf_one_with_its_process(workshop, queue, crew, env):
    slow = queue.order(Wish(order(workshop, recipe(3, hold_s=30.0), first=60)))
    wait_for(lambda: workshop.ledger.get(slow.id).state == "running")
    wait_for(lambda: workshop.ledger.get(slow.id).message)
    asked = time.time()
    queue.cancel(slow.id)
    entry = end_of(workshop, slow.id, 10)
    assert entry.state == "cancelled"
    assert entry.ended - asked < 1.5
    deaf = queue.order(Wish(order(workshop, recipe(2, hold_s=30.0, deaf=True), first=61)))
    wait_for(lambda: workshop.ledger.get(deaf.id).state == "running")
    time.sleep(0.5)
    queue.cancel(deaf.id)
    assert end_of(workshop, deaf.id, 10).state == "cancelled"
    gone = wait_for(lambda: next((hand for hand in crew.hands if hand.poll() == 75), None))
    crew.hands.remove(gone)
    gone.stderr.close()
    crew.hire(wait=False)
    before = lines(env)
    time.sleep(5)  # by now the dead worker's job was taken over, and found to be cancelled
    assert lines(env) == before


def test_a_job_that_waits_is_cancelled_at_once(workshop, queue, crew):
    held = [queue.order(Wish(order(workshop, recipe(2, hold_s=1.0), first=70 + n))) for n in range(2)]
    waiting = queue.order(Wish(order(workshop, recipe(2), first=79), priority=200))
    assert queue.cancel(waiting.id).state == "cancelled"
    assert [end_of(workshop, each.id).state for each in held] == ["success", "success"]
    time.sleep(0.5)
    assert workshop.ledger.get(waiting.id).state == "cancelled"


COUNT = 6  # steps of a job in the crash test: start, five tiny ones, and the writing


def undisturbed_bytes(workshop, queue, first):
    entry = end_of(workshop, queue.order(Wish(order(workshop, recipe(COUNT, 0.05), first=first))).id)
    return workshop.blobs.read(entry.output("main")["digest"])


def test_kill_at_boundaries_and_inside_nodes(workshop, queue, crew, env):
    """Each round kills the worker that has the job: a whole process; `test_crashes` has all forty places."""
    expected = undisturbed_bytes(workshop, queue, 100)
    for index, place in enumerate([("end", 1), ("begin", 4)]):
        workshop.store.clear()
        before = len(lines(env))
        job = queue.order(Wish(order(workshop, recipe(COUNT, 0.25), first=100), tag=f"round {index}"))
        word = f"{place[0]} s{place[1]}"
        wait_for(lambda: word in lines(env)[before:], pause=0.005)  # noqa: B023  asked at once
        worker = workshop.ledger.get(job.id).worker
        hand = next(each for each in crew.hands if f"-{each.pid}-" in worker)
        crew.kill(crew.hands.index(hand))
        crew.hire(wait=False)
        entry = end_of(workshop, job.id)
        assert entry.state == "success", entry.error
        assert workshop.blobs.read(entry.output("main")["digest"]) == expected
        assert entry.worker != worker
        again = [line for line in lines(env)[before:] if line.startswith("begin")]
        assert len(again) <= COUNT, f"more than the node that was cut off ran again: {again}"


def test_a_store_pulled_from_under_a_job_costs_time_and_nothing_else(workshop, queue, crew, env):
    expected = undisturbed_bytes(workshop, queue, 120)
    workshop.store.clear()
    before = len(lines(env))
    job = queue.order(Wish(order(workshop, recipe(COUNT, 0.2), first=120)))
    wait_for(lambda: "end s3" in lines(env)[before:])
    workshop.store.clear()
    entry = end_of(workshop, job.id)
    assert entry.state == "success"
    assert workshop.blobs.read(entry.output("main")["digest"]) == expected


def hold_between_writes(hand, workshop) -> None:
    """Stop a process, but not while it holds a database: SQLite's locks end only with their process."""

    def try_to_hold() -> bool:
        hand.send_signal(signal.SIGSTOP)
        try:
            for place in workshop.root.rglob("*.sqlite"):
                with contextlib.closing(sqlite3.connect(place, timeout=0.5)) as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.rollback()
            return True
        except sqlite3.OperationalError:
            hand.send_signal(signal.SIGCONT)
            return False

    wait_for(try_to_hold)


def test_a_job_taken_by_a_worker_that_was_thought_dead_is_not_lost(workshop, queue, crew):
    """Slow to start, it was buried and its jobs were settled; then it takes one, and only then finds out."""
    job = queue.order(Wish(order(workshop, recipe(3, 1.0), first=140)))
    worker = wait_for(lambda: workshop.ledger.get(job.id).worker)
    roster = workshop.ledger.roster
    roster.leave(worker)
    roster.settle(worker)
    hand = next(each for each in crew.hands if f"-{each.pid}-" in worker)
    entry = end_of(workshop, job.id)
    assert entry.state == "success"
    assert entry.worker != worker
    assert wait_for(lambda: hand.poll() is not None)
    crew.hands.remove(hand)
    hand.stderr.close()
    crew.hire(wait=False)


def test_a_worker_that_was_held_for_a_while_does_no_harm(workshop, queue, crew):
    expected = undisturbed_bytes(workshop, queue, 130)
    workshop.store.clear()
    job = queue.order(Wish(order(workshop, recipe(COUNT, 0.4), first=130)))
    worker = wait_for(lambda: workshop.ledger.get(job.id).worker)
    hand = next(each for each in crew.hands if f"-{each.pid}-" in worker)
    hold_between_writes(hand, workshop)
    entry = end_of(workshop, job.id)
    hand.send_signal(signal.SIGCONT)
    assert entry.state == "success"
    assert entry.worker != worker
    assert workshop.blobs.read(entry.output("main")["digest"]) == expected
    assert wait_for(lambda: hand.poll() is not None)  # it finds that it was taken for dead, and goes
    crew.hands.remove(hand)
    hand.stderr.close()
    assert workshop.ledger.get(job.id).ended == entry.ended
