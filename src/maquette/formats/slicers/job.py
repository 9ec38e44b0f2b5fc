"""What the adapters of slicers share: the job they get, the answer they give, and how a foreign program is run.

A slicer sees file names that we choose, in an empty folder of its own; nothing a user typed becomes an argument except
numbers. A profile is copied there under a fixed name, and one that would run scripts of its own is refused.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from maquette.core.errors import BadInput, CannotDo, Unavailable
from maquette.core.profiles import Printer

FILAMENT_MM, DENSITY = 1.75, 1.24  # PLA, g/cm³ (Prusament data sheet)
SECONDS = 600.0
MAX_PROFILE_BYTES = 8_000_000
Supports = Literal["auto", "none"]


@dataclass(frozen=True)
class Job:
    """What to slice and how. ``stl`` lies in the middle of the bed, its foot at z = 0; None: as the profile says.

    A model of several filaments comes as ``painted`` as well, a 3MF that says which triangle is of which, with the
    filaments' ``colors`` and how many of them one layer needs at most.
    """

    stl: bytes
    printer: Printer
    infill: float | None
    supports: Supports | None
    profiles: tuple[Path, ...] = ()
    painted: bytes = b""
    colors: tuple[str, ...] = ()
    at_once: int = 1
    footprint_mm: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Sliced:
    """What a slicer gave: the G-code as text, and what it said, as far as it says it."""

    gcode: str
    slicer: str
    seconds: float | None
    filament_mm3: float | None
    layers: int | None
    warnings: tuple[str, ...] = ()
    defects: Mapping[str, int] = field(default_factory=dict)
    mesh: Mapping[str, object] = field(default_factory=dict)
    filaments_mm3: tuple[float, ...] = ()  # each one's share of filament_mm3, purging included


def find_program(names: Sequence[str], missing: str, places: Sequence[str] = ()) -> str:
    """Path of the first installed program of these names or at these places; ``Unavailable`` says what gets it."""
    path = find_installed(names, places)
    if path is None:
        raise Unavailable(missing)
    return path


def find_installed(names: Sequence[str], places: Sequence[str] = ()) -> str | None:
    """The first of these names on the search path, else the first of these places that is there.

    Installers for macOS and Windows leave the search path alone, so each slicer names where it goes; ``*`` stands for a
    version, of which the last is taken.
    """
    for name in names:
        if path := shutil.which(name):
            return path
    for place in (Path(place) for place in places):
        if place.is_absolute():  # C:/ is not, where there are no drives
            programs = list(Path(place.anchor).glob(str(place.relative_to(place.anchor))))
            if programs:
                return str(max(programs, key=_by_version))
    return None


def _by_version(place: Path) -> list[tuple[int, str]]:
    return [(int(part or 0), text) for text, part in re.findall(r"(\D*)(\d*)", str(place))]


def run(
    command: list[str], folder: Path, *, name: str, environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Exit code and words of a program in its folder; it and its children end after ten minutes."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=os.name == "posix",
    )
    try:
        said, _ = process.communicate(timeout=SECONDS)
    except BaseException as problem:
        _end(process)
        if not isinstance(problem, subprocess.TimeoutExpired):
            raise
        raise CannotDo(f"slice: {name} took longer than {SECONDS:.0f} s; simplify the model first") from None
    return process.returncode, said


def _end(process: subprocess.Popen[str]) -> None:
    """Stop a program and what it started."""
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


def profile_bytes(path: Path, endings: tuple[str, ...], slicer: str) -> bytes:
    """A user's profile; ``BadInput`` when it is not of the slicer's kind, too large, or would run a program."""
    if not path.name.lower().endswith(endings):
        raise BadInput(f"slice: {path.name} does not end in {' or '.join(endings)}; that is what {slicer} reads")
    try:
        if path.stat().st_size > MAX_PROFILE_BYTES:
            raise BadInput(f"slice: {path.name} has more than {MAX_PROFILE_BYTES:,} bytes; that is no profile")
        data = path.read_bytes()
    except OSError as problem:
        raise BadInput(f"slice: profile {path.name} cannot be read: {problem.strerror}; check the name") from None
    script = re.search(rb"^\s*post_process\s*=[ \t]*\S[^\r\n]*", data, flags=re.M)
    if script:
        raise _runs(path, script[0].strip().decode(errors="replace"))
    return data


def preset_of(path: Path, endings: tuple[str, ...], slicer: str) -> dict[str, Any]:
    """The same for a profile in JSON, read."""
    try:
        preset = json.loads(profile_bytes(path, endings, slicer))
        kind = preset["type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput(f"slice: {path.name} is no preset of {slicer}; export it from there as JSON") from None
    scripts = preset.get("post_process")
    if any(scripts) if isinstance(scripts, list) else scripts:
        raise _runs(path, f"post_process of {kind}: {scripts}")
    result: dict[str, Any] = preset
    return result


def _runs(path: Path, line: str) -> BadInput:
    return BadInput(f"slice: profile {path.name} runs a program of its own ({line[:80]}); take that line out")


def clock(text: str) -> float | None:
    """Seconds of "1d 2h 3m 4s"."""
    parts = re.findall(r"(\d+)\s*([dhms])", text)
    return float(sum(int(number) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[unit] for number, unit in parts)) or None


def duration_words(seconds: float) -> str:
    """Seconds as "1d 2h 3m 4s"."""
    rest, words = round(seconds), list[str]()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count or words or unit == "s":
            words.append(f"{count}{unit}")
    return " ".join(words)


def number(text: str, pattern: str) -> float | None:
    """The first number that a pattern captures."""
    match = re.search(pattern, text)
    return float(match[1]) if match else None


def volumes(text: str) -> tuple[float, ...]:
    """Cubic millimetres of each filament, as PrusaSlicer and its kin write them below their G-code.

    Volumes have two digits only: where one is below a cubic centimetre its length knows better.
    """
    lengths, volumes_cm3 = (_list(text, rf"filament used \[{unit}\]\s*[=:] ([\d., ]+)") for unit in ("mm", "cm3"))
    area = 3.141592653589793 * FILAMENT_MM**2 / 4
    if not volumes_cm3:
        return tuple(length * area for length in lengths)
    if len(lengths) != len(volumes_cm3):
        return tuple(volume * 1000 for volume in volumes_cm3)
    return tuple(v * 1000 if v >= 1 else length * area for v, length in zip(volumes_cm3, lengths, strict=True))


def _list(text: str, pattern: str) -> tuple[float, ...]:
    match = re.search(pattern, text)
    return tuple(float(part) for part in match[1].split(",") if part.strip()) if match else ()


def why(lines: Sequence[str]) -> str:
    """A slicer's reason in one line."""
    for line in lines:
        match = re.search(r"what\(\):\s*(.+)", line)
        if match:
            return match[1]
    return "; ".join(lines[-2:])[:300] or "without a word"
