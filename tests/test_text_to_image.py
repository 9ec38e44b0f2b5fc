"""Words to a picture: through the same door as a model, with the same manners about money."""

from __future__ import annotations

import pytest

pytest.importorskip("httpx", reason="needs the extra hosted")

import maquette as mq
from fakes.pictures import FAKES, KEY
from fakes.shop import Street
from maquette.core.errors import BadInput, CannotDo, Unavailable
from maquette.core.money import paying
from maquette.generate.hosted.text_to_image import LIFTABLE, PROVIDERS
from maquette.generate.hosted.tickets import Drawer


@pytest.fixture
def shop(monkeypatch, tmp_path):
    street = Street(monkeypatch, tmp_path)

    def open_shop(provider: str, mode: str = "success"):
        return street.open(FAKES[provider](mode), provider, PROVIDERS[provider])

    yield open_shop
    street.close()


def draw(provider: str, **settings):
    with paying(1.0):
        return mq.text_to_image(prompt="a fox", provider=provider, **settings)


@pytest.mark.parametrize("provider", sorted(FAKES))
def test_words_become_a_picture_once(provider, shop):
    fake = shop(provider)
    subject = draw(provider)
    assert (subject.width, subject.height, subject.title) == (24, 24, "a fox")
    assert int(subject.pixels[0, 0, 0]) == 200
    assert draw(provider).pixels.tobytes() == subject.pixels.tobytes()
    (order,) = fake.orders
    assert order["prompt"] == f"a fox, {LIFTABLE}"
    draw(provider, framing="free", seed=3)
    assert fake.orders[-1]["prompt"] == "a fox"
    assert 0 < Drawer().spent_usd() < 0.2
    assert "licence of the result" in subject.history[-1].notes[-1]


@pytest.mark.parametrize("provider", sorted(FAKES))
@pytest.mark.parametrize(
    ("mode", "kind", "words"),
    [
        ("refusal", BadInput, "refuses this picture"),
        ("401", Unavailable, "does not accept the key"),
        ("402", Unavailable, "has no credit"),
        ("hang up", CannotDo, "may have been taken"),
        ("garbage", CannotDo, "may have been taken"),
    ],
)
def test_faults_are_those_of_a_model(provider, mode, kind, words, shop):
    shop(provider, mode)
    with pytest.raises(kind, match=words) as caught:
        draw(provider)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("provider", ["fal", "replicate", "openai-style"])
def test_an_address_that_expired_is_asked_for_anew(provider, shop):
    fake = shop(provider, "expired")
    assert draw(provider).width == 24
    assert len(fake.orders) == 1


def test_nobody_draws_without_a_word_about_money(shop):
    fake = shop("fal")
    with pytest.raises(Unavailable, match="nobody agreed"):
        mq.text_to_image(prompt="a fox")
    assert not fake.orders
