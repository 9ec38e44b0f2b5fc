"""The route to a model: texels of its own, the photo on them, light out, maps in, or the bare form; and raw models."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import maquette as mq
import shapes
from maquette.core.errors import BadSetting
from maquette.core.profiles import Target
from maquette.faces.cli.main import main
from maquette.flow.jobs import ModelJob
from maquette.flow.make import build, fit_to_target
from maquette.flow.recipes.load import load_recipe
from maquette.geometry.uv.scores import cover

QUICK = {"generator": "inflate", "max_faces": 2000, "texture_px": 256, "shaded.texture_px": 64, "shaded.directions": 16}


def photo() -> bytes:
    """A red ball with a dark ring on white, lit from the left."""
    y, x = np.mgrid[0:256, 0:256] - 127.5
    away = np.hypot(x, y)
    light = np.clip(0.75 - x / 300, 0, 1)
    pixels = np.full((256, 256, 3), 255.0)
    pixels[away < 90] = (light[..., None] * np.array([210, 40, 30]))[away < 90]
    pixels[(away < 60) & (away > 45)] = 30
    stream = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def model():
    return build(ModelJob(photo(), knobs=QUICK)).asset


def size(texture) -> tuple[int, int]:
    return Image.open(io.BytesIO(texture.data)).size


def test_a_model_has_texels_of_its_own_maps_and_a_pivot(model):
    (material,) = model.materials
    assert cover(model.mesh.uv).overlap < 0.002
    assert size(material.base_color_texture) == (256, 256)
    assert material.base_color_texture.media_type == "image/jpeg"
    assert size(material.orm_texture) == (64, 64)
    low, high = model.mesh.bounds
    assert low[2] == pytest.approx(0, abs=1e-6)
    assert np.abs((low + high)[:2]).max() < 1e-6 * model.mesh.diagonal
    stages = [step.stage for step in model.history]
    order = ["simplify", "unwrap", "project-photo", "fill-unseen", "delight", "pbr-maps", "fit-textures"]
    assert [name for name in stages if name in order] == order


def test_the_photo_is_on_its_front(model):
    shown = np.asarray(mq.picture(model, view="photo", look="unlit", size_px=256, ground="none").frames)[0, ..., :3]
    height, width = shown.shape[:2]
    truth = np.asarray(Image.fromarray(model.source.pixels).resize((width, height)))
    inside = np.asarray(Image.fromarray(model.source.mask).resize((width, height))) > 0.99
    dark = inside & (truth.max(axis=2) < 60)  # the ring
    assert dark.sum() > 500
    assert np.median(shown[dark].max(axis=1)) < 90
    assert np.median(shown[inside & (truth[..., 0] > 120)][:, 0]) > 120


def test_without_texture_only_the_form_is_made():
    bare = build(ModelJob(photo(), texture="none", knobs={"generator": "inflate", "max_faces": 2000})).asset
    assert bare.mesh.uv is None
    assert bare.materials == ()
    with pytest.raises(BadSetting, match="texture_px"):
        build(ModelJob(photo(), texture="none", knobs={"texture_px": 512}))


def test_a_recipe_keeps_within_its_target():
    banner = fit_to_target(load_recipe("model"), Target.named("commerce-banner"))
    assert banner.steps["lean"].settings["max_faces"] == 30_000
    assert banner.steps["fitted"].settings["max_px"] == 512
    assert fit_to_target(load_recipe("model"), Target.named("unity")).steps["lean"].settings["max_faces"] == 40_000


def test_a_raw_model_is_made_ready_and_options_for_photos_are_refused(tmp_path):
    raw = tmp_path / "raw.stl"
    mq.save(mq.Asset(shapes.sphere(10, 3)), raw)
    done = CliRunner().invoke(main, ["model", str(raw), "-o", str(tmp_path / "a.glb"), "--target", "unity", "--json"])
    assert done.exit_code == 0, done.output
    assert any(step.startswith("unwrap") for step in json.loads(done.stdout)["steps"])
    assert mq.load(tmp_path / "a.glb").mesh.uv is not None
    wrong = CliRunner().invoke(main, ["model", str(raw), "-o", str(tmp_path / "a.glb"), "--texture-px", "512"])
    assert wrong.exit_code == 3
    assert "is for photos" in wrong.stderr


def test_a_print_leaves_its_model_beside_it(tmp_path):
    (tmp_path / "ball.png").write_bytes(photo())
    options = ["--keep-model", "--generator", "inflate", "--no-report", "--force"]
    done = CliRunner().invoke(main, ["print", str(tmp_path / "ball.png"), "-o", str(tmp_path / "ball.stl"), *options])
    assert done.exit_code in (0, 1), done.output
    assert mq.load(tmp_path / "ball.model.glb").materials[0].base_color_texture is not None
