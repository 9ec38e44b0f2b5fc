import io

import numpy as np
import pytest
from PIL import Image

from maquette.core.asset import Asset, Material, Texture
from maquette.core.camera import Camera
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.core.mesh import Mesh
from maquette.core.picture import Picture
from maquette.registry import build
from maquette.render.cameras import FILL
from maquette.render.normals import corner_normals
from maquette.render.picture import picture
from maquette.render.write_picture import write_picture
from shapes import box, grid, soup, sphere, tetrahedron, together, torus

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 160, 0), (0, 0, 255), (255, 220, 0)


def bare(asset, **settings) -> np.ndarray:
    """The one frame on nothing, (H, W, 4)."""
    return picture(asset, **{"background": "transparent", "ground": "none", "size_px": 200, **settings}).frames[0]


def texture(pixels) -> Texture:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, "PNG")
    return Texture(buffer.getvalue())


def quarters(side: int = 64) -> np.ndarray:
    """Red, green above; blue, yellow below."""
    made = np.zeros((2, 2, 3), np.uint8)
    made[0, 0], made[0, 1], made[1, 0], made[1, 1] = RED, GREEN, BLUE, YELLOW
    return made.repeat(side // 2, axis=0).repeat(side // 2, axis=1)


def wall(**extra) -> Mesh:
    """A unit square that faces the front, its texture upright."""
    uv = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    return Mesh([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]], faces, uv=uv[faces], **extra)


def coverage(frame) -> float:
    """Covered pixels, parts counted as parts."""
    return float(frame[..., 3].sum() / 255)


def test_a_ball_covers_pi_r_squared():
    frame = bare(Asset(sphere(37.0, subdivisions=5)), view="front", size_px=300)
    assert coverage(frame) == pytest.approx(np.pi * (300 * FILL / 2) ** 2, rel=0.003)


def test_edges_are_smooth_down_to_the_area_of_a_slanted_triangle():
    mesh = Mesh([[0, 0, 0], [10, 0, 1.7], [3, 0, 9]], [[0, 1, 2]])
    frame = bare(Asset(mesh), view="front", size_px=200)
    scale = 200 * FILL / 10
    assert coverage(frame) == pytest.approx(0.5 * (10 * 9 - 3 * 1.7) * scale**2, rel=0.004)
    assert len(np.unique(frame[..., 3])) >= 8


def test_a_spoke_thinner_than_a_pixel_stays_whole():
    bar = Mesh([[0, 0, 0], [0.01, 0, 0], [0.31, 0, 1], [0.3, 0, 1]], [[0, 1, 2], [0, 2, 3]])
    frame = bare(Asset(bar), view="front", size_px=64)  # 0.55 pixels across
    assert coverage(frame) == pytest.approx(0.01 * (64 * FILL) ** 2, rel=0.12)
    rows = np.flatnonzero(frame[..., 3].any(axis=1))
    assert len(rows) == np.ptp(rows) + 1 >= 54


def test_a_box_seen_from_its_corner_shows_three_normals_and_no_other():
    frame = bare(Asset(box((3, 2, 1))), look="normals")
    shown = np.unique(frame[frame[..., 3] > 0][:, :3], axis=0)
    assert shown.tolist() == [[128, 0, 128], [128, 128, 255], [255, 128, 128]]  # front, top, right


def test_smooth_surfaces_get_smooth_normals_and_edges_stay_sharp():
    ball = sphere(1, 4)
    smooth = corner_normals(ball.vertices, ball.faces)
    np.testing.assert_allclose(smooth, ball.vertices[ball.faces], atol=0.02)
    loose = soup(ball)
    np.testing.assert_allclose(corner_normals(loose.vertices, loose.faces), smooth, atol=1e-6)
    cube = box()
    sharp = corner_normals(cube.vertices, cube.faces)
    assert sorted(np.unique(sharp.reshape(-1, 3), axis=0).tolist()) == sorted(
        (np.eye(3).tolist()) + (-np.eye(3)).tolist()
    )


