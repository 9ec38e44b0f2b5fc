"""Looks: the same model and camera in every one of them, and what each of them promises."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import maquette as mq
from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.flat.lathe import turn_profile
from maquette.geometry.remake.blocks import block_surface, fill_blocks
from maquette.geometry.topology import is_watertight
from maquette.render.passes.buffers import look_through
from maquette.render.scene import Scene
from maquette.render.styles.contact_sheet import KEEPS_SHAPE, STYLES, in_style
from maquette.render.styles.facets import few_triangles
from maquette.render.styles.rays import pass_through
from samples import ball
from shapes import box, sphere, together, volume


def two_parts() -> Asset:
    """A red ball on a blue box, 20 mm each."""
    mesh = together(box((20, 20, 20)), sphere(10.0, 3).moved(np.eye(3), 1.0, np.array([10.0, 10, 30])))
    label = (np.arange(len(mesh.faces)) >= 12).astype(np.int32)
    materials = (
        Material(base_color=(0.02, 0.05, 0.6, 1)),
        Material(base_color=(0.7, 0.02, 0.02, 1)),
    )
    return Asset(mesh.replace(material=label, part=label), materials, part_names=("box", "ball"))


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(two_parts())


@pytest.mark.parametrize("name", KEEPS_SHAPE)
def test_nothing_drifts(scene, name):
    """The outline of every look that keeps the shape is the model's own, through the same camera."""
    camera = scene.camera("three-quarter")
    truth = look_through(scene, camera, 192, 192).mask
    frame = in_style(name, scene, camera, 192, 4, cutout=True)
    shown = frame[..., 3] >= 128
    overlap = (truth & shown).sum() / (truth | shown).sum()
    assert overlap >= 0.99, f"{name}: {overlap:.4f}"


def test_the_sheet_shows_every_look_it_can_and_names_those_it_cannot():
    sheet = mq.styles(two_parts(), size_px=48, rays=1, only="toon, wire,exploded", columns=2)
    assert sheet.frames.shape == (1, 96, 96, 4)
    alone = mq.styles(Asset(box((9, 9, 9))), size_px=48, rays=1, only="wire,exploded")
    assert alone.frames.shape == (1, 48, 48, 4)
    assert "left out exploded" in alone.history[-1].notes[0]
    with pytest.raises(CannotDo, match="no look 'marble'"):
        mq.styles(two_parts(), only="marble")
    assert set(KEEPS_SHAPE) < set(STYLES)


def test_toon_has_as_many_tones_as_it_is_told():
    plain = Asset(sphere(10.0, 4), (Material(base_color=(0.2, 0.5, 0.2, 1), roughness=1.0),))
    for bands in (2, 3, 5):
        frame = mq.toon(plain, bands=bands, line=0, size_px=160, background="cutout").frames[0]
        inside = frame[frame[..., 3] == 255][:, :3]
        _, counts = np.unique(inside, axis=0, return_counts=True)
        assert (counts > 0.01 * len(inside)).sum() in (bands, bands + 1)  # and the highlight
    inked = mq.toon(plain, line=14, size_px=160, background="cutout").frames[0]
    assert (inked[inked[..., 3] > 250][:, :3].max(axis=1) < 60).sum() > 100


def test_sketch_is_ink_on_paper_and_another_seed_another_hand():
    one, two = (mq.sketch(two_parts(), size_px=192, seed=seed).frames[0].astype(int) for seed in (0, 1))
    assert one[2, 2].min() > 230
    assert (one[..., 0] < 170).sum() > 150
    assert (one != two).any()
    assert (mq.sketch(two_parts(), size_px=192).frames[0] == one).all()


@pytest.mark.parametrize(("kind", "warm"), [("gold", True), ("silver", False), ("copper", True), ("chrome", False)])
def test_metals_have_their_color(kind, warm):
    frame = mq.metal(ball(), kind=kind, size_px=48, rays=4, background="cutout").frames[0].astype(float)
    mean = frame[frame[..., 3] == 255].mean(axis=0)
    assert (mean[0] > 1.15 * mean[2]) == warm


def test_clay_and_ceramic_show_no_colors_of_the_model_and_ceramic_shines():
    frames = {
        name: getattr(mq, name)(two_parts(), size_px=64, rays=8, background="cutout", color="c0c0c0").frames[0]
        for name in ("clay", "ceramic")
    }
    for frame in frames.values():
        inside = frame[frame[..., 3] == 255][:, :3].astype(int)
        assert np.median(np.abs(inside[:, 0] - inside[:, 2])) < 12
    brightest = {name: frame[..., 0][frame[..., 3] == 255].max() for name, frame in frames.items()}
    assert brightest["ceramic"] > brightest["clay"] + 15


