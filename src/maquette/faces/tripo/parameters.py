"""What `image_to_model` takes, value by value and together, as Tripo documents it; and what of it a stage here does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maquette.faces.tripo.codes import TripoRefusal
from maquette.flow.make import generators

DEFAULT_VERSION = "v2.5-20250123"
VERSIONS = (
    "v3.1-20260211", "v3.0-20250812", "v2.5-20250123", "v2.0-20240919", "v1.4-20240625", "Turbo-v1.0-20250506",
    "P1-20260311", "P2-20260801",
)  # fmt: skip
RETIRED = ("v1.3-20240522",)
OURS = "maquette-"  # maquette-sculpt names a generator of this house
_FACES = {  # most faces by version, standard and detailed geometry; other versions: what our own stage takes
    "v3.1-20260211": (1_500_000, 2_000_000),
    "v3.0-20250812": (1_000_000, 1_500_000),
    "P1-20260311": (20_000, 20_000),
    "P2-20260801": (50_000, 50_000),
}
_FEWEST = {"P1-20260311": 48, "P2-20260801": 48}
_MOST, QUAD_FACES = 2_000_000, 150_000
_FLAGS = (
    "texture",
    "pbr",
    "quad",
    "auto_size",
    "smart_low_poly",
    "generate_parts",
    "export_uv",
    "enable_image_autofix",
)
_SEEDS = ("model_seed", "texture_seed", "image_seed")
_WORDS = {
    "texture_quality": ("standard", "detailed", "extreme"),
    "geometry_quality": ("standard", "detailed"),
    "texture_alignment": ("original_image", "geometry"),
    "orientation": ("default", "align_image"),
    "compress": ("geometry", "meshopt", ""),
}
_NOT_HERE = ("quad", "generate_parts", "smart_low_poly", "compress")  # what no stage can do
_WITHOUT_EFFECT = (
    "texture_quality", "geometry_quality", "texture_alignment", "orientation", "auto_size", "enable_image_autofix",
    "export_uv", "model_seed", "texture_seed",
)  # fmt: skip
_OTHER_FIELDS = {"type", "file", "files", "input", "inputs", "model", "model_version", "face_limit"}


@dataclass(frozen=True)
class Wanted:
    """A generation as it was asked for: knobs of the recipe, what has no effect here, and what Tripo would charge."""

    version: str
    options: Mapping[str, Any]
    ignored: tuple[str, ...]
    credits: int
    textured: bool


def read_parameters(body: Mapping[str, Any], version: str | None, *, several: bool = False) -> Wanted:
    """The parameters of a generation; a refusal with code 1004, 2015 or 2017 names the field.

    Null is absent. ``pbr`` forces ``texture``. Unknown fields are listed as ignored: clients of other years go on
    working.
    """
    asked = {name: value for name, value in body.items() if value is not None}
    named = _known_version(version or DEFAULT_VERSION, several)
    _check_values(asked)
    textured = bool(asked.get("texture", True)) or bool(asked.get("pbr", "texture" not in asked or asked["texture"]))
    _check_together(asked, named, textured)
    limit = _face_limit(asked, named)
    for name in _NOT_HERE:
        if asked.get(name):
            raise TripoRefusal(1004, f"{name}: no stage of this server can do it", f"leave {name} out")
    options: dict[str, Any] = {}
    if named.startswith(OURS):
        options["generator"] = named.removeprefix(OURS)
    if limit is not None:
        options["max_faces"] = limit
    known = {*_FLAGS, *_SEEDS, *_WORDS, *_OTHER_FIELDS}
    ignored = [
        name for name in asked if name not in known or (name in _WITHOUT_EFFECT and _says_something(name, asked))
    ]
    if not textured:
        ignored.append("texture")
    return Wanted(named, options, tuple(sorted(ignored)), estimate(asked, textured), textured)


def estimate(asked: Mapping[str, Any], textured: bool) -> int:
    """Credits that Tripo takes for this: 30, 10 more with a texture, and so much for each extra (v3.1, 2026-11)."""
    extras = {"quad": 5, "smart_low_poly": 10, "generate_parts": 20}
    total = 30 + (10 if textured else 0) + sum(price for name, price in extras.items() if asked.get(name))
    total += 10 if textured and asked.get("texture_quality") in ("detailed", "extreme") else 0
    return total + (20 if asked.get("geometry_quality") == "detailed" else 0)


def _known_version(version: Any, several: bool) -> str:
    """A version that Tripo or this house has."""
    if version in RETIRED:
        raise TripoRefusal(2015, f"model_version {version} is retired", f"use {DEFAULT_VERSION}")
    if isinstance(version, str) and version.startswith(OURS) and version.removeprefix(OURS) in generators():
        return version
    if version not in VERSIONS:
        raise TripoRefusal(2017, f"model_version {str(version)[:60]!r} is unknown", f"use {DEFAULT_VERSION}")
    if several and version == "Turbo-v1.0-20250506":
        raise TripoRefusal(1004, "model_version: Turbo takes one picture", "leave model_version out")
    return str(version)


def _check_values(asked: Mapping[str, Any]) -> None:
    """Each value by itself."""
    for name in _FLAGS:
        if name in asked and not isinstance(asked[name], bool):
            raise TripoRefusal(1004, f"{name} = {asked[name]!r}: must be true or false")
    for name in _SEEDS:
        if name in asked and (not isinstance(asked[name], int) or isinstance(asked[name], bool)):
            raise TripoRefusal(1004, f"{name} = {asked[name]!r}: must be a whole number")
    for name, words in _WORDS.items():
        if asked.get(name, False) is not False and asked[name] not in words:
            raise TripoRefusal(1004, f"{name} = {asked[name]!r}: must be one of {', '.join(filter(None, words))}")
    for name, most in (("prompt", 1024), ("negative_prompt", 255)):
        if name in asked and len(str(asked[name])) > most:
            raise TripoRefusal(1004, f"{name}: {len(str(asked[name]))} characters; at most {most}")


def _check_together(asked: Mapping[str, Any], version: str, textured: bool) -> None:
    """What does not go together."""
    wrong = {
        "texture_quality: detailed needs a texture; set texture or pbr": not textured
        and asked.get("texture_quality") in ("detailed", "extreme"),
        "orientation: align_image needs a texture; set texture or pbr": not textured
        and asked.get("orientation") == "align_image",
        "auto_size: only textured models get a size; set texture or pbr": not textured and asked.get("auto_size"),
        "generate_parts: needs texture, pbr and quad to be false": asked.get("generate_parts")
        and (textured or asked.get("quad")),
        "geometry_quality: only versions v3.0 and v3.1 take it": "geometry_quality" in asked
        and asked["geometry_quality"] != "standard"
        and not version.startswith(("v3.", OURS)),
    }
    if version.startswith("P1-"):
        for name in ("quad", "smart_low_poly", "generate_parts", "geometry_quality"):
            wrong[f"{name}: P1 does not take it; leave it out"] = bool(asked.get(name))
    for words, is_wrong in wrong.items():
        if is_wrong:
            message, _, suggestion = words.partition("; ")
            raise TripoRefusal(1004, message, suggestion)


def _face_limit(asked: Mapping[str, Any], version: str) -> int | None:
    """How many faces at most; None where nothing (or a number that is none, as clients send) is said."""
    limit = asked.get("face_limit")
    if limit is None or (isinstance(limit, int) and not isinstance(limit, bool) and limit <= 0):
        return None
    if not isinstance(limit, int) or isinstance(limit, bool):
        raise TripoRefusal(1004, f"face_limit = {limit!r}: must be a whole number")
    standard, detailed = _FACES.get(version, (_MOST, _MOST))
    low, high = _FEWEST.get(version, 4), detailed if asked.get("geometry_quality") == "detailed" else standard
    if asked.get("quad"):
        high = min(high, QUAD_FACES)
    if asked.get("smart_low_poly"):
        low, high = (500, 10_000) if asked.get("quad") else (500, 20_000)
    if not low <= limit <= high:
        raise TripoRefusal(1004, f"face_limit = {limit}: must be from {low} to {high}")
    return limit


def _says_something(name: str, asked: Mapping[str, Any]) -> bool:
    """Whether a parameter without effect here was set to other than its default."""
    usual = {"texture_quality": "standard", "geometry_quality": "standard", "texture_alignment": "original_image"}
    usual |= {"orientation": "default"}
    default = usual.get(name, name == "export_uv")
    return bool(asked[name] != default)
