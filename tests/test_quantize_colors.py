import io
import re

import numpy as np
import pytest
from PIL import Image

from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.geometry.look.oklab import choose_colors, clusters, light_of, light_of_oklab, oklab_of, srgb_of
from maquette.geometry.surface import face_areas, signed_volume
from maquette.geometry.topology import edges, euler_number, is_watertight
from maquette.shape.paint.filament_names import filaments, sets
from maquette.shape.paint.quantize_colors import quantize_colors
from samples import ball
from shapes import box, sphere, together


def texture(pixels) -> Texture:
    out = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(out, "PNG")
    return Texture(out.getvalue())


def slab(pixels, side=40.0, height=4.0) -> Asset:
    """A box of 12 triangles with a picture on its top, white elsewhere (the picture's first pixel)."""
    mesh = box((side, side, height))
    uv = np.zeros((12, 3, 2), np.float32)
    for face in range(12):
        corner = mesh.triangles[face]
        if (corner[:, 2] == height).all():
            uv[face] = np.stack([corner[:, 0] / side, 1 - corner[:, 1] / side], axis=1)
        else:
            uv[face] = 0.5 / len(pixels)
    return Asset(mesh.replace(uv=uv), (Material(base_color_texture=texture(pixels)),), sized=True)


def discs(*which, size=1024, side=40.0, ground=(255, 255, 255)):
    """A picture with discs (x mm, y mm, radius mm, colour), edges softened over a pixel."""
    y, x = (np.mgrid[:size, :size] + 0.5) * side / size
    made = np.broadcast_to(np.array(ground, float), (size, size, 3)).copy()
    for cx, cy, radius, color in which:
        inside = np.clip((radius - np.hypot(x - cx, y - cy)) * size / side + 0.5, 0, 1)[..., None]
        made = made * (1 - inside) + np.array(color, float) * inside
    return np.rint(made)


def label_area(asset: Asset, name: str) -> float:
    number = [m.name for m in asset.materials].index(name)
    return float(face_areas(asset.mesh.vertices, asset.mesh.faces)[asset.mesh.material == number].sum())


def borders(mesh: Mesh):
    """Ends (B, 2) of edges between two materials."""
    found = edges(mesh.faces)
    order = np.argsort(found.of_half, kind="stable").reshape(-1, 2) // 3
    return found.ends[mesh.material[order[:, 0]] != mesh.material[order[:, 1]]]


DISC = slab(discs((20, 20, 12, (0, 0, 0))))


def test_a_discs_border_is_a_circle_though_the_top_is_two_triangles():
    made = quantize_colors(DISC, filaments=("white", "black"))
    mesh = made.mesh
    assert label_area(made, "black") == pytest.approx(np.pi * 144, rel=0.003)
    ends = mesh.vertices[borders(mesh)]
    away = np.hypot(ends[..., 0] - 20, ends[..., 1] - 20) - 12
    assert np.abs(away).max() < 0.08
    length = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).sum()
    assert length == pytest.approx(2 * np.pi * 12, rel=0.01)  # a staircase would be a tenth longer
    assert is_watertight(mesh.faces)
    assert euler_number(mesh.faces) == 2
    assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(40 * 40 * 4, rel=1e-12)
    assert [m.name for m in made.materials] == ["white", "black"]
    assert mesh.uv is None
    assert mesh.color is None


def test_far_from_borders_faces_stay_large():
    made = quantize_colors(DISC, filaments=("white", "black"))
    assert len(made.mesh.faces) < 9000  # a line apart all over it would be 40,000
    areas = face_areas(made.mesh.vertices, made.mesh.faces)
    assert areas.max() > 40
    assert areas.min() > 1e-5


def test_no_seam_of_grey_between_black_and_white():
    made = quantize_colors(DISC, filaments=("white", "black", "gray", "silver"))
    assert label_area(made, "gray") == 0
    assert label_area(made, "silver") == 0
    assert label_area(made, "black") == pytest.approx(np.pi * 144, rel=0.01)


def test_islands_below_the_limit_go_and_others_stay():
    pixels = discs((10, 10, 0.25, (0, 0, 0)), (30, 10, 1.5, (0, 0, 0)), (30, 30, 0.6, (255, 0, 0)))
    made = quantize_colors(slab(pixels), filaments=("white", "black", "red"), detail_mm=0.2)
    assert label_area(made, "black") == pytest.approx(np.pi * 1.5**2, rel=0.05)
    assert label_area(made, "red") == pytest.approx(np.pi * 0.6**2, rel=0.12)
    larger = quantize_colors(slab(pixels), filaments=("white", "black", "red"), detail_mm=0.2, island_mm2=2.0)
    assert label_area(larger, "red") == 0
    assert label_area(larger, "black") == pytest.approx(np.pi * 1.5**2, rel=0.05)
    assert any("islands below 2 mm²" in text for text in larger.history[-1].notes)
    every = quantize_colors(slab(pixels), filaments=("white", "black", "red"), detail_mm=0.1, island_mm2=0)
    assert label_area(every, "black") > label_area(made, "black") + 0.1


