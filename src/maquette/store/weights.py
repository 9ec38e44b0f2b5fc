"""Weights on disk by address and sha256. This is the only file that downloads."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from maquette.core.errors import BadInput, Unavailable
from maquette.core.progress import progress
from maquette.store.folder import drop, home, write_whole

_BLOCK = 1 << 16
_TRIES = 5
_PAUSE_S = 1.0
_TIMEOUT_S = 30.0
_ASK_S = 0.2  # between two looks at a lock that another holds


@dataclass(frozen=True)
class Weights:
    """A learned model's file: where it comes from, what exactly it must be, and under which licence.

    Stands beside the stage that needs it; ``size`` in bytes. ONNX and safetensors cannot carry code; whoever reads
    another format must see to that itself.
    """

    name: str
    address: str
    sha256: str
    size: int
    licence: str

    def __post_init__(self) -> None:
        if self.name.strip(".") == "" or any(character in self.name for character in "/\\\0"):
            raise BadInput(f"weights: {self.name!r} is no plain file name; drop the folders")
        if len(self.sha256) != 64 or self.sha256.strip("0123456789abcdef") or self.size <= 0:
            raise BadInput(f"weights: {self.name} needs a sha256 of 64 hexadecimal digits and its exact size in bytes")
        _scheme(self.address)

    @property
    def path(self) -> Path:
        """Where the file lies, or is to be put by hand."""
        return home() / "weights" / self.sha256[:16] / self.name

    def describe(self) -> str:
        """What would be downloaded, in one line: to be shown before the first time."""
        return f"{self.name}: {self.size:,} bytes from {self.address}, sha256 {self.sha256}, licence {self.licence}"


def fetch(weights: Weights, *, download: bool | None = None) -> Path:
    """The weights' file on this machine, checked against its sha256.

    A file that is not there is downloaded only when ``download`` is True, or None with ``MAQUETTE_DOWNLOAD=yes``;
    otherwise ``Unavailable`` says what it is and how to get it. A transfer that broke off goes on where it stopped, now
    and in a later process. What arrives with another size or sha256 is deleted: ``BadInput``.
    """
    path = weights.path
    if not path.exists():
        if not (os.environ.get("MAQUETTE_DOWNLOAD", "").lower() == "yes" if download is None else download):
            raise Unavailable(
                f"weights: not downloaded yet: {weights.describe()}; agree by setting MAQUETTE_DOWNLOAD=yes, "
                f"or put the file at {path}"
            )
        _download(weights)
    _check(weights)
    return path


def _check(weights: Weights) -> None:
    """The file is the right one; a checked file is not read again until it changes."""
    path, seal = weights.path, weights.path.with_name(weights.name + ".checked")
    state = path.stat()
    sealed = f"{weights.sha256} {state.st_size} {state.st_mtime_ns}"
    with contextlib.suppress(OSError):
        if seal.read_text() == sealed:
            return
    digest = _sha256(path, weights) if state.st_size == weights.size else f"none, for it has {state.st_size} bytes"
    if digest != weights.sha256:
        raise BadInput(f"weights: {path} has sha256 {digest}, not {weights.sha256}; delete the file and fetch it again")
    with contextlib.suppress(OSError):
        write_whole(seal, [sealed.encode()])


def _download(weights: Weights) -> None:
    """Download, one process at a time: whoever comes second waits, and finds the file or goes on with its part."""
    path = weights.path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    progress(0.0, weights.describe())
    with _lock_of(weights):
        if not path.exists():
            _download_alone(weights)


@contextlib.contextmanager
def _lock_of(weights: Weights) -> Iterator[None]:
    """Hold this file's lock among all threads and processes; waiting for it can be canceled, a dead one lets go."""
    lock = FileLock(f"{weights.path.parent}.lock")
    while not lock.is_locked:
        try:
            lock.acquire(timeout=_ASK_S)
        except Timeout:
            progress(0.0, f"{weights.name}: waiting for another download of it")
    try:
        yield
    finally:
        lock.release()


