"""Rooms: what a person may say of itself, and what no document may hold."""

from __future__ import annotations

import asyncio
import json

import pytest

pytest.importorskip("dbos", reason="needs the extra server")

from maquette.faces.server.rooms import MOST_WAITING, Room, _of_a_person, _refuse


def test_a_person_says_little_of_itself():
    said = {"name": 5, "hue": 20, "cursor": [1, 2], "junk": "x" * 1000, "eye": "y" * 5000}
    assert _of_a_person(said) == {"name": "5", "hue": 20, "cursor": [1, 2]}
    assert len(_of_a_person({"name": "n" * 90})["name"]) == 40


def test_no_number_that_browsers_cannot_read():
    with pytest.raises(ValueError, match="NaN"):
        json.loads('{"set": {"x": NaN}}', parse_constant=_refuse)


def test_who_hears_nothing_is_let_go():
    room = Room("graph/x", "local", {})
    line = room.lines["a"] = asyncio.Queue()
    for number in range(MOST_WAITING + 20):
        room.tell({"at": number})
    assert line.qsize() == MOST_WAITING + 1
    heard = [line.get_nowait() for _ in range(line.qsize())]
    assert heard[-1] is None
    assert heard[-2] == {"at": MOST_WAITING - 1}
