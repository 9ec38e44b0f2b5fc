"""OFF: vertices, polygons and perhaps colours as text (Geomview, 1989); what people who study geometry share."""

from __future__ import annotations

import re
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.formats.carries import say_lost
from maquette.formats.positions import usable
from maquette.formats.surface_colors import corner_colors, is_flat, on_vertices, pack_rgb, settle_colors
from maquette.formats.text_numbers import parse_numbers, unix_lines
from maquette.geometry.flat.polygons import triangulate_polygons
from maquette.registry import stage

_KEYWORD = re.compile(rb"(ST)?(C?)(N?)(4?)(n?)OFF", re.IGNORECASE)
_CHUNK = 1 << 15  # rows of text at a time


@stage(reads=(".off",))
def read_off(files: Files) -> Asset:
    """Read an OFF, with colours of vertices (COFF) or of faces.

    Vertices keep their order and position (those that no face uses go), polygons become triangles, hollow ones too.
    Normals and texture coordinates are left out. Counts may stand on the first line, comments anywhere. OFF names no
    unit: the numbers are taken as millimetres and the asset is not sized. Refused: binary OFF, four dimensions, fewer
    rows than the counts promise, corners that name no vertex, and a file without faces.
    """
    rows, kind = _rows(files.data)
    counts = parse_numbers(rows[0], np.float64) if rows else None
    if counts is None or len(counts) < 2 or not (counts[:2] >= 0).all() or (counts[:2] % 1 != 0).any():
        raise BadInput(f"read-off: {rows[0][:40] if rows else b''!r} are no counts; export the file again")
    vertex_count, face_count = int(counts[0]), int(counts[1])
    if len(rows) - 1 < vertex_count + face_count:
        raise BadInput(
            f"read-off: the header promises {vertex_count} vertices and {face_count} faces, "
            f"the file holds {len(rows) - 1} rows; get the whole file"
        )
    points, color = _vertices(rows[1 : 1 + vertex_count], kind)
    corners, sizes, on_faces = _faces(rows[1 + vertex_count : 1 + vertex_count + face_count])
    points, sound = usable(points, corners, sizes, "read-off")
    whole = (sizes >= 3) if sound is None else (sizes >= 3) & sound
    if not whole.any():
        raise BadInput("read-off: the file holds no faces of three or more corners; export a mesh, not points")
    if not (sizes >= 3).all():
        note(f"left out {int((sizes < 3).sum())} faces of fewer than three corners")
    kept = np.repeat(whole, sizes)
    triangles, polygon = triangulate_polygons(points, corners[kept], sizes[whole])
    mesh = Mesh(points, corners[kept][triangles], color=color).keep_faces(slice(None))
    if len(mesh.vertices) < len(points):
        note(f"left out {len(points) - len(mesh.vertices)} vertices that no face uses")
    if on_faces is None or color is not None:
        return Asset(mesh, title=files.stem)
    value = np.repeat(on_faces[whole][polygon][:, None], 3, axis=1)
    material, shown, looks = settle_colors(mesh.faces, len(mesh.vertices), np.full(len(mesh.faces), -1), value, [])
    if looks:
        if (material < 0).any():
            material, looks = np.where(material < 0, len(looks), material), [*looks, Material(name="plain")]
        return Asset(mesh.replace(material=material.astype(np.int32)), materials=tuple(looks), title=files.stem)
    return Asset(mesh.replace(color=shown), title=files.stem)


