"""COLLADA, in and out: polygons of every kind, transforms, units and axes, instances, materials, pictures, ZAE."""

from __future__ import annotations

import io
import time
import zipfile

import numpy as np
import pytest

import shapes
from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.collada.read import read_dae
from maquette.formats.collada.write import write_dae
from maquette.geometry.topology import is_watertight
from wild_files import png, volume

BOX = shapes.box((3, 2, 1))
SPACE = 'xmlns="http://www.collada.org/2005/11/COLLADASchema"'
QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
CUBE = np.array([[x, y, z] for x in (0, 3) for y in (0, 2) for z in (0, 1)], float)  # corners of the quads


def words(numbers) -> str:
    return " ".join(map(str, np.asarray(numbers).reshape(-1).tolist()))


def source(name, rows, params="XYZ") -> str:
    columns = "".join(f'<param name="{letter}" type="float"/>' for letter in params)
    return (
        f'<source id="{name}"><float_array id="{name}a" count="{np.size(rows)}">{words(rows)}</float_array>'
        f'<technique_common><accessor source="#{name}a" count="{len(rows)}" stride="{len(params)}">{columns}'
        "</accessor></technique_common></source>"
    )


def triangles(mesh=BOX, more="", symbol="", index=None) -> str:
    rows = mesh.faces if index is None else index
    inputs = f'<input semantic="VERTEX" source="#v" offset="0"/>{more}'
    return f'<triangles {symbol} count="{len(mesh.faces)}">{inputs}<p>{words(rows)}</p></triangles>'


def geometry(body=None, points=None, sources="", name="g") -> str:
    body = triangles() if body is None else body
    points = BOX.vertices if points is None else points
    vertices = '<vertices id="v"><input semantic="POSITION" source="#p"/></vertices>'
    return f'<geometry id="{name}" name="{name}"><mesh>{source("p", points)}{sources}{vertices}{body}</mesh></geometry>'


def dae(
    shape=None, nodes=None, asset='<unit meter="0.001"/><up_axis>Z_UP</up_axis>', libraries="", space=SPACE
) -> bytes:
    shape = geometry() if shape is None else shape
    nodes = '<node name="box"><instance_geometry url="#g"/></node>' if nodes is None else nodes
    scene = f'<visual_scene id="s" name="it">{nodes}</visual_scene>' if nodes else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><COLLADA {space} version="1.4.1"><asset>{asset}</asset>{libraries}'
        f"<library_geometries>{shape}</library_geometries><library_visual_scenes>{scene}</library_visual_scenes>"
        '<scene><instance_visual_scene url="#s"/></scene></COLLADA>'
    ).encode()


def read(data: bytes, **pictures: bytes) -> Asset:
    parts = {name.replace("__", "."): picture for name, picture in pictures.items()}
    return read_dae(Files("a.dae", {"a.dae": data, **parts}))


POLYGONS = {
    "triangles": geometry(),
    "polylist": geometry(
        f'<polylist count="6"><input semantic="VERTEX" source="#v" offset="0"/><vcount>{words([4] * 6)}</vcount>'
        f"<p>{words(QUADS)}</p></polylist>",
        CUBE,
    ),
    "polygons": geometry(
        '<polygons count="6"><input semantic="VERTEX" source="#v" offset="0"/>'
        + "".join(f"<p>{words(quad)}</p>" for quad in QUADS)
        + "</polygons>",
        CUBE,
    ),
    "fans": geometry(
        '<trifans count="6"><input semantic="VERTEX" source="#v" offset="0"/>'
        + "".join(f"<p>{words(quad)}</p>" for quad in QUADS)
        + "</trifans>",
        CUBE,
    ),
    "strips": geometry(
        '<tristrips count="6"><input semantic="VERTEX" source="#v" offset="0"/>'
        + "".join(f"<p>{words(quad[[0, 1, 3, 2]])}</p>" for quad in QUADS)
        + "</tristrips>",
        CUBE,
    ),
    "two elements": geometry(
        triangles(index=BOX.faces[:6]).replace('count="12"', 'count="6"') + triangles(index=BOX.faces[6:]),
    ),
    "soup": geometry(triangles(shapes.soup(BOX)), shapes.soup(BOX).vertices),
    "offsets": geometry(
        triangles(index=np.repeat(BOX.faces.reshape(-1), 3), more='<input semantic="NORMAL" source="#n" offset="2"/>'),
    ),
    "another count": geometry(triangles().replace('count="12"', 'count="999"')),
}


