"""Endpoints that cut out and describe, from general knowledge (2026-11-30), not read off their pages."""

from __future__ import annotations

import numpy as np

from fakes.base_server import Fake, Reply, Request, as_json
from fakes.fal import FakeFal
from fakes.pictures import FakeOpenAi
from fakes.replicate import FakeReplicate
from fakes.stability import FakeStability
from samples import png

ALPHA = np.zeros((24, 24), np.uint8)
ALPHA[6:18, 4:20] = 255
CUT_OUT = png(np.dstack([np.full((24, 24, 3), 90, np.uint8), ALPHA]))
WORDS = "A small fox that sits, orange, of wood."


class Cuts:
    """The file is the photo with its ground gone."""

    def __init__(self, mode: str = "success") -> None:
        super().__init__(mode)
        self.file = CUT_OUT


class _FalFiles(FakeFal):
    def route(self, request: Request) -> Reply:
        if request.method != "POST":
            return super().route(request)
        assert request.json["image_url"].startswith("data:image/png;base64,")
        task = self.new_task({"endpoint": request.path})
        base = f"{self.url}/fal-ai/birefnet/requests/{task}"
        return as_json({"request_id": task, "status_url": f"{base}/status", "response_url": base, "cancel_url": base})


class FakeFalCutOut(Cuts, _FalFiles):
    def result(self, app: str) -> dict[str, object]:
        return {"image": {"url": self.link("a.png"), "content_type": "image/png"}}


class FakeReplicateCutOut(Cuts, FakeReplicate):
    def output(self) -> object:
        return self.link("a.png")


class FakeStabilityCutOut(Cuts, FakeStability):
    def route(self, request: Request) -> Reply:
        assert request.form["image"][-1].startswith(b"\x89PNG")
        if self.mode == "refusal":
            return as_json({"name": "content_moderation", "errors": ["flagged by our moderation"]}, 403)
        self.new_task({"path": request.path})
        return Reply(200, self.file, "image/png")


class FakeFalCaption(_FalFiles):
    def result(self, app: str) -> dict[str, object]:
        return {"results": "" if self.mode == "failure" else WORDS}


class FakeOpenAiCaption(FakeOpenAi, Fake):
    def is_order(self, request: Request) -> bool:
        return request.path == "/v1/chat/completions"

    def route(self, request: Request) -> Reply:
        if self.mode == "refusal":
            return as_json({"error": {"message": "not this", "code": "moderation_blocked"}}, 400)
        text, picture = request.json["messages"][0]["content"]
        assert picture["image_url"]["url"].startswith("data:image/png;base64,")
        self.new_task({"ask": text["text"], "model": request.json["model"]})
        return as_json({"choices": [{"message": {"content": f" {WORDS}\n"}, "finish_reason": "stop"}]})


CUTTERS = {"fal": FakeFalCutOut, "replicate": FakeReplicateCutOut, "stability-ai": FakeStabilityCutOut}
CAPTIONERS = {"fal": FakeFalCaption, "openai-style": FakeOpenAiCaption}
