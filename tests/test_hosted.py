"""Every provider against a server written from its documentation, in every way in which providers misbehave."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("httpx", reason="needs the extra hosted")

import maquette as mq
from fakes.base_server import GLB, KEY, MODES
from maquette.core.errors import BadInput, CannotDo, Unavailable
from maquette.core.money import paying
from maquette.core.progress import Cancelled, progress, watching
from maquette.core.subject import Views
from maquette.flow.make import generators
from maquette.generate.hosted import web
from maquette.generate.hosted.files import insist_on_model
from maquette.generate.hosted.provider import Offer
from maquette.generate.hosted.tickets import Drawer, ticket_name
from maquette.generate.hosted.tripo import Tripo
from maquette.registry import registry
from maquette.store import Blobs
from samples import cut_out

CASES = {  # stage: module of the fake, its class, module of the adapter, its offer
    "fal": ("fal", "FakeFal", "fal", "OFFER"),
    "meshy": ("meshy", "FakeMeshy", "meshy", "OFFER"),
    "replicate": ("replicate", "FakeReplicate", "replicate", "OFFER"),
    "rodin": ("rodin", "FakeRodin", "rodin", "OFFER"),
    "segmind": ("segmind", "FakeSegmind", "segmind", "OFFER"),
    "sloyd": ("sloyd", "FakeSloyd", "sloyd", "OFFER"),
    "stability-ai": ("stability", "FakeStability", "stability", "OFFER"),
    "tencent-hunyuan": ("tencent", "FakeTencent", "tencent", "OFFER"),
    "tripo": ("tripo", "FakeTripo", "tripo", "OFFER"),
}
STAGES = sorted(CASES)
FAULTS = [
    mode for mode in MODES if mode not in ("success", "slow", "queue", "flaky", "429", "truncated", "expired", "skew")
]


class Shop:
    """One provider's fake, and the stage that is to buy from it."""

    def __init__(self, stage: str, mode: str, monkeypatch, home: Path) -> None:
        fake_module, fake_class, adapter, offer = CASES[stage]
        self.stage, self.mode, self.home = stage, mode, home
        self.fake = getattr(importlib.import_module(f"fakes.{fake_module}"), fake_class)(mode)
        self.offer: Offer = getattr(importlib.import_module(f"maquette.generate.hosted.{adapter}"), offer)
        self.waits: list[float] = []
        monkeypatch.setenv("MAQUETTE_HOME", str(home))
        monkeypatch.setenv(f"MAQUETTE_{stage.upper().replace('-', '_')}_ADDRESS", self.fake.url)
        for name, value in zip(self.offer.secrets, self.fake.keys, strict=True):
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(web, "pause", self.pause)

    def pause(self, seconds: float, says: str = "", share: float = 0.0) -> None:
        self.waits.append(seconds)
        progress(share, says)

    def buy(self, limit_usd: float = 2.0, subject=None, **settings):
        with paying(limit_usd):
            return registry()[self.stage](subject or cut_out(48), **settings)

    @property
    def written(self) -> str:
        """Everything that lies on disk, as text."""
        return "".join(path.read_bytes().decode("latin-1") for path in sorted(self.home.rglob("*")) if path.is_file())


@pytest.fixture
def shop(monkeypatch, tmp_path):
    shops: list[Shop] = []

    def open_shop(stage: str, mode: str = "success") -> Shop:
        shops.append(Shop(stage, mode, monkeypatch, tmp_path / "home"))
        return shops[-1]

    yield open_shop
    for each in shops:
        each.fake.close()


def test_every_hosted_stage_is_among_the_cases():
    hosted = {name for name, each in registry().items() if each.stage.facts.device == "hosted"}
    pictures = {name for name in hosted if not registry()[name].stage.inputs}
    seeing = {"caption", "matte-online"}  # test_seeing_online.py
    assert hosted - pictures - seeing - {"tripo-compatible"} == set(CASES)


