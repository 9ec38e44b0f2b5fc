"""Print settings as a file: each with its value and its reason, and each slicer's own words for them."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from maquette.core.files import Files
from maquette.core.print_settings import PrintSettings
from maquette.formats.threemf.settings_parts import bambu_options, cura_options, prusa_options
from maquette.registry import stage


@stage(writes=(".json",), destinations=("print",))
def write_settings(
    settings: PrintSettings,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "settings",
) -> Files:
    """Write suggested settings as JSON: what, how much and why, and the same as options of each slicer.

    The slicers' options go by their own names, so that they can be typed into a profile or onto a command line.
    """
    numbers = {
        "purpose": settings.purpose,
        "material": settings.plastic,
        "settings": [{"setting": name, "value": value, "because": why} for name, value, why in settings.rows],
        "prusaslicer": prusa_options(settings),
        "orcaslicer and bambu studio": bambu_options(settings),
        "cura": cura_options(settings),
    }
    return Files(f"{stem}.json", {f"{stem}.json": json.dumps(numbers, indent=1).encode() + b"\n"})
