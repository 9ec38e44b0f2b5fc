"""Quads that a file holds are read as such and written as such; what becomes of them elsewhere is said."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
import shapes
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.formats.quads import polygon_corners

CUBE = """v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0 0 1
v 1 0 1
v 1 1 1
v 0 1 1
vt 0 0
vt 1 0
vt 1 1
vt 0 1
o walls
f 1/1 2/2 6/3 5/4
f 2/1 3/2 7/3 6/4
f 3/1 4/2 8/3 7/4
f 4/1 1/2 5/3 8/4
o ends
f 1/1 4/2 3/3 2/4
f 5/1 6/2 7/3
f 5/1 7/3 8/4
"""


def read(text: str):
    return mq.read_obj(Files("a.obj", {"a.obj": text.encode()}))


def rows_of(asset, up="+Z") -> list[str]:
    return [row for row in mq.write_obj(asset, up=up).data.decode().splitlines() if row.startswith("f ")]


def test_an_obj_keeps_its_quads_and_triangles_both_ways():
    asset = read(CUBE)
    assert len(asset.mesh.faces) == 12
    assert sorted(polygon_corners(asset.mesh).counts) == [3, 3, 4, 4, 4, 4, 4]
    rows = rows_of(asset)
    assert sorted(row.count("/") for row in rows) == [3, 3, 4, 4, 4, 4, 4]
    again = read(mq.write_obj(asset).data.decode())
    assert np.array_equal(again.mesh.vertices[again.mesh.faces], asset.mesh.vertices[asset.mesh.faces])
    assert np.array_equal(again.mesh.uv, asset.mesh.uv)
    assert list(again.part_names) == ["walls", "ends"]
    assert rows_of(again) == rows


def test_triangles_alone_are_written_as_ever():
    ball = mq.Asset(shapes.sphere(3, 1))
    assert polygon_corners(ball.mesh).counts.max() == 3
    assert rows_of(ball) == ["f " + " ".join(str(corner + 1) for corner in face) for face in ball.mesh.faces.tolist()]
    assert read(CUBE.replace("f 1/1 4/2 3/3 2/4", "f 1/1 4/2 3/3\nf 1/1 3/3 2/4")).mesh.channel("polygon") is not None
    assert read(mq.write_obj(ball).data.decode()).mesh.channel("polygon") is None


def test_larger_polygons_and_damaged_ones_are_no_quads():
    text = "v 0 0 0\nv 2 0 0\nv 3 1 0\nv 1 2 0\nv -1 1 0\nv nan 0 0\nf 1 2 3 4 5\nf 1 2 3 6\nf 1 2 3 4\n"
    counts = polygon_corners(read(text).mesh).counts
    assert sorted(counts) == [3, 3, 3, 4]


def test_a_quad_cube_stays_one_when_it_is_mended_and_what_has_no_quads_says_so():
    asset = read(CUBE)
    assert sorted(polygon_corners(mq.solidify(asset).mesh).counts)[-5:] == [4] * 5
    with noting() as notes:
        mq.write_glb(asset)
    assert any("quads, which become triangles" in text for text in notes)


@pytest.mark.parametrize("ending", ["fbx", "usd"])
def test_fbx_and_usd_read_the_quads_that_they_write(ending):
    if ending == "usd":
        pytest.importorskip("pxr", reason="needs usd-core; pip install 'maquette[usd]'")
    asset = read(CUBE)
    again = getattr(mq, f"read_{ending}")(getattr(mq, f"write_{ending}")(asset))
    assert sorted(polygon_corners(again.mesh).counts) == [3, 3, 4, 4, 4, 4, 4]
    assert [sorted(row.count("/") for row in rows_of(one)) for one in (asset, again)] == [[3, 3, 4, 4, 4, 4, 4]] * 2
    triangles = mq.Asset(shapes.sphere(3, 1))
    plain = getattr(mq, f"read_{ending}")(getattr(mq, f"write_{ending}")(triangles))
    assert plain.mesh.channel("polygon") is None
