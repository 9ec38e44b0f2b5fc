"""Jobs from photos to files: which way they go and why, what they write, and what is not done twice."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest

import maquette as mq
from maquette.core.errors import BadInput, BadSetting
from maquette.core.profiles import Target
from maquette.core.report import Finding, Report
from maquette.flow import judge as judging
from maquette.flow.check import check_file
from maquette.flow.deliver import deliver
from maquette.flow.encode import encode_asset, judge_size, say_what_is_missing
from maquette.flow.jobs import ModelJob, PrintJob
from maquette.flow.lineage import is_similar, shape_name
from maquette.flow.make import build, make
from maquette.flow.memory import Memory
from maquette.flow.photos import Photos
from maquette.flow.routes import chosen_way
from maquette.registry import registry
from maquette.store import Store
from samples import ball, cut_out, photo
from shapes import box, sphere

QUICK = {"generator": "inflate", "raw.resolution": 24}
FLAT = (Finding("route", "pass", "relief: flat art: areas of even color", value=0.3, limit="full 3D from 0.5"),)
FREE = (Finding("route", "pass", "full 3D: a thing that stands free", value=0.9, limit="full 3D from 0.5"),)


@pytest.fixture
def picture(tmp_path):
    place = tmp_path / "thing.png"
    mq.save(cut_out(64), place)
    return place


@pytest.fixture
def counted(monkeypatch):
    """How often each stage ran."""
    ran: dict[str, int] = {}
    for name, found in registry().items():
        plain = found.stage.function

        @functools.wraps(plain)
        def counting(*inputs, _name=name, _plain=plain, **settings):
            ran[_name] = ran.get(_name, 0) + 1
            return _plain(*inputs, **settings)

        monkeypatch.setitem(vars(found.stage), "function", counting)
    return ran


# Which way


def test_auto_says_why_it_went_its_way():
    assert chosen_way(PrintJob(b""), FLAT, several=False).route == "relief"
    why = chosen_way(PrintJob(b""), FLAT, several=False).why
    assert why == "flat art: areas of even color; the photo scores 0.3, full 3D from 0.5"
    assert chosen_way(PrintJob(b""), FREE, several=False).route == "full"
    assert chosen_way(PrintJob(b"", route="relief"), FREE, several=False).why == "asked for"


def test_an_option_of_one_route_chooses_it():
    way = chosen_way(PrintJob(b"", knobs={"relief_mm": 3}), FREE, several=False)
    assert (way.route, way.why) == ("relief", "--relief-mm is for it alone")
    assert chosen_way(PrintJob(b"", knobs={"raw.detail": 0.1, "height_mm": 9}), FLAT, several=False).route == "full"
    assert chosen_way(PrintJob(b""), FLAT, several=True).route == "full"


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (PrintJob(b"", route="relief", knobs={"plinth": "round"}), "--plinth is for the full route .* --route full"),
        (PrintJob(b"", knobs={"plinth": "round", "base_mm": 2}), "--base-mm is for the relief route"),
        (PrintJob(b"", knobs={"colour": "red"}), "no option 'colour'; it has height_mm, "),
        (PrintJob(b"", knobs={"raw.colour": "red"}), "no option 'raw.colour'"),
        (ModelJob(b"", knobs={"relief_mm": 2}), "model: no option 'relief_mm'"),
    ],
)
def test_an_option_that_the_route_has_not_is_refused(job, says):
    with pytest.raises(BadSetting, match=says):
        chosen_way(job, FREE, several=False)


@pytest.mark.parametrize("route", ["full", "relief"])
def test_height_and_colors_work_on_both_routes(picture, route):
    knobs = {"height_mm": 40, "colors": 2, **(QUICK if route == "full" else {})}
    built = build(PrintJob(picture, route=route, knobs=knobs))
    assert built.asset.size[1 if route == "relief" else 2] == pytest.approx(40, rel=0.02)
    assert built.asset.sized
    assert len(built.asset.materials) == 2
    assert ("height_mm", "40") in {(name, value) for name, value, _ in built.asked}


# Several photos


def test_photos_by_direction(picture):
    one = Photos.of(picture)
    assert (list(one.by_direction), one.title, one.several) == (["front"], "thing", False)
    two = Photos.of(f"right={picture},front={picture}")
    assert (list(two.by_direction), two.title, two.several) == (["front", "right"], "thing", True)
    with pytest.raises(BadInput, match="none is the front"):
        Photos.of({"left": picture})
    with pytest.raises(BadInput, match="named twice"):
        Photos.of(f"front={picture},front={picture}")
    odd = picture.with_name("a=b.png")
    picture.rename(odd)
    assert Photos.of(odd).front == odd.read_bytes()


@pytest.mark.parametrize("job", [PrintJob, ModelJob])
def test_several_photos_make_one_thing(picture, job):
    views = {"front": picture, "right": picture}
    knobs = {"raw.resolution": 48} | ({"max_faces": 2000} if job is ModelJob else {})
    form = {"texture": "none"} if job is ModelJob else {}
    built = build(job(views, knobs=knobs, **form))
    assert list(built.others) == ["right"]
    assert built.asset.history[0].stage == "open"
    assert "sculpt" in {step.stage for step in built.asset.history}
    assert built.asset.mesh.seen.mean() > build(job(picture, knobs=knobs, **form)).asset.mesh.seen.mean()
    stages = [stage for stage, _ in built.timed]
    assert stages[0] == "open"
    assert stages.count("sculpt") == 1
    with pytest.raises(BadSetting, match="inflate takes one photo"):
        build(job(views, knobs=QUICK))


# The photo is looked at once, as asked


@pytest.mark.parametrize("kept", [True, False])
def test_open_and_matte_run_once_and_the_intake_cuts_out_as_asked(tmp_path, counted, kept):
    (tmp_path / "ball.png").write_bytes(photo())
    store = Store(tmp_path / "store") if kept else None
    built = build(PrintJob(tmp_path / "ball.png", knobs={**QUICK, "matting": "border"}), store)
    assert (counted["open"], counted["matte"], counted["inspect"]) == (1, 1, 1)
    assert built.run.recipe.steps["cut"].settings["method"] == "border"
    with pytest.raises(BadSetting, match="no alpha"):
        build(PrintJob(tmp_path / "ball.png", knobs={"matting": "alpha"}), store)


# Nothing is done twice


def test_making_and_checking_runs_no_check_twice(picture, tmp_path, counted):
    store = Store(tmp_path / "store")
    asset = mq.make(picture, knobs=QUICK, store=store)
    assert not any(registry()[name].stage.is_check for name in counted if name != "inspect")
    first = mq.check(asset, store=store)
    second = mq.check(asset, store=store)
    assert first == second
    checks = {check.stage.name for check in judging.checks_for("print")}
    assert {name: counted[name] for name in checks} == dict.fromkeys(checks, 1)


def test_a_second_print_draws_and_asks_nothing(picture, tmp_path, counted, monkeypatch):
    from maquette.flow.report import keeper

    store = Store(tmp_path / "store")
    job = PrintJob(picture, tmp_path / "a.stl", knobs=QUICK)
    first = deliver(job, store)
    counted.clear()
    scenes = []
    monkeypatch.setattr(keeper, "Scene", scenes.append)
    second = deliver(job, store)
    assert set(counted) <= {"write-stl", "write-picture"}
    assert not scenes
    assert second.made.report == first.made.report
    assert "kept" in (tmp_path / "a.stl.report.html").read_text()


def test_what_no_size_changes_outlives_a_change_of_size(picture, tmp_path, counted):
    store = Store(tmp_path / "store")
    first = build(PrintJob(picture, knobs=QUICK), store)
    larger = build(PrintJob(picture, knobs={**QUICK, "height_mm": 33}), store)
    assert first.asset.digest != larger.asset.digest
    assert shape_name(first.asset, first.run) == shape_name(larger.asset, larger.run)
    counted.clear()
    judging.judge(first.asset, "print", store=store, run=first.run)
    judging.judge(larger.asset, "print", store=store, run=larger.run)
    lasting = {check.stage.name for check in judging.checks_for("print") if check.stage.facts.any_size}
    assert {"self-intersections", "winding", "edge-manifold"} <= lasting
    assert {counted[name] for name in lasting} == {1}
    assert counted["wall-thickness"] == 2


@pytest.mark.parametrize(
    "check", [c for c in registry().checks() if c.stage.facts.any_size], ids=lambda c: c.stage.name
)
@pytest.mark.parametrize("asset", [ball(), mq.Asset(sphere(9, 2).keep_faces(slice(5, None)))], ids=["whole", "open"])
def test_a_check_that_says_so_finds_the_same_at_any_size(check, asset):
    larger = asset.moved(scale=3.7, offset=(10, -20, 5)).replace(sized=not asset.sized, title="other")
    assert check(larger) == check(asset)


def test_similar_is_the_same_shape_at_another_size_and_place_only():
    cube = mq.Asset(box((1, 2, 3)))
    assert is_similar(cube, cube.moved(scale=2, offset=(1, 2, 3)))
    assert not is_similar(cube, mq.Asset(box((1, 2, 4))))
    assert not is_similar(cube, cube.moved(rotation=[[0, -1, 0], [1, 0, 0], [0, 0, 1]]))
    assert not is_similar(cube, cube.replace(materials=(mq.Material(),)))


def test_without_a_store_a_job_keeps_in_memory():
    memory = Memory()
    memory.put("ab", 3)
    assert memory.get("ab") == 3
    memory.clear()
    assert memory.get("ab") is None


# Files


def test_two_outputs_have_two_reports(picture, tmp_path, monkeypatch):
    for module in ("deliver", "make"):
        monkeypatch.setattr(f"maquette.flow.{module}.judge", lambda asset, to, **_: Report(to, "x", ()))
    deliver(PrintJob(picture, tmp_path / "a.stl", knobs=QUICK))
    deliver(ModelJob(picture, tmp_path / "a.glb", knobs={**QUICK, "max_faces": 500}))
    names = {place.name for place in tmp_path.glob("a.*")}
    assert names == {
        "a.stl", "a.stl.report.html", "a.stl.report.json", "a.glb", "a.glb.report.html", "a.glb.report.json"
    }  # fmt: skip
    model = json.loads((tmp_path / "a.glb.report.json").read_text())["report"]
    assert (model["destination"], [f["check"] for f in model["findings"]]) == ("model", ["file-size"])


def test_the_solid_is_on_disk_before_other_checks_and_pictures(picture, tmp_path, monkeypatch):
    from maquette.flow import make as making

    output, there = tmp_path / "a.stl", []
    plain = making.judge
    monkeypatch.setattr(making, "judge", lambda *given, **more: there.append(output.exists()) or plain(*given, **more))
    deliver(PrintJob(picture, output, knobs=QUICK, report=False))
    assert there == [True]


def test_the_time_in_a_report_is_the_time_somebody_waited(picture, tmp_path):
    import time

    done = deliver(PrintJob(picture, tmp_path / "a.stl", knobs=QUICK, cache=False), started=time.perf_counter() - 100)
    told = json.loads((tmp_path / "a.stl.report.json").read_text())["seconds"]
    assert 100 < told["total"] <= done.made.seconds["total"]
    assert told["total"] > told["making"] + told["checks"] + told["report"]
    assert {"settled", "landed"} <= set(told)  # two steps of one stage, each with its own time


def test_targets_limit_the_file_and_rule_unit_and_axis(tmp_path):
    cube = mq.Asset(box((100, 200, 300)), sized=True)
    files = encode_asset(cube, tmp_path / "a.obj", Target.named("unreal"))
    assert mq.read_obj(files).size == pytest.approx((10, 20, 30))  # centimetres, +Z up
    assert mq.read_obj(encode_asset(cube, tmp_path / "a.obj", Target.named("unity"))).size == pytest.approx(
        (0.1, 0.3, 0.2)
    )
    assert mq.read_ply(encode_asset(cube, tmp_path / "a.ply", Target.named("unity"))).size == pytest.approx(
        (0.1, 0.3, 0.2)
    )
    glb = mq.read_glb(encode_asset(cube, tmp_path / "a.glb", Target.named("unreal")))
    assert glb.size == pytest.approx((100, 200, 300))
    large = Target.default()
    found = judge_size(files, large)
    assert (found.verdict, found.value) == ("pass", round(sum(map(len, files.parts.values())) / 1e6, 3))
    tiny = Target(**{**large.as_dict(), "max_file_mb": 1e-6})
    assert judge_size(files, tiny).verdict == "fail"
    assert judge_size(files, tiny).fix in registry()


def test_check_lists_the_worst_first_and_weighs_a_model(tmp_path):
    mq.save(mq.Asset(sphere(9, 3).keep_faces(slice(5, None))), tmp_path / "open.stl")
    report = check_file(tmp_path / "open.stl", {}, Memory())
    ranks = [("fail", "warn", "unknown", "pass").index(finding.verdict) for finding in report.findings]
    assert ranks == sorted(ranks)
    assert ranks[0] == 0
    assert str(report).splitlines()[1].split()[0] == "fail"
    assert check_file(tmp_path / "open.stl", {"for": "model"}, Memory()).of("file-size")[0].verdict == "pass"
    with pytest.raises(BadSetting, match="check: destination = 'paint'"):
        check_file(tmp_path / "open.stl", {"for": "paint"}, Memory())


def test_convert_says_what_is_missing(tmp_path):
    from maquette.core.progress import noting

    def say_notes(asset, source, output):
        with noting() as notes:
            say_what_is_missing(asset, tmp_path / source, tmp_path / output)
        return " | ".join(notes)

    plain = mq.Asset(box((1, 2, 3)))
    told = say_notes(plain, "a.stl", "a.glb")
    assert "the STL has no colors" in told
    assert "no uv" in told
    assert "taken as millimetres" in told
    assert say_notes(plain, "a.stl", "a.3mf") == told.split(" | ")[2]
    assert say_notes(plain, "a.stl", "b.stl") == ""
    assert say_notes(ball(), "a.glb", "a.glb") == ""


def test_a_reference_sizes_a_model():
    recipe = chosen_way(ModelJob(b"", knobs={"reference": "card"}), (), several=False).recipe
    turned = recipe.with_knobs({"reference_px": (0, 0, 10, 0), "reference_mm": 50})
    assert turned.steps["framed"].sources == ("measured",)
    assert turned.steps["measured"].settings["reference_mm"] == 50


def test_what_tips_over_is_made_to_stand_on_its_way_to_a_print(tmp_path):
    """A mushroom seen from the side, its cap far to one side: as it is, it falls over."""
    y, x = np.mgrid[0:96, 0:96]
    mask = ((y > 20) & (y < 36) & (x > 8) & (x < 88)) | ((y >= 36) & (y < 88) & (x > 76) & (x < 86))
    pixels = np.where(mask[..., None], np.uint8(90), np.uint8(250)).repeat(3, axis=2).astype(np.uint8)
    mq.save(mq.Subject(pixels, mask.astype(np.float32)), tmp_path / "hook.png")
    upright = make(tmp_path / "hook.png", route="full", knobs=QUICK)
    assert upright.report.of("stability")[0].verdict != "fail"
    assert [step.notes for step in upright.history if step.stage == "stand"] != [()]  # laid down, or put on a plinth
    laid = make(tmp_path / "hook.png", route="full", knobs={**QUICK, "orient": "unstable"})
    assert laid.report.of("stability")[0].verdict != "fail"
    assert any("turned by" in note for step in laid.history for note in step.notes if step.stage == "orient")
