"""Lampshades, balls, hearts and coins of heightmaps: closed, without a seam, with room for the lamp."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.heightmap import Heightmap
from maquette.generate.flat.lantern import _blend_seam
from maquette.geometry.flat.bends import heart_bend, polygon_bend
from maquette.geometry.flat.curved_plate import globe
from maquette.geometry.rays import Tracer
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import euler_number, face_components, is_watertight

PITCH = 0.5


def walls(width: float = 200.0, depth: float = 100.0) -> Heightmap:
    """Walls of 1 to 2 mm whose left and right edge differ by half a millimetre."""
    y, x = np.mgrid[: int(depth / PITCH), : int(width / PITCH)] * PITCH
    heights = 1.5 + 0.25 * np.sin(x / 9) * np.cos(y / 7) + 0.5 * (x / width - 0.5)
    return Heightmap(heights.astype(np.float32), PITCH)


@pytest.mark.parametrize("form", ["cylinder", "square", "hexagon", "heart", "ball", "dome", "pillow", "night-light"])
def test_every_form_is_one_closed_body_that_stands_on_the_bed(form):
    asset = mq.lantern(walls(), form=form, bound_mm=0.05)
    mesh = asset.mesh
    assert is_watertight(mesh.faces)
    assert face_components(mesh.faces)[0] == 1
    assert mesh.bounds[0][2] == 0
    assert euler_number(mesh.faces) == (0 if form in ("cylinder", "square", "hexagon", "heart") else 2)
    assert {found.verdict for found in mq.self_intersections(asset)} == {"pass"}


def test_a_ring_holds_what_its_wall_holds_and_a_square_is_square():
    even = Heightmap(np.full((101, 400), 2.0, np.float32), PITCH)
    square = mq.lantern(even, form="square", seam_mm=0).mesh
    assert signed_volume(square.vertices, square.faces) == pytest.approx((54**2 - 50**2) * 50, rel=1e-3)
    assert np.ptp(square.vertices, axis=0) == pytest.approx([54, 54, 50], abs=0.05)
    round_one = mq.lantern(even, form="cylinder", seam_mm=0).mesh
    inner = 200 / (2 * np.pi)
    assert signed_volume(round_one.vertices, round_one.faces) == pytest.approx(
        np.pi * ((inner + 2) ** 2 - inner**2) * 50, rel=3e-3
    )


def test_a_ball_holds_what_a_shell_holds():
    vertices, faces, _ = globe(np.full((120, 240), 2.0, np.float32), 1.0, 240 / (2 * np.pi), -np.pi / 4, 0.02)
    radius = 240 / (2 * np.pi)
    share = (1 + np.sin(np.pi / 4)) / 2  # of the whole sphere, above that latitude
    assert signed_volume(vertices, faces) == pytest.approx(
        share * 4 / 3 * np.pi * ((radius + 2) ** 3 - radius**3), rel=5e-3
    )
    reach = np.linalg.norm(vertices[np.unique(faces)], axis=1)
    assert np.abs(reach - np.where(reach > radius + 1, radius + 2, radius)).max() < 1e-3


@pytest.mark.parametrize("form", ["cylinder", "ball"])
def test_a_seam_is_closed_to_one_layer(form):
    heightmap = walls(300, 150)
    mesh = mq.lantern(heightmap, form=form, bound_mm=0.02).mesh
    middle = [0.0, 0.0, 0.0] if form == "cylinder" else [0.0, 0.0, float(mesh.bounds[1][2]) - 300 / (2 * np.pi) - 1.5]
    heights = np.linspace(40, 100, 50) if form == "cylinder" else np.linspace(-20, 20, 50) + middle[2]
    reach = []
    for degrees in (-179.8, 179.8):
        way = np.array([np.sin(np.radians(degrees)), -np.cos(np.radians(degrees)), 0.0])
        origins = 100 * way + np.stack([0 * heights, 0 * heights, heights], axis=1)
        hits = Tracer(mesh.vertices, mesh.faces).first(origins, np.tile(-way, (50, 1)))
        reach.append(100 - hits.distance)
    assert np.abs(reach[0] - reach[1]).max() < 0.12
    blended = _blend_seam(heightmap.heights, 8)
    assert np.abs(blended[:, 0] - blended[:, -1]).max() < 1e-6
    assert np.abs(heightmap.heights[:, 0] - heightmap.heights[:, -1]).max() > 0.4


@pytest.mark.parametrize("degrees", [0.0, 90.0])
def test_a_seam_goes_where_it_is_wanted_and_stays_closed(degrees):
    values = np.ones((40, 361), np.float32)
    values[:, 170:191] = 3  # a rib in the picture's middle, and a step at its edges
    values[:, :5] = 2
    mesh = mq.lantern(Heightmap(values, 0.5), seam_deg=degrees, seam_mm=4).mesh
    assert is_watertight(mesh.faces)
    away = np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 1])
    far = mesh.vertices[away > away.max() - 0.2].mean(axis=0)
    assert np.degrees(np.arctan2(far[1], far[0])) == pytest.approx(degrees - 90, abs=2)
    opposite = Heightmap(values, 0.5)
    with pytest.raises(BadSetting, match="no seam"):
        mq.lantern(opposite, form="pillow", seam_deg=90)


def test_bends_are_as_long_as_the_picture_is_wide_and_turn_once():
    for bend in (polygon_bend(400, 0.5, 4), polygon_bend(400, 0.5, 6), heart_bend(400, 0.5, 3.0)):
        steps = np.linalg.norm(np.diff(bend.places, axis=0), axis=1)
        assert steps.sum() == pytest.approx(200, rel=0.01)
        assert abs(bend.turn[-1] - bend.turn[0]) == pytest.approx(2 * np.pi, rel=0.02)
        assert bend.places[0] == pytest.approx(bend.places[-1], abs=1e-6)


def test_lamps_get_a_foot_with_their_hole_and_air():
    shade = mq.lantern(walls(300, 60), form="cylinder", lamp="e27", bound_mm=0.1).mesh
    assert euler_number(shade.faces) == 2 - 2 * 7  # the lamp's hole and six slots
    assert is_watertight(shade.faces)
    floor = shade.vertices[shade.vertices[:, 2] == 0]
    assert np.hypot(floor[:, 0], floor[:, 1]).min() == pytest.approx(40.5 / 2, abs=0.01)
    heart = mq.lantern(walls(300, 60), form="heart", lamp="tealight", bound_mm=0.1).mesh
    assert euler_number(heart.faces) == 0
    with pytest.raises(CannotDo, match=r"make the picture \d+ mm wide"):
        mq.lantern(walls(120, 60), form="cylinder", lamp="puck")


def test_an_ornament_hangs_by_its_loop():
    mesh = mq.lantern(walls(180, 90), form="ball", loop_mm=4, bound_mm=0.1).mesh
    assert is_watertight(mesh.faces)
    assert face_components(mesh.faces)[0] == 1
    assert euler_number(mesh.faces) == 0
    with pytest.raises(BadSetting, match="goes on a ball"):
        mq.lantern(walls(), loop_mm=4)


def portrait() -> Heightmap:
    y, x = np.mgrid[:120, :160] - np.array([60, 80])[:, None, None]
    return Heightmap((1 + 2 * np.exp(-(x**2 + y**2) / 900)).astype(np.float32), 0.5)


def test_a_medal_is_round_has_a_rim_and_words_on_its_back():
    plain = mq.medallion(portrait(), diameter_mm=40)
    assert is_watertight(plain.mesh.faces)
    assert plain.size == pytest.approx((40, 40, 3.6), abs=0.02)
    top = plain.mesh.vertices[plain.mesh.vertices[:, 2] > 3.59]
    reach = np.hypot(top[:, 0], top[:, 1])
    assert ((reach > 18.3) | (reach < 2)).all()  # the rim, and the hill in the middle
    worded = mq.medallion(portrait(), diameter_mm=40, words="ADA", loop_mm=4)
    assert is_watertight(worded.mesh.faces)
    back = worded.mesh.vertices[np.isclose(worded.mesh.vertices[:, 2], 0.4)]
    assert len(back) > 20
    with pytest.raises(CannotDo, match="fewer words"):
        mq.medallion(portrait(), diameter_mm=10, words="A VERY LONG INSCRIPTION")


@pytest.mark.parametrize("pose", ["flat", "upright"])
def test_a_coin_has_two_faces(pose):
    plain = Heightmap(np.full((50, 50), 1.0, np.float32), 0.5)
    asset = mq.coin(portrait(), plain, diameter_mm=30, thickness_mm=2, relief_mm=1, pose=pose)
    assert is_watertight(asset.mesh.faces)
    assert face_components(asset.mesh.faces)[0] == 1
    assert sorted(asset.size)[0] == pytest.approx(4, abs=0.02)
    assert asset.mesh.bounds[0][2] == pytest.approx(0, abs=1e-9)
    with pytest.raises(BadSetting, match="leave nothing"):
        mq.coin(portrait(), plain, diameter_mm=10, rim_mm=5)


@pytest.mark.parametrize("profile", ["flat", "bevel", "round", "cove", "steps", "rope"])
def test_frames_keep_the_picture_and_follow_the_edge(profile):
    heightmap = portrait()
    framed = mq.frame_heights(heightmap, profile=profile, width_mm=5, height_mm=5)
    assert np.array_equal(framed.heights[11:-11, 11:-11], heightmap.heights[11:-11, 11:-11])
    assert float(framed.heights.max()) == pytest.approx(5, abs=0.4)
    assert float(framed.heights[0, 0]) <= 5
    oval = mq.frame_heights(heightmap, profile=profile, width_mm=4, shape="oval")
    assert is_watertight(mq.plate(oval, shape="oval").mesh.faces)


@pytest.mark.parametrize("shape", ["round", "heart"])
def test_plates_of_other_shapes(shape):
    mesh = mq.plate(Heightmap(np.full((101, 141), 2.0), 0.5), shape=shape, frame_mm=3, frame_height_mm=3).mesh
    assert is_watertight(mesh.faces)
    assert np.ptp(mesh.vertices[:, 1]) == pytest.approx(50, abs=0.1)
    if shape == "round":
        inside = np.pi * 22**2
        assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(
            2 * inside + 3 * (np.pi * 625 - inside), rel=0.02
        )
