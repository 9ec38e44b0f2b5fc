"""A picture of a said size: its scale, and the relief that comes of it."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.core.errors import CannotDo
from maquette.core.subject import Subject
from maquette.generate.relief import relief
from maquette.photo.size_photo import size_photo


def wide() -> Subject:
    return Subject(np.linspace(0, 255, 60 * 120 * 3).reshape(60, 120, 3).astype(np.uint8), mm_per_pixel=9.0)


@pytest.mark.parametrize(("along", "scale"), [("height", 0.5), ("width", 0.25), ("longest", 0.25)])
def test_the_side_that_is_named_gets_the_length(along, scale):
    sized = size_photo(wide(), height_mm=30, along=along)
    assert sized.mm_per_pixel == pytest.approx(scale)
    assert sized.replace(mm_per_pixel=9.0, history=()) == wide()


def test_a_relief_comes_out_in_the_photos_own_size_unless_asked_otherwise():
    sized = size_photo(wide(), height_mm=30)
    assert relief(sized, pitch_mm=1.0).size[:2] == pytest.approx((60, 30))
    assert relief(sized, pitch_mm=1.0, width_mm=80).size[:2] == pytest.approx((80, 40))
    assert relief(wide().replace(mm_per_pixel=None), pitch_mm=1.0).size[0] == pytest.approx(100)


def test_a_plate_of_no_sensible_size_is_refused():
    with pytest.raises(CannotDo, match=r"would be 4 mm wide; give a width_mm from 5 to 2000"):
        relief(size_photo(wide(), height_mm=2))
