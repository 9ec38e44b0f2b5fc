"""Write a scene as USD: each model once, an instance of it for every place where it stands."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.camera import Camera
from maquette.core.errors import Unavailable
from maquette.core.files import Files
from maquette.core.progress import note, progress
from maquette.core.scene import Scene
from maquette.formats.carries import refuse_unwritable, say_lost
from maquette.formats.mtl import safe_stem
from maquette.formats.surface_colors import without_plain_textures
from maquette.formats.usd.looks import Shelf
from maquette.formats.usd.write import GET_USD, add_model, as_files, identifier, missing_usd, unique
from maquette.registry import stage

_CREASE_DEG = 45.0
_SENSOR_MM = 24.0  # USD's cameras speak of a sensor and a focal length; their ratio alone counts
_SWAP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # +Z up to +Y up


@stage(writes=(".usdz", ".usdc", ".usda"), destinations=("model",), missing=missing_usd)
def write_scene_usd(
    scene: Scene,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "scene",
    suffix: Annotated[
        Literal[".usdz", ".usdc", ".usda"], Field(description="one package, or binary or text beside its pictures")
    ] = ".usdz",
) -> Files:
    """Write a scene as USD in which a model that stands there ten times lies once, and ten instances refer to it.

    Metres, +Y up. Models lie below `/Models`, which is abstract; things below the root, instanceable, each with one
    matrix. The scene's camera goes along, the names of its light and backdrop stand in the layer's own data. Skeletons
    are left out with a note.
    """
    from pxr import Gf, Kind, Sdf, Usd, UsdGeom

    if missing_usd():
        raise Unavailable(GET_USD)
    shelf = Shelf("textures" if suffix == ".usdz" else f"{safe_stem(stem)}_textures")
    layer = Sdf.Layer.CreateAnonymous(".usda")
    world = Usd.Stage.Open(layer)
    UsdGeom.SetStageUpAxis(world, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(world, 1.0)
    story = {"generator": f"maquette {version('maquette')}", "light": scene.light, "backdrop": scene.backdrop}
    layer.customLayerData = {"maquette": story}
    root = UsdGeom.Xform.Define(world, f"/{identifier(scene.title or stem)}")
    world.SetDefaultPrim(root.GetPrim())
    Usd.ModelAPI(root.GetPrim()).SetKind(Kind.Tokens.assembly)
    models = _add_models(world, scene, shelf, suffix, str(root.GetPath()))
    taken: set[str] = {"camera"}
    for which, place, name in zip(scene.which.tolist(), scene.places, scene.names(), strict=True):
        path = root.GetPath().AppendChild(unique(identifier(name), taken))
        thing = UsdGeom.Xform.Define(world, path)
        thing.GetPrim().SetDisplayName(name)
        thing.GetPrim().GetReferences().AddInternalReference(models[which])
        thing.GetPrim().SetInstanceable(True)
        thing.AddTransformOp().Set(Gf.Matrix4d(_matrix(place).T.tolist()))
    if scene.camera is not None:
        _add_camera(world, root.GetPath().AppendChild("camera"), scene.camera)
    progress(0.8, "file")
    return as_files(layer, stem, suffix, shelf.pictures)


def _add_models(world: Any, scene: Scene, shelf: Shelf, suffix: str, root: str) -> dict[int, Any]:
    """The models that stand somewhere, below an abstract prim; their paths by number."""
    from pxr import Kind, Usd, UsdGeom

    home = world.CreateClassPrim("/Models" if root != "/Models" else "/Models_of_scene").GetPath()
    taken: set[str] = set()
    paths: dict[int, Any] = {}
    used = np.unique(scene.which).tolist()
    if rigged := sum(scene.assets[number].skeleton is not None for number in used):
        note(f"left out the skeletons and clips of {rigged} models")
    for step, number in enumerate(used):
        progress(step / len(used), "models")
        asset = scene.assets[number].without_skeleton()
        refuse_unwritable(asset, "write-scene-usd")
        say_lost(asset, suffix)
        path = home.AppendChild(unique(identifier(asset.title or "model"), taken))
        Usd.ModelAPI(UsdGeom.Xform.Define(world, path).GetPrim()).SetKind(Kind.Tokens.component)
        add_model(world, path, without_plain_textures(asset), shelf, _CREASE_DEG)
        paths[number] = path
    return paths


def _matrix(place: Floats) -> Floats:
    """A place in metres and +Y up, (4, 4)."""
    result = np.eye(4)
    result[:3, :3] = _SWAP @ place[:3, :3] @ _SWAP.T
    result[:3, 3] = _SWAP @ place[:3, 3] / 1000.0
    return result


def _add_camera(world: Any, path: Any, camera: Camera) -> None:
    """A camera that looks along its own -Z with +Y up."""
    from pxr import Gf, UsdGeom

    pose = np.eye(4)
    pose[:3, :3] = _SWAP @ camera.pose[:3, :3] @ np.diag([1.0, -1.0, -1.0])
    pose[:3, 3] = _SWAP @ camera.position / 1000.0
    lens = UsdGeom.Camera.Define(world, path)
    lens.AddTransformOp().Set(Gf.Matrix4d(pose.T.tolist()))
    flat = camera.projection == "orthographic"
    lens.CreateProjectionAttr(UsdGeom.Tokens.orthographic if flat else UsdGeom.Tokens.perspective)
    high = 10.0 * camera.span / 1000.0 if flat else _SENSOR_MM  # an orthographic one counts in tenths of the unit
    lens.CreateVerticalApertureAttr(high)
    lens.CreateHorizontalApertureAttr(high * camera.aspect)
    lens.CreateFocalLengthAttr(_SENSOR_MM / camera.span if not flat else 50.0)
