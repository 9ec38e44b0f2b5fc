"""Levels of detail in one GLB: the finest is the scene's, the others hang on it by MSFT_lod."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.formats import provenance
from maquette.formats.carries import say_lost
from maquette.formats.gltf.draft import Draft
from maquette.formats.gltf.write import add_nodes

_NAME = "MSFT_lod"


def encode_levels(levels: Sequence[tuple[Asset, float]], stem: str = "model", crease_deg: float = 45.0) -> Files:
    """Assets from fine to coarse in one file, each with the share of the screen's height from which it is shown.

    Viewers that do not know MSFT_lod show the finest. Textures and materials that levels share are stored once.
    Source: MSFT_lod, Khronos vendor extensions.
    """
    if not levels:
        raise BadInput("write-glb: no levels given; the model itself is the first")
    finest = levels[0][0]
    say_lost(finest, ".glb")
    extras = {"maquette": provenance.as_data(finest)}
    draft = Draft({"version": "2.0", "generator": f"maquette {version('maquette')}", "extras": extras})
    tops = []
    for number, (asset, _) in enumerate(levels):
        children = add_nodes(draft, asset, stem, crease_deg)
        tops.append(draft.add("nodes", {"name": f"{asset.title or stem}_LOD{number}", "children": children}))
    if len(tops) > 1:
        top = draft.root["nodes"][tops[0]]
        top["extensions"] = {_NAME: {"ids": tops[1:]}}
        top["extras"] = {"MSFT_screencoverage": [round(share, 6) for _, share in levels]}
        draft.use(_NAME)
    draft.root["scene"] = draft.add("scenes", {"name": finest.title or stem, "nodes": tops[:1]})
    return Files(f"{stem}.glb", {f"{stem}.glb": draft.glb()})