@pytest.mark.parametrize("shape", POLYGONS.values(), ids=POLYGONS)
def test_every_kind_of_polygon_is_the_same_box(shape):
    asset = read(dae(shape))
    assert volume(asset.mesh) == pytest.approx(6)
    assert len(asset.mesh.faces) == 12
    assert len(asset.mesh.vertices) == 8
    assert is_watertight(asset.mesh.faces)


@pytest.mark.parametrize(
    ("asset", "size", "sized"),
    [
        ('<unit meter="0.001"/><up_axis>Z_UP</up_axis>', (3, 2, 1), True),
        ('<unit name="inch" meter="0.0254"/><up_axis>Z_UP</up_axis>', (76.2, 50.8, 25.4), True),
        ('<unit meter="0,001"/><up_axis>Y_UP</up_axis>', (3, 1, 2), True),
        ('<unit meter="0.001"/><up_axis>X_UP</up_axis>', (2, 1, 3), True),
        ('<unit meter="0.001"/>', (3, 1, 2), True),
        ("", (3000, 1000, 2000), False),
        ('<unit meter="wide"/><up_axis>W_UP</up_axis>', (3000, 1000, 2000), False),
    ],
)
def test_units_and_axes(asset, size, sized):
    made = read(dae(asset=asset))
    assert made.size == pytest.approx(size)
    assert volume(made.mesh) == pytest.approx(np.prod(size))
    assert made.sized == sized


def test_y_up_stands_upright_with_its_front_in_front():
    tip = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)  # +Y up in the file, +Z to the viewer
    made = read(dae(geometry(triangles(shapes.tetrahedron()), tip), asset='<unit meter="0.001"/>'))
    assert made.mesh.bounds.tolist() == [[0, -1, 0], [1, 0, 1]]


def show(inside="", name="box", **steps: str) -> str:
    moves = "".join(f"<{tag}>{numbers}</{tag}>" for tag, numbers in steps.items())
    return f'<node name="{name}">{moves}<instance_geometry url="#g"/>{inside}</node>'


@pytest.mark.parametrize(
    ("nodes", "low", "high"),
    [
        (show(translate="10 0 0"), (10, 0, 0), (13, 2, 1)),
        (show(rotate="0 0 1 90"), (-2, 0, 0), (0, 3, 1)),
        (show(scale="2 1 1"), (0, 0, 0), (6, 2, 1)),
        (show(scale="-1 1 1"), (-3, 0, 0), (0, 2, 1)),
        (show(translate="10 0 0", rotate="0 0 1 90"), (8, 0, 0), (10, 3, 1)),
        (show(rotate="0 0 1 90", translate="10 0 0"), (-2, 10, 0), (0, 13, 1)),
        (show(matrix="1 0 0 5 0 1 0 6 0 0 1 7 0 0 0 1"), (5, 6, 7), (8, 8, 8)),
        (f"<node><translate>0 0 9</translate>{show(translate='1 0 0')}</node>", (1, 0, 9), (4, 2, 10)),
        (show(translate="1,5 0,0 0"), (1.5, 0, 0), (4.5, 2, 1)),
        (show(skew="45 0 1 0 1 0 0"), (0, 0, 0), (5, 2, 1)),
    ],
)
def test_transforms_in_the_order_of_the_file(nodes, low, high):
    made = read(dae(nodes=nodes))
    assert made.mesh.bounds == pytest.approx(np.array([low, high], float), abs=1e-12)
    assert volume(made.mesh) == pytest.approx(np.prod(np.subtract(high, low)) if "skew" not in nodes else 6)


def test_instances_of_geometries_and_nodes_are_parts():
    library = (
        f"<library_nodes><node id='n'>{show(name='in')}{show(name='out', translate='0 5 0')}</node></library_nodes>"
    )
    nodes = "".join(f'<node><translate>{x} 0 0</translate><instance_node url="#n"/></node>' for x in (0, 10)) + show(
        name="single", translate="50 0 0"
    )
    made = read(dae(nodes=nodes, libraries=library))
    assert made.part_names == ("in", "out", "in", "out", "single")
    assert volume(made.mesh) == pytest.approx(30)


