"""Tripo's tasks as orders of ours: what each type needs, and the documented refusal for what no stage here does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from maquette.core.errors import BadSetting, Unavailable
from maquette.faces.server.answers import Refusal
from maquette.faces.server.keys import Who
from maquette.faces.server.service import Service
from maquette.faces.tripo.codes import TripoRefusal
from maquette.faces.tripo.edits import EDITS, read_edit
from maquette.faces.tripo.parameters import QUAD_FACES, read_parameters
from maquette.faces.tripo.records import job_id
from maquette.faces.tripo.uploads import file_of, input_of
from maquette.flow.queue.entry import Entry
from maquette.flow.queue.order import Order, Source
from maquette.flow.streams import kind_of
from maquette.registry import registry

VIEWS = ("front", "left", "back", "right")
MODEL_TASKS = ("image_to_model", "multiview_to_model", "convert_model")
NOT_HERE = (  # types that Tripo has, and no stage of ours does yet
    "text_to_model", "texture_model", "refine_model", "mesh_completion", "text_to_image", "generate_image",
    "generate_multiview_image", "edit_multiview_image", "smart_segment", "image_to_splat", "image_to_depth",
)  # fmt: skip
WORKING = "image_to_model, multiview_to_model, import_model, convert_model, " + ", ".join(EDITS)
FORMATS = {"GLTF": ".glb", "GLB": ".glb", "STL": ".stl", "3MF": ".3mf", "OBJ": ".obj.zip", "PLY": ".ply"}
FORMATS |= {"FBX": ".fbx", "USDZ": ".usdz"}
_CONVERT_DEFAULTS: dict[str, Any] = {
    "quad": False, "force_symmetry": False, "flatten_bottom": False, "flatten_bottom_threshold": 0.01,
    "texture_size": 4096, "texture_format": "JPEG", "pivot_to_center_bottom": False, "scale_factor": 1,
    "with_animation": True, "pack_uv": False, "bake": True, "part_names": None, "export_vertex_colors": False,
    "export_orientation": "+x", "fbx_preset": "blender", "animate_in_place": False, "face_limit": None,
}  # fmt: skip
_MOST_FACES, QUAD_USUAL, QUAD_FEWEST = 2_000_000, 10_000, 100


async def create(service: Service, request: Request, who: Who, body: dict[str, Any], raw: bytes, *, v3: bool) -> Entry:
    """A task of any type, queued; or Tripo's refusal, before anything runs."""
    kind = body.get("type")
    if kind == "convert_model":
        order, extra = await _convert(service, who, body)
    elif kind in ("image_to_model", "multiview_to_model"):
        order, extra = await _generate(service, who, body, v3=v3)
    elif kind in EDITS:
        order, extra = await _edit(service, who, body)
    elif kind == "import_model":
        order, extra = await _import(service, who, body)
    elif kind in NOT_HERE:
        raise TripoRefusal(2002, f"{kind}: no stage of this server does it", f"these work: {WORKING}")
    else:
        raise TripoRefusal(2002, f"task type {str(kind)[:60]!r} is unknown", f"these work: {WORKING}")
    try:
        return await run_in_threadpool(lambda: service.order(request, order, raw, tag=str(kind), extra=extra))
    except BadSetting as problem:
        raise TripoRefusal(1004, str(problem)) from None
    except Refusal as problem:
        if problem.status == 409:
            raise TripoRefusal(1004, str(problem), "use another Idempotency-Key", status=409) from None
        if problem.status == 402:
            raise TripoRefusal(2010, str(problem), "Tripo's API has no field for it; use /api/jobs") from None
        raise


