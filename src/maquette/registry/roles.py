"""Roles: settings that whoever runs several stages fills in, so that nobody types a printer or a file name twice.

A setting plays a role by its name, and then it must have the role's type: that is checked where the stage is declared.
What a caller hands over so stands below what the user says for that one stage.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any

from maquette.core.profiles import Printer, Target


@dataclass(frozen=True)
class Role:
    """What is handed over: its type, in words what it is, and by whom."""

    kind: type
    means: str

    def takes(self, kind: Any) -> bool:
        """True when a setting of this type can take what is handed: the type itself, or words where it is a text."""
        options = typing.get_args(kind) if typing.get_origin(kind) is typing.Literal else ()
        return bool(kind is self.kind or (options and all(isinstance(option, self.kind) for option in options)))


ROLES = {
    "printer": Role(Printer, "the printer of the job"),
    "target": Role(Target, "the engine or viewer of the job"),
    "destination": Role(str, "what the job is for: print or model"),
    "stem": Role(str, "name of the file that is written, without its ending"),
    "suffix": Role(str, "ending of the file that is written, in small letters, dot included"),
    "thumbnail": Role(bytes, "a small PNG of the thing, for the file to show"),
}
