from __future__ import annotations

import itertools

import numpy as np
import pytest

from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.geometry.barycentric import shares
from maquette.geometry.cut.cuts import best_cut, fits, pieces_needed
from maquette.geometry.cut.joints import Peg, crown, dowel, guard, peg, socket, tongue
from maquette.geometry.cut.sections import depth, fill_outline, islands, outline_pieces, raster_over
from maquette.geometry.cut.solids import bodies, carve, separate, stock, unite
from maquette.geometry.topology import euler_number, face_components, is_watertight
from maquette.shape.build.split import split
from samples import cut_out, png
from shapes import box, grid, sphere, together, torus, volume

BED = np.array([250.0, 210.0, 220.0])


def pieces_of(asset: Asset) -> dict[str, Mesh]:
    mesh = asset.mesh
    return {name: mesh.keep_faces(mesh.part == number) for number, name in enumerate(asset.part_names)}


def solid(mesh: Mesh):
    return stock(mesh.vertices, mesh.faces).solid


def together_again(asset: Asset) -> float:
    """Volume that two pieces both fill, added up."""
    solids = [solid(piece) for piece in pieces_of(asset).values()]
    return sum((a ^ b).volume() for a, b in itertools.combinations(solids, 2))


def beam() -> Asset:
    return Asset(box((300, 60, 40)), sized=True)


@pytest.mark.parametrize("connector", ["pegs", "dowels", "dovetails", "none"])
@pytest.mark.parametrize(
    "mesh", [box((300, 60, 40)), torus(200, 30, 96, 32), box((20, 600, 30))], ids=["beam", "ring", "pole"]
)
def test_pieces_are_closed_fit_the_bed_and_do_not_meet(mesh, connector):
    made = split(Asset(mesh), connector=connector)
    for name, piece in pieces_of(made).items():
        assert is_watertight(piece.faces), name
        assert face_components(piece.faces)[0] == 1
        assert fits(np.ptp(piece.bounds, axis=0), BED - [4, 4, 0]), name
        assert volume(piece) > 0
    assert together_again(made) == pytest.approx(0, abs=1e-6 * volume(mesh))
    assert made.mesh.bounds == pytest.approx(mesh.bounds)


@pytest.mark.parametrize(("connector", "count"), [("pegs", 4), ("dowels", 4), ("none", 0)])
def test_all_but_the_clearance_is_kept_exactly(connector, count):
    made = split(beam(), connector=connector, peg_mm=8)
    total = sum(volume(piece) for piece in pieces_of(made).values())
    size = Peg(4.0, 10.0, 0.3)
    both = socket(size, 0).volume() - peg(size, 0).volume()
    if connector == "dowels":
        both = 2 * socket(size, 0).volume() - dowel(size).volume()
    assert total == pytest.approx(300 * 60 * 40 - count * both, abs=1e-6)


def test_a_dovetail_takes_only_its_clearance():
    made = split(beam(), connector="dovetails", clearance_mm=0.5)
    lower, upper = pieces_of(made).values()
    neck = float(next(note for note in made.history[-1].notes if "dovetail" in note).split()[2])
    length = lower.bounds[1, 0] - 150
    assert length == pytest.approx(10)
    flank = 0.5 * np.hypot(1, np.tan(np.radians(15)))
    gap = 2 * flank * length + 0.5 * (crown(neck, length) + crown(neck, length + 0.5) + 4 * flank) / 2
    assert 300 * 60 * 40 - volume(lower) - volume(upper) == pytest.approx(60 * gap, rel=0.005)


def test_without_clearance_nothing_is_lost():
    for connector in ("pegs", "dovetails"):
        made = split(beam(), connector=connector, clearance_mm=0.0)
        kept = sum(volume(piece) for piece in pieces_of(made).values())
        chamfer = 0.01 if connector == "pegs" else 0
        assert kept == pytest.approx(720_000, abs=1e-6 + chamfer * 720_000)


def test_a_beam_is_cut_once_and_in_its_middle():
    made = split(beam(), connector="none")
    assert made.part_names == ("piece 1", "piece 2")
    assert {tuple(np.round(np.ptp(piece.bounds, axis=0), 6)) for piece in pieces_of(made).values()} == {(150, 60, 40)}


def test_few_pieces():
    for mesh, count in ((box((300, 300, 40)), 4), (box((480, 60, 40)), 2), (box((20, 600, 30)), 3)):
        assert len(split(Asset(mesh), connector="none").part_names) == count


