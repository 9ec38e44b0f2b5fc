"""How far two surfaces lie apart, and the check that says so."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.deviation import deviation as check
from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.geometry.remake.deviation import deviation
from shapes import box, sphere, together


def apart(mesh, other, samples=20_000):
    return deviation(mesh.vertices, mesh.faces, other.vertices, other.faces, samples)


def test_nothing_lies_between_a_mesh_and_its_finer_self():
    made = apart(box((20, 20, 20)), box((20, 20, 20)))
    assert (made.mean, made.rms, made.max) == pytest.approx((0, 0, 0), abs=1e-12)


def test_concentric_spheres_are_apart_by_the_difference_of_radii():
    made = apart(sphere(10, 5), sphere(10.5, 5))
    assert made.there.mean == pytest.approx(0.5, abs=5e-3)
    assert made.back.mean == pytest.approx(0.5, abs=5e-3)
    assert made.max == pytest.approx(0.5, abs=1e-2)


def test_a_box_one_longer_by_known_shares_of_its_surface():
    made = apart(box((10, 10, 11)), box((10, 10, 10)), 200_000)
    area = 2 * 100 + 4 * 110  # the lid is 1 away, the collar's sides 0.5 on average
    assert made.there.mean == pytest.approx((100 * 1 + 40 * 0.5) / area, rel=1e-3)
    assert made.there.rms == pytest.approx(np.sqrt((100 * 1 + 40 / 3) / area), rel=1e-3)
    assert made.there.max == pytest.approx(1, abs=1e-9)


def test_what_is_missing_shows_on_the_way_back_only():
    whole = together(box((10, 10, 10)), box((1, 1, 1), (30, 0, 0)))
    made = apart(box((10, 10, 10)), whole)
    assert made.there.max < 1e-9
    assert 20 < made.back.max < 21.1


def finding(mesh, other, **settings):
    (made,) = check(Asset(mesh), Asset(other), **settings)
    return made


def test_check_passes_a_model_that_was_only_cut_finer():
    made = finding(sphere(20, 5), sphere(20, 4))
    assert made.verdict == "pass"
    assert made.value < 0.06
    assert len(made.faces) == 0


def test_check_names_number_limit_and_faces_of_a_bump():
    plain = box((20, 20, 20))
    made = finding(together(plain, box((10, 10, 1), (5, 5, 20))), plain)
    assert made.verdict == "fail"
    assert made.value == pytest.approx(1, abs=1e-9)
    assert made.limit == "at most 0.2"
    assert set(made.faces) >= {14, 15}  # the lid of the bump
    assert not set(made.faces) & set(range(12))
    assert made.overlay[:12].max() < 1e-9


def test_check_fails_what_lost_a_part_and_warns_in_between():
    whole = together(box((10, 10, 10)), box((5, 5, 5), (30, 0, 0)))
    assert finding(box((10, 10, 10)), whole).verdict == "fail"
    assert finding(sphere(20, 5), sphere(20.4, 5)).verdict == "warn"
    assert finding(sphere(20, 5), sphere(20.4, 5), max_mm=0.5).verdict == "pass"


def test_check_refuses_what_has_no_surface():
    with pytest.raises(BadInput, match="reference has 0 faces"):
        finding(box(), box().keep_faces(np.arange(0)))
