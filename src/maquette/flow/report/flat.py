"""What a report shows of flat art: a cut, raking light, a lamp behind it, layers, and what a nozzle loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from maquette.core.asset import Asset
from maquette.core.history import Step
from maquette.core.painting import PaintPlan
from maquette.core.picture import Picture
from maquette.core.profiles import Printer
from maquette.core.progress import noting
from maquette.core.report import Finding
from maquette.core.subject import Subject
from maquette.flow.recipes.graph import Recipe
from maquette.flow.report.album import Shot, file_shots
from maquette.flow.report.keeper import Keeper
from maquette.geometry.flat.see_through import Lamp
from maquette.registry import registry

FORMS = (
    "plate", "lantern", "box-lantern", "closed-box-lantern", "medallion", "coin", "signboard", "stamp-block",
    "cookie-cutter", "paint-solid",
)  # fmt: skip
PAINTS = ("paint-plan", "paint-cells")  # stages that give a plan, of which `paint-solid` makes the thing
_LANTERNS: dict[str, Lamp | None] = {"ball": "center", "dome": "dome", "pillow": None, "night-light": None}
_PLATES: dict[str, Lamp | None] = {"flat": "below", "arc": None, "cylinder": "inside"}
_LAYER = 0.12  # mm, where nobody said in which layers a lithophane is printed
_SIZE = 480


@dataclass(frozen=True)
class FlatLook:
    """How to look at a thing that stages of flat art made.

    ``lamp`` is where it is looked from, None where its picture can be laid out from nowhere; ``lit`` that it is a
    lithophane; ``whole`` that its picture is one photo's and all of it.
    """

    lamp: Lamp | None
    lit: bool
    whole: bool
    transmission_mm: float = 3.5
    margin_mm: float = 0.0
    layer_mm: float = _LAYER


def makes_flat_art(recipe: Recipe) -> bool:
    """Whether a recipe's steps make flat art, of which a page can be written."""
    return any(node.stage in FORMS + PAINTS for node in recipe.steps.values())


def flat_look(asset: Asset) -> FlatLook | None:
    """How to look at an asset, read from its history; None where no stage of flat art made it."""
    form = next((step for step in reversed(asset.history) if step.stage in FORMS), None)
    if form is None:
        return None
    kind = form.options.get("form", "")
    known = {"plate": _PLATES, "lantern": _LANTERNS}.get(form.stage, {})
    lamp: Lamp | None = known.get(kind, "inside" if "lantern" in form.stage else "below")
    light = next((step for step in asset.history if step.stage == "lithophane-heights"), None)
    if light is None:
        return FlatLook(lamp, False, False)
    return FlatLook(
        lamp,
        True,
        form.stage in ("plate", "lantern"),
        float(light.options.get("transmission_mm", 3.5)),
        _margin(form),
        float(light.options.get("layer_mm", 0.0)) or _LAYER,
    )


def _margin(form: Step) -> float:
    """How wide a frame is that hides the picture."""
    return float(form.options.get("frame_mm", 0.0))


def flat_findings(asset: Asset, photo: Subject | None, look: FlatLook) -> tuple[Finding, ...]:
    """How like the photo a lithophane is with a lamp behind it; nothing of what is none."""
    if not look.lit or look.lamp is None or photo is None or not look.whole:
        return ()
    settings = {
        "lamp": look.lamp,
        "transmission_mm": look.transmission_mm,
        "layer_mm": look.layer_mm,
        "margin_mm": look.margin_mm,
    }
    return tuple(registry()["backlit-likeness"](asset, photo, **settings))


def flat_shots(keeper: Keeper, look: FlatLook, printer: Printer) -> list[Shot]:
    """The pictures, each with what it says of itself."""
    shots: list[Shot] = []
    for name, words, draw in _wishes(keeper.asset, look, printer):
        with noting() as said:
            file = keeper.of_asset(name, {"look": repr(look), "printer": printer.digest}, draw)
        spoken = next((text.partition(": ")[2] for text in said if text.startswith(("cross", "nozzle"))), "")
        shots += file_shots(file, f"{words}: {spoken}" if spoken else words)
    return shots


def paint_shots(plan: PaintPlan) -> list[Shot]:
    """What a painted print is expected to look like, from the front and with a lamp behind it."""
    known, size = registry(), {"size_px": _SIZE}
    looks = {
        "as it will look": partial(known["paint-preview"], plan, **size),
        "with a lamp behind it": partial(known["paint-backlight"], plan, **size),
    }
    return [shot for words, draw in looks.items() for shot in file_shots(known["write-picture"](draw()), words)]


def _wishes(asset: Asset, look: FlatLook, printer: Printer) -> Iterator[tuple[str, str, Callable[[], Picture]]]:
    """Each picture: its name, its caption, and what draws it."""
    known, line = registry(), 1.125 * printer.nozzle_mm
    stands = look.lamp is None or look.lamp != "below"
    if look.lamp is not None:
        seen = {"lamp": look.lamp, "size_px": _SIZE}
        if look.lit:
            light = partial(known["backlight"], asset, transmission_mm=look.transmission_mm, **seen)
            yield "backlight", "with a lamp behind it, through the finished mesh", light
        yield "raking light", "under light that grazes it from the left", partial(known["raking-light"], asset, **seen)
    yield "cut", "cut through the middle", partial(known["cross-section"], asset, across="x" if stands else "y")
    if stands:
        yield "level cut", "cut at half its height", partial(known["cross-section"], asset, across="z")
    if look.lamp is not None:
        pose = "standing" if look.lit else "lying"
        layer = look.layer_mm if look.lit else printer.layer_mm
        loss = partial(known["nozzle-loss"], asset, lamp=look.lamp, line_mm=line, layer_mm=layer, pose=pose)
        yield "loss", f"what a nozzle of {printer.nozzle_mm:g} mm loses (ridges red, grooves blue)", loss
    sheet = partial(known["layer-sheet"], asset, layer_mm=printer.layer_mm)
    yield "layers", f"how it grows in layers of {printer.layer_mm:g} mm, as it lies", sheet
