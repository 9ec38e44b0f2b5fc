"""Projects that move between machines, and recipes that are published: as a route, and as a form."""

from __future__ import annotations

import re
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maquette.core.errors import BadInput
from maquette.faces.server.answers import answer, not_here, read_json
from maquette.faces.server.guard import who_asks
from maquette.faces.server.service import Service
from maquette.flow.options import recipe_options
from maquette.flow.queue.project import pack_project, unpack_project
from maquette.flow.recipes.load import load_recipe
from maquette.registry import type_name

ENDING = ".maquette"


def project_routes(service: Service) -> list[Route]:
    """A thing with all its versions as one file, and back."""

    def pack(request: Request) -> Response:
        who = who_asks(request, "read")
        tag = request.path_params["tag"]
        if not who.sees(tag):
            raise not_here("project")
        data = pack_project(service.workshop, tag, who.owner)
        name = re.sub(r"[^\w-]", "-", tag) + ENDING
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type="application/zip", headers=headers)

    async def unpack(request: Request) -> Response:
        who = who_asks(request, "run")
        body, _ = await read_json(request)
        source = await service.source(str(body.get("digest", "")), who)
        if who.only:
            raise not_here("project")
        data = await run_in_threadpool(service.blobs.read, source.digest)
        room = partial(service.insist_on_room, who)
        tag, identities = await run_in_threadpool(unpack_project, service.workshop, data, who.owner, room)
        return answer({"tag": tag, "jobs": identities}, 201)

    return [Route("/api/projects/{tag}", pack), Route("/api/projects", unpack, methods=["POST"])]


def publish_routes(service: Service) -> list[Route]:
    """Recipes under a name and a version."""

    async def publish(request: Request) -> Response:
        who = who_asks(request, "run")
        body, _ = await read_json(request)
        if who.only:
            raise not_here("recipe")
        name, text = str(body.get("name", "")), str(body.get("text", ""))
        version = await run_in_threadpool(service.published.add, who.owner, name, text)
        whole = f"{name}@{version}"
        return answer(
            {"name": name, "version": version, "href": f"/api/recipes/{whole}", "form": f"/form/{whole}"}, 201
        )

    def names(request: Request) -> Response:
        who = who_asks(request, "read")
        published = [] if who.only and not who.may("run") else service.published.names(who.owner)
        rows = [{"name": name, "version": version} for name, version in published]
        return answer({"published": rows})

    def one(request: Request) -> Response:
        who = who_asks(request, "read")
        if who.only and not who.may("run"):
            raise not_here("recipe")
        name, _, version = request.path_params["name"].partition("@")
        if not re.fullmatch(r"[1-9][0-9]{0,8}", version):
            raise BadInput(f"recipe: {name[:40]!r} is asked for by name@version")
        recipe = load_recipe(service.published.text(who.owner, name, int(version)))
        inputs = {each: type_name(kind) for each, kind in recipe.input_kinds().items()}
        knobs = [option.as_dict() for option in recipe_options(recipe) if option.name in recipe.knobs]
        row = {"name": name, "version": int(version), "summary": recipe.summary, "inputs": inputs, "knobs": knobs}
        return answer(row)

    base = "/api/published"
    return [Route(base, publish, methods=["POST"]), Route(base, names), Route(f"{base}/{{name}}", one)]
