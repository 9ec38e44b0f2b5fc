"""Tickets: what was ordered where, on disk before anything is asked, so that no order is sent, or paid, twice.

A ticket's name is the digest of everything that was wished, so the same wish finds its ticket again, in this process or
a later one, on whatever way it comes. Its states:

    asked    the order is being sent; if we died here nobody knows whether it was taken
    running  the provider's handle is on disk: any process may go on asking
    done     the file is on disk: nothing is asked any more

A refused order leaves no ticket. What was spent stands in ``spending.jsonl``, a line an order, and one more with a
minus where the provider refused it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from maquette.core.errors import BadSetting, CannotDo, Unavailable
from maquette.core.money import current_run, dollars, insist_on_consent
from maquette.core.progress import progress
from maquette.store import Blobs
from maquette.store.accounts import budget_usd, orders_folder
from maquette.store.folder import drop

_ASK_S = 0.2  # between two looks at a ticket that another process holds


@dataclass(frozen=True)
class Ticket:
    """One order: who was asked for what, when and for how much, and how far it is."""

    name: str
    provider: str
    state: str = "asked"
    usd: float = 0.0
    asked: str = ""
    handle: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    ending: str = ""


def ticket_name(provider: str, address: str, wish: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    """The name of a wish: 32 hexadecimal digits over the provider, its address, all knobs and all pictures."""
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in pictures.items()}
    text = json.dumps([provider, address, dict(wish), digests], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Drawer:
    """The folder with all tickets, the files that were bought, and the list of what was spent."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or orders_folder()
        self.blobs = Blobs(self.folder / "files")

    @contextlib.contextmanager
    def holding(self, name: str) -> Iterator[Ticket | None]:
        """The ticket of this name, nobody else's as long as the block lasts; None where nothing was ordered yet."""
        self._make_folder()
        lock = FileLock(self.folder / f"{self._insist_on_name(name)}.lock")
        while True:
            try:
                lock.acquire(timeout=_ASK_S)
                break
            except Timeout:
                progress(0.0, "another process waits for the same order")
        try:
            yield self.find(name)
        finally:
            lock.release()

    def find(self, name: str) -> Ticket | None:
        """A ticket; a file that is no ticket counts as none and is left alone."""
        try:
            return Ticket(**json.loads(self._place(name).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def all(self) -> list[Ticket]:
        """All tickets, newest first."""
        names = [place.stem for place in self.folder.glob("*.json")] if self.folder.is_dir() else []
        tickets = [ticket for name in names if (ticket := self.find(name))]
        return sorted(tickets, key=lambda ticket: (ticket.asked, ticket.name), reverse=True)

    def write(self, ticket: Ticket) -> Ticket:
        """Put a ticket on disk, synced: a machine that loses its power finds it again."""
        handle, part = tempfile.mkstemp(prefix=".ticket", suffix=".part", dir=self.folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(asdict(ticket), file, indent=1, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self._place(ticket.name))
        except OSError as problem:
            drop(part)
            raise Unavailable(f"{ticket.provider}: cannot write to {self.folder}: {problem.strerror}") from None
        return ticket

    def forget(self, name: str) -> Ticket:
        """Let go of a ticket, so that its wish is ordered anew; what it bought stays paid."""
        ticket = self.find(name)
        if ticket is None:
            raise BadSetting(f"hosted: no order {name[:40]!r}; `maquette hosted` lists them")
        drop(self._place(name))
        return ticket

    def pay(self, ticket: Ticket, words: str) -> None:
        """Count an order before it is sent: with somebody's consent, within the budgets of run and day."""
        with self._spending():
            today, limit = self.spent_usd(), budget_usd("day")
            if ticket.usd and today + ticket.usd > limit + 1e-9:
                raise CannotDo(
                    f"{ticket.provider}: {dollars(ticket.usd)} on top of {dollars(today)} today is over the day's "
                    f"budget of {dollars(limit)}; nothing was sent; MAQUETTE_DAY_USD raises it"
                )
            if ticket.usd:
                spent = self.spent_usd(run=current_run())
                insist_on_consent(ticket.provider, ticket.usd, words, spent_usd=spent, run_usd=budget_usd("run"))
            self._note(ticket, ticket.usd)

    def give_back(self, ticket: Ticket) -> None:
        """An order that was refused costs nothing: its ticket goes, and a line with a minus comes."""
        with self._spending():
            self._note(ticket, -ticket.usd)
        drop(self._place(ticket.name))

    def spent_usd(self, *, run: str = "") -> float:
        """What a run has cost so far, or today (in UTC) where none is named."""
        day, total = _now()[:10], 0.0
        with contextlib.suppress(FileNotFoundError):
            for line in (self.folder / "spending.jsonl").read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    row = json.loads(line)
                    counts = row.get("run") == run if run else str(row["at"]).startswith(day)
                    total += float(row["usd"]) if counts else 0.0
        return max(0.0, total)

    @contextlib.contextmanager
    def _spending(self) -> Iterator[None]:
        """One process at a time looks at the list and adds to it, so that two cannot both take the last dollar."""
        self._make_folder()
        with FileLock(self.folder / "spending.lock"):
            yield

    def _note(self, ticket: Ticket, usd: float) -> None:
        row = {"at": _now(), "provider": ticket.provider, "ticket": ticket.name, "usd": round(usd, 6)}
        row |= {"run": current_run()}
        with (self.folder / "spending.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise Unavailable(
                f"hosted: cannot write to {self.folder}: {problem.strerror}; name another folder with MAQUETTE_HOME"
            ) from None

    def _place(self, name: str) -> Path:
        return self.folder / f"{self._insist_on_name(name)}.json"

    def _insist_on_name(self, name: str) -> str:
        if not name or name.strip("0123456789abcdef"):
            raise BadSetting(f"hosted: {name[:40]!r} is no order; `maquette hosted` lists them")
        return name


def new_ticket(name: str, provider: str, usd: float) -> Ticket:
    """A ticket of this moment."""
    return Ticket(name, provider, usd=usd, asked=_now())


def with_state(ticket: Ticket, state: str, *, handle: Mapping[str, Any] | None = None) -> Ticket:
    """The ticket further on."""
    return replace(ticket, state=state, handle=dict(handle) if handle is not None else ticket.handle)


def _now() -> str:
    return datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
