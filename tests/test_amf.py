"""AMF, in and out: volumes, colours at every level, units, ZIPs, constellations, and what slicers say in it."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

import shapes
from maquette.core.asset import Asset, Material, Volume
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.amf.read import read_amf
from maquette.formats.amf.write import write_amf
from maquette.geometry.topology import is_watertight
from wild_files import volume

BOX = shapes.box((30, 20, 10))


def points(mesh=BOX, more=lambda number: "") -> str:
    rows = enumerate(mesh.vertices.tolist())
    return "".join(
        f"<vertex><coordinates><x>{x}</x><y>{y}</y><z>{z}</z></coordinates>{more(n)}</vertex>" for n, (x, y, z) in rows
    )


def faces(mesh=BOX, more=lambda number: "", start=0) -> str:
    rows = enumerate((mesh.faces + start).tolist())
    return "".join(f"<triangle>{more(n)}<v1>{a}</v1><v2>{b}</v2><v3>{c}</v3></triangle>" for n, (a, b, c) in rows)


def color(red, green, blue, more="") -> str:
    return f"<color><r>{red}</r><g>{green}</g><b>{blue}</b>{more}</color>"


def amf(volumes=None, head="", unit='unit="millimeter"', tail="", vertices=None, top="") -> bytes:
    body = f"<volume>{faces()}</volume>" if volumes is None else volumes
    vertices = points() if vertices is None else vertices
    return (
        f'<?xml version="1.0" encoding="utf-8"?><amf {unit}>{head}'
        f'<object id="0">{top}<mesh><vertices>{vertices}</vertices>{body}</mesh></object>{tail}</amf>'
    ).encode()


def read(data: bytes) -> Asset:
    return read_amf(Files("a.amf", {"a.amf": data}))


def pack(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name.replace("__", "."), data)
    return made.getvalue()


@pytest.mark.parametrize(
    ("unit", "scale", "sized"),
    [
        ('unit="millimeter"', 1.0, True),
        ('unit="inch"', 25.4, True),
        ('unit="meter"', 1000.0, True),
        ('unit="feet"', 304.8, True),
        ('unit="micron"', 0.001, True),
        ('unit=" MM "', 1.0, True),
        ("", 1.0, False),
    ],
)
def test_units(unit, scale, sized):
    asset = read(amf(unit=unit))
    assert volume(asset.mesh) == pytest.approx(6000 * scale**3)
    assert is_watertight(asset.mesh.faces)
    assert asset.sized == sized


@pytest.mark.parametrize(
    "data",
    [
        pack(a__amf=amf()),
        pack(thumbnail__png=b"x", **{"3D model__AMF": amf()}),
        b"\xef\xbb\xbf" + amf(),
        amf().replace(b"<amf ", b'<!DOCTYPE amf SYSTEM "amf.dtd"><amf '),
        amf(head='<metadata type="x"/>').replace(b"<amf ", b'<amf xmlns="http://www.astm.org/Standards/ISOASTM52915" '),
        amf(vertices=points(shapes.soup(BOX)), volumes=f"<volume>{faces(shapes.soup(BOX))}</volume>"),
    ],
    ids=["zip", "zip with more", "byte order mark", "doctype", "namespace", "soup"],
)
def test_every_dress_is_the_same_box(data):
    asset = read(data)
    assert volume(asset.mesh) == pytest.approx(6000)
    assert len(asset.mesh.vertices) == 8


def first_colors(asset: Asset) -> list[str]:
    """The colour of each face's first corner."""
    from maquette.formats.surface_colors import corner_colors

    return ["#{:02X}{:02X}{:02X}".format(*rgb) for rgb in corner_colors(asset)[:, 0].tolist()]


def test_the_nearest_color_wins():
    head = f'<material id="7"><metadata type="name">clay</metadata>{color(1, 0, 0)}</material>'
    material = f'<volume materialid="7">{faces()}</volume>'
    assert set(first_colors(read(amf(material, head)))) == {"#FF0000"}
    assert read(amf(material, head)).materials[0].name == "clay"
    by_object = amf(material, head, top=color(0, 1, 0))
    assert set(first_colors(read(by_object))) == {"#00FF00"}
    by_volume = amf(f'<volume materialid="7">{color(0, 0, 1)}{faces()}</volume>', head, top=color(0, 1, 0))
    assert set(first_colors(read(by_volume))) == {"#0000FF"}
    by_vertex = amf(f"<volume>{color(0, 0, 1)}{faces()}</volume>", vertices=points(more=lambda _: color(1, 1, 0)))
    assert set(first_colors(read(by_vertex))) == {"#FFFF00"}
    by_face = f"<volume>{faces(more=lambda n: color(0, 1, 1) if n < 2 else '')}</volume>"
    assert first_colors(read(amf(by_face, vertices=points(more=lambda _: color(1, 1, 0))))).count("#00FFFF") >= 2
    flat = read(amf(f"<volume>{color(0, 0, 1)}{faces(more=lambda n: color(0, 1, 1) if n < 2 else '')}</volume>"))
    assert sorted(first_colors(flat)) == ["#0000FF"] * 10 + ["#00FFFF"] * 2


