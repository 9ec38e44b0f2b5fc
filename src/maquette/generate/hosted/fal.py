"""fal.ai's queue: TRELLIS.2, TRELLIS, Hunyuan3D; documentation read on 2026-11-20 (fal_client 1.0.3, model pages)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.subject import Subject, Views
from maquette.generate.hosted.files import data_uri
from maquette.generate.hosted.lift import lift
from maquette.generate.hosted.provider import (
    Effort,
    Faces,
    Handle,
    Looks,
    Offer,
    Provider,
    Refusal,
    Seed,
    Sight,
    Wish,
)
from maquette.generate.hosted.web import Body, Reply, Web
from maquette.registry import stage

MODELS = {  # by our name: the endpoint, the field of the picture, what it gives
    "trellis-2": ("fal-ai/trellis-2", "image_url"),
    "trellis": ("fal-ai/trellis", "image_url"),
    "hunyuan3d-2.1": ("fal-ai/hunyuan3d-v21", "input_image_url"),
    "hunyuan3d-3": ("fal-ai/hunyuan3d-v3/image-to-3d", "input_image_url"),
    "hunyuan3d-3.1": ("fal-ai/hunyuan-3d/v3.1/pro/image-to-3d", "input_image_url"),
}
_FILES = ("model_glb_pbr", "model_glb", "model_mesh")
_SIDES = {"back": "back_image_url", "left": "left_image_url", "right": "right_image_url"}
_DEAF = {"trellis-2": ("looks",), "trellis": ("looks", "faces"), "hunyuan3d-2.1": ("faces",)}
_RESOLUTION = {"draft": 512, "standard": 1024, "high": 1536}
_TEXTURE = {"draft": 1024, "standard": 2048, "high": 4096}
OFFER = Offer(
    name="fal",
    title="fal.ai",
    address="https://queue.fal.run",
    secrets=("FAL_KEY",),
    page="https://fal.ai/dashboard/keys",
    licence="as the model's: TRELLIS MIT; Hunyuan3D Tencent Community, not in the EU, the UK and South Korea",
    priced_on="2026-11-20",
    kept="not said; fetched at once",
    cancels=True,
    views=("left", "back", "right"),
    poll_s=(1.0, 5.0),
)


class Fal(Provider):
    """Submit, follow the addresses that come back, fetch the answer, which may still be an error."""

    offer = OFFER

    def headers(self, keys: tuple[str, ...]) -> Mapping[str, str]:
        """fal's own scheme."""
        return {"Authorization": f"Key {keys[0]}"}

    def deaf_to(self, version: str) -> tuple[str, ...]:
        """Each model has its own words."""
        return _DEAF.get(version, ("seed",))

    def create(self, web: Web, wish: Wish) -> Handle:
        """The queue's three addresses are the handle: polling paths are not what one would guess."""
        endpoint, body = request(wish)
        return handle_from(web.order(f"/{endpoint}", Body(json=body)))

    def look(self, web: Web, handle: Handle) -> Sight:
        """The queue's word, and once it is completed the answer itself."""
        return sight_of(web, handle, file_in)

    def cancel(self, web: Web, handle: Handle) -> None:
        """Ask the queue to stop."""
        web.ask("PUT", str(handle["cancel_url"]), Body(limit_s=0.8))

    def refusal(self, reply: Reply) -> Refusal | None:
        """By status; a policy's words are about the picture."""
        return fal_refusal(super().refusal(reply))

    def words_of(self, reply: Reply) -> tuple[str, str]:
        """Faults of the request are a text, those of the model a list."""
        return fal_words(reply)


def fal_words(reply: Reply) -> tuple[str, str]:
    """fal's code and words."""
    plain = reply.plain()
    detail = plain.get("detail") or plain.get("message") or reply.text[:200]
    first = detail[0] if isinstance(detail, list) and detail and isinstance(detail[0], dict) else {}
    code = first.get("type") or plain.get("error_type") or reply.headers.get("x-fal-error-type") or str(reply.status)
    return str(code), str(first.get("msg") or detail)


def fal_refusal(refusal: Refusal | None) -> Refusal | None:
    """A refusal with fal's particular codes understood."""
    if refusal is None:
        return None
    if "content_policy" in refusal.code or "content policy" in refusal.words.lower():
        refusal.kind = "content"
    if refusal.kind == "key" and ("balance" in refusal.words.lower() or "locked" in refusal.words.lower()):
        refusal.kind = "credit"
    return refusal


def handle_from(reply: Reply) -> Handle:
    """The addresses that fal's queue gave, all of them needed."""
    answer = reply.json()
    names = ("request_id", "status_url", "response_url", "cancel_url")
    if not all(answer.get(name) for name in names):
        raise Refusal("down", f"no addresses in the answer: {reply.text[:120]}", trace=reply.trace)
    return {name: str(answer[name]) for name in names}


