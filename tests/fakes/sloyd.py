"""Sloyd's jobs API as its own ComfyUI nodes speak it."""

from __future__ import annotations

from fakes.base_server import KEY, Fake, Reply, Request, as_json

STATES = {"waiting": "queued", "running": "processing", "done": "completed", "failed": "error", "refused": "failed"}
ID = "sok_live_of_a_test"


class FakeSloyd(Fake):
    documented = "2026-11-20"
    keys = (ID, KEY)

    def authorized(self, request: Request) -> bool:
        return (request.headers.get("x-client-id"), request.headers.get("x-client-secret")) == (ID, KEY)

    def is_order(self, request: Request) -> bool:
        return request.method == "POST" and request.path.startswith("/jobs/")

    def error(self, status: int, words: str) -> Reply:
        more = {"required": 10, "available": 2} if status == 402 else {}
        return as_json({"message": words, **more}, status)

    def route(self, request: Request) -> Reply:
        if self.is_order(request):
            form = request.form
            several = request.path == "/jobs/multi-image-to-3d"
            assert form["frontImage" if several else "file"][0].startswith(b"\x89PNG")
            return as_json(
                {"jobId": self.new_task({name: values[-1].decode("latin-1") for name, values in form.items()})}
            )
        task = request.path.rpartition("/")[2]
        state, _ = self.progress(task)
        words = {"refused": "content policy", "failed": "out of memory"}.get(state)
        more = {"errorMessage": words} if words else {"modelUrl": self.link()} if state == "done" else {}
        return as_json({"jobId": task, "status": STATES[state], **more})
