"""Filaments in 3MF: what slicers read and write, judged by PrusaSlicer and lib3mf."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from xml.parsers import expat

import numpy as np
import pytest

import shapes
from filament_tower import COLORS, flat, tower
from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.formats.threemf.filaments import code, leaves
from maquette.formats.threemf.read import read_3mf
from maquette.formats.threemf.write import write_3mf
from maquette.geometry.surface import face_areas, signed_volume
from maquette.geometry.topology import is_watertight
from threemf_files import mesh_xml, simple, wrap_model, zip_model

PRUSA = "http://schemas.slic3r.org/3mf/2017/06"


def model_text(files: Files, part: str = "3D/3dmodel.model") -> str:
    return zipfile.ZipFile(io.BytesIO(files.data)).read(part).decode()


def seen_by_bambu(files: Files) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]], dict[str, str]]:
    """Vertices, triangles with their paint, and metadata as Bambu Studio 2.8 and OrcaSlicer 2.4 come by them.

    By bbs_3mf.cpp: expat without namespaces, names compared letter by letter; the model is the first relationship of
    the package whose type begins and ends like the standard's.
    """
    package, found = zipfile.ZipFile(io.BytesIO(files.data)), []

    def relationship(name, given):
        if re.fullmatch("http://schemas.microsoft.com/3dmanufacturing/.*3dmodel", given.get("Type", "")):
            found.append(given["Target"].removeprefix("/"))

    vertices, triangles, told, text = [], [], {}, []

    def start_tag(name, given):
        text.clear()
        if name == "vertex":
            vertices.append(tuple(given[axis] for axis in "xyz"))
        elif name == "triangle":
            triangles.append((given["v1"], given["v2"], given["v3"], given.get("paint_color", "")))
        elif name == "metadata":
            told["?"] = given["name"]

    def end_tag(name):
        if name == "metadata":
            told[told.pop("?")] = "".join(text)

    first, second = expat.ParserCreate(), expat.ParserCreate()
    first.StartElementHandler = relationship
    first.Parse(package.read("_rels/.rels"), True)
    second.StartElementHandler, second.EndElementHandler, second.CharacterDataHandler = start_tag, end_tag, text.append
    second.Parse(package.read(found[0]), True)
    folder, _, name = found[0].rpartition("/")
    assert f"{folder}/_rels/{name}.rels" not in package.namelist()  # it would read the others as parts of this one
    return vertices, triangles, told


def rewrite(files: Files, change, drop=()) -> Files:
    """The same package with its model part changed and parts left out."""
    old, out = zipfile.ZipFile(io.BytesIO(files.data)), io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name in old.namelist():
            data = old.read(name)
            if name not in drop:
                package.writestr(name, change(data.decode()).encode() if name.endswith(".model") else data)
    return Files(files.main, {files.main: out.getvalue()})


def without_standard_colors(text: str) -> str:
    text = re.sub(r"<(basematerials|m:colorgroup).*?</\1>\n", "", text, flags=re.S)
    return re.sub(r' (pid|pindex|p1|p2|p3)="\d+"', "", text)


def test_whole_triangle_codes_are_those_of_the_slicers():
    table = ["", "4", "8", "0C", "1C", "2C", "3C", "4C", "5C", "6C", "7C", "8C", "9C", "AC", "BC", "CC", "DC"]
    assert [code(n) for n in range(17)] == table
    for number in range(1, 17):
        (leaf,) = leaves(code(number))
        assert leaf.filament == number
    assert [leaves(text)[0].filament for text in ("EC", "0FC", "EFC")] == [17, 18, 32]


def test_every_triangle_gets_its_filament_in_both_dialects():
    files, asset = write_3mf(tower(4)), tower(4)
    wanted = [code(int(material) + 1) for material in asset.mesh.material]
    assert set(wanted) == {"4", "8", "0C", "1C"}
    ours = model_text(files)
    assert re.findall(r'slic3rpe:mmu_segmentation="(\w+)"', ours) == wanted
    assert [int(number) for number in re.findall(r'p1="(\d)"', ours)] == asset.mesh.material.tolist()
    assert "paint_color" not in ours
    vertices, triangles, told = seen_by_bambu(files)
    assert np.array_equal(np.array(vertices, float), asset.mesh.vertices)
    assert [tuple(map(int, row[:3])) for row in triangles] == [tuple(face) for face in asset.mesh.faces.tolist()]
    assert [row[3] for row in triangles] == wanted
    assert "slic3rpe" not in model_text(files, "Metadata/painted.xml")
    assert told["Application"].startswith("maquette")  # another name would make it read settings we have not
    package = zipfile.ZipFile(io.BytesIO(write_3mf(tower(4)).data))
    assert json.loads(package.read("Metadata/project_settings.config"))["filament_colour"] == COLORS[:4]


def test_one_color_textures_and_seventeen_colors_tell_slicers_nothing():
    one = tower(1)
    many = tower(8).replace(materials=tuple(flat(f"#{n:02X}0000") for n in range(20)))
    many = many.with_mesh(many.mesh.replace(material=many.mesh.material + 10))
    for asset in (one, many, Asset(shapes.sphere(5, 2).replace(color=np.zeros((66, 3))))):
        assert "paint" not in model_text(write_3mf(asset))
        assert "slic3rpe" not in model_text(write_3mf(asset))
    assert "paint" not in model_text(write_3mf(tower(3), slicers="none"))


def test_the_second_copy_is_there_for_those_who_read_it_only():
    alone, both = (zipfile.ZipFile(io.BytesIO(write_3mf(tower(3), slicers=s).data)) for s in ("prusa", "all"))
    assert set(both.namelist()) - set(alone.namelist()) == {"Metadata/painted.xml", "Metadata/project_settings.config"}
    assert both.read("3D/3dmodel.model") == alone.read("3D/3dmodel.model")
    start = re.findall(r'Target="/([^"]+)" Id="(\w+)"', both.read("_rels/.rels").decode())
    assert start == [("Metadata/painted.xml", "rel0"), ("3D/3dmodel.model", "rel1")]
    assert not any(row[3] for row in seen_by_bambu(write_3mf(tower(3), slicers="prusa"))[1])


def test_one_color_and_gradients_name_no_group_after_the_materials():
    names = '<basematerials id="5"><base name="red" displaycolor="#FF0000"/><base name="b" displaycolor="#0000FF"/>'
    group = f'{names}</basematerials><m:colorgroup id="6"><m:color color="#FF0000"/><m:color color="#0000FFFF"/>'
    flat = ['pid="6" p1="0"'] * 3 + ['pid="6" p1="1"'] * 9
    read = lambda paint: read_3mf(  # noqa: E731
        Files("m.3mf", {"m.3mf": zip_model(simple(paint, group + "</m:colorgroup>"))})
    )
    assert [m.name for m in read(flat).materials] == ["red", "b"]
    assert read(['pid="6" p1="0" p2="1" p3="0"'] * 12).mesh.color is not None


def test_ours_comes_back_as_it_was():
    first = tower(5)
    back = read_3mf(write_3mf(first))
    assert np.array_equal(back.mesh.faces, first.mesh.faces)
    assert np.array_equal(back.mesh.material, first.mesh.material)
    assert [m.name for m in back.materials] == COLORS[:5]
    assert write_3mf(back).stem == "model"
    assert list(write_3mf.stage.settings) == ["stem", "thumbnail", "slicers"]


@pytest.mark.parametrize("attribute", ["paint_color", "slic3rpe:mmu_segmentation"])
def test_the_slicers_own_dialects_are_read(attribute):
    first = tower(4)
    files = rewrite(
        write_3mf(first),
        lambda text: without_standard_colors(text).replace(" slic3rpe:mmu_segmentation=", f" {attribute}="),
    )
    back = read_3mf(files)
    assert np.array_equal(back.mesh.material, first.mesh.material)
    assert [m.name for m in back.materials] == ["filament 1", "filament 2", "filament 3", "filament 4"]
    assert [m.base_color for m in back.materials] == [m.base_color for m in first.materials]
    bare = read_3mf(rewrite(files, lambda text: text, drop=("Metadata/project_settings.config",)))
    assert np.array_equal(bare.mesh.material, first.mesh.material)
    assert len({m.base_color for m in bare.materials}) == 4


def bambu(paint=None, parts=((1, 0), (2, 3)), whole=2) -> Asset:
    """As Bambu Studio saves it: meshes behind components, filaments of objects and parts in a file of their own."""
    boxes = "".join(
        f'<object id="{n}">{mesh_xml(shapes.box(corner=(2.0 * n, 0, 0)), paint)}</object>' for n, _ in parts
    )
    components = "".join(f'<component p:path="/3D/Objects/object_1.model" objectid="{n}"/>' for n, _ in parts)
    root = wrap_model(
        f'<resources><object id="9"><components>{components}</components></object></resources>'
        '<build><item objectid="9"/></build>'
    )
    told = "".join(
        f'<part id="{n}" subtype="normal_part"><metadata key="extruder" value="{e}"/></part>' for n, e in parts
    )
    config = f'<config><object id="9"><metadata key="extruder" value="{whole}"/>{told}</object></config>'
    colors = json.dumps({"filament_colour": ["#FF0000", "#00FF00FF", "#0000FF"], "other": 1})
    extra = {
        "3D/Objects/object_1.model": wrap_model(f"<resources>{boxes}</resources><build/>"),
        "Metadata/model_settings.config": config,
        "Metadata/project_settings.config": colors,
    }
    return read_3mf(Files("m.3mf", {"m.3mf": zip_model(root, extra)}))


def test_filaments_of_parts_and_objects():
    asset = bambu()
    assert [m.name for m in asset.materials] == ["filament 2", "filament 3"]
    assert asset.materials[0].base_color == (0.0, 1.0, 0.0, 1.0)
    assert np.array_equal(asset.mesh.material, np.repeat([0, 1], 12))


def test_paint_goes_before_the_objects_own_filament():
    asset = bambu(['paint_color="4"'] * 5 + [""] * 7, parts=((1, 0),))
    assert asset.mesh.material.tolist() == [0] * 5 + [1] * 7
    assert [m.name for m in asset.materials] == ["filament 1", "filament 2"]


def test_prusa_ranges_and_colors():
    config = (
        '<config><object id="1"><metadata type="object" key="extruder" value="1"/>'
        '<volume firstid="0" lastid="3"><metadata type="volume" key="extruder" value="2"/></volume></object></config>'
    )
    palette = "; extruder_colour = #FF8000;#0000FF\n; filament_colour = #111111;#222222\n"
    model = wrap_model(
        f'<resources><object id="1">{mesh_xml(shapes.box())}</object></resources><build><item objectid="1"/></build>'
    )
    extra = {"Metadata/Slic3r_PE_model.config": config, "Metadata/Slic3r_PE.config": palette}
    asset = read_3mf(Files("m.3mf", {"m.3mf": zip_model(model, extra)}))
    named = {m.name: m.base_color for m in asset.materials}
    assert named["filament 2"] == (0.0, 0.0, 1.0, 1.0)
    assert [asset.materials[k].name for k in asset.mesh.material] == ["filament 2"] * 4 + ["filament 1"] * 8


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("481", {1: 0.5, 2: 0.5}),  # one side divided: two halves
        ("4482", {1: 0.5, 2: 0.5}),
        ("44483", {1: 0.75, 2: 0.25}),
        ("44403", {1: 0.75}),
        ("0C44484833", None),
    ],
)
def test_paint_within_a_triangle_cuts_it_and_keeps_it_closed(text, shares):
    paint = [f'paint_color="{text}"' if n == 3 else "" for n in range(12)]
    model = wrap_model(
        f'<resources><object id="1">{mesh_xml(shapes.box((2, 3, 4)), paint)}</object></resources>'
        '<build><item objectid="1"/></build>'
    )
    asset = read_3mf(Files("m.3mf", {"m.3mf": zip_model(model)}))
    mesh = asset.mesh
    assert is_watertight(mesh.faces)
    assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(24, rel=1e-12)
    areas = face_areas(mesh.vertices, mesh.faces)
    assert areas.min() > 0
    whole = face_areas(shapes.box((2, 3, 4)).vertices, shapes.box((2, 3, 4)).faces)[3]
    if shares:
        second = next((k for k, m in enumerate(asset.materials) if m.name == "filament 2"), -1)
        assert areas[mesh.material == second].sum() == pytest.approx(whole * shares.get(2, 0), rel=1e-12)
    assert any("painted in parts" in text for text in asset.history[-1].notes)


@pytest.mark.parametrize("text", ["1", "G", "C", "FC", "44", "4" * 9999, "3" * 40, "D"])
def test_codes_that_are_none_are_refused(text):
    with pytest.raises(BadInput, match="paint code"):
        leaves(text)


@pytest.mark.parametrize("junk", [b"{", b"[]", b'{"filament_colour": 3}', b'{"filament_colour": [1, "#12"]}', b"\xff"])
def test_a_strange_palette_is_no_obstacle(junk):
    model = wrap_model(
        f'<resources><object id="1">{mesh_xml(shapes.box(), ["paint_color=" + chr(34) + "8" + chr(34)] * 12)}</object>'
        '</resources><build><item objectid="1"/></build>'
    )
    asset = read_3mf(Files("m.3mf", {"m.3mf": zip_model(model, {"Metadata/project_settings.config": junk})}))
    assert [m.name for m in asset.materials] == ["filament 2"]


# --- what other programs say


def read_with_lib3mf(files: Files, strict: bool):
    wrapper = pytest.importorskip("lib3mf").get_wrapper()
    model = wrapper.CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(strict)
    reader.ReadFromBuffer(files.data)
    return model, [reader.GetWarning(number)[1] for number in range(reader.GetWarningCount())]


@pytest.mark.parametrize("slicers", ["all", "prusa", "none"])
def test_lib3mf_reads_the_filaments_strictly(slicers):
    model, warnings = read_with_lib3mf(write_3mf(tower(4), slicers=slicers), strict=True)
    assert warnings == []
    colors, names = materials_of(model)
    assert colors == [COLORS[k] for k in tower(4).mesh.material]
    assert names == COLORS[:4]


def test_lib3mf_refuses_what_the_second_copy_is_there_for():
    """The attribute of Bambu Studio and OrcaSlicer in the standard's model: why there are two."""
    files = rewrite(write_3mf(tower(4)), lambda text: text.replace("slic3rpe:mmu_segmentation=", "paint_color="))
    pytest.importorskip("lib3mf")
    with pytest.raises(Exception, match="Invalid Attribute in namespace"):
        read_with_lib3mf(files, strict=True)
    _, warnings = read_with_lib3mf(files, strict=False)
    assert warnings == ["Invalid Attribute in namespace."] * len(tower(4).mesh.faces)


