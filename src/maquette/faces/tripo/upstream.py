"""Tasks of old v2 clients sent on to Tripo's v3, which serves no v2 any more: fields and answers are translated.

What is ours stays here: models called ``maquette-…``, and tasks whose source is one of our own. An order has a ticket
on disk before it leaves and is sent once; the day's budget holds. Each key sees the tasks that it made, as ever.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from maquette.core.errors import CannotDo
from maquette.core.money import paying
from maquette.faces.server.answers import Refusal as ServerRefusal
from maquette.faces.server.keys import Who
from maquette.faces.server.service import Service
from maquette.faces.tripo.codes import STATUS, TripoRefusal
from maquette.faces.tripo.parameters import DEFAULT_VERSION, OURS, estimate
from maquette.faces.tripo.records import job_id
from maquette.faces.tripo.uploads import file_of
from maquette.generate.hosted.files import insist_on_model
from maquette.generate.hosted.provider import Refusal
from maquette.generate.hosted.tickets import Drawer, new_ticket, with_state
from maquette.generate.hosted.tripo import USD_A_CREDIT, Tripo, data_of
from maquette.generate.hosted.web import Body, Web

PLACES = {
    "text_to_model": "generation/text-to-model",
    "image_to_model": "generation/image-to-model",
    "multiview_to_model": "generation/multiview-to-model",
    "text_to_image": "generation/text-to-image",
    "generate_image": "generation/image-to-image",
    "generate_multiview_image": "generation/image-to-multiview",
    "edit_multiview_image": "generation/edit-multiview",
    "texture_model": "models/texture",
    "convert_model": "models/convert",
    "import_model": "models/import",
    "mesh_segmentation": "mesh/segment",
    "mesh_completion": "mesh/complete",
    "highpoly_to_lowpoly": "mesh/decimate",
    "animate_prerigcheck": "animations/rig-check",
    "animate_rig": "animations/rig",
    "animate_retarget": "animations/retarget",
}
RETIRED = ("refine_model", "stylize_model")
MODELS = ("text_to_model", "image_to_model", "multiview_to_model")
_SOURCES = ("original_model_task_id", "draft_model_task_id", "original_task_id")
_OUTPUT = {  # v3's name of an address, v2's
    "model_url": "model", "rendered_image_url": "rendered_image", "generated_image_url": "generated_image",
    "generate_multiview_image": "generate_multiview_image", "riggable": "riggable", "rig_type": "rig_type",
}  # fmt: skip
_OTHER_CREDITS = 40  # counted for what is no generation: more than any of them takes


class Upstream:
    """Tripo behind our v2 surface."""

    def __init__(self, service: Service) -> None:
        self.service, self.provider = service, Tripo()
        self.keys = self.provider.offer.keys()  # refuses to start without one
        self.drawer = Drawer(service.workshop.root / "hosted")

    def is_for_tripo(self, body: Mapping[str, Any], who: Who) -> bool:
        """Whether a task goes on: not what asks for our own models, nor what has its source here."""
        if str(body.get("model_version", "")).startswith(OURS):
            return False
        source = next((body[name] for name in _SOURCES if body.get(name)), None)
        if source is None:
            return True
        try:
            self.service.job(job_id(str(source)), who)
        except ServerRefusal:
            return True
        return False

    def has(self, task: str, who: Who) -> bool:
        """Whether this key made a task there; admin sees all."""
        name = job_id(task)
        ticket = self.drawer.find(name) if re.fullmatch("[0-9a-f]{32}", name) else None
        return ticket is not None and (ticket.handle.get("owner") == who.owner or "admin" in who.scopes)

    async def create(self, body: dict[str, Any], who: Who) -> dict[str, Any]:
        """Send a task on, once; its id is Tripo's own."""
        kind = str(body.get("type"))
        if kind in RETIRED:
            raise TripoRefusal(2016, f"{kind}: Tripo has ended it", "use image_to_model with the newest version")
        if kind not in PLACES:
            raise TripoRefusal(2002, f"task type {kind[:60]!r} is unknown", "see Tripo's documentation")
        if not who.may("pay"):
            raise TripoRefusal(1005, "this key may not spend money", "ask for one with the scope pay")
        files = await self._files(body, who)
        return await run_in_threadpool(self._order, kind, body, files, who)

    def view(self, task: str) -> dict[str, Any]:
        """A task as v2 shows it."""
        ticket = self.drawer.find(job_id(task))
        with self._web() as web:
            return as_v2(data_of(web.get(f"/v3/tasks/{ticket.handle['task_id'] if ticket else task}")))

    def balance(self) -> dict[str, Any]:
        """Tripo's own."""
        with self._web() as web:
            data = data_of(web.get("/v3/account/balance"))
        return {"balance": data.get("balance", 0), "frozen": data.get("frozen", 0)}

    async def _files(self, body: Mapping[str, Any], who: Who) -> dict[str, list[bytes | str | None]]:
        """Pictures that the task names: bytes of those that are here, addresses as they are, None for empty places."""
        named = {"input": [body["file"]]} if body.get("file") else {}
        if isinstance(body.get("files"), list):
            named["inputs"] = body["files"]
        return {key: [await self._content(each, who) for each in listed] for key, listed in named.items()}

    async def _content(self, named: Any, who: Who) -> bytes | str | None:
        if not named:
            return None
        if isinstance(named, dict) and named.get("url"):
            return str(named["url"])
        source = await file_of(self.service, named, who)
        return await run_in_threadpool(self.service.blobs.read, source.digest)

    def _order(
        self, kind: str, body: Mapping[str, Any], files: Mapping[str, list[bytes | str | None]], who: Who
    ) -> dict[str, Any]:
        """Upload, pay, send; the ticket is on disk before, and under the task's own name after."""
        credits_ = estimate(body, bool(body.get("texture", True))) if kind in MODELS else _OTHER_CREDITS
        ticket = new_ticket(secrets.token_hex(16), "tripo", USD_A_CREDIT * credits_)
        with self._web() as web:
            plain = as_v3(kind, body)
            for key, contents in files.items():
                tokens = [self._token(web, content) for content in contents]
                plain[key] = tokens if key == "inputs" else tokens[0]

            def pay() -> None:
                with paying(ticket.usd, run=ticket.name):
                    self.drawer.pay(ticket, "Tripo")
                self.drawer.write(ticket)

            web.before_order = pay
            try:
                task = str(data_of(web.order(f"/v3/{PLACES[kind]}", Body(json=plain)))["task_id"])
            except Refusal as refusal:
                if refusal.kind not in ("unclear", "down") and not web.was_taken:
                    self.drawer.give_back(ticket)
                raise
            name = job_id(task)
            kept = replace(ticket, name=name) if re.fullmatch("[0-9a-f]{32}", name) else ticket
            self.drawer.write(with_state(kept, "running", handle={"task_id": task, "owner": who.owner}))
            if kept is not ticket:
                self.drawer.forget(ticket.name)
        shown = task if kept is not ticket else kept.name
        return {"task_id": shown, "estimated_credit": credits_}

    def _token(self, web: Web, content: bytes | str | None) -> str | None:
        """A picture as Tripo can take it."""
        if not isinstance(content, bytes):
            return content
        reply = web.post("/v3/files", Body(files={"file": ("picture.png", content, "application/octet-stream")}))
        return str(data_of(reply)["file_token"])

    @contextmanager
    def _web(self) -> Iterator[Web]:
        """Tripo's web; its refusals keep their codes and words."""
        try:
            with Web(self.provider, self.keys, self.drawer.blobs, insist_on_model) as web:
                yield web
        except Refusal as refusal:
            code = int(refusal.code) if refusal.code.isdigit() else 1000
            status = STATUS.get(code, 0)
            raise TripoRefusal(code if status else 1000, refusal.said, "Tripo says so", status or 502) from None
        except CannotDo as problem:  # a budget
            raise TripoRefusal(2010, str(problem), "the operator of this server may raise it") from None


