import itertools
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import BadInput, BadSetting, CannotDo, MaquetteError
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import Cancelled, noting, progress, watching
from maquette.core.report import Finding
from maquette.core.subject import Subject
from maquette.flow.engine.run import run
from maquette.flow.recipes.load import load_recipe, recipe_names
from maquette.flow.recipes.plain_yaml import MAX_CHARACTERS, read_yaml
from maquette.flow.recipes.sockets import fits, shared_kind
from maquette.registry import Registry, stage
from maquette.store import Store
from shapes import box

RAN = Counter()
MK4 = Printer.named("prusa-mk4")
Share = Annotated[float, Field(ge=0, le=1, description="a share")]


@stage(name="read")
def read(photo: bytes) -> Subject:
    """Read bytes as a grey picture, one pixel a byte."""
    RAN["read"] += 1
    return Subject(np.repeat(np.frombuffer(photo, np.uint8)[None, :, None], 3, axis=2))


@stage
def brighten(subject: Subject, *, by: Annotated[int, Field(ge=0, le=255, description="how much")] = 1) -> Subject:
    """Make a picture brighter."""
    RAN["brighten"] += 1
    return subject.replace(pixels=np.minimum(subject.pixels.astype(int) + by, 255).astype(np.uint8))


@stage(licence="MIT")
def block(subject: Subject, *, depth: Share = 0.5, width: Share = 1.0) -> Asset:
    """Make a box as high as the picture is bright."""
    RAN["block"] += 1
    progress(0.5, "boxing")
    return Asset(box((width, depth, float(subject.pixels.sum()))))


@stage
def cube(subject: Subject, *, depth: Share = 0.25) -> Asset:
    """Make a cube."""
    RAN["cube"] += 1
    return Asset(box((depth, depth, depth)))


@stage
def grow(
    asset: Asset,
    *,
    factor: Annotated[float, Field(gt=0, description="times")],
    sure: Annotated[bool, Field(description="?")] = True,
) -> Asset:
    """Scale a model."""
    RAN["grow"] += 1
    if factor == 13:
        raise CannotDo("grow: 13 brings bad luck; take 12")
    return asset.moved(scale=factor).replace(sized=sure)


@stage
def beside(
    left: Asset,
    right: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose bed")] = MK4,
) -> Asset:
    """Put two models side by side."""
    RAN["beside"] += 1
    moved = right.mesh.vertices + [left.size[0], 0, 0]
    vertices = np.concatenate([left.mesh.vertices, moved])
    return Asset(Mesh(vertices, np.concatenate([left.mesh.faces, right.mesh.faces + len(left.mesh.vertices)])))


@stage
def tall(asset: Asset, *, at_least: Annotated[float, Field(description="how tall")] = 1.0) -> Iterable[Finding]:
    """Say whether a model is tall."""
    RAN["tall"] += 1
    yield Finding("tall", "pass" if asset.size[2] >= at_least else "fail", f"{asset.size[2]}", value=asset.size[2])


STAGES = {function.stage.name: function for function in (read, brighten, block, cube, grow, beside, tall)}
KNOWN = Registry(STAGES, {"box-up": "block"}, {})

LINE = """recipe: line
summary: A photo to a block.
inputs: [photo]
knobs:
  factor: {turns: grown.factor, implies: {grown.sure: true}}
  light: {turns: [lit.by, lit2.by]}
  maker: {swaps: raw}
steps:
  grown: {stage: grow, from: raw, with: {factor: 2, sure: false}}
  seen: {stage: read, from: photo}
  lit: {stage: brighten, from: seen}
  lit2: {stage: brighten, from: [lit], with: {by: 2}}
  raw: {stage: block, from: {subject: lit2}, with: {depth: 0.75, width: 0.5}}
result: grown
"""
PHOTO = bytes([1, 2, 3])


@pytest.fixture(autouse=True)
def _count_from_zero():
    RAN.clear()


@pytest.fixture
def line():
    return load_recipe(LINE, known=KNOWN)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def ran() -> dict[str, int]:
    counts = dict(RAN)
    RAN.clear()
    return counts


# --- what a recipe says