def test_they_are_at_the_front_door_and_are_generators():
    doors = [
        mq.fal,
        mq.meshy,
        mq.replicate,
        mq.rodin,
        mq.segmind,
        mq.sloyd,
        mq.stability_ai,
        mq.tencent_hunyuan,
        mq.tripo,
    ]
    assert {door.stage.name for door in doors} == set(CASES)
    assert {*CASES, mq.tripo_compatible.stage.name} <= set(generators())


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("mode", ["success", "slow", "queue", "flaky", "429", "truncated", "expired", "skew"])
def test_a_model_comes_in_spite_of(stage, mode, shop):
    it = shop(stage, mode)
    if it.fake.synchronous and mode == "truncated":
        pytest.skip("half an answer to the order: a fault, see below")
    asset = it.buy()
    assert len(asset.mesh.faces) == 4
    assert np.ptp(asset.mesh.vertices, axis=0).max() == pytest.approx(100)
    assert not asset.sized
    assert asset.history[-1].stage == stage
    assert it.offer.licence in " ".join(asset.history[-1].notes)
    assert len(it.fake.orders) == 1
    (ticket,) = Drawer().all()
    assert ticket.state == "done"
    assert Drawer().blobs.read(ticket.file) == GLB
    if mode == "429":
        assert 7.0 in it.waits
    if mode in ("slow", "queue") and not it.fake.synchronous:
        assert len(it.waits) >= 3


@pytest.mark.parametrize("stage", STAGES)
def test_the_same_wish_again_is_neither_ordered_nor_paid(stage, shop):
    it = shop(stage)
    first = it.buy()
    asked = len(it.fake.requests)
    spent = Drawer().spent_usd()
    assert it.buy(0.0).mesh == first.mesh
    assert len(it.fake.requests) == asked
    assert Drawer().spent_usd() == spent > 0


