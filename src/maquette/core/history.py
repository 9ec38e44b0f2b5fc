"""Step: one line of how a value came to be."""

from __future__ import annotations

import json
from typing import Any

from maquette.core.values import Value, noun


@noun
class Step(Value):
    """A stage that ran: its name and version, its settings as canonical JSON, and what it said it did.

    ``inputs`` are positions in the same history, so a flat tuple of steps holds a branching graph; a step with no
    inputs took the original. ``originals`` are the digests of inputs that came without a history, so two photos that
    went through the same stage stay two. Neither times nor paths stand here: the same work gives the same history.
    """

    stage: str
    version: int = 1
    settings: str = "{}"
    inputs: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    originals: tuple[str, ...] = ()

    @property
    def options(self) -> dict[str, Any]:
        """The settings as a dictionary."""
        return dict(json.loads(self.settings))


def merge_histories(histories: list[tuple[Step, ...]], last: Step) -> tuple[Step, ...]:
    """One history out of several inputs' histories, with ``last`` on top of the last step of each.

    Inputs that share their first steps (two branches of one photo) share them in the result.
    """
    if len(histories) == 1:  # nothing to bring together, and comparing every two steps of a long story takes its time
        return (*histories[0], last.replace(inputs=(len(histories[0]) - 1,) if histories[0] else ()))
    steps: list[Step] = []
    tips: list[int] = []
    for history in histories:
        where: dict[int, int] = {}
        for index, step in enumerate(history):
            moved = step.replace(inputs=tuple(where[i] for i in step.inputs))
            if moved not in steps:
                steps.append(moved)
            where[index] = steps.index(moved)
        if history:
            tips.append(where[len(history) - 1])
    steps.append(last.replace(inputs=tuple(tips)))
    return tuple(steps)
