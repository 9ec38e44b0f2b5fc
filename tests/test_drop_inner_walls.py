import pytest

from maquette.core.asset import Asset
from maquette.core.history import Step
from maquette.core.mesh import Mesh
from maquette.shape.mend.drop_inner_walls import drop_inner_walls
from shapes import box, grid, sphere, together


def skin(radius: float, wall: float) -> Mesh:
    return together(sphere(radius, 3), sphere(radius - wall, 3).flipped())


def test_a_cavity_behind_a_thin_wall_is_filled_and_said_so():
    made = drop_inner_walls(Asset(skin(10.0, 0.2)))
    assert made.mesh == sphere(10.0, 3)
    (told,) = made.history[-1].notes
    assert told.startswith("filled 1 cavities of together 3850.98 mm³")
    assert drop_inner_walls(made).mesh == made.mesh


def test_a_cavity_behind_a_thick_wall_is_meant():
    hollow = skin(10.0, 5.0)
    assert drop_inner_walls(Asset(hollow)).mesh == hollow


@pytest.mark.parametrize(("cavities", "wall", "left"), [("keep", 0.2, 1024), ("fill", 5.0, 512), ("thin", 5.0, 1024)])
def test_one_may_choose(cavities, wall, left):
    assert len(drop_inner_walls(Asset(skin(10.0, wall)), cavities=cavities).mesh.faces) == left


def test_the_share_decides_what_is_thin():
    hollow = Asset(skin(10.0, 2.0))  # 2 of a diagonal of 34.6
    assert len(drop_inner_walls(hollow, thin_share=0.05).mesh.faces) == 1024
    assert len(drop_inner_walls(hollow, thin_share=0.07).mesh.faces) == 512


def test_what_was_hollowed_on_purpose_stays():
    hollowed = Asset(skin(10.0, 0.2), history=(Step("hollow"),))
    assert drop_inner_walls(hollowed).mesh == hollowed.mesh


def test_a_shell_with_filled_space_on_both_sides_goes():
    made = drop_inner_walls(Asset(together(box((9, 9, 9)), box((3, 3, 3), (3, 3, 3)))))
    assert made.mesh == box((9, 9, 9))
    assert made.history[-1].notes == ("dropped 1 shells with filled space on both sides",)


def test_a_solid_within_a_cavity_stays():
    rattle = together(skin(10.0, 5.0), box())
    assert drop_inner_walls(Asset(rattle)).mesh == rattle


def test_parts_that_cross_are_left_to_unite():
    pair = together(box((2, 2, 2)), box((2, 2, 2), (1, 1, 1)))
    assert drop_inner_walls(Asset(pair)).mesh == pair


def test_a_solid_inside_out_and_open_parts_are_not_touched():
    for mesh in (box().flipped(), grid(), together(box((9, 9, 9)), grid().with_vertices(grid().vertices + 3))):
        assert drop_inner_walls(Asset(mesh)).mesh == mesh
