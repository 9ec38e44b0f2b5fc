"""A model file judged: the job of ``check``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from maquette.core.profiles import Printer, Target
from maquette.core.report import Report
from maquette.flow import disk
from maquette.flow.encode import judge_size
from maquette.flow.judge import Destination, judge
from maquette.flow.options import Option, checked_fields, field_options
from maquette.store import Store

_PRINTER, _TARGET = Printer.default(), Target.default()


@dataclass(frozen=True)
class CheckWish:
    """By whose limits a model is judged."""

    destination: Annotated[Destination, Field(description="what it shall do: print, or load in an engine")] = "print"
    printer: Annotated[Printer, Field(description="whose limits apply to a print")] = _PRINTER
    target: Annotated[Target, Field(description="whose budget applies to a model")] = _TARGET


def check_options() -> tuple[Option, ...]:
    """The options of ``check``; the destination is typed ``--for``."""
    return tuple(
        replace(option, name="for") if option.name == "destination" else option for option in field_options(CheckWish)
    )


def check_file(path: Path, options: Mapping[str, Any], store: Store | None = None) -> Report:
    """Judge the model in a file; for an engine its size on disk counts, too. Findings are kept in the store."""
    renamed = {"destination" if name == "for" else name: value for name, value in options.items()}
    wish = CheckWish(**checked_fields("check", CheckWish, renamed))
    files = disk.gather_model(path)
    asset = disk.reader_for(Path(files.main))(files)
    report = judge(asset, wish.destination, printer=wish.printer, target=wish.target, store=store or Store())
    if wish.destination == "model":
        return report.replace(findings=(*report.findings, judge_size(files, wish.target)))
    return report
