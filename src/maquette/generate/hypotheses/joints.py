"""Where handles and spouts meet a turned thing: there its outline is theirs, and its profile must be guessed.

What is attached on one side alone does no harm, for the other side shows the profile. Where something is attached on
both, the nearer edge is a joint too and would be turned into a ring around the whole belly.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats

_UNLIKE, _LASTING = (
    0.1,
    0.04,
)  # of the widest: and of the height: sides that differ by more for so long have something attached
_BULGE = 0.02  # of the widest: what stands out by less is the profile's own
_BESIDE = 0.12  # of the height: a joint reaches this far over where the sides are unlike
_STIFF = 0.3  # of the height: waves shorter than this are no belly's
_ROUNDS = 12


def without_joints(left: Floats, right: Floats) -> Floats:
    """The lesser of the widths (N,) to both sides, and a smooth line below it where both have something attached.

    The line is an asymmetric least squares baseline (Eilers and Boelens 2005) of the width's square, for which round
    ends are no edges. Near rows where the sides are unlike, what stands out of it counts the less the farther it does.
    """
    from scipy.ndimage import binary_dilation, binary_opening

    wide = np.minimum(left, right)
    used = np.flatnonzero(wide > 0)
    if len(used) < 8:
        return wide
    part = slice(used[0], used[-1] + 1)
    own, widest = wide[part], float(wide.max())
    unlike = np.abs(left - right)[part] > _UNLIKE * widest
    unlike = binary_opening(unlike, np.ones(max(2, round(_LASTING * len(own)))))
    if not unlike.any() or unlike.mean() > 0.9:
        return wide
    loose = binary_dilation(unlike, iterations=max(1, round(_BESIDE * len(own))))
    base = _baseline(own, loose, _BULGE * widest)
    result = wide.copy()
    result[part] = np.where(loose & (own - base > _BULGE * widest), base, own)
    return result


def _baseline(wide: Floats, loose: Bools, bulge: float) -> Floats:
    """A smooth line through widths (N,), and below those that are ``loose`` and stand out by more than ``bulge``."""
    count = len(wide)
    bend = np.diff(np.eye(count), 2, axis=0)
    stiff = (_STIFF * count / (2 * np.pi)) ** 4 * bend.T @ bend
    line = wide
    for _ in range(_ROUNDS):
        weight = 1 / (1 + (loose * np.maximum(wide - line, 0) / bulge) ** 2)
        line = np.sqrt(np.maximum(np.linalg.solve(stiff + np.diag(weight), weight * wide**2), 0))
    return line
