from __future__ import annotations

import re

import numpy as np
import pytest

from maquette.checks.contact import contact
from maquette.checks.overhang import overhang
from maquette.checks.stability import stability
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.geometry.printing.directions import distinct, fibonacci, flat_directions, hull_of
from maquette.geometry.printing.resting import stance_of
from maquette.geometry.rays import Tracer
from maquette.geometry.surface import signed_volume
from maquette.shape.place.orient import _measure_direction, _model, _rough, orient
from maquette.shape.place.rotate import rotate
from shapes import box, grid, sphere, tetrahedron, together, torus

TURNS = [(0, 0), (90, 0), (180, 0), (37, 20), (-70, 130)]


def cone(sides: int = 48) -> Mesh:
    """Radius 10, height 30, on its base."""
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = np.stack([10 * np.cos(angle), 10 * np.sin(angle), 0 * angle], axis=1)
    i = np.arange(sides)
    j, base, tip = (i + 1) % sides, np.full(sides, sides), np.full(sides, sides + 1)
    faces = np.concatenate([np.stack([i, j, tip], 1), np.stack([j, i, base], 1)])
    return Mesh(np.concatenate([ring, [[0, 0, 0], [0, 0, 30]]]), faces)


def extrude(outline: list[tuple[float, float]], depth: float) -> Mesh:
    """A solid with this outline in x and z, counter-clockwise from the front, and this depth."""
    from manifold3d import triangulate

    flat = np.array(outline, float)
    cap = np.asarray(triangulate([flat]), np.int64)
    count = len(flat)
    i = np.arange(count)
    j = (i + 1) % count
    front = np.insert(flat, 1, 0.0, axis=1)
    sides = np.concatenate([np.stack([i, i + count, j], 1), np.stack([j, i + count, j + count], 1)])
    mesh = Mesh(np.concatenate([front, front + [0, depth, 0]]), np.concatenate([cap, cap[:, ::-1] + count, sides]))
    return mesh if signed_volume(mesh.vertices, mesh.faces) > 0 else mesh.flipped()


def bracket() -> Mesh:
    return extrude([(0, 0), (30, 0), (30, 4), (4, 4), (4, 30), (0, 30)], 40)


def tee() -> Mesh:
    return extrude([(17, 0), (23, 0), (23, 30), (40, 30), (40, 35), (0, 35), (0, 30), (17, 30)], 60)


def table() -> Mesh:
    legs = [box((4, 4, 30.5), (x, y, 0)) for x in (0, 36) for y in (0, 36)]
    return together(box((40, 40, 4), (0, 0, 30)), *legs)


def turn_by(mesh: Mesh, turn: tuple[float, float]) -> Asset:
    return rotate(Asset(mesh, sized=True), x_deg=turn[0], y_deg=turn[1])


def hanging(asset: Asset) -> float:
    (found,) = overhang(asset)
    return found.value


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("make", [bracket, tee, cone, lambda: box((10, 20, 30))])
def test_what_can_stand_without_supports_does(make, turn):
    before = turn_by(make(), turn)
    after = orient(before)
    assert hanging(after) == 0
    assert after.mesh.bounds[0, 2] == pytest.approx(0, abs=1e-9)
    (touch,) = contact(after)
    (stand,) = stability(after)
    assert (touch.verdict, stand.verdict) == ("pass", "pass")
    assert signed_volume(after.mesh.vertices, after.mesh.faces) == pytest.approx(
        signed_volume(before.mesh.vertices, before.mesh.faces)
    )


@pytest.mark.parametrize("turn", [(180, 0), (90, 0), (37, 20), (135, -60)])
def test_a_cone_turns_onto_its_base(turn):
    mesh = orient(turn_by(cone(), turn)).mesh
    assert mesh.vertices[48:, 2] == pytest.approx([0, 30], abs=1e-9)


@pytest.mark.parametrize("turn", TURNS)
def test_a_table_lies_on_its_top(turn):
    mesh = orient(turn_by(table(), turn)).mesh
    assert mesh.vertices[:4, 2] == pytest.approx(4)
    assert mesh.vertices[4:8, 2] == pytest.approx(0, abs=1e-9)
    assert np.ptp(mesh.vertices[:, 2]) == pytest.approx(34)


