"""Segmind: SAM 3D Objects and PixelFlow workflows; documentation read on 2026-11-20 (segmind 1.3.0, model page)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.subject import Subject
from maquette.generate.hosted.lift import lift
from maquette.generate.hosted.provider import Handle, Kind, Offer, Provider, Refusal, Seed, Sight, State, Wish
from maquette.generate.hosted.replicate import first_file
from maquette.generate.hosted.web import Body, Reply, Web
from maquette.registry import stage

_STATES: Mapping[str, State] = {
    "QUEUED": "waiting", "PROCESSING": "running", "COMPLETED": "done", "FAILED": "failed", "CANCELLED": "cancelled"
}  # fmt: skip
OFFER = Offer(
    name="segmind",
    title="Segmind",
    address="https://api.segmind.com",
    secrets=("SEGMIND_API_KEY",),
    page="https://www.segmind.com/settings",
    licence="SAM License: commercial use allowed, no military use",
    priced_on="2026-11-20",
    kept="not said; fetched at once",
)


class Segmind(Provider):
    """Its asynchronous door: a failed job answers 422 with a body."""

    offer = OFFER

    def headers(self, keys: tuple[str, ...]) -> Mapping[str, str]:
        """Its own header."""
        return {"x-api-key": keys[0]}

    def create(self, web: Web, wish: Wish) -> Handle:
        """One picture in the body."""
        picture = base64.b64encode(wish.front).decode()
        body = {"image": picture, "seed": wish.seed, "include_artifacts": False}
        answer = web.order(f"/v2/{wish.version}", Body(json=body)).json()
        if not answer.get("request_id"):
            raise Refusal("down", f"no request id in the answer: {str(answer)[:120]}")
        return {"request_id": str(answer["request_id"])}

    def look(self, web: Web, handle: Handle) -> Sight:
        """Its state, and once it is completed the output."""
        task = web.get(f"/v2/requests/{handle['request_id']}/status").json()
        state = _STATES.get(str(task.get("status")), "failed")
        if state != "done":
            words = str(task.get("error") or task.get("message") or task.get("status"))
            kind: Kind = "content" if "policy" in words.lower() or "nsfw" in words.lower() else "failed"
            return Sight(state, 0.4 if state == "running" else 0.0, words, kind=kind)
        answer = web.get(f"/v2/requests/{handle['request_id']}").json()
        url = first_file(answer.get("output"))
        return Sight("done", 1.0, files={"model": url} if url else {})

    def refusal(self, reply: Reply) -> Refusal | None:
        """406 is the account; a 422 with a state is no refusal but how a failed job looks."""
        if reply.status == 422 and str(reply.plain().get("status")) in _STATES:
            return None
        refusal = super().refusal(reply)
        if refusal and reply.status == 406:
            refusal.kind = "credit"
        return refusal


def price(settings: Mapping[str, Any]) -> float:
    """US dollars as its model page says, rounded up."""
    return 0.07


@stage(
    licence=OFFER.licence,
    device="hosted",
    network=True,
    price="about $0.065 a model",
    price_of=price,
    priced_on=OFFER.priced_on,
    good_at=("things in cluttered photos", "occluded things"),
    result_kept=OFFER.kept,
    missing=OFFER.missing,
    varying="made on Segmind's machines; the same seed need not give the same bytes",
)
def segmind(
    subject: Subject,
    *,
    model_version: Annotated[
        Literal["sam-3d-objects"], Field(description="which model Segmind runs")
    ] = "sam-3d-objects",
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made by SAM 3D Objects on Segmind's machines, for little money.

    The picture leaves this machine; the price is asked for before.
    """
    return lift(Segmind(), subject, price, {"model_version": model_version, "seed": seed})
