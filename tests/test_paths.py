"""Light followed along its paths, against what is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset, Material
from maquette.core.camera import Camera
from maquette.render.color import to_linear
from maquette.render.paths import trace as tracing
from maquette.render.paths.denoise import denoise
from maquette.render.paths.develop import TONES, tone
from maquette.render.paths.enough import is_rough, mean_around
from maquette.render.paths.environment import Environment
from maquette.render.paths.numbers import by_cosine, keys_of, pairs
from maquette.render.paths.photograph import Exposure, azimuth_of, expose, set_up
from maquette.render.paths.rigs import LIGHTS, light_rig
from maquette.render.paths.scattering import dielectric, refract
from maquette.render.paths.shot import Floor, Glass, Lens, Shot
from maquette.render.paths.trace import trace
from maquette.render.scene import Scene
from maquette.render.surfaces import plain_surface
from shapes import box, sphere, together

PX = 40


@pytest.fixture(scope="module")
def ball() -> Scene:
    return Scene(Asset(sphere(1.0, 5), (Material(base_color=(1, 1, 1, 1), metallic=1.0, roughness=0.0),)))


def even(light: float = 1.0) -> Environment:
    return Environment(np.full((16, 32, 3), light, np.float32))


def sun(direction, degrees: float = 3.0) -> Environment:
    """A disc of light of radiance 100 in one direction, the rest black."""
    dark = Environment(np.zeros((256, 512, 3), np.float32))
    lit = dark.middles @ (np.array(direction) / np.linalg.norm(direction)) > np.cos(np.radians(degrees))
    return Environment(np.repeat(100.0 * lit[..., None], 3, axis=2).astype(np.float32))


def matt(white: float = 0.8):
    def surface(scene, samples):
        return plain_surface(samples, np.full(3, white, np.float32), roughness=1.0, reflectance=0.0)

    return surface


def inside(film) -> np.ndarray:
    """Pixels whose neighbours show the model as well."""
    full = film.alpha >= 1
    return full & np.roll(full, 1, 0) & np.roll(full, -1, 0) & np.roll(full, 1, 1) & np.roll(full, -1, 1)


def unit(normals: np.ndarray) -> np.ndarray:
    return normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9)


def test_a_matt_ball_in_the_sun_is_as_bright_as_the_cosine_says(ball):
    """Lambert: radiance = white / pi * irradiance * cosine."""
    direction = np.array([0.5, -0.7, 0.6])
    light = sun(direction)
    camera = ball.camera("front")
    film = trace(Shot(ball, camera, light, matt(), bounces=0), PX, PX, 64)
    straight = light.irradiance(direction / np.linalg.norm(direction))[0]
    cosine = unit(film.normal) @ (direction / np.linalg.norm(direction))
    rows = inside(film) & (cosine > 0.15)
    expected = 0.8 / np.pi * straight * cosine[rows]
    assert rows.sum() > 300
    assert np.abs(film.light[rows][:, 0] / expected - 1).mean() < 0.04
    assert np.abs(film.light[rows][:, 0].sum() / expected.sum() - 1) < 0.01
    dark = inside(film) & (cosine < -0.1)
    assert film.light[dark].max() == 0


def test_a_mirror_shows_what_lies_in_the_mirrored_direction(ball):
    """An environment that is linear in height: every pixel's light is known from its normal."""
    plain = even()
    light = Environment(np.repeat((0.5 + 0.5 * plain.middles[..., 2:]), 3, axis=2).astype(np.float32))
    film = trace(Shot(ball, ball.camera("front"), light, bounces=1), PX, PX, 16)
    normal = unit(film.normal)
    ahead = np.array([0.0, 1.0, 0.0])
    mirrored = ahead - 2 * (normal @ ahead)[..., None] * normal
    rows = inside(film) & (np.abs(normal @ ahead) > 0.3)
    assert np.abs(film.light[rows][:, 1] - (0.5 + 0.5 * mirrored[rows][:, 2])).max() < 0.08
    assert np.abs(film.light[rows][:, 1] - (0.5 + 0.5 * mirrored[rows][:, 2])).mean() < 0.012


