"""Write src/maquette/__init__.pyi from the registry: ``python docs/generate_stub.py``; a test says when it is old.

Stages are reached as ``mq.<stage>`` through a module's ``__getattr__``, which no type checker sees through. The stub
says what each one takes and gives, with the names of profiles where a profile is taken. Stages of plugins are not in
it: import those from where they are.
"""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Any

import maquette
from maquette.core.profiles import Printer, Target
from maquette.registry import Setting, Stage, build

PLACE = Path(maquette.__file__).parent / "__init__.pyi"
WIDTH = 120
_FRONT_DOOR = ("check", "load", "make", "save")


def text() -> str:
    """The whole stub."""
    stages = [found.stage for found in build(plugins=()).values()]
    imports = sorted({*_public_imports(), *(line for stage in stages for line in _imports_of(stage))})
    parts = [
        '"""Made by `python docs/generate_stub.py` from the registry; do not edit."""\n',
        "from typing import Literal\n",
        "\n".join(imports) + "\n",
        "__all__ = [\n" + "".join(f'    "{name}",\n' for name in maquette.__all__) + "]\n",
        *(_class(stage) for stage in stages),
    ]
    return "\n".join(parts)


def _public_imports() -> list[str]:
    """Lines that bring in the public names; ``X as X`` says that they are meant for others."""
    names = [name for name in maquette.__all__ if name not in _FRONT_DOOR]
    lines = [f"from {getattr(maquette, name).__module__} import {name} as {name}" for name in names]
    lines += [f"from maquette.flow.door import {name} as {name}" for name in _FRONT_DOOR]
    return [*lines, "from maquette.registry import StageFunction"]


def _imports_of(stage: Stage) -> list[str]:
    """Lines for the classes that its signature names and that are not public."""
    kinds = [*stage.inputs.values(), *(setting.kind for setting in stage.settings.values())]
    kinds += [] if stage.is_check else [stage.output]
    found = {part for kind in kinds for part in _classes(kind)}
    return [
        f"from {kind.__module__} import {kind.__name__}"
        for kind in found
        if kind.__module__ != "builtins" and kind.__name__ not in maquette.__all__
    ]


def _classes(kind: Any) -> list[type]:
    """Every class in a type."""
    if typing.get_origin(kind) is typing.Literal:
        return []
    arguments = typing.get_args(kind)
    if arguments:
        return [part for argument in arguments if argument is not ... for part in _classes(argument)]
    return [kind] if isinstance(kind, type) and kind is not types.NoneType else []


def _class(stage: Stage) -> str:
    """One stage: a class that can be called, for it also has ``.stage``."""
    name = stage.name.replace("-", "_")
    takes = ["self", *(f"{one}: {_type_source(kind)}" for one, kind in stage.inputs.items())]
    if stage.settings:
        takes += ["*", *(_setting(setting) for setting in stage.settings.values())]
    gives = "tuple[Finding, ...]" if stage.is_check else _type_source(stage.output)
    head = f"    def __call__({', '.join(takes)}) -> {gives}:"
    if len(head) > WIDTH:
        head = "    def __call__(\n" + "".join(f"        {one},\n" for one in takes) + f"    ) -> {gives}:"
    lines = [
        f"class _{name}(StageFunction[..., {gives}]):",
        head,
        f'        """{stage.summary}"""\n',
        f"{name}: _{name}\n",
    ]
    return "\n".join(lines)


def _setting(setting: Setting) -> str:
    """A keyword with its type and, where it can be written, its default."""
    plain = setting.default is None or isinstance(setting.default, bool | int | float | str | bytes)
    default = "" if setting.required else f" = {setting.default!r}" if plain else " = ..."
    return f"{setting.name}: {_type_source(setting.kind)}{default}"


def _type_source(kind: Any) -> str:
    """A type as source; a profile may also be named."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in (None, types.NoneType):
        return "None"
    if kind in (Printer, Target):
        return f"{kind.__name__} | str"
    if kind is ...:
        return "..."
    if origin is typing.Annotated:
        return _type_source(arguments[0])
    if origin is typing.Literal:
        return f"Literal[{', '.join(repr(word) for word in arguments)}]"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type_source(argument) for argument in arguments)
    if origin is not None:
        return f"{origin.__name__}[{', '.join(_type_source(argument) for argument in arguments)}]"
    return str(kind.__name__) if isinstance(kind, type) else "object"


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
