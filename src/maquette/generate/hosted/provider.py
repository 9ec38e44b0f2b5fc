"""What every provider has in common: what it offers, what is wished of it, how far it is, and how it refuses.

A provider is one file: an :class:`Offer`, a :class:`Provider` of three or four methods over :class:`Web`, and a stage.
Everything that must not go wrong with money (the ticket on disk, no request sent twice, budgets) is done once, in
``buy``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from maquette.core.errors import BadInput, CannotDo, MaquetteError, Unavailable
from maquette.store.accounts import address_of, line_for_secrets, secrets_of

if TYPE_CHECKING:
    from maquette.generate.hosted.web import Reply, Web

Handle = Mapping[str, Any]  # whatever a provider gave to find the job again: ids and addresses, plain JSON, no keys
State = Literal["waiting", "running", "done", "failed", "cancelled"]
Kind = Literal["key", "credit", "busy", "content", "setting", "gone", "down", "failed", "unclear"]

Effort = Annotated[
    Literal["draft", "standard", "high"], Field(description="how much work, and money, goes into the shape")
]
Looks = Annotated[
    Literal["pbr", "color", "none"], Field(description="pbr: material maps; color: a color texture; none: form only")
]
Faces = Annotated[int, Field(ge=0, le=2_000_000, description="triangles to ask for; 0: as the provider chooses")]
Seed = Annotated[int, Field(ge=0, le=65535, description="another number, another result, and another payment")]
ModelName = Annotated[
    str, Field(pattern=r"^[\w./:-]{0,100}$", description="a model of that provider; empty: the usual one")
]


@dataclass(frozen=True)
class Offer:
    """A provider as a user chooses it.

    ``secrets`` are the environment names of its keys; ``kept`` says how long results stay there; ``views`` are the
    directions it takes besides the front; ``priced_on`` is the day when price and documentation were last read.
    """

    name: str
    title: str
    address: str
    secrets: tuple[str, ...]
    page: str
    licence: str
    priced_on: str
    kept: str
    cancels: bool = False
    views: tuple[str, ...] = ()
    shrink_px: int = 2048
    poll_s: tuple[float, float] = (2.0, 10.0)

    @property
    def base(self) -> str:
        """Where it is asked on this machine."""
        return address_of(self.name, self.address)

    def missing(self) -> str:
        """The line that makes it ready here; empty when it is."""
        from importlib.util import find_spec

        if find_spec("httpx") is None:
            return f"{self.name}: pip install 'maquette[hosted]'"
        return "" if secrets_of(self.secrets) is not None else line_for_secrets(self.secrets, self.page)

    def keys(self) -> tuple[str, ...]:
        """Its keys, or ``Unavailable`` with the line that sets them."""
        values = secrets_of(self.secrets)
        if values is None:
            raise Unavailable(f"{self.name}: no key for {self.title}; {line_for_secrets(self.secrets, self.page)}")
        return values


@dataclass(frozen=True)
class Wish:
    """What is asked for: PNG pictures by direction (front first) and the common knobs, or words alone."""

    pictures: Mapping[str, bytes] = field(default_factory=dict)
    version: str = ""
    effort: str = "standard"
    looks: str = "pbr"
    faces: int = 0
    seed: int = 0
    prompt: str = ""

    @property
    def front(self) -> bytes:
        """The picture that leads."""
        return self.pictures["front"]

    @property
    def pbr(self) -> bool:
        """Whether material maps are wished."""
        return self.looks == "pbr"

    @property
    def textured(self) -> bool:
        """Whether any texture is."""
        return self.looks != "none"


@dataclass(frozen=True)
class Sight:
    """How a job looks now: its state, the share that is done where the provider says it, and the files once done."""

    state: State
    share: float | None = None
    says: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    kind: Kind = "failed"


class Refusal(Exception):
    """A provider said no, or nothing: which kind of no, its own code and words, its trace id; ``sent`` if it may count.

    Never leaves this room: :func:`as_error` makes it one of the four.
    """

    def __init__(self, kind: Kind, words: str, *, code: str = "", trace: str = "", wait_s: float | None = None) -> None:
        super().__init__(words)
        self.kind, self.words, self.code, self.trace, self.wait_s = kind, words, code, trace, wait_s

    @property
    def said(self) -> str:
        """The provider's own words, with code and trace id, for a message."""
        trace = f", trace {self.trace}" if self.trace else ""
        return f"{self.code + ': ' if self.code else ''}{self.words}{trace}"


