"""Which notes matter most: a line that says what was lost goes before one that says what changed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

Weight = Literal["lost", "changed", "told"]
_WORDS: dict[Weight, str] = {  # the words that notes of this house begin with or turn on, worst first
    "lost": r"left out|leaves? out|dropped|removed|cut away|stays? behind|without it|ignored|is not there|"
    r"are plain|gave up|could not|cannot|no longer|lost|skipped|got their mean|rounded",
    "changed": r"moved|filled|closed|turned|cut|made|remade|united|bridged|snapped|recentr?ed|recentered|welded|merged|"
    r"scaled|flipped|grew|shrank|thickened|added|taken (as|for)|guess",
}


class Loss(UserWarning):
    """Something a file had, or a model has, that did not come along."""


def weight(note: str) -> Weight:
    """How much a note matters."""
    text = note.lower()
    return next((kind for kind, words in _WORDS.items() if re.search(rf"\b({words})\b", text)), "told")


def worst_first(notes: Iterable[str]) -> list[str]:
    """Each note once: losses, then changes, then the rest; within these in the order in which they were said."""
    order = [*_WORDS, "told"]
    return sorted(dict.fromkeys(notes), key=lambda note: order.index(weight(note)))
