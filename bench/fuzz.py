"""Throw damaged files at `open` and at every reader in the registry, and keep whatever they could not refuse.

    python bench/fuzz.py --minutes 10 [--only .glb --only .3mf] [--seed 1] [--keep DIR]
    python bench/fuzz.py --replay DIR/finding.case

A reader may answer or raise one of the four errors. Anything else is a finding, and so is a call over 5 CPU seconds or
one that grows the process by over 1 GB. With `atheris` installed (pip install atheris) its coverage guides the
mutations; without it inputs that draw a new kind of answer are mutated further. Seeds are made in code; mutations know
ZIP, GLB, PNG, JSON, XML and lines, so that they get past checksums and lengths.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import importlib.util
import json
import os
import random
import re
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuzz_mutations import Case, mutated
from fuzz_seeds import models, photos

MOST_SECONDS, MOST_GROWTH, STUCK_SECONDS = 5.0, 1 << 30, 120
MOST_KEPT = 1000


@dataclass
class Target:
    """One stage with one ending, and what it has been through."""

    name: str
    call: Callable[[Case], Any]
    corpus: list[Case]
    seeds: int
    inputs: int = 0
    accepted: int = 0
    seconds: float = 0.0
    wall: float = 0.0
    slowest: float = 0.0
    answers: set[str] = field(default_factory=set)
    findings: dict[str, Path] = field(default_factory=dict)


def targets(only: list[str]) -> list[Target]:
    """Every reader by ending, and the photo formats, each with small files it accepts."""
    from maquette.core.files import Files
    from maquette.registry import registry

    calls: dict[str, tuple[Callable[[Case], Any], list[Case]]] = {}
    for name, found in registry().items():
        for ending in found.stage.facts.reads:
            calls[f"{name} {ending}"] = (lambda case, f=found: f(Files(case[0][0], dict(case)))), models(ending)
    opener = registry()["open"]
    for ending, data in photos().items():
        calls[f"open {ending}"] = (lambda case: opener(case[0][1])), [(("photo" + ending, one),) for one in data]
    wanted = {
        name: made
        for name, made in calls.items()
        if not only or any(name.endswith(o) or name.startswith(o) for o in only)
    }
    return [Target(name, call, corpus, len(corpus)) for name, (call, corpus) in wanted.items() if corpus]


def cpu_seconds() -> float:
    """Spent by this process and by those it has waited for."""
    return sum(os.times()[:4])


class Keep:
    """The folder for findings; the case that is running lies there too, should the process die."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._running = (folder / "running.case").open("wb")

    def note(self, target: Target, case: Case) -> None:
        """Put the case down before it runs; one file that stays open, as opening one costs milliseconds."""
        os.pwrite(self._running.fileno(), pack_case(target.name, case) + b"\n", 0)

    def finding(self, target: Target, case: Case, answer: str) -> Path:
        """Keep a case for good."""
        digest = hashlib.blake2b(answer.encode(), digest_size=4).hexdigest()
        path = self.folder / f"{target.name.replace(' ', '')}-{digest}.case"
        path.write_bytes(pack_case(target.name, case))
        return path


class Stuck(BaseException):
    """A call did not come back."""


def try_case(target: Target, case: Case, keep: Keep) -> bool:
    """Run one case; True when it drew an answer of a new kind."""
    from maquette.core.errors import MaquetteError

    keep.note(target, case)
    before, started, clock = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, cpu_seconds(), time.monotonic()
    problem = ""
    signal.setitimer(signal.ITIMER_REAL, STUCK_SECONDS)
    try:
        target.call(case)
        answer = "accepted"
        target.accepted += 1
    except MaquetteError as refusal:
        answer = type(refusal).__name__ + re.sub(r"'[^']*'|\"[^\"]*\"|[-+]?\d[\d.,e+]*", "#", str(refusal))[:120]
    except (Exception, Stuck) as wrong:
        spot = [frame for frame in traceback.extract_tb(wrong.__traceback__) if "maquette" in frame.filename]
        where = f"{Path(spot[-1].filename).name}:{spot[-1].lineno}" if spot else "?"
        answer = problem = f"{type(wrong).__name__} at {where}: {str(wrong)[:100]!r}"
        answer = answer.partition(": ")[0]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    spent = cpu_seconds() - started
    target.wall += time.monotonic() - clock
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    if spent > MOST_SECONDS:
        problem, answer = f"took {spent:.1f} s", "slow"
    if grown > MOST_GROWTH:
        problem, answer = f"grew by {grown >> 20} MB", "large"
    target.inputs += 1
    target.seconds += spent
    target.slowest = max(target.slowest, spent)
    is_new = answer not in target.answers
    target.answers.add(answer)
    if problem and answer not in target.findings:
        target.findings[answer] = keep.finding(target, case, answer)
        print(
            f"FINDING {target.name}: {problem}\n  python bench/fuzz.py --replay {target.findings[answer]}", flush=True
        )
    return is_new


