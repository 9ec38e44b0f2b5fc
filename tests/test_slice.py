"""Slice: the judges we did not write. Skips where a slicer is not installed."""

from __future__ import annotations

import json
import math
import re
import stat
import sys

import numpy as np
import pytest

import maquette as mq
from filament_tower import COLORS, tower
from maquette.core.errors import BadInput, BadSetting, CannotDo, Unavailable
from maquette.core.progress import noting
from maquette.formats.slicers import cura as slicer_cura
from maquette.formats.slicers import job as slicing
from maquette.formats.slicers import prusa as slicer_prusa
from maquette.formats.slicers import slice as module
from maquette.formats.slicers.gcode import strokes
from shapes import box, grid, soup, sphere

needs_prusa = pytest.mark.skipif(bool(module.missing("prusa")), reason=module.missing("prusa"))
_cura = module.missing("cura") or ("" if slicer_cura.definitions("/usr/bin/CuraEngine") else slicer_cura.NO_DEFINITIONS)
needs_cura = pytest.mark.skipif(bool(_cura), reason=_cura)

MUSHROOM = box((4, 4, 12), (8, 8, 0)), box((20, 20, 4), (0, 0, 12))


def numbers(files: mq.Files) -> dict:
    return json.loads(files.parts["model.slice.json"])


@needs_prusa
def test_a_cube_has_its_layers_and_its_volume():
    made = numbers(mq.slice(mq.Asset(box((20, 20, 20))), infill=100))
    assert made["layers"] == 100
    assert made["manifold"] is True
    assert made["parts"] == 1
    assert made["volume_mm3"] == pytest.approx(8000)
    assert made["filament_cm3"] == pytest.approx(8.0, rel=0.04)
    assert made["filament_g"] == pytest.approx(made["filament_cm3"] * 1.24, abs=0.01)
    assert made["filament_mm"] == pytest.approx(made["filament_cm3"] * 1000 / (math.pi * 0.875**2), rel=1e-3)
    assert made["support_cm3"] == 0
    assert 60 < made["seconds"] < 7200
    assert made["defects"] == {}
    assert made["warnings"] == []


@needs_cura
def test_curaengine_says_the_same_of_a_cube():
    made = numbers(mq.slice(mq.Asset(box((20, 20, 20), (-70, 300, 5))), slicer="cura", infill=100))
    assert made["slicer"].startswith("CuraEngine")
    assert made["layers"] == 100
    assert made["filament_cm3"] == pytest.approx(8.0, rel=0.05)
    assert made["filament_g"] == pytest.approx(made["filament_cm3"] * 1.24, abs=0.01)
    assert 60 < made["seconds"] < 7200
    assert made["time"] == slicing.duration_words(made["seconds"])
    assert made["warnings"] == []


@needs_cura
def test_curaengine_puts_the_model_in_the_middle_of_the_bed():
    from maquette.formats.slicers.gcode import first_layer

    files = mq.slice(mq.Asset(box((20, 10, 5), (-70, 300, 5))), slicer="cura", printer="prusa-mini")
    lines, kinds = first_layer(files.data.decode())
    walls = lines[[kind == "outer wall" for kind in kinds]].reshape(-1, 2)
    assert walls.min(axis=0) == pytest.approx([80 + 0.2, 85 + 0.2], abs=0.02)
    assert walls.max(axis=0) == pytest.approx([100 - 0.2, 95 - 0.2], abs=0.02)


@pytest.mark.parametrize("slicer", [pytest.param("prusa", marks=needs_prusa), pytest.param("cura", marks=needs_cura)])
def test_supports_are_asked_for_and_counted(slicer):
    from shapes import together

    asset = mq.Asset(together(*MUSHROOM))
    without, carried = (numbers(mq.slice(asset, slicer=slicer, supports=s)) for s in ("none", "auto"))
    assert without["support_cm3"] == 0
    assert 0.15 < carried["support_cm3"] < 2.5  # of the 4.6 cm³ under the brim
    extra = carried["filament_cm3"] - without["filament_cm3"]
    assert carried["support_cm3"] == pytest.approx(extra, rel=0.25)


