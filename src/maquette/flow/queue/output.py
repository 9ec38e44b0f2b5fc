"""What a job delivers: files among the blobs, each with its role."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from maquette.core.asset import Asset
from maquette.core.files import Files
from maquette.core.report import Finding
from maquette.flow import disk
from maquette.flow.queue.inputs import VALUE, value_bytes
from maquette.store import Blobs

Role = Literal["main", "part", "value", "report", "picture"]
_USUAL = {"Asset": ".glb", "Subject": ".png", "Picture": ".png", "Heightmap": ".png", "Artwork": ".svg"}
ZIP = ".zip"  # model.obj.zip: the OBJ with its materials and textures in one file


@dataclass(frozen=True)
class Output:
    """One file that came of a job."""

    role: Role
    name: str
    digest: str
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the ledger."""
        return asdict(self)


def keep_bytes(blobs: Blobs, role: Role, name: str, data: bytes) -> Output:
    """Bytes as an output."""
    return Output(role, name, blobs.put(data), len(data))


def keep_files(blobs: Blobs, files: Files, name: str) -> list[Output]:
    """A file with those it refers to; the main one under ``name``."""
    parts = [keep_bytes(blobs, "part", part, data) for part, data in files.parts.items() if part != files.main]
    return [keep_bytes(blobs, "main", name, files.data), *parts]


def zip_files(files: Files, name: str) -> Files:
    """Several files as one, byte for byte the same every time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in files.parts.items():
            entry = zipfile.ZipInfo(part, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    return Files(name, {name: stream.getvalue()})


def keep_value(blobs: Blobs, value: Any, name: str) -> list[Output]:
    """A recipe's result as files: findings as JSON, anything else in the format that the name asks for.

    An asset also stays as the value that it is, for the jobs that go on from it.
    """
    if isinstance(value, tuple) and all(isinstance(each, Finding) for each in value):
        text = json.dumps({"findings": [each.as_dict() for each in value]}, indent=2)
        return [keep_bytes(blobs, "main", "findings.json", text.encode())]
    if isinstance(value, Files):
        return keep_files(blobs, value, name or value.main)
    name = name or f"result{_USUAL.get(type(value).__name__, VALUE)}"
    if name.endswith(VALUE):
        return [keep_bytes(blobs, "value", name, value_bytes(value))]
    inner = name.removesuffix(ZIP)
    files = disk.encode_value(value, Path(inner))
    outputs = keep_files(blobs, files if inner == name else zip_files(files, name), name)
    if isinstance(value, Asset):
        outputs.append(keep_bytes(blobs, "value", f"{Path(name).stem}{VALUE}", value_bytes(value)))
    return outputs
