"""Which test files `make quick` runs, one line: those a change touches, or else all but the slow ones.

A change is what differs from the branch ``main`` (or ``BASE=…``), uncommitted work and new files included. A test file
is touched when it changed itself, or when it names a module that changed. The house rules always run.
"""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
ALWAYS = ("test_house", "test_circles", "test_registry")
SLOW = (  # files of more than a few seconds, measured with `pytest --durations=30`; see docs/testing.md
    *("test_cli", "test_contract", "test_docs", "test_fixes_and_checks", "test_fine_detail", "test_hollow"),
    *("test_hostile_meshes", "test_inflate", "test_inspect", "test_lay_out", "test_measure", "test_measure_claims"),
    *("test_matte", "test_plugin", "test_recipes", "test_remesh", "test_report", "test_resurface", "test_sculpt"),
    *("test_slice", "test_solidify", "test_split", "test_thicken", "test_training", "test_triposr", "test_turntable"),
    *("test_untangle", "test_wall_thickness", "test_wrap"),
)


def changed_files() -> set[str]:
    """Files that differ from the base, as paths from the root; nothing where there is no git."""
    base = os.environ.get("BASE", "main")
    try:
        since = _git("merge-base", "HEAD", base)[:1] or ["HEAD"]
        return {*_git("diff", "--name-only", since[0]), *_git("ls-files", "--others", "--exclude-standard")}
    except (OSError, subprocess.CalledProcessError):
        return set()


def concerned_tests(files: set[str]) -> list[str]:
    """Test files (stems) that concern these files."""
    modules = {_module_name(path) for path in files if path.endswith(".py")}
    found = {Path(path).stem for path in files if path.startswith("tests/test_")}
    for test in (ROOT / "tests").glob("test_*.py"):
        own_name = test.stem.removeprefix("test_")
        if _names(test) & modules or any(module.endswith(f".{own_name}") for module in modules):
            found.add(test.stem)
    if any(path.startswith(("docs/", "README", "CONTRIBUTING")) for path in files):
        found.add("test_docs")
    if any(path.startswith("examples/plugin/") for path in files):
        found.add("test_plugin")
    return sorted(name for name in found if (ROOT / "tests" / f"{name}.py").exists())


def choose_tests() -> list[str]:
    """The test files to run, as paths."""
    names = concerned_tests(changed_files())
    if not names:
        names = sorted(path.stem for path in (ROOT / "tests").glob("test_*.py") if path.stem not in SLOW)
    return [f"tests/{name}.py" for name in dict.fromkeys([*ALWAYS, *names])]


def _git(*words: str) -> list[str]:
    """Lines that git says."""
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.split()


def _module_name(path: str) -> str:
    """``src/maquette/shape/mend/weld.py`` as ``maquette.shape.mend.weld``, ``tests/shapes.py`` as ``shapes``."""
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[1:] if parts[0] in ("src", "tests") else parts)


def _names(test: Path) -> set[str]:
    """Modules that a test names in its imports."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(test.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
    return named


if __name__ == "__main__":
    print(" ".join(choose_tests()))
