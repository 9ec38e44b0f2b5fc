"""Light and surfaces: what a picture's pixels are made of, measured before they are mixed."""

import io

import numpy as np
import pytest
from PIL import Image

from maquette.core.asset import Asset, Material, Texture
from maquette.core.camera import Camera
from maquette.core.mesh import Mesh
from maquette.render.drawing import Look, draw
from maquette.render.frame import seen_share
from maquette.render.lighting import Light, Rig
from maquette.render.picture import picture
from maquette.render.scene import Scene
from maquette.render.shading import shade, tone
from maquette.render.surfaces import plain_surface, textured_surface
from shapes import box, sphere, together


def bare(asset, **settings) -> np.ndarray:
    return picture(asset, **{"background": "transparent", "ground": "none", "size_px": 200, **settings}).frames[0]


def texture(color) -> Texture:
    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), color, np.uint8)).save(buffer, "PNG")
    return Texture(buffer.getvalue())


def wall(corner=(0.0, 0.0, 0.0), **extra) -> Mesh:
    """A unit square that faces the front, its texture upright."""
    uv = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]]) + corner
    return Mesh(vertices, faces, uv=uv[faces], **extra)


def rays_spent(asset, size: int = 100) -> np.ndarray:
    """How many samples each pixel of a front view got, (H, W)."""
    scene, taken = Scene(asset), np.zeros(size * size, np.int64)

    def surface(scene, samples):
        np.maximum.at(taken, samples.pixel, np.bincount(samples.pixel, minlength=size * size)[samples.pixel])
        return textured_surface(scene, samples)

    draw(scene, scene.camera("front"), Look(surface, light="none"), size, size)
    return taken.reshape(size, size)


def roof() -> Mesh:
    """Two squares that meet in an upright fold in the middle, seen from the front."""
    vertices = [[-1, 0, 0], [0, -0.5, 0], [1, 0, 0], [-1, 0, 2], [0, -0.5, 2], [1, 0, 2]]
    return Mesh(vertices, [[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]])


@pytest.mark.parametrize(
    "asset",
    [
        Asset(together(wall((-0.5, 0, 0)), wall((0.5, 0.2, 0)))),
        Asset(roof()),
        Asset(
            together(wall((-1, 0, 0)), wall()).replace(material=np.array([0, 0, 1, 1])),
            materials=(Material(base_color=(1, 0, 0, 1)), Material(base_color=(0, 0, 1, 1))),
        ),
    ],
    ids=["gap", "fold", "colour"],
)
def test_where_something_ends_a_pixel_gets_eight_rays_and_elsewhere_one(asset):
    spent = rays_spent(asset)
    inner = slice(40, 60)  # rows
    assert (spent[inner, 49:51] == 8).all()
    assert (spent[inner, 30:45] == 1).all()
    assert (spent[inner, 55:70] == 1).all()


def test_a_thread_far_thinner_than_a_pixel_is_followed():
    thread = Mesh([[0, 0, 0], [0.003, 0, 0], [0.043, 0, 1], [0.04, 0, 1]], [[0, 1, 2], [0, 2, 3]])
    frame = bare(Asset(thread), view="front", size_px=64)  # 0.17 pixels across
    rows = frame[..., 3].any(axis=1)
    assert rows[np.flatnonzero(rows)[0] : np.flatnonzero(rows)[-1]].mean() > 0.9


def test_normals_of_a_ball_are_those_of_the_sphere():
    frame = bare(Asset(sphere(1, 3)), view="front", look="normals", size_px=200)
    y, x = np.mgrid[0:200, 0:200] + 0.5
    right, up = (x - 100) / 86, (100 - y) / 86
    inside = np.hypot(right, up) < 0.9
    expected = np.stack([right, -np.sqrt(np.maximum(1 - right**2 - up**2, 0)), up], axis=2)
    shown = frame[..., :3] / 127.5 - 1
    assert np.abs(shown - expected)[inside].max() < 0.04