@pytest.mark.parametrize(("width", "stays"), [(0.3, False), (0.39, False), (0.45, True)])
def test_strips_narrower_than_a_line_go(width, stays):
    """White, a black strip of 20 mm, white, as flat materials: the strip covers 6 mm² and more."""
    x = np.array([0, 5, 5 + width, 10])
    vertices = np.array([[x[k], y, 0] for y in (0, 20) for k in range(4)])
    faces = np.array([f for k in range(3) for f in ((k, k + 1, k + 5), (k, k + 5, k + 4))])
    looks = tuple(Material(name=n, base_color=(c, c, c, 1)) for n, c in (("white", 1.0), ("black", 0.0)))
    asset = Asset(Mesh(vertices, faces, material=np.array([0, 0, 1, 1, 0, 0])), looks)
    made = quantize_colors(asset, filaments=("white=#FFFFFF", "black=#000000"))
    assert label_area(made, "black") == pytest.approx(20 * width if stays else 0)


def regions(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Area and mean width (twice the area by the length of its border) of each region that has a border."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    found = edges(mesh.faces)
    order = np.argsort(found.of_half, kind="stable").reshape(-1, 2)  # two faces at each edge
    left, right = order.T // 3
    length = np.linalg.norm(np.diff(mesh.vertices[found.ends], axis=1)[:, 0], axis=1)
    same = mesh.material[left] == mesh.material[right]
    size = (len(mesh.faces), len(mesh.faces))
    count, which = connected_components(coo_matrix((np.ones(same.sum()), (left[same], right[same])), shape=size))
    areas = np.bincount(which, face_areas(mesh.vertices, mesh.faces), count)
    ends = np.concatenate([which[left[~same]], which[right[~same]]])
    rim = np.bincount(ends, np.tile(length[~same], 2), count)
    return areas[rim > 0], 2 * areas[rim > 0] / rim[rim > 0]


def test_dots_are_no_smaller_than_a_line():
    grey = slab(np.full((8, 8, 3), 110))
    settings = {"filaments": ("white", "black"), "dithering": "ordered", "detail_mm": 0.6}
    area, width = regions(quantize_colors(grey, island_mm2=0, **settings).mesh)
    assert area.min() < 0.3
    area, width = regions(quantize_colors(grey, **settings).mesh)
    assert area.min() >= 0.36
    assert width.min() >= 0.3
    assert len(area) > 100


def test_an_island_takes_the_color_it_borders_most():
    pixels = discs((20, 20, 10, (0, 0, 255)), (20, 20, 0.5, (255, 0, 0)))
    made = quantize_colors(slab(pixels), filaments=("white", "red", "blue"), island_mm2=5.0)
    assert label_area(made, "red") == 0
    assert label_area(made, "blue") == pytest.approx(np.pi * 100, rel=0.005)


def test_colors_are_found_and_the_heaviest_comes_first():
    pixels = discs((12, 20, 6, (200, 30, 40)), (28, 20, 4, (20, 60, 160)), ground=(250, 240, 220))
    made = quantize_colors(slab(pixels), count=3)
    found = np.array([[int(m.name[k : k + 2], 16) for k in (1, 3, 5)] for m in made.materials])
    assert np.abs(found - [[250, 240, 220], [200, 30, 40], [20, 60, 160]]).max() <= 2
    assert label_area(made, made.materials[1].name) == pytest.approx(np.pi * 36, rel=0.01)
    two = quantize_colors(slab(discs((20, 20, 8, (0, 0, 0)))), count=5)
    assert len(two.materials) <= 5
    assert label_area(two, "#000000") == pytest.approx(np.pi * 64, rel=0.03)


def test_the_best_of_many_filaments_are_taken():
    pixels = discs((12, 20, 6, (200, 30, 40)), (28, 20, 4, (20, 60, 160)))
    made = quantize_colors(slab(pixels), filaments=("bambu-pla-basic",), count=3)
    assert {m.name for m in made.materials} == {
        "bambu-pla-basic:jade-white",
        "bambu-pla-basic:red",
        "bambu-pla-basic:blue",
    }


def cube_of_six() -> Asset:
    """Each side of a cube another flat colour."""
    looks = tuple(
        Material(name=f"side {n}", base_color=(*light_of(np.array(rgb, np.uint8)).tolist(), 1.0))
        for n, rgb in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 255, 255), (20, 20, 20)])
    )
    return Asset(box((10, 10, 10)).replace(material=np.arange(12) // 2), looks, sized=True)


def test_flat_materials_keep_their_faces():
    cube = cube_of_six()
    made = quantize_colors(cube, filaments=("#ff0000", "lime", "blue", "yellow", "white", "black"))
    assert np.array_equal(made.mesh.faces, cube.mesh.faces)
    assert np.array_equal(made.mesh.material, np.arange(12) // 2)
    assert made.materials[5].name == "black"
    fewer = quantize_colors(cube, filaments=("red", "white"))
    assert np.array_equal(fewer.mesh.faces, cube.mesh.faces)
    assert set(fewer.mesh.material[:2]) == {0}
    assert set(fewer.mesh.material[8:10]) == {1}


def test_sides_of_a_textured_cube_meet_exactly_in_its_edges():
    pixels = np.zeros((8, 48, 3), np.uint8)
    for n, rgb in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 255, 255), (0, 0, 0)]):
        pixels[:, 8 * n : 8 * n + 8] = rgb
    mesh = box((10, 10, 10))
    uv = np.empty((12, 3, 2), np.float32)
    uv[:] = ((np.arange(12) // 2 * 8 + 4) / 48)[:, None, None] + [[-0.03, 0], [0.03, 0], [0, 0]]
    uv[..., 1] = 0.5
    asset = Asset(mesh.replace(uv=uv), (Material(base_color_texture=texture(pixels)),))
    made = quantize_colors(asset, filaments=("red", "lime", "blue", "yellow", "white", "black"))
    assert np.array_equal(made.mesh.faces, mesh.faces)
    assert np.array_equal(made.mesh.material, np.arange(12) // 2)


def striped_sphere() -> Asset:
    """Vertex colours: blue above a slanted plane, yellow below."""
    mesh = sphere(20.0, 5)
    above = mesh.vertices @ np.array([0.3, 0.2, 1.0]) > 3.0
    return Asset(mesh.replace(color=np.where(above[:, None], (0, 0, 255), (255, 255, 0)), seen=above), sized=True)


def test_vertex_colors():
    asset = striped_sphere()
    made = quantize_colors(asset, filaments=("blue", "yellow", "red"))
    assert is_watertight(made.mesh.faces)
    total = face_areas(asset.mesh.vertices, asset.mesh.faces).sum()
    height = 20 - 3.0 / np.linalg.norm([0.3, 0.2, 1.0])  # of the cap
    assert label_area(made, "blue") == pytest.approx(2 * np.pi * 20 * height, rel=0.03)
    assert label_area(made, "blue") + label_area(made, "yellow") == pytest.approx(total, rel=1e-9)
    assert np.array_equal(made.mesh.seen[: len(asset.mesh.seen)], asset.mesh.seen)
    assert len(made.mesh.seen) == len(made.mesh.vertices)


CASES = {
    "texture": (DISC, {"filaments": ("white", "black")}),
    "clusters": (slab(discs((12, 20, 6, (200, 30, 40)), (28, 20, 4, (20, 60, 160)))), {"count": 3}),
    "dots": (slab(np.full((8, 8, 3), 128)), {"filaments": ("white", "black"), "dithering": "ordered"}),
    "vertices": (striped_sphere(), {"count": 2}),
    "flat": (cube_of_six(), {"count": 3}),
    "shaded": (ball(), {"count": 8}),
    "a set": (ball(), {"filaments": ("bambu-pla-basic", "bambu-pla-matte"), "count": 4}),
}


@pytest.mark.parametrize(("asset", "settings"), CASES.values(), ids=CASES)
def test_twice_is_once(asset, settings):
    once = quantize_colors(asset, **settings)
    twice = quantize_colors(once, **settings)
    assert twice.mesh == once.mesh
    assert twice.materials == once.materials
    assert quantize_colors(asset, **settings).mesh == once.mesh


def test_parts_stay_and_no_border_crosses_them():
    both = together(DISC.mesh, box((5, 5, 5), (60, 0, 0)))
    uv = np.concatenate([DISC.mesh.uv, np.full((12, 3, 2), 0.5, np.float32)])
    part = np.repeat([0, 1], 12)
    asset = DISC.replace(mesh=both.replace(uv=uv, part=part), part_names=("slab", "cube"))
    made = quantize_colors(asset, filaments=("white", "black"))
    assert made.part_names == ("slab", "cube")
    assert (made.mesh.part == 1).sum() == 12
    assert set(made.mesh.material[made.mesh.part == 1]) == {1}


def test_dots_mix_to_the_color():
    grey = 150
    made = quantize_colors(slab(np.full((8, 8, 3), grey)), filaments=("white", "black"), dithering="ordered")
    total = face_areas(made.mesh.vertices, made.mesh.faces).sum()
    white = label_area(made, "white") / total
    asked = float(light_of(np.array([grey], np.uint8))[0])
    assert white == pytest.approx(asked, abs=0.05)
    plain = quantize_colors(slab(np.full((8, 8, 3), grey)), filaments=("white", "black"))
    assert label_area(plain, "black") in (0.0, pytest.approx(total))
    exact = quantize_colors(DISC, filaments=("white", "black"), dithering="ordered")
    assert label_area(exact, "black") == pytest.approx(np.pi * 144, rel=0.05)


def test_notes_have_the_numbers():
    notes = " | ".join(quantize_colors(DISC, filaments=("white", "black")).history[-1].notes)
    share = np.pi * 144 / (2 * 1600 + 4 * 160)
    assert abs(float(re.search(r"black ([\d.]+)%", notes)[1]) - 100 * share) <= 0.1
    assert "12 faces became" in notes
    assert "0.0 dE2000" in notes or "0.1 dE2000" in notes


def test_detail_follows_the_printer():
    fine = quantize_colors(DISC, filaments=("white", "black"), detail_mm=0.2)
    coarse = quantize_colors(DISC, filaments=("white", "black"), detail_mm=2.0)
    assert len(fine.mesh.faces) > 2 * len(coarse.mesh.faces)
    assert label_area(coarse, "black") == pytest.approx(np.pi * 144, rel=0.05)


def test_refusals():
    with pytest.raises(BadInput, match="no colours"):
        quantize_colors(Asset(box()))
    with pytest.raises(BadInput, match="no faces"):
        quantize_colors(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))))
    with pytest.raises(BadSetting, match="no filament 'mauvish'"):
        quantize_colors(DISC, filaments=("mauvish",))
    with pytest.raises(BadSetting, match="30 filaments; give count"):
        quantize_colors(DISC, filaments=("bambu-pla-basic",))
    with pytest.raises(CannotDo, match="one colour"):
        quantize_colors(DISC, printer=next(p for p in map(Printer.named, Printer.names()) if p.technology == "SLA"))
    broken = slab(np.zeros((4, 4, 3))).replace(
        materials=(Material(base_color_texture=Texture(b"\x89PNG\r\n\x1a\nxx")),)
    )
    with pytest.raises(BadInput, match="cannot be decoded"):
        quantize_colors(broken)


