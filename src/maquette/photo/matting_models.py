"""Published matting networks that are one setting away: where they lie, what they take, whose they are.

Facts as rembg (MIT) states them in its session files, release v0.0.0. Only MD5 sums are published and no sizes, so
these are brought by hand: the refusal names address, licence, sum and place. The first file that has the right MD5 is
taken, and its sha256, written beside it, holds every later one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from maquette.core.errors import BadInput, Unavailable
from maquette.store import home

_FOLDER = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
Three = tuple[float, float, float]


@dataclass(frozen=True)
class MattingModel:
    """A published network: its file, the side of the square it takes, and how pixels 0..1 are scaled for it."""

    name: str
    md5: str
    licence: str
    side: int
    scaling: tuple[Three, Three] = _IMAGENET

    @property
    def address(self) -> str:
        """Where it is published."""
        return _FOLDER + self.name

    @property
    def path(self) -> Path:
        """Where the file is to be put."""
        return home() / "weights" / self.md5[:16] / self.name

    def file(self) -> Path:
        """The file on this machine, checked; ``Unavailable`` where there is none, ``BadInput`` where it is another."""
        if not self.path.exists():
            raise Unavailable(
                f"matte: {self.name} is not here; licence {self.licence}, md5 {self.md5}; if you agree: "
                f"mkdir -p {self.path.parent} && curl -L -o {self.path} {self.address}"
            )
        seal = self.path.with_name(self.name + ".sha256")
        data = self.path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        if seal.exists():
            if seal.read_text().strip() != digest:
                raise BadInput(f"matte: {self.path} has changed: its sha256 is {digest}; delete it and bring it again")
        elif (sum_ := hashlib.md5(data, usedforsecurity=False).hexdigest()) != self.md5:
            raise BadInput(f"matte: {self.path} has md5 {sum_}, not {self.md5}; delete it and bring it again")
        else:
            seal.write_text(digest + "\n")
        return self.path


MODELS = {
    "u2netp": MattingModel("u2netp.onnx", "8e83ca70e441ab06c318d82300c84806", "Apache-2.0 (xuebinqin/U-2-Net)", 320),
    "u2net": MattingModel("u2net.onnx", "60024c5c889badc19c04ad937298a77b", "Apache-2.0 (xuebinqin/U-2-Net)", 320),
    "isnet": MattingModel(
        "isnet-general-use.onnx", "fc16ebd8b0c10d971d3513d564d01e29", "Apache-2.0 (xuebinqin/DIS)", 1024,
        ((0.5, 0.5, 0.5), (1.0, 1.0, 1.0)),
    ),
    "birefnet-lite": MattingModel(
        "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx", "4fab47adc4ff364be1713e97b7e66334",
        "MIT (ZhengPeng7/BiRefNet)", 1024,
    ),
    "birefnet": MattingModel(
        "BiRefNet-general-epoch_244.onnx", "7a35a0141cbbc80de11d9c9a28f52697", "MIT (ZhengPeng7/BiRefNet)", 1024,
    ),
}  # fmt: skip
