"""Blueprint: dimensions that are the model's own, lines that are seen or hidden, and the way back to a solid."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_dilation

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.flat.lathe import turn_profile
from maquette.geometry.rays import Tracer
from maquette.render.drafting.ink_sheet import dashes
from maquette.render.drafting.sheet import figure, three_views
from maquette.render.drafting.view_lines import view_lines
from shapes import box, grid, sphere, together, volume

SVG = "{http://www.w3.org/2000/svg}"


def bracket() -> Mesh:
    """An L of 60.125 x 40.5 x 50 mm with a step: a solid that its three views determine. Volume by hand below."""
    from maquette.geometry.cut.solids import combine

    base = box((60.125, 40.5, 12.0))
    wall = box((14.0, 40.5, 50.0))
    notch = box((30.0, 15.0, 20.0), (40.0, -1.0, -1.0))
    whole = combine((base.vertices, base.faces), [(wall.vertices, wall.faces)], "unite")
    cut = combine((whole.vertices, whole.faces), [(notch.vertices, notch.faces)], "subtract")
    return Mesh(cut.vertices, cut.faces)


BRACKET_MM3 = 60.125 * 40.5 * 12 + 14 * 40.5 * 38 - 20.125 * 14 * 12


def test_dimensions_are_the_models_own_to_a_hundredth():
    svg = ET.fromstring(mq.blueprint(Asset(bracket())).data)
    values = sorted(float(word.get("data-mm")) for word in svg.iter(f"{SVG}text") if word.get("data-mm"))
    assert values == pytest.approx([40.5, 40.5, 50.0, 60.125], abs=1e-6)
    words = {word.text for word in svg.iter(f"{SVG}text") if word.get("data-mm")}
    assert words in ({"40.5", "50", "60.12"}, {"40.5", "50", "60.13"})
    assert figure(100.0) == "100"
    assert figure(3.456) == "3.46"


def test_what_is_drawn_is_as_long_as_it_says():
    """The outline's extent on paper, over the scale, is the model's."""
    sheet = three_views(Asset(bracket()), "a4", True)
    outline = np.concatenate(sheet.strokes["outline"]).reshape(-1, 2)
    x, y = sheet.places["front"]
    front = outline[(outline[:, 0] < x + 60.2 * sheet.scale) & (outline[:, 1] < y + 50.1 * sheet.scale)]
    assert np.ptp(front, axis=0) / sheet.scale == pytest.approx([60.125, 50.0], abs=1e-4)
    record = json.loads(ET.fromstring(mq.blueprint(Asset(bracket())).data).find(f"{SVG}metadata").text)
    assert record["kind"] == "drawing"
    assert record["scale"] == sheet.scale


def test_a_box_has_no_hidden_lines_and_a_box_in_a_box_has_all_of_its_edges_hidden():
    plain = box((10, 20, 30))
    lines = view_lines(plain.vertices, plain.faces, Tracer(plain.vertices, plain.faces), "front")
    assert len(lines.hidden) == 0
    assert len(lines.outline) == 1
    inner = together(plain, box((4, 4, 4), (3, 3, 3)))
    lines = view_lines(inner.vertices, inner.faces, Tracer(inner.vertices, inner.faces), "front")
    length = np.linalg.norm(lines.hidden[:, 1] - lines.hidden[:, 0], axis=1).sum()
    assert length >= 16 - 1e-6  # the square of 4 x 4 at least once
    assert lines.hidden.min() == pytest.approx(3)
    assert lines.hidden.max() == pytest.approx(7)


def test_a_ring_seen_from_above_has_its_hole_in_the_outline():
    profile = np.array([[0, 0], [10, 0], [10, 4], [0, 4.0]])
    outer, inner = turn_profile(profile, 64), turn_profile(profile * [0.5, 2] - [0, 2], 64)
    from maquette.geometry.cut.solids import combine

    ring = combine(outer, [inner], "subtract")
    lines = view_lines(ring.vertices, ring.faces, Tracer(ring.vertices, ring.faces), "top")
    assert len(lines.outline) == 2
    ball = sphere(5.0, 4)
    lines = view_lines(ball.vertices, ball.faces, Tracer(ball.vertices, ball.faces), "right")
    assert len(lines.outline) == 1
    assert len(lines.hidden) == 0
    assert np.linalg.norm(lines.outline[0], axis=1) == pytest.approx(5.0, rel=0.02)


def test_dashes_run_on_over_corners():
    line = np.array([[[0, 0], [3, 0]], [[3, 0], [3, 7.8]]], float)
    pieces = dashes(line)
    assert np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum() == pytest.approx(3 * 2.4)
    assert pieces[1].tolist() == [[3.0, pytest.approx(0.6)], [3.0, pytest.approx(3.0)]]


def test_png_and_svg_show_the_same_and_same_bytes():
    asset = Asset(bracket(), title="bracket <1>")
    png = mq.blueprint(asset, suffix=".png", width_px=594, ink="white")
    assert png == mq.blueprint(asset, suffix=".png", width_px=594, ink="white")
    drawn = np.asarray(Image.open(io.BytesIO(png.data)).convert("L")).astype(float)
    assert drawn.shape == (420, 594)
    svg = mq.blueprint(asset, ink="white").data
    assert b"bracket &lt;1&gt;" in svg
    resvg = pytest.importorskip("resvg_py")
    other = Image.open(io.BytesIO(bytes(resvg.svg_to_bytes(svg_string=svg.decode(), width=594, dpi=96)))).convert("L")
    shown = np.asarray(other.resize((594, 420))).astype(float)
    views = np.s_[60:310, 165:430]  # without words: this machine's resvg may have no font
    lines, theirs = drawn[views] < 60, shown[views] < 200
    assert lines.sum() > 500
    assert not (lines & ~binary_dilation(theirs, iterations=1)).any()
    assert not ((shown[views] < 60) & ~binary_dilation(drawn[views] < 200, iterations=1)).any()


def test_a_pdf_is_the_sheet_at_its_true_size():
    asset = Asset(bracket(), title="Väse (1) \u2603")
    data = mq.blueprint(asset, suffix=".pdf").data
    assert data == mq.blueprint(asset, suffix=".pdf").data
    places = [int(row.split()[0]) for row in data[data.index(b"\nxref\n") + 1 :].split(b"\n")[3:9]]
    assert [data[place:].split(b" ", 1)[0] for place in places] == [b"%d" % number for number in range(1, 7)]
    assert int(data[data.rindex(b"startxref") :].split()[1]) == data.index(b"\nxref\n") + 1
    assert b"/MediaBox [0 0 841.8898 595.2756]" in data  # A4 lying
    assert "Väse \\(1\\) ?".encode("cp1252") in data
    start = data.index(b"stream\n") + 7
    content = zlib.decompress(data[start : data.index(b"\nendstream")]).decode()
    words = re.findall(r"\((.*?)\) Tj", content)
    assert {figure(float(side)) for side in asset.size} <= set(words)
    drawn = np.array(re.findall(r"^([\d.-]+) ([\d.-]+) [ml]$", content, re.M), float)
    sheet = three_views(asset, "a4", True)
    ends = np.concatenate([part.reshape(-1, 2) for parts in sheet.strokes.values() for part in parts])
    assert drawn.min(axis=0) == pytest.approx(ends.min(axis=0), abs=1e-4)
    assert drawn.max(axis=0) == pytest.approx(ends.max(axis=0), abs=1e-4)


def test_poppler_draws_the_pdf_as_we_draw_the_png(tmp_path):
    if not shutil.which("pdftoppm"):
        pytest.skip("needs poppler's pdftoppm")
    asset = Asset(bracket(), title="bracket")
    (tmp_path / "a.pdf").write_bytes(mq.blueprint(asset, suffix=".pdf", ink="white").data)
    size = ["-scale-to-x", "594", "-scale-to-y", "420"]
    subprocess.run(["pdftoppm", "-png", *size, "a.pdf", "a"], cwd=tmp_path, check=True)
    theirs = np.asarray(Image.open(next(tmp_path.glob("a*.png"))).convert("L")).astype(float)
    png = mq.blueprint(asset, suffix=".png", width_px=594, ink="white").data
    ours = np.asarray(Image.open(io.BytesIO(png)).convert("L")).astype(float)
    assert theirs.shape == ours.shape
    assert not ((ours < 60) & ~binary_dilation(theirs < 200, iterations=2)).any()
    assert not ((theirs < 60) & ~binary_dilation(ours < 200, iterations=2)).any()


def test_refusals():
    with pytest.raises(CannotDo, match="flat"):
        mq.blueprint(Asset(grid(2, 2)))
    with pytest.raises(CannotDo, match="no faces"):
        mq.blueprint(Asset(box().keep_faces(np.zeros(12, bool))))
    with pytest.raises(CannotDo, match="fit no sheet"):
        mq.blueprint(Asset(box((1e6, 1e6, 1e6))))


@pytest.mark.parametrize("ink", ["white", "blue"])
def test_a_blueprint_fed_back_gives_the_solid_back(ink):
    assert volume(bracket()) == pytest.approx(BRACKET_MM3)
    sheet = mq.blueprint(Asset(bracket()), suffix=".png", width_px=2000, ink=ink)
    photo = mq.open(sheet.data)
    back = mq.three_views(photo, width_mm=60.125)
    assert back.size == pytest.approx((60.125, 40.5, 50.0), rel=0.01)
    assert volume(back) == pytest.approx(BRACKET_MM3, rel=0.03)
    assert back.sized


def test_what_is_no_three_view_drawing_is_refused():
    from samples import photo

    with pytest.raises(CannotDo, match="three-views: "):
        mq.three_views(mq.open(photo()))
    blank = io.BytesIO()
    Image.new("RGB", (300, 200), "white").save(blank, "PNG")
    with pytest.raises(CannotDo, match="no closed drawing"):
        mq.three_views(mq.open(blank.getvalue()))
