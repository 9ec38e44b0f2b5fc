"""The sculpting network at work: a photo's window in, depths, colours and a volume in the camera's own frame out."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput, Unavailable
from maquette.core.subject import Subject
from maquette.generate.guess.input import CHANNELS, NEAREST, Pixels, network_input
from maquette.generate.outline_sheet import mask_of

FILL = 0.85  # of the window's side that the subject's longer side takes, as in training
_OUTPUTS = ("front", "back", "doubt", "normal", "albedo", "back_albedo", "residual", "frame")
_MASK = "mask"  # asked for alone, where the photo is not cut out
_ZOOMS = (1.0, 0.95, 1.07)  # of the window: what the network says of slightly other pictures, averaged
_NARROWEST, _WIDEST = 20.0, 60.0  # degrees: the fields of view it was trained on


@dataclass(frozen=True)
class Window:
    """The square part of a photo that the network sees, in pixels of the photo."""

    left: float
    top: float
    side: float

    def crop(self, plane: NDArray[Any], size: int) -> Pixels:
        """A plane (H, W) of the photo over the window, area-filtered, 0 beyond the photo, (size, size)."""
        from PIL import Image

        pad = int(np.ceil(max(0.0, -self.left, -self.top, self.left + self.side - plane.shape[1],
                              self.top + self.side - plane.shape[0]))) + 1  # fmt: skip
        padded = Image.fromarray(np.pad(np.asarray(plane, np.float32), pad))
        left, top = self.left + pad, self.top + pad
        box = (left, top, left + self.side, top + self.side)
        wide = Image.Resampling.BOX if self.side >= size else Image.Resampling.BILINEAR
        return np.asarray(padded.resize((size, size), wide, box=box), np.float32)


@dataclass(frozen=True)
class Guess:
    """What the network says of one photo. (S, S) planes over the window; lengths in half windows.

    Depth 0 is the mean of what is seen. ``residual`` (Z, V, V) is what the volume's logit has beyond the space between
    front and back; ``up`` (3,) points up in the camera's frame (right, down, into the picture); ``eye`` is the eye's
    distance from depth 0.
    """

    window: Window
    colors: Pixels  # (S, S, 3) the photo itself
    mask: Pixels
    front: Pixels
    back: Pixels
    doubt: Pixels  # (2, S, S) log of the expected error of front and back
    normal: Pixels  # (S, S, 3) of the front, toward the viewer
    albedo: Pixels  # (S, S, 3)
    back_albedo: Pixels  # (S, S, 3)
    residual: Pixels
    up: NDArray[np.float64]
    eye: float


def infer(subject: Subject, stage: str, weights: str = "") -> Guess:
    """Run the network on the subject's window in three sizes, and mirrored, and take the mean of what they say."""
    session, side = _session(weights)
    if subject.mask is None:
        subject = subject.replace(mask=_own_mask(subject, session, side))
    mask = mask_of(subject, stage)
    window = _window(mask)
    colors, small = _seen_in(subject.pixels, mask, window, 1.0, side)
    if small.max() < 0.5:
        raise BadInput(f"{stage}: the subject is thinner than a pixel of {side}; cut it out larger, or use inflate")
    looks = [_ask_both_ways(session, _seen_in(subject.pixels, mask, window, zoom, side), zoom) for zoom in _ZOOMS]
    said = {name: _mean([look[name] for look in looks]) for name in _OUTPUTS}
    if not all(np.isfinite(plane).all() for plane in said.values()):
        raise BadInput(f"{stage}: the network gives numbers that are not finite; take other weights")
    view = np.clip(said["frame"][3] * 40, _NARROWEST, _WIDEST)
    return Guess(
        window, colors, small, said["front"][0], said["back"][0], said["doubt"], _unit(said["normal"]),
        np.clip(said["albedo"].transpose(1, 2, 0), 0, 1), np.clip(said["back_albedo"].transpose(1, 2, 0), 0, 1),
        said["residual"], said["frame"][:3].astype(np.float64), float(1 / np.tan(np.radians(view) / 2)),
    )  # fmt: skip


def _mean(planes: list[Pixels]) -> Pixels:
    """The mean of planes of one shape."""
    mean: Pixels = np.mean(planes, axis=0, dtype=np.float32)
    return mean


def _seen_in(
    pixels: NDArray[np.uint8], mask: NDArray[np.float32], window: Window, zoom: float, side: int
) -> tuple[Pixels, Pixels]:
    """Colours (side, side, 3) and mask (side, side) of the window grown ``zoom`` times about its middle."""
    grown = (zoom - 1) * window.side / 2
    wider = Window(window.left - grown, window.top - grown, window.side * zoom)
    planes = [wider.crop(pixels[..., channel], side) for channel in range(3)]
    return np.stack(planes, axis=-1) / np.float32(255), np.clip(wider.crop(mask, side), 0, 1)


