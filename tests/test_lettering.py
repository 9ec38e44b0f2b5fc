import contextlib
import io

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting
from maquette.geometry.flat.lettering import outline
from maquette.geometry.flat.typeface import typeface
from shapes import box


def area(loop: np.ndarray) -> float:
    x, y = loop.T
    return float(0.5 * (x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def holes(text: str) -> tuple[int, int]:
    """Outer loops and holes."""
    areas = [area(loop) for loop in outline(text, 10.0)]
    return sum(a > 0 for a in areas), sum(a < 0 for a in areas)


def test_an_h_is_as_high_as_asked_and_twelve_cornered():
    (loop,) = outline("H", 7.0)
    assert loop.shape == (12, 2)
    assert loop[:, 1].min() == pytest.approx(0, abs=1e-9)
    assert loop[:, 1].max() == pytest.approx(7, abs=1e-9)
    assert loop[:, 0].min() == pytest.approx(-loop[:, 0].max(), abs=1e-9)
    assert area(loop) > 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("O", (1, 1)), ("B", (1, 2)), ("8", (1, 2)), ("i", (2, 0)), ("%", (3, 2)), ("AB C", (3, 3)), ("g\nq", (2, 2))],
)
def test_letters_have_their_holes(text, expected):
    assert holes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ä", (3, 1)), ("Ü", (3, 0)), ("é", (2, 1)), ("ï", (3, 0)), ("å", (2, 2)), ("š", (2, 0))],
)
def test_accents_are_set_together_and_the_dot_makes_room(text, expected):
    assert holes(text) == expected


def test_a_mark_stands_over_its_letter_without_touching():
    letter, grave = sorted(outline("ù", 10.0), key=lambda loop: loop[:, 1].min())
    assert grave[:, 1].min() > letter[:, 1].max() + 0.5
    assert abs(grave[:, 0].mean() - letter[:, 0].mean()) < 1
    left, right = sorted(outline("ü", 10.0), key=lambda loop: loop[:, 1].min())[1:]
    assert left[:, 1].min() == pytest.approx(right[:, 1].min(), abs=1e-9)


def test_curves_are_round():
    outer = max(outline("o", 100.0), key=area)
    steps = np.roll(outer, -1, axis=0) - outer
    angle = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    assert np.abs(np.diff(angle)).max() < np.radians(25)


def test_size_is_linear_and_lines_are_stacked_and_centered():
    small, large = outline("Ag", 5.0), outline("Ag", 10.0)
    assert all(np.allclose(2 * a, b, atol=1e-5) for a, b in zip(small, large, strict=True))
    two = outline("H\nHHH", 10.0)
    upper = [loop for loop in two if loop[:, 1].min() > 12]
    assert len(upper) == 1
    assert upper[0][:, 0].mean() == pytest.approx(0, abs=1e-9)
    assert upper[0][:, 1].min() == pytest.approx(17.5)


def test_loops_do_not_cross_even_where_letters_touch():
    from manifold3d import CrossSection, FillRule

    loops = outline("fffi''\"\"WAVE", 10.0)
    even, positive = (CrossSection(loops, rule).area() for rule in (FillRule.EvenOdd, FillRule.Positive))
    assert even == pytest.approx(positive, rel=1e-9)
    assert positive == pytest.approx(sum(map(area, loops)), rel=1e-9)


def test_blank_text_has_no_loops():
    assert outline("", 5.0) == []
    assert outline(" \n ", 5.0) == []


def test_refuses_what_the_font_lacks_and_names_it():
    with pytest.raises(BadSetting, match="'Ж' '日'; name a font that has"):
        outline("A日Ж日", 5.0)
    with pytest.raises(BadSetting, match="201 characters"):
        outline("x" * 201, 5.0)


def test_same_text_same_loops():
    assert all(np.array_equal(a, b) for a, b in zip(outline("Ünder", 8), outline("Ünder", 8), strict=True))


# --- fonts that somebody names


def rectangle(pen, low, high):
    """A glyph's box, drawn clockwise as TrueType wants it."""
    pen.moveTo(low)
    pen.lineTo((low[0], high[1]))
    pen.lineTo(high)
    pen.lineTo((high[0], low[1]))
    pen.closePath()


def font(kind: str = "ttf", kern: bool = False, names=("H", "o", "dot", "odot")) -> bytes:
    """A font of 2000 units: H a slab of 1000 x 1400, o a disc of 1000, the letter \u01d2 their composite with a dot."""
    made = FontBuilder(2000, isTTF=kind == "ttf")
    made.setupGlyphOrder([".notdef", *names])
    made.setupCharacterMap({ord("H"): "H", ord("o"): "o", 0x1D2: "odot", ord("Ж"): "H", 0x4E2D: "o"})
    if kind == "ttf":
        glyphs = {name: TTGlyphPen(None).glyph() for name in (".notdef",)}
        for name, draw in (("H", lambda pen: rectangle(pen, (0, 0), (1000, 1400))), ("o", disc_of_quadratics),
                           ("dot", lambda pen: rectangle(pen, (400, 1200), (600, 1400)))):  # fmt: skip
            pen = TTGlyphPen(None)
            draw(pen)
            glyphs[name] = pen.glyph()
        pen = TTGlyphPen(glyphs)
        pen.addComponent("o", (1, 0, 0, 1, 0, 0))
        pen.addComponent("dot", (1, 0, 0, 1, 0, 100))
        glyphs["odot"] = pen.glyph()
        made.setupGlyf(glyphs)
    else:
        strings = {".notdef": T2CharStringPen(0, None).getCharString()}
        for name in names:
            pen = T2CharStringPen(1200, None)
            disc_of_cubics(pen) if name == "o" else rectangle(pen, (0, 0), (1000, 1400))
            strings[name] = pen.getCharString()
        made.setupCFF("Test", {}, strings, {})
    made.setupHorizontalMetrics(dict.fromkeys([".notdef", *names], (1200, 0)))
    made.setupHorizontalHeader(ascent=1600, descent=-400)
    made.setupNameTable({"familyName": "Slab", "styleName": "Regular"})
    made.setupOS2()
    made.setupPost()
    if kern:
        made.addOpenTypeFeatures("feature kern { pos H H -400; pos [H o] o -100; } kern;")
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def disc_of_quadratics(pen):
    """A ring of control points without a point on the curve, as TrueType allows."""
    angle = np.arange(8) * np.pi / 4
    reach = 500 / np.cos(np.pi / 8)
    pen.qCurveTo(*[(500 + reach * np.cos(a), 500 - reach * np.sin(a)) for a in angle], None)
    pen.closePath()


