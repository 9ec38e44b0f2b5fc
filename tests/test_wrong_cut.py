"""A job stops at a cut-out that may not be the thing, shows it, and goes on when told to."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import maquette as mq
from maquette.core.errors import CannotDo
from maquette.core.report import Finding
from maquette.flow.wrong_cut import refuse_wrong_cut

INSIDE = np.hypot(*(np.mgrid[:80, :120] - np.array([40, 60])[:, None, None])) < 20
CUT = mq.Subject(np.full((80, 120, 3), 90, np.uint8), INSIDE.astype(np.float32))
WRONG = Finding("mask", "fail", "what was cut out may not be the thing; point at the thing")


def test_it_stops_and_shows_what_was_cut_out(tmp_path):
    with pytest.raises(CannotDo, match=r"point at the thing.*cup\.3mf\.cut\.jpg.*--force"):
        refuse_wrong_cut([Finding("sharp", "fail", "soft"), WRONG], CUT, tmp_path / "cup.3mf")
    shown = np.asarray(Image.open(io.BytesIO((tmp_path / "cup.3mf.cut.jpg").read_bytes()))).astype(int)
    assert np.abs(shown[40, 60] - 90).max() < 12  # the thing as it is
    assert shown[5, 5].min() > 170  # the ground faded
    rim = shown[40, 60 + 20]
    assert rim[0] > rim[1] + 60


@pytest.mark.parametrize("verdict", ["pass", "warn", "unknown"])
def test_it_goes_on_where_nothing_is_wrong(tmp_path, verdict):
    refuse_wrong_cut([Finding("mask", verdict, "")], CUT, tmp_path / "cup.3mf")
    refuse_wrong_cut([WRONG], CUT.replace(mask=None), tmp_path / "cup.3mf")
    assert not list(tmp_path.iterdir())