@pytest.mark.parametrize("slicer", [pytest.param("prusa", marks=needs_prusa), pytest.param("cura", marks=needs_cura)])
def test_more_infill_more_filament(slicer):
    asset = mq.Asset(sphere(15, 3))
    sparse, full = (numbers(mq.slice(asset, slicer=slicer, infill=share))["filament_cm3"] for share in (5, 100))
    assert sparse < 0.6 * full
    assert full == pytest.approx(4 / 3 * math.pi * 3.375, rel=0.06)


@needs_prusa
def test_same_model_same_bytes():
    asset = mq.Asset(box((10, 10, 5)))
    assert mq.slice(asset) == mq.slice(asset)


@needs_prusa
def test_a_torn_model_is_told_apart_from_a_whole_one():
    whole = sphere(10, 3)
    torn = whole.keep_faces([i for i in range(len(whole.faces)) if i not in (0, 100, 200)])
    assert numbers(mq.slice(mq.Asset(soup(whole))))["defects"] == {}
    made = numbers(mq.slice(mq.Asset(torn)))
    assert made["defects"]["open_edges"] == 9
    assert made["manifold"] is False


@pytest.mark.parametrize("slicer", ["prusa", "orca", "cura"])
def test_what_does_not_fit_is_refused_with_its_size(slicer):
    with pytest.raises(CannotDo, match="does not fit Prusa MK4: 400 mm on 250, 400 mm on 210"):
        mq.slice(mq.Asset(grid(400, 400)), slicer=slicer)


@needs_prusa
def test_a_profile_sets_what_is_not_asked_for(tmp_path):
    profile = tmp_path / "-o; rm -rf $(HOME) .ini"
    profile.write_text(
        "layer_height = 0.1\nfirst_layer_height = 0.1\nbed_shape = 0x0,80x0,80x80,0x80\npost_process = \n"
    )
    asset = mq.Asset(box((10, 10, 5)))
    made = mq.slice(asset, profile=str(profile.rename(tmp_path / "-o && rm -rf .ini")))
    assert numbers(made)["layers"] == 50
    assert b"bed_shape = 0x0,80x0,80x80,0x80" in made.data


@pytest.mark.parametrize(
    ("slicer", "name", "text"),
    [
        ("prusa", "p.ini", "layer_height = 0.1\npost_process = /bin/sh evil.sh\n"),
        ("prusa", "p.ini", "post_process=x"),
        ("orca", "p.json", '{"type": "process", "post_process": ["/bin/sh evil.sh"]}'),
        ("orca", "p.json", '{"type": "process",\n"post\\u005fprocess"\n:\n"evil"}'),
    ],
)
def test_a_profile_that_runs_programs_is_refused(tmp_path, monkeypatch, slicer, name, text):
    monkeypatch.setattr(slicing.shutil, "which", lambda name: "/bin/false")
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=r"runs a program of its own.*take that line out"):
        mq.slice(mq.Asset(box()), slicer=slicer, profile=str(tmp_path / name))


def test_profiles_that_are_none_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(slicing.shutil, "which", lambda name: "/bin/false")
    (tmp_path / "p.json").write_text('{"type": "machine"}')
    cube = mq.Asset(box())
    with pytest.raises(BadInput, match=r"does not end in \.ini"):
        mq.slice(cube, profile=str(tmp_path / "p.json"))
    with pytest.raises(BadInput, match="cannot be read"):
        mq.slice(cube, profile=str(tmp_path / "none.ini"))
    with pytest.raises(BadInput, match="needs a machine and a process"):
        mq.slice(cube, slicer="orca", profile=str(tmp_path / "p.json"))
    (tmp_path / "q.json").write_text("[1]")
    with pytest.raises(BadInput, match="no preset"):
        mq.slice(cube, slicer="orca", profile=str(tmp_path / "q.json"))


def heights_by_tool(gcode: str) -> dict[int, list[float]]:
    """At what heights each tool lays lines of the model."""
    parts = re.split(r"^T(\d+)$", gcode, flags=re.M)
    where: dict[int, list[float]] = {}
    z = 0.0
    for tool, text in zip(parts[1::2], parts[2::2], strict=True):
        for layer in re.split(r"^;Z:", f"{z}\n{text}", flags=re.M):
            z = float(layer.partition("\n")[0])
            lines = [s for s in strokes(f"M83\n{layer.partition(chr(10))[2]}") if s.kind in ("outer wall", "infill")]
            where.setdefault(int(tool), []).extend([z] * len(lines))
    return where


