"""The house rules of the design, read off the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import maquette

SOURCE = Path(__file__).parent.parent / "src" / "maquette"
MODULES = sorted(SOURCE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "manager"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_sizes(path):
    assert len(path.read_text().splitlines()) <= 400
    for function in functions(path):
        assert function.end_lineno - function.lineno < 60, f"{path.name}: {function.name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_open_ended_keywords_outside_faces_and_registry(path):
    if "faces" in path.parts or "registry" in path.parts:
        pytest.skip("allowed here")
    for function in functions(path):
        if not (path.name == "values.py" and function.name == "replace"):  # dataclasses.replace, by another name
            assert function.args.kwarg is None, f"{path.name}: {function.name} takes **{function.args.kwarg.arg}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_the_library_never_prints(path):
    names = [n.func.id for n in ast.walk(tree(path)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    assert "print" not in names


def test_no_module_is_called_nothing():
    assert not [path for path in MODULES if path.stem in FORBIDDEN_NAMES]


def test_public_names_are_sorted_and_there():
    assert maquette.__all__ == sorted(maquette.__all__)
    for name in maquette.__all__:
        assert getattr(maquette, name) is not None


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(result.stdout.splitlines()[-1].split())


def test_import_loads_numpy_and_nothing_heavier():
    third_party = modules_after("import maquette") - set(sys.stdlib_module_names)
    assert {m for m in third_party if not m.startswith("_")} <= {"maquette", "numpy", "sitecustomize"}


def test_help_loads_no_heavy_library():
    code = "from click.testing import CliRunner; from maquette.faces.cli.main import main; "
    code += "CliRunner().invoke(main, ['--help'])"
    assert not modules_after(code) & {"scipy", "skimage", "PIL", "embreex", "manifold3d", "fast_simplification", "rich"}
