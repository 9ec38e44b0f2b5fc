"""No file of training/ needs one that needs it, and no test needs another; import-linter looks after src/."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

TRAINING = Path(__file__).parent.parent / "training"


def imports(path: Path) -> set[str]:
    """Modules of training/ that a file names anywhere, by dotted name."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
    return named


def test_training_has_no_circles():
    modules = {".".join(p.relative_to(TRAINING.parent).with_suffix("").parts): p for p in TRAINING.rglob("*.py")}
    graph = {name: imports(path) & set(modules) - {name} for name, path in modules.items()}
    assert sum(map(len, graph.values())) > 10
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as problem:
        raise AssertionError(f"runs in a circle: {' -> '.join(problem.args[1])}") from None


def test_no_test_imports_another_test():
    tests = Path(__file__).parent
    modules = {path.stem: imports(path) for path in tests.glob("*.py")}
    assert sum(map(len, modules.values())) > 100
    for name, named in modules.items():
        assert not {n for n in named if n.startswith("test_")}, (
            f"{name}: move what two tests share into a file of its own"
        )
