"""Canvas and PaintPlan: a picture in cells that a nozzle can lay, and which filaments lie on each of them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput
from maquette.core.filament import MOST_AT_ONCE, Filament
from maquette.core.history import Step
from maquette.core.values import Value, frozen_array, noun

Light = Literal["front", "back"]


@noun
class Canvas(Value):
    """A picture over a grid of cells, row 0 at the top, with the layers that may be laid on each.

    ``weight`` says how much an error counts there; ``blur_cells`` is the standard deviation in cells of what an eye
    blurs at the viewing distance.
    """

    pixels: NDArray[np.uint8]  # (H, W, 3) sRGB, a cell each
    weight: NDArray[np.float32]  # (H, W)
    cell_mm: float
    first_mm: float  # height of the first layer
    layer_mm: float  # of every other
    base_layers: int  # below the paint, one filament each
    paint_layers: int  # at most, above
    blur_cells: float
    title: str = ""
    history: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        pixels = frozen_array(self.pixels, np.uint8, (None, None, 3), "canvas: pixels")
        weight = frozen_array(self.weight, np.float32, pixels.shape[:2], "canvas: weight")
        if 0 in pixels.shape or weight.min() < 0 or weight.max() <= 0:
            raise BadInput("canvas: it needs cells, and a weight above 0 in one of them")
        if min(self.cell_mm, self.first_mm, self.layer_mm) <= 0 or min(self.base_layers, self.paint_layers) < 1:
            raise BadInput("canvas: cells and layers must be above 0")
        object.__setattr__(self, "pixels", pixels)
        object.__setattr__(self, "weight", weight)

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        return f"Canvas({width} x {height} cells of {self.cell_mm:g} mm, {self.paint_layers} layers of paint)"

    @property
    def layers(self) -> int:
        """Layers in all."""
        return self.base_layers + self.paint_layers


@noun
class PaintPlan(Value):
    """Which filament lies on each layer of each cell: every cell has one of K recipes.

    A recipe names a filament a layer from the bed up, -1 where nothing lies any more. Where all recipes are beginnings
    of one row, one nozzle prints the plan and swaps filaments at a few heights.
    """

    recipes: NDArray[np.int64]  # (K, L)
    cells: NDArray[np.int64]  # (H, W) which recipe
    filaments: tuple[Filament, ...]
    wanted: NDArray[np.uint8]  # (H, W, 3) sRGB
    cell_mm: float
    first_mm: float
    layer_mm: float
    blur_cells: float
    light: Light = "front"
    title: str = ""
    history: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        recipes = frozen_array(self.recipes, np.int64, (None, None), "paint plan: recipes")
        cells = frozen_array(self.cells, np.int64, (None, None), "paint plan: cells")
        wanted = frozen_array(self.wanted, np.uint8, (*cells.shape, 3), "paint plan: wanted")
        if 0 in recipes.shape or 0 in cells.shape or not 0 < len(self.filaments) <= MOST_AT_ONCE:
            raise BadInput(f"paint plan: it needs cells, recipes and 1 to {MOST_AT_ONCE} filaments")
        if cells.min() < 0 or cells.max() >= len(recipes):
            raise BadInput(f"paint plan: cells name recipe {cells.max()} of {len(recipes)}")
        laid = recipes >= 0
        if recipes.min() < -1 or recipes.max() >= len(self.filaments) or (laid[:, 1:] > laid[:, :-1]).any():
            raise BadInput("paint plan: a recipe names a filament that is not there, or leaves a layer out")
        for name, value in (("recipes", recipes), ("cells", cells), ("wanted", wanted)):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        height, width = self.cells.shape
        way = f"{len(self.swaps)} swaps" if self.one_nozzle else f"{len(self.recipes)} recipes"
        return f"PaintPlan({width} x {height} cells of {self.cell_mm:g} mm, {len(self.filaments)} filaments, {way})"

    @property
    def tall(self) -> NDArray[np.int64]:
        """How many layers each recipe has, (K,)."""
        return np.asarray((self.recipes >= 0).sum(axis=1), np.int64)

    @property
    def heights(self) -> NDArray[np.int64]:
        """How many layers lie on each cell, (H, W)."""
        return self.tall[self.cells]

    @property
    def levels_mm(self) -> NDArray[np.float64]:
        """The height of 0, 1, … layers."""
        count = np.arange(self.recipes.shape[1] + 1)
        return np.asarray(np.where(count, self.first_mm + (count - 1) * self.layer_mm, 0.0), np.float64)

    @property
    def one_nozzle(self) -> bool:
        """Whether every layer is of one filament wherever it lies."""
        return all(len(set(column[column >= 0].tolist())) <= 1 for column in self._used_recipes().T)

    @property
    def sequence(self) -> NDArray[np.int64]:
        """The filament of each layer that is laid anywhere, of a plan for one nozzle."""
        top = self._used_recipes().max(axis=0)
        return np.asarray(top[top >= 0], np.int64)

    @property
    def swaps(self) -> tuple[tuple[int, int], ...]:
        """Each swap of a plan for one nozzle: the layer, from 0, that begins with another filament, and which."""
        row = self.sequence.tolist()
        return tuple((layer, row[layer]) for layer in range(1, len(row)) if row[layer] != row[layer - 1])

    def _used_recipes(self) -> NDArray[np.int64]:
        """The recipes that some cell has."""
        return np.asarray(self.recipes[np.unique(self.cells)], np.int64)
