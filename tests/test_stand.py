"""Stand: what stands stays, what is flat lies down, everything else gets a plinth."""

import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.progress import noting
from maquette.geometry.topology import is_watertight
from maquette.shape.place.stand import stand
from shapes import box, volume


def test_what_stands_is_left_alone():
    cube = Asset(box((20, 20, 20), (-10, -10, 0)))
    assert stand(cube).mesh is cube.mesh


def test_a_flat_thing_is_laid_on_its_back_with_its_front_up():
    card = Asset(box((40, 2, 60), (-20, -1, 0)))  # stands on 2 mm, 60 high: a tilt of 1.9 degrees tips it
    with noting() as notes:
        made = stand(card, tilt_deg=3.0)
    assert made.size == pytest.approx((40, 60, 2))
    assert made.mesh.bounds[0, 2] == pytest.approx(0)
    assert volume(made) == pytest.approx(volume(card))
    assert "laid on its back" in made.history[-1].notes[0] if made.history else "laid on its back" in notes[0]


def test_the_front_looks_up_once_it_lies():
    slope = box((40, 2, 60), (-20, -1, 0))
    front = slope.vertices[:, 1] < 0
    made = stand(Asset(slope), tilt_deg=3.0)
    assert (made.mesh.vertices[front, 2] > made.mesh.vertices[~front, 2].max() - 1e-9).all()


def test_a_thing_that_leans_out_gets_a_plinth():
    tower = box((10, 40, 60), (-5, -5, 0))
    lifted = tower.vertices + np.outer(tower.vertices[:, 2] > 1, [0.0, -60.0, 0.0])
    leaning = Asset(tower.with_vertices(lifted))
    low = volume(leaning)
    made = stand(leaning)
    assert volume(made) > low
    assert is_watertight(made.mesh.faces)
    assert made.mesh.bounds[0, 2] == pytest.approx(0, abs=1e-9)
    again = stand(made)
    assert again.mesh is made.mesh


def test_nothing_stays_nothing():
    empty = Asset(box((1, 1, 1)).keep_faces(np.zeros(12, bool)))
    assert stand(empty) is not None