def test_a_recipe_is_read(line):
    assert (line.name, line.summary, line.inputs, line.result) == ("line", "A photo to a block.", ("photo",), "grown")
    assert list(line.steps) == ["seen", "lit", "lit2", "raw", "grown"]  # as they run
    assert line.steps["raw"].sources == ("lit2",)
    assert dict(line.steps["raw"].settings) == {"depth": 0.75, "width": 0.5}
    assert line.input_kinds() == {"photo": bytes}
    assert line == load_recipe(LINE, known=KNOWN)


def test_knobs_take_kind_default_and_words_from_what_they_turn(line):
    factor, light, maker = line.knobs.values()
    assert (factor.kind, factor.default, factor.description) == (float, 2, "times")
    assert (light.kind, light.default, light.turns) == (int, 1, (("lit", "by"), ("lit2", "by")))
    assert (maker.kind, maker.default, maker.swaps) == (Literal["block", "cube"], "block", "raw")


def test_sources_by_place_and_by_name():
    for sources in ("[a, b]", "{left: a, right: b}", "{right: b, left: a}"):
        text = "recipe: two\nsummary: x\ninputs: [a, b]\nsteps:\n  both: {stage: beside, from: %s}\nresult: both\n"
        recipe = load_recipe(text % sources, known=KNOWN)
        assert recipe.steps["both"].sources == ("a", "b")
        assert recipe.input_kinds() == {"a": Asset, "b": Asset}


def test_an_alias_leads_to_the_stage():
    assert load_recipe(LINE.replace("stage: block", "stage: box-up"), known=KNOWN).steps["raw"].stage == "block"


