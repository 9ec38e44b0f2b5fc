import json
from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
import pytest
from pydantic import Field

import maquette
from maquette.core.asset import Asset
from maquette.core.errors import BadInput, BadSetting
from maquette.core.profiles import Printer
from maquette.core.progress import note, noting
from maquette.core.report import Finding
from maquette.core.subject import Subject, Views
from maquette.registry import Facts, Registry, StageFunction, build, stage, type_name
from shapes import box

MK4 = Printer.named("prusa-mk4")


@stage(name="move", version=3, licence="MIT", aliases=("shift",))
def shifted(
    asset: Asset,
    onto: Asset,
    *,
    by_mm: Annotated[float, Field(ge=-10, le=10, description="how far")] = 1.0,
    axis: Annotated[Literal["x", "y"], Field(description="which way")] = "x",
    times: Annotated[int, Field(description="how often")],
) -> Asset:
    """Move a model beside another.

    And some more.
    """
    note("moved it")
    offset = np.array([by_mm if axis == "x" else 0, by_mm if axis == "y" else 0, 0]) * times
    return asset.moved(offset=offset + onto.size[0])


@stage
def heavy(asset: Asset, *, printer: Printer = MK4) -> Iterable[Finding]:
    """Say nothing twice."""
    for _ in range(2):
        yield Finding("heavy", "pass", "m")


ONE, TWO = Asset(box((1, 1, 1))), Asset(box((2, 1, 1)))


# --- one signature, read once


def test_a_stage_is_read_from_its_signature():
    record = shifted.stage
    assert (record.name, record.version) == ("move", 3)
    assert dict(record.inputs) == {"asset": Asset, "onto": Asset}
    assert record.output is Asset
    assert list(record.settings) == ["by_mm", "axis", "times"]
    by, axis, times = record.settings.values()
    assert (by.kind, by.default, by.required, by.description) == (float, 1.0, False, "how far")
    assert axis.kind == Literal["x", "y"]
    assert times.required
    assert record.summary == "Move a model beside another."
    assert record.documentation.endswith("And some more.")
    assert record.facts == Facts(licence="MIT", aliases=("shift",))
    assert not record.is_check
    assert heavy.stage.is_check
    assert heavy.stage.facts.licence == "Apache-2.0"


def test_a_stage_as_plain_data_is_json():
    plain = json.loads(json.dumps(shifted.stage.as_dict()))
    assert plain["inputs"] == {"asset": "Asset", "onto": "Asset"}
    assert plain["settings"]["properties"]["by_mm"]["maximum"] == 10
    assert plain["settings"]["required"] == ["times"]
    assert plain["settings"]["additionalProperties"] is False
    assert json.loads(json.dumps(heavy.stage.as_dict()))["output"] == "Finding[]"


def test_names_of_types():
    assert type_name(Subject | Views) == "Subject or Views"
    assert type_name(bytes) == "bytes"


def test_star_arguments_make_no_stage():
    def loose(asset: Asset, **rest: int) -> Asset:
        return asset

    def looser(*assets: Asset) -> Asset:
        return assets[0]

    for function in (loose, looser):
        with pytest.raises(TypeError, match="no \\*args and no \\*\\*kwargs"):
            stage(function)


# --- calling


