import numpy as np
import pytest

from maquette.core.asset import Asset, Material
from maquette.core.errors import BadSetting, CannotDo
from maquette.geometry.flat.lettering import outline
from maquette.geometry.topology import euler_number, face_components, is_watertight
from maquette.shape.build.plinth import plinth
from shapes import box, grid, sphere, volume


def area(loop: np.ndarray) -> float:
    x, y = loop.T
    return float(0.5 * (x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


CUBE = Asset(box((20, 20, 20), (-10, -10, 0)))


def test_a_square_plinth_under_a_cube():
    made = plinth(CUBE, form="square", height_mm=5.0, margin_mm=2.0, sink_mm=1.0)
    assert np.allclose(made.mesh.bounds, [[-12, -12, -4], [12, 12, 20]])
    assert volume(made) == pytest.approx(24 * 24 * 5 + 20**3 - 20 * 20 * 1)
    assert is_watertight(made.mesh.faces)
    assert face_components(made.mesh.faces)[0] == 1


def test_a_round_plinth_reaches_around_the_outline():
    made = plinth(Asset(sphere(20.0, 5)), height_mm=6.0, margin_mm=3.0)
    low, high = made.mesh.bounds
    assert low[2] == pytest.approx(-20 + 1 - 6)
    assert high[0] == pytest.approx(23, abs=0.01)
    radius = np.linalg.norm(made.mesh.vertices[made.mesh.vertices[:, 2] < -19.5][:, :2], axis=1).max()
    assert 23 <= radius < 23.02
    cap = np.pi * 1**2 * (20 - 1 / 3)
    ball = volume(Asset(sphere(20.0, 5)))
    assert volume(made) == pytest.approx(ball + np.pi * 23**2 * 6 - cap, rel=1e-3)


def test_words_stand_out_to_the_front_or_go_in():
    bare = volume(plinth(CUBE, form="square", height_mm=10.0))
    letters = sum(map(area, outline("HI", 4.0)))
    raised = plinth(CUBE, form="square", height_mm=10.0, text="HI", text_mm=4.0)
    assert volume(raised) - bare == pytest.approx(0.8 * letters, rel=1e-6)
    assert raised.mesh.bounds[0, 1] == pytest.approx(-13 - 0.8)
    engraved = plinth(CUBE, form="square", height_mm=10.0, text="HI", text_mm=4.0, lettering="engraved")
    assert bare - volume(engraved) == pytest.approx(0.8 * letters, rel=1e-6)
    assert engraved.mesh.bounds[0, 1] == pytest.approx(-13)
    assert is_watertight(engraved.mesh.faces)


def test_words_are_read_from_the_front():
    made = plinth(CUBE, form="square", height_mm=10.0, text="L", text_mm=6.0).mesh
    front = made.vertices[made.vertices[:, 1] < -13.5]
    foot = front[front[:, 2] < front[:, 2].min() + 0.5]
    stem = front[front[:, 2] > front[:, 2].max() - 0.5]
    assert foot[:, 0].max() > stem[:, 0].max() + 1  # an L has its foot to the right, +X
    assert front[:, 2].mean() == pytest.approx(1 - 5, abs=1.5)


def test_words_on_a_round_plinth_follow_the_curve():
    made = plinth(CUBE, height_mm=10.0, text="MAQUETTE").mesh
    radius = np.linalg.norm(made.vertices[:, :2], axis=1)
    plain = np.linalg.norm(plinth(CUBE, height_mm=10.0).mesh.vertices[:, :2], axis=1).max()
    assert radius.max() == pytest.approx(plain + 0.8, abs=0.01)
    out = made.vertices[radius > plain + 0.7]
    assert np.ptp(out[:, 1]) > 1
    assert (out[:, 1] < 0).all()
    assert is_watertight(made.faces)
    assert face_components(made.faces)[0] == 1


def test_material_and_part_of_its_own_and_the_model_untouched():
    ball = sphere(10.0, 4)
    mesh = ball.replace(
        uv=np.zeros((len(ball.faces), 3, 2)), material=np.zeros(len(ball.faces)), part=np.zeros(len(ball.faces))
    )
    made = plinth(Asset(mesh, (Material(name="skin"),), ("ball",)))
    assert [material.name for material in made.materials] == ["skin", "plinth"]
    assert made.part_names == ("ball", "plinth")
    below = made.mesh.triangles[:, :, 2].max(axis=1) < -9.1
    assert (made.mesh.material[below] == 1).all()
    assert (made.mesh.part[below] == 1).all()
    upper = ball.triangles[:, :, 2].min(axis=1) > -8
    kept = {triangle.tobytes() for triangle in made.mesh.triangles}
    assert all(triangle.tobytes() in kept for triangle in ball.triangles[upper])
    assert euler_number(made.mesh.faces) == 2


def test_no_material_is_invented():
    made = plinth(CUBE)
    assert made.materials == ()
    assert made.mesh.material is None


def test_refusals():
    with pytest.raises(BadSetting, match="sink_mm = 8"):
        plinth(CUBE, sink_mm=8.0)
    with pytest.raises(CannotDo, match="mm high, 2 is least"):
        plinth(CUBE, text="x" * 100)
    with pytest.raises(CannotDo, match="on a front of"):
        plinth(CUBE, text="Hello", text_mm=30.0)
    with pytest.raises(BadSetting, match="'Ж'"):
        plinth(CUBE, text="Ж")
    with pytest.raises(CannotDo, match="solidify it first"):
        plinth(Asset(grid()))