@pytest.mark.parametrize(
    ("old", "new", "error", "says"),
    [
        ("stage: block", "stage: blok", BadSetting, r"steps\.raw \(line 13\): no stage 'blok'; did you mean block\?"),
        ("stage: block", "stage: os.system", BadSetting, "no stage 'os.system'"),
        ("from: photo", "from: foto", BadInput, r"steps\.seen\.from \(line 10\): no step or input 'foto'"),
        ("from: photo", "from: grown", BadInput, r"runs in a circle: .*seen -> "),
        ("from: photo", "from: seen", BadInput, "runs in a circle: seen -> seen"),
        ("from: raw", "from: [raw, raw]", BadInput, r"grow takes asset \(Asset\); got raw, raw"),
        ("from: {subject: lit2}", "from: {picture: lit2}", BadInput, r"block takes subject \(Subject\)"),
        ("from: {subject: lit2}", "from: {subject: lit2, '0': lit}", BadInput, "block takes subject"),
        ("from: photo}", "from: []}", BadInput, r"steps\.seen\.from \(line 10\)"),
        ("from: photo}", "frm: photo}", BadInput, r"steps\.seen\.frm \(line 10\): is not part of a recipe"),
        (", from: photo}", "}", BadInput, r"steps\.seen\.from \(line 10\): is missing"),
        ("depth: 0.75", "deepness: 1", BadSetting, r"\(line 13\): block has no such setting; it has depth, width"),
        ("depth: 0.75", "depth: 1.75", BadSetting, r"with \(line 13\): block: depth = 1\.75: .* or equal to 1"),
        ("depth: 0.75", "depth: deep", BadSetting, "block: depth = 'deep'"),
        ("depth: 0.75", "depth: .nan", BadInput, "line 13: a number beyond all measure"),
        ("factor: 2, ", "", None, ""),  # it has a knob
        ("turns: grown.factor", "turns: lit.by", BadInput, "lit.by is turned twice"),
        ("turns: grown.factor", "turns: grown.size", BadSetting, r"factor \(line 5\): grow has no setting 'size'"),
        ("turns: grown.factor", "turns: gone.factor", BadInput, r"knobs\.factor \(line 5\): no step 'gone'"),
        ("turns: grown.factor", "turns: factor", BadInput, r"knobs\.factor\.turns\.0 \(line 5\)"),
        ("turns: grown.factor", "swaps: raw, turns: grown.factor", BadInput, "needs either `turns` or `swaps`"),
        ("swaps: raw", "description: x", BadInput, "needs either `turns` or `swaps`"),
        ("grown.sure: true", "grown.sure: perhaps", BadSetting, r"knobs\.factor\.implies \(line 5\): grow: sure"),
        ("grown.sure: true", "grown.sur: true", BadSetting, "no setting 'sur'"),
        ("result: grown", "result: photo", BadInput, r"result \(line 14\): no step 'photo'"),
        ("result: grown", "result: raw", BadInput, r"\(line 9\): 'grown' does not lead to the result 'raw'"),
        ("inputs: [photo]", "inputs: [photo, other]", BadInput, "'other' does not lead to the result"),
        ("inputs: [photo]", "inputs: [photo, photo]", BadInput, "'photo' is named twice"),
        ("inputs: [photo]", "inputs: [photo, lit]", BadInput, "'lit' is named twice"),
        ("inputs: [photo]", "inputs: photo", BadInput, r"inputs \(line 3\)"),
        ("recipe: line", "recipe: Line 1", BadInput, r"recipe \(line 1\)"),
        ("recipe: line", "recipe: line\nseed: 3", BadInput, r"seed \(line 2\): is not part of a recipe"),
        ("  seen: {", "  Seen!: {", BadInput, r"steps\.Seen! \(line 10\)"),
        ("  lit2: {", "  lit: {", BadInput, "line 12: 'lit' is given twice"),
        ("  lit2: {", "  on: {", BadInput, "line 12: a key must be text, not True"),
        ("by: 2", "by: 99999999999999999999", BadInput, "line 12: a number beyond all measure"),
        ("by: 2", "by: " + "9" * 5000, BadInput, "line 12: a number beyond all measure"),
        ("by: 2", "by: 2026-01-01", BadInput, "line 12: 'timestamp' is no plain data"),
        ("by: 2", "by: !!python/object/apply:os.system [ls]", BadInput, "line 12"),
        ("by: 2", "by: !!binary aGVsbG8=", BadInput, "'binary' is no plain data"),
        ("from: photo", "from: &a photo", BadInput, "line 10: anchors and aliases"),
        ("from: photo", "from: *a", BadInput, "line 10: anchors and aliases"),
        ("by: 2", "by: " + "[" * 20 + "]" * 20, BadInput, "line 12: nested deeper than 12"),
        ("by: 2", "by: [", BadInput, "line 12"),
        ("by: 2", "by: \x07", BadInput, "recipe"),
        ("by: 2", "by: '" + "x" * 70_000 + "'", BadInput, "longer than 65536 characters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(old, new, error, says):
    assert LINE.count(old) == 1
    text = LINE.replace(old, new)
    if error is None:
        load_recipe(text, known=KNOWN)
        return
    with pytest.raises(error, match=says):
        load_recipe(text, known=KNOWN)


def test_a_setting_that_must_be_given_is():
    text = LINE.replace("factor: 2, ", "").replace("  factor: {turns: grown.factor, implies: {grown.sure: true}}\n", "")
    with pytest.raises(BadSetting, match=r"steps\.grown\.with \(line 8\): grow needs factor: times"):
        load_recipe(text, known=KNOWN)


@pytest.mark.parametrize(
    "text", ["a\nb", "\n", "- 1\n- 2\n", "3\n", "recipe: x\n", "---\na: 1\n---\nb: 2\n", "{\n", "a: b: c\n"]
)
def test_what_is_no_recipe_is_refused(text):
    with pytest.raises(BadInput):
        load_recipe(text, known=KNOWN)


def test_a_billion_laughs_end_at_once():
    laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in itertools.pairwise("abcdefghijkl")
    )
    started = time.process_time()
    with pytest.raises(BadInput, match="line 1: anchors and aliases"):
        load_recipe(laughs, known=KNOWN)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "filling", ["[", "{", "- ", "? ", "a: ", "'", "!", "%", "&a ", "|", "\t", "[[", "{a: ", ": ", "#", "1:", "0x"]
)
def test_long_nonsense_ends_soon(filling):
    text = "recipe: x\n" + filling * (65_000 // len(filling))
    started = time.process_time()
    with pytest.raises(MaquetteError):
        load_recipe(text, known=KNOWN)
    assert time.process_time() - started < 20  # a bound, not a benchmark


@given(st.text(alphabet=st.sampled_from(list("ab1:-[]{},'\"!&*|>?% \n\t#.")), max_size=60) | st.text(max_size=40))
def test_any_text_is_plain_data_or_bad_input(text):
    try:
        plain = read_yaml(text, "text")
    except BadInput:
        return
    for value in _leaves(plain.data):
        assert value is None or isinstance(value, str | bool | int | float)
    assert all(line >= 1 for line in plain.lines.values())


def _leaves(data):
    if isinstance(data, dict):
        yield from data
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _leaves(item)
    else:
        yield data


@given(st.integers(0, len(LINE) - 1), st.text(alphabet="abz{}[]:, \n'&*!0", max_size=3), st.integers(0, 12))
def test_a_recipe_with_a_hole_is_whole_or_refused(place, put, dropped):
    try:
        recipe = load_recipe(LINE[:place] + put + LINE[place + dropped :], known=KNOWN)
    except (BadInput, BadSetting):
        return
    assert recipe.result in recipe.steps


# --- where recipes come from


def test_from_a_file_and_from_json(line, tmp_path):
    (tmp_path / "mine.yaml").write_text(LINE)
    assert load_recipe(tmp_path / "mine.yaml", known=KNOWN) == line
    assert load_recipe(str(tmp_path / "mine.yaml"), known=KNOWN) == line
    (tmp_path / "mine.json").write_text(
        '{"recipe": "j", "summary": "x", "inputs": ["photo"],\n'
        ' "steps": {"a": {"stage": "read", "from": "photo"}}, "result": "a"}'
    )
    assert load_recipe(tmp_path / "mine.json", known=KNOWN).name == "j"


def test_what_cannot_be_read_says_so(tmp_path):
    with pytest.raises(BadInput, match=r"gone\.yaml: cannot be read: No such file"):
        load_recipe(tmp_path / "gone.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match=r"bytes\.yaml: is no UTF-8 text"):
        load_recipe(tmp_path / "bytes.yaml")
    with open(tmp_path / "huge.yaml", "wb") as file:
        file.truncate(10**12)  # a sparse file of a terabyte
    with pytest.raises(BadInput, match=f"longer than {MAX_CHARACTERS} characters"):
        load_recipe(tmp_path / "huge.yaml")
    with pytest.raises(BadSetting, match=r"no recipe 'prin'; did you mean print\?"):
        load_recipe("prin")
    with pytest.raises(BadSetting, match=r"no recipe 'zzz'; there are .*print"):
        load_recipe("zzz")


# --- turning knobs


def test_knobs_turn_settings_and_imply_others(line):
    turned = line.with_knobs({"factor": 3, "light": 5})
    assert dict(turned.steps["grown"].settings) == {"factor": 3, "sure": True}
    assert dict(turned.steps["lit"].settings) == {"by": 5}
    assert dict(turned.steps["lit2"].settings) == {"by": 5}
    assert dict(line.steps["grown"].settings) == {"factor": 2, "sure": False}  # a recipe never changes
    assert dict(line.with_knobs({"factor": 3, "grown.sure": False}).steps["grown"].settings)["sure"] is False
    with pytest.raises(TypeError):
        line.steps["grown"].settings["factor"] = 9


def test_a_knob_swaps_a_stage(line):
    turned = line.with_knobs({"maker": "cube", "raw.depth": 0.125})
    assert turned.steps["raw"].stage == "cube"
    assert dict(turned.steps["raw"].settings) == {"depth": 0.125}  # width is block's alone
    assert dict(line.with_knobs({"maker": "cube"}).steps["raw"].settings) == {"depth": 0.75}


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"maker": "grow"}, r"recipe line: maker = 'grow' does not fit; it can be block, cube"),
        ({"maker": "cubes"}, "did you mean cube"),
        ({"maker": "cube", "raw.width": 1}, r"raw\.width: cube has no such setting; it has depth"),
        ({"size": 1}, r"no knob 'size'; it has factor, light, maker, and any `step\.setting`"),
        ({"grown": 1}, "no knob 'grown'"),
        ({"nostep.factor": 1}, "no knob 'nostep.factor'"),
        ({"grown.size": 1}, "grow has no such setting; it has factor, sure"),
        ({"factor": -1}, "grow: factor = -1: input should be greater than 0"),
        ({"light": 1.5}, "brighten: by = 1.5"),
    ],
)
def test_knobs_that_cannot_turn_are_refused_before_anything_runs(line, knobs, says):
    with pytest.raises(BadSetting, match=says):
        run(line, {"photo": PHOTO}, knobs)
    assert ran() == {}


