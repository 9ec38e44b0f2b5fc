from __future__ import annotations

import numpy as np
import pytest

from maquette.core.asset import Asset, Material
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.flat.letterform import lay_on, sheet_of, slab, stroke
from maquette.geometry.flat.lettering import outline
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import euler_number, face_components, is_watertight
from maquette.shape.build.emboss import emboss
from shapes import box, grid, sphere, volume

SIDES = {
    "front": (1, -1),
    "back": (1, 1),
    "left": (0, -1),
    "right": (0, 1),
    "top": (2, 1),
    "bottom": (2, -1),
}


def area_of(text: str, height: float) -> float:
    made = 0.0
    for loop in outline(text, height):
        after = np.roll(loop, -1, axis=0)
        made += (loop[:, 0] * after[:, 1] - after[:, 0] * loop[:, 1]).sum() / 2
    return made


def block() -> Asset:
    return Asset(box((60, 60, 60)), sized=True, title="block")


@pytest.mark.parametrize("depth", [1.0, -1.5])
@pytest.mark.parametrize("side", list(SIDES))
def test_letters_on_a_plane_have_exactly_their_volume(side, depth):
    made = emboss(block(), text="Text 8", side=side, depth_mm=depth).mesh
    assert is_watertight(made.faces)
    assert face_components(made.faces)[0] == 1
    assert volume(made) == pytest.approx(60**3 + depth * area_of("Text 8", 8.0), abs=1e-6)
    axis, sign = SIDES[side]
    outer = made.bounds[1, axis] if sign > 0 else made.bounds[0, axis]
    assert outer == pytest.approx((60 if sign > 0 else 0) + sign * max(depth, 0))


def test_it_is_read_from_its_side_and_stands_where_it_should():
    for side, (right, up) in {
        "front": ((0, 1), (2, 1)),
        "back": ((0, -1), (2, 1)),
        "bottom": ((0, 1), (1, -1)),
    }.items():
        made = emboss(block(), text="L", side=side, right_mm=5, up_mm=-3, height_mm=10).mesh
        axis, sign = SIDES[side]
        proud = made.vertices[sign * made.vertices[:, axis] > (60 if sign > 0 else 0) + 0.5]
        along = right[1] * (proud[:, right[0]] - 30)
        above = up[1] * (proud[:, up[0]] - 30)
        assert (along.min() + along.max()) / 2 == pytest.approx(5)
        assert (above.min() + above.max()) / 2 == pytest.approx(-3)
        assert np.ptp(above) == pytest.approx(10)
        foot = along[above < above.min() + 0.1]  # an L: its foot goes to the right, its stem stands on the left
        head = along[above > above.max() - 0.1]
        assert foot.max() > head.max() + 2
        assert foot.min() == pytest.approx(head.min())


@pytest.mark.parametrize("depth", [1.2, -1.2])
def test_letters_follow_a_curved_side(depth):
    ball = sphere(40, 5)
    made = emboss(Asset(ball), text="GLOBE", depth_mm=depth, height_mm=10).mesh
    assert is_watertight(made.faces)
    radius = np.linalg.norm(made.vertices, axis=1)
    moved = radius[np.abs(radius - 40) > 0.3]
    assert moved == pytest.approx(np.full(len(moved), 40 + depth), abs=0.1)
    seen_from_front = area_of("GLOBE", 10)
    change = volume(made) - volume(ball)
    assert np.sign(change) == np.sign(depth)
    assert seen_from_front * 1.2 * 0.95 < abs(change) < seen_from_front * 1.2 * 1.4


def test_holes_of_letters_stay_open():
    made = emboss(block(), text="o", height_mm=20, depth_mm=3).mesh
    assert euler_number(made.faces) == 2
    front = made.vertices[made.faces].max(axis=1)[:, 1] < -2.9
    assert front.any()
    assert euler_number(made.faces[front]) == 0


def test_the_title_is_the_default():
    assert emboss(block()).mesh == emboss(block(), text="block").mesh
    assert emboss(block().replace(title="")).mesh == block().mesh
    assert emboss(block(), depth_mm=0).mesh == block().mesh


