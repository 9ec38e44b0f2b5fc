"""Filaments: what ships is sound and says its source, words and files are read, mistakes are named."""

from __future__ import annotations

import pytest

from maquette.core.errors import BadInput, BadSetting
from maquette.core.filament import Filament, estimated_td, filaments_named, listed_filaments, read_filaments


def test_there_are_over_two_hundred_and_each_says_who_knows_its_distance():
    known = listed_filaments()
    assert len(known) > 400
    assert {filament.source for filament in known.values()} == {"listed"}
    assert all(filament.brand for filament in known.values())
    assert known["bambu-lab-pla-basic-jade-white"].td_mm == 6.1


def test_an_estimate_is_named_so_and_rises_with_lightness():
    assert estimated_td("#000000") < estimated_td("#808080") < estimated_td("#FFFFFF")
    assert estimated_td("#FFFFFF") == pytest.approx(4.25, abs=0.05)
    assert filaments_named(["#FF0000"], "x")[0].source == "estimated"


def test_words():
    found = filaments_named(["snow=#ffffff@5.5", "#102030@0.4", "bambu-lab-pla-basic-red", "bambu-lab-pla-matte"], "x")
    assert found[0] == Filament("snow", "#FFFFFF", 5.5, "yours")
    assert found[1].name == "#102030"
    assert found[2].name == "bambu-lab-pla-basic-red"
    assert len(found) > 10
    assert all(filament.name.startswith("bambu-lab-pla-matte-") for filament in found[3:])


@pytest.mark.parametrize("word", ["bambo-lab-pla-basic-red", "", "#12", "red=#FF0000@0", "#FF0000@soft"])
def test_a_wrong_word_is_refused_with_what_to_do(word):
    with pytest.raises(BadSetting, match=r"paint: .*(did you mean|give #RRGGBB|0\.05 to 100)"):
        filaments_named([word], "paint")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own.csv", "name,color,td_mm\nsnow,#FFFFFF,5.5\ninky,#101010,\n"),
        ("own.csv", "Brand,Name,Color,TD\nacme,snow,#FFFFFF,5.5\nacme,inky,#101010,\n"),
        ("own.yaml", "filaments:\n- {name: snow, color: '#FFFFFF', td_mm: 5.5}\n- {name: inky, color: '#101010'}\n"),
    ],
)
def test_a_file_of_ones_own(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    snow, inky = read_filaments(tmp_path / name, "paint")
    assert (snow.name, snow.color, snow.td_mm, snow.source) == ("snow", "#FFFFFF", 5.5, "yours")
    assert (inky.name, inky.source) == ("inky", "estimated")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,color,td_mm\nsnow,white,5\n", "filament 1"),
        ("name,color,td_mm\nsnow,#FFFFFF,5\nsnow,#FFFFFE,5\n", "twice"),
        ("name,color,td_mm\nsnow,#FFFFFF,-1\n", "td_mm '-1'"),
        ("name,color\n", "names no filament"),
    ],
)
def test_a_wrong_file_says_which_row(tmp_path, text, words):
    (tmp_path / "own.csv").write_text(text)
    with pytest.raises(BadInput, match=words):
        read_filaments(tmp_path / "own.csv", "paint")


@pytest.mark.parametrize("text", ["a: [", "42", "- 3", "filaments: {}"])
def test_broken_yaml_is_refused(tmp_path, text):
    (tmp_path / "own.yml").write_text(text)
    with pytest.raises(BadInput, match=r"paint: own\.yml"):
        read_filaments(tmp_path / "own.yml", "paint")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_filaments(tmp_path / "no.csv", "paint")
