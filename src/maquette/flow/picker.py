"""One list of everything that makes a shape of a photo: price, licence, device, readiness, and measured quality."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from maquette.core.money import dollars
from maquette.flow.make import generators
from maquette.flow.prices import price_usd
from maquette.registry import Stage, registry
from maquette.store import home

OWN = "measured.json"  # in the engine's folder: what was measured on this machine, over what we shipped


@dataclass(frozen=True)
class Measured:
    """How good a generator was on photos whose true shape is known; ``protocol`` says how that was measured."""

    f_score: float | None = None
    watertight: float | None = None
    cleanup_s: float | None = None
    objects: int = 0
    date: str = ""
    protocol: str = ""

    def __str__(self) -> str:
        parts = [f"F-score {self.f_score:.3f}" if self.f_score is not None else ""]
        parts.append(f"watertight {self.watertight:.0%}" if self.watertight is not None else "")
        parts.append(f"cleanup {self.cleanup_s:.1f} s" if self.cleanup_s is not None else "")
        return f"{', '.join(filter(None, parts))} ({self.objects} objects, {self.date})"


@dataclass(frozen=True)
class Pick:
    """One generator as a user chooses it."""

    stage: Stage
    get: str
    usd: float
    measured: Measured | None

    @property
    def lines(self) -> str:
        """For a terminal: what it is, what it costs, whether it is ready, how good it was."""
        facts, pad = self.stage.facts, " " * 17
        state = "ready" if not self.get else "not ready"
        words = [state, facts.device, facts.licence, f"weights {facts.size}" if facts.size else ""]
        head = f"{self.stage.name:<16} {', '.join(filter(None, words))}"
        price = f"{facts.price}; as it stands {dollars(self.usd)} (read {facts.priced_on})" if self.usd else facts.price
        rows = [self.stage.summary, f"price: {price}" if facts.network else ""]
        rows.append(f"good at: {', '.join(facts.good_at)}" if facts.good_at else "")
        rows.append(f"measured: {self.measured or 'not measured'}")
        rows.append(f"to get it: {self.get}" if self.get else "")
        return "\n".join([head, *(pad + row for row in rows if row)])

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        named = {"name": self.stage.name, "summary": self.stage.summary, "ready": not self.get, "get": self.get}
        measured = asdict(self.measured) if self.measured else "not measured"
        return named | self.stage.facts.as_dict() | {"price_usd": self.usd, "measured": measured}


def pick_list() -> list[Pick]:
    """All generators: ours first by name, then those that cost, cheapest first."""
    known = _measurements()
    picks = []
    for name in generators():
        stage = registry()[name].stage
        usual = {setting.name: setting.default for setting in stage.settings.values() if not setting.required}
        picks.append(Pick(stage, stage.facts.line_to_get(), price_usd(stage, usual), known.get(name)))
    return sorted(picks, key=lambda pick: (pick.stage.facts.network, pick.usd, pick.stage.name))


def _measurements() -> Mapping[str, Measured]:
    """What we measured, and over it what this machine did."""
    measured = dict(_shipped_measurements())
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        own = json.loads((home() / OWN).read_text(encoding="utf-8"))
        measured |= {name: Measured(**row) for name, row in own.items()}
    return measured


@functools.cache
def _shipped_measurements() -> Mapping[str, Measured]:
    text = (files("maquette.flow") / "measured.json").read_text(encoding="utf-8")
    return {name: Measured(**row) for name, row in json.loads(text).items()}
