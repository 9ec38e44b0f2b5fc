"""Scene: several models in their places, each kept once however often it stands there."""

from __future__ import annotations

from dataclasses import field

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.camera import Camera
from maquette.core.errors import BadInput
from maquette.core.history import Step
from maquette.core.mesh import join_meshes
from maquette.core.values import LATER, Value, frozen_array, noun


@noun
class Scene(Value):
    """Models and where they stand: instance k is model ``which[k]``, moved by ``places[k]`` (4, 4), millimetres.

    A place turns, shifts and scales evenly; it never mirrors. ``camera`` is where it is looked at from, ``light`` names
    the rig that lights it and ``backdrop`` what stands behind it; empty: whatever a photograph has by default.
    """

    assets: tuple[Asset, ...]
    which: Ints  # (K,)
    places: Floats  # (K, 4, 4)
    title: str = ""
    history: tuple[Step, ...] = ()
    camera: Camera | None = field(default=None, metadata=LATER)
    light: str = field(default="", metadata=LATER)
    backdrop: str = field(default="", metadata=LATER)

    def __post_init__(self) -> None:
        which = frozen_array(self.which, np.int64, (None,), "scene: which")
        places = frozen_array(self.places, np.float64, (len(which), 4, 4), "scene: places")
        if not len(which):
            raise BadInput("scene: nothing stands in it; place one model at least")
        if not 0 <= which.min() <= which.max() < len(self.assets):
            raise BadInput(f"scene: instance of model {int(which.max())} where there are {len(self.assets)}")
        if (np.linalg.det(places[:, :3, :3]) <= 0).any():
            raise BadInput("scene: a place mirrors or flattens its model; turn, shift and scale only")
        object.__setattr__(self, "which", which)
        object.__setattr__(self, "places", places)

    def __repr__(self) -> str:
        return f"Scene({len(self.which)} instances of {len(self.assets)} models)"

    def corners(self, number: int) -> Floats:
        """The vertices of an instance where they stand, (V, 3)."""
        place = self.places[number]
        moved: Floats = self.assets[self.which[number]].mesh.vertices @ place[:3, :3].T + place[:3, 3]
        return moved

    def bounds(self, number: int) -> Floats:
        """Lowest and highest corner of an instance's box, (2, 3)."""
        corners = self.corners(number)
        return np.stack([corners.min(axis=0), corners.max(axis=0)])

    def names(self) -> tuple[str, ...]:
        """What each instance is called."""
        titles = [asset.title or "model" for asset in self.assets]
        return tuple(f"{titles[which]} {number + 1}" for number, which in enumerate(self.which.tolist()))

    def with_thing(self, asset: Asset, place: Floats) -> Scene:
        """The scene with one more thing at a place (4, 4); a model that stands there already is kept once."""
        bare = asset.replace(volumes=())
        assets = self.assets if bare in self.assets else (*self.assets, bare)
        which = np.append(self.which, assets.index(bare))
        return self.replace(assets=assets, which=which, places=np.concatenate([self.places, place[None]]))

    def as_asset(self) -> Asset:
        """All instances as one model without skeletons, each a part; materials of the models one after the other."""
        starts = np.cumsum([0, *(max(len(asset.materials), 1) for asset in self.assets)])
        meshes = []
        for number, (which, place) in enumerate(zip(self.which, self.places, strict=True)):
            asset = self.assets[which].without_skeleton()
            scale = float(np.cbrt(np.linalg.det(place[:3, :3])))
            mesh = asset.mesh.moved(place[:3, :3] / scale, scale, place[:3, 3])
            own = np.zeros(len(mesh.faces), np.int32) if mesh.material is None else mesh.material
            part = np.full(len(mesh.faces), number, np.int32)
            meshes.append(mesh.replace(material=(own + starts[which]).astype(np.int32), part=part))
        plain = (Material(name="plain", base_color=(0.6, 0.6, 0.6, 1.0)),)
        materials = tuple(material for asset in self.assets for material in asset.materials or plain)
        sized = all(asset.sized for asset in self.assets)
        return Asset(join_meshes(meshes), materials, part_names=self.names(), sized=sized, title=self.title)
