"""Finding: one opinion with its number. Report: all of them, and the verdict."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadInput
from maquette.core.values import Value, frozen_array, noun

Verdict = Literal["pass", "warn", "fail", "unknown"]
_RANK: dict[str, int] = {"pass": 0, "unknown": 1, "warn": 2, "fail": 3}


@noun
class Finding(Value):
    """What one check found: number against limit, where on the mesh, and the stage that mends it.

    ``limit`` is words and number as a person reads it ("at most 0", "1.0 to 3.0"); ``source`` says who set it.
    ``faces`` (N,) are the faces concerned; ``overlay`` (F,) a value per face for a coloured picture.
    """

    check: str
    verdict: Verdict
    message: str
    value: float | None = None
    unit: str = ""
    limit: str = ""
    source: str = ""
    fix: str | None = None
    faces: Ints | None = None
    overlay: Floats | None = None

    def __post_init__(self) -> None:
        if self.verdict not in _RANK:
            raise BadInput(f"finding {self.check}: verdict {self.verdict!r} is none of {sorted(_RANK)}")
        if self.value is not None:
            object.__setattr__(self, "value", float(self.value))
        for name, dtype in (("faces", np.int64), ("overlay", np.float64)):
            array: NDArray[Any] | None = getattr(self, name)
            if array is not None:
                object.__setattr__(self, name, frozen_array(array, dtype, (None,), f"finding {self.check}: {name}"))

    def __str__(self) -> str:
        limit = f" (limit {self.limit})" if self.limit else ""
        fix = f"; fix: {self.fix}" if self.fix and self.verdict in ("warn", "fail") else ""
        return f"{self.verdict:<7} {self.check}: {self.message}{limit}{fix}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; of ``faces`` only the count."""
        plain = {
            n: getattr(self, n) for n in ("check", "verdict", "message", "value", "unit", "limit", "source", "fix")
        }
        return plain | {"face_count": None if self.faces is None else len(self.faces)}


@noun
class Report(Value):
    """Findings about one asset for one destination, judged by one printer or target; the worst come first."""

    destination: Literal["print", "model"]
    profile: str
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        worst_first = sorted(self.findings, key=lambda finding: -_RANK[finding.verdict])
        object.__setattr__(self, "findings", tuple(worst_first))

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings; "pass" when nothing is worse than unknown."""
        verdicts: list[Verdict] = [f.verdict for f in self.findings if f.verdict != "unknown"]
        return max(verdicts, key=_RANK.__getitem__, default="pass")

    @property
    def passed(self) -> bool:
        """True unless something failed; warnings pass."""
        return self.verdict != "fail"

    def of(self, check: str) -> tuple[Finding, ...]:
        """The findings of one check."""
        return tuple(f for f in self.findings if f.check == check)

    def __str__(self) -> str:
        counts = ", ".join(f"{sum(f.verdict == v for f in self.findings)} {v}" for v in _RANK)
        lines = [f"{self.destination} on {self.profile}: {self.verdict} ({counts})"]
        return "\n".join(lines + [f"  {finding}" for finding in self.findings])

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "destination": self.destination,
            "profile": self.profile,
            "verdict": self.verdict,
            "passed": self.passed,
            "findings": [finding.as_dict() for finding in self.findings],
        }
