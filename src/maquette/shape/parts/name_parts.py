"""Name parts: what each part is called in files and engines, given or by where it is and how it looks."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.progress import note
from maquette.geometry.look.color_names import name_colors
from maquette.geometry.look.oklab import oklab_of
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import face_components
from maquette.registry import stage
from maquette.shape.carry.surface_color import SurfaceColor

_ASIDE = 0.3  # of half the model's size off its middle: a part there is called by its side
_MOST = 20_000  # faces whose colour is looked at
_BODIES = 200  # that are taken for parts
_ROD, _PLATE = 2.5, 0.3  # length to width, thickness to width


@stage
def name_parts(
    asset: Asset,
    *,
    names: Annotated[tuple[str, ...], Field(description="names for the parts in their order, parted by commas")] = (),
    by: Annotated[
        Literal["place", "color", "both"], Field(description="what parts without a given name are called by")
    ] = "place",
) -> Asset:
    """Give each part a name: yours, or one made of its side, its colour and its shape (``top left rod``).

    Parts that get the same given name become one. Sides are those of a viewer in front of the model: left is at −X. The
    largest part that lies in the middle is the ``body``. Names are told apart by numbers. Without parts the bodies that
    do not hang together count. Refuses a model in one piece and more names than there are parts.
    """
    asset = _with_bodies(asset)
    if len(names) > len(asset.part_names):
        raise BadSetting(f"name-parts: names: {len(names)} names for {len(asset.part_names)} parts; give fewer")
    if any(not name.strip() for name in names):
        raise BadSetting("name-parts: names: a name is empty; leave it out at the end or give one")
    chosen = [name.strip() for name in names]
    words = _words(asset, by)[len(chosen) :] if len(chosen) < len(asset.part_names) else []
    all_names = [*chosen, *_tell_apart(words, set(chosen))]
    distinct = tuple(dict.fromkeys(all_names))
    place = np.array([distinct.index(name) for name in all_names], np.int32)
    note(f"parts: {', '.join(distinct[:12])}{' …' if len(distinct) > 12 else ''}")
    return asset.replace(mesh=asset.mesh.replace(part=place[asset.mesh.part]), part_names=distinct)


def _with_bodies(asset: Asset) -> Asset:
    """The asset with its bodies as parts where it has none."""
    if asset.mesh.part is not None and asset.part_names:
        return asset
    count, body = face_components(asset.mesh.faces, through="vertex")
    if not 1 < count <= _BODIES:
        raise CannotDo(f"name-parts: the model has no parts and {count} bodies; take it apart with segment first")
    return asset.replace(mesh=asset.mesh.replace(part=body), part_names=tuple(f"part {n + 1}" for n in range(count)))


def _words(asset: Asset, by: str) -> list[str]:
    """What each part is called, not yet told apart."""
    mesh = asset.mesh
    assert mesh.part is not None
    part, count = mesh.part.astype(np.int64), len(asset.part_names)
    areas = face_areas(mesh.vertices, mesh.faces) + 1e-300
    share = np.bincount(part, weights=areas, minlength=count) / areas.sum()
    middle = _means(mesh.triangles.mean(axis=1), part, areas, count)
    half = np.maximum((mesh.bounds[1] - mesh.bounds[0]) / 2, 1e-300)
    off = (middle - mesh.bounds.mean(axis=0)) / half
    colors = [""] * count if by == "place" else _colors(asset, part, areas)
    body = int(share.argmax()) if by != "color" and np.abs(off[share.argmax()]).max() < 2 * _ASIDE else -1
    words = []
    for number in range(count):
        corners = mesh.triangles[part == number].reshape(-1, 3)
        sides = [] if by == "color" else _sides(off[number])
        kind = "body" if number == body else _kind(corners)
        words.append(" ".join([*(sides if number != body else []), *filter(None, [colors[number]]), kind]))
    return words


def _sides(off: Floats) -> list[str]:
    """Where a part lies, from its place in the model's box (-1 to 1): top, front, left."""
    pairs = ((2, "bottom", "top"), (1, "front", "back"), (0, "left", "right"))
    return [low if off[axis] < 0 else high for axis, low, high in pairs if abs(off[axis]) > _ASIDE]


def _kind(corners: Floats) -> str:
    """A rod, a plate or a block, by the spread of a part's corners (N, 3) along its own axes."""
    if len(corners) < 3:
        return "piece"
    _, axes = np.linalg.eigh(np.cov(corners.T))
    short, middle, long = np.sort(np.ptp(corners @ axes, axis=0))
    if long > _ROD * middle:
        return "rod"
    return "plate" if short < _PLATE * middle else "block"


def _colors(asset: Asset, part: Ints, areas: Floats) -> list[str]:
    """A word for each part's mean colour; none for a part without faces. The first face of each is looked at always."""
    order = np.argsort(part, kind="stable")
    rank = np.empty(len(part), np.int64)
    rank[order] = np.arange(len(part)) - np.searchsorted(part[order], part[order])
    some = np.flatnonzero(rank % (len(part) // _MOST + 1) == 0)
    light = SurfaceColor(asset, asset.mesh.diagonal / 60).at(some, np.full((len(some), 3), 1 / 3))
    mean = _means(light, part[some], areas[some], len(asset.part_names))
    there = np.bincount(part, minlength=len(asset.part_names)) > 0
    return [word if has else "" for word, has in zip(name_colors(oklab_of(mean)), there.tolist(), strict=True)]


def _means(values: Floats, part: Ints, weight: Floats, count: int) -> Floats:
    """The mean of rows (F, K) over each part, (count, K)."""
    total = np.maximum(np.bincount(part, weights=weight, minlength=count), 1e-300)
    sums = [np.bincount(part, weights=weight * column, minlength=count) for column in values.T]
    result: Floats = np.stack(sums, axis=1) / total[:, None]
    return result


def _tell_apart(words: list[str], taken: set[str]) -> list[str]:
    """Names with numbers where several are the same or given already."""
    result: list[str] = []
    for number, word in enumerate(words):
        alone = words.count(word) == 1 and word not in taken
        rank = words[:number].count(word) + 1
        name = word if alone else f"{word} {rank}"
        while name in taken:
            rank += 1
            name = f"{word} {rank}"
        taken.add(name)
        result.append(name)
    return result
