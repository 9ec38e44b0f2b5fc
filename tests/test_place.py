"""Models at spots of one's own choice, and a camera of one's own."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.flow.recipes.load import load_recipe
from maquette.flow.recipes.write import yaml_of
from maquette.registry import registry
from shapes import box, volume

STAGES = registry()
BOX = Asset(box((10.0, 20.0, 5.0), (100.0, 50.0, 3.0)), sized=True, title="box")


def test_the_middle_of_the_foot_comes_to_the_spot():
    scene = STAGES["place"](BOX, x_mm=7, y_mm=-3, z_mm=2, turn_deg=90, scale=2)
    low, high = STAGES["join-scene"](scene).mesh.bounds
    assert high - low == pytest.approx([40, 20, 10])
    assert (low + high)[:2] / 2 == pytest.approx([7, -3])
    assert low[2] == pytest.approx(2)


def test_the_same_model_is_kept_once_and_another_beside_it():
    scene = STAGES["place"](BOX)
    scene = mq.add_at(scene, BOX, x_mm=30)
    assert (len(scene.assets), len(scene.which)) == (1, 2)
    scene = STAGES["add-at"](scene, Asset(box((1.0, 1.0, 1.0)), sized=True), y_mm=40, scale=3)
    assert (len(scene.assets), len(scene.which)) == (2, 3)
    joined = STAGES["join-scene"](scene)
    assert volume(joined) == pytest.approx(1000 + 1000 + 27)
    assert len(joined.part_names) == 3


def test_nothing_cannot_be_placed():
    with pytest.raises(CannotDo, match="no faces"):
        STAGES["place"](BOX.with_mesh(BOX.mesh.keep_faces(np.zeros(len(BOX.mesh.faces), bool))))
    with pytest.raises(BadSetting):
        STAGES["place"](BOX, scale=0)


def test_what_is_aimed_at_stands_in_the_middle_and_the_picture_is_taken_from_there():
    spot = (105.0, 60.0, 5.0)
    aimed = STAGES["aim"](
        BOX, azimuth_deg=90, elevation_deg=0, distance_mm=200, x_mm=spot[0], y_mm=spot[1], z_mm=spot[2]
    )
    middle, depth = aimed.camera.project(np.array([spot]))
    assert middle[0] == pytest.approx([0.5, 0.5])
    assert depth[0] == pytest.approx(200)
    assert aimed.camera.position == pytest.approx([spot[0] + 200, spot[1], spot[2]])  # right of the front is +X
    picture = mq.picture(aimed, view="photo", size_px=64, background="transparent", ground="none")
    seen = np.argwhere(np.asarray(picture.frames[0])[..., 3] > 0)
    assert len(seen) > 20


def test_a_scene_s_recipe_is_data_like_any_other():
    recipe = load_recipe("""
recipe: pair
summary: Two of a kind.
inputs: [asset]
steps:
  first: {stage: place, from: asset}
  both: {stage: add-at, from: [first, asset], with: {x_mm: 40}}
  joined: {stage: join-scene, from: both}
result: joined
canvas: {places: {first: [0, 10]}, notes: [{text: side by side, at: [5, 6]}], groups: [{steps: [first, both]}]}
""")
    written = yaml_of(recipe)
    assert load_recipe(written).canvas == recipe.canvas
    assert recipe.canvas["notes"] == [{"text": "side by side", "at": [5.0, 6.0]}]
    with pytest.raises(BadInput, match="no step 'gone'"):
        load_recipe(written.replace("- first\n    - both", "- gone"))
