"""Orient: the model laid on the side on which it prints best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, noting, progress
from maquette.core.words import figures
from maquette.geometry.printing.directions import distinct, fibonacci, flat_directions, hull_of, principal_axes
from maquette.geometry.printing.resting import footing, hull, margin, stance_of
from maquette.geometry.rays import Tracer
from maquette.geometry.sampling import Samples, surface_samples
from maquette.geometry.surface import area_vectors, center_of_mass, face_areas, signed_volume, vertex_normals
from maquette.registry import stage
from maquette.shape.place.settle import settle

_PRINTER = Printer.default()

_SAMPLES = 8000  # of the surface, to compare all directions by
_RAYS = 300  # of them that hang, to measure the supports of every direction by
_MANY_RAYS = 2500  # the same for the finalists
_FINALISTS = 16
_FLAT = 24  # regions of the hull and of the model to lay it on
_BETTER = 0.02  # a turn must gain this much, or the model stays as it is
_STANDING = np.array([0.0, 0.0, 0.0, 0.6, 0.8])  # added where it must stand: a broad base counts as much as supports
_FALLS = 100.0  # what tipping over costs where it must stand: more than all else together
_STILL = 1e-9  # of the diagonal: smaller moves are rounding
_DOWN = np.array([0.0, 0.0, -1.0])

# What one unit of each term costs: support volume per hull volume, propped surface per surface, height per diagonal,
# base missing (of a cube's), steadiness missing. Our own, by the shapes of the tests.
_WEIGHTS = {
    "balanced": (1.0, 1.0, 0.2, 0.4, 0.2),
    "supports": (3.0, 1.0, 0.05, 0.2, 0.1),
    "height": (0.5, 0.5, 2.0, 0.2, 0.2),
    "surface": (0.5, 4.0, 0.1, 0.2, 0.2),
}


@dataclass(frozen=True)
class _Model:
    """What all directions are compared by."""

    mesh: Mesh
    printer: Printer
    samples: Samples
    care: Floats  # (S,) how much a mark left by supports hurts there
    corners: Floats  # (H, 3) of the convex hull
    flat: Floats  # (N, 3) directions of its largest sides and of the model's largest flat regions
    volume: float  # of the hull
    side: float  # area of one side of a cube with the hull's surface
    center: Floats  # (3,) of mass


@stage(version=2, places=True)
def orient(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose overhang limit and first layer apply")] = _PRINTER,
    prefer: Annotated[
        Literal["balanced", "supports", "height", "surface"],
        Field(description="what counts most: little support, a short print, or a surface that no support marks"),
    ] = "balanced",
    directions: Annotated[int, Field(ge=24, le=2000, description="evenly spread directions to try")] = 200,
    when: Annotated[
        Literal["always", "unstable", "never"],
        Field(description="turn it always, only if it would not stand as it is, on a base cut by settle, or never"),
    ] = "always",
) -> Asset:
    """Turn the model to the side on which it prints best and put its lowest point on the bed.

    Flat regions, the sides of the convex hull and evenly spread directions are compared by the supports they need, the
    surface that supports mark (detail and what the photo saw count more), the height, the base and how safely it
    stands. Supports are volumes, measured by rays down to the bed or the model for every direction, with more rays for
    the best sixteen. It turns no farther than it must, and stays as it is unless the gain is clear, so orienting twice
    is orienting once. The camera goes along. A sheet that encloses nothing is only put on the bed.

    With ``when="unstable"`` a model that stands, or would once settle has cut its base, is left alone; one that tips
    over or has hardly a first layer is laid on a side on which it does stand, if it has one.
    """
    mesh = asset.mesh
    if when == "never" or not len(mesh.faces) or not mesh.diagonal:
        return asset
    if when == "unstable" and _would_stand(asset, printer):
        return asset
    model = _model(mesh, printer)
    turn = np.eye(3)
    if len(model.samples.points) and model.volume > 0:
        weights = np.array(_WEIGHTS[prefer])
        turn = _turn_down(_best(model, directions, weights, must_stand=when == "unstable"))
    low, high = mesh.bounds
    middle = (low + high) / 2
    offset = middle - turn @ middle
    offset[2] = -(mesh.vertices[np.unique(mesh.faces)] @ turn[2]).min()
    if (turn == np.eye(3)).all() and np.linalg.norm(offset) <= _STILL * mesh.diagonal:
        return asset
    return asset.moved(rotation=turn, offset=offset)


def _would_stand(asset: Asset, printer: Printer) -> bool:
    """Whether the model, put down on a base as settle cuts it, stands by itself and has a first layer."""
    with noting():  # of a base that is only tried
        mesh = settle(asset).mesh
    stance = stance_of(mesh.vertices, mesh.faces, printer.layer_mm)
    return stance.room > 0 and not stance.hardly_touches


def _model(mesh: Mesh, printer: Printer) -> _Model:
    """Samples, hull and mass, once for all directions."""
    samples = surface_samples(mesh.vertices, mesh.faces, _SAMPLES)
    corners, sides = hull_of(mesh.vertices, mesh.faces)
    face = mesh.faces[samples.faces]
    bend = 1 - (vertex_normals(mesh.vertices, mesh.faces)[face].mean(axis=1) * samples.normals).sum(axis=1)
    care = 0.5 + bend.clip(0, 0.5) + (0.5 if mesh.seen is None else 0.5 * mesh.seen[face].mean(axis=1))
    surface = float(face_areas(corners, sides).sum())
    volume = abs(signed_volume(corners, sides)) if len(sides) else 0.0
    center = center_of_mass(mesh.vertices, mesh.faces)
    flat = [flat_directions(corners, sides, _FLAT), flat_directions(mesh.vertices, mesh.faces, _FLAT)]
    return _Model(mesh, printer, samples, care, corners, np.concatenate(flat), volume, surface / 6, center)


def _best(model: _Model, count: int, weights: Floats, *, must_stand: bool) -> Floats:
    """The direction (3,) that should point down; of those on which it stands, where it must and there are such."""
    mesh = model.mesh
    spread = np.concatenate([np.eye(3), -np.eye(3), fibonacci(count)]) @ principal_axes(model.samples.points)
    tried = distinct(np.concatenate([_DOWN[None], model.flat, spread]))
    tracer = Tracer(mesh.vertices, mesh.faces)
    progress(0.2, f"measuring {len(tried)} directions")
    rough = _rough(model, tracer, tried)
    order = np.argsort(np.round(rough @ weights[:4], 9), kind="stable")
    finalists = np.concatenate([[0], order[order > 0][:_FINALISTS]])
    progress(0.6, f"comparing the best {len(finalists)} of {len(tried)} directions")
    terms = np.stack([_measure_direction(model, tracer, tried[which], rough[which]) for which in finalists])
    cost = terms @ weights
    if must_stand:
        cost = cost + terms @ _STANDING + _FALLS * (terms[:, 4] >= 1)
    turned = np.degrees(np.arccos(np.clip(tried[finalists] @ _DOWN, -1, 1)))
    lasting = np.round(cost + 1e-5 * turned, 9)  # of equals the one that turns least
    best = int(lasting.argmin())
    if cost[best] > cost[0] - _BETTER:
        return _DOWN
    supports = terms[[0, best], 0] * model.volume
    tall = terms[[0, best], 2] * mesh.diagonal
    note(
        f"turned by {figures(turned[best], 4)} deg; supports {figures(supports[0])} to {figures(supports[1])} mm³, "
        f"height {figures(tall[0], 4)} to {figures(tall[1], 4)} mm"
    )
    return np.asarray(tried[finalists[best]])


def _falling(model: _Model, along: Floats, height: Floats) -> np.ndarray:
    """Which samples need a support: steeper than the printer carries and above the first layer."""
    steep = np.sin(np.radians(min(model.printer.overhang_deg + 0.1, 90.0)))
    falls: np.ndarray = (along > steep) & (height > model.printer.layer_mm)
    return falls


def _rough(model: _Model, tracer: Tracer, down: Floats) -> Floats:
    """Terms for directions (D, 3), (D, 4): supports by few rays, marked surface, height, base missing."""
    samples = model.samples
    reach = model.corners @ down.T  # (H, D)
    bottom = reach.max(axis=0)
    along = samples.normals @ down.T  # (S, D)
    height = bottom - samples.points @ down.T
    falls = _falling(model, along, height)
    supports = _supports(model, tracer, down, falls, height, _RAYS)
    marked = (falls * model.care[:, None]).mean(axis=0)
    tall = (bottom - reach.min(axis=0)) / model.mesh.diagonal
    base = ((along > 0.9) & (height <= model.printer.layer_mm)).sum(axis=0) * samples.area
    return np.stack([supports, marked, tall, 1 - np.minimum(base / model.side, 1)], axis=1)


def _supports(model: _Model, tracer: Tracer, down: Floats, falls: np.ndarray, height: Floats, rays: int) -> Floats:
    """Volume under what hangs, down to the model or the bed, per hull volume, (D,). falls, height (S, D).

    Each ray stands for the area of its samples seen from above; from within another part nothing hangs.
    """
    samples = model.samples
    hanging = falls.sum(axis=0)
    stride = np.maximum(-(-hanging // rays), 1)
    way, sample = np.nonzero(falls.T)
    place = np.arange(len(way)) - (np.cumsum(hanging) - hanging)[way]
    chosen = place % stride[way] == stride[way] // 2
    way, sample = way[chosen], sample[chosen]
    origins = samples.points[sample] + tracer.step * samples.normals[sample]
    hits = tracer.first(origins, down[way])
    normal = area_vectors(model.mesh.vertices, model.mesh.faces[np.maximum(hits.face, 0)])
    within = (normal * down[way]).sum(axis=1) > 0
    free = np.where(within & (hits.face >= 0), 0.0, np.minimum(hits.distance, height[sample, way]))
    column = (samples.normals[sample] * down[way]).sum(axis=1) * free
    rays_of = np.maximum(np.bincount(way, minlength=len(down)), 1)
    per_ray = hanging / rays_of * samples.area
    share: Floats = np.bincount(way, weights=column, minlength=len(down)) * per_ray / model.volume
    return share


def _measure_direction(model: _Model, tracer: Tracer, down: Floats, rough: Floats) -> Floats:
    """All five terms for one direction (3,): more rays, the base by its faces, and how unsafely it stands."""
    mesh, samples, layer = model.mesh, model.samples, model.printer.layer_mm
    turn = _turn_down(down)
    turned = mesh.vertices @ turn.T
    z = turned[:, 2][mesh.faces]
    bottom = -float(z.min())
    along, height = (samples.normals @ down)[:, None], (bottom - samples.points @ down)[:, None]
    supports = _supports(model, tracer, down[None], _falling(model, along, height), height, _MANY_RAYS)[0]
    low = z.max(axis=1) <= layer - bottom
    base = float(area_vectors(turned, mesh.faces[low])[:, 2].clip(max=0).sum())
    missing = 1 - min(-base / model.side, 1)
    room = margin((turn @ model.center)[:2], hull(footing(turned, mesh.faces, layer)))
    steady = min(max(room / (0.25 * model.side**0.5), -1), 1)
    return np.array([supports, rough[1], rough[2], missing, 1 - steady])


def _turn_down(direction: Floats) -> Floats:
    """The least rotation (3, 3) that takes a direction (3,) to −Z; a half turn goes about x (Rodrigues' formula)."""
    cosine = float(direction @ _DOWN)
    if cosine > 1 - 1e-12:
        return np.eye(3)
    if cosine < -1 + 1e-12:
        return np.diag([1.0, -1.0, -1.0])
    x, y, z = np.cross(direction, _DOWN)
    across = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn = np.eye(3) + across + across @ across / (1 + cosine)
    turn[np.abs(turn) < 1e-12] = 0.0
    return np.asarray(turn)
