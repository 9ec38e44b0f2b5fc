"""Answers: JSON, and the errors of the house with their HTTP status."""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from maquette.core.errors import MaquetteError


class Refusal(Exception):
    """An answer that the face itself gives: no such thing, not allowed, too often."""

    def __init__(self, status: int, message: str, *, code: str = "Refused", retry_s: float = 0.0) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_s = status, code, retry_s

    @property
    def headers(self) -> dict[str, str]:
        """When to come again, where that helps."""
        return {"Retry-After": str(math.ceil(self.retry_s))} if self.retry_s else {}


def not_here(what: str) -> Refusal:
    """404, for what does not exist and for what is another's alike."""
    return Refusal(404, f"{what}: there is no such thing here", code="NotFound")


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON."""
    return JSONResponse(data, status, headers)


def refuse(problem: Exception) -> Response:
    """An error as the API says it."""
    if isinstance(problem, Refusal):
        body = {"error": problem.code, "message": str(problem)}
        return JSONResponse(body, problem.status, problem.headers)
    if isinstance(problem, MaquetteError):
        return JSONResponse({"error": type(problem).__name__, "message": str(problem)}, problem.http_status)
    return JSONResponse({"error": "Bug", "message": "an error of ours; the log has its trace"}, 500)


async def read_json(request: Request) -> tuple[dict[str, Any], bytes]:
    """The body as an object, and its bytes; 400 for anything else."""
    raw = await request.body()
    try:
        data = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is no JSON; send an object", code="Malformed") from None
    if not isinstance(data, dict):
        raise Refusal(400, "the body is no JSON object; send {…}", code="Malformed")
    return data, raw
