from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog
from scipy.spatial.transform import Rotation

from maquette.core.mesh import Mesh
from maquette.geometry.inside.intersections import intersecting_pairs
from shapes import box, grid, sphere, tetrahedron, together, torus

FLAT = [[0, 0, 0], [4, 0, 0], [0, 4, 0]]


def pairs_of(mesh: Mesh, **settings) -> set[tuple[int, int]]:
    return set(map(tuple, intersecting_pairs(mesh.vertices, mesh.faces, **settings).pairs.tolist()))


def two(second, first=FLAT) -> Mesh:
    return Mesh(np.array([*first, *second], float), [[0, 1, 2], [3, 4, 5]])


def insides_meet(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether some point has only positive weights in both triangles: a linear program that knows no planes."""
    if any(not np.cross(t[1] - t[0], t[2] - t[0]).any() for t in (first, second)):
        return False
    equal = np.zeros((5, 7))
    equal[:3, :3], equal[:3, 3:6] = first.T, -second.T
    equal[3, :3] = equal[4, 3:6] = 1
    above = np.hstack([-np.eye(6), np.ones((6, 1))])  # every weight is at least t, t as large as may be
    best = linprog(
        np.append(np.zeros(6), -1),
        A_ub=above,
        b_ub=np.zeros(6),
        A_eq=equal,
        b_eq=[0, 0, 0, 1, 1],
        bounds=[(None, None)] * 7,
    )
    return best.status == 0 and -best.fun > 1e-7


def by_linear_program(mesh: Mesh) -> set[tuple[int, int]]:
    corners = mesh.triangles
    return {(i, j) for i in range(len(corners)) for j in range(i + 1, len(corners)) if insides_meet(*corners[[i, j]])}


@settings(max_examples=60, deadline=None)
@given(arrays(np.int64, (6, 3, 3), elements=st.integers(0, 3)))
def test_random_soups_agree_with_a_linear_program(corners):
    mesh = Mesh(corners.reshape(-1, 3).astype(float), np.arange(18).reshape(-1, 3))
    assert pairs_of(mesh) == by_linear_program(mesh)


@settings(max_examples=25, deadline=None)
@given(arrays(np.int64, (7, 3), elements=st.integers(0, 4)), st.randoms(use_true_random=False))
def test_random_meshes_with_shared_corners_agree_too(vertices, random):
    faces = np.array([random.sample(range(7), 3) for _ in range(7)])
    mesh = Mesh(vertices.astype(float), faces)
    assert pairs_of(mesh) == by_linear_program(mesh)


@pytest.mark.parametrize("steps", [2, 3, 5, 1000])
def test_soups_on_coarse_and_fine_lattices_agree(steps):
    """A coarse lattice is full of touches, shared corners and coplanar pairs; a fine one has none."""
    random = np.random.default_rng(steps)
    total = 0
    for _ in range(12):
        mesh = Mesh(random.integers(0, steps, (24, 3)).astype(float), np.arange(24).reshape(-1, 3))
        expected = by_linear_program(mesh)
        assert pairs_of(mesh) == expected
        total += len(expected)
    assert total > 10


@pytest.mark.parametrize("steps", [3, 4, 6])
def test_soups_in_one_plane_agree(steps):
    random = np.random.default_rng(steps)
    for axis in range(3):
        corners = random.integers(0, steps, (45, 3)).astype(float)
        corners[:, axis] = 2
        mesh = Mesh(corners, np.arange(45).reshape(-1, 3))
        found = intersecting_pairs(mesh.vertices, mesh.faces)
        assert set(map(tuple, found.pairs.tolist())) == by_linear_program(mesh)
        assert found.lying.all()
        assert len(found.lying) > 10


@pytest.mark.parametrize("order", [1, -1])
def test_a_small_face_lies_on_a_large_one_though_its_plane_is_inexact(order):
    """Rounding tilts the small plane, so the large one's corners lie far from it."""
    small = [[1, 1, 1e-7], [1.001, 1, -1e-7], [1, 1.001, -1e-7]]
    mesh = two(*[FLAT, small][::order])
    found = intersecting_pairs(mesh.vertices, mesh.faces, tolerance=1e-6)
    assert found.pairs.tolist() == [[0, 1]]
    assert found.lying.tolist() == [True]


@pytest.mark.parametrize("height", np.linspace(0.1, 0.9, 9))
def test_boxes_in_single_precision_lose_nothing(height):
    """The tip goes through by less than a 32-bit number can tell."""
    mesh = two([[1, 1, height - 1e-9], [1, 2, 3], [2, 1, 3]], first=np.add(FLAT, [0, 0, height]))
    down = mesh.with_vertices(mesh.vertices * [1, 1, -1])
    assert len(pairs_of(mesh)) == len(pairs_of(down)) == 1


@pytest.mark.parametrize(
    ("second", "lying"),
    [
        ([[1, 1, -1], [1, 1, 1], [2, 1, 1]], False),  # through the middle
        ([[1, -1, -1], [1, -1, 1], [1, 9, 0]], False),  # across two edges
        ([[0, 0, 0], [2, 1, -1], [2, 1, 1]], False),  # shares a corner and goes through
        (FLAT, True),  # the same once more
        (FLAT[::-1], True),  # the same the other way round
        ([[0, 0, 0], [4, 0, 0], [1, 1, 0]], True),  # shares an edge and is folded back
        ([[1, 1, 0], [9, 1, 0], [1, 9, 0]], True),  # overlaps in the plane
        ([[1, 1, 0], [2, 1, 0], [1, 2, 0]], True),  # lies within
    ],
)
def test_meets(second, lying):
    found = intersecting_pairs(two(second).vertices, two(second).faces)
    assert found.pairs.tolist() == [[0, 1]]
    assert found.lying.tolist() == [lying]
    assert found.complete


@pytest.mark.parametrize(
    "second",
    [
        [[1, 1, 0], [1, 1, 2], [2, 1, 2]],  # a corner on the face
        [[1, 1, 0], [2, 1, 0], [1, 1, 2]],  # a fin that stands on the face
        [[4, 0, 0], [0, 4, 0], [4, 4, 0]],  # shares an edge in the plane
        [[2, 2, 0], [0, 4, 0], [4, 4, 0]],  # T-junction
        [[4, 0, 0], [0, 4, 0], [0, 0, 9]],  # shares an edge, folded up
        [[0, 0, 0], [-1, 2, -1], [-1, 2, 1]],  # shares a corner, goes the other way
        [[2, 2, -1], [2, 2, 1], [4, 4, 0]],  # an edge that touches an edge
        [[1, 1, 1], [2, 1, 1], [1, 2, 1]],  # above
        [[9, 9, -1], [9, 9, 1], [8, 9, 0]],  # beside
    ],
)
def test_only_touches(second):
    assert pairs_of(two(second)) == set()


@pytest.mark.parametrize("mesh", [box(), tetrahedron(), sphere(7, 4), torus(), grid(20, 20)])
def test_clean_solids_have_none(mesh):
    turned = mesh.with_vertices(mesh.vertices @ Rotation.from_euler("xyz", [0.3, 1.1, -0.4]).as_matrix().T + 5)
    assert pairs_of(mesh) == pairs_of(turned, tolerance=1e-9) == set()


def test_two_boxes_through_each_other_have_the_same_pairs_however_they_lie():
    mesh = together(box((4, 4, 4)), box((9, 1, 1), (-2, 1.1, 1.3)))
    expected = by_linear_program(mesh)
    assert len(expected) == len(pairs_of(mesh)) == 20
    for turn in Rotation.random(5, rng=1).as_matrix():
        for scale in (1e-6, 1.0, 1e9):
            assert pairs_of(mesh.with_vertices(scale * (mesh.vertices @ turn.T + 3))) == expected


def test_the_order_of_the_faces_does_not_matter():
    mesh = together(sphere(5, 3), torus(5, 1))
    order = np.random.default_rng(0).permutation(len(mesh.faces))
    found = pairs_of(mesh)
    assert len(found) > 100
    assert {tuple(sorted(order[list(pair)])) for pair in pairs_of(mesh.keep_faces(order))} == found


def test_pairs_are_sorted_and_come_once():
    mesh = together(sphere(5, 3), torus(5, 1))
    found = intersecting_pairs(mesh.vertices, mesh.faces).pairs
    assert (found[:, 0] < found[:, 1]).all()
    assert (np.diff(found[:, 0] * len(mesh.faces) + found[:, 1]) > 0).all()


def test_tolerance_makes_a_shallow_cut_a_touch():
    mesh = together(box(), box(corner=(0.25, 0.25, 0.999)))
    assert pairs_of(mesh, tolerance=1e-6)
    found = intersecting_pairs(mesh.vertices, mesh.faces, tolerance=2e-3)
    assert found.lying.all()
    assert {tuple(pair) for pair in found.pairs.tolist()} == {
        (2, 13),
        (3, 12),
    }  # the top of one, the floor of the other


@pytest.mark.parametrize("tolerance", [0, 1e-6, 1e-5, 3e-5, 1e-4, 3e-4, 4e-4, 6e-4, 1e-3])
def test_slivers_side_by_side_do_not_meet_whatever_counts_as_a_touch(tolerance):
    """Their planes are nearly parallel: where they meet hangs on distances that the tolerance must not round."""
    first = [[0.2503, -0.0391, 0.7552], [-0.0276, -0.2712, 0.0757], [-0.162, -0.4023, -0.2765]]
    second = [[0.244, -0.0186, 0.7752], [-0.1681, -0.3823, -0.2615], [0.1098, -0.15, 0.4205]]
    assert pairs_of(two(second, first=first), tolerance=tolerance) == set()


def test_faces_without_a_plane_are_left_out():
    sliver = [[0, 0, 1], [1, 0, 1], [2, 0, 1]]
    assert pairs_of(two(sliver, first=[[1, -1, 0], [1, 1, 0], [1, 0, 9]])) == set()
    assert pairs_of(Mesh([[5, 5, 5]], [[0, 0, 0]])) == pairs_of(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))) == set()


