"""Auto size: how large a thing probably is, from a word for what it is."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Annotated

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.progress import note
from maquette.core.words import figures
from maquette.registry import stage


@lru_cache(maxsize=1)
def usual_sizes() -> dict[str, tuple[str, float, float, float]]:
    """By word: the extent that is meant (height, longest), and its usual, small and large length in metres."""
    table = tomllib.loads((files("maquette.core") / "data" / "sizes.toml").read_text("utf-8"))
    sizes = {word: (extent, *numbers) for extent in ("height", "longest") for word, numbers in table[extent].items()}
    for word, others in table["same"].items():
        sizes |= dict.fromkeys(others, sizes[word])
    return sizes


@stage(places=True)
def auto_size(
    asset: Asset,
    *,
    thing: Annotated[
        str, Field(max_length=60, description="a word for what it is: chair, mug, dog …; empty: a word of its title")
    ] = "",
) -> Asset:
    """Scale a model to the size that such a thing usually has, unless its size is known.

    A size from a word is a guess, and stays marked as one; a note says what was taken and how far such things differ.
    Refuses a word that is not in the list, and a title that holds none.
    """
    if asset.sized:
        note("its size is known; it stays")
        return asset
    word = _word_in(thing or asset.title)
    if not word and thing:
        raise BadSetting(f"auto-size: no usual size is known for {thing!r}; say one with `scale-to --height-mm`")
    if not word:
        raise CannotDo(f"auto-size: no word of the title {asset.title!r} is known; say --thing")
    extent, usual, small, large = usual_sizes()[word]
    x, y, z = asset.size
    now = z if extent == "height" else max(x, y, z)
    if now <= 0:
        raise CannotDo(f"auto-size: the model's {extent} is 0; rotate it first")
    doubt = (large / small) ** 0.5 - 1
    sure = "sure within" if doubt < 0.2 else "roughly, within" if doubt < 0.6 else "hardly more than a guess, within"
    what = "high" if extent == "height" else "long"
    note(
        f"a {word} is about {figures(usual)} m {what}, from {figures(small)} to {figures(large)} m: {sure} {doubt:.0%}"
    )
    return asset.moved(scale=1000.0 * usual / now)


def _word_in(text: str) -> str:
    """The first word of the list in a text, its plural too; empty where there is none."""
    known = usual_sizes()
    plain = "".join(letter.lower() if letter.isalpha() else " " for letter in text)
    for word in plain.split():
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in known:
                return form
    return ""
