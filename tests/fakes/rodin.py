"""Rodin's API v2 as developer.hyper3d.ai and its own skills describe it: a word in ``error`` comes with 2xx as well."""

from __future__ import annotations

from fakes.base_server import Fake, Reply, Request, as_json

STATES = {"waiting": "Waiting", "running": "Generating", "done": "Done", "failed": "Failed"}
WORDS = {401: "AUTH_FAILED", 402: "INSUFFICIENT_FUND", 429: "TOO_MANY_REQUESTS", 500: "INTERNAL"}


class FakeRodin(Fake):
    documented = "2026-11-20"
    refuses_at_once = True

    def is_order(self, request: Request) -> bool:
        return request.path == "/rodin"

    def error(self, status: int, words: str) -> Reply:
        return as_json({"error": WORDS[status], "message": words}, 201 if status == 402 else status)

    def route(self, request: Request) -> Reply:
        if request.path == "/rodin":
            form = request.form
            assert 1 <= len(form["images"]) <= 5
            assert 0 <= int(form["seed"][0]) <= 65535
            if self.mode == "refusal":
                return as_json({"error": "SENSITIVE_CONTENT", "message": "not this picture"}, 201)
            named = {name: [value.decode("latin-1") for value in values] for name, values in form.items()}
            task = self.new_task(named)
            jobs = {"uuids": [f"{task}-a", f"{task}-b"], "subscription_key": f"sub-{task}"}
            return as_json({"error": "OK", "message": "Submitted.", "uuid": task, "jobs": jobs}, 201)
        if request.path == "/status":
            task = request.json["subscription_key"].removeprefix("sub-")
            state, _ = self.progress(task)
            other = "Done" if state in ("running", "done") else STATES[state]
            return as_json({"jobs": [{"uuid": "a", "status": other}, {"uuid": "b", "status": STATES[state]}]}, 201)
        assert request.path == "/download"
        assert not request.json["task_uuid"].startswith("sub-")
        files = [{"url": self.link("preview.webp"), "name": "preview.webp"}]
        self.looks["listing"] = self.looks.get("listing", 0) + 1
        if self.looks["listing"] > 1:  # asked early, the list is not whole
            files.append({"url": self.link(), "name": "base_basic_pbr.glb"})
        return as_json({"list": files}, 201)
