"""Who a browser comes as: with a key, as a guest of one thing, or as this machine's own user; and links for guests."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from maquette.core.errors import BadSetting
from maquette.faces.server.answers import Refusal, answer, not_here, read_json
from maquette.faces.server.guard import PASS, who_asks
from maquette.faces.server.service import Service

RIGHTS = {"look": "read", "work": "read,run"}
STAYS_S = 30 * 86400


def share_routes(service: Service) -> list[Route]:
    """Who asks, coming and going with a key, and links to one thing for somebody else."""

    def me(request: Request) -> Response:
        who = who_asks(request, "read")
        return answer({"scopes": sorted(who.scopes), "only": who.only, "keys": service.settings.needs_keys})

    async def come(request: Request) -> Response:
        body, _ = await read_json(request)
        key = str(body.get("key", "")).strip()
        if service.keys.holder(key) is None:
            raise Refusal(401, "this is no key of this server; maquette key NAME makes one", code="Unauthorized")
        return _carry(service, answer({"ok": True}), key)

    async def leave(_: Request) -> Response:
        response = answer({"ok": True})
        response.delete_cookie(PASS, path="/")
        return response

    async def share(request: Request) -> Response:
        who = who_asks(request, "run")
        body, _ = await read_json(request)
        if who.only:
            raise Refusal(403, "a guest cannot invite others", code="Forbidden")
        if body.get("may") not in RIGHTS:
            raise BadSetting(f"share: may is {' or '.join(RIGHTS)}, not {str(body.get('may'))[:40]!r}")
        entry = service.job(str(body.get("job", "")), who)
        if not entry.tag or entry.extra.get("type"):
            raise BadSetting("share: this job has no thing of its own; order it with a tag, and share that job")
        token = service.guests.issue(who, entry.tag, RIGHTS[body["may"]])
        return answer({"href": f"{service.settings.base}/s/{token}/{entry.id}"}, 201)

    def enter(request: Request) -> Response:
        token = request.path_params["token"]
        if service.guests.holder(token) is None:
            raise not_here("link")
        response = RedirectResponse(f"/m/{request.path_params['job']}", 303)
        return _carry(service, response, token)

    return [
        Route("/api/me", me),
        Route("/api/session", come, methods=["POST"]),
        Route("/api/session", leave, methods=["DELETE"]),
        Route("/api/share", share, methods=["POST"]),
        Route("/s/{token}/{job}", enter),
    ]


def _carry(service: Service, response: Response, value: str) -> Response:
    """The answer, and what the browser shows from now on; no script can read it, no other site can use it."""
    secure = service.settings.base.startswith("https")
    response.set_cookie(PASS, value, max_age=STAYS_S, httponly=True, samesite="strict", secure=secure)
    return response
