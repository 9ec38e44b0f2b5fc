"""Filament painting: the light of stacks, the search, the plan, the solid, the files."""

from __future__ import annotations

import io
import json
import re
import zipfile

import numpy as np
import pytest

import maquette as mq
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.core.subject import Subject
from maquette.geometry.look.oklab import light_of
from maquette.geometry.painting.difference import difference, lab, lab_slope, nearness, seen_difference
from maquette.geometry.painting.heights import nearest_stacks, printable
from maquette.geometry.painting.light import cover, light_through_stacks, shares_through, stack_colors
from maquette.geometry.painting.looks import cell_light, volumes_mm3
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges
from samples import paint_plan as hill

rng = np.random.default_rng(11)
FEW = "black=#101010@0.4,white=#F4F4F4@5,red=#C02020@3"


def gradient(width: int = 24, height: int = 16) -> Subject:
    """Black to red across, red to white down."""
    x, y = np.linspace(0, 1, width)[None, :, None], np.linspace(0, 1, height)[:, None, None]
    light = x * ((1 - y) * np.array([0.5, 0.02, 0.02]) + y * np.array([0.9, 0.9, 0.9]))
    return Subject(np.round(255 * light ** (1 / 2.2)).astype(np.uint8), title="gradient")


def plan_of(subject: Subject, **settings):
    return mq.paint_plan(mq.paint_canvas(subject, width_mm=9.6, paint_mm=0.8), filaments=FEW, **settings)


# --- light


def test_cover_is_beer_lambert_and_near_the_published_curve():
    x = np.linspace(0.002, 0.06, 50)
    published = -0.01242 + 0.96408 * np.log(1 + 34.103 * x) - 4.1554 * x
    assert np.abs(cover(x, 1.0) - published).max() < 0.013
    once, twice = cover(0.1, 4.0), cover(0.2, 4.0)
    assert 1 - twice == pytest.approx((1 - once) ** 2)


def test_two_layers_look_like_one_of_twice_the_thickness():
    colors = light_of(np.array([[10, 10, 10], [200, 40, 40]], np.uint8))
    td = np.array([0.5, 4.0])
    thin = stack_colors(np.array([0, 1, 1]), colors, cover(0.1, td))[-1]
    thick = stack_colors(np.array([0, 1]), colors, np.array([cover(0.1, 0.5), cover(0.2, 4.0)]))[-1]
    assert thin == pytest.approx(thick)


def test_nothing_changes_where_nothing_is_laid():
    seen = stack_colors(np.array([[0, -1, -1]]), np.array([[0.2, 0.3, 0.4]]), np.array([0.5]))
    assert seen[0].tolist() == [[0, 0, 0], [0.1, 0.15, 0.2], [0.1, 0.15, 0.2], [0.1, 0.15, 0.2]]


def test_light_through_a_distance_is_a_tenth_in_the_brightest_channel():
    shares = shares_through(np.array([[1.0, 1.0, 1.0], [0.8, 0.4, 0.0]]), np.array([4.0, 4.0]), 4.0)
    assert shares[0] == pytest.approx([0.1, 0.1, 0.1])
    assert shares[1, :2] == pytest.approx([0.1, 0.05])
    passed = light_through_stacks(np.array([0, 1, -1]), shares)
    assert passed[-1] == pytest.approx(shares[0] * shares[1])


def test_lab_and_its_slope():
    from skimage.color import rgb2lab

    srgb = rng.integers(0, 256, (200, 3)).astype(np.uint8)
    assert np.abs(lab(light_of(srgb)) - rgb2lab(srgb[None] / 255)[0]).max() < 0.02
    light, step = rng.uniform(0.05, 0.9, (50, 3)), 1e-6 * rng.standard_normal((50, 3))
    assert lab(light + step) - lab(light) == pytest.approx(np.einsum("nij,nj->ni", lab_slope(light), step), abs=1e-8)


def test_the_quadratic_form_is_near_ciede2000_for_small_differences():
    colors = lab(light_of(rng.integers(0, 256, (400, 3)).astype(np.uint8)))
    step = 0.3 * rng.standard_normal(colors.shape)
    quick = np.sqrt(np.einsum("ni,nij,nj->n", step, nearness(colors), step))
    ratio = quick / difference(colors, colors + step)
    assert 0.95 < np.median(ratio) < 1.05
    assert np.percentile(ratio, 5) > 0.7


