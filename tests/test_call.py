"""A call: a stage with all its settings, checked once for key, run and history."""

import dataclasses

import pytest

from maquette.core.asset import Asset
from maquette.core.errors import BadInput, BadSetting
from maquette.core.profiles import Printer
from maquette.flow.engine.run import run
from maquette.flow.recipes.load import load_recipe
from maquette.registry import LocalFile, Registry, Stage, stage
from maquette.store import Store
from shapes import box

MK4 = Printer.named("prusa-mk4")
ONE = Asset(box())


@stage
def lift(asset: Asset, *, by_mm: float = 1.0, printer: Printer = MK4, note_file: LocalFile = "") -> Asset:
    """Lift it."""
    return asset.moved(offset=[0, 0, by_mm])


def test_a_call_holds_values_for_the_run_and_text_for_the_rest():
    call = lift.stage.call({"by_mm": "2", "printer": "bambu-a1"})
    assert call.stage is lift.stage
    assert dict(call.settings) == {"by_mm": 2.0, "printer": Printer.named("bambu-a1"), "note_file": ""}
    assert call.text == '{"by_mm":2.0,"note_file":"","printer":"bambu-a1"}'
    raised = call.run(ONE)
    assert raised == lift(ONE, by_mm=2, printer="bambu-a1")
    assert raised.history[-1].settings == call.text


def test_calls_are_equal_by_what_they_do():
    assert lift.stage.call({}) == lift.stage.call({"by_mm": 1}) != lift.stage.call({"by_mm": 2})
    with pytest.raises(dataclasses.FrozenInstanceError):
        lift.stage.call({}).text = "{}"


def test_a_file_is_named_by_its_content_in_text_and_by_its_path_for_the_run(tmp_path):
    place = tmp_path / "notes.txt"
    place.write_text("abc")
    call = lift.stage.call({"note_file": str(place)})
    assert call.settings["note_file"] == str(place)
    assert "sha256:ba7816bf" in call.text
    assert str(tmp_path) not in call.text


def test_a_call_refuses_what_does_not_fit():
    with pytest.raises(BadSetting, match="lift: by_mm = 'x'"):
        lift.stage.call({"by_mm": "x"})
    with pytest.raises(BadInput, match="lift: asset is a bytes; it needs Asset"):
        lift.stage.call({}).run(b"x")


TWICE = """
recipe: twice
summary: Lift it twice.
inputs: [model]
steps:
  low: {stage: lift, from: model, with: {by_mm: 3}}
  high: {stage: lift, from: low}
result: high
"""


def test_a_run_checks_the_settings_of_each_step_once(monkeypatch, tmp_path):
    recipe = load_recipe(TWICE, known=Registry({"lift": lift}, {}, {}))
    asked = []
    real = Stage.validate
    monkeypatch.setattr(Stage, "validate", lambda self, settings: asked.append(self.name) or real(self, settings))
    done = run(recipe, {"model": ONE}, {"high.by_mm": 4}, store=Store(tmp_path))
    assert done.result.mesh.bounds[0].tolist() == [0, 0, 7]
    assert asked == ["lift", "lift"]
