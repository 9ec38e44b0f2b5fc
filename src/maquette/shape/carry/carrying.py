"""What rode on an old surface, put on a new one: colours, materials, parts, uv, and textures where uv breaks."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material, Texture
from maquette.core.channels import CHANNELS, Channel
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.texture_pixels import open_texture
from maquette.core.texture_pixels import pixels as decoded
from maquette.geometry.look.patches import LEAST, MOST, patches
from maquette.geometry.look.texels import bilinear
from maquette.geometry.remake.transfer import Landing, carry_uv, landing

_TEXELS = 600_000  # that are baked: 6 s
_SIDE = 4096  # texels along a baked texture, at most
_SLOTS = ("base_color_texture", "orm_texture", "emissive_texture")


def carry_over(asset: Asset, vertices: Floats, faces: Ints) -> Asset:
    """The asset with a new surface (V, 3), (F, 3) that lies near its old one, and everything that rode on the old one.

    What rides on vertices and corners is interpolated, what rides on faces is that of the nearest face that looks the
    same way. uv stays where it can; faces that bridge a seam of the texture get a patch in a texture of their own,
    baked from the old one at its resolution, as far as 600,000 texels go. Baked patches lose a normal map.
    """
    old, new = asset.mesh, Mesh(vertices, faces)
    if not old.channels or not len(faces) or not len(old.faces):
        return asset.with_mesh(new)
    progress(0.1, "find the old surface")
    lying = landing(old.vertices, old.faces, new.vertices, new.faces)
    channels: dict[str, NDArray[Any]] = {}
    for name, values in old.channels.items():
        channel = CHANNELS[name]
        if channel.domain == "face":
            channels[name] = values[lying.middle.face]
        elif channel.domain == "vertex":
            channels[name] = _at(channel, values[old.faces], lying.vertex.face, lying.vertex.weights)
        elif not channel.is_uv:
            channels[name] = _at(channel, values, lying.vertex.face, lying.vertex.weights)[faces]
    new = new.replace(**channels)
    for channel in (CHANNELS[name] for name in old.channels):
        if channel.is_uv:
            progress(0.6, "carry the texture over")
            uv, good = carry_uv(old.vertices, old.faces, old.channels[channel.name], new.vertices, new.faces, lying)
            new = new.replace(**{channel.name: uv})
            if channel.name == "uv":
                torn = np.flatnonzero(~good)
            else:  # no picture is known to hang on it that could be baked anew
                new = new.replace(**{channel.name: _whole(channel, old, lying, uv, good)})
    return asset.with_mesh(new) if old.uv is None else _with_patches(asset, new, lying, torn)


def _at(channel: Channel, corners: NDArray[Any], face: Ints, weights: Floats) -> NDArray[Any]:
    """What old corners (F, 3, ...) hold at places on old faces: face (N,), weights (N, 3) -> (N, ...)."""
    return channel.settled(channel.mixed(corners[face], weights))


def _whole(channel: Channel, old: Mesh, lying: Landing, uv: NDArray[Any], good: NDArray[np.bool_]) -> NDArray[Any]:
    """uv (F', 3, 2) with the one place of their middle on faces that bridge a seam."""
    middle = _at(channel, old.channels[channel.name], lying.middle.face, lying.middle.weights)
    return np.where(good[:, None, None], uv, middle[:, None])


def _with_patches(asset: Asset, mesh: Mesh, lying: Landing, broken: Ints) -> Asset:
    """The asset around the mesh, its broken faces baked into a texture of their own where they have a texture."""
    old = asset.mesh
    material = np.zeros(len(mesh.faces), np.int32) if mesh.material is None else mesh.material.copy()
    textured = np.array([any(getattr(m, slot) for slot in _SLOTS) for m in asset.materials], dtype=bool)
    if len(asset.materials):
        broken = broken[textured[material[broken]]]
    if not len(broken) or not textured.any():
        return asset.with_mesh(mesh)
    progress(0.7, f"bake {len(broken)} faces")
    square = _square(asset, mesh, broken)
    sheet = patches(mesh.triangles[broken], square)
    corners = mesh.triangles[broken][sheet.face]
    points = np.einsum("tk,tkd->td", sheet.weights, corners)
    normals = _normals(mesh, broken)[sheet.face]
    nearest = lying.surface.nearest(points, normals, 0.1)
    at = np.einsum("tk,tkd->td", nearest.weights, old.uv[nearest.face].astype(np.float64))  # type: ignore[index]
    of = np.zeros(len(at), np.int64) if old.material is None else old.material[nearest.face].astype(np.int64)
    uv = mesh.uv.copy()  # type: ignore[union-attr]
    uv[broken] = sheet.uv
    baked = {slot: _bake_slot(asset.materials, slot, sheet.side, sheet.texel, of, at) for slot in _SLOTS}
    used, number = np.unique(material[broken], return_inverse=True)
    material[broken] = (len(asset.materials) + number).astype(np.int32)
    fresh = tuple(_replace_pictures(asset.materials[index], baked) for index in used)
    note(f"baked {len(broken)} of {len(mesh.faces)} faces across texture seams into {sheet.side} x {sheet.side} texels")
    return asset.replace(mesh=mesh.replace(uv=uv, material=material), materials=asset.materials + fresh)


def _replace_pictures(material: Material, baked: dict[str, Texture | None]) -> Material:
    """The material with the baked pictures in the place of its own; factors stay."""
    slots = {slot: baked[slot] if getattr(material, slot) else None for slot in _SLOTS}
    return material.replace(name=f"{material.name} (patches)", normal_texture=None, **slots)


def _normals(mesh: Mesh, which: Ints) -> Floats:
    corners = mesh.triangles[which]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals: Floats = cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-300)
    return normals


