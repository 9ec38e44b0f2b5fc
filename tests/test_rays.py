import numpy as np
import pytest

from maquette.geometry.rays import Tracer
from shapes import box, sphere, tetrahedron


def tracer_of(mesh) -> Tracer:
    return Tracer(mesh.vertices, mesh.faces)


def rays_at(mesh, count: int, seed: int = 0):
    """Rays from all around, most of which hit: origins on a ball of four radii, aimed into the box."""
    rng = np.random.default_rng(seed)
    outward = rng.normal(size=(count, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    low, high = mesh.bounds
    origins = (low + high) / 2 + outward * mesh.diagonal * 2
    return origins, rng.uniform(low, high, size=(count, 3)) - origins


def brute_force(mesh, origins, directions):
    """Nearest distance over all faces, by solving a + u·ab + v·ac = o + t·d for every pair."""
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    a, b, c = mesh.triangles.transpose(1, 0, 2)
    best = np.full(len(origins), np.inf)
    for row, (origin, direction) in enumerate(zip(origins, unit, strict=True)):
        matrix = np.stack([b - a, c - a, np.broadcast_to(-direction, a.shape)], axis=2)
        regular = np.abs(np.linalg.det(matrix)) > 1e-12
        u, v, t = np.linalg.solve(matrix[regular], (origin - a[regular])[:, :, None])[:, :, 0].T
        inside = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
        best[row] = t[inside].min(initial=np.inf)
    return best


def test_the_nearest_face_is_that_of_solving_every_pair():
    mesh = sphere(subdivisions=2)
    origins, directions = rays_at(mesh, 500)
    hits = tracer_of(mesh).first(origins, directions)
    expected = brute_force(mesh, origins, directions)
    assert np.isfinite(expected).sum() > 200
    np.testing.assert_array_equal(hits.face >= 0, np.isfinite(expected))
    np.testing.assert_allclose(hits.distance, expected, rtol=1e-12)


def test_barycentrics_and_distance_name_one_point_to_float64():
    mesh = sphere(37.0, subdivisions=3)
    origins, directions = rays_at(mesh, 2000)
    hits = tracer_of(mesh).first(origins, directions)
    hit = hits.face >= 0
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    a, b, c = mesh.triangles[hits.face[hit]].transpose(1, 0, 2)
    u, v = hits.u[hit, None], hits.v[hit, None]
    along = (origins + unit * np.where(hit, hits.distance, 0)[:, None])[hit]
    np.testing.assert_allclose((1 - u - v) * a + u * b + v * c, along, atol=1e-11)


def test_quick_answers_name_the_same_faces_to_a_millionth():
    mesh = sphere(37.0, subdivisions=3)
    origins, directions = rays_at(mesh, 2000)
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    exact, quick = tracer_of(mesh).first(origins, unit), tracer_of(mesh).first_nearby(origins, unit)
    hit = exact.face >= 0
    np.testing.assert_array_equal(quick.face, exact.face)
    np.testing.assert_allclose(quick.distance[hit], exact.distance[hit], atol=4e-6 * mesh.diagonal)
    assert np.isinf(quick.distance[~hit]).all()
    np.testing.assert_allclose(quick.u, exact.u, atol=1e-4)
    np.testing.assert_allclose(quick.v, exact.v, atol=1e-4)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9, 1e200])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_a_mesh_may_be_tiny_huge_or_far_away(scale, shift):
    mesh = box(size=(scale, scale, scale), corner=(shift * scale,) * 3)
    middle = mesh.bounds.mean(axis=0)
    hits = tracer_of(mesh).first(middle + np.array([[0.01, -1e5, 0.02]]) * scale, np.array([[0.0, 3.0, 0.0]]))
    np.testing.assert_allclose(hits.distance, (1e5 - 0.5) * scale, rtol=1e-9)
    assert hits.face[0] in (4, 5)  # the front of the box


def test_what_misses_has_face_minus_one_and_infinite_distance():
    hits = tracer_of(box()).first(np.array([[5.0, 5, 5], [0.5, 0.5, 9.0]]), np.array([[0, 0, 1.0], [0, 0, 0]]))
    assert hits.face.tolist() == [-1, -1]
    assert np.isinf(hits.distance).all()


def test_blocked_minds_its_limit():
    tracer = tracer_of(box())
    origins = np.array([[0.4, 0.3, 3.0]] * 4)
    down = np.array([[0, 0, -2.0]] * 4)
    limits = np.array([1.999, 2.001, np.inf, 0.0])
    assert tracer.is_blocked(origins, down, limits).tolist() == [False, True, True, False]
    assert tracer.is_blocked(origins - down * 5e6, down, 1e7 + 1.9).tolist() == [False] * 4
    assert tracer.is_blocked(origins, -down, np.inf).tolist() == [False] * 4


def test_an_origin_lifted_by_a_step_no_longer_meets_its_own_face():
    mesh = sphere(50.0, subdivisions=4)
    tracer = tracer_of(mesh)
    middle = mesh.triangles.mean(axis=1)
    outward = middle / np.linalg.norm(middle, axis=1, keepdims=True)
    assert not tracer.is_blocked(middle + outward * tracer.step, outward, np.inf).any()
    assert tracer.is_blocked(middle - outward * tracer.step, outward, np.inf).all()


def test_from_within_a_closed_solid_every_ray_meets_it():
    mesh = sphere(subdivisions=5)
    directions = np.random.default_rng(3).normal(size=(200_000, 3))
    hits = tracer_of(mesh).first(np.zeros_like(directions), directions)
    assert (hits.face >= 0).all()
    assert 0.998 < hits.distance.min() <= hits.distance.max() <= 1 + 1e-12


def test_many_chunks_in_threads_give_the_same_as_one_after_the_other():
    mesh = sphere(subdivisions=4)
    tracer = tracer_of(mesh)
    origins, directions = rays_at(mesh, 150_000)
    whole = tracer.first(origins, directions)
    pieces = [tracer.first(origins[i : i + 50_000], directions[i : i + 50_000]) for i in range(0, 150_000, 50_000)]
    for name in ("face", "distance", "u", "v"):
        np.testing.assert_array_equal(getattr(whole, name), np.concatenate([getattr(p, name) for p in pieces]))


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [
        (np.zeros((0, 3)), np.zeros((0, 3), int)),
        (np.zeros((3, 3)), np.array([[0, 1, 2]])),
        (np.array([[0.0, 0, 0], [1, 1, 1], [2, 2, 2]]), np.array([[0, 1, 2], [0, 0, 1]])),
    ],
    ids=["empty", "one point", "without area"],
)
def test_what_has_no_surface_is_met_by_nothing(vertices, faces):
    tracer = Tracer(vertices, faces)
    origins, directions = np.array([[0.3, 0.3, 5.0]]), np.array([[0, 0, -1.0]])
    assert tracer.first(origins, directions).face.tolist() == [-1]
    assert not tracer.is_blocked(origins, directions, np.inf).any()
    assert len(tracer.first(np.zeros((0, 3)), np.zeros((0, 3))).face) == 0


def test_both_sides_of_a_face_count():
    mesh = tetrahedron()
    hits = tracer_of(mesh.flipped()).first(np.array([[0.2, 0.2, -1.0]]), np.array([[0, 0, 1.0]]))
    assert hits.face.tolist() == [0]
    assert hits.distance[0] == pytest.approx(1.0)