@needs_prusa
def test_a_painted_model_changes_filaments_where_its_colors_change():
    with noting() as notes:
        files = mq.slice(tower(3), stem="model")
    made, gcode = numbers(files), files.data.decode()
    where = heights_by_tool(gcode)
    assert sorted(where) == [0, 1, 2]
    for tool, heights in where.items():  # four millimetres a floor; the one below ends with the next one's floor
        assert 4 * tool - 1 < min(heights)
        assert max(heights) <= 4 * (tool + 1) + 1
    each = made["filaments"]
    assert [(f["slot"], f["color"], f["name"]) for f in each] == [(k + 1, COLORS[k], COLORS[k]) for k in range(3)]
    assert sum(f["filament_g"] for f in each) == pytest.approx(made["filament_g"], abs=0.03)
    assert min(f["filament_cm3"] for f in each) > 0.4
    towers = not any("no purge tower" in text for text in notes)  # some builds of PrusaSlicer cannot make them
    assert made["filament_changes"] == (4 if towers else 2)  # two to prime, two between the floors
    assert made["volume_mm3"] == pytest.approx(20 * 20 * 12)
    one = numbers(mq.slice(tower(3), filaments="one"))
    assert (one["filaments"], one["filament_changes"], one["purged_cm3"]) == ([], 0, 0)
    if towers:
        assert made["purged_cm3"] == pytest.approx(made["filament_cm3"] - one["filament_cm3"], rel=0.3)


@needs_prusa
@pytest.mark.parametrize(("count", "side"), [(2, 20.0), (8, 20.0), (3, 110.0)])
def test_towers_stand_on_the_bed_beside_the_model(count, side):
    with noting() as notes:
        gcode = mq.slice(tower(count, side, 40 / side), printer="prusa-mini", supports="auto").data.decode()
    if any("no purge tower" in text for text in notes):
        pytest.skip("this PrusaSlicer leads towers off the bed")
    found = {"tower": [], "outer wall": []}
    for stroke in strokes("M83\n" + gcode.partition(";LAYER_CHANGE")[2]):  # priming lines lie along the bed's edge
        if stroke.kind in found:
            found[stroke.kind] += [stroke.start, stroke.end]
    (low, high), (left, right) = ((np.min(p, axis=0), np.max(p, axis=0)) for p in found.values())
    assert low.min() >= 0
    assert high.max() <= 180
    assert (right < low - 4).any()
    assert (right - left) == pytest.approx([side, side], abs=0.6)


