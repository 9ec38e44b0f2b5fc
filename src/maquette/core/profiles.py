"""Printer and Target: the two kinds of destination, read from data files that name the source of every limit."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Literal, Self, cast

from maquette.core.errors import BadInput, BadSetting
from maquette.core.values import Value, noun


class _Profile(Value):
    """What Printer and Target share: they are found by name and stand for themselves in settings."""

    _file: ClassVar[str]
    _default: ClassVar[str]
    name: str

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of the profiles that ship with the package."""
        return tuple(_shipped_profiles(cls))

    @classmethod
    def named(cls, name: str) -> Self:
        """The shipped profile of this name; ``BadSetting`` lists the names there are."""
        try:
            return cast(Self, _shipped_profiles(cls)[name])
        except KeyError:
            known = ", ".join(cls.names())
            raise BadSetting(f"{cls.__name__.lower()}: no profile {name!r}; choose one of {known}") from None

    @classmethod
    def default(cls) -> Self:
        """The profile that counts where nobody names one."""
        return cls.named(cls._default)

    @classmethod
    def of(cls, profile: Self | str | None) -> Self:
        """A profile as a caller may give it: itself, its name, or nothing for the default."""
        if profile is None:
            return cls.default()
        return cls.named(profile) if isinstance(profile, str) else profile

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """As a setting: an instance, or the name of a shipped profile."""
        from pydantic_core import core_schema

        def profile(value: Any) -> Any:
            if isinstance(value, cls):
                return value
            if not isinstance(value, str):
                raise ValueError(f"a {cls.__name__} or the name of one")
            if value not in cls.names():
                raise ValueError(f"no profile {value!r}; choose one of {', '.join(cls.names())}")
            return cls.named(value)

        def plain(own: Any) -> Any:
            return own.name if own.name in cls.names() and own == cls.named(own.name) else own.as_dict()

        return core_schema.no_info_plain_validator_function(
            profile, serialization=core_schema.plain_serializer_function_ser_schema(plain)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "string", "enum": list(cls.names())}

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}  # type: ignore[arg-type]


@noun
class Plastic(_Profile):
    """What a print is made of: what it changes about a printer's limits, and how hot it is printed."""

    _file: ClassVar[str] = "plastics.toml"
    _default: ClassVar[str] = "pla"

    name: str
    label: str
    technology: Literal["FDM", "SLA", "SLS"]
    density_g_cm3: float
    nozzle_c: int
    bed_c: int
    overhang_deg: float  # added to the printer's
    bridge_factor: float  # times the printer's
    clearance_mm: float  # added to the printer's
    wall_factor: float  # times the printer's least walls
    shrink_percent: float
    brim_mm: float  # 0: none needed
    sources: dict[str, str]

    def source(self, limit: str) -> str:
        """Who says so: the source of one number, by field name."""
        return self.sources.get(limit, self.sources.get("default", ""))


def printer_for(printer: Printer, plastic: Plastic) -> Printer:
    """A printer's limits for a plastic; PLA and resin change none. ``BadSetting`` for what it cannot print."""
    if plastic.technology != printer.technology:
        fitting = ", ".join(name for name in Plastic.names() if Plastic.named(name).technology == printer.technology)
        raise BadSetting(
            f"material: {printer.label} is {printer.technology} and does not print {plastic.label}; choose "
            f"{fitting or 'another printer'}"
        )
    changed = {
        "overhang_deg": printer.overhang_deg + plastic.overhang_deg,
        "bridge_mm": round(printer.bridge_mm * plastic.bridge_factor, 3),
        "clearance_mm": round(printer.clearance_mm + plastic.clearance_mm, 3),
        "min_wall_mm": round(printer.min_wall_mm * plastic.wall_factor, 3),
        "min_free_wall_mm": round(printer.min_free_wall_mm * plastic.wall_factor, 3),
    }
    changed = {name: value for name, value in changed.items() if value != getattr(printer, name)}
    if not changed:
        return printer
    sources = {name: f"{printer.source(name)}; for {plastic.label}: {plastic.source(name)}" for name in changed}
    label = f"{printer.label} with {plastic.label}"
    return printer.replace(**changed, label=label, sources={**printer.sources, **sources})


_loaded: dict[type[_Profile], dict[str, _Profile]] = {}


@noun
class Printer(_Profile):
    """A machine and what it can make. Lengths in millimetres; ``sources`` names where each limit comes from."""

    _file: ClassVar[str] = "printers.toml"
    _default: ClassVar[str] = "prusa-mk4"

    name: str
    label: str
    technology: Literal["FDM", "SLA", "SLS"]
    bed_mm: tuple[float, float, float]
    nozzle_mm: float  # width of a line; for SLA a pixel, for SLS the spot
    layer_mm: float
    min_wall_mm: float
    min_free_wall_mm: float
    min_detail_mm: float
    min_pin_mm: float
    min_hole_mm: float
    drain_hole_mm: float
    clearance_mm: float
    overhang_deg: float  # steepest overhang without support, from the vertical; 90: needs none
    bridge_mm: float
    sources: dict[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "bed_mm", tuple(float(side) for side in self.bed_mm))
        lengths = (*self.bed_mm, self.nozzle_mm, self.layer_mm)
        if len(self.bed_mm) != 3 or min(lengths) <= 0:
            raise BadInput(f"printer {self.name}: bed, nozzle and layer must be above 0 mm")

    def source(self, limit: str) -> str:
        """Who says so: the source of one limit, by field name."""
        return self.sources.get(limit, self.sources.get("default", ""))


@noun
class Target(_Profile):
    """An engine or viewer and its budget. ``sources`` names where each limit comes from."""

    _file: ClassVar[str] = "targets.toml"
    _default: ClassVar[str] = "three"

    name: str
    label: str
    max_faces: int
    max_texture_px: int
    max_materials: int
    max_file_mb: float
    unit_m: float  # metres per unit of the engine
    up: Literal["+Y", "+Z"]
    needs_uv: bool
    sources: dict[str, str]

    def source(self, limit: str) -> str:
        """Who says so: the source of one limit, by field name."""
        return self.sources.get(limit, self.sources.get("default", ""))


def _shipped_profiles(kind: type[_Profile]) -> dict[str, _Profile]:
    """Profiles of the package's data file by name; `[defaults.X]` tables fill in what a profile leaves out."""
    if kind not in _loaded:
        _loaded[kind] = _read(kind)
    return _loaded[kind]


def _read(kind: type[_Profile]) -> dict[str, _Profile]:
    """The data file of a kind of profile; its readers are imported here, they would cost every start 20 ms."""
    import tomllib
    from importlib.resources import files

    tables = tomllib.loads((files("maquette.core") / "data" / kind._file).read_text(encoding="utf-8"))
    shared = tables.pop("defaults", {})
    result: dict[str, _Profile] = {}
    for name, row in tables.items():
        base = shared.get(row.get("technology", ""), {})
        sources = {**base.get("sources", {}), **row.get("sources", {})}
        result[name] = kind(**{**base, **row, "name": name, "sources": sources})
    return result
