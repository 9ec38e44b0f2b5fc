"""What mending moved: measured at the print's size, whatever placed the model in between."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.flow.engine.run import run
from maquette.flow.make import make
from maquette.flow.recipes.load import load_recipe
from maquette.flow.report.mended import laid_over, moved_by_mending
from shapes import box, sphere

MK4 = Printer.named("prusa-mk4")
PLACED = """
recipe: placed
summary: A model mended and placed.
inputs: [model]
steps:
  raw: {stage: weld, from: model}
%s
result: %s
"""


def ran(lines: list[str], mesh: Mesh, projection: str | None = "perspective"):
    names = [line.split(":")[0] for line in lines]
    text = PLACED % ("\n".join(f"  {line}" for line in lines), names[-1])
    return run(load_recipe(text), {"model": Asset(mesh, camera=camera(projection))})


def camera(projection: str | None) -> Camera | None:
    if projection is None:
        return None
    return Camera.looking((0.3, 1, -0.2), (1, 2, 3), distance=300, span=0.7 if projection == "perspective" else 90,
                          projection=projection)  # fmt: skip


@pytest.mark.parametrize("projection", [None, "orthographic", "perspective"])
def test_an_asset_knows_where_its_points_went(projection):
    asset = Asset(sphere(20, 3), camera=camera(projection))
    points = asset.mesh.vertices
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    after = asset.moved(rotation=turn, scale=0.8, offset=(5, -6, 7)).moved(scale=2)
    assert np.allclose(place_points(points, after), 1.6 * points @ turn.T + [10, -12, 14], atol=1e-9)
    assert np.allclose(place_points(points, after), after.mesh.vertices, atol=1e-9)


def place_points(points: np.ndarray, asset: Asset) -> np.ndarray:
    return points @ asset.placement[:3, :3].T + asset.placement[:3, 3]


@pytest.mark.parametrize("move", [
    mq.settle,
    lambda asset: mq.settle(mq.orient(asset)),
    lambda asset: mq.scale_to(mq.rotate(asset, x_deg=30, up="-Y"), height_mm=12),
    lambda asset: mq.solidify(mq.scale_to(asset, height_mm=12)),
])  # fmt: skip
@pytest.mark.parametrize("projection", [None, "perspective"])
def test_the_placement_goes_along_with_every_stage_that_places(move, projection):
    """Whatever they do to the surface: the far corners of a box still lie where the placement says."""
    asset = Asset(box((10, 20, 30), (4, 5, 6)), camera=camera(projection))
    after = move(asset)
    there = place_points(asset.mesh.vertices, after)
    gaps = np.linalg.norm(there[:, None] - after.mesh.vertices, axis=2).min(axis=1)
    assert gaps.max() < 1e-6 * after.mesh.diagonal


@pytest.mark.parametrize("projection", [None, "orthographic", "perspective"])
def test_points_are_carried_past_a_stage_that_changes_the_vertices(projection):
    """settle cuts the pole off a ball, and moves it; the placement knows by how much."""
    asset = Asset(sphere(20, 4).with_vertices(sphere(20, 4).vertices + [3, 4, 50]), camera=camera(projection))
    after = mq.settle(asset)
    assert len(after.mesh.vertices) != len(asset.mesh.vertices)
    top, new_top = (a.mesh.vertices[a.mesh.vertices[:, 2].argmax()] for a in (asset, after))
    assert np.allclose(place_points(top[None], after)[0], new_top, atol=1e-9)


def test_a_cut_is_measured_in_the_mm_of_the_print():
    """A ball of 40 mm loses a slice at its pole, then is made twice as large: twice the slice is missing there."""
    ball = sphere(20, 4)
    done = ran(
        ["down: {stage: settle, from: raw}", "sized: {stage: scale-to, from: down, with: {height_mm: 78}}"], ball
    )
    cut = 40 - done.values["down"].size[2]
    assert cut > 0.5
    moved = moved_by_mending(done, MK4)
    factor = 78 / (40 - cut)
    said = moved.finding
    assert said.check == "deviation"
    back = float(said.message.split("reference to model ")[1].split("average, ")[1].split(" at most")[0])
    assert back == pytest.approx(cut * factor, rel=0.1)  # the farthest of 30,000 points, not the pole itself
    assert moved.asset == done.values["sized"]
    assert len(said.overlay) == len(moved.asset.mesh.faces)
    top = moved.asset.mesh.triangles[:, :, 2].min(axis=1) > 20
    assert said.overlay[top].max() < 1e-3


def test_placing_alone_moves_nothing():
    done = ran(["down: {stage: settle, from: raw}", "sized: {stage: scale-to, from: down, with: {height_mm: 78}}"],
               box((10, 20, 30), (4, 5, 6)))  # fmt: skip
    assert moved_by_mending(done, MK4) is None


def test_without_a_camera_it_is_told_as_well():
    """settle cuts a ball and moves it: the placement says how far, camera or not."""
    lines, ball = ["down: {stage: settle, from: raw}"], sphere(20, 4)
    assert moved_by_mending(ran(lines, ball, None), MK4).finding == moved_by_mending(ran(lines, ball), MK4).finding


def test_a_lost_placement_claims_nothing():
    """A stage that makes a new asset of a moved one does not say where that lies: a wrong number would be worse."""
    raw = Asset(sphere(20, 4)).moved(offset=(1, 2, 3))
    sized = mq.scale_to(raw, height_mm=78)
    assert np.allclose(laid_over(raw, sized).mesh.vertices, sized.mesh.vertices, atol=1e-9)
    assert laid_over(raw, Asset(sized.mesh)) is None
    assert laid_over(Asset(raw.mesh), Asset(raw.mesh)).mesh == raw.mesh


def test_a_plinth_and_a_cavity_are_no_mending():
    ball = sphere(20, 4)
    lines = ["down: {stage: settle, from: raw}", "stood: {stage: plinth, from: down}"]
    moved = moved_by_mending(ran(lines, ball), MK4)
    plain = moved_by_mending(ran(lines[:1], ball), MK4)
    assert moved.finding == plain.finding
    lines = ["down: {stage: settle, from: raw}", "empty: {stage: hollow, from: down}"]
    assert moved_by_mending(ran(lines, ball), MK4).finding == plain.finding


def test_a_printed_photo_knows_what_mending_moved_and_what_was_asked(tmp_path: Path, monkeypatch):
    from maquette.core.report import Report
    from samples import cut_out

    monkeypatch.setattr("maquette.flow.make.judge", lambda *given, **more: Report("print", "prusa-mk4"))
    place = tmp_path / "thing.png"
    mq.save(cut_out(64), place)
    made = make(place, knobs={"generator": "inflate", "height_mm": 40, "raw.resolution": 24})
    assert made.asked == (
        ("generator", "inflate", "what makes the shape"),
        ("height_mm", "40", "height of the upright thing in millimetres"),
        ("resolution", "24", mq.inflate.stage.settings["resolution"].description),
    )
    assert made.moved is made.moved  # measured once
    assert made.moved.asset.size == pytest.approx(made.asset.size)
    assert 0 <= made.moved.finding.value < 2
