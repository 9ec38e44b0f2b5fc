"""Over to the slicer's window, and slicing on the way out of ``print``, with a stand-in for the program."""

from __future__ import annotations

import stat
import sys

import pytest
from click.testing import CliRunner

import maquette as mq
from maquette.core.errors import BadSetting, CannotDo, Unavailable
from maquette.faces import hand_off
from maquette.faces.cli import main
from maquette.faces.hand_off import HandOff
from shapes import box

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a shebang")


@pytest.fixture
def window(tmp_path, monkeypatch):
    """A program that writes down what it is asked to show, then ends as the file ``code`` says."""
    program = tmp_path / "bin" / "prusa-slicer"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\nhere = pathlib.Path({str(tmp_path)!r})\n"
        "(here / 'shown').write_text('|'.join(sys.argv[1:]))\nsys.exit(int((here / 'code').read_text()))\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "code").write_text("0")
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setattr(hand_off, "_START", 20.0)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_slice_with_open_shows_the_model(window):
    mq.save(mq.Asset(box((9, 9, 9))), window / "--load x.stl")
    result = CliRunner().invoke(main, ["slice", "--open", "--", "--load x.stl"])
    assert result.exit_code == 0, result.output
    assert (window / "shown").read_text() == str(window / "--load x.stl")  # a path, never an option


def test_a_window_that_cannot_open_is_told(window):
    (window / "code").write_text("3")
    with pytest.raises(CannotDo, match="code 3 at once; is there a screen"):
        hand_off.open_in_slicer(window / "x.stl", "prusa")
    with pytest.raises(Unavailable, match="OrcaSlicer is not installed"):
        hand_off.open_in_slicer(window / "x.stl", "orca")


def test_any_word_about_slicing_means_to_slice(window):
    assert HandOff.taken_from({}) == HandOff()
    assert HandOff.taken_from({"slice_": True}).slices
    assert HandOff.taken_from({"slicer": "prusa"}).slices
    assert HandOff.taken_from({"profile": "p.ini"}).slices
    assert HandOff.taken_from({"price_kg": "20"}) == HandOff(slices=True, price_kg=20.0)
    assert HandOff.taken_from({"slicer": "prusa", "open_": True}) == HandOff(opens=True)
    with pytest.raises(Unavailable, match="CuraEngine is not installed"):
        HandOff.taken_from({"slicer": "cura"})


@pytest.mark.parametrize(
    "wrong",
    [{"slicer": "slic3r"}, {"price_kg": "cheap"}, {"price_kg": "-1"}, {"price_kg": "nan"}, {"price_kg": "1e99"}],
)
def test_wrong_words_are_refused(window, wrong):
    with pytest.raises(BadSetting, match=r"--slicer|--price-kg"):
        HandOff.taken_from(wrong)


def test_print_offers_the_hand_off():
    text = CliRunner().invoke(main, ["print", "--help"]).output
    for flag in ("--slice", "--slicer", "--profile", "--price-kg", "--open"):
        assert flag in text
    assert "--open" in CliRunner().invoke(main, ["slice", "--help"]).output
