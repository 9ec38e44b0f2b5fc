"""Origin: does the model stand where an engine puts it?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.registry import stage

_OFF = 0.01  # of the diagonal


@stage(destinations=("model",))
def origin(asset: Asset) -> Iterable[Finding]:
    """Measure how far the origin lies from the middle of the model's bottom, as a share of its diagonal.

    Things that stand are placed and turned about that point; what hangs or rolls may have it in its middle, which
    passes too.
    """
    mesh = asset.mesh
    if not len(mesh.vertices) or not mesh.diagonal > 0:
        return
    low, high = mesh.bounds
    middle = (low + high) / 2
    base = np.array([middle[0], middle[1], low[2]])
    off_base, off_middle = (float(np.linalg.norm(place)) / mesh.diagonal for place in (base, middle))
    yield Finding(
        "origin",
        "pass" if min(off_base, off_middle) <= _OFF else "warn",
        f"the origin lies {off_base:.1%} of the diagonal from the bottom's middle, {off_middle:.1%} from the middle",
        value=100 * min(off_base, off_middle),
        unit="% of the diagonal",
        limit=f"at most {100 * _OFF:g}",
        source="Khronos 3D Commerce asset creation guidelines: origin bottom centre",
        fix="pivot",
    )
