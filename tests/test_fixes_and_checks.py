"""Every check is seen to pass and to fail; every stage that one names as its fix changes nothing a second time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from maquette.core.asset import Asset, Material, Texture
from maquette.core.mesh import Mesh
from maquette.registry import registry
from samples import ball, cut_out, png
from shapes import box, grid, sphere, together, torus

QUOTED = r'"([a-z-]+)"'
SOURCE = Path(__file__).parent.parent / "src" / "maquette"


def solid(*parts: Mesh, **changes) -> Asset:
    return Asset(together(*parts), sized=True, **changes)


def carve(outer, *inner) -> Mesh:
    """A box without other boxes; each is a size and a corner."""
    from manifold3d import Manifold

    made = Manifold.cube(outer)
    for size, corner in inner:
        made -= Manifold.cube(size).translate(corner)
    raw = made.to_mesh()
    return Mesh(raw.vert_properties[:, :3], raw.tri_verts)


def join(*boxes) -> Mesh:
    """The union of boxes; each is a size and a corner."""
    from manifold3d import Manifold

    made = Manifold()
    for size, corner in boxes:
        made += Manifold.cube(size).translate(corner)
    raw = made.to_mesh()
    return Mesh(raw.vert_properties[:, :3], raw.tri_verts)


def painted_ball(pictures: int = 1, side: int = 8) -> Asset:
    """A ball in several materials, each with a texture of so many pixels."""
    sheet = Texture(png(np.zeros((side, side, 3), np.uint8)))
    materials = tuple(Material(name=f"m{n}", base_color_texture=sheet) for n in range(pictures))
    faces = len(ball().mesh.faces)
    return ball().replace(mesh=ball().mesh.replace(material=np.arange(faces) % pictures), materials=materials)


def with_face(mesh: Mesh, *corners) -> Mesh:
    """The mesh and one more triangle; a corner is a vertex's number or a new place."""
    places = [c for c in corners if not isinstance(c, int)]
    numbers = iter(range(len(mesh.vertices), len(mesh.vertices) + len(places)))
    face = [c if isinstance(c, int) else next(numbers) for c in corners]
    return Mesh(np.concatenate([mesh.vertices, *([places] if places else [])]), np.concatenate([mesh.faces, [face]]))


def paper_sheet(gray: int) -> Asset:
    """A sheet under a picture of one gray."""
    paper = Texture(png(np.full((8, 8, 3), gray, np.uint8)))
    return Asset(grid().replace(material=np.zeros(len(grid().faces))), (Material(base_color_texture=paper),))


def lit(strength: float) -> Asset:
    """A gray ball under light from above, in the colors of its vertices."""
    mesh = sphere(20, 3)
    light = 1 - strength * (0.5 - mesh.vertices[:, 2:] / 40)
    return Asset(mesh.replace(color=np.repeat(np.round(180 * light), 3, axis=1).astype(np.uint8)), sized=True)


