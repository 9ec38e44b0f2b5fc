"""The tools that run the tests: what `make quick` picks, and which skips a run with judges accepts."""

from __future__ import annotations

import json
from collections import Counter
from types import SimpleNamespace

import pytest

import touched
from conftest import reason_of, unaccepted_reasons, write_seconds


def test_a_change_brings_the_tests_that_name_it():
    found = touched.concerned_tests({"src/maquette/shape/mend/weld.py"})
    assert "test_weld" in found
    assert "test_stl" not in found
    assert touched.concerned_tests({"docs/recipes.md"}) == ["test_docs"]
    assert touched.concerned_tests({"tests/test_gone_long_ago.py"}) == []


def test_without_a_change_the_quickest_run_for_two_minutes(monkeypatch):
    monkeypatch.setattr(touched, "changed_files", set)
    run, slow = touched.choose_tests()
    assert len(run) == len(set(run)) > 60
    assert "test_weld" in run
    assert "test_slice" in slow
    assert set(run) | set(slow) == {path.stem for path in (touched.ROOT / "tests").glob("test_*.py")}
    seconds = json.loads((touched.ROOT / "tests" / "seconds.json").read_text())
    assert sum(seconds.get(name, 0) for name in set(run) - set(touched.ALWAYS)) <= touched.BUDGET_S


def test_a_run_writes_what_each_file_took(tmp_path):
    place = tmp_path / "seconds.json"
    facts = {"location": ("", 0, ""), "keywords": {}, "outcome": "passed", "longrepr": None, "when": "call"}
    reports = [
        pytest.TestReport(nodeid=f"tests/test_{name}.py::test_it", duration=seconds, **facts)
        for name, seconds in (("a", 2.0), ("b", 0.1), ("a", 1.5), ("c", 0.6))
    ]
    write_seconds([*reports, "what is no report"], place)
    assert json.loads(place.read_text()) == {"test_a": 3.5, "test_c": 0.6}


@pytest.mark.parametrize(
    ("reason", "is_accepted"),
    [
        ("needs ../shared/data/images", True),
        ("no damaged meshes in /x/shared/data/broken", True),
        ("needs prusa-slicer (Debian: apt-get install prusa-slicer)", False),
        ("could not import 'torch': No module named 'torch'", False),
        ("needs node and `npm install gltf-validator`; GLTF_VALIDATOR names the package's folder", False),
    ],
)
def test_a_missing_judge_is_no_reason_to_skip(reason, is_accepted, monkeypatch):
    monkeypatch.setenv("MAQUETTE_JUDGES", "required")
    assert (unaccepted_reasons(Counter([reason])) == []) == is_accepted
    monkeypatch.delenv("MAQUETTE_JUDGES")
    assert unaccepted_reasons(Counter([reason])) == []


def test_the_reason_is_told_without_its_place():
    report = SimpleNamespace(longrepr=("/x/tests/test_a.py", 3, "Skipped: needs a slicer\nand more"))
    assert reason_of(report) == "needs a slicer"
