import numpy as np
import pytest

from maquette.core.asset import Asset, Material
from maquette.core.camera import Camera
from maquette.core.errors import BadSetting
from maquette.core.mesh import Mesh
from maquette.geometry.cut.clipping import clip_above, level_area
from maquette.geometry.surface import area_vectors
from maquette.geometry.topology import edges, euler_number, is_watertight
from maquette.shape.place.settle import settle
from shapes import box, grid, sphere, tetrahedron, together, torus, volume


def base_area(mesh: Mesh) -> float:
    flat = (mesh.vertices[mesh.faces, 2] == 0).all(axis=1)
    return float(-area_vectors(mesh.vertices, mesh.faces[flat])[:, 2].sum())


def test_a_box_is_only_moved():
    made = settle(Asset(box((10, 20, 30), (5, 6, 7))))
    assert np.array_equal(made.mesh.bounds, [[-5, -10, 0], [5, 10, 30]])
    assert np.array_equal(made.mesh.faces, box().faces)
    assert made.history[-1].notes == ()


def test_a_ball_gets_a_base_it_can_stand_on():
    ball = sphere(50.0, 5)
    made = settle(Asset(ball))
    cut = 100 - made.size[2]
    assert base_area(made.mesh) >= 0.05 * 100 * 100
    assert 0 < cut < 3
    assert is_watertight(made.mesh.faces)
    assert euler_number(made.mesh.faces) == 2
    cap = np.pi * cut**2 * (50 - cut / 3)
    assert volume(made.mesh) == pytest.approx(volume(ball) - cap, rel=1e-4)
    assert made.history[-1].notes[0].startswith(f"cut {cut:.3g} mm off the bottom; it rests on 5.")


@pytest.mark.parametrize(
    "mesh",
    [sphere(50.0, 4), torus(), box(), tetrahedron(), grid(), together(sphere(9.0, 3), box((4, 4, 4), (20, 0, 3)))],
)
def test_twice_is_once(mesh):
    once = settle(Asset(mesh))
    again = settle(once)
    assert again.mesh == once.mesh
    assert once.mesh.bounds[0, 2] == 0
    assert np.allclose(once.mesh.bounds[:, :2].sum(axis=0), 0)


def test_a_ring_on_edge_keeps_its_hole():
    ring = torus(30.0, 10.0)
    made = settle(Asset(ring.with_vertices(ring.vertices[:, [2, 0, 1]]))).mesh
    assert is_watertight(made.faces)
    assert euler_number(made.faces) == 0
    assert base_area(made) >= 0.05 * 20 * 80


def test_a_cut_through_a_cavity_leaves_a_ring():
    hollow = together(sphere(50.0, 5), sphere(49.0, 5).flipped())
    made = settle(Asset(hollow), contact_share=0.02, max_cut_share=0.2).mesh
    assert is_watertight(made.faces)
    height = 100 - (made.bounds[1, 2] - made.bounds[0, 2])
    area = level_area(hollow.vertices, hollow.faces, np.array([height - 50]))[0]
    assert base_area(made) == pytest.approx(area, rel=1e-3)
    flat = (made.vertices[made.faces, 2] == 0).all(axis=1)
    assert (area_vectors(made.vertices, made.faces[flat])[:, 2] <= 0).all()


def test_a_cut_across_a_hollow_shape_is_covered_once():
    """A cross standing on a rounded foot: its section turns inward four times."""
    turn = np.linspace(0, 2 * np.pi, 65)[:-1]
    radius = 10 + 6 * np.cos(4 * turn)
    rings = [
        np.stack([radius * np.cos(turn) * s, radius * np.sin(turn) * s, 0 * turn + z], axis=1)
        for z, s in ((0, 0.02), (0.6, 0.6), (2, 1), (40, 1))
    ]
    k = np.arange(64)
    sides = [np.stack([64 * r + k, 64 * r + (k + 1) % 64, 64 * r + 64 + (k + 1) % 64], 1) for r in range(3)]
    sides += [np.stack([64 * r + k, 64 * r + 64 + (k + 1) % 64, 64 * r + 64 + k], 1) for r in range(3)]
    ends = [
        np.stack([k, np.full(64, 256), (k + 1) % 64], 1),
        np.stack([192 + k, 192 + (k + 1) % 64, np.full(64, 257)], 1),
    ]
    vertices = np.concatenate([*rings, [[0, 0, 0], [0, 0, 40]]])
    cross = Mesh(vertices, np.concatenate(sides + [ends[0][:, [0, 1, 2]], ends[1]]))
    cross = cross.keep_faces(slice(None))
    assert is_watertight(cross.faces)
    assert volume(cross) > 0
    made = settle(Asset(cross), contact_share=0.1).mesh
    flat = (made.vertices[made.faces, 2] == 0).all(axis=1)
    down = -area_vectors(made.vertices, made.faces[flat])[:, 2]
    assert len(down) > 50
    assert down.min() > -1e-9
    assert down.sum() >= 0.1 * np.ptp(made.vertices[:, 0]) * np.ptp(made.vertices[:, 1])