def test_glass_is_clear_and_takes_its_color():
    red = mq.glass(ball(), color="ff3030", size_px=48, rays=8, background="cutout").frames[0].astype(float)
    inside = red[red[..., 3] == 255]
    assert inside[:, 0].mean() > 1.3 * inside[:, 1].mean()


def test_xray_measures_the_way_through_a_ball():
    scene = Scene(Asset(sphere(10.0, 5)))
    way = pass_through(scene, scene.camera("front"), 65, 65)
    radius = 10 / scene.radius_mm
    assert way.thickness[32, 32] == pytest.approx(2 * radius, abs=0.01)  # in the scene's unit
    column = (np.arange(65) + 0.5) / 65 - 0.5
    aside = column * scene.camera("front").span
    inside = np.abs(aside) < 0.9 * radius
    assert way.thickness[32][inside] == pytest.approx(2 * np.sqrt(radius**2 - aside[inside] ** 2), abs=0.03)
    frame = mq.xray(two_parts(), size_px=48).frames[0].astype(int)
    assert frame[24, 24, :3].max() > frame[1, 1, :3].max() + 40


def test_hologram_has_its_lines():
    striped, plain = (mq.hologram(two_parts(), size_px=96, lines=n).frames[0].astype(int) for n in (12, 0))
    assert (striped != plain).any()
    assert striped[..., 2].sum() > striped[..., 0].sum()
    slipped = mq.hologram(two_parts(), size_px=96, glitch=1.0).frames[0]
    assert (slipped != mq.hologram(two_parts(), size_px=96).frames[0]).any()


def test_a_stickers_border_has_one_width():
    from scipy.ndimage import distance_transform_edt

    frame = mq.sticker(two_parts(), size_px=256, border=20, shadow=0).frames[0]
    plain = mq.sticker(two_parts(), size_px=256, border=0, shadow=0).frames[0]
    away = distance_transform_edt(plain[..., 3] < 128)
    cut = frame[..., 3] >= 128
    assert away[cut].max() == pytest.approx(10.0, abs=1.0)
    assert cut[(away <= 9) & (away > 0)].all()


def test_low_poly_has_few_flat_triangles_of_the_models_colors():
    few = few_triangles(two_parts(), 100)
    assert len(few.scene.faces) <= 110
    assert (few.scene.normals == few.scene.normals[:, :1]).all()
    red = few.colors[few.scene.vertices[few.scene.faces].mean(axis=1)[:, 2] > 0.3]
    assert (red[:, 0] > 5 * red[:, 2]).all()
    frame = mq.low_poly(two_parts(), triangles=100, size_px=48, rays=2, background="cutout").frames[0]
    assert (frame[..., 3] > 0).any()


def test_blocks_fill_a_box_exactly_and_their_surface_is_closed():
    solid = box((4.0, 3.0, 2.0), (7.0, 8.0, 9.0))
    blocks = fill_blocks(solid.vertices, solid.faces, 8)
    assert blocks.filled.shape == (8, 6, 4)
    assert blocks.filled.all()
    vertices, faces, cells = block_surface(blocks)
    assert volume(Mesh(vertices, faces)) == pytest.approx(24.0)
    assert is_watertight(faces)
    assert len(faces) == len(cells) == 4 * (8 * 6 + 8 * 4 + 6 * 4)
    round_one = sphere(1.0, 4)
    blocks = fill_blocks(round_one.vertices, round_one.faces, 32)
    assert blocks.filled.sum() * blocks.pitch**3 == pytest.approx(4.18, rel=0.03)
    sheet = Mesh(np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]]), np.array([[0, 1, 2], [0, 2, 3]]))
    assert fill_blocks(sheet.vertices, sheet.faces, 8).filled.sum() >= 48


def test_a_voxel_icon_has_no_more_colors_than_its_palette():
    from maquette.render.styles.facets import in_blocks

    cubes = in_blocks(ball(), 12, 5)
    assert len(np.unique(cubes.colors.round(5), axis=0)) <= 5
    frame = mq.voxel_icon(two_parts(), cells=8, size_px=64, rays=2).frames[0]
    assert frame[0, 0, 3] == 0
    assert frame[32, 32, 3] == 255


def test_exploded_moves_parts_apart_and_refuses_one_piece():
    from maquette.render.styles.apart import pulled_apart

    asset = two_parts()
    apart = pulled_apart(asset, 1.0)
    gap = (
        apart.mesh.vertices[apart.mesh.faces[12:]][..., 2].min()
        - apart.mesh.vertices[apart.mesh.faces[:12]][..., 2].max()
    )
    assert gap == pytest.approx(10 + 10, abs=0.5)  # from the middle of 20: the box moves 10 down, the ball 10 up
    with pytest.raises(CannotDo, match="1 separate part; split it first"):
        mq.exploded(Asset(box()), size_px=16)
    assert mq.exploded(asset, size_px=32, rays=1).frames.shape == (1, 32, 32, 4)


