"""Rodin Gen-2 (Hyper3D) by its API v2; documentation read on 2026-11-20 (developer.hyper3d.ai and its own skills)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.subject import Subject, Views
from maquette.generate.hosted.lift import lift
from maquette.generate.hosted.provider import (
    Effort,
    Faces,
    Handle,
    Kind,
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

USD_A_CREDIT = 1.5
_WORDS: Mapping[str, Kind] = {"FUND": "credit", "SENSITIVE": "content", "MODERATION": "content", "AUTH": "key"}
_QUALITY = {"draft": "low", "standard": "medium", "high": "high"}
_MATERIAL = {"pbr": "PBR", "color": "Shaded", "none": "None"}
OFFER = Offer(
    name="rodin",
    title="Rodin",
    address="https://api.hyper3d.com/api/v2",
    secrets=("RODIN_API_KEY",),
    page="https://hyper3d.ai/api-dashboard",
    licence="yours on paid plans (Hyper3D's terms)",
    priced_on="2026-11-20",
    kept="an address lives 10 minutes; asking again gives a fresh one",
    views=("left", "back", "right", "top"),
    poll_s=(5.0, 15.0),
)


class Rodin(Provider):
    """A form, then a subscription key to ask with, then a list of files by the task's own id."""

    offer = OFFER

    def create(self, web: Web, wish: Wish) -> Handle:
        """Up to five pictures in one form; the first one leads."""
        files = [("images", (f"{name}.png", data, "image/png")) for name, data in wish.pictures.items()]
        answer = web.order("/rodin", Body(data=parameters(wish), files=files, limit_s=120.0)).json()
        jobs = answer.get("jobs") or {}
        if not answer.get("uuid") or not jobs.get("subscription_key"):
            raise Refusal("down", f"no uuid and subscription key in the answer: {str(answer)[:120]}")
        return {"uuid": str(answer["uuid"]), "subscription_key": str(jobs["subscription_key"])}

    def look(self, web: Web, handle: Handle) -> Sight:
        """Done once all its parts are; then the list of files, in which the model may still be missing."""
        answer = web.post("/status", Body(json={"subscription_key": handle["subscription_key"]})).json()
        states = [str(job.get("status")) for job in answer.get("jobs") or []]
        if "Failed" in states:
            return Sight("failed", says="a part of the job failed")
        share = states.count("Done") / len(states) if states else 0.0
        if not states or share < 1:
            return Sight("running" if "Generating" in states or share else "waiting", share)
        listing = web.post("/download", Body(json={"task_uuid": handle["uuid"]})).json().get("list") or []
        url = next((str(file["url"]) for file in listing if str(file.get("name", "")).endswith(".glb")), "")
        return Sight("done", 1.0, files={"model": url}) if url else Sight("running", 0.99, "the file is being packed")

    def refusal(self, reply: Reply) -> Refusal | None:
        """By status, or by a word in ``error``, which comes with 2xx as well; "OK" is none."""
        word = str(reply.plain().get("error") or "")
        plain = super().refusal(reply)
        if plain is None and word in ("", "OK"):
            return None
        kind = next((kind for part, kind in _WORDS.items() if part in word.upper()), plain.kind if plain else "setting")
        words = str(reply.plain().get("message") or word or reply.text[:200])
        return Refusal(kind, words, code=word or str(reply.status), trace=reply.trace, wait_s=reply.wait_s)


def parameters(wish: Wish) -> dict[str, str]:
    """A wish in Rodin's words."""
    body = {"tier": wish.version, "geometry_file_format": "glb", "mesh_mode": "Raw", "condition_mode": "concat"}
    body |= {"material": _MATERIAL[wish.looks], "quality": _QUALITY[wish.effort], "seed": str(wish.seed)}
    body["use_original_alpha"] = "true"
    if wish.faces:
        body["quality_override"] = str(wish.faces)
    return body


def price(settings: Mapping[str, Any]) -> float:
    """Half a credit a model of any tier but the highest, in US dollars as single credits cost."""
    return USD_A_CREDIT * (1.0 if "Extreme-High" in settings["model_version"] else 0.5)


@stage(
    licence=OFFER.licence,
    device="hosted",
    network=True,
    price="$0.75 a model, $1.50 in the highest tier: half a credit and one",
    price_of=price,
    priced_on=OFFER.priced_on,
    good_at=("stylised pictures", "clean meshes", "print"),
    result_kept=OFFER.kept,
    missing=OFFER.missing,
    varying="made on Hyper3D's machines; the same seed need not give the same bytes",
)
def rodin(
    subject: Subject | Views,
    *,
    model_version: Annotated[
        Literal["Gen-2", "Sketch", "Regular", "Detail", "Smooth", "Gen-2.5-Extreme-Low", "Gen-2.5-Extreme-High"],
        Field(description="Rodin's tier"),
    ] = "Gen-2",
    effort: Effort = "standard",
    looks: Looks = "pbr",
    faces: Faces = 0,
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made by Rodin, for money, from one photo or from up to five.

    The picture leaves this machine; the price is asked for before.
    """
    settings = {"model_version": model_version, "effort": effort, "looks": looks, "faces": faces, "seed": seed}
    return lift(Rodin(), subject, price, settings)