def test_layers_are_asked_how_many_filaments_they_need():
    assert [module._at_once(tower(n).mesh, 0.2) for n in (1, 2, 8)] == [1, 2, 2]
    assert module._at_once(tower(8, floor=0.2).mesh, 0.2) == 8
    cube = box((10, 10, 10))
    assert module._at_once(cube.replace(material=np.arange(12) // 2), 0.2) == 5  # all sides, and the floor or the top


@needs_prusa
def test_no_tower_where_there_is_no_room():
    slab = tower(2, side=175.0, floor=0.5)
    with noting() as notes:
        made = numbers(mq.slice(slab, printer="prusa-mini"))
    assert (len(made["filaments"]), made["filament_changes"], made["purged_cm3"]) == (2, 1, 0)
    assert any("no purge tower beside the model" in text for text in notes)


@needs_prusa
def test_a_profile_feeds_as_many_filaments_as_it_has_nozzles(tmp_path):
    def slice_with(nozzles):
        place = tmp_path / f"{nozzles}.ini"
        diameters = ",".join(["0.4"] * nozzles)
        place.write_text(f"nozzle_diameter = {diameters}\nwipe_tower = 0\nsingle_extruder_multi_material = 0\n")
        return numbers(mq.slice(tower(3), profile=str(place)))

    assert (slice_with(1)["filaments"], slice_with(1)["filament_changes"]) == ([], 0)
    with pytest.raises(BadInput, match=r"2\.ini has 2 filaments, the model 3; quantize-colors to 2"):
        slice_with(2)
    assert [f["slot"] for f in slice_with(3)["filaments"]] == [1, 2, 3]
    assert slice_with(3)["filament_changes"] == 2


@pytest.mark.parametrize(
    "move", ["G1  X110.500 Y-inf   E2.2 F2900", "G1 X-3984760.750 Y0.260", "G0 Ynan", "G1 X300 E1"]
)
def test_a_tower_that_leads_off_the_bed_is_made_again_and_left_out_at_last(monkeypatch, tmp_path, move):
    asked = []

    def run(command, folder, *, name):
        asked.append(command)
        (folder / "model.gcode").write_text(f"; inf\n{move}\n" if "--wipe-tower" in command else "G1 X1 Y-3.5 E1\n")
        return 0, ""

    monkeypatch.setattr(slicer_prusa, "run", run)
    monkeypatch.setattr(slicing.shutil, "which", lambda name: "/bin/true")
    with noting() as notes:
        assert numbers(mq.slice(tower(2)))["warnings"] == []
    exports = [command for command in asked if "--info" not in command]
    widths = [c[c.index("--wipe-tower-width") + 1] if "--wipe-tower" in c else "" for c in exports]
    assert widths == ["60", "54", ""]
    assert sum("off the bed" in text for text in notes) == 2
    assert any("no purge tower" in text for text in notes)
    move, profile = "G1 X2500", tmp_path / "p.ini"
    profile.write_text("nozzle_diameter = 0.4,0.4\n")
    monkeypatch.setattr(slicer_prusa, "_export_gcode", lambda *_: (f"{move}\n", []))
    with pytest.raises(CannotDo, match="off the bed"):
        mq.slice(tower(2), profile=str(profile))


@needs_cura
def test_curaengine_says_that_it_reads_no_paint():
    made = numbers(mq.slice(tower(2), slicer="cura"))
    assert made["warnings"] == ["the model's 2 filaments are sliced as one: CuraEngine reads no paint"]
    assert made["filaments"] == []
    assert numbers(mq.slice(tower(2), slicer="cura", filaments="one"))["warnings"] == []


ORCA = """#!{python}
import json, pathlib, sys
here = pathlib.Path.cwd()
pathlib.Path({log!r}).write_text(json.dumps({{"arguments": sys.argv[1:],
    "files": sorted(p.name for p in here.iterdir()),
    "presets": {{k: json.loads((here / (k + ".json")).read_text()) for k in ("machine", "process", "filament")
    if (here / (k + ".json")).exists()}}}}))
print("[2026-01-01 10:00:00.000001] [0x0000] [warning] cli mode, Current OrcaSlicer Version 02.03.02")
if {fails}:
    (here / "result.json").write_text(json.dumps({{"return_code": -50, "error_string": "Failed slicing the model."}}))
    sys.exit(206)
print("[2026-01-01 10:00:00.000001] [0x0000] [warning] it seems object ball has floating regions")
(here / "result.json").write_text(json.dumps({{"return_code": 0, "sliced_plates": [{{"warning_message": ""}}]}}))
(here / "plate_1.gcode").write_text('''; HEADER_BLOCK_START
; generated by OrcaSlicer 2.3.2 on 2026-01-01 at 10:00:00
; total layer number: 2
; HEADER_BLOCK_END
M83
;TYPE:Custom
G1 X1 Y1 E9
;LAYER_CHANGE
;Z:0.2
G1 Z.2
;TYPE:Outer wall
G1 X10 Y10
G1 X20 Y10 E.3
G1 X20 Y20 E.3
;TYPE:Support
G1 X30 Y20 E.2
;LAYER_CHANGE
;Z:0.4
G1 Z.4
;TYPE:Sparse infill
G1 X10 Y10 E1.2
; filament used [mm] = 11.00
; filament used [cm3] = 0.03
; total layers count = 2
; estimated printing time (normal mode) = 1h 56m 54s
''')
"""


def fake_orca(tmp_path, monkeypatch, fails=False):
    """An executable that speaks as OrcaSlicer documents it; gives the place of its record."""
    program, log = tmp_path / "bin" / "orca-slicer", tmp_path / "log.json"
    program.parent.mkdir()
    program.write_text(ORCA.format(python=sys.executable, log=str(log), fails=fails))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent))
    return log


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a shebang")
def test_orcaslicer_by_its_documented_command_line(tmp_path, monkeypatch):
    log = fake_orca(tmp_path, monkeypatch)
    files = mq.slice(mq.Asset(box((20, 20, 20))), slicer="orca", infill=30, supports="auto", printer="bambu-a1")
    asked = json.loads(log.read_text())
    assert asked["arguments"] == [
        *("--slice", "0", "--load-settings", "machine.json;process.json", "--load-filaments", "filament.json"),
        *("--arrange", "1", "--ensure-on-bed", "--outputdir", ".", "model.stl"),
    ]
    assert asked["files"] == ["filament.json", "machine.json", "model.stl", "process.json"]
    machine, process = asked["presets"]["machine"], asked["presets"]["process"]
    assert machine["printable_area"] == ["0x0", "256x0", "256x256", "0x256"]
    assert process["compatible_printers"] == [machine["name"]]
    assert (process["sparse_infill_density"], process["enable_support"]) == ("30%", "1")
    made = numbers(files)
    assert made["slicer"] == "OrcaSlicer 2.3.2"
    assert (made["layers"], made["seconds"], made["time"]) == (2, 7014.0, "1h 56m 54s")
    assert made["filament_mm"] == pytest.approx(11.0)
    assert made["filament_cm3"] == pytest.approx(11 * math.pi * 0.875**2 / 1000, abs=6e-4)
    assert made["support_cm3"] == pytest.approx(made["filament_cm3"] * 0.2 / 11, abs=6e-4)  # start included
    assert made["warnings"] == ["it seems object ball has floating regions"]
    assert b"2026-01-01" not in files.data


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a shebang")
def test_orcaslicer_gets_a_painted_model_and_a_preset_for_each_filament(tmp_path, monkeypatch):
    log = fake_orca(tmp_path, monkeypatch)
    script = (tmp_path / "bin" / "orca-slicer").read_text()
    script = script.replace("[mm] = 11.00", "[mm] = 600.00, 500.00").replace("[cm3] = 0.03", "[cm3] = 1.44, 1.20")
    (tmp_path / "bin" / "orca-slicer").write_text(script.replace("M83\n", "M83\nT0\nT1\n"))
    made = numbers(mq.slice(tower(2), slicer="orca"))
    asked = json.loads(log.read_text())
    assert asked["arguments"][4:6] == ["--load-filaments", "filament_1.json;filament_2.json"]
    assert asked["arguments"][-1] == "model.3mf"
    assert asked["files"] == ["filament_1.json", "filament_2.json", "machine.json", "model.3mf", "process.json"]
    assert asked["presets"]["machine"]["single_extruder_multi_material"] == "1"
    assert asked["presets"]["process"]["enable_prime_tower"] == "1"
    assert [f["filament_cm3"] for f in made["filaments"]] == [1.44, 1.2]
    assert made["filament_cm3"] == pytest.approx(2.64)
    assert made["filament_changes"] == 1
    one = tmp_path / "machine.json", tmp_path / "process.json"
    for place in one:
        place.write_text(json.dumps({"type": place.stem, "name": "x"}))
    with pytest.raises(BadInput, match="needs a filament preset for 2 filaments"):
        mq.slice(tower(2), slicer="orca", profile=f"{one[0]};{one[1]}")


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a shebang")
def test_orcaslicers_own_presets_go_by_their_type(tmp_path, monkeypatch):
    log = fake_orca(tmp_path, monkeypatch)
    for kind, extra in (("process", {"layer_height": "0.1"}), ("machine", {}), ("filament", {})):
        (tmp_path / f"--{kind} x.json").write_text(json.dumps({"type": kind, "name": kind, **extra}))
    places = ";".join(str(tmp_path / f"--{kind} x.json") for kind in ("filament", "process", "machine"))
    mq.slice(mq.Asset(box((20, 20, 20))), slicer="orca", infill=30, profile=places)
    asked = json.loads(log.read_text())
    assert asked["arguments"][2:6] == [
        "--load-settings",
        "machine.json;process.json",
        "--load-filaments",
        "filament.json",
    ]
    assert not any(" x" in argument for argument in asked["arguments"])
    process = asked["presets"]["process"]
    assert (process["layer_height"], process["sparse_infill_density"]) == ("0.1", "30%")
    assert "enable_support" not in process


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a shebang")
def test_orcaslicers_refusal_comes_through(tmp_path, monkeypatch):
    fake_orca(tmp_path, monkeypatch, fails=True)
    with pytest.raises(CannotDo, match="OrcaSlicer gave up: Failed slicing the model"):
        mq.slice(mq.Asset(box((20, 20, 20))), slicer="orca")


