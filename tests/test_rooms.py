"""Rooms: what a person may say of itself, and what no document may hold."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

pytest.importorskip("dbos", reason="needs the extra server")

from maquette.faces.server.rooms import MOST_WAITING, Room, _change, _of_a_person, _parse
from maquette.flow.queue.database import Database
from maquette.flow.queue.shared import SharedRows
from private_postgres import private_postgres, skip_without


def test_a_person_says_little_of_itself():
    said = {"name": 5, "hue": 20, "cursor": [1, 2], "junk": "x" * 1000, "eye": "y" * 5000}
    assert _of_a_person(said) == {"name": "5", "hue": 20, "cursor": [1, 2]}
    assert len(_of_a_person({"name": "n" * 90})["name"]) == 40


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_no_number_that_browsers_cannot_read(number):
    with pytest.raises(ValueError, match=number):
        _parse(f'{{"set": {{"x": {number}}}}}')
    assert _parse("[1.5, -2e3]") == [1.5, -2000.0]


def test_who_hears_nothing_is_let_go():
    room = Room("graph/x", "local", {})
    line = room.lines["a"] = asyncio.Queue()
    for number in range(MOST_WAITING + 20):
        room.tell({"at": number})
    assert line.qsize() == MOST_WAITING + 1
    heard = [line.get_nowait() for _ in range(line.qsize())]
    assert heard[-1] is None
    assert heard[-2] == {"at": MOST_WAITING - 1}


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    skip_without()
    with private_postgres() as cluster:
        yield cluster.address("rooms")


def test_servers_over_one_database_lose_nothing(url):
    databases = [Database(url), Database(url)]
    servers = [SharedRows(database) for database in databases]

    def change(number):
        servers[number % 2].change("graph/x", "local", {f"p{number}": number}, lambda rows: True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(40)))
    assert servers[0].read("graph/x", "local") == {f"p{number}": number for number in range(40)}
    assert servers[1].change("graph/x", "local", {"p0": None, "p1": 7}, lambda rows: len(rows) == 39)["p1"] == 7
    assert servers[0].begin("graph/x", "local", {"late": 1})["p1"] == 7
    assert servers[0].change("graph/y", "local", {"big": 1}, lambda rows: False) is None
    assert servers[1].read("graph/y", "local") is None
    with ThreadPoolExecutor(8) as pool:  # no one of them finds that another was first
        list(pool.map(lambda number: servers[number % 2].write("graph/z", "local", {"n": number}), range(16)))
    assert set(servers[0].read("graph/z", "local")) == {"n"}
    for database in databases:
        database.close()


def test_a_room_hears_what_was_changed_at_another_server(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    shared = SharedRows(database)
    shared.write("graph/x", "local", {"a": 1, "gone": 1})
    room = Room("graph/x", "local", {"a": 1, "gone": 1})
    line = room.lines["me"] = asyncio.Queue()
    shared.change("graph/x", "local", {"b": 2, "gone": None}, lambda rows: True)
    asyncio.run(_change(SimpleNamespace(shared=shared), room, "me", {"a": 3}, True))
    assert line.get_nowait()["set"] == {"b": 2, "gone": None}
    assert line.get_nowait() == {"set": {"a": 3}, "by": "me", "at": 1}
    assert shared.read("graph/x", "local") == room.rows == {"a": 3, "b": 2}
    database.close()
