"""Who may spend money, and how much: one context variable, as with progress, so that nobody pays by accident.

A stage that costs asks :func:`insist_on_consent` before it sends anything. A face opens :func:`paying` around the work:
a terminal with a question to a person, a script with a limit. Without it nothing is bought.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from maquette.core.errors import CannotDo, Unavailable


def _agree(stage: str, usd: float, words: str) -> bool:
    """The answer of whoever named a limit in advance."""
    return True


@dataclass(frozen=True)
class _Consent:
    """What was agreed to: at most ``limit_usd`` in all of ``run``, each call confirmed by ``ask``."""

    limit_usd: float
    ask: Callable[[str, float, str], bool]
    run: str


_consent: ContextVar[_Consent | None] = ContextVar("maquette_consent", default=None)


@contextmanager
def paying(limit_usd: float, ask: Callable[[str, float, str], bool] = _agree, *, run: str = "") -> Iterator[None]:
    """Let stages inside spend up to so many US dollars altogether; ``ask`` may still say no to each of them.

    ``run`` is a name that several processes share when their spending counts as one.
    """
    token = _consent.set(_Consent(limit_usd, ask, run or secrets.token_hex(8)))
    try:
        yield
    finally:
        _consent.reset(token)


def current_run() -> str:
    """The run that spending counts for; empty where nobody agreed to any."""
    consent = _consent.get()
    return consent.run if consent else ""


def insist_on_consent(stage: str, usd: float, words: str, *, spent_usd: float, run_usd: float) -> None:
    """Somebody here agrees to pay ``usd`` now, on top of ``spent_usd``, within its limit and within ``run_usd``.

    ``Unavailable`` where nobody was asked, ``CannotDo`` where the limit would be passed or the answer is no.
    """
    consent = _consent.get()
    if consent is None:
        raise Unavailable(
            f"{stage}: costs about {dollars(usd)} ({words}) and nobody agreed to it; add --yes, or in Python call it "
            f"within `with maquette.core.money.paying({max(usd, 0.01):.2f}):`"
        )
    limit = min(consent.limit_usd, run_usd)
    if spent_usd + usd > limit + 1e-9:
        raise CannotDo(
            f"{stage}: {dollars(usd)} on top of {dollars(spent_usd)} is over this run's budget of "
            f"{dollars(limit)}; nothing was sent; MAQUETTE_RUN_USD raises it"
        )
    if not consent.ask(stage, usd, words):
        raise CannotDo(f"{stage}: {dollars(usd)} were not confirmed; nothing was sent")


def dollars(usd: float) -> str:
    """An amount as one reads it: ``$0.40``, ``$0.065``."""
    return f"${usd:.3f}".removesuffix("0")