CUBE = box((20, 20, 20))
Case = tuple[Callable[[], Asset], Callable[[], Asset], dict]
# name: what it passes, what it must not pass, settings for both
CHECKS: dict[str, Case] = {
    "albedo-range": (lambda: paper_sheet(128), lambda: paper_sheet(4), {}),
    "baked-light": (lambda: lit(0.0), lambda: lit(1.0), {}),
    "bridges": (lambda: solid(CUBE), lambda: solid(carve((80, 10, 30), ((60, 20, 20), (10, -5, -1)))), {}),
    "contact": (lambda: solid(CUBE), lambda: solid(sphere(20, 3)), {}),
    "cups": (
        lambda: solid(CUBE), lambda: solid(carve((30, 30, 25), ((24, 24, 30), (3, 3, 3)))), {"printer": "resin-small"},
    ),
    "degenerate": (lambda: solid(CUBE), lambda: solid(with_face(CUBE, 0, 1, 1)), {}),
    "edge-manifold": (lambda: solid(CUBE), lambda: solid(with_face(CUBE, 0, 1, (0.0, -9.0, -9.0))), {}),
    "fine-detail": (
        lambda: solid(CUBE),
        lambda: solid(join(((40, 40, 5), (0, 0, 0)), *[((0.3, 30, 1), (4 + 4 * n, 5, 4.5)) for n in range(8)])), {},
    ),
    "fits-bed": (lambda: solid(CUBE), lambda: solid(box((20, 20, 500))), {}),
    "has-uv": (ball, lambda: solid(CUBE), {}),
    "islands": (
        lambda: solid(CUBE),
        lambda: solid(join(((10, 10, 40), (0, 0, 0)), ((40, 10, 5), (0, 0, 35)), ((10, 10, 25), (30, 0, 15)))), {},
    ),
    "inner-shells": (
        lambda: solid(carve((20, 20, 20), ((8, 8, 8), (6, 6, 6)))), lambda: solid(CUBE, box((5, 5, 5), (7, 7, 7))), {},
    ),
    "material-budget": (painted_ball, lambda: painted_ball(9), {"target": "commerce-banner"}),
    "origin": (lambda: solid(box((20, 20, 20), (-10, -10, 0))), lambda: solid(CUBE), {}),
    "overhang": (lambda: solid(CUBE), lambda: solid(box((10, 10, 20)), box((60, 60, 4), (-25, -25, 19))), {}),
    "pins": (lambda: solid(CUBE), lambda: solid(CUBE, box((1, 1, 20), (9, 9, 19))), {}),
    "self-intersections": (lambda: solid(CUBE), lambda: solid(CUBE, box((10, 10, 10), (15, 5, 5))), {}),
    "silhouette": (ball, lambda: ball().with_mesh(ball().mesh.with_vertices(ball().mesh.vertices * [0.4, 1, 1])), {}),
    "sized": (lambda: solid(CUBE), lambda: solid(CUBE).replace(sized=False), {}),
    "small-holes": (lambda: solid(CUBE), lambda: solid(carve((20, 20, 10), ((0.6, 0.6, 20), (10, 10, -5)))), {}),
    "specks": (lambda: solid(CUBE), lambda: solid(CUBE, box((0.1, 0.1, 0.1), (40, 0, 0))), {}),
    "stability": (lambda: solid(CUBE), lambda: solid(box((5, 5, 20)), box((60, 5, 10), (0, 0, 19))), {}),
    "texture-power": (painted_ball, lambda: painted_ball(side=9), {}),
    "texture-size": (painted_ball, lambda: painted_ball(side=520), {"target": "commerce-banner"}),
    "thin-gaps": (lambda: solid(CUBE), lambda: solid(CUBE, box((20, 20, 20), (20.1, 0, 0))), {}),
    "trapped-volumes": (
        lambda: solid(CUBE), lambda: solid(carve((20, 20, 20), ((14, 14, 14), (3, 3, 3)))), {"printer": "sls-bureau"},
    ),
    "triangle-budget": (ball, lambda: solid(sphere(20, 6)), {"target": "commerce-banner"}),
    "triangle-count": (ball, lambda: Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3))), sized=True), {}),
    "uv-overlap": (lambda: Asset(grid()), ball, {}),
    "uv-stretch": (lambda: Asset(grid()), lambda: Asset(grid().with_vertices(grid().vertices * [9, 1, 1])), {}),
    "vertex-manifold": (lambda: solid(CUBE), lambda: solid(two_cubes_at_a_corner()), {}),
    "wall-thickness": (lambda: solid(CUBE), lambda: solid(box((40, 40, 0.3))), {}),
    "watertight": (lambda: solid(CUBE), lambda: solid(grid()), {}),
    "winding": (lambda: solid(CUBE), lambda: solid(CUBE.flipped(np.array([3]))), {}),
}  # fmt: skip


def two_cubes_at_a_corner() -> Mesh:
    """Two cubes that share one vertex."""
    both = together(CUBE, box((20, 20, 20), (20, 20, 20)))
    keep, twin = np.unique(both.vertices, axis=0, return_index=True, return_inverse=True)[1:]
    return both.renumbered(keep, twin.ravel())


def verdicts(name: str, asset: Asset, **settings) -> set[str]:
    check = registry()[name]
    return {finding.verdict for finding in check(asset, **settings)}


