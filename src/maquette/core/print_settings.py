"""Print settings: what a slicer should be told for one model, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from maquette.core.errors import BadInput
from maquette.core.values import Value, noun

Purpose = Literal["decorative", "functional", "strong"]


@noun
class PrintSettings(Value):
    """Layer, walls, filling, supports and heat; ``reasons`` says why, by field name."""

    purpose: str
    plastic: str
    layer_mm: float
    first_mm: float
    perimeters: int
    top_layers: int
    bottom_layers: int
    infill_percent: int
    infill_pattern: Literal["gyroid", "cubic"]
    supports: bool
    brim_mm: float
    nozzle_c: int  # 0: the slicer's own
    bed_c: int
    reasons: Mapping[str, str]

    def __post_init__(self) -> None:
        if min(self.layer_mm, self.first_mm) <= 0 or self.perimeters < 1 or not 0 <= self.infill_percent <= 100:
            raise BadInput("print settings: layers above 0, one perimeter or more, and 0 to 100 % of infill")

    def __repr__(self) -> str:
        support = "with supports" if self.supports else "no supports"
        return (
            f"PrintSettings({self.layer_mm:g} mm layers, {self.perimeters} perimeters, {self.infill_percent} % "
            f"{self.infill_pattern}, {support})"
        )

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Each setting: what it is called, its value, and why; what has no reason is left out."""
        support, brim = "yes" if self.supports else "none", f"{self.brim_mm:g} mm" if self.brim_mm else "none"
        shown = {
            "layer_mm": ("layer height", f"{self.layer_mm:g} mm (first {self.first_mm:g})"),
            "perimeters": ("perimeters", str(self.perimeters)),
            "top_layers": ("top and bottom layers", f"{self.top_layers} and {self.bottom_layers}"),
            "infill_percent": ("infill", f"{self.infill_percent} % {self.infill_pattern}"),
            "supports": ("supports", support),
            "brim_mm": ("brim", brim),
            "nozzle_c": ("nozzle and bed", f"{self.nozzle_c} and {self.bed_c} °C"),
        }
        return [(*shown[name], self.reasons[name]) for name in shown if name in self.reasons]
