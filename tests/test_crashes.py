"""Forty deaths: at every boundary of every node and inside every node, on SQLite and on PostgreSQL; no job notices."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("dbos", reason="needs the extra server")

import tiny_stages
from maquette.flow.engine.run import run
from maquette.flow.queue.entry import Wish
from maquette.flow.queue.order import Order, Source
from maquette.flow.queue.ordering import Queue
from maquette.flow.queue.output import keep_value
from maquette.flow.queue.workshop import Workshop
from maquette.flow.recipes.load import load_recipe
from maquette.store import Blobs
from private_postgres import private_postgres, skip_without
from tiny_stages import lines, wait_for

STEPS, HANDS = 12, 4
NODES = [*(f"s{index}" for index in range(STEPS)), "write"]
POINTS = [
    *(f"s{index}.inside" for index in range(1, STEPS)),
    *(f"{node}.before-end" for node in NODES),
    *(f"{node}.after-end" for node in NODES),
    *(f"{word}.{when}-{word}" for word in ("deliver", "finish") for when in ("before", "after")),
]
JOBS = -(-len(POINTS) // 3)  # a job that outlives four workers would be taken for their murderer


def recipe_of(tag: str) -> str:
    """The tiny recipe, in whose steps this job dies."""
    whole = json.loads(tiny_stages.recipe(STEPS))
    for name, step in whole["steps"].items():
        if "with" in step:
            step["with"] |= {"name": f"{tag}.{name}", "death": f"{tag}.{name}"}
    return json.dumps(whole, indent=1)


def undisturbed_digest(folder: Path, tag: str, first: int) -> str:
    """The digest of the file that a plain run writes."""
    value = run(load_recipe(recipe_of(tag)), {"data": bytes([first])}).result
    (main,) = [each for each in keep_value(Blobs(folder), value, "out.png") if each.role == "main"]
    return main.digest


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_no_job_notices_that_its_worker_died(kind, tmp_path):
    if kind == "sqlite":
        die_everywhere(tmp_path, "")
        return
    skip_without()
    with private_postgres() as cluster:
        die_everywhere(tmp_path, cluster.address("crashes"))


def die_everywhere(tmp_path: Path, database: str) -> None:
    assert len(POINTS) > 40
    deaths = tmp_path / "deaths"
    deaths.mkdir()
    with tiny_stages.installed_here(tmp_path / "site") as env:
        workshop = Workshop.at(tmp_path / "engine", database)
        nursery = start_nursery(workshop, {**env, "TINY_DEATHS": str(deaths)})
        log: list[str] = []
        listener = threading.Thread(target=lambda: log.extend(nursery.stdout or ()))
        listener.start()
        queue = Queue(workshop)
        try:
            jobs = {}
            for index in range(JOBS):
                tag = f"j{index}"
                for point in POINTS[index::JOBS]:
                    (deaths / f"{tag}.{point}").touch()
                source = Source(workshop.blobs.put(bytes([index])), "a.bin")
                order = Order("recipe", {"data": source}, "out.png", recipe_of(tag))
                jobs[queue.order(Wish(order, tag=tag)).id] = index
            wait_for(lambda: all(workshop.ledger.get(each).is_final for each in jobs), 150, 0.1)
            wait_for(lambda: not any(deaths.iterdir()), 20)
        finally:
            nursery.terminate()
            nursery.wait(30)
            listener.join(20)
            assert nursery.stdout is not None
            nursery.stdout.close()
            queue.close()
        assert len(log) == len(POINTS)
        for identity, index in jobs.items():
            entry = workshop.ledger.get(identity)
            assert (entry.state, entry.error) == ("success", None)
            assert entry.output("main")["digest"] == undisturbed_digest(tmp_path / "plain", f"p{index}", index)
        began = Counter(line.removeprefix("begin ") for line in lines(env) if line.startswith("begin j"))
        cut_off = {
            f"j{POINTS.index(point) % JOBS}.{point.removesuffix('.inside')}" for point in POINTS if "inside" in point
        }
        expected = {f"j{job}.s{step}": 1 for job in range(JOBS) for step in range(1, STEPS)}
        assert began == Counter(expected | dict.fromkeys(cut_off, 2))
        workshop.ledger.close()


def start_nursery(workshop: Workshop, env: dict[str, str]) -> subprocess.Popen[str]:
    """The process that keeps workers alive, ready."""
    command = [sys.executable, str(Path(__file__).parent / "nursery.py"), str(workshop.root), str(HANDS)]
    command += [workshop.database] if workshop.database else []
    nursery = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert nursery.stdout is not None
    assert nursery.stdout.readline() == "ready\n"
    return nursery
