"""A photo cut out, and put into words, by a provider: through the same door as a model, with its manners."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("httpx", reason="needs the extra hosted")

import maquette as mq
from fakes.base_server import KEY
from fakes.seeing import ALPHA, CAPTIONERS, CUTTERS, WORDS
from fakes.shop import Street
from maquette.core.errors import BadInput, CannotDo, Unavailable
from maquette.core.money import paying
from maquette.core.subject import Subject
from maquette.generate.hosted import caption, cut_out
from maquette.generate.hosted.tickets import Drawer

PHOTO = Subject(np.full((48, 48, 3), 120, np.uint8), title="fox")
KINDS = {"matte": (CUTTERS, cut_out.PROVIDERS), "caption": (CAPTIONERS, caption.PROVIDERS)}
ALL = [(kind, provider) for kind, (fakes, _) in KINDS.items() for provider in fakes]


@pytest.fixture
def shop(monkeypatch, tmp_path):
    street = Street(monkeypatch, tmp_path)

    def open_shop(kind: str, provider: str, mode: str = "success"):
        classes, providers = KINDS[kind]
        return street.open(classes[provider](mode), provider, providers[provider])

    yield open_shop
    street.close()


def ask(kind: str, provider: str, **settings):
    with paying(1.0):
        return (mq.matte_online if kind == "matte" else mq.caption)(PHOTO, provider=provider, **settings)


@pytest.mark.parametrize("provider", sorted(CUTTERS))
def test_a_mask_comes_back_in_the_photos_own_size(provider, shop):
    fake = shop("matte", provider)
    cut = ask("matte", provider)
    assert np.array_equal(cut.pixels, PHOTO.pixels)
    assert cut.mask.shape == (48, 48)
    assert cut.mask[24, 24] == 1
    assert cut.mask[0, 0] == 0
    assert cut.mask.mean() == pytest.approx(ALPHA.mean() / 255, abs=0.01)
    assert ask("matte", provider).mask.tobytes() == cut.mask.tobytes()
    assert len(fake.orders) == 1  # the second one was bought before
    assert 0 < Drawer().spent_usd() < 0.1
    assert "33% of the picture" in cut.history[-1].notes[-1]


@pytest.mark.parametrize("provider", sorted(CAPTIONERS))
def test_words_come_back_as_json(provider, shop):
    fake = shop("caption", provider)
    said = json.loads(ask("caption", provider).data)
    assert (said["caption"], said["provider"], said["model"]) == (WORDS, provider, caption.USUAL[provider])
    ask("caption", provider)
    assert len(fake.orders) == 1


@pytest.mark.parametrize(("kind", "provider"), ALL)
@pytest.mark.parametrize(
    ("mode", "error", "words"),
    [
        ("refusal", BadInput, "refuses this picture"),
        ("401", Unavailable, "does not accept the key"),
        ("402", Unavailable, "has no credit"),
        ("hang up", CannotDo, "may have been taken"),
        ("garbage", CannotDo, "may have been taken"),
    ],
)
def test_faults_are_those_of_a_model(kind, provider, mode, error, words, shop):
    shop(kind, provider, mode)
    with pytest.raises(error, match=words) as caught:
        ask(kind, provider)
    assert KEY not in str(caught.value)


def test_an_answer_that_tells_nothing_apart_is_refused(shop, monkeypatch):
    fake = shop("matte", "fal")
    from samples import png

    fake.file = png(np.full((24, 24, 4), 255, np.uint8))
    with pytest.raises(CannotDo, match=r"takes 100.0% of the picture"):
        ask("matte", "fal")


def test_an_answer_without_words_is_refused(shop):
    shop("caption", "fal", "failure")
    with pytest.raises(CannotDo):
        ask("caption", "fal")


def test_nobody_looks_without_a_word_about_money(shop):
    fake = shop("caption", "fal")
    with pytest.raises(Unavailable, match="nobody agreed"):
        mq.caption(PHOTO, provider="fal")
    assert not fake.orders
