"""The value in a file's bytes, for an input of some type: what a command reads by path, an order reads by digest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maquette.core.artwork import Artwork
from maquette.core.asset import Asset
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.heightmap import Heightmap
from maquette.core.painting import PaintPlan
from maquette.core.subject import Subject, Views
from maquette.core.values import decode, encode
from maquette.flow import disk
from maquette.flow.queue.order import Source
from maquette.flow.recipes.sockets import kinds_in
from maquette.flow.streams import kind_of
from maquette.registry import registry, type_name
from maquette.store import Blobs

VALUE = ".value"  # the ending of a value in canonical form, which an earlier job left


def value_bytes(value: Any) -> bytes:
    """A value in canonical form."""
    return b"".join(bytes(chunk) for chunk in encode(value))


def read_source(source: Source, kind: Any, blobs: Blobs) -> Any:
    """What a file holds, as a value of this type; ``BadInput`` where it holds no such thing."""
    data = blobs.read(source.digest)
    return value_in(data, source.name, kind)


def value_in(data: bytes, name: str, kind: Any) -> Any:
    """The value in some bytes; the name's ending, or else the first bytes, say what kind of model it is."""
    kinds = kinds_in(kind)
    if name.endswith(VALUE):
        value = decode(data)
        if not isinstance(value, tuple(kinds)):
            raise BadInput(f"{name}: holds a {type(value).__name__}; {type_name(kind)} is needed")
        return value
    if bytes in kinds:
        return data
    opener = {Heightmap: "open-heights", PaintPlan: "open-hfp", Artwork: "open-art", Subject: "open"}
    for each, stage in opener.items():
        if each in kinds:
            return registry()[stage](data).replace(title=Path(name).stem)
    if Files in kinds or Asset in kinds:
        known = {ending for each in registry().values() for ending in each.stage.facts.reads}
        ending = Path(name).suffix.lower()
        plain = f"{disk.plain_stem(Path(name).stem)}{ending if ending in known else kind_of(data)}"
        files = Files(plain, {plain: data})
        return files if Files in kinds else disk.reader_for(Path(plain))(files)
    if Views in kinds:
        raise BadInput(f"{name}: is one file; send photos by direction as a job of kind make")
    raise BadInput(f"{name}: {type_name(kind)} cannot be read from a file")


def read_inputs(inputs: Mapping[str, Source], kinds: Mapping[str, Any], blobs: Blobs) -> dict[str, Any]:
    """All inputs of a recipe, by name; ``BadInput`` for one that is missing or too much."""
    for name in inputs:
        if name not in kinds:
            raise BadInput(f"job: no input {name!r}; there are {', '.join(kinds)}")
    for name, kind in kinds.items():
        if name not in inputs:
            raise BadInput(f"job: no {name}; it needs {type_name(kind)}")
    return {name: read_source(inputs[name], kind, blobs) for name, kind in kinds.items()}
