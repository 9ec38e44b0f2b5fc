"""Tripo by its v3 API, and any server that speaks it: another Maquette, for one.

Documentation read on 2026-11-20 through the published clients (`tripo3d` 1.0.0, tripo-js-sdk). v2 ended on 2026-10-31.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
    State,
    Wish,
)
from maquette.generate.hosted.web import Body, Reply, Web
from maquette.registry import stage

USD_A_CREDIT = 0.01
_KINDS: Mapping[str, Kind] = {
    "2": "key", "1002": "key", "1005": "key", "2010": "credit", "1007": "busy", "2000": "busy", "2008": "content",
    "2001": "gone", "2019": "gone", "1000": "down", "1001": "down", "2014": "down",
}  # fmt: skip
_STATES: Mapping[str, State] = {
    "queued": "waiting", "running": "running", "success": "done", "failed": "failed", "cancelled": "cancelled",
    "banned": "failed", "expired": "failed",
}  # fmt: skip
OFFER = Offer(
    name="tripo",
    title="Tripo",
    address="https://openapi.tripo3d.ai",
    secrets=("TRIPO_API_KEY",),
    page="https://platform.tripo3d.ai",
    licence="yours on paid plans (Tripo's terms)",
    priced_on="2026-11-20",
    kept="an address lives 5 minutes; asking again gives a fresh one",
    views=("left", "back", "right"),
)
COMPATIBLE = replace(
    OFFER,
    name="tripo-compatible",
    title="the Tripo-compatible server",
    address="http://127.0.0.1:8765",
    secrets=("MAQUETTE_TRIPO_COMPATIBLE_KEY",),
    page="the server's own",
    licence="as its generator's",
    kept="as that server says",
    poll_s=(0.5, 5.0),
)


class Tripo(Provider):
    """Upload, create, poll; an envelope ``{code, data}`` around everything."""

    def __init__(self, offer: Offer = OFFER) -> None:
        self.offer = offer

    def create(self, web: Web, wish: Wish) -> Handle:
        """One picture by its token, or four places of which the empty ones are null."""
        tokens = {name: self._upload(web, name, data) for name, data in wish.pictures.items()}
        body = parameters(wish)
        if len(tokens) == 1:
            reply = web.order("/v3/generation/image-to-model", Body(json={**body, "input": tokens["front"]}))
        else:
            places = [tokens.get(name) for name in ("front", "left", "back", "right")]
            reply = web.order("/v3/generation/multiview-to-model", Body(json={**body, "inputs": places}))
        return {"task_id": str(data_of(reply)["task_id"])}

    def look(self, web: Web, handle: Handle) -> Sight:
        """Its state, percent and fresh address."""
        task = data_of(web.get(f"/v3/tasks/{handle['task_id']}"))
        status, code = str(task.get("status")), str(task.get("error_code") or "")
        output = task.get("output") or {}
        url = output.get("model_url") or output.get("pbr_model") or output.get("model")
        return Sight(
            _STATES.get(status, "failed"),
            float(task.get("progress") or 0) / 100,
            str(task.get("error_message") or task.get("error_msg") or status),
            {"model": str(url)} if url else {},
            code,
            "content" if status == "banned" or code == "2008" else "failed",
        )

    def refusal(self, reply: Reply) -> Refusal | None:
        """By its code, which is finer than the status; 200 with a code other than 0 is a refusal too."""
        code = str(reply.plain().get("code", 0))
        plain = super().refusal(reply)
        if plain is None and code == "0":
            return None
        code, words = self.words_of(reply)
        kind = _KINDS.get(code) or (plain.kind if plain else "setting")
        return Refusal(kind, words, code=code, trace=reply.trace, wait_s=reply.wait_s)

    def words_of(self, reply: Reply) -> tuple[str, str]:
        """Its message and its suggestion."""
        code, words = super().words_of(reply)
        suggestion = reply.plain().get("suggestion")
        return code, f"{words}; {suggestion}" if suggestion else words

    def _upload(self, web: Web, name: str, data: bytes) -> str:
        reply = web.post("/v3/files", Body(files={"file": (f"{name}.png", data, "image/png")}))
        return str(data_of(reply)["file_token"])


def data_of(reply: Reply) -> Mapping[str, Any]:
    """What is in the envelope."""
    data = reply.json().get("data")
    if not isinstance(data, dict):
        raise Refusal("down", f"no data in the answer: {reply.text[:120]}", trace=reply.trace)
    return data


def parameters(wish: Wish) -> dict[str, Any]:
    """A wish in Tripo's words; P-series models take less, and what they refuse is left out."""
    body: dict[str, Any] = {"model": wish.version, "model_seed": wish.seed}
    body |= {"texture": wish.textured, "pbr": wish.pbr}
    if wish.textured:
        body["texture_seed"] = wish.seed
        body["texture_quality"] = "detailed" if wish.effort == "high" else "standard"
    if wish.version.startswith("v3."):
        body["geometry_quality"] = "detailed" if wish.effort == "high" else "standard"
    if wish.faces:
        body["face_limit"] = wish.faces
    return body


