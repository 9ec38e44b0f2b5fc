"""What the durable queue costs a node, and how soon the server answers: CPU and wall, medians.

    python bench/engine.py

Nodes are tiny stages as a plugin; the same recipe runs without the queue for comparison.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

import tiny_stages

NODES, JOBS, ASKS = 40, 5, 200


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = tiny_stages.install(Path(folder) / "site")
        os.environ.update(env)
        sys.path.insert(0, str(Path(folder) / "site"))
        text = tiny_stages.recipe(NODES)
        plain = plain_seconds(text, Path(folder))
        server = tiny_stages.Server(Path(folder) / "home", env)
        try:
            report(text, plain, server)
        finally:
            server.process.kill()
            server.stop()


def plain_seconds(text: str, folder: Path) -> float:
    """Milliseconds a node of the same recipe in this process, with its store on disk."""
    from maquette.flow.engine.run import run
    from maquette.flow.recipes.load import load_recipe
    from maquette.store import Store

    recipe = load_recipe(text)
    spent = []
    for first in range(JOBS):
        store = Store(folder / f"plain{first}")
        started = time.perf_counter()
        run(recipe, {"data": bytes([first])}, store=store)
        spent.append((time.perf_counter() - started) * 1000 / NODES)
    return statistics.median(spent)


def report(text: str, plain: float, server: tiny_stages.Server) -> None:
    """One line a number."""
    spent, jobs = [], []
    for first in range(JOBS + 1):
        digest = server.upload(bytes([100 + first]))
        body = {"recipe": text, "inputs": {"data": digest}, "output": "out.png"}
        jobs.append(server.client.post("/api/jobs", json=body).json()["id"])
        job = server.job(jobs[-1], 120)
        assert job["state"] == "success", job
        spent.append((job["ended"] - job["started"]) * 1000 / (NODES + 1))
    node = statistics.median(spent[1:])
    answers = [get_ms(server, f"/api/jobs/{jobs[0]}") for _ in range(ASKS)]
    body["recipe"] = tiny_stages.recipe(NODES, 0.1)
    server.client.post("/api/jobs", json=body)
    time.sleep(1)
    busy = [get_ms(server, f"/api/jobs/{jobs[0]}") for _ in range(ASKS)]
    load = Path("/proc/loadavg").read_text().split()[0] if Path("/proc/loadavg").exists() else "unknown"
    words = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False).stdout
    print(f"commit {commit.strip()}, load {load}, {NODES} nodes a job, medians of {JOBS} jobs and {ASKS} questions")
    print(f"a node without the queue   {plain:7.2f} ms wall")
    print(f"a node through the queue   {node:7.2f} ms wall, so {node - plain:.2f} ms more")
    print(f"GET /api/jobs/ID, idle     {statistics.median(answers):7.2f} ms median, {sorted(answers)[-3]:.1f} p99")
    print(f"GET /api/jobs/ID, at work  {statistics.median(busy):7.2f} ms median, {sorted(busy)[-3]:.1f} p99")


def get_ms(server: tiny_stages.Server, path: str) -> float:
    started = time.perf_counter()
    assert server.client.get(path).status_code == 200
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
