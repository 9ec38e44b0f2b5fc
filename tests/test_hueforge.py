"""HueForge's projects in and out: what their layers mean, what is left of a plan, what is refused."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import maquette as mq
from maquette.core.errors import BadInput, CannotDo
from maquette.core.painting import PaintPlan
from maquette.faces.cli.main import main
from maquette.formats.painting.swaps import swap_heights
from samples import paint_plan


def project(**changes: object) -> dict[str, object]:
    """A project as HueForge 0.5 saves one: it names its picture and lists filaments from the top."""
    inks = (("yellow", "#ffd500", 5), ("red", "#d22332", 6), ("brown", "#55351c", 1.5), ("black", "#000000", 0.6))
    return {
        "base_layer_height": 0.1599999964237213,
        "layer_height": 0.07999999821186066,
        "filament_set": [
            {"Brand": "Acme", "Name": name, "Color": color, "Transmissivity": td, "Type": "PLA", "Owned": True}
            for name, color, td in inks
        ],
        "slider_values": [7, 8, 12, 22],
        "image": "C:/pictures/stripes.png",
        "max_depth": 2,
        "min_depth": 0.23999999463558197,
        "width_in_mm": 8,
        "height_in_mm": 4,
        "version": "0.5.2",
        "unheard_of": [1, 2],
        **changes,
    }


def as_bytes(**changes: object) -> bytes:
    return json.dumps(project(**changes)).encode()


def stripes() -> bytes:
    """Black, red and yellow, 8 x 4."""
    pixels = np.zeros((4, 8, 3), np.uint8)
    pixels[:, 3:6], pixels[:, 6:] = (210, 35, 50), (255, 213, 0)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_sliders_are_the_last_layer_of_each_filament_counted_from_one():
    """HueForge says of these sliders: layer 8 (0.72 mm) brown, 9 (0.8 mm) red, 13 (1.12 mm) yellow."""
    plan = mq.open_hfp(as_bytes(image_binary=base64.b64encode(stripes()).decode()))
    told = [(layer, round(top, 2), plan.filaments[number].name) for top, layer, number in swap_heights(plan)]
    assert told == [(8, 0.72, "brown"), (9, 0.8, "red"), (13, 1.12, "yellow")]
    assert [filament.name for filament in plan.filaments] == ["black", "brown", "red", "yellow"]
    assert (plan.first_mm, plan.layer_mm, plan.title) == (0.16, 0.08, "stripes")
    assert plan.cells.shape == (10, 20)  # 8 x 4 mm in lines of 0.4
    tall = plan.heights
    assert tall.min() >= 2  # min_depth is two layers
    assert tall[5, 2] <= 8 < tall[5, 10] <= 12 < tall[5, 18]


def test_a_picture_that_is_only_named_is_asked_for(tmp_path):
    with pytest.raises(CannotDo, match=r"'stripes.png'; give that with picture"):
        mq.open_hfp(as_bytes())
    place = tmp_path / "stripes.png"
    place.write_bytes(stripes())
    assert mq.open_hfp(as_bytes(), picture=str(place)).cells.shape == (10, 20)
    (tmp_path / "no.png").write_bytes(b"no")
    with pytest.raises(BadInput, match="no picture"):
        mq.open_hfp(as_bytes(), picture=str(tmp_path / "no.png"))


def test_a_plan_comes_back_as_it_was():
    plan = paint_plan()
    written = mq.write_paint(plan, suffix=".hfp")
    again = mq.open_hfp(written.data)
    assert np.array_equal(again.heights, plan.heights)
    assert np.array_equal(again.wanted, plan.wanted)
    assert again.sequence.tolist() == plan.sequence.tolist()
    assert [(one.name, one.color, one.td_mm) for one in again.filaments] == [
        (one.name, one.color, one.td_mm) for one in plan.filaments
    ]
    assert (again.cell_mm, again.first_mm, again.layer_mm, again.blur_cells) == (0.4, 0.2, 0.1, 0.8)
    assert mq.write_paint(plan, suffix=".hfp").data == written.data
    plain = json.loads(written.data)
    assert plain["slider_values"] == [2, 4, 5]
    assert [row["Name"] for row in plain["filament_set"]] == ["white", "red", "black"]
    without_ours = {name: value for name, value in plain.items() if name != "maquette"}
    foreign = mq.open_hfp(json.dumps(without_ours).encode()).sequence.tolist()  # as high as some colour asks for
    assert foreign == plan.sequence.tolist()[: len(foreign)]


def test_heights_come_out_of_a_project():
    plan = paint_plan()
    heightmap = mq.open_heights(mq.write_paint(plan, suffix=".hfp").data)
    assert heightmap.heights == pytest.approx(plan.levels_mm[plan.heights], abs=1e-6)
    assert heightmap.pitch_mm == 0.4


def test_cells_of_their_own_are_no_project():
    plan = paint_plan()
    mixed = PaintPlan(
        np.array([[0, 1], [1, 0]]), plan.cells % 2, plan.filaments, plan.wanted, 0.4, 0.2, 0.1, 0.8
    )  # fmt: skip
    with pytest.raises(CannotDo, match=r"write \.3mf"):
        mq.write_paint(mixed, suffix=".hfp")
    assert "paint.hfp" not in mq.write_paint(mixed).parts


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"\x89PNG", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no filament_set"),
        (as_bytes(filament_set=[]), "0 filaments"),
        (as_bytes(filament_set=[3]), "holds int"),
        (as_bytes(filament_set=[{"Color": "red"}]), "is not #RRGGBB"),
        (as_bytes(slider_values=[]), "no list of layers"),
        (as_bytes(slider_values=["a"]), "no list of layers"),
        (as_bytes(slider_values=[1e9]), "layers; at least one"),
        (as_bytes(layer_height="thin"), "no length in mm"),
        (as_bytes(layer_height=-1), "no length in mm"),
        (as_bytes(maquette={"layers": "!", "rows": 2, "columns": 2, "cell_mm": 0.4}), "heights are damaged"),
        (as_bytes(maquette={"layers": "eJwDAAAAAAE=", "rows": 9**9, "columns": 9**9, "cell_mm": 0.4}), "are damaged"),
    ],
)
def test_what_is_no_project_is_bad_input(data, words):
    with pytest.raises(BadInput, match=words):
        mq.open_hfp(data)


def test_missing_distances_are_estimated():
    rows = [{"Name": "mist", "Color": "#808080"}]
    plan = mq.open_hfp(
        as_bytes(filament_set=rows, slider_values=[9], image_binary=base64.b64encode(stripes()).decode())
    )
    assert plan.filaments[0].source == "estimated"


def test_the_command_line_reads_a_project(tmp_path):
    place = tmp_path / "hill.hfp"
    place.write_bytes(mq.write_paint(paint_plan(), suffix=".hfp").data)
    done = CliRunner().invoke(main, ["paint-preview", str(place), "-o", str(tmp_path / "front.png")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "front.png").read_bytes().startswith(b"\x89PNG")