@pytest.mark.parametrize(("metal", "roughness"), [(1, 0.1), (1, 0.5), (1, 1.0), (0, 0.1), (0, 0.5), (0, 1.0)])
def test_a_white_ball_in_an_even_world_cannot_be_seen(metal, roughness):
    """The furnace: what falls in comes out, all of it, whatever the surface."""
    scene = Scene(Asset(sphere(1.0, 4), (Material(metallic=metal, roughness=roughness),)))
    film = trace(Shot(scene, scene.camera("front"), even(), bounces=2), 24, 24, 64)
    rows = inside(film)
    assert film.light[rows].mean() == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(("roughness", "coat_roughness"), [(0.5, 0.0), (1.0, 0.4)])
def test_a_white_ball_under_lacquer_stays_white_and_shines(roughness, coat_roughness):
    coated = Material(roughness=roughness, clearcoat=1.0, clearcoat_roughness=coat_roughness)
    scene = Scene(Asset(sphere(1.0, 4), (coated,)))
    film = trace(Shot(scene, scene.camera("front"), even(), bounces=2), 24, 24, 64)
    assert film.light[inside(film)].mean() == pytest.approx(1.0, abs=0.03)


def test_lacquer_mirrors_the_sun_over_a_black_body_as_fresnel_says():
    """Black and rough below: all that comes back to the eye straight on is 4 % of what the mirror shows."""
    below = Material(base_color=(0, 0, 0, 1), metallic=0.0, roughness=1.0)
    light = even()
    shades = []
    for coat in (0.0, 0.5, 1.0):
        scene = Scene(Asset(sphere(1.0, 5), (below.replace(clearcoat=coat),)))
        film = trace(Shot(scene, scene.camera("front"), light, bounces=1), 40, 40, 64)
        straight = np.abs(unit(film.normal)[..., 1]) > 0.95
        shades.append(film.light[straight & inside(film)].mean())
    body = shades[0]  # the plain 4 % of the body's own rough mirror
    assert shades[2] == pytest.approx(0.04 + body * 0.96, abs=0.004)
    assert shades[1] == pytest.approx((shades[0] + shades[2]) / 2, abs=0.003)


def test_a_clear_material_lets_white_light_through_and_colors_it():
    white = Material(transmission=1.0, roughness=0.0, ior=1.4)
    means = []
    for material in (white, white.replace(base_color=(1.0, 0.5, 0.5, 1.0))):
        scene = Scene(Asset(sphere(1.0, 4), (material,)))
        film = trace(Shot(scene, scene.camera("front"), even(), bounces=40), 24, 24, 16)
        means.append(film.light[inside(film)].mean(axis=0))
    assert means[0] == pytest.approx(1.0, abs=0.02)
    assert means[1][0] == pytest.approx(1.0, abs=0.02)
    assert 0.2 < means[1][1] < 0.45  # colored on the way in and on the way out


def test_clear_glass_loses_no_light_and_tinted_glass_does():
    scene = Scene(Asset(sphere(1.0, 4)))
    clear = Shot(scene, scene.camera("front"), even(), glass=Glass(tint=(1, 1, 1), roughness=0.0), bounces=40)
    film = trace(clear, 24, 24, 16)
    assert film.light[inside(film)].mean() == pytest.approx(1.0, abs=0.01)
    red = trace(Shot(scene, scene.camera("front"), even(), glass=Glass(tint=(1, 0.5, 0.5)), bounces=40), 24, 24, 16)
    mean = red.light[inside(red)].mean(axis=0)
    assert mean[0] == pytest.approx(1.0, abs=0.01)
    assert 0.2 < mean[1] < 0.6