class Provider(ABC):
    """How one provider is spoken to."""

    offer: Offer

    def headers(self, keys: tuple[str, ...]) -> Mapping[str, str]:
        """What identifies the user in each request to the provider itself; never sent anywhere else. A bearer's."""
        return {"Authorization": f"Bearer {keys[0]}"}

    @abstractmethod
    def create(self, web: Web, wish: Wish) -> Handle:
        """Upload what is needed, then order with ``web.order``, once; what finds the job again."""

    @abstractmethod
    def look(self, web: Web, handle: Handle) -> Sight:
        """How the job is now; asking twice costs nothing."""

    def cancel(self, web: Web, handle: Handle) -> None:
        """Ask the provider to stop; only where the offer says that it can."""
        raise NotImplementedError

    def sign(self, keys: tuple[str, ...], url: str, body: bytes, now: float) -> Mapping[str, str]:
        """Headers that depend on the request and the time, where a provider wants signatures."""
        return {}

    def deaf_to(self, version: str) -> tuple[str, ...]:
        """Knobs that this version has no word for; turned, they still make another order, and a note says so."""
        return ()

    def is_skewed(self, reply: Reply) -> bool:
        """Whether a refusal says that our clock is wrong."""
        return False

    def refusal(self, reply: Reply) -> Refusal | None:
        """The refusal in a reply, none when it is one to go on with; by HTTP status unless a provider words it else."""
        if reply.status < 400:
            return None
        code, words = self.words_of(reply)
        return Refusal(kind_of_status(reply.status), words, code=code, trace=reply.trace, wait_s=reply.wait_s)

    def words_of(self, reply: Reply) -> tuple[str, str]:
        """A provider's code and words in a refusal."""
        plain = reply.plain()
        words = next((plain[name] for name in ("message", "detail", "error", "title") if plain.get(name)), "")
        code = next((plain[name] for name in ("code", "name", "status") if plain.get(name)), reply.status)
        return str(code), str(words or reply.text[:200] or "no words")


def kind_of_status(status: int) -> Kind:
    """What an HTTP status means where a provider says nothing better."""
    known: dict[int, Kind] = {401: "key", 402: "credit", 403: "key", 404: "gone", 410: "gone", 429: "busy", 503: "busy"}
    return known.get(status, "down" if status >= 500 else "setting")


def as_error(offer: Offer, refusal: Refusal, ticket: str = "") -> MaquetteError:
    """One of the four errors: what the provider said in its own words, and what to do."""
    name, said = offer.name, refusal.said
    match refusal.kind:
        case "key":
            return Unavailable(f"{name}: {offer.title} does not accept the key ({said}); {line_of(offer)}")
        case "credit":
            return Unavailable(f"{name}: the account has no credit for this ({said}); add some at {offer.page}")
        case "busy":
            return Unavailable(f"{name}: {offer.title} takes nothing more now ({said}); try again later")
        case "down":
            return Unavailable(f"{name}: {offer.title} has a fault of its own ({said}); try again later{_hint(ticket)}")
        case "content":
            return BadInput(f"{name}: {offer.title} refuses this picture ({said}); take another one")
        case "gone":
            return CannotDo(f"{name}: {offer.title} has no such job or file any more ({said}){_hint(ticket)}")
        case "unclear":
            return CannotDo(
                f"{name}: no answer to the order that can be used ({said}); it may have been taken and paid, so it is "
                f"not sent again: look at {offer.page}{_hint(ticket)}"
            )
        case "setting":
            return CannotDo(f"{name}: {offer.title} does not take this ({said}); change the settings or the photo")
        case _:
            return CannotDo(f"{name}: {offer.title} failed ({said}); try another seed, photo or generator")


def line_of(offer: Offer) -> str:
    """The line that sets its keys."""
    return line_for_secrets(offer.secrets, offer.page)


def _hint(ticket: str) -> str:
    """How to order anew where an order stands in the way."""
    return f"; `maquette hosted --forget {ticket}` lets it be ordered, and paid, anew" if ticket else ""


def missing_of(providers: Iterable[Provider]) -> str:
    """Empty as soon as one of several providers is ready here; else the line that makes the first one ready."""
    lines = [provider.offer.missing() for provider in providers]
    return "" if "" in lines else lines[0]
