from __future__ import annotations

import itertools

import numpy as np
import pytest

from maquette.core.asset import Asset, Material
from maquette.core.errors import BadSetting, CannotDo
from maquette.geometry.printing.packing import least_rectangle, pack
from maquette.geometry.surface import signed_volume
from maquette.shape.build.split import split
from maquette.shape.place.lay_out import lay_out
from shapes import box, sphere, tetrahedron, together, torus

BED = np.array([250.0, 210.0])


def boxes_of(asset: Asset) -> dict[str, np.ndarray]:
    mesh = asset.mesh
    return {
        name: np.stack(
            [
                mesh.vertices[mesh.faces[mesh.part == n]].min((0, 1)),
                mesh.vertices[mesh.faces[mesh.part == n]].max((0, 1)),
            ]
        )
        for n, name in enumerate(asset.part_names)
    }


def blocks(*sizes) -> Asset:
    return Asset(together(*(box(size, (0, 0, 300.0 * n)) for n, size in enumerate(sizes))))


def test_blocks_lie_on_the_bed_apart_and_within():
    made = lay_out(blocks((60, 40, 20), (60, 40, 20), (100, 30, 10), (20, 20, 20)), gap_mm=4, margin_mm=3)
    boxes = boxes_of(made)
    assert len(boxes) == 4
    assert all(name.startswith("plate 1: piece") for name in boxes)
    for low, high in boxes.values():
        assert low[2] == pytest.approx(0, abs=1e-9)
        assert (np.abs([low[:2], high[:2]]) <= BED / 2 - 3 + 1e-6).all()
    for a, b in itertools.combinations(boxes.values(), 2):
        assert max(*(a[0] - b[1])[:2], *(b[0] - a[1])[:2]) >= 4 - 1e-9
    middle = (made.mesh.bounds[0] + made.mesh.bounds[1]) / 2
    assert middle[:2] == pytest.approx([0, 0], abs=1e-9)


def test_what_does_not_fit_one_plate_takes_another():
    made = lay_out(blocks(*[(118, 98, 10)] * 6), turning="keep")
    plates = [name.split(":")[0] for name in made.part_names]
    assert plates == ["plate 1"] * 4 + ["plate 2"] * 2
    for name, (low, high) in boxes_of(made).items():
        center = 270.0 * (int(name.split(":")[0][6:]) - 1)
        assert low[0] >= center - 125
        assert high[0] <= center + 125
    assert made.history[-1].notes == ("6 pieces on 2 plates of Prusa MK4",)


def test_one_plate_alone_lies_at_the_origin():
    pieces = blocks(*[(118, 98, 10)] * 6)
    second = lay_out(pieces, turning="keep", plate=2)
    assert second.part_names == ("plate 2: piece 5", "plate 2: piece 6")
    assert np.abs(second.mesh.bounds[:, :2]).max() <= 125
    with pytest.raises(BadSetting, match="no plate 3; the pieces take 2"):
        lay_out(pieces, turning="keep", plate=3)


def test_a_piece_as_large_as_the_bed_fits_and_a_larger_one_is_named():
    made = lay_out(blocks((246, 206, 5)), turning="keep")
    assert made.mesh.bounds[:, :2] == pytest.approx(np.array([[-123, -103], [123, 103]]))
    with pytest.raises(CannotDo, match="piece 1 is 247 x 207 x 5 mm"):
        lay_out(blocks((247, 207, 5)), turning="keep")
    with pytest.raises(BadSetting, match="margin"):
        lay_out(blocks((1, 1, 1)), margin_mm=50, printer="resin-small")


def test_a_tall_rod_is_laid_down():
    made = lay_out(Asset(box((10, 10, 240))))
    assert made.size[2] == pytest.approx(10)
    with pytest.raises(CannotDo, match="split it first"):
        lay_out(Asset(box((10, 10, 240))), turning="keep")


def test_a_box_that_stands_askew_is_put_straight():
    turned = box((100, 50, 10))
    angle = np.radians(30)
    spin = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    made = lay_out(Asset(turned.with_vertices(turned.vertices @ spin.T)), turning="keep")
    assert sorted(made.size) == pytest.approx([10, 50, 100])
    assert least_rectangle(turned.vertices[:, :2] @ spin[:2, :2].T) == pytest.approx(-angle)


def test_twice_takes_the_same_plates_and_volumes_stay():
    pieces = split(Asset(torus(150, 25, 64, 24)), connector="dowels")
    once = lay_out(pieces)
    again = lay_out(once)
    assert sorted(again.part_names) == sorted(once.part_names)
    assert again.size[2] == pytest.approx(once.size[2])
    assert signed_volume(once.mesh.vertices, once.mesh.faces) == pytest.approx(
        signed_volume(pieces.mesh.vertices, pieces.mesh.faces)
    )


def test_everything_rides_along():
    mesh = together(box((10, 10, 10)), sphere(5, 2).with_vertices(sphere(5, 2).vertices + [0, 0, 30]))
    count = len(mesh.faces)
    mesh = mesh.replace(
        material=np.arange(count) % 2,
        part=np.repeat([1, 0], [12, count - 12]),
        color=np.full((len(mesh.vertices), 3), 7),
        seen=np.linspace(0, 1, len(mesh.vertices)),
        uv=np.zeros((count, 3, 2)),
    )
    asset = Asset(mesh, (Material("a"), Material("b")), ("ball", "box"))
    made = lay_out(asset)
    assert sorted(made.part_names) == ["plate 1: ball", "plate 1: box"]
    cube = made.mesh.keep_faces(made.mesh.part == made.part_names.index("plate 1: box"))
    assert (cube.material == np.arange(12) % 2).all()
    assert cube.seen == pytest.approx(mesh.seen[:8])
    assert made.materials == asset.materials


def test_an_empty_model_stays():
    empty = Asset(box().keep_faces(np.zeros(12, bool)))
    assert lay_out(empty).mesh == empty.mesh


def test_packing_never_overlaps_nor_leaves_the_plate():
    random = np.random.default_rng(3)
    outlines = []
    for _ in range(60):
        points = random.uniform(-1, 1, (12, 2)) * random.uniform(3, 30, 2)
        outlines.append(points)
    plate = np.array([120.0, 90.0])
    places = pack(outlines, plate, 2.0)
    from manifold3d import CrossSection

    shapes: dict[int, list] = {}
    for points, place in zip(outlines, places, strict=True):
        moved = points @ place.turn.T + place.shift
        assert moved.min() >= -1e-9
        assert (moved <= plate + 1e-9).all()
        shapes.setdefault(place.plate, []).append(CrossSection.hull_points(moved).offset(0.999))
    for placed in shapes.values():
        for a, b in itertools.combinations(placed, 2):
            assert (a ^ b).area() == pytest.approx(0, abs=1e-6)
    filled = sum(shape.area() for placed in shapes.values() for shape in placed)
    assert filled > 0.5 * len(shapes) * plate.prod() - plate.prod()


def test_packing_names_what_fits_nowhere():
    big, small = np.array([[0, 0], [20, 0], [20, 4], [0, 4]], float), np.array([[0, 0], [1, 0], [0, 1]], float)
    places = pack([big, small], np.array([10.0, 10.0]), 0.0)
    assert places[0] is None
    assert places[1].plate == 0
    turned = pack([big], np.array([4.0, 20.0]), 1.0)[0]
    assert np.abs(turned.turn) == pytest.approx(np.array([[0, 1], [1, 0]]))


def test_bodies_without_parts_are_pieces():
    made = lay_out(Asset(together(tetrahedron(), box((1, 1, 1), (5, 5, 5)))))
    assert len(made.part_names) == 2
