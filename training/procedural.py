"""Shapes made up on the spot: turned, cut, bent, blobby and jointed things, numbered so that a number is a shape.

Variety of form where the packs have little: packages, bottles, mugs, tools, toys, animals of capsules. Each generator
draws from the numbers it is given and returns triangles; `shape` centres them and scales the largest extent to 1.
"""

from __future__ import annotations

from collections.abc import Callable

import manifold3d as m3
import numpy as np

from training.thing import Floats, Ints, Thing

Rng = np.random.Generator
Solid = tuple[Floats, Ints]


def shape(number: int) -> Thing:
    """The procedural shape of this number: always the same."""
    rng = np.random.default_rng([7, number])
    make, upright = _MAKERS[number % len(_MAKERS)]
    vertices, faces = make(rng)
    vertices = vertices - (vertices.min(0) + vertices.max(0)) / 2
    return Thing(vertices / np.ptp(vertices, axis=0).max(), faces, upright=upright)


def _arrays(solid: m3.Manifold) -> Solid:
    mesh = solid.to_mesh()
    return np.asarray(mesh.vert_properties, float)[:, :3], np.asarray(mesh.tri_verts, np.int64)


def _lathe(rng: Rng) -> m3.Manifold:
    """Bottle, vase, cup, can, bowl: a profile on a lathe, often hollow, sometimes with a handle."""
    count = int(rng.integers(3, 8))
    heights = np.sort(rng.uniform(0, 1, count))
    heights[0], heights[-1] = 0, 1
    radii = rng.uniform(0.12, 0.5) * np.exp(rng.normal(0, rng.choice([0.05, 0.25, 0.5]), count))
    if rng.random() < 0.35:
        radii[-2:] *= rng.uniform(0.25, 0.7)  # a neck
    steps = np.linspace(0, 1, 40)
    profile = np.interp(steps, heights, radii)
    smooth = int(rng.integers(0, 8))
    for _ in range(smooth):
        profile[1:-1] = (profile[:-2] + 2 * profile[1:-1] + profile[2:]) / 4
    profile = np.maximum(profile, 0.03)
    outline = [(0.0, 0.0), *zip(profile, steps, strict=True), (0.0, 1.0)]
    segments = int(rng.choice([6, 8, 48, 64, 64]))
    solid = m3.CrossSection([outline]).revolve(segments)
    if rng.random() < 0.4:  # an opening
        wall = rng.uniform(0.02, 0.06)
        inner = np.maximum(profile - wall, 0.01)
        bottom = rng.uniform(0.03, 0.12)
        keep = steps > bottom
        hollow = [(0.0, bottom), *zip(inner[keep], steps[keep], strict=True), (inner[-1], 1.2), (0.0, 1.2)]
        solid -= m3.CrossSection([hollow]).revolve(segments)
        if rng.random() < 0.5:
            solid += _handle(rng, float(profile[20]))
    return solid


def _handle(rng: Rng, reach: float) -> m3.Manifold:
    """A ring at the side, cut where it would come inside."""
    big, thin = rng.uniform(0.15, 0.28), rng.uniform(0.03, 0.06)
    ring = m3.CrossSection.circle(thin, 16).translate((big, 0)).revolve(32).rotate((90, 0, 0))
    ring = ring.scale((rng.uniform(0.7, 1.2), 1, rng.uniform(0.9, 1.4))).translate((reach + big * 0.35, 0, 0.5))
    return ring.trim_by_plane((1, 0, 0), reach - 0.02)


def _rounded_box(rng: Rng, size: Floats, radius: float) -> m3.Manifold:
    """A box with round edges of this radius."""
    if radius < 0.01:
        return m3.Manifold.cube(tuple(size), True)
    inner = np.maximum(size - 2 * radius, 1e-3) / 2
    ball = m3.Manifold.sphere(radius, 16)
    corners = [ball.translate(tuple(inner * s)) for s in np.array(np.meshgrid(*[[-1, 1]] * 3)).reshape(3, 8).T]
    return m3.Manifold.batch_hull(corners)