def test_inputs_go_by_place_and_by_name():
    expected = shifted(ONE, TWO, times=1)
    assert expected.mesh.bounds[0].tolist() == [3, 2, 2]
    assert shifted(ONE, onto=TWO, times=1) == expected
    assert shifted(onto=TWO, asset=ONE, times=1) == expected
    assert shifted(times=1, onto=TWO, asset=ONE, by_mm=1) == expected


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "says"),
    [
        ((ONE,), {"times": 1}, BadInput, "move: no onto; it needs Asset"),
        ((), {"onto": TWO, "times": 1}, BadInput, "move: no asset; it needs Asset"),
        ((ONE, b"x"), {"times": 1}, BadInput, "move: onto is a bytes; it needs Asset"),
        ((ONE, TWO, 3), {"times": 1}, BadSetting, "move: settings go by name; it takes 2 inputs, got 3"),
        ((ONE, TWO), {}, BadSetting, "move: times must be given: how often"),
        ((ONE, TWO), {"times": 1, "far": 2}, BadSetting, "move: no setting 'far'; it has by_mm, axis, times"),
        (
            (ONE, TWO),
            {"times": 1, "by_mm": 11},
            BadSetting,
            "move: by_mm = 11: input should be less than or equal to 10",
        ),
        ((ONE, TWO), {"times": 1, "by_mm": float("nan")}, BadSetting, "move: by_mm = nan"),
        ((ONE, TWO), {"times": 1, "by_mm": float("inf")}, BadSetting, "move: by_mm = inf"),
        ((ONE, TWO), {"times": 1, "axis": "z"}, BadSetting, "move: axis = 'z': input should be 'x' or 'y'"),
        ((ONE, TWO), {"times": 1.5}, BadSetting, "move: times = 1.5"),
        ((ONE, TWO), {"times": "x", "by_mm": 99}, BadSetting, "by_mm = 99.*; times = 'x'"),
        ((ONE, TWO), {"times": None}, BadSetting, "move: times = None"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(args, kwargs, error, says):
    with pytest.raises(error, match=says):
        shifted(*args, **kwargs)


def test_a_profile_is_named_or_refused():
    assert len(heavy(ONE, printer=Printer.names()[-1])) == 2
    with pytest.raises(BadSetting, match=r"heavy: printer = 'nope': no profile 'nope'; choose one of prusa"):
        heavy(ONE, printer="nope")
    with pytest.raises(BadSetting, match="heavy: printer = 3: a Printer or the name of one"):
        heavy(ONE, printer=3)


def test_a_check_gives_a_tuple():
    assert [finding.check for finding in heavy(ONE)] == ["heavy", "heavy"]
    assert isinstance(heavy(ONE), tuple)


def test_a_call_is_recorded_with_settings_and_notes():
    with noting() as notes:
        made = shifted(ONE, TWO, times="2")
    step = made.history[-1]
    assert (step.stage, step.version, step.notes) == ("move", 3, ("moved it",))
    assert step.settings == '{"axis":"x","by_mm":1.0,"times":2}'
    assert notes == ["move: moved it"]


def test_settings_text_is_canonical():
    def text(settings):
        return shifted.stage.call(settings).text

    assert text({"times": 2, "by_mm": 1}) == text({"by_mm": 1.0, "times": 2}) == text({"times": "2"})
    assert text({"times": 2}) != text({"times": 3})
    assert heavy.stage.call({}).text == '{"printer":"prusa-mk4"}'
    mine = Printer.named("prusa-mk4").replace(nozzle_mm=0.6)
    assert '"nozzle_mm":0.6' in heavy.stage.call({"printer": mine}).text


# --- the registry


def test_an_unknown_name_suggests_the_nearest():
    found = Registry({"weld": shifted, "smooth": heavy}, {}, {})
    with pytest.raises(BadSetting, match=r"no stage 'wled'; did you mean weld\?"):
        found.find("wled")
    with pytest.raises(BadSetting, match="no stage 'zzz'; `maquette stages` lists them"):
        found.find("zzz")
    with pytest.raises(KeyError):
        found["wled"]
    assert "wled" not in found


def test_checks_are_told_from_the_rest():
    found = Registry({"move": shifted, "heavy": heavy}, {}, {})
    assert found.checks() == [heavy]


def test_every_stage_of_the_house_stands_in_its_room():
    found = build(plugins=[])
    assert dict(found.failures) == {}
    for name, function in found.items():
        assert isinstance(function, StageFunction)
        assert function.stage.name == name
        assert function.function.__module__.startswith(f"maquette.{function.stage.room}.")


def test_the_front_door_knows_every_stage():
    assert maquette.weld.stage.name == "weld"
    assert "weld" in dir(maquette)
    with pytest.raises(AttributeError, match="there is no stage 'no-such-thing'"):
        _ = maquette.no_such_thing
