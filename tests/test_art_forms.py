"""Signs, stamps, cutters, words and codes: closed, exact, in the colours asked for."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.artwork import Artwork
from maquette.core.errors import BadSetting, CannotDo
from maquette.geometry.flat.areas import area_of
from maquette.geometry.surface import face_areas, signed_volume
from maquette.geometry.topology import euler_number, face_components, is_watertight

SQUARE = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])


def ring(color: tuple[int, int, int] = (20, 20, 20)) -> Artwork:
    """A square frame of 20 mm, 4 mm wide."""
    return Artwork.of([([10 * SQUARE, 6 * SQUARE[::-1]], color)])


def volume(asset) -> float:
    assert is_watertight(asset.mesh.faces)
    assert asset.mesh.bounds[0][2] == 0
    return signed_volume(asset.mesh.vertices, asset.mesh.faces)


def test_letters_stand_on_their_board_as_exact_walls():
    asset = mq.signboard(ring(), board="rectangle", margin_mm=5, base_mm=2, depth_mm=1)
    assert volume(asset) == pytest.approx(30 * 30 * 2 + (400 - 144) * 1, rel=1e-6)
    assert asset.part_names == ("board", "letters")
    letters = asset.mesh.part == 1
    walls = face_areas(asset.mesh.vertices, asset.mesh.faces)[letters].sum()
    assert walls == pytest.approx((400 - 144) + (80 + 48) * 1, rel=1e-6)  # the top and upright walls, nothing below
    assert [m.name for m in asset.materials] == ["#F4F2EC", "#141414"]
    assert len(asset.mesh.faces) < 80  # flat parts cost a handful


def test_letters_cut_in_and_filled_in():
    cut = mq.signboard(ring(), letters="engraved", board="rectangle", margin_mm=5, base_mm=2, depth_mm=1)
    assert volume(cut) == pytest.approx(30 * 30 * 2 - 256, rel=1e-6)
    filled = mq.signboard(ring(), letters="inlaid", board="rectangle", margin_mm=5, base_mm=2, depth_mm=1)
    assert volume(filled) == pytest.approx(30 * 30 * 2, rel=1e-6)
    shown = face_areas(filled.mesh.vertices, filled.mesh.faces)[filled.mesh.part == 1].sum()
    assert shown == pytest.approx(256, rel=1e-6)


def test_boards_rims_and_holes():
    none = mq.signboard(ring(), board="none", depth_mm=2)
    assert volume(none) == pytest.approx(256 * 2, rel=1e-6)
    holed = mq.signboard(ring(), board="rectangle", hole_mm=4, margin_mm=8)
    assert euler_number(holed.mesh.faces) == 2 - 2 * 1
    rim = mq.signboard(ring(), board="rectangle", margin_mm=5, rim_mm=1, base_mm=2, depth_mm=1)
    assert volume(rim) == pytest.approx(32 * 32 * 2 + 256 + (32**2 - 30**2), rel=1e-6)
    wide = mq.signboard(mq.lettering(text="A LONGER SIGN"), hole_mm=4, margin_mm=8, board="outline")
    assert is_watertight(wide.mesh.faces)


def test_light_letters_lie_on_a_dark_board():
    asset = mq.signboard(ring((250, 250, 200)))
    assert asset.materials[0].name == "#26282C"


def test_a_stamp_is_mirrored_and_wider_at_the_foot():
    loop = Artwork.of([([np.array([[0.0, 0], [20, 0], [20, 4], [4, 4], [4, 20], [0, 20]]) - 10], (0, 0, 0))])  # an L
    asset = mq.stamp_block(loop, handle_mm=0, relief_mm=2, draft_mm=0.5)
    top = asset.mesh.vertices[asset.mesh.vertices[:, 2] == asset.mesh.bounds[1][2]]
    assert volume(asset) > 0
    assert top[:, 0].max() == pytest.approx(10)
    assert top[top[:, 1] > 5][:, 0].min() == pytest.approx(6)  # the upright stands on the right now
    low = asset.mesh.vertices[np.isclose(asset.mesh.vertices[:, 2], 3.2)]
    assert low[:, 0].max() > 10.2


def test_the_handle_fits_its_socket():
    asset = mq.stamp_block(ring(), handle_mm=30)
    assert volume(asset) > 0
    assert face_components(asset.mesh.faces)[0] == 2
    handle = asset.mesh.vertices[asset.mesh.faces[asset.mesh.part == 2]].reshape(-1, 3)
    peg = handle[handle[:, 2] > 30.5]
    under = asset.mesh.vertices[asset.mesh.faces[asset.mesh.part == 0]].reshape(-1, 3)
    socket = under[np.isclose(under[:, 2], 4.0)]
    assert np.ptp(socket[:, 0]) - np.ptp(peg[:, 0]) == pytest.approx(0.3, abs=1e-6)
    assert peg[:, 2].max() - 30 < 4.0


def test_a_cutter_is_a_wall_round_the_outline_and_open_inside():
    asset = mq.cookie_cutter(ring(), height_mm=12, edge_mm=1, grip_mm=3, smooth_mm=0)
    corner = np.pi - 4  # of a growth by one, what four round corners have less than square ones
    top = (22**2 + corner) - 400
    strong = (24**2 + corner * 4) - 400
    grip = (28**2 + corner * 16) - 400
    assert volume(asset) == pytest.approx(grip * 2 + strong * (0.6 * 12 - 2) + top * 0.4 * 12, rel=3e-3)
    assert euler_number(asset.mesh.faces) == 0


@pytest.mark.parametrize("make", [mq.cookie_cutter, lambda art: mq.signboard(art, board="outline", margin_mm=6)])
def test_grown_outlines_leave_no_sliver(make):
    """Walls cut one by one along a round outline differed by less than single precision tells apart."""
    mesh = make(mq.lettering(text="SO", height_mm=14)).mesh
    corners = (mesh.vertices + [125.0, 105.0, 0.0]).astype(np.float32)[mesh.faces]  # as an STL has it on a bed
    assert not (corners == np.roll(corners, -1, axis=1)).all(axis=2).any()


def test_inner_lines_are_held_and_pieces_apart_refused():
    assert is_watertight(mq.cookie_cutter(ring(), lines_mm=3).mesh.faces)
    far = Artwork.of([([SQUARE, SQUARE + [60.0, 0.0]], (0, 0, 0))])
    with pytest.raises(CannotDo, match="2 pieces that lie apart"):
        mq.cookie_cutter(far)


def test_words_are_as_high_as_asked():
    art = mq.lettering(text="HH", height_mm=10)
    assert art.size_mm[1] == pytest.approx(10)
    assert len(art.sizes) == 2


def test_a_code_is_read_off_the_picture_of_its_sign():
    cv2 = pytest.importorskip("cv2", reason="OpenCV reads codes")
    text = "https://example.org/a-sign"
    code = mq.qr_code(text=text, size_mm=40)
    sign = mq.signboard(code, margin_mm=6, depth_mm=0.8)
    assert is_watertight(sign.mesh.faces)
    frame = mq.picture(sign, view="top", size_px=600).frames[0, ..., :3]
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(np.ascontiguousarray(frame))
    assert read == text


def test_modules_have_their_area_and_too_small_ones_are_refused():
    code = mq.qr_code(text="MAQUETTE", size_mm=42)
    assert area_of(code.loops()).area() == pytest.approx(area_of(code.loops(), "nonzero").area())
    with pytest.raises(CannotDo, match=r"take size_mm 16\.8"):
        mq.qr_code(text="MAQUETTE", size_mm=12)


def test_refusals_of_signs():
    with pytest.raises(BadSetting, match="need a board"):
        mq.signboard(ring(), letters="engraved", board="none")
    with pytest.raises(BadSetting, match="leaves less than"):
        mq.signboard(ring(), letters="inlaid", depth_mm=2.2)
    with pytest.raises(BadSetting, match="goes through the drawing"):
        mq.signboard(ring(), hole_mm=6, margin_mm=1, board="rectangle")
