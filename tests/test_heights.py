"""Heights out of pictures, shaped, written and read; light through walls."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import maquette as mq
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.progress import noting
from maquette.core.subject import Subject
from maquette.geometry.flat.transmission import light_through, thickness_for


def grey(values: np.ndarray, mask: np.ndarray | None = None) -> Subject:
    level = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return Subject(np.dstack([level] * 3), mask=mask)


def ramp() -> Subject:
    return grey(np.linspace(0, 1, 100) * np.ones((50, 1)))


def test_tones_run_from_base_to_relief_over_the_width_asked_for():
    heightmap = mq.heights(ramp(), width_mm=80, pitch_mm=0.5, detail_mm=0)
    assert heightmap.size_mm == pytest.approx((80, 40), abs=0.5)
    assert heightmap.heights[:, 0] == pytest.approx(1.2, abs=0.05)
    assert heightmap.heights[:, -1] == pytest.approx(3.6, abs=0.05)
    assert (np.diff(heightmap.heights[10]) >= -1e-5).all()


def test_darkness_is_the_other_way_round():
    light = mq.heights(ramp(), pitch_mm=1)
    dark = mq.heights(ramp(), pitch_mm=1, source="darkness")
    assert dark.heights[:, ::-1] == pytest.approx(np.asarray(light.heights), abs=0.05)


def test_alpha_is_an_even_step_and_needs_a_mask():
    mask = np.zeros((40, 40), np.float32)
    mask[10:30, 10:30] = 1
    heightmap = mq.heights(grey(np.full((40, 40), 0.3), mask), source="alpha", width_mm=40, pitch_mm=1, detail_mm=0)
    assert heightmap.heights == pytest.approx(np.full((41, 41), 3.6))
    assert heightmap.mask[[20, 2], [20, 2]] == pytest.approx([1, 0])
    assert mq.plate(heightmap).size == pytest.approx((40, 40, 3.6))
    assert mq.plate(heightmap, shape="outline").size == pytest.approx((20, 20, 3.6), rel=0.03)
    with pytest.raises(CannotDo, match="no mask"):
        mq.heights(ramp(), source="alpha")


def test_too_many_places_name_the_pitch_that_works():
    with pytest.raises(CannotDo, match="take pitch_mm"):
        mq.heights(ramp(), width_mm=2000, pitch_mm=0.05)


def test_detail_finer_than_asked_for_goes():
    noise = np.random.default_rng(1).random((100, 100))
    rough, calm = (mq.heights(grey(noise), width_mm=50, pitch_mm=0.5, detail_mm=d).heights for d in (0, 3))
    assert np.std(calm) < 0.4 * np.std(rough)


def test_shaping_keeps_the_ends_and_bends_between():
    plain = Heightmap(np.linspace(1, 3, 64, dtype=np.float32).reshape(8, 8), 1.0)
    for knobs in ({"gamma": 2.0}, {"inverse": True}, {"steps": 4}, {"gamma": 0.5}):
        shaped = mq.shape_heights(plain, **knobs).heights
        assert (float(shaped.min()), float(shaped.max())) == pytest.approx((1.0, 3.0))
    assert mq.shape_heights(plain, gamma=2.0).heights.mean() < plain.heights.mean()
    assert mq.shape_heights(plain, inverse=True).heights == pytest.approx(4.0 - np.asarray(plain.heights), abs=1e-5)
    assert len(np.unique(mq.shape_heights(plain, steps=4).heights)) == 4


def test_cleaning_calms_grain_keeps_the_ends_and_lays_the_ground_down():
    step = np.ones((80, 80), np.float32)
    step[20:60, 20:60] = 3
    step += 0.05 * np.random.default_rng(2).random((80, 80), dtype=np.float32)
    rough = Heightmap(step, 0.1)
    clean = mq.clean_heights(rough, smooth=1.0).heights
    assert np.std(clean[30:50, 30:50]) < 0.3 * np.std(step[30:50, 30:50])
    assert clean[40, 22] - clean[40, 17] > 1.8  # the edge stays
    assert (clean.min(), clean.max()) == pytest.approx((step.min(), step.max()), abs=0.06)
    dropped = mq.clean_heights(rough, smooth=0.0, background="drop").heights
    assert (dropped[:18] == step.min()).all()
    assert np.array_equal(dropped[21:59, 21:59], step[21:59, 21:59])


def test_levels_cut_the_given_shares_off():
    plain = Heightmap(np.linspace(0, 1, 10_000, dtype=np.float32).reshape(100, 100), 1.0)
    cut = mq.clean_heights(plain, smooth=0.0, black=0.2, white=0.1).heights
    assert ((cut == 0).mean(), (cut == 1).mean()) == pytest.approx((0.2, 0.1), abs=0.001)
    with pytest.raises(BadSetting, match="leave no tones"):
        mq.clean_heights(
            Heightmap((np.arange(64) == 0).reshape(8, 8).astype(np.float32), 1.0), smooth=0, black=0.1, white=0.1
        )


def test_layers_are_whole_and_never_none():
    plain = Heightmap(np.linspace(0, 3, 64, dtype=np.float32).reshape(8, 8), 1.0)
    snapped = mq.shape_heights(plain, layer_mm=0.2).heights / 0.2
    assert snapped == pytest.approx(np.round(snapped), abs=1e-4)
    assert snapped.min() >= 1 - 1e-5


def test_contrast_evens_out_and_sharpening_brings_out_edges():
    step = np.ones((60, 60), np.float32)
    step[:, 30:] = 1.2
    step[0, 0] = 3
    edge = mq.shape_heights(Heightmap(step, 0.5), sharpen=2.0).heights
    assert edge[30, 30] > 1.3
    assert edge[30, 58] == pytest.approx(1.2, abs=1e-3)
    y, x = np.mgrid[:128, :128] / 127
    dull = (1 + 0.05 * np.sin(40 * x) + 2 * (y > 0.5)).astype(np.float32)  # waves that half of the range drowns
    evened = mq.shape_heights(Heightmap(dull, 0.5), contrast=1.0).heights
    assert np.ptp(evened[20, 20:100]) > 2 * np.ptp(dull[20, 20:100])


def test_light_and_thickness_are_each_others_inverse():
    light = np.linspace(0, 1, 11)
    wall = thickness_for(light, 0.8, 3.2, 3.5)
    bright, dark = light_through([0.8, 3.2], 3.5)
    assert (light_through(wall, 3.5) - dark) / (bright - dark) == pytest.approx(light)
    assert wall[[0, -1]].tolist() == pytest.approx([3.2, 0.8])
    assert light_through(3.5, 3.5) == pytest.approx(0.1)


def test_a_lithophane_shows_its_picture_when_lit():
    y, x = np.mgrid[:120, :160]
    photo = grey(0.5 + 0.4 * np.sin(x / 14) * np.cos(y / 11))
    asset = mq.plate(mq.lithophane_heights(photo, width_mm=80, detail_mm=0.2), bound_mm=0.02)
    lit = mq.backlight(asset, size_px=160).frames[0, ..., 0].astype(float)
    truth = photo.pixels[..., 0].astype(float)
    spread = (truth - truth.min()) / np.ptp(truth) * 255
    assert lit.shape == truth.shape
    assert np.corrcoef(lit.ravel(), truth.ravel())[0, 1] > 0.99
    assert np.abs(lit - spread)[5:-5, 5:-5].mean() < 25  # linear light is stretched, not screen values


def test_lines_twice_as_wide_as_the_detail_keep_their_contrast():
    x = np.mgrid[:60, :401][1]
    stripes = grey(0.5 + 0.25 * np.sin(x * np.pi / 4))  # 8 places of 0.1 mm each, detail 0.4 mm
    wall = mq.lithophane_heights(stripes, width_mm=40, pitch_mm=0.1, detail_mm=0.4).heights[30, 50:-50]
    fine = mq.lithophane_heights(stripes, width_mm=40, pitch_mm=0.1, detail_mm=0).heights[30, 50:-50]
    spread = [np.ptp(light_through(one, 3.5)) for one in (wall, fine)]
    assert spread[0] / spread[1] == pytest.approx(0.64, abs=0.03)  # softened alone: 0.40


def test_few_layers_between_white_and_black_are_told():
    photo = grey(np.linspace(0, 1, 100).reshape(10, 10))
    with noting() as notes:
        mq.lithophane_heights(photo, layer_mm=0.12)
    assert any("20 layers between white and black" in one and "most_mm 6.08" in one for one in notes)
    with noting() as notes:
        mq.lithophane_heights(photo, layer_mm=0.12, most_mm=6.1)
        mq.lithophane_heights(photo)
    assert not any("bands" in one for one in notes)


def test_a_ring_is_unrolled_with_the_picture_the_right_way_round():
    values = np.full((60, 200), 0.2)
    values[10:30, 120:150] = 1.0  # right of the middle, in the upper half
    asset = mq.plate(mq.lithophane_heights(grey(values), width_mm=200, pitch_mm=0.5), form="cylinder", bound_mm=0.03)
    lit = mq.backlight(asset, lamp="inside", size_px=200).frames[0, ..., 0]
    row, column = np.argwhere(lit > 200).mean(axis=0)
    assert row / len(lit) == pytest.approx(20 / 60, abs=0.05)
    assert column / 200 == pytest.approx(135 / 200, abs=0.03)


def test_walls_that_do_not_differ_are_refused():
    with pytest.raises(BadSetting, match="above least_mm"):
        mq.lithophane_heights(ramp(), least_mm=2, most_mm=1)
    with pytest.raises(CannotDo, match="no walls"):
        mq.backlight(mq.Asset(mq.Mesh(np.zeros((0, 3)), np.zeros((0, 3)))))


def test_our_tiff_comes_back_as_it_was():
    heightmap = Heightmap(np.random.default_rng(0).random((20, 30)).astype(np.float32) + 1, 0.125)
    files = mq.write_heights(heightmap)
    again = mq.open_heights(files.data)
    assert np.array_equal(again.heights, heightmap.heights)
    assert again.pitch_mm == 0.125


def elevation(values: np.ndarray, place: float, model: int, void: str = "") -> bytes:
    """A GeoTIFF whose places are so wide, in metres (model type 1) or degrees (2)."""
    from PIL import TiffImagePlugin, TiffTags

    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags.tagtype.update({33550: TiffTags.DOUBLE, 34735: TiffTags.SHORT, 42113: TiffTags.ASCII})
    tags[33550], tags[34735] = (place, place, 0.0), (1, 1, 0, 1, 1024, 0, 1, model)
    if void:
        tags[42113] = void
    buffer = io.BytesIO()
    Image.fromarray(values.astype(np.float32)).save(buffer, "TIFF", tiffinfo=tags)
    return buffer.getvalue()


@pytest.mark.parametrize(("place", "model"), [(30.0, 1), (30 / 111_320, 2)])
def test_an_elevation_model_says_its_own_scale(place, model):
    hill = np.linspace(100, 400, 101) * np.ones((50, 1))  # 300 m over 3 km
    with noting() as notes:
        heightmap = mq.open_heights(elevation(hill, place, model), width_mm=200, low_mm=1, high_mm=6)
    assert any("own scale it is 20 mm high and not 5: high_mm 21" in one for one in notes)
    assert (heightmap.heights.min(), heightmap.heights.max()) == pytest.approx((1, 6))
    assert heightmap.pitch_mm == pytest.approx(2)


@pytest.mark.parametrize("void", ["-9999", "nan"])
def test_places_without_data_become_the_lowest(void):
    hill = np.linspace(100, 400, 101) * np.ones((50, 1))
    hill[:5] = float(void)
    heightmap = mq.open_heights(elevation(hill, 30, 1, void), low_mm=1, high_mm=6)
    assert heightmap.heights[:5] == pytest.approx(1)
    assert heightmap.heights[10] == pytest.approx(np.linspace(1, 6, 101), abs=1e-4)
    with pytest.raises(BadInput, match="none of its places has data"):
        mq.open_heights(elevation(np.full((9, 9), float(void)), 30, 1, void))


def test_our_tiff_is_one_for_programs_of_maps():
    tifffile = pytest.importorskip("tifffile")
    heightmap = Heightmap(np.arange(12, dtype=np.float32).reshape(3, 4), 0.25)
    with tifffile.TiffFile(io.BytesIO(mq.write_heights(heightmap).data)) as file:
        facts = file.geotiff_metadata
        assert facts["ModelPixelScale"] == [0.25, 0.25, 1.0]
        assert file.asarray() == pytest.approx(np.asarray(heightmap.heights))


def test_sixteen_bit_grey_is_spread_between_black_and_white():
    files = mq.write_heights(Heightmap(np.linspace(1, 2, 600).reshape(20, 30).astype(np.float32), 1.0), suffix=".png")
    again = mq.open_heights(files.data, low_mm=1, high_mm=2, width_mm=29)
    assert again.heights == pytest.approx(np.linspace(1, 2, 600).reshape(20, 30), abs=1e-4)
    assert again.pitch_mm == pytest.approx(1.0)


@pytest.mark.parametrize("mode", ["RGB", "P", "1"])
def test_colors_are_refused_with_the_way_out(mode):
    buffer = io.BytesIO()
    Image.new(mode, (8, 8)).save(buffer, "PNG")
    with pytest.raises(BadInput, match="make heights of it with heights"):
        mq.open_heights(buffer.getvalue())


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"II*\x00\x08\x00\x00\x00"])
def test_what_is_no_picture_is_bad_input(data):
    with pytest.raises(BadInput):
        mq.open_heights(data)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_heights_that_are_many_lie_on_the_disk_and_are_the_same(suffix, monkeypatch):
    from maquette.formats import heightmaps

    y, x = np.mgrid[:1100, :40]
    files = mq.write_heights(Heightmap((2 + np.sin(x / 5) * np.cos(y / 90)).astype(np.float32), 0.5), suffix=suffix)
    plain = mq.open_heights(files.data)
    monkeypatch.setattr(heightmaps, "_IN_MEMORY", 1000)
    mapped = mq.open_heights(files.data)
    assert np.array_equal(plain.heights, mapped.heights)
    assert plain.digest == mapped.digest
    assert isinstance(mapped.heights, np.memmap) or isinstance(mapped.heights.base, np.memmap)
    assert mq.plate(mapped).mesh.digest == mq.plate(plain).mesh.digest
