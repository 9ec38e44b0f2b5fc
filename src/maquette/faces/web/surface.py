"""The workbench as one more surface of the server."""

from __future__ import annotations

import re
from html import escape

from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute

from maquette.faces.server.answers import refuse
from maquette.faces.server.service import Service
from maquette.faces.server.surfaces import Surface
from maquette.faces.web.bake import bake_routes
from maquette.faces.web.compare import compare_routes
from maquette.faces.web.examples import example_routes
from maquette.faces.web.hand_off import hand_off_routes
from maquette.faces.web.layers import layer_routes
from maquette.faces.web.likeness import likeness_routes
from maquette.faces.web.makeup import makeup_routes
from maquette.faces.web.pages import POLICY, page_routes
from maquette.faces.web.project import project_routes, publish_routes
from maquette.faces.web.share import share_routes
from maquette.faces.web.views import view_routes

_OURS = re.compile(r"/((m|batch|bake|scene|form|site|s)/.*)?")


def routes(service: Service) -> list[BaseRoute]:
    """Pages, and views of jobs."""
    parts = (
        *(view_routes, likeness_routes, makeup_routes, compare_routes, layer_routes, hand_off_routes, example_routes),
        *(share_routes, bake_routes, project_routes, publish_routes),
    )
    return [*page_routes(), *(route for part in parts for route in part(service))]


def is_ours(path: str) -> bool:
    """Whether a person's browser asks for it, not a program."""
    return _OURS.fullmatch(path) is not None


def refuse_page(path: str, problem: Exception, trace: str) -> Response:
    """A problem as a page that a person can read."""
    plain = refuse(problem)
    if path.startswith("/site/"):
        return plain
    head = (
        '<!doctype html><meta charset=utf-8><title>Maquette</title><link rel="stylesheet" href="/site/look/base.css">'
    )
    words = escape(str(problem)) if plain.status_code < 500 else "an error of ours; the log has its trace"
    text = f'{head}<main class="plain-page"><h1>Maquette</h1><p>{words}</p><a href="/">To the workbench</a></main>'
    return HTMLResponse(text, plain.status_code, {"Content-Security-Policy": POLICY})


WEB = Surface(routes, is_ours, refuse_page)
