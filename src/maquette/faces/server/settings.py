"""What a server is told when it starts."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from maquette.core.errors import BadSetting

PHOTO_BYTES, MODEL_BYTES, JSON_BYTES = 20_000_000, 150_000_000, 2_000_000
HELD_S = 5.0  # how long a question may be held open until there is news
HELD_AT_ONCE = 20  # of one key


@dataclass(frozen=True)
class ServerSettings:
    """Where to listen, as whom to speak, whom to let in; whether tasks of Tripo's v2 go on to Tripo itself.

    ``public_url`` is what addresses in answers begin with; ``names`` are further host names that requests may use.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    public_url: str = ""
    names: tuple[str, ...] = ()
    keys: bool = False
    private_urls: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None
    keep_days: float = 30.0
    workers: int = 1
    tripo_upstream: bool = False

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise BadSetting("serve: --tls-cert and --tls-key go together; give both or neither")
        for place in (self.tls_cert, self.tls_key):
            if place is not None and not place.is_file():
                raise BadSetting(f"serve: {place} is no file; name the PEM file")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def needs_keys(self) -> bool:
        """Whether a key is demanded: always where others can reach it."""
        return self.keys or not self.is_local

    @property
    def base(self) -> str:
        """What addresses in answers begin with."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls_cert else 'http'}://{host}:{self.port}"
