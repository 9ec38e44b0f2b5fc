"""Files and results that several machines share: objects in an S3-compatible store or a folder, through obstore.

What a machine takes from there it keeps in its own folder as well, by the same digest, so it is fetched once. An object
is there whole or not at all; its name is its digest, so two machines that put the same one are both right.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from maquette.core.errors import BadSetting, Unavailable
from maquette.store.blobs import Blobs, Incoming
from maquette.store.folder import drop
from maquette.store.results import Store

SCHEMES = ("s3", "file", "memory")
COPY_S = 86400.0  # a copy that nobody has asked for so long goes from this machine
_RETRY = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}


class Bucket:
    """Objects by name under an address: ``s3://bucket/prefix`` or ``file:///folder``.

    Keys and endpoint come from ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_ENDPOINT_URL``, ``AWS_REGION``
    (and ``AWS_ALLOW_HTTP=true`` for an endpoint without TLS), as for other programs.
    """

    def __init__(self, address: str) -> None:
        scheme = address.partition("://")[0]
        if scheme not in SCHEMES:
            raise BadSetting(f"files: {address!r} is no address; write s3://bucket/prefix or file:///folder")
        if find_spec("obstore") is None:
            raise Unavailable("files: needs obstore; pip install 'maquette[cluster]'")
        from obstore.store import from_url

        self.address = address
        if scheme == "file":
            Path(address.removeprefix("file://")).mkdir(mode=0o700, parents=True, exist_ok=True)
        more: dict[str, Any] = {"retry_config": _RETRY} if scheme == "s3" else {}
        with self._refusing():
            self._store = from_url(address, **more)

    def put(self, name: str, place: Path) -> None:
        """Put a file; large ones go in parts."""
        import obstore

        with self._refusing():
            obstore.put(self._store, name, place)

    def fetch(self, name: str, place: Path) -> bool:
        """Take an object into a file, all of it or nothing; False where there is none."""
        import obstore
        from obstore.exceptions import NotFoundError

        part = place.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with self._refusing():
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with part.open("wb") as file:
                    for piece in obstore.get(self._store, name).stream():
                        file.write(piece)
                os.replace(part, place)
        except (NotFoundError, FileNotFoundError):
            return False
        finally:
            drop(part)
        return True

    def has(self, name: str) -> bool:
        """Whether there is such an object."""
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            with self._refusing():
                obstore.head(self._store, name)
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    def names(self) -> dict[str, int]:
        """All objects under the address, and their sizes."""
        import obstore

        with self._refusing():
            return {str(each["path"]): int(each["size"]) for batch in obstore.list(self._store) for each in batch}

    def drop(self, name: str) -> None:
        """Let go of an object, where it is there."""
        import obstore
        from obstore.exceptions import NotFoundError

        with contextlib.suppress(NotFoundError, FileNotFoundError), self._refusing():
            obstore.delete(self._store, name)

    def mark(self, name: str) -> None:
        """Put an empty object, which says by its time when something happened."""
        import obstore

        with self._refusing():
            obstore.put(self._store, name, b"")

    def put_at(self, name: str) -> float:
        """When an object was put, in seconds since 1970; 0 where there is none."""
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            with self._refusing():
                return float(obstore.head(self._store, name)["last_modified"].timestamp())
        except (NotFoundError, FileNotFoundError):
            return 0.0

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """``Unavailable`` where the store or the disk does not answer; that there is no object is no fault."""
        from obstore.exceptions import BaseError, NotFoundError

        try:
            yield
        except (NotFoundError, FileNotFoundError):
            raise
        except (BaseError, OSError) as problem:
            said = " ".join(str(problem).split())[:300]
            raise Unavailable(
                f"files: no answer from {self.address} ({said}); is it there, are its keys right?"
            ) from None


class SharedBlobs(Blobs):
    """Files by sha256 in a bucket, with copies of those used lately in a folder of this machine."""

    def __init__(self, folder: Path, bucket: Bucket) -> None:
        super().__init__(folder)
        self.bucket = bucket

    @contextlib.contextmanager
    def receiving(self, limit: int = 1 << 40) -> Iterator[Incoming]:
        """Take bytes in; when the block ends well, everybody has them."""
        with super().receiving(limit) as incoming:
            yield incoming
        try:
            self.bucket.put(_name(incoming.digest), self._place(incoming.digest))
        except BaseException:
            super().drop(incoming.digest)  # nobody else would find it
            raise

    def path(self, digest: str) -> Path:
        """Where a copy lies, fetched when this machine has none; ``BadInput`` when nobody has it."""
        place = self._place(digest)
        if place.is_file():
            with contextlib.suppress(OSError):
                os.utime(place)  # it is in use: see `sweep`
        else:
            self.bucket.fetch(_name(digest), place)
        return super().path(digest)

    def read(self, digest: str) -> bytes:
        """A file's bytes; a copy that is damaged is fetched once more before anybody hears of it."""
        try:
            return super().read(digest)
        except Unavailable:
            super().drop(digest)
            return super().read(digest)

    def has(self, digest: str) -> bool:
        """Whether anybody has it."""
        return super().has(digest) or self.bucket.has(_name(digest))

    def drop(self, digest: str) -> None:
        """Let go of a file everywhere; other machines' copies go when they are old."""
        super().drop(digest)
        self.bucket.mark(f"dropped/{digest}")  # else a machine that has a copy would take it back there: see `sweep`
        self.bucket.drop(_name(digest))

    def sweep(self) -> None:
        """Remove what killed processes left, and copies that nobody has asked for lately."""
        super().sweep()
        for place in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):
                if time.time() - place.stat().st_mtime > COPY_S and self._is_there(place):
                    drop(place)

    def _is_there(self, place: Path) -> bool:
        """Whether a file of this machine may go: the bucket has it, or everybody let go of it since it was used here.

        One from before there was a bucket is taken there first.
        """
        with contextlib.suppress(Unavailable):
            is_there = self.bucket.has(_name(place.name))
            if not is_there and self.bucket.put_at(f"dropped/{place.name}") < place.stat().st_mtime:
                self.bucket.put(_name(place.name), place)
            return True
        return False


class SharedStore(Store):
    """Results in a folder of this machine, and in a bucket for whoever goes on with a job elsewhere.

    The bucket keeps them until a rule of its own lets go of them (``results/`` may be emptied at any time).
    """

    def __init__(self, root: Path, bucket: Bucket, max_bytes: int = 2_000_000_000) -> None:
        super().__init__(root, max_bytes)
        self.bucket = bucket

    def get(self, key: str) -> Any:
        """The value of this key, from here or else from there; None when nobody has it, or nobody answers."""
        value = super().get(key)
        if value is not None:
            return value
        with contextlib.suppress(Unavailable):
            if self.bucket.fetch(f"results/{key}", self._path(key)):
                return super().get(key)
        return None

    def put(self, key: str, value: Any) -> bool:
        """Keep a value here and there; where the bucket does not answer, others make it again."""
        is_kept = super().put(key, value)
        if is_kept:
            with contextlib.suppress(Unavailable):
                self.bucket.put(f"results/{key}", self._path(key))
        return is_kept


def _name(digest: str) -> str:
    return f"files/{digest[:2]}/{digest}"
