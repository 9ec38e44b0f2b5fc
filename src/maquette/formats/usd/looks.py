"""Materials as UsdPreviewSurface networks, and their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maquette.core.asset import Material, Texture
from maquette.formats.pictures_in_files import as_png

_WRAP = {"repeat": "repeat", "mirror": "mirror", "clamp": "clamp", "none": "black"}
CUT_OFF = 0.5  # glTF's own, which we have no other for


class Shelf:
    """Puts materials into a scene and collects the pictures that they refer to, each once."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.pictures: dict[str, bytes] = {}  # by path below the main file

    def add_material(self, scene: Any, place: Any, material: Material, number: int, colored: bool) -> Any:
        """The material as a prim below ``place``; ``colored``: vertices' colours show where no picture does."""
        from pxr import Sdf, UsdShade

        path = place.AppendPath(f"Looks/material_{number}")
        look = UsdShade.Material.Define(scene, path)
        look.GetPrim().SetDisplayName(material.name)
        shader = UsdShade.Shader.Define(scene, path.AppendChild("surface"))
        shader.CreateIdAttr("UsdPreviewSurface")
        look.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
        network = _Network(scene, path, shader, self)
        kinds = Sdf.ValueTypeNames
        red, green, blue, alpha = material.base_color
        base = material.base_color_texture
        if base is not None:
            node = network.texture("base", base, (red, green, blue, alpha), "sRGB")
            network.connect("diffuseColor", kinds.Color3f, node, "rgb")
            if material.alpha_mode != "opaque":
                network.connect("opacity", kinds.Float, node, "a")
        elif colored:
            network.connect("diffuseColor", kinds.Color3f, network.vertex_colors(), "result")
        else:
            network.set("diffuseColor", kinds.Color3f, (red, green, blue))
        if base is None and material.alpha_mode != "opaque":
            network.set("opacity", kinds.Float, alpha)
        if material.alpha_mode == "mask":
            network.set("opacityThreshold", kinds.Float, CUT_OFF)
        self._shine(network, material)
        return look

    def _shine(self, network: _Network, material: Material) -> None:
        """All that is no base colour."""
        from pxr import Sdf

        kinds = Sdf.ValueTypeNames
        if material.orm_texture is not None:
            factors = (1.0, material.roughness, material.metallic, 1.0)
            node = network.texture("orm", material.orm_texture, factors, "raw")
            for name, channel in (("occlusion", "r"), ("roughness", "g"), ("metallic", "b")):
                network.connect(name, kinds.Float, node, channel)
        else:
            network.set("roughness", kinds.Float, material.roughness)
            network.set("metallic", kinds.Float, material.metallic)
        if material.clearcoat:
            network.set("clearcoat", kinds.Float, material.clearcoat)
            network.set("clearcoatRoughness", kinds.Float, material.clearcoat_roughness)
        if material.normal_texture is not None:
            node = network.texture("normal", material.normal_texture, (2, 2, 2, 1), "raw", bias=(-1, -1, -1, 0))
            network.connect("normal", kinds.Normal3f, node, "rgb")
        if material.emissive_texture is not None:
            node = network.texture("emissive", material.emissive_texture, (*material.emissive, 1.0), "sRGB")
            network.connect("emissiveColor", kinds.Color3f, node, "rgb")
        elif any(material.emissive):
            network.set("emissiveColor", kinds.Color3f, material.emissive)

    def place_of(self, texture: Texture) -> str:
        """Where a picture lies, as the scene refers to it."""
        shown = as_png(texture) if texture.media_type == "image/webp" else texture
        known = next((name for name, data in self.pictures.items() if data == shown.data), None)
        name = known or f"{self._folder}/{len(self.pictures)}{shown.suffix}"
        self.pictures[name] = shown.data
        return name


class _Network:
    """The shaders of one material."""

    def __init__(self, scene: Any, path: Any, shader: Any, shelf: Shelf) -> None:
        self._scene, self._path, self._shader, self._shelf = scene, path, shader, shelf
        self._uv: Any = None

    def set(self, name: str, kind: Any, value: Any) -> None:
        """A number or a colour of the surface."""
        self._shader.CreateInput(name, kind).Set(value)

    def connect(self, name: str, kind: Any, node: Any, output: str) -> None:
        """What a node gives, into the surface."""
        self._shader.CreateInput(name, kind).ConnectToSource(node.ConnectableAPI(), output)

    def texture(
        self, name: str, texture: Texture, scale: Sequence[float], space: str, bias: Sequence[float] = (0, 0, 0, 0)
    ) -> Any:
        """A node that shows a picture, ``scale`` times what it holds."""
        from pxr import Gf, Sdf, UsdShade

        kinds = Sdf.ValueTypeNames
        node = UsdShade.Shader.Define(self._scene, self._path.AppendChild(name))
        node.CreateIdAttr("UsdUVTexture")
        node.CreateInput("file", kinds.Asset).Set(Sdf.AssetPath(self._shelf.place_of(texture)))
        node.CreateInput("st", kinds.Float2).ConnectToSource(self._coordinates().ConnectableAPI(), "result")
        node.CreateInput("sourceColorSpace", kinds.Token).Set(space)
        if tuple(scale) != (1.0, 1.0, 1.0, 1.0):
            node.CreateInput("scale", kinds.Float4).Set(Gf.Vec4f(*map(float, scale)))
        if any(bias):
            node.CreateInput("bias", kinds.Float4).Set(Gf.Vec4f(*map(float, bias)))
        for axis, wrap in zip("ST", texture.wrap or ("repeat", "repeat"), strict=True):
            node.CreateInput(f"wrap{axis}", kinds.Token).Set(_WRAP[wrap])
        for channel, kind in (("rgb", kinds.Float3), *((one, kinds.Float) for one in "rgba")):
            node.CreateOutput(channel, kind)
        return node

    def vertex_colors(self) -> Any:
        """A node that reads the colours of vertices."""
        from pxr import Sdf, UsdShade

        node = UsdShade.Shader.Define(self._scene, self._path.AppendChild("colors"))
        node.CreateIdAttr("UsdPrimvarReader_float3")
        node.CreateInput("varname", Sdf.ValueTypeNames.String).Set("displayColor")
        node.CreateOutput("result", Sdf.ValueTypeNames.Float3)
        return node

    def _coordinates(self) -> Any:
        """The node that reads the texture coordinates, one for all pictures."""
        from pxr import Sdf, UsdShade

        if self._uv is None:
            self._uv = UsdShade.Shader.Define(self._scene, self._path.AppendChild("uv"))
            self._uv.CreateIdAttr("UsdPrimvarReader_float2")
            self._uv.CreateInput("varname", Sdf.ValueTypeNames.String).Set("st")
            self._uv.CreateOutput("result", Sdf.ValueTypeNames.Float2)
        return self._uv
