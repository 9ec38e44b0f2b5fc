"""Results on disk by the digest of what made them.

Several processes may share one folder. Nothing is locked: an entry is written under a name of its own and then renamed,
so others see all of it or nothing; whoever finds the folder too full deletes what was used least recently. A file's
time of change is its time of last use. A CRC-32 (2.3 GB/s, BLAKE2b 0.9) finds torn and rotten entries, so results need
no fsync: losing one costs its computation. Only plain files are entries: a link, a pipe or a folder under an entry's
name is nobody's result.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import stat
import struct
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maquette.core.errors import BadInput, Unavailable
from maquette.core.values import decode, encode
from maquette.store.folder import drop, home, write_whole

MAGIC = b"mqstore\x01"
NOUNS_VERSION = 1  # raised when a noun's fields come to mean something else, so that old results are not taken for new
_HEAD = struct.Struct("<8sII")  # magic, CRC-32 of the value's canonical form, zeros before it
_ALIGN = 64  # arrays start on cache lines, so a mapped array is as good as one made in memory
_MAPPED_FROM = 1 << 20  # a mapped file keeps a descriptor; small ones are read instead
_LOW_WATER = 0.9  # eviction goes down to here, so that not every put evicts
_STALE_NS = 3600 * 10**9  # a part this old belongs to a process that was killed
_OPEN_PLAIN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def key_of(stage: str, version: int, settings: str, inputs: Sequence[str]) -> str:
    """Name of a stage's result, 32 hex digits: settings as canonical text, inputs by their keys or digests."""
    text = json.dumps([NOUNS_VERSION, stage, version, settings, list(inputs)], separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Store:
    """Values by key under ``root`` (:func:`home`), at most ``max_bytes``; what was used least recently goes first.

    The bound holds after every :meth:`put` of one process; up to four that write at once stay within it together,
    because each looks again after writing a quarter of the room it saw.
    """

    def __init__(self, root: Path | str | None = None, max_bytes: int = 2_000_000_000) -> None:
        self.folder, self.max_bytes = Path(root or home()) / "results", max_bytes
        self._unseen = 0  # written since the folder was last looked through
        self._slack = -1  # how much may be written before looking again

    def get(self, key: str) -> Any:
        """The value of this key, its large arrays mapped from the file; None when there is none.

        A damaged entry is deleted and counts as none.
        """
        path = self._path(key)
        try:
            packed = _read_plain(path)
        except OSError:
            return None
        with contextlib.suppress(OSError):  # a folder one may only read, or just evicted by somebody
            os.utime(path)
        try:
            return _unpack(packed)
        except BadInput:
            del packed  # Windows deletes no file that is mapped
            drop(path)
        return None

    def put(self, key: str, value: Any) -> bool:
        """Keep a value under a key; False when it is too large to be kept. ``Unavailable`` when the disk refuses."""
        path = self._path(key)
        chunks = _pack(value)
        if (size := sum(len(chunk) for chunk in chunks)) > self.max_bytes * _LOW_WATER:
            return False
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, chunks)
            self._make_room(size)
        except OSError as problem:
            raise Unavailable(
                f"store: cannot write to {self.folder}: {problem.strerror}; name another folder with MAQUETTE_HOME"
            ) from problem
        return True

    def size(self) -> int:
        """Bytes of all entries."""
        return sum(size for _, size, _ in self._entries())

    def clear(self) -> None:
        """Forget every result. Weights stay."""
        for _, _, path in self._entries():
            drop(path)

    def _path(self, key: str) -> Path:
        """The entry's file; a key is hexadecimal, so it cannot lead elsewhere."""
        if not key or key.strip("0123456789abcdef"):
            raise BadInput(f"store: {key!r} is no key; keys are hexadecimal digits")
        return self.folder / f"{key}.value"

    def _entries(self) -> list[tuple[int, int, str]]:
        """Last use in nanoseconds, size and path of every entry; parts that a killed process left are deleted."""
        entries: list[tuple[int, int, str]] = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder) as listing:
            for file in listing:
                with contextlib.suppress(FileNotFoundError):
                    state = file.stat(follow_symlinks=False)
                    if not stat.S_ISREG(state.st_mode):
                        if file.name.endswith((".value", ".part")):
                            drop(file.path)  # a link goes, and what it leads to stays
                    elif file.name.endswith(".value"):
                        entries.append((state.st_mtime_ns, state.st_size, file.path))
                    elif file.name.endswith(".part") and time.time_ns() - state.st_mtime_ns > _STALE_NS:
                        drop(file.path)
        return entries

    def _make_room(self, written: int) -> None:
        """Evict down to the low water mark when the bound is passed; looks only when it could be."""
        self._unseen += written
        if self._unseen <= self._slack:
            return
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        goal = self.max_bytes * (_LOW_WATER if total > self.max_bytes else 1)
        while total > goal:
            _, size, path = entries.pop(0)
            drop(path)
            total -= size
        self._unseen, self._slack = 0, max(0, self.max_bytes - total) // 4


def _read_plain(path: Path) -> memoryview:
    """An entry's bytes, large ones mapped; ``OSError`` for what is no plain file, without waiting for a pipe."""
    with os.fdopen(os.open(path, _OPEN_PLAIN), "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise OSError("no plain file")
        large = state.st_size >= _MAPPED_FROM
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if large else file.read())


def _pack(value: Any) -> list[bytes | memoryview]:
    """An entry's bytes: head, zeros up to where the first array is aligned, canonical form."""
    chunks = list(encode(value))
    checksum = 0
    for chunk in chunks:
        checksum = zlib.crc32(chunk, checksum)
    gap = -(_HEAD.size + len(chunks[0]) + len(chunks[1])) % _ALIGN
    return [_HEAD.pack(MAGIC, checksum, gap) + bytes(gap), *chunks]


def _unpack(packed: memoryview) -> Any:
    """The value in an entry's bytes, over those bytes; ``BadInput`` when they are damaged."""
    if len(packed) < _HEAD.size:
        raise BadInput(f"store: an entry of {len(packed)} bytes")
    magic, checksum, gap = _HEAD.unpack_from(packed)
    form = packed[_HEAD.size + gap :]
    if magic != MAGIC or gap >= _ALIGN or zlib.crc32(form) != checksum:
        raise BadInput("store: a damaged entry")
    return decode(form)