# --- the plan


def test_a_plan_is_better_than_the_nearest_filament_and_within_its_limits():
    plan = plan_of(gradient(), swaps=3, count=3)
    wanted = light_of(plan.wanted)
    flat = light_of(np.array([one.rgb for one in plan.filaments], np.uint8))
    separated = flat[nearest_stacks(wanted, flat)]
    away = [seen_difference(one, wanted, plan.blur_cells).mean() for one in (cell_light(plan, "front"), separated)]
    assert away[0] < 0.6 * away[1]
    assert plan.one_nozzle
    assert len(plan.swaps) <= 3
    assert (plan.heights >= 6).all()  # the base lies everywhere


def test_the_same_seed_gives_the_same_plan_and_another_may_not():
    assert plan_of(gradient(), seed=4).digest == plan_of(gradient(), seed=4).digest


def test_base_and_locked_layers_stand():
    plan = plan_of(gradient(), base="white", locked="red:1.0-1.2", swaps=4)
    names = [plan.filaments[k].name for k in plan.sequence]
    tops = plan.levels_mm[1:]
    assert names[0] == "white"
    assert {name for name, top in zip(names, tops, strict=False) if 1.0 < top <= 1.2 + 1e-6} <= {"red"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"base": "green"}, "0 of the filaments"), ({"locked": "red"}, "FROM-TO"), ({"locked": "red:90-91"}, "no layer")],
)
def test_wrong_settings_are_refused(settings, words):
    with pytest.raises(BadSetting, match=words):
        plan_of(gradient(), **settings)


def test_what_is_locked_may_be_too_much():
    with pytest.raises(CannotDo, match="raise swaps or count"):
        plan_of(gradient(), base="white", locked="red:1.0-1.2", swaps=0)


def test_flatness_makes_fewer_steps():
    rough, calm = (plan_of(gradient(), flatness=f).heights for f in (0.0, 1.0))
    assert np.abs(np.diff(calm)).sum() < np.abs(np.diff(rough)).sum()
    assert (printable(calm, 2) == calm).mean() > 0.97  # corners are cut after


def test_protect_needs_a_mask_and_counts_more_within_it():
    subject = gradient()
    with pytest.raises(CannotDo, match="protect needs a mask"):
        mq.paint_canvas(subject, protect=5)
    mask = np.zeros((subject.height, subject.width), np.float32)
    mask[:, :10] = 1
    weight = mq.paint_canvas(subject.replace(mask=mask), width_mm=9.6, protect=5).weight
    assert weight[:, 0] == pytest.approx(5)
    assert weight[:, -1] == pytest.approx(1)


@pytest.mark.parametrize("shape", [(1, 40), (40, 1)])
def test_thin_and_black_pictures_get_a_plan(shape):
    plan = plan_of(Subject(np.zeros((*shape, 3), np.uint8)))
    assert plan.cells.size >= 1


# --- the solid


def test_the_solid_is_what_the_plan_lays():
    asset = mq.paint_solid(hill())
    assert (edges(asset.mesh.faces).count == 2).all()
    volume = signed_volume(asset.mesh.vertices, asset.mesh.faces)
    assert volume == pytest.approx(float(volumes_mm3(hill()).sum()))
    assert asset.size == pytest.approx((12 * 0.4, 10 * 0.4, 0.6))


def test_previews():
    assert mq.paint_preview(hill(), size_px=48).frames.shape == (1, 40, 48, 4)
    layers = mq.paint_preview(hill(), view="layers", size_px=48).frames
    assert len(layers) == 3  # black, red, white
    assert (layers[0] == layers[0][0, 0]).all()
    back = mq.paint_preview(hill(), view="back", size_px=48).frames[0]
    assert back[0, 0, 0] == 255  # the thinnest is white
    assert back[16, 20, 1] < 255


# --- several filaments a layer