def as_v3(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A v2 body in v3's words: what is null or says "no limit" is left out, sources become ``input``."""
    moved = {"type", "file", "files", "model_version", *_SOURCES}
    plain = {name: value for name, value in body.items() if name not in moved and value is not None}
    limit = plain.get("face_limit")
    if isinstance(limit, int) and limit <= 0:
        del plain["face_limit"]
    source = next((body[name] for name in _SOURCES if body.get(name)), None)
    if source is not None:
        plain["input"] = str(source)
    version = body.get("model_version") or (DEFAULT_VERSION if kind in MODELS else None)
    if kind == "highpoly_to_lowpoly" and version:
        version = "v2.0"  # P-v2.0-…, as v2 calls it
    return plain | ({"model": version} if version else {})


def as_v2(task: Mapping[str, Any]) -> dict[str, Any]:
    """A v3 task in v2's words: seven keys always, ``output`` never null, eight statuses."""
    output = task.get("output") or {}
    code, status = task.get("error_code"), str(task.get("status", "unknown"))
    shown = {theirs: output[ours] for ours, theirs in _OUTPUT.items() if output.get(ours) is not None}
    if "model" in shown:
        shown["pbr_model"] = shown["model"]
    view: dict[str, Any] = {
        "task_id": str(task.get("task_id", "")),
        "type": str(task.get("type", "")),
        "status": "banned" if status == "failed" and code == 2008 else status,
        "input": task.get("input") or {},
        "output": shown,
        "progress": int(task.get("progress") or 0),
        "create_time": _seconds(task.get("created_at")),
        "running_left_time": -1 if status not in ("queued", "running") else 4,
        "queuing_num": -1,
        "consumed_credit": task.get("credits_consumed", 0),
    }
    if code:
        view |= {"error_code": code, "error_msg": str(task.get("error_message") or "")}
    return view


def _seconds(text: Any) -> int:
    """Whole seconds of an ISO date; 0 where there is none."""
    try:
        return int(datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp())
    except ValueError:
        return 0
