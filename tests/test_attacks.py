"""What is tried on the engine's own files and logs: pickles in them, lines that are not ours; and full disks."""

from __future__ import annotations

import ast
import asyncio
import errno
import json
import logging
import os
import pickle
import sqlite3
from pathlib import Path

import pytest

pytest.importorskip("dbos", reason="needs the extra server")

import numpy as np

import tiny_stages
from maquette.core.errors import BadInput, Unavailable
from maquette.core.picture import Picture
from maquette.core.values import decode
from maquette.faces.server.guard import Guard
from maquette.faces.server.settings import ServerSettings
from maquette.flow.queue.entry import Wish
from maquette.flow.queue.order import Order, Source
from maquette.flow.queue.ordering import Queue
from maquette.flow.queue.workshop import Workshop
from maquette.store import Blobs, Store

SOURCE = Path(__file__).parent.parent / "src" / "maquette"


class Bomb:
    """A pickle that would leave a mark when somebody reads it."""

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)

    def __init__(self, mark: Path) -> None:
        self.mark = mark


def test_a_pickle_in_the_store_or_in_an_upload_is_bytes(tmp_path):
    mark = tmp_path / "mark"
    data = pickle.dumps(Bomb(mark))
    with pytest.raises(BadInput):
        decode(data)
    store = Store(tmp_path)
    assert store.put("ab", Picture(np.zeros((1, 2, 2, 4), np.uint8)))
    (tmp_path / "results" / "ab.value").write_bytes(data)
    assert store.get("ab") is None
    blobs = Blobs(tmp_path / "files")
    assert blobs.read(blobs.put(data)) == data
    assert not mark.exists()


def test_steps_and_orders_are_kept_as_json(tmp_path):
    with tiny_stages.installed_here(tmp_path / "site"):
        workshop = Workshop.at(tmp_path / "engine")
        queue = Queue(workshop)
        source = Source(workshop.blobs.put(b"\7"), "a.bin")
        job = queue.order(Wish(Order("recipe", {"data": source}, "out.png", tiny_stages.recipe(2))))
        queue.close()
        workshop.ledger.close()
    connection = sqlite3.connect(tmp_path / "engine" / "steps.sqlite")
    (serialization,) = connection.execute("select serialization from workflow_status").fetchone()
    (inputs,) = connection.execute("select inputs from workflow_input").fetchone()
    assert serialization == "portable_json"
    assert json.loads(inputs)["positionalArgs"] == [job.id, 1]
    connection.close()


def test_nothing_of_ours_reads_pickles():
    """One place opens a PyTorch archive, with weights alone; nobody imports pickle, marshal, shelve or dill."""
    readers = set()
    for place in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(place.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & {"pickle", "marshal", "shelve", "dill"}, place
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                assert "weights_only=True" in ast.unparse(node)
                readers.add(place.name)
    assert readers <= {"weights.py"}


def test_a_path_cannot_write_a_line_into_the_log(caplog):
    async def broken(scope, receive, send):
        raise RuntimeError("a bug")

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        pass

    def words(path, problem, trace):
        from starlette.responses import Response

        return Response(status_code=500)

    guard = Guard(broken, ServerSettings(), None, None, words)
    path = "/api/x\n2026-11-30 CRITICAL root: all is well\r\n"
    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"127.0.0.1")],
             "client": ("127.0.0.1", 1), "query_string": b""}  # fmt: skip
    with caplog.at_level(logging.ERROR, "maquette.server"):
        asyncio.run(guard(scope, receive, send))
    (record,) = caplog.records
    assert "\n" not in record.getMessage()
    assert "\\n2026-11-30" in record.getMessage()


def test_a_full_disk_is_one_clear_error_and_leaves_no_half_file(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    blobs, store = Blobs(tmp_path / "files"), Store(tmp_path)
    monkeypatch.setattr("maquette.store.blobs.os.fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        blobs.put(b"abc")
    monkeypatch.setattr("maquette.store.folder.os.replace", full)
    with pytest.raises(Unavailable, match="No space left"):
        store.put("ab", Picture(np.zeros((1, 2, 2, 4), np.uint8)))
    assert [place for place in tmp_path.rglob("*") if place.is_file()] == []


def test_a_ledger_that_cannot_grow_says_so_and_goes_on_afterwards(tmp_path):
    """SQLite's own bound on its pages stands for a full disk: its error is the same."""
    with tiny_stages.installed_here(tmp_path / "site"):
        workshop = Workshop.at(tmp_path / "engine")
        queue = Queue(workshop)
        source = Source(workshop.blobs.put(b"\7"), "a.bin")
        order = Order("recipe", {"data": source}, "out.png", tiny_stages.recipe(40))
        queue.order(Wish(order))
        synced = workshop.ledger.database._synced
        with synced.connect() as connection:  # the one connection of its pool: the bound stays with it
            pages = connection.exec_driver_sql("pragma page_count").scalar()
            connection.exec_driver_sql(f"pragma max_page_count={pages}")
        accepted = []

        def order_until_full():
            while len(accepted) < 50:
                accepted.append(queue.order(Wish(order)).id)

        with pytest.raises(Unavailable, match="is full"):
            order_until_full()
        assert len(workshop.ledger.listed()) == 1 + len(accepted)  # what was accepted is there, what was not is not
        with synced.connect() as connection:
            connection.exec_driver_sql("pragma max_page_count=1000000")
        assert queue.order(Wish(order)).state == "queued"
        queue.close()
        workshop.ledger.close()
