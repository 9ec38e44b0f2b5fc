"""Levels of detail: the same model in ever fewer faces, each with what it costs and from how small it will do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette.core.asset import Asset
from maquette.core.errors import BadInput, BadSetting
from maquette.core.progress import part
from maquette.core.words import figures
from maquette.formats.gltf.levels import encode_levels
from maquette.geometry.remake.deviation import deviation
from maquette.geometry.remake.silhouettes import silhouette_overlap
from maquette.registry import registry

_LEAST = 50  # faces: below it nothing is left of most things
_SAMPLES = 30_000
_SCREEN = 1080  # rows


@dataclass(frozen=True)
class Level:
    """One level. ``pixels`` is the height on the screen below which it strays from the first by less than a pixel."""

    asset: Asset
    off_mm: float  # Hausdorff distance from the first level, both ways
    mean_mm: float
    silhouette: float  # share of its shadows that is the first one's, 0..1
    pixels: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        numbers = {name: getattr(self, name) for name in ("off_mm", "mean_mm", "silhouette")}
        return {"faces": len(self.asset.mesh.faces), **numbers, "pixels": self.pixels}

    def __str__(self) -> str:
        below = "any size" if self.pixels == float("inf") else f"up to {self.pixels:.0f} px high"
        return (
            f"{len(self.asset.mesh.faces):,} faces, {figures(self.off_mm)} mm off at most and {figures(self.mean_mm)} "
            f"on average, silhouette {self.silhouette:.1%}, for {below}"
        )


def lods(asset: Asset, levels: int = 4, ratio: float = 0.5) -> tuple[Level, ...]:
    """The asset and up to ``levels - 1`` simpler ones, each with ``ratio`` times the faces of the one before.

    Each is made from the one before and measured against the first. The chain ends early at 50 faces, or where seams
    let simplify go no further.
    """
    if not len(asset.mesh.faces):
        raise BadInput("lods: the model has no faces; there is nothing to leave out")
    chain = [Level(asset, 0.0, 0.0, 1.0, float("inf"))]
    for number in range(1, levels):
        before = chain[-1].asset
        wanted = max(round(len(before.mesh.faces) * ratio), _LEAST)
        if wanted >= len(before.mesh.faces):
            break
        with part((number - 1) / levels, number / levels):
            simpler = registry()["simplify"](before, max_faces=wanted)
        if len(simpler.mesh.faces) > 0.95 * len(before.mesh.faces):
            break
        chain.append(_measure_level(simpler, asset))
    return tuple(chain)


def _measure_level(simpler: Asset, first: Asset) -> Level:
    """A level beside the first one."""
    mesh, whole = simpler.mesh, first.mesh
    off = deviation(mesh.vertices, mesh.faces, whole.vertices, whole.faces, _SAMPLES)
    alike = silhouette_overlap(whole.vertices, whole.faces, mesh.vertices, mesh.faces)
    worst = max(off.there.max, off.back.max)
    pixels = max(first.size) / worst if worst > 0 else float("inf")
    return Level(simpler, worst, off.mean, alike, pixels)


def write_lods(
    path: Path, output: Path, levels: int, ratio: float, *, one_file: bool = False
) -> tuple[tuple[Path, Level], ...]:
    """The levels of a model file as files: chair.glb becomes chair_LOD0.glb, chair_LOD1.glb …, as engines name them.

    With ``one_file`` all of them in one GLB, by MSFT_lod; ``BadSetting`` for another format.
    """
    from maquette.flow import disk
    from maquette.flow.encode import encode_asset

    if one_file and output.suffix.lower() != ".glb":
        raise BadSetting(f"lods: only GLB holds all levels in one file, not {output.suffix}; write files, or a .glb")
    chain = lods(disk.read(path), levels, ratio)
    if one_file:
        place = disk.put(encode_levels(list(zip((one.asset for one in chain), coverages(chain))), output.stem), output)
        return tuple((place, level) for level in chain)
    written = []
    for number, level in enumerate(chain):
        place = output.with_name(f"{output.stem}_LOD{number}{output.suffix}")
        written.append((disk.put(encode_asset(level.asset, place), place), level))
    return tuple(written)


def coverages(chain: tuple[Level, ...]) -> list[float]:
    """From which share of a screen of 1080 rows each level is shown: where the next strays by less than a pixel."""
    below = [min(level.pixels / _SCREEN, 1.0) for level in chain[1:]]
    return [*below, 0.0]