def disc_of_cubics(pen):
    k = 500 * 4 * (np.sqrt(2) - 1) / 3
    pen.moveTo((1000, 500))
    pen.curveTo((1000, 500 + k), (500 + k, 1000), (500, 1000))
    pen.curveTo((500 - k, 1000), (0, 500 + k), (0, 500))
    pen.curveTo((0, 500 - k), (500 - k, 0), (500, 0))
    pen.curveTo((500 + k, 0), (1000, 500 - k), (1000, 500))
    pen.closePath()


@pytest.mark.parametrize("kind", ["ttf", "otf"])
def test_any_font_is_scaled_by_its_own_capitals(kind):
    (slab,) = outline("H", 7.0, font(kind))
    assert np.allclose(np.ptp(slab, axis=0), [5, 7])
    assert area(slab) == pytest.approx(35)
    (disc,) = outline("o", 1.4, font(kind))  # a thousandth of its units
    radius = np.linalg.norm(disc - [0, 0.5], axis=1)
    assert np.abs(radius - 0.5).max() < 0.002
    assert area(disc) == pytest.approx(np.pi / 4, rel=0.005)


def test_composites_are_drawn_of_their_parts():
    letter, dot = sorted(outline("\u01d2", 14.0, font()), key=lambda loop: loop[:, 1].min())
    assert np.allclose(np.ptp(dot, axis=0), [2, 2])
    assert dot[:, 1].min() == pytest.approx(13)
    assert dot[:, 0].mean() == pytest.approx(letter[:, 0].mean(), abs=0.05)


def test_pairs_are_kerned_as_the_font_says():
    def step(text: str, kern: bool) -> float:
        first, second = sorted(outline(text, 1.4, font(kern=kern)), key=lambda loop: loop[:, 0].min())
        return second[:, 0].min() - first[:, 0].min()

    assert step("HH", False) == pytest.approx(1.2)
    assert step("oo", True) == pytest.approx(1.1)  # by class
    assert len(outline("HH", 1.4, font(kern=True))) == 1  # a pair so close that it touches is one
    assert np.ptp(outline("HH", 1.4, font(kern=True))[0][:, 0]) == pytest.approx(1.8)
    plain = typeface()
    assert plain.kerning("A", "V") < 0
    assert plain.kerning("H", "H") == 0


def test_other_scripts_are_written_where_the_font_has_them():
    assert len(outline("Ж中", 10.0, font())) == 2
    with pytest.raises(BadSetting, match="the font Slab has no 'ж'"):
        outline("ж", 10.0, font())


@pytest.mark.parametrize("text", ["שלום", "سلام", "नमस्ते"])
def test_scripts_that_need_a_shaper_are_refused(text):
    with pytest.raises(BadSetting, match="change beside other letters"):
        outline(text, 10.0, font())


@pytest.mark.parametrize(
    "data", [b"no font", b"\x00\x01\x00\x00", font()[:700], font("otf")[:500], b"OTTO" + bytes(60)]
)
def test_what_is_no_font_is_refused(data):
    with pytest.raises(BadSetting, match="text: "):
        outline("Ho", 10.0, data)


def test_a_font_damaged_anywhere_is_drawn_or_refused_and_nothing_is_printed(capfd):
    whole = bytearray(font(kern=True))
    dice = np.random.default_rng(1)
    for _ in range(300):
        hurt = whole.copy()
        for place in dice.integers(0, len(hurt), 4):
            hurt[place] = dice.integers(256)
        with contextlib.suppress(BadSetting):
            assert all(np.isfinite(loop).all() for loop in outline("Ho\u01d2H", 10.0, bytes(hurt)))
    assert capfd.readouterr() == ("", "")


def test_stages_write_in_a_font_by_its_file(tmp_path):
    path = tmp_path / "slab.ttf"
    path.write_bytes(font())
    cube = Asset(box((40, 40, 40)), sized=True)
    made = mq.emboss(cube, text="H", font=str(path), height_mm=14)
    assert made.mesh.bounds[0, 1] == pytest.approx(-1)
    raised = made.mesh.vertices[made.mesh.vertices[:, 1] < -0.9]
    assert np.allclose(np.ptp(raised, axis=0)[[0, 2]], [10, 14], atol=1e-6)
    assert "slab.ttf sha256:" in made.history[-1].settings
    assert str(tmp_path) not in made.history[-1].settings
    assert len(mq.plinth(cube, text="HoH", font=str(path), height_mm=20).mesh.faces) > 200
    with pytest.raises(BadSetting, match=r"emboss: the font nowhere\.ttf cannot be read"):
        mq.emboss(cube, text="H", font="nowhere.ttf")
