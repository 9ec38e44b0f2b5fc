"""Pictures of a report, kept like every result: by what they show and how. Most outlive a change of size."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from maquette.core.asset import Asset
from maquette.core.errors import MaquetteError
from maquette.core.files import Files
from maquette.core.memory import once
from maquette.core.picture import Picture
from maquette.flow.memory import keep
from maquette.registry import registry
from maquette.render.scene import Scene
from maquette.store import Store, key_of

_SKY_RAYS = 8  # half of what a picture by itself gets: seen beside each other at 224 px they are the same
_VERSION = 1  # raised when the same wish gives another picture


@dataclass(frozen=True)
class Keeper:
    """Draws an asset for a report, or takes from the store what was drawn of it before.

    ``shape`` names what does not change with the size; empty: the asset's own digest.
    """

    asset: Asset
    store: Store | None = None
    shape: str = ""

    @once
    def scene(self) -> Scene:
        """The asset's scene, built once for all that is drawn, and not at all where everything is kept."""
        return Scene(self.asset, sky_rays=_SKY_RAYS)

    def of_shape(
        self, what: str, how: Mapping[str, Any], draw: Callable[[], Picture], suffix: str = ".png"
    ) -> Files | None:
        """The file of a picture that no size changes; None where the renderer refuses."""
        return self._keep(what, [self.shape or self.asset.digest], draw, suffix, how)

    def of_finding(self, digest: str, how: Mapping[str, Any], draw: Callable[[], Picture]) -> Files | None:
        """The file of a map of a finding on this very asset; None where the renderer refuses."""
        return self._keep("map", [self.asset.digest, digest], draw, ".png", how)

    def of_asset(self, what: str, how: Mapping[str, Any], draw: Callable[[], Picture]) -> Files | None:
        """The file of a picture of this very asset at its size; None where the renderer refuses."""
        return self._keep(what, [self.asset.digest], draw, ".png", how)

    def _keep(
        self, what: str, names: list[str], draw: Callable[[], Picture], suffix: str, how: Mapping[str, Any]
    ) -> Files | None:
        key = key_of(f"report picture {what}", _VERSION, json.dumps([suffix, dict(how)], sort_keys=True), names)
        kept: Files | None = self.store.get(key) if self.store else None
        if kept is not None:
            return kept
        try:
            files: Files = registry()["write-picture"](draw(), suffix=suffix)
        except MaquetteError:
            return None  # a report without one picture is still a report
        keep(self.store, key, files)
        return files
