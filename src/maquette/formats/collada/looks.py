"""Materials of a COLLADA file as ours: an effect's common profile, its colours as screens show them, its pictures."""

from __future__ import annotations

import html
import re
from typing import Any

import numpy as np

from maquette.core.asset import Material, Texture, Wrap, with_wrap
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.formats.collada.document import Document
from maquette.formats.mtl_dialects import is_normal_map
from maquette.formats.side_files import Pictures, references
from maquette.formats.text_numbers import parse_numbers
from maquette.formats.xml import Node
from maquette.geometry.look.srgb import to_linear

WRAPS: dict[str, Wrap] = {"WRAP": "repeat", "MIRROR": "mirror", "CLAMP": "clamp", "NONE": "none", "BORDER": "none"}
_SHADERS = ("lambert", "phong", "blinn", "constant")
_UNREAD = ("specular", "reflective", "ambient")


class Looks:
    """Materials, each read once when first asked for."""

    def __init__(self, document: Document, files: Files) -> None:
        self._document, self._pictures = document, Pictures(files)
        self._number: dict[str, int] = {}
        self._place: dict[str, int] = {}
        self.materials: list[Material] = []
        self._unread: set[str] = set()
        self._effects: dict[str, Material] = {}

    def number(self, reference: str) -> int:
        """Our number of a material, -1 where there is none."""
        if reference not in self._number:
            node = self._document.named(reference, "material")
            key = "" if node is None else node.get("id")
            if node is not None and key not in self._place:
                self._place[key] = len(self.materials)
                self.materials.append(self._material(node))
            self._number[reference] = self._place.get(key, -1)
        return self._number[reference]

    def tell(self) -> None:
        """Name the textures that have no place in our materials."""
        if self._unread:
            note(f"left out {', '.join(sorted(self._unread))} textures, which have no place in our materials")

    def _material(self, node: Node) -> Material:
        """A material by its name, with its effect's looks; effects are read once."""
        name = node.get("name") or node.get("id") or "material"
        instance = node.first("instance_effect")
        url = "" if instance is None else instance.get("url")
        if url not in self._effects:
            self._effects[url] = self._effect(self._document.named(url, "effect"), name)
        return self._effects[url].replace(name=name)

    def _effect(self, effect: Node | None, name: str) -> Material:
        profile = None if effect is None else effect.first("profile_COMMON")
        technique = None if profile is None else profile.first("technique")
        shader = None if technique is None else next((n for n in technique.children if n.name in _SHADERS), None)
        if effect is None or profile is None or technique is None or shader is None:
            note(f"material {name[:60]!r} has no effect that can be read; it is plain")
            return Material(name=name)
        params = {p.get("sid"): p for owner in (effect, profile, technique) for p in owner.all("newparam")}
        self._unread |= {key for key in _UNREAD if shader.first(key, "texture") is not None}
        base = self._texture(shader.first("diffuse", "texture"), params)
        glow = self._texture(shader.first("emission", "texture"), params)
        color = self._color(shader, "diffuse", params)
        alpha = self._alpha(shader, params)
        see_through = alpha < 1.0 or (base is not None and shader.first("transparent", "texture") is not None)
        bump = next((n for n in technique.everything() if n.name == "bump"), None)
        return Material(
            name=name,
            base_color=(*_linear([1.0] * 3 if base or color is None else color), alpha),
            base_color_texture=base,
            normal_texture=self._normals(bump, params, name),
            emissive=_linear([1.0] * 3 if glow else self._color(shader, "emission", params) or [0.0] * 3),
            emissive_texture=glow,
            alpha_mode="blend" if see_through else "opaque",
            double_sided=any(n.name == "double_sided" and n.text.strip() == "1" for n in effect.everything()),
        )

    def _color(self, shader: Node, key: str, params: dict[str, Node]) -> list[float] | None:
        """A colour, 0..1 as a screen shows it, said in place or by a parameter."""
        said = shader.first(key)
        if said is None:
            return None
        by = said.first("param")
        values = said.first("color") or (None if by is None else _value(params.get(by.get("ref"))))
        parsed = None if values is None else parse_numbers(values.text.encode("ascii", "replace"))
        if parsed is None or len(parsed) < 3 or not np.isfinite(parsed).all():
            return None
        numbers: list[float] = np.clip(parsed[:4], 0, 1).tolist()
        return numbers

    def _alpha(self, shader: Node, params: dict[str, Node]) -> float:
        """Opacity 0..1. Nobody makes a model that cannot be seen: exporters who write 0 mean opaque."""
        said = shader.first("transparent")
        color = self._color(shader, "transparent", params)
        number = parse_numbers(shader.said("transparency", "float").encode("ascii", "replace"))
        share = float(number[0]) if number is not None and len(number) and 0 <= number[0] <= 1 else 1.0
        if said is None and number is None:
            return 1.0
        red, green, blue, alpha = [*(color or [1.0] * 4), 1.0][:4]
        mode = "A_ONE" if said is None else said.get("opaque", "A_ONE")
        light = 0.212671 * red + 0.715160 * green + 0.072169 * blue
        opacity = {
            "A_ONE": alpha * share,
            "A_ZERO": 1 - alpha * share,
            "RGB_ZERO": 1 - light * share,
            "RGB_ONE": light * share,
        }.get(mode, 1.0)
        return 1.0 if opacity <= 0.0 else min(opacity, 1.0)

    def _texture(self, said: Node | None, params: dict[str, Node]) -> Texture | None:
        """The picture behind a texture: by sampler and surface, or named straight."""
        if said is None:
            return None
        sampler = params.get(said.get("texture"))
        image = self._image(said.get("texture") if sampler is None else self._image_of(sampler, params))
        picture = None if image is None else self._pictures(address(image))
        words = [] if sampler is None else [sampler.said("sampler2D", key).upper() for key in ("wrap_s", "wrap_t")]
        u, v = [*(WRAPS.get(word, "repeat") for word in words), "repeat", "repeat"][:2]
        return with_wrap(picture, (u, v))

    def _image_of(self, param: Node, params: dict[str, Node]) -> str:
        """The image that a sampler shows: over its surface (1.4) or by itself (1.5)."""
        sampler = param.first("sampler2D")
        if sampler is None:
            return param.said("surface", "init_from")
        straight = sampler.first("instance_image")
        if straight is not None:
            return straight.get("url")
        surface = params.get(sampler.said("source"))
        return sampler.said("source") if surface is None else surface.said("surface", "init_from")

    def _image(self, reference: str) -> str | None:
        """Where a picture lies; None with a note for an image that is not there."""
        image = self._document.named(reference, "image")
        address = "" if image is None else image.said("init_from", "ref") or image.said("init_from")
        if not address:
            note(f"the image {reference[:60]!r} is not there; continued without it")
        return address or None

    def _normals(self, bump: Node | None, params: dict[str, Node], name: str) -> Texture | None:
        picture = self._texture(None if bump is None else bump.first("texture"), params)
        if picture is None or is_normal_map(picture):
            return picture
        note(f"material {name[:60]!r}: its bump map of heights is left out; bake it into a normal map")
        return None


def dae_references(name: str, data: bytes) -> list[str]:
    """Pictures that a COLLADA file's images refer to, as plain names to look for beside it."""
    if not name.lower().endswith(".dae"):
        return []
    addresses = re.findall(rb"<(?:\w+:)?(?:init_from|ref)(?:\s[^>]*)?>([^<>]{1,4096})</", data)
    return references([address(html.unescape(one.decode("utf-8", "replace")).strip()) for one in addresses])


def address(text: str) -> str:
    """A picture's place without ``file://``, which exporters put before paths of their own machine."""
    return text.strip().removeprefix("file://")


def _value(param: Node | None) -> Node | None:
    """The numbers of a parameter."""
    return None if param is None else next((n for n in param.children if n.name.startswith("float")), None)


def _linear(shown: Any) -> tuple[float, float, float]:
    """Screen values as linear light."""
    r, g, b = to_linear(np.array(shown[:3])).tolist()
    return r, g, b
