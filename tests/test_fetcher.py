"""Pictures by address: what the fetcher follows, and every way into a private network that it does not."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from maquette.core.errors import BadInput
from maquette.faces.server.fetcher import Fetcher, resolve

PUBLIC = "93.184.216.34"


class Site(BaseHTTPRequestHandler):
    """A small site with bad habits."""

    asked: ClassVar[list[str]] = []

    def do_GET(self):
        Site.asked.append(f"{self.headers['Host']} {self.path}")
        kind, _, rest = self.path[1:].partition("?to=")
        if kind == "moved":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
            return
        if kind == "missing":
            self.send_response(404)
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        try:
            if kind == "slow":
                for _ in range(50):
                    self.wfile.write(b"x")
                    time.sleep(0.1)
            elif kind == "huge":
                for _ in range(30):
                    self.wfile.write(bytes(1_000_000))
            else:
                self.wfile.write(b"picture")
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def near(monkeypatch):
    """A fetcher for which this machine is on the public internet, so that the rest of its rules can be seen."""
    monkeypatch.setattr("maquette.faces.server.fetcher._is_public", lambda address: True)
    return Fetcher()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0.0.0.0", "[::1]", "[::]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "100.100.100.200", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:53aa:64c:0:1:80ff:fffe]", "224.0.0.1", "255.255.255.255", "192.0.2.1",
    ],
)  # fmt: skip
def test_no_spelling_of_a_private_address_is_followed(host, site):
    before = len(Site.asked)
    with pytest.raises(BadInput, match=r"public internet|no host that can be found"):
        Fetcher().get(f"http://{host}:{site}/a.png")
    assert len(Site.asked) == before


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/a", "gopher://x", "//example.com/a", "http://", "http:///a", "data:,x",
        "http://user:word@example.com/", "http://example.com/a b", "http://example.com/\r\nHost: evil", "http://[::1",
        "http://example.com:99999/", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_only_plain_web_addresses_are_followed(url):
    with pytest.raises(BadInput, match=r"^url: "):
        Fetcher(resolver=lambda host, port: [PUBLIC]).get(url)


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    fetcher = Fetcher(resolver=lambda host, port: [PUBLIC, "10.0.0.7"])
    with pytest.raises(BadInput, match=r"leads to 10\.0\.0\.7"):
        fetcher.get("http://mixed.example/")


def test_an_answer_that_changes_changes_nothing(monkeypatch):
    """Rebinding: public when asked first, private ever after. The connection goes where the check looked."""
    answers = [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]
    called: list[tuple[str, int]] = []

    def connect(address, timeout):
        called.append(address)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", connect)
    fetcher = Fetcher(resolver=lambda host, port: answers.pop(0))
    with pytest.raises(Exception, match="cannot be read"):
        fetcher.get("http://rebind.example:8080/a.png")
    assert called == [(PUBLIC, 8080)]
    assert len(answers) == 2, "it asked the resolver again after the check"
    with pytest.raises(BadInput, match="leads to 127"):
        fetcher.get("http://rebind.example:8080/a.png")
    assert len(called) == 1


def test_a_redirect_is_checked_like_an_address(site, near, monkeypatch):
    assert near.get(f"http://127.0.0.1:{site}/moved?to=/a.png") == b"picture"
    with pytest.raises(BadInput, match="leads on more than 1 time"):
        near.get(f"http://127.0.0.1:{site}/moved?to=/moved?to=/a.png")
    with pytest.raises(BadInput, match="only http and https"):
        near.get(f"http://127.0.0.1:{site}/moved?to=file:///etc/passwd")
    monkeypatch.setattr("maquette.faces.server.fetcher._is_public", lambda address: str(address) == "127.0.0.1")
    with pytest.raises(BadInput, match=r"leads to 169\.254\.169\.254"):
        near.get(f"http://127.0.0.1:{site}/moved?to=http://169.254.169.254/latest/meta-data")


def test_size_time_and_answers_have_limits(site, near):
    assert near.get(f"http://127.0.0.1:{site}/a.png") == b"picture"
    assert Site.asked[-1] == f"127.0.0.1:{site} /a.png"
    with pytest.raises(BadInput, match="more than 20,000,000 bytes"):
        near.get(f"http://127.0.0.1:{site}/huge")
    with pytest.raises(BadInput, match="answers 404"):
        near.get(f"http://127.0.0.1:{site}/missing")
    near.seconds = 0.5
    started = time.monotonic()
    with pytest.raises(Exception, match=r"not done within|cannot be read"):
        near.get(f"http://127.0.0.1:{site}/slow")
    assert time.monotonic() - started < 3


def test_an_operator_may_let_this_network_in_but_never_the_metadata_address(site):
    assert Fetcher(private=True).get(f"http://localhost:{site}/a.png") == b"picture"
    with pytest.raises(BadInput, match="public internet"):
        Fetcher(private=True).get("http://169.254.169.254/latest")
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
