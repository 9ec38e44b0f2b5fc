"""What the judge holds against a kind of shape: pieces that fall off, and backs that repeat a face."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from maquette.core.subject import Subject
from maquette.generate.guess.network import infer
from maquette.generate.guess.volume import Field, field_of
from maquette.generate.hypotheses.contest import as_body
from maquette.generate.hypotheses.judge import fallen_apart, merits
from maquette.generate.hypotheses.mirrored import mirrored_thing
from maquette.generate.hypotheses.slab import slab
from maquette.generate.sculpt.sculpt import Wishes, assemble
from maquette.geometry.surface import face_normals

pytest.importorskip("onnxruntime")

SIDE = 128
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE] + 0.5


def animal() -> np.ndarray:
    """A body, a neck with a head at one end, two legs."""
    trunk = ((COLUMNS - 68) / 42) ** 2 + ((ROWS - 66) / 20) ** 2 < 1
    head = np.hypot(COLUMNS - 24, ROWS - 40) < 17
    neck = (np.abs(COLUMNS - 34) < 9) & (ROWS > 36) & (ROWS < 66)
    legs = (ROWS > 66) & (ROWS < 112) & ((np.abs(COLUMNS - 40) < 6) | (np.abs(COLUMNS - 96) < 6))
    return trunk | head | neck | legs


def with_a_face(mask: np.ndarray) -> Subject:
    """Brown, with a pattern of stripes all over it that nobody takes for light."""
    stripes = np.where((COLUMNS // 6 + ROWS // 6) % 2 > 0, 60, 190)
    pixels = np.stack([stripes, 0.7 * stripes, 0.5 * stripes], axis=-1).astype(np.uint8)
    return Subject(pixels, mask=mask.astype(np.float32))


def pattern_behind(above: float) -> float:
    """Spread of the colours of faces that look away from the camera, for a photo from so many degrees above."""
    subject = with_a_face(animal())
    up = np.array([0.0, -np.cos(np.radians(above)), -np.sin(np.radians(above))])
    guess = replace(infer(subject, "test"), up=up)
    asset = assemble({"front": subject}, {"front": guess}, Wishes(48, "mirrored", upright="off"))
    mesh = asset.mesh
    away = face_normals(mesh.vertices, mesh.faces)[:, 1] > 0.8
    texture = asset.materials[0].base_color_texture
    assert texture is not None
    assert mesh.uv is not None
    pixels = np.asarray(Image.open(io.BytesIO(texture.data)), float)
    at = (mesh.uv[away].mean(axis=1) * [pixels.shape[1], pixels.shape[0]]).astype(int)
    return float(pixels[at[:, 1], at[:, 0], :3].mean(axis=1).std())


def test_what_is_seen_from_above_does_not_show_its_face_behind():
    assert pattern_behind(30.0) < 0.5 * pattern_behind(0.0)


def cut_in_two(shape: Field) -> Field:
    """The field with a slit through its middle."""
    values = shape.values.copy()
    middle = values.shape[2] // 2
    values[:, :, middle - 1 : middle + 2] = -1
    return replace(shape, values=values)


def test_what_falls_apart_loses_to_what_holds_unless_the_photo_shows_two_things():
    bar = (np.abs(ROWS - 64) < 14) & (np.abs(COLUMNS - 64) < 52)
    guess = infer(Subject(np.full((SIDE, SIDE, 3), 140, np.uint8), mask=bar.astype(np.float32)), "test")
    body = field_of(guess, np.clip(guess.window.crop(bar.astype(np.float32), 192), 0, 1), 0)
    whole = slab(body, guess)
    broken = replace(whole, field=cut_in_two(whole.field))
    assert fallen_apart(whole.field) == 0
    assert fallen_apart(broken.field) == pytest.approx(0.5, abs=0.05)
    worth = merits({"body": as_body(body, guess), "slab": whole}, body, guess)
    loose = merits({"body": as_body(body, guess), "slab": broken}, body, guess)
    assert loose["slab"] < worth["slab"] - 0.3
    outline = body.outline.copy()
    outline[:, outline.shape[1] // 2 - 1 : outline.shape[1] // 2 + 2] = -0.1
    assert fallen_apart(replace(broken.field, outline=outline)) == pytest.approx(0, abs=0.02)


def test_a_mirrored_thing_repeats_its_front_only_when_it_is_seen_from_the_side():
    mask = animal()
    guess = infer(with_a_face(mask), "test")
    body = field_of(guess, np.clip(guess.window.crop(mask.astype(np.float32), 192), 0, 1), 0)
    sides = [mirrored_thing(body, replace(guess, up=np.array([0.0, -1.0, -steep]))) for steep in (0.1, 0.7)]
    assert [side is not None and side.two_sided for side in sides] == [True, False]


def test_slender_things_seen_from_above_lie_flat():
    bar = (np.abs(ROWS - 64) < 7) & (np.abs(COLUMNS - 64) < 52)
    photo = Subject(np.full((SIDE, SIDE, 3), 140, np.uint8), mask=bar.astype(np.float32))
    guess = infer(photo, "test")
    body = field_of(guess, np.clip(guess.window.crop(bar.astype(np.float32), 192), 0, 1), 0)
    worths = []
    for steep in (0.1, 1.0):
        seen_so = replace(guess, up=np.array([0.0, -1.0, -steep]))
        worths.append(merits({"slab": slab(body, seen_so)}, body, seen_so)["slab"])
    assert worths[1] > worths[0] + 0.2