def test_the_cut_leaves_no_slivers():
    ball = sphere(50.0, 6)
    rough = ball.with_vertices(ball.vertices + np.random.default_rng(0).normal(0, 0.1, ball.vertices.shape))
    made = settle(Asset(rough)).mesh
    ends = edges(made.faces).ends
    length = np.linalg.norm(made.vertices[ends[:, 0]] - made.vertices[ends[:, 1]], axis=1)
    near = (made.vertices[ends, 2] < 1).any(axis=1)
    assert length[near].min() > 0.0099  # a ten-thousandth of the height


def test_legs_all_get_feet():
    legs = [sphere(5.0, 4).with_vertices(sphere(5.0, 4).vertices + [x, y, 5]) for x in (-20, 20) for y in (-20, 20)]
    stool = together(*legs, box((60, 60, 4), (-30, -30, 9)))
    made = settle(Asset(stool), contact_share=0.01, max_cut_share=0.1).mesh
    down = (made.vertices[made.faces, 2] == 0).all(axis=1)
    feet = made.triangles[down][:, :, :2].mean(axis=1)
    assert {(x > 0, y > 0) for x, y in feet} == {(False, False), (False, True), (True, False), (True, True)}


def test_what_already_rests_is_not_cut():
    stump = sphere(50.0, 5)
    low = np.maximum(stump.vertices[:, 2], -49.0)  # flat below: 0.8 % of the footprint
    flat = stump.with_vertices(np.column_stack([stump.vertices[:, :2], low]))
    assert 0.005 * 1e4 < base_area(flat.with_vertices(flat.vertices + [0, 0, 49])) < 0.05 * 1e4
    made = settle(Asset(flat))
    assert np.array_equal(made.mesh.faces, flat.faces)
    assert made.history[-1].notes == ()


def test_a_needle_loses_its_tip_once():
    """A tip gives a slicer no first layer; what the cut brings is little, and the note says so."""
    spike = Mesh(
        [[0, 0, 0], [50, 0, 100], [-50, 50, 100], [-50, -50, 100]], [[0, 2, 1], [0, 3, 2], [0, 1, 3], [1, 2, 3]]
    )
    assert volume(spike) > 0
    once = settle(Asset(spike))
    assert once.history[-1].notes == (
        "cut 3 mm off the bottom; it rests on 0.04% of its footprint: print it with a brim or supports",
    )
    assert once.size[2] == pytest.approx(97)
    assert volume(once.mesh) == pytest.approx(volume(spike) * (1 - 0.03**3), rel=1e-9)
    assert is_watertight(once.mesh.faces)
    again = settle(once)
    assert again.mesh == once.mesh
    assert "a cut would not help" in again.history[-1].notes[0]


def test_a_foot_that_is_small_but_there_is_not_cut():
    """A pin of 2 x 2 mm below a plate of 100 x 100: a cut of it brings nothing, so its height stays."""
    tower = Mesh(np.concatenate([box((100, 100, 10), (0, 0, 15)).vertices, box((2, 2, 10), (0, 0, 5)).vertices]),
                 np.concatenate([box().faces, box().faces + 8]))  # fmt: skip
    made = settle(Asset(tower))
    assert made.size[2] == pytest.approx(20)
    assert made.history[-1].notes == (
        "rests on 0.04% of its footprint and a cut would not help; print it with a brim or supports",
    )


