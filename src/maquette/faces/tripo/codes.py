"""Tripo's error codes, with their HTTP status, and ours in their words."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from maquette.core.errors import BadInput, BadSetting, MaquetteError, Unavailable
from maquette.faces.server.answers import Refusal

STATUS = {
    1000: 500, 1001: 500, 1002: 401, 1003: 400, 1004: 400, 1005: 403, 1007: 429,
    2000: 429, 2001: 404, 2002: 400, 2003: 400, 2004: 400, 2006: 400, 2007: 400, 2008: 400,
    2010: 403, 2015: 400, 2016: 400, 2017: 400, 2019: 404, 4001: 404, 9404: 404,
}  # fmt: skip
_BY_STATUS = {400: 1003, 401: 1002, 403: 1005, 405: 1003, 408: 1003, 413: 2004, 415: 1003, 421: 1005, 429: 1007}


class TripoRefusal(Exception):
    """One of Tripo's errors."""

    def __init__(self, code: int, message: str, suggestion: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.code, self.suggestion, self.status = code, suggestion, status or STATUS[code]


def as_refusal(problem: Exception, is_v3: bool) -> TripoRefusal:
    """Any problem as one of Tripo's; a message of ours is cut at its advice, which becomes the suggestion."""
    if isinstance(problem, TripoRefusal):
        return problem
    message, _, suggestion = str(problem).partition("; ")
    if isinstance(problem, Refusal):
        if problem.status == 404:
            return TripoRefusal(4001 if is_v3 else 9404, "no such route", "see the API's documentation")
        code = 2000 if problem.code == "TooMany" else _BY_STATUS.get(problem.status, 1004)
        return TripoRefusal(code, message, suggestion, problem.status)
    if isinstance(problem, BadInput | BadSetting):
        return TripoRefusal(1004, message, suggestion)
    if isinstance(problem, Unavailable):
        return TripoRefusal(1000, message, suggestion, 503)
    if isinstance(problem, MaquetteError):
        return TripoRefusal(1004, message, suggestion)
    return TripoRefusal(1001, "an error of ours", "the server's log has its trace")


def refusal_response(problem: Exception, is_v3: bool, trace: str) -> Response:
    """The answer."""
    said = as_refusal(problem, is_v3)
    body: dict[str, Any] = {"code": said.code, "message": str(said), "suggestion": said.suggestion}
    if is_v3:
        body |= {"status": "error", "request_id": trace}
    headers = problem.headers if isinstance(problem, Refusal) else {}
    return JSONResponse(body, said.status, headers)
