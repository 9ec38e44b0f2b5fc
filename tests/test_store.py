import hashlib
import http.server
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from filelock import FileLock
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput, BadSetting, MaquetteError, Unavailable
from maquette.core.progress import Cancelled, watching
from maquette.core.report import Finding
from maquette.core.values import digest_of
from maquette.store import Store, Weights, fetch, home, key_of
from maquette.store import weights as weights_module
from shapes import box, sphere

KEY = "ab" * 16


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def entry(store, key=KEY) -> Path:
    return store.folder / f"{key}.value"


def blob(size, seed=0) -> bytes:
    return np.random.default_rng(seed).bytes(size)


# --- results


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"bytes",
        Asset(sphere(subdivisions=2), materials=(Material(),), title="ball"),
        (Finding("specks", "pass", "none", value=0.0), Finding("sized", "warn", "no")),
        sphere(subdivisions=6),
    ],
    ids=["nothing", "bytes", "asset", "findings", "large"],
)
def test_what_is_put_is_got_back(store, value):
    assert store.get(KEY) is None
    assert store.put(KEY, value)
    assert store.get(KEY) == value
    assert digest_of(store.get(KEY)) == digest_of(value)


@pytest.mark.parametrize("letters", range(4))
def test_large_arrays_are_mapped_aligned_and_read_only(store, letters):
    store.put(KEY, Asset(sphere(subdivisions=6), title="x" * letters))
    mesh = store.get(KEY).mesh
    assert mesh.vertices.ctypes.data % 64 == 0
    for array in (mesh.vertices, mesh.faces):
        owner = array
        while isinstance(owner, np.ndarray):
            owner = owner.base
        assert isinstance(owner, memoryview)
        assert type(owner.obj).__name__ == "mmap"
        assert array.flags.aligned
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True


def test_a_mapped_value_outlives_eviction(store):
    mesh = sphere(subdivisions=6)
    store.put(KEY, mesh)
    got = store.get(KEY)
    store.clear()
    assert store.get(KEY) is None
    assert (got.vertices == mesh.vertices).all()


@pytest.mark.parametrize("value", [box(), sphere(subdivisions=6)], ids=["small", "large"])
def test_every_damage_is_a_miss_and_deleted(store, value):
    store.put(KEY, value)
    good = entry(store).read_bytes()
    rng = np.random.default_rng(1)
    spots = [0, 7, 8, 12, 15, len(good) - 1, *rng.integers(0, len(good), 20)]
    gap = int.from_bytes(good[12:16], "little")
    spots = [spot for spot in spots if not 16 <= spot < 16 + gap]  # padding carries nothing
    damaged = [good[:spot] + bytes([good[spot] ^ 0x10]) + good[spot + 1 :] for spot in spots]
    damaged += [b"", good[:8], good[:-1], good[: len(good) // 2], good + b"\0", bytes(len(good))]
    for bad in damaged:
        entry(store).write_bytes(bad)
        assert store.get(KEY) is None
        assert not entry(store).exists()
    assert store.put(KEY, value)
    assert store.get(KEY) == value


def test_the_bound_holds_and_the_least_recently_used_goes_first(tmp_path):
    store = Store(tmp_path, max_bytes=100_000)
    keys = [f"{n:02x}" for n in range(9)]
    for n, key in enumerate(keys):
        store.put(key, blob(10_000, n))
        os.utime(entry(store, key), ns=(n, n))
    assert store.size() <= 100_000
    assert store.get(keys[0]) is not None  # used: now the youngest
    store.put("aa", blob(10_000))
    store.put("bb", blob(10_000))
    assert store.size() <= 100_000
    kept = {key for key in [*keys, "aa", "bb"] if entry(store, key).exists()}
    assert kept == {keys[0], *keys[3:], "aa", "bb"}  # 11 entries of 10 068 bytes: two oldest go to reach 90 %


def test_the_bound_holds_after_every_put(tmp_path):
    store = Store(tmp_path, max_bytes=50_000)
    rng = np.random.default_rng(0)
    for n in range(300):
        store.put(f"{n:04x}", blob(int(rng.integers(1, 9_000)), n))
        assert store.size() <= 50_000
        assert entry(store, f"{n:04x}").exists()


def test_what_cannot_fit_is_not_kept(tmp_path):
    store = Store(tmp_path, max_bytes=1000)
    store.put("aa", blob(500))
    assert not store.put(KEY, blob(1000))
    assert store.get(KEY) is None
    assert store.get("aa") is not None


def test_parts_of_killed_processes_are_swept(store):
    store.put(KEY, b"x")
    old, young = store.folder / ".x.1.part", store.folder / ".y.2.part"
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, (1, 1))
    assert store.size() == entry(store).stat().st_size
    assert not old.exists()
    assert young.exists()


def test_a_put_that_is_interrupted_leaves_nothing(store, monkeypatch):
    store.put("aa", b"")
    monkeypatch.setattr(os, "replace", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        store.put(KEY, box())
    assert [file.name for file in store.folder.iterdir()] == ["aa.value"]


def test_a_disk_that_refuses_is_named(tmp_path):
    (tmp_path / "results").write_bytes(b"a file where the folder should be")
    with pytest.raises(Unavailable, match=r"cannot write to .*results.*MAQUETTE_HOME"):
        Store(tmp_path).put(KEY, b"x")
    assert Store(tmp_path).get(KEY) is None


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "AB", "a.b", "a/b"])
def test_a_key_cannot_lead_elsewhere(store, key):
    with pytest.raises(BadInput, match="no key"):
        store.get(key)
    with pytest.raises(BadInput, match="no key"):
        store.put(key, b"x")


