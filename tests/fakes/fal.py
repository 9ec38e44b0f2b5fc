"""fal's queue as fal_client 1.0.3 and its model pages describe it: completed is not success."""

from __future__ import annotations

from fakes.base_server import KEY, Fake, Reply, Request, as_json

FILES = {"trellis-2": "model_glb", "trellis": "model_mesh", "hunyuan3d-v21": "model_glb_pbr"}


class FakeFal(Fake):
    documented = "2026-11-20"

    def authorized(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Key {KEY}"

    def is_order(self, request: Request) -> bool:
        return request.method == "POST"

    def error(self, status: int, words: str) -> Reply:
        return as_json({"detail": words, "error_type": "trouble"}, status, **{"X-Fal-Request-Id": "trace-9"})

    def route(self, request: Request) -> Reply:
        if request.method == "POST":
            body = request.json
            pictures = body.get("image_urls") or [body.get("image_url") or body["input_image_url"]]
            assert all(picture.startswith("data:image/png;base64,") for picture in pictures)
            task = self.new_task({"endpoint": request.path, **body})
            app = "/".join(request.path.split("/")[:3])  # owner and name, without what follows
            base = f"{self.url}{app}/requests/{task}"
            return as_json(
                {
                    "request_id": task,
                    "status_url": f"{base}/status",
                    "response_url": base,
                    "cancel_url": f"{base}/cancel",
                }
            )
        parts = request.path.strip("/").split("/")
        assert parts[2] == "requests"
        task, app = parts[3], parts[1]
        if request.method == "PUT":
            self.cancelled.append(task)
            return as_json({"status": "CANCELLATION_REQUESTED"}, 202)
        if parts[-1] == "status":
            state, _ = self.progress(task)
            if state == "waiting":
                return as_json({"status": "IN_QUEUE", "queue_position": 2})
            if state == "running":
                return as_json({"status": "IN_PROGRESS", "logs": [{"message": "sampling"}]}, 202)
            return as_json({"status": "COMPLETED", "logs": [], "metrics": {}})
        if self.mode == "refusal":
            detail = [{"loc": ["body", "image_url"], "msg": "flagged", "type": "content_policy_violation"}]
            return as_json({"detail": detail}, 422)
        if self.mode == "failure":
            return as_json({"detail": [{"loc": ["body"], "msg": "no object seen", "type": "generation_failed"}]}, 422)
        return as_json(self.result(app))

    def result(self, app: str) -> dict[str, object]:
        file = {
            "url": self.link(),
            "content_type": "model/gltf-binary",
            "file_name": "m.glb",
            "file_size": len(self.file),
        }
        return {FILES.get(app, "model_glb"): file, "timings": {}}