def test_the_last_step_can_be_swapped_for_one_that_gives_the_same():
    text = LINE.replace("  maker: {swaps: raw}", "  finish: {swaps: grown}")
    assert (
        load_recipe(text, known=KNOWN).knobs["finish"].kind == Literal["grow"]
    )  # a check takes models too, but gives none


def test_a_swap_may_leave_stages_out():
    text = LINE.replace("swaps: raw}", "swaps: raw, but_not: [cube]}")
    recipe = load_recipe(text, known=KNOWN)
    assert recipe.knobs["maker"].kind == Literal["block"]
    with pytest.raises(BadSetting, match="maker = 'cube' does not fit; it can be block"):
        recipe.with_knobs({"maker": "cube"})
    with pytest.raises(BadInput, match=r"maker \(line 7\): raw is block and but_not says it must not be"):
        load_recipe(text.replace("[cube]", "box-up"), known=KNOWN)
    with pytest.raises(BadSetting, match=r"maker \(line 7\): no stage 'cub'"):
        load_recipe(text.replace("[cube]", "cub"), known=KNOWN)


def test_turning_checks_every_setting(line):
    with pytest.raises(BadSetting, match="grow: factor = 0: input should be greater than 0"):
        line.with_knobs({"factor": 0})
    with pytest.raises(BadSetting, match="cube: depth = 2"):
        line.with_knobs({"maker": "cube", "raw.depth": 2})


