import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import BadInput, BadSetting
from maquette.core.mesh import Mesh
from maquette.core.progress import watching
from maquette.render.cameras import AZIMUTH_DEG, SIDES, turning
from maquette.render.frame import photograph
from maquette.render.looks import look_for
from maquette.render.picture import picture
from maquette.render.scene import Scene
from maquette.render.turntable import turntable
from maquette.render.views import views
from shapes import box, sphere, together


def lamp() -> Asset:
    """No two sides alike."""
    ball = sphere(0.6, 4)
    return Asset(together(box((3, 2, 0.5)), box((0.4, 0.4, 3)), ball.with_vertices(ball.vertices + [2.4, 1, 1.1])))


def turn_asset(asset: Asset, degrees: float) -> Asset:
    angle = np.radians(degrees)
    rotation = [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    return asset.moved(rotation=rotation)


def test_a_frame_is_the_first_frame_of_the_model_turned_as_far():
    made = turntable(lamp(), frames=8, size_px=96, background="transparent").frames
    for number in (1, 3, 6):
        first = turntable(turn_asset(lamp(), -45 * number), frames=2, size_px=96, background="transparent").frames[0]
        both = (made[number][..., 3] == 255) & (first[..., 3] == 255)
        assert both.mean() > 0.1
        coverage = [frame[..., 3].sum() / 255 for frame in (made[number], first)]
        assert coverage[0] == pytest.approx(coverage[1], rel=0.01)
    again = turntable(
        turn_asset(lamp(), -90), frames=4, size_px=96, background="transparent"
    ).frames  # the box stays a box
    difference = np.abs(again[0].astype(int) - made[2])
    assert (difference.max(axis=2) > 12).mean() < 0.005


def test_the_first_frame_looks_from_where_a_picture_does():
    asset = Asset(box((1, 1, 1)))
    first = turntable(asset, frames=4, size_px=128, look="normals", background="transparent").frames[0]
    still = picture(asset, size_px=128, look="normals", background="transparent").frames[0]
    shares = [
        [(frame[..., :3] == color).all(axis=2).sum() / (frame[..., 3] > 0).sum() for frame in (first, still)]
        for color in ((128, 0, 128), (255, 128, 128), (128, 128, 255))
    ]
    for moving, standing in shares:
        assert moving == pytest.approx(standing, abs=0.01)
        assert standing > 0.1


def test_every_frame_is_what_its_camera_sees():
    asset = lamp()
    made = turntable(asset, frames=3, size_px=80)
    scene = Scene(asset)
    cameras = turning(scene.used_vertices, [AZIMUTH_DEG, AZIMUTH_DEG + 120, AZIMUTH_DEG + 240])
    for frame, camera in zip(made.frames, cameras, strict=True):
        expected = photograph(scene, camera, look_for(scene, "textured"), 80, "studio")
        np.testing.assert_array_equal(frame, expected)


def test_the_model_stays_within_the_frame_and_fills_it_somewhere():
    plank = Asset(box((8, 0.5, 1), corner=(100, 50, -3)))
    alpha = turntable(plank, frames=12, size_px=100, background="transparent", ground="none").frames[..., 3]
    assert not alpha[:, [0, -1], :].any()
    assert not alpha[:, :, [0, -1]].any()
    widths = [np.ptp(np.nonzero(frame.any(axis=0))[0]) + 1 for frame in alpha]
    assert 78 <= max(widths) <= 87
    assert min(widths) < 40


def test_a_tall_model_fills_the_height_of_every_frame():
    tower = Asset(box((1, 1, 9), corner=(3, 3, 3)))
    alpha = turntable(tower, frames=4, size_px=200, background="transparent", ground="none").frames[..., 3]
    for frame in alpha:
        y = np.nonzero(frame.any(axis=1))[0]
        assert np.ptp(y) + 1 == pytest.approx(172, abs=5)
        assert y.min() + y.max() + 1 == pytest.approx(200, abs=5)


def test_time_and_number_of_frames_are_as_asked():
    made = turntable(Asset(box()), frames=10, size_px=16, seconds=3.0)
    assert made.frames.shape == (10, 16, 16, 4)
    assert made.milliseconds == 300
    with pytest.raises(BadSetting):
        turntable(Asset(box()), frames=1)
    with pytest.raises(BadInput, match="no faces"):
        turntable(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))))


def test_a_long_turn_says_how_far_it_is_and_the_same_turn_is_the_same():
    said: list[float] = []
    with watching(lambda fraction, _message: said.append(fraction)):
        made = turntable(lamp(), frames=5, size_px=32)
    assert said == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert made == turntable(lamp(), frames=5, size_px=32)


def test_a_sheet_holds_the_six_sides_in_order():
    asset = Asset(box((2, 2, 2)))
    sheet = views(asset, size_px=80, background="transparent", look="textured").frames[0]
    assert sheet.shape == (160, 240, 4)
    for number, side in enumerate(SIDES):
        row, column = divmod(number, 3)
        cell = sheet[80 * row + 24 : 80 * row + 80, 80 * column : 80 * column + 80]  # below the label
        alone = picture(asset, view=side, size_px=80, background="transparent", ground="none").frames[0]
        np.testing.assert_array_equal(cell, alone[24:])


def test_the_sides_of_a_sheet_share_one_scale_and_are_labelled():
    asset = Asset(box((4, 2, 1)))
    sheet = views(asset, size_px=100, look="unlit", background="transparent").frames[0]
    cells = {side: sheet[100 * (n // 3) :, 100 * (n % 3) :][:100, :100] for n, side in enumerate(SIDES)}
    extents = {"front": (4, 1), "back": (4, 1), "right": (2, 1), "left": (2, 1), "top": (4, 2), "bottom": (4, 2)}
    for side, (wide, high) in extents.items():
        body = cells[side][26:, :, 3] / 255
        assert body.sum(axis=1).max() == pytest.approx(wide * 86 / 4, abs=1)
        assert body.sum(axis=0).max() == pytest.approx(high * 86 / 4, abs=1)
        assert cells[side][8:20, 8:40, 3].max() == 255  # its name


def test_a_sheet_of_what_was_seen_carries_one_legend():
    mesh = box((2, 2, 2))
    asset = Asset(mesh.replace(seen=np.ones(8, np.float32)))
    assert views(asset, size_px=100, look="seen").frames.shape == (1, 240, 300, 4)
    assert turntable(asset, frames=2, size_px=100, look="seen").frames.shape == (2, 140, 100, 4)