EXPECTED = {  # what comes of a fault, and what of the order
    "refusal": (BadInput, "refuses this picture", "ended"),
    "failure": (CannotDo, "failed", "ended"),
    "401": (Unavailable, "does not accept the key", "refused"),
    "402": (Unavailable, "has no credit", "refused"),
    "500": (Unavailable, "has a fault of its own", "open"),
    "hang up": (CannotDo, "may have been taken", "open"),
    "garbage": (CannotDo, "may have been taken", "open"),
    "truncated": (CannotDo, "may have been taken", "open"),
    "wrong type": (CannotDo, "no model", "ended"),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("mode", [*FAULTS, "truncated"])
def test_a_fault_is_told_in_the_provider_s_words(stage, mode, shop):
    it = shop(stage, mode)
    if it.fake.synchronous and mode in ("wrong type", "failure"):
        pytest.skip("the answer is the file")
    if not it.fake.synchronous and mode == "truncated":
        pytest.skip("mended, see above")
    kind, words, order = EXPECTED[mode]
    if it.fake.refuses_at_once and mode == "refusal":
        order = "refused"
    with pytest.raises(kind) as caught:
        it.buy()
    said = str(caught.value)
    assert words in said
    assert said.startswith(f"{stage}: ")
    assert KEY not in said
    if mode == "401":
        assert it.offer.secrets[0] in said
    if mode in ("402", "500"):
        assert {"402": "not enough", "500": "fault of our own"}[mode] in said
    tickets = Drawer().all()
    assert [ticket.state for ticket in tickets] == (["asked"] if order == "open" else [])
    assert (Drawer().spent_usd() > 0) == (order != "refused")
    assert len(it.fake.orders) == (0 if order == "refused" else 1)
    if order == "open":
        assert tickets[0].name in said
        with pytest.raises(CannotDo, match="not sent again"):
            it.buy()
        assert len(it.fake.orders) == 1
        Drawer().forget(tickets[0].name)
        it.fake.mode = "success"
        it.buy()
        assert len(it.fake.orders) == 2


@pytest.mark.parametrize("stage", STAGES)
def test_no_key_is_written_or_said_anywhere(stage, shop, caplog):
    it = shop(stage)
    caplog.set_level("DEBUG")
    asset = it.buy()
    assert KEY not in it.written
    assert KEY not in repr(asset.history)
    assert KEY not in caplog.text
    assert (Drawer().folder.stat().st_mode & 0o077) == 0


@pytest.mark.parametrize("stage", STAGES)
def test_without_a_key_the_line_that_sets_it(stage, shop, monkeypatch):
    it = shop(stage)
    for name in it.offer.secrets:
        monkeypatch.delenv(name)
    line = registry()[stage].stage.facts.line_to_get()
    assert it.offer.secrets[0] in line
    with pytest.raises(Unavailable, match=it.offer.secrets[0]):
        it.buy()
    assert not it.fake.requests


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_sent_without_consent_or_over_a_budget(stage, shop, monkeypatch):
    it = shop(stage)
    with pytest.raises(Unavailable, match="nobody agreed"):
        registry()[stage](cut_out(48))
    with pytest.raises(CannotDo, match="over this run's budget"):
        it.buy(0.001)
    monkeypatch.setenv("MAQUETTE_DAY_USD", "0.001")
    with pytest.raises(CannotDo, match="over the day's budget"):
        it.buy()
    monkeypatch.delenv("MAQUETTE_DAY_USD")
    monkeypatch.setenv("MAQUETTE_RUN_USD", "0.001")
    with pytest.raises(CannotDo, match="over this run's budget"):
        it.buy()
    monkeypatch.delenv("MAQUETTE_RUN_USD")
    with paying(5.0, lambda *_: False), pytest.raises(CannotDo, match="not confirmed"):
        registry()[stage](cut_out(48))
    assert not it.fake.orders
    assert not Drawer().all()
    assert Drawer().spent_usd() == 0


@pytest.mark.parametrize("stage", STAGES)
def test_who_stops_waiting_stops_the_provider_where_that_is_possible(stage, shop):
    it = shop(stage, "slow")
    if it.fake.synchronous:
        pytest.skip("there is nothing to wait for")
    with pytest.raises(Cancelled), watching(lambda *_: None, lambda: len(it.waits) >= 2):
        it.buy()
    if it.offer.cancels:
        assert it.fake.cancelled == ["job-1"]
        assert not Drawer().all()
    else:
        assert [ticket.state for ticket in Drawer().all()] == ["running"]
        it.buy(0.0)
        assert len(it.fake.orders) == 1


def in_a_child(work) -> int:
    """Run something in a process of its own that shares nothing afterwards; its pid."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)


def exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@forks
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("where", ["before the handle", "before the first poll"])
def test_killed_between_order_and_first_poll(stage, where, shop, monkeypatch):
    it = shop(stage)
    write = Drawer.write

    def write_or_die(self, ticket):
        if ticket.state != "asked" and where == "before the handle":
            os._exit(9)
        write(self, ticket)
        if ticket.state != "asked":
            os._exit(9)
        return ticket

    def work():
        monkeypatch.setattr(Drawer, "write", write_or_die)
        it.buy()

    assert exit_code(in_a_child(work)) == 9
    assert len(it.fake.orders) == 1
    if where == "before the handle":
        with pytest.raises(CannotDo, match="not sent again"):
            it.buy()
    else:
        assert len(it.buy(0.0).mesh.faces) == 4
    assert len(it.fake.orders) == 1


@forks
def test_killed_at_every_point_it_orders_and_pays_at_most_once(shop, monkeypatch):
    """Before and after every request, ticket, line of spending and file, of three kinds of provider."""
    monkeypatch.setenv("MAQUETTE_DAY_USD", "1000")
    points = 0
    for stage in ("fal", "stability-ai", "tripo"):
        it = shop(stage)
        for k in range(1, 100):
            before = len(it.fake.orders)
            code = exit_code(in_a_child(lambda it=it, k=k: (die_at(monkeypatch, k), it.buy(seed=k))))
            assert code in (0, 9)
            if code == 0:
                break
            points += 1
            words = words_of_refusal(lambda it=it, k=k: it.buy(seed=k))
            assert len(it.fake.orders) <= before + 1
            if words:
                assert "not sent again" in words
                Drawer().forget(re.search("--forget ([0-9a-f]{32})", words)[1])
            else:
                assert len(it.fake.orders) == before + 1
        it.fake.close()
    assert points >= 40


def words_of_refusal(work) -> str:
    """What a piece of work was refused with; empty where it was not."""
    try:
        work()
    except CannotDo as problem:
        return str(problem)
    return ""


def die_at(monkeypatch, k: int) -> None:
    """End this process at the k-th point: odd ones before, even ones after something is done."""
    count = [0]

    def point() -> None:
        count[0] += 1
        if count[0] == k:
            os._exit(9)

    for owner, name in (
        (web.Web, "_send"),
        (web.Web, "download"),
        (Drawer, "write"),
        (Drawer, "_note"),
        (Blobs, "put"),
    ):
        plain = getattr(owner, name)

        def count_and_call(*words, plain=plain):
            point()
            result = plain(*words)
            point()
            return result

        monkeypatch.setattr(owner, name, count_and_call)


@pytest.mark.parametrize("stage", STAGES)
def test_photos_from_several_sides_are_sent_where_they_are_taken(stage, shop):
    it = shop(stage)
    views = Views({"front": cut_out(48), "back": cut_out(40), "below": cut_out(32)})
    if not it.offer.views:
        with pytest.raises(BadInput, match="needs Subject"):
            it.buy(subject=views)
        return
    asset = it.buy(subject=views)
    notes = " ".join(asset.history[-1].notes)
    assert "left out: " in notes
    assert ("back" in notes.partition("left out: ")[2]) != ("back" in it.offer.views)


@pytest.mark.parametrize("stage", STAGES)
def test_every_knob_reaches_the_provider(stage, shop):
    record = registry()[stage].stage
    it = shop(stage)
    it.buy()
    for knob, value in {"effort": "high", "looks": "none", "faces": 12345, "seed": 77}.items():
        if knob in record.settings:
            asset = it.buy(**{knob: value})
            plain, turned = (
                json.dumps(order, sort_keys=True, default=str) for order in (it.fake.orders[0], it.fake.orders[-1])
            )
            said = f"no word for {knob}" in " ".join(asset.history[-1].notes)
            assert (plain != turned) != said, knob


def test_the_documentation_s_day_is_said():
    for stage, (module, name, _, _) in CASES.items():
        fake = getattr(importlib.import_module(f"fakes.{module}"), name)
        assert time.strptime(fake.documented, "%Y-%m-%d")
        assert registry()[stage].stage.facts.priced_on == fake.documented


def test_an_order_that_takes_too_long_is_not_lost(shop, monkeypatch):
    it = shop("tripo", "slow")
    monkeypatch.setattr("maquette.generate.hosted.buy.PATIENCE_S", 3.0)
    with pytest.raises(CannotDo, match="nothing is lost"):
        it.buy()
    assert [ticket.state for ticket in Drawer().all()] == ["running"]
    it.buy(0.0)
    assert len(it.fake.orders) == 1


@forks
def test_two_processes_with_one_wish_pay_once(shop):
    it = shop("tripo")
    racers = [in_a_child(it.buy) for _ in range(3)]
    assert [exit_code(racer) for racer in racers] == [0, 0, 0]
    assert len(it.fake.orders) == 1


def test_keys_come_from_the_keyring_too(shop, monkeypatch, tmp_path):
    it = shop("tripo")
    monkeypatch.delenv("TRIPO_API_KEY")
    (tmp_path / "keyring.py").write_text(
        f"def get_password(service, name): return {KEY!r} if service == 'maquette' else None"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert registry()["tripo"].stage.facts.line_to_get() == ""
    it.buy()
    sys.modules.pop("keyring", None)


def test_a_key_goes_to_the_provider_alone(shop):
    it = shop("tripo")

    shopkeeper = Tripo()
    with web.Web(shopkeeper, (KEY,), Drawer().blobs, insist_on_model) as line:
        line.get(f"{it.fake.url}/v3/tasks/job-1")
        line.base = "http://127.0.0.1:1"
        with pytest.raises(Exception, match="invalid"):
            line.get(f"{it.fake.url}/v3/tasks/job-1")
    assert "authorization" not in it.fake.requests[-1].headers


def test_a_wish_s_name_is_its_content():
    wishes = [({"seed": 0}, b"a"), ({"seed": 0}, b"b"), ({"seed": 1}, b"a"), ({"version": "x"}, b"a")]
    names = {ticket_name(who, "address", knobs, {"front": data}) for who in ("tripo", "fal") for knobs, data in wishes}
    assert len(names) == 8