def test_fresnel_and_snell_for_glass():
    one = np.float32(1.0)
    straight = dielectric(np.array([one]), np.array([np.float32(1.5)]))
    assert straight[0] == pytest.approx(0.04, abs=1e-6)  # ((1.5 - 1) / (1.5 + 1))²
    cosine = np.cos(np.radians(np.array([0, 30, 56.31, 80, 89.99], np.float32)))
    share = dielectric(cosine, np.full(5, np.float32(1.5)))
    theta = np.radians(np.array([30, 56.31, 80]))
    beyond = np.arcsin(np.sin(theta) / 1.5)
    across = (np.sin(theta - beyond) / np.sin(theta + beyond)) ** 2  # Fresnel's sine and tangent laws
    along = (np.tan(theta - beyond) / np.tan(theta + beyond)) ** 2
    assert share[1:4] == pytest.approx((across + along) / 2, abs=1e-4)
    assert share[4] > 0.99
    assert dielectric(np.array([np.float32(0.6)]), np.array([np.float32(1 / 1.5)]))[0] == 1.0  # total reflection
    view = np.array([[np.sin(0.7), 0, np.cos(0.7)]], np.float32)
    gone = refract(view, np.array([[0, 0, 1]], np.float32), np.full(1, np.float32(1.5)))
    assert gone[0] == pytest.approx([-np.sin(0.7) / 1.5, 0, -np.sqrt(1 - (np.sin(0.7) / 1.5) ** 2)], abs=1e-6)


def test_the_shadow_falls_away_from_the_light_as_far_as_its_height():
    """A post lit from the left at 45 degrees: its shadow on the floor is as long as it is high, to the right."""
    scene = Scene(Asset(box((0.2, 0.2, 1.0))))
    floor = Floor(float(scene.low[2]), reach=50.0)
    camera = Camera.looking((0, 0, -1), distance=5.0, span=6.0)
    shot = Shot(scene, camera, sun((-1, 0, 1), 2.0), matt(), floor=floor)
    film = trace(shot, 60, 60, 16)
    ratio = film.floor[..., 0] / np.maximum(film.floor_share, 1e-6) / shot.open_floor[0]
    row = 60 // 2
    assert film.alpha[row, 30] > 0.5
    height = float(scene.high[2] - scene.low[2])
    edge = float(scene.high[0])
    x = (np.arange(60) + 0.5) / 10 - 3
    dark = (ratio[row] < 0.5) & (film.alpha[row] < 0.5)
    assert x[dark].min() > 0  # nothing on the lamp's side
    assert x[dark].max() == pytest.approx(edge + height - 0.2, abs=0.35)
    assert ratio[row, 5] == pytest.approx(1.0, abs=1e-4)  # no noise where nothing stands in the way


def test_the_same_shot_is_the_same_film_however_it_is_split(ball, monkeypatch):
    shot = Shot(ball, ball.camera("front"), light_rig("studio"), matt(), floor=Floor(-1.0))
    first = trace(shot, 20, 20, 8)
    monkeypatch.setattr(tracing, "_RAYS", 640)
    second = trace(shot, 20, 20, 8)
    assert (first.light == second.light).all()
    assert (first.floor == second.floor).all()
    assert (trace(shot, 20, 20, 8, seed=1).light != first.light).any()


def test_denoising_comes_closer_to_many_samples(ball):
    shot = Shot(ball, ball.camera("three-quarter"), light_rig("three-point"), matt(), floor=Floor(-1.0))
    truth = trace(shot, 28, 28, 192)
    noisy = trace(shot, 28, 28, 8, seed=3)
    clean, _ = expose(shot, Exposure(28, 8, seed=3))
    before, after = (np.square(film.light - truth.light).mean() for film in (noisy, clean))
    assert after < 0.5 * before
    floor_before, floor_after = (np.square(film.floor - truth.floor).mean() for film in (noisy, clean))
    assert floor_after < 0.7 * floor_before
    assert clean.alpha == pytest.approx(truth.alpha, abs=0.3)  # few paths, but all of the outline


