"""Pose: a rigged model bent as a clip has it, frozen."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.progress import note
from maquette.registry import stage
from maquette.shape.rig.bending import bend_words, clip_named, moment, vertices_in


@stage
def pose(
    asset: Asset,
    *,
    clip: Annotated[str, Field(description="name of the clip; empty: the first one")] = "",
    at: Annotated[float, Field(ge=0, le=1, description="where in the clip, from its start to its end")] = 0.25,
) -> Asset:
    """Bend a rigged model as one of its clips has it at a moment, and keep it so, without its skeleton.

    The model can be printed or posed in a scene then. A note says how volume, edges and self-intersections changed.
    Refuses a model without skeleton (``rig`` makes one) and a clip that it does not have.
    """
    skeleton = asset.skeleton
    if skeleton is None or not skeleton.clips:
        raise CannotDo("pose: the model has no skeleton with clips; give it one with rig")
    chosen = clip_named(skeleton, clip) if clip else skeleton.clips[0]
    if chosen is None:
        known = ", ".join(one.name for one in skeleton.clips)
        raise BadSetting(f"pose: clip: there is no {clip!r}; there are {known}")
    posed = vertices_in(asset, *moment(chosen, at))
    note(bend_words(asset.mesh, posed))
    return asset.with_mesh(asset.mesh.with_vertices(posed)).without_skeleton()
