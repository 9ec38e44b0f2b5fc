"""Counts that lie, line ends of every kind, rows longer than declared, coordinates far away."""

from __future__ import annotations

import numpy as np
import pytest

import shapes
from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.obj import read_obj
from maquette.formats.ply import read_ply, write_ply
from maquette.formats.stl import read_stl, write_stl
from wild_files import binary_stl, case, obj_text, volume

SPHERE = shapes.sphere(10, 2)


@pytest.mark.parametrize("count", [0, 0xFFFFFFFF, 127, 129])
def test_a_count_of_an_stl_that_lies(count):
    with noting() as notes:
        asset = read_stl(Files("a.stl", {"a.stl": binary_stl(SPHERE, count=count)}))
    assert len(asset.mesh.faces) == 128
    assert any(f"the header counts {count} triangles, the size says 128" in line for line in notes)


def test_a_file_that_was_cut_short_stays_refused():
    with pytest.raises(BadInput, match="get the whole file"):
        read_stl(Files("a.stl", {"a.stl": binary_stl(SPHERE)[: 84 + 50 * 60]}))


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "mixed"])
def test_line_ends_of_every_kind(end):
    def with_ends(text: str) -> bytes:
        lines = text.split("\n")
        ends = ["\n", "\r\n", "\r"] if end == "mixed" else [end]
        return "".join(line + ends[n % len(ends)] for n, line in enumerate(lines)).encode()

    box = Asset(shapes.box((20, 20, 20)))
    stl = write_stl(box, encoding="ascii").data.decode()
    assert volume(read_stl(Files("a.stl", {"a.stl": with_ends(stl)})).mesh) == pytest.approx(8000)
    assert volume(read_obj(Files("a.obj", {"a.obj": with_ends(obj_text())})).mesh) == pytest.approx(8000)
    ply = write_ply(box, encoding="ascii").data.decode()
    if end != "mixed":
        assert volume(read_ply(Files("a.ply", {"a.ply": with_ends(ply)})).mesh) == pytest.approx(8000)


@pytest.mark.parametrize("ends", [(b"\n", b"\r\n"), (b"\r\n", b"\n"), (b"\r\n", b"\r\n")])
def test_a_ply_header_of_mixed_ends_before_a_binary_body(ends):
    data = write_ply(Asset(shapes.box((20, 20, 20)))).data
    head, _, body = data.partition(b"end_header\n")
    mixed = head.replace(b"\n", ends[0]) + b"end_header" + ends[1] + body
    assert volume(read_ply(Files("a.ply", {"a.ply": mixed})).mesh) == pytest.approx(8000)


def test_rows_longer_than_declared():
    data = write_ply(Asset(shapes.box((20, 20, 20))), encoding="ascii").data.decode()
    head, _, body = data.partition("end_header\n")
    lines = body.strip().split("\n")
    for longer in (lines[:8], lines[8:], lines):
        text = "\n".join(f"{line} 200 30 4" if line in longer else line for line in lines)
        with noting() as notes:
            asset = read_ply(Files("a.ply", {"a.ply": f"{head}end_header\n{text}\n".encode()}))
        assert volume(asset.mesh) == pytest.approx(8000)
        assert any("beyond the declared properties" in line for line in notes)


@pytest.mark.parametrize("away", [(4e6, 5e6, 100.0), (-3e7, 0, 0), (0, 1e8, 1e8)])
def test_far_away_models_are_moved_to_the_origin_in_binary_stl(away):
    mesh = SPHERE.with_vertices(SPHERE.vertices + np.array(away))
    with noting() as notes:
        files = write_stl(Asset(mesh))
    again = read_stl(files).mesh
    assert volume(again) == pytest.approx(volume(SPHERE), rel=1e-5)
    assert np.abs(again.bounds).max() < 30
    assert any("recentered by" in line for line in notes)
    with noting() as notes:
        write_stl(Asset(SPHERE))
    assert not any("recentered" in line for line in notes)


def test_a_large_model_far_out_stays_and_the_rounding_is_said():
    mesh = shapes.box((1e6, 1e6, 1e6))
    with noting() as notes:
        assert read_stl(write_stl(Asset(mesh))).mesh.bounds[1].tolist() == [1e6, 1e6, 1e6]
    assert any("rounded to" in line for line in notes)


RIGHT = {
    "w10_zero.stl": 12,
    "p01b_lf_then_crlf.ply": None,
    "p20_extra_columns.ply": None,
}


@pytest.mark.parametrize("name", RIGHT)
def test_reported_files_with_counts_and_ends(name):
    asset = disk.read(case(name))
    assert len(asset.mesh.faces) == (RIGHT[name] or len(asset.mesh.faces))
    assert len(asset.mesh.faces) >= 1


def test_a_reported_sphere_at_map_coordinates_keeps_its_shape(tmp_path):
    asset = disk.read(case("d13c_far6.obj"))
    with noting() as notes:
        again = disk.read(disk.save(asset, tmp_path / "a.stl"))
    assert volume(again.mesh) == pytest.approx(
        volume(asset.mesh.with_vertices(asset.mesh.vertices - asset.mesh.bounds[0])), rel=1e-4
    )
    assert any("recentered" in line for line in notes)
