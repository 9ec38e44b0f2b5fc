"""A subject cut out by a provider: BiRefNet by fal, a background remover by Replicate, Stability's.

Request and answer are as these endpoints' common clients have them, written on 2026-11-30 from general knowledge: no
page was at hand. Each is ordered through the same door as a model.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.errors import CannotDo
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.generate.hosted import fal, replicate, stability
from maquette.generate.hosted.buy import buy, keep
from maquette.generate.hosted.files import as_png, data_uri, insist_on_picture
from maquette.generate.hosted.provider import Handle, ModelName, Provider, Sight, Wish, missing_of
from maquette.generate.hosted.web import SYNC_S, Body, Download, Web
from maquette.registry import stage

WRITTEN_ON = "2026-11-30"
USUAL = {
    "fal": "fal-ai/birefnet/v2",
    "replicate": "851-labs/background-remover",
    "stability-ai": "remove-background",
}
_USD = {"fal": 0.01, "replicate": 0.01, "stability-ai": 0.05}
LEAST, MOST = 0.002, 0.985  # as `matte` has it: outside nothing was told apart


class FalCutOut(fal.Fal):
    """BiRefNet in fal's queue."""

    offer = replace(fal.OFFER, licence="a mask of your own photo; BiRefNet MIT", priced_on=WRITTEN_ON)

    def create(self, web: Web, wish: Wish) -> Handle:
        """The photo inside the request."""
        body = {"image_url": data_uri(wish.front), "output_format": "png", "refine_foreground": False}
        return fal.handle_from(web.order(f"/{wish.version}", Body(json=body)))

    def look(self, web: Web, handle: Handle) -> Sight:
        """The picture with its ground gone."""
        return fal.sight_of(web, handle, lambda answer: replicate.first_file(answer.get("image")))


class ReplicateCutOut(replicate.Replicate):
    """A background remover as a prediction."""

    offer = replace(replicate.OFFER, licence="a mask of your own photo", priced_on=WRITTEN_ON)

    def create(self, web: Web, wish: Wish) -> Handle:
        """The photo inside the request."""
        return replicate.predict(web, wish.version, {"image": data_uri(wish.front), "format": "png"})


class StabilityCutOut(stability.Stability):
    """Stability's remover: the answer is the file."""

    offer = replace(stability.OFFER, priced_on=WRITTEN_ON)

    def create(self, web: Web, wish: Wish) -> Handle:
        """The photo as a form."""
        files = {"image": ("photo.png", wish.front, "image/png")}
        body = Body(data={"output_format": "png"}, files=files, headers={"Accept": "image/*"}, limit_s=SYNC_S)
        return keep(web, web.order(f"/v2beta/stable-image/edit/{wish.version}", body).content)


PROVIDERS: Mapping[str, Provider] = {
    "fal": FalCutOut(), "replicate": ReplicateCutOut(), "stability-ai": StabilityCutOut()
}  # fmt: skip


def price(settings: Mapping[str, Any]) -> float:
    """US dollars a photo, an upper end for the usual models."""
    return _USD[settings["provider"]]


def missing() -> str:
    """Ready as soon as one provider is; else what the first one needs."""
    return missing_of(PROVIDERS.values())


@stage(
    licence="your photo's own; the mask as the model's",
    device="hosted",
    network=True,
    price="$0.01 (fal, Replicate), 0.05 (Stability) a photo; from general knowledge",
    price_of=price,
    priced_on=WRITTEN_ON,
    result_kept="as the provider's",
    missing=missing,
    varying="made on a provider's machines; the same photo need not give the same bytes",
)
def matte_online(
    subject: Subject,
    *,
    provider: Annotated[
        Literal["fal", "replicate", "stability-ai"], Field(description="who cuts the subject out")
    ] = "fal",
    model_version: ModelName = "",
) -> Subject:
    """Have the subject cut out by a provider, for a cent or so; a mask that the photo has already is not used.

    The photo leaves this machine; the price is asked for before. Pixels stay as they are, only the mask comes back,
    enlarged where the photo was sent smaller. Refuses an answer that takes nothing, or everything, for the subject.
    """
    chosen = PROVIDERS[provider]
    photo = as_png(subject.replace(mask=None), chosen.offer.shrink_px)
    wish = Wish({"front": photo}, model_version or USUAL[provider])
    picture = buy(chosen, wish, price({"provider": provider}), insist_on_picture)
    mask = _alpha_of(picture, subject.width, subject.height)
    share = float((mask > 0.5).mean())
    if not LEAST <= share <= MOST:
        raise CannotDo(
            f"matte-online: {chosen.offer.title} takes {share:.1%} of the picture for it; use matte or use-mask"
        )
    note(f"cut out by {chosen.offer.title}, {wish.version}: {share:.0%} of the picture")
    return subject.replace(mask=mask)


def _alpha_of(picture: Download, width: int, height: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The alpha of a picture, as a mask of this size; (height, width) 0 to 1."""
    from PIL import Image

    with Image.open(io.BytesIO(picture.data)) as image:
        alpha = image.convert("RGBA").getchannel("A")
        if alpha.size != (width, height):
            alpha = alpha.resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(alpha, np.float32) / np.float32(255)