def test_cells_of_their_own_mix_hues_that_no_filament_has():
    x = np.linspace(0, 1, 24)
    hues = np.stack([0.5 + 0.5 * np.cos(2 * np.pi * (x - k / 3)) for k in range(3)], axis=1)
    subject = Subject(np.repeat((230 * hues).astype(np.uint8)[None], 12, axis=0))
    canvas = mq.paint_canvas(subject, width_mm=9.6, layer_mm=0.2)
    plan = mq.paint_cells(canvas, layers=4)
    assert not plan.one_nozzle
    assert len(set(plan.heights.reshape(-1).tolist())) == 1
    wanted, flat = light_of(canvas.pixels), light_of(np.array([one.rgb for one in plan.filaments], np.uint8))
    separated = flat[nearest_stacks(wanted, flat)]
    cells, one = (seen_difference(x, wanted, plan.blur_cells).mean() for x in (cell_light(plan, "front"), separated))
    assert cells < 0.7 * one


def test_a_lithophane_in_colour_is_thick_where_the_picture_is_dark():
    canvas = mq.paint_canvas(gradient(), width_mm=9.6, paint_mm=2.0)
    plan = mq.paint_cells(canvas, light="back", layers=3, flatness=0)
    light = canvas.pixels.mean(axis=2)
    assert plan.light == "back"
    assert np.corrcoef(light.reshape(-1), plan.heights.reshape(-1))[0, 1] < -0.5


def test_a_red_with_a_lamp_behind_it_wants_many_layers_of_colour():
    red = Subject(np.full((4, 4, 3), (220, 30, 30), np.uint8))
    pair = Subject(np.concatenate([np.asarray(red.pixels), np.full((4, 4, 3), 255, np.uint8)], axis=1))
    canvas = mq.paint_canvas(pair, width_mm=6, base_mm=0.4, paint_mm=4.0, layer_mm=0.16)

    def away(layers: int) -> float:
        plan = mq.paint_cells(canvas, light="back", layers=layers)
        return float(seen_difference(cell_light(plan, "back"), light_of(plan.wanted), 0.0)[:, :5].mean())

    assert away(25) < 0.6 * away(8)


def test_too_many_recipes_are_refused():
    with pytest.raises(CannotDo, match="fewer layers"):
        mq.paint_cells(mq.paint_canvas(gradient(), width_mm=5), filaments="bambu-lab-pla-basic", count=8, layers=8)
    with pytest.raises(CannotDo, match="62,891,499 recipes"):
        mq.paint_cells(
            mq.paint_canvas(gradient(), width_mm=5), filaments="bambu-lab-pla-basic", count=8, layers=40, light="back"
        )


def test_a_wedge_rises_by_a_layer_a_step():
    plan = mq.paint_wedge(filaments="red=#C02020@3", steps=5, swatch_mm=4)
    assert plan.one_nozzle
    assert len(plan.swaps) == 1
    assert np.diff(plan.heights[0, ::10]).tolist() == [1, 1, 1, 1]
    assert not mq.paint_wedge(filaments=FEW, steps=3).one_nozzle
    with pytest.raises(BadSetting, match="name 1 to 15"):
        mq.paint_wedge(filaments="bambu-lab-pla-basic-black")


# --- files


def test_the_files_of_a_plan_name_its_swaps_in_every_slicer_s_words():
    plan = hill()
    files = mq.write_paint(plan, stem="hill").parts
    assert set(files) == {
        f"hill.{ending}"
        for ending in ("3mf", "bambu.3mf", "stl", "txt", "hfp", "json", "html", "front.png", "back.png")
    }
    prusa = zipfile.ZipFile(io.BytesIO(files["hill.3mf"])).read("Metadata/Prusa_Slicer_custom_gcode_per_print_z.xml")
    assert re.findall(rb'print_z="([\d.]+)".*?color="(#\w+)"', prusa) == [
        (b"0.4000", b"#C02020"),
        (b"0.6000", b"#F8F8F8"),
    ]
    bambu = zipfile.ZipFile(io.BytesIO(files["hill.bambu.3mf"]))
    assert re.findall(
        rb'top_z="([\d.]+)" type="2" extruder="(\d)"', bambu.read("Metadata/custom_gcode_per_layer.xml")
    ) == [
        (b"0.4000", b"2"),
        (b"0.6000", b"3"),
    ]
    assert json.loads(bambu.read("Metadata/project_settings.config"))["layer_height"] == "0.1"
    assert b">BambuStudio-" in bambu.read("3D/3dmodel.model")
    text = files["hill.txt"].decode()
    assert "Swap before layer 3 (its top is at 0.40 mm) to: red" in text
    assert "3, 5" in text  # for Cura
    assert json.loads(files["hill.json"])["swaps"][1] == {"top_mm": 0.6, "layer": 5, "filament": 2}
    assert b"<img" in files["hill.html"]


