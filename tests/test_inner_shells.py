import numpy as np
import pytest

from maquette.checks.inner_shells import inner_shells
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.shape.build.hollow import hollow
from maquette.shape.mend.drop_inner_walls import drop_inner_walls
from maquette.shape.mend.solidify import solidify
from maquette.shape.mend.wrap import wrap
from shapes import box, sphere, together, volume


def leaky(thick: float = 1.0, hole: float = 1.0) -> Mesh:
    """A ball of 40 mm with an inner skin, open in a square at the top and joined there: a bottle by mistake."""
    outer, inner = sphere(20.0, 5), sphere(20.0 - thick, 5).flipped()
    up = outer.vertices[outer.faces].mean(axis=1)
    at_hole = (np.abs(up[:, :2]).max(axis=1) < hole) & (up[:, 2] > 0)
    low = len(outer.vertices)
    faces = [outer.faces[~at_hole], inner.faces[~at_hole] + low]
    edge = outer.faces[at_hole]
    halves = {(int(a), int(b)) for f in edge for a, b in zip(f, np.roll(f, -1), strict=True)}
    rim = [(a, b) for a, b in halves if (b, a) not in halves]
    walls = [[[a, b, b + low], [a, b + low, a + low]] for a, b in rim]
    return Mesh(np.concatenate([outer.vertices, inner.vertices]), np.concatenate([*faces, np.concatenate(walls)]))


@pytest.mark.parametrize(
    ("mesh", "words"),
    [
        (together(sphere(20.0, 4), sphere(19.0, 4).flipped()), "1 cavity lies behind a wall that is thin all over"),
        (together(sphere(20.0, 4), sphere(10.0, 4)), "1 shell has filled space on both sides"),
        (
            together(box((30, 30, 30)), box((29, 29, 29), (0.5, 0.5, 0.5)).flipped()),
            "1 cavity lies behind a wall that is thin all over",
        ),
        (together(sphere(20.0, 4), *(box((1, 1, 1), (x, 0, 0)) for x in (-5, 0, 5))), "3 shells have filled space"),
    ],
)
def test_double_walls_and_nested_shells_fail_and_their_fix_mends_them(mesh, words):
    (found,) = inner_shells(Asset(mesh))
    assert found.verdict == "fail"
    assert words in found.message
    assert len(found.faces) == len(mesh.faces) - (12 if len(mesh.faces) == 24 else 2048)
    for fix in (drop_inner_walls, solidify):
        mended = fix(Asset(mesh))
        assert [again.verdict for again in inner_shells(mended)] == ["pass"]
        assert volume(mended.mesh) == pytest.approx(
            abs(volume(mesh.keep_faces(np.arange(len(mesh.faces) - len(found.faces)))))
        )


def test_cavities_that_are_meant_pass():
    thick = together(sphere(20.0, 4), sphere(12.0, 4).flipped())
    (found,) = inner_shells(Asset(thick))
    assert (found.verdict, found.message) == ("pass", "1 cavity, meant by all signs")
    thin = Asset(together(sphere(20.0, 4), sphere(19.0, 4).flipped()))
    assert [found.verdict for found in inner_shells(thin, cavities="meant")] == ["pass"]


def test_what_was_hollowed_with_drain_holes_passes():
    made = hollow(Asset(sphere(20.0, 4), sized=True), wall_mm=1.2, printer=Printer.named("resin-small"))
    assert [found.verdict for found in inner_shells(made)] == ["pass"]


@pytest.mark.parametrize(("thick", "hole"), [(1.0, 1.0), (0.8, 1.0), (2.0, 1.2)])
def test_hollow_through_a_leak_is_said_with_its_share(thick, hole):
    closed, leak = inner_shells(Asset(leaky(thick, hole)))
    assert closed.verdict == "pass"
    assert (leak.verdict, leak.fix) == ("warn", "wrap")
    assert leak.value == pytest.approx(100 * (1 - thick / 20) ** 3, abs=3)
    assert "hollow through an opening under" in leak.message


def test_a_wrap_mends_a_leak():
    made = wrap(Asset(leaky()), pitch_mm=1.0)
    assert volume(made.mesh) == pytest.approx(4 / 3 * np.pi * 20**3, rel=0.03)
    assert [found.verdict for found in inner_shells(made)] == ["pass"]


def test_a_wide_mouth_is_no_leak():
    assert [found.verdict for found in inner_shells(Asset(leaky(hole=8.0)))] == ["pass"]


def test_open_surfaces_have_no_inside():
    (found,) = inner_shells(Asset(box().keep_faces(np.arange(10))))
    assert found.verdict == "unknown"
    (found,) = inner_shells(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))))
    assert found.verdict == "unknown"