def test_a_fan_of_a_thousand_faces_is_shaded_in_bounded_time():
    angle = np.linspace(0, 2 * np.pi, 1001)[:-1]
    rim = np.stack([np.cos(angle), np.sin(angle), np.zeros(1000)], axis=1)
    around = np.arange(1000)
    cone = Mesh(np.vstack([rim, [[0, 0, 1]]]), np.stack([around, (around + 1) % 1000, np.full(1000, 1000)], axis=1))
    tips = corner_normals(cone.vertices, cone.faces)[:, 2]
    np.testing.assert_allclose(tips[:, 2], np.sqrt(0.5), atol=1e-3)  # each its own face's, not straight up


def test_the_same_model_gives_the_same_picture():
    asset = Asset(together(sphere(2, 4), torus(4, 0.7)))
    assert picture(asset, size_px=260).digest == picture(asset, size_px=260).digest
    assert picture(asset, size_px=260).digest != picture(asset, size_px=260, look="clay", view="left").digest


def test_a_texture_stands_upright_and_is_not_mirrored():
    asset = Asset(wall(), materials=(Material(base_color_texture=texture(quarters())),))
    frame = bare(asset, view="front", look="unlit")
    low, high = 200 * (0.5 - FILL / 4), 200 * (0.5 + FILL / 4)
    for (x, y), color in {(low, low): RED, (high, low): GREEN, (low, high): BLUE, (high, high): YELLOW}.items():
        assert frame[int(y), int(x)].tolist() == [*color, 255]
    behind = bare(asset, view="back", look="unlit")
    assert behind[int(low), int(low)].tolist() == [*GREEN, 255]


def test_checks_of_a_texture_lie_where_they_belong():
    checks = ((np.indices((8, 8)).sum(axis=0) % 2) * 255).astype(np.uint8).repeat(32, 0).repeat(32, 1)
    asset = Asset(wall(), materials=(Material(base_color_texture=texture(checks)),))
    frame = bare(asset, view="front", look="unlit")
    at = (200 * (0.5 + FILL * ((np.arange(8) + 0.5) / 8 - 0.5))).astype(int)
    expected = (np.indices((8, 8)).sum(axis=0) % 2) * 255
    np.testing.assert_array_equal(frame[np.ix_(at, at)][..., 0], expected)


def test_a_fine_texture_seen_from_afar_keeps_its_light():
    stripes = np.tile(np.array([[0, 255]], np.uint8), (512, 256))
    asset = Asset(wall(), materials=(Material(base_color_texture=texture(stripes)),))
    middle = bare(asset, view="front", look="unlit", size_px=64)[16:48, 16:48, 0].astype(int)
    assert np.abs(middle - 188).max() <= 2  # half the light, not half the number


def test_what_lies_beside_an_atlas_does_not_bleed_in():
    pixels = np.zeros((256, 256, 3), np.uint8)
    pixels[64:192, 64:192] = 255
    mesh = wall()
    asset = Asset(mesh.replace(uv=mesh.uv * 0.5 + 0.25), materials=(Material(base_color_texture=texture(pixels)),))
    frame = bare(asset, view="front", look="unlit", size_px=32)
    assert frame[frame[..., 3] > 0][:, :3].min() >= 250


def test_each_face_wears_its_material_and_factors_are_linear():
    materials = (Material(base_color=(1, 0, 0, 1)), Material(base_color=(0.5, 0.5, 0.5, 1)))
    asset = Asset(wall(material=np.array([0, 1])), materials=materials)
    frame = bare(asset, view="front", look="unlit")
    assert frame[150, 160].tolist() == [255, 0, 0, 255]
    assert frame[50, 40].tolist() == [188, 188, 188, 255]


def test_vertex_colors_show_and_dye_textures():
    asset = Asset(wall(color=np.tile(np.array([[10, 200, 90]], np.uint8), (4, 1))))
    for materials in ((), (Material(),)):
        dyed = asset.replace(materials=materials)
        assert bare(dyed, view="front", look="unlit")[100, 100].tolist() == [10, 200, 90, 255]
    covered = asset.replace(materials=(Material(base_color_texture=texture(quarters())),))
    assert bare(covered, view="front", look="unlit")[50, 50].tolist() == [10, 0, 0, 255]  # red times that color


