"""Pictures by address, from a network that may be hostile: the address that was checked is the one connected to.

A name is resolved once; every one of its addresses must be a public one, and the connection goes to that very address,
so an answer that changes between the check and the call (rebinding) changes nothing. Hosts in any spelling (decimal,
octal, hexadecimal, IPv6, mapped IPv4) go through the same resolver and the same check.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from maquette.core.errors import BadInput, Unavailable

LIMIT = 20_000_000
SECONDS = 20.0
REDIRECTS = 1
Resolver = Callable[[str, int], list[str]]
_METADATA = {ipaddress.ip_address(text) for text in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254")}


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, as the system finds them."""
    try:
        return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise BadInput(f"url: {host[:80]!r} is no host that can be found") from None


class Fetcher:
    """Gets files by http and https; ``private`` lets in addresses of this network, which an operator may wish."""

    def __init__(self, *, private: bool = False, resolver: Resolver = resolve, limit: int = LIMIT) -> None:
        self.private, self.resolver, self.limit = private, resolver, limit
        self.seconds = SECONDS

    def get(self, url: str) -> bytes:
        """The bytes at an address; `BadInput` where it must not be asked, or gives no file."""
        until = time.monotonic() + self.seconds
        for _ in range(REDIRECTS + 1):
            status, location, data = self._ask(_parts_of(url), until)
            if status in (301, 302, 303, 307, 308) and location:
                url = urljoin(url, location)
                continue
            if status != 200:
                raise BadInput(f"url: {urlsplit(url).hostname} answers {status}; give an address of a file")
            return data
        raise BadInput(f"url: leads on more than {REDIRECTS} time; give the last address")

    def checked_address(self, host: str, port: int) -> str:
        """The address to connect to; `BadInput` where any of the host's is not a public one."""
        addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in self.resolver(host, port)]
        if not addresses:
            raise BadInput(f"url: {host[:80]!r} has no address")
        for address in addresses:
            if not _is_public(address) and not (self.private and address not in _METADATA):
                raise BadInput(f"url: {host[:80]} leads to {address}, which is not on the public internet")
        return str(addresses[0])

    def _ask(self, parts: SplitResult, until: float) -> tuple[int, str, bytes]:
        """One request: status, where it leads, and the body."""
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self.checked_address(host, port)
        left = until - time.monotonic()
        try:
            stream = socket.create_connection((address, port), timeout=max(0.1, left))
            if parts.scheme == "https":
                stream = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
            connection = http.client.HTTPConnection(host, port, timeout=max(0.1, left))
            connection.sock = stream
            path = parts.path or "/"
            query = f"?{parts.query}" if parts.query else ""
            connection.putrequest("GET", path + query, skip_accept_encoding=True)
            connection.putheader("User-Agent", "maquette")
            connection.putheader("Accept", "image/*,*/*;q=0.5")
            connection.endheaders()
            reply = connection.getresponse()
            try:
                return reply.status, reply.headers.get("Location", ""), self._read(reply, until, stream)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise Unavailable(f"url: {host[:80]} cannot be read: {type(problem).__name__}; try again") from None

    def _read(self, reply: http.client.HTTPResponse, until: float, stream: socket.socket) -> bytes:
        """The body, as long as it keeps coming and stays small."""
        pieces: list[bytes] = []
        size = 0
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise BadInput(f"url: not done within {self.seconds:g} s; upload the file instead")
            stream.settimeout(left)
            piece = reply.read1(65536)
            if not piece:
                return b"".join(pieces)
            size += len(piece)
            if size > self.limit:
                raise BadInput(f"url: more than {self.limit:,} bytes; give a smaller picture")
            pieces.append(piece)


def _parts_of(url: str) -> SplitResult:
    """An address in parts; `BadInput` for anything but http and https, and for names and passwords in it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadInput(f"url: {url[:80]!r} is no address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"url: {url[:80]!r}: only http and https are followed")
    if parts.username is not None or any(ord(character) <= 32 for character in url):
        raise BadInput("url: a name, a password or a blank stands in it; leave them out")
    return parts


def _is_public(address: Any) -> bool:
    """Whether an address is on the public internet; one inside an IPv6 address counts as itself."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is None and getattr(address, "teredo", None):
        return False
    if inner is None and address.version == 6 and address in ipaddress.ip_network("64:ff9b::/96"):
        inner = ipaddress.ip_address(int(address) & 0xFFFFFFFF)
    if inner is not None:
        return _is_public(inner)
    return bool(address.is_global and not address.is_multicast) and address not in _METADATA
