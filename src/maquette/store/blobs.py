"""Files by their sha256: what was uploaded and what was delivered, kept until somebody lets go of it.

Results of stages may be evicted, since they can be made again; these may not. Writing is by rename after a sync, so a
name that is there has all its bytes. Two writers of the same bytes meet at one name and both are right.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from maquette.core.errors import BadInput, Unavailable
from maquette.store.folder import drop

_STALE_S = 3600.0  # a part this old belongs to a process that was killed


class Incoming:
    """Bytes on their way in: counted and hashed while they are written."""

    def __init__(self, path: Path, limit: int) -> None:
        self.path, self.limit, self.size = path, limit, 0
        self.head = b""  # the first bytes, which say what kind of file it is
        self._hasher = hashlib.sha256()
        self._file = path.open("wb")

    def write(self, chunk: bytes | memoryview) -> None:
        """One more piece; ``BadInput`` as soon as it is too much."""
        self.size += len(chunk)
        if self.size > self.limit:
            raise BadInput(f"files: more than {self.limit:,} bytes; send a smaller file")
        if len(self.head) < 512:
            self.head = (self.head + bytes(chunk[:512]))[:512]
        self._hasher.update(chunk)
        self._file.write(chunk)

    @property
    def digest(self) -> str:
        """The sha256 of what came so far."""
        return self._hasher.hexdigest()

    def close(self, *, sync: bool = False) -> None:
        """End writing; ``sync`` waits until the disk has it."""
        if sync:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()


class Blobs:
    """A folder of files by sha256, shared by any number of processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def receiving(self, limit: int = 1 << 40) -> Iterator[Incoming]:
        """Take bytes in; they are kept under their digest when the block ends well, and dropped when it does not."""
        part = self.folder / f".{secrets.token_hex(8)}.part"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            incoming = Incoming(part, limit)
        except OSError as problem:
            raise self._refusal(problem) from problem
        try:
            yield incoming
            incoming.close(sync=True)
            place = self._place(incoming.digest)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            os.replace(part, place)
        except OSError as problem:
            raise self._refusal(problem) from problem
        finally:
            incoming.close()
            drop(part)

    def put(self, data: bytes) -> str:
        """Keep bytes; their digest."""
        with self.receiving() as incoming:
            incoming.write(data)
        return incoming.digest

    def path(self, digest: str) -> Path:
        """Where a file lies; ``BadInput`` when there is none of this digest."""
        place = self._place(digest)
        if not place.is_file():
            raise BadInput(f"files: {digest} is not here; upload it first")
        return place

    def read(self, digest: str) -> bytes:
        """A file's bytes; damaged ones are ``Unavailable`` and not taken for the real ones."""
        try:
            data = self.path(digest).read_bytes()
        except OSError as problem:
            raise self._refusal(problem) from problem
        if hashlib.sha256(data).hexdigest() != digest:
            raise Unavailable(f"files: {digest} is damaged on disk; upload it again")
        return data

    def has(self, digest: str) -> bool:
        """Whether there is such a file."""
        return self._place(digest).is_file()

    def drop(self, digest: str) -> None:
        """Let go of a file."""
        drop(self._place(digest))

    def sweep(self) -> None:
        """Remove what killed processes left half written."""
        for part in self.folder.glob(".*.part"):
            with contextlib.suppress(OSError):
                if time.time() - part.stat().st_mtime > _STALE_S:
                    drop(part)

    def _place(self, digest: str) -> Path:
        """A digest is hexadecimal, so it cannot lead elsewhere."""
        if len(digest) != 64 or digest.strip("0123456789abcdef"):
            raise BadInput(f"files: {digest[:80]!r} is no digest; it is a sha256 of 64 hexadecimal digits")
        return self.folder / digest[:2] / digest

    def _refusal(self, problem: OSError) -> Unavailable:
        return Unavailable(
            f"files: cannot use {self.folder}: {problem.strerror or problem}; free space or name another"
        )
