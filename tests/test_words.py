import math

import pytest

from maquette.core.words import figures


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (1.2e-7, "1.2e-07"),
        (0.012345, "0.0123"),
        (4.567, "4.57"),
        (999.4, "999"),
        (999.6, "1,000"),
        (1000, "1,000"),
        (43290.4, "43,290"),
        (-5734.2, "-5,734"),
        (9999.7, "10,000"),
        (1e15, "1e+15"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ],
)
def test_three_digits_are_written_out(value, words):
    assert figures(value) == words


def test_as_many_digits_as_asked_for():
    assert figures(1234.56, 5) == "1234.6"
    assert figures(123.456, 5) == "123.46"
