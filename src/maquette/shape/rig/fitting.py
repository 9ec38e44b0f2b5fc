"""Skeletons laid into the middle lines of a body: two legs and two arms, or four legs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.rigging.medial import Filled, Limb, fill, limbs

_LEAST = 0.06  # of the diagonal: shorter is no limb
_GROUND = 0.12  # of the height: a foot ends below
_STOUT = 0.36  # mean depth over length: stouter things are corners and bumps, no limbs
_STANCE = 0.4  # of its height: how far apart front and hind feet stand at least
_POINTS, _ALIKE = 24, 0.2  # of limbs compared; how far apart, of their length, mirror images may lie
_CELLS = 64


@dataclass(frozen=True)
class Bone:
    """A joint by our own word, its parent's, where it lies, where it ends, what a wheel rolls about."""

    name: str
    parent: str
    place: Floats
    tip: Floats | None = None
    axle: Floats | None = None


@dataclass(frozen=True)
class Body:
    """What is known of a body before a skeleton is chosen. Shares are of its box."""

    low: Floats
    size: Floats
    filled: Filled
    limbs: list[Limb]

    def share(self, point: Floats) -> Floats:
        """Where a point lies in the box, (3,) 0..1."""
        result: Floats = (point - self.low) / self.size
        return result

    def feet(self) -> list[Limb]:
        """Limbs that end on the ground."""
        return [limb for limb in self.limbs if self.share(limb.tip)[2] < _GROUND]


def look_inside(mesh: Mesh) -> Body:
    """A model's body and limbs, found from the deepest place around its middle."""
    low, high = mesh.bounds
    size = np.maximum(high - low, 1e-9)
    body = fill(mesh.vertices, mesh.faces, _CELLS)
    index = np.argwhere(body.inside)
    share = (body.places(index) - low) / size
    central = (np.abs(share[:, :2] - 0.5) < [0.2, 0.35]).all(axis=1) & (share[:, 2] > 0.25) & (share[:, 2] < 0.7)
    some = index[central] if central.any() else index
    heart = some[body.depth[tuple(some.T)].argmax()]
    some_limbs = limbs(body, heart, _LEAST * mesh.diagonal)
    slender = [limb for limb in some_limbs if float(limb.depth.mean()) < _STOUT * limb.length]
    return Body(low, size, body, slender)


def fit(body: Body, kind: str) -> tuple[str, list[Bone]]:
    """The kind of body and its bones, parents first. kind: humanoid, quadruped or auto."""
    feet = body.feet()
    if kind == "auto":
        kind = "quadruped" if _on_four(body, feet) else "humanoid"
    return kind, (_quadruped(body, feet) if kind == "quadruped" else _humanoid(body, feet))


def _on_four(body: Body, feet: list[Limb]) -> bool:
    """Whether feet stand at both ends of the body, and not side by side."""
    tips = np.array([limb.tip for limb in feet])
    spread = np.ptp(tips, axis=0)[:2].max() if len(tips) else 0.0
    return len(feet) >= 4 and bool(spread > _STANCE * body.size[2])


def _humanoid(body: Body, feet: list[Limb]) -> list[Bone]:
    """Hips, spine, neck and head in the middle; legs and arms along their middle lines."""
    middle = body.low[0] + body.size[0] / 2
    if feet:
        across = [float(limb.at(0.5)[0]) for limb in feet]
        middle = (min(across) + max(across)) / 2
    legs = {side: _pick(feet, middle, side, lambda limb: limb.length) for side in ("left", "right")}
    if None in legs.values():
        raise CannotDo(
            f"rig: {len(feet)} limbs end on the ground, and not one on each side; "
            "a humanoid stands on two legs, facing -Y: turn it with face-front, or segment it and use kind=parts"
        )
    raised = [limb for limb in body.limbs if _is_arm(body, limb, middle)]
    arms = {side: _pick(raised, middle, side, lambda limb: abs(limb.tip[0] - middle)) for side in ("left", "right")}
    arms = _fill_in_arms(arms, middle)
    if None in arms.values():
        raise CannotDo("rig: no limb reaches out at the sides; a humanoid needs arms that stand off its body")
    return _person(body, middle, _even(legs, middle), _even(arms, middle))  # type: ignore[arg-type]


