"""All checks that concern a destination, as many at once as there are cores, as one report; nothing is asked twice.

A finding is kept like every result: by the check, its version and settings, and what it looked at. Checks whose
answer no size changes (fact ``any_size``) are kept by the shape, so that they outlive a change of size.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo, Unavailable
from maquette.core.profiles import Printer, Target
from maquette.core.report import Finding, Report
from maquette.core.together import together
from maquette.flow.engine.run import Run
from maquette.flow.lineage import shape_name
from maquette.flow.memory import keep
from maquette.registry import Call, Registry, StageFunction, registry
from maquette.store import Store, key_of

Destination = Literal["print", "model"]


def checks_for(destination: str, known: Registry | None = None) -> list[StageFunction[Any, Any]]:
    """The checks over assets that name this destination."""
    return [
        check
        for check in (known or registry()).checks()
        if list(check.stage.inputs.values()) == [Asset] and destination in check.stage.facts.destinations
    ]


def insist_on_destination(where: str, word: str) -> Destination:
    """The destination of this name; ``BadSetting`` for any other word."""
    if word not in ("print", "model"):
        raise BadSetting(f"{where}: --for {word}; it is print or model")
    return word  # type: ignore[return-value]


def gating_checks() -> list[StageFunction[Any, Any]]:
    """The checks that keep a print file from being written when they fail."""
    return [check for check in checks_for("print") if check.stage.facts.gates]


def judge(
    asset: Asset,
    destination: Destination,
    *,
    printer: Printer | str | None = None,
    target: Target | str | None = None,
    store: Store | None = None,
    run: Run | None = None,
    gates_only: bool = False,
    only: str = "",
) -> Report:
    """Run every check of the destination; one that has no answer or lacks a library becomes an "unknown" finding.

    What is in the ``store`` already is taken from there. ``run`` is the one that made the asset, where it is known.
    ``only`` names a single check.
    """
    machine, engine = Printer.of(printer), Target.of(target)
    offered = {"printer": machine, "target": engine, "destination": destination}
    checks = gating_checks() if gates_only else checks_for(destination)
    checks = [check for check in checks if only in ("", check.stage.name)]
    names = _Names(asset, run)
    calls = [check.stage.call(check.stage.for_roles(offered)) for check in checks]
    answers = together(
        [partial(_findings, call, names, store) for call in calls],
        [f"check {check.stage.name}" for check in checks],
    )
    findings = tuple(finding for answer in answers for finding in answer)
    return Report(destination, machine.name if destination == "print" else engine.name, findings)


class _Names:
    """An asset and its names in the store, each made when first asked for."""

    def __init__(self, asset: Asset, run: Run | None) -> None:
        self.asset, self._run, self._shape = asset, run, ""

    def of(self, stage: Any) -> str:
        """What a check's answer depends on: the shape, or the asset in every detail."""
        if not stage.facts.any_size:
            return self.asset.digest
        self._shape = self._shape or shape_name(self.asset, self._run)
        return self._shape


def _findings(call: Call, names: _Names, store: Store | None) -> tuple[Finding, ...]:
    """One check's findings, kept or asked for; no answer is kept where a library is missing or a plugin fails."""
    stage = call.stage
    key = key_of(stage.name, stage.version, call.text, [names.of(stage)]) if store else ""
    kept = store.get(key) if store else None
    if kept is not None:
        return tuple(kept)
    try:
        result: tuple[Finding, ...] = call.run(names.asset)
    except CannotDo as problem:
        result = (Finding(check=stage.name, verdict="unknown", message=str(problem)),)
    except Unavailable as problem:
        return (Finding(check=stage.name, verdict="unknown", message=str(problem)),)
    except Exception as problem:
        if stage.is_ours:
            raise
        said = f"{type(problem).__name__}: {problem}; a fault in the plugin {stage.room}, tell its maker"
        return (Finding(check=stage.name, verdict="unknown", message=said),)
    keep(store, key, result)
    return result
