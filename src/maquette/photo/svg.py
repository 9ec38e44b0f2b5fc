"""SVG drawings to pixels, by resvg in a process of its own.

resvg is quick and right, but a drawing of a kilobyte can nest a thousand groups (its stack overflows and the process
dies) or multiply ``<use>`` by itself (it runs for hours), and it opens whatever file an ``<image>`` names. So the text
is scanned first for anything that refers outside, and the rest runs where a crash and a clock cannot hurt us.
"""

from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput, Unavailable
from maquette.core.progress import note
from maquette.photo.decode import guard

MAX_BYTES = 5_000_000
MAX_ELEMENTS = 200_000
SECONDS = 20
_WORKER = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    pass
import resvg_py
kinds = {"width": {"width": int(sys.argv[1])}, "height": {"height": int(sys.argv[1])}}
text = sys.stdin.buffer.read().decode()
try:
    kinds[sys.argv[2]] |= {"dpi": 96, "skip_system_fonts": sys.argv[3] == "no-fonts"}
    made = resvg_py.svg_to_bytes(svg_string=text, **kinds[sys.argv[2]])
except Exception as problem:
    sys.stderr.write(str(problem)); sys.exit(2)
sys.stdout.buffer.write(bytes(made))
"""


def is_svg(photo: bytes) -> bool:
    """True for the text of an SVG drawing."""
    head = photo[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") and b"<svg" in head


def draw(photo: bytes, stage: str, long_side_px: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The drawing as colours (H, W, 3) and alpha (H, W), ``long_side_px`` on its long side."""
    from importlib.util import find_spec

    if find_spec("resvg_py") is None:
        raise Unavailable(
            f"{stage}: an SVG drawing needs resvg-py; pip install 'maquette[svg]', "
            "or export it as a PNG of 2048 px with a transparent background"
        )
    if len(photo) > MAX_BYTES:
        raise BadInput(f"{stage}: an SVG of {len(photo) / 1e6:.1f} MB; at most 5 MB, export it as a PNG of 2048 px")
    has_text, wide = scan(photo, stage)
    if has_text:
        note("letters are drawn with the fonts of this machine")
    return _pixels(_run(photo, stage, long_side_px, "width" if wide else "height", has_text), stage)


def scan(photo: bytes, stage: str) -> tuple[bool, bool]:
    """Walk through the XML once: refuse what refers outside; say whether it has text and whether it is wide."""
    from xml.parsers import expat

    seen: dict[str, Any] = {"count": 0, "text": False, "wide": True}

    def start(name: str, attributes: dict[str, str]) -> None:
        if seen["count"] == 0:
            seen["wide"] = _is_wide(attributes)
        seen["count"] += 1
        if seen["count"] > MAX_ELEMENTS:
            raise BadInput(f"{stage}: an SVG of more than {MAX_ELEMENTS} elements; export it as a PNG of 2048 px")
        seen["text"] |= name.rpartition(":")[2] == "text"
        for key, value in attributes.items():
            _refuse_outside(key, value, stage)

    def refuse(*_: Any) -> None:
        raise BadInput(f"{stage}: the SVG declares XML entities; export it as a PNG of 2048 px")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EntityDeclHandler = start, refuse
    parser.CharacterDataHandler = lambda text: _refuse_outside("style", text, stage)
    parser.buffer_text = True
    try:
        parser.Parse(photo, True)
    except expat.ExpatError as problem:
        raise BadInput(f"{stage}: the SVG is damaged ({problem}); save it again") from None
    return seen["text"], seen["wide"]


def _refuse_outside(key: str, value: str, stage: str) -> None:
    """``BadInput`` when an attribute or a style sheet names a file or an address."""
    reference = value.strip() if key.rpartition(":")[2] == "href" else ""
    embedded = re.match(r"data:image/(png|jpe?g|gif|webp);", reference, re.IGNORECASE)
    addresses = re.findall(r"url\(\s*['\"]?\s*([^)]{0,40})", value)
    outside = [reference] if reference and not reference.startswith("#") and not embedded else []
    outside += [address for address in addresses if not address.startswith("#")]
    if "@import" in value:
        outside.append("@import")
    if outside:
        raise BadInput(f"{stage}: the SVG refers to {outside[0][:60]!r} outside itself; embed it or export a PNG")


def _is_wide(attributes: dict[str, str]) -> bool:
    """True when the drawing is at least as wide as it is high; by its viewBox, else by width and height."""
    numbers = re.findall(r"[\d.]+(?:e[+-]?\d+)?", " ".join([attributes.get("viewBox", "")]), re.IGNORECASE)[-2:]
    if len(numbers) < 2 or {"width", "height"} <= attributes.keys():
        sized = [re.match(r"\s*([\d.]+)[a-z]*\s*$", attributes.get(side, "")) for side in ("width", "height")]
        numbers = [match.group(1) for match in sized if match] if all(sized) else numbers
    try:
        width, height = (float(number) for number in numbers)
    except ValueError:
        return True
    return width >= height


def _run(photo: bytes, stage: str, long_side_px: int, side: str, has_text: bool) -> bytes:
    """PNG bytes from resvg in a process with a clock and, where the system has them, a memory limit."""
    words = [str(long_side_px), side, "fonts" if has_text else "no-fonts"]
    way_out = "export it as a PNG of 2048 px"
    return ask_worker(_WORKER, words, photo, stage, SECONDS, ("draw", "drawn", way_out, way_out))


def ask_worker(
    program: str, words: list[str], drawing: bytes, stage: str, seconds: float, said: tuple[str, str, str, str]
) -> bytes:
    """What a program answers to a drawing in a process with a clock; ``BadInput`` where it dies or dawdles.

    ``said``: what it does and what was done, and what helps where that takes too long and where it cannot be.
    """
    verb, done_to, where_slow, where_not = said
    command = [sys.executable, "-c", program, *words]
    try:
        done = subprocess.run(command, input=drawing, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise BadInput(f"{stage}: the SVG takes more than {seconds} s to {verb}; {where_slow}") from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it is nested too deep"]
        raise BadInput(f"{stage}: the SVG cannot be {done_to} ({reason[0][:100]}); {where_not}")
    return done.stdout


def _pixels(png: bytes, stage: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Colours and alpha of what resvg drew; ``BadInput`` for an empty or endless sheet."""
    from PIL import Image

    image = guard(lambda: Image.open(BytesIO(png), formats=("PNG",)), stage)
    if max(image.size) > 8192:
        raise BadInput(f"{stage}: the SVG's sides are too unequal ({image.width} x {image.height}); crop it")
    rgba = np.asarray(image.convert("RGBA"))
    if rgba[..., 3].max() == 0:
        raise BadInput(f"{stage}: the SVG draws nothing; check that its shapes have a fill")
    return np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3])