@pytest.mark.parametrize("turn", [(45, 0), (0, 45), (45, 45), (10, 5)])
def test_a_box_on_an_edge_lies_down_on_its_largest_side(turn):
    after = orient(turn_by(box((10, 20, 30)), turn))
    assert after.size[2] == pytest.approx(10)
    (touch,) = contact(after)
    assert touch.value == pytest.approx(600)


def test_what_lies_well_stays_the_very_same():
    for mesh in (box((30, 20, 10)), cone(), sphere(20, 4).with_vertices(sphere(20, 4).vertices + [0, 0, 20])):
        asset = Asset(mesh.with_vertices(mesh.vertices - [5, 7, mesh.bounds[0, 2]]))
        assert (orient(asset).mesh.vertices == asset.mesh.vertices).all()
    upside = rotate(Asset(table()), up="-Z")
    lifted = orient(upside).mesh.vertices - upside.mesh.vertices
    assert lifted == pytest.approx(np.broadcast_to(lifted[0], lifted.shape))


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("make", [bracket, table, lambda: torus(20, 6), lambda: sphere(20, 3), tetrahedron])
def test_twice_is_once(make, turn):
    once = orient(turn_by(make(), turn))
    assert orient(once).mesh.vertices == pytest.approx(once.mesh.vertices, abs=1e-6)


def test_a_half_turn_leaves_left_on_the_left():
    after = orient(turn_by(cone(), (180, 0)))
    assert after.mesh.vertices[0] == pytest.approx([10, 0, 0], abs=1e-9)


def test_the_camera_goes_along():
    camera = Camera.looking((0, 1, 0), distance=200, span=100.0)
    asset = rotate(Asset(table(), camera=camera), x_deg=37)
    after = orient(asset)
    before, _ = asset.camera.project(asset.mesh.vertices)
    still, _ = after.camera.project(after.mesh.vertices)
    assert still == pytest.approx(before)
    assert not np.allclose(asset.mesh.vertices, after.mesh.vertices)


def test_the_note_says_what_it_gained():
    (step,) = orient(Asset(table())).history
    assert "turned by 180 deg" in step.notes[0]
    assert "height 34 to 34 mm" in step.notes[0]


def test_a_short_print_is_one_of_the_preferences():
    tower = together(cone(), box((3, 3, 5), (8, -1.5, 0)))
    assert orient(Asset(tower), prefer="height").size[2] < 25
    assert orient(Asset(tower), prefer="supports").size[2] == pytest.approx(30)


def test_a_printer_that_needs_no_supports_only_minds_the_height():
    (steep,) = overhang(orient(Asset(table()), printer="sls-bureau"), printer="sls-bureau")
    assert steep.value == 0
    assert orient(Asset(table()), printer="sls-bureau").size[2] == pytest.approx(34)


def test_what_the_photo_saw_is_kept_from_supports():
    ball = torus(20, 6, 48, 24)
    upper = ball.vertices[:, 2] > 0
    for sign in (1, -1):
        seen = (upper if sign > 0 else ~upper).astype(np.float32)
        after = orient(Asset(ball.replace(seen=seen)), prefer="surface").mesh
        assert (after.vertices[seen > 0, 2].mean() > 6) == (after.vertices[seen == 0, 2].mean() < 6)
        assert after.vertices[seen > 0, 2].mean() > 6


def test_flat_and_empty_stay():
    for mesh in (grid(), Mesh(np.zeros((0, 3)), np.zeros((0, 3))), Mesh(np.ones((3, 3)), [[0, 1, 2]])):
        assert (orient(Asset(mesh)).mesh.vertices == mesh.vertices).all()


def test_directions_are_even_and_mirrored():
    spread = fibonacci(200)
    assert spread.shape == (200, 3)
    assert np.linalg.norm(spread, axis=1) == pytest.approx(np.ones(200))
    assert {tuple(np.round(-row, 9)) for row in spread} == {tuple(np.round(row, 9)) for row in spread}
    probes = sphere(1, 4).vertices
    assert np.degrees(np.arccos((probes @ spread.T).max(axis=1))).max() < 16
    assert len(distinct(np.concatenate([spread, spread]))) == len(distinct(spread))