def test_faces_without_area_and_a_texture_of_one_pixel():
    mesh = DISC.mesh
    flat = Mesh(
        np.concatenate([mesh.vertices, mesh.vertices[:1]]),
        np.concatenate([mesh.faces, [[0, 8, 1], [2, 2, 3]]]),
        uv=np.concatenate([mesh.uv, np.zeros((2, 3, 2), np.float32)]),
    )
    made = quantize_colors(DISC.with_mesh(flat), filaments=("white", "black"))
    assert label_area(made, "black") == pytest.approx(np.pi * 144, rel=0.005)
    one = quantize_colors(slab(np.full((1, 1, 3), 255)), filaments=("white", "black"))
    assert set(one.mesh.material) == {0}


def test_names_of_filaments():
    assert [(f.name, f.color) for f in filaments(("#0a0B0c", "skin=#F0D0C0", "Red"))] == [
        ("#0A0B0C", "#0A0B0C"),
        ("skin", "#F0D0C0"),
        ("red", "#FF0000"),
    ]
    assert filaments(("bambu-pla-matte:ice blue",))[0].color == "#A3D8E1"
    assert len(filaments(("bambu-pla-basic",))) == len(sets()["bambu-pla-basic"]) == 30
    assert quantize_colors.stage.validate({"filaments": "red, #00ff00"}).filaments == ("red", "#00ff00")


