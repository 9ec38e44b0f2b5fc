"""The filaments that a paint stage may use: those that were named, or the user's own file, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadSetting
from maquette.core.filament import MOST_AT_ONCE, Filament, filaments_named, read_filaments
from maquette.core.painting import Canvas
from maquette.core.progress import note
from maquette.geometry.look.oklab import choose_colors, light_of, oklab_of

EVERYDAY = tuple(
    f"bambu-lab-pla-basic-{name}"
    for name in ("black", "jade-white", "red", "yellow", "blue", "cyan", "magenta", "bambu-green")
)


@dataclass(frozen=True)
class Choice:
    """Filaments with their linear colours (F, 3) and transmission distances (F,)."""

    filaments: tuple[Filament, ...]
    colors: Floats
    td_mm: Floats

    def number(self, word: str, stage: str) -> int:
        """The number of one filament, by its name or the end of it; ``BadSetting`` where that is not one of them."""
        key = word.strip().lower()
        exact = [k for k, filament in enumerate(self.filaments) if filament.name.lower() == key]
        ending = [k for k, filament in enumerate(self.filaments) if filament.name.lower().endswith(key)] if key else []
        matches = exact or ending
        if len(matches) != 1:
            names = ", ".join(filament.name for filament in self.filaments[:8])
            raise BadSetting(f"{stage}: {word[:60]!r} is {len(matches)} of the filaments; name one of {names}")
        return matches[0]


def chosen_filaments(canvas: Canvas, names: tuple[str, ...], own: str, keep: tuple[str, ...], stage: str) -> Choice:
    """What a stage may use: at most 16 of what is named or owned, those that suit the picture, and ``keep``."""
    pool_so_far = list(read_filaments(own, stage)) if own else []
    pool_so_far += filaments_named(names or (() if own else EVERYDAY), stage)
    pool = tuple({filament.name: filament for filament in pool_so_far}.values())
    must = sorted({filaments_of(pool).number(word, stage) for word in keep}) if keep else []
    if len(pool) > MOST_AT_ONCE:
        light = light_of(canvas.pixels.reshape(-1, 3))
        weight = canvas.weight.reshape(-1).astype(np.float64)
        rest = [k for k in range(len(pool)) if k not in must]
        palette = oklab_of(filaments_of(pool).colors)
        suit = choose_colors(oklab_of(light), weight, palette[rest], MOST_AT_ONCE - len(must))
        taken = sorted([*must, *(rest[k] for k in suit.tolist())])
        note(f"of {len(pool)} filaments the {len(taken)} that suit the picture were tried")
        pool = tuple(pool[k] for k in taken)
    guessed = [filament.name for filament in pool if filament.source == "estimated"]
    if guessed:
        note(f"transmission distances estimated by colour alone: {', '.join(guessed[:6])}; print a wedge to know them")
    return filaments_of(pool)


def filaments_of(pool: tuple[Filament, ...]) -> Choice:
    """Filaments as numbers."""
    colors = light_of(np.array([filament.rgb for filament in pool], np.uint8))
    return Choice(pool, colors, np.array([filament.td_mm for filament in pool]))


def only_used(recipes: Ints, cells: Ints, choice: Choice) -> tuple[Ints, Ints, tuple[Filament, ...]]:
    """Recipes, cells and filaments without the recipes that no cell has, and the filaments that none names."""
    kept, place = np.unique(cells, return_inverse=True)
    recipes = recipes[kept]
    recipes = recipes[:, : int((recipes >= 0).sum(axis=1).max())]
    used = np.unique(recipes[recipes >= 0])
    number = np.full(len(choice.filaments) + 1, -1)
    number[used] = np.arange(len(used))
    return number[recipes], place.reshape(cells.shape), tuple(choice.filaments[k] for k in used.tolist())
