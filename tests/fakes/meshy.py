"""Meshy's REST API as its agent's reference and docs.meshy.ai describe it."""

from __future__ import annotations

from fakes.base_server import Fake, Reply, Request, as_json

STATES = {"waiting": "PENDING", "running": "IN_PROGRESS", "done": "SUCCEEDED", "failed": "FAILED", "refused": "FAILED"}
PLACES = ("/openapi/v1/image-to-3d", "/openapi/v1/multi-image-to-3d")


class FakeMeshy(Fake):
    documented = "2026-11-20"

    def is_order(self, request: Request) -> bool:
        return request.method == "POST" and request.path in PLACES

    def route(self, request: Request) -> Reply:
        if self.is_order(request):
            body = request.json
            pictures = body.get("image_urls") or [body["image_url"]]
            assert 1 <= len(pictures) <= 4
            assert all(picture.startswith("data:image/png;base64,") for picture in pictures)
            assert 100 <= body.get("target_polycount", 30000) <= 300_000
            return as_json({"result": self.new_task(body)}, 202)
        task = request.path.rpartition("/")[2]
        assert request.path.rpartition("/")[0] in PLACES
        if request.method == "DELETE":
            self.cancelled.append(task)
            return Reply(200)
        state, percent = self.progress(task)
        view = {"id": task, "type": "image-to-3d", "status": STATES[state], "progress": percent, "model_urls": {}}
        view["task_error"] = {"message": ""}
        if state == "done":
            view["model_urls"] = {"glb": self.link(), "fbx": "", "usdz": f"{self.url}/files/none.usdz"}
        if state == "refused":
            view["task_error"] = {"message": "Blocked by our moderation."}
        if state == "failed":
            view["task_error"] = {"message": "Internal failure."}
        return as_json(view)
