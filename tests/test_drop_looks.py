"""What a stage of looks leaves alone: `drop-looks` keeps the form, projecting without a photo keeps the colors."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.texture.drop_looks import drop_looks
from maquette.texture.fill_unseen import fill_unseen
from maquette.texture.project_photo import project_photo
from samples import ball, full_mesh, painted_sphere


def test_only_the_form_and_its_parts_are_left():
    mesh = full_mesh().replace(material=np.zeros(18, int), part=np.zeros(18, int))
    asset = ball().replace(mesh=mesh, camera=None, source=None, part_names=("one",))
    bare = drop_looks(asset)
    assert bare.mesh.uv is bare.mesh.color is bare.mesh.material is None
    assert bare.materials == ()
    assert (bare.mesh.vertices == asset.mesh.vertices).all()
    assert (bare.mesh.faces == asset.mesh.faces).all()
    assert (bare.mesh.part == asset.mesh.part).all()
    assert bare.history[-1].notes == ("left out colors, uv and materials, as asked",)


def test_what_is_bare_comes_back_as_it_is():
    bare = drop_looks(ball())
    assert drop_looks(bare).mesh == bare.mesh


@pytest.mark.parametrize("stage", [project_photo, fill_unseen])
def test_a_model_that_knows_no_photo_keeps_its_colors_and_says_so(stage):
    """Generators of other people need not tell where their camera stood."""
    asset = painted_sphere()
    assert asset.source is None
    after = stage(asset, texture_px=64)
    assert after.materials == asset.materials
    assert np.array_equal(after.mesh.uv, asset.mesh.uv)
    assert "knows no photo and camera" in " ".join(after.history[-1].notes)
