"""What all routes share: the workshop, the queue, the keys, and news from the ledger."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from maquette.core.errors import BadInput, Unavailable
from maquette.core.money import dollars
from maquette.faces.server.answers import Refusal, not_here
from maquette.faces.server.fetcher import Fetcher
from maquette.faces.server.keys import Guests, Keys, Who
from maquette.faces.server.settings import ServerSettings
from maquette.flow.prices import price_of_order
from maquette.flow.queue.checking import check_order
from maquette.flow.queue.entry import Entry, Wish
from maquette.flow.queue.inputs import VALUE
from maquette.flow.queue.order import Order, Source
from maquette.flow.queue.ordering import Queue
from maquette.flow.queue.publishing import Published
from maquette.flow.queue.shared import SharedRows
from maquette.flow.queue.workshop import Workshop

NEWS_S = 0.03  # between two looks into the ledger while somebody waits


class News:
    """Wakes whoever waits when the ledger has a new event: one look for all of them, none while nobody waits."""

    def __init__(self, workshop: Workshop) -> None:
        self._ledger = workshop.ledger
        self._waiting: set[asyncio.Future[int]] = set()
        self._task: asyncio.Task[None] | None = None
        self.closing = False

    async def after(self, n: int, seconds: float) -> int:
        """The newest event's number, as soon as it is above ``n``, or after so many seconds."""
        if self.closing:
            return n
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        until = time.monotonic() + seconds
        latest = await run_in_threadpool(self._ledger.last_event)
        try:
            while latest <= n and (left := until - time.monotonic()) > 0 and not self.closing:
                latest = await asyncio.wait_for(asyncio.shield(future), left)
                self._waiting.discard(future)
                future = asyncio.get_running_loop().create_future()
                self._waiting.add(future)
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(future)
        return latest

    async def _look(self) -> None:
        """Look while somebody waits."""
        last = -1
        while self._waiting:
            try:
                latest = await run_in_threadpool(self._ledger.last_event)
            except Unavailable:
                latest = last
            if latest != last:
                last = latest
                self._wake(latest)
            await asyncio.sleep(NEWS_S)

    def _wake(self, latest: int) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(latest)

    def close(self) -> None:
        """Send everybody home."""
        self.closing = True
        self._wake(-1)


