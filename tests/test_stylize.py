"""Stylize: cubes, bricks, facets and cages that are closed, as large as they should be, and in the model's colors."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
import samples
import shapes
from maquette.core.errors import CannotDo
from maquette.geometry.remake.bricks import join_touching
from maquette.geometry.topology import edges, euler_number, fan_count, is_watertight


def ball() -> mq.Asset:
    """Radius 20, red above and blue below."""
    sphere = shapes.sphere(20, 4)
    color = np.where(sphere.vertices[:, 2:] > 0, [220, 20, 20], [20, 20, 220])
    return mq.Asset(sphere.replace(color=color), sized=True)


def is_sound(mesh: mq.Mesh) -> bool:
    fans = fan_count(mesh.faces, len(mesh.vertices))
    return is_watertight(mesh.faces) and bool((edges(mesh.faces).count == 2).all() and fans.max() == 1)


def test_cubes_fill_the_ball_and_keep_its_colors():
    done = mq.stylize(ball(), cells=20, colors=2)
    mesh = done.mesh
    assert is_sound(mesh)
    assert shapes.volume(mesh) == pytest.approx(4 / 3 * np.pi * 20**3, rel=0.05)
    assert shapes.volume(mesh) % 8 == pytest.approx(0, abs=1e-6)  # cubes of 2 mm
    height = mesh.triangles[:, :, 2]
    (above,) = np.unique(mesh.material[height.min(axis=1) >= 2])
    (below,) = np.unique(mesh.material[height.max(axis=1) < -2])
    assert done.materials[above].base_color[0] > 0.5 > done.materials[below].base_color[0]
    assert mq.stylize(ball(), cells=20, colors=2) == done


def test_bricks_carry_a_stud_on_each_open_top():
    box = mq.Asset(shapes.box((40, 20, 20)), sized=True)
    plain, studded = mq.stylize(box, cells=4, colors=1), mq.stylize(box, style="brick", cells=4, colors=1)
    assert shapes.volume(plain) == pytest.approx(40 * 20 * 20)
    stud = 16 / 2 * np.sin(2 * np.pi / 16) * 3**2 * 2.2  # radius 3, height 2.2
    assert shapes.volume(studded) == pytest.approx(16000 + 8 * stud, rel=1e-9)
    assert is_sound(studded.mesh)
    assert euler_number(studded.mesh.faces) == 2
    assert studded.size == pytest.approx((40, 20, 22.2))


@pytest.mark.parametrize("pair", [((0, 0, 0), (0, 1, 1)), ((0, 0, 0), (1, 1, 1)), ((1, 0, 1), (0, 1, 0))])
def test_cells_that_touch_in_an_edge_or_a_corner_are_joined(pair):
    filled = np.zeros((2, 2, 2), bool)
    for cell in pair:
        filled[cell] = True
    joined = join_touching(filled)
    from maquette.geometry.remake.blocks import Blocks, block_surface

    vertices, faces, _ = block_surface(Blocks(joined, np.zeros(3), 1.0))
    assert not is_sound(mq.Mesh(*block_surface(Blocks(filled, np.zeros(3), 1.0))[:2]))
    assert is_sound(mq.Mesh(vertices, faces))
    assert joined.sum() <= 4


@pytest.mark.parametrize("style", ["voronoi", "wireframe"])
def test_a_cage_is_closed_and_hollow(style):
    done = mq.stylize(ball(), style=style, cells=4, colors=1)
    assert is_watertight(done.mesh.faces)
    assert euler_number(done.mesh.faces) < -10  # its windows
    assert 0.03 < shapes.volume(done) / shapes.volume(ball()) < 0.6
    radius = np.linalg.norm(done.mesh.vertices, axis=1)
    assert radius.min() > 12


@pytest.mark.parametrize("style", ["voronoi", "wireframe"])
def test_a_cage_of_too_many_struts_is_refused(style):
    with pytest.raises(CannotDo, match=r"some 17\d,\d{3} struts, 60,000 are the most; ask for fewer cells"):
        mq.stylize(ball(), style=style, cells=128)


def test_facets_are_few_and_lie_near():
    done = mq.stylize(ball(), style="facet", cells=8)
    assert 100 < len(done.mesh.faces) < 600
    assert np.linalg.norm(done.mesh.vertices, axis=1) == pytest.approx(20, abs=1.5)
    with pytest.raises(CannotDo, match="no surface"):
        mq.stylize(mq.Asset(shapes.box().keep_faces([])))


def test_limbs_thinner_than_a_cell_are_not_lost_in_silence():
    done = mq.stylize(samples.person(), style="wireframe", cells=6)
    assert done.size[0] < 60  # its arms reach 80
    assert "ask for more cells" in " ".join(done.history[-1].notes)
    assert "ask for more" not in " ".join(mq.stylize(ball(), cells=20).history[-1].notes)
