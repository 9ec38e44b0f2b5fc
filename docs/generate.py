"""Write docs/stages.md from the registry: ``python docs/generate.py``; a test says when it is out of date."""

from __future__ import annotations

from pathlib import Path

from maquette.flow.options import setting_option
from maquette.registry import Setting, Stage, registry, type_name

PLACE = Path(__file__).parent / "stages.md"


def row(setting: Setting) -> str:
    """One setting as a table row."""
    option = setting_option(setting)
    kind = ", ".join(option.choices) or option.range or getattr(setting.kind, "__name__", str(setting.kind))
    default = "required" if setting.required else f"`{getattr(setting.default, 'name', setting.default)}`"
    return f"| `{setting.name}` | {kind} | {default} | {setting.description} |"


def section(stage: Stage) -> str:
    """One stage."""
    takes = ", ".join(type_name(kind) for kind in stage.inputs.values())
    lines = [f"### {stage.name}", "", f"`{takes} -> {type_name(stage.output)}`", "", stage.documentation, ""]
    if stage.settings:
        lines += ["| setting | values | default | meaning |", "|---|---|---|---|"]
        lines += [row(setting) for setting in stage.settings.values()] + [""]
    return "\n".join(lines)


def text() -> str:
    """The whole page."""
    stages = sorted((found.stage for found in registry().values()), key=lambda s: (s.room, s.name))
    parts = ["# Stages", "", "Made by `python docs/generate.py` from the registry; do not edit.", ""]
    room = ""
    for stage in stages:
        if stage.room != room:
            room = stage.room
            parts += [f"## {room}", ""]
        parts.append(section(stage))
    return "\n".join(parts)


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
