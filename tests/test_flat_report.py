"""What a report shows of flat art: light through the mesh, raking light, cuts, layers, what a nozzle loses."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import maquette as mq
from maquette.core.errors import CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.progress import noting
from maquette.core.subject import Subject
from maquette.faces.cli.main import FLAT_ART, main
from maquette.flow.recipes.load import load_recipe
from maquette.flow.report.flat import flat_look
from maquette.geometry.flat.light_likeness import compare_light, in_layers, layers_needed, wanted_light
from maquette.geometry.flat.narrow import narrow_parts
from maquette.geometry.flat.raking import in_shadow, raking_light
from maquette.geometry.flat.see_through import fit_ball, look_through, walls_seen
from maquette.geometry.rays import Tracer
from maquette.registry import registry


def photo(seed: int = 0, side: int = 120) -> Subject:
    """Blobs of light and dark."""
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(np.random.default_rng(seed).random((side, side)), 5)
    level = np.round((field - field.min()) / np.ptp(field) * 255).astype(np.uint8)
    return Subject(np.dstack([level] * 3))


def step(width: int, height: float = 2.0) -> np.ndarray:
    """A rib ``width`` places wide on a plate of 40 x 60."""
    heights = np.ones((40, 60), np.float32)
    heights[:, 30 : 30 + width] += height
    return heights


def test_a_wall_throws_a_shadow_as_long_as_the_lamp_is_low():
    heights = step(4).astype(np.float64)
    shadow = in_shadow(heights, 0.5, float(np.tan(np.radians(15.0))))
    long = round(2.0 / np.tan(np.radians(15.0)) / 0.5)  # 14.9 places
    assert shadow[20].sum() == pytest.approx(long, abs=1)
    assert not shadow[:, :34].any()  # nothing before the wall's far side
    light = raking_light(heights, 0.5, 15.0)
    assert light[20, 10] == pytest.approx(0.32)  # level ground
    assert light[20, 29] > 0.9  # the side that faces the lamp
    assert light[20, 40] == pytest.approx(0.08)


@pytest.mark.parametrize(("width", "is_lost"), [(3, True), (6, False)])
def test_ridges_and_grooves_narrower_than_a_line_are_lost(width, is_lost):
    ridge, groove = narrow_parts(step(width), 0.1, 0.45, 0.1)
    assert ridge[20, 31] == is_lost
    assert not groove.any()
    ridge, groove = narrow_parts(4 - step(width), 0.1, 0.45, 0.1)
    assert groove[20, 31] == is_lost
    assert not ridge.any()


def test_standing_a_line_is_wide_along_the_row_alone():
    level = step(3).T[:40]  # a narrow rib that runs along a row is layers of its own
    assert narrow_parts(level, 0.1, 0.45, 0.1)[0].any()
    assert not narrow_parts(level, 0.1, 0.45, 0.1, "standing")[0].any()


def test_a_ball_is_looked_through_from_its_middle():
    even = Heightmap(np.full((100, 200), 2.0, np.float32), 1.0)
    mesh = mq.lantern(even, form="ball", bound_mm=0.02, loop_mm=4).mesh
    center, radius = fit_ball(mesh.vertices)
    assert radius == pytest.approx(200 / 2 / np.pi + 1, abs=1.2)
    assert np.abs(center[:2]).max() < 0.05
    look = look_through(mesh.vertices, "center", 80)
    walls = walls_seen(Tracer(mesh.vertices, np.asarray(mesh.faces)), look)
    assert look.shape == (40, 80)
    assert np.median(walls[5:25]) == pytest.approx(2.0, abs=0.05)
    assert (walls[-2:] == 0).all()  # open below
    assert look_through(mesh.vertices, "dome", 80).shape == (20, 80)


def test_light_is_compared_with_the_photo_it_came_from():
    mine, other = photo(1), photo(2)
    asset = mq.plate(mq.lithophane_heights(mine, width_mm=80, detail_mm=0, pitch_mm=0.3), bound_mm=0.02)
    standing, lying = mq.backlit_likeness(asset, mine)
    assert (standing.verdict, standing.unit) == ("pass", "SSIM")
    assert "CIEDE2000" in standing.message
    assert "20 layers of 0.12 mm" in lying.message
    assert lying.value < standing.value
    assert mq.backlit_likeness(asset, other)[0].value < 0.6
    assert len(mq.backlit_likeness(asset, mine, margin_mm=39.0)) == 2
    assert mq.backlit_likeness(asset, mine, margin_mm=41.0)[0].verdict == "unknown"


def test_a_ring_is_compared_once_it_is_unrolled():
    mine = photo(3, 200)
    asset = mq.plate(mq.lithophane_heights(mine, width_mm=150, detail_mm=0, pitch_mm=0.5), form="cylinder")
    findings = mq.backlit_likeness(asset, mine, lamp="inside")
    assert [finding.check for finding in findings] == ["backlit-likeness"]  # a ring does not lie
    assert findings[0].value > 0.8
    turned = Subject(np.roll(mine.pixels, 100, axis=1))
    assert mq.backlit_likeness(asset, turned, lamp="inside")[0].value < findings[0].value - 0.2


def test_the_same_light_differs_by_nothing_and_layers_cost_some():
    wanted = wanted_light(photo().pixels, (120, 120))
    where = np.ones(wanted.shape, bool)
    same = compare_light(wanted, wanted, where)
    assert (same.ssim, same.delta_e) == pytest.approx((1.0, 0.0))
    assert in_layers(np.array([[0.0, 0.01, 0.31]], np.float32), 0.12).tolist()[0] == pytest.approx([0, 0.12, 0.36])
    few = layers_needed(wanted, wanted, where, 0.12, 3.5, 0.84, 0.8)
    many = layers_needed(wanted, wanted, where, 0.12, 3.5, 0.84, 0.95)
    assert few < many
    assert layers_needed(wanted, wanted, where, 0.5, 3.5, 0.84, 0.9999) is None


def test_a_cut_says_its_sizes_and_is_filled():
    asset = mq.plate(Heightmap(np.full((30, 60), 2.0, np.float32), 1.0))
    with noting() as notes:
        picture = mq.cross_section(asset, size_px=200)
    assert "59 x 2 mm, 1.99 to 1.99 mm thick, drawn 4.72 times as high" in notes[-1]  # to a third of a pixel
    ink = (picture.frames[0, ..., :3] == (58, 92, 122)).all(axis=2)
    assert ink.any(axis=0).sum() == pytest.approx(184, abs=2)
    assert ink.any(axis=1).sum() == pytest.approx(0.16 * 184, abs=2)
    ring = mq.plate(Heightmap(np.full((30, 200), 2.0, np.float32), 1.0), form="cylinder")
    level = mq.cross_section(ring, across="z", size_px=200).frames[0, :200, :, :3]
    inside = (level == (58, 92, 122)).all(axis=2)
    assert not inside[100, 60:140].any()  # hollow
    with pytest.raises(CannotDo, match="no walls"):
        mq.cross_section(mq.Asset(mq.Mesh(np.zeros((0, 3)), np.zeros((0, 3)))))


def test_layers_are_drawn_from_the_bed_to_the_top():
    heights = np.ones((41, 41), np.float32)
    heights[10:31, 10:31] = 3
    picture = mq.layer_sheet(mq.plate(Heightmap(heights, 1.0)), layer_mm=0.5, count=2, size_px=100)
    first, last = picture.frames[0, 18:, :108, :3], picture.frames[0, 18:, 108:, :3]
    blue = [(part == (58, 92, 122)).all(axis=2).sum() for part in (first, last)]
    assert blue[1] / blue[0] == pytest.approx(0.25, abs=0.03)  # 20 of 40 mm each way
    assert ((last == (206, 214, 222)).all(axis=2)).sum() / blue[0] == pytest.approx(0.75, abs=0.03)


def test_a_nozzle_loses_what_is_too_narrow_in_the_mesh_itself():
    def losses(width: int) -> str:
        with noting() as notes:
            mq.nozzle_loss(mq.plate(Heightmap(step(width), 0.1), bound_mm=0.01), layer_mm=0.1)
        return notes[-1]

    assert "loses 0 mm² of ridges" in losses(8)
    assert "loses 0 mm² of ridges" not in losses(3)


def test_the_history_says_how_to_look():
    heights = mq.lithophane_heights(photo(), width_mm=40, pitch_mm=0.5, transmission_mm=5)
    framed = flat_look(mq.plate(heights, frame_mm=2))
    assert (framed.lamp, framed.lit, framed.whole, framed.transmission_mm, framed.margin_mm) == (
        "below", True, True, 5.0, 2.0,
    )  # fmt: skip
    assert flat_look(mq.plate(heights, form="arc")).lamp is None
    assert flat_look(mq.lantern(mq.lithophane_heights(photo(), width_mm=120, pitch_mm=1), form="dome")).lamp == "dome"
    assert not flat_look(mq.plate(Heightmap(step(3), 0.5))).lit
    assert flat_look(mq.plate(heights).replace(history=())) is None


def run(words: list[str]) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", FLAT_ART)
def test_every_command_of_flat_art_is_a_recipe_with_knobs_and_a_page(name):
    command = main.get_command(click.Context(main), name)
    flags = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
    assert {"--report", "--no-report", "--output", "--json"} < flags
    knobs = {"--" + knob.replace("_", "-") for knob in load_recipe(name).knobs}
    assert knobs <= flags
    assert len(knobs) >= 6


def test_relief_takes_all_that_its_stage_does():
    command = main.get_command(click.Context(main), "relief")
    assert set(registry()["relief"].stage.settings) <= {option.name for option in command.params}
    assert [one for one in main.list_commands(click.Context(main)) if one == "relief"] == ["relief"]


def test_a_painted_print_has_the_page_of_flat_art_too(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    picture = tmp_path / "blobs.png"
    mq.save(photo(), picture)
    run(["paint", str(picture), "-o", str(tmp_path / "a.3mf"), "--width-mm", "12", "--swaps", "3"])
    page = (tmp_path / "a.3mf.report.html").read_text()
    for words in ("as it will look", "with a lamp behind it", "grazes it", "cut across y", "nozzle of 0.4 mm loses"):
        assert words in page
    report = json.loads((tmp_path / "a.3mf.report.json").read_text())["report"]
    assert {"watertight", "edge-manifold"} <= {finding["check"] for finding in report["findings"]}
    assert all(finding["verdict"] == "pass" for finding in report["findings"])


def test_recipes_of_flat_art_write_their_page(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    picture = tmp_path / "blobs.png"
    mq.save(photo(), picture)
    run(["lithophane", str(picture), "-o", str(tmp_path / "a.stl"), "--width-mm", "30", "--detail-mm", "0.3"])
    page = (tmp_path / "a.stl.report.html").read_text()
    for words in ("with a lamp behind it", "grazes it", "cut across y", "a nozzle of 0.4 mm loses", "how it grows"):
        assert words in page
    assert page.count("<figure>") == 6
    assert "http" not in page.replace("http://www.w3.org", "")
    told = json.loads((tmp_path / "a.stl.report.json").read_text())
    checks = {finding["check"]: finding for finding in told["report"]["findings"]}
    assert 0 < checks["backlit-lying"]["value"] < checks["backlit-likeness"]["value"] <= 1
    before = sorted(path.name for path in Path(tmp_path).iterdir())
    run(["stamp", str(picture), "-o", str(tmp_path / "b.stl"), "--width-mm", "30", "--no-report"])
    assert sorted({path.name for path in Path(tmp_path).iterdir()} - set(before)) == ["b.stl"]