def test_flat_directions_are_the_sides_by_size():
    mesh = rotate(Asset(box((10, 20, 30))), x_deg=20).mesh
    sides = flat_directions(mesh.vertices, mesh.faces, 6)
    level = np.abs(sides @ rotate(Asset(box()), x_deg=20).mesh.vertices[[1, 2, 4]].T)
    assert len(sides) == 6
    assert np.abs(sides[:2, 0]) == pytest.approx([1, 1])
    assert level.shape == (6, 3)


@pytest.mark.parametrize("fine", [3, 7])
def test_the_hull_of_a_ball_is_the_ball(fine):
    mesh = sphere(10, fine)
    corners, sides = hull_of(mesh.vertices, mesh.faces)
    assert signed_volume(corners, sides) == pytest.approx(signed_volume(mesh.vertices, mesh.faces), rel=0.01)


def test_supports_end_on_the_model():
    post, plate = box((4, 40, 2), (18, 0, 20.5)), box((40, 40, 2), (0, 0, 22))
    (step,) = orient(Asset(together(box((40, 40, 20)), post, plate)), prefer="supports").history
    before = float(re.search(r"supports (\S+) to", step.notes[0]).group(1).replace(",", ""))
    assert before == pytest.approx(36 * 40 * 2 + 4 * 40 * 0.5, rel=0.02)


def test_supports_of_every_direction_end_on_the_model():
    shelf = together(box((40, 40, 20)), box((4, 40, 2), (18, 0, 20.5)), box((40, 40, 2), (0, 0, 22)))
    printer = Printer.named("prusa-mk4")
    model = _model(shelf, printer)
    tracer = Tracer(shelf.vertices, shelf.faces)
    ways = np.array([[0.0, 0, -1], [0, 0, 1], [1, 0, 0]])
    rough = _rough(model, tracer, ways)[:, 0] * model.volume
    assert rough[0] == pytest.approx(36 * 40 * 2 + 4 * 40 * 0.5, rel=0.05)
    exact = [
        _measure_direction(model, tracer, way, terms)[0]
        for way, terms in zip(ways, _rough(model, tracer, ways), strict=True)
    ]
    assert rough == pytest.approx(np.array(exact) * model.volume, rel=0.1, abs=1.0)


def test_a_nested_shelf_is_ranked_by_what_it_really_needs():
    """Columns down to the bed would say that a stack of shelves needs a hundred times what lies between them."""
    stack = together(*(box((60, 60, 3), (0, 0, 3.4 * n)) for n in range(12)))
    model = _model(stack, Printer.named("prusa-mk4"))
    tracer = Tracer(stack.vertices, stack.faces)
    (between,) = _rough(model, tracer, np.array([[0.0, 0, -1]]))[:, 0] * model.volume
    assert between == pytest.approx(11 * 0.4 * 60 * 60, rel=0.02)


def test_of_equals_it_takes_the_nearest():
    for x, y in ((30, 0), (-40, 0), (0, 25), (15, 15)):
        after = orient(turn_by(box((10, 10, 10)), (x, y)))
        assert after.mesh.vertices[:4, 2] == pytest.approx(np.zeros(4), abs=1e-9)


def test_it_does_not_stand_where_it_tips_over():
    outline = [(0, 0), (12, 0), (26, 20), (32, 40), (20, 40), (13, 20)]
    for make in (extrude(outline, 12), extrude([(x, z) for x, z in reversed([(-x, z) for x, z in outline])], 12)):
        (stand,) = stability(orient(Asset(make)))
        assert stand.verdict == "pass"


def tipsy() -> Asset:
    """A slab of 60 x 60 on a foot of 8 x 8 under one corner: it tips over as it is, and lies well on its back."""
    return Asset(together(box((60, 60, 6), (0, 0, 30)), box((8, 8, 30.5), (0, 0, 0))), sized=True)


def test_only_what_would_not_stand_is_turned_when_unstable():
    """A leaning tower whose supports matter more than its base stays, and so does a ball; what tips over does not."""
    stands = Asset(box((10, 10, 40)), sized=True)
    assert orient(stands, when="unstable").mesh.digest == stands.mesh.digest
    ball = Asset(sphere(20, 4), sized=True)
    assert orient(ball, when="unstable").mesh.digest == ball.mesh.digest
    turned = orient(tipsy(), when="unstable")
    stance = stance_of(turned.mesh.vertices, turned.mesh.faces, 0.2)
    assert stance.room > 3
    assert not stance.hardly_touches
    assert orient(tipsy(), when="never").mesh.digest == tipsy().mesh.digest
