from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from maquette.checks.texture_size import texture_size
from maquette.core.asset import Asset, Material, Texture
from shapes import grid


def picture(width: int, height: int, kind: str = "PNG") -> Texture:
    stream = io.BytesIO()
    Image.new("RGB", (width, height)).save(stream, kind)
    return Texture(stream.getvalue())


def finding(*textures: Texture | None, target: str = "commerce-banner", slot: str = "base_color_texture"):
    materials = tuple(Material(name=f"m{n}", **{slot: texture}) for n, texture in enumerate(textures))
    (found,) = texture_size(Asset(grid().replace(material=np.zeros(32)), materials), target=target)
    return found


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(("width", "height", "verdict"), [(512, 8, "pass"), (513, 8, "fail"), (8, 513, "fail")])
def test_the_long_side_counts_in_every_kind_of_picture(kind, width, height, verdict):
    found = finding(picture(width, height, kind))
    assert (found.verdict, found.value, found.unit) == (verdict, max(width, height), "px")


@pytest.mark.parametrize("slot", ["base_color_texture", "orm_texture", "normal_texture", "emissive_texture"])
def test_every_slot_is_looked_at(slot):
    assert finding(picture(600, 600), slot=slot).verdict == "fail"


def test_the_largest_is_named_and_each_target_has_its_own_limit():
    found = finding(picture(64, 64), picture(1024, 64), None)
    assert (found.verdict, found.value) == ("fail", 1024)
    assert found.message.startswith("m1 base_color is 1024 px")
    assert finding(picture(1024, 64), target="three").verdict == "pass"


def test_no_textures_pass():
    assert (finding(None).verdict, finding(None).value) == ("pass", 0)


def test_a_damaged_texture_fails():
    found = finding(picture(8, 8), Texture(picture(8, 8).data[:20]), Texture(b"\xff\xd8\xff not a picture"))
    assert found.verdict == "fail"
    assert "2 cannot be read: m1 base_color, m2 base_color" in found.message


def test_a_header_that_lies_about_its_size_is_too_large_and_costs_nothing():
    for side in (11_000, 60_000):  # above the sizes at which Pillow warns and refuses
        lying = bytearray(picture(8, 8).data)
        lying[16:24] = side.to_bytes(4, "big") * 2
        lying[29:33] = zlib.crc32(lying[12:29]).to_bytes(4, "big")
        found = finding(Texture(bytes(lying)))
        assert found.verdict == "fail"
        assert found.value == (11_000 if side == 11_000 else 0)