def test_oklab_is_ottossons():
    """Published pairs: XYZ (0.950, 1.000, 1.089) is white; sRGB red is (0.628, 0.225, 0.126)."""
    red = oklab_of(np.array([1.0, 0.0, 0.0]))
    assert red == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)
    assert oklab_of(np.ones(3)) == pytest.approx([1, 0, 0], abs=1e-4)
    colors = np.random.default_rng(0).random((100, 3))
    assert light_of_oklab(oklab_of(colors)) == pytest.approx(colors, abs=1e-5)
    assert np.array_equal(srgb_of(light_of(np.arange(256).astype(np.uint8))), np.arange(256))


def test_clusters_and_choice_know_their_optimum():
    dice = np.random.default_rng(3)
    middles = oklab_of(np.array([[0.9, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.9], [0.8, 0.8, 0.8]]))
    lab = np.repeat(middles, [400, 300, 200, 100], axis=0) + dice.normal(0, 0.01, (1000, 3))
    found = clusters(lab, np.ones(1000), 4)
    assert np.abs(found - middles).max() < 0.005
    assert choose_colors(lab, np.ones(1000), np.concatenate([middles + 0.3, middles]), 4).tolist() == [4, 5, 6, 7]
    assert len(clusters(np.zeros((5, 3)), np.ones(5), 3)) == 1
