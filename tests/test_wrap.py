"""A closed skin around anything: neither blown up, nor hollow, nor with rooms inside."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges, face_components, fan_count, is_watertight
from maquette.shape.mend.wrap import wrap
from samples import ball, wreck
from shapes import box, grid, soup, sphere, together, volume

RNG = np.random.default_rng(0)
BALL = sphere(20, 4)
VOLUME = signed_volume(BALL.vertices, BALL.faces)


def wrap_mesh(mesh, **settings):
    made = wrap(Asset(mesh), **settings)
    assert is_watertight(made.mesh.faces)
    assert (fan_count(made.mesh.faces, len(made.mesh.vertices)) == 1).all()
    return made


def test_a_box_is_not_blown_up_by_a_hair():
    made = wrap_mesh(box((20, 13, 7)), pitch_mm=0.7)
    assert volume(made) == pytest.approx(20 * 13 * 7, rel=1e-9)
    assert np.ptp(made.mesh.bounds, axis=0) == pytest.approx([20, 13, 7], abs=1e-9)


@pytest.mark.parametrize(
    "mesh",
    [
        soup(BALL.flipped(RNG.random(2048) < 0.5)),
        together(BALL, sphere(15, 3).flipped(), sphere(10, 3)),
        together(BALL, box((50, 0.001, 50), (-25, 0, -25))).keep_faces(np.arange(2048)),
        BALL.keep_faces(RNG.random(2048) > 0.03),
    ],
    ids=["loose and half flipped", "shells within", "whole", "3 % missing"],
)
def test_a_ball_is_full_and_as_large_as_it_was(mesh):
    made = wrap_mesh(mesh, pitch_mm=0.8, gap_mm=6)
    assert volume(made) == pytest.approx(VOLUME, rel=0.015)  # each of 60 holes leaves a dimple
    assert face_components(made.mesh.faces)[0] == 1


def test_a_hole_is_spanned_up_to_the_gap_and_no_wider():
    holed = BALL.keep_faces(np.linalg.norm(BALL.triangles.mean(axis=1) - [20, 0, 0], axis=1) > 3.5)
    assert volume(wrap_mesh(holed, pitch_mm=0.7, gap_mm=12)) == pytest.approx(VOLUME, rel=0.02)
    shell = wrap_mesh(holed, pitch_mm=0.7, gap_mm=2, wall_mm=1.4)
    assert volume(shell) == pytest.approx(4 * np.pi * 400 * 1.4, rel=0.06)


def test_a_groove_narrower_than_the_gap_stays_a_groove():
    comb = together(*[box((4, 20, 20), (6 * k, 0, 0)) for k in range(4)], box((22, 20, 4), (0, 0, -4)))
    made = wrap_mesh(comb, pitch_mm=0.5, gap_mm=5)
    assert volume(made) == pytest.approx(4 * 4 * 400 + 22 * 20 * 4, rel=0.01)


def test_sheets_become_walls_of_the_thickness_asked_for():
    made = wrap_mesh(grid(30, 30), pitch_mm=0.5, wall_mm=1.2)
    assert volume(made) == pytest.approx(1.2 * (900 + 120 * 0.6 * np.pi / 4 + 0.36 * np.pi), rel=0.03)
    assert made.mesh.bounds[:, 2] == pytest.approx([-0.6, 0.6], abs=0.02)


def test_a_bowl_without_thickness_stays_a_bowl():
    half = BALL.keep_faces(BALL.triangles[:, :, 2].mean(axis=1) < 0)
    made = wrap_mesh(half, pitch_mm=0.6, wall_mm=1.2)
    assert volume(made) == pytest.approx(2 * np.pi * 400 * 1.2, rel=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_a_cloud_of_loose_triangles_ends_closed(seed):
    rng = np.random.default_rng(seed)
    middle = rng.uniform(0, 20, (300, 1, 3))
    cloud = Mesh((middle + rng.normal(size=(300, 3, 3))).reshape(-1, 3), np.arange(900).reshape(-1, 3))
    made = wrap_mesh(cloud, pitch_mm=0.5)
    assert (edges(made.mesh.faces).count == 2).all()
    assert volume(made) > 100


def test_parts_stay_and_scraps_stay_scraps():
    made = wrap_mesh(together(BALL, box((5, 5, 5), (30, 0, 0))), pitch_mm=0.7)
    assert face_components(made.mesh.faces)[0] == 2
    assert volume(made) == pytest.approx(VOLUME + 125, rel=3e-3)


def test_says_what_it_did_and_carries_the_texture():
    made = wrap(ball(), pitch_mm=1.5)
    assert made.mesh.uv is not None
    assert "pitch of 1.5 mm" in " ".join(made.history[-1].notes)
    notes = " ".join(wrap_mesh(grid(8, 8)).history[-1].notes)
    assert "gave sheets a thickness" in notes


def test_the_wreck_ends_closed_and_the_same_each_time():
    first = wrap(wreck(), pitch_mm=1.0)
    assert is_watertight(first.mesh.faces)
    assert first.digest == wrap(wreck(), pitch_mm=1.0).digest


def test_refuses_what_has_no_surface_and_a_pitch_too_fine():
    with pytest.raises(CannotDo, match="0 faces"):
        wrap(Asset(BALL.keep_faces(np.arange(0))))
    with pytest.raises(CannotDo, match="take a wider one"):
        wrap(Asset(BALL), pitch_mm=0.05)