@pytest.mark.parametrize("bad", ["x*0.5", "nan", "-1", ""])
def test_a_color_that_is_no_number_leaves_the_geometry(bad):
    with noting() as notes:
        asset = read(amf(f"<volume>{color(bad, 0, 0)}{faces()}</volume>"))
    assert volume(asset.mesh) == pytest.approx(6000)
    assert any("formulas or no numbers" in line for line in notes)


def test_volumes_are_parts_and_those_of_one_name_are_one():
    two = points() + points(BOX.with_vertices(BOX.vertices + [50, 0, 0]))

    def named_volume(name, start):
        return f'<volume><metadata type="name">{name}</metadata>{faces(start=start)}</volume>'

    asset = read(amf(named_volume("lid", 0) + named_volume("pot", 8), vertices=two))
    assert asset.part_names == ("lid", "pot")
    assert asset.mesh.part.tolist() == [0] * 12 + [1] * 12
    assert read(amf(named_volume("pot", 0) + named_volume("pot", 8), vertices=two)).part_names == ()


def instance(of="0", **numbers) -> str:
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in numbers.items())
    return f'<instance objectid="{of}">{inside}</instance>'


@pytest.mark.parametrize(
    ("rows", "cad", "size", "copies"),
    [
        (instance() + instance(deltax=70), "", (100, 20, 10), 2),
        (instance(rz=90), "", (20, 30, 10), 1),
        (instance(rz=np.pi / 2), "Slic3r 2.5.0", (20, 30, 10), 1),
        (instance(ry=90, deltaz=5), "", (10, 20, 30), 1),
        (instance(scale=2), "", (60, 40, 20), 1),
        (instance(scalex=2, mirrory=-1), "", (60, 20, 10), 1),
        (instance() + instance(deltax=70, printable=0), "", (30, 20, 10), 1),
    ],
)
def test_constellations_place_objects(rows, cad, size, copies):
    tail = f'<constellation id="9">{rows}</constellation>'
    asset = read(amf(head=f'<metadata type="cad">{cad}</metadata>', tail=tail))
    assert asset.size == pytest.approx(size, abs=1e-9)
    assert len(asset.mesh.faces) == 12 * copies
    scale = np.prod(size) / 6000 if copies == 1 else copies
    assert volume(asset.mesh) == pytest.approx(6000 * scale)  # mirrors keep the outside outside


def test_constellations_within_constellations():
    tail = f'<constellation id="1">{instance()}{instance(deltax=40)}</constellation>'
    tail += f'<constellation id="2">{instance("1")}{instance("1", deltay=30)}</constellation>'
    asset = read(amf(tail=tail))
    assert asset.size == pytest.approx((70, 50, 10))
    assert volume(asset.mesh) == pytest.approx(24000)


@pytest.mark.parametrize(
    ("word", "cubic_mm", "kind"),
    [
        ("NegativeVolume", 6000 - 20 * 10 * 10, None),
        ("ParameterModifier", 6000, "modifier"),
        ("SupportBlocker", 6000, "blocker"),
        ("SupportEnforcer", 6000, "enforcer"),
    ],
)
def test_what_slicers_mark_is_no_material(word, cubic_mm, kind):
    tool = shapes.box((10, 40, 20), (10, -10, -5))
    more = f'<volume><metadata type="slic3r.volume_type">{word}</metadata>{faces(tool, start=8)}</volume>'
    asset = read(amf(f"<volume>{faces()}</volume>{more}", vertices=points() + points(tool)))
    assert volume(asset.mesh) == pytest.approx(cubic_mm)
    assert [one.kind for one in asset.volumes] == ([kind] if kind else [])
    if kind:
        again = read_amf(write_amf(asset))
        assert [(one.kind, volume(one.mesh)) for one in again.volumes] == [(kind, pytest.approx(8000))]
        assert volume(again.mesh) == pytest.approx(6000)