def test_a_cut_has_its_color_as_large_as_the_section():
    hollow = together(box((40, 40, 40)), box((20, 20, 20), (10, 10, 10)).flipped())
    frame = mq.cutaway(Asset(hollow), view="front", across="y", at=0.5, color="ff0000", size_px=96, background="cutout")
    pixels = frame.frames[0].astype(int)
    red = (pixels[..., 0] > 1.8 * pixels[..., 1]) & (pixels[..., 3] > 128)
    side = 40 / (40 / 0.86) * 96
    assert red.sum() == pytest.approx(side**2 * 0.75, rel=0.05)  # the wall's section: 40² less 20²
    with pytest.raises(CannotDo, match="no solid"):
        mq.cutaway(Asset(box().keep_faces(np.arange(11))), size_px=16)


def test_ads_have_their_forms_and_leave_room_for_a_headline():
    shapes = {"1:1": (80, 80), "4:5": (80, 64), "16:9": (45, 80), "9:16": (80, 45)}
    for form, size in shapes.items():
        picture = mq.cgi_ad(two_parts(), form=form, size_px=80, rays=1)
        assert picture.frames.shape[1:3] == size
        assert "free for a headline" in picture.history[-1].notes[0]
        frame = picture.frames[0].astype(float)
        height, width = size
        free = frame[:, : int(0.36 * width)] if form == "16:9" else frame[: int(0.2 * height)]
        assert (free[..., 2] > 60).all()  # nothing of the blue and red thing
    files = mq.cgi_ads(two_parts(), size_px=32, rays=1)
    assert sorted(files.parts) == ["ad-16x9.png", "ad-1x1.png", "ad-4x5.png", "ad-9x16.png"]


def test_a_lathe_turns_closed_solids():
    vertices, faces = turn_profile(np.array([[0.0, 0], [2, 0], [2, 5], [0, 5]]), 256)
    assert is_watertight(faces)
    assert volume(Mesh(vertices, faces)) == pytest.approx(np.pi * 4 * 5, rel=1e-3)


def test_miniature_stands_on_its_ground_with_trees_beside_it():
    from maquette.render.styles.sets import on_ground

    staged = on_ground(two_parts(), "grass", 5, 0)
    assert len(staged.materials) == 2 + 1 + 2 * 5
    ground = staged.mesh.vertices[staged.mesh.faces[staged.mesh.material == 2]]
    assert ground[..., 2].max() == pytest.approx(0.0, abs=1e-9)
    trees = staged.mesh.vertices[staged.mesh.faces[staged.mesh.material > 2]].reshape(-1, 3)
    inside = ((trees[:, :2] > 0.5) & (trees[:, :2] < 19.5)).all(axis=1)
    assert not inside.any()
    assert mq.miniature(two_parts(), size_px=32, rays=1).frames.shape == (1, 32, 32, 4)


def test_sprites_walk_around_the_model():
    sheet = mq.sprite_sheet(two_parts(), directions=16, size_px=32).frames[0]
    assert sheet.shape == (64, 256, 4)
    assert sheet[0, 0, 3] == 0
    for row in range(2):
        for column in range(8):
            assert sheet[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32, 3].max() == 255


def test_both_eyes_see_the_middle_in_its_place_and_depth_beside_it():
    from maquette.render.styles.series import eyes

    scene = Scene(two_parts())
    camera = scene.camera("three-quarter")
    left, right = eyes(scene, camera, 0.1)
    depth = ((scene.low + scene.high) / 2 - camera.position) @ camera.pose[:3, 2]
    middle = (camera.position + camera.pose[:3, 2] * depth)[None]
    assert left.project(middle)[0] == pytest.approx(right.project(middle)[0], abs=1e-9)
    near = middle - camera.pose[:3, 2] * 0.5
    assert left.project(near)[0][0, 0] > right.project(near)[0][0, 0]  # what is near
    assert np.linalg.norm(left.position - right.position) == pytest.approx(0.1 * depth, rel=0.02)
    frame = mq.anaglyph(two_parts(), size_px=64, background="white").frames[0].astype(int)
    assert (frame[..., 0] != frame[..., 1]).any()
    swing = mq.wiggle(two_parts(), size_px=32, frames=3)
    assert len(swing.frames) == 4
    assert (swing.frames[1] == swing.frames[3]).all()


def test_icons_come_in_all_sizes_and_in_one_file():
    files = mq.icon_set(ball(), largest_px=64)
    assert sorted(files.parts) == [
        "icon-16.png",
        "icon-24.png",
        "icon-32.png",
        "icon-48.png",
        "icon-64.png",
        "icon.ico",
    ]
    icon = Image.open(io.BytesIO(files.data))
    assert icon.info["sizes"] == {(16, 16), (24, 24), (32, 32), (48, 48), (64, 64)}
    assert Image.open(io.BytesIO(files.parts["icon-32.png"])).size == (32, 32)