def price(settings: Mapping[str, Any]) -> float:
    """Credits: 30, 10 for a texture, 10 for a detailed one, 20 for detailed geometry; in US dollars."""
    textured, high = settings["looks"] != "none", settings["effort"] == "high"
    detailed = high and str(settings["model_version"]).startswith("v3.")
    return USD_A_CREDIT * (30 + (10 + 10 * high if textured else 0) + 20 * detailed)


@stage(
    licence=OFFER.licence,
    device="hosted",
    network=True,
    price="$0.30 to 0.70 a model: 30 credits, texture 10, detailed texture 10, detailed geometry 20",
    price_of=price,
    priced_on=OFFER.priced_on,
    good_at=("hard surface", "vehicles and architecture", "print"),
    result_kept=OFFER.kept,
    missing=OFFER.missing,
    varying="made on Tripo's machines; the same seed need not give the same bytes",
)
def tripo(
    subject: Subject | Views,
    *,
    model_version: Annotated[
        Literal["v3.1-20260211", "v3.0-20250812", "v2.5-20250123", "P1-20260311"], Field(description="Tripo's model")
    ] = "v3.1-20260211",
    effort: Effort = "standard",
    looks: Looks = "pbr",
    faces: Faces = 0,
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made by Tripo, for money, from one photo or from up to four.

    The picture leaves this machine. Price is shown and asked for before; the order's ticket is kept on disk, so a
    process that dies loses no paid result, and the same wish again costs nothing. The model comes as Tripo made it, 100
    units high, of no known size.
    """
    settings = {"model_version": model_version, "effort": effort, "looks": looks, "faces": faces, "seed": seed}
    return lift(Tripo(), subject, price, settings)


@stage(
    licence=COMPATIBLE.licence,
    device="hosted",
    network=True,
    price="as that server charges",
    result_kept=COMPATIBLE.kept,
    missing=COMPATIBLE.missing,
    varying="made on another machine, with whatever it has",
)
def tripo_compatible(
    subject: Subject | Views,
    *,
    model_version: Annotated[
        str, Field(pattern=r"^[\w.-]{1,60}$", description="a model of that server; a Maquette has maquette-sculpt too")
    ] = "v3.1-20260211",
    effort: Effort = "standard",
    looks: Looks = "pbr",
    faces: Faces = 0,
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made by a server that speaks Tripo's v3 API: another Maquette, for one.

    It is asked at ``MAQUETTE_TRIPO_COMPATIBLE_ADDRESS`` with the key ``MAQUETTE_TRIPO_COMPATIBLE_KEY``. Whatever that
    server charges is between you and it: nothing is asked here.
    """
    settings = {"model_version": model_version, "effort": effort, "looks": looks, "faces": faces, "seed": seed}
    return lift(Tripo(COMPATIBLE), subject, lambda _: 0.0, settings)
