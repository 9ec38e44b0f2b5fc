import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import maquette as mq
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.subject import Subject
from maquette.geometry.flat.homography import homography, map_points, mismatch, scale_at, tilt_deg
from maquette.photo.coins import DIAMETERS
from maquette.photo.marker import PATTERN, grid
from maquette.photo.measure import foot_of, measure
from maquette.photo.write_marker import write_marker
from reference_photos import Table, card, disc, printed_marker, rectangle, ruler
from samples import cut_out

IMAGES = Path(__file__).parents[2] / "shared" / "data" / "images"


def scale_and_band(subject: Subject) -> tuple[float, float]:
    """The scale, and the band that was noted with it."""
    note = subject.history[-1].notes[0]
    return subject.mm_per_pixel, float(re.search(r"± ([\d.]+)%", note)[1]) / 100


def agrees(measured: Subject, truth: float, most: float) -> None:
    """The band is at most ``most`` and holds the truth."""
    scale, band = scale_and_band(measured)
    assert band <= most
    assert abs(scale / truth - 1) <= band, (scale, truth, band)


# --- the plane


def test_a_plane_tells_its_scale_and_tilt_everywhere():
    table = Table(tilt=35, roll=12, focal=1.1)
    plane = np.array([[0, 0], [80, 0], [80, 50], [0, 50]], float)
    matrix = homography(plane, np.array([table.project(*p) for p in plane]))
    middle = np.array([table.width, table.height_px]) / 2 - 0.5
    assert map_points(matrix, np.array([[-60.0, 90.0]]))[0] == pytest.approx(table.project(-60, 90), abs=1e-6)
    assert mismatch(matrix, middle, table.focal) < 1e-9
    assert mismatch(matrix, middle, 0.7 * table.focal) > 0.05
    assert tilt_deg(matrix, middle, table.focal) == pytest.approx(35, abs=1e-6)
    for place in ((0, 0), (-60, 90), (120, -70)):
        assert scale_at(matrix, middle, table.focal, table.project(*place)) == pytest.approx(
            table.scale(*place), rel=1e-9
        )


# --- things that are found

SMALL = (960, 720)
CAMERAS = [
    pytest.param({"tilt": 0, "roll": 3, "focal": 0.8, "height": 320}, 0.012, id="straight down"),
    pytest.param({"tilt": 40, "roll": -15, "focal": 0.75, "height": 300}, 0.09, id="slanting"),
]


@pytest.mark.parametrize(("camera", "most"), CAMERAS)
def test_a_bank_card(camera, most):
    table = Table(size=SMALL, seed=1, **camera).add(card(20, -10, turn=25, shadow=1.0))
    measured = measure(table.photo())
    agrees(measured, table.scale(20, -10), most)
    assert "a bank card (ISO/IEC 7810 ID-1)" in measured.history[-1].notes[0]
    assert measured.pixels.shape == (720, 960, 3)


@pytest.mark.parametrize(("camera", "most"), CAMERAS)
def test_the_printed_marker(camera, most):
    table = Table(size=SMALL, seed=2, **camera).add(printed_marker(-30, 20, turn=50))
    photo = table.photo()
    once = measure(photo)
    agrees(once, table.scale(-30, 20), most)
    assert measure(photo, marker_mm=80, reference="marker").mm_per_pixel == pytest.approx(2 * once.mm_per_pixel)


def test_an_a4_sheet_and_a_letter_sheet():
    for name, sides in (("a4", (297, 210)), ("letter", (279.4, 215.9))):
        table = Table(size=SMALL, seed=3, tilt=15, height=700).add(rectangle(10, 0, *sides, turn=30))
        measured = measure(table.photo())
        agrees(measured, table.scale(10, 0), 0.06)
        assert ("A4" if name == "a4" else "Letter") in measured.history[-1].notes[0]


@pytest.mark.parametrize("tilt", [0, 45])
def test_a_coin(tilt):
    table = Table(size=SMALL, seed=4, tilt=tilt, height=250).add(disc(30, 10, DIAMETERS["usd-0.25"]))
    agrees(measure(table.photo(), reference="coin", coin="usd-0.25"), table.scale(30, 10), 0.02)


@pytest.mark.parametrize(("tilt", "most"), [(0, 0.01), (25, 0.1)])
def test_a_ruler(tilt, most):
    table = Table(size=(1280, 960), seed=5, tilt=tilt, height=170, roll=4).add(ruler(0, -15, length=120, turn=8))
    measured = measure(table.photo(), reference="ruler")
    agrees(measured, table.scale(1.95, -28.9), most)  # the edge with the ticks


def test_the_scale_is_taken_where_the_subject_stands():
    table = Table(size=SMALL, seed=6, tilt=50, roll=0, height=420).add(card(-60, -40, turn=0))
    photo = table.photo()
    mask = np.zeros((720, 960), np.float32)
    x, y = np.rint(table.project(60, 80)).astype(int)
    mask[y - 150 : y + 1, x - 40 : x + 41] = 1
    assert foot_of(photo.replace(mask=mask)) == pytest.approx([x, y])
    measured = measure(photo.replace(mask=mask))
    near, far = table.scale(-60, -40), table.scale(60, 80)
    assert far > 1.1 * near
    agrees(measured, far, 0.15)
    assert abs(measured.mm_per_pixel / far - 1) < 0.5 * abs(near / far - 1)
    assert np.array_equal(measured.mask, mask)