def _download_alone(weights: Weights) -> None:
    """Download into the part file, going on from what is there, and rename it once it is right."""
    path, part = weights.path, weights.path.with_name(weights.name + ".part")
    digest = "nothing"
    for _ in range(2 if part.exists() else 1):  # what an earlier process left may be wrong: then once more from zero
        _transfer(weights, part)
        digest = _sha256(part, weights)
        if digest == weights.sha256:
            os.replace(part, path)
            return
        drop(part)
    raise BadInput(
        f"weights: {weights.address} gave sha256 {digest} instead of {weights.sha256}; what came was deleted, "
        f"tell the maker of the stage, or put the right file at {path}"
    )


def _transfer(weights: Weights, part: Path) -> None:
    """Fill the part file, trying again when the connection breaks."""
    reason: Any = "the connection closed early"
    for attempt in range(_TRIES):
        have = 0
        with contextlib.suppress(FileNotFoundError):
            have = part.stat().st_size
        if have >= weights.size:
            return
        free = shutil.disk_usage(part.parent).free
        if free < weights.size - have:
            raise Unavailable(f"weights: {weights.size - have} bytes do not fit on {part.parent}, {free} are free")
        time.sleep(_PAUSE_S * attempt)
        try:
            if _receive(weights, part, have) == weights.size:
                return
        except urllib.error.HTTPError as refusal:
            refusal.close()
            reason = refusal
            break
        except (OSError, http.client.HTTPException) as problem:
            reason = problem
    raise Unavailable(
        f"weights: cannot get {weights.address}: {reason}; run again with a network to go on, "
        f"or put the file at {weights.path}"
    )


def _receive(weights: Weights, part: Path, have: int) -> int:
    """One request for what is missing after ``have`` bytes, written to its place in the part file; how far it got."""
    stream, at = _request(weights, have)
    handle = os.open(part, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    with stream, os.fdopen(handle, "r+b") as file:
        file.seek(at)
        while block := stream.read1(_BLOCK):
            at += len(block)
            if at > weights.size:
                drop(part)
                raise BadInput(f"weights: {weights.address} sends more than {weights.size} bytes; it is another file")
            file.write(block)
            progress(at / weights.size, f"{weights.name}: {at / 1e6:.1f} of {weights.size / 1e6:.1f} MB")
        file.flush()
        os.fsync(handle)
    return at


def _request(weights: Weights, have: int) -> tuple[Any, int]:
    """The stream of bytes and the place of its first one: ``have``, or 0 where the server knows no ranges."""
    address = weights.address
    if _scheme(address) == "file":
        file = open(urllib.request.url2pathname(urllib.parse.urlsplit(address).path), "rb")  # noqa: SIM115
        return file, file.seek(have)
    headers = {"User-Agent": "maquette", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    handlers: list[Any] = [_SameScheme()]
    if _scheme(address) == "http":
        handlers.append(urllib.request.ProxyHandler({}))  # this machine is not behind a proxy
    request = urllib.request.Request(address, headers=headers)
    answer = urllib.request.build_opener(*handlers).open(request, timeout=_TIMEOUT_S)
    at = have if answer.status == 206 else 0
    left, first = str(weights.size - at), f"bytes {at}-"
    length, span = answer.headers.get("Content-Length", left), answer.headers.get("Content-Range", first)
    if length == left and span.startswith(first):
        return answer, at
    answer.close()
    raise BadInput(f"weights: {address} offers {length} bytes instead of {left}; it is another file")


def _sha256(path: Path, weights: Weights) -> str:
    """A file's sha256."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            hasher.update(block)
            progress(1.0, f"{weights.name}: checking")
    return hasher.hexdigest()


def _scheme(address: str) -> str:
    """``https``; ``http`` on this machine only; ``file`` without a host. Anything else is ``BadInput``."""
    parts = urllib.parse.urlsplit(address)
    here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if (parts.scheme == "https" and parts.hostname) or (parts.scheme == "http" and here):
        return parts.scheme
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return "file"
    raise BadInput(f"weights: {address!r}: only https is followed")


class _SameScheme(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only within the scheme."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if _scheme(newurl) != _scheme(req.full_url):
            raise BadInput(f"weights: {req.full_url} leads to {newurl}; only https is followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
