"""Replicate's API as its OpenAPI document describes it: RFC 7807 errors, output gone after an hour."""

from __future__ import annotations

import re

from fakes.base_server import Fake, Reply, Request, as_json

STATES = {"waiting": "starting", "running": "processing", "done": "succeeded", "failed": "failed", "refused": "failed"}


class FakeReplicate(Fake):
    documented = "2026-11-20"

    def is_order(self, request: Request) -> bool:
        return (
            request.method == "POST"
            and re.fullmatch(r"/v1/models/[\w.-]+/[\w.-]+/predictions", request.path) is not None
        )

    def error(self, status: int, words: str) -> Reply:
        return as_json({"title": "Trouble", "detail": words, "status": status, "type": "about:blank"}, status)

    def route(self, request: Request) -> Reply:
        if request.path == "/v1/files":
            self.uploads += 1
            assert request.form["content"][0].startswith(b"\x89PNG")
            return as_json({"id": "f", "urls": {"get": f"{self.url}/v1/files/f"}}, 201)
        if self.is_order(request):
            body = request.json["input"]
            if "trellis" in request.path:
                assert body["generate_model"] is True
            task = self.new_task({"model": request.path, **body})
            return as_json(
                {"id": task, "status": "starting", "urls": {"get": f"{self.url}/v1/predictions/{task}"}}, 201
            )
        if request.path.endswith("/cancel"):
            self.cancelled.append(request.path.split("/")[-2])
            return as_json({"status": "canceled"})
        task = request.path.rpartition("/")[2]
        state, _ = self.progress(task)
        view = {"id": task, "status": STATES[state], "output": None, "error": None, "logs": "step 1\nstep 2"}
        if state == "done":
            view["output"] = self.output()
        if state == "refused":
            view["error"] = "NSFW content detected"
        if state == "failed":
            view["error"] = "CUDA out of memory"
        return as_json(view)

    def output(self) -> object:
        return {"model_file": self.link(), "color_video": None, "gaussian_ply": None}
