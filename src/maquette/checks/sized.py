"""Sized: does anybody vouch for the scale?"""

from __future__ import annotations

from collections.abc import Iterable

from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.registry import stage

# A thing outside of this is nearly always a mix-up of units: metres read as millimetres, inches as metres.
_SMALLEST_MM, _LARGEST_MM = 1.0, 10_000.0


@stage(destinations=("print", "model"))
def sized(asset: Asset) -> Iterable[Finding]:
    """Say how large the model is and whether that is more than a guess.

    A photo shows no scale, and STL, OBJ and PLY carry no unit: until a ruler, a user or a file with a unit says
    otherwise the numbers are a guess, which is a warning. So is a size between no and all furniture: below 1 mm or
    above 10 m the units are likely mixed up.
    """
    x, y, z = asset.size
    size = f"{figures(x, 4)} x {figures(y, 4)} x {figures(z, 4)} mm"
    likely = _SMALLEST_MM <= max(x, y, z) <= _LARGEST_MM
    message = f"{size} (wide, deep, high)" if asset.sized else f"{size} (wide, deep, high) is a guess"
    if not likely:
        message += "; nothing one prints or places is of that size, the units are likely mixed up"
    yield Finding(
        "sized",
        "pass" if asset.sized and likely else "warn",
        message,
        value=z,
        unit="mm",
        limit=f"known, {_SMALLEST_MM:g} to {_LARGEST_MM:g} mm",
        source="advice: a photo has no scale; STL, OBJ and PLY have no unit",
        fix="scale-to",
    )
