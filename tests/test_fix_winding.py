import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.geometry.orientation import capped_volumes
from maquette.geometry.surface import face_normals, signed_volume
from maquette.geometry.topology import edges, is_watertight
from maquette.shape.mend.fix_winding import fix_winding
from maquette.shape.mend.weld import weld
from shapes import box, grid, sphere, tetrahedron, together, torus


def scramble(mesh: Mesh, seed: int = 0) -> Mesh:
    return mesh.flipped(np.random.default_rng(seed).random(len(mesh.faces)) < 0.5)


def strip(twists: int, length: int = 30) -> Mesh:
    """A band closed to a ring after so many half twists; one is a Moebius strip."""
    turn = np.arange(length) * 2 * np.pi / length
    lean = turn * twists / 2
    out = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
    arm = 0.3 * (np.cos(lean)[:, None] * out + np.sin(lean)[:, None] * [0, 0, 1])
    vertices = np.concatenate([out - arm, out + arm])
    a, b = np.arange(length), np.arange(length) + length
    next_a, next_b = np.roll(a, -1), np.roll(b, -1)
    if twists % 2:
        next_a[-1], next_b[-1] = b[0], a[0]
    return Mesh(vertices, np.concatenate([np.stack([a, next_a, next_b], 1), np.stack([a, next_b, b], 1)]))


@pytest.mark.parametrize("mesh", [box((1, 2, 3)), sphere(3.0, 4), torus(), tetrahedron()])
@pytest.mark.parametrize("seed", range(3))
def test_scrambled_solids_come_back_exactly(mesh, seed):
    made = fix_winding(Asset(scramble(mesh, seed))).mesh
    assert [set(map(tuple, np.stack([f, np.roll(f, 1), np.roll(f, 2)]).tolist())) for f in made.faces] == [
        set(map(tuple, np.stack([f, np.roll(f, 1), np.roll(f, 2)]).tolist())) for f in mesh.faces
    ]
    assert is_watertight(made.faces)


def test_a_right_solid_is_left_as_it_is():
    asset = Asset(torus())
    made = fix_winding(asset)
    assert made.mesh == asset.mesh
    assert made.history[-1].notes == ()


def test_twice_is_once():
    once = fix_winding(Asset(scramble(together(sphere(2.0, 2), box(corner=(5, 0, 0)), grid(3, 3))))).mesh
    assert fix_winding(Asset(once)).mesh == once


def test_uv_stays_with_its_corner():
    mesh = sphere(1.0, 2)
    mesh = mesh.replace(uv=mesh.vertices[mesh.faces][:, :, :2].astype(np.float32))
    made = fix_winding(Asset(scramble(mesh))).mesh
    assert np.array_equal(made.uv, made.vertices[made.faces][:, :, :2].astype(np.float32))


def test_inside_out_is_turned_and_counted():
    made = fix_winding(Asset(sphere(1.0, 2).flipped()))
    assert signed_volume(made.mesh.vertices, made.mesh.faces) > 0
    assert made.history[-1].notes == ("turned 128 of 128 faces",)


