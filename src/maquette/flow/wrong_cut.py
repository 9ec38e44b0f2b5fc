"""A job stops before anything is made of what may not be the thing, and shows what was cut out."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from maquette.core.errors import CannotDo
from maquette.core.files import Files
from maquette.core.report import Finding
from maquette.core.subject import Subject
from maquette.flow import disk


def refuse_wrong_cut(findings: Iterable[Finding], cut: Subject, output: Path) -> None:
    """``CannotDo`` where the finding ``mask`` fails, with the ways out; a picture of the cut is written beside output.

    In the picture the ground is faded and the subject has a red rim.
    """
    wrong = next((finding for finding in findings if finding.check == "mask" and finding.verdict == "fail"), None)
    if wrong is None or cut.mask is None:
        return
    place = output.with_name(f"{output.name}.cut.jpg")
    disk.put(Files(place.name, {place.name: _draw_cut(cut)}), place)
    raise CannotDo(f"matte: {wrong.message}; it is shown in {place.name}; or go on with it all the same with --force")


def _draw_cut(cut: Subject) -> bytes:
    """The photo with its ground faded and a red rim around what was cut out, JPEG."""
    from PIL import Image
    from scipy.ndimage import binary_dilation

    assert cut.mask is not None
    weight = cut.mask[..., None]
    shown = cut.pixels * weight + (0.3 * cut.pixels + 0.7 * 235) * (1 - weight)
    inside = cut.mask >= 0.5
    rim = binary_dilation(inside, iterations=max(1, max(inside.shape) // 400)) & ~inside
    shown[rim] = (220, 20, 20)
    stream = io.BytesIO()
    Image.fromarray(np.clip(shown, 0, 255).astype(np.uint8)).save(stream, "JPEG", quality=88)
    return stream.getvalue()
