"""What a recipe's text must look like, before anybody asks whether its stages exist."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from maquette.core.errors import BadInput
from maquette.flow.recipes.plain_yaml import Plain

# Names become options of a command and parts of `step.setting`.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Dotted = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}$")]


def _as_list(value: Any) -> Any:
    """One name is a list of one."""
    return [value] if isinstance(value, str) else value


def _sources_by_place(value: Any) -> Any:
    """Sources by the stage's input names; a list's by their place, as text."""
    listed = _as_list(value)
    return {str(place): name for place, name in enumerate(listed)} if isinstance(listed, list) else listed


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StepForm(_Strict):
    """One step as written."""

    stage: str
    sources: Annotated[dict[str, Name], BeforeValidator(_sources_by_place), Field(alias="from", min_length=1)]
    settings: Annotated[dict[str, Any], Field(alias="with")] = {}
    optional: bool = False


class KnobForm(_Strict):
    """One knob as written."""

    turns: Annotated[list[Dotted], BeforeValidator(_as_list)] = []
    swaps: Name | None = None
    but_not: Annotated[list[str], BeforeValidator(_as_list)] = []
    implies: dict[Dotted, Any] = {}
    description: str = ""


Spot = tuple[Annotated[float, Field(ge=-1e6, le=1e6)], Annotated[float, Field(ge=-1e6, le=1e6)]]


class NoteForm(_Strict):
    """A note on the canvas."""

    text: Annotated[str, StringConstraints(max_length=2000)]
    at: Spot


class GroupForm(_Strict):
    """Steps that stand in one frame."""

    title: Annotated[str, StringConstraints(max_length=100)] = ""
    steps: Annotated[list[Name], Field(min_length=1)]


class CanvasForm(_Strict):
    """How somebody laid it out: where steps and inputs stand, notes, groups. Nothing of it changes what runs."""

    places: dict[Name, Spot] = {}
    notes: Annotated[list[NoteForm], Field(max_length=200)] = []
    groups: Annotated[list[GroupForm], Field(max_length=100)] = []


class Form(_Strict):
    """A whole recipe as written."""

    recipe: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    summary: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    examples: list[Annotated[str, StringConstraints(max_length=200)]] = []
    inputs: Annotated[list[Name], Field(min_length=1)]
    knobs: dict[Name, KnobForm] = {}
    steps: Annotated[dict[Name, StepForm], Field(min_length=1)]
    result: Name
    canvas: CanvasForm = CanvasForm()


def read_form(plain: Plain) -> Form:
    """The data as a form; ``BadInput`` names the line of each thing that is wrong."""
    if not isinstance(plain.data, dict):
        raise BadInput(f"{plain.origin}: is no recipe; it starts with `recipe: NAME`")
    try:
        return Form.model_validate(plain.data)
    except ValidationError as problem:
        raise BadInput("; ".join(_complaint(plain, error) for error in problem.errors()[:5])) from None


def _complaint(plain: Plain, error: Any) -> str:
    """One pydantic error in our words."""
    path = [str(part) for part in error["loc"] if part != "[key]"]
    words = {"missing": "is missing", "extra_forbidden": "is not part of a recipe"}
    message = words.get(error["type"], error["msg"][0].lower() + error["msg"][1:])
    return f"{plain.at(*path)}: {message}"