def pack_case(name: str, case: Case) -> bytes:
    """A case as one piece of bytes."""
    rows = [[part, base64.b64encode(data).decode()] for part, data in case]
    return json.dumps({"target": name, "case": rows}).encode()


def unpack_case(data: bytes) -> tuple[str, Case]:
    tree = json.loads(data.partition(b"\n")[0])
    return tree["target"], tuple((part, base64.b64decode(text)) for part, text in tree["case"])


def step(found: list[Target], rng: random.Random, keep: Keep) -> None:
    """Targets take turns by the time they used; a case that draws a new answer joins its target's corpus."""
    target = min(found, key=lambda t: t.wall)
    first = target.corpus[: target.seeds] if rng.random() < 0.5 else target.corpus
    case = mutated(rng.choice(first), rng.choice(target.corpus), rng)
    if try_case(target, case, keep) and len(target.corpus) < MOST_KEPT:
        target.corpus.append(case)


def run_plain(found: list[Target], seconds: float, seed: int, keep: Keep) -> None:
    """Mutations guided by the answers they draw."""
    rng = random.Random(seed)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        step(found, rng, keep)


def run_guided(found: list[Target], seconds: float, seed: int, keep: Keep) -> None:
    """Every other input from atheris, whose coverage decides what is mutated further. Does not come back."""
    import atheris

    by_name, rng = {target.name: target for target in found}, random.Random(seed)
    deadline = time.monotonic() + seconds
    folder = keep.folder / "corpus"
    folder.mkdir(exist_ok=True)
    for target in found:
        for number, case in enumerate(target.corpus):
            (folder / f"{target.name.replace(' ', '')}-{number}").write_bytes(pack_case(target.name, case))

    def one(data: bytes) -> None:
        if time.monotonic() > deadline:
            os._exit(print_table(found))
        try:
            name, case = unpack_case(data)
        except (ValueError, KeyError, TypeError):
            return
        if name in by_name:
            try_case(by_name[name], case, keep)
        step(found, rng, keep)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)
        try:
            name, case = unpack_case(data)
        except (ValueError, KeyError, TypeError):
            name = rng.choice(found).name
            case = rng.choice(by_name[name].corpus)
        if rng.random() < 0.1:  # libFuzzer favours what is quick; every target gets its turn
            name = min(found, key=lambda t: t.wall).name
            case = rng.choice(by_name[name].corpus)
        return pack_case(name, mutated(case, rng.choice(by_name[name].corpus), rng))[:max_size]

    options = [
        f"-seed={seed}",
        "-max_len=1000000",
        "-rss_limit_mb=0",
        "-timeout=0",
        "-print_final_stats=0",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(folder)], one, custom_mutator=mutate)
    atheris.Fuzz()


def print_table(found: list[Target]) -> int:
    """Print the table; 1 when something was found."""
    print(f"\n{'target':<18}{'inputs':>9}{'accepted':>10}{'answers':>9}{'CPU s':>8}{'slowest s':>11}{'findings':>10}")
    for t in found:
        row = (
            f"{t.inputs:>9}{t.accepted:>10}{len(t.answers):>9}{t.seconds:>8.1f}{t.slowest:>11.2f}{len(t.findings):>10}"
        )
        print(f"{t.name:<18}{row}")
    inputs, findings = sum(t.inputs for t in found), sum(len(t.findings) for t in found)
    print(f"{inputs} inputs, {findings} findings", flush=True)
    return 1 if findings else 0


def raise_stuck(*_: object) -> None:
    raise Stuck(f"no answer after {STUCK_SECONDS} s")


def main() -> int:
    """Read the options and run."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--only", action="append", default=[], help="endings or stage names")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", type=Path, default=Path("/tmp/maquette-fuzz"))
    options.add_argument("--plain", action="store_true", help="without atheris even where it is installed")
    options.add_argument("--replay", type=Path)
    chosen = options.parse_args()
    keep = Keep(chosen.keep)
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, raise_stuck)
    resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))  # a MemoryError is a finding, a killed machine is not
    guided = importlib.util.find_spec("atheris") is not None and not chosen.plain and chosen.replay is None
    if guided:
        import atheris

        with atheris.instrument_imports(include=["maquette"]):
            found = targets(chosen.only)
    else:
        found = targets(chosen.only)
    if chosen.replay:
        name, case = unpack_case(chosen.replay.read_bytes())
        print(next(target for target in found if target.name == name).call(case))
        return 0
    for target in found:
        for case in target.corpus:
            try_case(target, case, keep)
    (run_guided if guided else run_plain)(found, 60 * chosen.minutes, chosen.seed, keep)
    return print_table(found)


if __name__ == "__main__":
    sys.exit(main())