def test_keys_tell_everything_apart():
    keys = {
        key_of("weld", 1, "{}", ["a"]),
        key_of("weld", 2, "{}", ["a"]),
        key_of("smooth", 1, "{}", ["a"]),
        key_of("weld", 1, '{"grid_mm":1}', ["a"]),
        key_of("weld", 1, "{}", ["b"]),
        key_of("weld", 1, "{}", ["a", "b"]),
        key_of("weld", 1, "{}", ["b", "a"]),
        key_of("weld", 1, "{}", ["ab"]),
    }
    assert len(keys) == 8
    assert all(len(key) == 32 and int(key, 16) for key in keys)


HAMMER = """
import sys
import numpy as np
from maquette.store import Store

root, seed, turns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
store = Store(root, max_bytes=6_000_000)
rng = np.random.default_rng(seed)
for turn in range(turns):
    n = int(rng.integers(0, 12))
    value = bytes([n]) * (200_000 + 100_000 * n)  # below and above the mapping threshold
    action = rng.random()
    if action < 0.5:
        store.put(f"{n:02x}", value)
    elif action < 0.99:
        got = store.get(f"{n:02x}")
        if got is not None and got != value:
            sys.exit(f"turn {turn}: {len(got)} bytes under {n}")
    else:
        store.clear()
"""


def hammering(root, seed, turns) -> subprocess.Popen:
    """A process that puts, gets and clears at random; each value it gets must be the one that belongs to its key."""
    return subprocess.Popen([sys.executable, "-W", "error", "-c", HAMMER, str(root), str(seed), str(turns)])


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_share_a_folder(tmp_path, processes):
    crew = [hammering(tmp_path, seed, 250) for seed in range(processes)]
    largest = 0
    store = Store(tmp_path)
    while any(process.poll() is None for process in crew):
        largest = max(largest, store.size())
        time.sleep(0.02)
    assert [process.wait() for process in crew] == [0] * processes
    assert 3_000_000 < largest <= 6_000_000 + processes * 1_400_000  # each may have renamed one and not yet looked
    assert store.size() <= 6_000_000
    assert not list(store.folder.glob("*.part"))


