"""Suggested settings: each follows what was measured, and stands in the 3MF in every slicer's words."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile

import pytest

import maquette as mq
from maquette.checks.suggest_settings import settings_from
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.files import Files
from maquette.core.profiles import Plastic, Printer
from maquette.core.report import Finding
from maquette.formats.threemf.settings_parts import BAMBU_PATH, PRUSA_PATH, with_settings
from shapes import box

PLA, MK4 = Plastic.named("pla"), Printer.default()


def findings(detail=2.0, wall=20.0, steep=0.0, span=0.0, sags="pass"):
    return [
        Finding("fine-detail", "pass", "", value=detail),
        Finding("wall-thickness", "pass", "", value=wall),
        Finding("overhang", "pass", "", value=steep),
        Finding("bridges", sags, "", value=span),
    ]


def test_the_layer_follows_the_detail():
    fine, coarse = (settings_from(findings(detail=d), 100, "decorative", PLA, MK4) for d in (0.5, 2.0))
    assert (fine.layer_mm, coarse.layer_mm) == (0.12, 0.2)
    assert "0.5 mm was measured" in fine.reasons["layer_mm"]
    assert settings_from(findings(), 20, "decorative", PLA, MK4).layer_mm == 0.12
    assert settings_from(findings(detail=0.5), 20, "strong", PLA, MK4).layer_mm == 0.24


def test_walls_and_infill_follow_the_purpose():
    told = [settings_from(findings(), 100, purpose, PLA, MK4) for purpose in ("decorative", "functional", "strong")]
    assert [one.perimeters for one in told] == [2, 3, 5]
    assert [one.infill_percent for one in told] == sorted(one.infill_percent for one in told)
    assert told[2].infill_pattern == "cubic"


def test_a_thin_place_is_filled_with_lines():
    told = settings_from(findings(wall=2.4), 100, "decorative", PLA, MK4)
    assert told.perimeters == 3  # 2 x 3 lines of 0.45 mm
    assert "2.4 mm" in told.reasons["perimeters"]
    assert settings_from(findings(wall=9), 100, "decorative", PLA, MK4).perimeters == 2


def test_supports_only_where_they_were_measured():
    assert settings_from(findings(), 100, "decorative", PLA, MK4).supports is False
    assert settings_from(findings(steep=8.0, span=20.0, sags="warn"), 100, "decorative", PLA, MK4).supports is True
    leaning = settings_from(findings(steep=8.0, span=0.3), 100, "decorative", PLA, MK4)
    assert leaning.supports is False
    assert "holds on" in leaning.reasons["supports"]


def test_plastic_and_machine():
    told = settings_from(findings(), 100, "functional", Plastic.named("abs"), MK4)
    assert told.brim_mm == 5
    assert (told.nozzle_c, told.bed_c) == (250, 100)
    resin = Printer.named(next(name for name in Printer.names() if Printer.named(name).technology == "SLA"))
    assert {row[0] for row in settings_from(findings(), 100, "decorative", Plastic.named("resin"), resin).rows} == {
        "layer height",
        "supports",
    }
    powder = Printer.named(next(name for name in Printer.names() if Printer.named(name).technology == "SLS"))
    with pytest.raises(CannotDo, match="laser sintering"):
        settings_from(findings(), 100, "decorative", PLA, powder)


def told_file() -> Files:
    cube = Asset(box((20, 20, 10), (0, 0, 5)), sized=True, title="cube")
    return with_settings(mq.write_3mf(cube, stem="cube"), mq.suggest_settings(cube, purpose="strong"))


def test_the_3mf_says_it_in_every_dialect():
    with zipfile.ZipFile(io.BytesIO(told_file().data)) as package:
        prusa, bambu = package.read(PRUSA_PATH).decode(), package.read(BAMBU_PATH).decode()
        model = package.read("3D/3dmodel.model").decode()
    assert '<metadata type="object" key="perimeters" value="5"/>' in prusa
    assert 'firstid="0" lastid="11"' in prusa
    assert '<metadata key="wall_loops" value="5"/>' in bambu
    assert '<metadata name="cura:wall_line_count" preserve="true" type="xs:string">5</metadata>' in model
    again = mq.read_3mf(told_file())
    assert len(again.mesh.faces) == 12


def test_settings_as_a_file_say_why():
    import json

    told = settings_from(findings(wall=2.4), 100, "decorative", PLA, MK4)
    written = json.loads(mq.write_settings(told).data)
    assert {"setting": "perimeters", "value": "3"}.items() <= written["settings"][1].items()
    assert written["prusaslicer"]["perimeters"] == written["cura"]["wall_line_count"] == "3"


def test_the_report_shows_them_with_their_reasons():
    from maquette.flow.report.tables import settings_table

    told = settings_from(findings(detail=0.5), 100, "decorative", PLA, MK4)
    table = settings_table(told)
    assert "detail of 0.5 mm was measured" in table
    assert all(value in table for _, value, _ in told.rows)
    assert settings_table(None) == ""


def test_other_files_stay_as_they_are():
    stl = mq.write_stl(Asset(box((1, 1, 1))))
    assert with_settings(stl, mq.suggest_settings(Asset(box((20, 20, 10))))) is stl


@pytest.mark.skipif(shutil.which("prusa-slicer") is None, reason="PrusaSlicer is not installed")
def test_prusaslicer_prints_as_told(tmp_path):
    (tmp_path / "cube.3mf").write_bytes(told_file().data)
    line = ["prusa-slicer", "--export-gcode", "-o", "cube.gcode", "cube.3mf"]
    subprocess.run(line, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    text = (tmp_path / "cube.gcode").read_text()
    heights = [float(z) for z in re.findall(r"^;Z:([\d.]+)", text, re.M)]
    assert heights[5] - heights[4] == pytest.approx(0.24)  # the layer of a strong print
    layer = text.split(";LAYER_CHANGE")[10]
    assert layer.count(";TYPE:External perimeter") == 1
    assert layer.count("\nG1 F") > 4