def test_the_neck_of_a_dumbbell_is_not_cut_where_no_connector_fits():
    bars = [box((100, 80, 80), (0, 0, 0)), box((82, 4, 4), (99, 38, 38)), box((100, 80, 80), (180, 0, 0))]
    made = split(Asset(together(*bars)))
    assert not any("no room" in note for note in made.history[-1].notes)
    assert together_again(made) == pytest.approx(0, abs=1e-3)
    assert any("pegs" in note for note in made.history[-1].notes)


def test_a_seam_keeps_away_from_what_the_photo_saw():
    bar = grid_bar(60)
    for sign in (-1, 1):
        seen = (sign * (bar.vertices[:, 0] - 150) > -20).astype(np.float32)
        made = split(Asset(bar.replace(seen=seen)), connector="none")
        cut = min(piece.bounds[1, 0] for piece in pieces_of(made).values())
        assert sign * (cut - 150) < -15


def grid_bar(count: int) -> Mesh:
    """A bar 300 x 40 x 40 with rings of vertices along x."""
    x = np.linspace(0, 300, count + 1)
    ring = np.array([[0, 0], [40, 0], [40, 40], [0, 40]], float)
    points = np.concatenate([np.insert(ring, 0, place, axis=1) for place in x])
    faces = []
    for n in range(count):
        for k in range(4):
            a, b = 4 * n + k, 4 * n + (k + 1) % 4
            faces += [[a, b + 4, b], [a, a + 4, b + 4]]
    faces += [[0, 1, 2], [0, 2, 3]]
    faces += [[4 * count, 4 * count + 2, 4 * count + 1], [4 * count, 4 * count + 3, 4 * count + 2]]
    mesh = Mesh(points, faces)
    return mesh if volume(mesh) > 0 else mesh.flipped()


def test_by_plane_cuts_where_it_says():
    made = split(Asset(sphere(40, 4)), by="plane", axis="y", at=0.25, connector="none")
    low, high = sorted(pieces_of(made).values(), key=lambda piece: piece.bounds[0, 1])
    assert low.bounds[1, 1] == pytest.approx(-20)
    assert high.bounds[0, 1] == pytest.approx(-20)
    cap = np.pi * 20**2 * (3 * 40 - 20) / 3
    assert volume(low) == pytest.approx(cap, rel=0.01)


def test_legs_become_pieces_of_their_own_each_with_its_connector():
    legs = [box((12, 12, 60.5), (x, y, 0)) for x in (0, 68) for y in (0, 68)]
    table = Asset(together(box((80, 80, 10), (0, 0, 60)), *legs))
    made = split(table, by="plane", axis="z", at=0.5)
    assert len(made.part_names) == 5
    assert "4 pegs" in made.history[-1].notes[0]
    below = [piece for piece in pieces_of(made).values() if piece.bounds[1, 2] < 50]
    assert [piece.bounds[1, 2] > 35 for piece in below] == [True] * 4


def test_by_part_gives_each_part_and_no_overlap():
    whole = together(box((10, 10, 10)), box((10, 10, 10), (5, 0, 0)))
    asset = Asset(whole.replace(part=np.repeat([0, 1], 12)), part_names=("left", "right"))
    made = split(asset, by="part")
    assert sorted(round(volume(piece), 9) for piece in pieces_of(made).values()) == [500, 1000]
    assert together_again(made) == pytest.approx(0, abs=1e-9)
    torn = asset.with_mesh(asset.mesh.replace(part=np.arange(24) % 2))
    with pytest.raises(CannotDo, match="part 1 is not closed"):
        split(torn, by="part")


def test_sockets_keep_the_wall_and_break_no_surface():
    ball = Asset(sphere(12, 4))
    made = split(ball, by="plane", axis="z", at=0.5)
    printer = Printer.named("prusa-mk4")
    (upper,) = [piece for piece in pieces_of(made).values() if piece.bounds[0, 2] > -1e-9]
    outer = np.linalg.norm(upper.vertices, axis=1) > 11.9
    walls = ~outer & (upper.vertices[:, 2] > 1e-6)
    assert walls.any()
    assert 12 * 0.998 - np.linalg.norm(upper.vertices[walls], axis=1).max() >= printer.min_wall_mm
    assert euler_number(upper.faces) == 2


def test_a_cut_too_thin_for_a_connector_goes_without_and_says_so():
    made = split(Asset(box((4, 4, 50))), by="plane", connector="pegs")
    assert "no room for a connector" in made.history[-1].notes[0]
    assert sum(volume(piece) for piece in pieces_of(made).values()) == pytest.approx(800)


