"""The page with the marker: the kind of file is what its name says, and without a name it has one of its own."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from maquette.core.progress import noting
from maquette.faces.cli.main import main
from maquette.photo.write_marker import write_marker

STARTS = {".pdf": b"%PDF-1.4", ".svg": b"<svg ", ".png": b"\x89PNG"}


def maquette(*arguments: str):
    return CliRunner().invoke(main, ["write-marker", *arguments])


def test_without_any_option_it_is_a_pdf_under_its_own_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = maquette()
    assert done.exit_code == 0, done.output
    assert [place.name for place in tmp_path.iterdir()] == ["marker-40mm.pdf"]
    assert (tmp_path / "marker-40mm.pdf").read_bytes() == write_marker().data
    assert maquette("--marker-mm", "25", "--suffix", ".svg").exit_code == 0
    assert (tmp_path / "marker-25mm.svg").read_bytes() == write_marker(marker_mm=25, suffix=".svg").data


@pytest.mark.parametrize("ending", [".pdf", ".svg", ".png", ".PNG"])
def test_the_name_decides_the_kind_of_file(tmp_path, ending):
    place = tmp_path / f"page{ending}"
    assert maquette("-o", str(place)).exit_code == 0
    assert place.read_bytes().startswith(STARTS[ending.lower()])


def test_a_name_that_is_no_such_file_is_refused(tmp_path):
    wrong = maquette("-o", str(tmp_path / "page.jpg"))
    assert wrong.exit_code == 3
    assert "suffix = '.jpg'" in wrong.stderr
    torn = maquette("-o", str(tmp_path / "page.png"), "--suffix", ".pdf")
    assert torn.exit_code == 3
    assert "--suffix .pdf and -o page.png differ" in torn.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("side", "line"), [(10, 10), (40, 40), (80, 50)])
def test_the_page_says_how_to_print_it(side, line):
    words = f"Print at 100 %: this line is {line} mm.".encode()
    pdf = write_marker(marker_mm=side).data
    assert b"(" + words + b") Tj" in pdf
    assert b"/BaseFont /Helvetica" in pdf
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", pdf)]
    assert [pdf[place:].split(b" ", 1)[0] for place in places] == [b"1", b"2", b"3", b"4", b"5"]
    assert words in write_marker(marker_mm=side, suffix=".svg").data
    page = np.asarray(Image.open(io.BytesIO(write_marker(marker_mm=side, suffix=".png").data)))
    dots, cell = 600 / 25.4, side / 6
    below = page[round((9 * cell + 2.0) * dots) :]
    ink = np.flatnonzero((below < 128).any(axis=0))
    assert ink.min() >= (2 * cell - 0.1) * dots
    assert 0.6 * line < (ink.max() - ink.min()) / dots <= line
    ruled = np.flatnonzero(page[round((9 * cell + 0.15) * dots)] < 128)
    assert len(ruled) / dots == pytest.approx(line, abs=0.05)


def test_the_note_tells_size_and_dots():
    with noting() as said:
        write_marker.function(suffix=".png")
    size = "a page of 66.67 x 73.33 mm at 600 dots an inch"
    assert said == [f"{size}: print it at 100 %, then the line below the marker is 40 mm long"]