def test_thin_strokes_are_refused_with_the_height_that_does():
    with pytest.raises(CannotDo, match=r"strokes are 0\.4\d mm wide .* 0\.6 mm") as refusal:
        emboss(block(), text="abc", height_mm=4)
    enough = float(str(refusal.value).split()[-2])
    assert 5 < enough < 6
    assert is_watertight(emboss(block(), text="abc", height_mm=enough).mesh.faces)
    emboss(block(), text="abc", height_mm=4, printer="resin-small")
    with pytest.raises(CannotDo, match=r"0\.1 mm is less than a layer of 0\.2 mm"):
        emboss(block(), depth_mm=-0.1)


def test_a_side_that_ends_breaks_or_turns_away_is_refused():
    with pytest.raises(CannotDo, match="lies beside the front side"):
        emboss(block(), text="much too long a text")
    with pytest.raises(CannotDo, match=r"beside|turns away"):
        emboss(Asset(sphere(12, 4)), text="wide word")
    from manifold3d import Manifold

    step = Manifold.cube((60, 60, 60)) - Manifold.cube((30, 20, 60))
    raw = step.to_mesh64()
    stair = Mesh(np.array(raw.vert_properties)[:, :3], np.array(raw.tri_verts, np.int64))
    with pytest.raises(CannotDo, match="turns away by 8"):
        emboss(Asset(stair), text="across")


def test_a_thin_wall_is_not_cut_through():
    plate = Asset(box((60, 1.5, 30)))
    with pytest.raises(CannotDo, match=r"the wall is 1\.5 mm; engraved by 1 mm"):
        emboss(plate, text="thin", depth_mm=-1)
    made = emboss(plate, text="thin", depth_mm=1).mesh
    assert made.bounds[1, 1] == pytest.approx(1.5)
    assert volume(made) == pytest.approx(60 * 1.5 * 30 + area_of("thin", 8))


def test_open_models_and_blank_or_unknown_letters_are_refused():
    with pytest.raises(CannotDo, match="solidify"):
        emboss(Asset(grid()), text="x")
    with pytest.raises(CannotDo, match="solidify"):
        emboss(Asset(box().flipped()), text="x")
    with pytest.raises(BadSetting, match="font has no"):
        emboss(block(), text="漢")


def test_what_is_no_letter_keeps_everything():
    mesh = box((60, 60, 60))
    mesh = mesh.replace(
        uv=(mesh.triangles[:, :, [0, 2]] / 60).astype(np.float32),
        material=np.repeat([0, 1], 6),
        part=np.repeat([0, 1], 6),
        color=(mesh.vertices * 4).astype(np.uint8),
        seen=np.ones(8),
    )
    asset = Asset(mesh, (Material("a"), Material("b")), ("one", "two"))
    made = emboss(asset, text="A", side="front")
    flat = np.abs(made.mesh.triangles[:, :, 1]).max(axis=1) < 1e-9
    assert made.mesh.uv[flat] == pytest.approx(made.mesh.triangles[flat][:, :, [0, 2]] / 60, abs=1e-6)
    assert set(made.mesh.material[flat]) == {mesh.material[4]}
    assert made.part_names == asset.part_names
    assert made.materials == asset.materials


def test_a_slab_of_a_sheet_is_closed_and_outward():
    sheet = sheet_of(outline("B8", 10), 1.0)
    mesh = box((60, 60, 60))
    right, up = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
    printed = lay_on(mesh.vertices, mesh.faces, sheet.points, right, up, np.array([30.0, 30, 30]), 2.0)
    assert printed.met.all()
    assert printed.points[:, 1] == pytest.approx(0, abs=1e-9)
    assert printed.normals == pytest.approx(np.broadcast_to([0.0, -1, 0], printed.normals.shape))
    assert printed.thickness == pytest.approx(60, abs=0.01)
    vertices, faces = slab(sheet, printed, -0.5, 2.0)
    assert is_watertight(faces)
    assert signed_volume(vertices, faces) == pytest.approx(2.5 * area_of("B8", 10))


def test_stroke_of_a_band():
    band = np.array([[0, 0], [100, 0], [100, 2], [0, 2]], float)
    assert stroke([band]) == pytest.approx(2, rel=0.03)
