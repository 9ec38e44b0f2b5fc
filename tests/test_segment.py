"""Segment and name-parts: where parts end, how they nest, that lids close them, and what they are called in files."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest

import maquette as mq
import shapes
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.geometry.inside.parts import areas_by, volumes_by
from maquette.geometry.topology import is_watertight


def lathe(profile, around: int = 48) -> mq.Mesh:
    """A closed solid of revolution about z; profile (N, 2) of radius and height, its ends on the axis."""
    profile = np.asarray(profile, float)
    turn = np.arange(around) * 2 * np.pi / around
    inner = profile[1:-1]
    rings = np.stack([np.outer(inner[:, 0], np.cos(turn)), np.outer(inner[:, 0], np.sin(turn))], axis=-1)
    height = np.broadcast_to(inner[:, 1, None, None], (len(inner), around, 1))
    vertices = np.concatenate(
        [np.concatenate([rings, height], axis=-1).reshape(-1, 3), [[0, 0, profile[0, 1]], [0, 0, profile[-1, 1]]]]
    )
    i, j = np.meshgrid(np.arange(len(inner) - 1), np.arange(around), indexing="ij")
    a, b = (i * around + j).ravel(), (i * around + (j + 1) % around).ravel()
    low, high, ring = len(inner) * around, len(inner) * around + 1, np.arange(around)
    top = (len(inner) - 1) * around
    faces = [
        np.stack([a, b, b + around], 1),
        np.stack([a, b + around, a + around], 1),
        np.stack([np.full(around, low), (ring + 1) % around, ring], 1),
        np.stack([np.full(around, high), top + ring, top + (ring + 1) % around], 1),
    ]
    return mq.Mesh(vertices, np.concatenate(faces))


def mushroom() -> mq.Asset:
    """A stem 5 thick up to z = 30, and a ball of radius 16 that stands on it."""
    start = np.arcsin(5 / 16)
    angle = np.linspace(start, np.pi, 24)
    ball = np.stack([16 * np.sin(angle), 30 + 16 * np.cos(start) - 16 * np.cos(angle)], axis=1)
    ball[-1, 0] = 0
    stem = [[0, 0], *[[5, z] for z in np.linspace(0, 28, 15)]]
    return mq.Asset(lathe(np.concatenate([stem, ball])))


@pytest.fixture(scope="module")
def two() -> mq.Asset:
    return mq.segment(mushroom())


def test_a_stem_and_its_cap_part_in_the_fold(two):
    mesh = two.mesh
    assert two.part_names == ("part 1", "part 2")
    height = mesh.triangles[:, :, 2]
    assert height[mesh.part == 0].min() == pytest.approx(30, abs=1.2)  # the larger is the cap
    assert height[mesh.part == 1].max() == pytest.approx(30, abs=1.2)
    assert shapes.volume(mesh) == pytest.approx(shapes.volume(mushroom()), rel=1e-9)
    assert is_watertight(mesh.faces)
    assert mq.segment(mushroom()) == two
    assert "2 parts" in two.history[-1].notes[0]


def test_lids_make_bodies_that_add_up(two):
    closed = mq.segment(mushroom(), close=True)
    mesh = closed.mesh
    assert all(is_watertight(mesh.keep_faces(mesh.part == number).faces) for number in range(2))
    volumes = volumes_by(mesh.part, mesh.vertices, mesh.faces, 2)
    assert volumes.sum() == pytest.approx(shapes.volume(two), rel=1e-3)
    assert volumes[1] == pytest.approx(np.pi * 25 * 30, rel=0.05)


def test_fewer_parts_are_made_of_the_more():
    asset = mushroom()
    few, many = (mq.segment(asset, parts=count, borders="edges") for count in (2, 4))
    assert [len(done.part_names) for done in (few, many)] == [2, 4]
    assert len(many.mesh.faces) == len(asset.mesh.faces)
    crossing = np.array([[(few.mesh.part[many.mesh.part == m] == f).mean() for f in range(2)] for m in range(4)])
    assert (crossing.max(axis=1) > 0.85).all()  # borders move, parts stay within one of the fewer


def test_bodies_and_colors_are_parts():
    apart = mq.segment(mq.Asset(shapes.together(shapes.box((10, 10, 10)), shapes.box((6, 6, 20), (2, 2, 14)))))
    assert len(apart.part_names) == 2
    ball = shapes.sphere(10, 4)
    red = np.where(ball.vertices[:, 2:] > 4, [220, 20, 20], [20, 20, 220])
    assert len(mq.segment(mq.Asset(ball)).part_names) == 1
    painted = mq.segment(mq.Asset(ball.replace(color=red)), by="color", parts=2)
    area = areas_by(painted.mesh.part, painted.mesh.vertices, painted.mesh.faces, 2)
    assert area[1] / area.sum() == pytest.approx(0.3, abs=0.03)  # a cap of 6 of 20
    assert mq.segment(mq.Asset(ball.replace(color=red)), by="shape").part_names == ("part 1",)


def test_one_part_is_taken_apart_further(two):
    further = mq.segment(two, of="part 2", parts=2)
    assert further.part_names == ("part 1", "part 2/part 1", "part 2/part 2")
    cap = further.mesh.triangles[further.mesh.part == 0]
    assert cap[:, :, 2].min() == pytest.approx(30, abs=1.2)
    with pytest.raises(BadSetting, match="no part is called 'ear'"):
        mq.segment(two, of="ear")
    with pytest.raises(BadInput, match="no surface"):
        mq.segment(mq.Asset(shapes.box().keep_faces([])))


def test_other_parts_stay_as_they_are_and_cost_nothing():
    ball, boxes = shapes.sphere(10, 4), [shapes.box((1, 1, 1), (20 + 2 * n, 0, 0)) for n in range(1000)]
    mesh = shapes.together(ball, *boxes)
    below = ball.triangles[:, :, 2].mean(axis=1) < 5.1
    part = np.concatenate([np.where(below, 1001, 0), np.repeat(np.arange(1, 1001), 12)])
    color = np.where(mesh.vertices[:, 2:] > -1.3, [220, 20, 20], [20, 20, 220])
    names = ("top", *(f"box {n}" for n in range(1000)), "below")
    asset = mq.Asset(mesh.replace(part=part, color=color), part_names=names)
    tracemalloc.start()
    done = mq.segment(asset, of="below", by="color", parts=2)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100e6  # 268 MB where every part of the model takes part
    assert done.part_names == (*names[:-1], "below/part 1", "below/part 2")
    assert "faces were added" in done.history[-1].notes[-1]
    old, new = (areas_by(a.mesh.part, a.mesh.vertices, a.mesh.faces, 1003) for a in (asset, done))
    assert new[:1001] == pytest.approx(old[:1001], rel=1e-9)
    assert new[1001:].sum() == pytest.approx(old[1001], rel=1e-9)
    assert is_watertight(done.mesh.faces)


def test_borders_of_too_much_stay_on_edges(monkeypatch):
    monkeypatch.setattr("maquette.shape.parts.segment._VOTES", 1000)
    done = mq.segment(mushroom(), parts=3)
    assert len(done.mesh.faces) == len(mushroom().mesh.faces)
    assert "borders stay on edges" in done.history[-1].notes[-1]


def test_names_are_given_or_made_from_place_and_look(two):
    named = mq.name_parts(two, names=("cap", "stem"))
    assert named.part_names == ("cap", "stem")
    assert mq.name_parts(two, names=("all", "all")).part_names == ("all",)
    assert mq.name_parts(two).part_names == ("body", "bottom rod")
    assert mq.name_parts(two, by="color").part_names == ("white block", "white rod")
    with pytest.raises(BadSetting, match="3 names for 2 parts"):
        mq.name_parts(two, names=("a", "b", "c"))
    with pytest.raises(CannotDo, match="no parts"):
        mq.name_parts(mushroom())


def test_small_parts_of_fine_models_get_their_color():
    ground = shapes.grid(150, 150)  # 45,000 faces, so that not all are looked at
    bits = [shapes.tetrahedron().replace(vertices=shapes.tetrahedron().vertices + [3 * n, 0, 9]) for n in range(12)]
    mesh = shapes.together(ground, *(bit.keep_faces([0]) for bit in bits))
    part = np.concatenate([np.zeros(len(ground.faces), int), np.arange(1, 13)])
    red = np.where(mesh.vertices[:, 2:] > 5, [220, 20, 20], [20, 20, 220])
    names = tuple(f"{n}" for n in range(14))  # the last has no face
    done = mq.name_parts(mq.Asset(mesh.replace(part=part, color=red), part_names=names), by="color")
    assert [name.split()[0] for name in done.part_names] == ["blue", *["red"] * 12, "piece"]


def test_each_part_is_a_node_in_every_format(two):
    named = mq.name_parts(two, names=("cap", "stem"))
    glb = mq.write_glb(named).data
    size = int.from_bytes(glb[12:16], "little")
    assert [node["name"] for node in json.loads(glb[20 : 20 + size])["nodes"]] == ["cap", "stem"]
    for ending in ("glb", "obj", "fbx", "dae", "3mf"):
        again = getattr(mq, f"read_{ending}")(getattr(mq, f"write_{ending}")(named))
        assert again.part_names == ("cap", "stem"), ending
