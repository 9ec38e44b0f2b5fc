"""TripoSR's checkpoint: where it is published, and how a file becomes tensors without ever running what is in it.

The published file is a PyTorch archive, and such archives are pickles, which can carry code. It is opened with
``weights_only`` (tensors and nothing else), held against the published layout name by name and shape by shape, and
written once as safetensors, which is what later runs map into memory. A file of one's own goes the same way.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

from maquette.core.errors import BadInput, Unavailable
from maquette.core.progress import progress
from maquette.generate.triposr.network import Shape, Weights, layout
from maquette.store import Weights as Published
from maquette.store import fetch

CHECKPOINT = Published(
    name="model.ckpt",
    address="https://huggingface.co/stabilityai/TripoSR/resolve/5b521936b01fbe1890f6f9baed0254ab6351c04a/model.ckpt",
    sha256="429e2c6b22a0923967459de24d67f05962b235f79cde6b032aa7ed2ffcd970ee",
    size=1_677_246_742,
    licence="MIT",
)
GET_TORCH = "triposr: needs PyTorch; pip install 'maquette[torch]'"


def load(file: Path | None, shape: Shape, device: str) -> Weights:
    """The tensors of a checkpoint (None: the published one, from the store) in float32 on a device.

    ``BadInput`` for a file that is truncated, altered, not a checkpoint, holds code, or holds other tensors than the
    layout asks for. ``Unavailable`` when the published file is not on this machine yet; the message says how to get it.
    """
    path = fetch(CHECKPOINT) if file is None else file
    if not path.is_file():
        raise BadInput(f"triposr: no file {path}; give --weights a .ckpt or .safetensors file")
    if path.suffix == ".safetensors":
        return _strict(_map_tensors(path), path, shape, device)
    converted = _convert(path, shape)
    return _strict(_map_tensors(converted), converted, shape, device)


def missing() -> str:
    """What makes the generator ready on this machine, in one line; nothing when it is."""
    from importlib.util import find_spec

    if find_spec("torch") is None or find_spec("safetensors") is None:
        return GET_TORCH
    if CHECKPOINT.path.exists():
        return ""
    return f"MAQUETTE_DOWNLOAD=yes maquette model PHOTO -o OUT.glb --generator triposr ({CHECKPOINT.describe()})"


def _convert(path: Path, shape: Shape) -> Path:
    """The safetensors twin of a PyTorch archive, beside the published weights in the store; made when missing."""
    twin = CHECKPOINT.path.parent / f"triposr-{_sha256(path)[:32]}.safetensors"
    if twin.is_file():
        return twin
    try:
        from safetensors.torch import save_file
    except ImportError:
        raise Unavailable(GET_TORCH) from None
    tensors = _strict(_unpickle(path), path, shape, "cpu")
    twin.parent.mkdir(parents=True, exist_ok=True)
    whole = twin.with_suffix(".part")
    progress(0.05, "convert the checkpoint to safetensors")
    save_file({name: tensors[name].contiguous() for name in sorted(tensors)}, str(whole))
    whole.replace(twin)
    return twin


def _unpickle(path: Path) -> dict[str, Any]:
    """Tensors of a PyTorch archive, with its checksums verified first and no global allowed but tensors'."""
    try:
        import torch
    except ImportError:
        raise Unavailable(GET_TORCH) from None
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as problem:
        raise BadInput(f"triposr: {path.name} is no whole PyTorch archive ({problem}); download it again") from None
    if damaged:
        raise BadInput(f"triposr: {path.name} is damaged at {damaged!r}; download it again")
    try:
        unpickle = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as problem:  # an unpickler meets anything in a hostile file; all of it means: not weights
        reason = str(problem).partition("\n")[0][:200]
        raise BadInput(
            f"triposr: {path.name} holds more than tensors, or is damaged ({reason}); do not use it"
        ) from None
    if not isinstance(unpickle, dict):
        raise BadInput(
            f"triposr: {path.name} holds a {type(unpickle).__name__}, not named tensors; take the published file"
        )
    return unpickle


def _map_tensors(path: Path) -> dict[str, Any]:
    """Tensors of a safetensors file, mapped into memory."""
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise Unavailable(GET_TORCH) from None
    try:
        with safe_open(str(path), framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, OSError, ValueError) as problem:
        raise BadInput(f"triposr: {path.name} is no whole safetensors file ({problem}); fetch it again") from None


def _strict(tensors: dict[str, Any], path: Path, shape: Shape, device: str) -> Weights:
    """The tensors, each of the name and shape that the layout asks for, no more and no fewer, all finite."""
    import torch

    wanted = layout(shape)
    missing, extra = sorted(set(wanted) - set(tensors)), sorted(map(str, set(tensors) - set(wanted)))
    if missing or extra:
        first = f"lacks {missing[0]!r}" if missing else f"has {extra[0]!r}, which it should not"
        total = f"{len(missing)} missing, {len(extra)} unexpected of {len(wanted)}"
        raise BadInput(f"triposr: {path.name} {first} ({total}); it is not TripoSR's layout")
    for name, size in wanted.items():
        tensor = tensors[name]
        if not isinstance(tensor, torch.Tensor) or tuple(tensor.shape) != size or not tensor.is_floating_point():
            got = tuple(tensor.shape) if isinstance(tensor, torch.Tensor) else type(tensor).__name__
            raise BadInput(f"triposr: {path.name}: {name} is {got}, not {size}; it is not TripoSR's layout")
        if not torch.isfinite(tensor).all():
            raise BadInput(f"triposr: {path.name}: {name} holds numbers that are not finite; the file is damaged")
    return {name: tensors[name].detach().to(device=device, dtype=torch.float32) for name in wanted}


def _sha256(path: Path) -> str:
    """Digest of a file, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
