"""3MF that costs little to send must cost little to read: linear in its size, whatever it holds."""

from __future__ import annotations

import time

import pytest

import shapes
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.flow import disk
from maquette.formats.threemf.read import read_3mf
from wild_files import case, mesh_xml, threemf

MATERIAL = 'xmlns:m="http://schemas.microsoft.com/3dmanufacturing/material/2015/02"'
CUBE = mesh_xml(shapes.box((10, 10, 10)))


def seconds(data: bytes) -> tuple[object, float]:
    """What reading gives (the asset or the refusal) and the processor seconds it took."""
    began = time.process_time()
    try:
        made: object = read_3mf(Files("a.3mf", {"a.3mf": data}))
    except BadInput as problem:
        made = problem
    return made, time.process_time() - began


def test_thousands_of_color_groups_are_linear():
    groups = "".join(
        f'<m:colorgroup id="{n}"><m:color color="#FF0000"/></m:colorgroup>'
        f'<basematerials id="{n + 20_000}"><base name="b" displaycolor="#00FF{n % 256:02X}"/></basematerials>'
        for n in range(2, 6002)
    )
    mesh = shapes.sphere(10, 4)
    body = mesh_xml(mesh, lambda face: f' pid="{face % 6000 + 2}" p1="0"')
    made, taken = seconds(
        threemf(f'{groups}<object id="1">{body}</object>', '<item objectid="1"/>', attributes=MATERIAL)
    )
    assert len(made.mesh.faces) == len(mesh.faces)
    assert taken < 20


def test_a_mesh_is_welded_once_however_many_items_show_it():
    mesh = mesh_xml(shapes.sphere(10, 3))
    wrappers = "".join(
        f'<object id="{n}"><components><component objectid="1"/></components></object>' for n in range(2, 4002)
    )
    items = "".join(f'<item objectid="{n}"/>' for n in range(2, 4002))
    made, taken = seconds(threemf(f'<object id="1">{mesh}</object>{wrappers}', items))
    assert len(made.part_names) == 4000
    assert taken < 20


@pytest.mark.parametrize("width", [1, 9_000])
def test_a_ring_of_components_is_refused_before_it_unfolds(width):
    ring = "".join(
        f'<object id="{n}"><components>{f"""<component objectid="{n % 3 + 1}"/>""" * width}</components></object>'
        for n in (1, 2, 3)
    )
    made, taken = seconds(threemf(ring, '<item objectid="1"/>'))
    assert isinstance(made, BadInput)
    assert "itself" in str(made) or "10000 objects" in str(made)
    assert taken < 20


def test_millions_of_empty_objects_are_refused():
    objects = "".join(f'<object id="{n}"/>' for n in range(2, 110_000))
    made, taken = seconds(threemf(f'<object id="1">{CUBE}</object>{objects}', '<item objectid="1"/>'))
    assert isinstance(made, BadInput)
    assert taken < 20


def test_thousands_of_base_materials_that_nobody_uses_cost_nothing():
    bases = "".join(f'<base name="b{n}" displaycolor="#{n:06X}"/>' for n in range(60_000))
    body = CUBE.replace('v3="', 'pid="5" p1="7" v3="')
    made, taken = seconds(
        threemf(f'<basematerials id="5">{bases}</basematerials><object id="1">{body}</object>', '<item objectid="1"/>')
    )
    assert [look.name for look in made.materials] == ["b7"]
    assert taken < 20


def test_paint_that_unfolds_without_end_is_refused():
    code = "4" + "4443" * 5
    deep = "".join(["4"] * 4 + ["3"])
    for _ in range(5):
        deep = deep * 4 + "3"
    body = mesh_xml(shapes.sphere(10, 4), lambda face: f' paint_color="{deep[-4000:] if face else code}"')
    made, taken = seconds(threemf(f'<object id="1">{body}</object>', '<item objectid="1"/>'))
    assert taken < 20
    assert made is not None


def test_painted_faces_that_all_collapse():
    flat = CUBE.replace('x="10.0"', 'x="0.0"').replace('y="10.0"', 'y="0.0"').replace('z="10.0"', 'z="0.0"')
    painted = flat.replace("<triangle ", '<triangle paint_color="4" ')
    objects = f'<object id="1">{painted}</object><object id="2">{CUBE}</object>'
    base = '<basematerials id="5"><base name="a" displaycolor="#00FF00"/></basematerials>'
    made, _ = seconds(threemf(base + objects, '<item objectid="1"/><item objectid="2"/>'))
    assert len(made.mesh.faces) == 12


@pytest.mark.parametrize("name", ["01-typeerror-collapsed-painted.3mf", "03-quadratic-colorgroups.3mf"])
def test_reported_packages(name):
    began = time.process_time()
    asset = disk.read(case(name))
    assert len(asset.mesh.faces) > 0
    assert time.process_time() - began < 4
