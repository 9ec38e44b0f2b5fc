from functools import cache

import numpy as np
import pytest

from maquette.checks.wall_thickness import wall_thickness
from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.cut.solids import solid, surface_of
from maquette.geometry.remake.ball_union import ball_union
from maquette.geometry.topology import euler_number, is_watertight
from maquette.shape.build.thicken import thicken
from maquette.shape.carry.combining import combine_solids
from shapes import box, grid, torus, volume

PLATE = box((20, 15, 3), (0, 0, 0))


def join(*meshes: Mesh) -> Mesh:
    return combine_solids("test", meshes[0], meshes[1:], "unite")


def verdict(asset: Asset, limit: float = 0.8) -> str:
    return next(iter(wall_thickness(asset, samples=30_000, min_mm=limit))).verdict


@cache
def fin() -> Asset:
    """A fin of 0.3 mm on a plate, with a texture, a colour by height and two parts."""
    mesh = join(PLATE, box((16, 0.3, 8), (2, 7, 2)))
    painted = mesh.replace(
        uv=mesh.triangles[:, :, [0, 2]] / 20,
        color=np.round(mesh.vertices[:, [2, 2, 2]] * 20),
        part=(mesh.triangles[:, :, 2].mean(axis=1) > 3),
        material=np.zeros(len(mesh.faces)),
    )
    return Asset(painted, (Material(),), ("plate", "fin"), sized=True)


@cache
def thick_fin() -> Asset:
    return thicken(fin())


def test_a_fin_of_a_third_of_a_millimetre_is_printable_afterwards():
    before, after = fin(), thick_fin()
    assert verdict(before) == "fail"
    assert verdict(after) == "pass"
    assert is_watertight(after.mesh.faces)
    assert euler_number(after.mesh.faces) == 2
    beam = solid(after.mesh.vertices, after.mesh.faces).trim_by_plane((0.0, 0.0, 1.0), 5.0)
    width = np.ptp(surface_of(beam)[0][:, 1])
    assert 0.8 <= width < 0.95
    assert volume(after.mesh) - volume(before.mesh) == pytest.approx(16 * 7 * 0.58, rel=0.15)


def test_twice_is_once():
    assert thicken(thick_fin()).mesh == thick_fin().mesh


def test_faces_away_from_the_fin_stay_bit_for_bit():
    mesh = fin().mesh
    away = mesh.triangles[:, :, 2].max(axis=1) < 2.9
    sides = (mesh.triangles[:, :, 2] == 0).all(axis=1)
    assert away.sum() >= 2
    after = {(t.tobytes(), u.tobytes()) for t, u in zip(thick_fin().mesh.triangles, thick_fin().mesh.uv, strict=True)}
    for triangle, uv in zip(mesh.triangles[away | sides], mesh.uv[away | sides], strict=True):
        assert (triangle.tobytes(), uv.tobytes()) in after


def test_new_faces_wear_what_was_nearest():
    mesh = thick_fin().mesh
    upper = mesh.triangles[:, :, 2].min(axis=1) > 4
    assert (mesh.part[upper] == 1).all()
    side = upper & (mesh.triangles[:, :, 2].max(axis=1) < 9.5)
    off = np.abs(mesh.uv[side] - mesh.triangles[side][:, :, [0, 2]] / 20)
    assert np.quantile(off, 0.9) < 0.06
    tall = np.unique(mesh.faces[side])
    assert np.quantile(np.abs(mesh.color[tall][:, 0] - mesh.vertices[tall][:, 2] * 20), 0.9) < 12


def test_nothing_grows_below_the_bed():
    flat = Asset(box((14, 12, 0.3)))
    made = thicken(flat)
    assert made.mesh.bounds[0, 2] == 0
    assert made.mesh.bounds[1, 2] == pytest.approx(0.88, abs=0.02)
    assert verdict(made) == "pass"