@dataclass
class Service:
    """One running server."""

    workshop: Workshop
    settings: ServerSettings
    started: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        self.queue = Queue(self.workshop)
        self.ledger = self.workshop.ledger
        self.blobs = self.workshop.blobs
        self.keys = Keys(self.ledger)
        self.guests = Guests(self.ledger)
        self.news = News(self.workshop)
        self.shared = SharedRows(self.ledger.database)
        self.published = Published(self.ledger.database)
        self.fetcher = Fetcher(private=self.settings.private_urls)
        self.held: dict[str, int] = {}  # questions held open, by owner
        self.seen: dict[tuple[str, int], int] = {}  # answers by surface and status
        self._secret = self.ledger.secret("shared files").encode()

    def order(self, request: Request, order: Order, raw: bytes, **more: Any) -> Entry:
        """Queue an order of whoever asks; 409 for an Idempotency-Key that meant something else."""
        who: Who = request.scope["who"]
        counts = self.ledger.counts(who.owner)
        if counts.get("queued", 0) + counts.get("running", 0) >= who.at_once:
            raise Refusal(429, f"{who.at_once} jobs of this key are waiting or running", code="TooMany", retry_s=5)
        self.insist_on_payment(order, who)
        if not who.sees(str(more.get("tag", ""))):
            raise Refusal(403, "a guest works on the one thing that was shared", code="Forbidden")
        wish = Wish(
            order,
            who.owner,
            idempotency=request.headers.get("idempotency-key"),
            body=hashlib.sha256(request.url.path.encode() + b"\0" + raw).hexdigest(),
            **more,
        )
        try:
            return self.queue.order(wish)
        except BadInput as problem:
            if "Idempotency-Key" in str(problem):
                raise Refusal(409, str(problem), code="Conflict") from None
            raise

    def insist_on_payment(self, order: Order, who: Who) -> None:
        """402 for an order that costs more than it says it may, 403 where this key must not spend anything."""
        usd = price_of_order(order)
        if usd > order.pay_usd + 1e-9:
            words = f"costs up to {dollars(usd)} at a provider and may cost {dollars(order.pay_usd)}; raise pay_usd"
            raise Refusal(402, words, code="PaymentNeeded")
        if order.pay_usd and not who.may("pay"):
            raise Refusal(403, "this key may not spend money; it needs the scope pay", code="Forbidden")

    def insist_on_order(self, entry: Entry, who: Who) -> None:
        """What is checked when a job is ordered, once more: a job that was imported never came by there."""
        self.insist_on_payment(entry.order, who)
        check_order(entry.order, self.blobs)
        for name, source in entry.order.inputs.items():
            if self.ledger.files.file_of(source.digest, entry.owner) is None:
                raise BadInput(f"job: {name}: {source.digest[:64]} is not among your files; upload it first")

    def job(self, identity: str, who: Who) -> Entry:
        """A job of whoever asks; 404 for any other."""
        try:
            entry = self.ledger.get(identity, None if "admin" in who.scopes and who.owner != "local" else who.owner)
        except BadInput:
            raise not_here("job") from None
        if not who.sees(entry.tag):
            raise not_here("job")
        return entry

    def insist_on_tag(self, tag: str, who: Who) -> None:
        """404 for a thing of which whoever asks has no job."""
        if not who.sees(tag) or not self.ledger.listed(who.owner, tag=tag, limit=1):
            raise not_here("thing")

    async def source(self, reference: Any, who: Who) -> Source:
        """What an input refers to: a digest, ``{"digest"}``, ``{"url"}``, or the result of a job as ``{"job"}``."""
        named = {"digest": reference} if isinstance(reference, str) else reference
        if not isinstance(named, dict) or len(named.keys() & {"digest", "url", "job"}) != 1:
            raise BadInput("job: an input is a digest, or one of {digest}, {url}, {job}")
        if "url" in named:
            return await self.fetch(str(named["url"]), who)
        if "job" in named:
            entry = await run_in_threadpool(self.job, str(named["job"]), who)
            return self.result_of(entry)
        digest = str(named["digest"])
        owned = await run_in_threadpool(self.ledger.files.file_of, digest, who.owner)
        if owned is None:
            raise BadInput(f"job: {digest[:64]!r} is not among your files; upload it first")
        return Source(digest, str(named.get("name") or owned[0]))

    def result_of(self, entry: Entry) -> Source:
        """A job's result as an input: the value itself where it is kept, so that nothing is lost on the way."""
        if entry.state != "success":
            raise BadInput(f"job: {entry.id} is {entry.state}; wait until it has succeeded")
        output = entry.output("value") or entry.output("main")
        if output is None:
            raise BadInput(f"job: {entry.id} has no file")
        name = output["name"] if output["role"] != "value" else f"result{VALUE}"
        return Source(output["digest"], name)

    async def fetch(self, url: str, who: Who) -> Source:
        """A picture by its address; an address of our own is read from disk."""
        own = self.shared_digest(url)
        if own is not None and self.blobs.has(own[0]) and self.ledger.files.file_of(own[0], who.owner) is None:
            return await run_in_threadpool(lambda: self.keep(self.blobs.read(own[0]), own[1], who))
        if own is not None:
            return Source(own[0], own[1])
        data = await run_in_threadpool(self.fetcher.get, url)
        return await run_in_threadpool(self.keep, data, "fetched", who)

    def keep(self, data: bytes, name: str, who: Who) -> Source:
        """Bytes among somebody's files."""
        self.insist_on_room(who, len(data))
        digest = self.blobs.put(data)
        self.ledger.files.own(digest, who.owner, name, len(data))
        return Source(digest, name)

    def insist_on_room(self, who: Who, size: int) -> None:
        """507 where somebody's files would take more than they may."""
        if self.ledger.files.bytes_of(who.owner) + size > who.disk_mb * 1_000_000:
            raise Refusal(507, f"your files would take more than {who.disk_mb} MB", code="DiskQuota")

    def shared_url(self, digest: str, name: str) -> str:
        """An address that anybody who has it may read, and that nobody can guess."""
        return f"{self.settings.base}/shared/{self._proof(digest, name)}/{digest}/{name}"

    def shared_digest(self, url: str) -> tuple[str, str] | None:
        """The file behind such an address; nothing for any other."""
        head = f"{self.settings.base}/shared/"
        parts = url.removeprefix(head).partition("?")[0].split("/") if url.startswith(head) else []
        if len(parts) == 3 and self.is_proof(*parts):
            return parts[1], parts[2]
        return None

    def is_proof(self, proof: str, digest: str, name: str) -> bool:
        """Whether we gave out this address."""
        return hmac.compare_digest(proof.encode(), self._proof(digest, name).encode())

    def _proof(self, digest: str, name: str) -> str:
        return hmac.new(self._secret, f"{digest}/{name}".encode(), "sha256").hexdigest()[:32]

    def close(self) -> None:
        """Let go of everything."""
        self.queue.close()
        self.ledger.close()