def test_a_half_transparent_pane_mixes_with_what_is_behind():
    behind = wall().with_vertices(wall().vertices + [0, 1, 0])
    both = together(wall(), behind).replace(material=np.array([0, 0, 1, 1]))
    blue = Material(base_color=(0, 0, 1, 1))
    for mode, expected in (("blend", [188, 0, 188, 255]), ("mask", [255, 0, 0, 255]), ("opaque", [255, 0, 0, 255])):
        pane = Material(base_color=(1, 0, 0, 0.5), alpha_mode=mode)
        assert bare(Asset(both, materials=(pane, blue)), view="front", look="unlit")[100, 100].tolist() == expected
    hole = Material(base_color=(1, 0, 0, 0.49), alpha_mode="mask")
    assert bare(Asset(both, materials=(hole, blue)), view="front", look="unlit")[100, 100].tolist() == [0, 0, 255, 255]
    alone = Asset(wall(), materials=(Material(base_color=(1, 0, 0, 0.5), alpha_mode="blend"),))
    assert bare(alone, view="front", look="unlit")[100, 100].tolist() == [255, 0, 0, 128]


def test_what_glows_is_brighter_than_what_does_not():
    dull, lit = (
        Asset(wall(), materials=(Material(base_color=(0, 0, 0, 1), emissive=glow),)) for glow in ((0,) * 3, (0, 0.5, 0))
    )
    difference = bare(lit, view="front")[100, 100].astype(int) - bare(dull, view="front")[100, 100]
    assert difference[1] > 120
    assert difference[0] == difference[3] == 0


def test_corners_and_shadows_are_darker():
    floor, side = box((8, 8, 0.2)), box((8, 0.2, 4), corner=(0, 7.8, 0.2))
    frame = bare(Asset(together(floor, side)), view="top", look="clay")[..., :3].astype(int).sum(axis=2)
    assert frame[30, 100] < 0.7 * frame[150, 100]  # at the foot of the wall, and away from it
    ball = sphere(1, 4)
    hovering = together(box((8, 8, 0.2)), ball.with_vertices(ball.vertices + [4, 4, 3]))
    frame = bare(Asset(hovering), look="clay", size_px=300)[..., :3].astype(int).sum(axis=2)
    assert frame[130:150, 180:220].min() < 0.8 * frame[165, 100]  # behind the ball to the right, and beside it


@pytest.mark.parametrize(
    ("view", "right", "up"),
    [
        ("front", True, True),
        ("back", False, True),
        ("right", False, True),
        ("left", True, True),
        ("top", True, False),
        ("bottom", True, True),
    ],
)
def test_each_side_is_seen_from_where_it_is_named(view, right, up):
    """A cube whose sides have six colours, with a peg at its right, front, upper corner."""
    cube = box((2, 2, 2), corner=(-1, -1, -1))
    peg = box((0.4, 0.4, 0.4), corner=(1, -1.4, 1))
    colors = {"bottom": 0.1, "top": 0.2, "front": 0.3, "back": 0.4, "left": 0.5, "right": 0.6}
    sides = tuple(Material(name=name, base_color=(share, share, share, 1)) for name, share in colors.items())
    mesh = together(cube, peg).replace(material=np.repeat([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5], 2))
    frame = bare(Asset(mesh, materials=sides), view=view, look="unlit")
    from maquette.render.color import to_bytes

    assert frame[105, 95, 0] == to_bytes(np.float32(colors[view]))
    # filled in the corner and empty a little further along
    alone = [
        bool(frame[y, x, 3] and not frame[y, x + (40 if x < 100 else -40), 3])
        for y, x in ((20, 180), (20, 20), (180, 180), (180, 20))
    ]
    assert alone == [up and right, up and not right, right and not up, not up and not right]


def test_three_quarter_looks_from_the_front_right_and_above():
    frame = bare(Asset(box((1, 1, 1))), look="normals")
    columns = {
        name: np.nonzero((frame[..., :3] == color).all(axis=2))
        for name, color in {"front": (128, 0, 128), "right": (255, 128, 128), "top": (128, 128, 255)}.items()
    }
    assert columns["front"][1].mean() < columns["right"][1].mean()
    assert columns["top"][0].mean() < columns["front"][0].mean()
    assert len(columns["front"][0]) > len(columns["right"][0])