def _is_arm(body: Body, limb: Limb, middle: float) -> bool:
    """A limb that leaves the trunk above the legs and reaches out to a side."""
    tip, root = body.share(limb.tip), body.share(limb.path[0])
    aside = abs(limb.tip[0] - middle) > 0.5 * abs(limb.tip[1] - limb.path[0][1])
    return bool(root[2] > 0.3 and tip[2] < 0.95 and tip[2] > 0.15 and aside and root[2] < 0.85)


def _pick(some: list[Limb], middle: float, side: str, worth: Callable[[Limb], float]) -> Limb | None:
    """The best limb on one side; the model's left is at +X, for it faces −Y."""
    sign = 1 if side == "left" else -1
    ours = [limb for limb in some if sign * (limb.tip[0] - middle) > 0]
    return max(ours, key=worth, default=None)


def _fill_in_arms(arms: dict[str, Limb | None], middle: float) -> dict[str, Limb | None]:
    """Where one arm is hidden in the body, the other's mirror image stands in."""
    for side, other in (("left", "right"), ("right", "left")):
        known = arms[other]
        if arms[side] is None and known is not None:
            arms[side] = _mirror(known, middle)
    return arms


def _even(pair: dict[str, Limb], middle: float) -> dict[str, Limb]:
    """Two limbs that are nearly each other's mirror image made so: cells are coarse, and one is found first."""
    shares = np.linspace(0, 1, _POINTS)
    left, right = (np.array([pair[side].at(share) for share in shares.tolist()]) for side in ("left", "right"))
    turned = right * [-1, 1, 1] + [2 * middle, 0, 0]
    if np.linalg.norm(left - turned, axis=1).mean() > _ALIKE * pair["left"].length:
        return pair
    mean = (left + turned) / 2
    depth = np.full(_POINTS, float(pair["left"].depth.mean()))
    even = Limb(mean, depth, pair["left"].tip)
    return {"left": even, "right": _mirror(even, middle)}


def _mirror(limb: Limb, middle: float) -> Limb:
    """A limb on the other side."""
    return Limb(limb.path * [-1, 1, 1] + [2 * middle, 0, 0], limb.depth, limb.tip * [-1, 1, 1] + [2 * middle, 0, 0])


def _person(body: Body, middle: float, legs: dict[str, Limb], arms: dict[str, Limb]) -> list[Bone]:
    """A person's bones."""
    hip = np.mean([limb.path[0] for limb in legs.values()], axis=0)
    shoulder = np.mean([limb.path[0] for limb in arms.values()], axis=0)
    depth = float((hip[1] + shoulder[1]) / 2)
    top = body.low[2] + body.size[2]
    shoulder_height = max(float(shoulder[2]), float(hip[2]) + 0.1 * body.size[2])

    def spot(height: float) -> Floats:
        return np.array([middle, depth, height])

    def between(share: float) -> Floats:
        return spot(float(hip[2] + share * (shoulder_height - hip[2])))

    neck = shoulder_height + 0.1 * (top - shoulder_height)
    bones = [
        Bone("hips", "", between(0.05)),
        Bone("spine", "hips", between(0.4)),
        Bone("chest", "spine", between(0.75)),
        Bone("neck", "chest", spot(neck)),
        Bone("head", "neck", spot(neck + 0.15 * (top - neck)), spot(neck + 0.9 * (top - neck))),
    ]
    for side, arm in arms.items():
        places = (0.0, 0.48, 0.85)
        bones += _chain("chest", [f"{side} {word}" for word in ("upper arm", "lower arm", "hand")], arm, places)
    for side, leg in legs.items():
        bones += _chain("hips", [f"{side} {word}" for word in ("upper leg", "lower leg", "foot")], leg, (0, 0.46, 0.88))
    return bones


