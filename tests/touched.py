"""Which test files `make quick` runs, one line: those a change touches, or else the quickest, for two minutes.

A change is what differs from the branch ``main`` (or ``BASE=…``), uncommitted work and new files included. A test file
is touched when it changed itself, or when it names a module that changed. The house rules always run. What a file takes
stands in seconds.json, which `make seconds` measures.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ALWAYS = ("test_house", "test_circles", "test_registry")
BUDGET_S = 100.0  # of test seconds: on two cores a good minute, beside lint and types
UNKNOWN_S = 0.5  # a file that seconds.json does not know: what takes less is not written there


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


def choose_tests() -> tuple[list[str], list[str]]:
    """Test files (stems) to run, the quickest first, and those that do not fit into the budget."""
    names = concerned_tests(changed_files()) or sorted(path.stem for path in (ROOT / "tests").glob("test_*.py"))
    seconds = json.loads((ROOT / "tests" / "seconds.json").read_text(encoding="utf-8"))
    spent, chosen, left = 0.0, list(ALWAYS), []
    for name in sorted(set(names) - set(ALWAYS), key=lambda name: (seconds.get(name, UNKNOWN_S), name)):
        spent += seconds.get(name, UNKNOWN_S)
        (chosen if spent <= BUDGET_S else left).append(name)
    return chosen, left


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
    run, slow = choose_tests()
    print(" ".join(f"tests/{name}.py" for name in run))
    if slow:
        print(f"left to `make test`, {len(slow)} slow files: {' '.join(slow)}", file=sys.stderr)
