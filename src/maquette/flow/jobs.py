"""Jobs as values: everything somebody wants of a print or a model, said once and frozen.

A field with a description is an option, on every face; what the recipes may turn goes into ``knobs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import BadSetting
from maquette.core.print_settings import Purpose
from maquette.core.profiles import Plastic, Printer, Target, printer_for
from maquette.flow.options import Option, checked_fields, described_fields, field_options, merge_routes, recipe_options
from maquette.flow.photos import Photo
from maquette.flow.recipes.load import load_recipe
from maquette.flow.slicing import SlicingWish, insist_on_slicer
from maquette.registry import registry

Destination = Literal["print", "model"]
Route = Literal["auto", "full", "relief"]
RECIPES: Mapping[str, Mapping[str, str]] = {  # by destination: the recipe of each route
    "print": {"full": "print", "relief": "relief"},
    "model": {"full": "model"},
}
_PRINTER, _TARGET, _UNSLICED = Printer.default(), Target.default(), SlicingWish()

FORM_ONLY = "model-form"  # the recipe of a model that is to have no texture

Report = Annotated[bool, Field(description="write OUT.report.html and OUT.report.json beside OUT")]
Cache = Annotated[bool, Field(description="keep what every stage made, and take it from there next time")]


@dataclass(frozen=True)
class PrintJob:
    """A photo to a solid that prints, on one machine, by one of two routes."""

    destination: ClassVar[Destination] = "print"

    photo: Photo
    output: Path | None = None
    route: Annotated[
        Route,
        Field(
            description="full: a body that stands on a table; relief: heights on a plate; auto: as the options and "
            "the photo ask for"
        ),
    ] = "auto"
    printer: Annotated[Printer, Field(description="the machine whose bed and limits apply")] = _PRINTER
    purpose: Annotated[
        Purpose | None, Field(description="what it is for: suggested settings go into the 3MF and the report")
    ] = None
    material: Annotated[
        Plastic | None, Field(description="what it is printed in, where that changes the printer's limits")
    ] = None
    target: Target = _TARGET
    force: Annotated[
        bool, Field(description="go on from a doubtful cut-out, and write what would not slice to a filled solid")
    ] = False
    keep_model: Annotated[
        bool, Field(description="write the textured model of the same photo beside it, OUT.model.glb")
    ] = False
    report: Report = True
    cache: Cache = True
    slicing: SlicingWish = _UNSLICED
    knobs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _insist_on_ending(self)
        if self.material is not None:
            object.__setattr__(self, "printer", printer_for(self.printer, self.material))
        if self.slicing.slice:
            insist_on_slicer(self.slicing.slicer, self.printer)


@dataclass(frozen=True)
class ModelJob:
    """A photo to a textured model, for one engine or viewer."""

    destination: ClassVar[Destination] = "model"

    photo: Photo
    output: Path | None = None
    route: Route = "auto"
    printer: Printer = _PRINTER
    target: Annotated[Target, Field(description="the engine or viewer whose budget applies")] = _TARGET
    texture: Annotated[
        Literal["photo", "none"], Field(description="photo: colors, uv and PBR maps from the photo; none: form only")
    ] = "photo"
    force: Annotated[bool, Field(description="go on from a cut-out that may not be the thing")] = False
    report: Report = True
    cache: Cache = True
    slicing: SlicingWish = _UNSLICED
    knobs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.route == "relief":
            raise BadSetting("model: a relief is flat; use `print --route relief`")
        _insist_on_ending(self)


Job = PrintJob | ModelJob
JOBS: Mapping[str, type[PrintJob] | type[ModelJob]] = {"print": PrintJob, "model": ModelJob}


def recipes_of(job: Job) -> Mapping[str, str]:
    """The recipe of each route that a job may go."""
    if isinstance(job, ModelJob) and job.texture == "none":
        return {"full": FORM_ONLY}
    return RECIPES[job.destination]


def job_options(destination: Destination) -> tuple[Option, ...]:
    """All that may be said of a job: its own fields, how to slice it, and the knobs of its recipes."""
    knobs = merge_routes({route: recipe_options(load_recipe(name)) for route, name in RECIPES[destination].items()})
    slicing = field_options(SlicingWish) if destination == "print" else ()
    return (*field_options(JOBS[destination]), *slicing, *knobs)


def job_from(
    destination: Destination, photo: Photo, output: Path | None, options: Mapping[str, Any], *, only_shown: bool = False
) -> Job:
    """The job that options describe, by their names; what is no field of a job is a knob of its recipes.

    A word about slicing means to slice, but for the slicer's name where the result is ``only_shown`` in its window.
    ``BadSetting`` says which value is wrong and what it may be.
    """
    kind = JOBS[destination]
    rest = dict(options)
    own = _take_fields(destination, kind, rest)
    if kind is PrintJob:
        said = sorted(name for name in described_fields(SlicingWish) if name in rest)
        wish = _take_fields(destination, SlicingWish, rest)
        asked = wish.get("slice", bool(said) and not (only_shown and said == ["slicer"]))
        own["slicing"] = SlicingWish(**{**wish, "slice": asked})
    return kind(photo, output, **own, knobs=MappingProxyType(rest))


def endings_for(destination: str) -> tuple[str, ...]:
    """Endings of the files that a job of this destination may write, as the formats declare them."""
    operations = [each.stage for each in registry().values() if list(each.stage.inputs.values()) == [Asset]]
    fitting = (stage for stage in operations if destination in stage.facts.destinations)
    return tuple(ending for stage in fitting for ending in stage.facts.writes)


def _insist_on_ending(job: Job) -> None:
    """``BadSetting`` for an output whose ending no format of the destination has."""
    endings = endings_for(job.destination)
    if job.output is not None and job.output.suffix.lower() not in endings:
        raise BadSetting(
            f"{job.destination}: {job.output.name} does not end in {', '.join(endings)}; choose one of them"
        )


def _take_fields(where: str, kind: type, rest: dict[str, Any]) -> dict[str, Any]:
    """The options that are fields of a job, taken out of the rest."""
    fields = described_fields(kind)
    return checked_fields(where, kind, {name: rest.pop(name) for name in list(rest) if name in fields})
