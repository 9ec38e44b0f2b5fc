"""Tencent's ai3d 2025-05-13 as its SDK 3.1.192 speaks it: TC3 signatures, refusals with status 200."""

from __future__ import annotations

import hashlib
import hmac
import re
import time

from fakes.base_server import KEY, Fake, Reply, Request, as_json

CODES = {
    401: "AuthFailure.SecretIdNotFound", 402: "ResourceInsufficient", 429: "RequestLimitExceeded", 500: "InternalError",
}  # fmt: skip
STATES = {"waiting": "WAIT", "running": "RUN", "done": "DONE", "failed": "FAIL", "refused": "FAIL"}
ID = "AKIDidofatest"
WINDOW_S = 300


class FakeTencent(Fake):
    documented = "2026-11-20"
    keys = (ID, KEY)
    signed = True

    def authorized(self, request: Request) -> bool:
        """A signature made anew from the published recipe, over this body and this time."""
        stamp = int(request.headers["x-tc-timestamp"])
        said = re.search(
            r"Credential=(\w+)/([\d-]+)/ai3d/tc3_request.*SignedHeaders=([\w;-]+), Signature=(\w+)",
            request.headers["authorization"],
        )
        assert said, request.headers["authorization"]
        assert said[2] == time.strftime("%Y-%m-%d", time.gmtime(stamp))
        lines = "".join(f"{name}:{request.headers[name]}\n" for name in said[3].split(";"))
        whole = f"POST\n/\n\n{lines}\n{said[3]}\n{hashlib.sha256(request.body).hexdigest()}"
        text = f"TC3-HMAC-SHA256\n{stamp}\n{said[2]}/ai3d/tc3_request\n{hashlib.sha256(whole.encode()).hexdigest()}"
        key = f"TC3{KEY}".encode()
        for part in (said[2], "ai3d", "tc3_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return said[1] == ID and hmac.new(key, text.encode(), hashlib.sha256).hexdigest() == said[4]

    def is_order(self, request: Request) -> bool:
        return request.headers.get("x-tc-action") == "SubmitHunyuanTo3DProJob"

    def error(self, status: int, words: str) -> Reply:
        return envelope({"Error": {"Code": CODES[status], "Message": words}})

    def answer(self, request: Request) -> Reply:
        stamp = request.headers.get("x-tc-timestamp")
        if stamp and abs(int(stamp) - self.now) > WINDOW_S:
            self.requests.append(request)
            return envelope({"Error": {"Code": "AuthFailure.SignatureExpire", "Message": "expired"}})
        return super().answer(request)

    def route(self, request: Request) -> Reply:
        assert request.headers["x-tc-version"] == "2025-05-13"
        body = request.json
        if self.is_order(request):
            assert "Prompt" not in body
            assert 3_000 <= body["FaceCount"] <= 1_500_000
            assert len(body["ImageBase64"]) < 6_000_000
            return envelope({"JobId": self.new_task(body)})
        assert request.headers["x-tc-action"] == "QueryHunyuanTo3DProJob"
        state, _ = self.progress(body["JobId"])
        view: dict[str, object] = {"Status": STATES[state], "ErrorCode": "", "ErrorMessage": "", "ResultFile3Ds": []}
        if state == "done":
            view["ResultFile3Ds"] = [
                {"Type": "OBJ", "Url": self.link("m.zip")}, {"Type": "GLB", "Url": self.link(), "PreviewImageUrl": "p"},
            ]  # fmt: skip
        if state == "refused":
            view |= {"ErrorCode": "OperationDenied.ImageIllegal", "ErrorMessage": "not this picture"}
        if state == "failed":
            view |= {"ErrorCode": "FailedOperation.InnerError", "ErrorMessage": "inner error"}
        return envelope(view)


def envelope(response: dict[str, object]) -> Reply:
    return as_json({"Response": {**response, "RequestId": "trace-3"}})