def _package(rng: Rng) -> m3.Manifold:
    """A box, rounded or not, sometimes with a lid, a cut-out or a second box on it."""
    size = rng.uniform(0.15, 1, 3)
    solid = _rounded_box(rng, size, rng.choice([0, 0.02, 0.05, 0.12]) * rng.uniform(0.5, 1) * size.min() * 4)
    solid = solid.translate((0, 0, size[2] / 2))
    for _ in range(int(rng.integers(0, 4))):
        part = rng.uniform(0.1, 0.8, 3) * size
        where = rng.uniform(-0.5, 0.5, 3) * size + [0, 0, size[2] / 2]
        other = _rounded_box(rng, part, rng.choice([0, 0.15]) * part.min()).translate(tuple(where))
        solid = solid + other if rng.random() < 0.65 else solid - other
    return solid


def _outline(rng: Rng) -> m3.CrossSection:
    """A closed outline: a star of harmonics, a polygon or a union of circles and bars."""
    kind = rng.integers(3)
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    if kind == 0:
        radius = 1 + sum(rng.normal(0, 0.5 / k) * np.cos(k * angle + rng.uniform(0, 7)) for k in range(2, 7)) * 0.6
        radius = np.maximum(radius, 0.15)
        return m3.CrossSection([np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)])
    if kind == 1:
        corners = int(rng.integers(3, 9))
        section = m3.CrossSection.circle(1, corners).scale((rng.uniform(0.4, 1), 1))
        return section - m3.CrossSection.circle(rng.uniform(0.2, 0.6), 32) if rng.random() < 0.4 else section
    section = m3.CrossSection()
    for _ in range(int(rng.integers(2, 7))):
        bar = m3.CrossSection.square(tuple(rng.uniform(0.15, 1.2, 2)), True).rotate(rng.uniform(0, 180))
        piece = bar if rng.random() < 0.6 else m3.CrossSection.circle(rng.uniform(0.15, 0.5), 48)
        section += piece.translate(tuple(rng.uniform(-0.5, 0.5, 2)))
    return section


def _extrude(rng: Rng) -> m3.Manifold:
    """A profile pushed through, tapered or twisted."""
    taper = float(rng.choice([1, 1, rng.uniform(0.2, 1.1)]))
    twist = float(rng.choice([0, 0, rng.uniform(-60, 60)]))
    solid = m3.Manifold.extrude(_outline(rng), rng.uniform(0.15, 2.5), 12, twist, (taper, taper))
    return solid.rotate((90, 0, 0)) if rng.random() < 0.5 else solid


def _cut(rng: Rng) -> m3.Manifold:
    """Constructive solid geometry of three to seven primitives."""
    solid = m3.Manifold()
    for number in range(int(rng.integers(3, 8))):
        kind = rng.integers(4)
        if kind == 0:
            part = m3.Manifold.cube(tuple(rng.uniform(0.2, 1, 3)), True)
        elif kind == 1:
            part = m3.Manifold.sphere(rng.uniform(0.15, 0.5), 40).scale(tuple(rng.uniform(0.5, 1.3, 3)))
        elif kind == 2:
            part = m3.Manifold.cylinder(rng.uniform(0.2, 1.2), rng.uniform(0.05, 0.4), rng.uniform(0.02, 0.4), 40, True)
        else:
            ring = m3.CrossSection.circle(rng.uniform(0.04, 0.12), 16).translate((rng.uniform(0.2, 0.45), 0))
            part = ring.revolve(40)
        turn = rng.uniform(0, 360, 3) if rng.random() < 0.4 else rng.choice([0, 90], 3)
        part = part.rotate(tuple(turn)).translate(tuple(rng.normal(0, 0.28, 3)))
        solid = solid - part if number > 1 and rng.random() < 0.3 else solid + part
    return solid