async def _generate(service: Service, who: Who, body: dict[str, Any], *, v3: bool) -> tuple[Order, dict[str, Any]]:
    """One picture, or several by direction, to a textured GLB."""
    several = body["type"] == "multiview_to_model"
    version = body.get("model") if v3 else body.get("model_version")
    if v3 and not version:
        raise TripoRefusal(1004, "model must be given", "model: v3.1-20260211")
    wanted = read_parameters(body, version, several=several)
    if several:
        inputs = await _views(service, who, body.get("inputs" if v3 and "inputs" in body else "files"), v3=v3)
    elif v3 and "input" in body:
        inputs = {"front": await input_of(service, body["input"], who)}
    else:
        inputs = {"front": await file_of(service, body.get("file"), who)}
    order = Order("make", inputs, "model.glb", options=dict(wanted.options), plain=True)
    extra = {"type": body["type"], "textured": wanted.textured, "credits": wanted.credits}
    return order, {**extra, "input": _echo(body, wanted.ignored)}


async def _views(service: Service, who: Who, named: Any, *, v3: bool) -> dict[str, Source]:
    """Four places, front, left, back, right; empty ones are ``{}``, null or an empty text; or by their names."""
    if not isinstance(named, list):
        raise TripoRefusal(1004, "files must be a list: front, left, back, right")
    by_name = [each for each in named if isinstance(each, dict) and len(each) == 1 and next(iter(each)) in VIEWS]
    if by_name and len(by_name) == len(named):
        places = {name: value for each in named for name, value in each.items()}
    elif len(named) == len(VIEWS):
        places = dict(zip(VIEWS, named, strict=True))
    else:
        raise TripoRefusal(1004, f"files: {len(named)} entries; there must be four: front, left, back, right")
    full = {name: value for name, value in places.items() if value}
    if "front" not in full or len(full) < 2:
        raise TripoRefusal(1004, "files: the front and at least one other must be given")
    take = input_of if v3 else file_of
    return {name: await take(service, value, who) for name, value in full.items()}


async def _convert(service: Service, who: Who, body: dict[str, Any]) -> tuple[Order, dict[str, Any]]:
    """A finished task's model in another format, with what of the options our stages do."""
    source = await run_in_threadpool(
        finished_task, service, who, body.get("original_model_task_id") or body.get("input")
    )
    asked = {name: value for name, value in body.items() if value is not None}
    kind = str(asked.get("format", "")).upper()
    if kind not in FORMATS:
        raise TripoRefusal(1004, f"format {kind[:20]!r}: must be one of {', '.join(FORMATS)}")
    if asked.get("quad") and kind not in ("FBX", "USDZ"):
        raise TripoRefusal(1004, f"quad: {kind} has no quads", "convert to FBX, or leave quad out")
    if asked.get("force_symmetry"):
        raise TripoRefusal(1004, "force_symmetry: no stage of this server can do it", "leave force_symmetry out")
    steps, served = _convert_steps(asked)
    recipe = ""
    if steps:
        whole = {"recipe": "convert", "summary": "A model on its way to another format.", "inputs": ["asset"]}
        recipe = json.dumps({**whole, "steps": steps, "result": list(steps)[-1]}, indent=1)
    order = Order("recipe", {"asset": service.result_of(source)}, f"model{FORMATS[kind]}", recipe, plain=True)
    changed = {name for name, usual in _CONVERT_DEFAULTS.items() if name in asked and asked[name] != usual}
    ignored = sorted(changed - served - {"face_limit"})
    extra = {"type": "convert_model", "textured": kind in ("GLTF", "GLB", "OBJ"), "credits": 10 if changed else 5}
    return order, {**extra, "input": _echo(body, tuple(ignored))}


async def _edit(service: Service, who: Who, body: dict[str, Any]) -> tuple[Order, dict[str, Any]]:
    """A finished task's model through a few of our stages."""
    named = body.get("original_model_task_id") or body.get("draft_model_task_id") or body.get("input")
    source = await run_in_threadpool(finished_task, service, who, named)
    asked = {name: value for name, value in body.items() if value is not None}
    edit = await run_in_threadpool(read_edit, body["type"], asked, str(source.extra.get("type", "")))
    order = Order("recipe", {"asset": service.result_of(source)}, f"model{edit.ending}", edit.recipe, plain=True)
    known = {"type", "original_model_task_id", "input", "model", "model_version", *edit.served}
    extra = {"type": body["type"], "textured": True, "credits": edit.credits}
    return order, {**extra, "input": _echo(body, tuple(sorted(set(asked) - known)))}