def test_nothing_is_drawn_outside_the_model():
    frame = bare(Asset(sphere(1, 4)))
    y, x = np.mgrid[0:200, 0:200] + 0.5
    outside = np.hypot(x - 100, y - 100) > 200 * FILL / 2 * 1.03
    assert not frame[outside].any()
    assert (frame[~outside][:, 3] == 255).mean() > 0.9


def test_the_floor_catches_a_shadow_only_when_seen_from_above():
    asset = Asset(sphere(1, 4))
    for view, some in (("three-quarter", True), ("front", False), ("bottom", False)):
        shadow = bare(asset, view=view, ground="shadow").astype(int) - bare(asset, view=view)
        assert bool(shadow[..., 3].any()) is some
    from_above = bare(asset, ground="shadow")
    only_shadow = (bare(asset)[..., 3] == 0) & (from_above[..., 3] > 0)
    assert not from_above[only_shadow][:, :3].any()
    assert from_above[only_shadow][:, 3].max() > 60
    assert not from_above[[0, -1]][..., 3].any()


def test_backgrounds_fill_what_the_model_leaves():
    asset = Asset(box())
    for background, corner in (("white", 255), ("dark", 0x17), ("studio", 0xCF)):
        frame = picture(asset, background=background, size_px=64).frames[0]
        assert (frame[..., 3] == 255).all()
        assert abs(int(frame[0, 0, 0]) - corner) < 12


def test_the_inside_of_faces_is_told_apart_in_clay():
    outside, inside = bare(Asset(box()), look="clay")[100, 60], bare(Asset(box().flipped()), look="clay")[100, 60]
    assert outside[:3].std() < 8
    assert inside[0] > inside[2] + 40


def test_lines_follow_the_edges_of_faces():
    asset = Asset(wall())
    clay, wire = bare(asset, view="front", look="clay").astype(int), bare(asset, view="front", look="wire").astype(int)
    darker = (clay - wire)[..., 0]
    assert min(darker[y, 199 - y] for y in range(40, 160)) > 30  # the diagonal from bottom left
    assert abs(darker[60:80, 60:80]).max() == 0


def test_through_the_photos_camera_things_lie_where_the_photo_had_them():
    camera = Camera.looking((0, 1, 0), distance=50, span=100, aspect=1.5)
    ball = sphere(10, 5)
    asset = Asset(ball.with_vertices(ball.vertices + [30, 5, 20]), camera=camera)
    frame = bare(asset, view="photo", size_px=300)
    assert frame.shape == (200, 300, 4)
    y, x = np.nonzero(frame[..., 3] > 127)
    assert (x.mean() + 0.5, y.mean() + 0.5) == pytest.approx((150 + 60, 100 - 40), abs=0.3)
    assert coverage(frame) == pytest.approx(np.pi * 20**2, rel=0.01)
    moved = asset.moved(scale=3.0, offset=(1000, 2000, 3000))
    again = bare(moved, view="photo", size_px=300)
    assert np.abs(again.astype(int) - frame).max() <= 3
    with pytest.raises(CannotDo, match="no photo camera"):
        picture(Asset(ball), view="photo")


def test_what_was_invented_is_hatched_and_counted():
    mesh = together(wall(), wall().with_vertices(wall().vertices + [1.0, 0, 0]))
    grey = Material(base_color=(0.2, 0.2, 0.2, 1))
    seen = np.repeat([1.0, 0.0], 4).astype(np.float32)
    asset = Asset(mesh.replace(seen=seen), materials=(grey,))
    frame = bare(asset, view="front", look="seen").astype(int)
    assert frame.shape == (240, 200, 4)
    shown, invented = frame[70:130, 20:95], frame[70:130, 105:180]
    assert np.ptp(shown[..., :3], axis=-1).max() <= 6
    violet = invented[..., 2] - invented[..., 1]
    assert violet.min() > 15
    assert violet.max() > 80
    assert (frame[200:, :, 3] == 255).all()
    from maquette.render.frame import seen_share

    assert seen_share(asset) == pytest.approx(0.5)
    with pytest.raises(CannotDo, match="does not know"):
        picture(Asset(wall()), look="seen")


