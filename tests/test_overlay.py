import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.mesh import Mesh
from maquette.render.cameras import FILL
from maquette.render.color import ramp_colors, to_linear, to_srgb
from maquette.render.legend import STRIP_PX
from maquette.render.overlay import highlight, overlay
from shapes import box, grid, sphere, together


def board() -> Asset:
    """Eight columns and one row of squares that face the front; square i is faces i and i + 8."""
    flat = grid(8, 1)
    return Asset(flat.with_vertices(flat.vertices[:, [0, 2, 1]] * [1, 1, 8]))


def middles(frame: np.ndarray) -> np.ndarray:
    """The colour in the middle of each of the eight columns."""
    side = frame.shape[1]
    x = (side * (0.5 + FILL * ((np.arange(8) + 0.5) / 8 - 0.5))).astype(int)
    return frame[side // 2, x, :3].astype(int)


def hue(colors) -> np.ndarray:
    linear = to_linear(np.asarray(colors, np.float32) / 255)
    return linear / linear.max(axis=-1, keepdims=True)


def is_red(frame: np.ndarray) -> np.ndarray:
    color = frame[..., :3].astype(int)
    return color[..., 0] > 1.6 * np.maximum(color[..., 1], color[..., 2])


def test_each_face_wears_the_color_of_its_value():
    values = np.tile(np.arange(8.0), 2)
    frame = overlay(board(), values, view="front", size_px=300).frames[0]
    assert frame.shape == (300 + STRIP_PX, 300, 4)
    expected = ramp_colors(np.arange(8) / 7, "viridis") * 255
    np.testing.assert_allclose(hue(middles(frame)), hue(expected), atol=0.05)


def test_colors_stay_near_those_of_the_legend():
    frame = overlay(board(), np.tile(np.arange(8.0), 2), view="front", size_px=300).frames[0]
    expected = ramp_colors(np.arange(8) / 7, "viridis") * 255
    assert np.abs(middles(frame) - expected).max() < 16


def test_limits_fix_the_ends_and_what_is_not_finite_is_grey():
    values = np.tile([-5.0, 0.0, 5.0, 10.0, 15.0, np.nan, np.inf, -np.inf], 2)
    frame = overlay(board(), values, view="front", size_px=300, ramp="inferno", limits=(0, 10)).frames[0]
    shown = middles(frame)
    np.testing.assert_array_equal(shown[0], shown[1])
    np.testing.assert_array_equal(shown[3], shown[4])
    assert np.ptp(shown[5:], axis=1).max() <= 8
    np.testing.assert_array_equal(shown[5], shown[6])
    assert not np.array_equal(shown[2], shown[1])


def test_the_strip_shows_the_whole_ramp():
    frame = overlay(board(), np.tile(np.arange(8.0), 2), size_px=300, label="wall", unit="mm").frames[0]
    line = frame[300 + STRIP_PX // 2, :, :3]
    for share in (0.0, 0.5, 1.0):
        wanted = np.round(ramp_colors(np.array([share]), "viridis")[0] * 255)
        assert np.abs(line.astype(int) - wanted).max(axis=1).min() <= 4
    plain = overlay(board(), np.tile(np.arange(8.0), 2), size_px=300).frames[0]
    assert not np.array_equal(plain[300:], frame[300:])
    np.testing.assert_array_equal(plain[:300], frame[:300])


@pytest.mark.parametrize("values", [np.zeros(16), np.full(16, np.nan), np.full(16, 1e308), np.tile([-1e308, 1e308], 8)])
def test_values_without_a_range_give_a_picture(values):
    assert overlay(board(), values, size_px=64).frames.shape == (1, 64 + STRIP_PX, 64, 4)


def test_another_number_of_values_than_faces_is_refused():
    with pytest.raises(BadInput, match=r"\(15,\) for 16 faces"):
        overlay(board(), np.zeros(15))


def test_the_named_faces_and_no_others_are_red():
    frame = highlight(board(), [2, 10, 5, 13], view="front", size_px=300).frames[0][:300]
    red = is_red(frame)
    cells = (300 * (0.5 + FILL * (np.arange(9) / 8 - 0.5))).round().astype(int)
    for number in range(8):
        inside = red[30:270, cells[number] + 2 : cells[number + 1] - 2]
        assert inside.all() if number in (2, 5) else not inside.any()
    assert red.sum() == pytest.approx(2 * 258 * 258 / 8, rel=0.02)


def test_the_best_view_finds_what_lies_below():
    cube = Asset(box((2, 2, 2)))
    assert is_red(highlight(cube, [0, 1], size_px=128).frames[0][:128]).sum() > 1500  # the bottom
    assert is_red(highlight(cube, [0, 1], size_px=128, view="front").frames[0][:128]).sum() < 400
    assert is_red(highlight(cube, [6, 7], size_px=128).frames[0][:128]).sum() > 1500  # the back


def test_what_is_too_small_or_hidden_gets_a_ring():
    ball = sphere(1, 6)
    small = int(np.argmin(np.linalg.norm(ball.triangles.mean(axis=1) - [0, -1, 0], axis=1)))
    far = int(np.argmin(np.linalg.norm(ball.triangles.mean(axis=1) - [0, 1, 0], axis=1)))
    thick, thin = (
        is_red(highlight(Asset(ball), [face], size_px=256, view="front").frames[0][:256]) for face in (small, far)
    )
    for red in (thick, thin):
        y, x = np.nonzero(red)
        assert (x.mean(), y.mean()) == pytest.approx((128, 128), abs=3)
        assert 14 <= np.ptp(x) <= 26
    assert thick.sum() > 1.5 * thin.sum() > 40


def test_hidden_faces_get_no_ring_where_plenty_of_red_is_seen():
    ball, screen = box((2, 2, 2)), box((2, 0.1, 2), corner=(4, -1, 0))
    behind = box((0.2, 0.2, 0.2), corner=(4.9, 1, 0.9))
    asset, hidden = Asset(together(ball, screen, behind)), np.arange(24, 36)
    alone = is_red(highlight(asset, hidden, size_px=256, view="front").frames[0][:256])
    beside = is_red(
        highlight(asset, np.concatenate([np.arange(12), hidden]), size_px=256, view="front").frames[0][:256]
    )
    assert alone[:, 150:].sum() > 20
    assert not beside[:, 150:].any()
    assert beside[:, :100].sum() > 3000


def test_no_faces_no_red():
    assert not is_red(highlight(Asset(box()), [], size_px=64).frames[0][:64]).any()


def test_many_tiny_faces_get_a_bounded_number_of_rings():
    specks = together(*[box((0.01,) * 3, corner=(x, y, 0)) for x in range(20) for y in range(20)])
    made = highlight(Asset(specks), np.arange(len(specks.faces)), size_px=512, view="top").frames[0]
    assert 0 < is_red(made[:512]).sum() < 40_000


@pytest.mark.parametrize("faces", [[12], [-1], [0, 99]])
def test_a_face_that_is_not_there_is_refused(faces):
    with pytest.raises(BadInput, match="of 12 faces"):
        highlight(Asset(box()), faces)


def test_an_overlay_is_the_same_each_time():
    asset = Asset(sphere(1, 3))
    values = np.arange(512.0)
    assert overlay(asset, values, size_px=96) == overlay(asset, values, size_px=96)
    assert highlight(asset, [3, 4], size_px=96) == highlight(asset, [3, 4], size_px=96)


def test_an_empty_mesh_is_refused():
    with pytest.raises(BadInput, match="no faces"):
        overlay(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))), [])


def test_linear_and_srgb_are_inverse():
    shares = np.linspace(0, 1, 100, dtype=np.float32)
    np.testing.assert_allclose(to_srgb(to_linear(shares)), shares, atol=1e-6)


def test_limits_may_fall_and_the_view_may_be_faces():
    ball = Asset(sphere(10, 3))
    low = np.flatnonzero(ball.mesh.triangles[:, :, 2].max(axis=1) < -6)
    depth = ball.mesh.triangles[:, :, 2].mean(axis=1)
    from_below = overlay(ball, depth, view=low, size_px=100, ramp="balance", limits=(10, -10)).frames[0]
    from_above = overlay(ball, depth, view="top", size_px=100, ramp="balance", limits=(10, -10)).frames[0]
    assert is_red(from_below[:100]).sum() > 1000  # the low end of falling limits is the red end
    assert is_red(from_above[:100]).sum() == 0
    with pytest.raises(BadInput, match="count from 0"):
        overlay(ball, depth, view=np.array([10**6]))
