"""Replicate: TRELLIS, SAM 3D, Hunyuan3D 3.1; documentation read on 2026-11-20 (its OpenAPI document, replicate 1.0.7).

Its own client waits in a way that loses jobs that take longer than a minute; here a prediction is made, then asked for.
"""

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

INLINE_BYTES = 256_000  # larger pictures go to its files first
MODELS = {
    "trellis": "firtoz/trellis",
    "sam-3d": "meta/sam-3d-objects",
    "hunyuan3d-3.1": "tencent/hunyuan-3d-3.1",
}
_DEAF = {"trellis": ("looks", "faces"), "sam-3d": ("looks", "faces", "effort")}
_STATES: Mapping[str, State] = {
    "starting": "waiting", "processing": "running", "succeeded": "done", "failed": "failed", "canceled": "cancelled",
    "aborted": "cancelled",
}  # fmt: skip
OFFER = Offer(
    name="replicate",
    title="Replicate",
    address="https://api.replicate.com",
    secrets=("REPLICATE_API_TOKEN",),
    page="https://replicate.com/account/api-tokens",
    licence="as the model's: TRELLIS MIT; SAM 3D SAM License; Hunyuan3D Tencent's terms",
    priced_on="2026-11-20",
    kept="1 hour",
    cancels=True,
    views=("left", "back", "right"),
)


class Replicate(Provider):
    """A prediction of a model by its name, and its state."""

    offer = OFFER

    def deaf_to(self, version: str) -> tuple[str, ...]:
        """Each model has its own words."""
        return _DEAF.get(version, ("seed", "effort"))

    def create(self, web: Web, wish: Wish) -> Handle:
        """Pictures inside the body where they are small, else uploaded first."""
        pictures = {name: place_picture(web, name, data) for name, data in wish.pictures.items()}
        return predict(web, MODELS[wish.version], inputs(wish, pictures))

    def look(self, web: Web, handle: Handle) -> Sight:
        """Its state; an hour after the end its files are gone."""
        return prediction(web, handle)

    def cancel(self, web: Web, handle: Handle) -> None:
        """Ask to stop."""
        web.ask("POST", f"/v1/predictions/{handle['id']}/cancel", Body(limit_s=0.8))

    def refusal(self, reply: Reply) -> Refusal | None:
        """By status."""
        return nsfw(super().refusal(reply))


def place_picture(web: Web, name: str, data: bytes) -> str:
    """A picture as a model can read it."""
    if len(data) <= INLINE_BYTES:
        return data_uri(data)
    answer = web.post("/v1/files", Body(files={"content": (f"{name}.png", data, "image/png")})).json()
    return str((answer.get("urls") or {}).get("get", ""))


def predict(web: Web, model: str, body: Mapping[str, Any]) -> Handle:
    """Order a prediction; its id."""
    answer = web.order(f"/v1/models/{model}/predictions", Body(json={"input": dict(body)})).json()
    if not answer.get("id"):
        raise Refusal("down", f"no id in the answer: {str(answer)[:120]}")
    return {"id": str(answer["id"])}


def prediction(web: Web, handle: Handle) -> Sight:
    """How a prediction is."""
    task = web.get(f"/v1/predictions/{handle['id']}").json()
    state = _STATES.get(str(task.get("status")), "failed")
    lines = str(task.get("logs") or "").strip().splitlines()
    words = str(task.get("error") or (lines[-1] if lines else task.get("status")))
    if state == "done" and task.get("data_removed"):
        return Sight("failed", says="Replicate has deleted the result, as it does after an hour", kind="gone")
    refusal = nsfw(Refusal("failed", words))
    assert refusal is not None
    url = first_file(task.get("output"))
    share = {"waiting": 0.0, "running": 0.4}.get(state)
    return Sight(state, share, words[:200], {"model": url} if url else {}, kind=refusal.kind)


def first_file(output: Any) -> str:
    """The model's or picture's address in an output, whatever its shape."""
    if isinstance(output, str):
        return output
    if isinstance(output, list):
        return next((url for each in output if (url := first_file(each))), "")
    if isinstance(output, dict):
        named = [output[name] for name in ("model_file", "glb", "model", "mesh", "url") if output.get(name)]
        return first_file(named)
    return ""


def nsfw(refusal: Refusal | None) -> Refusal | None:
    """Words about forbidden content are about the picture."""
    if refusal and any(word in refusal.words.lower() for word in ("nsfw", "sensitive", "content policy", "safety")):
        refusal.kind = "content"
    return refusal


def inputs(wish: Wish, pictures: Mapping[str, str]) -> dict[str, Any]:
    """A wish in the words of its model."""
    if wish.version == "trellis":
        body: dict[str, Any] = {"images": list(pictures.values()), "seed": wish.seed, "randomize_seed": False}
        body |= {"generate_model": True, "generate_color": False, "return_no_background": False}
        body |= {"texture_size": 2048 if wish.effort == "high" else 1024}
        return body | {"mesh_simplify": 0.9 if wish.effort == "high" else 0.95}
    if wish.version == "sam-3d":
        return {"image": pictures["front"], "seed": wish.seed}
    body = {"image": pictures["front"], "enable_pbr": wish.pbr}
    body["generate_type"] = "Normal" if wish.textured else "Geometry"
    return body | ({"face_count": max(40_000, wish.faces)} if wish.faces else {})


def price(settings: Mapping[str, Any]) -> float:
    """US dollars a run as its model pages estimate; billed by the second, so counted at the upper end."""
    return {"trellis": 0.05, "sam-3d": 0.10}.get(settings["model_version"], 0.60)


@stage(
    licence=OFFER.licence,
    device="hosted",
    network=True,
    price="about $0.05 (TRELLIS), 0.10 (SAM 3D), 0.60 (Hunyuan3D 3.1); billed by the second",
    price_of=price,
    priced_on=OFFER.priced_on,
    good_at=("cheap drafts", "things in cluttered photos"),
    result_kept=OFFER.kept,
    missing=OFFER.missing,
    varying="made on Replicate's machines; the same seed need not give the same bytes",
)
def replicate(
    subject: Subject | Views,
    *,
    model_version: Annotated[
        Literal["trellis", "sam-3d", "hunyuan3d-3.1"], Field(description="which model Replicate runs")
    ] = "trellis",
    effort: Effort = "standard",
    looks: Looks = "pbr",
    faces: Faces = 0,
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made on Replicate's machines, for money: by TRELLIS, SAM 3D or Hunyuan3D 3.1.

    The picture leaves this machine; the price is asked for before. Replicate forgets results after an hour; ours is
    fetched at once and kept here.
    """
    settings = {"model_version": model_version, "effort": effort, "looks": looks, "faces": faces, "seed": seed}
    return lift(Replicate(), subject, price, settings)