@pytest.mark.parametrize("turn_all", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_cavity_stays_a_cavity(turn_all, seed):
    outer, inner = sphere(2.0, 3), sphere(1.0, 3)
    few = np.random.default_rng(seed).random(len(inner.faces)) < 0.2  # most of each shell runs as it should
    hollow = together(outer.flipped(few), inner.flipped(~few))
    if turn_all:
        hollow = hollow.flipped()
    made = fix_winding(Asset(hollow)).mesh
    volume = [signed_volume(m.vertices, m.faces) for m in (outer, inner)]
    assert signed_volume(made.vertices, made.faces) == pytest.approx(volume[0] - volume[1])


def test_a_solid_inside_a_solid_stays_solid():
    nested = together(sphere(2.0, 3), sphere(1.0, 3), sphere(0.5, 2).flipped())
    made = fix_winding(Asset(nested.flipped())).mesh
    assert signed_volume(made.vertices, made.faces) == pytest.approx(signed_volume(nested.vertices, nested.faces))


def test_neighbours_in_one_box_are_not_taken_for_nested():
    ring = torus(10.0, 1.0)
    ball = sphere(0.4, 2).flipped()
    for place in ([0, 0, 0], [10, 0, -3], [10, 0, 3]):  # in the hole of the ring, below it, above it
        there = ball.with_vertices(ball.vertices + place)
        made = fix_winding(Asset(together(ring, there))).mesh
        expected = signed_volume(ring.vertices, ring.faces) - signed_volume(ball.vertices, ball.faces)
        assert signed_volume(made.vertices, made.faces) == pytest.approx(expected)


def test_an_open_bowl_faces_outward():
    ball = sphere(1.0, 3)
    bowl = ball.keep_faces(ball.triangles[:, :, 2].mean(axis=1) < 0.3)
    far = bowl.with_vertices(bowl.vertices + [1000, -2000, 500])
    for given in (far, far.flipped(), scramble(far)):
        made = fix_winding(Asset(given)).mesh
        outward = made.triangles.mean(axis=1) - [1000, -2000, 500]
        assert ((face_normals(made.vertices, made.faces) * outward).sum(axis=1) > 0).all()


def test_an_open_tube_faces_outward():
    tube = torus().keep_faces(np.arange(2 * 48 * 24) % (48 * 24) < 24 * 24)  # half the ring: two openings
    made = fix_winding(Asset(tube.flipped())).mesh
    assert np.array_equal(made.triangles, tube.triangles[:, [0, 1, 2]])


def test_a_flat_sheet_keeps_what_most_of_it_has():
    sheet = grid(6, 6)
    wrong = np.zeros(len(sheet.faces), dtype=bool)
    wrong[:15] = True  # the first face among them
    assert np.array_equal(fix_winding(Asset(sheet.flipped(wrong))).mesh.faces, sheet.faces)
    assert np.array_equal(fix_winding(Asset(sheet.flipped(~wrong))).mesh.faces, sheet.flipped().faces)


def test_a_wavy_sheet_has_no_outside():
    sheet = grid(20, 20)
    x, y = sheet.vertices[:, 0], sheet.vertices[:, 1]
    wavy = sheet.with_vertices(np.column_stack([x, y, x + 0.02 * np.sin(1.3 * x) + 0.01 * np.cos(y)]))
    assert fix_winding(Asset(wavy)).mesh == wavy
    assert fix_winding(Asset(wavy.flipped())).mesh == wavy.flipped()


def test_openings_are_capped_before_a_volume_is_taken():
    lidless = box((1, 2, 3), (50, 60, 70)).keep_faces(np.arange(12) > 1)
    bowl = together(lidless, lidless.flipped())
    part = np.repeat([0, 1], 10)
    assert capped_volumes(bowl.vertices, bowl.faces, part, 2) == pytest.approx([6, -6])


def test_a_moebius_strip_is_left_with_a_word():
    asset = Asset(together(strip(1), scramble(box(corner=(5, 5, 5)))))
    made = fix_winding(asset)
    assert np.array_equal(made.mesh.faces[:60], asset.mesh.faces[:60])
    assert "left 1 one-sided parts (60 faces) as they were" in made.history[-1].notes[0]
    solid = made.mesh.keep_faces(slice(60, None))
    assert signed_volume(solid.vertices, solid.faces) == pytest.approx(1)


def test_a_band_with_a_full_twist_is_wound():
    made = fix_winding(Asset(scramble(strip(2)))).mesh
    found = edges(made.faces)
    assert (found.balance[found.count == 2] == 0).all()


def test_boxes_that_share_an_edge_are_both_outward():
    pair = weld(Asset(together(box(), box(corner=(1, 1, 0)).flipped()))).mesh
    assert edges(pair.faces).count.max() == 4
    made = fix_winding(Asset(pair)).mesh
    assert signed_volume(made.vertices, made.faces) == pytest.approx(2)


def test_nothing_in_nothing_out():
    assert len(fix_winding(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int)))).mesh.faces) == 0
