"""UsdPreviewSurface networks as materials: what each face of a mesh wears, and the pictures behind it."""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Ints
from maquette.core.asset import Material, Texture, Wrap, with_wrap
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.formats.mtl import pack_channels
from maquette.formats.side_files import Pictures

_WRAP: dict[str, Wrap] = {"repeat": "repeat", "mirror": "mirror", "clamp": "clamp", "black": "none"}


class Looks:
    """Reads each material once. ``materials`` are those met so far."""

    def __init__(self, files: Files) -> None:
        self.materials: list[Material] = []
        self.uv_name = "st"
        self._numbers: dict[str, int] = {}
        self._pictures = Pictures(files, files.main)
        self._strange: set[str] = set()
        self._single: dict[int, bool] = {}  # by material: whether some mesh shows its outside only

    def of_faces(self, prim: Any, count: int) -> Ints:
        """The material of each polygon (P,), -1 for none."""
        from pxr import UsdGeom, UsdShade

        worn = np.full(count, self._number(prim))
        for subset in UsdGeom.Subset.GetGeomSubsets(UsdGeom.Imageable(prim), UsdGeom.Tokens.face, "materialBind"):
            faces = np.asarray(subset.GetIndicesAttr().Get() or (), np.int64)
            faces = faces[(faces >= 0) & (faces < count)]
            bound = UsdShade.MaterialBindingAPI(subset.GetPrim()).ComputeBoundMaterial()[0]
            if bound:
                worn[faces] = self._number_of(bound)
        single = not UsdGeom.Gprim(prim).GetDoubleSidedAttr().Get()
        for number in np.unique(worn[worn >= 0]).tolist():
            self._single[number] = self._single.get(number, False) or single
        return worn

    def finished(self) -> list[Material]:
        """The materials; double-sided is what all meshes that wear it are."""
        sides = [not self._single.get(number, True) for number in range(len(self.materials))]
        return [one.replace(double_sided=both) for one, both in zip(self.materials, sides, strict=True)]

    def tell(self) -> None:
        """Say what could not be read."""
        if self._strange:
            note(f"materials of another kind than UsdPreviewSurface became plain: {', '.join(sorted(self._strange))}")

    def _number(self, prim: Any) -> int:
        from pxr import UsdShade

        bound = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()[0]
        if bound:
            return self._number_of(bound)
        return self._shown_color(prim)

    def _shown_color(self, prim: Any) -> int:
        """A plain material of the one colour that a mesh without material shows; -1 where it shows none."""
        from pxr import UsdGeom

        primvar = UsdGeom.Gprim(prim).GetDisplayColorPrimvar()
        if not primvar.HasValue() or str(primvar.GetInterpolation()) != "constant":
            return -1
        color = np.asarray(primvar.Get() or (), np.float64).reshape(-1, 3)
        if not len(color) or not np.isfinite(color[0]).all():
            return -1
        red, green, blue = np.clip(color[0], 0, 1).tolist()
        key = f"color {red} {green} {blue}"
        if key not in self._numbers:
            self._numbers[key] = len(self.materials)
            self.materials.append(Material(name=prim.GetName(), base_color=(red, green, blue, 1.0)))
        return self._numbers[key]

    def _number_of(self, bound: Any) -> int:
        path = str(bound.GetPath())
        if path not in self._numbers:
            self._numbers[path] = len(self.materials)
            self.materials.append(self._material(bound))
        return self._numbers[path]

    def _material(self, bound: Any) -> Material:
        """One network as a material; plain where its surface is of another kind."""
        name = bound.GetPrim().GetDisplayName() or bound.GetPrim().GetName()
        shader = bound.ComputeSurfaceSource()[0]
        if not shader or shader.GetShaderId() != "UsdPreviewSurface":
            self._strange.add(str(shader.GetShaderId()) if shader else name)
            return Material(name=name)
        base, color, alpha_channel = self._base(shader)
        opacity = _number(shader, "opacity", 1.0)
        cut = _number(shader, "opacityThreshold", 0.0)
        blended = opacity < 1 or alpha_channel
        rough, rough_map = self._scalar(shader, "roughness", 0.5)
        metal, metal_map = self._scalar(shader, "metallic", 0.0)
        emissive, glow = self._picture(shader, "emissiveColor")
        coat = min(max(_number(shader, "clearcoat", 0.0), 0.0), 1.0)
        return Material(
            name=name,
            base_color=(*color, opacity),
            base_color_texture=base,
            roughness=rough,
            metallic=metal,
            orm_texture=self._pack_orm(shader, rough_map, metal_map),
            normal_texture=self._picture(shader, "normal")[1],
            emissive=emissive if glow is not None else _color(shader, "emissiveColor", (0.0, 0.0, 0.0)),
            emissive_texture=glow,
            alpha_mode="mask" if cut > 0 and blended else "blend" if blended else "opaque",
            clearcoat=coat,
            clearcoat_roughness=min(max(_number(shader, "clearcoatRoughness", 0.01), 0.0), 1.0) if coat else 0.0,
        )

    def _base(self, shader: Any) -> tuple[Texture | None, tuple[float, float, float], bool]:
        """Base picture, its factor or the plain colour, and whether the picture's alpha counts."""
        scale, texture = self._picture(shader, "diffuseColor")
        alpha = _source(shader, "opacity")[0] is not None
        if texture is not None:
            return texture, scale, alpha
        if _source(shader, "diffuseColor")[0] is not None:  # colours of vertices, which the mesh brings
            return None, (1.0, 1.0, 1.0), alpha
        return None, _color(shader, "diffuseColor", (0.18, 0.18, 0.18)), alpha

    def _picture(self, shader: Any, name: str) -> tuple[tuple[float, float, float], Texture | None]:
        """The picture behind an input with its factor; None where none is."""
        node, _ = _source(shader, name)
        if node is None or node.GetShaderId() != "UsdUVTexture":
            return (1.0, 1.0, 1.0), None
        scale = _vector(node, "scale", (1.0, 1.0, 1.0, 1.0)) if name != "normal" else (1.0, 1.0, 1.0, 1.0)
        return (scale[0], scale[1], scale[2]), self._texture(node)

    def _texture(self, node: Any) -> Texture | None:
        """The picture that a node shows."""
        file = node.GetInput("file").Get() if node.GetInput("file") else None
        reference = str(getattr(file, "path", file) or "")
        if not reference:
            return None
        self._remember_uv(node)
        words = [str(node.GetInput(f"wrap{axis}").Get() or "") if node.GetInput(f"wrap{axis}") else "" for axis in "ST"]
        first, second = (_WRAP.get(word, "repeat") for word in words)
        return with_wrap(self._pictures(reference), (first, second))

    def _remember_uv(self, node: Any) -> None:
        """The name of the coordinates by which a picture is read."""
        reader = _source(node, "st")[0]
        if reader is not None and reader.GetShaderId() == "UsdTransform2d":
            note("transforms of texture coordinates are left out")
            reader = _source(reader, "in")[0]
        if reader is not None and reader.GetInput("varname"):
            self.uv_name = str(reader.GetInput("varname").Get() or self.uv_name)

    def _scalar(self, shader: Any, name: str, default: float) -> tuple[float, tuple[Texture, str] | None]:
        """A number, or a channel of a picture with its factor."""
        node, output = _source(shader, name)
        if node is None or node.GetShaderId() != "UsdUVTexture":
            return _number(shader, name, default), None
        texture = self._texture(node)
        if texture is None:
            return default, None
        scale = _vector(node, "scale", (1.0, 1.0, 1.0, 1.0))
        channel = output if output in "rgba" and output else "r"
        return scale["rgba".index(channel)], (texture, channel)

    def _pack_orm(
        self, shader: Any, rough: tuple[Texture, str] | None, metal: tuple[Texture, str] | None
    ) -> Texture | None:
        """Occlusion, roughness and metallic as one picture, byte for byte where they are one already."""
        occlusion = self._scalar(shader, "occlusion", 1.0)[1]
        maps = [one for one in (occlusion, rough, metal) if one is not None]
        if not maps:
            return None
        expected = dict(zip((id(occlusion), id(rough), id(metal)), "rgb", strict=True))
        if all(one[0] == maps[0][0] and expected[id(one)] == one[1] for one in maps):
            return maps[0][0]
        return pack_channels(None if rough is None else rough[0], None if metal is None else metal[0])


