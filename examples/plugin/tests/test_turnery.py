"""What the plugin's stages promise, with values that are known."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.subject import Subject
from maquette.geometry.surface import signed_volume
from maquette.registry import registry
from maquette_turnery.mass import mass
from maquette_turnery.raw import read_raw, write_raw
from maquette_turnery.turn import spin_profile, turn
from maquette_turnery.twist import twist


def cylinder(radius: float = 10.0, height: float = 30.0, rings: int = 60, sides: int = 180) -> Asset:
    """An upright cylinder, sized."""
    return Asset(spin_profile(np.full(rings, radius), np.linspace(height, 0, rings), sides), sized=True)


def volume(asset: Asset) -> float:
    return signed_volume(asset.mesh.vertices, asset.mesh.faces)


def euler(asset: Asset) -> int:
    faces = asset.mesh.faces
    edges = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0)
    return len(asset.mesh.vertices) - len(edges) + len(faces)


def test_a_straight_outline_turns_into_a_cylinder():
    mask = np.zeros((100, 60), np.float32)
    mask[10:90, 20:40] = 1
    turned = turn(Subject(np.full((100, 60, 3), 200, np.uint8), mask), sides=360)
    assert volume(turned) == pytest.approx(np.pi * 10**2 * 79, rel=1e-3)  # 79 mm between the first and last middles
    assert euler(turned) == 2
    assert turned.history[-1].stage == "turn"


def test_its_channel_rides_through_thinning_and_a_file(tmp_path):
    mask = np.zeros((100, 60), np.float32)
    mask[10:90, 20:40] = 1
    turned = turn(Subject(np.full((100, 60, 3), 200, np.uint8), mask))
    thinned = mq.simplify(turned, max_faces=2000)
    assert len(thinned.mesh.faces) <= 2000
    for asset in (thinned, mq.load(mq.save(thinned, tmp_path / "vase.glb"))):
        wall = np.hypot(*asset.mesh.vertices[:, :2].T) > 5
        assert asset.mesh.channel("radius")[wall] == pytest.approx(10, abs=0.1)


def test_turn_refuses_what_was_not_cut_out():
    with pytest.raises(BadInput, match="no mask"):
        turn(Subject(np.zeros((8, 8, 3), np.uint8)))


def test_a_round_thing_keeps_its_volume_when_twisted():
    whole = cylinder()
    twisted = twist(whole, turns_deg=45)
    assert volume(twisted) == pytest.approx(volume(whole), rel=1e-3)
    foot = whole.mesh.vertices[:, 2] == 0
    assert (twisted.mesh.vertices[foot] == whole.mesh.vertices[foot]).all()


def test_mass_weighs_and_warns():
    (light,) = mass(cylinder())
    assert light.verdict == "pass"
    assert light.value == pytest.approx(np.pi * 10**2 * 30 / 1000 * 1.24, rel=1e-3)
    (heavy,) = mass(cylinder(), spool_g=5)
    assert heavy.verdict == "warn"
    (guess,) = mass(cylinder().replace(sized=False))
    assert guess.verdict == "unknown"


def test_raw_keeps_every_digit_and_welds():
    whole = cylinder(radius=np.pi)
    back = read_raw(write_raw(whole))
    assert (back.mesh.triangles == whole.mesh.triangles).all()
    assert len(back.mesh.vertices) == len(whole.mesh.vertices)


@pytest.mark.parametrize("text", ["", "ply", "0 0 0 1 0 0 0 1", "0 0 0 1 0 0 0 1 0 0", "0 0 0 1 0 0 0 1 x"])
def test_raw_refuses_what_is_damaged(text):
    with pytest.raises(BadInput, match="read-raw"):
        read_raw(Files("a.raw", {"a.raw": text.encode()}))


def test_they_stand_in_the_registry():
    assert {"turn", "twist", "mass", "read-raw", "write-raw"} <= set(registry())
    assert not registry().failures
