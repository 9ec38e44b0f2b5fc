"""The life of an order at a provider, the same for all of them: consent, ticket, one order, patience, one whole file.

Whatever kills this process, the next one that has the same wish goes on where it stopped: a handle on disk is asked
again, a file on disk is taken, and an order of which nobody knows whether it was taken is not sent again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from maquette.core.errors import CannotDo
from maquette.core.progress import Cancelled, note, progress
from maquette.generate.hosted.files import insist_on_model
from maquette.generate.hosted.provider import Provider, Refusal, Sight, Wish, as_error
from maquette.generate.hosted.tickets import Drawer, Ticket, new_ticket, ticket_name, with_state
from maquette.generate.hosted.web import Download, Insist, Web

PATIENCE_S = 2 * 3600.0  # then we stop asking; the order goes on, and so do we when asked again
QUERIES = 3  # times that a file is asked for, each at a fresh address
KEPT = "kept:"  # a file that came with the answer and is here already


def buy(provider: Provider, wish: Wish, usd: float, insist: Insist = insist_on_model) -> Download:
    """The file that a provider makes of a wish, bought once; ``usd`` is what it costs at most.

    ``insist`` says what kind of file it must be, a model where nothing is said.

    Keys are asked for before anything else. Raises one of the four errors with the provider's words in it.
    """
    drawer = Drawer()
    offer = provider.offer
    name = ticket_name(offer.name, offer.base, _plain(wish), wish.pictures)
    with drawer.holding(name) as ticket:
        if ticket is not None and ticket.state == "done" and drawer.blobs.has(ticket.file):
            note(f"{offer.title}: bought before; taken from disk")
            return Download(drawer.blobs.read(ticket.file), ticket.ending)
        if ticket is not None and ticket.state == "asked":
            raise as_error(offer, Refusal("unclear", f"cut off on {ticket.asked}"), name)
        keys = offer.keys()
        fresh = ticket or new_ticket(name, offer.name, usd)
        with Web(provider, keys, drawer.blobs, insist) as web:
            return _Order(provider, web, drawer, fresh).carry_out(wish, is_new=ticket is None)


def _plain(wish: Wish) -> dict[str, Any]:
    """The knobs of a wish, for its name; pictures go by their digests."""
    return asdict(replace(wish, pictures={}))


class _Order:
    """One order under way."""

    def __init__(self, provider: Provider, web: Web, drawer: Drawer, ticket: Ticket) -> None:
        self.provider, self.web, self.drawer, self.ticket = provider, web, drawer, ticket
        self.offer = provider.offer

    def carry_out(self, wish: Wish, *, is_new: bool) -> Download:
        """Order where nothing is ordered yet, wait, fetch."""
        try:
            if is_new:
                self._create(wish)
            sight = self._wait()
            return self._fetch(sight)
        except Refusal as refusal:
            if refusal.kind in ("failed", "content", "gone") and self.ticket.state == "running":
                self.drawer.forget(self.ticket.name)  # it ended there; the next wish is a new order
            raise as_error(self.offer, refusal, self._obstacle()) from None

    @property
    def is_asked(self) -> bool:
        """Whether the order left, and its ticket says so on disk."""
        ticket = self.drawer.find(self.ticket.name)
        return ticket is not None and ticket.state == "asked"

    def _obstacle(self) -> str:
        """The ticket's name where it is still on disk and unclear."""
        return self.ticket.name if self.is_asked else ""

    def _create(self, wish: Wish) -> None:
        """Pay, send, and put the handle on disk before anything else is done with it."""
        self.web.before_order = self._pay_once
        progress(0.0, f"{self.offer.title}: send the picture")
        try:
            handle = self.provider.create(self.web, wish)
        except Refusal as refusal:
            if self.web.was_taken:  # and paid, whatever is wrong with the answer
                raise Refusal("unclear", refusal.words, code=refusal.code, trace=refusal.trace) from None
            if self.is_asked and refusal.kind not in ("unclear", "down"):
                self.drawer.give_back(self.ticket)
            raise
        self.ticket = self.drawer.write(with_state(self.ticket, "running", handle=handle))

    def _pay_once(self) -> None:
        """Called by the web just before an order leaves."""
        self.drawer.pay(self.ticket, self.offer.title)
        self.ticket = self.drawer.write(with_state(self.ticket, "asked"))

    def _wait(self) -> Sight:
        """Ask until it is done; whoever stops us stops the provider too, where it can be stopped."""
        began, (gap, widest) = time.monotonic(), self.offer.poll_s
        waited = 0.0
        try:
            while True:
                sight = self.provider.look(self.web, self.ticket.handle)
                if sight.state == "done":
                    return sight
                if sight.state in ("failed", "cancelled"):
                    raise Refusal(sight.kind, sight.says or f"the job is {sight.state}", code=sight.code)
                if max(waited, time.monotonic() - began) > PATIENCE_S:
                    raise CannotDo(
                        f"{self.offer.name}: still {sight.state} after {PATIENCE_S / 3600:.0f} hours; nothing is lost: "
                        "the same command asks again and pays nothing"
                    )
                share = 0.05 + 0.85 * min(1.0, (sight.share or 0.0))
                self.web.pause(gap, f"{self.offer.title}: {sight.says or sight.state}", share)
                waited += gap
                gap = min(widest, gap * 1.4)
        except Cancelled:
            self._cancel()
            raise

    def _cancel(self) -> None:
        """Tell the provider, quickly; what cannot be cancelled stays on its ticket and is taken up by the next wish."""
        if not self.offer.cancels:
            return
        try:
            self.provider.cancel(self.web, self.ticket.handle)
        except Refusal:
            return
        self.drawer.forget(self.ticket.name)

    def _fetch(self, sight: Sight) -> Download:
        """The whole file, kept on disk before anybody sees it; an address that has expired is asked for anew."""
        for attempt in range(QUERIES):
            if not sight.files:
                refusal = Refusal("failed", "it says done and names no file")
            else:
                try:
                    return self._take(next(iter(sight.files.values())))
                except Refusal as problem:
                    refusal = problem
            if attempt < QUERIES - 1:
                self.web.pause(float(attempt), f"{self.offer.title}: ask for the file again", 0.9)
                sight = self.provider.look(self.web, self.ticket.handle)
        raise refusal

    def _take(self, url: str) -> Download:
        """One file at one address, or one that is here already."""
        if url.startswith(KEPT):
            digest = url.removeprefix(KEPT)
            file = self.web.insist(self.drawer.blobs.read(digest), "")
        else:
            data = bytearray()
            kind = self.web.download(url, data.extend)
            file = self.web.insist(bytes(data), kind)
            digest = self.drawer.blobs.put(file.data)
        self.ticket = self.drawer.write(replace(self.ticket, state="done", file=digest, ending=file.ending))
        return file


def keep(web: Web, data: bytes) -> Mapping[str, Any]:
    """The handle of a provider that answers with the file itself: it is on disk before the handle says so."""
    web.insist(data, "")
    return {"kept": web.blobs.put(data)}


def sight_of_kept(handle: Mapping[str, Any]) -> Sight:
    """How such a job looks: done."""
    return Sight("done", 1.0, files={"model": f"{KEPT}{handle['kept']}"})