def test_a_process_killed_while_it_writes_harms_nobody(tmp_path):
    process = hammering(tmp_path, 5, 1_000_000)
    store = Store(tmp_path, max_bytes=6_000_000)
    while store.size() < 2_000_000:
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    for n in range(12):
        got = store.get(f"{n:02x}")
        assert got is None or got == bytes([n]) * (200_000 + 100_000 * n)
    assert store.put("ff", b"still works")
    assert store.get("ff") == b"still works"


# --- where


def test_home_is_named_or_the_platforms(monkeypatch, tmp_path):
    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path))
    assert home() == tmp_path
    assert Store().folder == tmp_path / "results"
    monkeypatch.delenv("MAQUETTE_HOME")
    monkeypatch.setattr(platformdirs, "PlatformDirs", Unix)
    monkeypatch.setenv("XDG_CACHE_HOME", "/x/cache")
    assert home() == Path("/x/cache/maquette")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/paths/are/to/be/ignored")
    assert home() == Path.home() / ".cache" / "maquette"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert home() == Path.home() / ".cache" / "maquette"
    monkeypatch.setattr(platformdirs, "PlatformDirs", MacOS)
    assert home() == Path.home() / "Library" / "Caches" / "maquette"


def test_a_home_that_cannot_be_found_is_said(monkeypatch):
    monkeypatch.setenv("MAQUETTE_HOME", "~nosuchuser/cache")
    with pytest.raises(BadSetting, match="MAQUETTE_HOME = '~nosuchuser/cache': there is no such user; name a folder"):
        home()
    monkeypatch.setenv("MAQUETTE_HOME", "~/here")
    assert home() == Path.home() / "here"


@pytest.mark.skipif(os.name != "posix", reason="links and pipes")
def test_a_link_is_no_entry_and_what_it_leads_to_stays(store, tmp_path):
    outside = tmp_path / "precious"
    store.put(KEY, b"value")
    entry(store).rename(outside)
    os.utime(outside, ns=(1, 1))
    entry(store).symlink_to(outside)
    entry(store, "cd").symlink_to("/dev/zero")
    entry(store, "ef").symlink_to(tmp_path / "nowhere")
    assert store.get(KEY) is store.get("cd") is store.get("ef") is None
    assert store.size() == 0
    assert list(store.folder.iterdir()) == []
    assert outside.stat().st_mtime_ns == 1
    entry(store).symlink_to(outside)
    store.put(KEY, b"other")
    assert store.get(KEY) == b"other"
    assert not entry(store).is_symlink()
    assert outside.stat().st_mtime_ns == 1


@pytest.mark.skipif(os.name != "posix", reason="links and pipes")
def test_pipes_and_folders_under_an_entrys_name_are_nothing(store):
    store.put("11", b"value")
    os.mkfifo(entry(store))
    entry(store, "cd").mkdir()
    assert store.get(KEY) is store.get("cd") is None
    assert store.size() == entry(store, "11").stat().st_size
    store.clear()
    assert store.get("11") is None


def test_others_cannot_look_into_the_folder(tmp_path):
    store = Store(tmp_path / "new")
    store.put(KEY, b"a private photo")
    if os.name == "posix":
        assert store.folder.stat().st_mode & 0o077 == 0
        assert entry(store).stat().st_mode & 0o077 == 0


# --- weights


