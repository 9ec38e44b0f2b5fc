"""Tripo's v3 API as its published clients read it (tripo3d 1.0.0, tripo-js-sdk)."""

from __future__ import annotations

from fakes.base_server import Fake, Reply, Request, as_json

CODES = {401: 1002, 402: 2010, 429: 2000, 500: 1001}
STATES = {"waiting": "queued", "running": "running", "done": "success", "failed": "failed", "refused": "failed"}


class FakeTripo(Fake):
    documented = "2026-11-20"

    def is_order(self, request: Request) -> bool:
        areas = ("/v3/generation/", "/v3/models/", "/v3/mesh/", "/v3/animations/")
        return request.path.startswith(areas)

    def error(self, status: int, words: str) -> Reply:
        body = {
            "code": CODES[status],
            "status": "error",
            "message": words,
            "suggestion": "see the docs",
            "request_id": "r",
        }
        return as_json(body, 403 if status == 402 else status, **{"X-Tripo-Trace-ID": "trace-77"})

    def route(self, request: Request) -> Reply:
        if request.path == "/v3/files":
            assert request.form["file"][0].startswith(b"\x89PNG")
            self.uploads += 1
            return ok({"file_token": f"file_{self.uploads}"})
        if self.is_order(request):
            body = request.json
            assert "face_limit" not in body or body["face_limit"] > 0
            assert body.get("model") or not request.path.startswith("/v3/generation/")
            body["at"] = request.path
            return ok({"task_id": self.new_task(body), "type": "image_to_model", "status": "queued"})
        if request.path == "/v3/account/balance":
            return ok({"balance": 123.5, "frozen": 1.0})
        task = request.path.removeprefix("/v3/tasks/")
        state, percent = self.progress(task)
        data = {"task_id": task, "type": "image_to_model", "status": STATES[state], "progress": percent, "output": {}}
        data["created_at"] = "2026-11-30T03:00:00Z"
        if state == "done":
            data["output"] = {"model_url": self.link(), "rendered_image_url": f"{self.url}/files/x.webp"}
        if state == "refused":
            data |= {"error_code": 2008, "error_message": "content policy"}
        if state == "failed":
            data |= {"error_code": 1001, "error_message": "fatal server error"}
        return ok(data)


def ok(data: object) -> Reply:
    return as_json({"code": 0, "status": "success", "data": data}, **{"X-Tripo-Trace-ID": "trace-77"})
