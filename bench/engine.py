"""What the durable queue costs a node, and how soon the server answers: wall medians, and CPU where others work too.

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
        plain = plain_ms(text, Path(folder))
        home = Path(folder) / "home"
        server = tiny_stages.Server(home, env)
        try:
            report(text, plain, server, home)
        finally:
            server.process.kill()
            server.stop()


def cpu_ms(pid: int) -> float:
    """CPU that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def plain_ms(text: str, folder: Path) -> tuple[float, float]:
    """Wall and CPU milliseconds a node of the same recipe in this process, with its store on disk."""
    from maquette.flow.engine.run import run
    from maquette.flow.recipes.load import load_recipe
    from maquette.store import Store

    recipe = load_recipe(text)
    spent = []
    for first in range(JOBS):
        store = Store(folder / f"plain{first}")
        started, used = time.perf_counter(), time.process_time()
        run(recipe, {"data": bytes([first])}, store=store)
        spent.append(((time.perf_counter() - started) * 1000 / NODES, (time.process_time() - used) * 1000 / NODES))
    return statistics.median(wall for wall, _ in spent), statistics.median(cpu for _, cpu in spent)


def report(text: str, plain: tuple[float, float], server: tiny_stages.Server, home: Path) -> None:
    """One line a number."""
    from maquette.flow.queue.workshop import Workshop

    spent, used, pid = [], [], 0
    for first in range(JOBS + 1):
        body = {"recipe": text, "inputs": {"data": server.upload(bytes([100 + first]))}, "output": "out.png"}
        before = cpu_ms(pid) if pid else 0.0
        identity = server.client.post("/api/jobs", json=body).json()["id"]
        job = server.job(identity, 200)
        assert job["state"] == "success", job
        spent.append((job["ended"] - job["started"]) * 1000 / (NODES + 1))
        pid = pid or int(Workshop.at(home).ledger.get(identity).worker.split("-")[-2])
        used.append((cpu_ms(pid) - before) / (NODES + 1))
    wall, cpu = statistics.median(spent[1:]), statistics.median(used[1:])
    idle = ask(server, identity)
    server.client.post("/api/jobs", json={**body, "recipe": tiny_stages.recipe(NODES, 0.1)})
    time.sleep(1)
    busy = ask(server, identity)
    load = Path("/proc/loadavg").read_text().split()[0]
    words = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False).stdout
    print(f"commit {commit.strip()}, load {load}, {NODES} nodes a job, medians of {JOBS} jobs and {ASKS} questions")
    print(f"a node without the queue   {plain[0]:7.2f} ms wall {plain[1]:7.2f} ms CPU")
    print(f"a node through the queue   {wall:7.2f} ms wall {cpu:7.2f} ms CPU of the worker, idle loops included")
    print(f"GET /api/jobs/ID, idle     {idle[0]:7.2f} ms wall, p99 {idle[1]:.1f}; {idle[2]:.2f} ms CPU of the server")
    print(f"GET /api/jobs/ID, at work  {busy[0]:7.2f} ms wall, p99 {busy[1]:.1f}; {busy[2]:.2f} ms CPU of the server")


def ask(server: tiny_stages.Server, identity: str) -> tuple[float, float, float]:
    """Median and 99th percentile of the wait, and the server's CPU, for one question."""
    before = cpu_ms(server.process.pid)
    waits = sorted(get_ms(server, f"/api/jobs/{identity}") for _ in range(ASKS))
    return statistics.median(waits), waits[-(ASKS // 100) - 1], (cpu_ms(server.process.pid) - before) / ASKS


def get_ms(server: tiny_stages.Server, path: str) -> float:
    started = time.perf_counter()
    assert server.client.get(path).status_code == 200
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
