"""What a batch consists of: pictures of a folder, or one picture with its knobs turned every way of a grid."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maquette.core.errors import BadInput, BadSetting
from maquette.flow.disk import plain_stem
from maquette.registry import registry
from maquette.store import Bucket

MOST_VARIANTS = 1000


@dataclass(frozen=True)
class Task:
    """One picture, the options of its job, and the name of its result's folder."""

    name: str
    photo: Path
    options: Mapping[str, Any] = field(default_factory=dict)

    def key(self, destination: str, output: str) -> str:
        """What the result depends on: the picture's bytes, the options, where to. Another one is made again."""
        try:
            photo = hashlib.sha256(self.photo.read_bytes()).hexdigest()
        except OSError:
            photo = "unreadable"
        whole = [photo, destination, output, {name: str(value) for name, value in sorted(self.options.items())}]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32]


def tasks_in(source: Path, options: Mapping[str, Any], shard: tuple[int, int] = (1, 1)) -> list[Task]:
    """The pictures of a folder, or the rows of a CSV (``photo`` and any options), of one share of them.

    ``shard`` (k, n): the k-th of n shares, by the digest of the names, so that machines need not talk to each other.
    """
    if source.is_dir():
        endings = {ending for each in registry().values() for ending in each.stage.facts.opens}
        photos = sorted(path for path in source.rglob("*") if path.suffix.lower() in endings and path.is_file())
        rows: list[tuple[Path, dict[str, Any]]] = [(path, {}) for path in photos]
        named = [path.relative_to(source) for path in photos]
    else:
        rows = _rows_of(source)
        named = [Path(path.name) for path, _ in rows]
    if not rows:
        raise BadInput(f"batch: {source} has no pictures; name a folder or a CSV with a column photo")
    names = _distinct([plain_stem(str(path.with_suffix("")).replace("/", "-")) for path in named])
    tasks = [Task(name, photo, {**options, **own}) for name, (photo, own) in zip(names, rows, strict=True)]
    return [task for task in tasks if _share_of(task.name, shard[1]) == shard[0] - 1]


def tasks_at(address: str, folder: Path, options: Mapping[str, Any], shard: tuple[int, int] = (1, 1)) -> list[Task]:
    """The pictures under ``s3://bucket/prefix`` of one share of them; copies go into a folder, once each."""
    bucket = Bucket(address)
    endings = {ending for each in registry().values() for ending in each.stage.facts.opens}
    sizes = {name: size for name, size in sorted(bucket.names().items()) if Path(name).suffix.lower() in endings}
    if not sizes:
        raise BadInput(f"batch: {address} has no pictures; name a bucket and a prefix that has")
    names = _distinct([plain_stem(str(Path(name).with_suffix("")).replace("/", "-")) for name in sizes])
    tasks = []
    for name, place in zip(names, sizes, strict=True):
        if _share_of(name, shard[1]) != shard[0] - 1:
            continue
        copy = folder / f"{name}{Path(place).suffix.lower()}"
        if not copy.is_file() or copy.stat().st_size != sizes[place]:
            bucket.fetch(place, copy)
        tasks.append(Task(name, copy, dict(options)))
    return tasks


def grid(photo: Path, options: Mapping[str, Any], varied: Mapping[str, Sequence[str]]) -> list[Task]:
    """One task for every way to choose a value for each varied option."""
    count = 1
    for values in varied.values():
        count *= len(values)
    if not varied or count > MOST_VARIANTS:
        raise BadSetting(f"variants: {count if varied else 0} of them; vary something, up to {MOST_VARIANTS} ways")
    ways = [dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())]
    names = _distinct([plain_stem("_".join(f"{name}-{value}" for name, value in way.items()))[:100] for way in ways])
    return [Task(name, photo, {**options, **way}) for name, way in zip(names, ways, strict=True)]


def _rows_of(table: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Photos and their own options from a CSV, paths as seen from it."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            lines = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise BadInput(f"batch: {table}: no folder, and not read as a CSV ({problem})") from None
    if lines and "photo" not in lines[0]:
        raise BadInput(f"batch: {table.name} has no column photo; it has {', '.join(map(str, lines[0]))}")
    return [
        (table.parent / str(line["photo"]), {name: value for name, value in line.items() if name != "photo" and value})
        for line in lines
    ]


def _distinct(names: list[str]) -> list[str]:
    """The same names, numbered where two are alike."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return distinct


def _share_of(name: str, shares: int) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % shares
