"""Many workers: how close eight processes come to eight times one, what a node costs, beside Celery and a process pool.

    python bench/throughput.py [--workers 8] [--hold 0.5] [--jobs 6] [--small 400] [--on sqlite,postgres]

A stage that sleeps stands for a generator, so that two cores show what eight would do. SQLite and PostgreSQL (a private
one). Celery runs the same sleep with its SQLAlchemy broker on the same PostgreSQL, prefork, prefetch 1, late acks.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

import tiny_stages
from maquette.flow.queue.entry import Wish
from maquette.flow.queue.order import Order, Source
from maquette.flow.queue.ordering import Queue
from maquette.flow.queue.workshop import Workshop
from private_postgres import private_postgres
from tiny_stages import wait_for

CELERY = """
import os, time
from celery import Celery
app = Celery("sleepy", broker=os.environ["SLEEPY_BROKER"], backend=os.environ["SLEEPY_BACKEND"])
app.conf.update(worker_prefetch_multiplier=1, task_acks_late=True, broker_connection_retry_on_startup=True)

@app.task
def sleep(seconds):
    time.sleep(seconds)
"""


@contextmanager
def nursery(workshop: Workshop, env: dict[str, str], count: int):
    """So many workers, by fork."""
    command = [sys.executable, str(ROOT / "tests" / "nursery.py"), str(workshop.root), str(count)]
    process = subprocess.Popen(
        [*command, *([workshop.database] if workshop.database else [])], env=env, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    wait_for(lambda: workshop.ledger.roster.alive() >= count, 60)
    yield process
    process.terminate()
    process.wait(30)
    process.stdout.close()


def order(queue: Queue, text: str, count: int, offset: int) -> list[str]:
    """So many jobs over different bytes."""
    blobs = queue.workshop.blobs
    sources = [Source(blobs.put(n.to_bytes(3, "little")), "a.bin") for n in range(offset, offset + count)]
    return [queue.order(Wish(Order("recipe", {"data": each}, "out.value", text))).id for each in sources]


def rate_of(workshop: Workshop, jobs: list[str], workers: int) -> float:
    """Jobs a second from the end of the first round to that of the last: without the time that ordering them took."""
    wall_of(workshop, jobs)
    ends = sorted(float(workshop.ledger.get(each).ended or 0) for each in jobs)[workers - 1 :]
    return (len(ends) - 1) / (ends[-1] - ends[0])


def wall_of(workshop: Workshop, jobs: list[str]) -> float:
    """Seconds from the first start to the last end."""
    wait_for(lambda: not workshop.ledger.counts().keys() & {"queued", "running"}, 600, 0.05)
    entries = [workshop.ledger.get(each) for each in jobs]
    assert all(each.state == "success" for each in entries), [each.error for each in entries if each.error][:1]
    return max(each.ended for each in entries) - min(each.started for each in entries)


def measure(workshop: Workshop, env: dict[str, str], options: argparse.Namespace) -> dict[str, float]:
    """Throughput of one and of many workers with a sleeping stage, small jobs a second, milliseconds a node."""
    queue = Queue(workshop)
    sleepy, small, long = tiny_stages.recipe(2, options.hold), tiny_stages.recipe(2), tiny_stages.recipe(60)
    found: dict[str, float] = {}
    with nursery(workshop, env, 1):
        wall_of(workshop, order(queue, small, 3, 1))
        found["one"] = rate_of(workshop, order(queue, sleepy, options.jobs, 1000), 1)
        nodes = [wall_of(workshop, order(queue, long, 1, 5000 + n)) * 1000 / 61 for n in range(3)]
        found["node ms"] = statistics.median(nodes)
    wait_for(lambda: workshop.ledger.roster.alive() == 0, 60)
    with nursery(workshop, env, options.workers):
        many = options.jobs * options.workers
        found["many"] = rate_of(workshop, order(queue, sleepy, many, 2000), options.workers)
        found["small"] = options.small / wall_of(workshop, order(queue, small, options.small, 10_000))
    queue.close()
    return found


def plain_node_ms(folder: Path) -> float:
    """The same sixty nodes without an engine, with a store on disk."""
    from maquette.flow.engine.run import run
    from maquette.flow.recipes.load import load_recipe
    from maquette.store import Store

    recipe, spent = load_recipe(tiny_stages.recipe(60)), []
    for first in range(3):
        started = time.perf_counter()
        run(recipe, {"data": bytes([first])}, store=Store(folder / f"plain{first}"))
        spent.append((time.perf_counter() - started) * 1000 / 60)
    return statistics.median(spent)


def pool_rate(workers: int, hold: float, jobs: int) -> float:
    """Sleeps a second of a plain process pool."""
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(time.sleep, [0.0] * workers))
        started = time.perf_counter()
        list(pool.map(time.sleep, [hold] * jobs))
        return jobs / (time.perf_counter() - started)


def celery_rate(folder: Path, address: str, workers: int, hold: float, jobs: int) -> float:
    """The same with Celery; raises ``ImportError`` where it is not installed."""
    import celery

    assert celery
    (folder / "sleepy.py").write_text(CELERY)
    broker = address.replace("postgresql:", "sqla+postgresql+psycopg:")
    env = {**os.environ, "SLEEPY_BROKER": broker, "SLEEPY_BACKEND": broker.replace("sqla+", "db+")}
    os.environ.update(env)
    sys.path.insert(0, str(folder))
    import sleepy

    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "sleepy", "worker", "-c", str(workers), "-l", "ERROR"],
        cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for result in [sleepy.sleep.delay(0.0) for _ in range(workers)]:
            result.get(timeout=120)
        started = time.perf_counter()
        for result in [sleepy.sleep.delay(hold) for _ in range(jobs)]:
            result.get(timeout=300)
        return jobs / (time.perf_counter() - started)
    finally:
        worker.terminate()
        worker.wait(60)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, usual in (("workers", 8), ("hold", 0.5), ("jobs", 6), ("small", 400)):
        parser.add_argument(f"--{name}", type=type(usual), default=usual)
    parser.add_argument("--on", default="sqlite,postgres")
    options = parser.parse_args()
    load = Path("/proc/loadavg").read_text().split()[0]
    print(f"load {load}, {options.workers} workers, a stage that sleeps {options.hold} s", flush=True)
    with tempfile.TemporaryDirectory() as name, tiny_stages.installed_here(Path(name) / "site") as env:
        folder = Path(name)
        print(f"a node without an engine {plain_node_ms(folder):.2f} ms", flush=True)
        with private_postgres() as cluster:
            kinds = {"sqlite": ("SQLite", ""), "postgres": ("PostgreSQL", cluster.address("speed"))}
            for kind, database in [kinds[name] for name in options.on.split(",")]:
                workshop = Workshop.at(folder / kind, database)
                row = measure(workshop, env, options)
                share, ideal = row["many"] / row["one"] / options.workers, row["many"] * options.hold / options.workers
                print(f"{kind}: 1 worker {row['one']:.2f}/s, {options.workers} workers {row['many']:.2f}/s", flush=True)
                print(f"{kind}: {share:.2f} of {options.workers}x, of the ideal {ideal:.2f}", flush=True)
                print(f"{kind}: small jobs {row['small']:.0f}/s, a node {row['node ms']:.2f} ms", flush=True)
                workshop.ledger.close()
            many = options.jobs * options.workers
            rate = pool_rate(options.workers, options.hold, many)
            print(f"process pool: {rate:.2f}/s, of the ideal {rate * options.hold / options.workers:.2f}", flush=True)
            try:
                rate = celery_rate(folder, cluster.address("postgres"), options.workers, options.hold, many)
                print(f"Celery: {rate:.2f}/s, of the ideal {rate * options.hold / options.workers:.2f}", flush=True)
            except ImportError:
                print("Celery: not installed")


if __name__ == "__main__":
    main()
