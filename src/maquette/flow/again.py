"""Again: a render made once more from what its file says of itself, byte for byte."""

from __future__ import annotations

from pathlib import Path

from maquette.core.asset import Asset
from maquette.core.errors import BadInput, CannotDo, MaquetteError
from maquette.core.files import Files
from maquette.core.picture import Picture
from maquette.core.render_record import RenderRecord, read_record
from maquette.flow import disk
from maquette.flow.streams import read_bytes
from maquette.registry import registry

_MAX_BYTES = 200_000_000
_MOST_FILES = 64  # models beside a picture that are looked through


def record_in(path: Path) -> RenderRecord:
    """What a picture's file says of itself; ``BadInput`` where it says nothing."""
    record = read_record(read_bytes(path, _MAX_BYTES))
    if record is None:
        raise BadInput(f"again: {path.name} does not say how it was made; only PNGs that Maquette rendered do")
    return record


def render_again(path: Path, model: Path | None = None) -> Files:
    """The picture once more, from the model that it names: a file, or one that lies beside the picture.

    Refuses a model that is another one, settings that name files, and a stage that changed since.
    """
    record = record_in(path)
    if record.stage not in registry():
        raise CannotDo(f"again: no stage {record.stage!r} here; install the version or plugin that made {path.name}")
    function = registry()[record.stage]
    if function.stage.version != record.version:
        raise CannotDo(
            f"again: {record.stage} is at version {function.stage.version}, {path.name} was made by {record.version}; "
            "render it anew"
        )
    if " sha256:" in str(record.settings):
        raise CannotDo(f"again: {path.name} was made with a file of the user's; run {record.stage} with it")
    asset = _asset_of(record, path, model)
    picture = function(asset, **record.settings)
    if not isinstance(picture, Picture):
        raise CannotDo(f"again: {record.stage} gives no picture; render it anew")
    return disk.encode_value(picture, path)


def _asset_of(record: RenderRecord, path: Path, model: Path | None) -> Asset:
    """The model with the digest of the record."""
    if model is not None:
        asset: Asset = disk.read(model)
        if asset.digest != record.model:
            raise BadInput(f"again: {model.name} is not the model of {path.name} ({record.model[:8]}…); name that one")
        return asset
    endings = {ending for function in registry().values() for ending in function.stage.facts.reads}
    beside = sorted(one for one in path.resolve().parent.iterdir() if one.suffix.lower() in endings)
    for one in beside[:_MOST_FILES]:
        try:
            asset = disk.read(one)
        except MaquetteError:
            continue
        if asset.digest == record.model:
            return asset
    raise BadInput(f"again: no model {record.model[:8]}… among {len(beside)} beside {path.name}; name its file")
