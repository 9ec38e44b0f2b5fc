"""What is kept about a mesh: for that very mesh, while it lives, and never in the place of another answer."""

from __future__ import annotations

import gc

import numpy as np

import maquette.checks.sampled
import maquette.checks.welded
from maquette.checks.sampled import sample_mesh
from maquette.checks.welded import weld_by_position
from maquette.core.asset import Asset
from maquette.core.memory import forget_everything, remember
from maquette.flow.judge import judge
from maquette.geometry.topology import edges
from shapes import box, sphere


def count_work(most: int = 2):
    asked = []

    @remember(most)
    def work(thing, setting=0):
        asked.append(setting)
        return [setting]

    return work, asked


def test_the_same_object_is_asked_once_for_each_setting():
    work, asked = count_work()
    mesh = box((1, 2, 3))
    assert work(mesh) is work(mesh)
    assert work(mesh, 1) is not work(mesh)
    assert asked == [0, 1]
    work(box((1, 2, 3)))
    assert asked == [0, 1, 0]  # an equal mesh is another one


def test_only_the_last_few_are_kept_by_last_use():
    work, asked = count_work(2)
    meshes = [box((1, 1, 1)) for _ in range(3)]
    for mesh in (meshes[0], meshes[1], meshes[0], meshes[2], meshes[0], meshes[1]):
        work(mesh)
    assert len(asked) == 4  # the second was driven out, the first never


def test_what_is_kept_goes_with_its_object():
    work, asked = count_work()
    mesh = box((1, 1, 1))
    work(mesh)
    assert len(work._rows) == 1
    del mesh
    gc.collect()
    assert not work._rows
    work(box((1, 1, 1)))
    assert len(asked) == 2


def test_arrays_that_may_change_are_worked_on_anew():
    faces = box((1, 1, 1)).faces.copy()
    assert edges(faces) is not edges(faces)
    faces.flags.writeable = False
    assert edges(faces) is edges(faces)
    view = np.arange(6).reshape(2, 3)
    hidden = view[:]
    hidden.flags.writeable = False  # somebody may still write through the other
    assert edges(hidden) is not edges(hidden)


def test_a_mesh_that_was_looked_at_is_not_kept_alive():
    mesh = sphere(10, 3)
    sample_mesh(mesh, 1000)
    weld_by_position(mesh)
    del mesh
    gc.collect()
    assert not sample_mesh._rows
    assert not weld_by_position._rows


def test_forgetting_asks_again():
    work, asked = count_work()
    mesh = box((1, 1, 1))
    work(mesh)
    forget_everything()
    work(mesh)
    assert len(asked) == 2


def test_a_report_welds_once_and_spreads_points_once_a_count(monkeypatch):
    done = []
    twins, spread = maquette.checks.welded.twins, maquette.checks.sampled.surface_samples
    monkeypatch.setattr(maquette.checks.welded, "twins", lambda *a: done.append("weld") or twins(*a))
    monkeypatch.setattr(maquette.checks.sampled, "surface_samples", lambda *a: done.append(a[2]) or spread(*a))
    judge(Asset(sphere(20, 4), sized=True), "print")
    assert sorted(done, key=str) == [40_000, "weld"]
