"""A stage's facts: one typed record, refused at its declaration where it is wrong."""

import dataclasses
import json
from collections.abc import Iterable
from typing import Literal

import pytest

from maquette.core.asset import Asset
from maquette.core.files import Files
from maquette.core.profiles import Printer, Target
from maquette.core.report import Finding
from maquette.registry import ROLES, Facts, build, meanings, stage
from shapes import box

MK4 = Printer.named("prusa-mk4")


def plain(asset: Asset) -> Asset:
    """Do nothing."""
    return asset


def opinion(asset: Asset) -> Iterable[Finding]:
    """Say nothing."""
    return ()


def test_a_fact_that_does_not_exist_is_refused_with_those_there_are():
    with pytest.raises(TypeError, match=r"opinion: no fact 'gate'; did you mean gates\? there are licence, device, .*"):
        stage(gate=True)(opinion)
    with pytest.raises(TypeError, match="plain: no fact 'colour'; there are licence, "):
        stage(colour="red")(plain)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"licence": None}, "licence = None: must be a text; licence of the code"),
        ({"licence": ""}, "licence and device must be said"),
        ({"device": 1}, "device = 1: must be a text"),
        ({"network": "yes"}, "network = 'yes': must be True or False"),
        ({"places": 1}, "places = 1: must be True or False"),
        ({"aliases": "shine"}, "aliases = 'shine': must be a tuple of texts"),
        ({"aliases": ["shine"]}, "must be a tuple of texts"),
        ({"aliases": (3,)}, "must be a tuple of texts"),
        ({"aliases": ("Two Words",)}, "'Two Words' is not a stage's name"),
        ({"missing": "pip install x"}, "must be a function; gives the line"),
        ({"gates": True}, "the fact gates is for checks"),
        ({"destinations": ("print",)}, "the fact destinations is for checks and writers"),
        ({"destinations": ("paint",)}, "there are print, model"),
        ({"reads": (".stl",)}, "the fact reads is for stages that take Files"),
        ({"refers": lambda name, data: ()}, "the fact refers is for stages that read files"),
        ({"writes": (".stl",)}, "the fact writes is for stages that give Files"),
        ({"writes": ("STL",)}, "'STL' is not an ending in small letters"),
        ({"opens": (".png",)}, "the fact opens is for stages that take bytes"),
    ],
)
def test_a_wrong_fact_is_refused_where_the_stage_is_declared(facts, says):
    with pytest.raises(TypeError, match=r"^plain: .*" + says.replace("(", r"\(")):
        stage(**facts)(plain)


def test_a_gate_that_is_declared_is_read():
    assert stage(gates=True)(opinion).stage.facts.gates
    assert not stage(opinion).stage.facts.gates


def test_facts_are_frozen_equal_by_value_and_json():
    facts = Facts(aliases=("shine",), missing=lambda: "get it")
    with pytest.raises(dataclasses.FrozenInstanceError):
        facts.gates = True
    assert Facts(licence="MIT") == Facts(licence="MIT") != Facts()
    told = json.loads(json.dumps(facts.as_dict()))
    assert told["aliases"] == ["shine"]
    assert not {"missing", "refers"} & set(told)


def test_what_is_missing_is_one_line():
    assert Facts().line_to_get() == ""
    assert Facts(missing=lambda: "get it").line_to_get() == "get it"


def test_every_fact_has_its_meaning():
    assert set(meanings()) == {fact.name for fact in dataclasses.fields(Facts)}
    assert all(len(text) > 10 for text in meanings().values())


# --- settings that a caller of several stages fills in


@stage
def dressed(asset: Asset, *, stem: str = "model", printer: Printer = MK4, wall_mm: float = 1.0) -> Files:
    """Dress it."""
    return Files(f"{stem}.txt", {f"{stem}.txt": printer.name.encode()})


def test_roles_are_read_off_the_settings():
    assert dressed.stage.roles == ("stem", "printer")
    offered = {"printer": MK4, "target": Target.named("three"), "stem": "cup", "wall_mm": 3.0}
    assert dressed.stage.for_roles(offered) == {"printer": MK4, "stem": "cup"}
    assert dressed(Asset(box()), **dressed.stage.for_roles(offered)).main == "cup.txt"


def test_a_role_under_another_type_is_refused():
    def loose(asset: Asset, *, printer: str = "prusa-mk4") -> Asset:
        return asset

    def looser(asset: Asset, *, thumbnail: bool = True) -> Asset:
        return asset

    def number_lamp(asset: Asset, *, suffix: Literal[1, 2] = 1) -> Asset:
        return asset

    with pytest.raises(TypeError, match="loose: a setting called printer is the printer of the job: make it a Printer"):
        stage(loose)
    with pytest.raises(TypeError, match="thumbnail is a small PNG of the thing"):
        stage(looser)
    with pytest.raises(TypeError, match="suffix is ending of the file"):
        stage(number_lamp)


def test_a_role_may_be_a_choice_of_words():
    def choose_lamp(asset: Asset, *, suffix: Literal["auto", ".png"] = "auto") -> Asset:
        return asset

    assert stage(choose_lamp).stage.roles == ("suffix",)


def test_a_signature_without_types_is_refused():
    def bare(asset, *, height_mm: float = 1.0) -> Asset:
        return asset

    def silent(asset: Asset):
        return asset

    with pytest.raises(TypeError, match="bare: asset has no type"):
        stage(bare)
    with pytest.raises(TypeError, match="silent: the signature does not say what it gives"):
        stage(silent)


def test_the_house_uses_every_role():
    used = {role for found in build(plugins=[]).values() for role in found.stage.roles}
    assert used == set(ROLES)
