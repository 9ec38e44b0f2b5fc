"""Bake-off: every photo by every generator on every route, graded on the route's own rubric."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

import maquette as mq
import shapes
from maquette.core.report import Finding, Report
from maquette.faces.cli.main import main
from maquette.flow.batch import bakeoff
from maquette.flow.batch.bakeoff import Cell, bake_one, grade, keep_measurements, summary_rows, write_bake_off
from maquette.flow.picker import pick_list
from maquette.geometry.f_score import f_score
from maquette.geometry.sampling import surface_samples
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


def test_a_result_and_a_refusal_are_cells(photo, tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(bakeoff, "judge_built", lambda built: made.append(built) or Graded())
    cell = bake_one(photo, "inflate", "print")
    assert (cell.state, cell.verdict, cell.rubric_passed, cell.rubric_asked) == ("made", "pass", 1, 1)
    assert cell.raw_closed
    assert cell.raw_faces > 100
    assert cell.cleanup_s > 0
    assert cell.interventions >= 0
    again = bake_one(photo, "inflate", "print", None, tmp_path)
    assert again.cleanup_s == 0  # everything was kept
    own = bake_one(photo, "inflate", "print", bakeoff.raw_place(tmp_path, "ball.png", "inflate", "print"))
    assert own.f_score > 0.99
    assert summary_rows([own])[0]["F-score"] == f"{own.f_score:.3f} of 1"
    keep_measurements([own])
    measured = {pick.stage.name: pick.measured for pick in pick_list()}["inflate"]
    assert (measured.f_score, measured.objects) == (own.f_score, 1)
    assert "1 true shapes" in measured.protocol
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
    monkeypatch.setattr(
        bakeoff, "bake_one", lambda photo, generator, route, *_: Cell(photo.name, generator, route, "made")
    )
    words = ["bake-off", str(photo.parent), "-o", str(tmp_path / "out"), "--json"]
    cells = json.loads(CliRunner().invoke(main, words).stdout)["cells"]
    assert [(cell["route"], cell["generator"]) for cell in cells] == [
        ("print", "sculpt"), ("print", "inflate"), ("model", "sculpt"), ("model", "inflate"),
    ]  # fmt: skip
    assert (tmp_path / "out" / "index.html").exists()
    assert CliRunner().invoke(main, [*words, "--generators", "nothing"]).exit_code == 3
    assert CliRunner().invoke(main, [*words, "--routes", "shelf"]).exit_code == 3


def arrays(mesh):
    return mesh.vertices, mesh.faces


def test_where_the_truth_lies_and_how_near_it_is(photo):
    assert bakeoff.truth_of(photo, None) is None
    mq.save(mq.Asset(shapes.sphere(40)), photo.with_suffix(".ply"))
    truth = bakeoff.truth_of(photo, None)
    assert truth == photo.with_suffix(".ply")
    assert bakeoff.score_against(mq.Asset(shapes.sphere(3)), truth) > 0.99
    assert bakeoff.score_against(mq.Asset(shapes.box((1, 1, 9))), truth) < 0.5
    assert bakeoff.score_against(mq.Asset(shapes.sphere(1).keep_faces([])), truth) is None


def test_a_surface_is_its_own_truth_however_it_is_turned():
    bar = mq.Asset(shapes.box((10, 20, 40)))
    points = surface_samples(*arrays(bar.mesh), 10_000).points
    turned = mq.rotate(bar, z_deg=90.0, x_deg=90.0).mesh
    assert f_score(surface_samples(*arrays(turned), 10_000).points * 7 + 3, points) > 0.9
    assert f_score(surface_samples(*arrays(shapes.box((40, 40, 2))), 10_000).points, points) < 0.7


def test_a_person_is_timed_and_what_they_saved_is_looked_at(tmp_path, monkeypatch):
    cells = [Cell("a.png", "sculpt", "print", "made"), Cell("b.png", "sculpt", "print", "made"), CELLS[2]]
    for cell in cells[:2]:
        open_box = shapes.box((1, 1, 1)).keep_faces(np.arange(10))
        mq.save(mq.Asset(open_box), bakeoff.raw_place(tmp_path, cell.photo, "sculpt", "print"))
    clock = iter([100.0, 142.0])
    monkeypatch.setattr(bakeoff.time, "monotonic", lambda: next(clock))
    answers = iter(["", "done", "s"])

    def ask(words):
        answer = next(answers)
        if answer == "done":
            mq.save(mq.Asset(shapes.box((1, 1, 1))), bakeoff.raw_place(tmp_path, "a.png", "sculpt", "print"))
        return answer

    timed = bakeoff.time_a_person(cells, tmp_path, ask)
    assert [(cell.person_s, cell.person_closed) for cell in timed] == [(42.0, True), (None, None), (None, None)]
    assert [row.get("person s") for row in summary_rows(timed)] == ["42 of 1", ""]