def test_huge_and_tiny_faces_together():
    floor = Mesh([[-1e6, -1e6, 0.5], [1e6, -1e6, 0.5], [0, 1e6, 0.5]], [[0, 1, 2]])
    small = sphere(1, 2)
    found = pairs_of(together(floor, small))
    height = small.triangles[:, :, 2]
    cut = (height.min(axis=1) < 0.5) & (height.max(axis=1) > 0.5)
    assert found == {(0, 1 + face) for face in np.flatnonzero(cut)}


def test_long_slivers_are_found_wherever_they_lie():
    """Their boxes are halved many times on the way; the answer must be that of whole faces, each pair once."""
    random = np.random.default_rng(5)
    middle, along = random.uniform(-0.7, 0.7, (2, 6, 1, 3))
    ends = middle + along * np.array([[-30.0], [30.0]])
    third = middle + random.normal(size=(6, 1, 3))
    slivers = Mesh(np.concatenate([ends, third], axis=1).reshape(-1, 3), np.arange(18).reshape(-1, 3))
    mesh = together(slivers, sphere(1, 2))
    corners = mesh.triangles
    expected = {(i, j) for i in range(6) for j in range(i + 1, len(corners)) if insides_meet(*corners[[i, j]])}
    found = intersecting_pairs(mesh.vertices, mesh.faces).pairs
    assert len(found) == len(expected) > 10
    assert set(map(tuple, found.tolist())) == expected


