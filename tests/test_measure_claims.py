"""Things that only look like a reference: what was once claimed on photos without one, as synthetic pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.core.errors import CannotDo
from maquette.core.subject import Subject
from maquette.photo.measure import measure
from reference_photos import Table, disc, rectangle

IMAGES = Path(__file__).parents[2] / "shared" / "data" / "images"
SMALL = (960, 720)


def test_a_label_is_no_sheet_and_the_same_sheet_nearer_is():
    """One rectangle of a Letter sheet's sides, 70 and 230 pixels wide."""
    near = Table(size=SMALL, tilt=15, height=700, seed=3).add(rectangle(10, 0, 279.4, 215.9, turn=30))
    assert "Letter" in measure(near.photo(), reference="letter").history[-1].notes[0]
    far = Table(size=SMALL, tilt=15, height=2400, seed=3).add(rectangle(10, 0, 279.4, 215.9, turn=30, print_=False))
    for reference in ("auto", "letter"):
        with pytest.raises(CannotDo, match="give reference_px and reference_mm"):
            measure(far.photo(), reference=reference)


def test_a_round_thing_in_the_subject_is_no_coin():
    """The same disc on the ground is one, also where the mask takes it for the subject by itself."""
    photo = Table(size=SMALL, seed=4, tilt=0, height=250).add(disc(0, 0, 23.25)).photo()
    y, x = np.mgrid[:720, :960]
    away = np.hypot(x - 479.5, y - 359.5)
    found = measure(photo, reference="coin").mm_per_pixel
    radius = 23.25 / 2 / found
    own, around = ((away < factor * radius).astype(np.float32) for factor in (1.02, 3.0))
    assert measure(photo.replace(mask=own), reference="coin").mm_per_pixel == pytest.approx(found, rel=0.2)
    with pytest.raises(CannotDo, match="no coin"):
        measure(photo.replace(mask=around), reference="coin")


FALSE = [
    ("game_icons/raise-skeleton.svg", "auto"),
    ("grocery_store/Nectarine_002.jpg", "auto"),
    ("noto_emoji/emoji_u1f992.png", "coin"),
]


@pytest.mark.skipif(not IMAGES.exists(), reason="needs the shared test pictures")
@pytest.mark.parametrize(("name", "reference"), FALSE)
def test_pictures_that_were_claimed_to_hold_one_hold_none(name, reference):
    import maquette as mq

    subject: Subject = mq.open((IMAGES / name).read_bytes())
    with pytest.raises(CannotDo, match="found whole and flat"):
        measure(subject, reference=reference)
