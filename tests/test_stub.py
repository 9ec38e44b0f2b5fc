"""The stub of the front door, made from the registry."""

import ast
import importlib.util
import inspect
from pathlib import Path

import maquette
from maquette.registry import build

ROOT = Path(__file__).parent.parent
SPEC = importlib.util.spec_from_file_location("generate_stub", ROOT / "docs" / "generate_stub.py")
generate_stub = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(generate_stub)


def test_the_stub_is_current():
    again = "run python docs/generate_stub.py"
    assert generate_stub.PLACE.read_text(encoding="utf-8") == generate_stub.text(), again


def test_the_stub_has_every_stage_with_its_settings_and_no_other():
    tree = ast.parse(generate_stub.PLACE.read_text(encoding="utf-8"))
    calls = {node.name.removeprefix("_"): node.body[0].args for node in tree.body if isinstance(node, ast.ClassDef)}
    known = {name.replace("-", "_"): found.stage for name, found in build(plugins=()).items()}
    assert set(calls) == set(known)
    for name, stage in known.items():
        assert [a.arg for a in calls[name].args] == ["self", *stage.inputs]
        assert [a.arg for a in calls[name].kwonlyargs] == list(stage.settings)
        required = [a.arg for a, d in zip(calls[name].kwonlyargs, calls[name].kw_defaults) if d is None]
        assert required == [s.name for s in stage.settings.values() if s.required]


def test_the_stub_names_what_the_package_does():
    names = {
        (alias.asname or alias.name)
        for node in ast.parse(generate_stub.PLACE.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(maquette.__all__) <= names
    assert (Path(inspect.getfile(maquette)).parent / "py.typed").exists()
