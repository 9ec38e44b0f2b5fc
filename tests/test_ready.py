"""Ready and what it uses: a model of any origin passes its target's checks afterwards."""

from __future__ import annotations

import io

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import maquette as mq
from maquette.checks.looks.albedo_range import albedo_range
from maquette.checks.looks.texture_power import texture_power
from maquette.checks.origin import origin
from maquette.core.asset import Asset, Material, Texture
from maquette.core.mesh import Mesh
from maquette.core.profiles import Target
from maquette.faces.cli.main import main
from maquette.flow.ready import ready
from samples import png
from shapes import box, grid, sphere, together


def only(check, asset):
    (found,) = check(asset)
    return found


def with_texture(pixels) -> Asset:
    sheet = grid(4, 4)
    material = Material(name="paint", base_color_texture=Texture(png(np.asarray(pixels, np.uint8))))
    return Asset(sheet.replace(material=np.zeros(len(sheet.faces))), (material,))


def size_of(asset: Asset) -> tuple[int, int]:
    return Image.open(io.BytesIO(asset.materials[0].base_color_texture.data)).size


def test_the_origin_is_moved_under_the_middle_or_into_it():
    asset = Asset(box((10, 20, 30), (100, 0, 7)))
    assert (only(origin, asset).verdict, only(origin, asset).fix) == ("warn", "pivot")
    assert mq.pivot(asset).mesh.bounds.tolist() == [[-5, -10, 0], [5, 10, 30]]
    assert mq.pivot(asset, at="center").mesh.bounds.tolist() == [[-5, -10, -15], [5, 10, 15]]
    assert {only(origin, mq.pivot(asset, at=at)).verdict for at in ("base", "center")} == {"pass"}
    assert mq.pivot(mq.pivot(asset)).mesh == mq.pivot(asset).mesh


@pytest.mark.parametrize(("size", "wanted"), [((100, 60), (128, 64)), ((700, 90), (512, 64)), ((64, 64), (64, 64))])
def test_textures_are_scaled_to_powers_of_two_below_the_limit(size, wanted):
    asset = with_texture(np.full((size[1], size[0], 3), 90))
    made = mq.fit_textures(asset, max_px=600)
    assert size_of(made) == wanted
    assert only(texture_power, made).verdict == "pass"
    assert only(texture_power, asset).verdict == ("pass" if size == wanted else "warn")
    assert (made.materials == asset.materials) == (size == wanted)
    assert np.unique(np.asarray(Image.open(io.BytesIO(made.materials[0].base_color_texture.data)))).tolist() == [90]


def test_any_sides_keep_the_proportion():
    assert size_of(mq.fit_textures(with_texture(np.zeros((90, 700, 3))), max_px=350, sides="any")) == (350, 45)


def test_paint_as_dark_as_a_shadow_is_warned_of():
    half = np.full((64, 64, 3), 128)
    assert only(albedo_range, with_texture(half)).verdict == "pass"
    half[:20] = 5
    assert only(albedo_range, with_texture(half)).verdict == "warn"
    assert only(albedo_range, with_texture(half)).value == pytest.approx(31, abs=4)
    assert only(albedo_range, with_texture(np.full((64, 64, 3), 250))).verdict == "warn"
    assert list(albedo_range(Asset(box()))) == []


def soup() -> Asset:
    """A coloured ball as a generator leaves it: every triangle with vertices of its own, no uv, too many faces, off."""
    ball = sphere(20, 4)
    color = np.full((ball.faces.size, 3), 120, np.uint8)
    mesh = Mesh(ball.triangles.reshape(-1, 3) + [70, 0, 3], np.arange(ball.faces.size).reshape(-1, 3), color=color)
    return Asset(mesh, sized=True)


def test_a_raw_model_passes_afterwards_and_every_step_is_told():
    target = Target.named("unity").replace(max_faces=2000)
    done = ready(soup(), target)
    assert not done.before.passed
    assert done.after.passed
    assert [step.split(":")[0] for step in done.steps] == ["weld", "simplify", "unwrap", "pivot"]
    assert len(done.asset.mesh.faces) <= 2000
    assert done.asset.mesh.uv is not None
    assert np.abs(done.asset.mesh.bounds[0, 2]) < 1e-6
    again = ready(done.asset, target)
    assert again.steps == ()
    assert again.asset == done.asset


@pytest.mark.parametrize("target", ["unity", "unreal", "godot", "three"])
def test_the_command_writes_the_model_and_tells_before_and_after(target, tmp_path):
    mq.save(Asset(box((10, 10, 10), (50, 0, 0)), sized=True), tmp_path / "raw.glb")
    told = CliRunner().invoke(main, ["ready", f"{tmp_path}/raw.glb", "--target", target, "-o", f"{tmp_path}/new.glb"])
    assert told.exit_code == 0, told.output
    assert told.output.index("before:") < told.output.index("unwrap") < told.output.index("after:")
    assert mq.load(tmp_path / "new.glb").mesh.uv is not None


def test_an_unknown_target_is_refused_with_those_there_are():
    told = CliRunner().invoke(main, ["ready", "x.glb", "--target", "dreamcast", "-o", "y.glb"])
    assert told.exit_code == 3
    assert "unity" in told.output + (told.stderr or "")


def test_small_details_of_a_model_stay():
    """Rivets are no dust: what a print would drop as a speck is what one sees."""
    rivets = [sphere(0.5, 2).moved(np.eye(3), 1.0, np.array([30.0, 3.0 * number, 0])) for number in range(8)]
    done = ready(mq.Asset(together(sphere(20, 3), *rivets)), "unity")
    assert len(done.asset.mesh.faces) == len(sphere(20, 3).faces) + 8 * len(sphere(0.5, 2).faces)
