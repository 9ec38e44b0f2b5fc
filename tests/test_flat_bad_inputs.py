"""Pictures that nobody hopes for: each gives a closed thing or a clear refusal, soon."""

from __future__ import annotations

import contextlib
import io
import sys
import time

import numpy as np
import pytest
from PIL import Image

import maquette as mq
from maquette.core.errors import BadInput, CannotDo
from maquette.geometry.topology import is_watertight
from maquette.registry import registry


def file_of(picture: Image.Image, kind: str, **more: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **more)
    return buffer.getvalue()


def ramp(mode: str, size: tuple[int, int] = (60, 40)) -> Image.Image:
    grey = Image.fromarray(np.tile(np.linspace(0, 255, size[0]).astype(np.uint8), (size[1], 1)))
    return grey.convert(mode)


def transparent() -> Image.Image:
    picture = ramp("RGBA")
    picture.putalpha(Image.fromarray((np.indices((40, 60)).sum(axis=0) > 50).astype(np.uint8) * 255))
    return picture


FILES = {
    "one row": file_of(ramp("RGB", (50, 1)), "PNG"),
    "one column": file_of(ramp("RGB", (1, 50)), "PNG"),
    "one pixel": file_of(Image.new("RGB", (1, 1)), "PNG"),
    "all black": file_of(Image.new("RGB", (60, 40)), "PNG"),
    "panorama": file_of(ramp("L", (30_000, 300)), "PNG"),
    "16 bits": file_of(Image.fromarray(np.tile(np.linspace(0, 65535, 60).astype(np.uint16), (40, 1))), "PNG"),
    "CMYK": file_of(ramp("RGB").convert("CMYK"), "JPEG"),
    "palette": file_of(ramp("RGB").convert("P"), "PNG"),
    "transparent": file_of(transparent(), "PNG"),
    "all transparent": file_of(Image.new("RGBA", (60, 40)), "PNG"),
    "animated": file_of(ramp("P"), "GIF", save_all=True, append_images=[ramp("P").rotate(180)]),
    "cut short": file_of(ramp("RGB"), "PNG")[:80],
    "no picture": b"hello",
}
REFUSED = {"all transparent", "cut short", "no picture"}  # by everything


@pytest.fixture(autouse=True)
def bounded():
    """Each takes at most 20 s of processor and a gigabyte more than was used before."""
    start, before = time.process_time(), _peak_mb()
    yield
    assert time.process_time() - start < 20
    assert _peak_mb() - before < 1000


def _peak_mb() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024**2 if sys.platform == "darwin" else 1024)


def result_of(work, name: str):
    """What a chain makes of a file, nothing where it is refused."""
    with contextlib.suppress(BadInput, CannotDo):
        return work(FILES[name])
    return None


@pytest.mark.parametrize("name", FILES)
def test_reliefs(name):
    asset = result_of(lambda file: mq.relief(registry()["open"](file), width_mm=20, pitch_mm=0.5), name)
    assert (asset is None) == (name in REFUSED)
    assert asset is None or is_watertight(asset.mesh.faces)


@pytest.mark.parametrize("name", FILES)
def test_lithophanes_and_lamps(name):
    def walls(file: bytes):
        return mq.lithophane_heights(registry()["open"](file), width_mm=90, pitch_mm=1.5)

    flat = result_of(lambda file: mq.plate(walls(file)), name)
    assert (flat is None) == (name in REFUSED)
    assert flat is None or is_watertight(flat.mesh.faces)
    for form in ("ball", "square"):
        lamp = result_of(lambda file, form=form: mq.lantern(walls(file), form=form, bound_mm=0.1), name)
        assert lamp is None or is_watertight(lamp.mesh.faces)


@pytest.mark.parametrize("name", FILES)
def test_signs_and_medals(name):
    sign = result_of(lambda file: mq.signboard(mq.open_art(file)), name)
    assert sign is None or is_watertight(sign.mesh.faces)
    assert sign is not None or name in REFUSED | {"one row", "one column", "one pixel", "all black"}
    heights = result_of(lambda file: mq.color_heights(registry()["open"](file), width_mm=40, pitch_mm=0.4), name)
    assert (heights is None) == (name in REFUSED)
    assert heights is None or is_watertight(mq.plate(heights).mesh.faces)


@pytest.mark.parametrize("name", FILES)
def test_paintings(name):
    def paint(file: bytes):
        canvas = mq.paint_canvas(registry()["open"](file), width_mm=10, layer_mm=0.2, paint_mm=1.0)
        return mq.paint_plan(canvas, filaments=("ink=#101010@0.4", "snow=#F4F4F4@5"), swaps=1)

    plan = result_of(paint, name)
    assert (plan is None) == (name in REFUSED)
    assert plan is None or is_watertight(mq.paint_solid(plan).mesh.faces)
