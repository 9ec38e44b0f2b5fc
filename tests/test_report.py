"""The report of a print: what a maker reads, seen through a parser, with a ball for a model."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo, Unavailable
from maquette.core.files import Files
from maquette.core.history import Step
from maquette.core.profiles import Printer, Target
from maquette.core.report import Finding, Report
from maquette.flow import slicing
from maquette.flow.made import Made, blocking
from maquette.flow.report.album import finding_shots
from maquette.flow.report.estimate import material_cm3
from maquette.flow.report.first_layer import INKS, first_layer_picture
from maquette.flow.report.keeper import Keeper
from maquette.flow.report.page import as_dict, as_html, write_report
from maquette.flow.report.tables import findings_table, mending, mending_table, profile_table
from maquette.flow.slicing import SlicingWish
from maquette.formats.slicers import slice as slicers
from samples import ball, cut_out
from shapes import box

MK4 = Printer.named("prusa-mk4")
SOLIDIFY = Step("solidify", notes=("closing up: volume 1 to 2 mm³, off the given surface by 0.012 mm on average",))
SCALED = Step("scale-to", notes=("scaled by 0.8",))


def make_result(*findings: Finding, **changes) -> Made:
    values = {
        "asset": ball(),
        "report": Report("print", "prusa-mk4", findings),
        "photo": cut_out(96),
        "cut": cut_out(96),
        "intake": (Finding("blur", "pass", "sharp"),),
        "route": "full",
        "recipe": "print",
        "printer": MK4,
        "target": Target.named("three"),
        "seconds": {"matte": 1.0, "total": 2.5},
    }
    return Made(**{**values, **changes})


class Reader(HTMLParser):
    """Text and addresses of a page; fails on tags that do not close."""

    VOID = ("meta", "img", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.text, self.addresses, self.tags = [], [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture
def no_pictures(monkeypatch):
    """Four seconds a page less, for tests of the words."""
    from maquette.flow.report import page

    monkeypatch.setattr(page, "asset_shots", lambda keeper: {"hero": [], "six": [], "seen": []})


def test_the_page_is_whole_and_leads_nowhere():
    page = Reader(as_html(make_result(Finding("welded", "pass", "fine"))))
    assert all(address.startswith("data:image/") for address in page.addresses)
    assert len(page.addresses) >= 2 + 1 + 6 + 1  # photo and subject, turntable, six sides, seen
    assert not {"script", "iframe", "link", "form"} & set(page.tags)
    for word in ("From six sides", "Checks for Prusa MK4", "What mending changed", "All limits and who set them"):
        assert word in page.said
    assert "±1 mm use CAD" in page.said


def test_what_is_a_guess_is_called_one(no_pictures):
    assert "(a guess)" not in Reader(as_html(make_result())).said
    page = Reader(as_html(make_result(asset=ball().replace(sized=False)))).said
    assert "width, depth, height (a guess)" in page
    assert "Set it with --height-mm" in page
    assert "what it does not show is invented" in page


def test_seen_is_a_share_of_the_surface_not_of_the_vertices():
    from maquette.core.mesh import Mesh

    cube = box((10, 10, 10))
    crowd = np.concatenate([cube.vertices, np.random.default_rng(0).random((1000, 3))])
    seen = np.concatenate([(cube.vertices[:, 2] > 5).astype(np.float32), np.zeros(1000, np.float32)])
    lopsided = ball().replace(mesh=Mesh(crowd, cube.faces, seen=seen), materials=())
    assert as_dict(make_result(asset=lopsided))["model"]["seen_share"] == pytest.approx(0.5)


def test_every_finding_is_in_the_table_worst_first_and_harmless():
    findings = [
        Finding("new-check", "pass", "fine", value=1.5, unit="mm", limit="at least 1", source="a book"),
        Finding("worse", "fail", "<script>alert(1)</script>", fix="thicken", value=2),
        Finding("odd", "unknown", "cannot tell", fix="solidify"),
    ]
    page = Reader(findings_table(findings))
    said = page.said
    assert said.index("worse") < said.index("odd") < said.index("new-check")
    assert "1.5 mm at least 1 a book" in said
    assert "script" not in page.tags
    assert "thicken" in said
    assert "solidify" not in said  # unknown needs no fix
    assert findings_table([]) == ""
    assert "121,043 mm³" in findings_table([Finding("trapped-volumes", "pass", "", value=121042.7, unit="mm³")])
    assert "40,000 faces" in findings_table([Finding("triangle-budget", "pass", "", value=40000, unit="faces")])


def test_what_mending_changed_is_told_in_its_own_words():
    history = (Step("open", notes=("a photo",)), SOLIDIFY, SCALED)
    assert mending(history) == [("solidify", SOLIDIFY.notes[0])]
    assert "0.012 mm on average" in mending_table(history)
    assert "before scale-to: scaled by 0.8" in mending_table(history)
    assert "a solid as it came" in mending_table((Step("solidify"),))


def test_the_profile_names_every_limit_and_its_source():
    said = Reader(profile_table(MK4)).said
    assert "250 × 210 × 220 mm PrusaResearch.ini" in said
    assert "thinnest wall 0.8 mm two 0.42 mm lines" in said
    assert "triangles at most" in Reader(profile_table(Target.named("three"))).said


def test_thickness_and_overhang_have_maps_even_when_they_pass():
    faces = len(ball().mesh.faces)
    told = [
        Finding("wall-thickness", "pass", "thick", unit="mm", overlay=np.full(faces, 3.0)),
        Finding("overhang", "warn", "leans", unit="% of the surface", overlay=np.zeros(faces), faces=np.arange(9)),
        Finding("islands", "fail", "in the air", faces=np.array([5])),
        Finding("pins", "pass", "none", overlay=np.zeros(faces), faces=np.array([], int)),
        Finding("watertight", "pass", "closed"),
    ]
    captions = [shot.caption.partition(":")[0] for shot in finding_shots(Keeper(ball()), tuple(told), MK4)]
    assert captions == ["overhang", "wall-thickness", "islands"]


def test_the_overhang_map_is_in_degrees(monkeypatch):
    from maquette.core.picture import Picture
    from maquette.flow.report import album

    asked = {}

    def draw_nothing(asset, values, **settings):
        asked[settings["label"]] = (settings["unit"], settings["limits"])
        return Picture(np.zeros((1, 4, 4, 4), np.uint8))

    monkeypatch.setattr(album, "overlay", draw_nothing)
    faces = len(ball().mesh.faces)
    told = [Finding(name, "pass", "", unit=unit, overlay=np.ones(faces))
            for name, unit in (("overhang", "% of the surface"), ("wall-thickness", "mm"))]  # fmt: skip
    finding_shots(Keeper(ball()), tuple(told), MK4)
    assert asked == {
        "leans out by, white: 45°": ("°", (0.0, 90.0)),
        "thickness, white: 0.8 mm": ("mm", (1.6, 0.0)),
    }


GCODE = """;TYPE:External perimeter
G1 X10 Y10 Z.2
G1 X30 Y10 E1
G1 X30 Y30 E2
;TYPE:Solid infill
G1 X10 Y10 E3
;TYPE:Perimeter
G1 X11 Y11 Z.4
G1 X90 Y90 E4
"""


def test_the_first_layer_is_drawn_where_it_lies():
    picture = first_layer_picture(GCODE, 0.4, 200)
    frame = picture.frames[0][..., :3].astype(int)
    assert frame.shape == (240, 200, 3)
    colors = {kind: np.array([int(INKS[kind][i : i + 2], 16) for i in (0, 2, 4)]) for kind in INKS}

    def near(color, x, y):
        """Whether a pixel of the colour lies within 4 of (x, y) mm of the corner; 22.4 mm are 200 px."""
        row, column = 200 - (y + 1.2) / 22.4 * 200, (x + 1.2) / 22.4 * 200
        patch = frame[round(row) - 4 : round(row) + 4, round(column) - 4 : round(column) + 4]
        return bool((np.abs(patch - color).sum(axis=-1) < 60).any())

    assert near(colors["outer wall"], 10, 0)
    assert near(colors["outer wall"], 20, 10)
    assert near(colors["solid"], 10, 10)
    assert not near(colors["outer wall"], 0, 10)
    assert first_layer_picture("G28", 0.4) is None


def sliced_made(monkeypatch, warnings=(), price=None):
    summary = {
        "slicer": "PrusaSlicer 2.5.0", "layers": 2, "time": "1h 2m 3s", "seconds": 3723, "filament_mm": 1500.0,
        "filament_cm3": 3.6, "filament_g": 4.47, "support_cm3": 0.4, "manifold": True, "parts": 1,
        "volume_mm3": 1.0, "defects": {}, "warnings": list(warnings),
    }  # fmt: skip
    files = Files("x.gcode", {"x.gcode": GCODE.encode(), "x.slice.json": json.dumps(summary).encode()})
    monkeypatch.setattr(slicing, "registry", lambda: {"slice": lambda asset, **settings: files})
    return sliced_as(SlicingWish(price_kg=price))


def sliced_as(wish: SlicingWish) -> Made:
    """A made ball with what the slicer says of it."""
    sliced, opinion = slicing.slice_asset(ball(), MK4, wish, "x")
    return make_result(opinion, sliced=sliced)


def test_time_filament_and_cost_are_on_the_page(monkeypatch, tmp_path, no_pictures):
    done = sliced_made(monkeypatch, price=20.0)
    assert done.sliced.cost == pytest.approx(0.09)
    said = Reader(as_html(done)).said
    for words in ("4.5 g filament, 2 layers", "1h 2m 3s to print", "0.09 by your price", "the first layer from above"):
        assert words in said
    assert done.report.of("slice")[0].verdict == "pass"
    places = write_report(done, tmp_path / "x.3mf")
    assert json.loads(places[0].read_text())["slicing"]["filament_g"] == 4.47


def test_a_complaint_of_the_slicer_is_a_warning_and_a_refusal_a_failure(monkeypatch, no_pictures):
    found = sliced_made(monkeypatch, warnings=["Empty layer between 1 and 2"]).report.of("slice")[0]
    assert (found.verdict, found.value) == ("warn", 1)
    assert "Empty layer" in found.message

    def refuses(asset, **settings):
        raise CannotDo("slice: PrusaSlicer gave up: no extrusions in the first layer")

    monkeypatch.setattr(slicing, "registry", lambda: {"slice": refuses})
    done = sliced_as(SlicingWish())
    assert done.sliced is None
    assert done.report.verdict == "fail"
    assert "gave up" in Reader(as_html(done)).said
    assert done.report.of("slice")[0].fix == "plinth"  # nothing to stand on


def test_a_resin_printer_is_not_sliced_for():
    with pytest.raises(CannotDo, match="Form 3 is SLA, and slicing makes G-code for FDM"):
        slicing.insist_on_slicer("prusa", Printer.named("formlabs-form-3"))


def test_what_was_asked_for_stands_on_the_page(no_pictures):
    told = make_result(asked=(("hollow_mm", "3", "make it hollow"), ("text", "A & <b>", "words on a plinth")))
    page = Reader(as_html(told))
    assert "asked for: --hollow-mm 3 --text 'A & <b>'" in page.said
    assert "b" not in page.tags[page.tags.index("code") :][:3]
    assert as_dict(told)["asked"][0] == {"option": "hollow_mm", "value": "3", "meaning": "make it hollow"}
    assert "asked for" not in Reader(as_html(make_result())).said


def test_what_failed_says_its_fix_and_whether_a_file_is_written(no_pictures):
    trapped = Finding("trapped-volumes", "fail", "1 closed void holds 2 cm³ of resin", fix="drop-inner-walls")
    said = Reader(as_html(make_result(trapped))).said
    assert "holds 2 cm³ of resin mend it with drop-inner-walls" in said
    assert "No print file is written while this fails, but with --force : trapped-volumes" in said
    thin = Finding("wall-thickness", "fail", "thin", fix="thicken")
    assert make_result(trapped, thin).blocking == (trapped,)
    assert "No print file" not in Reader(as_html(make_result(thin))).said
    assert blocking(Report("model", "three", (trapped,))) == ()


def test_material_is_told_before_anybody_sliced(no_pictures):
    """A cube of 20 mm: a shell of 2280 mm3 and 15 % of the rest; all of it in resin."""
    cube = Asset(box((20, 20, 20)))
    assert material_cm3(cube.mesh, MK4) == pytest.approx(2.28 + 0.15 * (8 - 2.28))
    resin = Printer.named("formlabs-form-3")
    assert material_cm3(cube.mesh, resin) == pytest.approx(8)
    assert "about 3.89 g PLA at 15 % infill" in Reader(as_html(make_result(asset=cube))).said
    assert "8 cm³ of resin" in Reader(as_html(make_result(asset=cube, printer=resin))).said
    thin = box((20, 20, 0.4))
    assert material_cm3(thin, MK4) == pytest.approx(0.16)


def test_a_slicer_that_is_not_there_is_told_first(monkeypatch):
    monkeypatch.setattr(slicers, "find_installed", lambda *names: None)
    with pytest.raises(Unavailable, match="apt install prusa-slicer"):
        slicing.insist_on_slicer("prusa", MK4)


def test_numbers_on_the_page_are_those_of_the_json(no_pictures):
    plain = as_dict(make_result(Finding("welded", "warn", "loose", value=3, unit="vertices")))
    said = Reader(as_html(make_result(Finding("welded", "warn", "loose", value=3, unit="vertices")))).said
    x, y, z = plain["model"]["size_mm"]
    assert f"{x:.1f} × {y:.1f} × {z:.1f} mm" in said
    assert f"{plain['model']['faces']:,} triangles" in said
    assert re.search(rf"{plain['model']['seen_share']:.0%} of the surface seen", said)
    assert "passes with warnings" in said
