import dataclasses
import math
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from maquette.core.errors import BadInput, BadSetting
from maquette.core.profiles import Printer, Target

PROFILES = [(kind, name) for kind in (Printer, Target) for name in kind.names()]
ABOUT = {"name", "label", "technology", "up", "needs_uv", "sources"}  # what is no limit


def limits(profile) -> dict[str, float]:
    return {f.name: getattr(profile, f.name) for f in dataclasses.fields(profile) if f.name not in ABOUT}


def test_what_ships():
    assert {"prusa-mk4"} <= set(Printer.names())
    assert {"unity", "unreal", "three", "commerce-web"} <= set(Target.names())
    assert {Printer.named(name).technology for name in Printer.names()} == {"FDM", "SLA", "SLS"}


@pytest.mark.parametrize(("kind", "name"), PROFILES)
def test_a_profile_is_whole_and_sane(kind, name):
    profile = kind.named(name)
    assert profile.name == name
    assert profile.label
    for limit, value in limits(profile).items():
        for number in value if isinstance(value, tuple) else (value,):
            assert math.isfinite(number), limit
            assert number >= 0, limit
    assert kind.named(name) is profile
    assert isinstance(hash(profile), int)


@pytest.mark.parametrize(("kind", "name"), PROFILES)
def test_every_limit_has_a_source(kind, name):
    profile = kind.named(name)
    for limit in limits(profile):
        assert len(profile.source(limit)) > 8, f"{name}.{limit} comes from nowhere"


@pytest.mark.parametrize(("kind", "name"), PROFILES)
def test_every_source_belongs_to_a_limit(kind, name):
    profile = kind.named(name)
    assert set(profile.sources) <= set(limits(profile)) | {"default"}


def test_a_source_of_its_own_goes_before_the_default():
    printer = Printer.named("prusa-mk4").replace(sources={"default": "a guide", "min_wall_mm": "a maker"})
    assert printer.source("min_wall_mm") == "a maker"
    assert printer.source("min_pin_mm") == "a guide"


@pytest.mark.parametrize("kind", [Printer, Target])
def test_an_unknown_name_lists_the_names(kind):
    with pytest.raises(BadSetting) as refused:
        kind.named("nope")
    assert "'nope'" in str(refused.value)
    for name in kind.names():
        assert name in str(refused.value)


@pytest.mark.parametrize("printer", [Printer.named(name) for name in Printer.names()], ids=Printer.names())
def test_limits_of_a_printer_agree_with_each_other(printer):
    assert len(printer.bed_mm) == 3
    assert all(isinstance(side, float) and 40 <= side <= 2000 for side in printer.bed_mm)
    assert printer.layer_mm <= printer.nozzle_mm
    assert printer.nozzle_mm <= printer.min_wall_mm <= printer.min_free_wall_mm
    assert 0 < printer.overhang_deg <= 90


@pytest.mark.parametrize("target", [Target.named(name) for name in Target.names()], ids=Target.names())
def test_limits_of_a_target_are_ones_that_engines_have(target):
    assert target.max_texture_px & (target.max_texture_px - 1) == 0  # a power of two
    assert isinstance(target.max_faces, int)
    assert isinstance(target.max_materials, int)
    assert target.up in ("+Y", "+Z")
    assert target.unit_m in (0.01, 1.0)


def test_a_printer_that_cannot_be_is_refused():
    mk4 = Printer.named("prusa-mk4")
    for change in ({"bed_mm": (0, 1, 1)}, {"bed_mm": (1, 1)}, {"nozzle_mm": 0}, {"layer_mm": -0.1}):
        with pytest.raises(BadInput, match="must be above 0 mm"):
            mk4.replace(**change)


@pytest.mark.parametrize(("kind", "name"), PROFILES)
def test_as_a_setting_a_profile_is_its_name(kind, name):
    adapter = TypeAdapter(kind)
    assert adapter.validate_python(name) is kind.named(name)
    assert adapter.validate_python(kind.named(name)) is kind.named(name)
    assert adapter.dump_python(kind.named(name), mode="json") == name
    assert adapter.json_schema() == {"type": "string", "enum": list(kind.names())}


def test_as_a_setting_a_profile_of_ones_own_is_all_of_it():
    mine = Printer.named("prusa-mk4").replace(nozzle_mm=0.6)
    plain = TypeAdapter(Printer).dump_python(mine, mode="json")
    assert plain["nozzle_mm"] == 0.6
    assert set(plain) == {field.name for field in dataclasses.fields(Printer)}


def test_as_a_setting_nothing_else_passes():
    for wrong in ("nope", 3, None, Target.named("three")):
        with pytest.raises(ValidationError):
            TypeAdapter(Printer).validate_python(wrong)


@pytest.mark.parametrize("kind", [Printer, Target])
def test_the_default_has_its_name_in_one_place(kind):
    source = Path(__file__).parent.parent / "src" / "maquette"
    name = f'"{kind.default().name}"'
    places = [path.name for path in source.rglob("*.py") if f"_default: ClassVar[str] = {name}" in path.read_text()]
    others = [path.name for path in source.rglob("*.py") if f".named({name})" in path.read_text()]
    assert (places, others) == (["profiles.py"], [])
    assert kind.of(None) is kind.default() is kind.of(kind.default().name) is kind.of(kind.default())
