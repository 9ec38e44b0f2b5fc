"""Endpoints that draw: fal, Replicate, Stability, OpenAI's shape, from general knowledge (2026-11-30), not read off."""

from __future__ import annotations

import base64

import numpy as np

from fakes.base_server import KEY, Fake, Reply, Request, as_json
from fakes.fal import FakeFal
from fakes.replicate import FakeReplicate
from fakes.stability import FakeStability
from samples import png

PICTURE = png(np.full((24, 24, 3), 200, np.uint8))


class Draws:
    """What all four have in common: the file is a picture, orders are words."""

    def __init__(self, mode: str = "success") -> None:
        super().__init__(mode)
        self.file = PICTURE


class FakeFalPicture(Draws, FakeFal):
    def route(self, request: Request) -> Reply:
        if request.method != "POST":
            return super().route(request)
        task = self.new_task({"endpoint": request.path, **request.json})
        base = f"{self.url}/fal-ai/flux/requests/{task}"
        return as_json({"request_id": task, "status_url": f"{base}/status", "response_url": base, "cancel_url": base})

    def result(self, app: str) -> dict[str, object]:
        return {"images": [{"url": self.link("a.png"), "content_type": "image/png"}]}


class FakeReplicatePicture(Draws, FakeReplicate):
    def output(self) -> object:
        return [self.link("a.png")]


class FakeStabilityPicture(Draws, FakeStability):
    def route(self, request: Request) -> Reply:
        assert request.headers["accept"] == "image/*"
        if self.mode == "refusal":
            return as_json({"name": "content_moderation", "errors": ["flagged by our moderation"]}, 403)
        self.new_task({name: values[-1].decode() for name, values in request.form.items()})
        return Reply(200, self.file, "image/png")


class FakeOpenAi(Draws, Fake):
    synchronous = True

    def is_order(self, request: Request) -> bool:
        return request.path == "/v1/images/generations"

    def error(self, status: int, words: str) -> Reply:
        code = {401: "invalid_api_key", 402: "insufficient_quota"}.get(status, "trouble")
        return as_json({"error": {"message": words, "code": code}}, 429 if status == 402 else status)

    def route(self, request: Request) -> Reply:
        if self.mode == "refusal":
            return as_json({"error": {"message": "not this", "code": "moderation_blocked"}}, 400)
        self.new_task(request.json)
        if self.mode == "expired":
            return as_json({"data": [{"url": self.link("a.png")}]})
        return as_json({"data": [{"b64_json": base64.b64encode(self.file).decode()}]})


FAKES = {
    "fal": FakeFalPicture, "replicate": FakeReplicatePicture, "stability-ai": FakeStabilityPicture,
    "openai-style": FakeOpenAi,
}  # fmt: skip
__all__ = ["FAKES", "KEY", "PICTURE"]
