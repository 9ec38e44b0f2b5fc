"""Panoramas of light: what is read, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.core.errors import BadInput
from maquette.render.paths import probe
from maquette.render.paths.probe import read_environment, read_hdr

HEAD = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n"


def quads(height: int = 4, width: int = 8) -> np.ndarray:
    result = np.zeros((height, width, 4), np.uint8)
    result[..., 0] = np.arange(width) * 16
    result[..., 1], result[..., 2], result[..., 3] = 64, 128, 129
    return result


def plain(pixels: np.ndarray) -> bytes:
    return HEAD % pixels.shape[:2] + pixels.tobytes()


def run_lengths(pixels: np.ndarray) -> bytes:
    """The same picture as four runs a line: one repeated, one literal."""
    height, width = pixels.shape[:2]
    data = HEAD % (height, width)
    for line in pixels:
        data += bytes([2, 2, width // 256, width % 256])
        for channel in range(4):
            values = line[:, channel]
            same = (values == values[0]).all()
            data += bytes([128 + width, values[0]]) if same else bytes([width]) + values.tobytes()
    return data


def test_both_codings_give_the_same_light():
    pixels = quads()
    expected = pixels[..., :3] * 2.0 ** (129 - 136)
    assert read_hdr(plain(pixels)) == pytest.approx(expected)
    assert read_hdr(run_lengths(pixels)) == pytest.approx(expected)


def test_a_panorama_gets_the_exposure_of_our_rigs(tmp_path):
    path = tmp_path / "sky.hdr"
    path.write_bytes(plain(quads(16, 32)))
    light = read_environment(str(path))
    up, ahead = (light.irradiance(np.array(way)) for way in ((0.0, 0.0, 1.0), (0.0, -1.0, 0.0)))
    assert 0.5 < max(up.max(), ahead.max()) / np.pi < 1.3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"#?RADIANCE\n\n-Y 4 +X 8\n",
        HEAD % (99999, 99999),
        HEAD % (0, 8),
        plain(quads())[:-9],
        run_lengths(quads())[:-3],
        run_lengths(quads()).replace(bytes([136]), bytes([250])),
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        b"\x76\x2f\x31\x01" + bytes(64),
    ],
)
def test_what_is_damaged_is_refused_in_words(tmp_path, data):
    if data.startswith(b"\x76"):
        pytest.importorskip("OpenEXR")
    path = tmp_path / "sky.hdr"
    path.write_bytes(data)
    with pytest.raises(BadInput, match="environment: "):
        read_environment(str(path))


def test_a_black_panorama_and_none_are_refused(tmp_path):
    path = tmp_path / "night.hdr"
    path.write_bytes(plain(np.zeros((4, 8, 4), np.uint8)))
    with pytest.raises(BadInput, match="black all over"):
        read_environment(str(path))
    with pytest.raises(BadInput, match="no such file"):
        read_environment(str(tmp_path / "none.hdr"))


def test_an_exr_is_read_by_its_makers_library(tmp_path):
    exr = pytest.importorskip("OpenEXR")
    pixels = np.linspace(0, 4, 16 * 32 * 3, dtype=np.float32).reshape(16, 32, 3)
    path = tmp_path / "sky.exr"
    header = {"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage}
    with exr.File(header, {"RGB": pixels}) as file:
        file.write(str(path))
    light = read_environment(str(path))
    ratio = light.map[2:14] / pixels[2:14]
    assert ratio == pytest.approx(ratio.mean(), rel=1e-3)


def test_no_damage_to_an_exr_ends_in_anything_but_words(tmp_path, capfd):
    """One byte in a hundred places: read, or refused; nothing is said past us to a terminal's error stream."""
    exr = pytest.importorskip("OpenEXR")
    path = tmp_path / "sky.exr"
    header = {"compression": exr.PIZ_COMPRESSION, "type": exr.scanlineimage}
    with exr.File(header, {"RGB": np.ones((8, 16, 3), np.float32)}) as file:
        file.write(str(path))
    whole = path.read_bytes()
    refused = 0
    for at in np.linspace(4, len(whole) - 1, 100).astype(int):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
        try:
            read_environment(str(path))
        except BadInput:
            refused += 1
    assert refused > 10
    assert capfd.readouterr().err == ""


def test_an_exr_of_too_many_channels_is_not_read(tmp_path, monkeypatch):
    exr = pytest.importorskip("OpenEXR")
    monkeypatch.setattr(probe, "_MAX_PIXELS", 200)
    path = tmp_path / "many.exr"
    channels = {f"c{number}": np.ones((8, 16), np.float32) for number in range(12)}
    with exr.File({"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage}, channels) as file:
        file.write(str(path))
    with pytest.raises(BadInput, match="16 x 8 pixels in 12 channels"):
        read_environment(str(path))
