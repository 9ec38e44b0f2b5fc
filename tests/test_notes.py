"""Nothing is lost in silence: terminal, JSON, Python and the report say what readers, stages and writers said."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

import maquette as mq
from maquette.core.notes import Loss, weight, worst_first
from maquette.core.progress import note, noting
from maquette.faces.cli.main import main
from maquette.flow import disk
from maquette.formats.carries import CARRIES, TRAITS, lost_traits
from samples import ball
from shapes import box
from wild_files import obj_text


def test_losses_come_first_and_each_note_once():
    said = ["b: 3 parts", "a: filled 2 holes", "c: left out 4 points", "a: filled 2 holes", "d: 'x.png' is not there"]
    assert worst_first(said) == ["c: left out 4 points", "d: 'x.png' is not there", "a: filled 2 holes", "b: 3 parts"]
    assert [weight(text) for text in ("dropped 2 triangles", "welded 4 corners", "2 filaments")] == [
        "lost",
        "changed",
        "told",
    ]


@pytest.fixture
def model(tmp_path):
    (tmp_path / "a.obj").write_text(obj_text(library="gone.mtl") + "l 1 2\n")
    return tmp_path / "a.obj"


def test_convert_says_on_standard_error_what_was_lost(model):
    done = CliRunner().invoke(main, ["convert", str(model), str(model.with_suffix(".stl"))])
    assert done.exit_code == 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("note: ")]
    assert any("read-obj: 'gone.mtl' is not there" in line for line in lines)
    assert any("read-obj: left out 1 lines" in line for line in lines)
    assert any("write-stl: left out texture coordinates: .stl has no place" in line for line in lines)
    assert "note:" not in done.stdout
    assert [weight(line) for line in lines] == sorted(
        (weight(line) for line in lines), key=["lost", "changed", "told"].index
    )


def test_json_has_the_notes_also_when_refused(model):
    done = CliRunner().invoke(main, ["convert", str(model), str(model.with_suffix(".stl")), "--json"])
    assert any("'gone.mtl' is not there" in line for line in json.loads(done.stdout)["notes"])
    assert done.stderr == ""
    done = CliRunner().invoke(main, ["convert", str(model), str(model.with_suffix(".xyz")), "--json"])
    assert done.exit_code == 3
    assert any("'gone.mtl' is not there" in line for line in json.loads(done.stdout)["notes"])
    done = CliRunner().invoke(main, ["check", str(model), "--json"])
    assert any("'gone.mtl' is not there" in line for line in json.loads(done.stdout)["notes"])


def test_python_has_notes_on_the_asset_and_warnings_when_saving(model, tmp_path):
    asset = mq.load(model)
    assert any("'gone.mtl' is not there" in line for line in asset.notes)
    assert any("'gone.mtl' is not there" in line for line in mq.scale_to(asset, height_mm=10.0).notes)
    with pytest.warns(Loss, match="left out vertex colours|left out"):
        mq.save(ball(), tmp_path / "ball.stl")
    with noting() as notes:
        mq.save(ball(), tmp_path / "ball.stl")
    assert any("write-stl: left out" in line for line in notes)


def test_stl_to_glb_says_what_is_missing(tmp_path):
    mq.save(mq.Asset(box()), tmp_path / "a.stl")
    done = CliRunner().invoke(main, ["convert", str(tmp_path / "a.stl"), str(tmp_path / "a.glb")])
    assert "the STL has no colors or textures" in done.stderr
    assert "the STL has no unit" in done.stderr


def test_every_writer_has_its_row():
    from maquette.registry import registry

    endings = {
        ending
        for found in registry().values()
        for ending in found.stage.facts.writes
        if next(iter(found.stage.inputs.values())) is mq.Asset
    }
    assert set(CARRIES) <= endings
    assert all(traits <= set(TRAITS) for traits in CARRIES.values())


@pytest.mark.parametrize("ending", [".obj", ".ply", ".glb", ".3mf", ".stl", ".amf", ".dae", ".fbx"])
def test_what_a_format_is_said_to_carry_comes_back(tmp_path, ending):
    asset = ball().replace(part_names=("lid", "pot"))
    half = (asset.mesh.triangles.mean(axis=1)[:, 2] > asset.mesh.vertices[:, 2].mean()).astype("int32")
    asset = asset.with_mesh(asset.mesh.replace(part=1 - half)).replace(sized=True)
    with noting():
        again = disk.read(disk.save(asset, tmp_path / f"a{ending}"))
    kept = {trait: has(again) for trait, (_, has) in TRAITS.items() if has(asset) and trait != "history"}
    assert kept == {trait: trait in CARRIES[ending] for trait in kept}
    assert bool(lost_traits(asset, ending)) == (ending != ".glb")


def test_a_recipe_that_was_kept_says_what_it_said(tmp_path):
    from maquette.flow.engine.run import run
    from maquette.flow.recipes.load import load_recipe
    from maquette.store import Store
    from samples import photo

    said = []
    for _ in range(2):
        with noting() as notes:
            run(load_recipe("glance"), {"photo": photo()}, {}, store=Store(tmp_path))
        said.append(sorted(set(notes)))
    assert said[0] == said[1]


def test_a_full_disk_behind_standard_output_is_one_line_and_not_exit_1():
    code = "from maquette.faces.cli.main import main; main(['stages'])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, env=environment, check=False, timeout=120
        )
    assert done.returncode == 4
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_notes_outside_any_collector_cost_nothing():
    note("nobody hears this")