def test_a_thin_cup_stays_a_cup():
    from manifold3d import Manifold

    cup = Manifold.cylinder(8, 4, 5, 64) - Manifold.cylinder(8, 3.6, 4.6, 64).translate((0, 0, 0.4))
    before = Asset(Mesh(*surface_of(cup)))
    made = thicken(before)
    assert verdict(before) == "fail"
    assert verdict(made) == "pass"
    assert euler_number(made.mesh.faces) == 2
    room = Manifold.cylinder(9, 3, 3, 64).translate((0, 0, 1.0))
    assert (room ^ solid(made.mesh.vertices, made.mesh.faces)).is_empty()
    assert is_watertight(made.mesh.faces)


def test_a_wire_loop_grows_to_the_limit_and_keeps_its_hole():
    wire = torus(5.0, 0.2, 64, 12)
    made = thicken(Asset(wire)).mesh
    assert euler_number(made.faces) == 0
    assert is_watertight(made.faces)
    assert 0.44 < np.sqrt(volume(made) / (2 * np.pi**2 * 5)) < 0.48  # its radius, were it round
    assert np.linalg.norm(made.vertices[:, :2], axis=1).min() > 4.4


def test_a_statues_sword_is_thickened_and_the_statue_is_not():
    block = box((8, 8, 14))
    sword = join(block, box((10, 0.4, 1.5), (6, 4, 10)))
    made = thicken(Asset(sword)).mesh
    assert np.array_equal(made.bounds[0], sword.bounds[0])
    tip = made.vertices[made.vertices[:, 0] > 10]
    assert 1.0 <= np.ptp(tip[:, 1]) < 1.15  # the limit of what stands free
    kept = {triangle.tobytes() for triangle in made.triangles}
    left = (sword.triangles[:, :, 0] == 0).all(axis=1)
    assert all(triangle.tobytes() in kept for triangle in sword.triangles[left])


def test_a_stout_model_comes_back_as_it_is():
    asset = Asset(box((10, 10, 10)))
    assert thicken(asset).mesh is asset.mesh
    assert thicken(asset, printer="resin-small", wall_mm=2.0).mesh is asset.mesh


def test_an_open_model_is_refused():
    with pytest.raises(CannotDo, match="solidify it first"):
        thicken(Asset(grid()))


def test_balls_in_a_sheet_make_an_even_plate():
    x, y = np.meshgrid(np.arange(0, 6, 0.3), np.arange(0, 6, 0.3))
    jitter = np.random.default_rng(0).uniform(-0.1, 0.1, size=(x.size, 2))
    middles = np.column_stack([x.ravel() + jitter[:, 0], y.ravel() + jitter[:, 1], np.zeros(x.size)])
    vertices, faces = ball_union(middles, np.tile([0.0, 0.0, 1.0], (len(middles), 1)), 1.0, 0.35)
    assert is_watertight(faces)
    assert euler_number(faces) == 2
    inner = (np.abs(vertices[:, :2] - 2.85) < 1.5).all(axis=1)
    assert np.abs(np.abs(vertices[inner, 2]) - 1).max() < 1e-9


def test_one_ball_is_round():
    vertices, faces = ball_union(np.zeros((1, 3)), np.array([[0.0, 0.0, 1.0]]), 3.0, 0.5)
    assert np.abs(np.linalg.norm(vertices, axis=1) - 3).max() < 0.03
    assert euler_number(faces) == 2


def test_more_thin_walls_than_fit_into_memory_are_refused():
    with pytest.raises(CannotDo, match=r"mm² are thinner than 0\.8 mm"):
        thicken(Asset(box((2000, 2000, 0.3))))


def test_a_fin_gets_the_thickness_of_what_stands_free_once():
    thin = Asset(join(box((20, 20, 4)), box((12, 0.9, 10), (4, 9, 3.5))))
    assert verdict(thin, 0) == "warn"
    made = thicken(thin)
    assert verdict(made, 0) == "pass"
    assert np.array_equal(made.mesh.bounds[:, :2], thin.mesh.bounds[:, :2])
    assert thicken(made).mesh == made.mesh
    assert thicken(thin, wall_mm=0.8).mesh == thin.mesh  # the one number that was asked for
