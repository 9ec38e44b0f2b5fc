"""Bake-off: every photo by every generator on every route, graded on the route's own rubric."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from maquette.core.report import Finding, Report
from maquette.faces.cli.main import main
from maquette.flow.batch import bakeoff
from maquette.flow.batch.bakeoff import Cell, bake_one, grade, keep_measurements, summary_rows, write_bake_off
from maquette.flow.picker import pick_list
from samples import cut_out, png


@pytest.fixture
def photo(tmp_path, monkeypatch):
    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path / "home"))
    subject = cut_out(48)
    place = tmp_path / "photos" / "ball.png"
    place.parent.mkdir()
    place.write_bytes(png(np.dstack([subject.pixels, (subject.mask * 255).astype(np.uint8)])))
    return place


def opinion(check, verdict):
    return Finding(check, verdict, "words")


def test_a_route_is_graded_on_its_own_rubric_alone():
    opinions = [opinion("watertight", "pass"), opinion("sliced", "fail"), opinion("has-uv", "fail")]
    report = Report("print", "mk4", (*opinions, opinion("silhouette", "pass"), opinion("stability", "unknown")))
    assert grade(report, "print") == (1, 2, ["sliced", "has-uv"])
    assert grade(report, "model") == (1, 2, ["sliced", "has-uv"])


def test_a_result_and_a_refusal_are_cells(photo, monkeypatch):
    made = []
    monkeypatch.setattr(bakeoff, "judge_built", lambda built: made.append(built) or Graded())
    cell = bake_one(photo, "inflate", "print")
    assert (cell.state, cell.verdict, cell.rubric_passed, cell.rubric_asked) == ("made", "pass", 1, 1)
    assert cell.raw_closed
    assert cell.raw_faces > 100
    assert cell.cleanup_s > 0
    assert cell.interventions >= 0
    again = bake_one(photo, "inflate", "print")
    assert again.cleanup_s == 0  # everything was kept
    refused = bake_one(photo, "local-worker", "print")
    assert refused.state == "refused"
    assert refused.error


class Graded:
    report = Report("print", "mk4", (opinion("watertight", "pass"),))


CELLS = [
    Cell("a.png", "sculpt", "print", "made", "pass", 3, 4, "", True, 900, 2.0, 0.5, 2),
    Cell("b.png", "sculpt", "print", "made", "fail", 1, 4, "=sliced", False, 900, 2.0, 1.5, 4),
    Cell("b.png", "sculpt", "model", "refused", error="CannotDo: <b>no"),
]


def test_tables_show_failures_and_never_add_routes(tmp_path, monkeypatch):
    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path / "home"))
    rows = summary_rows(CELLS)
    assert [(row["route"], row["made"], row["rubric"]) for row in rows] == [
        ("print", "2 of 2", "4 of 8"), ("model", "0 of 1", "0 of 0"),
    ]  # fmt: skip
    assert (rows[0]["raw closed"], rows[0]["cleanup s"], rows[0]["steps that changed it"]) == ("1 of 2", "1.00", "3")
    page, table = write_bake_off(CELLS, tmp_path / "out")
    assert "&lt;b&gt;no" in page.read_text()
    assert [row["failures"] for row in csv.DictReader(table.read_text().splitlines())][1] == "'=sliced"
    keep_measurements(CELLS)
    measured = {pick.stage.name: pick.measured for pick in pick_list()}["sculpt"]
    assert (measured.watertight, measured.cleanup_s, measured.objects) == (0.5, 1.0, 2)


def test_the_command(photo, tmp_path, monkeypatch):
    monkeypatch.setattr(bakeoff, "bake_one", lambda photo, generator, route: Cell(photo.name, generator, route, "made"))
    words = ["bake-off", str(photo.parent), "-o", str(tmp_path / "out"), "--json"]
    cells = json.loads(CliRunner().invoke(main, words).stdout)["cells"]
    assert [(cell["route"], cell["generator"]) for cell in cells] == [
        ("print", "sculpt"), ("print", "inflate"), ("model", "sculpt"), ("model", "inflate"),
    ]  # fmt: skip
    assert (tmp_path / "out" / "index.html").exists()
    assert CliRunner().invoke(main, [*words, "--generators", "nothing"]).exit_code == 3
    assert CliRunner().invoke(main, [*words, "--routes", "shelf"]).exit_code == 3