def test_pixels_known_well_get_fewer_paths_and_the_picture_stays_as_good():
    scene = Scene(Asset(sphere(1.0, 5), (Material(base_color=(0.8, 0.5, 0.3, 1), roughness=0.9),)))
    shot = set_up(scene, scene.camera("three-quarter"), "overcast", floor=False)
    truth, full, thrifty = (trace(shot, 48, 48, n, 5, enough) for n, enough in ((128, 0.0), (16, 0.0), (16, 0.12)))
    asked_for_more = is_rough(trace(shot, 48, 48, 4, 5), 0.12)
    assert 0.1 < asked_for_more[full.alpha > 0].mean() < 0.8
    assert asked_for_more[(full.alpha > 0) & (full.alpha < 1)].mean() > 0.95  # the outline keeps its paths
    pixel = np.full((48, 48), 0.04, np.float32)
    errors = [np.square(denoise(film, pixel).light - truth.light).mean() for film in (full, thrifty)]
    assert errors[1] < 2 * errors[0]
    shown = full.alpha > 0
    every = trace(shot, 48, 48, 16, 5, 1e-9)  # also around the outline, where the first paths met nothing
    assert every.light[shown] == pytest.approx(full.light[shown], abs=1e-4)


def test_denoising_keeps_what_has_no_noise(ball):
    film = trace(Shot(ball, ball.camera("front"), even(0.7), matt(1.0), bounces=0), 24, 24, 4)
    flat = film.__class__(**{**film.__dict__, "light": film.alpha[..., None] * np.full(3, 0.5, np.float32)})
    smooth = denoise(flat, np.full((24, 24), 0.05, np.float32))
    assert smooth.light[film.alpha > 0.9] == pytest.approx(0.5, abs=0.05)
    assert np.abs(smooth.light - flat.light).max() < 1e-5


