import numpy as np
import pytest

from maquette.core.errors import BadSetting
from maquette.geometry.flat.lettering import outline


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
    with pytest.raises(BadSetting, match="'Ж' '日'"):
        outline("A日Ж日", 5.0)
    with pytest.raises(BadSetting, match="201 characters"):
        outline("x" * 201, 5.0)


def test_same_text_same_loops():
    assert all(np.array_equal(a, b) for a, b in zip(outline("Ünder", 8), outline("Ünder", 8), strict=True))
