"""One chunk of paths, from bounce to bounce."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats, Ints, Singles
from maquette.geometry.rays import Hits
from maquette.render.color import Colors
from maquette.render.paths.eye import Rays
from maquette.render.paths.numbers import Frames, by_cosine, dots, largest, pairs
from maquette.render.paths.scattering import draw_direction, finish_of, pass_glass, response
from maquette.render.paths.shot import Glass, Shot
from maquette.render.scene import Samples
from maquette.render.surfaces import Layers, Surface

SKY, MODEL, FLOOR = 0, 1, 2
_LIFT = 20  # of the tracer's steps off a face that is flatter than its normals say
_BRIGHTEST = 10.0  # what a path may add after its first bounce: rarer, brighter ones are the dots nobody wants
_PATIENCE = 2  # bounces after which dim paths end by chance
_RARELY = 3  # one path in so many goes on from the floor: colors that the model throws on it are faint
_PER_BOUNCE = 4  # draws a bounce
_SHARP = np.float32(1e12)  # density of a direction that is the only one


@dataclass
class Paths:
    """What N paths gathered, and what they met first (``SKY``, ``MODEL`` or ``FLOOR``)."""

    light: Colors
    kind: NDArray[np.uint8]
    color: Colors
    normal: Singles
    point: Singles

    @classmethod
    def blank(cls, count: int) -> Paths:
        """Nothing gathered yet."""
        color, normal, point, light = (np.zeros((count, 3), np.float32) for _ in range(4))
        return cls(light, np.zeros(count, np.uint8), color, normal, point)


@dataclass(frozen=True)
class Live:
    """Paths that still go on."""

    row: Ints  # (N,) which of the chunk's
    origin: Floats
    direction: Floats
    weight: Any  # (N, 3) what light from here on counts
    density: Singles  # (N,) of the last draw; 0 where light straight from the sky is counted already
    eye: Bools  # nothing was met yet but what lets everything through
    key: NDArray[np.uint32]
    index: Ints

    def only(self, which: Any) -> Live:
        """Those that a mask or an index array names."""
        rows = np.flatnonzero(which) if which.dtype == bool else which
        return Live(*(getattr(self, field.name).take(rows, axis=0) for field in fields(self)))

    def onward(self, origin: Floats, direction: Any, weight: Any, density: Singles, eye: Bools) -> Live:
        """The same paths one bounce on."""
        return Live(self.row, origin, direction.astype(np.float64), weight, density, eye, self.key, self.index)

    def join(self, *others: Live) -> Live:
        """These and those."""
        each = (self, *others)
        return Live(*(np.concatenate([getattr(live, field.name) for live in each]) for field in fields(self)))


def follow(shot: Shot, rays: Rays, samples: int) -> Paths:
    """All paths of a chunk to their ends."""
    count = len(rays.origin)
    paths = Paths.blank(count)
    weight, density = np.ones((count, 3), np.float32), np.full(count, _SHARP)
    live = Live(
        np.arange(count), rays.origin, rays.direction, weight, density, np.ones(count, bool), rays.key, rays.index
    )
    for bounce in range(shot.bounces + 1):
        draws = _Draws(live.key, live.index, 2 + bounce * _PER_BOUNCE, samples)
        hits = shot.scene.tracer.first_nearby(live.origin, live.direction)
        to_floor = _floor_ahead(shot, live)
        on_floor = to_floor < hits.distance
        on_model = (hits.face >= 0) & ~on_floor
        _see_sky(shot, paths, live.only(~on_model & ~on_floor))
        parts = []
        if on_floor.any():
            parts.append(_meet_floor(shot, paths, live.only(on_floor), to_floor[on_floor], draws.only(on_floor)))
        if on_model.any():
            at = np.flatnonzero(on_model)
            parts.append(_meet_model(shot, paths, rays, live.only(at), _hits_at(hits, at), draws.only(at)))
        parts = [part for part in parts if len(part.row)]
        if not parts:
            break
        live = _lucky(parts[0].join(*parts[1:]), bounce, 5 + bounce * _PER_BOUNCE, samples)
    return paths


@dataclass(frozen=True)
class _Draws:
    """The numbers of one bounce, drawn when asked for."""

    key: NDArray[np.uint32]
    index: Ints
    first: int
    samples: int

    def only(self, which: Any) -> _Draws:
        """Those of the paths that a mask or an index array names."""
        return replace(self, key=self.key[which], index=self.index[which])

    def pair(self, number: int) -> Singles:
        """(N, 2) in 0..1."""
        return pairs(self.key, self.index, self.first + number, self.samples)


def _hits_at(hits: Hits, rows: Ints) -> Hits:
    return Hits(hits.face.take(rows), hits.distance.take(rows), hits.u.take(rows), hits.v.take(rows))


def _floor_ahead(shot: Shot, live: Live) -> Floats:
    """How far each path is from the floor, inf where it goes up."""
    if shot.floor is None:
        return np.full(len(live.row), np.inf)
    above, down = live.origin[:, 2] - shot.floor.height, -live.direction[:, 2]
    ahead: Floats = np.divide(above, down, out=np.full(len(above), np.inf), where=(down > 1e-9) & (above > 0))
    return ahead


def _see_sky(shot: Shot, paths: Paths, live: Live) -> None:
    """Paths that left: what comes from there, unless the eye itself looks there."""
    floor_only = live.eye & (paths.kind[live.row] == FLOOR)
    paths.light[live.row[floor_only]] = shot.open_floor
    live = live.only(~live.eye & (live.density > 0))
    if len(live.row):
        toward = live.direction.astype(np.float32)
        ours, theirs = np.square(live.density), np.square(shot.sky.density(toward))
        share = ours / np.maximum(ours + theirs, np.float32(1e-30))
        paths.light[live.row] += np.minimum(live.weight * shot.sky.radiance(toward) * share[:, None], _BRIGHTEST)


def _meet_floor(shot: Shot, paths: Paths, live: Live, distance: Floats, draws: _Draws) -> Live:
    """Paths on the floor: what is missing from open light; those from the eye go on to what stands on it."""
    assert shot.floor is not None
    point = live.origin + live.direction * distance[:, None]
    point[:, 2] = shot.floor.height
    eye, first = live.eye, paths.kind[live.row] != FLOOR
    away = np.linalg.norm(point[:, :2] - shot.foot, axis=1)
    fade = np.clip(1.5 - 1.5 * away / shot.floor.reach, 0, 1).astype(np.float32)
    fade = np.where(eye, fade * fade * (3 - 2 * fade), 1)[:, None]
    weight = live.weight * (shot.floor.white * fade)
    mirror = eye & first & (draws.pair(2)[:, 0] < shot.floor.gloss * fade[:, 0])
    start = point + [0.0, 0.0, 4 * shot.scene.tracer.step]
    paths.kind[live.row[eye]] = FLOOR
    paths.light[live.row[eye & ~mirror]] += shot.open_floor
    other = ~eye
    paths.light[live.row[other]] += live.weight[other] * shot.open_floor
    lit = np.flatnonzero(~mirror & (fade[:, 0] > 0))
    direction, density = shot.sky.draw(draws.pair(0)[lit])
    cosine = np.maximum(direction[:, 2], 0) / np.float32(np.pi)
    some = (cosine > 0) & (density > 0)
    lit, direction, density, cosine = lit[some], direction[some], density[some], cosine[some]
    dark = shot.scene.tracer.is_blocked(start[lit], direction.astype(np.float64), np.inf)
    lit, direction, scale = lit[dark], direction[dark], (cosine / density)[dark]
    paths.light[live.row[lit]] -= weight[lit] * shot.sky.radiance(direction) * scale[:, None]
    onward = by_cosine(draws.pair(1))
    mirrored = live.direction[mirror] * [1.0, 1.0, -1.0]
    onward[mirror] = mirrored + 0.03 * (draws.pair(1)[mirror, :1] - 0.5)
    weight = np.where(mirror[:, None], live.weight, weight * _RARELY)
    going = eye & (fade[:, 0] > 0) & (mirror | (draws.pair(2)[:, 1] * _RARELY < 1))
    return live.onward(start, onward, weight, np.zeros(len(start), np.float32), mirror).only(going)


def _meet_model(shot: Shot, paths: Paths, rays: Rays, live: Live, hits: Hits, draws: _Draws) -> Live:
    """Paths on the model: its glow, light that comes straight from the sky, and one direction to go on."""
    scene = shot.scene
    toward = live.direction.astype(np.float32)
    spots = _samples(shot, rays, live, hits, toward)
    parts = []
    if scene.see_through:
        passes = draws.pair(3)[:, 0] >= scene.opacity(spots)
        through = live.only(passes)
        beyond = spots.point[passes] + through.direction * (4 * scene.tracer.step)
        parts.append(through.onward(beyond, toward[passes], through.weight, through.density, through.eye))
        live, spots, draws = live.only(~passes), spots.only(~passes), draws.only(~passes)
    surface = shot.surface(scene, spots)
    seen = live.eye
    first = live.row[seen]
    paths.kind[first], paths.color[first] = MODEL, surface.color[seen]
    paths.normal[first], paths.point[first] = surface.normal[seen], spots.point[seen]
    paths.light[live.row] += live.weight * surface.glow
    outward = scene.outward.take(spots.face, axis=0) * np.where(spots.front, np.float32(1), np.float32(-1))[:, None]
    if shot.glass is not None:
        parts.append(_through_glass(shot, shot.glass, live, spots, outward, draws))
        return parts[0].join(*parts[1:])
    if surface.layers is not None:
        clear = np.flatnonzero(draws.pair(3)[:, 1] < surface.layers.clear)
        if len(clear):
            some = live.only(clear), spots.only(clear), surface.only(clear), surface.layers.only(clear)
            parts.append(_through_stuff(shot, *some, outward.take(clear, axis=0), draws.only(clear)))
            solid = np.flatnonzero(draws.pair(3)[:, 1] >= surface.layers.clear)
            surface = replace(surface.only(solid), layers=surface.layers.only(solid))
            live, spots, draws = live.only(solid), spots.only(solid), draws.only(solid)
            outward = outward.take(solid, axis=0)
    parts.append(_scatter(shot, paths, live, spots, surface, outward, draws))
    return parts[0].join(*parts[1:])


def _samples(shot: Shot, rays: Rays, live: Live, hits: Hits, toward: Singles) -> Samples:
    """Hits as samples that surfaces can be asked for."""
    u, v = hits.u, hits.v
    share = np.stack([1 - u - v, u, v], axis=1).astype(np.float32)
    point = live.origin + live.direction * hits.distance[:, None]
    normal, front = shot.scene.facing_normals(hits.face, share, toward)
    blur = np.where(live.eye, np.float32(1), np.float32(8))
    wide = shot.pixel_at(point) * blur
    spot = rays.spot[live.row]
    whole = np.ones(len(live.row), np.float32)
    return Samples(live.row, whole, hits.face, share, point, toward, normal, front, wide, spot)


def _scatter(
    shot: Shot, paths: Paths, live: Live, spots: Samples, surface: Surface, outward: Singles, draws: _Draws
) -> Live:
    """Light straight from the sky on a solid surface, and the direction in which its path goes on."""
    normal = surface.normal
    frame = Frames.around(normal)
    view = frame.into(-spots.toward)
    view[:, 2] = np.maximum(view[:, 2], 1e-3)
    finish = finish_of(surface, view[:, 2])
    start = spots.point + outward * (_LIFT * shot.scene.tracer.step)
    light, density = shot.sky.draw(draws.pair(0))
    share, ours = response(finish, view, frame.into(light))
    lit = np.flatnonzero((density > 0) & (largest(share) > 0) & (dots(light, outward) > 0))
    lit = lit[~shot.scene.tracer.is_blocked(start[lit], light[lit].astype(np.float64), np.inf)]
    some = density[lit]
    weight = some / (np.square(some) + np.square(ours[lit]))  # power heuristic over the density
    direct = live.weight[lit] * share[lit] * shot.sky.radiance(light[lit]) * weight[:, None]
    paths.light[live.row[lit]] += np.where(live.eye[lit, None], direct, np.minimum(direct, _BRIGHTEST))
    local = draw_direction(finish, view, draws.pair(1), draws.pair(2)[:, 0])
    share, density = response(finish, view, local)
    onward = frame.out_of(local)
    going = (density > 1e-9) & (dots(onward, outward) > 0)
    weight = live.weight * share / np.maximum(density, 1e-9)[:, None]
    return live.onward(start, onward, weight, density, np.zeros(len(start), bool)).only(going)


def _through_glass(shot: Shot, glass: Glass, live: Live, spots: Samples, outward: Singles, draws: _Draws) -> Live:
    """Mirrored or refracted where all is clear glass; on the way through it the light takes its color."""
    alpha = np.full(len(spots), max(glass.roughness, 0.003) ** 2, np.float32)
    onward, _ = _cross(shot, live, spots, outward, draws, np.full(len(spots), glass.ior, np.float32), alpha)
    way = np.linalg.norm(spots.point - live.origin, axis=1)
    left = np.array(glass.tint, np.float32) ** np.where(spots.front, 0, way)[:, None].astype(np.float32)
    return replace(onward, weight=onward.weight * left)


def _through_stuff(
    shot: Shot, live: Live, spots: Samples, surface: Surface, layers: Layers, outward: Singles, draws: _Draws
) -> Live:
    """The same at a clear material among others; each time the light crosses its border it takes its color."""
    alpha = np.square(np.maximum(surface.roughness, 0.055))
    onward, crosses = _cross(shot, live, spots, outward, draws, layers.ior, alpha)
    return replace(onward, weight=onward.weight * np.where(crosses[:, None], surface.color, np.float32(1)))


def _cross(
    shot: Shot, live: Live, spots: Samples, outward: Singles, draws: _Draws, ior: Singles, alpha: Singles
) -> tuple[Live, Bools]:
    """Where paths go on at a border of these indices (N,) and widths of tiny mirrors (N,), and which of them cross."""
    frame = Frames.around(spots.normal)
    view = frame.into(-spots.toward)
    view[:, 2] = np.maximum(view[:, 2], 1e-3)
    local, crosses = pass_glass(view, spots.front, ior, alpha, draws.pair(1), draws.pair(2)[:, 0])
    lift = np.where(crosses, -4.0, 4.0)[:, None] * outward * shot.scene.tracer.step
    density, eye = np.full(len(view), _SHARP), np.zeros(len(view), bool)
    return live.onward(spots.point + lift, frame.out_of(local), live.weight, density, eye), crosses


def _lucky(live: Live, bounce: int, dimension: int, samples: int) -> Live:
    """Dim paths end by chance, and those that go on count for them (Russian roulette)."""
    if bounce < _PATIENCE:
        return live
    chance = np.clip(largest(live.weight), 0.05, 1.0)
    lucky = pairs(live.key, live.index, dimension, samples)[:, 1] < chance
    live, chance = live.only(lucky), chance[lucky, None]
    return replace(live, weight=live.weight / chance)