class Kitten(Subject):
    pass


def test_what_fits_where():
    assert fits(Kitten, Subject)
    assert not fits(Subject, Kitten)
    assert fits(Subject, Subject | Asset)
    assert not fits(Subject | Asset, Subject)
    assert fits(Subject | Asset, Asset | Subject)
    assert fits(Iterable[Finding], Iterable[Finding])
    assert not fits(Iterable[Finding], Asset)
    assert shared_kind([Subject | Asset, Asset | bytes]) is Asset
    assert shared_kind([Subject | Asset, Asset | Subject]) == Subject | Asset
    assert shared_kind([Subject, bytes]) is None


def test_a_knob_without_a_default_must_be_turned():
    recipe = load_recipe(LINE.replace("factor: 2, ", ""), known=KNOWN)
    assert recipe.knobs["factor"].default is None
    with pytest.raises(BadSetting, match="grow: factor must be given"):
        run(recipe, {"photo": PHOTO})
    assert run(recipe, {"photo": PHOTO}, {"factor": 1}).result.size[2] == 45


# --- running


def test_a_recipe_is_its_stages_one_after_the_other(line):
    done = run(line, {"photo": PHOTO})
    by_hand = grow(block(brighten(brighten(read(PHOTO), by=1), by=2), depth=0.75, width=0.5), factor=2, sure=False)
    assert done.result == by_hand
    assert done.result.history == by_hand.history
    assert done.result.size == (1.0, 1.5, 2 * 3 * (4 + 5 + 6))
    assert list(done.seconds) == ["seen", "lit", "lit2", "raw", "grown"]
    assert all(seconds >= 0 for seconds in done.seconds.values())
    assert done.kept_steps == ()


def test_without_a_store_everything_runs_again(line):
    for _ in range(2):
        run(line, {"photo": PHOTO})
        assert ran() == {"read": 1, "brighten": 2, "block": 1, "grow": 1}


def test_the_second_run_runs_nothing_and_gives_the_same(line, store):
    first = run(line, {"photo": PHOTO}, store=store)
    assert ran() == {"read": 1, "brighten": 2, "block": 1, "grow": 1}
    second = run(line, {"photo": PHOTO}, store=store)
    assert ran() == {}
    assert second.result == first.result
    assert second.keys == first.keys
    assert dict(second.seconds) == {}
    assert second.kept_steps == ("seen", "lit", "lit2", "raw", "grown")


@pytest.mark.parametrize(
    ("knobs", "again"),
    [
        ({"factor": 3}, {"grow": 1}),
        ({"raw.width": 0.25}, {"block": 1, "grow": 1}),
        ({"lit2.by": 9}, {"brighten": 1, "block": 1, "grow": 1}),
        ({"light": 9}, {"brighten": 2, "block": 1, "grow": 1}),
        ({"maker": "cube"}, {"cube": 1, "grow": 1}),
        ({"factor": 2.0, "grown.sure": False}, {}),  # 2.0 is 2
        ({"lit.by": "1"}, {}),  # as a command line gives it
    ],
)
def test_turning_a_knob_runs_only_what_depends_on_it(line, store, knobs, again):
    run(line, {"photo": PHOTO}, store=store)
    ran()
    turned = run(line, {"photo": PHOTO}, knobs, store=store)
    assert ran() == again
    assert turned.result == run(line, {"photo": PHOTO}, knobs).result
    ran()
    run(line, {"photo": PHOTO}, store=store)
    assert ran() == {}


