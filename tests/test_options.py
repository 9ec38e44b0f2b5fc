"""Options told once: read from stages, recipes and jobs, and the same on every face."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from maquette.core.errors import BadSetting
from maquette.faces.cli.main import main
from maquette.flow.check import check_options
from maquette.flow.jobs import PrintJob, endings_for, job_from, job_options
from maquette.flow.options import field_options, recipe_options, stage_options
from maquette.flow.recipes.load import load_recipe
from maquette.flow.slicing import SlicingWish
from maquette.registry import registry


def options_of(destination) -> dict:
    return {option.flag: option for option in job_options(destination)}


def test_a_knob_has_the_bounds_of_what_it_turns_and_the_words_of_the_recipe():
    height = next(option for option in recipe_options(load_recipe("print")) if option.name == "height_mm")
    setting = next(option for option in stage_options(registry()["scale-to"].stage) if option.name == "height_mm")
    assert height.bounds == setting.bounds == {"gt": 0, "le": 1e5}
    assert (height.kind, height.default, height.range) == ("number", 80, "0 < x <= 100000")
    assert height.description == "height of the upright thing in millimetres"


def test_the_default_generator_says_what_its_settings_mean():
    found = options_of("print")
    assert "cells along the picture's side" in found["--resolution"].help  # sculpt's words, not inflate's
    assert "default: 96" in found["--resolution"].help
    assert found["--resolution"].only == "full only, sculpt, inflate and triposr"
    assert found["--detail"].only == "full only, sculpt"
    assert found["--thickest"].only == "full only, inflate"
    assert found["--weights"].only == "full only, sculpt and triposr"


def test_print_says_of_every_option_for_which_route_it_is():
    found = options_of("print")
    both = {"--height-mm", "--colors", "--filaments", "--matting", "--matting-model", "--reference", "--printer"}
    assert all(not found[flag].only for flag in both)
    assert (
        "full: height of the upright thing in millimetres (80); relief: height of the whole picture"
        in found["--height-mm"].help
    )
    assert found["--relief-mm"].only == "relief only"
    assert found["--plinth"].only == found["--hollow-mm"].only == "full only"
    assert not [option for option in job_options("model") if "route" in option.help]


@pytest.mark.parametrize("destination", ["print", "model"])
def test_the_command_offers_exactly_the_options(destination):
    command = main.commands[destination]
    flags = {flag for p in command.get_params(click.Context(command)) for flag in p.opts if flag.startswith("--")}
    assert flags == {*options_of(destination), "--output", "--yes", "--json", "--help"} | (
        {"--open"} if destination == "print" else set()
    )
    assert len(options_of(destination)) == len(job_options(destination))  # no flag twice


def test_stage_recipe_check_and_slice_options_come_from_the_same_builder():
    context = click.Context(main)
    for name, options in (
        ("slice", stage_options(registry()["slice"].stage)),
        ("check", check_options()),
    ):
        command = main.get_command(context, name)
        shown = {flag for p in command.get_params(context) for flag in p.opts if flag.startswith("--")}
        assert {option.flag for option in options} == shown - {"--output", "--json", "--open", "--help"}
    run = main.commands["run"]
    shown = {flag for p in run.get_command(context, "print").params for flag in p.opts}
    assert {option.flag for option in recipe_options(load_recipe("print"))} <= shown


def test_an_option_is_plain_data_for_a_form():
    rows = [option.as_dict() for option in (*job_options("print"), *check_options())]
    assert json.loads(json.dumps(rows)) == rows
    route = next(row for row in rows if row["name"] == "route")
    assert (route["kind"], route["choices"], route["default"]) == ("choice", ["auto", "full", "relief"], "auto")
    kinds = {row["name"]: row["kind"] for row in rows}
    assert kinds["force"] == "yes or no"
    assert kinds["matting_model"] == kinds["profile"] == "file"
    assert kinds["colors"] == "whole number"
    assert kinds["price_kg"] == "number"
    printer = next(row for row in rows if row["name"] == "printer")
    assert printer["default"] in printer["choices"]


def test_choices_complete():
    command = main.commands["print"]
    (printer,) = [p for p in command.get_params(click.Context(command)) if "--printer" in p.opts]
    assert [item.value for item in printer.type.shell_complete(click.Context(command), printer, "prusa-m")] == [
        name for name in printer.type.choices if name.startswith("prusa-m")
    ]


def test_endings_are_those_the_formats_declare():
    assert set(endings_for("print")) >= {".3mf", ".stl", ".obj", ".ply"}
    assert set(endings_for("model")) >= {".glb", ".obj", ".ply"}
    assert not {".glb"} & set(endings_for("print"))
    assert not {".stl", ".3mf"} & set(endings_for("model"))


def test_a_job_is_a_frozen_value_and_its_fields_are_checked_like_a_stages():
    job = job_from("print", b"", None, {"printer": "bambu-a1", "route": "relief", "relief_mm": "3", "raw.detail": "1"})
    assert (job.printer.name, job.route, dict(job.knobs)) == (
        "bambu-a1",
        "relief",
        {"relief_mm": "3", "raw.detail": "1"},
    )
    with pytest.raises(AttributeError):
        job.route = "full"  # type: ignore[misc]
    assert PrintJob(b"").slicing == SlicingWish()
    own = {"route", "printer", "purpose", "material", "force", "report", "cache", "keep_model"}
    assert {option.name for option in field_options(PrintJob)} == own
    for given, says in (({"route": "sideways"}, "print: route = 'sideways'"), ({"printer": "toaster"}, "prusa-mk4")):
        with pytest.raises(Exception, match=says):
            job_from("print", b"", None, given)


def test_generators_lists_the_default_one():
    rows = json.loads(CliRunner().invoke(main, ["generators", "--json"]).output)["generators"]
    names = [row["name"] for row in rows]
    assert load_recipe("print").steps["raw"].stage in names
    assert {"inflate", "relief"} <= set(names)


def test_what_a_job_offers_is_kept_until_anything_changes(tmp_path, monkeypatch):
    from maquette.flow import kept_options

    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path))
    fresh, endings = kept_options.offer_of("print")
    assert fresh == job_options("print")
    with monkeypatch.context() as patch:
        patch.setattr("maquette.flow.jobs.job_options", None)  # not asked again
        kept, again = kept_options.offer_of("print")
        assert [(o.flag, o.help, o.choices, o.kind) for o in kept] == [
            (o.flag, o.help, o.choices, o.kind) for o in fresh
        ]
        assert again == endings
    monkeypatch.setattr(kept_options, "_digest", lambda: "other")
    monkeypatch.setattr("maquette.flow.jobs.job_options", lambda destination: fresh[:3])
    assert kept_options.offer_of("print")[0] == fresh[:3]
    (tmp_path / "options-print.json").write_text("{ damaged")
    assert kept_options.offer_of("print")[0] == fresh[:3]
    monkeypatch.setattr(kept_options, "_digest", lambda: "")  # a plugin is installed
    (tmp_path / "options-print.json").unlink()
    assert kept_options.offer_of("print")[0] == fresh[:3]
    assert not (tmp_path / "options-print.json").exists()


def test_the_help_of_print_imports_no_stage_the_second_time(tmp_path):
    import os
    import subprocess
    import sys

    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom maquette.faces.cli.main import main\n"
        "text = CliRunner().invoke(main, ['print', '--help']).output\nassert '--height-mm' in text\n"
        "print([m for m in sys.modules if m.split('.')[:2] == ['maquette', 'shape'] and m.count('.') > 1])"
    )
    home = os.environ | {"MAQUETTE_HOME": str(tmp_path)}
    told = [subprocess.run([sys.executable, "-c", script], env=home, capture_output=True, text=True, check=True).stdout
            for _ in range(2)]  # fmt: skip
    assert told[0].strip() != "[]"
    assert told[1].strip() == "[]"


def test_a_material_changes_the_printer_of_a_job():
    plain, petg = job_from("print", b"", None, {}), job_from("print", b"", None, {"material": "petg"})
    assert petg.printer.bridge_mm < plain.printer.bridge_mm
    assert petg.printer.label.endswith("with PETG")
    with pytest.raises(BadSetting, match="does not print Resin"):
        job_from("print", b"", None, {"material": "resin"})