class Shelf(http.server.BaseHTTPRequestHandler):
    """Serves one file with the faults that a test asks for."""

    content = b""
    ranges = True
    cut_after: int | None = None  # close the connection after so many bytes of an answer
    location = ""
    status = 0
    lie_length: int | None = None
    lie_range = ""
    chunked = False
    log: list[str | None]

    def do_GET(self):
        kind = type(self)
        kind.log.append(self.headers.get("Range"))
        if kind.location or kind.status:
            self.send_response(kind.status or 302)
            self.send_header("Location", kind.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        wanted, start = self.headers.get("Range"), 0
        if wanted and kind.ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
            whole = f"bytes {start}-{len(kind.content) - 1}/{len(kind.content)}"
            self.send_header("Content-Range", kind.lie_range or whole)
        else:
            self.send_response(200)
        body = kind.content[start:]
        if not kind.chunked:
            self.send_header("Content-Length", str(kind.lie_length or len(body)))
        self.end_headers()
        self.wfile.write(body[: kind.cut_after])

    def log_message(self, *args):
        pass


CONTENT = blob(700_000, 7)


class Quiet(http.server.ThreadingHTTPServer):
    """A server that says nothing when a client goes away."""

    def handle_error(self, request, client_address):
        pass


@pytest.fixture
def shelf(monkeypatch, tmp_path):
    """A server on this machine, a home of our own, no waiting between tries."""
    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MAQUETTE_DOWNLOAD", raising=False)
    monkeypatch.setattr(weights_module, "_PAUSE_S", 0.0)
    handler = type("OneShelf", (Shelf,), {"content": CONTENT, "log": []})
    server = Quiet(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    handler.address = f"http://127.0.0.1:{server.server_port}/model.onnx"
    yield handler
    server.shutdown()
    server.server_close()


def model(address, content=CONTENT, **changes) -> Weights:
    digest = hashlib.sha256(content).hexdigest()
    facts = {"name": "model.onnx", "address": address, "sha256": digest, "size": len(content), "licence": "MIT"}
    return Weights(**(facts | changes))


def part_of(weights) -> Path:
    return weights.path.with_name("model.onnx.part")


def test_nothing_is_downloaded_without_consent(shelf, monkeypatch):
    weights = model(shelf.address)
    for answer in ("", "no", "1"):
        monkeypatch.setenv("MAQUETTE_DOWNLOAD", answer)
        with pytest.raises(Unavailable) as refused:
            fetch(weights)
        message = str(refused.value)
        for fact in (shelf.address, weights.sha256, "700,000 bytes", "MIT", "MAQUETTE_DOWNLOAD=yes", str(weights.path)):
            assert fact in message
    monkeypatch.setenv("MAQUETTE_DOWNLOAD", "yes")
    with pytest.raises(Unavailable):
        fetch(weights, download=False)
    assert shelf.log == []
    assert fetch(weights).read_bytes() == CONTENT


def test_a_download_shows_what_it_is_and_is_done_once(shelf):
    weights = model(shelf.address)
    said = []
    with watching(lambda fraction, message: said.append((fraction, message))):
        path = fetch(weights, download=True)
    assert path == weights.path
    assert path.read_bytes() == CONTENT
    assert said[0] == (0.0, weights.describe())
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) > 5
    assert fetch(weights) == path
    assert shelf.log == [None]
    assert not part_of(weights).exists()


def test_a_checked_file_is_not_read_again_until_it_changes(shelf, monkeypatch):
    weights = model(shelf.address)
    path = fetch(weights, download=True)
    reads = []
    real = weights_module._sha256
    monkeypatch.setattr(weights_module, "_sha256", lambda *a: reads.append(1) or real(*a))
    fetch(weights)
    assert reads == []
    os.utime(path, (1, 1))
    fetch(weights)
    fetch(weights)
    assert reads == [1]
    path.write_bytes(blob(len(CONTENT), 8))
    with pytest.raises(BadInput, match=r"has sha256 [0-9a-f]{64}, not"):
        fetch(weights)
    path.write_bytes(b"short")
    with pytest.raises(BadInput, match="5 bytes"):
        fetch(weights, download=True)
    assert path.read_bytes() == b"short"  # a file somebody put there is not ours to delete


def test_a_file_put_by_hand_is_taken(shelf):
    weights = model(shelf.address)
    weights.path.parent.mkdir(parents=True)
    weights.path.write_bytes(CONTENT)
    assert fetch(weights) == weights.path
    assert shelf.log == []


def test_a_broken_connection_goes_on_where_it_stopped(shelf):
    shelf.cut_after = 200_000
    weights = model(shelf.address)
    assert fetch(weights, download=True).read_bytes() == CONTENT
    assert shelf.log[0] is None
    starts = [int(wanted[6:-1]) for wanted in shelf.log[1:]]
    assert starts == [200_000, 400_000, 600_000]


def test_a_later_process_goes_on_where_an_earlier_stopped(shelf):
    shelf.cut_after = 100_000
    weights = model(shelf.address)
    with pytest.raises(Unavailable, match="run again"):
        fetch(weights, download=True)
    assert part_of(weights).stat().st_size == 500_000  # five tries
    assert not weights.path.exists()
    shelf.cut_after = None
    shelf.log.clear()
    assert fetch(weights, download=True).read_bytes() == CONTENT
    assert shelf.log == ["bytes=500000-"]


def test_a_server_without_ranges_starts_again(shelf):
    shelf.ranges = False
    weights = model(shelf.address)
    weights.path.parent.mkdir(parents=True)
    part_of(weights).write_bytes(CONTENT[:300_000])
    assert fetch(weights, download=True).read_bytes() == CONTENT
    assert shelf.log == ["bytes=300000-"]


@pytest.mark.parametrize("left", [b"wrong" * 1000, blob(len(CONTENT), 9), blob(len(CONTENT) + 1, 9)])
def test_a_wrong_part_from_earlier_is_thrown_away_once(shelf, left):
    weights = model(shelf.address)
    weights.path.parent.mkdir(parents=True)
    part_of(weights).write_bytes(left)
    assert fetch(weights, download=True).read_bytes() == CONTENT
    assert shelf.log[-1] is None


def test_tampered_content_is_deleted(shelf):
    weights = model(shelf.address)
    shelf.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    found = hashlib.sha256(shelf.content).hexdigest()
    with pytest.raises(BadInput, match=f"gave sha256 {found} instead of {weights.sha256}"):
        fetch(weights, download=True)
    assert list(weights.path.parent.iterdir()) == []
    assert shelf.log == [None]


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1, 10**15])
def test_another_size_is_refused_before_anything_is_read(shelf, size):
    shelf.lie_length = size
    weights = model(shelf.address)
    with pytest.raises(BadInput, match=f"offers {size} bytes instead of 700000"):
        fetch(weights, download=True)
    assert list(weights.path.parent.iterdir()) == []


