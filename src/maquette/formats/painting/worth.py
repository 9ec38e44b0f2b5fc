"""What a painted print takes: grams, time and what swapping throws away, reckoned without a slicer."""

from __future__ import annotations

from maquette.core.painting import PaintPlan
from maquette.formats.slicers.job import DENSITY, duration_words
from maquette.geometry.painting.looks import volumes_mm3

_PURGE_MM3 = 140.0  # a change of filament in PrusaSlicer's purge tower
_SPEED_MM_S = 45.0  # solid infill of small figures, accelerations counted
_SWAP_S = 90.0  # by hand, or an exchanger with its tower
_LAYER_S = 4.0  # travels and retractions


def worth(plan: PaintPlan) -> dict[str, float]:
    """Grams laid, grams purged, changes of filament, and seconds as an estimate; a slicer knows the time better."""
    volume = float(volumes_mm3(plan).sum())
    changes = len(plan.swaps) if plan.one_nozzle else _changes(plan)
    line = plan.cell_mm * plan.layer_mm
    seconds = volume / (line * _SPEED_MM_S) + _SWAP_S * changes + _LAYER_S * float(plan.tall[plan.cells].max())
    return {
        "grams": volume / 1000 * DENSITY,
        "changes": float(changes),
        "purged_grams": changes * _PURGE_MM3 / 1000 * DENSITY,
        "seconds": seconds,
    }


def _changes(plan: PaintPlan) -> int:
    """How often a printer that lays layer after layer takes up another filament."""
    used = plan.recipes[sorted(set(plan.cells.reshape(-1).tolist()))]
    changes, last = 0, -1
    for column in used.T:
        here = sorted({number for number in column.tolist() if number >= 0})
        changes += len(here) - (last in here)
        last = next((number for number in reversed(here) if number != last), last) if here else last
    return max(changes - 1, 0)


def worth_lines(plan: PaintPlan) -> list[str]:
    """The same in words, a line each."""
    sums, grams = worth(plan), volumes_mm3(plan) / 1000 * DENSITY
    lines = [f"{filament.name}: {weight:.1f} g" for filament, weight in zip(plan.filaments, grams, strict=True)]
    return [
        f"{sums['grams']:.1f} g of filament in all:",
        *(f"  {line}" for line in lines),
        f"{sums['changes']:.0f} swaps, which purge about {sums['purged_grams']:.1f} g (140 mm³ each)",
        f"About {duration_words(sums['seconds'])}, swaps included (an estimate; your slicer knows better)",
    ]
