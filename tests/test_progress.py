import contextvars
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.core.errors import MaquetteError
from maquette.core.progress import Cancelled, note, noting, part, progress, watching


def listen(work) -> list[tuple[float, str]]:
    """What a watcher hears while ``work`` runs."""
    reports = []
    with watching(lambda fraction, message: reports.append((fraction, message))):
        work()
    return reports


def test_reports_reach_the_watcher_in_order():
    assert listen(lambda: [progress(n / 4, f"step {n}") for n in range(5)]) == [
        (0.0, "step 0"), (0.25, "step 1"), (0.5, "step 2"), (0.75, "step 3"), (1.0, "step 4")
    ]  # fmt: skip


def test_without_a_watcher_nothing_happens():
    progress(0.5, "nobody listens")
    with part(0, 1):
        progress(2)
    note("nobody takes notes")


def test_fractions_stay_within_their_part():
    assert listen(lambda: [progress(f) for f in (-1, 0, 1, 7)]) == [(0.0, ""), (0.0, ""), (1.0, ""), (1.0, "")]

    def work():
        with part(0.25, 0.5):
            for fraction in (-1, 0, 0.5, 1, 7):
                progress(fraction)
        progress(0.5)

    assert [fraction for fraction, _ in listen(work)] == [0.25, 0.25, 0.375, 0.5, 0.5, 0.5]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted), max_size=6), st.floats(0, 1))
def test_parts_within_parts_are_shares_of_shares(shares, fraction):
    def work():
        def inner(left):
            if not left:
                progress(fraction)
                return
            with part(*left[0]):
                inner(left[1:])

        inner(shares)

    low, high = 0.0, 1.0
    for start, stop in shares:
        low, high = low + (high - low) * start, low + (high - low) * stop
    ((got, _),) = listen(work)
    assert got == pytest.approx(low + (high - low) * fraction, abs=1e-12)
    assert 0 <= got <= 1


def test_a_part_ends_even_when_its_work_fails():
    def work():
        with pytest.raises(ZeroDivisionError), part(0, 0.1):
            _ = 1 / 0
        progress(0.5)

    assert listen(work) == [(0.5, "")]


def test_a_watcher_within_a_watcher_hears_alone():
    inside = []

    def work():
        progress(0.1)
        inside.extend(listen(lambda: progress(0.2)))
        progress(0.3)

    assert [fraction for fraction, _ in listen(work)] == [0.1, 0.3]
    assert inside == [(0.2, "")]


def test_cancel_stops_at_the_next_report():
    reports, done = [], []

    def work():
        for n in range(10):
            progress(n / 10)
            done.append(n)

    with pytest.raises(Cancelled), watching(lambda *report: reports.append(report), lambda: len(done) == 3):
        work()
    assert done == [0, 1, 2]
    assert len(reports) == 3


def test_cancel_reaches_into_parts_and_is_no_error_to_swallow():
    assert not issubclass(Cancelled, Exception)
    assert not issubclass(Cancelled, MaquetteError)

    def stubborn():
        with part(0, 1):
            try:
                progress(0.5)
            except Exception:
                pytest.fail("swallowed")

    with pytest.raises(Cancelled), watching(lambda *_: None, lambda: True):
        stubborn()
    progress(0.5)  # nobody watches any more


def test_threads_watch_for_themselves():
    """A thread starts without a watcher; whoever starts one copies the context to take it along."""
    reports = []

    def work():
        progress(0.5, "from a thread")

    with watching(lambda *report: reports.append(report)):
        context = contextvars.copy_context()
        for target in (work, lambda: context.run(work)):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
    assert reports == [(0.5, "from a thread")]


def test_notes_go_to_the_innermost_taker():
    with noting() as outer:
        note("one")
        with noting() as inner:
            note("two")
        note("three")
    assert outer == ["one", "three"]
    assert inner == ["two"]
