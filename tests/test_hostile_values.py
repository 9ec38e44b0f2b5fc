"""Bytes and arrays that lie: refused as BadInput, never a crash, never a change behind a value's back."""

from __future__ import annotations

import numpy as np
import pytest

from hostile_bytes import array_of, hostile
from maquette.core.errors import BadInput
from maquette.core.mesh import Mesh
from maquette.core.values import decode

ODD_TYPES = ("f4,(2", "f4,,", "M8", "a", "U9", "S5", "i4,f4", None, ">f8", "(2,)f4")


@pytest.mark.parametrize(
    "data",
    [
        hostile(b"[" * 100_000),
        hostile(b"[" * 900 + b"]" * 900),
        hostile(b'{"$":"array","dtype":"<f8","shape":[Infinity]}'),
        hostile(b'{"$":"bytes","size":1e999}'),
        hostile({"$": "Files", "fields": [["main", "a"], ["parts", {"$": "map", "items": [["a", 10**12]]}]]}),
        *(hostile(array_of(kind, [1]), b"1" * 64) for kind in ODD_TYPES),
    ],
)
def test_hostile_headers_are_refused(data):
    with pytest.raises(BadInput):
        decode(data)


def test_a_read_only_view_of_a_writable_array_is_copied():
    owner = np.zeros((3, 3))
    view = owner[:]
    view.flags.writeable = False
    mesh = Mesh(view, [[0, 1, 2]])
    owner[:] = 7
    assert (mesh.vertices == 0).all()


@pytest.mark.parametrize("faces", [[[0.5, 1.9, 2.2]], np.array([[0.0, 1.5, 2.0]])])
def test_indices_are_whole_numbers(faces):
    with pytest.raises(BadInput):
        Mesh(np.zeros((3, 3)), faces)


def test_whole_numbers_written_as_floats_are_taken():
    assert Mesh(np.zeros((3, 3)), np.array([[0.0, 1.0, 2.0]])).faces.dtype == np.int64


@pytest.mark.parametrize("value", [300, -1])
def test_colors_do_not_wrap_around(value):
    with pytest.raises(BadInput):
        Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]]), color=np.full((3, 3), value))


def test_cached_bounds_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        Mesh(np.eye(3), [[0, 1, 2]]).bounds[0] = 9