def test_hostile_stems_stay_plain_names(monkeypatch):
    made = slicing.Sliced(gcode="G28", slicer="x", seconds=1.0, filament_mm3=1.0, layers=1)
    monkeypatch.setitem(module._ADAPTERS, "prusa", (module.slicer_prusa, lambda job, folder: made))
    for stem in ("../../etc/passwd", "a/b", "nul\0", ".."):
        with pytest.raises(BadInput):
            mq.slice(mq.Asset(box()), stem=f"{stem}/x")
    assert mq.slice(mq.Asset(box()), stem="--output=x; rm -rf").main == "--output=x; rm -rf.gcode"


def test_settings_are_validated():
    cube = mq.Asset(box())
    for wrong in ({"slicer": "slic3r"}, {"infill": 101}, {"infill": "--load=x"}, {"supports": "tree"}, {"stem": ""}):
        with pytest.raises(BadSetting):
            mq.slice(cube, **wrong)


def test_resin_printers_and_missing_programs_are_named(monkeypatch):
    with pytest.raises(CannotDo, match="FDM"):
        mq.slice(mq.Asset(box()), printer="resin-small")
    monkeypatch.setattr(slicing.shutil, "which", lambda _: None)
    for slicer, told in (
        ("prusa", "apt install prusa-slicer"),
        ("orca", "OrcaSlicer/releases"),
        ("cura", "cura-engine"),
    ):
        with pytest.raises(Unavailable, match=told):
            mq.slice(mq.Asset(box()), slicer=slicer)
        with pytest.raises(Unavailable, match=told.split()[-1]):
            module.viewer(slicer)


