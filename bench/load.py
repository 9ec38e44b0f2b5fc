"""Ten thousand mixed requests from fifty clients: nothing lost, nothing leaked, and how long each kind of answer takes.

    python bench/load.py [--seconds 600] [--requests 10000] [--clients 50] [--workers 2] [--database ADDRESS|private]

``private`` starts a PostgreSQL of its own. Exit code 1 where a job is lost, an answer is a fault of the server, or
memory or file handles of the server grow beyond the bound below between the second minute and the end.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import nullcontext
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

import tiny_stages
from private_postgres import private_postgres

GROWTH_MB, GROWTH_HANDLES = 60, 40  # from the second minute to the end
PNG = (ROOT / "examples" / "pictures" / "lion.png").read_bytes()
KINDS = {
    "look at a job": 30, "upload": 14, "order": 14, "list jobs": 10, "download": 10, "health": 6, "stages": 4,
    "wait for the end": 4, "refused order": 4, "cancel": 2, "unknown": 2,
}  # fmt: skip


class Crowd:
    """What all clients share: where to ask, what they own, and how long answers took."""

    def __init__(self, base: str) -> None:
        self.base, self.lock = base, threading.Lock()
        self.jobs: list[str] = []
        self.digests: list[str] = []
        self.took: dict[str, list[float]] = defaultdict(list)
        self.faults: list[str] = []

    def note(self, kind: str, started: float, status: int, expected: tuple[int, ...]) -> None:
        with self.lock:
            self.took[kind].append((time.perf_counter() - started) * 1000)
            if status not in expected:
                self.faults.append(f"{kind}: {status}")


def client(crowd: Crowd, seed: int, requests: int, gap_s: float) -> None:
    """One client: so many requests, about so far apart."""
    dice = random.Random(seed)
    with httpx.Client(base_url=crowd.base, timeout=60, trust_env=False) as web:
        for number in range(requests):
            time.sleep(dice.uniform(0, 2 * gap_s))
            kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
            if not crowd.jobs and kind not in ("upload", "health"):
                kind = "order" if crowd.digests else "upload"
            try:
                ask(crowd, web, kind, dice, seed * 100_000 + number)
            except httpx.HTTPError as problem:
                with crowd.lock:
                    crowd.faults.append(f"{kind}: {type(problem).__name__} {problem}")


def ask(crowd: Crowd, web: httpx.Client, kind: str, dice: random.Random, number: int) -> None:
    """One request of a kind."""
    job = dice.choice(crowd.jobs) if crowd.jobs else ""
    started = time.perf_counter()
    if kind == "upload":
        data = PNG + number.to_bytes(4, "big") if dice.random() < 0.3 else number.to_bytes(4, "big")
        reply = web.post("/api/files?name=a.bin", content=data)
        if reply.status_code == 201:
            crowd.digests.append(reply.json()["digest"])
        crowd.note(kind, started, reply.status_code, (201,))
    elif kind == "order":
        text = tiny_stages.recipe(dice.randint(2, 5), dice.choice([0.0, 0.0, 0.05]))
        body = {"recipe": text, "inputs": {"data": dice.choice(crowd.digests)}, "output": "out.png"}
        reply = web.post("/api/jobs", json=body, headers={"Idempotency-Key": f"k{number}"})
        if reply.status_code in (200, 202):
            crowd.jobs.append(reply.json()["id"])
        crowd.note(kind, started, reply.status_code, (200, 202))
    elif kind == "cancel":
        crowd.note(kind, started, web.delete(f"/api/jobs/{job}").status_code, (202,))
    elif kind == "refused order":
        body = {"recipe": tiny_stages.recipe(2), "inputs": {"data": "0" * 64}, "output": "out.png"}
        crowd.note(kind, started, web.post("/api/jobs", json=body).status_code, (422,))
    else:
        paths = {
            "look at a job": f"/api/jobs/{job}", "list jobs": "/api/jobs?limit=20",
            "health": "/health",
            "stages": "/api/stages", "unknown": f"/api/jobs/{number:032x}",
            "wait for the end": f"/api/jobs/{job}?wait=5",
            "download": f"/api/files/{dice.choice(crowd.digests)}" if crowd.digests else "/health",
        }  # fmt: skip
        expected = (404,) if kind == "unknown" else (200,)
        crowd.note(kind, started, web.get(paths[kind]).status_code, expected)


def usage(pid: int) -> tuple[float, int]:
    """Resident MB and open file handles of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    rss = int(status.partition("VmRSS:")[2].split()[0]) / 1024
    return rss, len(os.listdir(f"/proc/{pid}/fd"))


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in listed]


