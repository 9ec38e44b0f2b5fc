"""Renders say what they show, are made once more byte for byte, and are not taken for geometry."""

from __future__ import annotations

import io
import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import maquette as mq
from maquette.core.errors import BadInput
from maquette.core.render_record import read_record
from maquette.faces.cli.main import main
from maquette.flow import disk
from maquette.flow.again import render_again
from samples import ball, wreck


@pytest.fixture
def folder(tmp_path):
    mq.save(ball(), tmp_path / "ball.glb")
    mq.save(wreck(), tmp_path / "other.stl")
    asset = mq.load(tmp_path / "ball.glb")
    mq.save(mq.picture(asset, size_px=48, view="front"), tmp_path / "front.png")
    return tmp_path


def test_the_file_names_model_camera_stage_and_settings(folder):
    asset = mq.load(folder / "ball.glb")
    text = Image.open(folder / "front.png").text["maquette"]
    record = json.loads(text)
    assert record["kind"] == "render"
    assert record["model"] == asset.digest
    assert (record["stage"], record["settings"]["view"]) == ("picture", "front")
    pose = np.array(record["camera"]["pose"])
    assert pose[:3, 2] == pytest.approx([0, 1, 0])
    assert record["camera"]["span"] == pytest.approx(40 / 0.86, rel=1e-3)  # in the model's millimetres


def test_again_gives_the_same_bytes_and_looks_beside_the_picture(folder):
    before = (folder / "front.png").read_bytes()
    assert render_again(folder / "front.png").data == before
    assert render_again(folder / "front.png", folder / "ball.glb").data == before
    run = CliRunner().invoke(main, ["again", str(folder / "front.png"), "-o", str(folder / "twice.png")])
    assert run.exit_code == 0, run.output
    assert (folder / "twice.png").read_bytes() == before


def test_again_refuses_another_model_and_a_picture_that_says_nothing(folder, tmp_path):
    with pytest.raises(BadInput, match="is not the model"):
        render_again(folder / "front.png", folder / "other.stl")
    (folder / "ball.glb").unlink()
    with pytest.raises(BadInput, match="no model"):
        render_again(folder / "front.png")
    Image.new("RGB", (8, 8)).save(folder / "plain.png")
    with pytest.raises(BadInput, match="does not say"):
        render_again(folder / "plain.png")


def test_a_render_is_no_geometry_and_the_refusal_says_where_to_go(folder):
    with pytest.raises(BadInput, match=r"is a render .* no geometry; hand over that model's own file"):
        disk.read(folder / "front.png")
    Image.new("RGB", (8, 8)).save(folder / "photo.jpg")
    with pytest.raises(BadInput, match="is a picture"):
        disk.read(folder / "photo.jpg")


def test_a_damaged_record_is_none(folder):
    data = (folder / "front.png").read_bytes()
    assert read_record(data) is not None
    assert read_record(data.replace(b'"kind": "render"', b'"kind": "rendes"')) is None
    assert read_record(data[:60]) is None
    assert read_record(b"") is None


def test_jpeg_lies_on_white_and_says_what_it_is(folder):
    asset = mq.load(folder / "ball.glb")
    picture = mq.picture(asset, size_px=32, background="transparent", ground="none")
    place = mq.save(picture, folder / "ball.jpg")
    image = Image.open(io.BytesIO(place.read_bytes()))
    assert image.format == "JPEG"
    assert np.asarray(image)[0, 0].min() > 245
    assert b'"kind": "render"' in image.info["comment"]
    shutil.rmtree(folder)
