"""The only way from here to a provider: time limits, size limits, polite repeats, no key anywhere but where it belongs.

What may be repeated is (questions, downloads, uploads that were refused); an order is sent once. It is sent again only
after a refusal that says so (429, 503) or a signature refused for our clock. A connection that broke while an order was
under way leaves open whether it was taken: that is ``unclear`` and stays so.
"""

from __future__ import annotations

import email.utils
import functools
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from maquette.core.errors import Unavailable
from maquette.core.progress import progress
from maquette.generate.hosted.provider import Kind, Provider, Refusal
from maquette.store import Blobs

ANSWER_BYTES, FILE_BYTES = 64 << 20, 512 << 20
CONNECT_S, ANSWER_S, QUIET_S, SYNC_S = 15.0, 60.0, 60.0, 300.0
TRIES, WAIT_CAP_S = 4, 60.0
SLICE_S = 0.2  # a stage reports at least every half second, so that it can be stopped
_TRACES = ("x-tripo-trace-id", "x-request-id", "x-fal-request-id", "x-trace-id", "request-id", "cf-ray")


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers in small letters, and the body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def trace(self) -> str:
        """The id under which the provider finds this request in its own logs."""
        return next((self.headers[name] for name in _TRACES if self.headers.get(name)), "")

    @property
    def text(self) -> str:
        """The body as text, for messages."""
        return " ".join(self.content[:400].decode("utf-8", "replace").split())

    @property
    def wait_s(self) -> float | None:
        """Seconds that the provider asks to wait, by number or by date."""
        text = self.headers.get("retry-after", "")
        if text.replace(".", "", 1).isdigit():
            return float(text)
        when = self.date_of(text)
        return None if when is None else max(0.0, when - (self.date or time.time()))

    @property
    def date(self) -> float | None:
        """The provider's clock."""
        return self.date_of(self.headers.get("date", ""))

    @staticmethod
    def date_of(text: str) -> float | None:
        """Seconds since 1970 of an HTTP date."""
        try:
            return email.utils.parsedate_to_datetime(text).timestamp()
        except (ValueError, TypeError, IndexError):
            return None

    def plain(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            value = json.loads(self.content)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; a refusal where it is none."""
        value = self.plain()
        if not value:
            raise Refusal("down", f"an answer that is no JSON object: {self.text[:120]}", trace=self.trace)
        return value


@dataclass(frozen=True)
class Download:
    """A file as it came, and the ending that its first bytes ask for."""

    data: bytes
    ending: str


Insist = Callable[[bytes, str], Download]  # bytes and content type in; a refusal for what is no such file


@dataclass(frozen=True)
class Body:
    """What goes with a request, in httpx's words, and how long an answer may take."""

    json: Any = None
    data: Mapping[str, str] | None = None
    files: Any = None
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    limit_s: float = ANSWER_S


def pause(seconds: float, says: str = "", share: float = 0.0) -> None:
    """Wait, reporting all the while, so that whoever watches can stop it."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        progress(share, says)
        time.sleep(min(SLICE_S, left))


NOTHING = Body()


@functools.cache
def _certificates() -> ssl.SSLContext:
    """The authorities of this machine, read once: that alone takes longer than most answers."""
    return ssl.create_default_context()


class Web:
    """One provider's web, with the keys of one user; ``before_order`` is called just before money may be spent.

    ``blobs`` is where files are kept that come with an answer, ``insist`` says what kind of file is bought.
    """

    def __init__(self, provider: Provider, keys: tuple[str, ...], blobs: Blobs, insist: Insist) -> None:
        self.provider, self.keys, self.blobs, self.insist = provider, keys, blobs, insist
        self.before_order: Callable[[], None] = lambda: None
        self.was_taken = False  # an order was answered with no refusal
        self.base = provider.offer.base
        self.skew_s = 0.0
        self.pause = pause
        try:
            import httpx
        except ImportError:
            raise Unavailable(f"{provider.offer.name}: pip install 'maquette[hosted]'") from None
        self._httpx = httpx
        limits = httpx.Timeout(QUIET_S, connect=CONNECT_S)
        named = {"User-Agent": "maquette"}
        self._client = httpx.Client(timeout=limits, follow_redirects=False, headers=named, verify=_certificates())

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, body: Body = NOTHING) -> Reply:
        """Ask something, repeatedly if need be."""
        return self._persist("GET", path, body)

    def post(self, path: str, body: Body = NOTHING) -> Reply:
        """Ask or upload something that costs nothing, repeatedly if need be."""
        return self._persist("POST", path, body)

    def order(self, path: str, body: Body) -> Reply:
        """Order something that costs, once; repeated only after a clear refusal that asks for it."""
        self.before_order()
        for attempt in range(TRIES):
            try:
                reply = self._send("POST", path, body)
            except self._httpx.ConnectError as problem:
                raise Refusal("busy", self._clean(f"no connection to {self._host(path)}: {problem}")) from None
            except self._httpx.HTTPError as problem:
                raise Refusal("unclear", self._clean(f"{type(problem).__name__} at {self._host(path)}")) from None
            if self._mend_clock(reply, attempt):
                continue
            refusal = self._refusal(reply)
            if refusal is None:
                self.was_taken = True
                return reply
            if refusal.kind != "busy" or attempt == TRIES - 1 or not self._wait_for(refusal, attempt):
                raise refusal
        raise AssertionError

    def ask(self, method: str, path: str, body: Body) -> Reply:
        """One request, once, for a cancel say; a refusal is raised."""
        try:
            reply = self._send(method, path, body)
        except self._httpx.HTTPError as problem:
            raise Refusal("down", self._clean(f"{type(problem).__name__} at {self._host(path)}")) from None
        if refusal := self._refusal(reply):
            raise refusal
        return reply

    def download(self, url: str, write: Callable[[bytes], None]) -> str:
        """A file's bytes, handed on as they come, without our key; its content type. A refusal where it is cut."""
        size = 0
        try:
            with self._client.stream("GET", self._absolute(url), follow_redirects=True) as answer:
                if answer.status_code != 200:
                    kind: Kind = "gone" if answer.status_code in (403, 404, 410) else "down"
                    raise Refusal(kind, f"the file at {self._host(url)} answers {answer.status_code}")
                for piece in (
                    answer.iter_raw(1 << 16) if "content-encoding" not in answer.headers else answer.iter_bytes()
                ):
                    size += len(piece)
                    if size > FILE_BYTES:
                        raise Refusal("failed", f"a file of more than {FILE_BYTES >> 20} MB")
                    write(piece)
                    progress(0.95, f"{size / 1e6:.1f} MB")
                return str(answer.headers.get("content-type", ""))
        except self._httpx.HTTPError as problem:
            raise Refusal("down", self._clean(f"{type(problem).__name__} at {self._host(url)}")) from None

    def _persist(self, method: str, path: str, body: Body) -> Reply:
        """Send, and again after faults of the network or the provider; a refusal in the end is raised."""
        for attempt in range(TRIES):
            reply, refusal = self._attempt(method, path, body)
            if reply is not None and self._mend_clock(reply, attempt):
                continue
            if refusal is None:
                assert reply is not None
                return reply
            last = attempt == TRIES - 1
            if refusal.kind not in ("busy", "down") or last or not self._wait_for(refusal, attempt):
                raise refusal
        raise AssertionError

    def _attempt(self, method: str, path: str, body: Body) -> tuple[Reply | None, Refusal | None]:
        """A reply, a refusal, or both; a broken connection is a refusal."""
        try:
            reply = self._send(method, path, body)
        except self._httpx.HTTPError as problem:
            return None, Refusal("down", self._clean(f"{type(problem).__name__} at {self._host(path)}"))
        return reply, self._refusal(reply)

    def _send(self, method: str, path: str, body: Body) -> Reply:
        """One request; the key goes to the provider's own host and to no other."""
        url = self._absolute(path)
        headers = dict(body.headers)
        if self._is_own(url):
            headers |= self.provider.headers(self.keys)
        request = self._client.build_request(
            method,
            url,
            headers=headers,
            json=body.json,
            data=body.data,
            files=body.files,
            params=body.params,
            timeout=self._httpx.Timeout(body.limit_s, connect=CONNECT_S),
        )
        if self._is_own(url):
            request.read()
            signed = self.provider.sign(self.keys, str(request.url), request.content, time.time() + self.skew_s)
            request.headers.update(signed)
        answer = self._client.send(request, stream=True)
        try:
            content = b""
            for piece in answer.iter_bytes(1 << 16):
                content += piece
                if len(content) > ANSWER_BYTES:
                    raise Refusal("failed", f"an answer of more than {ANSWER_BYTES >> 20} MB")
        finally:
            answer.close()
        return Reply(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, content)

    def _refusal(self, reply: Reply) -> Refusal | None:
        """The refusal in a reply, with nothing of the keys in its words."""
        refusal = self.provider.refusal(reply)
        if refusal is not None:
            refusal.words = self._clean(refusal.words)[:400]
        return refusal

    def _mend_clock(self, reply: Reply, attempt: int) -> bool:
        """Take over the provider's clock where it refuses ours, once."""
        if attempt or reply.date is None or not self.provider.is_skewed(reply):
            return False
        self.skew_s = reply.date - time.time()
        return True

    def _wait_for(self, refusal: Refusal, attempt: int) -> bool:
        """Wait as long as asked, or twice as long each time; False where that is more than anybody waits."""
        seconds = float(2**attempt) if refusal.wait_s is None else refusal.wait_s
        if seconds > WAIT_CAP_S:
            return False
        self.pause(seconds, f"{self.provider.offer.title} asks to wait {seconds:.0f} s")
        return True

    def _absolute(self, path: str) -> str:
        return path if path.startswith(("https://", "http://")) else f"{self.base}{path}"

    def _is_own(self, url: str) -> bool:
        """Whether an address is the provider's own, which alone may see the key."""
        mine, theirs = urlsplit(self.base), urlsplit(url)
        return (mine.scheme, mine.netloc) == (theirs.scheme, theirs.netloc)

    def _host(self, path: str) -> str:
        return urlsplit(self._absolute(path)).netloc

    def _clean(self, text: str) -> str:
        """Words without any key in them; providers quote keys when they refuse them."""
        for key in self.keys:
            for secret in (key, key[:12] if len(key) >= 24 else key):
                text = text.replace(secret, "[key]")
        return text