def test_every_check_over_models_is_here():
    known = {c.stage.name for c in registry().checks() if list(c.stage.inputs.values()) == [Asset]}
    assert known == set(CHECKS)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_check_passes_what_is_fine_and_nothing_else(name):
    good, bad, settings = CHECKS[name]
    assert verdicts(name, good(), **settings) == {"pass"}
    assert verdicts(name, bad(), **settings) & {"warn", "fail"}


def test_deviation_passes_the_same_and_fails_another():
    check = registry()["deviation"]
    (same,), (moved,) = check(solid(CUBE), solid(CUBE)), check(solid(CUBE), solid(box((20, 20, 20), (5, 0, 0))))
    assert (same.verdict, moved.verdict) == ("pass", "fail")


# --- fixes

SETTINGS = {"drop-inner-walls": {"cavities": "fill"}, "scale-to": {"height_mm": 50.0}, "simplify": {"max_faces": 300}}
# What is turned or cut again each time it is asked: not idempotent, and must not be.
EACH_TIME = {
    "rotate": "turns by the angle that is given",
    "delight": "takes its share of what light is left",
    "plinth": "puts it on another plinth",
    "wrap": "a new skin each time",
}
NOT_A_MODELS = (
    "matte",
    "crop",
    "inflate",
    "fit-textures",
    "lithophane-heights",
)  # of pictures: test_matte, test_crop, test_ready ...


def fixes() -> set[str]:
    """Every stage that a check or the report names as its fix."""
    checks, flow = ([path.read_text() for path in (SOURCE / room).rglob("*.py")] for room in ("checks", "flow"))
    lines = [line for text in checks + flow for line in re.findall(r"fix ?=(.*)", text)]
    lines += [line for text in checks for line in re.findall(r"return (.*)", text)]
    named = {word for line in lines for word in re.findall(QUOTED, line)}
    return {name for name in named if name in registry() and not registry()[name].stage.is_check}


BROKEN: dict[str, Callable[[], Asset]] = {
    "drop-inner-walls": lambda: solid(carve((20, 20, 20), ((14, 14, 14), (3, 3, 3))), box((5, 5, 5), (30, 0, 0))),
    "drop-specks": lambda: solid(CUBE, box((0.1, 0.1, 0.1), (40, 0, 0))),
    "fill-holes": lambda: solid(CUBE.keep_faces(np.arange(2, 12))),
    "fix-winding": lambda: solid(CUBE.flipped(np.array([3, 7])), box((9, 9, 9), (30, 0, 0)).flipped()),
    "orient": lambda: solid(box((60, 60, 4), (-25, -25, 19)), box((10, 10, 20))),
    "pivot": lambda: solid(CUBE),
    "scale-to": lambda: solid(torus(20, 6)),
    "settle": lambda: solid(sphere(20, 3)),
    "simplify": lambda: solid(sphere(20, 3)),
    "solidify": lambda: solid(CUBE.keep_faces(np.arange(1, 12)), box((10, 10, 10), (15, 5, 5))),
    "thicken": lambda: solid(box((20, 20, 10)), box((10, 0.3, 10), (5, 10, 9))),
    "unite": lambda: solid(CUBE, box((10, 10, 10), (15, 5, 5))),
    "untangle": lambda: solid(CUBE, box((10, 10, 10), (15, 5, 5))),
    "unwrap": lambda: solid(CUBE),
    "weld": lambda: Asset(Mesh(CUBE.triangles.reshape(-1, 3), np.arange(36).reshape(-1, 3)), sized=True),
}


def test_every_fix_is_here():
    assert fixes() - set(EACH_TIME) - set(NOT_A_MODELS) <= set(BROKEN)
    assert {"solidify", "weld", "thicken", "unite", "untangle", "drop-inner-walls"} <= fixes()


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_fix_changes_something_and_then_nothing(name):
    stage, broken = registry()[name], BROKEN[name]()
    once = stage(broken, **SETTINGS.get(name, {}))
    assert once.mesh != broken.mesh
    again = stage(once, **SETTINGS.get(name, {}))
    assert again.mesh == once.mesh


def test_a_mask_is_cut_once():
    once = registry()["matte"](cut_out(96))
    again = registry()["matte"](once)
    assert np.array_equal(again.pixels, once.pixels)
    assert np.array_equal(again.mask, once.mask)