def _ask_both_ways(session: Any, seen: tuple[Pixels, Pixels], zoom: float) -> dict[str, Pixels]:
    """What the network says of a picture and of its mirror image, in the lengths of the window before zooming."""
    planes = network_input(*seen)
    both = session.run(list(_OUTPUTS), {"planes": planes[None]})
    mirrored = session.run(list(_OUTPUTS), {"planes": np.ascontiguousarray(planes[None, ..., ::-1])})
    said = dict(zip(_OUTPUTS, map(_mean_of_mirrors, _OUTPUTS, both, mirrored), strict=True))
    if zoom == 1.0:
        return said
    for name, plane in said.items():
        if name != "frame":
            said[name] = _unzoom(plane, zoom, deep=name == "residual")
    for name in ("front", "back"):
        said[name] = said[name] * zoom
    said["doubt"] = said["doubt"] + np.float32(np.log(zoom))
    return said


def _unzoom(plane: Pixels, zoom: float, *, deep: bool) -> Pixels:
    """Planes (C, S, S) of a grown window over the window itself; ``deep``: the first axis is depth, it shrinks too."""
    from scipy.ndimage import affine_transform

    counts = np.array(plane.shape)
    middle = counts / 2 - 0.5
    middle[0] = -NEAREST * counts[0] / 2 - 0.5 if deep else 0.0
    scale = np.array([1 / zoom if deep else 1.0, 1 / zoom, 1 / zoom])
    result: Pixels = affine_transform(plane, scale, middle - scale * middle, order=1, mode="nearest")
    return result


def _mean_of_mirrors(name: str, plain: Pixels, mirrored: Pixels) -> Pixels:
    """The mean of an output for a picture and, turned back, for its mirror image; without the batch axis."""
    other = mirrored[0].copy() if name == "frame" else mirrored[0][..., ::-1].copy()
    if name in ("frame", "normal"):
        other[0] *= -1  # what pointed right points left in the mirror
    mean_of_mirrors: Pixels = (plain[0] + other) / 2
    return mean_of_mirrors


def _unit(planes: Pixels) -> Pixels:
    """Normals (3, S, S) at unit length, (S, S, 3); straight at the viewer where there is none."""
    normals = planes.transpose(1, 2, 0)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.where(length > 1e-3, normals / np.maximum(length, 1e-3), np.array([0, 0, -1], np.float32)).astype(
        np.float32
    )


def _window(mask: NDArray[np.float32]) -> Window:
    """The square around the mask's box of which the longer side of the box takes 85 %."""
    inside = mask >= 0.5
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    side = max(bottom - top, right - left) / FILL
    return Window((left + right - side) / 2, (top + bottom - side) / 2, float(side))


def _own_mask(subject: Subject, session: Any, side: int) -> NDArray[np.float32]:
    """The subject as the network itself cuts it out of the whole picture, (H, W)."""
    from PIL import Image

    from maquette.core.progress import note

    longer = max(subject.height, subject.width)
    whole = Window((subject.width - longer) / 2, (subject.height - longer) / 2, float(longer))
    colors = np.stack([whole.crop(subject.pixels[..., channel], side) for channel in range(3)], axis=-1) / np.float32(
        255
    )
    planes = network_input(colors, np.zeros((side, side), np.float32), cut=False)
    logit = session.run([_MASK], {"planes": planes[None]})[0][0, 0]
    plane = Image.fromarray((1 / (1 + np.exp(-np.clip(logit, -30, 30)))).astype(np.float32))
    top, left = (longer - subject.height) // 2, (longer - subject.width) // 2
    wide = np.asarray(plane.resize((longer, longer), Image.Resampling.BILINEAR), np.float32)
    note("cut the subject out by itself; `matte` does it more finely")
    return np.ascontiguousarray(np.clip(wide[top : top + subject.height, left : left + subject.width], 0, 1))


@functools.lru_cache(maxsize=4)
def _session(weights: str) -> tuple[Any, int]:
    """The network and the side of the picture it takes; ``weights`` is a file, empty for the one in the package."""
    try:
        import onnxruntime
    except ImportError:
        raise Unavailable("sculpt: the network runs in onnxruntime; pip install onnxruntime, or use inflate") from None
    data = (
        Path(weights).read_bytes() if weights else (files("maquette.generate.guess") / "data/sculpt.onnx").read_bytes()
    )
    try:
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        shape = session.get_inputs()[0].shape
    except Exception as problem:  # onnxruntime raises classes of its own for anything a file may do
        reason = str(problem).partition("\n")[0][:160]
        raise BadInput(f"sculpt: {weights} is no network ({reason}); export one with training/export.py") from None
    missing = {*_OUTPUTS, _MASK} - {output.name for output in session.get_outputs()}
    square = len(shape) == 4 and shape[1] == CHANNELS and shape[2] == shape[3] and isinstance(shape[2], int)
    if missing or not square:
        raise BadInput(
            f"sculpt: {weights} takes {shape} and lacks {sorted(missing)}; export one with training/export.py"
        )
    return session, int(shape[2])
