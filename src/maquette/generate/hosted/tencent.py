"""Hunyuan3D 3.1 by Tencent Cloud; documentation read on 2026-11-20 (tencentcloud-sdk-python-ai3d 3.1.192).

Requests are signed with TC3-HMAC-SHA256, which holds a time: a clock that is wrong is noticed and made up for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

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

SERVICE, VERSION, REGION = "ai3d", "2025-05-13", "ap-guangzhou"
_STATES: Mapping[str, State] = {"WAIT": "waiting", "RUN": "running", "DONE": "done", "FAIL": "failed"}
_KINDS: Mapping[str, Kind] = {
    "AuthFailure": "key", "UnauthorizedOperation": "key", "RequestLimitExceeded": "busy", "LimitExceeded": "busy",
    "ResourceInsufficient": "credit", "FailedOperation.InsufficientBalance": "credit", "ResourceUnavailable": "credit",
    "InternalError": "down", "ResourceNotFound": "gone", "OperationDenied": "content",
    "InvalidParameterValue.ImageIllegal": "content",
}  # fmt: skip
OFFER = Offer(
    name="tencent-hunyuan",
    title="Tencent Hunyuan3D",
    address="https://ai3d.tencentcloudapi.com",
    secrets=("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"),
    page="https://console.cloud.tencent.com/cam/capi",
    licence="yours by Tencent Cloud's terms",
    priced_on="2026-11-20",
    kept="24 hours",
    views=("left", "back", "right"),
    shrink_px=1536,  # a picture in the body may be 6 MB
    poll_s=(3.0, 10.0),
)


class Tencent(Provider):
    """Actions by header; refusals come with status 200."""

    offer = OFFER

    def headers(self, keys: tuple[str, ...]) -> Mapping[str, str]:
        """None: the signature says who asks."""
        return {}

    def deaf_to(self, version: str) -> tuple[str, ...]:
        """It takes no seed."""
        return ("seed",)

    def create(self, web: Web, wish: Wish) -> Handle:
        """Submit a job."""
        reply = web.order("/", Body(json=parameters(wish), headers=action("SubmitHunyuanTo3DProJob")))
        return {"job": str(response_of(reply)["JobId"])}

    def look(self, web: Web, handle: Handle) -> Sight:
        """Its state and, once done, the GLB among its files."""
        reply = web.post("/", Body(json={"JobId": handle["job"]}, headers=action("QueryHunyuanTo3DProJob")))
        task = response_of(reply)
        state, code = _STATES.get(str(task.get("Status")), "failed"), str(task.get("ErrorCode") or "")
        files = {str(file.get("Type")).upper(): str(file.get("Url")) for file in task.get("ResultFile3Ds") or []}
        url = files.get("GLB")
        refused = kind_of(code) == "content"
        words = str(task.get("ErrorMessage") or task.get("Status"))
        kind: Kind = "content" if refused else "failed"
        return Sight(state, 0.4 if state == "running" else 0.0, words, {"model": url} if url else {}, code, kind)

    def sign(self, keys: tuple[str, ...], url: str, body: bytes, now: float) -> Mapping[str, str]:
        """TC3-HMAC-SHA256 over host, content type and body, valid for this minute."""
        host, stamp = urlsplit(url).netloc, int(now)
        return {"X-TC-Timestamp": str(stamp), "Authorization": authorization(keys, host, body, stamp)}

    def is_skewed(self, reply: Reply) -> bool:
        """The signature's time is too far from theirs."""
        return code_of(reply) == "AuthFailure.SignatureExpire"

    def refusal(self, reply: Reply) -> Refusal | None:
        """By the code in the response."""
        code = code_of(reply)
        plain = super().refusal(reply)
        if not code and plain is None:
            return None
        response = reply.plain().get("Response") or {}
        words = str((response.get("Error") or {}).get("Message") or reply.text[:200])
        trace = str(response.get("RequestId") or reply.trace)
        kind = kind_of(code) if code else (plain.kind if plain else "setting")
        return Refusal(kind, words, code=code or str(reply.status), trace=trace, wait_s=reply.wait_s)


