"""What stays legible once a slicer has laid lines: letters 2 mm high, and codes. Skips without PrusaSlicer."""

from __future__ import annotations

import json

import numpy as np
import pytest

import maquette as mq
from layer_drawing import draw_layer, draw_loops, layer_lines
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.formats.slicers import slice as slicing
from maquette.formats.slicers.gcode import Stroke
from maquette.geometry.flat.lettering import outline

pytestmark = pytest.mark.skipif(bool(slicing.missing("prusa")), reason=slicing.missing("prusa"))

PRINTER = Printer.default()
BED = np.array(PRINTER.bed_mm[:2]) / 2  # where the slicer puts the middle
ROWS = ("ABCDEFGHI", "JKLMNOPQR", "STUVWXYZ")
CAPITAL, APART, LINE = 2.0, 2.6, 3.4  # mm: height, from letter to letter, from line to line
PLACES = {letter: np.array([x * APART, -y * LINE]) for y, row in enumerate(ROWS) for x, letter in enumerate(row)}


def alphabet_logo() -> tuple[bytes, np.ndarray, float]:
    """An SVG of a disc beside the alphabet in 2 mm letters, the drawing's middle (2,), y up, and its width."""
    disc = np.array([[-12.0, -8], [-2, 2]])
    shapes, corners = ['<circle cx="-7" cy="3" r="5"/>'], [disc]
    for letter, place in PLACES.items():
        loops = [loop + place for loop in outline(letter, CAPITAL)]
        words = " ".join("M" + " L".join(f"{x:.4f} {-y:.4f}" for x, y in loop) + " Z" for loop in loops)
        shapes.append(f'<path fill-rule="evenodd" d="{words}"/>')
        corners += loops
    every = np.concatenate(corners)
    low, high = every.min(axis=0), every.max(axis=0)
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-13 -4 40 16">' + "".join(shapes) + "</svg>"
    return svg.encode(), (low + high) / 2, float(high[0] - low[0])


def slice_whole(asset: Asset) -> str:
    """Its G-code, made without a warning."""
    files = mq.slice(asset, filaments="one", printer=PRINTER)
    numbers = json.loads(files.parts["model.slice.json"])
    assert numbers["warnings"] == []
    assert numbers["defects"] == {}
    return files.data.decode()


def likeness(seen: np.ndarray, template: np.ndarray) -> float:
    """The best correlation of two pictures (H, W) over shifts of a fifth of a millimetre."""
    shifts = range(-6, 7, 3)
    if not seen.any():
        return 0.0
    moved = [np.roll(seen, (down, right), (0, 1)) for down in shifts for right in shifts]
    return max(float(np.corrcoef(one.ravel(), template.ravel())[0, 1]) for one in moved)


def read_letters(lines: list[Stroke], middle: np.ndarray) -> dict[str, str]:
    """For each letter of the logo the one of all 26 that its lines of plastic resemble most."""
    low, high = np.array([-1.3, -0.4]), np.array([1.3, CAPITAL + 0.4])
    templates = {letter: draw_loops(outline(letter, CAPITAL), low, high) for letter in PLACES}
    read = {}
    for letter, place in PLACES.items():
        at = place - middle + BED
        seen = draw_layer(lines, PRINTER.layer_mm, at + low, at + high)
        read[letter] = max(templates, key=lambda other, seen=seen: likeness(seen, templates[other]))
    return read


@pytest.fixture(scope="module")
def sliced_logo() -> tuple[list[Stroke], np.ndarray]:
    """The last layer's lines of the logo's sign, and the drawing's middle."""
    svg, middle, width = alphabet_logo()
    sign = mq.signboard(mq.open_art(svg, width_mm=width), depth_mm=0.6, base_mm=1.0, margin_mm=3)
    return layer_lines(slice_whole(sign)), middle


def test_letters_two_millimetres_high_are_told_from_all_others_in_the_last_layer(sliced_logo):
    lines, middle = sliced_logo
    assert {letter: other for letter, other in read_letters(lines, middle).items() if letter != other} == {}


def test_it_is_the_lines_that_are_read(sliced_logo):
    """Looked at one letter further on, each is read as the next."""
    lines, middle = sliced_logo
    read = read_letters(lines, middle - [APART, 0.0])
    assert [read[letter] for row in ROWS for letter in row[:-1]] == [letter for row in ROWS for letter in row[1:]]


def test_a_code_is_read_off_the_lines_of_its_last_layer():
    cv2 = pytest.importorskip("cv2", reason="OpenCV reads codes")
    text = "https://example.org/a-sign"
    code = mq.qr_code(text=text, size_mm=40)
    sign = mq.signboard(code, margin_mm=6, depth_mm=0.6)
    half = np.array(sign.size[:2]) / 2
    drawn = draw_layer(layer_lines(slice_whole(sign)), PRINTER.layer_mm, BED - half, BED + half)
    photo = cv2.resize(np.round(255 * (1 - drawn)).astype(np.uint8), (300, 300), interpolation=cv2.INTER_AREA)
    photo = cv2.GaussianBlur(photo, (0, 0), 1.5)  # a camera's blur of a quarter of a millimetre hides the lines
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(photo)
    assert read == text
