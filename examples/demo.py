"""What Maquette is good at, in under a minute: python examples/demo.py [folder]

A photo to a print, a photo to a textured model, flat art to a relief, a broken mesh to a solid, each through the
commands that a user types; then index.html, which shows and links all of it. The pictures lie in examples/pictures,
with their licences.
"""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import maquette as mq

PICTURES = Path(__file__).parent / "pictures"


@dataclass(frozen=True)
class Job:
    """One row of the page: what goes in, the command after ``maquette``, what comes out, what to look at."""

    title: str
    source: str
    words: tuple[str, ...]
    output: str
    looks: tuple[dict[str, str], ...] = ({"view": "three-quarter"}, {"view": "three-quarter", "look": "clay"})


JOBS = (
    Job("A photo becomes a print that stands", "teapot.jpg", ("print", "--height-mm", "80"), "teapot.3mf"),
    Job(
        "A photo becomes a textured model", "robot.jpg", ("model", "--target", "unity"), "robot.glb",
        ({"view": "three-quarter"}, {"view": "back"}),
    ),
    Job(
        "Flat art becomes a relief", "lion.png", ("print", "--route", "relief", "--width-mm", "80"), "lion.3mf",
        ({"view": "top"}, {"view": "top", "look": "clay"}),
    ),
    Job("A broken mesh becomes a solid", "car.ply", ("solidify",), "car-solid.3mf"),
)  # fmt: skip


def maquette(folder: Path, *words: str) -> dict[str, Any]:
    """Run a command; its result as data. Exit code 1 is a report that found something, more is an error."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # jobs run side by side
    done = subprocess.run(
        [sys.executable, "-m", "maquette", *words, "--json"],
        capture_output=True, text=True, check=False, cwd=folder, env=environment,
    )  # fmt: skip
    if done.returncode > 1:
        raise SystemExit(f"maquette {' '.join(words)}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def make(folder: Path, job: Job) -> dict[str, Any]:
    """Do one job: the file, its pictures, and the verdict before and after."""
    source = folder / job.source
    source.write_bytes((PICTURES / job.source).read_bytes())
    name, *options = job.words
    words = (name, job.source, "-o", job.output, *options)
    started = time.perf_counter()
    made = maquette(folder, *words)
    seconds = time.perf_counter() - started
    shown, before = [], None
    if "report" not in made:  # a stage does not judge what it made
        before = maquette(folder, "check", job.source)
        made["report"] = maquette(folder, "check", job.output)
        shown += pictures(folder, job.source, f"{Path(job.output).stem}-before", job.looks[:1])
    else:
        shown.append(job.source)
    shown += pictures(folder, job.output, Path(job.output).stem, job.looks)
    print(f"$ maquette {' '.join(words)}\n  {made['report']['verdict']}, {seconds:.0f} s", flush=True)
    return {"job": job, "command": "maquette " + " ".join(words), "shown": shown, "before": before, **made}


def pictures(folder: Path, model: str, stem: str, looks: Sequence[dict[str, str]]) -> list[str]:
    """Pictures of a model for the page, drawn in this process, which has the stages in memory; their names."""
    asset = mq.load(folder / model)
    names = [f"{stem}-{number}.png" for number in range(len(looks))]
    for name, look in zip(names, looks):
        mq.save(mq.picture(asset, size_px=400, **look), folder / name)
    return names


def verdict(report: dict[str, Any]) -> str:
    """The verdict, and which checks stand behind it."""
    words = [report["verdict"]]
    for level, name in (("fail", "failed"), ("warn", "warnings")):
        checks = dict.fromkeys(f["check"] for f in report["findings"] if f["verdict"] == level)
        words += [f"{name}: {', '.join(checks)}"] if checks else []
    return "; ".join(words)


def row(made: dict[str, Any]) -> str:
    """One job as HTML."""
    job: Job = made["job"]
    links = [job.output, *(Path(place).name for place in made.get("reports", ()) if str(place).endswith(".html"))]
    said = f"verdict: {verdict(made['report'])}"
    if made["before"]:
        said = f"before: {verdict(made['before'])} \N{EM DASH} after: {verdict(made['report'])}"
    pictures = "".join(f'<img src="{html.escape(name)}" alt="">' for name in made["shown"])
    anchors = " · ".join(f'<a href="{html.escape(name)}">{html.escape(name)}</a>' for name in links)
    return (
        f"<section><h2>{html.escape(job.title)}</h2><div>{pictures}</div>"
        f"<pre>{html.escape(made['command'])}</pre><p>{html.escape(said)}</p><p>{anchors}</p></section>"
    )


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Maquette: what the demo made</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#222}}
img{{width:31%;margin-right:2%;background:#f4f4f4;border-radius:6px;aspect-ratio:1;object-fit:contain}}
pre{{background:#f4f4f4;padding:.5rem .8rem;border-radius:6px;overflow:auto}}section{{margin-bottom:2.5rem}}</style>
<h1>What the demo made</h1>
<p>First what went in, then what came out. Everything behind a photo is invented; the reports say what was measured.</p>
{rows}<p>{seconds:.0f} seconds on this machine.</p></html>
"""


def main() -> int:
    """Do all jobs, two at a time, and write the page."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with ThreadPoolExecutor(2) as hands:
        rows = [row(made) for made in hands.map(lambda job: make(folder, job), JOBS)]
    seconds = time.perf_counter() - started
    page = folder / "index.html"
    page.write_text(PAGE.format(rows="\n".join(rows), seconds=seconds), encoding="utf-8")
    print(f"\n{seconds:.0f} s. Everything is on one page: {page}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
