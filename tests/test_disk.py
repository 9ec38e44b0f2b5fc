"""Files meet the disk in one place: gathered from one folder only, written whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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

    def break_write(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", break_write)
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


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def run(code: str, folder) -> int:
    """Python in a process of its own, in a folder."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=ENVIRONMENT, check=False, timeout=120
    ).returncode


SAVE = """
import os, maquette as mq
from maquette.flow import landing
from shapes import box
kill = {kill!r}
def dying(*given):
    os._exit(9)
if kill:
    setattr(*{{"before": (landing.os, "replace"), "after": (landing, "_move")}}[kill], dying)
red = mq.Material("red", base_color=(1, 0, 0, 1))
mq.save(mq.Asset(box((1, 1, {height})), materials=(red,)), "a.obj")
"""


@pytest.mark.parametrize("kill", ["before", "after"])
def test_several_files_land_together_or_not_at_all(tmp_path, kill):
    assert run(SAVE.format(kill="", height=1), tmp_path) == 0
    old = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert sorted(old) == ["a.mtl", "a.obj"]
    assert run(SAVE.format(kill=kill, height=2), tmp_path) == 9
    crumbs = [p.name for p in tmp_path.iterdir() if p.name not in old]
    assert len(crumbs) >= 2
    assert mq.load(tmp_path / "a.obj").size[2] == (1 if kill == "before" else 2)  # reading finishes what was listed
    assert run(SAVE.format(kill="", height=3), tmp_path) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mtl", "a.obj"]
    assert mq.load(tmp_path / "a.obj").size[2] == 3


def test_a_list_from_a_stranger_moves_nothing_of_ours(tmp_path):
    (tmp_path / "b.txt").write_text("mine")
    place = mq.save(mq.Asset(box()), tmp_path / "a.stl")
    for source, target in (("b.txt", "a.stl"), ("../x/.maquette-1-1.tmp", "a.stl"), (".maquette-1-1.tmp", "../c")):
        (tmp_path / ".a.stl.landing").write_text(json.dumps({source: target}))
        assert len(mq.load(place).mesh.faces) == 12
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.stl", "b.txt"]
    assert not (tmp_path.parent / "c").exists()


def test_a_link_keeps_and_its_target_is_written(tmp_path):
    (tmp_path / "far").mkdir()
    for target in ("far/there.stl", "far/not-there-yet.stl"):
        (tmp_path / target).with_name("there.stl").write_bytes(b"old")
        link = tmp_path / f"link-{Path(target).name}"
        link.symlink_to(tmp_path / target)
        assert mq.save(mq.Asset(box()), link) == link
        assert link.is_symlink()
        assert len(mq.load(tmp_path / target).mesh.faces) == 12


def test_rights_of_a_file_stay(tmp_path):
    place = mq.save(mq.Asset(box()), tmp_path / "a.stl")
    os.chmod(place, 0o600)
    mq.save(ball(), place)
    assert place.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["fifo", "folder", "/dev/zero", "/dev/null", "long", "zero byte", "~nosuchuser/a.stl"])
def test_what_is_no_file_is_refused_at_once(tmp_path, kind):
    place = {"long": tmp_path / ("a" * 300 + ".stl"), "zero byte": tmp_path / "a\0.stl"}.get(kind, tmp_path / "a.stl")
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    elif kind.startswith(("/", "~")):
        place = Path(kind)
    for read in (disk.read_bytes, disk.gather, lambda place: disk.read_bytes(place, 10)):
        with pytest.raises(BadInput, match=r"is a pipe|is a folder|is a device|cannot be read|no such file"):
            read(place)


def test_a_size_that_lies_is_not_believed():
    with pytest.raises(BadInput, match="over 10 bytes"):
        disk.read_bytes(Path("/proc/self/maps"), 10)
    assert disk.read_bytes(Path("/proc/self/maps")).count(b"\n") > 3


@pytest.mark.parametrize("suffix", [".stl", ".obj", ".ply", ".glb", ".3mf"])
def test_a_model_goes_through_pipes(tmp_path, suffix):
    place = mq.save(mq.Asset(box((30, 20, 10))), tmp_path / f"a{suffix}")
    code = f"import maquette as mq; mq.save(mq.load('-'), '-{suffix}')"
    with place.open("rb") as stream:
        done = subprocess.run(
            [sys.executable, "-c", code], stdin=stream, env=ENVIRONMENT, capture_output=True, timeout=120, check=True
        )
    (tmp_path / f"b{suffix}").write_bytes(done.stdout)
    assert mq.load(tmp_path / f"b{suffix}").size == pytest.approx((30, 20, 10), abs=1e-4)


def test_files_of_one_stem_and_several_kinds_do_not_eat_each_other(tmp_path):
    (tmp_path / "a.png").write_bytes(b"the photo that it came from")
    asset, written = ball().replace(source=None), {"a.png": b"the photo that it came from"}
    for ending in (".obj", ".ply", ".dae", ".glb", ".3mf", ".amf", ".stl", ".off"):
        parts = disk.encode_value(asset, tmp_path / f"a{ending}").parts
        assert not parts.keys() & written.keys()
        written |= parts
