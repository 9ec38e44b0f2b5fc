"""Draft, then final: nothing is paid before the photo is right, and then for that very photo."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("httpx", reason="needs the extra hosted")

from fakes.base_server import KEY
from fakes.tripo import FakeTripo
from maquette.core.errors import BadInput, BadSetting
from maquette.core.report import Finding, Report
from maquette.faces.cli.main import main
from maquette.flow import disk, draft
from maquette.flow.draft import draft_place, lock_place, make_draft, make_final, noise_in, read_lock
from maquette.flow.encode import encode_asset
from maquette.flow.make import build
from samples import cut_out, png


@pytest.fixture
def fake(monkeypatch, tmp_path):
    fake = FakeTripo()
    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MAQUETTE_TRIPO_ADDRESS", fake.url)
    monkeypatch.setenv("TRIPO_API_KEY", KEY)
    monkeypatch.setattr(draft, "deliver", build_and_write)
    yield fake
    fake.close()


def build_and_write(job, store):
    """A job without its checks, which are minutes of a busy machine and not what is looked at here."""
    built = build(job, store)
    disk.put(encode_asset(built.asset, job.output, job.target), job.output)
    made = SimpleNamespace(report=Report("model", "web", (Finding("watertight", "pass", "closed"),)), asset=built.asset)
    return SimpleNamespace(made=made, output=job.output)


def take_photo(place, size):
    subject = cut_out(size)
    place.write_bytes(png(np.dstack([subject.pixels, (subject.mask * 255).astype(np.uint8)])))
    return place


def run(photo, output, *more):
    words = [photo, "-o", output, "--for", "model", "--draft", "inflate", "--final", "tripo", *more]
    return CliRunner().invoke(main, ["draft-then-final", *map(str, words)])


def test_a_draft_a_better_photo_and_one_payment(fake, tmp_path):
    photo, output = take_photo(tmp_path / "a.png", 64), tmp_path / "a.glb"
    light = ("--set", "max_faces=200", "--set", "report=no", "--set", "texture=none")
    first = run(photo, output, *light)
    assert first.exit_code == 5  # drafted, and nobody there to agree to the price
    assert "add --yes" in first.stderr
    assert draft_place(output).exists()
    assert not output.exists()
    drafted = draft_place(output).stat().st_mtime_ns
    take_photo(photo, 80)
    better = run(photo, output, "--when", "never", *light)
    assert "no final run" in better.stdout
    assert draft_place(output).stat().st_mtime_ns > drafted
    assert not fake.orders
    done = run(photo, output, "--yes", "--json", *light)
    assert json.loads(done.stdout)["final"] == str(output), done.stderr
    assert output.exists()
    assert len(fake.orders) == 1
    run(photo, output, "--yes", *light)
    assert len(fake.orders) == 1
    lock = read_lock(output)
    take_photo(photo, 96)
    with pytest.raises(BadInput, match="not the one of the draft"):
        make_final(photo, output, "tripo", lock)


def test_what_is_no_draft_is_refused(fake, tmp_path):
    photo, output = take_photo(tmp_path / "a.png", 64), tmp_path / "a.glb"
    with pytest.raises(BadSetting, match="tripo costs money"):
        make_draft("model", photo, output, "tripo", {})
    with pytest.raises(BadSetting, match="no generator"):
        make_draft("model", photo, output, "nothing", {})
    assert read_lock(output) is None
    for text in ("[]", "{}", "no JSON", '{"noise": []}'):
        lock_place(output).write_text(text)
        with pytest.raises(BadInput, match="no lock of a draft"):
            read_lock(output)


def test_noise_is_what_the_generator_did_not_understand():
    def finding(check, verdict):
        return Finding(check, verdict, "words")

    opinions = (finding("inner-shells", "warn"), finding("overhang", "fail"), finding("watertight", "pass"))
    report = Report("model", "web", opinions)
    assert noise_in(report) == ("inner-shells",)
