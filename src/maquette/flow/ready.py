"""Ready: a model of any origin made fit for an engine, by the fixes that its checks name, in one order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo, Unavailable
from maquette.core.profiles import Target
from maquette.core.progress import part, progress
from maquette.core.report import Report
from maquette.flow.judge import judge
from maquette.registry import registry

_ROUNDS = 2  # what a fix breaks, a second round mends
_ALWAYS = {"weld"}  # files split vertices at seams: simplify would tear the surface there
_DUST = 1e-5  # of the largest part: a crumb 0.3 % as wide; at print's 0.1 % a lamp lost a tenth of its surface
_BAKED = 1024  # px of a texture made from colors at vertices, if the target takes as many


@dataclass(frozen=True)
class Readied:
    """The model, what was said of it before and after, and what was done, in order."""

    asset: Asset
    before: Report
    after: Report
    steps: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        done = [f"  {number}. {step}" for number, step in enumerate(self.steps, 1)] or ["  nothing had to be done"]
        return "\n".join(["before:", str(self.before), "done:", *done, "after:", str(self.after)])

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"before": self.before.as_dict(), "steps": list(self.steps), "after": self.after.as_dict()}


def _orders(target: Target) -> dict[str, dict[str, Any]]:
    """Fixes in the order in which they do not undo each other, and how they are asked for a target.

    Form first, then what lies on it: simplify keeps uv, unwrap needs the last faces, textures are scaled once painted.
    """
    return {
        "weld": {},
        "fix-winding": {},
        "drop-specks": {"min_share": _DUST},
        "simplify": {"max_faces": target.max_faces},
        "unwrap": {"texture_px": min(target.max_texture_px, _BAKED)},
        "fit-textures": {"max_px": target.max_texture_px, "pack": "jpeg"},
        "pivot": {},
    }


def ready(asset: Asset, target: Target | str | None = None) -> Readied:
    """Judge a model for a target, apply the fixes that its findings name, and judge it again.

    Only fixes that leave the look alone are applied; what the report still asks for after them, as freeing the texture
    of light, is for a person to decide. A fix that has no answer is listed with its reason.
    """
    engine = Target.of(target)
    orders = _orders(engine)
    before = report = judge(asset, "model", target=engine)
    steps: list[str] = []
    for turn in range(_ROUNDS):
        wanted = _ALWAYS | {f.fix for f in report.findings if f.verdict in ("warn", "fail")}
        todo = [name for name in orders if name in wanted]
        was = asset
        for number, name in enumerate(todo):
            with part((turn + number / len(todo)) / _ROUNDS, (turn + (number + 1) / len(todo)) / _ROUNDS):
                asset = _apply_fix(asset, name, orders[name], steps)
        if asset is was:
            break
        report = judge(asset, "model", target=engine)
    progress(1.0, "judged")
    return Readied(asset, before, report, tuple(steps))


def _apply_fix(asset: Asset, name: str, settings: dict[str, Any], steps: list[str]) -> Asset:
    """The asset after one fix; what was done, or why not, is added to the steps."""
    fix: Callable[..., Asset] = registry()[name]
    try:
        fixed = fix(asset, **settings)
    except (CannotDo, Unavailable) as problem:
        steps.append(f"{name}: not done, {problem}")
        return asset
    if fixed.mesh == asset.mesh and fixed.materials == asset.materials:
        return asset
    said = "; ".join(fixed.history[-1].notes) if fixed.history else ""
    steps.append(f"{name}: {said}" if said else name)
    return fixed


def is_model_file(path: Path) -> bool:
    """Whether a file is a model by its ending, not a photo."""
    return any(path.suffix.lower() in function.stage.facts.reads for function in registry().values())


def ready_file(path: Path, output: Path, target: Target | str | None = None) -> tuple[Path, Readied]:
    """A model file made ready and written; the place, and what was done."""
    from maquette.flow import disk
    from maquette.flow.encode import encode_asset

    done = ready(disk.read(path), target)
    return disk.put(encode_asset(done.asset, output, Target.of(target)), output), done
