"""Limits: the printer's number and who says so, or the number that somebody set instead."""

from __future__ import annotations

from maquette.core.profiles import Printer


def limit_of(printer: Printer, name: str, wanted: float = 0.0) -> tuple[float, str]:
    """A limit of the printer by field name and its source; what is ``wanted`` stands above it, unless it is 0."""
    if wanted > 0:
        return wanted, "setting"
    return float(getattr(printer, name)), printer.source(name)