def test_another_photo_runs_everything(line, store):
    run(line, {"photo": PHOTO}, store=store)
    ran()
    assert run(line, {"photo": b"\0\0\0"}, store=store).result.size[2] == 2 * 27
    assert ran() == {"read": 1, "brighten": 2, "block": 1, "grow": 1}


def test_another_version_of_a_stage_runs_again(line, store):
    run(line, {"photo": PHOTO}, store=store)
    ran()
    newer = Registry({**STAGES, "block": stage(version=2)(block.function)}, {}, {})
    run(load_recipe(LINE, known=newer), {"photo": PHOTO}, store=store)
    assert ran() == {"block": 1, "grow": 1}


def test_recipes_share_what_they_have_in_common(line, store):
    run(line, {"photo": PHOTO}, store=store)
    ran()
    other = LINE.replace("recipe: line", "recipe: other").replace("lit2", "brighter").replace("seen", "opened")
    run(load_recipe(other, known=KNOWN), {"photo": PHOTO}, store=store)
    assert ran() == {}


def test_values_are_loaded_only_when_asked_for(line, store, monkeypatch):
    run(line, {"photo": PHOTO}, store=store)
    loads = []
    real = Store.get
    monkeypatch.setattr(Store, "get", lambda self, key: loads.append(key) or real(self, key))
    done = run(line, {"photo": PHOTO}, store=store)
    assert loads == [done.keys["grown"]]
    assert list(done.values) == ["seen", "lit", "lit2", "raw", "grown"]
    assert loads == [done.keys["grown"]]
    assert done.values["lit"].pixels[0, 0, 0] == 2
    assert loads == [done.keys["grown"], done.keys["lit"]]
    assert done.values["lit"] is done.values["lit"]
    with pytest.raises(KeyError):
        done.values["photo"]


def test_what_was_evicted_or_damaged_is_made_again(line, store):
    first = run(line, {"photo": PHOTO}, store=store)
    result = store.folder / f"{first.keys['grown']}.value"
    ran()
    result.unlink()
    assert run(line, {"photo": PHOTO}, store=store).result == first.result
    assert ran() == {"grow": 1}
    result.write_bytes(b"rotten")
    assert run(line, {"photo": PHOTO}, store=store).result == first.result
    assert ran() == {"grow": 1}
    done = run(line, {"photo": PHOTO}, store=store)
    store.clear()
    assert done.values["raw"] == first.values["raw"]
    assert ran() == {"read": 1, "brighten": 2, "block": 1}


def test_a_store_too_small_for_anything_changes_nothing(line, tmp_path):
    tiny = Store(tmp_path, max_bytes=10)
    assert run(line, {"photo": PHOTO}, store=tiny).result == run(line, {"photo": PHOTO}).result
    assert tiny.size() == 0


def test_a_store_that_cannot_write_is_noted_and_the_run_goes_on(line, tmp_path):
    (tmp_path / "results").write_bytes(b"in the way")
    with noting() as notes:
        done = run(line, {"photo": PHOTO}, store=Store(tmp_path))
    assert done.result.size[2] == 90
    assert len([text for text in notes if text.startswith("store: cannot write")]) == 1


DIAMOND = """recipe: diamond
summary: Two ways from one photo.
inputs: [photo]
steps:
  both: {stage: beside, from: {right: high, left: low}}
  seen: {stage: read, from: photo}
  low: {stage: block, from: seen, with: {depth: 0.5}}
  high: {stage: grow, from: raw, with: {factor: 3}}
  raw: {stage: cube, from: seen}
  judged: {stage: tall, from: both}
result: judged
"""


