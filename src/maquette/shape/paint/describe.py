"""Describe: what a model shows, in words and numbers, without weights: for captions, catalogues and prompts."""

from __future__ import annotations

import json
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.core.files import Files
from maquette.core.texture_pixels import pixels
from maquette.geometry.look.color_names import hex_codes, name_colors
from maquette.geometry.look.oklab import clusters, nearest, oklab_of
from maquette.geometry.sampling import surface_samples, triangle_shares
from maquette.geometry.topology import face_components
from maquette.registry import stage
from maquette.shape.carry.surface_color import SurfaceColor

SCHEMA = "maquette-description-1"
_POINTS = 4000
_TWIN = 0.03  # of the diagonal: how near a mirrored point's surface must be
_ALIKE = 0.9  # share of the points with a twin from which people say that two sides are alike
_LEAST = 0.03  # of the surface: a color below is left out
_LONG, _FLAT = 1.5, 0.25  # times as long; of the longest side


@stage
def describe(
    asset: Asset,
    *,
    stem: Annotated[
        str, Field(min_length=1, max_length=200, description="file name without its ending")
    ] = "description",
    caption: Annotated[
        str, Field(max_length=2000, description="a better caption, of yours or a model's; empty: made from the numbers")
    ] = "",
    colors: Annotated[int, Field(ge=1, le=8, description="how many colors at most")] = 5,
) -> Files:
    """Write down what a model shows as JSON: caption, colors by name and share, size, symmetry, parts, materials, view.

    Colors are those of the surface, by area, grouped in OKLab. ``symmetry`` is the share of the surface that has a twin
    behind the plane through the middle, left to right and front to back. Materials are guessed from their numbers. The
    view is where the photo's camera stood, where there was one; ``cut_by_frame`` whether the photo's edge cuts the
    subject. The record's form is the same whoever wrote the caption. Refuses a model without faces.
    """
    if not len(asset.mesh.faces):
        raise CannotDo("describe: the model has 0 faces; there is nothing to describe")
    record = record_of(asset, colors)
    record["caption"] = caption.strip() or sentence(record)
    record["caption_by"] = "given" if caption.strip() else "maquette, from the numbers"
    name = f"{stem}.json"
    return Files(name, {name: (json.dumps(record, indent=1) + "\n").encode()})


def record_of(asset: Asset, colors: int) -> dict[str, Any]:
    """Everything but the caption, as plain data."""
    mesh = asset.mesh
    size = [round(float(side), 3) for side in asset.size]
    samples = surface_samples(mesh.vertices, mesh.faces, _POINTS)
    bodies, _ = face_components(mesh.faces)
    return {
        "schema": SCHEMA,
        "kind": "geometry",
        "model": asset.digest,
        "title": asset.title,
        "size_mm": {"wide": size[0], "deep": size[1], "high": size[2], "is_measured": asset.sized},
        "proportions": proportions(np.array(size)),
        "colors": colors_of(asset, samples.faces, colors),
        "parts": {"bodies": int(bodies), "names": list(asset.part_names)},
        "symmetry": {"left_right": twin_share(samples.points, 0), "front_back": twin_share(samples.points, 1)},
        "materials": [{"name": look.name, "guess": material_word(look)} for look in asset.materials],
        "view": view_of(asset),
        "cut_by_frame": is_cut_by_frame(asset),
    }


def sentence(record: dict[str, Any]) -> str:
    """One sentence of what the record says."""
    tints = list(dict.fromkeys(color["name"] for color in record["colors"]))[:3]
    words = " and ".join([", ".join(tints[:-1]), tints[-1]]) if len(tints) > 1 else "".join(tints)
    size, bodies = record["size_mm"], record["parts"]["bodies"]
    looks = list(dict.fromkeys(row["guess"] for row in record["materials"]))
    alike = "left and right alike" if record["symmetry"]["left_right"] >= _ALIKE else "left and right different"
    measured = "" if size["is_measured"] else ", by guess"
    pieces = "in one piece" if bodies == 1 else f"in {bodies} pieces"
    made_of = f", {' and '.join(looks)}" if looks else ""
    article = "An" if words[:1] in "aeiou" and words else "A"
    return (
        f"{article} {words} thing, {record['proportions']}, {pieces}, {alike}{made_of}; "
        f"{size['wide']:.4g} x {size['deep']:.4g} x {size['high']:.4g} mm{measured}."
    )