@stage(writes=(".off",))
def write_off(
    asset: Asset,
    *,
    stem: Annotated[str, Field(min_length=1, description="file name without its ending")] = "model",
) -> Files:
    """Write an OFF, as COFF where vertices have colours, with colours of faces where they have one each.

    Positions keep every digit. Vertex colour times base colour is the colour; textures, parts and the rest stay behind.
    Millimetres, +Z up. Refused: an asset without faces.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        raise BadInput("write-off: the asset has no faces; there is nothing to write")
    say_lost(asset, ".off")
    corners = corner_colors(asset)
    colored = bool((corners < 255).any())
    color, agree = on_vertices(mesh.faces, corners, len(mesh.vertices))
    by_face = colored and not agree and is_flat(corners)
    if colored and not agree and not by_face:
        note("corners that meet had several colours; vertices got their mean")
    head = f"{'COFF' if colored and not by_face else 'OFF'}\n{len(mesh.vertices)} {len(mesh.faces)} 0\n"
    points = mesh.vertices + 0.0  # no -0.0
    rows = [head]
    if colored and not by_face:
        rows += _format_rows("%r %r %r %d %d %d 255\n", np.concatenate([points, color], axis=1))
    else:
        rows += _format_rows("%r %r %r\n", points)
    if by_face:
        rows += _format_rows("3 %d %d %d %d %d %d\n", np.concatenate([mesh.faces, corners[:, 0]], axis=1))
    else:
        rows += _format_rows("3 %d %d %d\n", mesh.faces)
    return Files(f"{stem}.off", {f"{stem}.off": "".join(rows).encode("ascii")})


def _rows(data: bytes) -> tuple[list[bytes], tuple[bool, bool]]:
    """Lines that say something, the counts first, and whether vertices have colours and normals."""
    text = unix_lines(data.removeprefix(b"\xef\xbb\xbf"))
    rows = [line for line in (raw.partition(b"#")[0].strip() for raw in text.split(b"\n")) if line]
    keyword = _KEYWORD.match(rows[0]) if rows else None
    if keyword is None:
        raise BadInput(f"read-off: begins with {data[:12]!r} instead of `OFF`; check what was exported")
    if keyword[4] or keyword[5]:
        raise BadInput("read-off: the points have other than three dimensions; export three")
    rest = rows[0][keyword.end() :].strip()
    if rest.upper().startswith(b"BINARY"):
        raise BadInput("read-off: the file is binary OFF; export it as text, or as PLY")
    return ([rest] if rest else []) + rows[1:], (bool(keyword[2]), bool(keyword[3]))


def _vertices(rows: list[bytes], kind: tuple[bool, bool]) -> tuple[Floats, NDArray[np.uint8] | None]:
    """Positions (V, 3), and colours (V, 3) where the file has them."""
    width = min((len(row.split()) for row in rows), default=3)
    if width < 3:
        raise BadInput("read-off: a vertex has fewer than three numbers; export the file again")
    numbers = parse_numbers(b"\n".join(b" ".join(row.split()[:width]) for row in rows))
    if numbers is None or len(numbers) != width * len(rows):
        raise BadInput("read-off: a vertex holds something that is no number; export the file again")
    table = numbers.reshape(-1, width)
    first = 6 if kind[1] else 3  # colours stand behind normals
    if width < first + 3 or not (kind[0] or width in (6, 7)):
        return table[:, :3].copy(), None
    return table[:, :3].copy(), _bytes(table[:, first : first + 3])


def _faces(rows: list[bytes]) -> tuple[Ints, Ints, Ints | None]:
    """Corners (C,), how many each face has (F,), and its colour 0xRRGGBB (F,), -1 without; None when none has one."""
    widths = np.array([len(row.split()) for row in rows], np.int64)
    numbers = parse_numbers(b"\n".join(rows))
    if numbers is None or len(numbers) != widths.sum():
        raise BadInput("read-off: a face holds something that is no number; export the file again")
    starts = np.cumsum(widths) - widths
    stated = numbers[starts] if len(rows) else np.zeros(0)
    if not ((stated >= 0) & (stated < widths) & (stated % 1 == 0)).all():
        raise BadInput("read-off: a face has fewer corners than it says; get the whole file")
    sizes: Ints = stated.astype(np.int64)
    at = np.repeat(starts + 1 - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
    corners = np.where(np.abs(numbers[at]) < 2**53, numbers[at], -1).astype(np.int64)
    colored = widths - 1 - sizes >= 3
    if not colored.any():
        return corners, sizes, None
    behind = (starts + 1 + sizes)[colored]
    value = np.full(len(rows), -1)
    value[colored] = pack_rgb(_bytes(numbers[behind[:, None] + np.arange(3)]))
    return corners, sizes, value


def _bytes(color: Floats) -> NDArray[np.uint8]:
    """Colours 0..1 or 0..255 as bytes."""
    fine = np.nan_to_num(color)
    white = 1.0 if fine.max(initial=0.0) <= 1.0 else 255.0
    return np.rint(np.clip(fine / white, 0, 1) * 255).astype(np.uint8)


def _format_rows(row: str, values: NDArray[np.float64] | Ints) -> list[str]:
    """One text row per first index of ``values``."""
    pieces = (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
    return [row * len(piece) % tuple(piece.reshape(-1).tolist()) for piece in pieces]