def sight_of(web: Web, handle: Handle, file_in: Any) -> Sight:
    """How a job in fal's queue is; ``file_in(answer)`` finds the file's address."""
    status = web.get(str(handle["status_url"]), Body(params={"logs": "1"})).json()
    state = str(status.get("status"))
    if state == "IN_QUEUE":
        return Sight("waiting", says=f"place {status.get('queue_position', '?')} in the queue")
    if state == "IN_PROGRESS":
        logs = status.get("logs") or []
        last = logs[-1] if logs and isinstance(logs[-1], dict) else {}
        return Sight("running", 0.3, str(last.get("message") or "running")[:80])
    if state != "COMPLETED":
        return Sight("failed", says=f"the queue says {state}")
    if status.get("error"):
        refusal = fal_refusal(Refusal("failed", str(status["error"]), code=str(status.get("error_type") or "")))
        assert refusal is not None
        return Sight("failed", says=refusal.words, code=refusal.code, kind=refusal.kind)
    try:
        answer = web.get(str(handle["response_url"])).json()
    except Refusal as refusal:  # completed is not success
        if refusal.kind in ("setting", "content"):
            kind: Literal["content", "failed"] = "content" if refusal.kind == "content" else "failed"
            return Sight("failed", says=refusal.words, code=refusal.code, kind=kind)
        raise
    url = file_in(answer)
    return Sight("done", 1.0, files={"model": url} if url else {})


def file_in(answer: Mapping[str, Any]) -> str:
    """The GLB's address among what the models give."""
    named: dict[str, Any] = next((answer[name] for name in _FILES if isinstance(answer.get(name), dict)), {})
    return str(named.get("url") or "")


def request(wish: Wish) -> tuple[str, dict[str, Any]]:
    """The endpoint and the body of a wish, in the words of its model."""
    endpoint, field = MODELS[wish.version]
    sides = {name: data for name, data in wish.pictures.items() if name != "front"}
    body: dict[str, Any] = {field: data_uri(wish.front), "seed": wish.seed}
    if wish.version == "trellis-2":
        if sides:
            endpoint = f"{endpoint}/multi"
            body = {"image_urls": [data_uri(data) for data in wish.pictures.values()], "seed": wish.seed}
        body |= {"resolution": _RESOLUTION[wish.effort], "texture_size": _TEXTURE[wish.effort], "remesh": True}
        body |= {"decimation_target": wish.faces} if wish.faces else {}
    elif wish.version == "trellis":
        body |= {"texture_size": 1024 if wish.effort != "draft" else 512}
    elif wish.version == "hunyuan3d-2.1":
        body |= {"octree_resolution": 512 if wish.effort == "high" else 256, "textured_mesh": wish.textured}
    else:
        body = {field: data_uri(wish.front), "enable_pbr": wish.pbr}
        body |= {_SIDES[name]: data_uri(data) for name, data in sides.items() if name in _SIDES}
        body |= {"generate_type": "Normal" if wish.textured else "Geometry"}
        body |= {"face_count": max(40_000, wish.faces)} if wish.faces else {}
    return endpoint, body


def price(settings: Mapping[str, Any]) -> float:
    """US dollars as fal's pages say; those of Hunyuan3D 3 and 3.1 were not seen and are counted at their upper end."""
    trellis_2 = {"draft": 0.25, "standard": 0.30, "high": 0.35}[settings["effort"]]
    known = {"trellis-2": trellis_2, "trellis": 0.02, "hunyuan3d-2.1": 0.30}
    return known.get(settings["model_version"], 0.60)


@stage(
    licence=OFFER.licence,
    device="hosted",
    network=True,
    price="$0.02 (TRELLIS), 0.25 / 0.30 / 0.35 (TRELLIS.2 at 512 / 1024 / 1536), at most 0.60 (Hunyuan3D)",
    price_of=price,
    priced_on=OFFER.priced_on,
    good_at=("cheap drafts", "watertight shapes", "figurines"),
    result_kept=OFFER.kept,
    missing=OFFER.missing,
    varying="made on fal's machines; the same seed need not give the same bytes",
)
def fal(
    subject: Subject | Views,
    *,
    model_version: Annotated[
        Literal["trellis-2", "trellis", "hunyuan3d-2.1", "hunyuan3d-3", "hunyuan3d-3.1"],
        Field(description="which open or hosted model fal runs"),
    ] = "trellis-2",
    effort: Effort = "standard",
    looks: Looks = "pbr",
    faces: Faces = 0,
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made on fal.ai's machines, for money: by TRELLIS.2, TRELLIS or Hunyuan3D.

    The picture leaves this machine; the price is asked for before. TRELLIS.2 works at 512, 1024 or 1536 as effort says.
    """
    settings = {"model_version": model_version, "effort": effort, "looks": looks, "faces": faces, "seed": seed}
    return lift(Fal(), subject, price, settings)
