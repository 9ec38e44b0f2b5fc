"""Order: what somebody wants done, as plain data that a database can keep and any machine can read.

Nothing large travels in it: photos and models are named by the sha256 of their bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from maquette.core.errors import BadInput, BadSetting
from maquette.core.profiles import Printer, Target

Kind = Literal["make", "recipe"]
_NAME = re.compile(r"[\w][\w .()+-]{0,99}")


@dataclass(frozen=True)
class Source:
    """A file that an order takes: its digest, and the name that says what kind it is."""

    digest: str
    name: str = "file"


@dataclass(frozen=True)
class Order:
    """One piece of work.

    ``make``: photos by direction (``front`` …) to a file, judged for ``destination``; ``options`` are those of the job.
    ``recipe``: a recipe by name or text over its inputs with some knobs turned; an empty recipe hands its only input
    on, which converts it. ``output`` is the name of the file that comes out, whose ending says the kind; ``plain``
    leaves out what a destination would add (thumbnail, unit of the target) and the checks. A recipe's model is judged
    where ``judged_by`` names the printer or the target whose limits apply. ``pay_usd`` is the most that hosted
    generators may cost in it, in US dollars.
    """

    kind: Kind
    inputs: Mapping[str, Source]
    output: str
    recipe: str = ""
    destination: Literal["print", "model"] = "model"
    options: Mapping[str, Any] = field(default_factory=dict)
    plain: bool = False
    judged_by: str = ""
    pay_usd: float = 0.0

    def __post_init__(self) -> None:
        if self.output and not _NAME.fullmatch(self.output):
            raise BadSetting(f"job: {self.output[:80]!r} is no plain file name; use letters, digits, - and _")
        if self.kind not in ("make", "recipe"):
            raise BadSetting(f"job: {self.kind!r} is no kind of job; there are make and recipe")
        wrong = isinstance(self.pay_usd, bool) or not isinstance(self.pay_usd, int | float)
        if wrong or not 0 <= self.pay_usd < 1e6:
            raise BadSetting(f"job: pay_usd = {self.pay_usd!r}: must be US dollars, 0 or more")
        if self.destination not in ("print", "model"):
            raise BadSetting(f"job: for {self.destination!r}; it is print or model")
        if self.judged_by and self.kind == "recipe":
            profile = Printer if self.destination == "print" else Target
            profile.named(self.judged_by)  # refuses what there is not

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    def text(self) -> str:
        """Canonical JSON: equal orders have equal text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), default=str)


def read_order(text: str) -> Order:
    """The order that :meth:`Order.text` wrote; ``BadInput`` for anything else."""
    try:
        plain = json.loads(text)
        inputs = {name: Source(**source) for name, source in plain.pop("inputs").items()}
        return Order(inputs=inputs, **plain)
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise BadInput(f"job: this is no order ({problem})") from None