def test_a_stream_without_end_is_cut(shelf):
    shelf.chunked = True  # no length announced
    shelf.content = CONTENT + blob(5_000_000)
    weights = model(shelf.address)
    with pytest.raises(BadInput, match="sends more than 700000 bytes"):
        fetch(weights, download=True)
    assert list(weights.path.parent.iterdir()) == []


def test_a_server_that_lies_about_its_range_is_refused(shelf):
    weights = model(shelf.address)
    weights.path.parent.mkdir(parents=True)
    part_of(weights).write_bytes(CONTENT[:300_000])
    shelf.lie_range = "bytes 0-699999/700000"
    with pytest.raises(BadInput, match="another file"):
        fetch(weights, download=True)


def test_other_schemes_are_not_followed(shelf):
    for elsewhere in ("file:///etc/passwd", "ftp://127.0.0.1/x", "http://example.org/x", "https://example.org/x"):
        shelf.location = elsewhere
        with pytest.raises(MaquetteError, match=r"only https is followed|is not allowed"):
            fetch(model(shelf.address), download=True)


def test_a_redirect_within_the_scheme_is_followed(shelf):
    other = type("Other", (Shelf,), {"content": CONTENT, "log": []})
    server = Quiet(("127.0.0.1", 0), other)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    shelf.location = f"http://127.0.0.1:{server.server_port}/"
    assert fetch(model(shelf.address), download=True).read_bytes() == CONTENT
    server.shutdown()
    server.server_close()


def test_being_offline_says_what_to_do(shelf):
    address = "http://127.0.0.1:9/model.onnx"  # the discard port: nobody listens
    weights = model(address)
    with pytest.raises(Unavailable) as refused:
        fetch(weights, download=True)
    assert address in str(refused.value)
    assert str(weights.path) in str(refused.value)
    for status in (404, 500):
        shelf.log.clear()
        shelf.status = status
        with pytest.raises(Unavailable, match=f"HTTP Error {status}"):
            fetch(model(shelf.address), download=True)
        assert len(shelf.log) == 1


