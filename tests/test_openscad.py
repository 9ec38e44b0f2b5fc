"""OpenSCAD: boxes, turned parts and plates as scripts that hold the same volume; everything else is refused."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.formats.openscad import write_scad
from shapes import box, sphere, torus, volume


def turn(mesh: Mesh, degrees: float) -> Mesh:
    a = np.radians(degrees)
    return mesh.with_vertices(mesh.vertices @ [[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])


def vase(around: int = 120, levels: int = 60) -> Mesh:
    """A closed surface of revolution, 40 high, its radius between 8 and 14."""
    heights = np.linspace(0, 40, levels)
    radius = 11 + 3 * np.sin(heights / 6)
    angle = np.arange(around) * 2 * np.pi / around
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate(
        [np.column_stack([r * ring, np.full(around, h)]) for r, h in zip(radius, heights, strict=True)]
    )
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(levels - 1), np.arange(around), indexing="ij"))
    k = (j + 1) % around
    p, q, r, s = i * around + j, i * around + k, (i + 1) * around + k, (i + 1) * around + j
    faces = np.concatenate([np.stack([p, q, r], 1), np.stack([p, r, s], 1)])
    low, high = len(points), len(points) + 1
    last = (levels - 1) * around
    bottom = np.stack([np.full(around, low), (np.arange(around) + 1) % around, np.arange(around)], 1)
    top = np.stack([np.full(around, high), last + np.arange(around), last + (np.arange(around) + 1) % around], 1)
    return Mesh(np.concatenate([points, [[0, 0, 0], [0, 0, 40]]]), np.concatenate([faces, bottom, top]))


def washer() -> Mesh:
    """A plate 3 thick with a round hole, standing: its thickness lies along y."""
    from manifold3d import CrossSection, Manifold

    flat = CrossSection.square((40, 30)).translate((-20, 0)) - CrossSection.circle(6, 64).translate((4, 14))
    solid = Manifold.extrude(flat, 3.0).rotate((90, 0, 0)).to_mesh()
    return Mesh(np.asarray(solid.vert_properties[:, :3], float), np.asarray(solid.tri_verts, np.int64))


def number(script: str, name: str) -> float:
    return float(re.search(rf"^{name} = ([-0-9.]+);", script, re.M)[1])  # type: ignore[index]


def render_script(script: str, folder) -> Mesh:
    """What OpenSCAD makes of it."""
    if not shutil.which("openscad"):
        pytest.skip("openscad is not installed")
    (folder / "part.scad").write_text(script)
    subprocess.run(["openscad", "-o", "part.stl", "part.scad"], cwd=folder, check=True, capture_output=True)
    return mq.load(folder / "part.stl").mesh


PARTS = {"a box": turn(box((30, 20, 10)), 25), "something turned": vase(), "a plate": washer()}


@pytest.mark.parametrize("kind", PARTS)
def test_each_kind_is_known_and_its_sizes_have_names(kind):
    script = write_scad(Asset(PARTS[kind])).data.decode()
    assert script.startswith(f"// {kind}\n")
    if kind == "a box":
        assert sorted(number(script, name) for name in ("width", "depth", "height")) == pytest.approx(
            [10, 20, 30], abs=0.01
        )
    if kind == "something turned":
        assert number(script, "diameter") == pytest.approx(28, rel=0.01)
        assert number(script, "height") == pytest.approx(40)
    if kind == "a plate":
        assert number(script, "thickness") == pytest.approx(3, rel=0.01)
        assert len(re.findall(r"\[\d+(?:, \d+)+\]", script.split("paths = ")[1].partition(";")[0])) == 2


@pytest.mark.parametrize("kind", PARTS)
def test_openscad_makes_the_same_solid_of_it(kind, tmp_path):
    mesh = PARTS[kind]
    made = render_script(write_scad(Asset(mesh)).data.decode(), tmp_path)
    assert volume(made) == pytest.approx(volume(mesh), rel=0.005)
    assert made.bounds == pytest.approx(mesh.bounds, abs=0.2)


@pytest.mark.parametrize("mesh", [torus(20, 6), sphere(10.0).with_vertices(sphere(10.0).vertices * [1, 2, 3])])
def test_what_is_no_simple_part_is_refused_with_numbers(mesh):
    with pytest.raises(CannotDo, match=r"as a box a section lacks \d+%"):
        write_scad(Asset(mesh))