def _capsules(rng: Rng) -> m3.Manifold:
    """A mirrored creature or figure: body, head, limbs, ears and tail as hulls of two balls."""

    def limb(a: Floats, b: Floats, ra: float, rb: float) -> m3.Manifold:
        ends = [m3.Manifold.sphere(r, 20).translate(tuple(p)) for p, r in ((a, ra), (b, rb))]
        return m3.Manifold.batch_hull(ends)

    four = rng.random() < 0.5
    tall = rng.uniform(0.25, 0.7)
    body = rng.uniform(0.12, 0.3)
    start = np.array([0, -0.35 if four else 0, tall])
    end = np.array([0, 0.35 if four else 0, tall + (0 if four else rng.uniform(0.2, 0.5))])
    solid = limb(start, end, body, body * rng.uniform(0.6, 1.1))
    head = end * [1, 0, 1] + [0, start[1] - body * 0.8 if four else 0, body * rng.uniform(1.0, 1.8)]
    size = body * rng.uniform(0.5, 1.3)
    solid += (
        m3.Manifold.sphere(size, 32).scale((1, rng.uniform(0.8, 1.2), rng.uniform(0.8, 1.2))).translate(tuple(head))
    )
    pairs = []
    for place in (start, end) if four else (start,):  # legs
        foot = np.array([rng.uniform(0.5, 1.3) * body, place[1] + rng.normal(0, 0.05), 0.0])
        pairs.append(
            (place + [body * 0.6, 0, -body * 0.3], foot, body * rng.uniform(0.2, 0.5), body * rng.uniform(0.15, 0.5))
        )
    if not four:  # arms
        shoulder = end + [body * 0.8, 0, -body * 0.1]
        pairs.append((shoulder, shoulder + rng.normal([0.25, -0.1, -0.15], 0.15), body * 0.35, body * 0.25))
    tip = head + [size * rng.uniform(0.4, 1.2), 0, size * rng.uniform(0.8, 1.9)]
    pairs.append(
        (head + [size * 0.5, 0, size * 0.5], tip, size * rng.uniform(0.15, 0.4), size * rng.uniform(0.05, 0.3))
    )
    for a, b, ra, rb in pairs:
        one = limb(np.asarray(a, float), np.asarray(b, float), ra, rb)
        solid += one + one.mirror((1, 0, 0))
    if rng.random() < 0.6:
        solid += limb(end, end + rng.normal([0, 0.3, 0.15], 0.15), body * 0.25, body * 0.1)
    return solid


def _blobs(rng: Rng) -> Solid:
    """Metaballs: a few balls run together."""
    from skimage.measure import marching_cubes

    axis = np.linspace(-1, 1, 44)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    field = np.full(grid.shape[:3], -1.0)
    mirrored = rng.random() < 0.5
    for _ in range(int(rng.integers(2, 9))):
        center, size = rng.uniform(-0.5, 0.5, 3), rng.uniform(0.12, 0.4)
        stretch = rng.uniform(0.6, 1.6, 3)
        for side in (1, -1) if mirrored else (1,):
            field += size**2 / (((grid - center * [side, 1, 1]) * stretch) ** 2).sum(-1).clip(1e-3)
    field[[0, -1]] = field[:, [0, -1]] = field[:, :, [0, -1]] = -1
    vertices, faces, _, _ = marching_cubes(field, 0.0)
    return vertices.astype(float), faces[:, ::-1].astype(np.int64)


def _furniture(rng: Rng) -> m3.Manifold:
    """A slab on legs, with or without back, arms and shelf: chair, table, bench, rack."""
    width, deep, tall, thick = (
        rng.uniform(0.4, 1.2),
        rng.uniform(0.4, 0.9),
        rng.uniform(0.3, 0.9),
        rng.uniform(0.03, 0.12),
    )
    solid = m3.Manifold.cube((width, deep, thick), True).translate((0, 0, tall))
    leg = rng.uniform(0.02, 0.06)
    for x in (-1, 1):
        for y in (-1, 1):
            post = m3.Manifold.cylinder(tall, leg, leg * rng.uniform(0.6, 1.2), 4 if rng.random() < 0.5 else 24)
            solid += post.translate((x * (width / 2 - leg), y * (deep / 2 - leg), 0))
    if rng.random() < 0.6:
        back = rng.uniform(0.3, 0.8)
        solid += m3.Manifold.cube((width, thick, back), True).translate((0, deep / 2 - thick / 2, tall + back / 2))
    if rng.random() < 0.3:
        solid += m3.Manifold.cube((width, deep, thick), True).translate((0, 0, tall * rng.uniform(0.2, 0.6)))
    return solid


def _solid(make: Callable[[Rng], m3.Manifold]) -> Callable[[Rng], Solid]:
    def make_solid(rng: Rng) -> Solid:
        for _ in range(20):
            vertices, faces = _arrays(make(rng))
            if len(faces) and np.ptp(vertices, axis=0).min() > 0.02:
                return vertices, faces
        return _arrays(m3.Manifold.sphere(0.5, 48))

    return make_solid


_MAKERS: tuple[tuple[Callable[[Rng], Solid], bool], ...] = (
    (_solid(_lathe), True),
    (_solid(_package), True),
    (_solid(_lathe), True),
    (_solid(_extrude), True),
    (_solid(_cut), False),
    (_solid(_capsules), True),
    (_blobs, False),
    (_solid(_furniture), True),
    (_solid(_package), True),
    (_solid(_cut), False),
)
