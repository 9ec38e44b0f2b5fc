"""Words to a picture by a provider, before it is lifted: fal, Replicate, Stability, any OpenAI-style endpoint.

Request and answer are as these endpoints' common clients have them, written on 2026-11-30 from general knowledge: no
page was at hand, unlike for the models. Each is ordered through the same door as a model.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.generate.hosted import fal, replicate, stability
from maquette.generate.hosted.buy import buy, keep, sight_of_kept
from maquette.generate.hosted.files import insist_on_picture
from maquette.generate.hosted.provider import Handle, ModelName, Offer, Provider, Refusal, Seed, Sight, Wish, missing_of
from maquette.generate.hosted.web import SYNC_S, Body, Reply, Web
from maquette.registry import registry, stage

WRITTEN_ON = "2026-11-30"
LIFTABLE = "one single object, seen whole from slightly above, plain light background, even soft light"
USUAL = {
    "fal": "fal-ai/flux/schnell",
    "replicate": "black-forest-labs/flux-schnell",
    "stability-ai": "core",
    "openai-style": "gpt-image-1",
}
_USD = {"fal": 0.01, "replicate": 0.01, "stability-ai": 0.03, "openai-style": 0.07}
OPENAI = Offer(
    name="openai-style",
    title="the OpenAI-style endpoint",
    address="https://api.openai.com",
    secrets=("OPENAI_API_KEY",),
    page="https://platform.openai.com/api-keys",
    licence="as that endpoint's terms say",
    priced_on=WRITTEN_ON,
    kept="not at all: the answer is the file",
)


class FalPicture(fal.Fal):
    """FLUX in fal's queue."""

    offer = replace(fal.OFFER, licence="as the model's; FLUX.1 schnell Apache-2.0", priced_on=WRITTEN_ON)

    def create(self, web: Web, wish: Wish) -> Handle:
        """One square picture."""
        body = {"prompt": wish.prompt, "seed": wish.seed, "image_size": "square_hd", "num_images": 1}
        return fal.handle_from(web.order(f"/{wish.version}", Body(json=body)))

    def look(self, web: Web, handle: Handle) -> Sight:
        """The first picture of the answer."""
        return fal.sight_of(web, handle, lambda answer: replicate.first_file(answer.get("images")))


class ReplicatePicture(replicate.Replicate):
    """FLUX as a prediction."""

    offer = replace(replicate.OFFER, licence="as the model's; FLUX.1 schnell Apache-2.0", priced_on=WRITTEN_ON)

    def create(self, web: Web, wish: Wish) -> Handle:
        """One square picture."""
        body = {"prompt": wish.prompt, "seed": wish.seed, "aspect_ratio": "1:1", "output_format": "png"}
        return replicate.predict(web, wish.version, body)


class StabilityPicture(stability.Stability):
    """Stable Image: the answer is the file."""

    offer = replace(stability.OFFER, priced_on=WRITTEN_ON)

    def create(self, web: Web, wish: Wish) -> Handle:
        """One square picture."""
        form = {"prompt": wish.prompt, "seed": str(wish.seed), "aspect_ratio": "1:1", "output_format": "png"}
        empty = {"none": ("", b"", "application/octet-stream")}  # makes it a multipart form
        body = Body(data=form, files=empty, headers={"Accept": "image/*"}, limit_s=SYNC_S)
        return keep(web, web.order(f"/v2beta/stable-image/generate/{wish.version}", body).content)


class OpenAiPicture(Provider):
    """``POST /v1/images/generations``, which many servers speak; the answer holds the file or its address."""

    offer = OPENAI

    def create(self, web: Web, wish: Wish) -> Handle:
        """One square picture, inside the answer or at an address."""
        body = {"model": wish.version, "prompt": wish.prompt, "n": 1, "size": "1024x1024"}
        listed = web.order("/v1/images/generations", Body(json=body, limit_s=SYNC_S)).json().get("data")
        first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
        if first.get("url"):
            return {"url": str(first["url"])}
        try:
            return keep(web, base64.b64decode(str(first.get("b64_json") or ""), validate=True))
        except binascii.Error:
            raise Refusal("failed", "the answer holds no picture") from None

    def look(self, web: Web, handle: Handle) -> Sight:
        """Here, or at the address."""
        if "kept" in handle:
            return sight_of_kept(handle)
        return Sight("done", 1.0, files={"picture": str(handle["url"])})

    def refusal(self, reply: Reply) -> Refusal | None:
        """By status; its moderation and its account have codes."""
        refusal = super().refusal(reply)
        if refusal and ("policy" in refusal.code or "moderation" in refusal.code):
            refusal.kind = "content"
        if refusal and refusal.code == "insufficient_quota":
            refusal.kind = "credit"
        return refusal

    def words_of(self, reply: Reply) -> tuple[str, str]:
        """They lie one step deeper."""
        error = reply.plain().get("error")
        if isinstance(error, dict):
            return str(error.get("code") or error.get("type") or reply.status), str(error.get("message") or "no words")
        return super().words_of(reply)

    def deaf_to(self, version: str) -> tuple[str, ...]:
        """It takes no seed."""
        return ("seed",)


PROVIDERS: Mapping[str, Provider] = {
    "fal": FalPicture(), "replicate": ReplicatePicture(), "stability-ai": StabilityPicture(),
    "openai-style": OpenAiPicture(),
}  # fmt: skip


def price(settings: Mapping[str, Any]) -> float:
    """US dollars a picture, an upper end for the usual models."""
    return _USD[settings["provider"]]


def missing() -> str:
    """Ready as soon as one provider is; else what the first one needs."""
    return missing_of(PROVIDERS.values())


@stage(
    licence="as the model's",
    device="hosted",
    network=True,
    price="$0.01 (FLUX by fal, Replicate), 0.03 (Stability), at most 0.07 (OpenAI-style); from general knowledge",
    price_of=price,
    priced_on=WRITTEN_ON,
    result_kept="as the provider's",
    missing=missing,
    varying="made on a provider's machines; the same seed need not give the same bytes",
)
def text_to_image(
    *,
    prompt: Annotated[
        str, Field(min_length=1, max_length=1024, description="what the picture shows, in words")
    ] = "a wooden rocking chair",
    provider: Annotated[
        Literal["fal", "replicate", "stability-ai", "openai-style"], Field(description="who draws it")
    ] = "fal",
    model_version: ModelName = "",
    framing: Annotated[
        Literal["liftable", "free"],
        Field(description="liftable: add words that make one whole thing on a plain ground; free: only your words"),
    ] = "liftable",
    seed: Seed = 0,
) -> Subject:
    """Have a picture drawn from words by a provider, for a little money, to be made into a model next.

    The words leave this machine; the price is asked for before. The picture is what any photo is: cut it out, lift it.
    """
    chosen = PROVIDERS[provider]
    words = f"{prompt}, {LIFTABLE}" if framing == "liftable" else prompt
    wish = Wish(version=model_version or USUAL[provider], seed=seed, prompt=words)
    picture = buy(chosen, wish, price({"provider": provider}), insist_on_picture)
    note(f"drawn by {chosen.offer.title}, {wish.version}; licence of the result: {chosen.offer.licence}")
    subject: Subject = registry()["open"].function(picture.data)
    return subject.replace(title=prompt[:60])
