"""Sloyd by its jobs API; documentation read on 2026-11-20 (its own ComfyUI nodes). Its older API is closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from maquette.store.accounts import address_of

STORE = "https://storage.googleapis.com/ai-services-quality/jobs"
_DONE, _FAILED = ("success", "completed"), ("error", "failed")
_FIELDS = {"front": "frontImage", "left": "leftImage", "back": "backImage", "right": "rightImage"}
_TEXTURE = {"draft": "512", "standard": "1024", "high": "2048"}
OFFER = Offer(
    name="sloyd",
    title="Sloyd",
    address="https://api.sloyd.ai/api",
    secrets=("SLOYD_CLIENT_ID", "SLOYD_CLIENT_SECRET"),
    page="https://app.sloyd.ai",
    licence="yours on paid plans (Sloyd's terms)",
    priced_on="2026-11-20",
    kept="not said; at an address that anybody who knows the job may read",
    views=("left", "back", "right"),
)


class Sloyd(Provider):
    """A form, a job, and a file at an address made of the job's id."""

    offer = OFFER

    def headers(self, keys: tuple[str, ...]) -> Mapping[str, str]:
        """Two headers."""
        return {"x-client-id": keys[0], "x-client-secret": keys[1]}

    def deaf_to(self, version: str) -> tuple[str, ...]:
        """It takes no seed."""
        return ("seed",)

    def create(self, web: Web, wish: Wish) -> Handle:
        """One picture, or one for each side."""
        if len(wish.pictures) == 1:
            files = {"file": ("front.png", wish.front, "image/png")}
            reply = web.order("/jobs/image-to-3d", Body(data=parameters(wish), files=files))
        else:
            files = {_FIELDS[name]: (f"{name}.png", data, "image/png") for name, data in wish.pictures.items()}
            reply = web.order("/jobs/multi-image-to-3d", Body(data=parameters(wish), files=files))
        if not reply.json().get("jobId"):
            raise Refusal("down", f"no job in the answer: {reply.text[:120]}", trace=reply.trace)
        return {"job": str(reply.json()["jobId"])}

    def look(self, web: Web, handle: Handle) -> Sight:
        """Its state; the file's address is said, or made of the job's id."""
        task = web.get(f"/jobs/{handle['job']}").json()
        state = str(task.get("status") or "").lower()
        words = str(task.get("errorMessage") or state)
        if state in _FAILED:
            kind: Kind = "content" if "policy" in words.lower() or "moderation" in words.lower() else "failed"
            return Sight("failed", says=words, kind=kind)
        if state not in _DONE:
            return Sight("waiting" if state in ("queued", "pending") else "running", 0.4, words)
        url = str(task.get("modelUrl") or f"{address_of('sloyd-files', STORE)}/{handle['job']}.glb")
        return Sight("done", 1.0, files={"model": url})

    def words_of(self, reply: Reply) -> tuple[str, str]:
        """For lack of credit it says how much is needed and how much there is."""
        code, words = super().words_of(reply)
        plain = reply.plain()
        if "required" in plain:
            words = f"{words}: {plain['required']} needed, {plain.get('available', '?')} there"
        return code, words


def parameters(wish: Wish) -> dict[str, str]:
    """A wish in Sloyd's words; it takes no seed, so another seed is simply another order."""
    body = {"topology": "triangle", "textureResolution": _TEXTURE[wish.effort], "EnablePBR": str(wish.pbr).lower()}
    if len(wish.pictures) > 1:
        body |= {"GenerateType": "Normal" if wish.textured else "Geometry", "PolygonType": "triangle"}
        return body | ({"FaceCount": str(min(wish.faces, 500_000))} if wish.faces else {})
    return body | ({"targetFaceCount": str(min(wish.faces, 500_000))} if wish.faces else {})


def price(settings: Mapping[str, Any]) -> float:
    """US dollars a model: no page with a price was seen, so a careful upper end."""
    return 0.50


@stage(
    licence=OFFER.licence,
    device="hosted",
    network=True,
    price="by plan; counted as $0.50 a model",
    price_of=price,
    priced_on=OFFER.priced_on,
    good_at=("game props",),
    result_kept=OFFER.kept,
    missing=OFFER.missing,
    varying="made on Sloyd's machines, which take no seed",
)
def sloyd(
    subject: Subject | Views,
    *,
    effort: Effort = "standard",
    looks: Looks = "pbr",
    faces: Faces = 0,
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made by Sloyd, for money, from one photo or from up to four.

    The picture leaves this machine; the price is asked for before. Sloyd takes no seed: another one is another order
    all the same.
    """
    settings = {"effort": effort, "looks": looks, "faces": faces, "seed": seed}
    return lift(Sloyd(), subject, price, settings)