def test_environment_draws_directions_as_often_as_light_comes_from_them():
    light = light_rig("window", 30.0)
    keys = keys_of(np.zeros(4096, np.int64), 7)
    direction, density = light.draw(pairs(keys, np.arange(4096), 0, 4096))
    assert np.linalg.norm(direction, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert light.density(direction) == pytest.approx(density, rel=2e-2)
    normal = np.array([0.3, -0.5, 0.8])
    normal /= np.linalg.norm(normal)
    estimate = (light.radiance(direction) * (np.maximum(direction @ normal, 0) / density)[:, None]).mean(axis=0)
    assert estimate == pytest.approx(light.irradiance(normal), rel=0.03)


def test_rigs_turn_with_the_viewer_and_have_one_exposure():
    for name in LIGHTS:
        ahead = light_rig(name).irradiance(np.array([0.0, -1.0, 0.0]))
        turned = light_rig(name, 90.0).irradiance(np.array([1.0, 0.0, 0.0]))
        assert turned == pytest.approx(ahead, rel=0.02)
        assert 0.3 < ahead.max() / np.pi < 1.6
    for azimuth in (0.0, 35.0, -120.0):
        eye = np.array([np.sin(np.radians(azimuth)), -np.cos(np.radians(azimuth)), 0.3])
        assert azimuth_of(Camera.looking(tuple(-eye), distance=3, span=1)) == pytest.approx(azimuth, abs=1e-6)


def test_the_lens_is_sharp_where_it_should_be_and_nowhere_else(ball):
    camera = ball.camera("front")
    sharp, open_lens = (set_up(ball, camera, even(), floor=False, blur=blur) for blur in (0.0, 1.0))
    hard, soft = (trace(shot, 40, 40, 16).alpha for shot in (sharp, open_lens))
    assert ((soft > 0.05) & (soft < 0.95)).sum() > 1.5 * ((hard > 0.05) & (hard < 0.95)).sum()
    assert hard.sum() == pytest.approx(soft.sum(), rel=0.1)


def test_tones_keep_black_and_order_and_stay_on_the_screen():
    ramp = np.repeat(np.geomspace(1e-4, 50, 200, dtype=np.float32)[:, None], 3, axis=1)
    for how in TONES:
        shown = tone(ramp, how)
        assert (np.diff(shown, axis=0) >= -1e-6).all()
        assert shown.min() >= 0
        assert shown.max() <= 1
        assert tone(np.zeros((1, 3), np.float32), how).max() < 0.003
    half = np.full((1, 3), to_linear(np.array([0.5]))[0], np.float32)
    assert tone(half, "srgb") == pytest.approx(half)
    assert tone(half, "soft") == pytest.approx(half)
    red = np.array([[9.0, 0.3, 0.3]], np.float32)
    assert tone(red, "agx")[0, 1] > 0.15  # far too bright a red fades towards white


def test_directions_by_cosine_have_its_mean():
    local = by_cosine(pairs(np.zeros(4096, np.uint32), np.arange(4096), 0, 4096))
    assert local[:, 2].mean() == pytest.approx(2 / 3, abs=0.01)
    assert local[:, :2].mean(axis=0) == pytest.approx([0, 0], abs=0.01)


def test_a_mean_around_is_the_mean_of_the_square():
    values = np.zeros((6, 7), np.float32)
    values[2, 3] = 25
    mean = mean_around(values)
    assert mean[:5, 1:6] == pytest.approx(1)
    assert mean[5].max() == pytest.approx(0, abs=1e-5)


def test_a_tilted_lens_is_sharp_on_a_leaning_plane():
    lens = Lens(0.1, 5.0, tilt_deg=60.0, height=0.25)
    camera = Camera.looking((0, 1, 0), distance=5.0, span=0.4, projection="perspective")
    down = np.array([-0.1, 0.0, 0.1])  # of a picture 0.4 high
    depth = lens.depth_at(down, camera.span)
    assert depth[0] == pytest.approx(5.0)
    assert depth[0] > depth[1] > depth[2]
    points = np.stack([down * depth, depth], axis=1)
    first, second = np.diff(points, axis=0)
    assert first[0] * second[1] == pytest.approx(first[1] * second[0])  # the three lie on one line
    lean = np.degrees(np.arctan2(-first[1], first[0]))
    assert lean == pytest.approx(60.0)
    assert Lens(0.1, 5.0).depth_at(down, 0.4) == pytest.approx(5.0)


def test_tilt_shift_blurs_above_and_below_its_band():
    stripes = Asset(together(*(box((20.0, 1.0, 1.0), (0.0, 2.0 * y, 0.0)) for y in range(-8, 9))))
    sharp, soft = (
        mq.tilt_shift(stripes, size_px=128, blur=blur, light="overcast", rays=16).frames[0][..., 1]
        for blur in (0.0, 0.6)
    )
    calm = [mean_around(frame.astype(np.float32)) for frame in (sharp, soft)]  # without what noise is left
    edges = [np.square(np.diff(frame, axis=0)).sum(axis=1) for frame in calm]
    rows = np.flatnonzero(edges[0] > 0.3 * edges[0].max())
    top, middle, foot = (np.array_split(rows, 5)[i] for i in (0, 2, 4))
    left = [edges[1][part].sum() / edges[0][part].sum() for part in (top, middle, foot)]
    assert left[1] > 1.3 * left[0]
    assert left[1] > 1.3 * left[2]
    ground = mq.tilt_shift(stripes, size_px=128, blur=0.6, tilt_deg=-58, light="overcast", rays=16).frames[0][..., 1]
    spread = np.square(np.diff(mean_around(ground.astype(np.float32)), axis=0)).sum(axis=1)
    assert spread[top].sum() > 1.3 * edges[1][top].sum()  # along the ground all is sharp
