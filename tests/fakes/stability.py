"""Stability's 3D endpoints as its platform's pages describe them: a form in, the file or a JSON error out."""

from __future__ import annotations

from fakes.base_server import Fake, Reply, Request, as_json


class FakeStability(Fake):
    documented = "2026-11-20"
    refuses_at_once = True
    synchronous = True

    def is_order(self, request: Request) -> bool:
        return request.path.startswith("/v2beta/")

    def error(self, status: int, words: str) -> Reply:
        return as_json({"id": "trace-5", "name": "trouble", "errors": [words]}, status)

    def route(self, request: Request) -> Reply:
        form = request.form
        assert form["image"][0].startswith(b"\x89PNG")
        assert form["texture_resolution"][0] in (b"512", b"1024", b"2048")
        if self.mode == "refusal":
            return as_json(
                {"id": "trace-5", "name": "content_moderation", "errors": ["flagged by our moderation"]}, 403
            )
        self.new_task({name: values[-1].decode("latin-1") for name, values in form.items()})
        cut = 40 if self.mode == "truncated" and not self.faults else 0
        self.faults += bool(cut)
        return Reply(200, self.file, "model/gltf-binary", cut=cut)