@pytest.mark.parametrize("space", [SPACE, "", 'xmlns="http://www.collada.org/2008/03/COLLADASchema"'])
def test_a_file_without_a_scene_shows_its_geometries(space):
    assert volume(read(dae(nodes="", space=space)).mesh) == pytest.approx(6)


def effect(shader, params="", name="e", more="") -> str:
    technique = f'<technique sid="common"><phong>{shader}</phong>{more}</technique>'
    return f'<effect id="{name}"><profile_COMMON>{params}{technique}</profile_COMMON></effect>'


def sampler(image="i", wrap="") -> str:
    surface = f'<newparam sid="su"><surface type="2D"><init_from>{image}</init_from></surface></newparam>'
    return f'{surface}<newparam sid="sa"><sampler2D><source>su</source>{wrap}</sampler2D></newparam>'


def painted_body(effects, images="", uv=True, reference="m", symbol='material="x"') -> bytes:
    libraries = f'<library_images>{images}</library_images><library_materials><material id="m" name="oak">'
    libraries += (
        f'<instance_effect url="#e"/></material></library_materials><library_effects>{effects}</library_effects>'
    )
    bound = f'<instance_material symbol="x" target="#{reference}"/>'
    nodes = '<node><instance_geometry url="#g"><bind_material><technique_common>'
    nodes += f"{bound}</technique_common></bind_material></instance_geometry></node>"
    more = '<input semantic="TEXCOORD" source="#t" offset="1"/>' if uv else ""
    index = np.repeat(BOX.faces.reshape(-1), 2) if uv else BOX.faces
    body = triangles(more=more, symbol=symbol, index=index)
    return dae(geometry(body, sources=source("t", np.full((8, 2), 0.25), "ST")), nodes, libraries=libraries)


IMAGE = '<image id="i"><init_from>{}</init_from></image>'
DIFFUSE = '<diffuse><texture texture="sa" texcoord="UV"/></diffuse>'


@pytest.mark.parametrize(
    "data",
    [
        painted_body(effect(DIFFUSE, sampler()), IMAGE.format("wood.png")),
        painted_body(effect(DIFFUSE, sampler()), IMAGE.format("./textures/../wood.png")),
        painted_body(effect(DIFFUSE, sampler()), IMAGE.format("file:///C:/Users/me/wood.png")),
        painted_body(effect(DIFFUSE, sampler()), IMAGE.format("WOOD.PNG")),
        painted_body(effect(DIFFUSE.replace("sa", "i")), IMAGE.format("wood.png")),
        painted_body(
            effect(DIFFUSE, '<newparam sid="sa"><sampler2D><instance_image url="#i"/></sampler2D></newparam>'),
            IMAGE.format("<ref>wood.png</ref>"),
        ),
    ],
    ids=["surface", "dots", "another machine", "other case", "straight", "1.5"],
)
def test_pictures(data):
    asset = read(data, wood__png=png((200, 30, 30)))
    assert asset.materials[0].name == "oak"
    assert asset.materials[0].base_color_texture == Texture(png((200, 30, 30)))
    assert asset.mesh.uv[0, 0].tolist() == [0.25, 0.75]


@pytest.mark.parametrize("place", ["../wood.png", "http://example.org/wood.png", "lost.png"])
def test_a_picture_that_is_not_below_the_folder_is_said(place):
    with noting() as notes:
        asset = read(painted_body(effect(DIFFUSE, sampler()), IMAGE.format(place)), wood__png=png())
    assert asset.materials[0].base_color_texture is None
    assert volume(asset.mesh) == pytest.approx(6)
    assert any("continued without it" in line for line in notes)


RED = "<diffuse><color>1 0 0 1</color></diffuse>"


@pytest.mark.parametrize(
    ("shader", "alpha"),
    [
        (RED, 1.0),
        (f"{RED}<transparency><float>0.25</float></transparency>", 0.25),
        (f'{RED}<transparent opaque="A_ONE"><color>1 1 1 0.5</color></transparent>', 0.5),
        (f'{RED}<transparent opaque="RGB_ZERO"><color>0.5 0.5 0.5 1</color></transparent>', 0.5),
        (f'{RED}<transparent opaque="RGB_ZERO"><color>0 0 0 1</color></transparent>', 1.0),
        (f"{RED}<transparency><float>0</float></transparency>", 1.0),
        (f"{RED}<transparency><float>often</float></transparency>", 1.0),
    ],
)
def test_colors_and_opacity_as_their_authors_saw_them(shader, alpha):
    asset = read(painted_body(effect(shader), uv=False))
    assert asset.materials[0].base_color == pytest.approx((1, 0, 0, alpha))
    assert asset.materials[0].alpha_mode == ("opaque" if alpha == 1 else "blend")


