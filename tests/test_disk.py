"""Files meet the disk in one place: gathered from one folder only, written whole or not at all."""

from __future__ import annotations

import os

import pytest

import maquette as mq
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.flow import disk
from samples import ball
from shapes import box


@pytest.mark.parametrize("suffix", [".stl", ".obj", ".ply", ".glb", ".3mf"])
def test_every_format_goes_out_and_comes_back(tmp_path, suffix):
    asset = mq.Asset(box((30, 20, 10)), sized=True)
    place = mq.save(asset, tmp_path / f"box{suffix}")
    again = mq.weld(mq.load(place))
    assert again.size == pytest.approx((30, 20, 10), abs=1e-4)
    assert len(again.mesh.faces) == 12
    assert sorted(p.name for p in tmp_path.iterdir())[0].startswith("box")


def test_obj_gathers_its_material_and_texture(tmp_path):
    place = mq.save(ball(), tmp_path / "ball.obj")
    assert len(list(tmp_path.iterdir())) == 3
    again = mq.load(place)
    assert again.materials[0].base_color_texture == ball().materials[0].base_color_texture


def test_side_files_elsewhere_are_not_opened(tmp_path):
    (tmp_path / "secret.mtl").write_text("newmtl secret\nKd 1 0 0\n")
    inside = tmp_path / "models"
    inside.mkdir()
    os.symlink(tmp_path / "secret.mtl", inside / "link.mtl")
    for name in ("../secret.mtl", str(tmp_path / "secret.mtl"), "file:secret.mtl", "link.mtl"):
        (inside / "a.obj").write_text(f"mtllib {name}\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
        files = disk.gather(inside / "a.obj", lambda _, data: [name])  # noqa: B023
        assert sorted(files.parts) == ["a.obj"]


def test_unknown_endings_name_the_known_ones(tmp_path):
    (tmp_path / "a.xyz").write_bytes(b"1")
    with pytest.raises(BadInput, match=r"\.stl"):
        mq.load(tmp_path / "a.xyz")
    with pytest.raises(BadSetting, match=r"\.glb"):
        mq.save(ball(), tmp_path / "a.xyz")
    with pytest.raises(BadInput, match="no such file"):
        mq.load(tmp_path / "a.stl")


def test_a_picture_is_no_model_and_says_what_takes_it(tmp_path):
    with pytest.raises(BadInput, match=r"chair.JPG: is a picture.*make makes one of it"):
        disk.read(tmp_path / "chair.JPG")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    place = mq.save(mq.Asset(box()), tmp_path / "a.stl")
    before = place.read_bytes()

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(CannotDo, match="No space left"):
        mq.save(ball(), place)
    assert place.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.stl"]


def test_saved_bytes_are_the_same_every_time(tmp_path):
    for suffix in (".stl", ".glb", ".3mf", ".ply"):
        one, two = (mq.save(ball(), tmp_path / f"{n}{suffix}") for n in "ab")
        plain = one.read_bytes().replace(b"a.", b"b.")
        assert len(plain) == len(two.read_bytes())
        assert mq.save(ball(), tmp_path / f"a{suffix}").read_bytes() == one.read_bytes()
