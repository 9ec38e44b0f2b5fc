"""Many jobs, each in a process of its own: one that dies takes nobody with it, and what is there is not made again.

The folder of results is the ledger: a result is whole when its ``result.json`` is there, which is written last. Run it
again after anything went wrong, on this machine or another, and it does what is missing.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from maquette.core.errors import MaquetteError
from maquette.core.files import Files
from maquette.core.money import paying
from maquette.core.progress import Cancelled, progress
from maquette.flow import disk
from maquette.flow.batch.tasks import Task
from maquette.flow.deliver import Delivery, deliver
from maquette.flow.jobs import Destination, job_from
from maquette.flow.lineage import shape_name
from maquette.flow.report.album import thumbnail
from maquette.flow.report.keeper import Keeper

Purse = tuple[float, str]  # what may be spent in US dollars, and the run that it counts for
RESULT, THUMBNAIL = "result.json", "thumbnail.png"
LOOK_S = 0.2


@dataclass(frozen=True)
class Result:
    """What came of one task; ``state`` is made, failed or refused (by what its error says)."""

    name: str
    key: str
    state: str
    photo: str = ""
    output: str = ""
    verdict: str = ""
    route: str = ""
    faces: int = 0
    size_mm: tuple[float, ...] = ()
    seconds: float = 0.0
    error: str = ""
    options: dict[str, str] = field(default_factory=dict)

    @property
    def is_made(self) -> bool:
        """Whether there is a file."""
        return self.state == "made"


def run_batch(
    tasks: Sequence[Task],
    folder: Path,
    destination: Destination,
    ending: str,
    *,
    workers: int = 1,
    again: bool = False,
    pay_usd: float = 0.0,
    listen: Callable[[list[Result]], None] = lambda results: None,
) -> list[Result]:
    """Do all tasks, ``workers`` at once; results in the order of the tasks.

    What is made already is taken as it is; what was refused only with ``again``. ``pay_usd`` is what hosted generators
    may cost in all tasks together. ``listen`` hears of every new result.
    """
    folder.mkdir(parents=True, exist_ok=True)
    results: dict[str, Result] = {}
    waiting: list[Task] = []
    for task in tasks:
        earlier = read_result(folder / task.name, task.key(destination, ending))
        if earlier is not None and (earlier.is_made or not again):
            results[task.name] = earlier
        else:
            waiting.append(task)
    started, kept = time.monotonic(), len(results)
    listen(_in_order(tasks, results))
    with ThreadPoolExecutor(workers) as pool:
        stop: list[bool] = []
        purse = (pay_usd, secrets.token_hex(8))
        under_way = {pool.submit(_in_own_process, task, folder, destination, ending, purse, stop) for task in waiting}
        try:
            while under_way:
                ended, under_way = wait(under_way, LOOK_S, FIRST_COMPLETED)
                for future in ended:
                    result: Result = future.result()
                    results[result.name] = result
                if ended:
                    listen(_in_order(tasks, results))
                progress(len(results) / max(1, len(tasks)), _line(tasks, results, kept, time.monotonic() - started))
        except BaseException:
            stop.append(True)
            _drop(under_way)
            raise
    return _in_order(tasks, results)


def read_result(place: Path, key: str) -> Result | None:
    """The result in a folder, where it is whole and of this very task."""
    try:
        plain = json.loads((place / RESULT).read_text(encoding="utf-8"))
        result = Result(**{**plain, "size_mm": tuple(plain["size_mm"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return result if result.key == key else None


def _drop(futures: set[Future[Result]]) -> None:
    for future in futures:
        future.cancel()


def _in_order(tasks: Sequence[Task], results: dict[str, Result]) -> list[Result]:
    return [results[task.name] for task in tasks if task.name in results]


def _line(tasks: Sequence[Task], results: dict[str, Result], kept: int, spent: float) -> str:
    """How far it is, how fast, and how long it will take: for the bar."""
    fresh, left = len(results) - kept, len(tasks) - len(results)
    refused = sum(not result.is_made for result in results.values())
    words = f"{len(results)} of {len(tasks)}, {refused} refused"
    if not fresh:
        return words
    return f"{words}, {fresh / spent * 60:.1f} a minute, {_duration(left * spent / fresh)} left"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min" if minutes else "under 1 min"


def _in_own_process(
    task: Task, folder: Path, destination: Destination, ending: str, purse: Purse, stop: list[bool]
) -> Result:
    """Run one task in a process of its own and read what it left."""
    place, key = folder / task.name, task.key(destination, ending)
    if stop:
        raise Cancelled
    process = multiprocessing.get_context("spawn").Process(
        target=do_task, args=(task, place, destination, ending, key, purse), daemon=True
    )
    process.start()
    while process.is_alive():
        process.join(LOOK_S)
        if stop:
            process.kill()
    result = read_result(place, key)
    if result is None:
        words = f"its process ended with code {process.exitcode}; is it too large for this machine's memory?"
        result = Result(task.name, key, "failed", str(task.photo), error=words, options=_words(task))
        if not stop:
            _write(place, result)
    return result


def do_task(task: Task, place: Path, destination: Destination, ending: str, key: str, purse: Purse = (0.0, "")) -> None:
    """One job to its files and its ``result.json``, which comes last."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    started = time.perf_counter()
    plain: dict[str, Any] = {"name": task.name, "key": key, "photo": str(task.photo), "options": _words(task)}
    try:
        place.mkdir(parents=True, exist_ok=True)
        job = job_from(destination, task.photo, place / f"{task.name}{ending}", task.options)
        with paying(purse[0], run=purse[1]):
            done = deliver(job)
        result = Result(**plain, state="made", **_facts_of(done, place))
    except MaquetteError as problem:
        result = Result(**plain, state="refused", error=f"{type(problem).__name__}: {problem}")
    except Exception as problem:
        last = traceback.extract_tb(problem.__traceback__)[-1]
        words = f"{type(problem).__name__}: {problem} ({Path(last.filename).name}:{last.lineno})"
        result = Result(**plain, state="failed", error=words)
    _write(place, Result(**{**asdict(result), "seconds": round(time.perf_counter() - started, 2)}))


def _facts_of(done: Delivery, place: Path) -> dict[str, Any]:
    """What the table says of a result; its small picture is written on the way."""
    asset = done.made.asset
    keeper = Keeper(asset, done.made.store, shape_name(asset, done.made.run))
    if picture := thumbnail(keeper):
        disk.put(Files(THUMBNAIL, {THUMBNAIL: picture}), place / THUMBNAIL)
    size = tuple(round(float(side), 1) for side in asset.size)
    return {
        "output": done.output.name,
        "verdict": done.made.report.verdict,
        "route": done.made.route,
        "faces": len(asset.mesh.faces),
        "size_mm": size,
    }


def _words(task: Task) -> dict[str, str]:
    return {name: str(value) for name, value in task.options.items()}


def _write(place: Path, result: Result) -> None:
    """The result, all of it or nothing."""
    text = json.dumps(asdict(result), indent=2, ensure_ascii=False)
    place.mkdir(parents=True, exist_ok=True)
    disk.put(Files(RESULT, {RESULT: text.encode()}), place / RESULT)