@pytest.mark.parametrize(
    "effects",
    ["", effect(""), effect("<diffuse><color>red</color></diffuse>"), "<effect id='e'><profile_CG/></effect>"],
)
def test_looks_that_cannot_be_read_leave_the_geometry(effects):
    asset = read(painted_body(effects, uv=False))
    assert volume(asset.mesh) == pytest.approx(6)
    assert [look.name for look in asset.materials] == ["oak"]


def test_vertex_colors_times_material():
    more = '<input semantic="COLOR" source="#c" offset="0"/>'
    colors = np.tile([0.0, 1.0, 0.0], (8, 1))
    asset = read(dae(geometry(triangles(more=more), sources=source("c", colors, "RGB"))))
    assert set(map(tuple, asset.mesh.color.tolist())) == {(0, 255, 0)}


def test_a_face_on_a_point_that_is_none_is_dropped():
    sphere = shapes.sphere(10, 2)
    index = np.concatenate([sphere.faces, [[0, 1, len(sphere.vertices)]]])
    points = np.concatenate([sphere.vertices, [[np.nan, 0, 0]]])
    with noting() as notes:
        asset = read(dae(geometry(triangles(sphere, index=index), points)))
    assert len(asset.mesh.faces) == len(sphere.faces)
    assert any("dropped 1 of 129 faces" in line for line in notes)


def zip_pack(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name.replace("__", ".").replace("_in_", "/"), data)
    return made.getvalue()


@pytest.mark.parametrize("folder", ["", "deep_in_"])
def test_zae(folder):
    data = painted_body(effect(DIFFUSE, sampler()), IMAGE.format("tex/wood.png"))
    package = zip_pack(**{f"{folder}a__dae": data, f"{folder}tex_in_wood__png": png(), "manifest__xml": b"<dae_root/>"})
    asset = read_dae(Files("a.zae", {"a.zae": package}))
    assert asset.materials[0].base_color_texture == Texture(png())


def test_it_goes_out_and_comes_back(tmp_path):
    mesh = shapes.torus(20, 5, 24, 12)
    half = (np.arange(len(mesh.faces)) % 2).astype(np.int32)
    uv = np.random.default_rng(0).random((len(mesh.faces), 3, 2)).astype(np.float32)
    looks = (
        Material('r & "b"', base_color=(1.0, 0.5, 0.25, 0.5), alpha_mode="blend", double_sided=True),
        Material("g", base_color_texture=Texture(png()), emissive=(0.5, 0.0, 0.0)),
    )
    number = np.arange(len(mesh.vertices)) % 250
    color = np.stack([number, 255 - number, number // 2], axis=1).astype(np.uint8)
    whole = Asset(mesh.replace(material=half, part=half, uv=uv, color=color), looks, ("<lid>", "pot"), sized=True)
    again = disk.read(disk.save(whole, tmp_path / "a b.dae"))
    order = np.lexsort((half,))
    assert again.mesh.triangles == pytest.approx(mesh.triangles[order], abs=0)
    assert again.mesh.uv == pytest.approx(uv[order], abs=1e-7)
    assert np.array_equal(again.mesh.color[again.mesh.faces], color[mesh.faces[order]])
    assert again.part_names == whole.part_names
    assert again.sized
    for ours, theirs in zip(again.materials, looks, strict=True):
        assert ours.base_color == pytest.approx(theirs.base_color, abs=1e-7)
        assert ours.emissive == pytest.approx(theirs.emissive, abs=1e-7)
        assert ours.replace(base_color=theirs.base_color, emissive=theirs.emissive) == theirs
    assert not disk.read(disk.save(Asset(mesh), tmp_path / "b.dae")).sized
    assert disk.encode_value(whole, tmp_path / "a.dae") == disk.encode_value(whole, tmp_path / "a.dae")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is no XML"),
        (b"<svg/>", "instead of <COLLADA>"),
        (b"<COLLADA/>", "no triangles"),
        (dae(geometry("")), "no triangles"),
        (dae(nodes='<node><instance_geometry url="#other"/></node>'), "is not there"),
        (dae(geometry(triangles(index=BOX.faces + 5))), "names vertex"),
        (dae(geometry(triangles(index=["x"]))), "no number"),
        (dae(geometry(points=[["1", "x", "3"]] * 8)), "no number"),
        (dae(geometry(points=np.full((8, 3), np.nan))), "not a number"),
        (dae(nodes=show(matrix="1 2 3")), "not 16"),
        (dae(nodes=show(translate="inf 0 0")), "not 3"),
        (dae(geometry(triangles().replace('offset="0"', 'offset="-1"'))), "no whole number"),
        (b'<!DOCTYPE COLLADA [<!ENTITY a "b">]>' + dae()[38:], "document type"),
        (
            dae(
                nodes='<node><instance_node url="#n"/></node>',
                libraries='<library_nodes><node id="n"><instance_node url="#n"/></node></library_nodes>',
            ),
            "contains itself",
        ),
        (zip_pack(a__txt=b"x"), r"holds no \.dae"),
    ],
)
def test_what_is_no_collada_is_refused(data, message):
    with pytest.raises(BadInput, match=message):
        read(data)