@pytest.mark.parametrize("look", ["textured", "clay", "wire", "normals", "unlit"])
@pytest.mark.parametrize(
    "mesh",
    [
        tetrahedron().keep_faces([3]),
        box((1e9, 1e9, 1e9), corner=(5e9, 0, 0)),
        box((1e-7, 1e-7, 1e-7)),
        Mesh([[0, 0, 0], [1, 1, 1], [2, 2, 2]], [[0, 1, 2]]),
        Mesh(np.zeros((3, 3)), [[0, 1, 2]]),
        grid().replace(uv=np.full((32, 3, 2), 1e30, np.float32)),
        together(box(), Mesh([[1e9, 1e9, 1e9]], np.zeros((0, 3), int))),
    ],
    ids=["one triangle", "huge", "tiny", "a line", "a point", "wild uv", "a stray vertex"],
)
def test_odd_meshes_give_a_picture(mesh, look):
    material = Material(base_color_texture=texture(quarters()))
    for view in ("three-quarter", "top"):
        made = picture(Asset(mesh, materials=(material,)), look=look, view=view, size_px=48)
        assert made.frames.shape == (1, 48, 48, 4)


def test_a_huge_box_looks_like_a_small_one():
    assert np.abs(bare(Asset(box((1e9,) * 3))).astype(int) - bare(Asset(box((1.0,) * 3)))).max() <= 2


def test_a_texture_without_uv_is_left_out():
    mesh = wall().replace(uv=None)
    asset = Asset(mesh, materials=(Material(base_color=(1, 0, 0, 1), base_color_texture=texture(quarters())),))
    assert bare(asset, view="front", look="unlit")[100, 100].tolist() == [255, 0, 0, 255]


def test_refusals_say_what_is_wrong():
    with pytest.raises(BadInput, match="no faces"):
        picture(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))))
    broken = Material(name="bark", base_color_texture=Texture(b"\x89PNG\r\n\x1a\n damaged"))
    with pytest.raises(BadInput, match="'bark' cannot be decoded"):
        picture(Asset(wall(), materials=(broken,)))
    for wrong in ({"size_px": 8}, {"size_px": 4000}, {"view": "inside"}, {"look": "pretty"}, {"colour": "red"}):
        with pytest.raises(BadSetting):
            picture(Asset(box()), **wrong)


def read(files) -> list[np.ndarray]:
    with Image.open(io.BytesIO(files.data)) as image:
        frames = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGBA")))
    return frames


def waving() -> Picture:
    """Three frames of a square that walks to the right over nothing."""
    frames = np.zeros((3, 20, 30, 4), np.uint8)
    for number in range(3):
        frames[number, 5:15, 5 * number : 5 * number + 10] = (200, 40 * number, 10, 255)
    return Picture(frames, milliseconds=80)


def test_png_keeps_every_pixel():
    made = picture(Asset(box()), size_px=64, background="transparent")
    files = write_picture(made, stem="box")
    assert files.main == "box.png"
    np.testing.assert_array_equal(read(files)[0], made.frames[0])
    assert write_picture(made, stem="box") == files


@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif"])
def test_several_frames_move_in_a_loop(suffix):
    files = write_picture(waving(), suffix=suffix, quality=100)
    frames = read(files)
    assert files.main == f"picture{suffix}"
    assert len(frames) == 3
    for got, expected in zip(frames, waving().frames, strict=True):
        np.testing.assert_array_equal(got[..., 3], expected[..., 3])
        shown = expected[..., 3] > 0
        assert np.abs(got[shown].astype(int) - expected[shown]).max() <= (0 if suffix != ".gif" else 8)
    with Image.open(io.BytesIO(files.data)) as image:
        image.seek(1)
        image.load()
        assert image.info["duration"] == 80
        assert image.info["loop"] == 0
    assert write_picture(waving(), suffix=suffix, quality=100) == files


def test_without_a_suffix_one_frame_is_png_and_several_are_webp():
    assert write_picture(waving()).main == "picture.webp"
    assert write_picture(Picture(waving().frames[0])).main == "picture.png"
    assert write_picture(Picture(waving().frames[0]), suffix=".webp").data[8:12] == b"WEBP"


def test_the_room_offers_its_stages():
    found = build(rooms=("render",), plugins=())
    assert {"backlight", "lost-detail", "picture", "turntable", "views", "write-picture"} <= set(found)
    assert found["write-picture"].stage.facts.writes == (".png", ".webp", ".gif", ".jpg", ".jpeg")
