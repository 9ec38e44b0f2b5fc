"""Limits: the printer's number and who says so, or the number that somebody set instead."""

from __future__ import annotations

from maquette.core.profiles import Printer


def limit_of(printer: Printer, name: str, given: float = 0.0) -> tuple[float, str]:
    """A limit of the printer by field name and its source; what is ``given`` stands above it, unless it is 0."""
    if given > 0:
        return given, "setting"
    return float(getattr(printer, name)), printer.source(name)