def _square(asset: Asset, mesh: Mesh, broken: Ints) -> int:
    """Texels along a pair of patches: as dense as the old texture is, as far as the budget goes."""
    old = asset.mesh
    sides = [_side(getattr(m, slot)) for m in asset.materials for slot in _SLOTS if getattr(m, slot)]
    a, b = old.uv[:, 1] - old.uv[:, 0], old.uv[:, 2] - old.uv[:, 0]  # type: ignore[index]
    flat = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()
    corners = old.triangles
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
    density = max(sides, default=1) * float(np.sqrt(flat / max(area, 1e-300)))  # texels per mm
    ring = mesh.triangles[broken]
    longest = np.linalg.norm(ring - np.roll(ring, 1, axis=1), axis=2).max(axis=1)
    wanted = int(np.ceil(density * np.percentile(longest, 90))) + 3
    budget = int(np.sqrt(2 * _TEXELS / len(broken)))
    room = int(_SIDE / np.ceil(np.sqrt((len(broken) + 1) // 2)))
    return max(min(wanted, budget, room, MOST), LEAST)


def _side(texture: Texture) -> int:
    with open_texture(texture) as picture:
        side: int = max(picture.size)
        return side


def _bake_slot(
    materials: tuple[Material, ...], slot: str, side: int, texel: Ints, of: Ints, at: Floats
) -> Texture | None:
    """One slot's pictures read at uv ``at`` (T, 2) of material ``of`` (T,), as a picture; None if nobody has one."""
    from PIL import Image

    if not any(getattr(material, slot) for material in materials):
        return None
    pixels = np.full((side * side, 4), 255, np.uint8)
    for index, material in enumerate(materials):
        texture = getattr(material, slot)
        mine = np.flatnonzero(of == index)
        if texture is not None and len(mine):
            pixels[texel[mine]] = np.round(bilinear(decoded(texture, "RGBA"), at[mine], texture.wrap))
    stream = io.BytesIO()
    opaque = bool((pixels[:, 3] == 255).all())
    picture = pixels.reshape(side, side, 4)
    Image.fromarray(picture[:, :, :3] if opaque else picture).save(stream, "PNG")
    return Texture(stream.getvalue())
