"""The tools that run the tests: what `make quick` picks, and which skips a run with judges accepts."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

import touched
from conftest import reason_of, unaccepted_reasons


def test_a_change_brings_the_tests_that_name_it():
    found = touched.concerned_tests({"src/maquette/shape/mend/weld.py"})
    assert "test_weld" in found
    assert "test_stl" not in found
    assert touched.concerned_tests({"docs/recipes.md"}) == ["test_docs"]
    assert touched.concerned_tests({"tests/test_gone_long_ago.py"}) == []


def test_without_a_change_everything_runs_but_the_slow(monkeypatch):
    monkeypatch.setattr(touched, "changed_files", set)
    picked = touched.choose_tests()
    assert len(picked) == len(set(picked)) > 60
    assert "tests/test_weld.py" in picked
    assert "tests/test_slice.py" not in picked


def test_slow_files_exist():
    assert not {name for name in touched.SLOW if not (touched.ROOT / "tests" / f"{name}.py").exists()}


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
