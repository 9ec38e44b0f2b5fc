"""All checks that concern a destination, asked one after the other, as one report."""

from __future__ import annotations

from typing import Any, Literal

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo, Unavailable
from maquette.core.profiles import Printer, Target
from maquette.core.progress import part, progress
from maquette.core.report import Finding, Report
from maquette.registry import Registry, StageFunction, registry

Destination = Literal["print", "model"]


def checks_for(destination: str, known: Registry | None = None) -> list[StageFunction[Any, Any]]:
    """The checks over assets that name this destination."""
    return [
        check
        for check in (known or registry()).checks()
        if list(check.stage.inputs.values()) == [Asset] and destination in check.stage.facts.destinations
    ]


def judge(
    asset: Asset,
    destination: Destination,
    *,
    printer: Printer | str | None = None,
    target: Target | str | None = None,
) -> Report:
    """Run every check of the destination; one that has no answer or lacks a library becomes an "unknown" finding."""
    machine = Printer.given(printer)
    engine = Target.given(target)
    offered = {"printer": machine, "target": engine, "destination": destination}
    findings: list[Finding] = []
    checks = checks_for(destination)
    for index, check in enumerate(checks):
        name = check.stage.name
        progress(index / len(checks), f"check {name}")
        settings = check.stage.handed(offered)
        with part(index / len(checks), (index + 1) / len(checks)):
            try:
                findings.extend(check(asset, **settings))
            except (CannotDo, Unavailable) as problem:
                findings.append(Finding(check=name, verdict="unknown", message=str(problem)))
    return Report(destination, machine.name if destination == "print" else engine.name, tuple(findings))
