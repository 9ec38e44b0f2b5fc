"""An asset as the files of its format, fit for where it goes: thumbnail, unit and upward axis, and their size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from maquette.core.asset import Asset
from maquette.core.files import Files
from maquette.core.profiles import Target
from maquette.core.progress import note, noting
from maquette.core.report import Finding
from maquette.flow import disk
from maquette.flow.memory import keep
from maquette.flow.report.album import thumbnail
from maquette.flow.report.keeper import Keeper
from maquette.store import key_of

_NO_UNIT = (".obj", ".ply", ".stl", ".off")  # these files hold bare numbers; the others name their unit
_TURNED = (".ply", ".stl", ".off")  # whose writers know of no upward axis
_WANTED = {  # what a file of this kind is opened for; a 3MF for a slicer is none the worse for being plain
    ".glb": frozenset({"texture", "uv", "unit"}),
    ".obj": frozenset({"texture", "uv"}),
    ".ply": frozenset({"texture"}),
    ".dae": frozenset({"texture", "uv", "unit"}),
    ".3mf": frozenset({"unit"}),
    ".amf": frozenset({"unit"}),
}
_UNITS = {1.0: "metre", 0.01: "centimetre", 0.001: "millimetre"}


def encode_asset(asset: Asset, output: Path, target: Target | None = None, keeper: Keeper | None = None) -> Files:
    """The files that the output's ending asks for; those that a ``keeper`` kept from before are not made again.

    With a ``target``, formats that name neither unit nor axis are written in the target's own, and a note says so.
    """
    keeper = keeper or Keeper(asset)
    writer = disk.writer_for(output, asset).stage
    how = json.dumps([output.name, None if target is None else target.digest])
    key = key_of(f"file and notes by {writer.name}", writer.version, how, [asset.digest])
    kept = keeper.store.get(key) if keeper.store else None
    if kept is not None:
        for text in kept[1:]:
            note(text)
        return cast(Files, kept[0])
    settings: dict[str, Any] = {}
    if "thumbnail" in writer.roles:
        settings["thumbnail"] = thumbnail(keeper)
    if target is not None and "target" in writer.roles:
        settings["target"] = target
    elif target is not None and output.suffix.lower() in _NO_UNIT:
        if "up" in writer.settings:
            settings["up"] = target.up
        asset = _in_units_of(target, asset, turned=output.suffix.lower() in _TURNED)
    with noting() as said:
        files = disk.encode_value(asset, output, settings)
    for text in said:
        note(text)
    keep(keeper.store, key, (files, *said))
    return files


def draw_thumbnail(asset: Asset, output: Path, keeper: Keeper) -> None:
    """The small picture that the output's format carries, drawn and kept for `encode_asset`; none where it has none."""
    if "thumbnail" in disk.writer_for(output, asset).stage.roles:
        thumbnail(keeper)


def say_what_is_missing(asset: Asset, source: Path, output: Path) -> None:
    """Note what a converted file could hold and its source has not: colors, uv, a unit."""
    could, ending = _WANTED.get(output.suffix.lower(), frozenset()), source.suffix[1:].upper()
    has_color = asset.mesh.color is not None or any(
        material.base_color_texture is not None or material.base_color != (1.0, 1.0, 1.0, 1.0)
        for material in asset.materials
    )
    missing = {
        "colors or textures, so it will look plain": "texture" in could and not has_color,
        "uv, which a texture needs and `unwrap` makes": "uv" in could and asset.mesh.uv is None,
        "unit: the numbers were taken as millimetres, and `scale-to` sets a size": "unit" in could and not asset.sized,
    }
    for words, lacks in missing.items():
        if lacks:
            note(f"the {ending} has no {words}")


def judge_size(files: Files, target: Target) -> Finding:
    """How large the files of a model are, side files included, against the target's limit."""
    megabytes = sum(len(data) for data in files.parts.values()) / 1e6
    count = f" in {len(files.parts)} files" if len(files.parts) > 1 else ""
    return Finding(
        "file-size",
        "fail" if megabytes > target.max_file_mb else "pass",
        f"{megabytes:.3g} MB{count} for {target.label}",
        value=round(megabytes, 3),
        unit="MB",
        limit=f"at most {target.max_file_mb:g}",
        source=target.source("max_file_mb"),
        fix="simplify",
    )


def _in_units_of(target: Target, asset: Asset, *, turned: bool) -> Asset:
    """The asset in the target's units, and upright along its axis where the writer does not see to that."""
    unit = _UNITS.get(target.unit_m, f"{target.unit_m:g} m")
    note(f"1 unit of the file is a {unit} and {target.up} is up, as {target.label} has it; GLB says so by itself")
    rotation = [[1, 0, 0], [0, 0, 1], [0, -1, 0]] if turned and target.up == "+Y" else None
    return asset.moved(rotation=rotation, scale=0.001 / target.unit_m)