def test_a_cancel_keeps_what_came(shelf):
    weights = model(shelf.address)
    reports = []

    def enough():
        return len(reports) > 3

    with pytest.raises(Cancelled), watching(lambda *report: reports.append(report), enough):
        fetch(weights, download=True)
    had = part_of(weights).stat().st_size
    assert 0 < had < len(CONTENT)
    shelf.log.clear()
    assert fetch(weights, download=True).read_bytes() == CONTENT
    assert shelf.log == [f"bytes={had}-"]


def test_two_may_download_at_once(shelf):
    weights = model(shelf.address)
    shelf.cut_after = 150_000
    problems = []

    def go():
        try:
            fetch(weights, download=True)
        except Exception as problem:
            problems.append(problem)

    crew = [threading.Thread(target=go) for _ in range(4)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert problems == []
    assert weights.path.read_bytes() == CONTENT
    assert sum(1 for span in shelf.log if span is None) == 1  # one began, the others waited for it


def test_waiting_for_another_download_can_be_canceled(shelf):
    weights = model(shelf.address)
    weights.path.parent.mkdir(parents=True)
    messages = []
    seen = watching(lambda *report: messages.append(report), lambda: len(messages) > 2)
    with FileLock(f"{weights.path.parent}.lock"), pytest.raises(Cancelled), seen:
        fetch(weights, download=True)
    assert "waiting for another download" in str(messages)
    assert fetch(weights, download=True).read_bytes() == CONTENT


def test_a_local_file_is_copied_and_checked(shelf, tmp_path):
    source = tmp_path / "a folder" / "model.onnx"
    source.parent.mkdir()
    source.write_bytes(CONTENT)
    weights = model(source.as_uri())
    assert fetch(weights, download=True).read_bytes() == CONTENT
    other = model(source.as_uri(), content=b"other" * 100)
    with pytest.raises(BadInput, match="more than 500 bytes"):
        fetch(other, download=True)


def test_a_full_disk_is_told_before_the_download(shelf, monkeypatch):
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr(weights_module.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(Unavailable, match=r"700000 bytes do not fit on .*, 1000 are free"):
        fetch(model(shelf.address), download=True)
    assert shelf.log == []


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ".."},
        {"name": "/etc/passwd"},
        {"name": "../model.onnx"},
        {"name": "a\\model.onnx"},
        {"name": ""},
        {"sha256": "abc"},
        {"sha256": "Z" * 64},
        {"size": 0},
        {"address": "http://example.org/model.onnx"},
        {"address": "ftp://example.org/model.onnx"},
        {"address": "file://server/model.onnx"},
        {"address": "model.onnx"},
    ],
)
def test_weights_that_cannot_be_are_refused(changes):
    with pytest.raises(BadInput, match="weights: "):
        model(**({"address": "https://example.org/model.onnx"} | changes))


def test_only_this_file_downloads_and_one_more_speaks_to_providers():
    source = Path(weights_module.__file__).parents[1]
    words = ("urllib.request", "http.client", "import requests", "import httpx", "import socket")
    for file in source.rglob("*.py"):
        may = file.parts[-2:] in (("store", "weights.py"), ("hosted", "web.py")) or {"faces", "client"} & set(
            file.parts
        )
        if not may:
            text = file.read_text(encoding="utf-8")
            assert not [word for word in words if word in text], file


def test_digest_of_bytes_is_their_content():
    assert digest_of(b"a") == digest_of(bytes(bytearray(b"a"))) != digest_of(b"b")
    assert digest_of(box()) == box().digest


def test_names_stay_what_they_were():
    """Results of earlier versions on people's disks: when one of these changes, all of them are made again."""
    assert digest_of(b"a") == "5215e1526b8188fbe7b88c35741403c4"
    assert key_of("weld", 1, '{"grid_mm":0.0}', ["a" * 32]) == "ea6688c2a9074c5255f1a2faad8aba09"