async def _import(service: Service, who: Who, body: dict[str, Any]) -> tuple[Order, dict[str, Any]]:
    """A model of the user's own as a task, which others go on from."""
    source = await (
        input_of(service, body["input"], who) if "input" in body else file_of(service, body.get("file"), who)
    )
    head = (await run_in_threadpool(service.blobs.read, source.digest))[:512]
    if not kind_of(head):
        raise TripoRefusal(2004, "the file is no model", "send GLB, OBJ, FBX or STL")
    order = Order("recipe", {"asset": source}, "model.glb", plain=True)
    return order, {"type": "import_model", "textured": True, "credits": 0, "input": _echo(body, ())}


def _convert_steps(asked: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """The steps that the options ask for, and the options that they serve."""
    steps: dict[str, Any] = {}
    served: set[str] = set()

    def add(name: str, stage: str, option: str, settings: Mapping[str, Any]) -> None:
        steps[name] = {"stage": stage, "from": list(steps)[-1] if steps else "asset", "with": dict(settings)}
        served.add(option)

    limit = asked.get("face_limit")
    if asked.get("quad"):
        if line := registry()["quads"].stage.facts.line_to_get():
            raise Unavailable(f"convert_model: {line}")
        count = limit if isinstance(limit, int) and limit > 0 else QUAD_USUAL
        if not QUAD_FEWEST <= count <= QUAD_FACES:
            raise TripoRefusal(1004, f"face_limit = {count}: must be from {QUAD_FEWEST} to {QUAD_FACES} with quad")
        add("covered", "quads", "quad", {"count": count})
    elif isinstance(limit, int) and not isinstance(limit, bool) and limit > 0:
        if limit > _MOST_FACES:
            raise TripoRefusal(1004, f"face_limit = {limit}: must be from 4 to {_MOST_FACES}")
        add("lean", "simplify", "face_limit", {"max_faces": limit})
    if asked.get("flatten_bottom"):
        add("flat", "flatten-base", "flatten_bottom", {})
    if asked.get("pivot_to_center_bottom"):
        add("settled", "settle", "pivot_to_center_bottom", {"contact_share": 0})
    size = asked.get("texture_size")
    if isinstance(size, int) and not isinstance(size, bool) and size != _CONVERT_DEFAULTS["texture_size"]:
        add("fitted", "fit-textures", "texture_size", {"max_px": size})
    return steps, served


def finished_task(service: Service, who: Who, task: Any) -> Entry:
    """A task whose model another one takes: 2001 for none, 2007 until it has succeeded, 2006 without a model."""
    entry = task_of(service, who, str(task or ""))
    if entry.state != "success":
        raise TripoRefusal(2007, f"task {task} is {entry.state}", "wait until it has succeeded")
    if entry.output("value") is None and entry.output("main") is None:
        raise TripoRefusal(2006, f"task {task} has no model", "name a task that makes one")
    return entry


def task_of(service: Service, who: Who, task: str) -> Entry:
    """A task of this key; 2001 for any other."""
    try:
        return service.job(job_id(task), who)
    except Refusal:
        raise TripoRefusal(2001, "task not found", "check the id, and that the key is the one that made it") from None


def _echo(body: Mapping[str, Any], ignored: tuple[str, ...]) -> dict[str, Any]:
    """What was asked for, and which of it has no effect here."""
    plain = {name: value for name, value in body.items() if name != "type"}
    return {**plain, "ignored": list(ignored)} if ignored else plain
