"""Segmind's asynchronous door as segmind 1.3.0 reads it: a failed job answers 422 with a body, 406 is the account."""

from __future__ import annotations

from fakes.base_server import KEY, Fake, Reply, Request, as_json

STATES = {"waiting": "QUEUED", "running": "PROCESSING", "done": "COMPLETED", "failed": "FAILED", "refused": "FAILED"}


class FakeSegmind(Fake):
    documented = "2026-11-20"

    def authorized(self, request: Request) -> bool:
        return request.headers.get("x-api-key") == KEY

    def is_order(self, request: Request) -> bool:
        return request.method == "POST" and request.path.startswith("/v2/")

    def error(self, status: int, words: str) -> Reply:
        return as_json({"error": words}, 406 if status == 402 else status)

    def route(self, request: Request) -> Reply:
        if self.is_order(request):
            task = self.new_task(request.json)
            return as_json({"request_id": task, "status_url": "x", "response_url": "y"})
        parts = request.path.strip("/").split("/")
        assert parts[:2] == ["v2", "requests"]
        if parts[-1] != "status":
            return as_json({"status": "COMPLETED", "output": [self.link()], "metrics": {}})
        state, _ = self.progress(parts[2])
        words = {"refused": "content policy", "failed": "worker died"}.get(state)
        view = {"status": STATES[state], **({"error": words} if words else {})}
        return as_json(view, 422 if STATES[state] == "FAILED" else 200)
