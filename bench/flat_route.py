"""The chooser between relief and full 3D, on pictures labelled by eye: a confusion table.

`routes.json` names 156 pictures of DATA/images: what lies flat, fills its frame or is a scene is ``relief``, what
stands free is ``full``; ``either`` counts as right both ways.

`routes_unseen.json` names 272 that no rule and no weight had seen, labelled before they were tried, to be put into a
folder of their own (``--labels routes_unseen.json --pictures FOLDER``).
They are named after where they come from, public repositories of github.com and Debian: ``hy_``
Tencent-Hunyuan/Hunyuan3D-2, ``im_`` TencentARC/InstantMesh, ``sf_`` Stability-AI/stable-fast-3d, ``tg_``
VAST-AI-Research/TripoSG, ``tr_`` microsoft/TRELLIS, ``cr_`` thu-ml/CRM, ``gs_``, ``gd_`` and ``gi_``
IDEA-Research/Grounded-Segment-Anything, ``es_`` yformer/EfficientSAM, ``rb_`` danielgatis/rembg, ``nso_``
jcjohnson/neural-style, ``lg_`` gilbarbara/logos, ``oc_`` openclipart-png, ``em_`` @lobehub/fluent-emoji-3d,
``gr_`` GroceryStoreDataset.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from maquette.core.errors import CannotDo, MaquetteError
from maquette.flow.engine.run import run
from maquette.flow.recipes.load import load_recipe
from maquette.photo.inspect import recommended_route


def route(options: argparse.Namespace) -> Iterator[str]:
    """The table, and every picture that went the wrong way."""
    labels = json.loads((Path(__file__).parent / options.labels).read_text())
    folder = options.pictures or options.data / "images"
    table: Counter[tuple[str, str]] = Counter()
    wrong = []
    for label, names in labels.items():
        for name in names:
            chosen, why = _choose_route((folder / name).read_bytes())
            table[label, chosen] += 1
            if label not in ("either", chosen):
                wrong.append(f"- {name}: {chosen}, {why}")
    yield "| labelled | relief | full | refused |"
    yield "|---|---|---|---|"
    for label in labels:
        yield f"| {label} | " + " | ".join(str(table[label, to]) for to in ("relief", "full", "refused")) + " |"
    total = sum(table.values())
    yield f"\n{1 - len(wrong) / total:.1%} of {total} right"
    yield from wrong


def _choose_route(photo: bytes) -> tuple[str, str]:
    """The route of a photo, as `print --route auto` takes it, and its reason."""
    try:
        found = run(load_recipe("intake"), {"photo": photo}, {}).result
    except CannotDo:  # nothing to cut out
        found = run(load_recipe("glance"), {"photo": photo}, {}).result
    except MaquetteError as problem:
        return "refused", str(problem)[:80]
    said = next((finding for finding in found if finding.check == "route"), None)
    return recommended_route(found), said.message if said else ""
