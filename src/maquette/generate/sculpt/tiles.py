"""Which pictures cover a sculpted thing, and how well each sees every face: photos, sides that nobody saw, the back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.subject import Subject
from maquette.generate.guess.network import Guess
from maquette.generate.hypotheses.proposal import Thing, seen_from_the_side
from maquette.generate.sculpt.back import invented_back, without_streaks
from maquette.generate.sculpt.texture import Tile, front_tile
from maquette.generate.sculpt.views import Station
from maquette.geometry.surface import face_normals

_GRAZING = 0.28  # cosine: seen more sidelong than 16 degrees a photo's pixels would be drawn out to streaks


def tiles(
    photos: Mapping[str, Subject],
    guesses: Mapping[str, Guess],
    places: Mapping[str, Station],
    sights: Mapping[str, Floats],
    vertices: Floats,
    faces: Ints,
    chosen: Thing,
    delight: float,
) -> list[Tile]:
    """The photos as tiles, and what is made up where no photo shows enough."""
    result = []
    for name, photo in photos.items():
        guess = guesses[name]
        own = sights[name][faces].mean(axis=1)
        result.append(Tile(front_tile(photo, guess, delight), in_window(places[name].local(vertices), guess), own))
    guess, front = guesses["front"], result[0].pixels
    flat = in_window(vertices, guess)
    invented = invented_back(front, guess)
    result.append(Tile(invented, flat, np.full(len(faces), _GRAZING)))
    if len(photos) > 1:
        return result
    if chosen.name != "box":
        front = without_streaks(front, invented, guess)
        result[0] = Tile(front, result[0].places, result[0].sight)
    if chosen.name == "box":
        result.append(_turned_about(front, vertices, faces, chosen, guess))
    elif chosen.two_sided and seen_from_the_side(guess):
        result.append(Tile(front, flat, _facing_away(vertices, faces, guess)))
    return result


def in_window(points: Floats, guess: Guess) -> Floats:
    """Where points of a photo's frame (N, 3) fall into its window, 0..1 from the top left. (N, 2)"""
    result: Floats = (points[:, :2] / (1 + points[:, 2:] / guess.eye) + 1) / 2
    return result


def _facing_away(vertices: Floats, faces: Ints, guess: Guess) -> Floats:
    """Cosine between each face and the line of sight from behind it, (F,)."""
    ways = vertices[faces].mean(axis=1) - [0, 0, -guess.eye]
    facing_away: Floats = (face_normals(vertices, faces) * ways).sum(axis=1) / np.linalg.norm(ways, axis=1)
    return facing_away


def _turned_about(front: NDArray[np.uint8], vertices: Floats, faces: Ints, chosen: Thing, guess: Guess) -> Tile:
    """The photo once more for the walls nobody saw: each shows what the wall opposite shows, the right way round."""
    up = chosen.up
    turn = 2 * np.outer(up, up) - np.eye(3)  # half a turn about the upright axis
    other = (vertices - chosen.middle) @ turn.T + chosen.middle
    return Tile(front, in_window(other, guess), -_facing_away(other, faces, guess) - 0.05)
