"""``/api/stages``, ``/api/recipes``, ``/api/jobs``: what there is, and how it is set to work."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from functools import cache, partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.core.errors import BadInput, BadSetting
from maquette.core.profiles import Printer, Target
from maquette.faces.server.answers import Refusal, answer, not_here, read_json
from maquette.faces.server.guard import who_asks
from maquette.faces.server.keys import Who
from maquette.faces.server.service import Service
from maquette.flow.jobs import RECIPES, Destination, endings_for, job_options
from maquette.flow.judge import gating_checks
from maquette.flow.options import recipe_options
from maquette.flow.picker import pick_list
from maquette.flow.queue.entry import FINAL, STATES, Entry
from maquette.flow.queue.order import Order, Source
from maquette.flow.recipes.load import load_recipe, recipe_names, recipe_summaries
from maquette.flow.recipes.write import plain_recipe, turned_steps
from maquette.registry import Stage, registry, type_name

_BODY = {
    "stage": ("inputs", "settings", "output", "pay_usd"),
    "recipe": ("inputs", "knobs", "output", "pay_usd", "tag", "destination", "judged_by"),
}
_JOB = ("kind", "inputs", "options", "output", "destination", "recipe", "tag", "priority", "pay_usd", "judged_by")
WAIT_S = 60.0


def job_view(entry: Entry, base: str = "") -> dict[str, Any]:
    """A job as the API shows it."""
    href = f"{base}/api/jobs/{entry.id}"
    files = [{**each, "href": f"{base}/api/files/{each['digest']}/{each['name']}"} for each in entry.outputs]
    return {
        "id": entry.id,
        "state": entry.state,
        "progress": round(entry.progress, 4),
        "says": entry.message,
        "kind": entry.order.kind,
        "order": entry.order.as_dict(),
        "tag": entry.tag,
        "attempt": entry.attempt,
        "created": entry.created,
        "started": entry.started,
        "ended": entry.ended,
        "files": files,
        "error": dict(entry.error) if entry.error else None,
        "facts": dict(entry.facts),
        "href": href,
        "events": f"{href}/events",
    }


def stage_recipe(stage: Stage, settings: dict[str, Any]) -> str:
    """A recipe of one step."""
    if not stage.inputs:
        raise BadInput(f"{stage.name}: takes no file and so is no job; use the command line or Python")
    step = {"stage": stage.name, "from": list(stage.inputs), "with": settings}
    whole = {"recipe": "stage", "summary": stage.summary[:200] or stage.name, "inputs": list(stage.inputs)}
    return json.dumps({**whole, "steps": {"it": step}, "result": "it"}, indent=1)


def routes(service: Service) -> list[Route]:
    """What there is, and jobs."""
    return [*_offers(), *_orders(service), *_jobs(service)]


def _offers() -> list[Route]:
    """Lists of what there is; plain functions, so that loading all stages holds nobody else up."""

    def stages(request: Request) -> Response:
        who_asks(request, "read")
        return Response(_stages_text(), media_type="application/json")

    def recipes(request: Request) -> Response:
        who_asks(request, "read")
        return Response(_recipes_text(), media_type="application/json")

    def destinations(request: Request) -> Response:
        who_asks(request, "read")
        names: tuple[Destination, ...] = ("print", "model")
        rows = {
            name: {
                "options": [option.as_dict() for option in job_options(name)],
                "recipes": dict(RECIPES[name]),
                "endings": list(endings_for(name)),
                "profile": Printer.default().name if name == "print" else Target.default().name,
                "gates": [check.stage.name for check in gating_checks()] if name == "print" else [],
            }
            for name in names
        }
        return Response(json.dumps({"destinations": rows}, default=str), media_type="application/json")

    def profiles(request: Request) -> Response:
        who_asks(request, "read")
        kind = Printer if request.url.path.endswith("printers") else Target
        rows = {name: kind.named(name).as_dict() for name in kind.names()}
        return answer({request.url.path.rpartition("/")[2]: list(rows), "profiles": rows})

    def generators(request: Request) -> Response:
        who_asks(request, "read")
        return answer({"generators": [row.as_dict() for row in pick_list()]})

    return [
        Route("/api/stages", stages),
        Route("/api/recipes", recipes),
        Route("/api/destinations", destinations),
        Route("/api/generators", generators),
        Route("/api/printers", profiles),
        Route("/api/targets", profiles),
    ]


@cache
def _stages_text() -> bytes:
    """All stages as JSON, put together once: they do not change while we run."""
    known = registry()
    rows = [function.stage.as_dict() for function in known.values()]
    return bytes(answer({"stages": rows, "failures": dict(known.failures), "notices": dict(known.notices)}).body)


@cache
def _recipes_text() -> bytes:
    """All recipes as JSON, put together once."""
    summaries = recipe_summaries()
    rows = [
        {
            "name": name,
            "summary": summaries[name],
            "inputs": {each: type_name(kind) for each, kind in recipe.input_kinds().items()},
            "knobs": [option.as_dict() for option in recipe_options(recipe)],
            "steps": {step: node.stage for step, node in recipe.steps.items()},
            "form": plain_recipe(recipe),
            "turns": turned_steps(recipe),
        }
        for name, recipe in ((name, load_recipe(name)) for name in recipe_names())
    ]
    return json.dumps({"recipes": rows}, default=str).encode()


def _orders(service: Service) -> list[Route]:
    """The ways to order something."""

    async def run_stage(request: Request) -> Response:
        body, raw = await read_json(request)
        who = who_asks(request, "run")
        known = registry()
        name = request.path_params["name"]
        if name not in known:
            raise not_here("stage")
        _insist_on_fields(body, _BODY["stage"])
        stage = known[name].stage
        stage.call(body.get("settings", {}))  # refuses in the stage's own words
        text = stage_recipe(stage, body.get("settings", {}))
        return await _place(service, request, who, raw, body, recipe=text, options={})

    async def run_recipe(request: Request) -> Response:
        body, raw = await read_json(request)
        who = who_asks(request, "run")
        name, _, version = request.path_params["name"].partition("@")
        if re.fullmatch(r"[1-9][0-9]{0,8}", version):
            name = await run_in_threadpool(service.published.text, who.owner, name, int(version))
        elif version or name not in recipe_names():
            raise not_here("recipe")
        _insist_on_fields(body, _BODY["recipe"])
        options = body.get("knobs", {})
        return await _place(service, request, who, raw, body, recipe=name, options=options)

    async def run_job(request: Request) -> Response:
        body, raw = await read_json(request)
        who = who_asks(request, "run")
        _insist_on_fields(body, _JOB)
        text = str(body.get("recipe", ""))
        if text and "\n" not in text and text not in recipe_names():
            raise BadSetting(f"job: no recipe {text[:60]!r}; there are {', '.join(recipe_names())}, or send its text")
        return await _place(service, request, who, raw, body, recipe=text, options=body.get("options", {}))

    return [
        Route("/api/stages/{name}", run_stage, methods=["POST"]),
        Route("/api/recipes/{name}", run_recipe, methods=["POST"]),
        Route("/api/jobs", run_job, methods=["POST"]),
    ]


async def _place(
    service: Service, request: Request, who: Who, raw: bytes, body: dict[str, Any], *, recipe: str, options: Any
) -> Response:
    """Queue it; 202 at once, or the ended job where the caller prefers to wait and it ends in time."""
    named = body.get("inputs", {})
    if not isinstance(named, dict) or not isinstance(options, dict):
        raise BadInput("job: inputs and options are objects by name")
    inputs: dict[str, Source] = {name: await service.source(reference, who) for name, reference in named.items()}
    kind: Any = body.get("kind", "recipe" if recipe else "make")
    output = str(body.get("output", "model.glb" if kind == "make" else ""))
    judge = str(body.get("judged_by", ""))
    order = Order(kind, inputs, output, recipe, body.get("destination", "model"), options, judged_by=judge)
    order = replace(order, pay_usd=body.get("pay_usd", 0.0))
    priority = body.get("priority", 100)
    if not isinstance(priority, int) or not 0 <= priority <= 1000:
        raise BadSetting(f"job: priority {priority!r}; a whole number from 0, first, to 1000, last")
    more = {"tag": str(body.get("tag", ""))[:200], "priority": priority}
    entry = await run_in_threadpool(lambda: service.order(request, order, raw, **more))
    wait = re.search(r"\bwait=(\d{1,9})", request.headers.get("prefer", ""))
    if wait:
        entry = await wait_for_end(service, entry, who, min(float(wait[1]), WAIT_S))
    headers = {"Location": f"/api/jobs/{entry.id}"}
    return answer(job_view(entry), 200 if entry.is_final else 202, headers)


async def wait_for_end(service: Service, entry: Entry, who: Who, seconds: float) -> Entry:
    """The job once it ended, or as it is after so many seconds."""
    until = asyncio.get_running_loop().time() + seconds
    n = -1
    while not entry.is_final and (left := until - asyncio.get_running_loop().time()) > 0 and not service.news.closing:
        n = await service.news.after(n, left)
        entry = await run_in_threadpool(service.job, entry.id, who)
    return entry


def _jobs(service: Service) -> list[Route]:
    """Jobs: list, look, cancel, retry."""

    async def listed(request: Request) -> Response:
        who = who_asks(request, "read")
        query = request.query_params
        states = [state for state in query.get("state", "").split(",") if state]
        if not set(states) <= set(STATES):
            raise BadSetting(f"jobs: state {query['state'][:60]!r}; there are {', '.join(STATES)}")
        limit = int(query["limit"]) if re.fullmatch(r"[0-9]{1,9}", query.get("limit", "")) else 100
        tag, after = query.get("tag", ""), query.get("after", "")
        find = partial(service.ledger.listed, states=states, tag=tag, after=after, limit=min(limit, 500))
        rows = await run_in_threadpool(find, who.owner)
        return answer({"jobs": [job_view(row) for row in rows if who.sees(row.tag)]})

    async def one(request: Request) -> Response:
        who = who_asks(request, "read")
        entry = service.job(request.path_params["identity"], who)
        wait = request.query_params.get("wait", "")
        if re.fullmatch(r"[0-9]{1,9}", wait):
            entry = await wait_for_end(service, entry, who, min(float(wait), WAIT_S))
        return answer(job_view(entry))

    async def cancel(request: Request) -> Response:
        who = who_asks(request, "run")
        entry = await run_in_threadpool(service.job, request.path_params["identity"], who)
        return answer(job_view(await run_in_threadpool(service.queue.cancel, entry.id)), 202)

    async def retry(request: Request) -> Response:
        who = who_asks(request, "run")
        entry = await run_in_threadpool(service.job, request.path_params["identity"], who)
        if entry.state in FINAL[1:]:
            await run_in_threadpool(service.insist_on_order, entry, who)
        again = await run_in_threadpool(service.queue.retry, entry.id)
        if again is None:
            raise Refusal(
                409, f"job: it is {entry.state}; only {' and '.join(FINAL[1:])} ones run again", code="Conflict"
            )
        return answer(job_view(again), 202)

    return [
        Route("/api/jobs", listed),
        Route("/api/jobs/{identity}", one),
        Route("/api/jobs/{identity}", cancel, methods=["DELETE"]),
        Route("/api/jobs/{identity}/retry", retry, methods=["POST"]),
    ]


def _insist_on_fields(body: dict[str, Any], known: tuple[str, ...]) -> None:
    """A misspelt field is said, not ignored."""
    for name in body:
        if name not in known:
            raise BadSetting(f"job: no field {name[:60]!r}; there are {', '.join(known)}")
