"""Tiny stages as an installed plugin, for tests of the engine: each says that it ran, one can be held and killed."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = '''
import os, signal, time
from pathlib import Path
from typing import Annotated
from pydantic import Field
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.core.subject import Subject
from maquette.registry import stage
import numpy as np


def _say(word):
    with open(os.environ["TINY_LOG"], "a") as log:
        log.write(word + "\\n")


def die_here(place):
    """End this process as a power cut would, once: where a file of this name is in the folder of deaths."""
    folder = os.environ.get("TINY_DEATHS")
    if folder:
        try:
            os.unlink(Path(folder) / place)
        except OSError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def _die_at_boundaries():
    """A worker may also be killed just before the ledger hears of a node's end, and just after."""
    if not os.environ.get("TINY_DEATHS"):
        return
    from maquette.flow.queue.ledger import Ledger

    end_node, deliver, finish = Ledger.end_node, Ledger.deliver, Ledger.finish

    def dying(method, word):
        def run(self, identity, *rest, **more):
            node = rest[0] if method is end_node else word
            die_here(f"{self.get(identity).tag}.{node}.before-{word}")
            value = method(self, identity, *rest, **more)
            die_here(f"{self.get(identity).tag}.{node}.after-{word}")
            return value
        return run

    Ledger.end_node, Ledger.deliver, Ledger.finish = (
        dying(end_node, "end"), dying(deliver, "deliver"), dying(finish, "finish"))


_die_at_boundaries()


@stage
def tiny_start(data: bytes) -> Picture:
    """Begin with a picture made of the file's first bytes."""
    _say("start")
    return Picture(np.full((1, 4, 4, 4), data[0], np.uint8))


@stage
def tiny_step(
    picture: Picture,
    *,
    name: Annotated[str, Field(description="what the log says")] = "step",
    hold_s: Annotated[float, Field(ge=0, description="how long it takes")] = 0.0,
    deaf: Annotated[bool, Field(description="never look whether to stop")] = False,
    death: Annotated[str, Field(description="the name of a file in whose presence the process dies, once")] = "",
    refuse: Annotated[str, Field(description="a file whose being there is a refusal")] = "",
) -> Picture:
    """Add one to every pixel, slowly if asked to."""
    _say(f"begin {name}")
    until = time.monotonic() + hold_s
    while time.monotonic() < until:
        time.sleep(0.02)
        if not deaf:
            progress(1 - (until - time.monotonic()) / hold_s, name)
    if refuse and Path(refuse).exists():
        raise CannotDo(f"tiny-step: {refuse} is there; take it away")
    die_here(f"{death}.inside")
    _say(f"end {name}")
    return Picture(picture.frames + np.uint8(1))


@stage
def tiny_lump(
    subject: Subject, *, seed: Annotated[int, Field(ge=0, description="how much wider, in tenths")] = 0
) -> Asset:
    """A pyramid as tall as the photo, which takes no time."""
    side = subject.height
    corners = np.array([[0, 0, 0], [1 + seed / 10, 0, 0], [0, 1, 0], [0, 0, 1]], float) * side
    camera = Camera.looking((0.0, 1.0, 0.0), (side / 2, 0.0, side / 2), distance=2.0 * side, span=1.0 * side)
    mesh = Mesh(corners, [[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
    return Asset(mesh, camera=camera, source=subject)
'''


def install(site: Path) -> dict[str, str]:
    """The environment of a process that has these stages."""
    site.mkdir(parents=True, exist_ok=True)
    (site / "tinystages.py").write_text(SOURCE)
    info = site / "tinystages-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tinystages\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[maquette]\ntiny = tinystages\n")
    path = os.pathsep.join([str(site), str(ROOT / "src"), str(ROOT / "tests")])
    return {**os.environ, "PYTHONPATH": path, "MAQUETTE_HOME": str(site / "home"), "TINY_LOG": str(site / "log.txt")}


@contextmanager
def installed_here(site: Path) -> Iterator[dict[str, str]]:
    """These stages in this process as well; the environment of those that it starts."""
    env = install(site)
    scan = importlib.import_module("maquette.registry.scan")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        patch.setenv("TINY_LOG", env["TINY_LOG"])
        patch.setenv("MAQUETTE_HOME", env["MAQUETTE_HOME"])
        scan._everything.cache_clear()
        yield env
    scan._everything.cache_clear()
    sys.modules.pop("tinystages", None)


def recipe(count: int, hold_s: float = 0.0, **last: object) -> str:
    """A recipe of so many tiny steps in a row; ``last`` are settings of the last one."""
    steps: dict[str, object] = {"s0": {"stage": "tiny-start", "from": "data"}}
    for index in range(1, count):
        settings = {"name": f"s{index}", "hold_s": hold_s, **(last if index == count - 1 else {})}
        steps[f"s{index}"] = {"stage": "tiny-step", "from": f"s{index - 1}", "with": settings}
    whole = {"recipe": "tiny", "summary": "Tiny.", "inputs": ["data"], "steps": steps, "result": f"s{count - 1}"}
    return json.dumps(whole, indent=1)


def lines(env: dict[str, str]) -> list[str]:
    """What the stages said so far."""
    log = Path(env["TINY_LOG"])
    return log.read_text().splitlines() if log.exists() else []


def start_worker(
    home: Path, env: dict[str, str], database: str = "", files: str = "", *, wait: bool = True
) -> subprocess.Popen[str]:
    """A worker process, ready unless nobody waits for it."""
    command = [sys.executable, "-m", "maquette", "worker", "--home", str(home)]
    command += ["--database", database] if database else []
    command += ["--files", files] if files else []
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    if wait:
        line = process.stderr.readline()
        assert "is ready" in line, line + process.stderr.read()
    return process


def wait_for(condition, seconds: float = 30.0, pause: float = 0.02):
    """Wait until something is so; the value that says so."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(pause)
    raise AssertionError(f"not within {seconds} s")


class Server:
    """A `maquette serve` process and how to ask it."""

    def __init__(self, home: Path, env: dict[str, str], *words: str) -> None:
        import httpx

        command = [sys.executable, "-m", "maquette", "serve", "--home", str(home), "--port", "0", *words]
        self.process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert "maquette serves" in line, line + self.process.stderr.read()
        self.base = line.split()[2].removesuffix("/api")
        self.client = httpx.Client(base_url=self.base, timeout=240, trust_env=False, verify=False)

    def job(self, identity: str, seconds: float = 60.0) -> dict:
        """A job once it has ended."""
        return wait_for(
            lambda: (one := self.client.get(f"/api/jobs/{identity}?wait=20").json())["ended"] and one, seconds
        )

    def upload(self, data: bytes, name: str = "a.bin") -> str:
        """A file's digest."""
        return self.client.post(f"/api/files?name={name}", content=data).json()["digest"]

    def stop(self) -> int:
        """Stop it as an operator does."""
        self.client.close()
        self.process.terminate()
        code = self.process.wait(120)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


@contextmanager
def serving(factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the tiny stages, which this process has too; both go at the end."""
    with installed_here(factory.mktemp("site")) as env:
        server = Server(factory.mktemp("home"), env)
        yield server
        server.process.kill()
        server.stop()