def test_bombs_are_refused():
    doubling = "".join(f'<node id="n{n}">' + f'<instance_node url="#n{n + 1}"/>' * 10 + "</node>" for n in range(20))
    library = f'<library_nodes>{doubling}<node id="n20">{show()}</node></library_nodes>'
    with pytest.raises(BadInput, match="over 100000 nodes"):
        read(dae(nodes='<node><instance_node url="#n0"/></node>', libraries=library))
    with pytest.raises(BadInput, match="1000 deep"):
        read(b"<COLLADA>" + b"<node>" * 2000)
    sphere = shapes.sphere(1, 5)
    many = "".join(show() for _ in range(300))
    with pytest.raises(BadInput, match="unfold to over"):
        read(dae(geometry(triangles(sphere), sphere.vertices), nodes=many))


def test_a_skinned_mesh_is_read_as_it_was_modelled():
    skin = '<skin source="#g"><bind_shape_matrix>1 0 0 7 0 1 0 0 0 0 1 0 0 0 0 1</bind_shape_matrix></skin>'
    library = f'<library_controllers><controller id="c">{skin}</controller></library_controllers>'
    with noting() as notes:
        asset = read(dae(nodes='<node><instance_controller url="#c"/></node>', libraries=library))
    assert asset.mesh.bounds[0].tolist() == [7, 0, 0]
    assert any("without bones" in line for line in notes)


def test_trimesh_reads_the_same_model(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("collada", reason="trimesh reads COLLADA by pycollada")
    mesh = shapes.torus(20, 5, 24, 12)
    disk.save(Asset(mesh.replace(part=np.arange(len(mesh.faces)) % 2), part_names=("a", "b")), tmp_path / "a.dae")
    scene = trimesh.load(str(tmp_path / "a.dae"))
    assert sorted(len(one.faces) for one in scene.geometry.values()) == [288, 288]
    assert scene.to_geometry().volume == pytest.approx(volume(mesh))


def test_a_thousand_sources_over_one_array_are_one_array():
    shared = '<float_array id="pa" count="30000">' + "1 2 3 " * 10_000 + "</float_array>"
    accessor = '<technique_common><accessor source="#pa" count="10000" stride="3">{}</accessor></technique_common>'
    columns = "".join(f'<param name="{letter}"/>' for letter in "XYZ")
    one = f'<source id="p{{0}}">{accessor.format(columns)}</source><vertices id="v{{0}}">'
    one += '<input semantic="POSITION" source="#p{0}"/></vertices>'
    body = '<triangles><input semantic="VERTEX" source="#v" offset="0"/><p>0 1 2</p></triangles>'
    shapes_of = [f'<geometry id="g{n}"><mesh>{one.format(n)}{body}</mesh></geometry>' for n in range(1000)]
    nodes = "".join(f'<node><instance_geometry url="#g{n}"/></node>' for n in range(1000))
    started = time.process_time()
    with pytest.raises(BadInput, match="no triangles"):
        read(dae(f"<geometry><mesh><source>{shared}</source></mesh></geometry>{''.join(shapes_of)}", nodes))
    assert time.process_time() - started < 6


def test_the_writing_stage_gives_the_same_file_twice():
    first, second = (write_dae(Asset(shapes.box((2, 3, 4)))) for _ in range(2))
    assert first == second
    assert len(read_dae(first).mesh.faces) == 12