def test_channels_ride_along_and_cut_faces_are_plain():
    mesh = sphere(40, 4)
    uv = (mesh.triangles[:, :, :2] / 80 + 0.5).astype(np.float32)
    color = np.clip(mesh.vertices * 2 + 128, 0, 255).astype(np.uint8)
    picture = Material(base_color_texture=Texture(png(np.asarray(cut_out(96).pixels))))
    asset = Asset(
        mesh.replace(uv=uv, color=color, seen=np.ones(len(mesh.vertices)), material=np.zeros(len(mesh.faces))),
        (picture,),
    )
    made = split(asset, by="plane", axis="x", at=0.4)
    old = made.mesh.material == 0
    assert made.materials[0] == picture
    assert [made.materials[n].name for n in np.unique(made.mesh.material)] == ["material", "cut face"]
    assert made.mesh.uv[old] == pytest.approx(made.mesh.triangles[old][:, :, :2] / 80 + 0.5, abs=1e-5)
    outer = np.unique(made.mesh.faces[old])
    assert made.mesh.color[outer] == pytest.approx(np.clip(made.mesh.vertices[outer] * 2 + 128, 0, 255), abs=2)
    assert np.linalg.norm(made.mesh.triangles[old], axis=2).min() > 38
    inner = np.setdiff1d(np.unique(made.mesh.faces[~old]), outer)
    assert (made.mesh.seen[inner] == 0).all()
    assert (made.mesh.seen[outer] > 0.99).all()


def test_what_fits_stays_and_what_is_open_is_refused():
    small = Asset(box((100, 100, 100)))
    assert split(small).mesh == small.mesh
    assert split(beam()).part_names == split(beam()).part_names
    assert split(beam()) == split(beam())
    with pytest.raises(CannotDo, match="16 edges without two faces"):
        split(Asset(grid()), by="plane", axis="x")
    with pytest.raises(CannotDo, match="fix-winding"):
        split(Asset(box((300, 60, 40)).flipped()))
    with pytest.raises(CannotDo, match="at most 200"):
        split(Asset(box((3000, 3000, 3000))))
    with pytest.raises(BadSetting, match="at"):
        split(beam(), at=1.0)


def test_pieces_needed_lies_boxes_any_way():
    room = np.array([250.0, 210.0, 220.0])
    assert pieces_needed(np.array([200.0, 250, 220]), room) == 1
    assert pieces_needed(np.array([251.0, 200, 200]), room) == 2
    assert pieces_needed(np.array([500.0, 420, 220]), room) == 4
    assert fits(np.array([220.0, 250, 210]), room)
    assert not fits(np.array([221.0, 250, 211]), room)


def test_best_cut_avoids_the_thin_place():
    neck = together(box((100, 80, 80)), box((200, 10, 80), (99, 35, 0)))
    whole = unite(neck.vertices, neck.faces)
    surface = carve(whole.solid, whole.origin)
    cut = best_cut(surface.vertices, surface.faces, np.ones(len(surface.faces)), np.array([250.0, 210, 220]), 8.0)
    assert cut.axis == 0
    assert cut.height < 100


def test_a_socket_is_the_peg_and_its_gap():
    size = Peg(4.0, 10.0, 0.3)
    room, pin = socket(size, 0.0), peg(size, 0.0)
    assert (pin - room).volume() == pytest.approx(0, abs=1e-9)
    lifted = pin.translate((0, 0, 1e-9)) - socket(size, 1.0)
    assert lifted.volume() == pytest.approx(0, abs=1e-6)
    assert np.array(room.bounding_box())[5] == pytest.approx(10.3)
    outside = guard(size, 5.0) - socket(size, 0.0)
    assert pin.min_gap(outside.trim_by_plane((0, 0, 1), 0.5), 2.0) == pytest.approx(0.3, abs=1e-6)


def test_pegs_fit_one_way_only():
    size = Peg(4.0, 10.0, 0.1)
    for turn in (90, 180, 270):
        assert (peg(size, 0).rotate((0, 0, turn)) - socket(size, 0)).volume() > 1


def test_a_tongue_widens_and_grows_evenly():
    assert tongue(10, 5, (0, 1)).volume() == pytest.approx((10 + crown(10, 5)) / 2 * 5)
    grown = tongue(10, 5, (0, 1), 0.5)
    assert np.array(grown.bounding_box())[5] == pytest.approx(5.5)
    assert (tongue(10, 5, (0, 1)) - grown).volume() == pytest.approx(0, abs=1e-12)