def run(options: argparse.Namespace, server: tiny_stages.Server) -> bool:
    """Send in the crowd, watch the server, count what came of it."""
    crowd = Crowd(server.base)
    share, gap = options.requests // options.clients, options.seconds * options.clients / options.requests
    threads = [
        threading.Thread(target=client, args=(crowd, seed, share, gap), daemon=True) for seed in range(options.clients)
    ]
    samples: list[tuple[float, float, int, float]] = []
    began = time.monotonic()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(2)
        rss, handles = usage(server.process.pid)
        hands = max((usage(pid)[0] for pid in children_of(server.process.pid)), default=0.0)
        samples.append((time.monotonic() - began, rss, handles, hands))
    asked_s = time.monotonic() - began
    ended = {job: server.job(job, 300)["state"] for job in dict.fromkeys(crowd.jobs)}
    return report(crowd, samples, ended, asked_s)


def report(crowd: Crowd, samples: list[tuple[float, float, int, float]], ended: dict[str, str], asked_s: float) -> bool:
    """The table, and whether all is well."""
    counts = {state: list(ended.values()).count(state) for state in sorted(set(ended.values()))}
    total = sum(len(each) for each in crowd.took.values())
    load = Path("/proc/loadavg").read_text().split()[1]
    words = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False).stdout.strip()
    print(f"commit {commit}, load {load}: {total:,} requests in {asked_s:.0f} s, {len(ended):,} jobs: {counts}")
    print("| request | count | median ms | p99 ms |\n|---|---:|---:|---:|")
    for kind, took in crowd.took.items():
        ordered = sorted(took)
        last = ordered[int(len(ordered) * 0.99) - 1]
        print(f"| {kind} | {len(took)} | {statistics.median(took):.0f} | {last:.0f} |")
    minutes = [f"{each[1]:.0f}" for each in samples[:: max(1, len(samples) // 10)]]
    print(f"server: MB from tenth to tenth: {', '.join(minutes)}")
    later = [each for each in samples if each[0] > min(120, asked_s / 5)]
    grown, more = later[-1][1] - later[0][1], later[-1][2] - later[0][2]
    print(f"server: {later[0][1]:.0f} MB and {later[0][2]} handles at {later[0][0]:.0f} s")
    print(f"server: {later[-1][1]:.0f} MB and {later[-1][2]} handles at the end")
    most = [max(each[place] for each in samples) for place in (1, 2, 3)]
    print(f"server: at most {most[0]:.0f} MB and {most[1]} handles; a worker at most {most[2]:.0f} MB")
    print("faults:", len(crowd.faults), crowd.faults[:10])
    lost = [job for job, state in ended.items() if state not in ("success", "cancelled")]
    print("lost or failed:", len(lost), lost[:5])
    return not lost and not crowd.faults and grown < GROWTH_MB and more < GROWTH_HANDLES


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, usual in (("seconds", 600), ("requests", 10_000), ("clients", 50), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    cluster = private_postgres() if options.database == "private" else nullcontext()
    with tempfile.TemporaryDirectory() as folder, cluster as postgres:
        env = tiny_stages.install(Path(folder) / "site")
        words = ["--workers", str(options.workers)]
        if options.database:
            words += ["--database", postgres.address("load") if postgres else options.database]
        server = tiny_stages.Server(Path(folder) / "home", env, *words)
        try:
            well = run(options, server)
        finally:
            server.stop()
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
