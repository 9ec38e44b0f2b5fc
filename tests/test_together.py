"""Several pieces of work at once: order of results, notes and errors, and stopping."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest

from maquette.core.errors import CannotDo
from maquette.core.memory import once, remember
from maquette.core.progress import Cancelled, note, noting, progress, watching
from maquette.core.together import together


@pytest.fixture(params=[1, 2])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(os, "cpu_count", lambda: request.param)
    return int(request.param)


def _piece(number: int, wait: float = 0.0):
    def work() -> int:
        time.sleep(wait)
        note(f"piece {number}")
        return number

    return work


def test_results_and_notes_come_in_the_order_of_the_work(cores: int) -> None:
    with noting() as said:
        assert together([_piece(0, 0.05), _piece(1), _piece(2)]) == [0, 1, 2]
    assert said == ["piece 0", "piece 1", "piece 2"]


def test_two_pieces_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    meeting = threading.Barrier(2, timeout=20)  # broken unless both are there
    assert sorted(together([meeting.wait, meeting.wait])) == [0, 1]


def test_the_first_error_by_order_is_raised(cores: int) -> None:
    def fail(word: str, wait: float):
        def work() -> None:
            time.sleep(wait)
            raise CannotDo(word)

        return work

    with pytest.raises(CannotDo, match="first"):
        together([fail("first", 0.05), fail("second", 0.0)])


def test_progress_names_each_piece_and_keeps_theirs_out(cores: int) -> None:
    heard: list[tuple[float, str]] = []

    def work() -> None:
        progress(0.5, "inside")

    with watching(lambda share, words: heard.append((share, words))):
        together([work, work], ["one", "two"])
    assert heard == [(0.0, "one"), (0.5, "two")]


def test_who_watches_can_stop_the_work_inside(cores: int) -> None:
    begun = threading.Event()

    def work() -> None:
        begun.set()
        for _ in range(2000):
            progress(0.0)
            time.sleep(0.005)

    with watching(lambda share, words: None, begun.is_set), pytest.raises(Cancelled):
        together([work, work, work])


def test_what_is_asked_from_two_threads_is_worked_out_once() -> None:
    asked: list[int] = []

    @remember(2)
    def total(numbers: np.ndarray) -> float:
        asked.append(len(numbers))
        time.sleep(0.05)
        return float(numbers.sum())

    class Room:
        @once
        def size(self) -> int:
            asked.append(-1)
            time.sleep(0.05)
            return 7

    numbers, room = np.arange(5.0), Room()
    numbers.flags.writeable = False
    answers: list[float] = []

    def ask() -> None:
        answers.extend([total(numbers), room.size])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked) == [-1, 5]
    assert sorted(answers) == [7] * 4 + [10.0] * 4


def test_a_failure_is_not_kept_and_wakes_who_waits() -> None:
    tries: list[int] = []

    @remember(2)
    def fragile(size: int) -> int:
        tries.append(size)
        if len(tries) == 1:
            raise CannotDo("not yet")
        return size

    with pytest.raises(CannotDo):
        fragile(3)
    assert fragile(3) == fragile(3) == 3
    assert tries == [3, 3]


def test_one_piece_may_be_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    heard: list[str] = []

    def work(words: str):
        return lambda: progress(0.5, words)

    with watching(lambda share, words: heard.append(words)):
        together([work("first"), work("second")], heard=0)
    assert [words for words in heard if words] == ["first"]