def test_it_goes_out_and_comes_back(tmp_path):
    mesh = shapes.torus(20, 5, 24, 12)
    number = np.arange(len(mesh.vertices)) % 250
    painted = mesh.replace(color=np.stack([number, 255 - number, number // 2], axis=1).astype(np.uint8))
    half = np.arange(len(mesh.faces)) % 2
    looks = (Material("r & b", base_color=(1.0, 0.0, 0.0, 0.5), alpha_mode="blend"), Material("g"))
    parts = Asset(mesh.replace(material=half, part=half), looks, ("<lid>", "pot"), sized=True, title="both")
    for asset in (Asset(mesh), Asset(painted, sized=True), parts):
        again = disk.read(disk.save(asset, tmp_path / "a.amf"))
        assert set(map(tuple, again.mesh.vertices.tolist())) == set(map(tuple, mesh.vertices.tolist()))
        assert volume(again.mesh) == pytest.approx(volume(mesh), rel=1e-12)
        assert again.sized == asset.sized
        assert again.part_names == asset.part_names
        assert [one.name for one in again.materials] == [one.name for one in asset.materials]
        assert sorted(first_colors(again)) == sorted(first_colors(asset))
    assert again.materials[0].base_color[3] == pytest.approx(0.5)


def test_colors_of_faces_stay_on_faces():
    looks = tuple(Material(name, base_color=(*rgb, 1.0)) for name, rgb in (("r", (1, 0, 0)), ("g", (0, 1, 0))))
    tinted = np.full((8, 3), 255, np.uint8)
    tinted[:] = (255, 128, 255)
    asset = Asset(BOX.replace(material=np.arange(12) % 2, color=tinted), looks)
    again = read_amf(write_amf(asset))
    assert sorted(first_colors(again)) == sorted(["#FF0000", "#008000"] * 6)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no XML"),
        (b"<amf>", "is no XML"),
        (b"<amf/>", "holds no triangles"),
        (amf(unit='unit="parsec"'), "parsec"),
        (amf(volumes="<volume></volume>"), "holds no triangles"),
        (amf(vertices=points() + "<vertex><coordinates><x>1</x></coordinates></vertex>"), "lacks a number"),
        (amf(vertices="<vertex><coordinates><x>one</x></coordinates></vertex>"), "could not convert"),
        (amf(volumes=f"<volume>{faces(start=3)}</volume>"), "names vertex"),
        (amf(tail='<object id="0"/>'), "twice"),
        (amf(tail=f'<constellation id="1">{instance("5")}</constellation>'), "not there"),
        (amf(tail=f'<constellation id="1">{instance("1")}</constellation>'), "contains itself"),
        (amf(tail=f'<constellation id="1">{instance(deltax="inf")}</constellation>'), "deltax"),
        (b'<!DOCTYPE amf [<!ENTITY a "b">]>' + amf()[38:], "document type"),
        (pack(a__amf=amf(), b__amf=amf()), "2 files"),
        (pack(a__txt=b"x"), "0 files"),
        (b"PK\x03\x04 and nothing", "not a ZIP"),
    ],
)
def test_what_is_no_amf_is_refused(data, words):
    with pytest.raises(BadInput, match=words):
        read(data)


def test_bombs_are_refused():
    ring = (
        "".join(f'<constellation id="c{n}">{instance(f"c{n + 1}") * 10}</constellation>' for n in range(12))
        + f'<constellation id="c12">{instance()}</constellation>'
    )
    with pytest.raises(BadInput, match="over 10000 objects"):
        read(amf(tail=ring))
    with pytest.raises(BadInput, match="unpack to over"):
        read(pack(a__amf=amf(head="<metadata>" + " " * (40 << 20) + "</metadata>")))
    with pytest.raises(BadInput, match="64 deep"):
        read(b"<amf>" + b"<object>" * 100)


def test_curved_edges_textures_and_mixtures_are_said():
    edge = "<edge><v1>0</v1><dx1>1</dx1><v2>1</v2></edge>"
    texture = '<texture id="3" width="1" height="1" depth="1" type="grayscale">AA==</texture>'
    map_of = "<texmap rtexid='3'><utex1>0</utex1></texmap>"
    with noting() as notes:
        asset = read(amf(f"<volume>{faces(more=lambda _: map_of)}</volume>", vertices=points() + edge, tail=texture))
    assert volume(asset.mesh) == pytest.approx(6000)
    assert {word for line in notes for word in ("curved edges", "textures", "texture coordinates") if word in line} == {
        "curved edges",
        "textures",
        "texture coordinates",
    }


def test_volumes_of_projects_go_into_the_same_object():
    tool = Volume("denser", "modifier", shapes.box((5, 5, 5)))
    text = write_amf(Asset(BOX, volumes=(tool,))).data.decode()
    assert text.count("<object ") == 1
    assert "ParameterModifier" in text


def test_assimp_reads_the_same_model(tmp_path):
    assimp = pytest.importorskip("assimp_py")
    disk.save(Asset(shapes.torus(20, 5, 24, 12)), tmp_path / "a.amf")
    scene = assimp.import_file(str(tmp_path / "a.amf"), assimp.Process_Triangulate)
    assert sum(len(mesh.indices) // 3 for mesh in scene.meshes) == 576
