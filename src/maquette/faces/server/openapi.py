"""The OpenAPI 3.1 document, read from the registry: nothing in it is typed twice."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from maquette.flow.recipes.load import recipe_names, recipe_summaries
from maquette.registry import Stage, registry, type_name

_REFUSALS = {
    "400": "the body is malformed",
    "401": "the key is missing or wrong",
    "404": "there is no such thing here",
    "409": "this cannot be done",
    "422": "an input or a setting is refused; the message says why and what to do",
    "429": "too often; Retry-After says when to come again",
    "503": "something is missing on the server; the message is the line that gets it",
}
_PAY = {
    "pay_usd": {"type": "number", "minimum": 0, "description": "the most that providers may cost in it, US dollars"}
}
_REFERENCE = {
    "description": "a file's digest, or an object with one of digest, url, job",
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("digest", "url", "job", "name")},
        },
    ],
}


def document(base: str) -> dict[str, Any]:
    """The whole document."""
    schemas: dict[str, Any] = {"Reference": _REFERENCE, "Job": _JOB, "Refusal": _REFUSAL}
    paths = {**_fixed_paths()}
    for function in registry().values():
        if function.stage.inputs:
            paths[f"/api/stages/{function.stage.name}"] = {"post": _stage_call(function.stage, schemas)}
    summaries = recipe_summaries()
    for name in recipe_names():
        body = _body({"inputs": _inputs(None), "knobs": {"type": "object"}, "output": {"type": "string"}, **_PAY})
        paths[f"/api/recipes/{name}"] = {"post": _operation(f"recipe-{name}", summaries[name], body)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Maquette", "version": version("maquette"), "license": {"name": "Apache-2.0"}},
        "servers": [{"url": base}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "tsk_…"}},
        },
    }


def _stage_call(stage: Stage, schemas: dict[str, Any]) -> dict[str, Any]:
    """A stage as an operation; what its settings refer to goes among the schemas under the stage's name."""
    prefix = stage.name.replace("-", "_")
    schema = stage.model.model_json_schema(ref_template=f"#/components/schemas/{prefix}.{{model}}")
    for name, inner in schema.pop("$defs", {}).items():
        schemas[f"{prefix}.{name}"] = inner
    body = _body({"inputs": _inputs(stage), "settings": schema, "output": {"type": "string"}, **_PAY})
    return _operation(f"stage-{stage.name}", stage.summary, body, stage.documentation)


def _inputs(stage: Stage | None) -> dict[str, Any]:
    """What flows in, by name."""
    if stage is None:
        return {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Reference"}}
    named = {
        name: {"$ref": "#/components/schemas/Reference", "description": type_name(kind)}
        for name, kind in stage.inputs.items()
    }
    return {"type": "object", "properties": named, "required": list(named), "additionalProperties": False}


def _body(properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": ["inputs"], "additionalProperties": False}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _operation(identity: str, summary: str, body: dict[str, Any] | None = None, text: str = "") -> dict[str, Any]:
    """An operation that gives a job."""
    operation: dict[str, Any] = {"operationId": identity, "summary": summary, "responses": _responses("202", "a job")}
    if text:
        operation["description"] = text
    if body:
        operation["requestBody"] = body
    return operation


def _responses(status: str, words: str, schema: str = "Job") -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    refusals = {code: {"description": said, "content": refusal} for code, said in _REFUSALS.items()}
    return {status: {"description": words, "content": content}, **refusals}


def _fixed_paths() -> dict[str, Any]:
    """The routes that no registry names."""
    identity = {"name": "identity", "in": "path", "required": True, "schema": {"type": "string"}}
    digest = {**identity, "name": "digest"}
    raw = {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}
    plain = {"200": {"description": "JSON", "content": {"application/json": {"schema": {"type": "object"}}}}}
    job = {
        "kind": {"enum": ["make", "recipe"]},
        "inputs": _inputs(None),
        "options": {"type": "object"},
        "output": {"type": "string"},
        "destination": {"enum": ["print", "model"]},
        "recipe": {"type": "string"},
        "judged_by": {"type": "string", "description": "for a recipe: the printer or target that judges its model"},
        "tag": {"type": "string"},
        "priority": {"type": "integer", "minimum": 0, "maximum": 1000},
        **_PAY,
    }
    lists = {
        f"/api/{name}": {"get": {"operationId": f"list-{name}", "summary": f"List {name}.", "responses": plain}}
        for name in ("stages", "recipes", "destinations", "generators", "printers", "targets")
    }
    one = {"operationId": "get-job", "summary": "Look at a job.", "responses": _responses("200", "the job")}
    stop = {"operationId": "cancel-job", "summary": "Cancel a job.", "responses": _responses("202", "the job")}
    again = {
        "operationId": "retry-job",
        "summary": "Run a failed job again.",
        "responses": _responses("202", "the job"),
    }
    events = {"200": {"description": "server-sent events", "content": {"text/event-stream": {}}}}
    return {
        **lists,
        "/api/files": {
            "post": {**_operation("upload", "Upload a file.", raw), "responses": {**plain, "201": plain["200"]}}
        },
        "/api/files/{digest}": {
            "parameters": [digest],
            "get": {
                "operationId": "download",
                "summary": "Download a file.",
                "responses": {"200": {"description": "it"}},
            },
        },
        "/api/jobs": {
            "get": {"operationId": "list-jobs", "summary": "List jobs, newest first.", "responses": plain},
            "post": _operation("order", "Make a photo into a model, or run a recipe.", _body(job)),
        },
        "/api/jobs/{identity}": {"parameters": [identity], "get": one, "delete": stop},
        "/api/jobs/{identity}/retry": {"parameters": [identity], "post": again},
        "/api/jobs/{identity}/events": {
            "parameters": [identity],
            "get": {"operationId": "events", "summary": "Follow a job.", "responses": events},
        },
        "/health": {"get": {"operationId": "health", "summary": "Is it well?", "security": [], "responses": plain}},
    }


_JOB: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "state": {"enum": ["queued", "running", "success", "failed", "cancelled"]},
        "progress": {"type": "number"},
        "says": {"type": "string"},
        "files": {"type": "array", "items": {"type": "object"}},
        "error": {"type": ["object", "null"]},
        "href": {"type": "string"},
    },
    "required": ["id", "state", "progress", "files"],
}
_REFUSAL: dict[str, Any] = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
    "required": ["error", "message"],
}
