"""What slicers say about volumes, items and plates decides what is solid."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
import shapes
from maquette.core.errors import BadInput, BadSetting
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.threemf.read import read_3mf
from maquette.formats.threemf.write import write_3mf
from maquette.geometry.topology import is_watertight
from wild_files import CORE_3MF, case, mesh_xml, threemf, volume

CUBE = shapes.box((30, 30, 30))
TOOL = shapes.box((10, 10, 40), (10, 10, -5))
BOTH = shapes.together(CUBE, TOOL)
PRODUCTION = 'xmlns:p="http://schemas.microsoft.com/3dmanufacturing/production/2015/06"'
DRAFT = "http://schemas.microsoft.com/3dmanufacturing/2013/01"


def prusa(kind: str, legacy=False) -> bytes:
    """One object of two volumes, as PrusaSlicer saves them: ranges of its triangles."""
    role = f'<metadata type="volume" key="{"modifier" if legacy else "volume_type"}" value="{kind}"/>'
    config = (
        f'<config><object id="1"><volume firstid="0" lastid="11"><metadata key="name" value="body"/></volume>'
        f'<volume firstid="12" lastid="23"><metadata key="name" value="tool"/>{role}</volume></object></config>'
    )
    return threemf(
        f'<object id="1" type="model">{mesh_xml(BOTH)}</object>',
        '<item objectid="1" transform="1 0 0 0 1 0 0 0 1 100 100 0"/>',
        {"Metadata/Slic3r_PE_model.config": config},
    )


def bambu(kind: str) -> bytes:
    """An object of two parts, as Bambu Studio and OrcaSlicer save them, both called 1 in files of their own."""
    parts = {
        f"3D/Objects/object_{n}.model": f'<model unit="millimeter" xmlns="{CORE_3MF}"><resources>'
        f'<object id="{n}" type="model">{mesh_xml(mesh)}</object></resources><build/></model>'
        for n, mesh in ((1, CUBE), (2, TOOL))
    }
    config = (
        f'<config><object id="9"><part id="1" subtype="normal_part"><metadata key="name" value="body"/></part>'
        f'<part id="2" subtype="{kind}"><metadata key="name" value="tool"/></part></object></config>'
    )
    components = "".join(
        f'<component p:path="/3D/Objects/object_{n}.model" objectid="{n}" transform="1 0 0 0 1 0 0 0 1 0 0 0"/>'
        for n in (1, 2)
    )
    return threemf(
        f'<object id="9" type="model"><components>{components}</components></object>',
        '<item objectid="9"/>',
        {"Metadata/model_settings.config": config, **parts},
        PRODUCTION,
    )


def cura(setting: str, older=False) -> bytes:
    """Two objects, one with a setting that makes it no material, as Cura saves them."""
    if older:
        said = f'<settings><setting key="{setting}">True</setting></settings>'
    else:
        said = f'<metadatagroup><metadata name="cura:{setting}" preserve="true">True</metadata></metadatagroup>'
    objects = (
        f'<object id="1" type="model">{mesh_xml(CUBE)}</object>'
        f'<object id="2" name="tool" type="model">{said}{mesh_xml(TOOL)}</object>'
    )
    return threemf(objects, '<item objectid="1"/><item objectid="2"/>')


def read(data: bytes, **settings):
    return read_3mf(Files("a.3mf", {"a.3mf": data}), **settings)


@pytest.mark.parametrize("data", [prusa("NegativeVolume"), bambu("negative_part")], ids=["prusa", "bambu"])
def test_negative_volumes_are_cut_away(data):
    with noting() as notes:
        asset = read(data)
    assert volume(asset.mesh) == pytest.approx(24_000)
    assert is_watertight(asset.mesh.faces)
    assert asset.size == pytest.approx((30, 30, 30))
    assert asset.volumes == ()
    assert any("cut 1 negative volumes away" in line for line in notes)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (prusa("ParameterModifier"), "modifier"),
        (prusa("SupportBlocker"), "blocker"),
        (prusa("SupportEnforcer"), "enforcer"),
        (prusa("1", legacy=True), "modifier"),
        (bambu("modifier_part"), "modifier"),
        (bambu("support_blocker"), "blocker"),
        (bambu("support_enforcer"), "enforcer"),
        (cura("infill_mesh"), "modifier"),
        (cura("cutting_mesh", older=True), "modifier"),
        (cura("anti_overhang_mesh"), "blocker"),
        (cura("support_mesh"), "enforcer"),
    ],
)
def test_what_is_no_material_is_kept_beside_and_goes_back(data, kind):
    with noting() as notes:
        asset = read(data)
    assert volume(asset.mesh) == pytest.approx(27_000)
    (apart,) = asset.volumes
    assert (apart.kind, apart.name) == (kind, "tool")
    assert volume(apart.mesh) == pytest.approx(4_000)
    assert any("are no material" in line for line in notes)
    moved = mq.rotate(asset, z_deg=90.0) if "z_deg" in mq.rotate.stage.settings else asset.moved(offset=(5, 0, 0))
    again = read(write_3mf(moved).data)
    assert volume(again.mesh) == pytest.approx(27_000)
    assert [(v.kind, v.name) for v in again.volumes] == [(kind, "tool")]
    assert np.allclose(again.volumes[0].mesh.bounds, moved.volumes[0].mesh.bounds)
    assert np.allclose(moved.volumes[0].mesh.bounds.mean(axis=0) - moved.mesh.bounds.mean(axis=0), 0)


def test_written_volumes_are_no_material_for_lib3mf(tmp_path):
    lib3mf = pytest.importorskip("lib3mf")
    place = disk.save(read(prusa("SupportBlocker")), tmp_path / "a.3mf")
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromFile(str(place))
    assert reader.GetWarningCount() == 0
    assert model.GetBuildItems().Count() == 1


def test_ids_of_parts_count_within_their_object_only():
    """Part 1 of one object is negative, part 1 of the other is not."""
    objects = "".join(f'<object id="{n}" type="model">{mesh_xml(mesh)}</object>' for n, mesh in ((1, CUBE), (2, TOOL)))
    groups = '<object id="8"><components><component objectid="1"/><component objectid="2"/></components></object>'
    groups += '<object id="9"><components><component objectid="2"/></components></object>'
    config = (
        '<config><object id="8"><part id="2" subtype="negative_part"/></object>'
        '<object id="9"><metadata key="extruder" value="2"/><part id="2" subtype="normal_part">'
        '<metadata key="extruder" value="3"/></part></object></config>'
    )
    data = threemf(
        objects + groups,
        '<item objectid="8"/><item objectid="9" transform="1 0 0 0 1 0 0 0 1 60 0 0"/>',
        {"Metadata/model_settings.config": config},
    )
    asset = read(data)
    assert volume(asset.mesh) == pytest.approx(24_000 + 4_000)
    assert "filament 3" in [look.name for look in asset.materials]


def test_a_negative_volume_that_is_no_solid_is_said_and_never_added():
    open_box = CUBE.keep_faces(np.arange(2, 12))
    data = threemf(
        f'<object id="1">{mesh_xml(shapes.together(open_box, TOOL))}</object>',
        '<item objectid="1"/>',
        {
            "Metadata/Slic3r_PE_model.config": '<config><object id="1"><volume firstid="10" lastid="21">'
            '<metadata key="volume_type" value="NegativeVolume"/></volume></object></config>'
        },
    )
    with noting() as notes:
        asset = read(data)
    assert len(asset.mesh.faces) == 10
    assert any("could not be cut away" in line for line in notes)


def test_colors_survive_a_cut():
    colors = ["#FF0000", "#00FF00"]
    base = "".join(f'<base name="{color}" displaycolor="{color}"/>' for color in colors)
    body = mesh_xml(BOTH, lambda face: f' pid="5" p1="{face % 2}"' if face < 12 else "")
    data = threemf(
        f'<basematerials id="5">{base}</basematerials><object id="1">{body}</object>',
        '<item objectid="1"/>',
        {
            "Metadata/Slic3r_PE_model.config": '<config><object id="1"><volume firstid="12" lastid="23">'
            '<metadata key="volume_type" value="NegativeVolume"/></volume></object></config>'
        },
    )
    asset = read(data)
    assert volume(asset.mesh) == pytest.approx(24_000)
    assert [look.name for look in asset.materials] == colors
    untouched = np.abs(asset.mesh.triangles[:, :, :2] - 15).max(axis=(1, 2)) > 14.9
    assert set(asset.mesh.material[untouched].tolist()) == {0, 1}


@pytest.mark.parametrize("word", ["0", "false"])
def test_items_that_are_not_printable_are_left_out(word):
    body = f'<object id="1">{mesh_xml(CUBE)}</object>'
    away = f'<item objectid="1" transform="1 0 0 0 1 0 0 0 1 500 0 0" printable="{word}"/>'
    with noting() as notes:
        asset = read(threemf(body, f'<item objectid="1" printable="1"/>{away}'))
    assert volume(asset.mesh) == pytest.approx(27_000)
    assert any("left out 1 items" in line for line in notes)
    assert volume(read(threemf(body, away)).mesh) == pytest.approx(27_000)


def plates(instances: bool, stride=307.2) -> bytes:
    """Three plates of one cube each, in a grid of two columns."""
    places = [(128, 128), (128 + stride, 128), (128, 128 - stride)]
    items = "".join(f'<item objectid="1" transform="1 0 0 0 1 0 0 0 1 {x - 15} {y - 15} 0"/>' for x, y in places)
    rows = [
        f'<plate><metadata key="plater_id" value="{n + 1}"/>'
        + (
            f'<model_instance><metadata key="object_id" value="1"/><metadata key="instance_id" value="{2 - n}"/>'
            "</model_instance>"
            if instances
            else ""
        )
        + "</plate>"
        for n in range(3)
    ]
    config = f'<config><object id="1"><metadata key="name" value="cube"/></object>{"".join(rows)}</config>'
    return threemf(
        f'<object id="1" name="cube">{mesh_xml(CUBE)}</object>', items, {"Metadata/model_settings.config": config}
    )


@pytest.mark.parametrize("instances", [True, False])
def test_plates_are_plates(instances):
    asset = read(plates(instances))
    order = (3, 2, 1) if instances else (1, 2, 3)
    assert asset.part_names == tuple(f"plate {n}: cube" for n in order)
    (finding,) = mq.fits_bed(asset)
    assert finding.verdict == "pass"
    for number in (1, 2, 3):
        assert volume(read(plates(instances), plate=number).mesh) == pytest.approx(27_000)
    x = read(plates(instances), plate=3).mesh.bounds[0, 0]
    assert x == pytest.approx(113)
    with pytest.raises(BadSetting, match="3 plates"):
        read(plates(instances), plate=4)


def test_files_that_are_something_else_say_what_they_are():
    gcode = {"Metadata/plate_1.gcode": "G1 X0\n"}
    with pytest.raises(BadInput, match="sliced file with G-code"):
        read(threemf("", "", gcode))
    old = threemf(f'<object id="1" type="model">{mesh_xml(CUBE)}</object>', '<item objectid="1"/>', space=DRAFT)
    with noting() as notes:
        assert volume(read(old).mesh) == pytest.approx(27_000)
    assert any("3MF 0.93" in line for line in notes)
    import io
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("chair/leg.stl", "solid\nendsolid\n")
    with pytest.raises(BadInput, match=r"ZIP with chair/leg\.stl; unpack it"):
        read(made.getvalue())
    for data, words in ((b"Rar!\x1a\x07\x00", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"solid x", "text STL")):
        with pytest.raises(BadInput, match=words):
            read(data)


CASES = {
    "m01_prusa_NegativeVolume.3mf": 24_000,
    "m02_bambu_modifier_part.3mf": 27_000,
    "m04_printable0.3mf": 27_000,
    "m21_multiplate.3mf": 54_000,
}


@pytest.mark.parametrize(("name", "cubic_mm"), CASES.items())
def test_reported_projects_have_the_volume_that_slicers_print(name, cubic_mm):
    asset = disk.read(case(name))
    assert volume(asset.mesh) == pytest.approx(cubic_mm)
    (finding,) = mq.fits_bed(asset)
    assert finding.verdict == "pass"