def test_sections():
    mesh = together(box((10, 10, 10)), box((4, 4, 4), (3, 3, 3)).flipped(), box((5, 5, 10), (20, 0, 0)))
    outline, face = outline_pieces(mesh.vertices, mesh.faces, 2, 5.0)
    assert len(outline) == len(face)
    area = (outline[:, 0, 0] * outline[:, 1, 1] - outline[:, 0, 1] * outline[:, 1, 0]).sum() / 2
    assert area == pytest.approx(100 - 16 + 25)
    raster = raster_over(np.zeros(2), np.array([25.0, 10.0]), 500)
    mask = fill_outline(outline, raster)
    assert mask.sum() * raster.pitch**2 == pytest.approx(109, rel=0.01)
    assert islands(mask)[0] == 2
    for axis, wanted in ((0, 84), (1, 84)):
        outline, _ = outline_pieces(mesh.vertices, mesh.faces, axis, 5.5)
        area = (outline[:, 0, 0] * outline[:, 1, 1] - outline[:, 0, 1] * outline[:, 1, 0]).sum() / 2
        assert area == pytest.approx(wanted)


def test_depth_is_the_distance_to_the_outline():
    raster = raster_over(np.zeros(2), np.array([10.0, 10.0]), 200)
    square = np.array([[[0, 0], [10, 0]], [[10, 0], [10, 10]], [[10, 10], [0, 10]], [[0, 10], [0, 0]]], float)
    inner = depth(fill_outline(square, raster), raster.pitch)
    assert inner.max() == pytest.approx(5, abs=raster.pitch)
    row, column = np.unravel_index(inner.argmax(), inner.shape)
    assert raster.place(np.array(row), np.array(column)) == pytest.approx([5, 5], abs=0.1)


def test_bodies_keep_their_cavities():
    mesh = together(box((10, 10, 10)), box((4, 4, 4), (3, 3, 3)).flipped(), box((1, 1, 1), (20, 0, 0)))
    assert [len(body) for body in bodies(mesh.vertices, mesh.faces)] == [24, 12]
    apart = separate(unite(mesh.vertices, mesh.faces).solid)
    assert sorted(body.volume() for body in apart) == pytest.approx([1, 936])


def test_overlapping_bodies_are_one():
    mesh = together(box((10, 10, 10)), box((10, 10, 10), (5, 0, 0)))
    assert unite(mesh.vertices, mesh.faces).solid.volume() == pytest.approx(1500)


def test_shares_find_the_point_again():
    triangles = np.random.default_rng(0).normal(size=(50, 3, 3))
    wanted = np.random.default_rng(1).dirichlet(np.ones(3), (50, 3))
    points = np.einsum("fck,fkd->fcd", wanted, triangles)
    assert shares(points, triangles) == pytest.approx(wanted, abs=1e-9)
    flat = np.zeros((1, 3, 3))
    flat[0, :, 0] = [0, 1, 2]
    assert shares(flat, flat)[0] == pytest.approx(np.eye(3))


def test_a_hidden_cavity_makes_pegs_shorter():
    """The slit lies between the places that are looked at first, in the wall beyond the end of the longest socket."""
    slit = box((36, 36, 0.3), (2, 2, 38)).flipped()
    asset = Asset(together(box((40, 40, 60)), slit))
    short = split(asset, by="plane", peg_mm=6)
    long = split(Asset(box((40, 40, 60))), by="plane", peg_mm=6)
    assert min(piece.bounds[1, 2] for piece in pieces_of(long).values()) == pytest.approx(37.5)
    assert min(piece.bounds[1, 2] for piece in pieces_of(short).values()) == pytest.approx(34.5)


def test_a_guard_is_the_socket_with_a_wall_around_it():
    size = Peg(4.0, 10.0, 0.3)
    low, high = np.array(guard(size, 0.8).bounding_box()).reshape(2, 3)
    assert high[0] == pytest.approx(4 * np.cos(np.pi / 32) + 1.1, abs=0.01)
    assert low[1] == pytest.approx(-(0.6 * 4 + 1.1))
    assert (low[2], high[2]) == pytest.approx((0, 11.1))


def test_cut_faces_take_the_nearest_material_and_color():
    bar = grid_bar(60)
    left = bar.triangles[:, :, 0].mean(axis=1) < 100
    color = np.where(bar.vertices[:, :1] < 100, [[200, 0, 0]], [[0, 0, 200]])
    asset = Asset(bar.replace(material=np.where(left, 0, 1), color=color), (Material("red"), Material("blue")))
    made = split(asset, by="plane", axis="x", at=0.6, connector="pegs")
    assert made.materials == asset.materials
    middle = made.mesh.triangles[:, :, 0].mean(axis=1)
    assert (made.mesh.material[middle < 80] == 0).all()
    assert (made.mesh.material[middle > 101] == 1).all()
    assert (made.mesh.color[made.mesh.vertices[:, 0] < 80] == [200, 0, 0]).all()
