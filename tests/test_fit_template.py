"""Fit a template: poses are found, outlines are followed, what fits nowhere is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.errors import BadInput, CannotDo
from maquette.core.mesh import Mesh, join_meshes
from maquette.core.progress import noting
from maquette.core.subject import Subject
from maquette.generate.guess.network import infer
from maquette.generate.template.cage import bend_points, outline_of
from maquette.generate.template.fit_template import fit_template, quarter_faces
from maquette.generate.template.pose import Pose, best_pose, picture_of
from maquette.geometry.sampling import surface_samples
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import edges
from shapes import box

pytest.importorskip("onnxruntime")


def cart() -> Mesh:
    """A long low box with a high narrow one at one end, so that no two sides look alike."""
    low, high = box((1.0, 0.5, 0.25), (-0.5, -0.25, -0.12)), box((0.25, 0.4, 0.5), (-0.12, -0.2, -0.25))
    return join_meshes([low, high.with_vertices(high.vertices + [-0.37, 0.05, 0.3])])


def network_view(mesh: Mesh, numbers: list[float], eye: float = 4.0):
    """What the network would say of the mesh in a pose: its mask and normals, and everything else of some photo."""
    pixels = np.full((96, 96, 3), 140, np.uint8)
    inside = np.zeros((96, 96), np.float32)
    inside[20:76, 20:76] = 1
    guess = replace(infer(Subject(pixels, mask=inside), "test"), eye=eye)
    points = surface_samples(mesh.vertices, np.asarray(mesh.faces), 20_000)
    pose = Pose(np.array(numbers))
    shown, normals = picture_of(pose.placed(points.points, eye), points.normals, pose, guess)
    up = np.array([0.0, -np.cos(numbers[1]), -np.sin(numbers[1])])
    return replace(guess, mask=shown.astype(np.float32), normal=normals, up=up)


@pytest.mark.parametrize("yaw", [40.0, -70.0])
def test_the_pose_is_found(yaw):
    mesh = cart()
    guess = network_view(mesh, [np.radians(yaw), 0.25, 0, 0, 0, 0, 0.3, 0.05, -0.03])
    points = surface_samples(mesh.vertices, np.asarray(mesh.faces), 4000)
    pose, iou = best_pose(points, guess)
    assert (np.degrees(pose.numbers[0]) - yaw + 180) % 360 - 180 == pytest.approx(0, abs=8)
    assert pose.up == pytest.approx(guess.up, abs=0.15)
    assert iou > 0.88
    fixed, _ = best_pose(points, guess, yaw=0.3)
    assert fixed.numbers[0] == pytest.approx(0.3, abs=1e-4)


def test_an_outline_is_bent_to_another():
    around = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    circle = 0.6 * np.stack([np.cos(around), np.sin(around)], axis=1)
    wanted = circle * [1.2, 0.8] + [0.03, 0.0]
    middle, moved = bend_points(np.zeros((1, 2)), circle, wanted)
    gap = np.linalg.norm(moved[:, None] - wanted[None], axis=2).min(axis=1)
    assert gap.max() < 0.04
    assert middle[0] == pytest.approx([0.03, 0.0], abs=0.03)
    still, same = bend_points(circle, circle, circle)
    assert still == pytest.approx(circle, abs=0.01)
    assert same == pytest.approx(circle, abs=0.01)


def test_outlines_are_the_outermost_pixels():
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    mask[9, 9] = False  # a hole is no outline
    assert len(outline_of(mask)) == 36


def test_faces_cut_in_four_are_the_same_surface():
    mesh = box((1.0, 2.0, 3.0))
    vertices, faces = quarter_faces(mesh.vertices, np.asarray(mesh.faces))
    assert len(faces) == 4 * len(mesh.faces)
    assert face_areas(vertices, faces).sum() == pytest.approx(22.0)
    found = edges(faces)
    assert (found.count == 2).all()
    assert len(vertices) - len(found.count) + len(faces) == 2


def photo_of(inside: np.ndarray) -> Subject:
    pixels = np.full((*inside.shape, 3), (120, 90, 160), np.uint8)
    return Subject(pixels, mask=inside.astype(np.float32))


def test_a_box_becomes_the_photos_barrel():
    rows, columns = np.mgrid[:120, :120] + 0.5
    barrel = (np.abs(columns - 60) < 30 + 12 * np.cos((rows - 60) / 40)) & (np.abs(rows - 60) < 45)
    with noting() as notes:
        made = fit_template(photo_of(barrel), Asset(box((0.6, 0.6, 0.9)), title="crate"))
    assert any("fitted crate" in line for line in notes)
    assert made.camera is not None
    at, _ = made.camera.project(made.mesh.vertices)
    edge = at[np.argsort(at[:, 0])[[0, -1]]]
    assert edge[1, 0] - edge[0, 0] == pytest.approx(2 * 42 / 120, abs=0.05)
    unbent = fit_template(photo_of(barrel), Asset(box((0.6, 0.6, 0.9))), bend=0)
    assert unbent.digest != made.digest
    assert made.digest == fit_template(photo_of(barrel), Asset(box((0.6, 0.6, 0.9)), title="crate")).digest
    assert len(made.materials) == 1
    assert 0.2 < float(made.mesh.seen.mean()) < 0.8


def test_what_fits_nowhere_is_refused():
    rows, columns = np.mgrid[:120, :120] + 0.5
    ring = (np.hypot(columns - 60, rows - 60) < 55) & (np.hypot(columns - 60, rows - 60) > 45)
    with pytest.raises(CannotDo, match="share"):
        fit_template(photo_of(ring), Asset(box((1.0, 1.0, 1.0))))
    empty = Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64)))
    with pytest.raises(BadInput, match="no faces"):
        fit_template(photo_of(ring), empty)
