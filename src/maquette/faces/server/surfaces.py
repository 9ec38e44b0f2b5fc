"""Surface: routes of somebody else's API over the same jobs, with its own words for what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import BaseRoute

from maquette.faces.server.service import Service


@dataclass(frozen=True)
class Surface:
    """Its routes, the paths that are its own, and a problem there as an answer (path, problem, trace)."""

    routes: Callable[[Service], Sequence[BaseRoute]]
    is_ours: Callable[[str], bool]
    refuse: Callable[[str, Exception, str], Response]
