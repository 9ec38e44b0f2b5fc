"""A photo put into words by a provider: any OpenAI-style endpoint that sees, or Florence-2 by fal.

Request and answer are as these endpoints' common clients have them, written on 2026-11-30 from general knowledge: no
page was at hand. Each is ordered through the same door as a model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.core.files import Files
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.generate.hosted import fal
from maquette.generate.hosted.buy import buy, keep, sight_of_kept
from maquette.generate.hosted.files import as_png, data_uri
from maquette.generate.hosted.provider import Handle, ModelName, Provider, Refusal, Sight, Wish, missing_of
from maquette.generate.hosted.text_to_image import OPENAI, OpenAiPicture
from maquette.generate.hosted.web import SYNC_S, Body, Download, Web
from maquette.registry import stage

WRITTEN_ON = "2026-11-30"
USUAL = {"openai-style": "gpt-4.1-mini", "fal": "fal-ai/florence-2-large/more-detailed-caption"}
_USD = {"openai-style": 0.01, "fal": 0.01}
ASK = (
    "Describe the one main thing in this picture so that somebody could model it: what it is, its form, proportions, "
    "posture, materials and colors, and the style. No ground, no camera. At most 80 words, plain text."
)


class OpenAiCaption(OpenAiPicture):
    """``POST /v1/chat/completions`` with a picture, which many servers speak; the answer holds the words."""

    offer = replace(OPENAI, priced_on=WRITTEN_ON)

    def create(self, web: Web, wish: Wish) -> Handle:
        """The photo inside the request; the words inside the answer."""
        content = [
            {"type": "text", "text": wish.prompt},
            {"type": "image_url", "image_url": {"url": data_uri(wish.front)}},
        ]
        body = {"model": wish.version, "messages": [{"role": "user", "content": content}], "max_tokens": 300}
        answer = web.order("/v1/chat/completions", Body(json=body, limit_s=SYNC_S)).json()
        try:
            choice = answer["choices"][0]
            words = choice["message"]["content"]
        except (KeyError, IndexError, TypeError):
            raise Refusal("failed", "the answer holds no words") from None
        if choice.get("finish_reason") == "content_filter":
            raise Refusal("content", "its filter stopped the answer")
        return keep(web, str(words or "").encode())


class FalCaption(fal.Fal):
    """Florence-2 in fal's queue: the words stand in the answer, at no address."""

    offer = replace(fal.OFFER, licence="words about your own photo; Florence-2 MIT", priced_on=WRITTEN_ON)

    def create(self, web: Web, wish: Wish) -> Handle:
        """The photo inside the request."""
        return fal.handle_from(web.order(f"/{wish.version}", Body(json={"image_url": data_uri(wish.front)})))

    def look(self, web: Web, handle: Handle) -> Sight:
        """How it is; once done, the words are kept like a file."""
        words: list[str] = []

        def words_in(answer: Mapping[str, Any]) -> str:
            words.append(str(answer.get("results") or ""))
            return str(handle["response_url"])

        sight = fal.sight_of(web, handle, words_in)
        if sight.state != "done":
            return sight
        return sight_of_kept(keep(web, words[-1].encode()))


PROVIDERS: Mapping[str, Provider] = {"openai-style": OpenAiCaption(), "fal": FalCaption()}


def insist_on_words(data: bytes, content_type: str) -> Download:
    """Some words; a refusal where there are none."""
    text = " ".join(data.decode("utf-8", "replace").split())
    if not text:
        raise Refusal("failed", "the answer holds no words")
    return Download(text[:4000].encode(), ".txt")


def price(settings: Mapping[str, Any]) -> float:
    """US dollars a photo, an upper end for the usual models."""
    return _USD[settings["provider"]]


def missing() -> str:
    """Ready as soon as one provider is; else what the first one needs."""
    return missing_of(PROVIDERS.values())


@stage(
    licence="as the provider's terms say",
    device="hosted",
    network=True,
    price="at most $0.01 a photo; from general knowledge",
    price_of=price,
    priced_on=WRITTEN_ON,
    result_kept="as the provider's",
    missing=missing,
    varying="made on a provider's machines; the same photo need not give the same words",
)
def caption(
    subject: Subject,
    *,
    provider: Annotated[Literal["openai-style", "fal"], Field(description="who looks at it")] = "openai-style",
    model_version: ModelName = "",
    ask: Annotated[
        str,
        Field(min_length=1, max_length=1000, description="what is asked about the photo (fal has its own question)"),
    ] = ASK,
) -> Files:
    """Have a photo put into words by a provider, as JSON: the caption, who wrote it, and what was asked.

    The words can be edited and go into ``text-to-image``. The photo leaves this machine; the price is asked for before.
    """
    chosen = PROVIDERS[provider]
    wish = Wish({"front": as_png(subject, chosen.offer.shrink_px)}, model_version or USUAL[provider], prompt=ask)
    words = buy(chosen, wish, price({"provider": provider}), insist_on_words).data.decode()
    note(f"written by {chosen.offer.title}, {wish.version}")
    about = {"caption": words, "provider": provider, "model": wish.version, "ask": ask if provider != "fal" else ""}
    return Files("caption.json", {"caption.json": json.dumps(about, indent=1, ensure_ascii=False).encode()})
