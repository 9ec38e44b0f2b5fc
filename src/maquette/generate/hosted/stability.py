"""Stability AI: Stable Fast 3D and SPAR3D; documentation read on 2026-11-20. The answer to the order is the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.subject import Subject
from maquette.generate.hosted.buy import keep, sight_of_kept
from maquette.generate.hosted.lift import lift
from maquette.generate.hosted.provider import Effort, Faces, Handle, Offer, Provider, Refusal, Seed, Sight, Wish
from maquette.generate.hosted.web import SYNC_S, Body, Reply, Web
from maquette.registry import stage

USD_A_CREDIT = 0.01
PLACES = {"sf3d": "/v2beta/3d/stable-fast-3d", "spar3d": "/v2beta/3d/stable-point-aware-3d"}
_TEXTURE = {"draft": "512", "standard": "1024", "high": "2048"}
OFFER = Offer(
    name="stability-ai",
    title="Stability AI",
    address="https://api.stability.ai",
    secrets=("STABILITY_API_KEY",),
    page="https://platform.stability.ai/account/keys",
    licence="Stability Community: free below one million dollars of revenue; not for training other models",
    priced_on="2026-11-20",
    kept="not at all: the answer is the file",
)


class Stability(Provider):
    """One form, one answer."""

    offer = OFFER

    def deaf_to(self, version: str) -> tuple[str, ...]:
        """Stable Fast 3D takes no seed."""
        return ("seed",) if version == "sf3d" else ()

    def create(self, web: Web, wish: Wish) -> Handle:
        """The model itself, which is put on disk."""
        picture = {"image": ("front.png", wish.front, "image/png")}
        reply = web.order(PLACES[wish.version], Body(data=parameters(wish), files=picture, limit_s=SYNC_S))
        return keep(web, reply.content)

    def look(self, web: Web, handle: Handle) -> Sight:
        """It is here."""
        return sight_of_kept(handle)

    def refusal(self, reply: Reply) -> Refusal | None:
        """By status; 403 is its moderation."""
        return stability_refusal(reply, super().refusal(reply))


def stability_refusal(reply: Reply, refusal: Refusal | None) -> Refusal | None:
    """A refusal in Stability's words; 403 is its moderation, 402 the account."""
    if refusal is None:
        return None
    plain = reply.plain()
    listed = plain.get("errors")
    refusal.words = "; ".join(map(str, listed)) if isinstance(listed, list) and listed else refusal.words
    refusal.code = str(plain.get("name") or refusal.code)
    refusal.trace = refusal.trace or str(plain.get("id") or "")
    if reply.status == 403:
        refusal.kind = "content"
    return refusal


def parameters(wish: Wish) -> dict[str, str]:
    """A wish in Stability's words."""
    body = {"texture_resolution": _TEXTURE[wish.effort]}
    if wish.version == "sf3d":
        return body | {"foreground_ratio": "0.85", "remesh": "triangle" if wish.faces else "none"}
    body |= {"foreground_ratio": "1.3", "seed": str(wish.seed)}
    return body | ({"target_type": "face", "target_count": str(wish.faces)} if wish.faces else {"target_type": "none"})


def price(settings: Mapping[str, Any]) -> float:
    """Credits: SF3D 2, SPAR3D 4 (from memory: not confirmed by a page that was read); in US dollars."""
    return USD_A_CREDIT * (2 if settings["model_version"] == "sf3d" else 4)


@stage(
    licence=OFFER.licence,
    device="hosted",
    network=True,
    price="$0.04 (SPAR3D), 0.02 (SF3D)",
    price_of=price,
    priced_on=OFFER.priced_on,
    good_at=("speed", "cheap drafts"),
    result_kept=OFFER.kept,
    missing=OFFER.missing,
    varying="made on Stability's machines; the same seed need not give the same bytes",
)
def stability_ai(
    subject: Subject,
    *,
    model_version: Annotated[
        Literal["spar3d", "sf3d"], Field(description="SPAR3D, or the faster Stable Fast 3D")
    ] = "spar3d",
    effort: Effort = "standard",
    faces: Faces = 0,
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made by Stability AI within seconds, for little money.

    The picture leaves this machine; the price is asked for before. Nothing waits there: a connection that breaks loses
    the result, and the order is not sent again by itself.
    """
    settings = {"model_version": model_version, "effort": effort, "faces": faces, "seed": seed}
    return lift(Stability(), subject, price, settings)
