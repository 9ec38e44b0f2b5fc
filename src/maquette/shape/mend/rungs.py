"""The rungs of ``solidify`` above closing up: what cuts through itself is cut, and what cannot be is made anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.geometry.inside.filled import rounding
from maquette.geometry.inside.near_boxes import faces_near
from maquette.geometry.inside.solidity import find_spoilt_faces
from maquette.geometry.mend.float32_twins import alike, nudge_pairs, withstands
from maquette.geometry.surface import face_areas
from maquette.shape.mend.advising import open_share
from maquette.shape.mend.closing import part_pinches, separate_float32_twins, without_flakes, without_needles
from maquette.shape.mend.judging import Judge, Keeper
from maquette.shape.mend.resurface import fitting_pitch, resurface
from maquette.shape.mend.unite import unite
from maquette.shape.mend.untangle import untangle
from maquette.shape.mend.weld import weld
from maquette.shape.mend.wrap import affordable_pitch, wrap

_ROUNDS = 3
_STEPS = (4.0, 2.0, 1.0)  # of a 32-bit number: spacings of vertices, the safest first
_NUDGES = 12  # tries to part only what a 32-bit file makes one
_NEEDLE = 4  # times what is rounding: shorter edges say nothing, and lines along them do not close
_GROWTH = 2  # times the faces of the first cut: a tangle of slivers grows with every further one


@dataclass(frozen=True)
class Rungs:
    """Each method makes an asset another one, or raises ``CannotDo``."""

    judge: Judge
    keeper: Keeper
    printer: Printer
    min_share: float
    max_volume_change: float
    max_deviation: float

    def unite(self, asset: Asset) -> Asset:
        """Solids that overlap or lie against each other made one."""
        return self.tidy(unite(asset), asset)

    def untangle(self, asset: Asset) -> Asset:
        """Cut along the lines where it crosses itself, again where solids that were moved apart touch others.

        The last rounds part or merge first what rounding cannot tell apart: slivers are where lines do not close.
        """
        most = 0
        for number in range(2 * _ROUNDS):
            if number >= _ROUNDS:
                if open_share(asset.mesh):
                    break
                asset = separate_float32_twins(asset, _STEPS[0])
            asset = self.tidy(self._cut_open(asset), asset)
            most = most or _GROWTH * len(asset.mesh.faces)
            if not self.judge.flaws(asset.mesh) or len(asset.mesh.faces) > most:
                break
        return asset

    def _cut_open(self, asset: Asset) -> Asset:
        """Untangled; where the lines do not close, without needles first."""
        try:
            return untangle(asset)
        except CannotDo:
            smoother = without_needles(asset, _NEEDLE * rounding(asset.mesh.vertices))
            if smoother.mesh is asset.mesh:
                raise
            return untangle(smoother) if self.judge.flaws(smoother.mesh) else smoother

    def resurface(self, asset: Asset) -> Asset:
        """A new surface from the winding number, at the printer's resolution."""
        return self._accept(asset, resurface(asset, pitch_mm=self._pitch(asset.mesh)))

    def wrap(self, asset: Asset) -> Asset:
        """A new surface around it, at the printer's resolution."""
        pitch = affordable_pitch(asset.mesh, self._pitch(asset.mesh))
        return self._accept(asset, wrap(asset, printer=self.printer, pitch_mm=pitch))

    def fit(self, asset: Asset) -> Asset:
        """The solid with its vertices so far apart that a 32-bit file keeps them so, as far as it stays a solid."""
        best: Asset | None = None
        for _ in range(_ROUNDS):
            result, final = self._space_out(asset)
            if result is not None and final:
                return result
            best = result or best
            asset = best or self.untangle(separate_float32_twins(asset, _STEPS[0]))
        if best is None:
            raise CannotDo("vertices that a 32-bit file takes for one could not be told apart")
        return best

    def coarsen(self, asset: Asset) -> Asset:
        """For a solid that does not fit a 32-bit file: a new surface, without the finest of the old one."""
        result = self.fit(self.resurface(asset))
        if left := self.judge.flaws(result.mesh):
            raise CannotDo(f"left with {', '.join(left)}")
        return result

    def tidy(self, asset: Asset, before: Asset) -> Asset:
        """What a rung made, without specks, and parted where that makes it a solid."""
        if asset.mesh is before.mesh:
            return before
        asset = weld(asset)
        if self.judge.flaws(asset.mesh):
            gap = 3 * rounding(asset.mesh.vertices) / max(asset.mesh.diagonal, 1e-300)
            asset = without_flakes(part_pinches(asset, gap), rounding(asset.mesh.vertices))
        return self.keeper.without_specks(asset, self.min_share)

    def _accept(self, asset: Asset, accept: Asset) -> Asset:
        """A new surface made tidy; ``CannotDo`` where it is not like the old one."""
        most = self.max_deviation * asset.mesh.diagonal
        self.judge.insist_on_nearness(accept.mesh, most)  # before the long way to a solid that nobody would take
        accept = self.tidy(accept, asset)
        if self.judge.flaws(accept.mesh):
            accept = self.untangle(accept)
        self.judge.insist_on_nearness(accept.mesh, most)
        self.judge.insist_on_volume(asset.mesh, accept.mesh, self.max_volume_change)
        return accept

    def _pitch(self, mesh: Mesh) -> float:
        """Side of a grid cell: a nozzle's width or what 250,000 cells allow, at most 1/200 of the diagonal."""
        area = float(face_areas(mesh.vertices, mesh.faces).sum())
        return min(max(fitting_pitch(mesh, area, self.printer), 1e-12), mesh.diagonal / 200)

    def _space_out(self, asset: Asset) -> tuple[Asset | None, bool]:
        """With the widest spacing that leaves a solid, and whether another round is not worth while."""
        like = None if self.judge.flaws(asset.mesh) else asset.mesh
        for steps in _STEPS:
            spaced = separate_float32_twins(asset, steps)
            if spaced is asset or not self.judge.flaws(spaced.mesh, like=like):
                return spaced, spaced is asset or steps == _STEPS[0]
        spaced = _nudge_apart(asset)
        if withstands(spaced.mesh.vertices, spaced.mesh.faces) and not self.judge.flaws(spaced.mesh, like=like):
            return spaced, True
        return None, False


def _nudge_apart(asset: Asset) -> Asset:
    """Only vertices moved that a 32-bit file welds; those whose faces turn over by it again, any other way."""
    mesh = asset.mesh
    places, pairs = mesh.vertices, alike(mesh.vertices)
    if not len(pairs):
        return asset
    for attempt in range(_NUDGES):
        places = nudge_pairs(places, pairs, attempt)
        moved = (places != mesh.vertices).any(axis=1)
        bad = find_spoilt_faces(places, mesh.faces, faces_near(places, mesh.faces, moved[mesh.faces].any(axis=1)))
        back = pairs[np.isin(pairs, mesh.faces[bad]).any(axis=1)]
        places[back] = mesh.vertices[back]
        pairs = alike(places)
        if not len(pairs):
            break
    return asset.with_mesh(mesh.with_vertices(places))
