"""Meshy 5 and 6 by its REST API; documentation read on 2026-11-20 (the agent's reference and docs.meshy.ai)."""

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
    State,
    Wish,
)
from maquette.generate.hosted.web import Body, Reply, Web
from maquette.registry import stage

USD_A_CREDIT = 0.02
MOST_FACES, LEAST_FACES = 300_000, 100
_STATES: Mapping[str, State] = {
    "PENDING": "waiting", "IN_PROGRESS": "running", "SUCCEEDED": "done", "FAILED": "failed", "CANCELED": "cancelled",
    "EXPIRED": "failed",
}  # fmt: skip
_POLICY = ("moderation", "policy", "inappropriate", "nsfw")
OFFER = Offer(
    name="meshy",
    title="Meshy",
    address="https://api.meshy.ai",
    secrets=("MESHY_API_KEY",),
    page="https://www.meshy.ai/settings/api",
    licence="yours on paid plans (Meshy's terms)",
    priced_on="2026-11-20",
    kept="3 days",
    cancels=True,
    views=("left", "back", "right"),
    poll_s=(3.0, 15.0),
)


class Meshy(Provider):
    """Create, poll, delete; pictures travel inside the body."""

    offer = OFFER

    def deaf_to(self, version: str) -> tuple[str, ...]:
        """It takes no seed."""
        return ("seed",)

    def create(self, web: Web, wish: Wish) -> Handle:
        """One picture, or up to four of one thing."""
        pictures = [data_uri(data) for data in wish.pictures.values()]
        place = "/openapi/v1/multi-image-to-3d" if len(pictures) > 1 else "/openapi/v1/image-to-3d"
        named: dict[str, Any] = {"image_urls": pictures} if len(pictures) > 1 else {"image_url": pictures[0]}
        reply = web.order(place, Body(json={**parameters(wish), **named}))
        return {"task": str(reply.json().get("result", "")), "place": place}

    def look(self, web: Web, handle: Handle) -> Sight:
        """Its state, percent and address."""
        task = web.get(f"{handle['place']}/{handle['task']}").json()
        state = _STATES.get(str(task.get("status")), "failed")
        words = str((task.get("task_error") or {}).get("message") or task.get("status"))
        urls = task.get("model_urls") or {}
        url = urls.get("glb")
        refused = any(word in words.lower() for word in _POLICY)
        share = float(task.get("progress") or 0) / 100
        kind: Literal["content", "failed"] = "content" if refused else "failed"
        return Sight(state, share, words, {"model": str(url)} if url else {}, kind=kind)

    def cancel(self, web: Web, handle: Handle) -> None:
        """Delete the task."""
        web.ask("DELETE", f"{handle['place']}/{handle['task']}", Body(limit_s=0.8))

    def refusal(self, reply: Reply) -> Refusal | None:
        """By status; 400 and 422 that speak of moderation are about the picture."""
        refusal = super().refusal(reply)
        if refusal and refusal.kind == "setting" and any(word in refusal.words.lower() for word in _POLICY):
            refusal.kind = "content"
        return refusal


def parameters(wish: Wish) -> dict[str, Any]:
    """A wish in Meshy's words; it takes no seed, so another seed is simply another order."""
    body: dict[str, Any] = {"ai_model": wish.version, "should_texture": wish.textured, "enable_pbr": wish.pbr}
    body["should_remesh"] = wish.faces > 0
    if wish.faces:
        body["target_polycount"] = min(max(wish.faces, LEAST_FACES), MOST_FACES)
        body["topology"] = "triangle"
    if wish.textured and wish.effort == "high":
        body["hd_texture"] = True
    if wish.effort == "draft":
        body["model_type"] = "lowpoly"
    body["target_formats"] = ["glb"]
    return body


def price(settings: Mapping[str, Any]) -> float:
    """Credits: meshy-6 20, meshy-5 5, a texture 10 more; in US dollars."""
    shape = 5 if settings["model_version"] == "meshy-5" else 20
    return USD_A_CREDIT * (shape + (10 if settings["looks"] != "none" else 0))


@stage(
    licence=OFFER.licence,
    device="hosted",
    network=True,
    price="$0.10 to 0.60 a model: meshy-6 20 credits, meshy-5 5, texture 10",
    price_of=price,
    priced_on=OFFER.priced_on,
    good_at=("figurines", "characters", "all-round"),
    result_kept=OFFER.kept,
    missing=OFFER.missing,
    varying="made on Meshy's machines, which take no seed",
)
def meshy(
    subject: Subject | Views,
    *,
    model_version: Annotated[Literal["meshy-6", "meshy-5"], Field(description="Meshy's model")] = "meshy-6",
    effort: Effort = "standard",
    looks: Looks = "pbr",
    faces: Faces = 0,
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made by Meshy, for money, from one photo or from up to four.

    The picture leaves this machine; the price is asked for before. Draft asks for its low-poly model, high for a finer
    texture. Meshy takes no seed: another one is another order all the same.
    """
    settings = {"model_version": model_version, "effort": effort, "looks": looks, "faces": faces, "seed": seed}
    return lift(Meshy(), subject, price, settings)