def test_the_3mf_of_a_plan_reads_back_as_its_solid():
    files = mq.write_paint(hill(), stem="hill")
    for name in ("hill.3mf", "hill.bambu.3mf", "hill.stl"):
        back = (mq.read_stl if name.endswith("stl") else mq.read_3mf)(files.replace(main=name))
        volume = signed_volume(back.mesh.vertices, back.mesh.faces)
        assert volume == pytest.approx(float(volumes_mm3(hill()).sum()), rel=1e-6)


def test_a_plan_of_cells_becomes_a_part_a_filament():
    plan = mq.paint_wedge(filaments=FEW, steps=3, swatch_mm=2)
    back = mq.read_3mf(mq.write_paint(plan, stem="w"))
    assert len(set(back.mesh.material.tolist())) == 4
    volume = signed_volume(back.mesh.vertices, back.mesh.faces)
    assert volume == pytest.approx(float(volumes_mm3(plan).sum()), rel=1e-6)


def test_a_broken_plan_is_refused():
    with pytest.raises(BadInput, match="leaves a layer out"):
        hill().replace(recipes=np.array([[0, -1, 1, 1, 2]] * 4))
    with pytest.raises(BadInput, match="name recipe 9"):
        hill().replace(cells=np.full((10, 12), 9))


# --- what a slicer makes of it


@pytest.mark.skipif(bool(mq.prove_paint.stage.facts.line_to_get()), reason="PrusaSlicer is not installed")
def test_what_prusaslicer_lays_is_what_the_plan_says():
    plan = plan_of(gradient(), swaps=3, count=3)
    proof = json.loads(mq.prove_paint(plan).data)
    assert proof["swaps_right"] is True
    assert proof["swaps"] == len(plan.swaps) > 0
    assert proof["top_filament_share"] > 0.85
    assert proof["laid_from_wanted"] < proof["planned_from_wanted"] + 2


@pytest.mark.skipif(bool(mq.prove_paint.stage.facts.line_to_get()), reason="PrusaSlicer is not installed")
def test_a_swap_in_the_wrong_place_is_seen(monkeypatch):
    from maquette.formats.painting import write_paint as writer

    told = writer.prusa_part
    monkeypatch.setattr(writer, "prusa_part", lambda plan: told(plan).replace("0.4000", "0.5000"))
    assert json.loads(mq.prove_paint(hill()).data)["swaps_right"] is False


def test_cells_cannot_be_proved():
    with pytest.raises(CannotDo, match="one nozzle"):
        mq.prove_paint(mq.paint_wedge(filaments=FEW, steps=3))


def test_light_through_the_finished_bodies_is_what_the_plan_says():
    plan = mq.paint_wedge(filaments=FEW, steps=4, swatch_mm=2)
    seen = light_of(np.asarray(mq.paint_backlight(plan, size_px=plan.cells.shape[1]).frames[0, ..., :3]))
    assert np.abs(seen - cell_light(plan, "back")).max() < 0.01


def test_a_photo_of_a_wedge_gives_back_its_distances(tmp_path):
    from maquette.core.filament import read_filaments

    plan = mq.paint_wedge(filaments="snow=#F0F0F0@6,brick=#C02020@2.5", steps=12)
    shown = np.asarray(mq.paint_preview(plan).frames[0, ..., :3])
    dim = Subject((shown * 0.9).astype(np.uint8))
    files = mq.read_wedge(dim, names="snow,brick", steps=12)
    (tmp_path / "own.csv").write_bytes(files.data)
    snow, brick = read_filaments(tmp_path / "own.csv", "paint")
    assert snow.td_mm == pytest.approx(6, rel=0.1)
    assert brick.td_mm == pytest.approx(2.5, rel=0.1)
    assert brick.rgb[0] > 3 * brick.rgb[1]
    with pytest.raises(CannotDo, match="does not change"):
        mq.read_wedge(Subject(np.full((64, 64, 3), 90, np.uint8)), steps=6)