def _chain(parent: str, names: list[str], limb: Limb, shares: tuple[float, ...]) -> list[Bone]:
    """Joints at these shares of a limb's length, each the next one's parent."""
    parents = [parent, *names[:-1]]
    bones = [Bone(name, up, limb.at(share)) for name, up, share in zip(names, parents, shares, strict=True)]
    return [*bones[:-1], replace(bones[-1], tip=limb.path[-1])]


def _quadruped(body: Body, feet: list[Limb]) -> list[Bone]:
    """Hips and chest over two pairs of legs, neck and head before them, a tail behind where there is one."""
    if len(feet) < 4:
        raise CannotDo(f"rig: {len(feet)} limbs end on the ground where a quadruped has four; stand it on its feet")
    tips = np.array([limb.tip for limb in feet])
    along = 0 if np.ptp(tips[:, 0]) > np.ptp(tips[:, 1]) else 1
    end = tips[:, along] > (tips[:, along].min() + tips[:, along].max()) / 2
    forward = _forward(body, along, float(tips[:, along].mean()))
    across = np.cross([0, 0, 1], np.eye(3)[along] * forward)  # to the left of where it looks
    pairs = {}
    for name, some in (("front", end == (forward > 0)), ("hind", end != (forward > 0))):
        ours = sorted((feet[k] for k in np.flatnonzero(some)), key=lambda limb: float(limb.tip @ across))
        if len(ours) < 2:
            raise CannotDo("rig: no two feet stand side by side at each end; a quadruped stands on two pairs of legs")
        pairs[name] = {"right": ours[0], "left": ours[-1]}
    return _beast(body, pairs, np.eye(3)[along] * forward)


def _forward(body: Body, along: int, middle: float) -> int:
    """1 or -1: the end of the body at which it reaches higher, or has more limbs off the ground."""
    index = np.argwhere(body.filled.inside)
    places = body.filled.places(index)
    off = places[:, along] - middle
    reach = np.abs(off) > 0.25 * body.size[along]
    top = [places[reach & (sign * off > 0), 2] for sign in (-1, 1)]
    heights = [float(np.quantile(some, 0.95)) if len(some) else -np.inf for some in top]
    return 1 if heights[1] > heights[0] else -1


def _beast(body: Body, pairs: dict[str, dict[str, Limb]], ahead: Floats) -> list[Bone]:
    """A four-legged animal's bones."""
    roots = {name: np.mean([limb.path[0] for limb in pair.values()], axis=0) for name, pair in pairs.items()}
    used = [limb for pair in pairs.values() for limb in pair.values()]
    others = [limb for limb in body.limbs if all(limb is not one for one in used)]
    fore = [limb for limb in others if (limb.tip - roots["front"]) @ ahead > -0.05 * body.size.max()]
    tails = [limb for limb in others if (limb.path[0] - roots["hind"]) @ ahead < 0.05 * body.size.max()]
    tails = [limb for limb in tails if all(limb is not one for one in fore)]
    bones = [
        Bone("hips", "", roots["hind"]),
        Bone("spine", "hips", (roots["hind"] + roots["front"]) / 2),
        Bone("chest", "spine", roots["front"]),
    ]
    if fore:
        head = max(fore, key=lambda limb: limb.length)
        bones += [Bone("neck", "chest", head.at(0.15)), Bone("head", "neck", head.at(0.55), head.path[-1])]
    if tails:
        tail = max(tails, key=lambda limb: limb.length)
        bones += _chain("hips", ["tail 1", "tail 2", "tail 3"], tail, (0.0, 0.35, 0.7))
    for name, pair in pairs.items():
        for side, leg in pair.items():
            words = [f"{side} {name} {word}" for word in ("upper leg", "lower leg", "foot")]
            bones += _chain("chest" if name == "front" else "hips", words, leg, (0.0, 0.46, 0.86))
    return bones
