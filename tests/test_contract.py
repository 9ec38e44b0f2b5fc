"""What every stage promises, asked of the whole registry, ours and plugins' alike."""

from __future__ import annotations

import functools
import re
import typing
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo, Unavailable
from maquette.core.report import Finding
from maquette.core.values import Value, decode, encode
from maquette.faces.cli.main import FLAT_ART, main
from maquette.faces.cli.stage_command import command_for
from maquette.registry import LocalFile, registry
from samples import sample_for, wreck

STAGES = sorted(registry())
SOURCE = Path(__file__).parent.parent / "src" / "maquette"


CHECKS = [check.stage.name for check in registry().checks() if list(check.stage.inputs.values()) == [Asset]]
LIGHT = {"frames": 3, "size_px": 64, "samples": 4000, "pitch_mm": 1.0, "edge_mm": 4.0}  # by a setting's name: less work


@pytest.fixture(scope="module", params=STAGES)  # of a module, so that all tests of one stage run together
def function(request):
    return registry()[request.param]


def inputs_of(stage) -> dict[str, object]:
    return {name: sample_for((typing.get_args(kind) or (kind,))[0], stage) for name, kind in stage.inputs.items()}


def required_of(stage) -> dict[str, object]:
    return {s.name: 10.0 for s in stage.settings.values() if s.required}


def light_of(stage) -> dict[str, object]:
    return {name: value for name, value in LIGHT.items() if name in stage.settings}


def outcome(function):
    """What a stage answers to the sample: its value, or the error it refuses with."""
    try:
        return function(**inputs_of(function.stage), **(light_of(function.stage) | required_of(function.stage)))
    except (CannotDo, Unavailable) as problem:
        return f"{type(problem).__name__}: {problem}"


@functools.cache
def first_outcome(name: str):
    """The sample's outcome, made once for the tests that only look at it."""
    return outcome(registry()[name])


def content(result) -> str:
    return (
        result
        if isinstance(result, str)
        else "|".join(r.digest for r in result)
        if isinstance(result, tuple)
        else result.digest
    )


def test_there_are_stages_in_every_room():
    rooms = {registry()[name].stage.room for name in STAGES}
    assert rooms == {"photo", "generate", "shape", "texture", "checks", "formats", "render"}


def test_is_explained(function):
    stage = function.stage
    assert re.match(r"^[A-Z].*\.$", stage.summary), f"{stage.name}: first docstring line is one sentence"
    by_file = LocalFile.__metadata__[0]
    files = [s for s in stage.settings.values() if by_file in getattr(s.annotation, "__metadata__", ())]
    assert len(stage.settings) - len(files) <= 7  # a file that somebody names is no knob
    for setting in stage.settings.values():
        assert setting.description, f"{stage.name}: {setting.name} has no description"


def test_same_input_same_digest(function):
    if function.stage.facts.varying:
        pytest.skip(function.stage.facts.varying)
    assert content(first_outcome(function.stage.name)) == content(outcome(function))


def test_does_not_answer_the_sample_with_unavailable(function):
    if function.stage.facts.line_to_get():
        pytest.skip(function.stage.facts.line_to_get())
    result = first_outcome(function.stage.name)
    assert not (isinstance(result, str) and result.startswith("Unavailable")), result


def test_result_survives_the_store(function):
    result = first_outcome(function.stage.name)
    if isinstance(result, Value | tuple):
        again = decode(b"".join(bytes(chunk) for chunk in encode(result)))
        assert again == result


def test_refuses_unknown_settings(function):
    with pytest.raises(BadSetting, match="no_such_setting"):
        function(**inputs_of(function.stage), no_such_setting=1)


def test_step_is_in_the_history(function):
    result = first_outcome(function.stage.name)
    if hasattr(result, "history"):
        assert result.history[-1].stage == function.stage.name


def test_command_offers_exactly_the_settings(function):
    offered = {p.name for p in command_for(function).params} - {"output", "as_json", "agrees"}
    assert offered == set(function.stage.inputs) | set(function.stage.settings)


def test_command_refuses_in_the_same_words(function, tmp_path):
    stage = function.stage
    numeric = [s for s in stage.settings.values() if s.kind in (int, float)]
    if not numeric:
        pytest.skip("no number among the settings")
    (tmp_path / "in").write_bytes(b"")
    name = numeric[0].name
    with pytest.raises(BadSetting) as refusal:
        function(**inputs_of(stage), **{**required_of(stage), name: "nonsense"})
    arguments = [str(tmp_path / "in")] * len(stage.inputs)
    flags = [part for key in required_of(stage) if key != name for part in (f"--{key.replace('_', '-')}", "10")]
    if stage.name in ("open", *FLAT_ART):  # without it opens the workbench, and recipes ask for it first
        flags += ["-o", str(tmp_path / "out.png")]
    result = CliRunner().invoke(main, [stage.name, *arguments, f"--{name.replace('_', '-')}", "nonsense", *flags])
    assert result.exit_code == 3
    words = f"{refusal.value}"
    if stage.name in FLAT_ART:  # the command is a recipe, and the refusal is of one of its steps
        assert result.stderr.strip().endswith(words.partition(": ")[2])
    else:
        assert result.stderr.strip() == f"BadSetting: {words}"


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_passes_a_good_ball_under_its_own_name_and_names_real_fixes(name):
    found = first_outcome(name)
    assert {f.verdict for f in found} <= {"pass", "unknown", "warn"}
    assert {f.check for f in found} == {name}
    check = registry()[name]
    for finding in check(wreck(), **light_of(check.stage)):
        assert finding.fix is None or finding.fix in registry(), f"{finding.check} names {finding.fix!r}"


def test_every_fix_in_the_source_is_a_stage():
    named = {m for path in SOURCE.rglob("*.py") for m in re.findall(r'\bfix="([a-z-]+)"', path.read_text())}
    assert named <= set(STAGES)


def test_every_stage_has_its_test():
    here = {path.stem for path in Path(__file__).parent.glob("test_*.py")}
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    for name in STAGES:
        python_name = registry()[name].function.__name__
        assert f"test_{name.replace('-', '_')}" in here or python_name in text, f"{name} has no test"


def test_front_door_reaches_every_stage():
    for name in STAGES:
        assert getattr(mq, name.replace("-", "_")) is registry()[name]


def test_output_types_are_nouns():
    for name in STAGES:
        output = registry()[name].stage.output
        assert output == Iterable[Finding] or issubclass(output, Value)