def _source(shader: Any, name: str) -> tuple[Any, str]:
    """The shader that feeds an input and which of its outputs, (None, '') where it is a plain value."""
    from pxr import UsdShade

    entry = shader.GetInput(name)
    for attribute in entry.GetValueProducingAttributes() if entry else ():
        kind = UsdShade.Utils.GetType(attribute.GetName())
        if kind == UsdShade.AttributeType.Output:
            return UsdShade.Shader(attribute.GetPrim()), UsdShade.Utils.GetBaseNameAndType(attribute.GetName())[0]
    return None, ""


def _value(shader: Any, name: str) -> Any:
    """The plain value of an input, through the material's own inputs; None where there is none."""
    entry = shader.GetInput(name)
    attributes = entry.GetValueProducingAttributes() if entry else ()
    return attributes[0].Get() if attributes else None


def _number(shader: Any, name: str, default: float) -> float:
    value = _value(shader, name) if _source(shader, name)[0] is None else None
    return _digits(value) if isinstance(value, int | float) and np.isfinite(value) else default


def _color(shader: Any, name: str, default: tuple[float, float, float]) -> tuple[float, float, float]:
    value = _value(shader, name)
    color = default if value is None else tuple(map(_digits, np.nan_to_num(np.asarray(value, float)).tolist()))
    return (color[0], color[1], color[2]) if len(color) == 3 else default


def _vector(node: Any, name: str, default: tuple[float, ...]) -> tuple[float, ...]:
    entry = node.GetInput(name)
    value = entry.Get() if entry else None
    return default if value is None else tuple(map(_digits, np.nan_to_num(np.asarray(value, float)).tolist()))


def _digits(value: float) -> float:
    """A share 0..1 without what float32 added to it."""
    return float(f"{min(max(value, 0.0), 1.0):.7g}")
