"""Options as flags of a command, dressed from the one description that `flow` gives of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from maquette.flow.options import Option

DOT = "__"  # stands for the dot between step and setting in a parameter's name
_METAVARS = {"number": "NUMBER", "whole number": "COUNT", "file": "FILE", "text": "TEXT"}
_FEW = 8  # choices that are listed in place of a value's kind


class Words(click.ParamType[Any]):
    """A value as typed, with completion where the choices are known; the stage refuses what it does not take."""

    name = "value"

    def __init__(self, choices: Iterable[str] = ()) -> None:
        self.choices = tuple(choices)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """The choices that begin like this."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(choice) for choice in self.choices if choice.startswith(incomplete)]


def flag_for(option: Option) -> click.Option:
    """One option as a flag; its parameter is None until somebody gives it."""
    parameter = option.name.replace(".", DOT)
    if option.kind == "yes or no":
        return click.Option([f"{option.flag}/--no-{option.flag[2:]}", parameter], default=None, help=option.help)
    listed = 0 < len(option.choices) <= _FEW
    metavar = "|".join(option.choices) if listed else _METAVARS.get(option.kind, "NAME")
    return click.Option([option.flag, parameter], type=Words(option.choices), metavar=metavar, help=option.help)


def yes_option() -> click.Option:
    """The answer to every price that is asked, for scripts; the budgets of run and day hold all the same."""
    return click.Option(["--yes", "agrees"], is_flag=True, help="pay what a hosted generator costs without being asked")


def flags_for(options: Iterable[Option]) -> list[click.Parameter]:
    """Several at once."""
    return [flag_for(option) for option in options]


def given_options(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody gave, by the options' names; parameters as click hands them over."""
    return {name.replace(DOT, "."): value for name, value in parameters.items() if value is not None}
