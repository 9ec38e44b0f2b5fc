"""Numbers in sentences."""

from __future__ import annotations


def figures(value: float, digits: int = 3) -> str:
    """A number to so many digits, what has more before the point in full: 0.0123, 4.57, 43,290; never 4.33e+04.

    From a quadrillion on, and for what is not finite, Python's own short form.
    """
    if 10**digits - 0.5 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"
