import numpy as np
import pytest

from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh, join_meshes
from maquette.geometry.cut.solids import combine, solid
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import euler_number, is_watertight
from maquette.shape.carry.combining import combine_solids, wear_nearest
from shapes import box, grid, sphere, torus


def surface(mesh):
    return mesh.vertices, mesh.faces


def test_union_and_difference_have_the_volumes_of_sets():
    a, b = box((10, 10, 10)), box((10, 10, 10), (5, 0, 0))
    united = combine(surface(a), [surface(b)], "unite")
    assert signed_volume(united.vertices, united.faces) == pytest.approx(1500)
    cut = combine(surface(a), [surface(box((4, 4, 20), (3, 3, -5)))], "subtract")
    assert signed_volume(cut.vertices, cut.faces) == pytest.approx(1000 - 160)
    assert euler_number(cut.faces) == 0
    assert is_watertight(cut.faces)


def test_faces_that_are_not_cut_come_back_bit_for_bit_and_in_order():
    ball = sphere(20.0, 5)
    made = combine(surface(ball), [surface(box((6, 6, 6), (17, -3, -3)))], "unite")
    mine = made.source == 0
    whole = (made.shares[mine] == np.eye(3)).all(axis=(1, 2))
    assert whole.sum() > 0.97 * len(ball.faces)
    origin = made.origin[mine][whole]
    assert (np.diff(origin) > 0).all()
    assert np.array_equal(made.vertices[made.faces[mine][whole]], ball.triangles[origin])
    kept = made.old[made.old >= 0]
    assert (np.diff(kept) > 0).all()
    assert np.array_equal(made.vertices[: len(kept)], ball.vertices[kept])


def test_shares_lead_back_to_the_new_corners():
    a, b = sphere(10.0, 4), torus(8.0, 4.0)
    made = combine(surface(a), [surface(b)], "subtract")
    for number, mesh in enumerate((a, b)):
        here = made.source == number
        assert here.any()
        again = np.einsum("fck,fkd->fcd", made.shares[here], mesh.triangles[made.origin[here]])
        assert np.abs(again - made.vertices[made.faces[here]]).max() < 1e-9
    assert np.allclose(made.shares.sum(axis=2), 1)


def test_an_open_sheet_is_refused():
    with pytest.raises(CannotDo, match="NotManifold"):
        solid(*surface(grid()))


def paint(mesh: Mesh) -> Mesh:
    return mesh.replace(
        uv=mesh.triangles[:, :, :2] / 40 + 0.5,
        material=(mesh.triangles[:, :, 2].mean(axis=1) > 0),
        part=(mesh.triangles[:, :, 0].mean(axis=1) > 0),
        color=np.round((mesh.vertices + 20) * 6),
        seen=(mesh.vertices[:, 1] < 0),
    )


def test_channels_are_carried_through_a_cut():
    ball = paint(sphere(20.0, 5))
    hole = sphere(8.0, 4)
    tool = wear_nearest(hole.vertices + [20, 0, 0], hole.faces, ball)
    made = combine_solids("test", ball, [tool], "subtract")
    outer = np.linalg.norm(made.triangles, axis=2).min(axis=1) > 19.9
    expected = made.triangles[outer][:, :, :2] / 40 + 0.5
    off = np.abs(made.uv[outer] - expected).max(axis=(1, 2))
    assert (off < 1e-6).mean() > 0.98
    assert off.max() < 0.01  # slivers of the hole along its rim
    assert (made.material[outer] == (made.triangles[outer][:, :, 2].mean(axis=1) > 0)).mean() > 0.98
    rim = np.unique(made.faces[outer])
    assert np.abs(made.color[rim].astype(float) - (made.vertices[rim] + 20) * 6).max() < 1.1
    assert is_watertight(made.faces)
    inner = np.setdiff1d(np.arange(len(made.vertices)), rim)
    assert (made.seen[inner] == 0).all()


def test_what_is_dressed_wears_its_neighbours_colors():
    ball = paint(sphere(20.0, 5))
    shell = sphere(21.0, 4)
    made = wear_nearest(shell.vertices, shell.faces, ball)
    assert np.abs(made.color.astype(float) - (shell.vertices * 20 / 21 + 20) * 6).max() < 6
    assert np.abs(made.uv - (made.triangles[:, :, :2] * 20 / 21 / 40 + 0.5)).max() < 0.02


def test_a_seam_is_not_smeared_across():
    ball = sphere(20.0, 5)
    angle = np.arctan2(*ball.triangles[:, :, 1::-1].transpose(2, 0, 1)) / (2 * np.pi)
    middle = angle[:, :1]
    angle = np.where(angle - middle > 0.5, angle - 1, np.where(middle - angle > 0.5, angle + 1, angle))
    around = ball.replace(uv=np.stack([angle, ball.triangles[:, :, 2] / 40], axis=2))
    shell = sphere(20.5, 4)
    made = wear_nearest(shell.vertices, shell.faces, around)
    steep = np.abs(made.triangles[:, :, 2]).max(axis=1) < 15
    assert np.ptp(made.uv[steep][:, :, 0], axis=1).max() < 0.1


def test_together_keeps_the_first_in_front():
    ball = paint(sphere(5.0, 2))
    made = join_meshes([ball, ball.with_vertices(ball.vertices + 20)])
    assert np.array_equal(made.triangles[: len(ball.faces)], ball.triangles)
    assert np.array_equal(made.uv[len(ball.faces) :], ball.uv)
    assert signed_volume(made.vertices, made.faces) == pytest.approx(2 * signed_volume(ball.vertices, ball.faces))