def test_slicers_are_found_where_their_installers_put_them(tmp_path, monkeypatch):
    monkeypatch.setattr(slicing.shutil, "which", lambda _: None)
    places = (f"{tmp_path}/none/x", f"{tmp_path}/Cura */CuraEngine.exe", f"{tmp_path}/last")
    assert slicing.find_installed(("x",), places) is None
    for folder in ("Cura 5.2", "Cura 5.10", "Cura 5.9"):
        (tmp_path / folder).mkdir()
    (tmp_path / "last").touch()
    assert slicing.find_installed(("x",), places) == str(tmp_path / "last")
    (tmp_path / "Cura 5.9" / "CuraEngine.exe").touch()
    assert slicing.find_installed(("x",), places) == str(tmp_path / "Cura 5.9" / "CuraEngine.exe")
    (tmp_path / "Cura 5.10" / "CuraEngine.exe").touch()
    assert slicing.find_installed(("x",), places) == str(tmp_path / "Cura 5.10" / "CuraEngine.exe")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "C:").mkdir()
    (tmp_path / "C:" / "x.exe").touch()
    if sys.platform != "win32":
        assert slicing.find_installed(("x",), ("C:/x.exe",)) is None
    monkeypatch.setattr(module.slicer_orca, "WINDOWS", places)
    assert module.viewer("orca") == str(tmp_path / "Cura 5.10" / "CuraEngine.exe")
    monkeypatch.setattr(module.slicer_orca, "PLACES", places)
    assert module.missing("orca") == ""


def test_a_slicer_that_hangs_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(slicing, "SECONDS", 0.2)
    with pytest.raises(CannotDo, match="took longer"):
        slicing.run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, name="X")