def test_facets_of_a_coarse_ball_do_not_show_in_its_light():
    coarse, fine = (bare(Asset(sphere(1, n)), look="clay")[..., :3].astype(int) for n in (3, 6))
    y, x = np.mgrid[0:200, 0:200] + 0.5
    inside = np.hypot(x - 100, y - 100) < 75
    assert np.abs(coarse - fine)[inside].max() < 9


def test_soft_shadows_carry_no_noise():
    scene = together(box((8, 8, 0.2)), box((8, 0.2, 4), corner=(0, 7.8, 0.2)))
    line = bare(Asset(scene), view="top", look="clay")[40:180, 40:160, 0].astype(int)
    assert np.abs(np.diff(line, axis=1)).max() <= 6


def test_the_shadow_behind_a_plate_does_not_run_onto_its_rim():
    behind, plate = box((8, 0.2, 8), corner=(0, 2, 0)), box((4, 0.2, 4), corner=(2, 0, 2))
    row = bare(Asset(together(behind, plate)), view="front", look="clay")[100, :, 0].astype(int)
    assert np.ptp(row[58:142]) <= 1  # the plate is 86 pixels wide
    assert row[56] < row[58] - 5


def test_the_floor_shadow_is_smooth():
    asset = Asset(box())
    shadow = bare(asset, ground="shadow")[..., 3].astype(int)
    floor = (bare(asset)[..., 3] == 0) & (shadow > 0)
    bend = np.abs(shadow[:, 2:] - 2 * shadow[:, 1:-1] + shadow[:, :-2])
    assert bend[floor[:, 2:] & floor[:, 1:-1] & floor[:, :-2]].max() <= 3
    assert shadow[floor].max() > 70


def test_a_model_is_not_touched_by_its_own_floor_shadow():
    asset = Asset(sphere(1, 4))
    without, with_shadow = bare(asset), bare(asset, ground="shadow")
    solid = without[..., 3] == 255
    np.testing.assert_array_equal(with_shadow[solid], without[solid])


def test_a_floor_seen_almost_from_its_edge_catches_no_shadow():
    for down, some in ((-0.05, False), (-0.5, True)):
        camera = Camera.looking((0, 1, down), distance=10, span=4)
        asset = Asset(sphere(1, 4), camera=camera)
        difference = bare(asset, view="photo", ground="shadow").astype(int) - bare(asset, view="photo")
        assert bool(difference[..., 3].any()) is some


@pytest.mark.parametrize("size", [(1, 1, 9), (9, 1, 1), (1, 9, 1)])
@pytest.mark.parametrize("view", ["three-quarter", "front", "right", "top"])
def test_a_still_fills_the_frame_and_stays_within(size, view):
    alpha = bare(Asset(box(size, corner=(70, -30, 20))), view=view)[..., 3]
    y, x = np.nonzero(alpha)
    across, down = np.ptp(x) + 1, np.ptp(y) + 1
    assert max(across, down) == pytest.approx(172, abs=2)
    assert (x.min() + x.max() + 1, y.min() + y.max() + 1) == pytest.approx((200, 200), abs=2)


def surface_of(material: Material):
    scene = Scene(Asset(wall(), materials=(material,)))
    return textured_surface(scene, scene.at_middles(np.arange(2)))


def test_roughness_is_green_and_metal_is_blue():
    packed = texture((10, 102, 204))
    made = surface_of(Material(roughness=0.5, metallic=0.5, orm_texture=packed))
    np.testing.assert_allclose(made.roughness, 0.2, atol=1e-3)
    np.testing.assert_allclose(made.metallic, 0.4, atol=1e-3)


def test_a_normal_map_turns_normals_right_and_up():
    for color, expected in (((218, 128, 218), (0.7, -0.7, 0)), ((128, 218, 218), (0, -0.7, 0.7))):
        made = surface_of(Material(normal_texture=texture(color)))
        np.testing.assert_allclose(made.normal, np.tile(expected, (2, 1)), atol=0.02)


