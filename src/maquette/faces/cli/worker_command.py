"""``maquette worker``: take jobs from the queue, here or on any machine that sees the same database and store."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import click

from maquette.faces.cli.terminal import Terminal


@click.command("worker")
@click.option("--home", type=click.Path(path_type=Path), help="the engine's folder; default: the user's own")
@click.option("--database", default="", metavar="ADDRESS", help="postgresql://… for several machines; default: SQLite")
@click.option(
    "--files", default="", metavar="ADDRESS", help="s3://bucket/… or file:///…, shared; default: in the folder"
)
@click.option("--with-parent", type=int, default=0, hidden=True, help="end when this process, which started it, ends")
def worker(home: Path | None, database: str, files: str, with_parent: int) -> None:
    """Take jobs from the queue until stopped; start several for several at once."""

    def body(terminal: Terminal) -> int:
        from maquette.flow.queue.extra import insist_on_server_extra

        insist_on_server_extra("worker")
        from maquette.flow.queue.worker import Worker
        from maquette.flow.queue.workshop import Workshop

        stop = threading.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: stop.set())
        workshop = Workshop.at(home, database, files)
        if not files:  # whoever takes over finds them; machines that share no folder must name one
            os.environ.setdefault("MAQUETTE_ORDERS", str(workshop.root / "hosted"))
        hand = Worker(workshop)
        hand.work(stop, lambda: click.echo(f"worker {hand.control.name} is ready", err=True), with_parent)
        if threading.active_count() > 1:  # a stage under way, which another worker does again: Python would wait for it
            os._exit(0)
        return 0

    Terminal(as_json=False).guard(body)
