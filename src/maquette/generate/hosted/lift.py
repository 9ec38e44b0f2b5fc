"""A photo to a model by a provider: pictures out, one purchase, the file back as an asset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.core.subject import Subject, Views
from maquette.generate.hosted.buy import buy
from maquette.generate.hosted.files import land, pictures_of
from maquette.generate.hosted.provider import Provider, Wish

Price = Callable[[Mapping[str, Any]], float]


def lift(provider: Provider, subject: Subject | Views, price: Price, settings: Mapping[str, Any]) -> Asset:
    """The model that a provider makes of a subject.

    ``settings`` are those of the stage: ``model_version`` and the common knobs ``effort``, ``looks``, ``faces`` and
    ``seed`` where it has them. The subject must be cut out: what is on the background is made, and paid, as well.
    """
    offer = provider.offer
    front = subject.subjects["front"] if isinstance(subject, Views) else subject
    if front.mask is None:
        raise BadInput(f"{offer.name}: the subject has no mask; cut it out with matte first")
    knobs = {name: value for name, value in settings.items() if name != "model_version"}
    wish = Wish(pictures_of(subject, offer), str(settings.get("model_version", "")), **knobs)
    usual = Wish()
    for knob in provider.deaf_to(wish.version):
        if getattr(wish, knob) != getattr(usual, knob):
            note(f"{offer.title} {wish.version} has no word for {knob}: it is as if left alone")
    model = buy(provider, wish, price(settings))
    return land(model, subject, offer, wish.version or offer.name)