def test_a_slanted_rod_of_slivers_costs_little_more_than_an_upright_one():
    """The boxes of its facets all overlap along the axes, and hardly along the rod; a ball pierces it somewhere."""
    turn = np.linspace(0, 2 * np.pi, 1500, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], axis=1)
    k = np.arange(1500)
    faces = np.concatenate([np.stack(f, axis=1) for f in (
        (k, (k + 1) % 1500, k + 1500), ((k + 1) % 1500, (k + 1) % 1500 + 1500, k + 1500))])  # fmt: skip
    upright = together(Mesh(np.concatenate([ring, ring + [0, 0, 100]]), faces), sphere(1.05, 2))
    c, s = np.cos(0.7), np.sin(0.7)
    slant = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
    expected = intersecting_pairs(upright.vertices, upright.faces)
    found = intersecting_pairs(upright.vertices @ slant.T, upright.faces, effort=20_000_000)
    assert found.complete
    assert len(expected.pairs) > 1000
    assert np.array_equal(found.pairs, expected.pairs)


def hostile(count: int) -> Mesh:
    """Large triangles all over the same place: nearly every pair meets."""
    corners = np.random.default_rng(0).uniform(-1, 1, (count * 3, 3))
    return Mesh(corners, np.arange(count * 3).reshape(-1, 3))


def test_a_soup_ends_at_the_limit_in_bounded_memory():
    mesh = hostile(20_000)
    tracemalloc.start()
    found = intersecting_pairs(mesh.vertices, mesh.faces, limit=10_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.pairs) == 10_000
    assert not found.complete
    assert peak < 100e6


def test_a_soup_ends_when_effort_runs_out():
    mesh = hostile(600)  # 180 thousand pairs of faces, half a million pairs of boxes on the way
    assert intersecting_pairs(mesh.vertices, mesh.faces).complete
    found = intersecting_pairs(mesh.vertices, mesh.faces, effort=700_000)
    assert not found.complete
    assert 0 < len(found.pairs) < 100_000
    assert not intersecting_pairs(sphere().vertices, sphere().faces, effort=1).complete


def test_the_share_done_rises_to_one():
    heard: list[float] = []
    mesh = sphere(1, 6)
    intersecting_pairs(mesh.vertices, mesh.faces, tell=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert len(heard) > 2