def test_branches_share_their_beginning(store):
    recipe = load_recipe(DIAMOND, known=KNOWN)
    done = run(recipe, {"photo": PHOTO}, store=store)
    assert ran() == {"read": 1, "block": 1, "cube": 1, "grow": 1, "beside": 1, "tall": 1}
    assert done.result[0].value == 18
    assert done.values["both"].size == (1.75, 0.75, 18)
    stages = [step.stage for step in done.values["both"].history]
    assert sorted(stages) == ["beside", "block", "cube", "grow", "read"]
    again = run(recipe, {"photo": PHOTO}, {"low.depth": 1, "judged.at_least": 19}, store=store)
    assert ran() == {"block": 1, "beside": 1, "tall": 1}
    assert again.result[0].verdict == "fail"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("raw", r"steps\.low\.from \(line 7\): 'raw' gives Asset; block needs Subject as its subject"),
        ("photo", r"inputs \(line 3\): 'photo' cannot be all of: Subject in low, bytes in seen"),
    ],
)
def test_types_must_meet(source, says):
    text = DIAMOND.replace("stage: block, from: seen", f"stage: block, from: {source}")
    with pytest.raises(BadInput, match=says):
        load_recipe(text, known=KNOWN)


def test_inputs_are_checked_before_anything_runs(line):
    with pytest.raises(BadInput, match="recipe line: no photo; it needs bytes"):
        run(line, {})
    with pytest.raises(BadInput, match="recipe line: photo is a str; it needs bytes"):
        run(line, {"photo": "name.jpg"})
    with pytest.raises(BadInput, match="recipe line: no input 'mask'; it has photo"):
        run(line, {"photo": PHOTO, "mask": b""})
    assert ran() == {}


def test_a_failure_comes_through_and_what_was_done_is_kept(line, store):
    with pytest.raises(CannotDo, match=r"^grow: 13 brings bad luck; take 12$"):
        run(line, {"photo": PHOTO}, {"factor": 13}, store=store)
    assert ran() == {"read": 1, "brighten": 2, "block": 1, "grow": 1}
    assert len(list(store.folder.iterdir())) == 4
    run(line, {"photo": PHOTO}, {"factor": 12}, store=store)
    assert ran() == {"grow": 1}


def test_progress_names_the_steps_and_never_goes_back(line, store):
    said = []
    with watching(lambda fraction, message: said.append((round(fraction, 6), message))):
        run(line, {"photo": PHOTO}, store=store)
    assert said == [(0.0, "seen"), (0.2, "lit"), (0.4, "lit2"), (0.6, "raw"), (0.7, "boxing"), (0.8, "grown")]
    said.clear()
    with watching(lambda fraction, message: said.append((fraction, message))):
        run(line, {"photo": PHOTO}, {"raw.width": 1}, store=store)
    assert said == [(0.0, "raw"), (0.25, "boxing"), (0.5, "grown")]


@pytest.mark.parametrize(("reports", "kept"), [(0, 0), (1, 1), (3, 3), (4, 3), (5, 4)])
def test_a_cancel_stops_between_and_within_steps(line, store, reports, kept):
    said = []
    with pytest.raises(Cancelled), watching(lambda *report: said.append(report), lambda: len(said) >= reports):
        run(line, {"photo": PHOTO}, store=store)
    files = list(store.folder.iterdir()) if store.folder.exists() else []
    assert len(files) == kept
    assert all(file.suffix == ".value" for file in files)
    ran()
    assert run(line, {"photo": PHOTO}, store=store).result.size[2] == 90
    assert sum(ran().values()) == 5 - kept


def test_two_processes_give_the_same_keys_and_bytes(line, store, tmp_path):
    script = (
        "import sys; sys.path[:0] = sys.argv[2:]; import test_recipes as t\n"
        "done = t.run(t.load_recipe(t.LINE, known=t.KNOWN), {'photo': t.PHOTO}, store=t.Store(sys.argv[1]))\n"
        "print(done.keys['grown'], done.result.digest)"
    )
    folder = str(__file__).rpartition("/")[0]
    answers = {
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / name), folder],
            check=True, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": name}
        ).stdout
        for name in ("1", "2")
    }  # fmt: skip
    done = run(line, {"photo": PHOTO}, store=store)
    assert answers == {f"{done.keys['grown']} {done.result.digest}\n"}


# --- the ones that ship