def authorization(keys: tuple[str, ...], host: str, body: bytes, stamp: int) -> str:
    """The header of a signed request (Tencent Cloud API 3.0, signature v3): content type and host are signed."""
    day = time.strftime("%Y-%m-%d", time.gmtime(stamp))
    names = "content-type;host"
    canonical = f"POST\n/\n\ncontent-type:application/json\nhost:{host}\n\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{SERVICE}/tc3_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"TC3{keys[1]}".encode()
    for part in (day, SERVICE, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}".encode(), hashlib.sha256).hexdigest()
    return f"TC3-HMAC-SHA256 Credential={keys[0]}/{scope}, SignedHeaders={names}, Signature={signature}"


def action(name: str) -> dict[str, str]:
    """Headers that name what is asked."""
    return {"X-TC-Action": name, "X-TC-Version": VERSION, "X-TC-Region": REGION, "Content-Type": "application/json"}


def response_of(reply: Reply) -> Mapping[str, Any]:
    """What is in the envelope."""
    response = reply.json().get("Response")
    if not isinstance(response, dict):
        raise Refusal("down", f"no response in the answer: {reply.text[:120]}", trace=reply.trace)
    return response


def code_of(reply: Reply) -> str:
    """The code of an error; empty where there is none."""
    response = reply.plain().get("Response")
    error = response.get("Error") if isinstance(response, dict) else None
    return str(error.get("Code") or "") if isinstance(error, dict) else ""


def kind_of(code: str) -> Kind:
    """What a code means: by itself, else by what stands before its dot."""
    return _KINDS.get(code) or _KINDS.get(code.partition(".")[0]) or "setting"


def parameters(wish: Wish) -> dict[str, Any]:
    """A wish in Tencent's words; it takes no seed, so another seed is simply another order."""
    sides = {name: data for name, data in wish.pictures.items() if name != "front"}
    body: dict[str, Any] = {"Model": wish.version, "ImageBase64": base64.b64encode(wish.front).decode()}
    if sides:
        body["MultiViewImages"] = [
            {"ViewType": name, "ViewImageBase64": base64.b64encode(data).decode()} for name, data in sides.items()
        ]
    body |= {"EnablePBR": wish.pbr, "GenerateType": "Normal" if wish.textured else "Geometry"}
    counts = {"draft": 100_000, "standard": 500_000, "high": 1_000_000}
    body["FaceCount"] = min(max(wish.faces or counts[wish.effort], 3_000), 1_500_000)
    return body


def price(settings: Mapping[str, Any]) -> float:
    """US dollars a model, counted at 25 credits of two cents; Tencent bills by package."""
    return 0.50


@stage(
    licence=OFFER.licence,
    device="hosted",
    network=True,
    price="about $0.50 a model; billed by package",
    price_of=price,
    priced_on=OFFER.priced_on,
    good_at=("figurines seen all round", "inventing the back"),
    result_kept=OFFER.kept,
    missing=OFFER.missing,
    varying="made on Tencent's machines, which take no seed",
)
def tencent_hunyuan(
    subject: Subject | Views,
    *,
    model_version: Annotated[Literal["3.1", "3.0"], Field(description="Hunyuan3D's version")] = "3.1",
    effort: Effort = "standard",
    looks: Looks = "pbr",
    faces: Faces = 0,
    seed: Seed = 0,
) -> Asset:
    """Have a whole object made by Hunyuan3D 3.1 on Tencent Cloud, for money, from one photo or from up to four.

    The picture leaves this machine; the price is asked for before. It takes no seed: another one is another order all
    the same.
    """
    settings = {"model_version": model_version, "effort": effort, "looks": looks, "faces": faces, "seed": seed}
    return lift(Tencent(), subject, price, settings)