def test_an_open_model_is_moved_and_not_cut():
    ball = sphere(50.0, 3)
    bowl = ball.keep_faces(ball.triangles[:, :, 2].mean(axis=1) < 0)
    made = settle(Asset(bowl))
    assert np.array_equal(made.mesh.faces, bowl.faces)
    assert made.mesh.bounds[0, 2] == 0
    assert made.history[-1].notes == ("not cut, for it is not closed; solidify it first",)


def test_no_contact_wanted_no_cut():
    ball = sphere(50.0, 3)
    assert np.array_equal(settle(Asset(ball), contact_share=0).mesh.faces, ball.faces)
    assert np.array_equal(settle(Asset(ball), max_cut_share=0).mesh.faces, ball.faces)


def test_everything_rides_along():
    ball = sphere(50.0, 5)
    lower = ball.triangles[:, :, 2].mean(axis=1) < 0
    rich = ball.replace(
        uv=ball.triangles[:, :, :2].astype(np.float32),
        material=lower.astype(int),
        part=1 - lower,
        seen=np.full(len(ball.vertices), 0.5),
        color=np.column_stack([np.clip(128 + 2 * ball.vertices, 0, 255)]).astype(np.uint8),
    )
    asset = Asset(rich, materials=(Material(name="a"), Material(name="b")), part_names=("x", "y"))
    made = settle(asset).mesh
    below = made.triangles.mean(axis=1)[:, 2] + (100 - made.bounds[1, 2]) < 50
    assert np.array_equal(
        made.material[np.abs(made.triangles.mean(axis=1)[:, 2] - 48) > 4],
        below[np.abs(made.triangles.mean(axis=1)[:, 2] - 48) > 4].astype(int),
    )
    assert np.allclose(made.uv, made.triangles[:, :, :2], atol=1e-3)  # uv was x and y, also on cut and base
    assert (made.seen == 0.5).all()
    assert np.abs(made.color[:, :2].astype(float) - (128 + 2 * made.vertices[:, :2])).max() <= 2
    assert (made.part == 1 - made.material).all()


def test_the_camera_sees_the_same_picture():
    camera = Camera.looking((0, 1, 0), (1, 2, 3), distance=50, span=10)
    asset = Asset(box((3, 4, 5), (1, 1, 1)), camera=camera)
    made = settle(asset)
    assert np.allclose(camera.project(asset.mesh.vertices)[0], made.camera.project(made.mesh.vertices)[0])


def test_level_area_of_known_sections():
    heights = np.array([-0.5, 0.25, 0.5, 0.75, 2.0])
    assert level_area(box().vertices, box().faces, heights) == pytest.approx([0, 1, 1, 1, 0])
    solid = tetrahedron()
    assert level_area(solid.vertices, solid.faces, np.array([0.25, 0.5])) == pytest.approx([0.75**2 / 2, 0.5**2 / 2])
    hollow = together(box((4, 4, 4)), box((2, 2, 2), (1, 1, 1)).flipped())
    assert level_area(hollow.vertices, hollow.faces, np.array([2.0])) == pytest.approx([12])


def test_clipping_keeps_what_is_above():
    ball = sphere(1.0, 4)
    clip = clip_above(ball.vertices, ball.faces, 0.123)
    new = ball.vertices[clip.ends[:, 0]] + clip.along[:, None] * np.diff(ball.vertices[clip.ends], axis=1)[:, 0]
    vertices = np.concatenate([ball.vertices, new])
    assert np.allclose(new[:, 2], 0.123)
    assert vertices[clip.faces, 2].min() >= 0.123 - 1e-12
    area = np.linalg.norm(area_vectors(vertices, clip.faces), axis=1).sum()
    assert area == pytest.approx(2 * np.pi * (1 - 0.123), rel=0.01)
    rows = np.arange(len(clip.faces))[:, None]
    corners = ball.triangles[clip.parent]
    between = (
        corners[rows, clip.first] * (1 - clip.share[:, :, None]) + corners[rows, clip.second] * clip.share[:, :, None]
    )
    assert np.allclose(between, vertices[clip.faces])


def test_nothing_in_nothing_out():
    assert len(settle(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int)))).mesh.faces) == 0


def test_refuses_to_cut_off_everything():
    with pytest.raises(BadSetting, match="max_cut_share"):
        settle(Asset(box()), max_cut_share=0.9)