def test_the_recipes_that_ship():
    ours = {"cutter", "glance", "intake", "lamp", "lithophane", "medal", "model", "print", "relief", "sign", "stamp"}
    ours |= {
        "bust",
        "closed-light-box",
        "color-lithophane",
        "contour-map",
        "hand-drawing",
        "light-box",
        "paint",
        "paint-cells",
    }
    assert set(recipe_names()) >= ours
    assert list(recipe_names()) == sorted(recipe_names())


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_that_ships_is_valid(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    inputs = recipe.input_kinds()
    assert set(inputs.values()) == ({Asset} if name in ("mend", "tidy", "still-life") else {bytes})
    assert set(inputs) <= {"front", "right", "back", "left", "top"} or set(inputs) in (
        {"photo"},
        {"drawing"},
        {"heights"},
        {"asset"},
        {"asset", "other"},
    )
    assert re.match(r"^[A-Z].*\.$", recipe.summary)
    for knob in recipe.knobs.values():
        assert knob.description
        assert knob.default is not None or all(recipe.steps[step].optional for step, _ in knob.turns)
        if knob.swaps:
            assert knob.default in knob.kind.__args__
            assert "relief" not in knob.kind.__args__  # it lies on a plate; its route is another recipe


def test_shipped_routes_end_in_what_they_promise():
    kinds = {name: load_recipe(name).stage_of(load_recipe(name).result).output for name in recipe_names()}
    assert kinds["print"] is kinds["model"] is kinds["relief"] is Asset
    assert kinds["intake"] == kinds["glance"] == Iterable[Finding]


# --- steps that run only when asked for


OPTIONAL = (
    LINE.replace("result: grown", "  more: {stage: grow, from: grown, with: {factor: 3}, optional: true}\nresult: more")
    .replace(
        "  lit2: {stage: brighten, from: [lit], with: {by: 2}}", "  lit2: {stage: brighten, from: lit, optional: true}"
    )
    .replace("light: {turns: [lit.by, lit2.by]}", "light: {turns: lit2.by}\n  more: {turns: more.factor}")
)


def test_an_optional_step_that_nobody_asks_for_is_not_there():
    recipe = load_recipe(OPTIONAL, known=KNOWN)
    assert recipe.knobs["light"].default is None
    plain = recipe.with_knobs({})
    assert list(plain.steps) == ["seen", "lit", "raw", "grown"]
    assert plain.steps["raw"].sources == ("lit",)
    assert plain.result == "grown"
    assert run(recipe, {"photo": PHOTO}).result.size[2] == pytest.approx(2 * (18 + 9))
    assert ran() == {"read": 1, "brighten": 1, "block": 1, "grow": 1}


def test_an_optional_step_runs_once_a_knob_or_a_setting_of_it_is_turned():
    recipe = load_recipe(OPTIONAL, known=KNOWN)
    assert run(recipe, {"photo": PHOTO}, {"light": 4, "more": 5}).result.size[2] == pytest.approx(10 * (18 + 9 + 36))
    assert ran() == {"read": 1, "brighten": 2, "block": 1, "grow": 2}
    by_name = run(recipe, {"photo": PHOTO}, {"more.sure": False})
    assert (by_name.result.size[2], by_name.result.sized) == (pytest.approx(6 * 27), False)
    assert "lit2" not in by_name.recipe.steps


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("both: {stage: beside, from: [grown, grown], optional: true}\nresult: both", "takes one source; got 2"),
        ("judged: {stage: tall, from: grown, optional: true}\nresult: judged", r"gives Finding\[\]"),
    ],
)
def test_an_optional_step_must_be_one_that_can_be_left_out(step, says):
    with pytest.raises(BadInput, match=says):
        load_recipe(LINE.replace("result: grown", "  " + step), known=KNOWN)


def test_the_printer_goes_to_every_step_that_asks_for_one():
    text = "recipe: two\nsummary: x\ninputs: [a, b]\nsteps:\n  both: {stage: beside, from: [a, b]%s}\nresult: both\n"
    mini = Printer.named("prusa-mini")
    recipe = load_recipe(text % "", known=KNOWN).for_printer(mini)
    assert recipe.steps["both"].settings["printer"] == mini
    named = load_recipe(text % ", with: {printer: bambu-a1}", known=KNOWN).for_printer(mini)
    assert named.steps["both"].settings["printer"] == "bambu-a1"


def test_print_paints_and_stands_only_when_asked_to():
    recipe = load_recipe("print")
    bare = {"plinth", "quantize-colors", "hollow", "thicken", "measure"}
    assert not bare & {node.stage for node in recipe.with_knobs({}).steps.values()}
    assert bare <= {
        node.stage
        for node in recipe.with_knobs(
            {"text": "Ada", "colors": 4, "hollow_mm": 2, "wall_mm": 1, "reference": "coin"}
        ).steps.values()
    }
    assert recipe.with_knobs({"plinth": "square"}).steps["stood"].settings["form"] == "square"