def test_the_object_gets_its_real_size():
    """A subject of half the picture's height on a photo of 0.5 mm a pixel is 0.25 mm times the height tall."""
    subject = measure(cut_out(96), reference_px=(10.0, 10.0, 50.0, 10.0), reference_mm=20.0)
    assert subject.mm_per_pixel == 0.5
    asset = mq.inflate(subject, surface=0.0)
    assert asset.sized
    assert asset.size[2] == pytest.approx(0.7 * 96 * 0.5, rel=0.02)
    assert "1 px = 0.5 mm ± 7.1%" in subject.history[-1].notes[0]


# --- things that are none


def test_two_points_must_make_sense():
    subject = cut_out(96)
    for settings, words in (
        ({"reference_px": (1, 1, 5, 5)}, "go together"),
        ({"reference_mm": 5}, "go together"),
        ({"reference": "points"}, "give reference_px"),
        ({"reference_px": (1, 1, 2, 2), "reference_mm": 5}, "1.4 px apart"),
        ({"reference_px": (1, 1, 200, 2), "reference_mm": 5}, "leaves the 96 x 96 photo"),
        ({"reference": "coin", "coin": "doubloon"}, "no coin 'doubloon'"),
    ):
        with pytest.raises(BadSetting, match=words):
            measure(subject, **settings)
    with pytest.raises(CannotDo, match="over 50 m wide"):
        measure(subject, reference_px=(1, 1, 9, 9), reference_mm=1e6)
    assert measure.stage.validate({"reference_px": "1,2, 3 4", "reference_mm": 5}).reference_px == (1, 2, 3, 4)


@pytest.mark.parametrize("reference", ["auto", "card", "coin", "ruler", "marker"])
def test_an_empty_table_has_nothing(reference):
    with pytest.raises(CannotDo, match="give reference_px"):
        measure(Table(size=(640, 480)).photo(), reference=reference)


def test_what_only_looks_like_a_card_is_none():
    square_corners = Table(size=SMALL, tilt=10).add(rectangle(0, 0, 85.6, 53.98, 20, 0.0))
    too_long = Table(size=SMALL, tilt=10).add(rectangle(0, 0, 100.0, 53.98, 20, 3.18))
    for table in (square_corners, too_long):
        with pytest.raises(CannotDo, match="no bank card"):
            measure(table.photo(), reference="card")


def test_a_chessboard_is_no_marker():
    table = Table(size=SMALL, height=300)

    def chess(x, y, light):
        inside = np.maximum(np.abs(x), np.abs(y)) < 20
        dark = (np.floor(x / 6.667) + np.floor(y / 6.667)) % 2 == 0
        return np.where(inside[..., None], np.where(dark[..., None], 20.0, 235.0), light)

    with pytest.raises(CannotDo, match="no marker"):
        measure(table.add(chess).photo(), reference="marker")


def test_two_cards_and_two_coins_are_refused():
    cards = Table(size=SMALL, height=420).add(card(-60, 0)).add(card(70, 20, turn=70))
    with pytest.raises(CannotDo, match="2 things look like card"):
        measure(cards.photo(), reference="card")
    money = Table(size=SMALL, height=250).add(disc(-30, 0, 25.75)).add(disc(30, 10, 16.25))
    with pytest.raises(CannotDo, match="2 round things of different size"):
        measure(money.photo(), reference="coin")


NAMES = ["coral_test/cat_1080p.jpg", "azure_samples/fork_6.jpg", "skimage/coffee.png", "skimage/camera.png"]


@pytest.mark.skipif(not IMAGES.exists(), reason="needs ../shared/data/images")
@pytest.mark.parametrize("name", NAMES)
def test_photos_without_a_reference_give_none(name):
    subject = mq.open((IMAGES / name).read_bytes()).replace(mask=None)
    for reference in ("auto", "coin", "ruler"):
        with pytest.raises(CannotDo):
            measure(subject, reference=reference)


# --- the marker's page


def test_no_turn_of_the_marker_is_like_another():
    turns = [np.rot90(PATTERN, k) for k in range(4)]
    turns += [turn[:, ::-1] for turn in turns]
    apart = [(turns[0] != other).sum() for other in turns[1:]]
    assert min(apart[:3]) >= 6
    assert grid().shape == (6, 6)
    assert not grid()[[0, -1]].any()


def test_the_page_has_its_true_size():
    assert b'width="66.6667mm"' in write_marker(suffix=".svg").data
    pdf = write_marker(marker_mm=50).data
    assert pdf.startswith(b"%PDF-1.4")
    assert pdf.rstrip().endswith(b"%%EOF")
    width = float(re.search(rb"MediaBox \[0 0 ([\d.]+)", pdf)[1]) * 25.4 / 72
    assert width == pytest.approx(50 * 10 / 6, abs=1e-3)
    start = int(re.search(rb"startxref\n(\d+)", pdf)[1])
    assert pdf[start : start + 4] == b"xref"
    page = Image.open(io.BytesIO(write_marker(suffix=".png").data))
    assert page.info["dpi"] == pytest.approx((600, 600), abs=0.1)
    assert page.width / 600 * 25.4 == pytest.approx(66.667, abs=0.05)


def test_the_page_itself_is_found():
    """A scan of the printed page at 200 dots an inch, on a grey desk."""
    page = Image.open(io.BytesIO(write_marker(suffix=".png").data)).convert("L")
    small = np.asarray(page.resize((page.width // 3, page.height // 3), Image.Resampling.BOX))
    desk = np.full((800, 900, 3), 120, np.uint8)
    desk[90 : 90 + small.shape[0], 150 : 150 + small.shape[1]] = small[..., None]
    agrees(measure(Subject(desk)), 25.4 / 200, 0.01)
