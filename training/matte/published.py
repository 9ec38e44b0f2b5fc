"""Make the published U²-Net-p ready to ship: its file checked, the six side maps cut off, weights kept in 16 bits.

python -m training.matte.published u2netp.onnx src/maquette/photo/data/u2netp.onnx

U²-Net (Qin, Zhang, Huang, Dehghan, Zaiane & Jagersand 2020, Apache-2.0) saw ten thousand photographs with drawn masks,
which nobody here has; our own network saw composites only. The file is the one that rembg publishes, known by its MD5.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import onnx
from onnx.utils import Extractor

from maquette.photo.matting_models import MODELS
from training.export import keep_halved

PUBLISHED = MODELS["u2netp"]
FACTS = {
    "source": "https://github.com/xuebinqin/U-2-Net",
    "licence": PUBLISHED.licence,
    "published_md5": PUBLISHED.md5,
}


def mask_only(data: bytes) -> bytes:
    """The model with its first map as the only output, named ``mask``, for input ``picture`` (1, 3, 320, 320)."""
    model = onnx.load_from_string(data)
    entry, first = model.graph.input[0].name, model.graph.output[0].name
    kept = Extractor(model).extract_model([entry], [first])
    for node in kept.graph.node:
        node.input[:] = ["picture" if name == entry else name for name in node.input]
        node.output[:] = ["mask" if name == first else name for name in node.output]
    kept.graph.input[0].name, kept.graph.output[0].name = "picture", "mask"
    return bytes(kept.SerializeToString())


def main() -> None:
    """Check and convert the published file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("published", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    data = options.published.read_bytes()
    if (found := hashlib.md5(data, usedforsecurity=False).hexdigest()) != PUBLISHED.md5:
        raise SystemExit(f"{options.published} has md5 {found}, not {PUBLISHED.md5}; take the published file")
    keep_halved(mask_only(data), options.target, FACTS)
    print(f"{options.target}: {options.target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