def test_glow_textures_multiply_the_factor():
    made = surface_of(Material(emissive=(0.5, 0, 1), emissive_texture=texture((255, 255, 0))))
    np.testing.assert_allclose(made.glow, [[0.5, 0, 0]] * 2, atol=1e-6)


def lit(color=0.5, *, normal=(0, -1, 0), sky=1.0, key=1.0, metallic=0.0, roughness=1.0, reflectance=0.0) -> float:
    """How bright a bit of surface looks to a viewer at the front."""
    camera = Camera.looking((0, 1, 0), distance=5, span=2)
    scene = Scene(Asset(wall()))
    samples = scene.at_middles(np.array([0]))
    plain = plain_surface(samples, np.full(3, color, np.float32), roughness, reflectance)
    values = plain.__dict__ | {
        "metallic": np.float32([metallic]),
        "normal": np.float32([normal]) / np.float32(np.linalg.norm(normal)),
    }
    light = Light(np.float32([sky]), np.float32([key]))
    return float(shade(type(plain)(**values), light, Rig.around(camera), samples)[0, 0])


def test_light_comes_from_above_left_and_from_the_viewer():
    assert lit(normal=(-1, -1, 1)) > lit() > lit(normal=(1, -1, -1)) > 0
    assert 0.4 < lit() < 0.5  # a surface that faces the viewer keeps about the brightness of its colour


def test_matte_light_is_in_proportion_to_color_and_shadow_takes_the_key():
    assert lit(0.8, key=1.0) == pytest.approx(2 * lit(0.4, key=1.0))
    assert lit(key=0.0) < 0.55 * lit(key=1.0)
    assert lit(sky=0.0, key=0.0) == pytest.approx(0)


def test_a_bright_corner_lights_itself_more_than_a_dark_one():
    bright, dark = (lit(c, sky=0.5, key=0) / lit(c, sky=1.0, key=0) for c in (0.9, 0.1))
    assert bright > 0.6
    assert dark == pytest.approx(0.5, abs=0.02)


def test_gloss_adds_a_highlight_where_the_lamp_is_mirrored():
    halfway = np.array([0, -1, 0]) + Rig.around(Camera.looking((0, 1, 0), distance=5, span=2)).key
    there = lit(normal=halfway, roughness=0.3, reflectance=0.04) - lit(normal=halfway)
    elsewhere = lit(normal=(0.5, -1, -0.3), roughness=0.3, reflectance=0.04) - lit(normal=(0.5, -1, -0.3))
    assert there > 0.1 > elsewhere > 0
    in_shadow = lit(normal=halfway, roughness=0.3, reflectance=0.04, key=0) - lit(normal=halfway, key=0)
    assert there - in_shadow > 0.1


def test_metal_mirrors_more_and_scatters_less():
    assert lit(0.9, metallic=1.0, roughness=0.1) != pytest.approx(lit(0.9, roughness=0.1), rel=0.1)
    dull, metal = (lit(0.9, metallic=m, roughness=0.1) - lit(0.9, metallic=m, roughness=0.1, key=0) for m in (0.0, 1.0))
    assert metal == pytest.approx(dull / 4, rel=0.05)  # away from the highlight the key reaches only what scatters


def test_too_much_light_is_pressed_below_white_and_keeps_its_hue():
    color = np.float32([[0.5, 0.2, 0.1], [0.8, 0.4, 0], [2, 1, 0.5], [50, 25, 0]])
    made = tone(color)
    np.testing.assert_allclose(made[:2], color[:2], rtol=1e-6)
    assert made.max() <= 1.0
    np.testing.assert_allclose(made[2:, 1] / made[2:, 0], 0.5, rtol=1e-5)
    assert made[2, 0] > 0.95


def test_the_share_that_was_seen_goes_by_area():
    mesh = together(wall(), box((3, 0.001, 1), corner=(5, 0, 0)))  # 1 and a little over 6 units of area
    seen = np.zeros(len(mesh.vertices), np.float32)
    seen[:4] = 1
    assert seen_share(Asset(mesh.replace(seen=seen))) == pytest.approx(1 / 7.008, rel=1e-3)
