"""Texture size: are the pictures larger than the target wants to load?"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from maquette.core.asset import Asset, Texture
from maquette.core.profiles import Target
from maquette.core.report import Finding, Verdict
from maquette.registry import stage

_TARGET = Target.default()


@stage(destinations=("model",), any_size=True)
def texture_size(
    asset: Asset,
    *,
    target: Annotated[Target, Field(description="whose budget applies")] = _TARGET,
) -> Iterable[Finding]:
    """Compare the longest side of any texture with the target's budget; a texture that cannot be read fails too.

    Only the pictures' headers are read.
    """
    largest, where, broken = 0, "", []
    for material in asset.materials:
        for kind in ("base_color", "orm", "normal", "emissive"):
            texture: Texture | None = getattr(material, f"{kind}_texture")
            if texture is None:
                continue
            side = _longest_side(texture)
            if side is None:
                broken.append(f"{material.name} {kind}")
            elif side > largest:
                largest, where = side, f"{material.name} {kind}"
    verdict: Verdict = "fail" if broken or largest > target.max_texture_px else "pass"
    message = f"{where} is {largest} px on its long side, for {target.label}" if largest else "no textures"
    if broken:
        message = f"{len(broken)} cannot be read: {', '.join(broken[:3])}; {message}"
    yield Finding(
        "texture-size",
        verdict,
        message,
        value=largest,
        unit="px",
        limit=f"at most {target.max_texture_px}",
        source=target.source("max_texture_px"),
        fix=None if asset.source is None else "crop",
    )


def _longest_side(texture: Texture) -> int | None:
    """Pixels on the long side, from the header; ``None`` where it is damaged."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(texture.data)) as picture:
                return max(picture.size)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None
