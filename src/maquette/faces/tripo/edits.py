"""Tripo's tasks over a finished task's model: a short recipe of our stages each, or a refusal that names the field."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from maquette.core.errors import Unavailable
from maquette.faces.tripo.codes import TripoRefusal
from maquette.registry import registry

_MODELS = ("image_to_model", "multiview_to_model", "import_model", "highpoly_to_lowpoly", "mesh_segmentation",
           "convert_model", "stylize_model", "mesh_uv")  # fmt: skip
_RIGS = {"biped": "humanoid", "quadruped": "quadruped"}
_NAMES = {"tripo": "unity", "mixamo": "unity", "actorcore": "unity", "unity": "unity", "unreal": "unreal", "vrm": "vrm"}
_STYLES = {"lego": "brick", "voxel": "voxel", "voronoi": "voronoi"}
_CLIPS = ("preset:idle", "preset:walk", "preset:quadruped:walk")
_LOWPOLY = (1000, 20_000)

Steps = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Edit:
    """What a task runs: steps by stage, the ending of its file, what Tripo charges, which fields had an effect."""

    steps: Steps
    ending: str = ".glb"
    credits: int = 10
    served: tuple[str, ...] = ()

    @property
    def recipe(self) -> str:
        """The steps as a recipe; nothing where the model is handed on."""
        if not self.steps:
            return ""
        rows: dict[str, Any] = {}
        for number, (stage, settings) in enumerate(self.steps):
            rows[f"s{number}"] = {"stage": stage, "from": list(rows)[-1] if rows else "asset", "with": settings}
        whole = {"recipe": "edit", "summary": "A model on its way.", "inputs": ["asset"], "steps": rows}
        return json.dumps({**whole, "result": list(rows)[-1]}, indent=1)


def read_edit(kind: str, asked: Mapping[str, Any], source_kind: str) -> Edit:
    """The edit that a task asks for; codes 1004 and 2006, or ``Unavailable`` where a stage needs what is not here."""
    wanted = ("animate_rig",) if kind == "animate_retarget" else (*_MODELS, "animate_rig", "animate_retarget")
    if source_kind not in wanted:
        raise TripoRefusal(2006, f"{kind}: does not take a task of type {source_kind}", f"name one of {wanted[0]}")
    edit = EDITS[kind](asked)
    for stage, _ in edit.steps:
        if line := registry()[stage].stage.facts.line_to_get():
            raise Unavailable(f"{kind}: {line}")
    return edit


def _lowpoly(asked: Mapping[str, Any]) -> Edit:
    limit = asked.get("face_limit")
    limit = 10_000 if limit is None or (isinstance(limit, int) and limit <= 0) else limit
    low, high = _LOWPOLY
    if not isinstance(limit, int) or isinstance(limit, bool) or not low <= limit <= high:
        raise TripoRefusal(1004, f"face_limit = {limit!r}: must be from {low} to {high}")
    if asked.get("part_names"):
        raise TripoRefusal(1004, "part_names: the whole model is made lean here", "leave part_names out")
    if asked.get("quad"):
        return Edit([("quads", {"count": limit})], ".fbx", 15, ("face_limit", "quad"))
    return Edit([("simplify", {"max_faces": limit})], served=("face_limit",))


def _segmentation(asked: Mapping[str, Any]) -> Edit:
    return Edit([("segment", {})], credits=40)


def _unwrapping(asked: Mapping[str, Any]) -> Edit:
    return Edit([("unwrap", {})])


def _rig(asked: Mapping[str, Any], clips: str = "stock") -> Edit:
    body, spec = asked.get("rig_type", ""), asked.get("spec", "tripo")
    if body not in ("", None) and (not isinstance(body, str) or body not in _RIGS):
        raise TripoRefusal(1004, f"rig_type {str(body)[:30]!r}: there are {', '.join(_RIGS)} here")
    if not isinstance(spec, str) or spec not in _NAMES:
        raise TripoRefusal(1004, f"spec {str(spec)[:30]!r}: must be one of {', '.join(_NAMES)}")
    settings = {"kind": _RIGS.get(body, "auto"), "names": _NAMES[spec], "clips": clips}
    return Edit([("rig", settings)], _format(asked), 25, ("rig_type", "spec", "out_format"))


def _rig_check(asked: Mapping[str, Any]) -> Edit:
    return Edit(_rig({}, "none").steps, credits=0)


def _retarget(asked: Mapping[str, Any]) -> Edit:
    named = asked.get("animations") or [asked.get("animation")]
    for name in named if isinstance(named, list) else [named]:
        if not isinstance(name, str) or name not in _CLIPS:
            raise TripoRefusal(1004, f"animation {str(name)[:40]!r}: there are {', '.join(_CLIPS)} here")
    return Edit([], _format(asked), 10, ("animation", "animations", "out_format"))  # a rig of ours has them all


def _style(asked: Mapping[str, Any]) -> Edit:
    style = asked.get("style")
    if not isinstance(style, str) or style not in _STYLES:
        raise TripoRefusal(1004, f"style {str(style)[:30]!r}: there are {', '.join(_STYLES)} here")
    return Edit([("stylize", {"style": _STYLES[style]})], credits=20, served=("style",))


def _format(asked: Mapping[str, Any]) -> str:
    kind = str(asked.get("out_format", "glb")).lower()
    if kind not in ("glb", "fbx"):
        raise TripoRefusal(1004, f"out_format {kind[:20]!r}: must be glb or fbx")
    return f".{kind}"


EDITS: Mapping[str, Callable[[Mapping[str, Any]], Edit]] = {
    "highpoly_to_lowpoly": _lowpoly,
    "mesh_segmentation": _segmentation,
    "mesh_uv": _unwrapping,
    "animate_prerigcheck": _rig_check,
    "animate_rig": _rig,
    "animate_retarget": _retarget,
    "stylize_model": _style,
}