def materials_of(model) -> tuple[list[str], list[str]]:
    """The colour that lib3mf finds on each triangle, and the names of the base materials."""
    objects = model.GetMeshObjects()
    assert objects.MoveNext()
    found = objects.GetCurrentMeshObject()
    assert not objects.MoveNext()
    assert found.IsManifoldAndOriented()
    colors = []
    for number in range(found.GetTriangleCount()):
        triangle = found.GetTriangleProperties(number)
        color = model.GetColorGroupByID(triangle.ResourceID).GetColor(triangle.PropertyIDs[0])
        colors.append(f"#{color.Red:02X}{color.Green:02X}{color.Blue:02X}")
    groups = model.GetBaseMaterialGroups()
    assert groups.MoveNext()
    group = groups.GetCurrentBaseMaterialGroup()
    return colors, [group.GetName(number) for number in group.GetAllPropertyIDs()]


needs_prusa = pytest.mark.skipif(
    not shutil.which("prusa-slicer"), reason="needs prusa-slicer (Debian: apt-get install prusa-slicer)"
)


def slice_by_tool(files: Files, folder, tools: int) -> dict[int, list[tuple[float, float, float]]]:
    """Where each tool extrudes on layers: points (x, y, z), with the model moved back from the bed's middle."""
    (folder / "m.3mf").write_bytes(files.data)
    each = ",".join
    profile = {
        "nozzle_diameter": each(["0.4"] * tools),
        "filament_diameter": each(["1.75"] * tools),
        "extruder_colour": ";".join(COLORS[:tools]),
        "temperature": each(["210"] * tools),
        "single_extruder_multi_material": "1",
        "wipe_tower": "0",
        "skirts": "0",
        "layer_height": "0.2",
        "first_layer_height": "0.2",
    }
    (folder / "many.ini").write_text("".join(f"{k} = {v}\n" for k, v in profile.items()))
    command = ["prusa-slicer", "--load", "many.ini", "--export-gcode", "-o", "m.gcode", "m.3mf"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    tool, z, where = 0, 0.0, {}
    for line in (folder / "m.gcode").read_text().splitlines():
        if re.fullmatch(r"T\d+", line):
            tool = int(line[1:])
        elif found := re.match(r";Z:([\d.]+)", line):
            z = float(found[1])
        elif found := re.match(r"G1 X([-\d.]+) Y([-\d.]+) E([-\d.]+)", line):
            where.setdefault(tool, []).append((float(found[1]), float(found[2]), z))
    return where


@needs_prusa
@pytest.mark.parametrize("count", [2, 4, 8])
def test_prusaslicer_changes_tools_at_every_floor(count, tmp_path):
    where = slice_by_tool(write_3mf(tower(count)), tmp_path, count)
    assert sorted(where) == list(range(count))
    for tool, points in where.items():
        heights = np.array(points)[:, 2]
        assert heights.min() > 4.0 * tool - 1e-9
        low, high = np.quantile(heights, [0.02, 0.98])
        assert 4.0 * tool < low <= 4.0 * tool + 0.6
        assert 4.0 * (tool + 1) - 0.6 <= high <= 4.0 * (tool + 1) + 1.0  # a floor's top is printed from below


@needs_prusa
def test_prusaslicer_prints_the_halves_of_a_box_where_they_are(tmp_path):
    """A box whose left half is one filament and whose right half is another: no tool strays over the middle."""
    left = tower(1, 20.0, 10.0).mesh
    vertices = left.vertices.copy()
    middle = np.array([[10, 0, 0], [10, 20, 0], [10, 0, 10], [10, 20, 10.0]])
    points = np.concatenate([vertices, middle])  # 0..3 floor, 4..7 ceiling, 8..11 the seam
    quads = {0: [(0, 8, 10, 4), (3, 7, 11, 9), (0, 4, 7, 3), (0, 3, 9, 8), (4, 10, 11, 7)]}
    quads[1] = [(8, 1, 5, 10), (9, 11, 6, 2), (1, 2, 6, 5), (8, 9, 2, 1), (10, 5, 6, 11)]
    faces = [f for half in quads.values() for a, b, c, d in half for f in ((a, b, c), (a, c, d))]
    mesh = left.replace(vertices=points, faces=faces, material=np.repeat([0, 1], 10))
    assert is_watertight(mesh.faces)
    asset = Asset(mesh, (flat("#FF0000"), flat("#0000FF")), sized=True)
    where = slice_by_tool(write_3mf(asset), tmp_path, 2)
    first, second = (np.array(where[tool])[:, 0] for tool in (0, 1))
    center = (min(first.min(), second.min()) + max(first.max(), second.max())) / 2
    assert abs(np.quantile(first, 0.99) - center) < 0.6
    assert abs(np.quantile(second, 0.01) - center) < 0.6
    assert first.mean() < center - 3
    assert second.mean() > center + 3


@needs_prusa
def test_prusaslicer_agrees_on_paint_within_a_triangle(tmp_path):
    """The wall's lower triangle cut at its long side's middle by a code: both slicer and reader see the same halves."""
    asset = tower(1, 20.0, 20.0)
    painted = [f'slic3rpe:mmu_segmentation="{"48" + "1"}"' if n == 0 else "" for n in range(12)]
    model = wrap_model(
        f'<resources><object id="1">{mesh_xml(asset.mesh, painted)}</object></resources>'
        '<build><item objectid="1"/></build>'
    ).replace("<model ", f'<model xmlns:slic3rpe="{PRUSA}" ')
    files = Files("m.3mf", {"m.3mf": zip_model(model)})
    ours = read_3mf(files)
    second = next(k for k, m in enumerate(ours.materials) if m.name == "filament 2")
    corners = ours.mesh.triangles[ours.mesh.material == second].reshape(-1, 3)
    where = slice_by_tool(files, tmp_path, 2)
    points = np.concatenate([np.array(p) for p in where.values()])
    shift = (points.min(axis=0) + points.max(axis=0))[:2] / 2 - 10.0
    tool = np.array(where[1])
    wall = tool[tool[:, 1] - shift[1] < 1.0]
    assert wall[:, 0].min() - shift[0] > corners[:, 0].min() - 0.5
    assert wall[:, 0].max() - shift[0] < corners[:, 0].max() + 0.5
    assert corners[:, 2].min() - 0.5 < wall[:, 2].min() < corners[:, 2].min() + 1.5
    assert wall[:, 2].max() == pytest.approx(corners[:, 2].max(), abs=1.0)