def colors_of(asset: Asset, faces: Ints, count: int) -> list[dict[str, Any]]:
    """Colors at samples' faces (N,), with their shares of the area, the largest first; those of one name in one row."""
    share = triangle_shares(np.arange(len(faces)))
    corners = np.concatenate([1 - share.sum(axis=1, keepdims=True), share], axis=1)
    lab = oklab_of(SurfaceColor(asset, asset.mesh.diagonal / 100).at(faces, corners))
    means = clusters(lab, np.ones(len(lab)), count)
    shares = np.bincount(nearest(lab, means)[0], minlength=len(means)) / max(len(lab), 1)
    rows: dict[str, dict[str, Any]] = {}
    for name, code, part in zip(name_colors(means), hex_codes(means), shares, strict=True):
        row = rows.setdefault(name, {"name": name, "hex": code, "share": 0.0})
        row["share"] = round(row["share"] + float(part), 3)
    large = [row for row in rows.values() if row["share"] >= _LEAST]
    return sorted(large or list(rows.values()), key=lambda row: -row["share"])


def proportions(size: Floats) -> str:
    """How long the sides (3,) are beside each other, in words."""
    wide, deep, high = size
    if min(size) < _FLAT * max(size):
        return "lying flat" if high == min(size) else "thin from front to back" if deep == min(size) else "narrow"
    if high > _LONG * max(wide, deep):
        return "much taller than wide"
    if max(wide, deep) > _LONG * high:
        return "much wider than tall"
    return "about as tall as wide"


def twin_share(points: Floats, axis: int) -> float:
    """The share of points (N, 3) that have another near where a mirror across the middle puts them."""
    from scipy.spatial import cKDTree

    low, high = points.min(axis=0), points.max(axis=0)
    mirrored = points.copy()
    mirrored[:, axis] = low[axis] + high[axis] - mirrored[:, axis]
    away, _ = cKDTree(points).query(mirrored)
    return round(float((away < _TWIN * np.linalg.norm(high - low)).mean()), 3)


def material_word(look: Material) -> str:
    """What a material may be, from its numbers times the mean of its texture's; a guess."""
    rough, metal = look.roughness, look.metallic
    if look.orm_texture is not None:
        mean = pixels(look.orm_texture, "RGB", f"describe: texture of {look.name[:40]}").mean(axis=(0, 1)) / 255
        rough, metal = rough * float(mean[1]), metal * float(mean[2])
    if metal > 0.5:
        return "polished metal" if rough < 0.3 else "brushed metal"
    if look.alpha_mode == "blend":
        return "clear glass or plastic"
    return "glossy" if rough < 0.35 else "satin" if rough < 0.6 else "matt"


def view_of(asset: Asset) -> dict[str, Any] | None:
    """Where the photo's camera stood: degrees above the ground and around, 0 in front; None where there was none."""
    if asset.camera is None:
        return None
    ahead = np.asarray(asset.camera.pose)[:3, 2]
    above = float(np.degrees(np.arcsin(np.clip(-ahead[2], -1, 1))))
    around = float(np.degrees(np.arctan2(-ahead[0], ahead[1])))
    side = ("front", "right", "back", "left")[round(around / 90) % 4]
    high = (
        "from above"
        if above > 50
        else "from slightly above"
        if above > 10
        else "from below"
        if above < -10
        else "level"
    )
    return {"above_deg": round(above, 1), "around_deg": round(around, 1), "words": f"from the {side}, {high}"}


def is_cut_by_frame(asset: Asset) -> bool | None:
    """Whether the subject runs out of the photo; None where nobody knows."""
    mask = None if asset.source is None else asset.source.mask
    if mask is None:
        return None
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return any(float((np.asarray(side) > 0.5).mean()) > 0.02 for side in sides)
